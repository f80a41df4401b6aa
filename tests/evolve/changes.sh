#!/bin/bash
# Usage: tests/evolve/changes.sh [NAME]
#
# Every kind of change has a page, and the page's two schemas make it: `skald diff`
# says that code, with that class and that direction.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
skald=${SKALD:-${BUILD:-build}/skald}

: >"$work/none.skald"
block() { awk -v n="$2" '/^```skald$/ { i++; on = i == n; next } /^```$/ { on = 0 } on' "$1"; }

# What a lock has of an import has no schemas that show it on their own.
imported() {	# CODE
	mkdir -p "$work/$1"
	echo 'record R { uint8 a; }' >"$work/$1/lib.skald"
	echo 'import "lib.skald"; message M 1 { head(64): R r; uint8 b; }' >"$work/$1/m.skald"
	"$skald" lock "$work/$1/m.skald" -o "$work/$1/old.lock" 2>"$work/log"
	echo 'record R { uint8 a; uint8 b; }' >"$work/$1/lib.skald"
	"$skald" lock "$work/$1/m.skald" -o "$work/$1/new.lock" 2>>"$work/log"
	old=$work/$1/old.lock new=$work/$1/new.lock
}

case_page() {	# CODE CLASS BREAKS
	local page=docs/changes/$1.md class breaks old new
	tap_wants "$1" || return 0
	class=${2,,}
	case $3 in
	OLD) breaks='["old reader"]' ;;
	NEW) breaks='["new reader"]' ;;
	BOTH) breaks='["old reader", "new reader"]' ;;
	*) breaks='[]' ;;
	esac
	old=$work/old.skald new=$work/new.skald
	block "$page" 1 >"$old"
	block "$page" 2 >"$new"
	[ -s "$old" ] || imported "$1"
	"$skald" diff -I "$work" --json "$old" "$new" >"$work/log" 2>&1
	grep -qF "{\"code\": \"$1\", \"class\": \"$class\", \"breaks\": $breaks" "$work/log" &&
		"$skald" explain "$1" | cmp -s - "$page"
	tap $? "$1: its page's schemas make it, and skald explain shows the page"
}

while IFS=', ' read -r code class breaks _; do
	case_page "${code#CHANGE(}" "$class" "$breaks"
done < <(grep '^CHANGE(' compiler/diff_rules.h)
for page in docs/changes/D*.md; do
	code=$(basename "$page" .md)
	grep -q "^CHANGE($code," compiler/diff_rules.h && continue
	echo "$page" >"$work/log"
	tap 1 "$code is a change that there is"
done
exit $failed
