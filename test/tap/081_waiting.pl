# A session that idles in a transaction delays only what needs the rows it holds: deliveries, other
# accounts and the sweep go on, and who must wait waits no longer than its lock_timeout.
use strict;
use warnings;

use LeadReturns;
use Test::More;
use Time::HiRes qw(time);

my $node = lr_node('waiting', conf => "leadreturns.now = '2026-03-10 12:00:00+00'\n");
$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Held'), (1, 'Free');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	SELECT FROM lr_set_terms('global', NULL,
		'{"auto_accept": "always", "auto_accept_delay": "1 hour"}', '2000-01-01');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
	SELECT n, 1 + n % 2, 1, 10, 4, '2026-03-09' FROM generate_series(1, 400) n;
	SELECT count(*) FROM lr_return_many((SELECT array_agg(n) FROM generate_series(1, 200) n),
	                                    'duplicate');
	SELECT FROM lr_import_create('file', reason => 'duplicate');
	SELECT lr_import_text(1, E'lead_id\n' || string_agg(n::text, E'\n'))
	  FROM generate_series(301, 310) n});

my $holder = $node->background_psql('postgres');
$holder->query_safe("BEGIN; SELECT lr_return(202, 'duplicate')");
my $limit = 0.5;
my $waiter = $node->background_psql('postgres', on_error_stop => 0);
$waiter->query_safe("SET lock_timeout = '${limit}s'; \\set VERBOSITY sqlstate");

# Lead 202 is of account 1, as all even ones are
sub goes_on
{
	my ($name, $sql, $answer) = @_;
	$waiter->{stderr} = '';
	my $out = $waiter->query($sql);
	is("$out$waiter->{stderr}", $answer, "$name goes on");
	return;
}

sub waits
{
	my ($name, $sql) = @_;
	$waiter->{stderr} = '';
	my $started = time();
	$waiter->query($sql);
	my $waited = time() - $started;
	like($waiter->{stderr}, qr/ERROR:  55P03/, "$name is told that it waited too long");
	ok($waited >= $limit && $waited < $limit + 0.2, sprintf '%s: after %.3f s', $name, $waited);
	return;
}

goes_on('a delivery to the same account', 'SELECT status FROM lr_deliver(1001, 1, 1, 10, 4)',
	'DELIVERED');
goes_on('a hundred of them', q{
	WITH d AS (INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
	SELECT 2000 + n, 1, 10 FROM generate_series(1, 100) n RETURNING 1) SELECT count(*) FROM d},
	100);
goes_on('a return of another account', "SELECT status FROM lr_return(201, 'duplicate')", 'open');
goes_on('a decision there', q{SELECT status FROM lr_accept((SELECT return_id
	FROM leadreturns.returns WHERE lead_id = 201))}, 'accepted');
goes_on('a check of the same account',
	"SELECT eligible FROM lr_check_return(204, 'duplicate')", 't');
goes_on('a deposit', q{SELECT amount FROM lr_post('deposit', 1, 5)}, '5.00');
goes_on('a report', 'SELECT sum(delivered) FROM leadreturns.return_rate_by_account', 501);
goes_on('reconciling', 'SELECT count(*) FROM lr_reconcile()', 0);
waits('a return of the same lead', "SELECT FROM lr_return(202, 'duplicate')");
waits('a return of the same account', "SELECT FROM lr_return(204, 'duplicate')");
waits('a decision there', q{SELECT FROM lr_decline((SELECT return_id FROM leadreturns.returns
	WHERE lead_id = 2))});
waits('a list with one of its leads',
	"SELECT FROM lr_return_many(ARRAY[203, 204, 205], 'duplicate')");
waits('a change of its terms', q{SELECT FROM lr_set_terms('account', 1, '{"min_age": "0"}')});
waits('closing its period', q{SELECT FROM lr_close_period(1, '2026-03-01')});
waits('a file with its leads', 'SELECT FROM lr_import_step(1)');
is( $node->safe_psql('postgres', "SELECT status, done FROM leadreturns.import_progress"),
	'new|0', 'of which nothing is done');
$waiter->{stderr} = '';
is($waiter->query('SELECT count(*) FROM leadreturns.returns WHERE lead_id IN (203, 205)'), 0,
	'nor of the list');

# All that is due is accepted but what is held, and that as soon as it is free
$waiter->query_safe("SET leadreturns.now = '2026-03-10 14:00:00+00'");
my $started = time();
goes_on('the sweep', 'SELECT accepted, skipped, remaining FROM lr_sweep(1000)', '100|100|100');
cmp_ok(time() - $started, '<', 1, 'in less than a second');
$holder->query_safe('COMMIT');
goes_on('the sweep, later', 'SELECT accepted, skipped, remaining FROM lr_sweep(1000)', '101|0|0');
goes_on('the file', 'SELECT done, returned FROM lr_import_step(1)', '10|10');
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'all agrees');
$_->quit for $holder, $waiter;

done_testing();
