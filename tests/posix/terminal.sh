#!/bin/bash
# Terminals of Linux programs: tests/posix/terminal/ drives children through pseudo-terminals,
# here and in the OS, and each case has to say the same.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
program=$work/terminal

cc -std=c11 -Wall -Wextra -Werror -static -I. -o "$program" tests/posix/terminal/*.c \
	>"$work/log" 2>&1 || { tap 1 'the program for terminals compiles'; exit 1; }
"$program" >"$work/here" 2>"$work/log"
tap $? 'pseudo-terminals here can be compared with'
tests/os-run --image small --file "$program:/terminal" -- /terminal \
	>"$work/there" 2>"$work/log"
tap $? 'the program for terminals runs in the OS'

# same CASE NAME: what both said in it.
same() {
	grep "^$1: " "$work/here" >"$work/expected"
	grep "^$1: " "$work/there" >"$work/got"
	[ -s "$work/expected" ] && diff "$work/expected" "$work/got" >"$work/difference"
	tap $? "$2" "$work/difference"
}
same files 'pseudo-terminals have names, locks and status as on Linux'
same lines 'lines are typed, shown, erased and read as on Linux'
same raw 'reads obey MIN, TIME and O_NONBLOCK as on Linux'
same hang-up 'either side finds the other one gone as on Linux'
same packets 'a master in packet mode is told as on Linux'
same ioctls 'ioctls answer as on Linux'
same sessions 'sessions have, lose and ask for their terminal as on Linux'
same background 'groups in the background are stopped or refused as on Linux'
same orphans 'orphaned groups are told, and never stopped, as on Linux'
same stops 'who is stopped takes no input from others, as on Linux'
same kills 'who waits at a terminal can be killed'
same limits 'who takes all pseudo-terminals leaves some to others'
exit $failed
