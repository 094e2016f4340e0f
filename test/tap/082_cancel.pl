# Whatever takes long is given up soon after it is told to: by pg_cancel_backend, by a
# statement_timeout or by pg_terminate_backend, at random moments. It leaves nothing half done, and
# can be done later.
#
# LR_CANCELS (3, or 2) is how often each is told to, in each way; LR_SEED repeats the moments of an
# earlier run.
use strict;
use warnings;

use LeadReturns;
use Test::More;
use Time::HiRes qw(time usleep);

my $cancels = $ENV{LR_CANCELS} || lr_long(3, 2);
my $seed = $ENV{LR_SEED} // int(time() * 1000) % 1_000_000;
diag "LR_SEED=$seed";
srand $seed;

my $lines = 4000;
my $node = lr_node('cancel', dbname => 'loaded', conf => "autovacuum = off\n"
	  . "log_statement = none\nleadreturns.now = '2026-03-10 13:00:00+00'\n");
$node->safe_psql('loaded', qq{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) SELECT 1, n::text FROM generate_series(1, 4) n;
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('global', NULL, '{"auto_accept": "always"}', '2000-01-01');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
	SELECT n, 1 + n % 4, 1, 10, 4, '2026-03-09' FROM generate_series(1, 2 * $lines) n;
	SELECT FROM lr_set_terms('global', NULL, '{"auto_accept_delay": "1 hour"}', '2026-03-09');
	SELECT count(*) FROM lr_return_many((SELECT array_agg(n) FROM generate_series($lines + 1,
		2 * $lines) n), 'duplicate');
	SELECT FROM lr_import_create('file', reason => 'duplicate');
	SELECT lr_import_text(1, E'lead_id\\n' || string_agg(n::text, E'\\n' ORDER BY n))
	  FROM generate_series(1, $lines) n});

# Of a session that is ended they would be those of its client
my @latencies;

# What is done, and its last word when it is done.
my @kinds = (
	[ 'verify', 'SELECT done FROM lr_import_verify(1)',
		'SELECT verified_returned FROM leadreturns.import_progress', $lines ],
	[ 'step', "SELECT done FROM lr_import_step(1, $lines)",
		'SELECT returned FROM leadreturns.import_progress', $lines ],
	[ 'undo', 'SELECT undone FROM lr_import_undo(1)',
		'SELECT undone FROM leadreturns.import_progress', $lines ],
	[ 'sweep', "SET leadreturns.now = '2026-03-10 15:00:00+00'; SELECT FROM lr_sweep($lines)",
		'SELECT count(*) FROM leadreturns.returns'
		  . " WHERE status = 'accepted' AND lead_id > $lines",
		$lines ]);

# Does it in a new session, told to stop after some time. Returns whether it did, and measures how
# soon.
sub stopped
{
	my ($db, $how, $sql, $after) = @_;
	my $boss = $node->background_psql($db);
	my $runner = $node->background_psql($db, on_error_stop => 0);
	my $pid = $runner->query_safe('SELECT pg_backend_pid()');
	my $ms = int(1 + $after * 1000);
	my $set = $how eq 'timeout' ? "SET statement_timeout = $ms;" : '';
	$runner->query_until(qr/started/, "$set\n\\echo started\n$sql;\n\\echo ended\n");
	my $told = time() + $ms / 1000;
	if ($how ne 'timeout')
	{
		usleep($after * 1_000_000);
		$told = time();
		$boss->query_safe("SELECT pg_${how}_backend($pid)");
	}
	eval { $runner->query_until(qr/ended/, '') };
	my $latency = time() - $told;
	my $stopped = $runner->{stderr} =~ /canceling statement|terminating connection|connection/;
	push @latencies, $latency if $stopped && $how ne 'terminate';
	note sprintf '%s, %s: %.3f s after %.3f s', $db, $how, $latency, $after if $stopped;
	eval { $runner->quit };
	$boss->quit;
	return $stopped;
}

my $n = 0;
for my $kind (@kinds)
{
	my ($name, $sql, $check, $done) = @$kind;
	my $db = lr_copy($node, 'loaded', $name);
	$node->safe_psql($db, "SELECT FROM lr_import_step(1, $lines)") if $name eq 'undo';
	my $before = lr_state($node, $db);
	my $copy = lr_copy($node, $db, "${name}_whole");
	my $started = time();
	$node->safe_psql($copy, $sql);
	my $takes = time() - $started;
	my $whole = lr_state($node, $copy);
	my %hit = (cancel => 0, timeout => 0, terminate => 0);
	my $in_vain = 0;
	for my $how (sort keys %hit)
	{
		while ($hit{$how} < $cancels && $in_vain < 4 * $cancels)
		{
			if (stopped($db, $how, $sql, rand($takes * 0.7)))
			{
				$hit{$how}++;
				next;
			}
			# it was through before: the next ones begin anew, and do not wait as long
			$in_vain++;
			$takes *= 0.7;
			$db = lr_copy($node, 'loaded', $name . ++$n);
			$node->safe_psql($db, "SELECT FROM lr_import_step(1, $lines)") if $name eq 'undo';
		}
	}
	is("@hit{sort keys %hit}", "$cancels $cancels $cancels", "$name: stopped in each way");
	is(lr_state($node, $db), $before, "$name: as if it had not begun");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "$name: all agrees");
	$node->safe_psql($db, $sql);
	is($node->safe_psql($db, $check), $done, "$name: is done later");
	is(lr_state($node, $db), $whole, "$name: as by one that nobody stopped");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "$name: all agrees then");
}

@latencies = sort { $a <=> $b } @latencies;
my $p99 = $latencies[ int(0.99 * $#latencies) ];
note sprintf 'median %.3f s, p99 %.3f s, most %.3f s of %d', $latencies[ $#latencies / 2 ], $p99,
  $latencies[-1], scalar @latencies;
cmp_ok($p99, '<', 0.2, 'cancels and timeouts are answered within 200 ms, 99 of 100');

done_testing();
