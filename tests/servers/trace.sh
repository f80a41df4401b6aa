#!/bin/bash
# The trace server in the OS, in QEMU: tests/servers/traced runs the cases there; what
# comes over the second serial port is shown by build/ostrace. On one CPU and on four.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}
calls=10

# Of what ostrace has shown, how many lines match.
shown() {
	grep -cE -- "$1" "$work/shown"
}

# cases LABEL CPUS
cases() {
	local archive=$build/os/x86_64/test-trace.tar came
	boot_devices=(-serial "file:$work/trace")
	rm -f "$work/trace"
	boot_start "$2" "$archive"
	boot_expect 'traced: (all cases were run|it faulted)' 60
	boot_kill
	sed -n "s/^[a-z]*: \(ok\|not ok\) - /\1 - ($1) /p; s/^[a-z]*: # /# /p" "$boot_log" >"$work/cases"
	grep -F -- "$pattern" "$work/cases"
	grep -q '^not ok' "$work/cases" && failed=1
	grep -q '^traced: all cases were run' "$boot_log"
	tap $? "($1) all cases of traced are run" "$boot_log"

	"$build/ostrace" "$work/trace" >"$work/shown" 2>"$work/log"
	came=$?
	[ $came = 0 ] && [ ! -s "$work/log" ]
	tap $? "($1) the host gets a whole stream over the second serial port" "$work/log"
	[ "$(shown '^ +[0-9.]+ traced/main -> relay/main .* = ok .*served in')" = $calls ]
	tap $? "($1) a client's record and its server's are of one call" "$work/shown"
	[ "$(shown '^ +[0-9.]+   relay/main -> ramfs/main fs.FileSystem.statfs\(.* = ok .*served in')" = $calls ]
	tap $? "($1) what is called meanwhile stands within, across three servers" "$work/shown"
	"$build/ostrace" --stats "$work/trace" >"$work/shown" 2>"$work/log"
	[ "$(shown "^fs.FileSystem.statfs +$calls +0 +0 ")" = 1 ]
	tap $? "($1) the table has each method" "$work/shown" "$work/log"
}

cases '1 CPU' 1
cases '4 CPUs' 4
exit $failed
