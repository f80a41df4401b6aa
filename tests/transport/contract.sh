#!/bin/bash
# Usage: tests/transport/contract.sh [NAME]
#
# Peers of different versions of a schema, over a socket: which connect, and that
# those which do not name the method and the member that differs
# (tests/transport/contract.c).
cd "$(dirname "$0")/../.." || exit 1
set -u
source tests/tap.bash
skald=${BUILD:-build}/skald
flags=(-std=c11 -g -O0 -Wall -Wextra -Werror -fsanitize=address,undefined
	-fno-sanitize-recover=all -I.)

mkdir "$work/base"
cat >"$work/base/kv.skald" <<'S'
namespace kv;
enum Error { NO_SUCH_KEY = 1, FULL }
struct Pair { string<64> key; byte[<=512] value; }
table Hints { tag(1) uint32 lifetime; tag(2) string<9> owner; }
interface Store {
	error Error;
	method get(string<64> key) -> (uint32 count, byte[<=512] value);
	method put(Pair pair, @bytes(100) Hints hints);
	event changed(string<64> key);
}
S

# version NAME SED: another one, with that change.
version() {
	mkdir "$work/$1"
	sed "$2" "$work/base/kv.skald" >"$work/$1/kv.skald"
	! cmp -s "$work/base/kv.skald" "$work/$1/kv.skald" || echo "no change: $1" >>"$work/log"
}
version more 's/method get/method list(uint32 from);\n\t&/; s/, FULL/&, BUSY/; s/tag(2)/& string<9> owner; tag(3)/; s/owner; }/colour; }/
	s/Pair pair/Pair what/'
version wide 's/uint32 count/uint64 count/'
version longer 's/byte\[<=512\] value; }/byte[<=1000] value; }/'
version member 's/value; }/value; bool old; }/'
version errors 's/FULL/BUSY, FULL/'
version tagged 's/uint32 lifetime/uint64[2] lifetime/'
version event 's/changed(/&uint8 how, /'
version without 's/^interface/\/\/\/ Without a contract.\n&/'

compile() {
	local version object
	for object in runtime/*.c; do
		"${CC:-gcc}" "${flags[@]}" -c -o "$work/$(basename "$object" .c).o" "$object" || return
	done
	for version in base more wide longer member errors tagged event without; do
		local option=--contract define=-DWITH
		[ $version != without ] || option=--reflect define=-DWITHOUT
		"$skald" c $option "$work/$version/kv.skald" -o "$work/$version" &&
			"${CC:-gcc}" "${flags[@]}" $define -I"$work/$version" -o "$work/$version/run" \
				tests/transport/contract.c "$work/$version/kv.skald.c" "$work"/*.o || return
	done
	[ ! -s "$work/log" ]
}
compile >>"$work/log" 2>&1 || { tap 1 'versions of a schema compile'; exit 1; }

# What both compilers of the tree take, without the sanitizers.
clang_too() {
	clang -std=c11 -O1 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I. -I"$work/base" \
		-c -o "$work/clang.base" "$work/base/kv.skald.c" &&
		clang -std=c11 -Wall -Wextra -Werror -DWITH -I. -I"$work/base" -fsyntax-only tests/transport/contract.c
}
tap_run 'clang takes contracts without a warning' clang_too

# Starts a server of a version, which lives until the next one.
server=
serve() {
	[ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null; }
	exec 3< <(exec "$work/$1/run" serve "$work/socket" 2>&1)
	server=$!
	read -r -u 3 _
}
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

# meets CLIENT SERVER WANTED
meets() {
	local name="a client of $1, a server of $2: ${3%% *}"
	tap_wants "$name" || return 0
	serve "$2"
	"$work/$1/run" check "$work/socket" >"$work/came" 2>&1
	echo "$3" | diff - "$work/came" >"$work/log"
	tap $? "$name"
}

meets base base OK
meets wide wide OK
meets base more OK
meets more base OK
meets base without OK
meets base wide 'MISMATCH | get: reply: count: uint32 at 8 | get: reply: count: uint64 at 8'
meets wide base 'MISMATCH | get: reply: count: uint64 at 8 | get: reply: count: uint32 at 8'
meets base longer OK
meets longer base 'MISMATCH | put: request: pair: kv.Pair at 8: value: uint8[<=1000] | put: request: pair: kv.Pair at 8: value: uint8[<=512]'
meets base member 'MISMATCH |  | put: request: pair: kv.Pair at 8: old: bool'
meets member base 'MISMATCH | put: request: pair: kv.Pair at 8: old: bool | '
meets base errors 'MISMATCH | Error.FULL | Error.FULL'
meets base tagged 'MISMATCH | put: request: hints: kv.Hints at 10: lifetime: uint32 | put: request: hints: kv.Hints at 10: lifetime: uint64[2]'
meets base event 'MISMATCH | changed: event: key: string<64> at 8 | changed: event: how: uint8 at 8'
exit $failed
