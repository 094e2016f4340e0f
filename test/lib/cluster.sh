# shellcheck shell=bash
# Private clusters for tests, demo and measurements; to be sourced. Callers use
#
#   lr_work NAME                      make $LR_WORK, removed at exit unless something failed
#   lr_install_tree DIR [make args]   copy the tree to DIR/tree, build it, install it into DIR/dest
#   lr_cluster_start DIR [conf lines] make and start a cluster, and point psql at it
#   lr_cluster_use DIR, lr_cluster_stop DIR
#   lr_psql [psql args]               run psql against the current cluster as its superuser
#   lr_as_server_user CMD...          run CMD as a user that may own a server
#   lr_summary PASSED FAILED          print the last line, and be false if something failed
#
# A server never runs as root, so as root everything of it runs as LR_SERVER_USER; what that user
# must read is world-readable, what it must write is owned by it.
#
# A script started by another one that did this works in a directory inside the other's, and with
# what that has built: lr_install_tree then does nothing.

LR_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LR_SERVER_USER=${LR_SERVER_USER:-postgres}
LR_OUTER_WORK=${LR_WORK:-}
LR_SUMMED_UP=
LR_CLUSTERS=()

umask 022
# Neither the caller's database nor its language may leak in
for lr_var in $(compgen -e PG); do
	case $lr_var in PG_CONFIG | PG_TEST_*) ;; *) unset "$lr_var" ;; esac
done
unset lr_var LANGUAGE
export LC_ALL=C.UTF-8

if [ -z "${PG_CONFIG:-}" ]; then
	PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config
	[ -x "$PG_CONFIG" ] || PG_CONFIG=pg_config
fi
export PG_CONFIG

lr_die()
{
	echo "$*" >&2
	exit 1
}

LR_BINDIR=$("$PG_CONFIG" --bindir) || lr_die "PostgreSQL is not installed: run make deps"
LR_PGXS_TEST=$("$PG_CONFIG" --pkglibdir)/pgxs/src/test
export LR_BINDIR LR_PGXS_TEST PATH="$LR_BINDIR:$PATH"

# The directory must be one that the user can enter, which the caller's need not be. Sockets are
# made under TMPDIR, and their paths are limited to 107 bytes.
lr_as_server_user()
(
	cd "${LR_WORK:-/}" || exit
	if [ "$(id -u)" = 0 ]; then
		exec runuser -u "$LR_SERVER_USER" -- env TMPDIR=/tmp "$@"
	fi
	exec env TMPDIR=/tmp "$@"
)

# Makes directories that the server user may write in.
lr_server_dir()
{
	mkdir -p "$@"
	if [ "$(id -u)" = 0 ]; then
		chown "$LR_SERVER_USER" "$@"
	fi
}

lr_work()
{
	local name=$1 base
	trap lr_exit EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	if [ -n "$LR_OUTER_WORK" ]; then
		LR_WORK=$LR_OUTER_WORK/$name
		mkdir -p "$LR_WORK"
		return
	fi
	for base in "${TMPDIR:-/tmp}" /tmp; do
		LR_WORK=$(mktemp -d "$base/leadreturns-$name.XXXXXX")
		chmod 755 "$LR_WORK"
		if lr_as_server_user test -r "$LR_WORK" 2>/dev/null; then
			break
		fi
		rmdir "$LR_WORK"
		LR_WORK=
	done
	[ -n "$LR_WORK" ] || lr_die "no temporary directory that $LR_SERVER_USER can read"
	export LR_WORK
}

lr_exit()
{
	local rc=$? dir pidfile pid
	trap - EXIT
	for dir in ${LR_CLUSTERS[@]+"${LR_CLUSTERS[@]}"}; do
		lr_cluster_stop "$dir" || true
	done
	[ -z "$LR_OUTER_WORK" ] || exit "$rc"
	jobs -p | xargs -r kill 2>/dev/null || true
	wait
	# Servers whose starter was killed before it could stop them
	while IFS= read -r pidfile; do
		pid=$(head -n 1 "$pidfile")
		kill -QUIT "$pid" 2>/dev/null || true
	done < <(find "$LR_WORK" -name postmaster.pid 2>/dev/null)
	if [ "$rc" = 0 ]; then
		rm -rf "$LR_WORK"
	elif [ -z "$LR_SUMMED_UP" ]; then
		echo "kept: $LR_WORK" >&2
	fi
	exit "$rc"
}

lr_summary()
{
	LR_SUMMED_UP=yes
	if [ "$2" != 0 ] && [ -z "$LR_OUTER_WORK" ]; then
		echo "kept: $LR_WORK"
	fi
	echo "$1 passed, $2 failed"
	[ "$2" = 0 ]
}

# The copy starts without anything built, and is readable where the checkout is not.
lr_copy_tree()
{
	local dir=$1
	mkdir -p "$dir"
	tar -C "$LR_TOP" --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' \
		--exclude=./results --exclude='./sql/leadreturns--*.sql' --exclude=node_modules -cf - . |
		tar -C "$dir" --no-same-owner -xf -
	chmod -R a+rX,u+w "$dir"
}

lr_install_tree()
{
	local work=$1
	shift
	[ -z "${LR_DESTDIR:-}" ] || return 0
	lr_copy_tree "$work/tree"
	if ! env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$work/tree" -s -j"$(nproc)" \
		"PG_CONFIG=$PG_CONFIG" "$@" all >"$work/build.log" 2>&1 ||
		! env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$work/tree" -s \
			"PG_CONFIG=$PG_CONFIG" "$@" install "DESTDIR=$work/dest" >>"$work/build.log" 2>&1; then
		cat "$work/build.log" >&2
		return 1
	fi
	chmod -R a+rX "$work/dest"
	export LR_DESTDIR=$work/dest LR_TREE=$work/tree
}

lr_free_port()
{
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
		LocalAddr => "127.0.0.1", LocalPort => 0, Listen => 1)->sockport'
}

# DIR gets data, log, socket (where the socket is) and port.
lr_cluster_start()
{
	local dir=$1 port sockets
	shift
	lr_server_dir "$dir"
	sockets=$(mktemp -d /tmp/lr.XXXXXX)
	chmod 755 "$sockets"
	lr_server_dir "$sockets"
	port=$(lr_free_port)
	echo "$sockets" >"$dir/socket"
	echo "$port" >"$dir/port"
	LR_CLUSTERS+=("$dir")

	lr_as_server_user "$LR_BINDIR/initdb" --no-sync -A trust -U postgres -E UTF8 \
		--locale=C.UTF-8 -D "$dir/data" >"$dir/initdb.log" 2>&1 ||
		{ cat "$dir/initdb.log" >&2; return 1; }
	{
		printf "%s\n" "listen_addresses = ''" "unix_socket_directories = '$sockets'" \
			"port = $port" "extension_destdir = '${LR_DESTDIR:-}'" "timezone = 'UTC'" "$@"
	} | lr_as_server_user tee -a "$dir/data/postgresql.conf" >/dev/null
	lr_as_server_user "$LR_BINDIR/pg_ctl" -s -w -t 60 -D "$dir/data" -l "$dir/log" start ||
		{ tail -n 50 "$dir/log" >&2; return 1; }
	lr_cluster_use "$dir"
}

lr_cluster_use()
{
	PGHOST=$(cat "$1/socket")
	PGPORT=$(cat "$1/port")
	export PGHOST PGPORT PGUSER=postgres
}

lr_cluster_stop()
{
	local dir=$1 sockets
	if [ -f "$dir/data/postmaster.pid" ]; then
		lr_as_server_user "$LR_BINDIR/pg_ctl" -s -w -m fast -D "$dir/data" stop
	fi
	sockets=$(cat "$dir/socket" 2>/dev/null) || return 0
	case $sockets in /tmp/lr.*) rm -rf "$sockets" ;; esac
}

lr_psql()
{
	"$LR_BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$@"
}
