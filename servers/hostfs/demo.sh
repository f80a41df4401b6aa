#!/bin/bash
# Serves a folder with hostfs, fetches all of it through the socket, and
# compares every file, folder and link with the original. Without an argument:
# this repository, without .git and build.
#
# Usage: servers/hostfs/demo.sh [DIR]       (BUILD=build says where the programs are)

set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
root=$(realpath "${1:-.}") || exit 1
scratch=$(mktemp -d) || exit 1
export HOSTFS_SOCKET=$scratch/socket
client=$build/hostfs-client
server=

finish() {
	[ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
	rm -rf "$scratch"
}
trap finish EXIT

fail() {
	echo "demo: $*" >&2
	exit 1
}

"$build/hostfs" --root "$root" --socket "$HOSTFS_SOCKET" --read-only \
	> "$scratch/log" 2>&1 &
server=$!
until [ -S "$HOSTFS_SOCKET" ]; do
	kill -0 "$server" 2>/dev/null || fail "$(cat "$scratch/log")"
	sleep 0.05
done
cat "$scratch/log"

echo "--- hostfs-client ls -l /"
"$client" ls -l / || fail "ls failed"

# What is to be fetched: all, or the repository's own files.
if [ $# -gt 0 ]; then
	names=(.)
else
	mapfile -t names < <(cd "$root" && ls -A | grep -vxE '\.git|build.*')
fi

mkdir "$scratch/copy"
started=$(date +%s%N)
for name in "${names[@]}"; do
	if [ -d "$root/$name" ] && [ ! -L "$root/$name" ]; then
		"$client" tree "/$name" > "$scratch/tree" || fail "tree of $name failed"
		"$client" --summary get -r "/$name" "$scratch/copy/$name" \
			2>> "$scratch/summary" || fail "get of $name failed"
	else
		"$client" --summary get "/$name" "$scratch/copy/$name" \
			2>> "$scratch/summary" || fail "get of $name failed"
	fi
done
ended=$(date +%s%N)

echo "--- hostfs-client tree /${names[-1]} (the first lines)"
"$client" tree "/${names[-1]}" | head -n 12

# Compared by what this machine says is there, not by what was fetched.
differences=0
compared=0
bytes=0
while IFS= read -r -d '' path; do
	copy=$scratch/copy/$path
	if [ -L "$root/$path" ]; then
		[ "$(readlink "$root/$path")" = "$(readlink "$copy")" ]
	elif [ -d "$root/$path" ]; then
		[ -d "$copy" ] && [ ! -L "$copy" ]
	elif [ -f "$root/$path" ]; then
		bytes=$((bytes + $(stat -c %s "$root/$path")))
		cmp "$root/$path" "$copy"
	else
		[ ! -e "$copy" ]
	fi
	if [ $? -ne 0 ]; then
		echo "demo: $path differs" >&2
		differences=$((differences + 1))
	fi
	compared=$((compared + 1))
done < <(cd "$root" && find "${names[@]}" -print0)
surplus=$(($(cd "$scratch/copy" && find . -mindepth 1 | wc -l)))
expected=$(cd "$root" && find "${names[@]}" -mindepth 0 \
	\( -type f -o -type d -o -type l \) ! -path . | wc -l)

calls=$(awk '{ sum += $(NF - 1) } END { print sum }' "$scratch/summary")
echo "---"
echo "Served $root read only; fetched and compared $compared names," \
	"$bytes bytes, by $calls calls in $(((ended - started) / 1000000)) ms."
[ "$surplus" -eq "$expected" ] || fail "$surplus names fetched, $expected expected"
[ "$differences" -eq 0 ] || fail "$differences names differ"
kill "$server" && wait "$server" || fail "the server did not end well"
server=
[ ! -e "$HOSTFS_SOCKET" ] || fail "the socket was left behind"
echo "Every byte is the same."
