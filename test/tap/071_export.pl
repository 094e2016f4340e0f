# CSV: every view that staff may read is exported by COPY and comes back as it was, and text that a
# spreadsheet would take for a formula can be neutralised.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('export');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $formula = q{'^[-=+@\t\r]'};

$node->safe_psql('postgres', "\\i $ENV{LR_TREE}/test/bi/world.sql");
# something that distribution_check has to show
$node->safe_psql('postgres', q{
	SET session_replication_role = replica;
	UPDATE leadreturns.transfer SET amount = amount + 1 WHERE kind = 'sale' AND delivery_id = 1});
$node->safe_psql('postgres', q{
	CREATE ROLE clerk LOGIN;
	SELECT FROM lr_grant('clerk', 'staff')});

sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', 'clerk' ]);
}

# Columns of each view, in order, and which of them are text.
my %columns;
my %texts;
for (split /\n/, $node->safe_psql('postgres', q{
	SELECT c.relname, a.attname, a.atttypid = 'text'::regtype
	  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'v'
	   AND has_table_privilege('clerk', c.oid, 'SELECT')
	 ORDER BY c.relname, a.attnum}))
{
	my ($view, $column, $is_text) = split /\|/;
	$texts{$view} //= [];
	push @{ $columns{$view} }, $column;
	push @{ $texts{$view} }, $column if $is_text eq 't';
}
cmp_ok(scalar(keys %columns), '>', 30, 'there are views that staff may read');

# SQL that exports columns of a view into a file and this into a table called back, for queries that
# follow. HEADER match refuses other names.
sub there_and_back
{
	my ($view, $list, @queries) = @_;
	return qq{
		CREATE TEMPORARY TABLE back AS SELECT * FROM leadreturns.$view WITH NO DATA;
		\\o $dir/$view.csv
		COPY (SELECT $list FROM leadreturns.$view) TO STDOUT CSV HEADER;
		\\o
		\\copy back FROM '$dir/$view.csv' (FORMAT csv, HEADER match)
	} . join('', map { "$_;\n" } @queries) . "DROP TABLE back;\n";
}

# How many rows each view has, and how many differ from those that came back
my %came_back = map { /^(\w+)\|(.*)$/ } split /\n/, ask(join '', map {
	there_and_back($_, '*', qq{
		SELECT '$_', (SELECT count(*) FROM leadreturns.$_),
		       (SELECT count(*) FROM (
		           (TABLE back EXCEPT ALL TABLE leadreturns.$_)
		           UNION ALL (TABLE leadreturns.$_ EXCEPT ALL TABLE back)) d)})
} sort keys %columns);
for my $view (sort keys %columns)
{
	my ($header) = slurp_file("$dir/$view.csv") =~ /^(.*)$/m;
	is($header, join(',', @{ $columns{$view} }), "$view: the header names the columns");
	like($came_back{$view}, qr/^[1-9]\d*\|0$/, "$view: has rows, which come back as they were");
}

# What a spreadsheet would take for a formula, and what it would not
my %neutral = (
	q{'=1+1'} => q{'''=1+1'},
	q{'+1'} => q{'''+1'},
	q{'-1'} => q{'''-1'},
	q{'@SUM(A1)'} => q{'''@SUM(A1)'},
	q{E'\\t=1'} => q{E'''\\t=1'},
	q{E'\\r=1'} => q{E'''\\r=1'},
	q{'='} => q{'''='},
	q{'=日本 🙂'} => q{'''=日本 🙂'},
	q{'=' || repeat('ż', 100000)} => q{'''=' || repeat('ż', 100000)});
$neutral{$_} = $_ for q{'a=1'}, q{'1-1'}, q{'''=1'}, q{' =1'}, q{'"=1"'}, q{'ż=1'}, q{'日本'},
  q{'🙂+'}, q{''}, q{NULL}, q{repeat('日', 100000)};
for my $given (sort keys %neutral)
{
	is(ask("SELECT lr_spreadsheet_text($given) IS NOT DISTINCT FROM $neutral{$given}"),
		't', "lr_spreadsheet_text($given)");
}
# a value that lies compressed outside of its row
is( ask(q{
		CREATE TEMPORARY TABLE long AS SELECT '=' || repeat('日', 1000000) AS value;
		SELECT lr_spreadsheet_text(value) = '''' || value FROM long}),
	't', 'a long value of a table');

is( ask(q{
		COPY (SELECT lr_spreadsheet_text(buyer) AS buyer, delivered
		        FROM leadreturns.return_rate_by_buyer WHERE buyer_id = 1 AND currency = 'EUR')
		TO STDOUT CSV HEADER}),
	qq{buyer,delivered\n"'=HYPERLINK(""x"")",194}, 'a hostile name is exported as text');

# Every view again, now for a spreadsheet: how many formulas there are in the view, and in the file.
my @counted = split /\n/, ask(join '', map {
	my $view = $_;
	my %is_text = map { $_ => 1 } @{ $texts{$view} };
	my $list = join ', ',
	  map { $is_text{$_} ? "lr_spreadsheet_text($_) AS $_" : $_ } @{ $columns{$view} };
	my $formulas = join ' OR ', 'false', map { "$_ ~ E$formula" } sort keys %is_text;
	there_and_back($view, $list, map { "SELECT count(*) FROM $_ WHERE $formulas" }
		"leadreturns.$view", 'back')
} sort keys %columns);
is(scalar(@counted), 2 * keys %columns, 'every view is exported for a spreadsheet');
my ($before, $after) = (0, 0);
while (my ($in_view, $in_file) = splice @counted, 0, 2)
{
	$before += $in_view > 0;
	$after += $in_file;
}
cmp_ok($before, '>', 20, 'most views hold something that looks like a formula');
is($after, 0, 'no file that was made for a spreadsheet does');

done_testing();
