# For the scripts here, and for those of other servers of the same protocol: cases,
# each with a folder and a server of its own.
#
# $kind is the server: hostfs, or what was set before, which has a folder within
# itself, so that $dir is "-".
#
# A case is a function; `case_is NAME FUNCTION [SERVER OPTION]...` runs it and
# prints TAP. Within it: $dir the served folder, $outside one beside it,
# $scratch/copy nothing yet, $server the server's process id, `client` the client on its socket, `must`
# and `must_fail` (which takes the exit status wanted) run and complain.

set -u
build=${BUILD:-build}
kind=${kind:-hostfs}
pattern=${1:-}
script=$0
scratch=$(mktemp -d)
export HOSTFS_SOCKET=$scratch/socket
failed=0
server=
server_prefix=()			# a command that starts the server

cleanup() {
	[ -n "$server" ] && kill -CONT "$server" 2>/dev/null
	[ -n "$server" ] && kill -KILL "$server" 2>/dev/null
	chmod -R u+rwx "$scratch" 2>/dev/null
	rm -rf "$scratch"
}
trap cleanup EXIT

client() {
	"$build/hostfs-client" "$@"
}

start_server() {
	local root=()
	[ "$dir" = - ] || root=(--root "$dir")
	: >"$scratch/server.out"
	"${server_prefix[@]}" "$build/$kind" "${root[@]}" --socket "$HOSTFS_SOCKET" "$@" \
		>"$scratch/server.out" 2>"$scratch/server.err" &
	server=$!
	until grep -q "^$kind:" "$scratch/server.out" 2>/dev/null; do
		if ! kill -0 "$server" 2>/dev/null; then
			echo "the server did not start:"
			cat "$scratch/server.err"
			return 1
		fi
		sleep 0.02
	done
}

# Ends it as an administrator would; it must end well, and clean up.
stop_server() {
	local status
	[ -n "$server" ] || return 0
	kill -TERM "$server"
	wait "$server"
	status=$?
	server=
	if [ $status -ne 0 ]; then
		echo "the server ended with status $status"
		cat "$scratch/server.err"
		return 1
	fi
	[ ! -e "$HOSTFS_SOCKET" ] || { echo "the socket was left"; return 1; }
}

# A number from the server's counts: `count open_files`.
count() {
	local before after
	before=$(wc -l <"$scratch/server.err")
	kill -USR1 "$server" || return 1
	until after=$(wc -l <"$scratch/server.err"); [ "$after" -gt "$before" ]; do
		kill -0 "$server" 2>/dev/null || return 1
		sleep 0.01
	done
	tail -n 1 "$scratch/server.err" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# Waits until the server counts so many. If it never does, this never ends,
# and the runner's own limit says so.
await_count() {
	until [ "$(count "$1")" = "$2" ]; do
		kill -0 "$server" 2>/dev/null || return 1
		sleep 0.01
	done
}

must() {
	"$@" || { echo "failed with $?: $*"; return 1; }
}

must_fail() {
	local wanted=$1 status
	shift
	"$@" >"$scratch/fail.out" 2>&1
	status=$?
	[ $status -eq "$wanted" ] && return 0
	echo "status $status, wanted $wanted: $*"
	cat "$scratch/fail.out"
	return 1
}

# The last `must_fail` said this.
said() {
	grep -q -- "$1" "$scratch/fail.out" && return 0
	echo "wanted \`$1\`, but it said:"
	cat "$scratch/fail.out"
	return 1
}

# A C program of this folder, with sanitizers; prints the way to it.
compile() {
	local program=$scratch/$1
	[ -x "$program" ] || ${CC:-gcc} -std=c11 -g -O1 -Wall -Wextra -Werror \
		-fsanitize=address,undefined -fno-sanitize-recover=all -I. -I"$build" \
		-o "$program" "tests/hostfs/$1.c" "$build/protocols/fs.skald.o" \
		"$build/libskald.a" >&2 || return 1
	echo "$program"
}

case_is() {
	local name=$1 function=$2 status
	shift 2
	[[ $name == *"$pattern"* ]] || return 0
	dir=$scratch/root
	outside=$scratch/outside
	chmod -R u+rwx "$dir" "$outside" 2>/dev/null
	rm -rf "$dir" "$outside" "$scratch/copy"
	mkdir "$dir" "$outside"
	[ "$kind" = hostfs ] || dir=-
	{ start_server "$@" && "$function"; } >"$scratch/log" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		stop_server >>"$scratch/log" 2>&1
		status=$?
	elif [ -n "$server" ]; then
		kill -CONT "$server" 2>/dev/null
		kill -KILL "$server" 2>/dev/null
		wait "$server" 2>/dev/null
		server=
		rm -f "$HOSTFS_SOCKET"
	fi
	if [ $status -eq 0 ]; then
		grep '^# ' "$scratch/log"
		echo "ok - $name"
		return 0
	fi
	failed=1
	echo "not ok - $name"
	sed 's/^/# /' "$scratch/log"
	echo "# again: $script '$name'"
}
