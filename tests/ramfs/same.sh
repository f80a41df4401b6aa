#!/bin/bash
# Usage: tests/ramfs/same.sh [NAME]
#
# ramfs answers as Linux's own tmpfs does: the same operations at random go to it
# and to hostfs on a tmpfs, as three users, and all answers must be the same. A
# difference is shown with the fewest operations that lead to it. SEED, ROWS and
# LENGTH can be given. Only root can be three users.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/tap.bash
build=${BUILD:-build}
seed=${SEED:-1} rows=${ROWS:-25} length=${LENGTH:-120}
name='operations at random come to the same on ramfs and on tmpfs'
folder=
servers=()

finish() {
	[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null
	[ -z "$folder" ] || rm -rf "$folder"
	rm -rf "$work"
}
trap finish EXIT

tap_wants "$name" || exit 0
if [ "$(id -u)" != 0 ] || [ "$(stat -f -c %T /dev/shm)" != tmpfs ]; then
	echo "ok - $name # SKIP needs root, and a tmpfs at /dev/shm"
	exit 0
fi
folder=$(mktemp -d /dev/shm/skald-same-XXXXXX)
chmod 755 "$folder"
mkdir "$folder/root" "$folder/sockets"
chmod 1777 "$folder/root" "$folder/sockets"

compile() {
	${CC:-gcc} -std=c11 -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined \
		-fno-sanitize-recover=all -I. -I"$build" -o "$work/same" \
		tests/ramfs/same*.c "$build/protocols/fs.skald.o" "$build/libskald.a"
}

# start NAME COMMAND...: a server, and its socket.
start() {
	local socket=$folder/sockets/$1
	"${@:2}" --socket "$socket" >"$work/$1.out" 2>&1 &
	servers+=($!)
	until [ -S "$socket" ]; do
		kill -0 "${servers[-1]}" || { cat "$work/$1.out"; return 1; }
		sleep 0.02
	done
}

run() {
	local hostfs=("$build/hostfs" --root "$folder/root" --allow-set-id)
	start ram "$build/ramfs" && start host0 "${hostfs[@]}" &&
		start host1 setpriv --reuid 1000 --regid 1000 --clear-groups "${hostfs[@]}" &&
		start host2 setpriv --reuid 1001 --regid 1001 --groups 1000 "${hostfs[@]}" &&
		"$work/same" "$seed" "$rows" "$length" "$folder"/sockets/{ram,host0,host1,host2}
}

compile >"$work/log" 2>&1 && run >>"$work/log" 2>&1
status=$?
kill -0 "${servers[@]}" 2>/dev/null || { cat "$work"/*.out >>"$work/log"; status=1; }
[ $status = 0 ] && grep '^# ' "$work/log"
tap $status "$name"
exit $failed
