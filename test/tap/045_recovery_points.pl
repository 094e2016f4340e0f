# Point-in-time recovery: at each of five points every row is as it was, and work goes on.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('origin', dbname => 'crm', has_archiving => 1, allows_streaming => 1);
$node->backup('base');

my %at;

sub point
{
	my ($name) = @_;
	$at{$name} = lr_contents($node, 'crm', 'rv');
	$node->safe_psql('crm', "SELECT pg_create_restore_point('$name')");
	return;
}

lr_world($node, 'crm');
point('world');
lr_busy($node, 'crm', 1);
point('a_day');

# in the middle of a file
$node->safe_psql('crm', q{
	SET leadreturns.now = '2026-05-02 18:00:00+00';
	SELECT import_id AS file FROM lr_import_create('half', reason => 'other') \gset
	SELECT lr_import_text(:file, E'lead_id\n10025\n10026\n10027\n');
	SELECT FROM lr_import_step(:file, 2)});
point('half_a_file');

# while another session has written and not committed
my $session = $node->background_psql('crm');
$session->query_safe(q{
	BEGIN;
	SET leadreturns.now = '2026-05-02 18:00:00+00';
	SELECT count(lr_return(10000 + n, 'duplicate')) FROM generate_series(28, 30) n});
$node->safe_psql('crm', q{INSERT INTO leadreturns.holiday VALUES ('2026-12-26', 'Boxing Day');
	CHECKPOINT});
point('uncommitted');
$session->query_safe('COMMIT');
$session->quit;

lr_busy($node, 'crm', 2);
point('two_days');
lr_busy($node, 'crm', 3);
my $last = $node->safe_psql('crm', 'SELECT max(notification_id) FROM leadreturns.notifications');

my $wal = $node->safe_psql('crm', 'SELECT pg_walfile_name(pg_switch_wal())');
$node->poll_query_until('crm',
	"SELECT last_archived_wal >= '$wal' FROM pg_stat_archiver") or die 'not archived';
$node->stop;

is(scalar keys %at, 5, 'five points');
is(scalar keys %{ { reverse %at } }, 5, 'and all of them differ');

my ($numbers) =
  slurp_file("$ENV{LR_TREE}/doc/operations.md") =~
  /^### Numbers after going back\n.*?^```sql\n(.*?)^```$/ms;

for my $name (lr_some(3, sort keys %at))
{
	my $restored = PostgreSQL::Test::Cluster->new($name);
	$restored->init_from_backup($node, 'base', has_restoring => 1, standby => 0);
	$restored->append_conf('postgresql.conf', qq{
		archive_mode = off
		recovery_target_name = '$name'
		recovery_target_action = promote});
	$restored->start;
	$restored->poll_query_until('crm', 'SELECT NOT pg_is_in_recovery()') or die "$name: no end";

	is(lr_contents($restored, 'crm', 'rv'), $at{$name}, "$name: every row and every view");
	is($restored->safe_psql('crm', 'SELECT * FROM lr_reconcile()'), '', "$name: reconciles");
	$restored->safe_psql('crm', $numbers);
	lr_busy($restored, 'crm', 4);
	is($restored->safe_psql('crm', 'SELECT * FROM lr_reconcile()'), '', "$name: work goes on");
	is( $restored->safe_psql('crm', q{
			SELECT min(return_id) > 1000000 FROM leadreturns.returns WHERE lead_id > 40000;
			SELECT min(notification_id) > } . $last . q{ FROM leadreturns.notifications
			 WHERE lead_id > 40000}),
		"t\nt", "$name: no number that was given later is given again");
	$restored->stop;
	$restored->clean_node;
}

done_testing();
