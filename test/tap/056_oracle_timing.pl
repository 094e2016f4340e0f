# Another's row and no row take the same time to refuse: thousands of calls, each kind in turn, and
# the medians. Ids are other ones each time, so that neither is warmer than the other; plans are
# made before, as somebody would do who listens for the difference. Who listens is a client: what it
# sees is the call and its way to the server and back, and of that less than 15 % may differ.
use strict;
use warnings;

use LeadReturns;
use Test::More;

my $node = lr_node('timing', conf => "fsync = off\njit = off\nautovacuum = off\n"
	  . "plan_cache_mode = force_generic_plan\n");

$node->safe_psql('postgres', q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Ann'), ('Bob');
	INSERT INTO leadreturns.account (account_id, buyer_id, name)
	SELECT n, CASE n WHEN 1 THEN 1 ELSE 2 END, n::text FROM generate_series(1, 5000) n;
	INSERT INTO leadreturns.deliveries (lead_id, account_id, price, external_id, email)
	SELECT n, 2, 10, 'x' || n, n || '@example.com' FROM generate_series(1, 5000) n;
	INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (100001, 1, 10);
	SELECT count(lr_return(n, 'duplicate', idempotency_key => 'k' || n))
	  FROM generate_series(1, 5000) n;
	SELECT count(lr_import_create(n::text)) FROM generate_series(1, 3000) n;
	SELECT count(lr_message(n, 'a word')) FROM generate_series(1, 3000) n;
	VACUUM ANALYZE;
	CREATE ROLE ann LOGIN; SELECT lr_grant('ann', 'buyer', 1);
	-- microseconds of a call that is refused, for an id that is another's and one that is nobody's
	CREATE FUNCTION measure(command text, calls int, OUT other numeric, OUT absent numeric)
	LANGUAGE plpgsql AS $$
	DECLARE
		started timestamptz;
		of_other float8[] := '{}';
		of_absent float8[] := '{}';
		id bigint;
	BEGIN
		EXECUTE 'PREPARE p (bigint) AS ' || command;
		FOR i IN 1 .. calls * 2 LOOP
			-- the order within a pair is random
			id := CASE WHEN (i % 2 = 0) = (hashint4(i / 2) % 2 = 0) THEN 2 + i ELSE 9000000 + i END;
			started := clock_timestamp();
			BEGIN
				EXECUTE 'EXECUTE p (' || id || ')';
			EXCEPTION WHEN OTHERS THEN NULL;
			END;
			IF id < 9000000 THEN
				of_other := of_other || extract(epoch FROM clock_timestamp() - started) * 1e6;
			ELSE
				of_absent := of_absent || extract(epoch FROM clock_timestamp() - started) * 1e6;
			END IF;
		END LOOP;
		SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) INTO other
		  FROM unnest(of_other[100:]) x;
		SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) INTO absent
		  FROM unnest(of_absent[100:]) x;
	END $$});

my %calls = (
	'lr_return of a lead' => q{SELECT lr_return($1, 'duplicate')},
	'lr_return of a lead with a key' =>
	  q{SELECT lr_return($1, 'duplicate', idempotency_key => 'k' || $1)},
	'lr_return to an account with a key used there' =>
	  q{SELECT lr_return(100001, 'nonsense', account_id => $1, idempotency_key => 'k5')},
	'lr_return_by_key' => q{SELECT lr_return_by_key('external_id', 'x' || $1, 'duplicate')},
	'lr_return_by_key by e-mail' =>
	  q{SELECT lr_return_by_key('email', $1 || '@example.com', 'duplicate')},
	'lr_check_return' => q{SELECT lr_check_return($1, 'duplicate')},
	'lr_withdraw' => q{SELECT lr_withdraw($1)},
	'lr_message' => q{SELECT lr_message($1, 'a word')},
	'lr_terms' => q{SELECT count(*) FROM lr_terms($1)},
	'lr_import_step' => q{SELECT lr_import_step($1)},
	'returns' => q{SELECT count(*) FROM leadreturns.returns WHERE return_id = $1},
	'return_history' => q{SELECT count(*) FROM leadreturns.return_history WHERE return_id = $1},
	'return_thread' => q{SELECT count(*) FROM leadreturns.return_thread WHERE return_id = $1},
	'import_progress' =>
	  q{SELECT count(*) FROM leadreturns.import_progress WHERE import_id = $1},
	'import_results' =>
	  q{SELECT count(*) FROM leadreturns.import_results WHERE import_id = $1},
	'pending_returns' =>
	  q{SELECT count(*) FROM leadreturns.pending_returns WHERE return_id = $1},
	'deliveries' => q{SELECT count(*) FROM leadreturns.deliveries WHERE lead_id = $1});

# the way there and back, of a statement that does nothing; a busy machine slows it like the calls
my $nothing = $node->basedir . '/nothing.sql';
PostgreSQL::Test::Utils::append_to_file($nothing, 'SELECT 1');
my ($latency) = PostgreSQL::Test::Utils::run_command(
	[ 'pgbench', '-n', '-M', 'prepared', '-t', '5000', '-f', $nothing,
		'-h', $node->host, '-p', $node->port, '-U', 'ann', 'postgres' ]);
my ($trip) = map { $_ * 1000 } $latency =~ /latency average = ([\d.]+) ms/;
cmp_ok($trip // 0, '>', 1, 'a statement that does nothing takes its time') or diag $latency;

for my $call (sort keys %calls)
{
	my ($fair, $said) = (0, '');
	# a difference that is there is there each time, one that the machine made is not
	for (1 .. 4)
	{
		my ($other, $absent) = split /\|/, $node->safe_psql('postgres',
			"SELECT round(other, 2), round(absent, 2) FROM measure(\$c\$$calls{$call}\$c\$, 1200)",
			extra_params => [ '-U', 'ann' ]);
		my $difference = abs($other - $absent);
		$said .= " $other and $absent us;";
		$fair = $difference < 0.15 * ($absent + $trip);
		last if $fair;
	}
	ok($fair, "$call:$said");
}

done_testing();
