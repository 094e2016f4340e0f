# Attaching and detaching while others write to the table and return its leads; and what a dump of
# an attached table restores.
use strict;
use warnings;

use IPC::Run;
use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('attach', dbname => 'shop',
	conf => "max_connections = 40\nsynchronous_commit = off\ndeadlock_timeout = 200ms\n");
my $dir = PostgreSQL::Test::Utils::tempdir();
my $keys = 300;
my $attach = q{lr_attach('leads', '{"lead_id": "id", "account": "account", "supplier": "supplier",
	"price": "price", "cost": "cost", "status": "state", "email": "mail",
	"delivered": {"column": "sold", "in": [true]}}')};

$node->safe_psql('shop', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) SELECT 1, n::text FROM generate_series(1, 4) n;
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 50}', '2000-01-01');
	CREATE TABLE leads (id bigint PRIMARY KEY, account bigint, supplier bigint, price numeric,
		cost numeric, state text NOT NULL DEFAULT 'new', sold boolean NOT NULL, mail text,
		hits bigint NOT NULL DEFAULT 0);
	CREATE TABLE refused (condition text);
	-- What the rules refuse is part of the game; a deadlock, or anything else, is not.
	CREATE FUNCTION attempt(command text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE command;
	EXCEPTION WHEN OTHERS THEN
		IF SQLSTATE NOT LIKE 'LR%' THEN RAISE; END IF;
		INSERT INTO refused VALUES (SQLSTATE);
	END $$});

sub script
{
	my ($name, $sql) = @_;
	PostgreSQL::Test::Utils::append_to_file("$dir/$name", "\\set id random(1, $keys)\n$sql\n");
	return ('-f', "$dir/$name");
}

# Many rows in one order: two statements of the application must not deadlock by themselves.
my $batch = "SELECT id FROM leads WHERE id BETWEEN :id AND :id + 9 ORDER BY id FOR UPDATE";
my @scripts = (
	script('insert', 'INSERT INTO leads (id, account, supplier, price, cost, sold)'
		. ' SELECT n, 1 + n % 4, 1, 10 + n % 7, 4, n % 5 > 0 FROM generate_series(:id, :id + 4) n'
		. ' ON CONFLICT (id) DO NOTHING;'),
	script('upsert', 'INSERT INTO leads (id, account, supplier, price, cost, sold) VALUES'
		. ' (:id, 1 + :id % 4, 1, 20, 5, true) ON CONFLICT (id)'
		. ' DO UPDATE SET hits = leads.hits + 1;'),
	script('update', "WITH batch AS MATERIALIZED ($batch) UPDATE leads l SET hits = hits + 1,"
		. " mail = hits || '\@example.com', sold = true FROM batch b WHERE l.id = b.id;"),
	script('state', "SELECT attempt('UPDATE leads SET state = ''called'' WHERE id = ' || :id);"),
	script('price', "SELECT attempt('UPDATE leads SET price = price + 1 WHERE id = ' || :id);"),
	script('delete', 'DELETE FROM leads WHERE id = :id;'),
	script('return', "SELECT attempt(format('SELECT lr_return(%s, ''duplicate'')', :id));"),
	script('accept', "SELECT attempt('SELECT lr_accept(min(return_id)) FROM leadreturns.returns"
		. " WHERE status = ''open'' AND lead_id >= ' || :id || ' HAVING count(*) > 0');"),
	script('rollback', "SELECT attempt('SELECT lr_rollback_return(' || :id || ')');"));

my $pgbench = IPC::Run::start(
	[ 'pgbench', '-n', '-c', 10, '-j', 2, '-t', 1000, '-h', $node->host, '-p', $node->port,
		@scripts, 'shop' ], '>', \my $out, '2>', \my $err);
my $times = 0;
while ($pgbench->pumpable && $times < 1000)
{
	$node->safe_psql('shop', "SELECT $attach; SELECT lr_detach('leads')");
	$times++;
	$pgbench->pump_nb;
}
ok($pgbench->finish, 'the application was served throughout') or diag $err;
unlike($err, qr/ERROR|aborted/, 'without an error');
cmp_ok($times, '>', 3, "while the table was attached and detached $times times");
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'nobody waited for a deadlock');
cmp_ok($node->safe_psql('shop', 'SELECT count(*) FROM leadreturns.returns'), '>', 0,
	'leads were returned');

# What was written while it was detached comes in; then every row is one delivery, as it is.
sub agrees
{
	my ($db, $name) = @_;
	is( $node->safe_psql($db, q{
			SELECT l.id FROM leads l
			  LEFT JOIN leadreturns.delivery d ON d.row_key = l.id::text AND d.deleted_at IS NULL
			 WHERE l.sold
			 GROUP BY l.id, l.state, l.price, l.cost, l.mail
			HAVING count(d.delivery_id) <> 1 OR min(d.lead_id) <> l.id OR min(d.status) <> l.state
			    OR min(d.email) IS DISTINCT FROM l.mail
			    OR (min(d.price), min(d.cost)) <> (l.price, l.cost)
			       AND NOT EXISTS (SELECT FROM leadreturns.request r
			                        WHERE r.delivery_id = min(d.delivery_id))}),
		'', "$name: each row that was sold has one delivery, with its status and price");
	is( $node->safe_psql($db, q{
			SELECT d.row_key FROM leadreturns.delivery d
			 WHERE d.row_key IS NOT NULL
			   AND NOT EXISTS (SELECT FROM leads l WHERE l.id::text = d.row_key)}),
		'', "$name: and no other row has");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "$name: reconciles");
	return;
}

$node->safe_psql('shop', "SELECT $attach");
agrees('shop', 'after the load');

# The same again, attached all the time: now nothing may differ.
$node->command_ok([ 'pgbench', '-n', '-c', 10, '-j', 2, '-t', 200, @scripts, 'shop' ],
	'attached throughout: no error');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'attached throughout: no deadlock');
agrees('shop', 'attached throughout');
is($node->safe_psql('shop', "SELECT $attach"), '0', 'there is nothing to take over');

my ($rc, $stdout, $stderr) = $node->psql('shop',
	"\\set VERBOSITY sqlstate\nBEGIN ISOLATION LEVEL REPEATABLE READ; SELECT $attach");
like($stderr, qr/25001/, 'a snapshot that is kept might miss rows');

# A dump has the table, its triggers, and what is recorded of its rows.
my $rows = $node->safe_psql('shop', 'SELECT count(*) FROM leadreturns.deliveries');
for my $format ('p', 'c')
{
	my $db = "restored_$format";
	my $file = "$dir/$db.dump";
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok([ 'pg_dump', '-F', $format, '-f', $file, 'shop' ], "$db: pg_dump");
	$node->command_ok(
		$format eq 'p'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $db, '-f', $file ]
		: [ 'pg_restore', '-d', $db, $file ], "$db: restored without an error");
	is($node->safe_psql($db, 'SELECT count(*) FROM leadreturns.deliveries'),
		$rows, "$db: nothing was delivered twice");
	is($node->safe_psql($db, 'SELECT table_name, without_triggers FROM leadreturns.attachments'),
		'leads|0', "$db: the table is attached");
	is( $node->safe_psql($db, q{
			INSERT INTO leads (id, account, supplier, price, cost, sold, state)
			VALUES (1001, 1, 1, 10, 4, true, 'sold');
			SELECT status FROM lr_return(1001, 'duplicate', 'a note', override => true);
			SELECT status FROM lr_accept((SELECT max(return_id) FROM leadreturns.returns));
			SELECT state FROM leads WHERE id = 1001}),
		"open\naccepted\nRETURNED", "$db: a new row is a delivery, and written back");
	is($node->safe_psql($db, "SELECT $attach"), '0', "$db: attached again, nothing is missing");
	agrees($db, $db);
}

done_testing();
