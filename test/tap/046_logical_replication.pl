# Logical replication: publishing all tables of a database breaks nothing there, a subscriber holds
# the same rows and says the same, and it takes over as doc/operations.md tells.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = lr_node('publisher', dbname => 'crm', allows_streaming => 'logical');
my $subscriber = lr_node('subscriber', extension => 0);
my $dir = PostgreSQL::Test::Utils::tempdir();

# The SQL of that document below a heading.
sub documented
{
	my ($heading) = @_;
	my ($section) =
	  slurp_file("$ENV{LR_TREE}/doc/operations.md") =~ /^##+ \Q$heading\E\n(.*?)(?=^##|\z)/ms;
	return $section =~ /^```sql\n(.*?)^```$/msg;
}

my ($publish, $empty, $subscribe, $sequences) = documented('Logical replication');
like($sequences, qr{setval}, 'the steps are documented');

# Everything that changes and removes rows goes on as before.
$publisher->safe_psql('crm', $publish);
lr_world($publisher, 'crm');
lr_busy($publisher, 'crm', 1);
is($publisher->safe_psql('crm', 'SELECT * FROM lr_reconcile()'), '', 'the publisher reconciles');

$subscriber->safe_psql('postgres', 'CREATE DATABASE crm');
$publisher->command_ok([ 'pg_dumpall', '--roles-only', '-f', "$dir/roles" ], 'roles are dumped');
$publisher->command_ok(
	[ 'pg_dump', '--schema-only', '--no-publications', '-f', "$dir/schema", 'crm' ],
	'and definitions');
# the superuser is there
$subscriber->command_checks_all([ 'psql', '-X', '-q', '-d', 'crm', '-f', "$dir/roles" ],
	0, [], [qr/\A[^\n]*ERROR:  role "\w+" already exists\n\z/], 'roles are made');
$subscriber->command_checks_all(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'crm', '-f', "$dir/schema" ],
	0, [], [qr/\A\z/], 'and tables');
$subscriber->safe_psql('crm', $empty);
(my $connection = $publisher->connstr('crm')) =~ s/'//g;
$subscribe =~ s/CONNECTION '[^']*'/CONNECTION '$connection'/;
$subscriber->safe_psql('crm', $subscribe);
$subscriber->wait_for_subscription_sync($publisher, 'crm', 'crm');

sub is_same
{
	my ($what) = @_;
	$publisher->wait_for_catchup('crm');
	is(lr_contents($subscriber, 'crm', 'r'), lr_contents($publisher, 'crm', 'r'), "$what: rows");
	is(lr_contents($subscriber, 'crm', 'v'), lr_contents($publisher, 'crm', 'v'), "$what: views");
	is($subscriber->safe_psql('crm', 'SELECT * FROM lr_reconcile()'), '', "$what: reconciles");
	return;
}

is_same('first copy');
is(lr_seen($subscriber, 'crm'), lr_seen($publisher, 'crm'), 'each role sees what it sees there');

# A session that has read terms, reasons and grants here knows those of there.
my $known = q{
	SET leadreturns.now = '2026-05-02 20:00:00+00';
	SELECT value FROM lr_terms(1) WHERE setting = 'max_return_percent';
	SELECT violations[1] FROM lr_check_return(10014, 'no answer');
	SET SESSION AUTHORIZATION of_bi;
	SELECT kind FROM lr_whoami();
	RESET SESSION AUTHORIZATION};
my $session = $subscriber->background_psql('crm');
my $before = $session->query_safe($known);
my $there = q{
	SET leadreturns.now = '2026-05-02 20:00:00+00';
	SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 70}');
	UPDATE leadreturns.reason SET active = false WHERE code = 'no_answer';
	SELECT lr_revoke('of_bi', 'reporting'), lr_grant('of_bi', 'staff')};
$publisher->safe_psql('crm', $there);
$publisher->wait_for_catchup('crm');
my $after = $publisher->safe_psql('crm', $known);
isnt($before, $after, 'terms, reasons and grants change');
is($session->query_safe($known), $after, 'and a session of the subscriber knows');
$session->quit;

# The one that applies is killed while there is work.
lr_busy($publisher, 'crm', 2);
$subscriber->safe_psql('crm',
	'SELECT pg_terminate_backend(pid) FROM pg_stat_subscription WHERE pid IS NOT NULL');
lr_busy($publisher, 'crm', 3);
is_same('later');
# what no client has asked for
my @errors = grep { !/terminating|could not receive data/ } slurp_file($subscriber->logfile) =~
  /^.*\[\d+\] (?:ERROR|FATAL|PANIC): .*$/mg;
is("@errors", '', 'nothing failed on the way');

# Taking over.
$subscriber->safe_psql('crm', 'DROP SUBSCRIPTION crm');
$subscriber->safe_psql('crm', $sequences);
lr_busy($subscriber, 'crm', 4);
is($subscriber->safe_psql('crm', 'SELECT * FROM lr_reconcile()'), '', 'the new one works');
is( $subscriber->safe_psql('crm', q{
		SET leadreturns.now = '2026-05-05 18:00:00+00';
		SELECT status FROM lr_return(30014, 'duplicate');
		INSERT INTO public.crm_lead VALUES (900001, 1, 5);
		SELECT price FROM leadreturns.deliveries WHERE lead_id = 900001}),
	"open\n5.00", 'with the deliveries and the attached table of the old one');
my $below = $publisher->safe_psql('crm', q{
	SELECT string_agg(format('SELECT %L WHERE (SELECT last_value FROM leadreturns.%I) < %s',
	           sequencename, sequencename, last_value), ' UNION ALL ')
	  FROM pg_sequences
	 WHERE schemaname = 'leadreturns' AND sequencename <> 'attached_lead_id_seq'
	   AND last_value IS NOT NULL});
is($subscriber->safe_psql('crm', $below), '', 'no number is given twice');

done_testing();
