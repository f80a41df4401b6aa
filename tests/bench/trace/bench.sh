#!/bin/bash
# Usage: tests/bench/trace/bench.sh [--write] [FIGURES]
#
# Prints, as Markdown, what traces cost (measure.c) in guest instructions, off and on;
# with --write it also replaces the table in docs/ostrace.md. FIGURES is a file of what
# tests/bench/ipc/bench.sh printed of it; without one they are measured now. ROUNDS: how
# often each is timed.
set -eu
cd "$(dirname "$0")/../../.."
page=docs/ostrace.md
write=
[ "${1:-}" != --write ] || { write=1; shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
figures=${1:-$work/figures}

commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain -uno -- . ":!$page" 2>/dev/null)" ] || commit="$commit, changed"
[ $# -ge 1 ] || BENCH=bench-trace tests/bench/ipc/bench.sh >"$figures"

table() {
	echo "Commit $commit, $(gcc --version | head -n 1)," \
		"$(qemu-system-x86_64 --version 2>/dev/null | head -n 1)."
	echo
	echo '| what | instructions | more than without | of them in the kernel |'
	echo '|---|--:|--:|--:|'
	awk -v names=tests/bench/trace/names.txt '
		BEGIN {
			while ((getline line < names) > 0)
				if (split(line, part, "\t") == 3) {
					text[part[1]] = part[2]
					beside[part[1]] = part[3]
				}
		}
		{
			of[$1] = $2
			more = $1 in beside && beside[$1] != "-" ? $2 - of[beside[$1]] : "-"
			printf "| %s | %d | %s | %d |\n", $1 in text ? text[$1] : $1, $2, more, $4
		}' "$figures"
}

table >"$work/table"
cat "$work/table"
[ -n "$write" ] || exit 0
awk -v table="$work/table" '
	/^<!-- end of the table of traces -->/ { between = 0 }
	!between
	/^<!-- the table of traces/ {
		between = 1
		while ((getline line < table) > 0)
			print line
	}' "$page" >"$work/page"
cp "$work/page" "$page"
