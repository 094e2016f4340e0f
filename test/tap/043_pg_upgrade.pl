# pg_upgrade to a cluster of the same release: everything is as it was, and work goes on.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = lr_node('old', dbname => 'crm');
my $new = lr_node('new', extension => 0);
lr_world($old, 'crm');
lr_busy($old, 'crm', 1);

# Who may do what by which name, which triggers fire when, and what belongs to the extension.
my $definitions = q{
	SELECT c.relname, c.relreplident, a.grantee::regrole::text, a.privilege_type
	  FROM pg_class c
	  LEFT JOIN LATERAL aclexplode(c.relacl) a ON a.grantee <> c.relowner
	 WHERE c.relnamespace = 'leadreturns'::regnamespace ORDER BY 1, 2, 3, 4;
	SELECT proname, a.grantee::regrole::text, a.privilege_type
	  FROM pg_proc
	  LEFT JOIN LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner))) a
	    ON a.grantee <> proowner
	 WHERE proname LIKE 'lr\_%' ORDER BY 1, 2, 3;
	SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal
	 ORDER BY 1, 2;
	SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend
	 WHERE refclassid = 'pg_extension'::regclass ORDER BY 1;
	SELECT extversion, pg_describe_object('pg_class'::regclass, c.oid, 0), c.condition
	  FROM pg_extension, unnest(extconfig, extcondition) c (oid, condition)
	 WHERE extname = 'leadreturns' ORDER BY 2;
	SELECT role_name, role_exists, kind, party_id FROM leadreturns.grants ORDER BY 1, 3};

sub all_of
{
	my ($node) = @_;
	return (
		rows => lr_contents($node, 'crm', 'rS'),
		views => lr_contents($node, 'crm', 'v'),
		definitions => $node->safe_psql('crm', $definitions),
		'what roles see' => lr_seen($node, 'crm'),
		reconciliation => $node->safe_psql('crm', 'SELECT * FROM lr_reconcile()'));
}

my %before = all_of($old);
is($before{reconciliation}, '', 'the old cluster reconciles');
$old->stop;
$new->stop;

chdir PostgreSQL::Test::Utils::tempdir() or die;
my $bindir = $new->config_data('--bindir');
command_ok(
	[
		'pg_upgrade', '--no-sync', '--link', '-d', $old->data_dir, '-D', $new->data_dir,
		'-b', $bindir, '-B', $bindir, '-s', $new->host, '-p', $old->port, '-P', $new->port
	],
	'pg_upgrade');
$new->start;

my %after = all_of($new);
is($after{$_}, $before{$_}, "$_: as before") for sort keys %before;

lr_busy($new, 'crm', 2);
is( $new->safe_psql('crm', q{
		SET leadreturns.now = '2026-05-02 18:00:00+00';
		SELECT return_id AS id FROM lr_return(10014, 'duplicate') \gset
		SELECT status, credit FROM lr_accept(:id);
		SELECT * FROM lr_reconcile()}),
	'accepted|10.00', 'a return of a lead delivered before');
my ($last) = $before{rows} =~ /request_return_id_seq\|(\d+)/;
is( $new->safe_psql('crm', 'SELECT min(return_id) FROM leadreturns.returns WHERE lead_id > 20000'),
	$last + 1, 'numbers go on');

done_testing();
