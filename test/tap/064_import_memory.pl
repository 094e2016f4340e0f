# How much memory a backend takes for files: little, whatever their size, and none that it keeps.
use strict;
use warnings;

use IO::Select;
use LeadReturns;
use Test::More;

my $limit = 64 * 1024;    # kB
my $lines = lr_long(100_000, 20_000);
my $many = lr_long(1_000_000, 300_000);
my $returned = $lines * 9 / 10;
my $node = lr_node('import_memory', conf => "log_statement = none\nautovacuum = off\n"
	  . "leadreturns.now = '2026-03-10 13:00:00+00'\nmax_wal_size = 4GB\n");
$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) SELECT 1, n::text FROM generate_series(1, 5) n;
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('global', NULL, '{"auto_accept": "always", "max_return_percent": 90}',
	                         '2000-01-01');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
	SELECT n, 1 + n % 5, 1, 10, 4, '2026-03-09' FROM generate_series(1, } . "$lines) n");

# A session that sends a file as a parameter, as drivers do, and meanwhile watches its backend.
my $socket = $node->raw_connect;
my ($pid, $peak);
send_message('', pack('N', 196608)
	  . join("\0", 'user', $node->safe_psql('postgres', 'SELECT current_user'), 'database',
		'postgres', '', ''));
answer();

sub send_message
{
	my ($type, $body) = @_;
	print {$socket} $type . pack('N', 4 + length $body) . $body or die "send: $!";
	$socket->flush;
	return;
}

# Reads up to the end of the answer and returns the first column of its last row. Each time nothing
# has come for 5 ms it looks how much memory the backend has.
sub answer
{
	my $select = IO::Select->new($socket);
	my ($buffer, $value) = ('');
	for ($peak = 0;;)
	{
		if (!$select->can_read(0.005))
		{
			next if !defined $pid;	# it is still being started
			my $kb = lr_anon_kb($pid);
			$peak = $kb if $kb > $peak;
			next;
		}
		sysread($socket, $buffer, 65536, length $buffer) or die 'the session has ended';
		while (length $buffer > 4)
		{
			my ($type, $length) = unpack 'a N', $buffer;
			last if length $buffer < 1 + $length;
			my $body = substr $buffer, 5, $length - 4;
			substr($buffer, 0, 1 + $length) = '';
			$pid = unpack 'N', $body if $type eq 'K';
			$value = unpack 'x2 N/a', $body if $type eq 'D';
			die "error: $body" if $type eq 'E';
			next if $type ne 'Z';
			# a short one may be over before it was looked at
			$peak ||= lr_anon_kb($pid);
			return $value;
		}
	}
}

# One statement, with its parameters in the text format.
sub run
{
	my ($sql, @parameters) = @_;
	send_message('P', "\0$sql\0" . pack 'n', 0);
	send_message('B', "\0\0" . pack('n n', 0, scalar @parameters)
		  . join('', map { pack 'N/a', $_ } @parameters) . pack 'n', 0);
	send_message('E', "\0" . pack 'N', 0);
	send_message('S', '');
	return answer();
}

# COPY, in pieces as drivers send it.
sub copy
{
	my ($sql, $data) = @_;
	send_message('Q', "$sql\0");
	for (my $at = 0; $at < length $data; $at += 65536)
	{
		send_message('d', substr $data, $at, 65536);
	}
	send_message('c', '');
	return answer();
}

# What the backend has while it does something, beyond what it had when its caches were warm.
my $warm;

sub grows_little
{
	my ($name, $does) = @_;
	my $value = $does->();
	my $most = $peak - $warm;
	note "$name: $most kB";
	cmp_ok($most, '<', $limit, "$name takes less than 64 MB");
	cmp_ok($peak, '>', 0, 'as measured in the meantime');
	return $value;
}

sub file_of
{
	my ($from, $to) = @_;
	return "lead_id,reason,note\n" . join '', map { "$_,duplicate,\"line $_\"\n" } $from .. $to;
}

sub small_import
{
	my ($n) = @_;
	my $id = run("SELECT import_id FROM lr_import_create('small')");
	run('SELECT lr_import_text($1, $2)', $id, file_of($n * 20 + 1, $n * 20 + 25) . "x,y\n\"\n");
	run("SELECT FROM lr_import_$_(\$1)", $id) for 'verify', 'step', 'retry', 'undo';
	return;
}

# Warm caches are not what is measured
small_import(0);
$warm = lr_anon_kb($pid);
my $id = run("SELECT import_id FROM lr_import_create('lines')");
is( grows_little("loading $lines lines",
		sub { run('SELECT lr_import_text($1, $2)', $id, file_of(1, $lines)) }),
	$lines, 'all are loaded');
is( grows_little('verifying them',
		sub { run('SELECT verified_returned FROM lr_import_verify($1)', $id) }),
	$returned, 'and may be returned, up to the cap');
grows_little('running them', sub { run("CALL lr_import_run($id)") });
is( run('SELECT returned FROM leadreturns.import_progress WHERE import_id = $1', $id),
	$returned, 'and are returned');
is(grows_little('undoing them', sub { run('SELECT undone FROM lr_import_undo($1)', $id) }),
	$returned, 'and taken back');
is( grows_little('reading the results', sub {
		run('SELECT count(*) FROM leadreturns.import_results WHERE import_id = $1', $id) }),
	$lines, 'each line has one');

$id = run("SELECT import_id FROM lr_import_create('many lines', reason => 'duplicate')");
my $ids = "lead_id\n" . join '', map { "$_\n" } 1 .. $many;
is( grows_little("loading $many lines",
		sub { run('SELECT lr_import_text($1, $2)', $id, $ids) }),
	$many, 'all are loaded');
$id = run("SELECT import_id FROM lr_import_create('many rows')");
my $rows = join '', map { "$id\t$_\tduplicate\tline $_\n" } 1 .. $many;
grows_little(sprintf('copying %d rows (%d MB)', $many, length($rows) / 1048576),
	sub { copy('COPY leadreturns.import_upload FROM STDIN', $rows) });
is( run('SELECT total FROM leadreturns.import_progress WHERE import_id = $1', $id),
	$many, 'all are loaded');

# Of a parameter the planner makes copies, as long as it may make a plan for this value alone
my $large = "lead_id,reason\n" . join '', map { "$_,duplicate\n" } 1 .. $many;
run('SET plan_cache_mode = force_generic_plan');
$id = run("SELECT import_id FROM lr_import_create('many lines')");
is( grows_little(sprintf('loading %d lines with reasons (%d MB)', $many, length($large) / 1048576),
		sub { run('SELECT lr_import_text($1, $2)', $id, $large) }),
	$many, 'all are loaded');
run('RESET plan_cache_mode');

# What is left in the backend, by its own account and by the kernel's
my $contexts = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
small_import($_) for 1 .. 20;
my ($bytes, $kb) = (run($contexts), lr_anon_kb($pid));
small_import($_) for 21 .. 220;
cmp_ok(run($contexts) - $bytes, '<', 64 * 1024, '200 small imports leave nothing behind');
cmp_ok(lr_anon_kb($pid) - $kb, '<', 2 * 1024, 'nor does the backend grow');
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'everything agrees');

done_testing();
