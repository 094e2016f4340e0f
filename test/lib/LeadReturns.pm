# What the TAP tests share: a running node that has the extension, what a database holds, and
# sessions that are stopped at a named point.
package LeadReturns;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT = qw(lr_long lr_some lr_node lr_conf lr_copy lr_world lr_busy lr_contents lr_seen
  lr_state lr_run_to lr_let_go lr_kill_server lr_start_server lr_anon_kb);

# With LR_LONG, as in CI, the first of two values, else the second.
sub lr_long { return $_[ $ENV{LR_LONG} ? 0 : 1 ] }

# With LR_LONG all cases, else every nth.
sub lr_some
{
	my ($n, @cases) = @_;
	return @cases if $ENV{LR_LONG};
	return @cases[ grep { $_ % $n == 0 } 0 .. $#cases ];
}

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

# A database that holds what another one does.
sub lr_copy
{
	my ($node, $from, $to) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $to TEMPLATE $from");
	return $to;
}

# Something in every table of a database.
sub lr_world
{
	my ($node, $db) = @_;
	$node->safe_psql($db, slurp_file("$ENV{LR_TREE}/test/lib/world.sql"));
	return;
}

# The work of the nth day there.
sub lr_busy
{
	my ($node, $db, $n) = @_;
	$node->safe_psql($db, slurp_file("$ENV{LR_TREE}/test/lib/busy.sql"),
		extra_params => [ '-v', "n=$n" ]);
	return;
}

# What the relations of these kinds (r tables, S sequences, v views) hold, one line for each. Views
# are read at a fixed time, since some show the age of things.
sub lr_contents
{
	my ($node, $db, $kinds, @without) = @_;
	my @relations = split /\n/, $node->safe_psql($db, q{
		SELECT concat_ws(' ', relkind, oid::regclass) FROM pg_class
		 WHERE relnamespace = 'leadreturns'::regnamespace
		 ORDER BY oid::regclass::text COLLATE "C"});
	my @queries;
	for (@relations)
	{
		my ($kind, $name) = split / /;
		next if $kinds !~ /$kind/ || grep { $name eq "leadreturns.$_" } @without;
		push @queries, $kind eq 'S'
		  ? "SELECT '$name', last_value, is_called::text FROM $name"
		  : "SELECT '$name', count(*), md5(string_agg(t::text, E'\\n'"
		  . " ORDER BY t::text COLLATE \"C\")) FROM $name t";
	}
	return $node->safe_psql($db, "SET leadreturns.now = '2026-04-05 12:00:00+00';"
		  . ' SET timezone = UTC; ' . join ' UNION ALL ', @queries);
}

# What the roles of that world see.
sub lr_seen
{
	my ($node, $db) = @_;
	return join "\n", map {
		"$_: " . $node->safe_psql($db, 'SELECT kind, party_id FROM lr_whoami();'
			  . 'SELECT count(*), count(price), count(cost), count(note) FROM leadreturns.returns',
			extra_params => [ '-U', $_ ])
	} qw(of_buyer of_supplier of_staff of_bi);
}

# Rows of two databases that did the same are equal here: ids that a sequence gave are left out,
# what they lead to stands for them. One line for each topic, with the number of its rows.
my %topics = (
	deliveries => 'SELECT lead_id, account_id, status, price, cost, deleted_at'
	  . ' FROM leadreturns.delivery',
	returns => 'SELECT d.lead_id, r.account_id, r.reason, r.reason_text, r.note, r.status,'
	  . ' r.requested_at, r.decided_at, r.decided_how, r.decision_note, r.credit, r.clawback,'
	  . ' r.remedy, r.prior_status, r.overridden, r.over_cap, r.auto_accept_at, r.import_id'
	  . ' FROM leadreturns.request r JOIN leadreturns.delivery d USING (delivery_id)',
	history => 'SELECT d.lead_id, h.from_status, h.to_status, h.at, h.how, h.note, h.terms_at,'
	  . ' row_number() OVER (PARTITION BY h.return_id ORDER BY h.history_id)'
	  . ' FROM leadreturns.history h JOIN leadreturns.request r USING (return_id)'
	  . ' JOIN leadreturns.delivery d USING (delivery_id)',
	transfers => 'SELECT d.lead_id, t.kind, t.debit, t.credit, t.account_id, t.supplier_id,'
	  . ' t.amount, t.currency, t.posted_at, t.note, o.kind AS reverses'
	  . ' FROM leadreturns.transfer t LEFT JOIN leadreturns.delivery d USING (delivery_id)'
	  . ' LEFT JOIN leadreturns.transfer o ON o.transfer_id = t.reverses',
	balances => 'SELECT ledger_account, party_id, currency, balance FROM leadreturns.balances',
	caps => 'SELECT p.account_id, p.starts_at, p.ends_at, p.used, p.used_value,'
	  . ' p.delivered + (SELECT count(*) FROM leadreturns.volume_delta v'
	  . '  WHERE v.account_id = p.account_id AND v.delivered_at >= p.starts_at'
	  . '    AND v.delivered_at < p.ends_at) FROM leadreturns.cap_period p',
	imports => 'SELECT import_id, name, status, total, done, returned, failed, errors, credit,'
	  . ' clawback, undone, conflicts, verified_returned, verified_failed, verified_errors,'
	  . ' verified_credit, verified_clawback, cap_crossed_line, (started_at IS NULL),'
	  . ' (finished_at IS NULL) FROM leadreturns.import_progress',
	chunks => 'SELECT import_id, first_line, last_line, md5(body) FROM leadreturns.import_chunk',
	outcomes => 'SELECT o.import_id, o.line_no, o.status, o.sqlstate,'
	  . q{ regexp_replace(o.detail, 'eturn \d+', 'eturn') AS detail, o.lead_id, o.account_id,}
	  . ' o.over_cap, o.credit, o.clawback, o.undo_status, o.undo_sqlstate, d.lead_id AS of_return'
	  . ' FROM leadreturns.import_outcome o LEFT JOIN leadreturns.request r USING (return_id)'
	  . ' LEFT JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id',
	verdicts => 'SELECT import_id, line_no, status, sqlstate,'
	  . q{ regexp_replace(detail, 'eturn \d+', 'eturn') AS detail, lead_id, over_cap, credit,}
	  . ' clawback FROM leadreturns.import_verdict');

sub lr_state
{
	my ($node, $db) = @_;
	return $node->safe_psql($db, join "\nUNION ALL\n", map {
		"SELECT concat_ws(' ', '$_', count(*), md5(string_agg(t::text, E'\\n'"
		  . " ORDER BY t::text COLLATE \"C\"))) FROM ($topics{$_}) t"
	} sort keys %topics);
}

# Starts a session that does what the SQL says and stops it at a point (see lr_pause.c) which it
# reaches for the nth time. Two gates hold the lock in turn: the next one waits behind the runner
# before the first lets go, so that the runner passes once and never twice.
sub lr_run_to
{
	my ($node, $db, $point, $nth, $sql) = @_;
	my $runner = $node->background_psql($db, on_error_stop => 0);
	my ($gate, $next) = map { $node->background_psql($db) } 1 .. 2;
	$gate->query_safe('SELECT pg_advisory_lock(20260101)');
	$runner->query_until(qr/started/,
		"SET leadreturns.pause_at = '$point';\n\\echo started\n$sql;\n\\echo ended\n");
	for (2 .. $nth)
	{
		_wait_for_waiters($gate, $point, 1);
		$next->query_until(qr/asks/,
			"\\echo asks\nSELECT pg_advisory_lock(20260101);\n\\echo holds\n");
		_wait_for_waiters($gate, $point, 2);
		$gate->query_safe('SELECT pg_advisory_unlock(20260101)');
		$next->query_until(qr/holds/, '');
		($gate, $next) = ($next, $gate);
	}
	_wait_for_waiters($gate, $point, 1);
	$next->quit;
	return { gate => $gate, runner => $runner };
}

sub _wait_for_waiters
{
	my ($gate, $point, $n) = @_;
	$gate->query_safe(qq{
		DO \$\$
		BEGIN
			WHILE (SELECT count(*) FROM pg_locks
			        WHERE locktype = 'advisory' AND NOT granted
			          AND database = (SELECT oid FROM pg_database
			                           WHERE datname = current_database())) < $n
			LOOP
				IF clock_timestamp() > now() + interval '60 seconds' THEN
					RAISE 'point $point was not reached';
				END IF;
				PERFORM pg_sleep(0.001);
			END LOOP;
		END \$\$});
	return;
}

# Lets it go on, to its end.
sub lr_let_go
{
	my ($stopped) = @_;
	$stopped->{gate}->query_safe('SELECT pg_advisory_unlock(20260101)');
	$stopped->{runner}->query_until(qr/ended/, '');
	$_->quit for values %$stopped;
	return;
}

# Ends all processes of the server at once, by SIGKILL, and the sessions given.
sub lr_kill_server
{
	my ($node, @sessions) = @_;
	my @pids = split /\n/, $node->safe_psql('postgres',
		'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
	my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	$node->{lr_killed} = $postmaster;
	$node->kill9;
	kill 'KILL', @pids;
	$_->{run}->kill_kill for @sessions;
	# a data directory whose server still counts as running is not started again
	(delete $node->{lr_server})->finish if $node->{lr_server};
	_wait_until(sub { !kill 0, $postmaster });
	for my $pid (@pids)
	{
		_wait_until(sub { !-e "/proc/$pid/stat" || slurp_file("/proc/$pid/stat") =~ /\) Z / });
	}
	return;
}

# Starts it again, as a child of this process: whose child is killed is told at once.
sub lr_start_server
{
	my ($node) = @_;
	$node->{lr_server} = IPC::Run::start(
		[ $node->installed_command('postgres'), '-D', $node->data_dir ],
		'<', '/dev/null', '>>', $node->logfile, '2>&1');
	# the file of the server that was killed said so too
	_wait_until(sub {
		# which is away for a moment
		my $file = eval { slurp_file($node->data_dir . '/postmaster.pid') } // '';
		return $file =~ /^ready\s*$/m && $file !~ /^$node->{lr_killed}$/m;
	});
	$node->_update_pid(1);
	return;
}

sub _wait_until
{
	my ($happened) = @_;
	my $deadline = time() + $PostgreSQL::Test::Utils::timeout_default;
	until ($happened->())
	{
		die 'waited too long' if time() > $deadline;
		usleep(10_000);
	}
	return;
}

# Memory of a process that is its own: not the shared buffers, not files.
sub lr_anon_kb
{
	my ($pid) = @_;
	my ($kb) = slurp_file("/proc/$pid/status") =~ /^RssAnon:\s+(\d+) kB/m;
	return $kb // die "process $pid has no RssAnon";
}

1;
