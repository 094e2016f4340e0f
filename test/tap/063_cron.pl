# The sweep as a job of pg_cron, for real: where pg_cron lives in this database, in another one, or
# is not there at all, what is printed works when it is run.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

# A name that every kind of quoting has to cope with, and a schema that needs quoting as well
my $odd = q{it's "my" $HOME \db};
my $odd_ident = '"' . $odd =~ s/"/""/gr . '"';
my $odd_literal = $odd =~ s/'/''/gr;

my $node = PostgreSQL::Test::Cluster->new('cron');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', lr_conf() . q{
timezone = 'UTC'
shared_preload_libraries = 'pg_cron'
cron.database_name = 'here'
cron.use_background_workers = on
cron.timezone = 'UTC'
max_worker_processes = 20
});
$node->start;
$node->safe_psql('postgres', "CREATE DATABASE here; CREATE DATABASE $odd_ident");
$node->safe_psql('here', 'CREATE EXTENSION leadreturns');

sub connect_odd
{
	my ($to) = @_;
	return "host='" . $to->host . "' port=" . $to->port . q{ dbname='}
	  . $odd =~ s/([\\'])/\\$1/gr . q{'};
}

# In the database with the odd name, where safe_psql would take the name for a connection string.
sub odd_psql
{
	my ($to, $sql) = @_;
	my ($out, $err) = run_command([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d',
			connect_odd($to), '-c', $sql ]);
	die "$sql: $err" if $err ne '';
	return $out;
}

odd_psql($node, 'CREATE SCHEMA "the app"');
odd_psql($node, 'CREATE EXTENSION leadreturns SCHEMA "the app"');

# One return that was due an hour ago.
sub due
{
	my ($schema) = @_;
	return qq{
		SET search_path = $schema;
		SELECT set_config('leadreturns.now', (now() - interval '2 hours')::text, false);
		INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
		INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account');
		SELECT FROM lr_set_terms('global', NULL,
			'{"auto_accept": "always", "auto_accept_delay": "1 hour"}', '2000-01-01');
		SELECT FROM lr_deliver(1, 1, price => 10);
		SELECT FROM lr_return(1, 'duplicate')};
}
my $decided = 'SELECT status, decided_how FROM leadreturns.returns';

$node->safe_psql('here', due('public'));
odd_psql($node, due('"the app"'));
is($node->safe_psql('here', $decided), 'open|', 'a return is due');
is($node->safe_psql('here', 'SELECT late FROM leadreturns.sweep_health'), 't', 'and is late');

# Here, but the extension has yet to be created
is( $node->safe_psql('here', 'SELECT state, job_name, run_in FROM lr_cron_status()'),
	'not available|leadreturns_sweep:here|database here', 'pg_cron is loaded but not created');
my $to_run = $node->safe_psql('here', 'SELECT to_run FROM lr_cron_enable()');
$node->safe_psql('here', $to_run);
my $jobs = q{SELECT jobname, schedule, command, database FROM cron.job ORDER BY jobname};
my $job = 'leadreturns_sweep:here|* * * * *|CALL public.lr_run_sweep()|here';
is($node->safe_psql('here', $jobs), $job, 'what lr_cron_enable said makes the job');
is( $node->safe_psql('here', 'SELECT state, schedule, active, to_run FROM lr_cron_status()'),
	'scheduled|* * * * *|t|', 'lr_cron_status shows it');

# Here
is( $node->safe_psql('here',
		'SELECT state, job_name, command, run_in, to_run FROM lr_cron_enable()'),
	'scheduled|leadreturns_sweep:here|CALL public.lr_run_sweep()||', 'enabled again');
is($node->safe_psql('here', $jobs), $job, 'it is still one job');
$node->safe_psql('here', q{SELECT lr_cron_enable('*/5 * * * *')});
is( $node->safe_psql('here', 'SELECT schedule FROM cron.job'),
	'*/5 * * * *', 'enabled with another schedule');
for (q{''}, 'NULL', q{'whenever'})
{
	isnt($node->psql('here', "SELECT lr_cron_enable($_)"), 0, "schedule $_ is refused");
}
is( $node->safe_psql('here', 'SELECT schedule FROM cron.job'),
	'*/5 * * * *', 'and the job stays as it was');
$node->safe_psql('here', 'SELECT lr_cron_disable()');
is($node->safe_psql('here', $jobs), '', 'disabled');
is($node->safe_psql('here', 'SELECT state FROM lr_cron_disable()'),
	'not scheduled', 'disabled again');
is($node->safe_psql('here', 'SELECT state, run_in, to_run FROM lr_cron_status()'),
	'not scheduled|database here|SELECT lr_cron_enable()', 'and lr_cron_status says so');

# Somebody who is staff, but nobody to pg_cron
$node->safe_psql('here', q{
	CREATE ROLE "the clerk" LOGIN;
	SELECT FROM lr_grant('"the clerk"', 'staff')});
my @clerk = (extra_params => [ '-U', 'the clerk' ]);
for ('lr_cron_status', 'lr_cron_enable', 'lr_cron_disable')
{
	my ($rc, $out, $err) = $node->psql('here', "\\set VERBOSITY verbose\nSELECT $_()", @clerk);
	like($err, qr/42501.*HINT:\s+Run: GRANT USAGE ON SCHEMA cron TO "the clerk"/s,
		"$_ without rights on schema cron");
}
$node->safe_psql('here', 'GRANT USAGE ON SCHEMA cron TO "the clerk"');
is($node->safe_psql('here', 'SELECT state FROM lr_cron_enable()', @clerk),
	'scheduled', 'the hint is enough');
is($node->safe_psql('here', 'SELECT jobname, username FROM cron.job'),
	'leadreturns_sweep:here|the clerk', "it is the clerk's job");
$node->safe_psql('here', 'SELECT lr_cron_disable()', @clerk);
is($node->safe_psql('here', $jobs), '', 'who can remove it');
$node->safe_psql('here', 'CREATE ROLE nobody LOGIN');
for ('lr_cron_status', 'lr_cron_enable', 'lr_cron_disable')
{
	isnt($node->psql('here', "SELECT $_()", extra_params => [ '-U', 'nobody' ]),
		0, "$_ is refused to those who are not staff");
}

# In another database: what is printed is run where it says
is(odd_psql($node, 'SELECT state, run_in FROM "the app".lr_cron_enable()'),
	'elsewhere|database here', 'pg_cron lives in another database');
$node->safe_psql('here', odd_psql($node, 'SELECT to_run FROM "the app".lr_cron_enable()'));
$node->safe_psql('here', odd_psql($node, 'SELECT to_run FROM "the app".lr_cron_enable()'));
my $odd_job = qq{leadreturns_sweep:$odd|* * * * *|CALL "the app".lr_run_sweep()|$odd};
is($node->safe_psql('here', $jobs), $odd_job, 'the printed command makes the job, once');
like(odd_psql($node, 'SELECT to_run FROM "the app".lr_cron_enable($$0 3 * * *$$)'),
	qr/'0 3 \* \* \*'/, 'a schedule that was given is printed');

# A database that has a job is dumped and restored
$node->safe_psql('here', 'SELECT lr_cron_enable()');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/here.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'here' ], 'pg_dump');
$node->safe_psql('postgres', 'DROP DATABASE here WITH (FORCE)');
$node->safe_psql('postgres', 'CREATE DATABASE here');
$node->command_ok([ 'pg_restore', '-d', 'here', $dump ], 'restored without an error');
# pg_cron's scheduler ended with the connection that FORCE ended
$node->restart;
is($node->safe_psql('here', $jobs), "$job\n$odd_job", 'the jobs are there');
$node->safe_psql('here', 'SELECT lr_cron_enable()');
is($node->safe_psql('here', $jobs), "$job\n$odd_job", 'and enabling finds its own');

# Not loaded: the printed line is for a crontab
my $plain = lr_node('no_cron', extension => 0);
$plain->safe_psql('postgres', "CREATE DATABASE $odd_ident");
odd_psql($plain, 'CREATE SCHEMA "the app"');
odd_psql($plain, 'CREATE EXTENSION leadreturns SCHEMA "the app"');
odd_psql($plain, due('"the app"'));
for ('lr_cron_status', 'lr_cron_enable')
{
	is(odd_psql($plain, qq{SELECT state, run_in FROM "the app".$_()}),
		'not available|the crontab of a user who may connect', "$_ where pg_cron is not loaded");
}
like(odd_psql($plain, 'SELECT to_run FROM "the app".lr_cron_disable()'),
	qr/lr_run_sweep/, 'lr_cron_disable says what to remove');
my $line = odd_psql($plain, 'SELECT to_run FROM "the app".lr_cron_status()');
like($line, qr/^\* \* \* \* \* PGDATABASE=/, 'a line for a crontab');
{
	local @ENV{ 'PGHOST', 'PGPORT' } = ($plain->host, $plain->port);
	command_ok([ 'sh', '-c', $line =~ s/^(\S+ ){5}//r ], 'which a shell runs');
}
is(odd_psql($plain, $decided), 'accepted|sweep', 'and which sweeps');

# To a crontab a per cent sign is a line break, unless it is escaped
$plain->safe_psql('postgres', 'CREATE DATABASE "100%"');
$plain->safe_psql('100%', 'CREATE EXTENSION leadreturns');
like($plain->safe_psql('100%', 'SELECT to_run FROM lr_cron_status()'),
	qr/PGDATABASE='100\\%'/, 'a per cent sign is escaped');

# A minute is the shortest that pg_cron waits
ok($node->poll_query_until('here', "$decided", 'accepted|sweep'),
	'pg_cron accepts the return that is due');
ok( $node->poll_query_until('here', q{
		SELECT count(DISTINCT jobid) = 2 FROM cron.job j JOIN cron.job_run_details d USING (jobid)
		 WHERE d.status = 'succeeded'}), 'both jobs have run');
is(odd_psql($node, $decided), 'accepted|sweep', 'in the other database too');
is( $node->safe_psql('here', q{
		SELECT last_run_status, last_run_at > now() - interval '2 minutes' FROM lr_cron_status()}),
	'succeeded|t', 'lr_cron_status tells of the run');
is( $node->safe_psql('here', q{
		SELECT late, overdue, last_run_at > now() - interval '2 minutes'
		  FROM leadreturns.sweep_health}), 'f|0|t', 'and so does sweep_health');

# What lr_cron_disable prints elsewhere
$node->safe_psql('here', odd_psql($node, 'SELECT to_run FROM "the app".lr_cron_disable()'));
is($node->safe_psql('here', $jobs), $job, 'the printed command removes that job alone');

done_testing();
