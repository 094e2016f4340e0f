# Sixteen sessions do everything at once, one row or many at a time, on the same few accounts:
# none of them deadlocks, and in the end all agrees.
#
# Each command is a transaction of its own. Several rows in one INSERT into or UPDATE of the view
# returns are as many commands, so here they have one (see doc/design.md on what to retry).
#
# LR_DEADLOCK_SECONDS is how long (15, or 6); LR_SEED repeats the commands of an earlier run.
use strict;
use warnings;

use IPC::Run;
use LeadReturns;
use POSIX ();
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Time::HiRes qw(time);

my $clients = 16;
my $seconds = $ENV{LR_DEADLOCK_SECONDS} || lr_long(15, 6);
my $seed = $ENV{LR_SEED} // int(time() * 1000) % 1_000_000;
diag "LR_SEED=$seed";

my ($accounts, $leads) = (6, 2000);
my $node = lr_node('deadlocks', conf => "log_statement = none\ndeadlock_timeout = 50ms\n"
	  . "log_error_verbosity = verbose\nsynchronous_commit = off\n");
$node->safe_psql('postgres', qq{
	INSERT INTO leadreturns.buyer (name) VALUES ('First'), ('Second');
	INSERT INTO leadreturns.account (buyer_id, name)
	SELECT 1 + n % 2, n::text FROM generate_series(1, $accounts) n;
	INSERT INTO leadreturns.supplier (name) VALUES ('First'), ('Second');
	SELECT FROM lr_set_terms('global', NULL,
		'{"max_return_percent": 60, "at_cap": "review", "auto_accept_within": "1 day"}',
		'2000-01-01');
	SELECT count(lr_set_terms('account', n, '{"auto_accept": "within"}', '2000-01-01'))
	  FROM generate_series(1, 2) n;
	SELECT count(lr_set_terms('account', n, '{"auto_accept": "always",
		"auto_accept_delay": "1 second"}', '2000-01-01')) FROM generate_series(3, 4) n;
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost,
	                                    delivered_at)
	SELECT n, 1 + n % $accounts, 1 + n % 2, 10, 4, now() - interval '1 hour'
	  FROM generate_series(1, $leads) n});

# All ids are chosen here, so that a run can be repeated. A return is named by its lead.
sub lead { return 1 + int rand $leads }
sub account { return 1 + int rand $accounts }

sub return_of
{
	return "(SELECT max(return_id) FROM leadreturns.returns WHERE lead_id = ${\ lead()})";
}

sub some_leads
{
	return 'ARRAY[' . join(', ', map { lead() } 1 .. 2 + rand 40) . ']::bigint[]';
}

sub settings
{
	return sprintf q('{"max_return_percent": %d}'), 40 + rand 50;
}

my $file = 0;
my @kinds = (
	[ 8, deliver => sub { "SELECT FROM lr_deliver(${\ lead()}, ${\ account()}, 1, 10, 4)" } ],
	[ 2, deliver_many => sub {
		"INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
		 SELECT l, 1 + l % $accounts, 1 + l % 2, 10, 4 FROM unnest(${\ some_leads()}) l" } ],
	[ 12, return => sub { "SELECT FROM lr_return(${\ lead()}, 'duplicate')" } ],
	[ 6, return_many => sub { "SELECT FROM lr_return_many(${\ some_leads()}, 'duplicate')" } ],
	[ 3, insert_return => sub {
		"INSERT INTO leadreturns.returns (lead_id, reason) VALUES (${\ lead()}, 'other')" } ],
	[ 3, update_return => sub {
		"UPDATE leadreturns.returns SET status = '${\ (qw(accepted declined))[rand 2]}'
		  WHERE return_id = ${\ return_of()}" } ],
	[ 2, update_delivery => sub {
		"UPDATE leadreturns.deliveries SET email = 'a\@example.org'
		  WHERE delivery_id = ${\ lead()}" } ],
	[ 10, accept => sub { "SELECT FROM lr_accept(${\ return_of()})" } ],
	[ 8, decline => sub { "SELECT FROM lr_decline(${\ return_of()})" } ],
	[ 3, withdraw => sub { "SELECT FROM lr_withdraw(${\ return_of()})" } ],
	[ 3, reopen => sub { "SELECT FROM lr_reopen(${\ return_of()})" } ],
	[ 2, message => sub { "SELECT FROM lr_message(${\ return_of()}, 'text')" } ],
	[ 8, rollback => sub { "SELECT FROM lr_rollback_return(${\ lead()})" } ],
	[ 3, import => sub {
		my $name = "file " . ++$file . " of $$";
		my $id = "(SELECT import_id FROM leadreturns.import_progress WHERE name = '$name')";
		join ";\n", "SELECT FROM lr_import_create('$name', reason => 'other')",
		  "SELECT FROM lr_import_text($id, E'lead_id\\n"
		  . join('', map { lead() . '\\n' } 1 .. 30) . "')",
		  "SELECT FROM lr_import_verify($id)", "SELECT FROM lr_import_step($id, 10)",
		  "SELECT FROM lr_import_step($id)",
		  rand() < 0.5 ? "SELECT FROM lr_import_undo($id)" : () } ],
	[ 4, sweep => sub { 'SELECT FROM lr_sweep(100)' } ],
	[ 1, run_sweep => sub { 'CALL lr_run_sweep()' } ],
	[ 1, set_terms => sub {
		"SELECT FROM lr_set_terms('account', ${\ account()}, ${\ settings()})" } ],
	[ 1, set_all_terms => sub {
		"SELECT FROM lr_set_terms('global', NULL, ${\ settings()})" } ],
	[ 1, close_period => sub {
		"SELECT FROM lr_close_period(${\ account()}, date '2001-01-01' + ${\ int rand 8000})" } ],
	[ 2, post => sub { "SELECT FROM lr_post('deposit', ${\ account()}, 10)" } ],
	[ 1, reconcile => sub { 'SELECT * FROM lr_reconcile()' } ]);
my @urn = map { ($_) x $kinds[$_][0] } 0 .. $#kinds;

# One client: a psql after the other, each with a hundred commands.
sub client
{
	my ($until) = @_;
	my $broken = '';
	while (time() < $until && $broken eq '')
	{
		my ($out, $err);
		my $script = join '', map { $kinds[ $urn[ rand @urn ] ][2]->() . ";\n" } 1 .. 100;
		IPC::Run::run([ 'psql', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=sqlstate', '-d',
				$node->connstr('postgres') ], '<', \$script, '>', \$out, '2>', \$err)
		  or $broken = "psql failed: $err";
		# What the rules refuse is meant
		my @odd = grep { !/ERROR:  LR\d\d\d$/ } split /\n/, $err;
		$broken .= "@odd $out" if @odd || $out =~ /\S/;
	}
	print STDERR "client: $broken\n" if $broken ne '';
	return $broken eq '';
}

my $until = time() + $seconds;
my @pids;
for my $n (1 .. $clients)
{
	my $pid = fork();
	if ($pid == 0)
	{
		srand($seed + $n);
		my $good = eval { client($until) };
		print STDERR $@;
		# not by exit, which would stop the server
		POSIX::_exit($good ? 0 : 1);
	}
	push @pids, $pid;
}
my $good = grep { waitpid($_, 0) && $? == 0 } @pids;
is($good, $clients, "$clients clients saw nothing but what the rules refuse");

my $log = slurp_file($node->logfile);
my $deadlocks = () = $log =~ /40P01/g;
is($deadlocks, 0, "no deadlock in $seconds seconds");
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'all agrees');
my ($done, $decided) = split /\|/, $node->safe_psql('postgres', q{
	SELECT (SELECT count(*) FROM leadreturns.return_history),
	       (SELECT count(DISTINCT to_status) FROM leadreturns.return_history)});
note "$done moves";
cmp_ok($done, '>', 20 * $seconds, "$done moves");
is($decided, 5, 'into every status');

done_testing();
