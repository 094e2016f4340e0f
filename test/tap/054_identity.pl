# Who is asking: the role that the session acts as, whichever way it came to that, and the party
# that an application names for one transaction.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('identity', conf => q{
max_worker_processes = 20
max_parallel_workers = 8
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
cron.timezone = 'UTC'
});

$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Ann'), ('Bob');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Ann'), (2, 'Bob');
	INSERT INTO leadreturns.supplier (name) VALUES ('Source'), ('Spring');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
	SELECT n, 1 + n % 2, 1 + n % 2, 10, 4 FROM generate_series(1, 3000) n;
	SELECT count(lr_return(n, 'duplicate')) FROM generate_series(1, 30) n;
	CREATE ROLE ann LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE clerk LOGIN; CREATE ROLE bi LOGIN;
	CREATE ROLE app LOGIN; CREATE ROLE other_app; CREATE ROLE source LOGIN;
	CREATE ROLE nobody LOGIN;
	SELECT lr_grant('ann', 'buyer', 1), lr_grant('bob', 'buyer', 2), lr_grant('clerk', 'staff'),
	       lr_grant('bi', 'reporting'), lr_grant('app', 'app'), lr_grant('other_app', 'app'),
	       lr_grant('source', 'supplier', 1);
	CREATE ROLE pool LOGIN NOINHERIT; GRANT ann, bob, clerk, app TO pool;
	CREATE ROLE pool_that_inherits LOGIN; GRANT ann, bob TO pool_that_inherits;
	CREATE ROLE buyers; SELECT lr_grant('buyers', 'buyer', 2);
	CREATE ROLE member LOGIN IN ROLE buyers});

sub as
{
	my ($role, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', $sql, extra_params => [ '-U', $role ]);
	$out =~ s/\n+\z//;
	return $err =~ /ERROR:\s+(.*)/ ? $1 : $out;
}
my $who = 'SELECT concat_ws(chr(32), role, kind, party_id) FROM lr_whoami()';
my $buyers = q{SELECT string_agg(DISTINCT buyer, ',') FROM leadreturns.returns};

# A job of pg_cron, which runs in the next minute; it is asked for at the end.
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO ann;
	CREATE TABLE public.seen (who text, buyers text); GRANT ALL ON public.seen TO ann});
as('ann', qq{SELECT cron.schedule('look', '* * * * *',
	\$\$INSERT INTO public.seen SELECT concat_ws(' ', role, kind, party_id),
	($buyers) FROM lr_whoami()\$\$)});

# the six ways to be somebody
is(as('ann', $who), 'ann buyer 1', 'logged in');
is(as('ann', $buyers), 'Ann', 'and sees its own');
is(as('pool', $who), 'permission denied for function lr_whoami', 'a pooled login is nobody');
is(as('pool', "SET ROLE bob; $who; $buyers"), "bob buyer 2\nBob", 'until it sets its role');
is(as('pool', "SET ROLE clerk; $who; SET ROLE ann; $who; RESET ROLE; $who") =~ s/.*denied/denied/sr,
	'denied for function lr_whoami', 'and again after it resets it');
is(as('postgres', "SET SESSION AUTHORIZATION ann; $who; $buyers"), "ann buyer 1\nAnn",
	'SET SESSION AUTHORIZATION');
is(as('postgres', "SET SESSION AUTHORIZATION pool; SET ROLE bob; $who"), 'bob buyer 2',
	'SET ROLE after it');

# Functions of others in between: the caller stays who it is.
$node->safe_psql('postgres', qq{
	CREATE FUNCTION of_superuser() RETURNS text LANGUAGE sql SECURITY DEFINER AS \$\$
	SELECT (SELECT concat_ws(' ', role, kind, party_id) FROM lr_whoami())
	       || ' ' || (SELECT string_agg(DISTINCT buyer, ',') FROM leadreturns.returns) \$\$;
	CREATE FUNCTION of_clerk() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS \$\$
	BEGIN RETURN of_superuser(); END \$\$;
	CREATE FUNCTION clerk_accepts() RETURNS void LANGUAGE sql SECURITY DEFINER AS \$\$
	SELECT lr_accept(1) \$\$;
	CREATE VIEW of_clerks AS SELECT DISTINCT buyer FROM leadreturns.returns;
	ALTER FUNCTION of_clerk() OWNER TO clerk; ALTER FUNCTION clerk_accepts() OWNER TO clerk;
	ALTER VIEW of_clerks OWNER TO clerk; GRANT SELECT ON of_clerks TO PUBLIC});
is(as('ann', 'SELECT of_superuser()'), 'ann buyer 1 Ann', "inside a superuser's function");
is(as('ann', 'SELECT of_clerk()'), 'ann buyer 1 Ann', "inside staff's and a superuser's");
is(as('pool', 'SET ROLE bob; SELECT of_clerk()'), 'bob buyer 2 Bob', 'and after SET ROLE');
is(as('ann', 'SELECT clerk_accepts()'), 'not permitted', "staff's function does not make it staff");
is(as('ann', 'SELECT * FROM of_clerks'), 'Ann', "nor staff's view");
is(as('nobody', 'SELECT of_superuser()'), '', 'a role without a grant sees nothing there');

# Nothing that a tenant can set changes it.
is( as('ann', qq{
		SET leadreturns.party = '2'; SET leadreturns.role = 'clerk'; SET app.tenant = '2';
		$who; $buyers}), "ann buyer 1\nAnn", 'settings that look like it');
is( as('ann', qq{$who; SET leadreturns.party = '2'}),
	'invalid configuration parameter name "leadreturns.party"', 'there is none for it');
is(as('ann', q{SET leadreturns.now = '2020-01-01'; SELECT leadreturns.clock() > '2021-01-01'}), 't',
	'the clock is not for tenants');
is( as('ann', q{SELECT FROM lr_whoami(); SET leadreturns.now = '2020-01-01'}),
	'permission denied to set parameter "leadreturns.now"', 'nor later');
is( as('ann', qq{
		SELECT set_config('app.kind', 'staff', false) <> '',
		       set_config('app.party', '2', false) = '';
		SET row_security = off; $buyers}), "t|f\nAnn", 'other settings do not either');
is(as('ann', 'SET ROLE clerk'), 'permission denied to set role "clerk"', 'nor SET ROLE');
is(as('ann', 'SET SESSION AUTHORIZATION clerk'),
	'permission denied to set session authorization "clerk"',
	'nor SET SESSION AUTHORIZATION');

# Groups
is(as('member', "$who; $buyers"), "member buyer 2\nBob",
	'a grant to a group holds for its members');
is(as('pool_that_inherits', $who), 'pool_that_inherits none',
	'who inherits two buyers is neither');
is(as('pool_that_inherits', "SET ROLE ann; $who"), 'ann buyer 1', 'before it says which');
$node->safe_psql('postgres', 'REVOKE buyers FROM member');
is(as('member', $who), 'permission denied for function lr_whoami', 'left the group');

# A session in which the group is left and joined
{
	my $session = $node->background_psql('postgres', extra_params => [ '-U', 'member' ],
		on_error_stop => 0);
	$node->safe_psql('postgres', 'GRANT buyers TO member');
	is($session->query($who), 'member buyer 2', 'joined again, in a session that was there before');
	$node->safe_psql('postgres', q{SELECT lr_revoke('buyers', 'buyer')});
	unlike($session->query($buyers) // '', qr/Bob/, 'a revoked grant ends in running sessions');
	$session->quit;
}

# Renamed, and dropped and made anew
$node->safe_psql('postgres', 'ALTER ROLE bob RENAME TO robert');
is(as('robert', "$who; $buyers"), "robert buyer 2\nBob", 'a renamed role keeps its grant');
$node->safe_psql('postgres', 'CREATE ROLE bob LOGIN');
is(as('bob', $who), 'permission denied for function lr_whoami', 'its old name has nothing');
$node->safe_psql('postgres', q{SELECT lr_grant('bob', 'supplier', 2)});
is(as('bob', $who), 'bob supplier 2', 'and may be given something else');
$node->safe_psql('postgres', q{
	CREATE ROLE boss LOGIN; SELECT lr_grant('boss', 'staff');
	DROP OWNED BY boss; DROP ROLE boss; CREATE ROLE boss LOGIN;
	SELECT lr_grant('boss', 'buyer', 1)});
is(as('boss', "$who; $buyers"), "boss buyer 1\nAnn", 'a role made anew inherits nothing');
is( as('clerk', q{SELECT kind, party, role_exists FROM leadreturns.grants
		WHERE role_name ~ '^(boss|\d+)$' ORDER BY kind}),
	"buyer|Ann|t\nstaff||f", 'staff sees whose role is gone');
is( as('clerk', q{SELECT lr_revoke(role_name::regrole, kind) FROM leadreturns.grants
		WHERE NOT role_exists}), 't', 'and can clear it away');
is(as('clerk', q{SELECT lr_grant('boss', 'buyer', 2)}), 'role acts for another party',
	'nobody becomes somebody else unawares');
is( as('clerk', q{
		SELECT lr_revoke('boss', 'buyer', 2), lr_revoke('boss', 'buyer', 1);
		SELECT lr_grant('boss', 'buyer', 2)}), "f|t\n(boss,buyer,2)", 'but after a revocation');
is( as('clerk', q{SELECT granted_by FROM leadreturns.grants WHERE role_name = 'boss'}), 'clerk',
	'who granted it is kept');

# Two kinds: taking one back leaves the other whole.
is( as('clerk', q{
		SELECT lr_grant('app', 'staff'); SELECT lr_revoke('app', 'staff');
		SELECT has_column_privilege('app', 'leadreturns.buyer', 'buyer_id', 'SELECT'),
		       has_table_privilege('app', 'leadreturns.buyer', 'SELECT')}),
	"(app,staff,)\nt\nt|f", 'staff and app, then app alone');

# Acting for a party ends with the transaction, whoever has the connection next.
my $nothing = 'app app';
is(as('app', "BEGIN; SELECT lr_act_as('buyer', 1); $buyers; COMMIT; $who; $buyers"),
	"(app,buyer,1)\nAnn\n$nothing", 'until COMMIT');
is(as('app', "BEGIN; SELECT lr_act_as('buyer', 1); ROLLBACK; $who; $buyers"),
	"(app,buyer,1)\n$nothing", 'until ROLLBACK');
is(as('app', "SELECT lr_act_as('buyer', 1); $who; $buyers"), "(app,buyer,1)\n$nothing",
	'a statement of its own is a transaction of its own');
is( as('app', qq{
		BEGIN; SELECT lr_act_as('buyer', 1); SAVEPOINT a; SELECT lr_act_as('buyer', 2);
		SAVEPOINT b; SELECT lr_act_as('staff'); ROLLBACK TO b; $buyers; RELEASE a; $buyers;
		COMMIT; $who; $buyers}),
	"(app,buyer,1)\n(app,buyer,2)\n(app,staff,)\nBob\nBob\n$nothing", 'savepoints');
is( as('pool', qq{
		SET ROLE app; BEGIN; SELECT lr_act_as('buyer', 1); SET LOCAL ROLE clerk; $who;
		SET LOCAL ROLE app; $who; SET ROLE NONE; COMMIT; SET ROLE app; $who; $buyers}),
	"(app,buyer,1)\nclerk staff\napp buyer 1\n$nothing", 'it is not another role\'s');
is( as('postgres', qq{
		SET SESSION AUTHORIZATION app; BEGIN; SELECT lr_act_as('buyer', 1);
		SET LOCAL SESSION AUTHORIZATION other_app; $who; $buyers; COMMIT}),
	"(app,buyer,1)\nother_app app", 'nor another application\'s');
is(as($_, q{SELECT lr_act_as('staff')}), 'not permitted', "$_ acts for nobody else")
  for 'ann', 'clerk', 'bi', 'source';
is( as('app', qq{
		PREPARE p AS $buyers; BEGIN; SELECT lr_act_as('buyer', 1); EXECUTE p; COMMIT;
		BEGIN; SELECT lr_act_as('buyer', 2); EXECUTE p; COMMIT; EXECUTE p}),
	"(app,buyer,1)\nAnn\n(app,buyer,2)\nBob", 'a prepared statement sees whom it acts for now');

# Plans that are kept, over role after role.
my $times = lr_long(300, 50);
for my $mode ('force_generic_plan', 'force_custom_plan', 'auto')
{
	my $out = as('pool', "SET plan_cache_mode = $mode; SET ROLE ann; PREPARE p AS $buyers;"
		  . 'CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE plpgsql AS $$ DECLARE s text; BEGIN '
		  . "$buyers INTO s; RETURN s; END \$\$;"
		  . 'GRANT ALL ON FUNCTION pg_temp.f() TO PUBLIC;'
		  . ('SET ROLE ann; EXECUTE p; SELECT pg_temp.f(); SET ROLE clerk; EXECUTE p;'
			  . ' SELECT pg_temp.f();') x $times);
	is($out . "\n", "Ann\nAnn\nAnn,Bob\nAnn,Bob\n" x $times,
		"kept plans show each role its own: $mode");
}

# Parallel plans, and workers.
$node->safe_psql('postgres', q{
	CREATE TABLE public.numbers AS SELECT n FROM generate_series(1, 20000) n;
	GRANT SELECT ON public.numbers TO PUBLIC;
	CREATE FUNCTION in_worker() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT concat_ws(' ', role, kind, party_id) FROM lr_whoami() $$});
my $parallel = q{
	SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET parallel_leader_participation = off; SET max_parallel_workers_per_gather = 2;};
my $joined = q{SELECT count(*), min(account_id), max(account_id), sum(lead_id), sum(price)
	FROM leadreturns.deliveries JOIN public.numbers ON n = lead_id};
like(as('ann', "$parallel EXPLAIN $joined"), qr/Gather/, 'a parallel plan with a view in it');
is(as('ann', "$parallel $joined"), '1500|1|1|2251500|15000.00',
	'for a buyer has its own rows');
is(as('app', "$parallel BEGIN; SELECT lr_act_as('buyer', 2); $joined; COMMIT; $joined"),
	"(app,buyer,2)\n1500|2|2|2250000|15000.00\n0||||", 'also for whom an application acts');
my $workers = 'SELECT DISTINCT in_worker() FROM public.numbers';
like(as('ann', "$parallel EXPLAIN $workers"), qr/Gather.*Seq Scan on numbers/s,
	'a function that workers run');
is(as('ann', "$parallel $workers"), 'ann buyer 1', 'is the caller in each of them');
is(as('pool', "$parallel SET ROLE robert; $workers"), 'robert buyer 2', 'after SET ROLE too');
is(as('app', "$parallel BEGIN; SELECT lr_act_as('buyer', 1); $workers"), "(app,buyer,1)\napp app",
	'and for an application nobody, rather than somebody else');

# A pooler that gives each transaction any connection of the login.
SKIP:
{
	my ($pgbouncer) = grep { -x } '/usr/sbin/pgbouncer', '/usr/bin/pgbouncer';
	skip 'pgbouncer is not installed', 3 unless $pgbouncer;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	append_to_file("$dir/users", qq{"app" ""\n});
	append_to_file("$dir/ini", "[databases]\npostgres = host=" . $node->host
		  . ' port=' . $node->port
		  . "\n[pgbouncer]\nunix_socket_dir = $dir\nlisten_addr =\nlisten_port = $port\n"
		  . "auth_type = trust\nauth_file = $dir/users\npool_mode = transaction\n"
		  . "default_pool_size = 1\nlogfile = $dir/log\npidfile = $dir/pid\n");
	my $pooler = IPC::Run::start([ $pgbouncer, "$dir/ini" ], '<', '/dev/null', '>', "$dir/out",
		'2>&1');
	my @to = ('psql', '-XAtq', '-d', "host=$dir port=$port user=app dbname=postgres");
	my ($out, $tries) = ('', 0);
	until ((run_command([ @to, '-c', 'SELECT 1' ]))[0] eq '1' || ++$tries > 100)
	{
		select(undef, undef, undef, 0.1);
	}
	my @clients = map { my %c = (in => '', out => ''); $c{run} = IPC::Run::start([@to], '<',
			\$c{in}, '>', \$c{out}, '2>&1', IPC::Run::timeout(60)); \%c } 1 .. 2;
	my $ask = sub {
		my ($client, $sql) = @_;
		$client->{out} = '';
		$client->{in} .= "$sql;\n\\echo done\n";
		$client->{run}->pump until $client->{out} =~ /done\n/;
		return $client->{out} =~ s/done\n//r;
	};
	is($ask->($clients[0], "BEGIN; SELECT lr_act_as('buyer', 1); $buyers; COMMIT"),
		"(app,buyer,1)\nAnn\n", 'through a pooler');
	is($ask->($clients[1], "SELECT pg_backend_pid() > 0; $who; $buyers"), "t\napp app\n\n",
		'the next client of the connection acts for nobody');
	is($ask->($clients[1], "BEGIN; SELECT lr_act_as('buyer', 2); $buyers; COMMIT"),
		"(app,buyer,2)\nBob\n", 'before it says for whom');
	$_->{in} .= "\\q\n" for @clients;
	$_->{run}->finish for @clients;
	$pooler->signal('INT');
	$pooler->finish;
}

ok( $node->poll_query_until('postgres', 'SELECT who, buyers FROM public.seen LIMIT 1',
		'ann buyer 1|Ann'), 'a job of pg_cron is its owner\'s');

done_testing();
