# Memory that the system does not give: each allocation in turn fails in a session that does every
# kind of command. The session answers with an error, goes on, and nothing is half done.
#
# LR_MALLOC_STEP (1) tests each so many-th allocation; LR_FAILING_MALLOC is failing_malloc.so.
use strict;
use warnings;

use File::Basename qw(dirname);
use LeadReturns;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $here = dirname(__FILE__);
my $step = $ENV{LR_MALLOC_STEP} || 1;
$ENV{LD_PRELOAD} = $ENV{LR_FAILING_MALLOC};
my $node = lr_node('malloc', conf => "autovacuum = off\nsynchronous_commit = off\n"
	  . "log_statement = none\nlog_error_verbosity = verbose\n"
	  # LLVM answers a failed allocation by ending the process, and plpgsql is not loaded again
	  # after a load that failed half way
	  . "jit = off\nsession_preload_libraries = 'plpgsql'\n");
delete $ENV{LD_PRELOAD};
$node->safe_psql('postgres', "\\i $here/world.sql");
$node->safe_psql('postgres', "CREATE FUNCTION fail_malloc(integer, integer) RETURNS integer
	LANGUAGE c AS '$ENV{LR_FAILING_MALLOC}'");

my ($sessions, $failures, $base) = (0, 0, 0);
my (@ended, @unusable, @unexpected, @inconsistent);

# A session whose at-th allocation fails, and then each every-th: once with cold caches, once with
# warm ones, then once without failures, where nothing may be refused. Returns how many failed.
sub session
{
	my ($at, $every, @files) = @_;
	my ($cold, $warm, $good) = map { $base += 100 } 1 .. 3;
	my $commands = join "\n", map { "\\i $here/$_.sql" } @files;
	my ($rc, $out, $err) = $node->psql('postgres', qq{
\\set VERBOSITY sqlstate
SELECT fail_malloc($at, $every) \\g /dev/null
\\set base $cold
\\set import 0
\\set return 0
\\set failing 0
\\set sent {}
$commands
SELECT 'cold ' || fail_malloc(${\(1 + $at % 50)}, $every);
\\set base $warm
$commands
SELECT 'warm ' || fail_malloc(0, 0);
\\warn good
\\set ON_ERROR_STOP 1
\\set base $good
$commands
}, on_error_stop => 0);
	my ($bad, $after) = split /^good$/m, $err, 2;

	$sessions++;
	# for which the log is asked
	return 1 if $err =~ /FATAL:  53200/;
	push @ended, "$at, $every: $err" if $rc != 0 && $rc != 3 || !defined $after;
	push @unusable, "$at, $every: $after" if $rc == 3;
	# what did not happen is missing to the commands that build on it
	push @unexpected, map { "$at, $every: $_" }
	  grep { !/ERROR:  (53200|LR\d\d\d|25P02|2201B|22023)/ } split /\n/, $bad;
	push @inconsistent, "$at, $every"
	  if $sessions % 20 == 0 && $node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()') ne '';
	my ($failed) = $out =~ /^cold (\d+)/m;
	my ($all) = $out =~ /^warm (\d+)/m;
	$failures += $all // 0;
	return $failed;
}

my ($at, $none) = (1, 0);
for (; $none < 3; $at += $step)
{
	my $failed = session($at, 0, 'commands', 'other_commands');
	$none = defined $failed && $failed == 0 ? $none + 1 : 0;
}
session(1 + $_ % 7, $_, 'commands', 'other_commands', 'rare_commands')
  for map { 50 + $step * $_ } 0 .. int(450 / $step);

diag "$at allocations, $sessions sessions, $failures failures";
cmp_ok($failures, '>=', $sessions, "memory was missing $failures times in $sessions sessions");
is("@ended[0 .. ($#ended > 4 ? 4 : $#ended)]", '', 'no session ended by it');
is("@unusable[0 .. ($#unusable > 4 ? 4 : $#unusable)]", '', 'each could be used after it');
is("@unexpected[0 .. ($#unexpected > 9 ? 9 : $#unexpected)]", '', 'it is reported as what it is');
is("@inconsistent", '', 'nothing was half done');
is($node->safe_psql('postgres', 'SELECT * FROM lr_reconcile()'), '', 'and in the end all agrees');
my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|terminated by signal|TRAP/, 'no process of the server crashed');
# The server has other words for it when it compiles a regular expression or changes the role.
my $other_words = qr/2201B: .*out of memory|22023: invalid value for parameter "role"/;
is(join("\n", grep { !/^$other_words/ } $log =~ /ERROR:  (22.*)/g), '', 'in words of the server');
# The first value of a setting when a library is loaded, and what a function sets while it runs
my @fatal = grep { !/^guc_(?:strdup|malloc)$/ } $log =~ /FATAL:.*\n.*LOCATION:  (\w+)/g;
is("@fatal", '', 'no session was ended but where the server knows no other way');

done_testing();
