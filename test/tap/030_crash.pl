# The server dies under load: what was acknowledged is there, what was not is there whole or not
# at all, and everything agrees.
use strict;
use warnings;

use IPC::Run;
use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $workers = 4;
my $node = lr_node('crash',
	conf => "restart_after_crash = on\ncheckpoint_timeout = 30s\nautovacuum = off\n");
my $dir = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', qq{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
	INSERT INTO leadreturns.account (buyer_id, name)
	SELECT 1, n::text FROM generate_series(1, 2) n;
	SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 90}', '2000-01-01')});

# psql prints a result after the server has acknowledged the statement. Two workers share an
# account. One lead is delivered, returned, accepted, rolled back, and now and then returned anew.
sub script
{
	my ($round, $worker) = @_;
	my $account = $worker % 2 + 1;
	my $file = "$dir/$round.$worker.sql";
	my $sql = '';
	for my $i (1 .. 4000)
	{
		my $lead = ($round * 10 + $worker) * 100000 + $i;
		$sql .= "SELECT 'delivered', lead_id FROM lr_deliver($lead, $account, 1, 10, 4);\n";
		$sql .= "INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)"
		  . " SELECT $lead + 50000, $account, 1, 10, 4 FROM generate_series(1, 3)"
		  . " RETURNING 'batch', lead_id;\n";
		$sql .= "SELECT status, return_id FROM lr_return($lead, 'duplicate');\n";
		$sql .= "SELECT status, return_id FROM lr_accept((SELECT return_id"
		  . " FROM leadreturns.returns WHERE lead_id = $lead));\n";
		$sql .= "SELECT status, return_id FROM lr_rollback_return($lead);\n" if $i % 3;
	}
	PostgreSQL::Test::Utils::append_to_file($file, $sql);
	return $file;
}

sub start_load
{
	my ($round) = @_;
	return map {
		IPC::Run::start(
			[
				'psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p',
				$node->port, '-d', 'postgres', '-f', script($round, $_) ],
			'>', "$dir/$round.$_.out", '2>', "$dir/$round.$_.err")
	} 1 .. $workers;
}

# What was acknowledged against what is there.
sub check
{
	my ($round) = @_;
	my %seen = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{
		SELECT 'delivered|' || lead_id FROM leadreturns.deliveries
		UNION ALL
		SELECT 'batch|' || lead_id FROM leadreturns.deliveries GROUP BY lead_id HAVING count(*) = 3
		UNION ALL
		SELECT to_status || '|' || return_id FROM leadreturns.return_history});
	my $acknowledged = 0;
	my @lost;
	for my $worker (1 .. $workers)
	{
		my @lines = split /\n/, PostgreSQL::Test::Utils::slurp_file("$dir/$round.$worker.out");
		$acknowledged += grep { /^(open|accepted|rolled_back)\|/ } @lines;
		push @lost, grep { !$seen{$_} } @lines;
	}
	is("@lost", '', "round $round: nothing acknowledged is lost");
	my $there = $node->safe_psql('postgres', qq{
		SELECT count(*)
		  FROM leadreturns.return_history h JOIN leadreturns.returns r USING (return_id)
		 WHERE r.lead_id / 1000000 = $round});
	cmp_ok($acknowledged, '>', 100, "round $round: there was a load");
	cmp_ok($there - $acknowledged, '<=', $workers,
		"round $round: of each session at most the statement in flight came on top");
	is( $node->safe_psql('postgres',
			'SELECT count(*) FROM ('
			  . 'SELECT FROM leadreturns.deliveries WHERE lead_id % 100000 > 50000'
			  . ' GROUP BY lead_id HAVING count(*) <> 3) torn'),
		'0', "round $round: no batch is torn");
	is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'),
		'', "round $round: everything agrees");
}

sub wait_for_load
{
	my ($round) = @_;
	$node->poll_query_until('postgres', qq{
		SELECT count(*) > 600 FROM leadreturns.returns WHERE lead_id / 1000000 = $round})
	  or die 'no load';
}

my @load = start_load(1);
wait_for_load(1);
$node->stop('immediate');
$_->finish for @load;
$node->start;
check(1);

# A backend dies by SIGKILL while a checkpoint has just been done; the server recovers by itself
@load = start_load(2);
wait_for_load(2);
$node->safe_psql('postgres', 'CHECKPOINT');
my $victim = $node->safe_psql('postgres', q{
	SELECT pid FROM pg_stat_activity
	 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid LIMIT 1});
kill 'KILL', $victim or die "kill $victim: $!";
$_->finish for @load;
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
check(2);

# And it goes on working
is( $node->safe_psql('postgres', q{
		SELECT status FROM lr_deliver(1, 1, 1, 10, 4);
		SELECT status FROM lr_return(1, 'duplicate');
		SELECT count(*) FROM lr_reconcile()}),
	"DELIVERED\nopen\n0", 'a return made afterwards works');

done_testing();
