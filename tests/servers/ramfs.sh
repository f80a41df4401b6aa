#!/bin/bash
# ramfs in the OS, in QEMU: tests/servers/files runs the cases there. On one CPU and
# on four.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}

# cases LABEL CPUS
# More than ramfs may have, so that it is the one who says that it is full.
cases() {
	boot_start "$2" "$build/os/x86_64/test-files.tar"
	boot_expect 'files: (all cases were run|it faulted)' 90
	boot_end 20
	sed -n "s/^[a-z]*: \(ok\|not ok\) - /\1 - ($1) /p; s/^[a-z]*: # /# /p" "$boot_log" >"$work/cases"
	grep -F -- "$pattern" "$work/cases"
	grep -q '^not ok' "$work/cases" && failed=1
	grep -q '^files: all cases were run' "$boot_log"
	tap $? "($1) all cases of files are run" "$boot_log"
}

cases '1 CPU' 1
cases '4 CPUs' 4
exit $failed
