# The reference says what the catalogue says: nothing is missing in it, nothing in it is invented,
# and its examples answer as printed, those of the views in a shop of their own.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('reference');
my $doc = slurp_file("$ENV{LR_TREE}/doc/reference.md");
my $part = qr/^<!-- generated: ([\w ]+) -->\n(.*?)^<!-- end -->\n/ms;

# Rows of a query, or the cells of a Markdown table, each as one line. The library is loaded first,
# so that its settings are known.
sub rows
{
	my @rows = split /\n/, $node->safe_psql('postgres', "LOAD '\$libdir/leadreturns'; $_[0]");
	return \@rows;
}

sub cells
{
	my ($text, @columns) = @_;
	my @found;
	for (grep { /^\| / } split /\n/, $text)
	{
		my @cells = split / \| /, s/^\| | \|$//gr;
		next unless $cells[0] =~ /^`|^LR/;
		s/`//g for @cells;
		push @found, join('|', @cells[@columns]);
	}
	return \@found;
}

# What stands under a heading, up to the next one that is not deeper.
sub section
{
	my ($heading) = @_;
	my ($marks) = $heading =~ /^(#+)/;
	my $length = length $marks;
	$doc =~ /^\Q$heading\E\n(.*?)(?=^\#{1,$length} |\z)/ms or return '';
	return $1;
}

# In one line; types by their short names, defaults without a cast.
sub folded
{
	my ($text) = @_;
	$text =~ s/timestamp with time zone/timestamptz/g;
	$text =~ s/(DEFAULT [^,:)]+)::[a-z]+/$1/g;
	$text =~ s/\bTABLE\(/TABLE (/;
	$text =~ s/\s+/ /g;
	return $text;
}

sub functions_agree
{
	my $rows = rows(<<'SQL');
SELECT p.proname,
       (SELECT string_agg(regexp_replace(arg, '^IN ', ''), ', ' ORDER BY n)
          FROM regexp_split_to_table(pg_get_function_arguments(p.oid), ', ')
               WITH ORDINALITY AS a (arg, n) WHERE arg !~ '^OUT '),
       coalesce('(' || (SELECT string_agg(substr(arg, 5), ', ' ORDER BY n)
                          FROM regexp_split_to_table(pg_get_function_arguments(p.oid), ', ')
                               WITH ORDINALITY AS a (arg, n) WHERE arg ~ '^OUT ') || ')',
                pg_get_function_result(p.oid)),
       array_to_string(p.proargnames, ' '),
       translate(obj_description(p.oid, 'pg_proc'), E'\n', ' ')
  FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
 WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'leadreturns')
   AND p.proname LIKE 'lr\_%' ORDER BY 1
SQL
	my @described = sort $doc =~ /^#### (\w+)$/mg;
	is_deeply(\@described, [ map { /^(\w+)/ } @$rows ], 'the functions are those that there are');

	for (@$rows)
	{
		my ($name, $arguments, $result, $names, $told) = split /\|/, $_, 5;
		my $text = section("#### $name");
		my ($signature) = $text =~ /^```\n(.*?)\n```$/ms;
		is( folded($signature // ''),
			folded($result ? "$name($arguments) RETURNS $result" : "CALL $name($arguments)"),
			"signature of $name");

		my $prose = $text =~ s/^```.*?^```$//msgr;
		is_deeply([ grep { $prose !~ /`\Q$_\E`/ } split / /, $names ],
			[], "arguments and results of $name are explained");

		my ($errors) = $prose =~ /^Errors: (.*?)\n\n/ms;
		my ($raises) = $told =~ / Errors: (.*) Example: /;
		my $same = $raises =~ /those of (\w+)/ ? $1 : '';
		$raises .= (grep { /^$same\|/ } @$rows)[0] =~ s/.* Errors: (.*) Example: .*/$1/r if $same;
		my $codes = qr/\b(LR\d{3}|\d{5})\b/;
		is_deeply([ sort(($errors // '') =~ /$codes/g) ],
			[ sort $raises =~ /$codes/g ], "errors of $name");
		is(scalar($prose =~ /\bStaff\s+only\b/), scalar($told =~ /\bStaff only\b/),
			"whom $name is for");
	}
	return;
}

sub tables_agree
{
	my $columns = rows(<<'SQL');
SELECT c.relname, a.attname
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind IN ('r', 'v')
   AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum
SQL
	my ($name, %described);
	for (map { split /\n/, section("## $_") } 'Reference tables', 'Views', 'The records')
	{
		$name = $1 if /^### (\w+)$/;
		push @{ $described{$name} }, "$name|$1" if /^\| `(\w+)`/;
	}
	is_deeply([ map { @{ $described{$_} } } sort keys %described ],
		$columns, 'the columns are those that there are, in their order');

	my $errors = rows('SELECT * FROM leadreturns.error_catalogue()');
	is_deeply(cells(section('## Errors'), 0 .. 4),
		$errors, 'the errors, in the order of the checks');
	return;
}

sub settings_agree
{
	my $table = section('## Terms: the settings');
	my $node_settings = rows(<<'SQL');
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (99, 'b');
INSERT INTO leadreturns.account (account_id, buyer_id, name) VALUES (99, 99, 'a');
SELECT setting, coalesce(value, 'none') FROM lr_terms(99)
SQL
	is_deeply(cells($table, 0, 2), $node_settings, 'settings and their defaults');

	# what a setting takes is what the error says that it takes
	for (@{ cells($table, 0, 1) })
	{
		my ($name, $takes) = split /\|/;
		my (undef, undef, $stderr) =
		  $node->psql('postgres', qq{SELECT lr_set_terms('global', NULL, '{"$name": []}')});
		like($stderr, qr/Setting "$name" takes \Q$takes\E, not/, "what $name takes");
	}

	my $gucs = rows(<<'SQL');
SELECT name, vartype, CASE boot_val WHEN '' THEN 'empty' ELSE boot_val END, context
  FROM pg_settings
 WHERE name LIKE 'leadreturns.%' AND name <> 'leadreturns.pause_at'
SQL
	is_deeply([ sort @{ cells(section('## Server settings'), 0 .. 3) } ],
		[ sort @$gucs ], 'settings of the server');
	return;
}

# Whatever is called by name, here or in the changelog, exists.
sub names_exist
{
	my %known = map { $_ => 1 } @{ rows(<<'SQL') };
DO 'BEGIN PERFORM lr_protect_data(); END';
SELECT 'leadreturns.' || relname FROM pg_class WHERE relnamespace = 'leadreturns'::regnamespace
UNION ALL SELECT 'leadreturns.' || proname FROM pg_proc
           WHERE pronamespace = 'leadreturns'::regnamespace
UNION ALL SELECT name FROM pg_settings WHERE name LIKE 'leadreturns.%'
UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'lr\_%'
UNION ALL SELECT sqlstate FROM leadreturns.error_code
SQL
	for my $file ('reference.md', 'changelog.md')
	{
		my $text = slurp_file("$ENV{LR_TREE}/doc/$file");
		my %named = map { $_ => 1 } $text =~ /\b(leadreturns\.\w+|lr_\w+|LR\d+)\b(?!\*)/g;
		is_deeply([ grep { !$known{$_} } sort keys %named ], [], "what $file names exists");
	}
	return;
}

# Links between the documents lead to a file and, where they name one, to a heading in it.
sub links_lead_somewhere
{
	my %texts = map { $_ => slurp_file("$ENV{LR_TREE}/$_") }
	  ('README.md', map { "doc/$_.md" } qw(reference design operations changelog performance));
	my %anchors;
	while (my ($file, $text) = each %texts)
	{
		$anchors{"$file#" . lc(s/ /-/gr =~ s/[^\w-]//gr)} = 1 for $text =~ /^#+ (.*)$/mg;
	}
	for my $file (sort keys %texts)
	{
		my $dir = $file =~ /(.*\/)/ ? $1 : '';
		my @lost;
		for my $link ($texts{$file} =~ /\]\(([\w#][^):]*)\)/g)
		{
			my ($to, $heading) = split /#/, $link;
			$to = $to eq '' ? $file : $dir . $to;
			push @lost, $link
			  unless -e "$ENV{LR_TREE}/$to" && (!defined $heading || $anchors{"$to#$heading"});
		}
		is_deeply(\@lost, [], "links from $file");
	}
	return;
}

sub generated_parts_are_current
{
	my ($made, $stderr) = run_command(
		[
			"$ENV{LR_TREE}/test/lib/reference-parts", '-h', $node->host, '-p', $node->port,
			'-d', 'postgres'
		]);
	is($stderr, '', 'the generated parts can be made');
	my %made = "$made\n" =~ /$part/g;
	my %has = $doc =~ /$part/g;
	is_deeply([ sort keys %has ], [ sort keys %made ], 'the generated parts');
	is($has{$_}, $made{$_}, "$_: run test/lib/reference-doc if this differs") for sort keys %made;
	return;
}

# Whatever can be read is shown at work.
sub views_have_examples
{
	my $readable = rows(<<'SQL');
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'v'
   AND EXISTS (SELECT FROM unnest('{staff,supplier}'::text[]) kind, leadreturns.privileges(kind) p
                WHERE p.statement = 'SELECT ON leadreturns.' || c.relname) ORDER BY 1
SQL
	my $views = section('## Views');
	my @shown;
	while ($views =~ /^### (\w+)\n(.*?)(?=^### |\z)/msg)
	{
		my ($view, $text) = ($1, $2);
		push @shown, $view
		  if $text =~ /^```sql\n[^`]*\bleadreturns\.$view\b[^`]*^```\n\n^```text\n [^`]*^```\n/m;
	}
	is_deeply([ sort @shown ], $readable, 'an example and its answer for each view');
	return;
}

# All examples outside the generated parts, in one session, in their order; each answers with the
# text printed after it.
sub examples_answer
{
	my ($script, @printed, @answers) = ('');
	my $by_hand = $doc =~ s/$part//gr;
	while ($by_hand =~ /^```sql\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/msg)
	{
		$script .= "$1\\echo ---- end of example\n";
		push @printed, $2 // '';
	}
	$node->psql(
		'postgres', $script,
		on_error_die => 1,
		stdout => \my $stdout,
		extra_params => [ map { "--pset=$_" } 'format=aligned', 'tuples_only=off', 'footer=off' ]);
	for (split /^---- end of example\n?/m, $stdout)
	{
		s/[ \t]+$//mg;
		s/\n+\z/\n/;
		push @answers, $_;
	}
	cmp_ok(scalar(@printed), '>', 20, 'there are examples');
	is(scalar(@answers), scalar(@printed), 'all of them were run');
	is($answers[$_], $printed[$_], 'answer of example ' . ($_ + 1)) for 0 .. $#printed;
	return;
}

# the examples come first: they want an empty database
examples_answer();
functions_agree();
tables_agree();
settings_agree();
links_lead_somewhere();
views_have_examples();
generated_parts_are_current();
# last, because it makes the view that is none of the extension's
names_exist();

done_testing();
