#!/bin/bash
# Usage: tests/kernel/fuzz/quality.sh [NAME]
#
# Whether the fuzzer finds what it is there to find: plants each of the bugs of
# tests/kernel/fuzz/bugs (or those whose name the expression NAME finds) in a copy
# of the kernel, and says after how many steps, with which of SEEDS (1 to 8), and by
# what it was found. Exit status 1: one was not. ROOT: the tree with the kernel to copy (.).
set -u
cd "$(dirname "$0")/../../.." || exit 2
out=${BUILD:-build}/kernel-fuzz-quality
calls=${CALLS:-15000}
seeds=${SEEDS:-1 2 3 4 5 6 7 8}
root=${ROOT:-.}
pattern=${1:-}
missed=0

build() {
	make -s -f tests/kernel/fuzz/rules.mk kernel-fuzz KERNEL_FUZZ_ROOT="$out/copy" \
		KERNEL_FUZZ_OUT="$out/objects" KERNEL_FUZZ="$out/fuzz" \
		KERNEL_FUZZ_FLAGS=-Wno-error >"$out/log" 2>&1 ||
		{ tail -n 5 "$out/log" >&2; exit 2; }
}

# found: the first seed that finds it says so.
found() {
	local seed what
	for seed in $seeds; do
		"$out/fuzz" --seed "$seed" --calls "$calls" >"$out/run" 2>&1 && continue
		what=$(grep -a -m1 -E "^FINDING|^panic|runtime error|ERROR: Addr" "$out/run")
		echo "$(sed -n 's/^Step \([0-9]*\).*/\1/p' "$out/run") steps of seed $seed:" \
			"${what:0:100}"
		return
	done
	echo "NOT FOUND"
	missed=1
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
	[[ $1 =~ $pattern ]] || return 0
	sed -i "$3" "$out/copy/$2"
	build
	printf '%-22s' "$1"
	found
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
