#!/bin/bash
# Usage: tests/fuzz/hostfs.sh [NAME]
#
# The file server under datagrams at random (fuzz/server.h): no finding, and
# faults that are planted in it are found. SEED and RUNS can be given.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
seed=${SEED:-1}
runs=${RUNS:-1000}
pattern=${1:-}
out=$root/build/fuzz/hostfs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
flags=(-std=c11 -D_GNU_SOURCE -O1 -g -w -fsanitize=address,undefined
	-fno-sanitize-recover=all -I"$out" -I"$root")

# verdict NAME STATUS
verdict() {
	if [ "$2" = 0 ]; then
		echo "ok - $1"
		return
	fi
	echo "not ok - $1"
	tail -n 30 "$work/log" | cut -c1-300 | sed 's/^/# /'
	echo "# again: SEED=$seed tests/fuzz/hostfs.sh '$1'"
	failed=1
}

# check NAME COMMAND...
check() {
	[[ $1 == *"$pattern"* ]] || return
	(cd "$work" && "${@:2}") >"$work/log" 2>&1
	verdict "$1" $?
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
	for object in "$out"/obj-plain/{*.o,servers/hostfs/*.o,fuzz/hostfs/sandbox.o}; do
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
	verdict 'hostfs builds as a target' 1
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
