# The schema for PostgREST belongs to who made it: it is dumped and restored like anything else, is
# made again there, and keeps DROP EXTENSION from taking what it needs.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('http', dbname => 'original');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->safe_psql('original', q{
	CREATE ROLE desk LOGIN; CREATE ROLE shop LOGIN; CREATE ROLE later LOGIN;
	GRANT CREATE ON DATABASE original TO desk;
	INSERT INTO leadreturns.buyer (name) VALUES ('Ann'), ('Bob');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'First'), (2, 'Second');
	SELECT lr_grant('desk', 'staff'), lr_grant('shop', 'buyer', 1);
	SELECT lr_deliver(1, 1, price => 10), lr_deliver(2, 2, price => 10);
});
my $made = $node->safe_psql('original', 'SELECT lr_create_http_api()',
	extra_params => [ '-U', 'desk' ]);
ok($made > 40, "staff makes $made functions");

# What two buyers' leads are answered with.
sub answers
{
	my ($db) = @_;
	my @said = map {
		my (undef, $out, $err) = $node->psql($db, "\\set VERBOSITY sqlstate\n$_",
			extra_params => [ '-U', 'shop', '-At' ], on_error_stop => 0);
		$err =~ s/.*ERROR: +//;
		"$out$err"
	} "SELECT status FROM leadreturns_api.lr_return(1, 'duplicate')",
	  "SELECT status FROM leadreturns_api.lr_return(2, 'duplicate')",
	  'SELECT lead_id, status FROM leadreturns_api.returns',
	  'SELECT leadreturns_api.lr_reconcile()';
	return join ' ', @said;
}

# Definitions, owners, privileges and explanations.
sub definitions
{
	return $node->safe_psql($_[0], q{
		SELECT pg_get_functiondef(p.oid), p.proowner::regrole,
		       array(SELECT a::text FROM aclexplode(p.proacl) a
		              WHERE a.grantee <> p.proowner ORDER BY 1),
		       obj_description(p.oid), (SELECT count(*) FROM pg_depend d
		                                 WHERE d.objid = p.oid AND d.deptype = 'x')
		  FROM pg_proc p WHERE p.pronamespace = 'leadreturns_api'::regnamespace
		 ORDER BY p.proname;
		SELECT c.relname, pg_get_viewdef(c.oid), c.relowner::regrole, c.reloptions,
		       array(SELECT a::text FROM aclexplode(c.relacl) a
		              WHERE a.grantee <> c.relowner ORDER BY 1),
		       obj_description(c.oid)
		  FROM pg_class c WHERE c.relnamespace = 'leadreturns_api'::regnamespace
		 ORDER BY c.relname});
}

my $before = definitions('original');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'original' ], 'dumped');
$node->command_ok([ 'pg_restore', '-d', 'copy', $dump ], 'and restored without an error');
is(definitions('copy'), $before, 'with the same definitions, owners and privileges');
is(answers($_), 'open PGRST 1|open 42501', "$_: a buyer is answered") for 'original', 'copy';

$node->safe_psql('copy', "SELECT FROM lr_grant('later', 'reporting')");
is( $node->safe_psql('copy', 'SELECT lr_create_http_api()', extra_params => [ '-U', 'desk' ]),
	$made, 'there it can be made again');
is( $node->safe_psql('copy', 'SELECT count(*) FROM leadreturns_api.lr_reconcile()',
		extra_params => [ '-U', 'later' ]),
	'0', 'and is for those who have been granted something since');

is($node->psql('copy', 'DROP EXTENSION leadreturns'),
	3, 'the extension is not dropped under it');
$node->safe_psql('copy', 'DROP EXTENSION leadreturns CASCADE');
is( $node->safe_psql('copy', q{
		SELECT (SELECT count(*) FROM pg_proc
		         WHERE pronamespace = 'leadreturns_api'::regnamespace)
		     + (SELECT count(*) FROM pg_class
		         WHERE relnamespace = 'leadreturns_api'::regnamespace)}),
	'0', 'unless one insists: then nothing of it is left behind');
$node->safe_psql('copy', 'CREATE EXTENSION leadreturns');
is($node->safe_psql('copy', 'SELECT lr_create_http_api()'), $made, 'and it can be made anew');

# Told to a PostgREST that runs.
like($node->safe_psql('original', "LISTEN pgrst; SELECT FROM lr_create_http_api()"),
	qr/notification "pgrst" with payload "reload schema"/, 'PostgREST is told to look again');

done_testing();
