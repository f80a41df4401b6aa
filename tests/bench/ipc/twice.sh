#!/bin/bash
# Usage: tests/bench/ipc/twice.sh [PATTERN]
#
# That `make bench-ipc` measures all it should, and the same each time: a short
# run of it, twice. What the figures are is for people to read.
set -u
cd "$(dirname "$0")/../../.."
. tests/tap.bash
export ROUNDS=${ROUNDS:-50}
names="null call-0w call-32b call-80b call-4k call-same-space call-unrecorded call-recorded call-fpu reply-handle
	lease-64 lease-4k lease-64k ring-1 ring-8 ring-64 signal signal-wake
	signal-pingpong fault fault-map"

# Each name once, with numbers that something costs.
is_whole() {
	for name in $names; do
		echo "wanted: $name"
		[ "$(awk -v name="$name" '$1 == name && NF == 4 && $2 > 0 && $3 > 0 &&
			$4 > 0' "$work/first" | wc -l)" = 1 ] || return 1
	done
}

if tap_wants "bench-ipc ends" || tap_wants "bench-ipc measures all it should" ||
		tap_wants "bench-ipc gives the same figures again"; then
	tests/bench/ipc/bench.sh >"$work/first" 2>"$work/log" &
	first=$!
	tests/bench/ipc/bench.sh >"$work/second" 2>>"$work/log"
	wait $first
	tap $? "bench-ipc ends"
	tap_run "bench-ipc measures all it should" is_whole
	tap_run "bench-ipc gives the same figures again" diff "$work/first" "$work/second"
fi
exit $failed
