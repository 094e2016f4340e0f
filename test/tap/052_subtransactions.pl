# Savepoints, failing rows and triggers in the middle of a batch: what is rolled back leaves
# nothing, what is kept is complete.
use strict;
use warnings;

use LeadReturns;
use Test::More;

my $node = lr_node('subtransactions');

$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 90}', '2000-01-01');
	-- for each case: leads from first on, how many returns are live, and whether all agrees
	CREATE FUNCTION state(first bigint) RETURNS text LANGUAGE sql AS $$
		SELECT concat_ws(' ',
			(SELECT string_agg(lead_id::text, ',' ORDER BY lead_id) FROM leadreturns.deliveries
			  WHERE lead_id BETWEEN first AND first + 99),
			'/', (SELECT string_agg(lead_id || ' ' || status, ',' ORDER BY lead_id)
			        FROM leadreturns.returns WHERE lead_id BETWEEN first AND first + 99),
			'/', (SELECT count(*) FROM lr_reconcile())) $$;
	-- Fails for the bad row after having done something, and hides that from its caller.
	CREATE FUNCTION swallow(n int, bad int, what text) RETURNS numeric LANGUAGE plpgsql AS $$
	BEGIN
		BEGIN
			EXECUTE what USING n;
			IF n = bad THEN RAISE 'bad row'; END IF;
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
		RETURN 5;
	END $$});

my $first = 0;

# Runs the SQL, with F being the first lead id of a fresh range, and compares what is left.
sub leaves
{
	my ($name, $sql, $expected) = @_;
	$first += 1000;
	s/F(\d+)/$first + $1/ge for $sql, $expected;
	my ($rc, $out, $err) = $node->psql('postgres', $sql, on_error_stop => 0);
	is($node->safe_psql('postgres', "SELECT state($first)"), $expected, $name)
	  or diag "$out\n$err";
}

my $insert = 'INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)';

leaves('a savepoint rolled back leaves neither delivery nor return', q{
	BEGIN;
	SELECT FROM lr_deliver(F1, 1, 1, 10, 4);
	SAVEPOINT a;
	SELECT FROM lr_deliver(F2, 1, 1, 10, 4);
	SELECT FROM lr_return(F1, 'duplicate');
	SELECT FROM lr_return(F2, 'duplicate');
	ROLLBACK TO a;
	SELECT FROM lr_deliver(F3, 1, 1, 10, 4);
	SELECT FROM lr_return(F3, 'duplicate');
	COMMIT}, 'F1,F3 / F3 open / 0');

leaves('nested savepoints: the inner one kept, the outer one rolled back, and the reverse', qq{
	BEGIN;
	$insert VALUES (F1, 1, 1, 10, 4);
	SAVEPOINT a;
	SAVEPOINT b;
	$insert VALUES (F2, 1, 1, 10, 4);
	SELECT FROM lr_return(F1, 'duplicate');
	RELEASE b;
	ROLLBACK TO a;
	SAVEPOINT c;
	$insert VALUES (F3, 1, 1, 10, 4);
	SAVEPOINT d;
	SELECT FROM lr_return(F3, 'duplicate');
	SELECT FROM lr_return(F1, 'duplicate');
	ROLLBACK TO d;
	RELEASE c;
	COMMIT}, 'F1,F3 / / 0');

leaves('a decision rolled back to a savepoint', q{
	BEGIN;
	SELECT FROM lr_deliver(F1, 1, 1, 10, 4);
	SELECT FROM lr_return(F1, 'duplicate');
	SAVEPOINT a;
	SELECT FROM lr_accept((SELECT return_id FROM leadreturns.returns WHERE lead_id = F1));
	ROLLBACK TO a;
	SELECT FROM lr_decline((SELECT return_id FROM leadreturns.returns WHERE lead_id = F1));
	COMMIT}, 'F1 / F1 declined / 0');

leaves('an exception inside the INSERT keeps the rows gathered before it', qq{
	$insert SELECT F0 + n, 1, 1, swallow(n, 3, 'SELECT 1'), 4 FROM generate_series(1, 5) n},
	'F1,F2,F3,F4,F5 / / 0');

leaves('and so does one after a return of a gathered row', qq{
	$insert SELECT F0 + n, 1, 1,
	               swallow(n, 3, \$\$ SELECT lr_return(F0 + \$1 - 1, 'other') WHERE \$1 > 1 \$\$), 4
	          FROM generate_series(1, 5) n},
	'F1,F2,F3,F4,F5 / F1 open,F3 open,F4 open / 0');

leaves('and one after another INSERT of deliveries', qq{
	$insert SELECT F0 + n, 1, 1, swallow(n, 3, \$\$ $insert VALUES (F50 + \$1, 1, 1, 10, 4) \$\$), 4
	          FROM generate_series(1, 5) n},
	'F1,F2,F3,F4,F5,F51,F52,F54,F55 / / 0');

leaves('rows gathered and returned in one statement', qq{
	WITH new AS ($insert SELECT F0 + n, 1, 1, 10, 4 FROM generate_series(1, 3) n
	             RETURNING delivery_id, lead_id)
	SELECT lr_return(lead_id, 'other') FROM new ORDER BY lead_id LIMIT 2},
	'F1,F2,F3 / F1 open,F2 open / 0');

leaves('a failing row in the middle of a batch leaves nothing', qq{
	$insert SELECT F0 + n, 1, 1, CASE n WHEN 1500 THEN -1 ELSE 10 END, 4
	          FROM generate_series(1, 2000) n}, '/ / 0');
leaves('nor does a duplicate id late in it', qq{
	INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, price)
	SELECT CASE n WHEN 1999 THEN 1 ELSE 1000000 + n END, F0 + n, 1, 10
	  FROM generate_series(1, 2000) n}, '/ / 0');
leaves('and the transaction goes on from the savepoint before it', qq{
	BEGIN;
	$insert VALUES (F1, 1, 1, 10, 4);
	SAVEPOINT a;
	$insert SELECT F2 + n, 1, 1, CASE n WHEN 1500 THEN NULL ELSE 10 END, 4
	          FROM generate_series(1, 2000) n;
	ROLLBACK TO a;
	$insert VALUES (F2, 1, 1, 10, 4);
	SELECT FROM lr_return(F2, 'other');
	COMMIT}, 'F1,F2 / F2 open / 0');
leaves('a session that failed and rolled back starts afresh', qq{
	BEGIN;
	$insert SELECT F0 + n, 1, 1, 10 / (3 - n), 4 FROM generate_series(1, 5) n;
	ROLLBACK;
	$insert VALUES (F9, 1, 1, 10, 4)}, 'F9 / / 0');

leaves('COPY', "COPY leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)"
	  . " FROM stdin;\nF1\t1\t1\t10\t4\nF2\t1\t\\N\t0\t0\n\\.\n", 'F1,F2 / / 0');
leaves('COPY with a bad line leaves nothing',
	"COPY leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)"
	  . " FROM stdin;\nF1\t1\t1\t10\t4\nF2\t99\t\\N\t0\t0\n\\.\n", '/ / 0');

# RETURNING gives what is stored, also across the edge of a batch
is( $node->safe_psql('postgres', qq{
		WITH new AS ($insert SELECT 100000 + n, 1, 1, 10, 4 FROM generate_series(1, 1203) n
		             RETURNING *)
		SELECT count(*), count(DISTINCT delivery_id), min(status), min(currency) FROM new}),
	'1203|1203|DELIVERED|USD', 'INSERT ... RETURNING');
is( $node->safe_psql('postgres', q{
		SELECT count(*), count(DISTINCT delivery_id) FROM leadreturns.deliveries
		 WHERE lead_id > 100000}), '1203|1203', 'and as many are stored');
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'everything agrees');

done_testing();
