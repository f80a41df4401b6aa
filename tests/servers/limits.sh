#!/bin/bash
# What one program can take of servers and of the supervisor, in QEMU: tests/servers/greedy
# runs the cases in the OS, and does as a driver does with memory and an interrupt that its
# manifest wants. On one CPU and on four.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}

# cases LABEL CPUS
cases() {
	boot_start "$2" "$build/os/x86_64/test-limits.tar"
	boot_expect 'greedy: (all cases were run|it faulted)' 90
	boot_end 20
	sed -n "s/^[a-z]*: \(ok\|not ok\) - /\1 - ($1) /p; s/^[a-z]*: # /# /p" "$boot_log" >"$work/cases"
	grep -F -- "$pattern" "$work/cases"
	grep -q '^not ok' "$work/cases" && failed=1
	grep -q '^greedy: all cases were run' "$boot_log"
	tap $? "($1) all cases of limits are run" "$boot_log"
	! grep -qE 'PANIC|panic:|kernel fault' "$boot_log"
	tap $? "($1) the kernel does not panic" "$boot_log"
}

cases '1 CPU' 1
cases '4 CPUs' 4
exit $failed
