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
declare -A runs=([schema]=3000 [fmt]=600 [text]=5000 [encode]=5000 [decode]=5000 [hex]=5000 [note]=5000 [lsp]=1000)

# once TARGET FILE: what was found once, by its name.
once() {
	echo "fuzz: $1, found once: $(basename "$2")"
}

many() {	# TARGET
	echo "fuzz: $1, $((runs[$1] * percent / 100)) changed inputs, seed $seed"
}

chosen=()	# targets whose inputs are changed
found=()	# files
for target in schema fmt text encode decode hex note lsp; do
	tap_wants "$(many $target)" && chosen+=($target)
	for file in tests/fuzz/crashes/compiler/"$target"/*; do
		[ -f "$file" ] && tap_wants "$(once $target "$file")" && found+=("$file")
	done
done
[ ${#chosen[@]} != 0 ] || [ ${#found[@]} != 0 ] || exit 0

make -s --no-print-directory BUILD="$build" SANITIZE=1 CFLAGS='-O1 -g' \
	"$base"/plain/{schema,fmt,text,encode,decode,hex,note,lsp} >"$work/log" 2>&1 || {
	pattern=
	tap 1 "the fuzzers of the compiler are built"
	exit 1
}

for file in "${found[@]}"; do
	target=$(basename "$(dirname "$file")")
	"$base/plain/$target" "$file" >"$work/log" 2>&1
	tap $? "$(once "$target" "$file")"
done

one() {	# TARGET
	fuzz/compiler/seeds "$1" "$work/$1" &&
		"$base/plain/$1" --runs $((runs[$1] * percent / 100)) --seed "$seed" \
			--keep "$build" "$work/$1"
}

# Two at a time: the first, which is the slowest, beside the others.
for target in "${chosen[@]:0:1}"; do
	one $target >"$work/log-$target" 2>&1 &
	first=$!
done
for target in "${chosen[@]:1}" "${chosen[@]:0:1}"; do
	if [ $target = "${chosen[0]}" ]; then
		wait $first
	else
		one $target >"$work/log-$target" 2>&1
	fi
	tap $? "$(many $target)" "$work/log-$target"
done
exit $failed
