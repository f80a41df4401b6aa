#!/bin/bash
# How good the first report of a mistake is, by known mistakes in good schemas
# (docs/diagnostics.md): no class of mistakes falls below its floor in
# tests/fuzz/diagnostics.floors. With --update the floors, and the table of the
# page, become what is measured now; commit both with what made the change.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
floors=tests/fuzz/diagnostics.floors
page=docs/diagnostics.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

make -s --no-print-directory BUILD="$build" "$build/fuzz/compiler/score" >"$work/log" 2>&1 &&
	"$build/fuzz/compiler/score" protocols/*.skald tests/golden/constructs.skald \
		tests/vectors/language.skald tests/golden-wire/*.bragi >"$work/table" 2>"$work/log" || {
	echo "not ok - diagnostics: the score can be measured"
	sed 's/^/# /' "$work/log" | head -n 20
	exit 1
}
# CLASS|EDITS|LINE|TOKEN|FIX
sed -nE 's/^\| ([^|]*[^| ]) +\| +([0-9]+) \| +([0-9.]+) \| +([0-9.]+) \| +([0-9.]+) \|$/\1|\2|\3|\4|\5/p' \
	"$work/table" >"$work/rows"

if [ "${1:-}" = --update ]; then
	grep '^#' "$floors" >"$work/floors"
	awk -F'|' 'function floor(x) { x = int(x) - 2; return x < 0 ? 0 : x }
		{ printf "%s|%d|%d|%d\n", $1, floor($3), floor($4), floor($5) }' "$work/rows" >>"$work/floors"
	cp "$work/floors" "$floors"
	awk -v table="$work/table" '/^<!-- the table -->$/ { print; print ""
			while ((getline line < table) > 0) print line; skip = 1; print ""; next }
		/^<!-- the end -->$/ { skip = 0 } !skip' "$page" >"$work/page"
	cp "$work/page" "$page"
	exit 0
fi

while IFS='|' read -r class line token fix; do
	case $class in '#'* | '') continue ;; esac
	[[ -z ${1:-} || $class == *"$1"* ]] || continue
	row=$(grep -F "$class|" "$work/rows" | head -n 1)
	IFS='|' read -r _ edits now_line now_token now_fix <<<"$row"
	name="diagnostics, $class: line, token and fix in $line, $token, $fix % at least"
	if [ "${edits:-0}" -ge 20 ] && awk "BEGIN { exit !($now_line >= $line && $now_token >= $token && $now_fix >= $fix) }"; then
		echo "ok - $name"
	else
		failed=1
		echo "not ok - $name"
		echo "# came: ${now_line:-?}, ${now_token:-?}, ${now_fix:-?} of ${edits:-0} edits"
		echo "# which: $build/fuzz/compiler/score --show '$class' protocols/*.skald tests/golden/constructs.skald tests/vectors/language.skald tests/golden-wire/*.bragi"
		echo "# if that is better, or cannot be: tests/fuzz/diagnostics.sh --update"
	fi
done <"$floors"
[ "$(grep -c '|' "$floors")" = "$(wc -l <"$work/rows")" ] && echo "ok - diagnostics: every class has a floor" || {
	failed=1
	echo "not ok - diagnostics: every class has a floor"
	echo "# tests/fuzz/diagnostics.sh --update"
}
exit $failed
