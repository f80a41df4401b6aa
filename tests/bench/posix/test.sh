#!/bin/bash
# The table of what programs ask of the OS, from made-up figures; and that the program
# which measures runs, as a program among others with few rounds. TAP.
set -u
cd "$(dirname "$0")/../../.."
source tests/tap.bash
here=tests/bench/posix

printf '%s\n' 'bench getpid 100 98' 'bench read-1 3000 2000' 'bench new-row 12 11' \
	'read-4k is left out: x' 'bench-end' >"$work/ours"
printf '%s\n' 'linux 6.1.0-test' 'bench getpid 200 190' 'bench read-1 1200 1100' \
	'bench alone 1 1' 'bench-end' >"$work/linux"
cat >"$work/expected" <<'END'
| instructions | ours | Linux | Linux = 1 |
|---|--:|--:|--:|
| getpid | 100 | 200 | 0.50 |
| read-1 | 3000 | 1200 | 2.50 |
| new-row | 12 | - | - |
END

its_table() {
	$here/table.sh "$work/ours" "$work/linux" >"$work/got" &&
		head -n 1 "$work/got" | grep -q '^Commit .* Linux 6.1.0-test\.$' &&
		diff "$work/expected" <(tail -n +3 "$work/got")
}

wrong_option() {
	$here/bench.sh --other >"$work/got" 2>&1
	[ $? = 2 ] && grep -q 'there is no option --other' "$work/got"
}

# What programs the host has is its affair: only what needs none.
it_measures() {
	gcc -std=c11 -O2 -Wall -Wextra -Wno-unused-result -Wno-type-limits -Werror -static \
		-DTIMED=50 -DFOLDER="\"$work/bench\"" -I. \
		-o "$work/measure" $here/measure.c &&
		(cd "$work" && timeout 60 ./measure getpid read-1 read-64k pipe-round fork-wait) \
		>"$work/lines" 2>"$work/without" || return 1
	for name in getpid read-1 read-64k pipe-round fork-wait; do
		grep -qE "^bench $name [1-9][0-9]* [1-9]" "$work/lines" || { echo "$name is not"; return 1; }
	done
	grep -q '^bench-end$' "$work/lines" && ! grep -q '^bench stat' "$work/lines"
}

in_docs() {
	for name in $(grep -oE '(TRY|TRY_TIMES)\("[a-z0-9-]+"' $here/measure.c |
			cut -d'"' -f2); do
		grep -q "^| $name | [1-9]" docs/benchmarks.md || { echo "$name is not"; return 1; }
	done
}

tap_run 'the table of programs says ratios' its_table
tap_run 'the bench of programs refuses an option that it has not' wrong_option
tap_run 'what is named is measured, and nothing else' it_measures
tap_run 'docs/benchmarks.md has each thing that is measured of programs' in_docs
exit $failed
