#!/bin/bash
# Usage: tests/posix/races.sh [NAME]
#
# Descriptors that become others while threads use them, children that end while they are waited
# for (races.c), and what comes as somebody stops waiting for it (taken.c), in the OS with one CPU
# and with four, and on Linux: nothing is ever what it has not been, or lost. TAP.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

rounds=${ROUNDS:-1500}

prepare() {
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -pthread -I. -o "$work/$1" \
		"tests/posix/$1.c" || exit 2
	"$work/$1" "$rounds" >"$work/$1.linux"
	echo $? >"$work/$1.status"
}

on_linux() {
	cat "$work/$1.linux"
	[ "$(cat "$work/$1.status")" = 0 ] &&
		! grep -vE ': 0$|last one: 1$' "$work/$1.linux" >&2
}

in_the_os() {
	tests/os-run --image small --smp "$2" --timeout 200 --file "$work/$1:/$1" -- \
		"exec /$1 $rounds" >"$work/ours" 2>"$work/error" ||
		{ tail -n 20 "$work/error"; return 1; }
	diff "$work/$1.linux" "$work/ours"
}

all() {
	prepare "$1"
	tap_run "$2, on Linux" on_linux "$1"
	tap_run "$2, in the OS" in_the_os "$1" 1
	tap_run "$2, in the OS with 4 CPUs" in_the_os "$1" 4
}

all races 'descriptors and children change while they are used'
all taken 'what comes as a wait ends is not lost'
exit $failed
