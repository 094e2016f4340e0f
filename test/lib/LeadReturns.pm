# What the TAP tests share: a running node that has the extension.
package LeadReturns;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;

our @EXPORT = qw(lr_node lr_conf);

# What a node's postgresql.conf needs to find the extension in the build under test.
sub lr_conf
{
	return "extension_destdir = '$ENV{LR_DESTDIR}'\n";
}

# Creates and starts a node. Options: conf (more lines for postgresql.conf), dbname (default
# postgres), extension (0 leaves it out; a version installs that one), and whatever init() takes.
sub lr_node
{
	my ($name, %opts) = @_;
	my $conf = delete $opts{conf} // '';
	my $dbname = delete $opts{dbname} // 'postgres';
	my $extension = delete $opts{extension} // 1;

	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ], %opts);
	$node->append_conf('postgresql.conf', lr_conf() . "timezone = 'UTC'\n$conf");
	$node->start;

	if ($extension)
	{
		my $version = $extension eq '1' ? '' : " VERSION '$extension'";
		$node->safe_psql('postgres', "CREATE DATABASE \"$dbname\"") if $dbname ne 'postgres';
		$node->safe_psql($dbname, "CREATE EXTENSION leadreturns$version");
	}
	return $node;
}

1;
