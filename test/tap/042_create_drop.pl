# CREATE and DROP EXTENSION, again and again, leave nothing behind: no row of a catalogue, no file,
# no memory of a session that goes on; and the library serves the last one made.
use strict;
use warnings;

use LeadReturns;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = lr_node('again', extension => 0, conf => "fsync = off\nautovacuum = off");

# How many rows each catalogue has, and which files belong to no relation.
sub left
{
	my @catalogues = split /\n/, $node->safe_psql('postgres',
		"SELECT oid::regclass FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace"
		  . " AND relkind = 'r' ORDER BY oid::regclass::text");
	$node->safe_psql('postgres', 'CHECKPOINT');	# which removes the files of dropped relations
	return $node->safe_psql('postgres',
		join "\nUNION ALL ", (map { "SELECT '$_', count(*)::text FROM $_" } @catalogues),
		q{SELECT 'file', f FROM pg_ls_dir('base/' || (SELECT oid FROM pg_database
			 WHERE datname = current_database())) f
		   WHERE f ~ '^\d' AND substring(f from '^\d+')::oid NOT IN (
			     SELECT pg_relation_filenode(oid) FROM pg_class
			      WHERE pg_relation_filenode(oid) IS NOT NULL)});
}

# The life of a return, in a session that may have known another extension of this name.
my $life = q{
	INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
	INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account');
	SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 100}', '2000-01-01');
	SELECT price FROM lr_deliver(1, 1, price => 10);
	SELECT reason FROM lr_return(1, 'other');
	SELECT status, credit FROM lr_accept(1);
	SELECT credit FROM leadreturns.returns;
	SELECT * FROM lr_reconcile();
};
my $lived = "10.00\nother\naccepted|10.00\n10.00";

my $before = left();
like($before, qr/^pg_proc\|\d{4}$/m, 'there are catalogues to look at');

# Bytes in use below the caches of a session and in our own contexts, and plans that it keeps. One
# that checks a foreign key stays with the server while the session lives, whoever made the key.
my $kept = q{
	SELECT sum(used_bytes) FILTER (WHERE name IN ('CacheMemoryContext', 'TopMemoryContext')
	                                  OR name ~ 'leadreturns' OR parent ~ 'leadreturns'),
	       count(*) FILTER (WHERE name ~ 'leadreturns' OR parent ~ 'leadreturns'),
	       count(*) FILTER (WHERE name = 'CachedPlanSource' AND ident !~ '^SELECT 1 FROM ONLY ')
	  FROM pg_backend_memory_contexts};

# By one session, which keeps what it has cached.
my $maker = $node->background_psql('postgres');
$maker->set_query_timer_restart;
my $times = lr_long(80, 20);
my @kept;
for my $n (1 .. $times)
{
	my $lives = $n % 5 == 0;
	my $answer = $maker->query_safe('CREATE EXTENSION leadreturns;' . ($lives ? $life : ''));
	is($answer, $lived, "a return in the extension made for the ${n}th time") if $lives;
	$maker->query_safe('DROP EXTENSION leadreturns');
	push @kept, [ split /\|/, $maker->query_safe($kept) ] if $lives;
}
my $later = $times * 3 / 4;
my ($early, $late) = @kept[ @kept / 4 - 1, -1 ];
cmp_ok($early->[1], '>', 0, 'the library has memory of its own');
is($late->[1], $early->[1], "and not more of it after $later times more");
cmp_ok($late->[0] - $early->[0],
	'<', $later * 1024, 'nor do the caches grow by a kilobyte each time');
is($late->[2], 0, 'no plan is kept');

# By one session after the other, while one goes on using it.
my $user = $node->background_psql('postgres');
$user->set_query_timer_restart;
for my $n (1 .. lr_long(20, 8))
{
	my $session = $n % 2 ? $node->background_psql('postgres') : $maker;
	$session->query_safe('CREATE EXTENSION leadreturns');
	is($user->query_safe($life), $lived, "a return in what another session made ($n)")
	  if $n % 4 == 0;
	$session->query_safe('DROP EXTENSION leadreturns');
	$session->quit if $n % 2;
}
my (undef, undef, $gone) = $node->psql('postgres', 'SELECT lr_whoami()');
like($gone, qr/function lr_whoami\(\) does not exist/, 'it is gone');
$_->quit for $maker, $user;

is(left(), $before, 'nothing is left in any catalogue, nor a file');
$node->safe_psql('postgres', 'CREATE EXTENSION leadreturns');
isnt(left(), $before, 'which would be seen');
is($node->safe_psql('postgres', $life), $lived, 'a return in the last one made');

done_testing();
