# A plain pg_dump and pg_restore, without options, gives the same database.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('dump', dbname => 'original');
my $dir = PostgreSQL::Test::Utils::tempdir();

# Something in every table; each sequence is ahead of its rows by what a rollback left out.
$node->safe_psql('original', q{
	CREATE ROLE of_buyer LOGIN;
	CREATE ROLE of_supplier LOGIN; CREATE ROLE of_staff LOGIN; CREATE ROLE of_bi LOGIN;
	CREATE ROLE gone;
	INSERT INTO leadreturns.buyer (name, email) VALUES ('Ann', 'a@example.com'), ('Bob', NULL);
	INSERT INTO leadreturns.account (buyer_id, name, billing, currency)
	VALUES (1, 'First', 'prepaid', 'USD'), (2, 'Second', 'net_terms', 'EUR');
	INSERT INTO leadreturns.supplier (name) VALUES ('Source');
	INSERT INTO leadreturns.lead_group (name) VALUES ('Solar');
	INSERT INTO leadreturns.holiday VALUES ('2026-12-25', 'Christmas');
	UPDATE leadreturns.reason SET label = 'Called twice', max_age = '3 days'
	 WHERE code = 'duplicate';
	UPDATE leadreturns.reason SET active = false WHERE code = 'tcpa_risk';
	INSERT INTO leadreturns.reason (code, label, supplier_fault)
	VALUES ('no_answer', 'No answer', true);
	INSERT INTO leadreturns.reason_alias VALUES ('rings forever', 'no_answer');
	SELECT FROM lr_merge_reason('wrong_vertical', 'no_answer');
	SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 50}', '2000-01-01');
	SELECT FROM lr_set_terms('account', 2, '{"remedy": "replacement"}', '2000-01-01');
	SET leadreturns.now = '2026-03-05 12:00:00+00';
	INSERT INTO leadreturns.deliveries
	    (lead_id, account_id, supplier_id, lead_group_id, price, cost, external_id, email, phone)
	SELECT n, 1 + n % 2, 1, 1, 10 + n, 4, 'x' || n, n || '@example.com', '+1 555 ' || n
	  FROM generate_series(1, 20) n;
	SELECT FROM lr_return(2, 'rings forever', idempotency_key => 'k');
	SELECT FROM lr_return(4, 'duplicate', 'a note');
	SELECT FROM lr_accept(2, 'yes', credit => 5);
	SELECT FROM lr_return(6, 'other');
	SELECT FROM lr_decline(3, 'no');
	SELECT FROM lr_return(8, 'wrong vertical');
	SELECT FROM lr_accept(4);
	SELECT FROM lr_rollback_return(8, 'oops');
	SELECT FROM lr_return(1, E'Free\ttext, "quoted" \\\\ N');
	SELECT FROM lr_accept(5);
	SELECT FROM lr_return(3, 'bad contact info');
	SELECT FROM lr_accept(6);
	SELECT FROM lr_deliver(101, 2, price => 0, replaces => 5);
	SELECT FROM lr_message(1, 'why?');
	SELECT FROM lr_request_info(1, 'When?');
	SELECT FROM lr_attach_evidence(1, 'https://example.com/1', 'audio/wav', repeat('0', 64));
	UPDATE leadreturns.deliveries SET deleted_at = '2026-03-06' WHERE lead_id = 10;
	SELECT FROM lr_post('deposit', 1, 500, 'thanks');
	SELECT FROM lr_post('payout', 1, 20, currency => 'USD');
	SELECT FROM lr_close_period(1, '2026-03-01');
	SELECT FROM lr_grant('of_buyer', 'buyer', 1);
	SELECT FROM lr_grant('of_supplier', 'supplier', 1);
	SELECT FROM lr_grant('of_staff', 'staff');
	SELECT FROM lr_grant('of_bi', 'reporting');
	SELECT FROM lr_sweep(1);
	SELECT FROM lr_import_create('a "file"', reason => 'other');
	SELECT lr_import_text(1, E'lead_id;note\\n5;"two\\nlines"\\n999;\\nnonsense;\\n7;later\\n');
	-- takes ids that are not used
	SELECT FROM lr_import_verify(1);
	SELECT FROM lr_import_step(1, 3);
	SELECT FROM lr_import_create('archived', reason => 'other');
	SELECT lr_import_text(2, E'lead_id\\n13\\n998\\n');
	SELECT FROM lr_import_verify(2);
	SELECT FROM lr_import_step(2, 10);
	SELECT FROM lr_message(3, 'long ago');
	UPDATE leadreturns.notification_template SET subject = 'Hello {{lead_id}}'
	 WHERE (kind, recipient_kind, language) = ('return_declined', 'buyer', 'en');
	INSERT INTO leadreturns.notification_template VALUES
	    ('return_declined', 'buyer', 'fr', 'Bonjour', '{{recipient}}');
	SELECT lr_ack_notifications(ARRAY(
	    SELECT notification_id FROM lr_claim_notifications('mailer', 3)));
	SELECT FROM lr_claim_notifications('mailer', 1), lr_fail_notification(1, 'no');
	SELECT FROM lr_erase_lead(14);
	SET leadreturns.now = '2026-04-05 12:00:00+00';
	SELECT FROM lr_archive('2026-04-01');
	SET leadreturns.now = '2026-03-05 12:00:00+00';
	CREATE TABLE public.crm_lead (id bigint PRIMARY KEY, account bigint, price numeric);
	SELECT FROM lr_attach('crm_lead', '{"lead_id": "id", "account": "account", "price": "price"}');
	INSERT INTO leadreturns.import_cancel VALUES (1, '2026-03-05', 'somebody');
	BEGIN;
	SELECT FROM lr_import_create('another');
	SELECT FROM lr_deliver(102, 1, 1, 10, 4);
	SELECT FROM lr_return(12, 'other');
	ROLLBACK;
});

# All rows and sequences, one line for each relation, but for what the last sweep did.
sub contents
{
	my ($db) = @_;
	my @relations = split /\n/, $node->safe_psql($db, q{
		SELECT concat_ws(' ', relkind, oid::regclass) FROM pg_class
		 WHERE relnamespace = 'leadreturns'::regnamespace AND relkind IN ('r', 'S')
		   AND relname NOT IN ('sweep_heartbeat', 'rate_fold')
		 ORDER BY oid::regclass::text COLLATE "C"});
	my @contents;
	for (@relations)
	{
		my ($kind, $name) = split / /;
		push @contents, "$name: " . $node->safe_psql($db,
			$kind eq 'S'
			? "SELECT last_value, is_called FROM $name"
			: "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"))"
			  . " FROM $name t");
	}
	return join "\n", @contents;
}

# What each role sees, and the names of all grants.
sub seen
{
	my ($db) = @_;
	return join "\n", map {
		"$_: " . $node->safe_psql($db, 'SELECT kind, party_id FROM lr_whoami();'
			  . 'SELECT count(*), count(price), count(cost), count(note) FROM leadreturns.returns',
			extra_params => [ '-U', $_ ])
	} qw(of_buyer of_supplier of_staff of_bi);
}

my $before = contents('original');
my $seen = seen('original');
my @empty = $before =~ /^(\S+): 0\|/mg;
is("@empty", '', 'the original has rows in every table');
is($node->safe_psql('original', 'SELECT * FROM lr_reconcile()'), '', 'the original reconciles');

sub restore
{
	my ($from, $format, $db) = @_;
	my $file = "$dir/$db.dump";
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok([ 'pg_dump', '-F', $format, '-f', $file, $from ], "$db: pg_dump");
	$node->command_ok(
		$format eq 'p'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $db, '-f', $file ]
		: [ 'pg_restore', '-d', $db, $file ],
		"$db: restored without an error");
}

for (['p', 'from_plain'], ['c', 'from_custom'])
{
	my ($format, $db) = @$_;
	restore('original', $format, $db);
	is(contents($db), $before, "$db: the same rows and the same next ids");
	is(seen($db), $seen, "$db: each role sees what it saw");
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
