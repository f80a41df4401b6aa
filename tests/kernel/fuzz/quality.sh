#!/bin/bash
# Usage: tests/kernel/fuzz/quality.sh [NAME]
#
# Whether the fuzzer finds what it is there to find: plants each of the bugs of
# tests/kernel/fuzz/bugs (or those whose name the expression NAME finds) in a copy
# of the kernel, and prints a row of a table: after how many steps each of SEEDS
# (1 and 2) finds it, and by what the first does. Exit status 1: one did not in
# CALLS steps (100,000). ROOT: the tree with the kernel to copy (.).
set -u
cd "$(dirname "$0")/../../.." || exit 2
out=${BUILD:-build}/kernel-fuzz-quality
calls=${CALLS:-100000}
seeds=${SEEDS:-1 2}
root=${ROOT:-.}
pattern=${1:-}
missed=0

build() {
	make -s -f tests/kernel/fuzz/rules.mk kernel-fuzz KERNEL_FUZZ_ROOT="$out/copy" \
		KERNEL_FUZZ_OUT="$out/objects" KERNEL_FUZZ="$out/fuzz" \
		KERNEL_FUZZ_FLAGS=-Wno-error >"$out/log" 2>&1 ||
		{ tail -n 5 "$out/log" >&2; exit 2; }
}

# finds SEED: after how many steps; what it is stays in $out/what if it is the first.
finds() {
	"$out/fuzz" --seed "$1" --calls "$calls" >"$out/run" 2>&1 && { echo "-"; return 1; }
	[ -s "$out/what" ] || sed -n -E '/^FINDING|^panic|runtime error|ERROR: Addr/{
		s/^FINDING: //; s/: expected.*//; s/[0-9a-f]{4,}/N/g; s/ [0-9]+:/:/; p; q}' \
		"$out/run" >"$out/what"
	sed -n 's/^Step \([0-9]*\).*/\1/p' "$out/run"
}

# each COMMAND...: for each bug, with its name, file and sed expression.
each() {
	local line
	while IFS= read -r line; do
		[[ $line == \#* ]] && continue
		"$@" "$(sed 's/ *|.*//' <<<"$line")" "$(sed 's/^[^|]*| *\([^ ]*\).*/\1/' <<<"$line")" \
			"$(sed 's/^[^|]*|[^|]*| *//' <<<"$line")"
	done <tests/kernel/fuzz/bugs
}

applies() {
	sed "$3" "$root/$2" | cmp -s - "$root/$2" || return 0
	echo "the bug \`$1\` changes nothing in $2 any more: plant it where the code is now" >&2
	missed=2
}

try() {
	local seed row
	[[ $1 =~ $pattern ]] || return 0
	sed -i "$3" "$out/copy/$2"
	build
	row="| $1 |"
	: >"$out/what"
	for seed in $seeds; do
		row="$row $(finds "$seed") |" || missed=1
	done
	echo "$row $(head -c 90 "$out/what") |"
	cp "$root/$2" "$out/copy/$2"
}

each applies
[ $missed = 0 ] || exit $missed
rm -rf "$out"
mkdir -p "$out/copy"
cp -rp "$root/kernel" "$root/runtime" "$out/copy/"
# What was built already is as good.
[ "$root" = . ] && cp -rp "${BUILD:-build}/kernel-fuzz-objects" "$out/objects" 2>/dev/null
build
each try
exit $missed
