# The server dies by SIGKILL while it archives: what was committed is in the archive, the rest is
# live, nothing is lost and nothing is there twice; calling it again ends where an undisturbed run
# does.
use strict;
use warnings;

use LeadReturns;
use Test::More;

my $node = lr_node('archive_crash', dbname => 'made',
	conf => "leadreturns.now = '2026-06-10 13:00:00+00'\nautovacuum = off\n");

# 5500 closed returns of three rows each, and a file: two batches, the second one not full
$node->safe_psql('made', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'First'), (1, 'Second');
	SET leadreturns.now = '2026-03-10 11:00:00+00';
	INSERT INTO leadreturns.deliveries (lead_id, account_id, price, cost, delivered_at)
	SELECT n, 1 + n % 2, 10, 4, '2026-03-09' FROM generate_series(1, 5600) n;
	SELECT count(lr_return(n, 'duplicate')) FROM generate_series(1, 5500) n;
	SELECT count(lr_message(n, 'why?')) FROM generate_series(1, 5500) n;
	SELECT count(lr_decline(n)) FROM generate_series(1, 5500) n;
	SELECT FROM lr_import_create('file', reason => 'duplicate');
	SELECT lr_import_text(1, E'lead_id\\n' || string_agg(n::text, E'\\n'))
	  FROM generate_series(5501, 5600) n;
	SELECT FROM lr_import_step(1, 1000)});
my $archive = q{CALL lr_run_archive('2026-06-01')};

# What there is, live and archived, wherever it is.
sub everything
{
	my ($db) = @_;
	return join "\n", map {
		$node->safe_psql($db, "SELECT '$_', count(*),"
			  . " md5(string_agg(x::text, ' ' ORDER BY x::text))"
			  . " FROM (SELECT * FROM leadreturns.$_ UNION ALL"
			  . " SELECT * FROM leadreturns.archived_$_) x")
	} qw(history message notification import_chunk import_verdict import_outcome);
}

# How much of the history and of the thread is in the archive.
sub archived
{
	my ($db) = @_;
	return $node->safe_psql($db, q{
		SELECT (SELECT count(*) FROM leadreturns.archived_history),
		       (SELECT count(*) FROM leadreturns.archived_message),
		       (SELECT count(*) FROM leadreturns.archived_import_outcome)});
}

my $whole = everything('made');
lr_copy($node, 'made', 'ran');
$node->safe_psql('ran', $archive);
is(archived('ran'), '11000|5500|100', 'everything that is over is archived');
is(everything('ran'), $whole, 'as it was');
my $first;
for (
	lr_some(3,
		[ 'archive.locked', 1 ], [ 'archive.before_commit', 1 ], [ 'archive.committed', 1 ],
		[ 'archive.locked', 2 ], [ 'archive.before_commit', 2 ], [ 'store.heap_written', 1 ]))
{
	my ($point, $nth) = @$_;
	my $name = "$point for time $nth";
	my $db = lr_copy($node, 'made', 'crash');
	my $stopped = lr_run_to($node, $db, $point, $nth, $archive);
	lr_kill_server($node, values %$stopped);
	lr_start_server($node);
	my $there = archived($db);
	if ($nth == 1 && $point ne 'archive.committed')
	{
		is($there, '0|0|0', "$name: nothing is archived yet");
	}
	else
	{
		$first //= $there;
		is($there, $first, "$name: the first batch is");
		isnt($there, '0|0|0', "$name: which is something");
	}
	is(everything($db), $whole, "$name: nothing is lost, and nothing is there twice");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "$name: all agrees");
	$node->safe_psql($db, $archive);
	is(archived($db), archived('ran'), "$name: going on ends where an undisturbed one does");
	is(everything($db), $whole, "$name: with everything");
	$node->safe_psql('postgres', "DROP DATABASE $db");
}

done_testing();
