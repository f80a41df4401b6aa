#!/bin/bash
# Usage: tests/posix/races.sh [NAME]
#
# Descriptors that become others while threads use them, and children that end while they are
# waited for (races.c), in the OS with one CPU and with four, and on Linux: nothing is ever what
# it has not been, or lost. TAP.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -pthread -I. -o "$work/races" \
	tests/posix/races.c || exit 2
rounds=${ROUNDS:-1500}

"$work/races" "$rounds" >"$work/linux"
status=$?

on_linux() {
	cat "$work/linux"
	[ $status = 0 ] && ! grep -vE ': 0$|last one: 1$' "$work/linux" >&2
}

in_the_os() {
	tests/os-run --image small --smp "$1" --timeout 200 --file "$work/races:/races" -- \
		"exec /races $rounds" >"$work/ours" 2>"$work/error" ||
		{ tail -n 20 "$work/error"; return 1; }
	diff "$work/linux" "$work/ours"
}

tap_run 'descriptors and children change while they are used, on Linux' on_linux
tap_run 'descriptors and children change while they are used, in the OS' in_the_os 1
tap_run 'descriptors and children change while they are used, in the OS with 4 CPUs' in_the_os 4
exit $failed
