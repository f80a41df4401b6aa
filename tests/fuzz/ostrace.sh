#!/bin/bash
# The ostrace tool under fuzz: streams that were changed at random are shown in all
# ways, under sanitizers. SEED=N and RUNS=N (percent of the usual number) choose
# others; for longer, build/fuzz/ostrace/libfuzzer.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=build/asan
seed=${SEED:-$(date +%j)}
runs=$((1500 * ${RUNS:-100} / 100))

make -s --no-print-directory BUILD="$build" SANITIZE=1 CFLAGS='-O1 -g' \
	"$build"/fuzz/ostrace/plain "$build"/tests/ostrace/write >"$work/log" 2>&1 || {
	tap 1 "the fuzzer of ostrace is built"
	exit 1
}
mkdir "$work/seeds"
for scenario in calls kernel program kept; do
	"$build/tests/ostrace/write" $scenario >"$work/seeds/$scenario"
done
tap_run "fuzz: ostrace, $runs changed streams, seed $seed" \
	"$build/fuzz/ostrace/plain" --runs $runs --seed "$seed" --keep "$build" "$work/seeds"
for file in tests/fuzz/crashes/ostrace/*; do
	[ -f "$file" ] || continue
	tap_run "fuzz: ostrace, found once: $(basename "$file")" \
		"$build/fuzz/ostrace/plain" "$file"
done
exit $failed
