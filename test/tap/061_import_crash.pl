# The server dies by SIGKILL at named points of loading, verifying, running and undoing a file, and
# of the sweep. At most the batch in flight is lost, and going on repeats nothing: in the end
# everything is as if nothing had happened.
use strict;
use warnings;

use LeadReturns;
use Test::More;

my $node = lr_node('import_crash', dbname => 'empty',
	conf => "leadreturns.now = '2026-03-10 13:00:00+00'\nautovacuum = off\n");

# The first account accepts at once, up to a cap; the second leaves it to a person. Of the lines
# some name a lead twice, or one that nobody knows, or nothing, or are no CSV.
my $lines = 1210;
lr_copy($node, 'empty', 'unloaded');
$node->safe_psql('unloaded', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'First'), (1, 'Second');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('account', 1, '{"auto_accept": "always", "max_return_percent": 80}',
	                         '2000-01-01');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
	SELECT n, 1 + n % 2, 1, 10, 4, '2026-03-09' FROM generate_series(1, 1200) n;
	SELECT FROM lr_import_create('file')});
my $load = qq{
	SELECT lr_import_text(1, E'lead_id,reason\\n' || string_agg(CASE
		WHEN n % 50 = 0 THEN n - 7 || ',duplicate'
		WHEN n % 60 = 0 THEN n + 5000 || ',duplicate'
		WHEN n % 70 = 0 THEN ',duplicate'
		WHEN n % 80 = 0 THEN n || ',"dup'
		ELSE n || ',duplicate' END, E'\\n' ORDER BY n)) FROM generate_series(1, $lines) n};
my $run = 'CALL lr_import_run(1, 300)';
my $undo = 'SELECT FROM lr_import_undo(1)';
my $verify = 'SELECT FROM lr_import_verify(1)';

# What is done, at the end or as far as it got, in a database of its own.
sub made
{
	my ($from, $name, $sql) = @_;
	lr_copy($node, $from, $name);
	$node->safe_psql($name, $sql);
	return $name;
}

sub progress
{
	my ($db) = @_;
	return $node->safe_psql($db, 'SELECT status, total, done FROM leadreturns.import_progress');
}

made('unloaded', 'loaded', $load);
made('unloaded', 'uploaded', my $upload = q{
	INSERT INTO leadreturns.import_upload (import_id, key, reason)
	SELECT 1, n, 'duplicate' FROM generate_series(1, 2500) n});
made('loaded', 'ran', $run);
made('ran', 'undone', $undo);
made('loaded', 'verified', $verify);
is(progress('loaded'), "new|$lines|0", 'the file has all its lines');
is(progress('ran'), "done|$lines|$lines", 'and is run to its end');
is( $node->safe_psql('ran', q{
		SELECT string_agg(DISTINCT status, ' ' ORDER BY status) FROM leadreturns.import_results}),
	'already_returned malformed not_returnable requested returned unknown_lead',
	'with lines of every kind');
my %state = map { $_ => lr_state($node, $_) } qw(unloaded loaded uploaded ran undone verified);
my $count = 0;

# Dies in the middle, looks at what is there, goes on with the same command, and looks again.
sub crash
{
	my (%c) = @_;
	my ($point, $nth) = ($c{point}, $c{nth} // 1);
	my $name = "$c{what}, $point" . ($nth > 1 ? " for the ${nth}th time" : '');
	my $db = lr_copy($node, $c{from}, 'crash' . ++$count);
	my $stopped = lr_run_to($node, $db, $point, $nth, $c{sql});
	lr_kill_server($node, values %$stopped);
	lr_start_server($node);
	is($c{look}->($db), $c{left}, "$name: what was committed is there, and no more");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "$name: which agrees");
	$node->safe_psql($db, $c{again} // $c{sql});
	is($c{end}->($db), $c{ended}, "$name: going on ends where an undisturbed one does");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "$name: and all agrees");
	return;
}

sub state_of { return lr_state($node, $_[0]) }

# Points of a batch, and how many batches are committed by then
for (
	lr_some(6,
		[ 'step.locked', 1, 0 ], [ 'step.locked', 3, 2 ],
		[ 'batch.locked', 1, 0 ], [ 'batch.locked', 5, 4 ],
		[ 'batch.order', 40, 0 ],
		[ 'batch.carried_out', 1, 0 ], [ 'batch.carried_out', 4, 3 ],
		[ 'store.heap_written', 5, undef ], [ 'store.flushed', 20, undef ],
		[ 'import.batch_written', 2, 1 ],
		[ 'step.carried_out', 1, 0 ], [ 'step.carried_out', 3, 2 ],
		[ 'step.written', 2, 1 ], [ 'step.written', 5, 4 ],
		[ 'run.before_commit', 1, 0 ], [ 'run.before_commit', 5, 4 ],
		[ 'run.committed', 1, 1 ], [ 'run.committed', 3, 3 ], [ 'run.committed', 5, 5 ]))
{
	my ($point, $nth, $batches) = @$_;
	my $done = defined $batches ? $batches < 5 ? $batches * 300 : $lines : undef;
	crash(
		what => 'run', from => 'loaded', sql => $run, point => $point, nth => $nth,
		look => sub {
			my ($db) = @_;
			my $there = $node->safe_psql($db, 'SELECT done FROM leadreturns.import_progress');
			# where the point lies in a batch is nobody's promise, only that a batch is whole
			return defined $done ? $there : $there % 300;
		},
		left => $done // 0, end => \&state_of, ended => $state{ran});
}

# Everything else is one transaction: all or nothing
for (
	lr_some(4,
		[ 'load', 'unloaded', 'loaded', $load, 'import.chunk', 2 ],
		[ 'load', 'unloaded', 'loaded', $load, 'import.loaded' ],
		[ 'upload', 'unloaded', 'uploaded', $upload, 'upload.chunk', 2 ],
		[ 'verify', 'loaded', 'verified', $verify, 'verify.reserved' ],
		[ 'verify', 'loaded', 'verified', $verify, 'batch.order', 30 ],
		[ 'verify', 'loaded', 'verified', $verify, 'verify.batch' ],
		[ 'verify', 'loaded', 'verified', $verify, 'verify.rolled_back' ],
		[ 'undo', 'ran', 'undone', $undo, 'batch.locked' ],
		[ 'undo', 'ran', 'undone', $undo, 'batch.carried_out' ],
		[ 'undo', 'ran', 'undone', $undo, 'undo.batch' ],
		[ 'undo', 'ran', 'undone', $undo, 'undo.written' ]))
{
	my ($what, $from, $to, $sql, $point, $nth) = @$_;
	crash(
		what => $what, from => $from, sql => $sql, point => $point, nth => $nth,
		look => \&state_of, left => $state{$from}, end => \&state_of, ended => $state{$to});
}

# The sweep: two batches of 1000 and 200 that are due, and a last one that finds nothing
made('empty', 'due', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'First'), (1, 'Second');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('global', NULL, '{"auto_accept": "always",
		"auto_accept_delay": "1 hour", "max_return_percent": 100}', '2000-01-01');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
	SELECT n, 1 + n % 2, 1, 10, 4, '2026-03-09' FROM generate_series(1, 1200) n;
	SET leadreturns.now = '2026-03-10 11:00:00+00';
	SELECT count(lr_return(n, 'duplicate')) FROM generate_series(1, 1200) n});
made('due', 'swept', 'CALL lr_run_sweep()');
my $accepted = q{
	SELECT count(*), count(DISTINCT decided_how) FROM leadreturns.returns
	 WHERE status = 'accepted'};
is($node->safe_psql('swept', $accepted), '1200|1', 'the sweep accepts all that is due');
for (
	lr_some(4,
		[ 'sweep.carried_out', 1, '0|0' ], [ 'batch.carried_out', 2, '1000|1' ],
		[ 'sweep.before_commit', 1, '0|0' ], [ 'sweep.before_commit', 2, '1000|1' ]))
{
	my ($point, $nth, $left) = @$_;
	crash(
		what => 'sweep', from => 'due', sql => 'CALL lr_run_sweep()', point => $point, nth => $nth,
		look => sub { return $node->safe_psql($_[0], $accepted) },
		left => $left, end => \&state_of, ended => lr_state($node, 'swept'));
}
cmp_ok($count, '>=', lr_long(30, 7), "$count crashes");

done_testing();
