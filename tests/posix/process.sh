#!/bin/bash
# Usage: tests/posix/process.sh [NAME]
#
# Capabilities, set-id programs, robust locks, orphans, limits per user, timers: the same binary
# (tests/posix/process/), run as root on Linux and in the OS, says the same.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

if [ "$(id -u)" != 0 ]; then
	echo 'ok - processes are as on Linux # SKIP no root here'
	exit 0
fi
musl-gcc -static -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -o "$work/process" \
	tests/posix/process/*.c >"$work/log" 2>&1 || { tap 1 'the program compiles'; exit 1; }

# Another user has to find it there.
chmod 755 "$work"
(cd "$work" && timeout 60 ./process) >"$work/linux" 2>&1
tests/os-run --image small --timeout "${LIMIT:-240}" --file "$work/process:/tmp/here/process" -- \
	'cd /tmp/here && ./process' >"$work/os" 2>"$work/err"
[ -s "$work/linux" ] && diff "$work/linux" "$work/os" >"$work/log"
tap $? 'processes are as on Linux' "$work/log" "$work/err"
exit $failed
