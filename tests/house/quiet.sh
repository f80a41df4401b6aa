#!/bin/bash
# What make says of what it does (tools/quiet.mk).
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
unset MAKEFLAGS MFLAGS MAKELEVEL V

object=$work/build/runtime/status.o

# said WANTED ARGUMENT...: what make prints, as a pattern, of an object that is not there.
said() {
	rm -rf "$work/build"
	make BUILD="$work/build" "${@:2}" "$object" >"$work/out" 2>&1
	local status=$?
	{ echo "status $status; wanted: $1; got:"; cat "$work/out"; } >"$work/log"
	# shellcheck disable=SC2053
	[ $status = 0 ] && [ -s "$object" ] && [[ $(<"$work/out") == $1 ]]
}

said "CC	$object"
tap $? 'make says a line for a file'
said "gcc *-c -o $object runtime/status.c" V=1 CC=gcc
tap $? 'make V=1 shows whole commands'
said '' -s
tap $? 'make -s says nothing'

make BUILD="$work/build" CFLAGS=--no-such-option "$work/build/runtime/codec.o" >"$work/log" 2>&1
status=$?
[ $status = 2 ] && grep -q -- '--no-such-option' "$work/log"
tap $? 'what a command complains of is shown'
exit $failed
