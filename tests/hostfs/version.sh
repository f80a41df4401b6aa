#!/bin/bash
# Usage: tests/hostfs/version.sh [NAME]
#
# hostfs-client asks a server for its version of the protocol first: clients are made
# of other versions of fs.skald, and meet hostfs.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=${BUILD:-build}
flags=(-std=c11 -O0 -D_GNU_SOURCE -w -I.)

# client VERSION SED [OPTION]: made of the schema so changed.
client() {
	local dir=$work/$1 source
	mkdir -p "$dir/protocols" && cp protocols/*.skald "$dir" && sed -i -E "$2" "$dir/fs.skald" &&
		! { [ -n "$2" ] && cmp -s protocols/fs.skald "$dir/fs.skald"; } &&
		"$build/skald" c "$dir/fs.skald" -I "$dir" -o "$dir/protocols" --contract &&
		"$build/skald" c "$dir/kernel.skald" -I "$dir" -o "$dir/protocols" &&
		"$build/skald" c "$dir/block.skald" -I "$dir" -o "$dir/protocols" || return
	for source in "$dir/protocols/fs.skald.c" servers/hostfs/client*.c; do
		gcc "${flags[@]}" -I"$dir" -I"$dir/protocols" -c -o "$dir/$(basename "$source").o" "$source" || return
	done
	gcc -o "$dir/client" "$dir"/*.o "$work"/*.o
}

made() {
	local source
	for source in runtime/*.c; do
		gcc "${flags[@]}" -c -o "$work/$(basename "$source" .c).o" "$source" || return
	done
	client same '' && client newer 's/^interface FileSystem \{/&\n\tmethod fresh();/' &&
		client longer 's/^newtype Name = .*/newtype Name = string<300>;/'
}
made >"$work/log" 2>&1 || { tap 1 'clients of other versions compile'; exit 1; }

mkdir "$work/files" && echo hello >"$work/files/greeting"
"$build/hostfs" --root "$work/files" --socket "$work/socket" >"$work/out" 2>&1 &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
until grep -q '^hostfs:' "$work/out"; do
	kill -0 $server || { tap 1 'hostfs starts' "$work/out"; exit 1; }
	sleep 0.05
done

# meets VERSION STATUS WANTED: what the client says to `cat /greeting`.
meets() {
	"$work/$1/client" --socket "$work/socket" cat /greeting >"$work/came" 2>&1
	local status=$?
	cat "$work/came"
	[ $status = "$2" ] && grep -q -- "$3" "$work/came"
}
tap_run 'a client of the same version works' meets same 0 '^hello$'
tap_run 'a client that knows more methods works' meets newer 0 '^hello$'
tap_run 'a client of longer names does not begin, and says what differs' \
	meets longer 3 'another version of the protocol: here .*300.*, there '
exit $failed
