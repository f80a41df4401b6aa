#!/bin/bash
# The table of what traces cost, without an emulator: from made-up figures, and that
# each thing that is measured has its row. TAP.
set -u
cd "$(dirname "$0")/../../.."
source tests/tap.bash
here=tests/bench/trace

printf '%s\n' 'call-without 300 20.0 200' 'call-off 302 20.0 200' 'mark 50 0.0 0' \
	'new-row 12 0.0 0' >"$work/figures"
cat >"$work/expected" <<'END'
| what | instructions | more than without | of them in the kernel |
|---|--:|--:|--:|
| a call between threads, without a ring | 300 | - | 200 |
| the same with rings on both sides, off | 302 | 2 | 200 |
| a mark | 50 | - | 0 |
| new-row | 12 | - | 0 |
END

its_table() {
	$here/bench.sh "$work/figures" >"$work/got" &&
		head -n 1 "$work/got" | grep -q '^Commit ' &&
		diff "$work/expected" <(tail -n +3 "$work/got")
}

all_are_named() {
	diff <(cut -f 1 $here/names.txt | sort) \
		<(grep -oE '"(call|kernel|mark|counter|span|read)[a-z-]*"' $here/measure.c |
			tr -d '"' | sort)
}

in_docs() {
	cut -f 2 $here/names.txt | while IFS= read -r text; do
		grep -qF "| $text | " docs/ostrace.md || { echo "no row: $text"; return 1; }
	done
}

tap_run 'the table of traces says how much more each costs' its_table
tap_run 'each thing that is measured of traces has a text, and the other way round' all_are_named
tap_run 'docs/ostrace.md has each row of what traces cost' in_docs
exit $failed
