# The outbox as transactions see it: a crash between a notification and its commit, long
# transactions, and when NOTIFY is sent.
use strict;
use warnings;

use LeadReturns;
use Test::More;

my $node = lr_node('outbox', conf => "restart_after_crash = on\nmax_prepared_transactions = 5\n");
$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) SELECT 1, n::text FROM generate_series(1, 2) n;
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
	SELECT n, 1 + n % 2, 1, 10, 4 FROM generate_series(1, 40) n});
my $outbox = q{SELECT string_agg(lead_id || '.' || sequence || ' ' || status, ', '
	ORDER BY notification_id) FROM leadreturns.notifications};

# Killed when the rows are written and nothing is committed: neither is there.
for my $point (qw(store.flushed batch.carried_out))
{
	my $stopped = lr_run_to($node, 'postgres', $point, 1, q{SELECT lr_return(1, 'duplicate')});
	lr_kill_server($node, values %$stopped);
	lr_start_server($node);
	is( $node->safe_psql('postgres',
			'SELECT count(*) FROM leadreturns.returns UNION ALL'
			  . ' SELECT count(*) FROM leadreturns.notifications'),
		"0\n0", "killed at $point: no return and no notification");
}
$node->safe_psql('postgres', q{SELECT lr_return(1, 'duplicate')});
is($node->safe_psql('postgres', $outbox), '1.1 pending', 'and the number is not lost');

# A claim that is not committed is none.
my $worker = $node->background_psql('postgres');
$worker->query_safe(q{BEGIN});
is($worker->query_safe(q{SELECT lead_id FROM lr_claim_notifications('one')}), '1', 'one claims');
lr_kill_server($node, $worker);
lr_start_server($node);
is($node->safe_psql('postgres', $outbox), '1.1 pending', 'the server dies: it waits again');

# A long transaction delays what it tells of, and nothing else.
my $long = $node->background_psql('postgres');
$long->query_safe(q{BEGIN ISOLATION LEVEL REPEATABLE READ});
$long->query_safe(q{SELECT FROM lr_return(2, 'duplicate')});
$node->safe_psql('postgres', q{SELECT lr_return(3, 'duplicate')});
is($node->safe_psql('postgres', q{SELECT lead_id FROM lr_claim_notifications('two')}), "1\n3",
	'what others commit goes out');
$long->query_safe('COMMIT');
is($node->safe_psql('postgres', q{SELECT lead_id FROM lr_claim_notifications('two')}), '2',
	'and its own when it ends');
$long->quit;
$node->safe_psql('postgres',
	'SELECT lr_ack_notifications(array_agg(notification_id)) FROM leadreturns.notifications');

# NOTIFY: how many a listener gets for what a session does.
sub notified
{
	my ($sql) = @_;
	my $listener = $node->background_psql('postgres', on_error_stop => 0);
	$listener->query('LISTEN leadreturns');
	$node->psql('postgres', $sql, on_error_stop => 0);
	my $got = $listener->query('SELECT 1');
	$got .= $listener->query('SELECT 1');
	$listener->quit;
	return scalar(() = $got =~ /Asynchronous notification "leadreturns" received/g);
}
my $drain = q{DO $$ BEGIN WHILE EXISTS (SELECT FROM leadreturns.notifications
	WHERE due_at IS NOT NULL) LOOP PERFORM lr_ack_notifications(ARRAY(
	SELECT notification_id FROM lr_claim_notifications('w'))); END LOOP; END $$;};
my $on = 'SET leadreturns.notify = wakeup;';

is(notified(q{SELECT lr_return(4, 'duplicate')}), 0, 'without the setting there is no NOTIFY');
is(notified("$on SELECT lr_return(5, 'duplicate')"), 0, 'nor when there was something to do');
is(notified("$drain $on SELECT lr_return(6, 'duplicate')"), 1, 'one when there was nothing');
is( notified("$drain $on BEGIN; SELECT lr_return(n, 'duplicate') FROM generate_series(7, 12) n;"
		  . ' SELECT lr_accept(return_id) FROM leadreturns.returns WHERE lead_id = 7; COMMIT'),
	1, 'one for a transaction, however much it tells');
is(notified("$drain $on BEGIN; SELECT lr_return(13, 'duplicate'); ROLLBACK"), 0,
	'none for one that is rolled back');
is( notified("$drain $on BEGIN; SAVEPOINT a; SELECT lr_return(14, 'duplicate'); ROLLBACK TO a;"
		  . " SELECT lr_return(15, 'duplicate'); COMMIT"),
	1, 'one after a savepoint that took its own back');
is( notified("$drain $on BEGIN; SELECT lr_return(14, 'duplicate'); SAVEPOINT a;"
		  . " SELECT lr_return(16, 'duplicate'); ROLLBACK TO a; COMMIT"),
	1, 'and before one');
is(notified("$on SELECT lr_return(17, 'duplicate'); $drain SELECT lr_return(18, 'duplicate')"), 1,
	'each transaction looks anew');
is(notified("$on SELECT lr_sweep()"), 1, 'the sweep wakes when something is due');
is(notified("$on CALL lr_run_sweep()"), 1, 'so does each of its batches');
is(notified("$drain $on SELECT lr_sweep()"), 0, 'and not when nothing is');
is( notified("$drain $on SELECT lr_return(19, 'duplicate');"
		  . q{ SELECT FROM lr_claim_notifications('w'),}
		  . q{ lr_fail_notification(notification_id, 'x');}
		  . ' SELECT lr_sweep()'),
	1, 'what rests is not due');
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'the records agree');

$node->stop;
done_testing();
