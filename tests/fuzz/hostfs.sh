#!/bin/bash
# Usage: tests/fuzz/hostfs.sh [NAME]
#
# The file server under datagrams at random (fuzz/server.h): no finding, and
# faults that are planted in it are found. SEED and RUNS can be given.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/tap.bash
root=$PWD
seed=${SEED:-1}
runs=${RUNS:-1000}
out=$root/build/fuzz/hostfs
flags=(-std=c11 -D_GNU_SOURCE -O1 -g -w -fsanitize=address,undefined
	-fno-sanitize-recover=all -I"$out" -I"$root")

# check NAME COMMAND...
check() {
	tap_wants "$1" || return
	(cd "$work" && "${@:2}") >"$work/log" 2>&1
	tap $? "$1"
}

# find_fault FINDING FILE SED: with this fault, that is found.
find_fault() {
	local name objects=()
	name=$(basename "$2" .c)
	if ! sed -E "$3" "$root/$2" >"$work/$name.c" || cmp -s "$root/$2" "$work/$name.c"; then
		echo "the fault does not fit $2 any more: $3"
		return 1
	fi
	gcc "${flags[@]}" -c -o "$work/$name.o" "$work/$name.c" || return
	for object in "$out"/obj-plain/{*.o,servers/hostfs/*.o,runtime/files/*.o,fuzz/hostfs/sandbox.o}; do
		[ "$(basename "$object")" = "$name.o" ] || objects+=("$object")
	done
	gcc "${flags[@]}" -o run "$out/obj-plain/targets/hostfs.o" "${objects[@]}" \
		"$work/$name.o" "$root"/build/asan/fuzz/plain_main.o \
		"$root"/build/asan/lib{fuzz,interpreter,skald}.a -lyaml -lpthread || return
	{
		./run "$out/seeds/hostfs" && ./run --runs "$runs" --seed "$seed" "$out/seeds/hostfs"
	} 2>&1 | tee found
	grep -Eq "FINDING hostfs: .*$1" found
}

if ! make -s -f fuzz/hostfs/Makefile plain/hostfs >"$work/log" 2>&1; then
	tap 1 'hostfs builds as a target'
	exit 1
fi
echo "# SEED=$seed"
check 'cases to begin with give no finding' "$out/plain/hostfs" "$out/seeds/hostfs"
check 'changed cases give no finding' "$out/plain/hostfs" --runs "$runs" --seed "$seed" \
	"$out/seeds/hostfs"
check 'an open file that is never closed is found' find_fault 'descriptors are open' \
	servers/hostfs/file.c '/^static void close_file/,/^}/s/close\(file->fd\);//'
check 'a node that is never forgotten is found' find_fault 'nodes' \
	servers/hostfs/session.c '/^void session_gone/,/^}/s/node_forget_all\(session\);//'
check 'a link that leads outside is found' find_fault 'a secret came' \
	servers/hostfs/resolve.c \
	's/RESOLVE_BENEATH \| RESOLVE_NO_SYMLINKS \| RESOLVE_NO_MAGICLINKS/0/'
check 'who waits and is never told is found' find_fault 'who wait|the server knows|requests' \
	servers/hostfs/wait.c '/^void wait_canceled/,/^}/s/forget\(waiter\);/continue;/'
exit $failed
