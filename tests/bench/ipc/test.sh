#!/bin/bash
# The table of what messages cost, without an emulator: from made-up figures, and
# that what it sets side by side is there. TAP.
set -u
cd "$(dirname "$0")/../../.."
source tests/tap.bash
here=tests/bench/ipc

printf '%s\n' 'null 100 4.0 98' 'call-0w 300 20.0 200' 'fault 700 22.0 500' \
	'new-row 12 0.0 0' >"$work/ours"
printf '%s\n' 'linux 6.1.0-test' 'getppid 250 240' 'eventfd 900 850' 'fork-exit 9000 8000' \
	>"$work/linux"
cat >"$work/expected" <<'END'
| round trip | instructions | privileged | Linux: | instructions | ours = 1 | seL4 | ours = 1 | goal |
|---|--:|--:|---|--:|--:|--:|--:|---|
| null | 100 | 4.0 | getppid | 250 | 2.50 | 257 | 2.57 | 60, not met |
| call-0w | 300 | 20.0 | eventfd | 900 | 3.00 | 428 | 1.43 | 280, not met |
| fault | 700 | 22.0 | - | - | - | 1256 | 1.79 | 700, met |
| new-row | 12 | 0.0 | - | - | - | - | - | - |

| Linux alone | instructions | least of all rounds |
|---|--:|--:|
| getppid | 250 | 240 |
| eventfd | 900 | 850 |
| fork-exit | 9000 | 8000 |
END

its_table() {
	$here/table.sh "$work/ours" "$work/linux" >"$work/got" &&
		head -n 1 "$work/got" | grep -q '^Commit .* Linux 6.1.0-test\.$' &&
		diff "$work/expected" <(tail -n +3 "$work/got")
}

without_linux() {
	$here/table.sh "$work/ours" - >"$work/got" && grep -q 'Linux left out\.$' "$work/got" &&
		grep -Fqx '| null | 100 | 4.0 | - | - | - | 257 | 2.57 | 60, not met |' "$work/got" &&
		! grep -q 'Linux alone' "$work/got"
}

# Lines of ours, by column of beside.txt.
beside() {
	awk -v column="$1" '!/^#/ && NF && $column != "-" { print $column }' $here/beside.txt
}

ours_are_measured() {
	for name in $(beside 1); do
		grep -q "\"$name\"" $here/measure.c || { echo "$name is not"; return 1; }
	done
}

# As a program among others, with few rounds: what it may not do here is left out.
linux_is_measured() {
	gcc -std=c11 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
		-Werror -static -DTIMED=1000 -I. -o "$work/measure" tests/bench/linux/*.c &&
		timeout 120 "$work/measure" >"$work/lines" 2>"$work/without" || return 1
	grep -q '^bench-end$' "$work/lines" && grep -q '^bench pipe-32 [1-9]' "$work/lines" ||
		return 1
	for name in $(beside 4); do
		grep -qE "^bench $name [1-9][0-9]* [1-9]" "$work/lines" && continue
		grep -q "^${name%%-*}.* is left out" "$work/without" || { echo "$name is not"; return 1; }
	done
}

in_docs() {
	for name in $(beside 1); do
		grep -q "^| $name | [1-9]" docs/benchmarks.md || { echo "$name is not"; return 1; }
	done
}

tap_run 'the table of messages says ratios and whether goals are met' its_table
tap_run 'the table of messages does without Linux' without_linux
tap_run 'each round trip that has something beside it is measured' ours_are_measured
tap_run 'each line of Linux that stands beside one of ours is measured' linux_is_measured
tap_run 'docs/benchmarks.md has each round trip' in_docs
exit $failed
