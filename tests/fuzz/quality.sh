#!/bin/bash
# Usage: tests/fuzz/quality.sh [NAME]
#
# What docs/fuzzing.md measures the mutator with (fuzz/quality) works: a short
# run of each kind, and each planted bug still is one.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/tap.bash

edges() {
	fuzz/quality/run --seconds 3 edges clock | tee "$work/table"
	awk -F'|' '$2 ~ /clock/ && $4 + 0 > $6 + 0 && $6 + 0 > 0 { found = 1 } END { exit !found }' \
		"$work/table"
}

bug() {
	fuzz/quality/run --seconds 60 --repeat 1 bugs 'bool of two' | tee "$work/table"
	grep -qE '^\| bool of two \| [0-9]+ \| ' "$work/table"
}

# Each line of the list changes what it says it does.
list() {
	local line file from good=0
	build/skald c tests/vectors/language.skald -o "$work" || return
	while IFS= read -r line; do
		file=$(sed 's/^[^|]*| *\([^ ]*\).*/\1/' <<<"$line")
		from=$file
		[[ $file == runtime/* ]] || from=$work/$file
		sed "$(sed 's/^[^|]*|[^|]*| *//' <<<"$line")" "$from" | cmp -s - "$from" || continue
		echo "changes nothing in $file: $line"
		good=1
	done < <(grep -v '^#' fuzz/quality/bugs)
	return $good
}

tap_run 'quality: more edges are reached than the seeds have' edges
tap_run 'quality: a planted bug is found' bug
tap_run 'quality: each bug of the list can be planted' list
exit $failed
