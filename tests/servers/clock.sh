#!/bin/bash
# The clock's server, in QEMU, whose battery-backed clock begins two seconds before March:
# tests/servers/watch runs the cases in the OS and says what came of them.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}
archive=$build/os/x86_64/test-clock.tar

# cases LABEL MACHINE CPUS
cases() {
	boot_devices=(-rtc base=2026-02-28T23:59:58)
	MACHINE=$2 boot_start "$3" "$archive"
	boot_expect 'watch: all cases were run' 100
	local ran=$?
	boot_end 20
	sed -n "s/^[a-z]*: \(ok\|not ok\) - /\1 - ($1) /p; s/^[a-z]*: # /# /p" "$boot_log" >"$work/cases"
	grep -F -- "$pattern" "$work/cases"
	grep -q '^not ok' "$work/cases" && failed=1
	[ $ran = 0 ]
	tap $? "($1) all cases are run" "$boot_log"
}

# A clock that says 1969 was never set.
unset_clock() {
	boot_devices=(-rtc base=1969-07-20T20:17:40)
	boot_start 1 "$archive"
	boot_expect "clock: the hardware's clock has no time: the time of day is not set"
	local status=$?
	boot_kill
	[ $status = 0 ] || cat "$boot_log"
	return $status
}

cases 'pc, 1 CPU' pc 1
cases 'q35, 4 CPUs' q35 4
tap_run 'a hardware clock without a time is not believed, and that is said' unset_clock
exit $failed
