# The configuration for prometheus-sql-exporter, as doc/monitoring has it: what a scrape says is
# what a recount of the records says.
use strict;
use warnings;

use HTTP::Tiny;
use IPC::Run;
use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $doc = "$ENV{LR_TREE}/doc/monitoring";
my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = lr_node('monitoring', conf => "listen_addresses = '127.0.0.1'\n");
my @queries = qw(band distribution_check outbox pending reconcile return_rate spikes sweep);
my $exporter;

# With a password in a file, as the README says
my $hba = $node->data_dir . '/pg_hba.conf';
my $others = slurp_file($hba);
unlink $hba;
append_to_file($hba, "host all monitor 127.0.0.1/32 scram-sha-256\n$others");
append_to_file("$dir/password", "127.0.0.1:*:*:monitor:a secret\n");
chmod 0600, "$dir/password" or die $!;
$node->reload;
# the clock stands still from the start
$node->safe_psql('postgres', q{
	CREATE ROLE monitor LOGIN PASSWORD 'a secret';
	SELECT FROM lr_grant('monitor', 'reporting');
	ALTER DATABASE postgres SET leadreturns.now = '2026-07-15 12:00:00+00'});

END { $exporter->kill_kill if $exporter }

sub wait_until
{
	my ($happened) = @_;
	my $deadline = time() + $PostgreSQL::Test::Utils::timeout_default;
	until ($happened->())
	{
		die 'the exporter does not answer: ' . slurp_file("$dir/log") if time() > $deadline;
		usleep(10_000);
	}
	return;
}

# Values of a fresh exporter by metric and labels, once its log says that it has asked everything.
sub scrape
{
	my $listen = '127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port();
	my $port = $node->port;
	my ($answer, %value);

	local $ENV{LEADRETURNS_URL} = "postgres://monitor\@127.0.0.1:$port/postgres?sslmode=disable";
	local $ENV{PGPASSFILE} = "$dir/password";
	local $ENV{LOGLEVEL} = 'debug';
	$exporter = IPC::Run::start(
		[ 'prometheus-sql-exporter', '-config.file', "$doc/sql_exporter.yml",
			'-web.listen-address', $listen ],
		'<', '/dev/null', '>', "$dir/log", '2>&1');
	wait_until(sub {
		my $asked = () =
		  slurp_file("$dir/log") =~ /"msg":"(?:Query finished|Failed to run query)"/g;
		return $asked >= @queries;
	});
	wait_until(sub {
		$answer = HTTP::Tiny->new->get("http://$listen/metrics");
		return $answer->{success};
	});
	$exporter->kill_kill;
	undef $exporter;

	for (split /\n/, $answer->{content})
	{
		my ($name, $labels, $number) = /^sql_(leadreturns_\w+|exporter_last\w+)\{(.*)\} (\S+)$/
		  or next;
		my %label = $labels =~ /(\w+)="([^"]*)"/g;
		delete @label{qw(driver host database user sql_job)};
		$value{ join ' ', $name, map { "$_=$label{$_}" } sort keys %label } = 0 + $number;
	}
	return \%value;
}

# What must be said, from the records. Numbers that a reader would like to see are given.
sub counted
{
	my (%given) = @_;
	my %value = %given;

	for (split /\n/, $node->safe_psql('postgres', q{
		SELECT 'leadreturns_pending col=returns', count(*) FROM leadreturns.request
		 WHERE status = 'open'
		UNION ALL
		SELECT 'leadreturns_pending col=over_cap', count(*) FROM leadreturns.request
		 WHERE status = 'open' AND over_cap
		UNION ALL
		SELECT 'leadreturns_outbox col=' || s, count(n.status)
		  FROM unnest('{pending,claimed,dead}'::text[]) s
		  LEFT JOIN leadreturns.notification n ON n.status = s GROUP BY s
		UNION ALL
		SELECT 'leadreturns_outbox col=oldest_age_seconds',
		       coalesce(extract(epoch FROM '2026-07-15 12:00:00+00'::timestamptz - min(due_at)), 0)
		  FROM leadreturns.notification
		UNION ALL
		SELECT 'leadreturns_sweep col=unfolded_rate_deltas', count(*) FROM leadreturns.rate_delta}))
	{
		my ($name, $number) = split /\|/;
		$value{$name} = 0 + $number;
	}
	for (split /\n/, $node->safe_psql('postgres', q{
		WITH sold AS (
			SELECT d.currency, d.delivered_at::date AS day, a.buyer_id, d.supplier_id,
			       EXISTS (SELECT FROM leadreturns.request r
			                WHERE r.delivery_id = d.delivery_id AND r.status = 'accepted')::int
			           AS returned
			  FROM leadreturns.delivery d JOIN leadreturns.account a USING (account_id)
			 WHERE d.delivered_at >= '2026-06-16' AND d.delivered_at < '2026-07-16'),
		rate AS (
			SELECT currency, p.period, count(*)::float8 AS delivered, sum(returned) AS returned
			  FROM sold JOIN (VALUES ('today', 0), ('30 days', 29)) p (period, days)
			    ON day >= date '2026-07-15' - p.days
			 GROUP BY 1, 2),
		subject AS (
			SELECT kind, currency, count(*) AS delivered, avg(returned) AS rate
			  FROM sold JOIN LATERAL (VALUES ('buyer', buyer_id), ('supplier', supplier_id))
			    s (kind, id) ON true
			 GROUP BY kind, id, currency)
		SELECT format('return_rate col=%s currency=%s period=%s', v.col, currency, period), v.n
		  FROM rate CROSS JOIN LATERAL (VALUES ('delivered', delivered), ('returned', returned),
		       ('return_rate', returned / delivered)) v (col, n)
		UNION ALL
		SELECT format('band col=%s currency=%s subject_kind=%s', v.col, currency, kind), sum(v.n)
		  FROM subject CROSS JOIN LATERAL (VALUES
		       ('too_few', (delivered < 20)::int),
		       ('high', (delivered >= 20 AND rate >= 0.3)::int),
		       ('watch', (delivered >= 20 AND rate >= 0.15 AND rate < 0.3)::int),
		       ('healthy', (delivered >= 20 AND rate < 0.15)::int)) v (col, n)
		 GROUP BY currency, kind, v.col}))
	{
		my ($name, $number) = split /\|/;
		$value{"leadreturns_$name"} = 0 + $number;
	}
	return \%value;
}

my %fine = map { ("exporter_last_scrape_failed query=leadreturns_$_" => 0) } @queries;
my %quiet = (
	'leadreturns_pending col=overdue' => 0,
	'leadreturns_pending col=oldest_age_seconds' => 0,
	'leadreturns_sweep col=late' => 0,
	'leadreturns_sweep col=overdue' => 0,
	'leadreturns_sweep col=oldest_overdue_seconds' => 0,
	'leadreturns_sweep col=last_run_timestamp_seconds' => 0,
	'leadreturns_sweep col=failed' => 0,
	'leadreturns_distribution_check col=differences' => 0,
	'leadreturns_reconcile col=differences' => 0,
	map { ("leadreturns_spikes col=$_ subject_kind=buyer" => 0,
			"leadreturns_spikes col=$_ subject_kind=supplier" => 0) } 'today', 'last_7_days');

# supplier 2 on the 10th, which buyer 1 felt; and buyer 1 today
my %spikes = (
	'leadreturns_spikes col=today subject_kind=buyer' => 1,
	'leadreturns_spikes col=last_7_days subject_kind=buyer' => 2,
	'leadreturns_spikes col=last_7_days subject_kind=supplier' => 1);

is_deeply(scrape(), counted(%fine, %quiet), 'an empty database has nothing to tell, but tells it');

$node->safe_psql('postgres', "\\i $ENV{LR_TREE}/test/bi/world.sql");
my $said = scrape();
is_deeply(
	$said,
	counted(
		%fine, %quiet,
		# what buyer 3 returned on the 11th was due two days later; the sweep ran on the 11th
		'leadreturns_pending col=overdue' => 3,
		'leadreturns_pending col=oldest_age_seconds' => 4 * 86400,
		'leadreturns_sweep col=late' => 1,
		'leadreturns_sweep col=overdue' => 3,
		'leadreturns_sweep col=oldest_overdue_seconds' => 2 * 86400,
		'leadreturns_sweep col=last_run_timestamp_seconds' => 1783771200,
		%spikes),
	'a shop');
ok((grep { /^leadreturns_return_rate .*today$/ } keys %$said) > 0, 'which sold something today');
cmp_ok($said->{'leadreturns_sweep col=unfolded_rate_deltas'}, '>', 0, 'and has rates to fold');
cmp_ok($said->{'leadreturns_band col=high currency=USD subject_kind=supplier'},
	'>', 0, 'and a supplier that is bad');

# The README has every value in its table, and shows conditions on values that are there.
my $readme = slurp_file("$doc/README.md");
my %row = $readme =~ /^\| `sql_(\w+)` \| (.*)$/mg;
my @unexplained = grep {
	my ($name, $col) = /^(leadreturns_\w+) col=(\w+)/;
	$name && ($row{$name} // '') !~ /`$col`/
} sort keys %$said;
is_deeply(\@unexplained, [], 'the README explains all that is said');
is_deeply([ sort keys %row ], [ map { "leadreturns_$_" } @queries ], 'and no more');

my @conditions = $readme =~ /(sql_leadreturns_\w+\{[^}]*\})/g;
cmp_ok(scalar(@conditions), '>', 5, 'it says what to look at');
for my $condition (@conditions)
{
	my ($name, $labels) = $condition =~ /^sql_(\w+)\{(.*)\}$/;
	my @there = grep { /^$name / } keys %$said;
	for my $label ($labels =~ /(\w+="[^"]*")/g)
	{
		my $plain = $label =~ s/"//gr;
		@there = grep { "$_ " =~ / \Q$plain\E / } @there;
	}
	ok(@there > 0, "there is $condition");
}

# The sweep does what was due, and one amount in the ledger is changed behind everybody's back.
$node->safe_psql('postgres', q{
	SELECT FROM lr_sweep();
	SET session_replication_role = replica;
	UPDATE leadreturns.transfer SET amount = amount + 1 WHERE kind = 'sale' AND delivery_id = 1});
my $differences = $node->safe_psql('postgres', 'SELECT count(*) FROM lr_reconcile()');
cmp_ok($differences, '>', 0, 'the ledger is damaged');
is_deeply(
	scrape(),
	counted(
		%fine, %quiet,
		'leadreturns_pending col=oldest_age_seconds' => 4 * 86400,
		'leadreturns_sweep col=last_run_timestamp_seconds' => 1784116800,
		%spikes,
		'leadreturns_distribution_check col=differences' => 1,
		'leadreturns_reconcile col=differences' => 0 + $differences),
	'after the sweep, with a wrong amount');

$node->safe_psql('postgres', q{SELECT lr_revoke('monitor', 'reporting')});
is_deeply(
	scrape(),
	{ map { ("exporter_last_scrape_failed query=leadreturns_$_" => 1) } @queries },
	'without the grant every question fails, and says so');

done_testing();
