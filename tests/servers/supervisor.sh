#!/bin/bash
# The supervisor and what servers have in common, in QEMU: tests/servers/probe runs the
# cases in the OS and says what came of them. On one CPU and on four; what clang has
# built, on four, if that is there.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}

# cases LABEL CPUS BUILD
cases() {
	local archive=$3/os/x86_64/test-servers.tar
	boot_kernel=$3/kernel/skald.elf
	boot_start "$2" "$archive"
	boot_expect 'probe: all cases were run' 60
	local ran=$?
	boot_end 20
	local ended=$?
	sed -n "s/^[a-z]*: \(ok\|not ok\) - /\1 - ($1) /p; s/^[a-z]*: # /# /p" "$boot_log" >"$work/cases"
	if [ -n "$pattern" ]; then
		grep -F -- "$pattern" "$work/cases"
	else
		cat "$work/cases"
	fi
	grep -q '^not ok' "$work/cases" && failed=1
	[ $ran = 0 ]
	tap $? "($1) all cases are run" "$boot_log"
	[ $ended = 0 ] && grep -q '^supervisor: all has ended' "$boot_log"
	tap $? "($1) the machine is switched off when all has ended" "$boot_log"
	! grep -qE '^panic|PANIC|panic:|kernel fault' "$boot_log"
	tap $? "($1) the kernel does not panic" "$boot_log"
	grep -qE '^target: page fault at 0x10, reading, by the instruction at 0x4[0-9a-f]*: nothing is mapped there' "$boot_log"
	tap $? "($1) the log says where a program faulted, and why" "$boot_log"
	grep -qE '^target: page fault at 0x20, reading, by the instruction at 0x4[0-9a-f]*: nothing is mapped there' "$boot_log"
	tap $? "($1) the log says where another thread than the first faulted" "$boot_log"
	grep -q '^crasher: given up: it has died too often' "$boot_log"
	tap $? "($1) that a server is given up is said" "$boot_log"
	local said
	said=$(grep -c '^target: line' "$boot_log")
	# All of them, on a machine that is too slow for a hundred in a second.
	[ "$said" -ge 100 ] && { [ "$2" -gt 1 ] || [ "$said" -lt 150 ]; }
	tap $? "($1) of a flood of lines a part is shown" "$boot_log"
}

cases '1 CPU' 1 "$build"
cases '4 CPUs' 4 "$build"
if [ "$build" = build ] && [ -f build/clang/os/x86_64/test-servers.tar ]; then
	cases '4 CPUs, clang' 4 build/clang
fi
exit $failed
