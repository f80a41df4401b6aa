#!/bin/bash
# The compiler under fuzz: whatever was found once is not found again, and a
# number of changed inputs for each target finds nothing. SEED=N and RUNS=N
# (percent of the usual number) choose others; fuzz/compiler/run looks longer.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=build/asan
base=$build/fuzz/compiler
seed=${SEED:-$(date +%j)}
percent=${RUNS:-100}
declare -A runs=([schema]=3000 [text]=5000 [encode]=5000 [decode]=5000 [hex]=5000)

make -s --no-print-directory BUILD="$build" SANITIZE=1 CFLAGS='-O1 -g' \
	"$base"/plain/{schema,text,encode,decode,hex} >"$work/log" 2>&1 || {
	tap 1 "the fuzzers of the compiler are built"
	exit 1
}

for target in schema text encode decode hex; do
	for file in tests/fuzz/crashes/compiler/"$target"/*; do
		name="fuzz: $target, found once: $(basename "$file")"
		[ -f "$file" ] && [[ $name == *"$pattern"* ]] || continue
		"$base/plain/$target" "$file" >"$work/log" 2>&1
		tap $? "$name"
	done
done

one() {	# TARGET
	fuzz/compiler/seeds "$1" "$work/$1" &&
		"$base/plain/$1" --runs $((runs[$1] * percent / 100)) --seed "$seed" \
			--keep "$build" "$work/$1"
}

# Two at a time: the slowest beside the others.
one schema >"$work/log-schema" 2>&1 &
schema=$!
for target in text encode decode hex schema; do
	name="fuzz: $target, $((runs[$target] * percent / 100)) changed inputs, seed $seed"
	if [ $target = schema ]; then
		wait $schema
	else
		one $target >"$work/log-$target" 2>&1
	fi
	status=$?
	cp "$work/log-$target" "$work/log"
	tap $status "$name"
done
exit $failed
