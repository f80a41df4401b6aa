#!/bin/bash
# Usage: tests/kernel/fuzz.sh [PATTERN]
#
# Short runs of the kernel's fuzzer, always the same ones, and that it finds some
# of the bugs that it has to find (tests/kernel/fuzz/quality.sh: all of them).
# CALLS: how many steps a run takes.
set -u
cd "$(dirname "$0")/../.."
. tests/tap.bash
build=${BUILD:-build}
calls=${CALLS:-12000}

for seed in 101 102 103 104 105 106; do
	cpus=$((seed % 2 ? 1 : 4))
	tap_run "the kernel holds $calls random steps, seed $seed, $cpus CPU" \
		"$build/kernel-fuzz" --seed $seed --calls "$calls" --cpus $cpus
done
tap_run "the kernel's fuzzer finds bugs that were planted" \
	tests/kernel/fuzz/quality.sh "handle drop|lost wake-up|token not freed"
exit $failed
