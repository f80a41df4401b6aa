#!/bin/bash
# Usage: tests/cli/lint.sh [NAME]
#
# lint: each code has a page, whose first schema gives that lint and no other, and
# whose second gives none; what a source allows; the project's own protocols.
source "$(dirname "$0")/cases.bash"

codes=$(sed -nE 's/^DIAG\((L[0-9]+),.*/\1/p' idl/diag_codes.h)
mkdir "$work/pages"
printf 'namespace rights;\nbits Rights uint16 { LOOK = 1 }\n' >"$work/pages/rights.skald"
printf 'namespace colors;\nenum Color { RED, GREEN }\n' >"$work/pages/colors.skald"

# The n-th schema of a page.
block() { awk -v n="$2" '/^```skald$/ { i++; on = i == n; next } /^```$/ { on = 0 } on' "$1"; }

# The codes that a file gives, each once.
given() {
	"$skald" lint --json "$1" 2>"$work/err" | grep -oE '"code": "[A-Z][0-9]+"' |
		grep -oE '[A-Z][0-9]+' | sort -u | tr '\n' ' '
}

gives() { local came; came=$(given "$1"); echo "came: $came"; [ "$came" = "$2" ]; }

page() {	# CODE
	local page=docs/lint/$1.md
	block "$page" 1 >"$work/pages/doubtful.skald"
	block "$page" 2 >"$work/pages/better.skald"
	[ -s "$work/pages/doubtful.skald" ] && [ -s "$work/pages/better.skald" ] &&
		head -n 1 "$page" | grep -q "^# $1: " &&
		gives "$work/pages/doubtful.skald" "$1 " &&
		"$skald" lint "$work/pages/better.skald" &&
		"$skald" fmt --check "$work/pages/better.skald" "$work/pages/doubtful.skald" &&
		"$skald" explain "$1" | cmp - "$page"
}
for code in $codes; do
	holds "the page of $code: its first schema gives it alone, its second none" page "$code"
done
every_page() {
	diff <(printf '%s.md\n' $codes) <(ls docs/lint)
}
holds "every lint has a page, every page a lint" every_page
at_least_30() { [ "$(wc -w <<<"$codes")" -ge 33 ]; }
holds "there are at least 30 lints" at_least_30

for file in protocols/*.skald; do
	expect 0 "$file gives no lint that it does not allow" "$skald" lint "$file"
done

# ---- what the source allows ----

sample() { cat >"$work/s.skald"; }

sample <<'S'
// lint: allow L0101, L0102 because an old protocol has them so
struct old_entry {
	uint32 entrySize;
	struct_with old;
}

struct struct_with {
	uint32 entrySize; // lint: allow L0102 because it was copied
}
S
holds "allowed: a declaration with all within, a line, not what is behind" \
	gives "$work/s.skald" "L0101 "
expect_text 1 "allowed: the place of the other is told" ":7:8: warning[L0101]" \
	"$skald" lint "$work/s.skald"

sample <<'S'
/// All of it is old.
// lint: allow L0102 because an old protocol has them so
namespace old;

struct Entry {
	uint32 entrySize;
}
struct Other { uint32 otherSize; }
S
holds "allowed: before the namespace, for the file" gives "$work/s.skald" ""

sample <<'S'
struct Entry {
	// lint: allow L0102 because of this one
	uint32 entrySize;
	uint32 otherSize;
}
S
expect_text 1 "allowed: a member, not the next" ":4:9: warning[L0102]" "$skald" lint "$work/s.skald"
expect_text 1 "allowed: not the member itself" "0 errors, 1 warning" "$skald" lint "$work/s.skald"

sample <<'S'
struct Entry {
	// lint: allow L0102, L0209 because of nothing
	int32 size;
}
S
holds "unused: it is told which" gives "$work/s.skald" "L0003 "
expect_text 1 "unused: the code is told" "no L0102 here" "$skald" lint "$work/s.skald"
expect 0 "unused: not told if that lint was not run" "$skald" lint --only L0003,L0101 "$work/s.skald"

# ---- which are run ----

sample <<'S'
struct entry {
	int32 itemCount;
	int32 count;
	string name;
}
S
expect_text 1 "--class: one class" "0 errors, 2 warnings" "$skald" lint --class style "$work/s.skald"
expect_text 1 "--class: several" "0 errors, 4 warnings" \
	"$skald" lint --class style,safety "$work/s.skald"
expect 0 "--class: one in which there is none" "$skald" lint --class performance "$work/s.skald"
expect_text 1 "--only: one" "0 errors, 1 warning" "$skald" lint --only L0209 "$work/s.skald"
expect_text 1 "--only and --class add up" "0 errors, 3 warnings" \
	"$skald" lint --only L0209 --class style "$work/s.skald"
expect_text 2 "--only: none of that name" 'no lint `L9999`' "$skald" lint --only L9999 "$work/s.skald"
expect_text 2 "--only: an error is no lint" 'no lint `E0201`' "$skald" lint --only E0201 "$work/s.skald"
expect_text 2 "--class: none of that name" 'no class `speed`' "$skald" lint --class speed "$work/s.skald"
expect_text 1 "--json: as check has it" \
	'"code": "L0201", "severity": "warning", "title": "a member that nothing bounds"' \
	"$skald" lint --json "$work/s.skald"
echo 'struct A { Unknown a; }' >"$work/s.skald"
expect_text 1 "an error is told, and no lint" "error[E0201]" "$skald" lint "$work/s.skald"
expect 2 "a file that is not there" "$skald" lint "$work/none.skald"
exit $failed
