# From 1.0.0 to the newest version: a database that was upgraded is one that was made new, old SQL
# works with the new library, and the upgrade is in nobody's way.
use strict;
use warnings;

use IPC::Run;
use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = '1.0.0';
my ($new) = slurp_file("$ENV{LR_TREE}/leadreturns.control") =~ /^default_version = '(.*)'$/m;
my $dir = PostgreSQL::Test::Utils::tempdir();
my $catalogue = slurp_file("$ENV{LR_TREE}/test/lib/catalogue.sql");
my $upgrade = 'ALTER EXTENSION leadreturns UPDATE';

my $node = lr_node('upgrade', extension => 0, conf => 'fsync = off');

# A database with the extension at a version, in a schema.
sub database
{
	my ($db, $version, $schema) = @_;
	$schema //= 'public';
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, qq{CREATE SCHEMA IF NOT EXISTS "$schema";
		CREATE EXTENSION leadreturns VERSION '$version' SCHEMA "$schema"});
	return $db;
}

sub version
{
	return $node->safe_psql($_[0],
		"SELECT extversion FROM pg_extension WHERE extname = 'leadreturns'");
}

# Everything in the catalogue, and the rows, after a change that is taken back if there is one.
sub catalogue
{
	my ($db, $change) = @_;
	my $change_first = $change ? "BEGIN; $change;" : '';
	return [ split /\n/, $node->safe_psql($db, "$change_first $catalogue") ];
}

# The facts that only one of two catalogues has.
sub differences
{
	my ($one, $other) = @_;
	my (%in_one, %in_other);
	$in_one{$_}++ for @$one;
	$in_other{$_}++ for @$other;
	return join "\n", (map { "- $_" } grep { !$in_other{$_} } @$one),
	  (map { "+ $_" } grep { !$in_one{$_} } @$other);
}

sub dump_and_restore
{
	my ($from, $db) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok([ 'pg_dump', '-F', 'c', '-f', "$dir/$db.dump", $from ], "$from is dumped");
	$node->command_checks_all([ 'pg_restore', '-d', $db, "$dir/$db.dump" ],
		0, [], [qr/^$/], "$from is restored as $db");
	return;
}

# All rows and next ids, but for what is not dumped.
sub contents
{
	return lr_contents($node, $_[0], 'rS', qw(error_code sweep_heartbeat rate_fold));
}

sub upgraded_is_new
{
	for my $schema (lr_some(2, 'public', q(Lead's "own")))
	{
		(my $quoted = $schema) =~ s/"/""/g;
		my $suffix = $schema eq 'public' ? '' : '_elsewhere';
		my $fresh = catalogue(database("fresh$suffix", $new, $quoted));
		my $before = catalogue(database("upgraded$suffix", $old, $quoted));
		cmp_ok(scalar(@$before), '>', 3000, 'the catalogue says much');
		isnt(differences($before, $fresh), '', "$old is not $new");
		$node->safe_psql("upgraded$suffix", $upgrade);
		is(version("upgraded$suffix"), $new, "upgraded in schema $schema");
		is(differences(catalogue("upgraded$suffix"), $fresh),
			'', 'it is what CREATE EXTENSION makes');
	}
	return;
}

# Whatever is changed in one of two databases that are equal is seen, and nothing else.
sub comparison_can_fail
{
	my $same = catalogue('fresh');
	my %changes = (
		'another default' => "ALTER TABLE leadreturns.account ALTER currency SET DEFAULT 'EUR'",
		'a column more' => 'ALTER TABLE leadreturns.request ADD extra text',
		'a column less' => 'ALTER TABLE leadreturns.import_cancel DROP cancelled_by',
		'null allowed' => 'ALTER TABLE leadreturns.buyer ALTER name DROP NOT NULL',
		'a constraint less' =>
		  'ALTER TABLE leadreturns.request DROP CONSTRAINT one_live_return_per_delivery',
		'an index more' => 'CREATE INDEX ON leadreturns.request (reason)',
		'a setting of a table' => 'ALTER TABLE leadreturns.request SET (fillfactor = 50)',
		'another owner' => 'CREATE ROLE r; ALTER VIEW leadreturns.returns OWNER TO r',
		'another identity' => 'ALTER TABLE leadreturns.delivery REPLICA IDENTITY NOTHING',
		'a trigger off' => 'ALTER TABLE leadreturns.request DISABLE TRIGGER guard',
		'a trigger for replicas' =>
		  'ALTER TABLE leadreturns.request ENABLE REPLICA TRIGGER guard',
		'a trigger less' => 'DROP TRIGGER guard ON leadreturns.request',
		'another view' => q{DO $$ BEGIN EXECUTE format(
			'CREATE OR REPLACE VIEW leadreturns.pnl WITH (security_barrier) AS %s LIMIT 1',
			rtrim(pg_get_viewdef('leadreturns.pnl'::regclass), ';')); END $$},
		'a view without barrier' =>
		  'ALTER VIEW leadreturns.returns SET (security_barrier = false)',
		'another volatility' => 'ALTER FUNCTION lr_whoami() VOLATILE',
		'another cost' => 'ALTER FUNCTION lr_whoami() COST 17',
		'another path' => 'ALTER FUNCTION lr_cron_status() SET search_path = public',
		'nulls taken' => 'ALTER FUNCTION leadreturns.ratio CALLED ON NULL INPUT',
		'no parallel plans' => 'ALTER FUNCTION leadreturns.ratio PARALLEL UNSAFE',
		'a right more' => 'GRANT EXECUTE ON FUNCTION lr_accept TO PUBLIC',
		'a right to a column' => 'GRANT SELECT (name) ON leadreturns.buyer TO PUBLIC',
		'another comment' => q{COMMENT ON COLUMN leadreturns.buyer.name IS 'name'},
		'a sequence' => 'ALTER SEQUENCE leadreturns.request_return_id_seq INCREMENT 2',
		'rows left out of dumps' => q{UPDATE pg_extension SET extcondition[1] = 'WHERE false'
			WHERE extname = 'leadreturns'},
		'a member less' => 'ALTER EXTENSION leadreturns DROP VIEW leadreturns.pnl',
		'a reason' => q{UPDATE leadreturns.reason SET label = 'x' WHERE code = 'duplicate'},
		'a text' => q{UPDATE leadreturns.notification_template SET body = 'x'
			WHERE language = 'de'});
	for my $change (lr_some(4, sort keys %changes))
	{
		isnt(differences(catalogue('upgraded', $changes{$change}), $same), '', "seen: $change");
	}
	is(differences(catalogue('upgraded', 'SELECT'), $same), '', 'and nothing without a change');
	return;
}

# Rows of every kind, old ones under the new library and upgraded ones. What each role may do and
# sees stays, and so it does in a dump of either.
sub rows_stay
{
	database('world', $old);
	lr_world($node, 'world');
	my ($before, $seen) = (contents('world'), lr_seen($node, 'world'));
	my @empty = $before =~ /^([^|]+)\|0\|/mg;
	is("@empty", '', 'there are rows in every table');
	is($node->safe_psql('world', 'SELECT * FROM lr_reconcile()'), '', "$old reconciles");

	lr_copy($node, 'world', 'upgraded_world');
	$node->safe_psql('upgraded_world', $upgrade);
	dump_and_restore('world', 'restored');
	dump_and_restore('upgraded_world', 'restored_again');
	is(version('world'), $old, "the one was at $old when it was dumped");
	my %facts = map { $_ => catalogue($_) } qw(upgraded_world restored restored_again);
	for (values %facts)
	{
		# what the last sweep did is not dumped
		@$_ = grep { !/^table leadreturns\.(?:sweep_heartbeat|rate_fold): row/ } @$_;
	}
	for my $db (sort keys %facts)
	{
		is(version($db), $new, "$db is at $new");
		is(contents($db), $before, "$db: the same rows and next ids");
		is(lr_seen($node, $db), $seen, "$db: each role sees what it saw");
		is(differences($facts{$db}, $facts{upgraded_world}), '', "$db: the same, rights included");
		is( $node->safe_psql($db, q{
				SET leadreturns.now = '2026-03-06 12:00:00+00';
				SELECT status FROM lr_return(14, 'RINGS forever!');
				SELECT * FROM lr_reconcile();
				SELECT count(lr_grant(quote_ident(role_name)::regrole, kind, party_id)) > 3
				  FROM leadreturns.grants WHERE role_exists}),
			"open\nt", "$db: returns and grants made afterwards work");
	}
	return;
}

# An upgrade that does not get to its end leaves nothing of itself.
sub all_or_nothing
{
	lr_copy($node, 'world', 'whole');
	my $before = catalogue('whole');
	$node->safe_psql('whole', "BEGIN; $upgrade; SELECT FROM lr_protect_data(); ROLLBACK");
	is(differences(catalogue('whole'), $before), '', "an upgrade that is rolled back leaves $old");

	my $taken = 'FUNCTION public.lr_protect_data()';
	$node->safe_psql('whole', "CREATE $taken RETURNS boolean LANGUAGE sql AS 'SELECT false'");
	my ($rc, undef, $stderr) = $node->psql('whole', $upgrade);
	is($rc, 3, 'what is in the way fails the upgrade');
	like($stderr, qr/function "lr_protect_data" already exists with same argument types/,
		'by its name');
	$node->safe_psql('whole', "DROP $taken");
	is(differences(catalogue('whole'), $before), '', "and leaves $old");
	is(contents('whole'), contents('world'), 'with all rows');
	return;
}

# What lr_protect_data makes is in a dump, and does there what it does here.
sub protection_is_kept
{
	lr_copy($node, 'fresh', 'protected');
	is($node->safe_psql('protected', 'SELECT lr_protect_data()'), 't', 'protected');
	dump_and_restore('protected', 'protected_copy');
	is(differences(catalogue('protected_copy'), catalogue('protected')), '', 'and so is a copy');
	for my $db (qw(protected protected_copy))
	{
		my (undef, undef, $stderr) =
		  $node->psql($db, "\\set VERBOSITY sqlstate\nDROP EXTENSION leadreturns");
		like($stderr, qr/2BP01/, "$db: the extension cannot be dropped");
		is($node->safe_psql($db, 'SELECT lr_protect_data()'), 'f', "$db: it is protected");
		$node->safe_psql($db, 'DROP VIEW leadreturns.data_protection; DROP EXTENSION leadreturns');
		is($node->safe_psql($db, "SELECT to_regnamespace('leadreturns')"), '', "$db: dropped");
	}
	return;
}

# The life of returns in a database that stays at the old version: the same tests with the same
# output. CREATE EXTENSION makes the old version there because the control file says so.
sub old_sql_works
{
	my $dest = "$dir/dest";
	system_or_bail('cp', '-r', $ENV{LR_DESTDIR}, $dest);
	my ($control) = glob("$dest/usr/share/postgresql/*/extension/leadreturns.control");
	my $text = slurp_file($control);
	$text =~ s/^(default_version = )'.*'$/$1'$old'/m or die 'no default_version';
	unlink $control;
	append_to_file($control, $text);

	my $stays = lr_node('old', extension => 0,
		conf => slurp_file("$ENV{LR_TREE}/test/conf/regress.conf")
		  . "extension_destdir = '$dest'\n");
	$stays->safe_psql('postgres', 'CREATE DATABASE contrib_regression');
	my @tests = lr_some(3, map { m{(\w+)\.sql$} } sort glob("$ENV{LR_TREE}/test/sql/*.sql"));
	cmp_ok(scalar(@tests), '>', lr_long(10, 3), 'there are tests');
	my ($stdout, $stderr) = run_command(
		[
			$ENV{PG_REGRESS}, '--use-existing', '--dbname=contrib_regression',
			"--inputdir=$ENV{LR_TREE}/test", "--outputdir=$dir", '--bindir=',
			'--host=' . $stays->host, '--port=' . $stays->port, @tests
		]);
	my @passed = $stdout =~ /^test (\w+) +\.\.\. ok /mg;
	is("@passed", "@tests", "the tests of the life of returns pass at $old")
	  or diag $stdout, $stderr, map { -e $_ ? slurp_file($_) : () } "$dir/regression.diffs";
	is( $stays->safe_psql('contrib_regression',
			"SELECT extversion FROM pg_extension WHERE extname = 'leadreturns'"),
		$old, "which the database was at");
	my (undef, undef, $missing) =
	  $stays->psql('contrib_regression', "\\set VERBOSITY verbose\nSELECT lr_protect_data()");
	like($missing, qr/42883: +function lr_protect_data\(\) does not exist/,
		'what is new there is missing there');
	$stays->stop;
	return;
}

# Sessions deliver, return and decide while the upgrade runs; none of them fails, or waits for long.
sub nobody_is_disturbed
{
	database('busy', $old);
	$node->safe_psql('busy', q{
		CREATE ROLE desk LOGIN;
		SELECT lr_grant('desk', 'staff');
		CREATE SEQUENCE lead;
		GRANT USAGE ON SEQUENCE lead TO desk;
		INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
		INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'One'), (1, 'Two');
		INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
		SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 100}', '2000-01-01')});
	my $script = "$dir/busy.pgbench";
	append_to_file($script, q{
		SELECT nextval('lead') AS lead, 1 + :client_id % 2 AS account \gset
		BEGIN;
		SELECT delivery_id FROM lr_deliver(:lead, :account, 1, 10, 4) \gset
		SELECT count(*) FROM leadreturns.deliveries WHERE lead_id = :lead;
		COMMIT;
		SELECT return_id FROM lr_return(:lead, 'duplicate') \gset
		\if :lead % 3 = 0
		SELECT status FROM lr_accept(:return_id);
		\elif :lead % 3 = 1
		SELECT status FROM lr_decline(:return_id);
		\else
		UPDATE leadreturns.returns SET status = 'withdrawn' WHERE return_id = :return_id;
		\endif
		SELECT count(*) FROM leadreturns.returns WHERE lead_id = :lead;
		SELECT sum(delivered) FROM leadreturns.return_rate_by_account;
		SELECT accepted FROM lr_sweep(10);
	});
	my $done = sub { return $node->safe_psql('busy', 'SELECT last_value FROM lead') };
	my ($stdout, $stderr) = ('', '');
	my $load = IPC::Run::start(
		[
			$node->installed_command('pgbench'), '-n', '-M', 'prepared', '-c', 4, '-T', 600,
			'-h', $node->host, '-p', $node->port, '-U', 'desk', '-f', $script, 'busy'
		],
		'<', '/dev/null', '>', \$stdout, '2>', \$stderr);
	$node->poll_query_until('busy', 'SELECT last_value > 20 FROM lead');

	# a transaction that holds records, for as long as it likes
	my $holder = $node->background_psql('busy');
	$holder->query_safe("BEGIN; SELECT lr_deliver(1000000000, 1, 1, 10, 4)");
	my ($rc, undef, $refused) =
	  $node->psql('busy', "\\set VERBOSITY sqlstate\nSET lock_timeout = '500ms'; $upgrade");
	like($refused, qr/55P03/, 'the upgrade waits no longer than lock_timeout');
	is(version('busy'), $old, "then it stays at $old");

	my $upgrader = $node->background_psql('busy');
	$upgrader->query_until(qr/begins/, "\\echo begins\n$upgrade;\n\\echo ended\n");
	my $before = $done->();
	ok($node->poll_query_until('busy', "SELECT last_value > $before + 20 FROM lead"),
		'an upgrade that waits is not waited for');
	is(version('busy'), $old, 'it does wait');
	$holder->query_safe("SELECT lr_return(1000000000, 'duplicate'); COMMIT");
	$holder->quit;
	$upgrader->query_until(qr/ended/, '');
	$upgrader->quit;
	is(version('busy'), $new, 'the upgrade gets through');
	my $after = $done->();
	ok($node->poll_query_until('busy', "SELECT last_value > $after + 20 FROM lead"),
		'the work goes on');
	$load->signal('ALRM');	# the time of pgbench is over
	$load->finish;
	is($load->result(0), 0, 'no session failed') or diag $stdout;
	is($stderr =~ s/^pgbench \(15.*\n//r, '', 'and none complained');
	is($node->safe_psql('busy', 'SELECT * FROM lr_reconcile()'), '', 'everything agrees');
	is( $node->safe_psql('busy', q{
			SELECT (SELECT count(*) FROM leadreturns.delivery) - (SELECT count(*)
			          FROM leadreturns.request) BETWEEN 0 AND 4}),
		't', 'and what was done is there');
	return;
}

upgraded_is_new();
comparison_can_fail();
rows_stay();
all_or_nothing();
protection_is_kept();
old_sql_works();
nobody_is_disturbed();

done_testing();
