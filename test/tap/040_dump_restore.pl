# A plain pg_dump and pg_restore, without options, gives the same database.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('dump', dbname => 'original');
my $dir = PostgreSQL::Test::Utils::tempdir();

lr_world($node, 'original');

# All rows and sequences but what the last sweep and the last fold did, which is not dumped.
sub contents
{
	my ($db) = @_;
	return lr_contents($node, $db, 'rS', qw(sweep_heartbeat rate_fold));
}

my $before = contents('original');
my $seen = lr_seen($node, 'original');
my @empty = $before =~ /^([^|]+)\|0\|/mg;
is("@empty", '', 'the original has rows in every table');
is($node->safe_psql('original', 'SELECT * FROM lr_reconcile()'), '', 'the original reconciles');

# Dumps a database and restores the dump into an empty one, with no option. What pg_restore or psql
# do not like they say on stderr; pg_dump knows only that some reasons name others of their table.
my $circular = qr/\Apg_dump: warning: there are circular foreign-key constraints on this table:
pg_dump: detail: reason
(pg_dump: hint: .*\n)+\z/;

sub dump_to
{
	my ($from, $format, $file, @options) = @_;
	$node->command_checks_all([ 'pg_dump', '-F', $format, @options, '-f', $file, $from ],
		0, [], [$circular], "$file: pg_dump");
	return;
}

sub restore
{
	my ($from, $format, $db) = @_;
	my $file = "$dir/$db.dump";
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	dump_to($from, $format, $file, $format eq 'd' ? ('-j', 2) : ());
	$node->command_checks_all(
		$format eq 'p'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $db, '-f', $file ]
		: [ 'pg_restore', '-d', $db, $file ],
		0, [], [qr/\A\z/], "$db: restored without an error");
	return;
}

for ([ 'p', 'from_plain' ], [ 'c', 'from_custom' ], [ 'd', 'from_directory' ])
{
	my ($format, $db) = @$_;
	restore('original', $format, $db);
	# neither more rows nor changed ones: no trigger has recorded or refused anything
	is(contents($db), $before, "$db: the same rows and the same next ids");
	is( $node->safe_psql($db, 'INSERT INTO public.crm_lead VALUES (501, 1, 9);'
			  . 'SELECT lead_id, count(*) FROM leadreturns.deliveries WHERE lead_id >= 500'
			  . ' GROUP BY lead_id ORDER BY lead_id; DELETE FROM public.crm_lead WHERE id = 501'),
		"500|1\n501|1", "$db: the attached table is followed, and its rows are delivered once");
	is(lr_seen($node, $db), $seen, "$db: each role sees what it saw");
	is($node->safe_psql($db, 'SELECT * FROM lr_reconcile()'), '', "$db: reconciles");
	is( $node->safe_psql($db, 'SELECT last_run_at, late FROM leadreturns.sweep_health'),
		'|f', "$db: no sweep has run here");
	is( $node->safe_psql($db, q{
			SELECT label, active, max_age FROM leadreturns.reason
			 WHERE code IN ('duplicate', 'tcpa_risk') ORDER BY code}),
		"Called twice|t|3 days\nTCPA risk|f|", "$db: edited seed reasons are as they were");
	is( $node->safe_psql($db, q{
			SET leadreturns.now = '2026-03-06 12:00:00+00';
			SELECT return_id, reason FROM lr_return(14, 'RINGS forever!');
			SELECT reason FROM lr_return(16, 'wrong vertical');
			SELECT return_id, status FROM lr_return(2, 'rings forever', idempotency_key => 'k');
			SELECT status, credit FROM lr_accept(1);
			SELECT count(*) FROM lr_reconcile()}),
		"13|no_answer\nno_answer\n1|open\naccepted|12.00\n0", "$db: returns made afterwards work");
	is( $node->safe_psql($db, q{
			SET leadreturns.now = '2026-03-06 12:00:00+00';
			SELECT status, done FROM leadreturns.import_progress WHERE import_id = 1;
			CALL lr_import_run(1);
			SELECT line_no, status, return_id FROM leadreturns.import_results ORDER BY 1;
			SELECT undone, conflicts FROM lr_import_undo(1)}),
		"cancelling|3\n2|requested|9\n4|unknown_lead|\n5|malformed|\n6|requested|15\n2|0",
		"$db: the import goes on, and is undone");
	is( $node->safe_psql($db, q{
			SET SESSION AUTHORIZATION of_buyer;
			SELECT DISTINCT buyer FROM leadreturns.returns}),
		'Ann', "$db: the buyer's role still sees its own, and no more");
	is( $node->psql($db, "SELECT lr_accept(1)", extra_params => [ '-U', 'of_buyer' ]),
		3, "$db: and still cannot decide");
	my $again = contents($db);
	restore($db, 'c', "again_$db");
	is(contents("again_$db"), $again, "again_$db: a dump of the restored one too");
}

# Several at once do not wait for the tables that theirs refer to: foreign keys must not be checked.
$node->safe_psql('postgres', 'CREATE DATABASE at_once');
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	$node->command_checks_all(
		[ 'pg_restore', '-j', 2, '-d', 'at_once', "$dir/from_directory.dump" ],
		0, [], [qr/\A\z/], 'at_once: restored without an error by two at once');
}
is(contents('at_once'), $before, 'at_once: the same rows and the same next ids');
is($node->safe_psql('at_once', 'SELECT * FROM lr_reconcile()'), '', 'at_once: reconciles');

# The suite on databases that were restored: each file on one of them, of nothing but extensions.
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION pgtap; CREATE EXTENSION leadreturns');
my %suite = (
	p => [qw(20_contract 21_transitions 40_returned_rows 41_reconcile 91_rights_matrix)],
	c => [qw(22_views 50_import_states 55_import_undo 70_outbox_moves 71_outbox_texts)],
	d => [qw(52_sweep_deadlines 62_report_days 80_attach 96_erase 97_archive)]);
for my $format (lr_some(3, sort keys %suite))
{
	restore('fresh', $format, "fresh_$format");
	$node->command_like(
		[
			$^X, "$ENV{LR_TREE}/test/lib/harness", '--template', "fresh_$format",
			map { "$ENV{LR_TREE}/test/pgtap/$_.sql" } @{ $suite{$format} }
		],
		qr/^[1-9]\d+ passed, 0 failed\n\z/m,
		"fresh_$format: green");
}

# The label that one shipped reason gave up is another's now, whatever row comes first.
$node->safe_psql('postgres', 'CREATE DATABASE swapped');
$node->safe_psql('swapped', q{
	CREATE EXTENSION leadreturns;
	UPDATE leadreturns.reason SET label = 'x' WHERE code = 'bad_contact_info';
	UPDATE leadreturns.reason SET label = 'Bad contact info' WHERE code = 'other';
	UPDATE leadreturns.reason SET label = 'Other' WHERE code = 'bad_contact_info'});
$before = contents('swapped');
restore('swapped', 'p', 'from_swapped');
is(contents('from_swapped'), $before, 'from_swapped: the labels are still swapped');

# The grant of a role that was dropped is nobody's, here and there.
$node->safe_psql('swapped', q{
	SELECT lr_grant('gone', 'staff'), lr_grant('of_staff', 'staff');
	DROP OWNED BY gone; DROP ROLE gone;
	CREATE ROLE gone});
restore('swapped', 'c', 'without_gone');
is( $node->safe_psql($_, 'SELECT role_name, role_exists FROM leadreturns.grants'
		  . ' ORDER BY role_exists')
	  =~ s/^\d+\|/0|/mr, $_ eq 'swapped' ? "0|f\nof_staff|t" : 'of_staff|t', "$_: grants")
  for 'swapped', 'without_gone';

# A session that used the extension before it was dropped and made anew.
is( $node->safe_psql('swapped', q{
		DROP EXTENSION leadreturns;
		CREATE EXTENSION leadreturns;
		INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
		INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account');
		SELECT price FROM lr_deliver(1, 1, price => 10);
		SELECT return_id FROM lr_return(1, 'other');
		DROP EXTENSION leadreturns;
		CREATE SCHEMA elsewhere;
		CREATE EXTENSION leadreturns SCHEMA elsewhere;
		INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
		INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account');
		SELECT delivery_id FROM elsewhere.lr_deliver(1, 1, price => 10);
		SELECT return_id, reason FROM elsewhere.lr_return(1, 'Other');
		SELECT status, credit FROM elsewhere.lr_accept(1);
		SELECT count(*) FROM elsewhere.lr_reconcile()}),
	"10.00\n1\n1\n1|other\naccepted|10.00\n0", 'dropped and created anew in one session');

done_testing();
