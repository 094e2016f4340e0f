# Many calls in one session, of every function there is, some refused, some undone by a savepoint:
# the backend does not grow, and no resource is left to be warned of.
#
# LR_CALLS is how many (100000); LR_GIVE_BACK is give_back.so.
use strict;
use warnings;

use File::Basename qw(dirname);
use LeadReturns;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

# what a round of all but rare_commands.sql makes, at the least
use constant CALLS_OF_ROUND => 85;
use constant ROUNDS_BETWEEN_RARE => 20;

my $here = dirname(__FILE__);
my $calls = $ENV{LR_CALLS} || 100_000;
my $rounds = int($calls / CALLS_OF_ROUND + 0.5);
# jit: LLVM keeps something of each plan that the server has it compile
my $node = lr_node('calls', extension => 0, conf => "log_statement = none\njit = off\n"
	  . "track_functions = all\nshared_preload_libraries = 'pg_cron'\n"
	  . "cron.database_name = 'postgres'\ncron.use_background_workers = on\n");
$node->safe_psql('postgres',
	"CREATE EXTENSION pg_cron; CREATE EXTENSION leadreturns;\n\\i $here/world.sql");
$node->safe_psql('postgres',
	"CREATE FUNCTION give_back() RETURNS void LANGUAGE c AS '$ENV{LR_GIVE_BACK}'");
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->set_query_timer_restart;
my $pid = $session->query_safe('SELECT pg_backend_pid()');
my ($base, $refused) = (0, 0);
my %codes;

sub do_rounds
{
	my ($n) = @_;
	for my $round (1 .. $n)
	{
		my @files = qw(commands other_commands refused_commands);
		push @files, 'rare_commands' if $round % ROUNDS_BETWEEN_RARE == 1;
		$base += 100;
		$session->query(join "\n", '\\set VERBOSITY sqlstate', "\\set base $base",
			'\\o /dev/null', map({ "\\i $here/$_.sql" } @files), '\\o');
		for ($session->{stderr} =~ /ERROR:  (\w+)/g)
		{
			$codes{$_} = 1;
			$refused++;
		}
		$session->{stderr} = '';
	}
	return;
}

sub kept
{
	$session->query_safe('SELECT give_back()');
	# but for the rows of terms and reasons, of which there are more now
	return (lr_anon_kb($pid), $session->query_safe(q{
		SELECT sum(total_bytes) / 1024 FROM pg_backend_memory_contexts
		 WHERE name !~ '^leadreturns (terms|reason)'}));
}

my $warm_up = int($rounds / 5) + 1;
$warm_up = 2 * ROUNDS_BETWEEN_RARE if $warm_up < 2 * ROUNDS_BETWEEN_RARE;
do_rounds($warm_up);
my ($kb, $contexts_kb) = kept();
do_rounds($rounds);
my ($kb_after, $contexts_kb_after) = kept();
$session->quit;

my $made = $node->safe_psql('postgres', q{
	SELECT sum(calls) FROM pg_stat_user_functions WHERE funcname LIKE 'lr\_%'}) + $refused;
diag "$made calls, $refused refused; $kb kB, later $kb_after kB;"
  . " contexts $contexts_kb kB, later $contexts_kb_after kB";
cmp_ok($made, '>=', $calls * ($rounds + $warm_up) / $rounds, "$calls calls and the warm-up");
cmp_ok($kb_after - $kb, '<', 1024, 'the backend does not grow');
cmp_ok($contexts_kb_after - $contexts_kb, '<', 128, 'nor does what it says it has');
is($node->safe_psql('postgres', q{
	SELECT p.proname FROM pg_proc p
	  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'leadreturns'
	  LEFT JOIN pg_stat_user_functions f ON f.funcid = p.oid
	 WHERE p.proname LIKE 'lr\_%' AND f.calls IS NULL ORDER BY 1}),
	'', 'every function was called');
my $log = slurp_file($node->logfile);
is(join("\n", $log =~ /^.*WARNING.*$/mg), '', 'no warning, of a resource or otherwise');
my %meant = map { $_ => 1 } slurp_file("$here/refused_commands.sql") =~ /-- (\w{5})$/mg;
is("@{[sort keys %codes]}", "@{[sort keys %meant]}", 'refused was what should be');
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'all agrees');

done_testing();
