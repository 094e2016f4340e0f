# A running import is cancelled at random moments, by lr_import_cancel from another session or by
# ending the runner's statement or session, and goes on each time: in the end everything is as if
# nothing had happened. Others see how far it is, and a cancel waits for nobody.
#
# LR_SEED repeats the moments of an earlier run.
use strict;
use warnings;

use LeadReturns;
use List::Util qw(shuffle);
use Test::More;
use Time::HiRes qw(time usleep);

my $seed = $ENV{LR_SEED} // int(time() * 1000) % 1_000_000;
diag "LR_SEED=$seed";
srand $seed;

my $lines = 5000;
my $batch = 100;
my $node = lr_node('import_cancel', dbname => 'loaded',
	conf => "leadreturns.now = '2026-03-10 13:00:00+00'\nautovacuum = off\n");
$node->safe_psql('loaded', qq{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'First'), (1, 'Second');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('account', 1, '{"auto_accept": "always", "max_return_percent": 80}',
	                         '2000-01-01');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
	SELECT n, 1 + n % 2, 1, 10, 4, '2026-03-09' FROM generate_series(1, $lines) n;
	SELECT FROM lr_import_create('file', reason => 'duplicate');
	SELECT lr_import_text(1, E'lead_id\\n' || string_agg(
		CASE WHEN n % 90 = 0 THEN '1' WHEN n % 70 = 0 THEN 'none' ELSE n::text END, E'\\n'
		ORDER BY n)) FROM generate_series(1, $lines) n});

lr_copy($node, 'loaded', 'reference');
$node->safe_psql('reference', "CALL lr_import_run(1, $batch)");
my $undisturbed = lr_state($node, 'reference');
my $progress = 'SELECT status, done FROM leadreturns.import_progress';
is($node->safe_psql('reference', $progress), "done|$lines", 'a run that nobody disturbs');

# Other sessions see each batch, not the one in flight, and a cancel is quick
my $db = lr_copy($node, 'loaded', 'watched');
my $boss = $node->background_psql($db, on_error_stop => 0);
for (1 .. 3)
{
	my $stopped = lr_run_to($node, $db, 'step.carried_out', $_, "CALL lr_import_run(1, $batch)");
	# the runs before made one batch, two batches, ...
	my $done = $batch * ($_ * ($_ - 1) / 2 + $_ - 1);
	is($boss->query($progress), ($done ? 'running' : 'new') . "|$done",
		"$done lines are done while the next batch is in flight");
	my $started = time();
	$boss->query_safe('SELECT FROM lr_import_cancel(1)');
	cmp_ok(time() - $started, '<', 0.2, 'a cancel returns while it is');
	lr_let_go($stopped);
	$done += $batch;
	is($boss->query($progress), "cancelled|$done", 'which is completed, and is the last one');
}

my $stopped = lr_run_to($node, $db, 'import.batch_written', 1, 'CALL lr_import_run(1, 3000)');
my $started = time();
$boss->query_safe('SELECT FROM lr_import_cancel(1)');
cmp_ok(time() - $started, '<', 0.2, 'so does one while a batch of 3000 is in flight');
lr_let_go($stopped);
like($boss->query($progress), qr/^cancelled/, 'which stops after it');
$boss->quit;
$node->safe_psql($db, 'CALL lr_import_run(1, 10000)');
is(lr_state($node, $db), $undisturbed, 'and a run with other batches ends the same way');

# Random moments. A file is run to its end before the next one is begun.
my %times = (1 => lr_long(25, 9), 2 => lr_long(13, 4), 3 => lr_long(12, 4));
my @how = shuffle(map { ($_) x $times{$_} } 1 .. 3);
my %command = (
	1 => 'SELECT FROM lr_import_cancel(1)',
	2 => 'SELECT pg_cancel_backend(%d)',
	3 => 'SELECT pg_terminate_backend(%d)');
my %hit = (1 => 0, 2 => 0, 3 => 0);
my $files = 0;
my ($torn, $wrong) = (0, 0);
while (@how)
{
	$db = lr_copy($node, 'loaded', 'cancelled' . ++$files);
	$boss = $node->background_psql($db, on_error_stop => 0);
	my $done = 0;
	while (@how && $done < $lines)
	{
		my $runner = $node->background_psql($db, on_error_stop => 0);
		my $pid = $runner->query_safe('SELECT pg_backend_pid()');
		$runner->query_until(qr/started/,
			"\\echo started\nCALL lr_import_run(1, $batch);\n\\echo ended\n");
		usleep(rand 40_000);
		$boss->query(sprintf $command{ $how[0] }, $pid);
		eval { $runner->query_until(qr/ended/, '') };
		eval { $runner->quit };
		my ($status, $now) = split /\|/, $boss->query($progress);
		last if $now == $lines;
		$torn++ if $now % $batch || $boss->query(
			'SELECT count(*) FROM leadreturns.import_outcome') != $now;
		$wrong++ if $now < $done || ($how[0] == 1 && $status ne 'cancelled');
		$hit{ shift @how }++;
		$done = $now;
	}
	$boss->quit;
	$node->safe_psql($db, "CALL lr_import_run(1, $batch)");
	is(lr_state($node, $db), $undisturbed, "file $files: ends as an undisturbed one does");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "file $files: all agrees");
}
is("@hit{1 .. 3}", "@times{1 .. 3}", "as many runs were cancelled in the middle of $files files");
is($torn, 0, 'each left whole batches');
is($wrong, 0, 'and each went on where the one before had stopped');

done_testing();
