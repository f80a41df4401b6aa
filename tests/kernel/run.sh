#!/bin/bash
# Usage: tests/kernel/run.sh [PATTERN]
#
# Unit tests of the kernel on a machine without hardware, as make kernel-units
# has built them into $BUILD: all of them, or the cases whose name contains
# PATTERN.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
export CMOCKA_MESSAGE_OUTPUT=TAP
failed=0
for test in "$build"/tests/kernel/unit/test_*; do
	[ -x "$test" ] || continue
	echo "# $test"
	"$test" ${1:+"*$1*"}
	status=$?
	[ $status = 0 ] && continue
	failed=1
	# A test that ended in the midst has told so of none of its cases.
	[ $status -gt 100 ] && echo "not ok - $test exits with status $status"
done
exit $failed
