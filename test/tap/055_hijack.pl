# Attempts to have the extension run somebody else's code, or to get at what is inside it. Each
# plants something as a role that may create objects, then everything is called by a superuser and
# by a buyer on a path where those objects come first. What must never run is the canary, whose
# sequence tells of it even after a rollback.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('hijack');
$node->safe_psql('postgres', q{
	CREATE SEQUENCE public.canary;
	GRANT ALL ON SEQUENCE public.canary TO PUBLIC;
	CREATE ROLE mallory LOGIN; CREATE ROLE of_buyer; CREATE ROLE of_new; CREATE ROLE lr_boss;
	CREATE SCHEMA trap AUTHORIZATION mallory;
	GRANT CREATE ON DATABASE postgres TO mallory;
	GRANT USAGE ON SCHEMA trap TO PUBLIC;
	SET ROLE mallory;
	CREATE FUNCTION trap.canary() RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM pg_catalog.nextval('public.canary');
		RAISE EXCEPTION 'the canary sang';
	END $$;
	RESET ROLE;
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer'), ('Mallory');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account'), (2, 'Hers');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT lr_deliver(n, 1, 1, 10, 4) FROM generate_series(11, 14) n;
	SELECT lr_grant('of_buyer', 'buyer', 1), lr_grant('mallory', 'buyer', 2)});

# whether it has sung; it is silent again then
my $canary = q{SELECT is_called, setval('public.canary', 1, false) IS NULL FROM public.canary};

# What a superuser and a buyer do, qualified where it is theirs to qualify.
my $victim = q{
	SET LOCAL search_path = trap, public, pg_catalog;
	SELECT FROM public.lr_set_terms('global', NULL, '{"max_return_percent": 90}', '2000-01-01');
	SELECT pg_catalog.count(public.lr_deliver(n, 1, 1, 10, 4))
	  FROM pg_catalog.generate_series(1, 9) n;
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, email, phone)
	VALUES (10, 1, 1, 10, 4, 'A@example.com', '555');
	SELECT return_id AS r FROM public.lr_return(1, 'duplicate') \gset
	SELECT FROM public.lr_accept(:r);
	SELECT FROM public.lr_rollback_return(1);
	SELECT return_id AS r
	  FROM public.lr_return_by_key('email', 'a@EXAMPLE.com', 'Free text',
	                               idempotency_key => 'k') \gset
	SELECT FROM public.lr_decline(:r);
	SELECT FROM public.lr_reopen(:r);
	SELECT FROM public.lr_correct_reason(:r, 'TCPA risk');
	SELECT FROM public.lr_request_info(:r, 'When?');
	SELECT FROM public.lr_message(:r, 'Now');
	SELECT FROM public.lr_attach_evidence(:r, 'x');
	SELECT FROM public.lr_assign(:r, 'Eve');
	SELECT FROM public.lr_withdraw(:r);
	INSERT INTO leadreturns.returns (lead_id, reason) VALUES (3, 'other');
	UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id OPERATOR(pg_catalog.=) 3;
	SELECT FROM public.lr_check_return(4, 'other');
	SELECT FROM public.lr_terms(1);
	SELECT FROM public.lr_post('deposit', 1, 10);
	SELECT FROM public.lr_close_period(1, '2020-01-01');
	SELECT FROM public.lr_merge_reason('tcpa_risk', 'other');
	SELECT import_id AS i FROM public.lr_import_create('a file', reason => 'other') \gset
	SELECT FROM public.lr_import_text(:i, 'lead_id');
	SELECT FROM public.lr_import_verify(:i);
	SELECT FROM public.lr_import_step(:i);
	SELECT FROM public.lr_import_undo(:i);
	SELECT FROM public.lr_grant('of_new', 'buyer', 1);
	SELECT FROM public.lr_revoke('of_new', 'buyer');
	SELECT FROM public.lr_whoami();
	SELECT FROM public.lr_sweep();
	SELECT FROM public.lr_cron_status();
	SELECT FROM public.lr_reconcile();
	SELECT FROM leadreturns.returns; SELECT FROM leadreturns.balances; SELECT FROM leadreturns.pnl;
	SELECT FROM leadreturns.grants; SELECT FROM leadreturns.return_spikes;
	SELECT FROM leadreturns.distribution_check; SELECT FROM leadreturns.import_results;
	SET LOCAL ROLE of_buyer;
	SELECT FROM public.lr_return(11, 'Free text');
	SELECT FROM public.lr_return_many('{12}', 'duplicate');
	SELECT FROM public.lr_check_return(13, 'other');
	INSERT INTO leadreturns.returns (lead_id, reason) VALUES (13, 'other');
	SELECT FROM public.lr_terms(1); SELECT FROM public.lr_whoami();
	SELECT FROM leadreturns.returns; SELECT FROM leadreturns.account_statement;
	RESET ROLE;};

my ($attempts, $harmless, %seen) = (0, 0);

sub sang
{
	return $node->safe_psql($_[0] // 'postgres', $canary) =~ /^t/;
}

sub count_attempt
{
	my ($name) = @_;
	die "$name is there twice" if $seen{$name}++;
	$attempts++;
	return;
}

# What is planted is there, and nobody comes by it.
sub harmless
{
	my ($name, $attack, $more) = @_;
	return if $harmless++ % lr_long(1, 3);
	count_attempt($name);
	my ($rc, undef, $err) = $node->psql('postgres',
		"BEGIN; SET LOCAL ROLE mallory; $attack; RESET ROLE; ${\($more // '')} $victim ROLLBACK",
		on_error_stop => 1);
	my $sang = sang();
	ok($rc == 0 && !$sang, "harmless: $name") or diag "$err$sang";
	return;
}

# What cannot even be planted.
sub refused
{
	my ($name, $attack, $why) = @_;
	count_attempt($name);
	my ($rc, undef, $err) = $node->psql('postgres',
		"BEGIN; SET LOCAL ROLE mallory; $attack; ROLLBACK", on_error_stop => 1);
	my $sang = sang();
	ok($rc != 0 && $err =~ ($why // qr/permission denied|must be (?:owner|superuser)/) && !$sang,
		"refused: $name") or diag "$rc $err$sang";
	return;
}

# The canary does sing when something is wrong.
isnt($node->psql('postgres', 'SET search_path = trap; SELECT canary()'), 0, 'the canary');
ok(sang(), 'is heard after a rollback');

# Functions of the same name and arguments, found first on the path.
my %functions = (
	'clock()' => 'timestamptz', 'sees_all()' => 'boolean', 'reads_figures()' => 'boolean',
	'reads_texts()' => 'boolean', 'own_buyer()' => 'bigint', 'own_supplier()' => 'bigint',
	'reason_key(text)' => 'text', 'phone_digits(text)' => 'text', 'caller()' => 'text',
	'review_state(text, boolean, timestamptz)' => 'text', 'require_staff(text)' => 'void',
	'privileges(text)' => 'text', 'cron_status(text)' => 'text', 'money(bigint)' => 'numeric',
	'ratio(bigint, bigint)' => 'numeric', 'format(text, text)' => 'text', 'now()' => 'timestamptz',
	'lower(text)' => 'text', 'quote_ident(text)' => 'text', 'quote_literal(text)' => 'text',
	'lr_grant(regrole, text, bigint)' => 'text', 'lr_whoami()' => 'text',
	'numeric_in(cstring)' => 'text', 'current_setting(text)' => 'text');
for (sort keys %functions)
{
	my $returns = $functions{$_} eq 'void' ? '' : '; RETURN NULL';
	next if /cstring/;
	harmless("function $_", "CREATE FUNCTION trap.$_ RETURNS $functions{$_} LANGUAGE plpgsql AS"
		  . " \$\$ BEGIN PERFORM trap.canary()$returns; END \$\$");
}
harmless('functions of pg_temp', 'CREATE FUNCTION pg_temp.sees_all() RETURNS boolean LANGUAGE sql'
	  . ' AS $$ SELECT trap.canary() $$; CREATE FUNCTION pg_temp.lower(text) RETURNS text'
	  . ' LANGUAGE sql AS $$ SELECT trap.canary()::text $$',
	'SET LOCAL search_path = pg_temp;');
harmless('an aggregate', 'CREATE FUNCTION trap.step(bigint, bigint) RETURNS bigint LANGUAGE sql AS'
	  . ' $$ SELECT CASE WHEN trap.canary() THEN 1 END::bigint $$;'
	  . ' CREATE AGGREGATE trap.sum(bigint) (SFUNC = trap.step, STYPE = bigint);'
	  . ' CREATE AGGREGATE trap.total(bigint) (SFUNC = trap.step, STYPE = bigint)');

# Operators.
for ([ 'bigint', 'bigint' ], [ 'bigint', 'integer' ], [ 'text', 'text' ], [ 'numeric', 'numeric' ],
	[ 'timestamptz', 'timestamptz' ], [ 'oid', 'oid' ], [ 'name', 'name' ], [ 'date', 'date' ],
	[ 'boolean', 'boolean' ], [ 'name', 'text' ], [ 'timestamptz', 'interval' ])
{
	my ($left, $right) = @$_;
	harmless("operators of $left and $right",
		"CREATE FUNCTION trap.op($left, $right) RETURNS boolean LANGUAGE sql AS"
		  . ' $$ SELECT trap.canary() $$;'
		  . join '', map { "CREATE OPERATOR trap.$_ (FUNCTION = trap.op, LEFTARG = $left,"
			  . " RIGHTARG = $right);" } '=', '<>', '<', '>', '<=', '>=', '+', '-', '||', '~');
}
harmless('an operator of a prefix', 'CREATE FUNCTION trap.op(numeric) RETURNS numeric LANGUAGE sql'
	  . ' AS $$ SELECT trap.canary()::int::numeric $$;'
	  . ' CREATE OPERATOR trap.- (FUNCTION = trap.op, RIGHTARG = numeric)');
harmless('an operator class', 'CREATE TYPE trap.money AS (x int);'
	  . ' CREATE FUNCTION trap.cmp(trap.money, trap.money) RETURNS int LANGUAGE sql AS'
	  . ' $$ SELECT trap.canary()::int $$', undef);

# Types, casts, domains.
for my $type (qw(text bigint numeric timestamptz regclass regrole jsonb name))
{
	harmless("a domain called $type", "CREATE DOMAIN trap.$type AS pg_catalog.int4"
		  . ' CHECK (trap.canary())');
}
harmless('a temporary domain called text', 'CREATE DOMAIN pg_temp.text AS pg_catalog.text'
	  . ' CHECK (trap.canary())');
harmless('a cast of its own type', q{CREATE TYPE trap.t AS ENUM ('duplicate');
	CREATE FUNCTION trap.cast(trap.t) RETURNS text LANGUAGE sql AS
	$$ SELECT trap.canary()::text $$;
	CREATE CAST (trap.t AS text) WITH FUNCTION trap.cast(trap.t) AS IMPLICIT});
refused('a cast of built-in types', 'CREATE FUNCTION trap.cast(text) RETURNS bigint LANGUAGE sql AS'
	  . ' $$ SELECT 1::bigint $$; CREATE CAST (text AS bigint) WITH FUNCTION trap.cast(text)'
	  . ' AS IMPLICIT', qr/must be owner of type/);

# Tables and views.
for my $table (qw(delivery request account party_grant returns pg_class pg_proc pg_roles
	pg_extension))
{
	harmless("a view called $table", "CREATE VIEW trap.$table AS SELECT trap.canary() AS oid");
	harmless("a temporary table called $table", "CREATE TEMPORARY TABLE $table (oid boolean"
		  . ' DEFAULT trap.canary())', 'SET LOCAL search_path = pg_temp, public;');
}
harmless('a view over the views, with a function',
	'CREATE FUNCTION trap.leak(bigint) RETURNS boolean'
	  . ' LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RETURN trap.canary(); END $$;'
	  . ' CREATE VIEW trap.leaks AS SELECT * FROM leadreturns.returns WHERE trap.leak(return_id);'
	  . ' SELECT FROM trap.leaks');
harmless('a condition on rows of others', 'CREATE FUNCTION trap.leak(text) RETURNS boolean'
	  . ' LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RETURN trap.canary(); END $$;'
	  . ' SELECT FROM leadreturns.deliveries WHERE trap.leak(status)'
	  . ' AND price OPERATOR(pg_catalog.>) 0');

# What is inside.
my %inside = (
	'a trigger on a view' => 'CREATE TRIGGER t INSTEAD OF UPDATE ON leadreturns.returns FOR EACH'
	  . ' ROW EXECUTE FUNCTION trap.canary()',
	'a trigger on a table' => 'CREATE TRIGGER t AFTER INSERT ON leadreturns.request FOR EACH ROW'
	  . ' EXECUTE FUNCTION trap.canary()',
	'a rule' => 'CREATE RULE r AS ON INSERT TO leadreturns.returns DO ALSO SELECT trap.canary()',
	'a policy' => 'CREATE POLICY p ON leadreturns.request USING (trap.canary())',
	'an index with a function' => 'CREATE INDEX ON leadreturns.request (lower(note))',
	'a child table' => 'CREATE TABLE trap.child () INHERITS (leadreturns.account)',
	'a foreign key' => 'CREATE TABLE trap.f (id bigint REFERENCES leadreturns.buyer)',
	'another body' => 'CREATE OR REPLACE FUNCTION leadreturns.sees_all() RETURNS boolean'
	  . ' LANGUAGE sql AS $$ SELECT true $$',
	'another path of a function' => 'ALTER FUNCTION public.lr_grant SET search_path = trap',
	'another owner' => 'ALTER FUNCTION public.lr_grant OWNER TO mallory',
	'dropping a function' => 'DROP FUNCTION leadreturns.sees_all() CASCADE',
	'a function in the schema' => 'CREATE FUNCTION leadreturns.clock(text) RETURNS text LANGUAGE'
	  . ' sql AS $$ SELECT NULL::text $$',
	'a function next to the commands' => 'CREATE FUNCTION public.lr_return(integer, text) RETURNS'
	  . ' text LANGUAGE sql AS $$ SELECT trap.canary()::text $$',
	'joining the extension' => 'ALTER EXTENSION leadreturns ADD FUNCTION trap.canary()',
	'its own entry to the library' => q{CREATE FUNCTION trap.x() RETURNS boolean LANGUAGE c AS}
	  . q{ '$libdir/leadreturns', 'lr_sees_all'},
	'a trigger function for its own table' => 'CREATE TABLE trap.t (i int); CREATE TRIGGER t BEFORE'
	  . ' UPDATE ON trap.t FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records()',
	'a view trigger for its own view' => 'CREATE VIEW trap.v AS SELECT * FROM leadreturns.returns;'
	  . ' CREATE TRIGGER t INSTEAD OF INSERT ON trap.v FOR EACH ROW EXECUTE FUNCTION'
	  . ' leadreturns.returns_dml()',
	'an event trigger' => 'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION'
	  . ' trap.canary()',
	'a comment' => q{COMMENT ON FUNCTION public.lr_grant IS 'x'},
	'a grant' => 'GRANT SELECT ON leadreturns.ledger TO of_new',
	'a party of its own' => q{INSERT INTO leadreturns.party_grant VALUES ('mallory', 'staff')},
	'what it is granted' => 'SELECT * FROM leadreturns.privileges($$staff$$)',
	'the clock' => q{SELECT public.lr_whoami(); SET LOCAL leadreturns.now = '2020-01-01'},
	'replication role' => 'SET LOCAL session_replication_role = replica',
	'a definer function that sets its role' => 'CREATE FUNCTION trap.f() RETURNS void LANGUAGE'
	  . ' plpgsql SECURITY DEFINER AS $$ BEGIN SET LOCAL ROLE of_buyer; END $$; SELECT trap.f()',
	'the rollups' => 'SELECT leadreturns.fold_rates(1)',
	'the next id' => q{SELECT nextval('leadreturns.request_return_id_seq')},
	'the records' => 'SELECT * FROM leadreturns.request',
	'reading them in COPY' => 'COPY leadreturns.request TO STDOUT',
	'locking them' => 'LOCK TABLE leadreturns.request');
for (sort keys %inside)
{
	refused($_, $inside{$_},
		qr/permission denied|must be (?:owner|superuser)|must have|cannot set parameter "role"/);
}
harmless('default privileges', 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC');
harmless('names that are code', q{CREATE SCHEMA "x'); SELECT trap.canary(); --"});
harmless('a variable that is a column', 'SELECT',
	q{SET LOCAL plpgsql.variable_conflict = 'use_column';});
harmless('settings that change what is parsed', 'SELECT',
	'SET LOCAL standard_conforming_strings = off;'
	  . ' SET LOCAL transform_null_equals = on; SET LOCAL backslash_quote = on;'
	  . " SET LOCAL DateStyle = 'German'; SET LOCAL IntervalStyle = 'sql_standard';"
	  . " SET LOCAL TimeZone = 'Asia/Kathmandu'; SET LOCAL lc_numeric = 'C';");

# Before it is installed, in the schema that it is installed into.
my $before = 0;

sub install
{
	my ($name, $attack, $may_fail, $schema) = @_;
	my $db = 'before' . ++$before;
	count_attempt($name);
	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE template0");
	$node->safe_psql($db, 'CREATE SEQUENCE public.canary;'
		  . 'GRANT ALL ON SEQUENCE public.canary TO PUBLIC;'
		  . "GRANT CREATE ON DATABASE $db TO mallory; CREATE SCHEMA target AUTHORIZATION mallory;"
		  . ' SET ROLE mallory; CREATE FUNCTION target.canary() RETURNS boolean LANGUAGE plpgsql AS'
		  . ' $$ BEGIN PERFORM nextval($q$public.canary$q$); RETURN true; END $$;' . $attack);
	my ($rc) = $node->psql($db, 'SET search_path = target, pg_catalog;'
		  . "CREATE EXTENSION leadreturns SCHEMA ${\($schema // 'target')}");
	my $left = $node->safe_psql($db,
		q{SELECT count(*) FROM pg_extension WHERE extname = 'leadreturns'});
	ok(!sang($db) && ($may_fail ? $rc != 0 && $left eq '0' : $rc == 0),
		($may_fail ? 'refused: ' : 'harmless: ') . $name) or diag "$rc $left";
	$node->safe_psql('postgres', "DROP DATABASE $db");
	return;
}

install('the schema is there already', 'CREATE SCHEMA leadreturns', 1);
install('a command is there already',
	'CREATE FUNCTION target.lr_withdraw(bigint, text) RETURNS text'
	  . ' LANGUAGE sql AS $$ SELECT target.canary()::text $$', 1);
install('a command with other arguments', 'CREATE FUNCTION target.lr_withdraw(integer) RETURNS text'
	  . ' LANGUAGE sql AS $$ SELECT target.canary()::text $$', 0);
install('operators and functions', join(';', map { "CREATE FUNCTION target.$_ LANGUAGE sql AS"
			  . ' $$ SELECT target.canary() $$' } 'eq(oid, oid) RETURNS boolean',
		'eq(name, name) RETURNS boolean', 'eq(text, text) RETURNS boolean',
		'has(text) RETURNS boolean') . join('', 
	map { "; CREATE OPERATOR target.= (FUNCTION = target.eq,"
			  . " LEFTARG = $_, RIGHTARG = $_)" } 'oid', 'name', 'text'), 0);
install('types of the arguments',
	'CREATE DOMAIN target.text AS pg_catalog.text CHECK (target.canary());'
	  . 'CREATE DOMAIN target.bigint AS pg_catalog.int8 CHECK (target.canary())', 0);
install('tables of the same names',
	join(';', map { "CREATE VIEW target.$_ AS SELECT target.canary()" }
		qw(pg_class pg_proc pg_depend pg_extension returns deliveries error_code)), 0);
install('functions that the script uses', 'CREATE FUNCTION target.set_config(text, text, boolean)'
	  . ' RETURNS text LANGUAGE sql AS $$ SELECT target.canary()::text $$;'
	  . 'CREATE FUNCTION target.pg_extension_config_dump(oid, text) RETURNS void LANGUAGE sql AS'
	  . ' $$ SELECT target.canary() $$;'
	  . 'CREATE FUNCTION target.format(text, regprocedure) RETURNS text LANGUAGE sql AS'
	  . ' $$ SELECT target.canary()::text $$', 0);
install('a temporary schema', 'SELECT', 1, 'pg_temp');

cmp_ok($attempts, '>=', 60, "$attempts attempts");
done_testing();
