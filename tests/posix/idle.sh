#!/bin/bash
# Usage: tests/posix/idle.sh
#
# A system in which all wait is idle: a shell at its prompt, `sleep`, poll() and select() on
# files of posix and of other servers (idle.c). Time is counted in guest instructions, one a
# nanosecond, and goes on by itself while nothing runs, so neither this machine's speed nor
# its load matters. TAP.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$work/idle" tests/posix/idle.c -lutil ||
	exit 2
seconds=400
# One who looks at something every 5 ms takes some 300 of these, the averages of load 10.
most=${MOST:-60}

is_idle() {
	OS_RUN_QEMU='-accel tcg,thread=single -icount shift=0,sleep=off' \
		tests/os-run --image small --timeout 300 --file "$work/idle:/idle" \
		"/idle $seconds" >"$work/busy" 2>"$work/error"
	[ ! -s "$work/error" ] || { tail -n 20 "$work/error"; return 1; }
	echo "busy: $(cat "$work/busy") ms of $seconds s, at most $most"
	[ "$(cat "$work/busy")" -le "$most" ]
}

tap_run 'a system in which all wait does nothing' is_idle
sed 's/^/# /' "$work/log"
exit $failed
