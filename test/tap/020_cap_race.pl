# Sessions racing for the last units of a cap: never more than allowed, and none left over.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = 32;
my $tries = lr_long(3, 2);
my $node = lr_node('cap_race', conf => "max_connections = 60\nsynchronous_commit = off\n");
my $dir = PostgreSQL::Test::Utils::tempdir();

# One account per race. A try that is refused tells so; every other error stops its client. A
# winner still holds the account, so it sees exactly what is used: more than allowed is recorded.
$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name)
	SELECT 1, n::text FROM generate_series(1, 20) n;
	CREATE TABLE excess (account_id bigint, used bigint, allowed bigint);
	CREATE TABLE refused (lead_id bigint);
	CREATE FUNCTION used(id bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
		SELECT count(*) FROM leadreturns.returns
		 WHERE account_id = used.id AND status IN ('open', 'accepted') $$;
	CREATE FUNCTION delivered(id bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
		SELECT count(*) FROM leadreturns.deliveries WHERE account_id = delivered.id $$;
	CREATE FUNCTION attempt(id bigint, lead bigint, percent numeric DEFAULT NULL) RETURNS void
	LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM lr_return(lead, 'duplicate', account_id => id);
		IF used(id) > floor(percent / 100 * delivered(id)) THEN
			INSERT INTO excess VALUES (id, used(id), delivered(id));
		END IF;
	EXCEPTION WHEN SQLSTATE 'LR023' THEN
		INSERT INTO refused VALUES (lead);
	END $$;
	-- Two may choose the same one to withdraw: the second is told so.
	CREATE FUNCTION free(id bigint) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM lr_withdraw(return_id) FROM (
			SELECT min(return_id) AS return_id FROM leadreturns.returns
			 WHERE account_id = free.id AND status = 'open' HAVING count(*) > 9) r;
	EXCEPTION WHEN SQLSTATE 'LR013' THEN NULL;
	END $$;
	CREATE FUNCTION deliver(id bigint, n bigint, first bigint DEFAULT 1) RETURNS void
	LANGUAGE sql AS $$
		INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
		SELECT i, id, 7 FROM generate_series(first, first + n - 1) i $$;
});

sub script
{
	my ($name, $sql) = @_;
	PostgreSQL::Test::Utils::append_to_file("$dir/$name", "$sql\n");
	return "$dir/$name";
}

# A try for a lead of the client's own.
sub try_script
{
	my ($name, $arguments) = @_;
	return script($name,
		"\\set lead :client_id * $tries + :round\nSELECT attempt($arguments);");
}

# Every client runs one script, chosen at random; several times over, each lead being tried once.
sub race
{
	my ($level, @scripts) = @_;
	(my $escaped = $level) =~ s{ }{\\ };
	local $ENV{PGOPTIONS} = "-c default_transaction_isolation=$escaped";
	for my $round (1 .. $tries)
	{
		$node->command_ok(
			[
				'pgbench', '-n', '-c', $clients, '-j', 2, '-t', 1, '--max-tries=1000', '-D',
				"round=$round", (map { ('-f', $_) } @scripts), 'postgres' ],
			"$level: race $round ends without an error");
	}
}

sub reset_race
{
	$node->safe_psql('postgres', 'TRUNCATE refused, excess');
}

sub reconciles
{
	my ($name) = @_;
	is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', "$name: reconciles");
}

my $account = 0;
my $leads = $clients * $tries;
for my $level (lr_some(2, 'read committed', 'repeatable read', 'serializable'))
{
	# 20 returns, of three or two deliveries a client
	$account++;
	reset_race();
	$node->safe_psql('postgres', qq{
		SELECT FROM lr_set_terms('account', $account, '{"max_return_count": 20}', '2000-01-01');
		SELECT deliver($account, $leads)});
	race($level, try_script("count_$account", "$account, :lead"));
	is($node->safe_psql('postgres', "SELECT used($account), count(*) FROM refused"),
		'20|' . ($leads - 20), "$level: exactly the 20 allowed were taken, the others refused");
	reconciles("$level, count");
}

# By value: a quarter of 96 times 7.00 is 168.00, which is 24 times 7.00; a quarter of 64 is 16
$account++;
reset_race();
$node->safe_psql('postgres', qq{
	SELECT FROM lr_set_terms('account', $account,
		'{"max_return_percent": 25, "cap_basis": "value"}', '2000-01-01');
	SELECT deliver($account, $leads)});
race('read committed', try_script('value', "$account, :lead"));
is($node->safe_psql('postgres', "SELECT used($account), count(*) FROM refused"),
	$leads / 4 . '|' . $leads * 3 / 4, 'value: exactly what is allowed was taken');
reconciles('value');

# A percentage while leads are being delivered: 50 % of a number that grows during the race. Half
# of the transactions deliver, so more is tried at the end.
$account++;
reset_race();
$node->safe_psql('postgres', qq{
	SELECT FROM lr_set_terms('account', $account, '{"max_return_percent": 50}', '2000-01-01');
	SELECT deliver($account, $leads)});
race('read committed', try_script('return', "$account, :lead, 50"),
	script('deliver', "SELECT lr_deliver(1000000, $account, NULL, 7);"));
is($node->safe_psql('postgres', 'SELECT * FROM excess'),
	'', 'percent: no winner ever saw more used than allowed');
$node->safe_psql('postgres', qq{
	SELECT deliver($account, 200, 1000);
	SELECT attempt($account, lead, 50) FROM generate_series(1000, 1199) lead});
is( $node->safe_psql('postgres', "SELECT used($account) - floor(delivered($account) / 2.0)"),
	'0', 'percent: all that is allowed can be taken in the end');
reconciles('percent');

# Capacity that is freed while others race for it: never more than 10 at once
$account++;
reset_race();
$node->safe_psql('postgres', qq{
	SELECT FROM lr_set_terms('account', $account, '{"max_return_count": 10}', '2000-01-01');
	SELECT deliver($account, $leads)});
race('read committed',
	try_script('take', "$account, :lead, 1000.0 / $leads"),
	script('free', "SELECT free($account);"));
is($node->safe_psql('postgres', 'SELECT * FROM excess'), '', 'freed: never more than allowed');
cmp_ok($node->safe_psql('postgres', "SELECT used($account)"), '<=', 10,
	'freed: not more than allowed in the end');
reconciles('freed');

# The first return ever asks how much was delivered, while leads keep coming in: each delivery is
# counted once. Many uncounted deliveries keep that first question busy for a while.
my @accounts = (11 .. 16);
for my $a (@accounts)
{
	$node->safe_psql('postgres', qq{
		SELECT FROM lr_set_terms('account', $a, '{"max_return_percent": 50}', '2000-01-01');
		SELECT deliver($a, 5000)});
}
my $values = join ', ', map { "(2000000, $_, 7)" } @accounts;
my $deliveries = script('busy',
	"INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES $values;");
my $pgbench = IPC::Run::start(
	[ 'pgbench', '-n', '-c', 4, '-t', 500, '-f', $deliveries, '-h', $node->host, '-p', $node->port,
		'postgres' ], '>', \my $out, '2>', \my $err);
$node->poll_query_until('postgres',
	'SELECT count(*) > 100 FROM leadreturns.deliveries WHERE lead_id = 2000000')
  or die 'no deliveries';
for my $a (@accounts)
{
	$node->safe_psql('postgres', "SELECT lr_return(1, 'duplicate', account_id => $a)");
}
ok($pgbench->finish, 'leads were delivered throughout') or diag $err;
reconciles('counted while delivering');

done_testing();
