# Databases in other encodings: text goes in and comes out as it was given.
use strict;
use warnings;

use LeadReturns;
use Test::More;

my $node = lr_node('encodings', extension => 0);
my $text = "Gr\xc3\xb6\xc3\x9fe falsch";	# in UTF-8
my $long = "\xc3\xa4" x 80;

# How many characters a reason of 80 characters is cut to. Where the server knows no characters, a
# byte is one.
my %kept = (UTF8 => 75, LATIN1 => 75, SQL_ASCII => 75);

for my $encoding (sort keys %kept)
{
	my $db = lc $encoding;
	$node->safe_psql('postgres',
		"CREATE DATABASE $db ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	my $client = $encoding eq 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8';
	my ($rc, $out, $err) = $node->psql($db, qq{
		SET client_encoding = '$client';
		CREATE EXTENSION leadreturns;
		INSERT INTO leadreturns.buyer (name) VALUES ('M\xc3\xbcller');
		INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'K\xc3\xb6ln');
		INSERT INTO leadreturns.reason (code, label) VALUES ('size', 'Gr\xc3\xb6\xc3\x9fe');
		INSERT INTO leadreturns.reason_alias VALUES ('$text', 'size');
		INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
		SELECT n, 1, 10 FROM generate_series(1, 5) n;
		SELECT reason, reason_text, note, buyer FROM lr_return(1, '$text', 'n\xc3\xb6');
		SELECT reason FROM lr_return(2, ' Gr\xc3\xb6\xc3\x9fe,  FALSCH! ');
		SELECT reason, reason_text FROM lr_return(3, '\xc3\xbcbrig');
		SELECT reason, length(reason_text) FROM lr_return(4, '$long');
		SELECT status FROM lr_accept(4, 'gut gepr\xc3\xbcft');
		SELECT count(*) FROM lr_reconcile();
		SELECT decision_note FROM leadreturns.returns WHERE status = 'accepted'},
		on_error_stop => 1);
	is($rc, 0, "$encoding: installs and works") or diag $err;
	is( $out, join("\n",
			"size|$text|n\xc3\xb6|M\xc3\xbcller", 'size', "other|\xc3\xbcbrig",
			"other|$kept{$encoding}", 'accepted', '0', "gut gepr\xc3\xbcft"),
		"$encoding: text comes out as it went in");
}

# Four bytes each, and none is cut in two.
my $smile = "\xf0\x9f\x98\x80";
is( $node->safe_psql('utf8', qq{
		SET client_encoding = 'UTF8';
		INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
		SELECT n, 1, 10 FROM generate_series(6, 7) n;
		SELECT length(reason_text), octet_length(reason_text), right(reason_text, 2) = '${smile}z'
		FROM lr_return(6, repeat('$smile', 74) || 'z' || '$smile');
		SELECT length(reason_text), octet_length(reason_text), reason
		FROM lr_return(7, repeat('$smile', 200))}),
	"75|297|t\n75|300|other", 'a reason is cut at 75 characters, not bytes');

done_testing();
