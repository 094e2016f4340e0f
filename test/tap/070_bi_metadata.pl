# What a BI tool is told of the views that reporting may read, through Debian's JDBC and ODBC
# drivers: types that every tool knows, with the sizes that are promised, and what they mean.
use strict;
use warnings;

use IPC::Run;
use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('bi_metadata', conf => "listen_addresses = '127.0.0.1'\n");
my $port = $node->port;
my $analyst = [ '-U', 'analyst' ];

$node->safe_psql('postgres', "\\i $ENV{LR_TREE}/test/bi/world.sql");
# something that distribution_check has to show
$node->safe_psql('postgres', q{
	SET session_replication_role = replica;
	UPDATE leadreturns.transfer SET amount = amount + 1 WHERE kind = 'sale' AND delivery_id = 1});
$node->safe_psql('postgres', q{
	CREATE ROLE analyst LOGIN;
	SELECT FROM lr_grant('analyst', 'reporting')});

my @views = split /\n/, $node->safe_psql('postgres', q{
	SELECT relname FROM pg_class
	 WHERE relnamespace = 'leadreturns'::regnamespace AND relkind = 'v'
	   AND has_table_privilege('analyst', oid, 'SELECT')
	 ORDER BY relname COLLATE "C"});
cmp_ok(scalar(@views), '>', 25, 'there are views that reporting may read');

# How a server's type must arrive: its name in the driver, its size (undef: any), its digits and
# what its values are. Numbers with decimals are what their names promise.
my %jdbc = (
	int8 => [ 'BIGINT', 19, 0, 'Long' ],
	int4 => [ 'INTEGER', 10, 0, 'Integer' ],
	numeric => [ 'NUMERIC', undef, undef, 'BigDecimal' ],
	text => [ 'VARCHAR', 2147483647, 0, 'String' ],
	timestamptz => [ 'TIMESTAMP', undef, 6, 'Timestamp' ],
	date => [ 'DATE', undef, 0, 'Date' ],
	bool => [ 'BIT', 1, 0, 'Boolean' ],
	jsonb => [ 'OTHER', undef, 0, 'PGobject' ]);
# This driver gives text as long text and a boolean as '0' or '1', unless told otherwise
my %odbc = (
	int8 => [ 'SQL_BIGINT', 19, 0, 'int' ],
	int4 => [ 'SQL_INTEGER', 10, 0, 'int' ],
	numeric => [ 'SQL_NUMERIC', undef, undef, 'Decimal' ],
	text => [ 'SQL_WLONGVARCHAR', 8190, '', 'str' ],
	timestamptz => [ 'SQL_TYPE_TIMESTAMP', 26, 6, 'datetime' ],
	date => [ 'SQL_TYPE_DATE', 10, '', 'date' ],
	bool => [ 'SQL_VARCHAR', 5, 0, 'str' ],
	jsonb => [ 'SQL_WVARCHAR', undef, '', 'str' ]);

sub size_and_digits
{
	my ($column) = @_;
	return (10, 4) if $column eq 'z_score';
	return (12, 3) if $column eq 'duration_ms';
	return (12, 2) if $column =~ /_hours$/;
	return (7, 4) if $column =~ /(?:^|_)(?:rate|share)$|^margin_/;
	return (14, 2);
}

# Runs a helper; returns its lines by their first word and their view.
sub told
{
	my ($driver, @command) = @_;
	my ($out, $err) = ('', '');
	ok(IPC::Run::run(\@command, '<', '/dev/null', '>', \$out, '2>', \$err), "$driver: connects")
	  or diag $err;
	my %told;
	for (split /\n/, $out)
	{
		my ($kind, $view, @fields) = split /\t/, $_, -1;
		push @{ $told{$kind}{$view} }, \@fields;
	}
	return \%told;
}

# What is wrong with a view, a line for each.
sub wrong_in
{
	my ($types, $view, $told) = @_;
	my (@wrong, %column);

	for (@{ $told->{column}{$view} })
	{
		my ($name, $type, $server_type, $size, $digits) = @$_;
		my ($want_type, $want_size, $want_digits, $class) = @{ $types->{$server_type} // [] };
		($want_size, $want_digits) = size_and_digits($name) if $server_type eq 'numeric';
		$column{$name} = { class => $class, digits => $digits };
		next
		  if defined $want_type
		  && $type eq $want_type
		  && ($server_type ne 'jsonb' || $view eq 'terms_history')
		  && $size > 0
		  && $size == ($want_size // $size)
		  && $digits eq $want_digits;
		push @wrong, "$name is $server_type, $type ($size,$digits)";
	}
	push @wrong, 'has no columns' unless %column;
	# no row has no types
	push @wrong, 'has no values' unless $told->{value}{$view};
	for (@{ $told->{value}{$view} })
	{
		my ($name, $class, $scale) = @$_;
		push @wrong, "a value of $name is a $class ($scale)"
		  if $class ne ($column{$name}{class} // '')
		  || ($scale ne '' && $scale ne $column{$name}{digits});
	}
	return join "\n", @wrong;
}

# As a table, for whoever reads the log.
sub show
{
	my ($driver, $view, $told) = @_;
	return diag "$view in $driver:\n", map {
		sprintf "%-18s %-20s %-12s %10s %6s\n", @{$_}[ 0 .. 4 ]
	} @{ $told->{column}{$view} };
}

my $jdbc = told(
	'JDBC',
	'java', '-cp', '/usr/share/java/postgresql.jar',
	"$ENV{LR_TREE}/test/bi/Metadata.java",
	"jdbc:postgresql://127.0.0.1:$port/postgres?user=analyst&hideUnprivilegedObjects=true");
my $odbc = told('ODBC', 'python3', "$ENV{LR_TREE}/test/bi/metadata.py",
	"Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=$port;Database=postgres;Uid=analyst",
	@views);

is_deeply([ sort keys %{ $jdbc->{view} } ], \@views, 'JDBC lists the views that may be read');
is_deeply([ sort keys %{ $odbc->{view} } ], \@views, 'ODBC finds each of them');
for my $view (@views)
{
	is(wrong_in(\%jdbc, $view, $jdbc), '', "JDBC: $view");
	is(wrong_in(\%odbc, $view, $odbc), '', "ODBC: $view");
}

# The comments arrive, all of them and word by word.
my %comment = map { split /\t/, $_, 2 } split /\n/, $node->safe_psql('postgres', q{
	SELECT c.relname || coalesce('.' || a.attname, '') || E'\t'
	       || coalesce(col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class'), '')
	  FROM pg_class c
	  LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute
	                      WHERE attrelid = c.oid AND attnum > 0
	                      UNION ALL SELECT NULL, NULL) a ON true
	 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'v'
	   AND has_table_privilege('analyst', c.oid, 'SELECT')});
my %remark;
for my $view (@views)
{
	$remark{$view} = $jdbc->{view}{$view}[0][0];
	$remark{"$view.$_->[0]"} = $_->[5] for @{ $jdbc->{column}{$view} };
}
is_deeply(\%remark, \%comment, 'JDBC gives the comments as remarks');
is_deeply([ grep { $remark{$_} eq '' } sort keys %remark ], [], 'none is empty');

# What is told of a result is what was told of the view
for my $view (@views)
{
	for ([ JDBC => $jdbc ], [ ODBC => $odbc ])
	{
		my ($driver, $told) = @$_;
		is_deeply(
			[ map { [ @{$_}[ 0, 2, 3 ] ] } @{ $told->{result}{$view} } ],
			[ map { [ @{$_}[ 0, 3 ], $_->[4] || 0 ] } @{ $told->{column}{$view} } ],
			"$driver: a query of $view has the same sizes");
	}
}

my $filtered = $node->safe_psql('postgres', q{
	SELECT count(*), sum(returned_value) FROM leadreturns.return_rate_by_buyer_daily
	 WHERE day BETWEEN '2026-07-01' AND '2026-07-15' AND buyer = '=HYPERLINK("x")'},
	extra_params => $analyst);
like($filtered, qr/^[1-9]\d*\|[1-9]\d*\.\d\d$/, 'there is something to filter');
for ([ JDBC => $jdbc ], [ ODBC => $odbc ])
{
	my ($driver, $told) = @$_;
	my ($rows) = keys %{ $told->{filter} };
	is("$rows|$told->{filter}{$rows}[0][0]", $filtered, "$driver: parameters of a filter");
	show($driver, 'return_spikes', $told);
}

done_testing();
