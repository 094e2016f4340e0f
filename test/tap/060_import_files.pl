# The files of test/files, and some that are too large to keep: each is loaded, verified, run and
# undone, and each line must have the verdict and the outcome that stand beside the file.
use strict;
use warnings;

use Encode;
use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $dir = "$ENV{LR_TREE}/test/files";
my $made = PostgreSQL::Test::Utils::tempdir();
my $node = lr_node('import_files', conf => "synchronous_commit = off\nfsync = off\n");

my @checks = (
	'verify changes nothing',
	'every verdict is as expected',
	'every line has the outcome expected',
	'the requests say what the lines said',
	'verification foresaw the run',
	'progress tells the numbers',
	'reconciles after the run',
	'every line is undone',
	'balances, statuses and caps are as before',
	'reconciles after the undo');
my $malformed = 'malformed,22P04,,,';
my $returned = 'returned,,%d,duplicate,%s';

# A file of the test itself: its text, and line number and expectation of each line.
sub make_file
{
	my ($name, $csv, @expected) = @_;
	my $head = 'line_no,status,sqlstate,key,reason,note,recorded,delivery_id,over_cap,'
	  . "credit,clawback\n";

	PostgreSQL::Test::Utils::append_to_file("$made/$name.csv", $csv);
	PostgreSQL::Test::Utils::append_to_file("$made/$name.expected",
		$head . join('', map { "$_,,,,,\n" } @expected));
	chmod 0644, "$made/$name.csv", "$made/$name.expected";
	$node->safe_psql('postgres', "INSERT INTO t.file (name, dir) VALUES ('$name', '$made')");
}

# Records of the greatest length and one byte more; one that goes on for longer; a quote that is
# closed, but too far away; and many lines.
sub make_files
{
	my $limit = 64 * 1024;
	my $head = "lead_id,reason,note\n";
	my $fits = 'x' x ($limit - length('101,duplicate,'));
	my $quoted = 'y' x ($limit - length('102,duplicate,""'));
	my $unknown = join '', map { '999,duplicate,' . 'z' x 1000 . "\n" } 1 .. 70;

	make_file('longest', "${head}101,duplicate,$fits\n102,duplicate,\"$quoted\"\r\n",
		'2,' . sprintf($returned, 101, $fits), '3,' . sprintf($returned, 102, $quoted));
	make_file(
		'too_long',
		"${head}101,duplicate,${fits}x\n102,duplicate,\"${quoted}y\"\n103,duplicate,"
		  . 'x' x 200_000
		  . "\n104,duplicate,ok\n",
		"2,$malformed", "3,$malformed", "4,$malformed",
		'5,' . sprintf($returned, 104, 'ok'));
	make_file(
		'closed_too_late',
		"${head}101,duplicate,ok\n102,duplicate,\"open\n${unknown}103,duplicate,close\"\n",
		'2,' . sprintf($returned, 101, 'ok'),
		"3,$malformed",
		(map { "$_,unknown_lead,LR002,999,duplicate," . 'z' x 1000 } 4 .. 73),
		'74,' . sprintf($returned, 103, '"close"""'));
	make_file(
		'many',
		"lead_id,reason\n" . join('', map { (100 + $_ % 25) . ",duplicate\n" } 1 .. 2500),
		(map { $_ + 1 . ',' . line_of_many($_) } 1 .. 2500));
}

# Leads 101 to 123 are there, 100 and 124 are not; each comes a hundred times.
sub line_of_many
{
	my ($n) = @_;
	my $lead = 100 + $n % 25;

	return "unknown_lead,LR002,$lead,duplicate," if $lead == 100 || $lead == 124;
	return sprintf($returned, $lead, '') if $n < 25;
	return "already_returned,LR011,$lead,duplicate,";
}

# What one file goes through. What a statement returns after a label must be empty.
my $script = q{
\warn ### NAME
\echo ### NAME
\echo == loaded
SELECT t.load(f) FROM t.file f WHERE name = 'NAME';
SELECT import_id AS id, load_error IS NULL AS loaded FROM t.file WHERE name = 'NAME' \gset
\if :loaded
DELETE FROM t.expected;
COPY t.expected FROM 'DIR/NAME.expected' (FORMAT csv, HEADER);
DELETE FROM t.before;
INSERT INTO t.before SELECT * FROM t.state();
SELECT t.fingerprint('{import,import_verdict}') AS before \gset
SELECT '' FROM lr_import_verify(:id);
\echo == verify changes nothing
SELECT t.fingerprint('{import,import_verdict}') WHERE t.fingerprint('{import,import_verdict}')
       <> :'before';
\echo == every verdict is as expected
SELECT t.unexpected(:id, true);
CALL lr_import_run(:id, 3);
\echo == every line has the outcome expected
SELECT t.unexpected(:id, false);
\echo == the requests say what the lines said
SELECT t.wrong_requests(:id);
\echo == verification foresaw the run
SELECT t.unforeseen(:id);
\echo == progress tells the numbers
SELECT t.wrong_progress(f) FROM t.file f WHERE name = 'NAME';
\echo == reconciles after the run
SELECT to_json(r) FROM lr_reconcile() r;
SELECT '' FROM lr_import_undo(:id);
\echo == every line is undone
SELECT t.wrong_undo(:id);
\echo == balances, statuses and caps are as before
(TABLE t.before EXCEPT SELECT * FROM t.state())
UNION ALL (SELECT * FROM t.state() EXCEPT TABLE t.before);
\echo == reconciles after the undo
SELECT to_json(r) FROM lr_reconcile() r;
\echo == raw
SELECT line_no || ',' || encode(convert_to(raw, 'UTF8'), 'hex')
  FROM leadreturns.import_results r WHERE import_id = :id;
\endif
};

# The raw text of a line must stand in the file, from the start of that line to a line end.
sub raw_differs
{
	my ($bytes, $encoding, $lines) = @_;
	my $text = decode($encoding, $bytes);
	my @rest;
	my $differs = '';

	do { push @rest, substr($text, pos($text) // 0) } while ($text =~ /\r\n|\r|\n/g);
	for my $line (split /\n/, $lines)
	{
		my ($number, $hex) = split /,/, $line;
		my $raw = decode('UTF-8', pack('H*', $hex));
		my $rest = $rest[ $number - 1 ] // '';

		# bytes that are no text are escaped
		next if $raw =~ /\\x[0-9a-f]{2}/;
		$differs .= "line $number\n"
		  unless substr($rest, 0, length $raw) eq $raw
		  && substr($rest, length $raw) =~ /\A(?:[\r\n]|\z)/;
	}
	return $differs;
}

# Splits what a session printed at the names of the files.
sub by_file
{
	my ($printed) = @_;
	my (undef, @parts) = split /^### (\w+)\n/m, "$printed\n", -1;

	return { @parts };
}

sub check_file
{
	my ($file, $printed) = @_;
	my $name = $file->{name};
	my %encodings = (LATIN1 => 'iso-8859-1', WIN1252 => 'cp1252');
	my (undef, %part) = split /^== (.*)\n/m, $printed // '', -1;
	my $loaded = delete $part{loaded};
	my $raw = delete $part{raw};

	s/^\n+|\n+$//g for grep { defined } $loaded, values %part;
	return is($loaded, $file->{load_error}, "$name: cannot be loaded") if $file->{load_error};

	my $expected = PostgreSQL::Test::Utils::slurp_file("$file->{dir}/$name.expected");
	my $lines = () = $expected =~ /^\d+,[a-z_]+,(?:LR\d+|22P04)?,/mg;
	is($loaded, $lines, "$name: lines loaded");
	is($part{$_}, '', "$name: $_") for @checks;
	is( raw_differs(
			PostgreSQL::Test::Utils::slurp_file("$file->{dir}/$name.csv"),
			$encodings{ $file->{encoding} } // 'UTF-8',
			$raw // '0,'),
		'',
		"$name: raw text is as it came");
}

$node->safe_psql('postgres',
	"\\i $dir/world.sql\n\\i $dir/check.sql\n"
	  . "COPY t.file (name, about, encoding, match_by, key_column, reason_column, note_column, "
	  . "buyer_id, reason, cap_crossed_line, load_error) FROM '$dir/index' (FORMAT csv, HEADER);"
	  . "UPDATE t.file SET dir = '$dir'");
make_files();
my @files = map {
	my %file;
	@file{qw(name dir encoding load_error)} = split /\|/;
	\%file;
} split /\n/, $node->safe_psql('postgres',
	"SELECT name, dir, coalesce(encoding, 'UTF8'), load_error FROM t.file ORDER BY name");
my @there = glob "$dir/*.csv";
cmp_ok(scalar(@there), '>=', 60, 'there are enough files');
is(scalar(@files), scalar(@there) + 4, 'the index names every file');

# All in one session; one that ends early leaves files without their results.
my ($all, $printed, $errors) = ('');
for my $file (@files)
{
	(my $one = $script) =~ s/NAME/$file->{name}/g;
	$one =~ s/DIR/$file->{dir}/g;
	$all .= $one;
}
$node->psql(
	'postgres', $all,
	stdout => \$printed,
	stderr => \$errors,
	on_error_stop => 0);
($printed, $errors) = (by_file($printed), by_file($errors));
for my $file (@files)
{
	(my $error = $errors->{ $file->{name} } // 'not reached') =~ s/\n+$//;
	is($error, '', "$file->{name}: no command fails");
	check_file($file, $printed->{ $file->{name} });
}
$node->stop;
done_testing();
