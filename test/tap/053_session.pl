# What a session may go through: cancels, prepared transactions, many calls, DDL by others.
use strict;
use warnings;

use LeadReturns;
use Test::More;

my $node = lr_node('session', conf => "max_prepared_transactions = 5\nsynchronous_commit = off\n");

$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) SELECT 1, n::text FROM generate_series(1, 3) n;
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('account', 2, '{"max_return_count": 100000}', '2000-01-01');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
	SELECT n, 1 + n / 20001, 1, 10, 4 FROM generate_series(1, 22000) n});

my $memory = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';

# One transaction, so that nothing is freed at its end; each call a statement of its own in a
# function, as an application's would be, and all in one statement.
for my $how (
	[ 'one statement', q{SELECT count(lr_return(n, 'other')) FROM generate_series(1, 10000) n} ],
	[ 'one by one', q{DO $$ BEGIN FOR n IN 10001 .. 20000 LOOP
		PERFORM lr_return(n, 'other'); END LOOP; END $$} ])
{
	my ($name, $sql) = @$how;
	my @out = split /\n/, $node->safe_psql('postgres',
		"SELECT status FROM lr_return(${\($name =~ /state/ ? 20001 : 20002)}, 'other');"
		  . "BEGIN; $memory; $sql; $memory; COMMIT; $memory");
	my ($before, $after, $end) = @out[ 1, -2, -1 ];
	cmp_ok($after - $before, '<', 16 * 1024 * 1024,
		"10000 returns, $name, take less than 16 MB until the end of the transaction");
	cmp_ok($end - $before, '<', 2 * 1024 * 1024, "10000 returns, $name: and 2 MB after it");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM leadreturns.returns'), '20002', 'all done');

# Cancelled in the middle of a statement, by its timeout and while it waits for a lock.
my ($rc, $out, $err) = $node->psql('postgres', q{
	SET statement_timeout = '200ms';
	INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
	SELECT 50000 + n, 3, 10 FROM generate_series(1, 10000000) n;
	SELECT sum(1) FROM (SELECT lr_return(21000, 'other'), pg_sleep(10)) s;
	RESET statement_timeout;
	SELECT count(*) FROM leadreturns.deliveries WHERE account_id = 3;
	SELECT status FROM lr_deliver(30000, 3, 1, 10, 4);
	SELECT status FROM lr_return(30000, 'other');
	SELECT status FROM lr_return(21000, 'other');
	SELECT count(*) FROM lr_reconcile()}, on_error_stop => 0);
is(() = $err =~ /canceling statement due to statement timeout/g, 2, 'both were cancelled');
is($out, "0\nDELIVERED\nopen\nopen\n0", 'the session goes on, and nothing of them is left');

# A prepared transaction keeps its locks and its rows, also over a restart.
$node->safe_psql('postgres', q{
	BEGIN;
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
	VALUES (30001, 3, 1, 10, 4), (30002, 3, 1, 10, 4);
	SELECT lr_return(30001, 'other', idempotency_key => 'prepared');
	SELECT lr_accept(return_id) FROM leadreturns.returns WHERE lead_id = 30000;
	PREPARE TRANSACTION 'kept';
	BEGIN;
	SELECT lr_return(21001, 'other');
	PREPARE TRANSACTION 'given up'});
$node->restart('immediate');
($rc, $out, $err) = $node->psql('postgres', q{
	SET lock_timeout = '100ms';
	SELECT lr_decline(return_id) FROM leadreturns.returns WHERE lead_id = 30000;
	SELECT count(*) FROM leadreturns.returns WHERE lead_id = 30001;
	SELECT status FROM lr_deliver(30003, 3, 1, 10, 4)}, on_error_stop => 0);
like($err, qr/lock timeout/, 'a prepared acceptance holds off other decisions');
is($out, "0\nDELIVERED", 'its rows are not there yet, and deliveries do not wait for it');
is( $node->safe_psql('postgres', q{
		ROLLBACK PREPARED 'given up';
		COMMIT PREPARED 'kept';
		SELECT lead_id, status FROM leadreturns.returns WHERE account_id = 3 ORDER BY lead_id;
		SELECT return_id = (SELECT return_id FROM leadreturns.returns WHERE lead_id = 30001)
		  FROM lr_return(30001, 'other', idempotency_key => 'prepared');
		SELECT status FROM lr_return(21001, 'other');
		SELECT count(*) FROM lr_reconcile()}),
	"30000|accepted\n30001|open\nt\nopen\n0", 'committed and rolled back later');

# What a DBA does to the tables while sessions use them: the session's own cached plans of writing
# must follow. The index is made by another session between two statements of one.
is( $node->safe_psql('postgres', q{
		SELECT status FROM lr_deliver(31000, 3, 1, 10, 4);
		SELECT status FROM lr_return(31000, 'other');
		CREATE INDEX late_index ON leadreturns.request (lower(note));
		CREATE INDEX late_partial ON leadreturns.delivery (status) WHERE status = 'LATE';
		REINDEX TABLE CONCURRENTLY leadreturns.request;
		REINDEX TABLE CONCURRENTLY leadreturns.delivery;
		VACUUM FULL leadreturns.transfer;
		ALTER TABLE leadreturns.history ALTER note SET STATISTICS 10;
		SELECT status FROM lr_deliver(31001, 3, 1, 10, 4, status => 'LATE');
		SELECT status FROM lr_return(31001, 'other', 'Late Note');
		SELECT status FROM lr_accept((SELECT return_id FROM leadreturns.returns
		                               WHERE lead_id = 31000));
		SET enable_seqscan = off;
		SELECT count(*) FROM leadreturns.request WHERE lower(note) = 'late note';
		SELECT count(*) FROM leadreturns.delivery WHERE status = 'LATE';
		SELECT count(*) FROM lr_reconcile()}),
	"DELIVERED\nopen\nLATE\nopen\naccepted\n1\n1\n0",
	'indexes made, rebuilt and tables rewritten in between are kept up');
$node->safe_psql('postgres', q{
	CREATE EXTENSION amcheck;
	SELECT bt_index_check(indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
	 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relam = 403});
pass('amcheck finds every row in every index');

# Only a session that may write writes.
($rc, $out, $err) = $node->psql('postgres', q{
	BEGIN READ ONLY;
	SELECT lr_return(21002, 'other')});
like($err, qr/read-only transaction/, 'a read-only transaction refuses to write');
is( $node->safe_psql('postgres', q{
		BEGIN READ ONLY;
		SELECT eligible FROM lr_check_return(21002, 'other');
		SELECT count(*) FROM lr_reconcile();
		COMMIT}), "t\n0", 'and may read');

done_testing();
