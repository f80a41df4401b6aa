#!/bin/bash
# How large the kernel is: lines that are neither blank nor comment
# (docs/kernel.md).
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

# count FILE...: without comments, of either kind. (No string has what begins one.)
count() {
	cat "$@" | awk '
		{
			line = ""
			for (rest = $0; rest != "";) {
				if (inside) {
					end = index(rest, "*/")
					inside = end == 0
					rest = inside ? "" : substr(rest, end + 2)
					continue
				}
				begin = index(rest, "/*")
				inside = begin > 0
				line = line (inside ? substr(rest, 1, begin - 1) : rest)
				rest = inside ? substr(rest, begin + 2) : ""
			}
			if (line ~ /[^ \t]/)
				lines++
		}
		END { print lines + 0 }'
}

# check WHAT LIMIT FILE...
check() {
	local lines
	lines=$(count "${@:3}")
	echo "$1 has $lines lines, $2 are allowed" >"$work/log"
	[ "$lines" -le "$2" ]
	tap $? "$1 has at most $2 lines ($lines)"
}

printf '\n/* one\n two */ int a;\t/* three */\n\t\n/* four */ /* five\n*/\nint b; /* six\n */' \
	>"$work/sample.c"
[ "$(count "$work/sample.c")" = 2 ]
tap $? 'comments and blank lines are not counted'
check 'the portable kernel' 8000 kernel/*.c
check 'the part for x86_64' 2500 kernel/arch/x86_64/*.[cS]
exit $failed
