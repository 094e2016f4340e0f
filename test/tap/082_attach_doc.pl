# doc/attach: its statements are run as they stand, and answer what it says.
use strict;
use warnings;

use IPC::Run;
use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $doc = "$ENV{LR_TREE}/doc/attach";
my $node = lr_node('attach_doc', extension => 0);
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$doc/schema.sql" ],
	'the application is installed');

# A block of SQL, and perhaps one with its answer
my @blocks = slurp_file("$doc/README.md") =~ /^```sql\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/msg;
my ($input, @expected) = ('');
while (my ($sql, $answer) = splice @blocks, 0, 2)
{
	$input .= "$sql\\echo ----\n";
	push @expected, $answer // '';
}
cmp_ok(scalar @expected, '>', 5, 'there is something to run');

# in one session, errors among the answers
IPC::Run::run([ 'psql', '-X', '-q', '-h', $node->host, '-p', $node->port, 'postgres' ],
	'<', \$input, '>&', \my $output);
my @answers = split /^----\n/m, $output;
for my $n (0 .. $#expected)
{
	(my $answer = $answers[$n] // 'nothing') =~ s/\n+\z/\n/;
	is($answer, $expected[$n], 'block ' . ($n + 1) . ' answers as it says');
}

done_testing();
