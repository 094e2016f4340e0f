# Safety of what CREATE EXTENSION makes: nothing for PUBLIC, no borrowed names, no open paths.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('catalogue', extension => 0);

# Somebody may create objects in the schema that the DBA installs into, and calls them like the
# ones that the script and the functions may use. Each of them, if used, leaves a mark.
my $traps = q{
	CREATE TABLE public.mark (what text);
	CREATE SCHEMA trap;
	CREATE FUNCTION public.sprung(what text) RETURNS boolean LANGUAGE plpgsql AS
	$$ BEGIN RAISE EXCEPTION 'trap: %', what; END $$;
};
for my $type (qw(oid regclass regproc regnamespace name text bigint integer numeric timestamptz
	date interval "char" boolean jsonb))
{
	(my $name = $type) =~ s/"//g;
	for my $other ($type, $type eq 'oid' ? ('regclass', 'regproc', 'regnamespace') : (),
		$type eq 'name' ? 'text' : (), $type eq 'bigint' ? 'integer' : ())
	{
		(my $other_name = $other) =~ s/"//g;
		my $function = "public.eq_${name}_$other_name";
		$traps .= qq{
			CREATE FUNCTION $function($type, $other) RETURNS boolean LANGUAGE plpgsql AS
			\$\$ BEGIN RAISE EXCEPTION 'trap: operator of $name and $other_name'; END \$\$;};
		$traps .= "CREATE OPERATOR public.$_ (FUNCTION = $function, LEFTARG = $type,"
		  . " RIGHTARG = $other);"
		  for '=', '<>', '<', '>=', '+', '||';
	}
}
for my $function ('format(text, text)', 'format(text, regprocedure)', 'format(text, name)',
	'current_setting(text)', 'set_config(text, text, boolean)', 'lower(text)', 'now()', 'clock()',
	'sees_all()', 'own_buyer()', 'reason_key(text)', 'review_state(text, boolean, timestamptz)',
	'require_staff(text)', 'privileges(text)', 'concat(text, text)', 'to_char(numeric, text)',
	'error_catalogue()', 'btrim(text)', 'quote_literal(text)', 'unnest(text[])', 'sum(numeric)')
{
	my ($name, $arguments) = $function =~ /^(\w+)(\(.*\))$/;
	$traps .= qq{
		CREATE FUNCTION public.$name$arguments RETURNS text LANGUAGE plpgsql AS
		\$\$ BEGIN RAISE EXCEPTION 'trap: function $name'; END \$\$;} unless $name eq 'sum';
}
$traps .= "CREATE TABLE public.$_ (id bigint);"
  for qw(delivery request reason account returns deliveries pg_class pg_proc pg_depend
	pg_extension);
$node->safe_psql('postgres', $traps);

my ($rc, $out, $err) = $node->psql('postgres', 'CREATE EXTENSION leadreturns');
is($rc, 0, 'installs into a schema full of traps without springing one') or diag $err;
$node->safe_psql('postgres', 'CREATE EXTENSION leadreturns SCHEMA trap') if $rc != 0;
my $schema = $rc == 0 ? 'public' : 'trap';

# Every command, called qualified under a path on which the traps come first.
my $commands = qq{
	SELECT FROM S.lr_set_terms('global', NULL, '{"max_return_percent": 90}', '2000-01-01');
	SELECT pg_catalog.count(S.lr_deliver(n, 1, 1, 10, 4)) FROM pg_catalog.generate_series(1, 9) n;
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, email, phone)
	VALUES (10, 1, 1, 10, 4, 'A\@example.com', '555');
	SELECT FROM S.lr_return(1, 'duplicate');
	SELECT FROM S.lr_accept(1);
	SELECT FROM S.lr_rollback_return(1);
	SELECT FROM S.lr_return_by_key('email', 'a\@EXAMPLE.com', 'Free text');
	SELECT FROM S.lr_decline(2);
	SELECT FROM S.lr_reopen(2);
	SELECT FROM S.lr_correct_reason(2, 'TCPA risk');
	SELECT FROM S.lr_request_info(2, 'When?');
	SELECT FROM S.lr_message(2, 'Now');
	SELECT FROM S.lr_attach_evidence(2, 'x');
	SELECT FROM S.lr_assign(2, 'Eve');
	SELECT FROM S.lr_withdraw(2);
	INSERT INTO leadreturns.returns (lead_id, reason) VALUES (3, 'other');
	UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id OPERATOR(pg_catalog.=) 3;
	SELECT FROM S.lr_check_return(4, 'other');
	SELECT FROM S.lr_terms(1);
	SELECT FROM S.lr_post('deposit', 1, 10);
	SELECT FROM S.lr_post('payout', 1, 1);
	SELECT FROM S.lr_close_period(1, '2020-01-01');
	SELECT FROM S.lr_merge_reason('tcpa_risk', 'other');
	SELECT FROM S.lr_grant('of_buyer', 'buyer', 1);
	SELECT FROM S.lr_revoke('of_buyer', 'buyer');
	SELECT FROM S.lr_whoami();
	CREATE SCHEMA app;
	CREATE TABLE app.leads (id bigint PRIMARY KEY, buyer bigint, source bigint, price numeric,
		cost numeric, state text);
	SELECT FROM S.lr_attach('app.leads', '{"lead_id": "id", "account": "buyer", "price": "price",
		"supplier": "source", "cost": "cost", "status": "state"}');
	INSERT INTO app.leads VALUES (20, 1, 1, 10, 4, 'sold'), (21, 1, 1, 10, 4, 'sold');
	UPDATE app.leads SET price = 11, state = 'called' WHERE id OPERATOR(pg_catalog.=) 20;
	SELECT FROM S.lr_return(20, 'duplicate');
	UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id OPERATOR(pg_catalog.=) 20;
	SELECT FROM S.lr_attach('app.leads', '{"lead_id": "id", "account": "buyer", "price": "price",
		"supplier": "source", "cost": "cost", "status": "state"}');
	SELECT FROM S.lr_detach('app.leads');
	SELECT FROM leadreturns.attachments;
	SELECT pg_catalog.count(*) FROM leadreturns.returns;
	SELECT pg_catalog.count(*) FROM leadreturns.balances;
	SELECT pg_catalog.count(*) FROM leadreturns.pnl;
	SELECT pg_catalog.count(*) FROM S.lr_reconcile();};
(my $qualified = $commands) =~ s/\bS\./$schema./g;
my $setup = q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');};
$node->safe_psql('postgres', "CREATE ROLE of_buyer; $setup");
($rc, $out, $err) = $node->psql('postgres',
	"SET search_path = public, pg_catalog; $qualified", on_error_stop => 1);
is($rc, 0, 'no command springs a trap') or diag $err;
like($out, qr/^4\n5\n1\n0\z/m, 'and the views and lr_reconcile() answer');

# Installed elsewhere, with nothing on the path.
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->safe_psql('elsewhere',
	"CREATE SCHEMA \"Lead's\"; CREATE EXTENSION leadreturns SCHEMA \"Lead's\"; $setup");
($qualified = $commands) =~ s/\bS\./"Lead's"./g;
($rc, $out, $err) = $node->psql('elsewhere',
	"SET search_path = pg_catalog; $qualified", on_error_stop => 1);
is($rc, 0, 'works in another schema, called qualified') or diag $err;
is($node->safe_psql('elsewhere', "SELECT count(*) FROM pg_proc WHERE pronamespace = 2200"),
	'0', 'and puts nothing into public');

# The catalogue.
my $members = q{
	FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'leadreturns'
	JOIN pg_proc p ON p.oid = d.objid
	WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'};
my $tables = q{
	FROM pg_class c WHERE c.relnamespace = 'leadreturns'::regnamespace};
my $columns = q{
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace = 'leadreturns'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped};
my %nothing = (
	'SECURITY DEFINER functions with another search_path' =>
	  "SELECT p.proname $members AND p.prosecdef"
	  . " AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)",
	'SQL and PL/pgSQL functions with another search_path' =>
	  # the names in a parsed body are bound already
	  "SELECT p.proname $members AND p.prosqlbody IS NULL"
	  . " AND p.prolang NOT IN (SELECT oid FROM pg_language"
	  . " WHERE lanname IN ('c', 'internal'))"
	  . " AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)",
	'functions executable by PUBLIC' =>
	  "SELECT p.proname $members AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl,"
	  . " acldefault('f', p.proowner))) a WHERE a.grantee = 0)",
	'relations and sequences granted to PUBLIC' =>
	  "SELECT c.relname $tables"
	  . " AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = 0)",
	'schema granted to PUBLIC' =>
	  "SELECT nspname FROM pg_namespace n, aclexplode(n.nspacl) a"
	  . " WHERE nspname = 'leadreturns' AND a.grantee = 0",
	'tables and sequences left out of dumps' =>
	  "SELECT c.relname $tables AND c.relkind IN ('r', 'S') AND c.oid <> ALL ("
	  . " SELECT unnest(extconfig) FROM pg_extension WHERE extname = 'leadreturns')",
	'views without security_barrier' =>
	  "SELECT c.relname $tables AND c.relkind = 'v'"
	  . " AND NOT coalesce(c.reloptions @> '{security_barrier=true}', false)",
	'objects without a comment' =>
	  "SELECT p.proname $members AND obj_description(p.oid, 'pg_proc') IS NULL"
	  . " UNION ALL SELECT c.relname $tables AND c.relkind IN ('r', 'v')"
	  . " AND obj_description(c.oid, 'pg_class') IS NULL",
	'functions that are there twice' =>
	  "SELECT p.proname $members GROUP BY p.proname HAVING count(*) > 1",
	'leakproof functions' => "SELECT p.proname $members AND p.proleakproof",
	'arguments or results of no type, but of triggers' =>
	  # the columns of a result are named
	  "SELECT p.proname $members AND EXISTS (SELECT FROM pg_type t WHERE t.typtype = 'p'"
	  . " AND t.typname NOT IN ('trigger', 'void') AND (t.oid = ANY (p.proargtypes)"
	  . " OR t.oid = p.prorettype AND (t.typname <> 'record' OR p.proargmodes IS NULL)))",
	'views with columns of types that programs cannot read' =>
	  "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) $columns AND c.relkind = 'v'"
	  . " AND format_type(a.atttypid, NULL) <> ALL ('{bigint,boolean,date,integer,jsonb,numeric,"
	  . "text,timestamp with time zone}'::text[])",
	'triggers that fire otherwise than by default' =>
	  # what replication applies was checked before, and a guard would stop it; but what is kept in
	  # memory is stale then, too, and seeds make room for those that are restored
	  "SELECT c.relname, g.tgname, g.tgenabled FROM pg_trigger g"
	  . " JOIN pg_class c ON c.oid = g.tgrelid"
	  . " WHERE c.relnamespace = 'leadreturns'::regnamespace AND g.tgenabled <>"
	  . " CASE WHEN g.tgname IN ('forget_cached', 'replace_seed') THEN 'A'"
	  . " WHEN g.tgname = 'forget_replicated' THEN 'R' ELSE 'O' END",
	'foreign keys without an index on what refers' =>
	  # a merged reason is neither deleted nor renamed, so nobody looks for what refers to it
	  "SELECT k.conrelid::regclass, k.conname FROM pg_constraint k WHERE k.contype = 'f'"
	  . " AND k.connamespace = 'leadreturns'::regnamespace"
	  . " AND k.conname <> 'reason_merged_into_fkey'"
	  . " AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid"
	  . " AND i.indpred IS NULL"
	  . " AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] \@> k.conkey)",
	'constraints that are not valid' =>
	  "SELECT conname FROM pg_constraint WHERE connamespace = 'leadreturns'::regnamespace"
	  . " AND NOT convalidated");
is($node->safe_psql('elsewhere', "SELECT count(*) > 20 $members"), 't', 'there are functions');
for my $what (sort keys %nothing)
{
	is($node->safe_psql('elsewhere', $nothing{$what}), '', "no $what");
}

# Lists that are written by hand hold what there is, nothing more and nothing less.
sub listed
{
	my ($file) = @_;
	my %entries;
	for (split /\n/, slurp_file("$ENV{LR_TREE}/test/lib/$file"))
	{
		next if /^#/;
		my ($what, $names) = /^(.*?) \| (.*)$/ or die "$file: $_";
		for my $name (split ' ', $names)
		{
			die "$file: $name is there twice" if $entries{$name};
			$entries{$name} = $what;
		}
	}
	return join "\n", map { "$_ $entries{$_}" } sort keys %entries;
}

is( $node->safe_psql('elsewhere', "SELECT p.proname, CASE p.provolatile WHEN 'v' THEN 'volatile'"
		. " WHEN 's' THEN 'stable' ELSE 'immutable' END, CASE p.proparallel WHEN 'u' THEN 'unsafe'"
		. " WHEN 'r' THEN 'restricted' ELSE 'safe' END,"
		. " CASE WHEN p.proisstrict THEN 'strict' ELSE 'called' END"
		. " $members ORDER BY p.proname COLLATE \"C\"", extra_params => [ '-F', ' ' ]),
	listed('functions.txt'), 'volatility, parallelism and nulls are as listed');

my $unbounded = $node->safe_psql('elsewhere', q{SELECT c.relname || '.' || a.attname} . " $columns"
	  . " AND c.relkind = 'r' AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype,"
	  . " 'numeric'::regtype) AND NOT EXISTS (SELECT FROM pg_constraint k"
	  . " WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)"
	  . " AND pg_get_constraintdef(k.oid) ~"
	  . " format('isfinite\\(%1\$s\\)|\\(%1\$s <=? (''|price|cost)',"
	  . ' a.attname)) ORDER BY 1');
is($unbounded, join("\n", map { /^(\S+)/ } split /\n/, listed('unbounded.txt')),
	'every instant is finite and every amount bounded, by a CHECK or as listed');

my ($library) = glob("$ENV{LR_DESTDIR}/usr/lib/postgresql/*/lib/leadreturns.so");
my ($symbols, $complaints) = run_command([ 'nm', '-D', '--undefined-only', $library ]);
my %allowed = map { $_ => 1 }
  split ' ', slurp_file("$ENV{LR_TREE}/test/lib/symbols.txt") =~ s/^#.*$//mgr;
my @taken = $symbols =~ /^\s+[Uw] (\w+)/mg;
cmp_ok(scalar @taken, '>', 100, 'the library takes names from the server');
is(join(' ', grep { !$allowed{$_} } @taken), '', 'and none but those listed');
is(join(' ', grep { /^(heap_getattr|heap_datum_check|nocachegetattr)$/ } keys %allowed),
	'', 'among which none is missing in servers before 15.20');

# SQL in the library runs under the path of whoever calls: nothing in it is looked up by that.
my @statements;
for my $file (glob "$ENV{LR_TREE}/src/*.c")
{
	my $source = slurp_file($file) =~ s{/\*.*?\*/}{}sgr;
	while ($source =~ /((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)
	{
		my $text = join '', $1 =~ /"((?:[^"\\\n]|\\.)*)"/g;
		push @statements, "$file: $text" if $text =~ /\b(SELECT|FROM|WHERE|UPDATE|DELETE)\s/;
	}
}
cmp_ok(scalar @statements, '>=', 8, 'there is SQL in the library');
is( join("\n", grep {
		s/\bSET .*?( WHERE|$)//r =~ m{ (=|<>|!=|<|>|<=|>=|\|\||~|\+|-|\*|/) (?!FROM)| IN \(}
			|| /\b(FROM|JOIN|UPDATE|INTO) (?!leadreturns\.|pg_catalog\.|%s|lr_\w+\()[a-z]/
	} @statements), '', 'its operators and tables are qualified (what hints tell to call is not)');

my @scripts = glob("$ENV{LR_DESTDIR}/usr/share/postgresql/*/extension/leadreturns--*.sql");
cmp_ok(scalar @scripts, '>=', 3, 'scripts that install, that are frozen and that update');
for my $script (@scripts)
{
	my ($name) = $script =~ m{([^/]+)$};
	my $sql = slurp_file($script);
	# an update replaces functions of its own extension, whose rights DROP would take along
	my ($from) = $name =~ /^(leadreturns--[^-]+)--/;
	my $older = $from ? slurp_file($script =~ s{[^/]+$}{$from.sql}r) : '';
	my $made = $sql =~ s{^CREATE OR REPLACE (FUNCTION [\w.]+\()}
		{index($older, "\nCREATE $1") >= 0 ? "CREATE $1" : $&}gemr;
	unlike($made, qr/\bOR\s+REPLACE\b|\bIF\s+NOT\s+EXISTS\b/i,
		"$name replaces and reuses nothing that may be another's");
	(my $outside = $sql) =~ s/\$\$.*?\$\$//gs;	# what the script itself runs
	(my $plain = $sql) =~ s/^\\echo .*|^\s*--.*//mg;
	$plain =~ s/\bE('(?:[^'\\]|''|\\[^'])*'\s*)+//g;
	$plain =~ s/SET standard_conforming_strings = on\nAS \$\$.*?\$\$//gs;
	unlike($outside, qr/CREATE\s+(ROLE|USER)\b|cron\.\w/i, "$name creates no roles and no jobs");
	like($sql, qr/\A\\echo Use .*\\quit$/m, "$name is for CREATE or ALTER EXTENSION only");
	is(join("\n", $plain =~ /^.*\\.*$/mg), '', "$name means the same whatever a backslash means")
	  unless $name eq 'leadreturns--1.0.0.sql';	# which nobody can change any more
	like($outside, qr/set_config\('search_path', 'pg_catalog, pg_temp', true\)/,
		"$name runs under a closed path");
}

# A role without a grant gets nothing, and learns nothing.
$node->safe_psql('elsewhere',
	'CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA "Lead\'s" TO stranger');
for my $statement ('SELECT FROM leadreturns.returns', 'SELECT FROM leadreturns.delivery',
	'SELECT "Lead\'s".lr_return(1, \'other\')', 'SELECT FROM "Lead\'s".lr_reconcile()',
	'SELECT leadreturns.sees_all()', 'INSERT INTO leadreturns.returns (lead_id) VALUES (1)')
{
	($rc, $out, $err) = $node->psql('elsewhere', $statement, extra_params => [ '-U', 'stranger' ]);
	like($err, qr/permission denied/, "a stranger is refused: $statement");
}

done_testing();
