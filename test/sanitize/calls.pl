# Many calls in one session, each in a transaction of its own, some refused, some in savepoints:
# the backend does not grow, and no resource is left to be warned of.
#
# LR_CALLS is how many (100000).
use strict;
use warnings;

use File::Basename qw(dirname);
use LeadReturns;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $here = dirname(__FILE__);
my $calls = $ENV{LR_CALLS} || 100_000;
my $node = lr_node('calls', conf => "autovacuum = off\nlog_statement = none\n");
$node->safe_psql('postgres', "\\i $here/world.sql");
my $session = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $session->query_safe('SELECT pg_backend_pid()');
my $lead = 0;

# Ten calls that succeed and three that are refused, of which one undoes a savepoint
sub ten_calls
{
	my ($by_hand, $at_once) = ($lead + 2, $lead + 1);
	$lead += 2;
	return qq{
		SELECT lr_deliver($by_hand, 1, 1, 10, 4);
		SELECT lr_deliver($at_once, 2, 1, 10, 4);
		SELECT lr_check_return($by_hand, 'duplicate');
		SELECT lr_return($by_hand, 'phone was disconnected', idempotency_key => 'k$lead');
		SELECT lr_return($by_hand, 'duplicate');
		SELECT lr_decline(max(return_id)) FROM leadreturns.request r
		  JOIN leadreturns.delivery d USING (delivery_id) WHERE d.lead_id = $by_hand;
		SELECT lr_return($at_once, 'duplicate');
		SELECT lr_rollback_return($at_once);
		BEGIN;
		SAVEPOINT s;
		SELECT lr_rollback_return($at_once);
		ROLLBACK TO s;
		SELECT lr_return($at_once, 'other');
		SELECT lr_correct_reason(max(return_id), 'duplicate') FROM leadreturns.request r
		  JOIN leadreturns.delivery d USING (delivery_id) WHERE d.lead_id = $at_once;
		COMMIT;
		SELECT lr_return(0, 'duplicate');
		SELECT lr_terms(2);};
}

sub call
{
	my ($n) = @_;
	for (my $done = 0; $done < $n; $done += 500)
	{
		$session->query("\\o /dev/null\n" . join('', map { ten_calls() } 1 .. 50) . "\\o\n");
	}
	# what was refused, which the log has too
	$session->{stderr} = '';
	return;
}

my $contexts = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
call($calls / 5);
my ($kb, $bytes) = (lr_anon_kb($pid), $session->query_safe($contexts));
call($calls);
cmp_ok(my $grown = lr_anon_kb($pid) - $kb, '<', 1024, "$calls calls: the backend does not grow");
note "$calls calls: $grown kB";
cmp_ok($session->query_safe($contexts) - $bytes, '<', 65536, 'nor does what it says it has');
$session->quit;
my $log = slurp_file($node->logfile);
is(join('', $log =~ /^.*WARNING.*$/mg), '', 'no warning, of a resource or otherwise');
my %refusals = map { $_ => 1 } $log =~ /ERROR:  (.*)/g;
is( join('; ', sort keys %refusals),
	'a return of this lead is already open; lead has not yet been returned; no such lead',
	'and no refusal but those meant');
is($node->safe_psql('postgres', 'SELECT count(*) FROM leadreturns.returns'),
	$lead / 2 * 3, 'every call did what it should');
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'all agrees');

done_testing();
