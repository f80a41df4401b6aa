#!/bin/bash
# Usage: tests/posix/clock.sh [NAME]
#
# The time of day is set and steered in the OS: all programs see it, and what waits by it goes by
# the new time (clock.c). Not compared with Linux, whose clock is this machine's. TAP.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

# glibc waits for locks until a time of day; musl, on Linux too, for some length.
gcc -static -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -pthread \
	-o "$work/clock" tests/posix/clock.c >"$work/log" 2>&1
status=$?
[ $status = 0 ] || { tap $status 'the cases compile' "$work/log"; exit 1; }
tests/os-run --image small --timeout "${LIMIT:-120}" --file "$work/clock:/clock" -- \
	'/clock; date -s "2031-02-03 04:05:06" >/dev/null; date "+%Y-%m-%d %H"' \
	>"$work/out" 2>"$work/err"

says() {
	grep '^not ok' "$work/out"
	tail -n 5 "$work/err"
	grep -q '^ok all$' "$work/out" && ! grep -q '^not ok' "$work/out"
}

if tap_wants 'what waits goes by the time of day that is set'; then
	says >"$work/log"
	tap $? 'what waits goes by the time of day that is set' "$work/log"
fi
if tap_wants 'date sets the time of day'; then
	tail -n 3 "$work/out" >"$work/log"
	[ "$(tail -n 1 "$work/out")" = '2031-02-03 04' ]
	tap $? 'date sets the time of day' "$work/log"
fi
exit $failed
