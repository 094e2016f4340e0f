# A physical standby: WAL of every kind of work replays byte by byte as it was written, what reads
# answers there as on the primary, what writes is refused with 25006, and promotion lets it write.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = lr_node('primary', dbname => 'crm', allows_streaming => 1, conf => q{
	wal_consistency_checking = all
	shared_preload_libraries = pg_cron
	cron.database_name = crm
	cron.use_background_workers = on
});
$primary->safe_psql('crm', 'CREATE EXTENSION pg_cron');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

lr_world($primary, 'crm');
for my $day (1 .. 3)
{
	lr_busy($primary, 'crm', $day);
	$primary->safe_psql('crm', qq{
		CREATE TABLE public.crm_$day AS
		SELECT n AS lead, 2 AS account, 5.00 AS price
		  FROM generate_series(${day}0100, ${day}0150) n;
		ALTER TABLE public.crm_$day ADD PRIMARY KEY (lead);
		SELECT lr_attach('crm_$day',
		    '{"lead_id": "lead", "account": "account", "price": "price"}')});
}
$primary->safe_psql('crm', q{
	SELECT lr_detach('crm_2');
	VACUUM (FREEZE);
	REINDEX TABLE leadreturns.delivery});

# What commands below want: a return in each state, a file to run and one to go on with.
$primary->safe_psql('crm', q{
	SET leadreturns.now = '2026-05-04 18:00:00+00';
	SELECT lr_return(30000 + n, 'other') FROM generate_series(14, 17) n;
	SELECT lr_accept(return_id) FROM leadreturns.returns WHERE lead_id = 30015;
	SELECT lr_decline(return_id) FROM leadreturns.returns WHERE lead_id = 30016;
	SELECT FROM lr_import_create('new', reason => 'other');
	SELECT FROM lr_import_create('file', reason => 'other');
	CREATE TABLE public.unattached (lead bigint PRIMARY KEY, account bigint, price numeric);
	CREATE ROLE nobody_yet;
	SELECT FROM lr_cron_enable('0 0 1 1 *')});

sub import_id
{
	my ($name) = @_;
	return $primary->safe_psql('crm',
		"SELECT import_id FROM leadreturns.import_progress WHERE name = '$name'");
}

sub return_of
{
	my ($lead) = @_;
	return $primary->safe_psql('crm',
		"SELECT return_id FROM leadreturns.returns WHERE lead_id = $lead");
}

my ($new, $file) = map { import_id($_) } qw(new file);
$primary->safe_psql('crm', qq{
	SET leadreturns.now = '2026-05-04 18:00:00+00';
	SELECT lr_import_text($file, E'lead_id\\n30024\\n30025\\n30026\\n');
	SELECT FROM lr_import_step($file, 1)});

$primary->wait_for_catchup($standby);

# Each command, with arguments that the primary takes.
my ($open, $declined) = map { return_of($_) } 30014, 30016;
my %commands = (
	lr_deliver => '(60001, 1, price => 1)',
	lr_return => "(30018, 'other')",
	lr_return_by_key => "('external_id', 'day 30018', 'other')",
	lr_return_many => "('{30018}', 'other')",
	lr_accept => "($open)",
	lr_decline => "($open)",
	lr_withdraw => "($open)",
	lr_reopen => "($declined)",
	lr_rollback_return => '(30015)',
	lr_correct_reason => "($open, 'duplicate')",
	lr_merge_reason => "('other', 'duplicate')",
	lr_message => "($open, 'a word')",
	lr_request_info => "($open, 'a question')",
	lr_attach_evidence => "($open, 'https://example.com/1')",
	lr_assign => "($open, 'somebody')",
	lr_set_terms => "('global', NULL, '{}')",
	lr_post => "('deposit', 1, 1)",
	lr_close_period => "(1, '2026-05-01')",
	lr_sweep => '()',
	lr_run_sweep => '()',
	lr_cron_enable => '()',
	lr_cron_disable => '()',
	lr_import_create => "('another')",
	lr_import_text => "($new, E'lead_id\\n1\\n')",
	lr_import_bytes => "($new, convert_to(E'lead_id\\n1\\n', 'UTF8'))",
	lr_import_verify => "($file)",
	lr_import_step => "($file)",
	lr_import_run => "($file)",
	lr_import_cancel => "($file)",
	lr_import_retry => "($file)",
	lr_import_undo => "($file)",
	lr_grant => "('nobody_yet', 'staff')",
	lr_revoke => "('of_bi', 'reporting')",
	lr_claim_notifications => "('worker', 1)",
	lr_ack_notifications => "('{1}')",
	lr_fail_notification => "(1, 'no')",
	lr_requeue_notifications => "('{1}')",
	lr_erase_lead => '(30001)',
	lr_archive => "('2026-05-03')",
	lr_run_archive => "('2026-05-03')",
	lr_attach =>
	  q{('unattached', '{"lead_id": "lead", "account": "account", "price": "price"}')},
	lr_detach => "('crm_3')",
	lr_create_http_api => '()',
	lr_protect_data => '()');
# Statements on what takes them.
my @statements = (
	'INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (60001, 1, 1)',
	"UPDATE leadreturns.deliveries SET status = 'sold' WHERE lead_id = 30018",
	"INSERT INTO leadreturns.returns (lead_id, reason) VALUES (30018, 'other')",
	"UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id = 30014",
	"INSERT INTO leadreturns.import_upload (import_id, key) VALUES ($new, '1')",
	"INSERT INTO leadreturns.buyer (name) VALUES ('Eve')",
	"UPDATE leadreturns.reason SET label = 'x' WHERE code = 'other'",
	'INSERT INTO public.crm_lead VALUES (60001, 1, 1)',
	'SELECT leadreturns.fold_rates(1)',
	'SELECT leadreturns.release_notifications(1)');
# What reads.
my %reads = (
	lr_check_return => "(30018, 'other')",
	lr_terms => '(1)',
	lr_whoami => '()',
	lr_spreadsheet_text => "('=1')",
	lr_cron_status => '()',
	lr_reconcile => '()');
# Only says who the session is, until the end of the transaction.
my %neither = (lr_act_as => "('buyer', 1)");

my $functions = q{
	SELECT p.proname FROM pg_proc p
	  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'leadreturns'
	 WHERE p.proname LIKE 'lr\_%' AND };
is( $standby->safe_psql('crm', "$functions p.provolatile = 'v' ORDER BY p.proname COLLATE \"C\""),
	join("\n", sort keys %commands, keys %neither), 'each command is tried');
is( $standby->safe_psql('crm', "$functions p.provolatile <> 'v' ORDER BY p.proname COLLATE \"C\""),
	join("\n", sort keys %reads), 'each function that reads');

# Reading.
is(lr_contents($standby, 'crm', 'rv'), lr_contents($primary, 'crm', 'rv'), 'every row and view');
is(lr_seen($standby, 'crm'), lr_seen($primary, 'crm'), 'each role sees the same');
for my $name (sort keys %reads)
{
	my $sql = "SET leadreturns.now = '2026-05-04 18:00:00+00'; SELECT * FROM $name$reads{$name}";
	my ($rc, $out, $err) = $standby->psql('crm', $sql);
	is("$rc $out$err", '0 ' . $primary->safe_psql('crm', $sql), "$name reads");
}
$primary->safe_psql('crm', q{CREATE ROLE application LOGIN; SELECT lr_grant('application', 'app')});
$primary->wait_for_catchup($standby);
is( $standby->safe_psql('crm',
		"BEGIN; SELECT FROM lr_act_as('buyer', 1);"
		  . ' SELECT kind FROM lr_whoami(); SELECT count(DISTINCT buyer) FROM leadreturns.returns',
		extra_params => [ '-U', 'application' ]),
	"buyer\n1", 'an application acts for a buyer');

# Writing: first there, where nothing may come of it, then on the primary, which takes it all.
sub answer
{
	my ($node, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('crm', "SET leadreturns.now = '2026-05-04 18:00:00+00';\n"
		  . "\\set VERBOSITY sqlstate\n$sql");
	return $rc == 0 ? 'done' : $err =~ /ERROR:  (\w{5})\s*\z/ ? $1 : $err;
}
my %procedure =
  map { $_ => 1 } split /\n/, $primary->safe_psql('crm', "$functions p.prokind = 'p'");
my @writes = (
	(map { ($procedure{$_} ? 'CALL ' : 'SELECT * FROM ') . "$_$commands{$_}" } sort keys %commands),
	@statements);
is(answer($standby, $_), '25006', "refused: $_") for @writes;
for my $sql (grep { !/^CALL/ } @writes)
{
	is(answer($primary, "BEGIN; $sql; ROLLBACK"), 'done', "and not by the primary: $sql");
}

# Taking over.
$primary->safe_psql('crm', 'SELECT pg_current_wal_flush_lsn()');
$primary->wait_for_catchup($standby);
$primary->stop;
unlike(slurp_file($standby->logfile), qr/inconsistent page|PANIC|terminated by signal/,
	'every page was as the primary had it');
$standby->promote;
lr_busy($standby, 'crm', 4);
is($standby->safe_psql('crm', 'SELECT * FROM lr_reconcile()'), '', 'promoted, it works');

done_testing();
