#!/bin/bash
# docs/servers.md: its programs build without warnings and do what it says.
cd "$(dirname "$0")/../.." || exit 1
set -u
name='the server and client of docs/servers.md build and work'
[[ $name == *"${1:-}"* ]] || exit 0
skald=$(realpath "${BUILD:-build}/skald")
root=$PWD
scratch=$(mktemp -d)
server=
cleanup() {
	[ -n "$server" ] && kill "$server" 2>/dev/null
	rm -rf "$scratch"
}
trap cleanup EXIT

# The block of code that follows the line with a file's name.
extract() {
	awk -v name="\`$1\`:" '
		$0 == name { found = 1 }
		found && /^```/ { if (inside) exit; inside = 1; next }
		inside' docs/servers.md >"$scratch/$1"
	[ -s "$scratch/$1" ] || { echo "docs/servers.md has no $1"; return 1; }
}

build() {
	"${CC:-gcc}" -std=c11 -g -Wall -Wextra -Wconversion -Wshadow -Werror \
		-fsanitize=address,undefined -fno-sanitize-recover=all -I. -I"$root" \
		-o "$1" "$1.c" kv.skald.c "$root"/runtime/*.c
}

said() {
	local wanted=$1 came
	shift
	came=$("$@" 2>&1)
	[ "$came" = "$wanted" ] && return
	echo "wanted: $wanted"
	echo "came: $came"
	return 1
}

try() {
	local file
	for file in kv.skald kv-server.c kv-client.c store.skald blob.c; do
		extract $file || return 1
	done
	cd "$scratch" || return 1
	"$skald" c kv.skald -o . && build kv-server && build kv-client || return 1
	"$skald" c store.skald -o . && "${CC:-gcc}" -std=c11 -Wall -Wextra -Wconversion \
		-Wshadow -Werror -I. -I"$root" -c blob.c || return 1
	./kv-server kv.socket &
	server=$!
	until [ -S kv.socket ]; do
		kill -0 $server || return 1
		sleep 0.02
	done
	said '' ./kv-client kv.socket put answer 42 || return 1
	said 42 ./kv-client kv.socket get answer || return 1
	said 'error 1' ./kv-client kv.socket get question || return 1
	# Waits are answered by a later put, or run into their deadline.
	./kv-client kv.socket wait answer >waited &
	waiting=$!
	until [ -s waited ]; do
		kill -0 $waiting || break
		said '' ./kv-client kv.socket put answer 43 || return 1
	done
	wait $waiting && said 43 cat waited || return 1
	# Of more clients than there are places to wait, some killed while they do.
	for i in {1..20}; do
		./kv-client kv.socket wait answer >/dev/null &
		waiting=$!
		sleep 0.01
		kill -KILL $waiting
		wait $waiting
	done
	said 'the deadline has passed' ./kv-client kv.socket wait answer
}

try >"$scratch/log" 2>&1
if [ $? -eq 0 ]; then
	echo "ok - $name"
else
	echo "not ok - $name"
	sed 's/^/# /' "$scratch/log"
	echo "# again: $0"
	exit 1
fi
