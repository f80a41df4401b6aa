#!/bin/bash
# A driver that tries everything with all that it has: tests/servers/intruder, in QEMU, on
# one CPU and on four. Each thing is refused as it should be, and of others nothing changes.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}

# cases LABEL CPUS
cases() {
	boot_start "$2" "$build/os/x86_64/test-intruder.tar"
	boot_expect 'intruder: (all cases were run|given up)' 60
	sleep 0.3
	boot_kill
	sed -n "s/^intruder: \(ok\|not ok\) - /\1 - ($1) /p; s/^intruder: # /# /p" "$boot_log" >"$work/cases"
	grep -F -- "$pattern" "$work/cases"
	grep -q '^not ok' "$work/cases" && failed=1
	grep -q '^intruder: all cases were run' "$boot_log"
	tap $? "($1) the intruder runs all cases" "$boot_log"
	! grep -qE 'PANIC|panic:|kernel fault' "$boot_log"
	tap $? "($1) the kernel does not panic" "$boot_log"
	[ "$(grep -c '^bystander: ' "$boot_log")" = "$(grep -c '^bystander: ready' "$boot_log")" ]
	tap $? "($1) of the bystander it is said that it is ready, and no more" "$boot_log"
}

cases '1 CPU' 1
cases '4 CPUs' 4
exit $failed
