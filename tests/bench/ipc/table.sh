#!/bin/bash
# Usage: tests/bench/ipc/table.sh [--write] [OURS [LINUX]]
#
# Prints, as Markdown, what `make bench-ipc` measures beside a Linux guest and seL4
# (beside.txt); with --write it also replaces the table in docs/benchmarks.md. OURS
# and LINUX are files that hold what bench.sh of ipc and of linux printed; without
# them both are measured now, which takes minutes. LINUX as `-`: without Linux.
set -eu
cd "$(dirname "$0")/../../.."
page=docs/benchmarks.md
write=
[ "${1:-}" != --write ] || { write=1; shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ours=${1:-$work/ours} linux=${2:-$work/linux}

commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain -uno -- . ":!$page" 2>/dev/null)" ] || commit="$commit, changed"

[ $# -ge 1 ] || tests/bench/ipc/bench.sh >"$ours"
if [ "$linux" = - ]; then
	linux=/dev/null
elif [ $# -lt 2 ] && ! tests/bench/linux/bench.sh >"$linux"; then
	echo "table.sh: Linux is left out" >&2
fi

table() {
	echo "Commit $commit, $(gcc --version | head -n 1)," \
		"$(qemu-system-x86_64 --version 2>/dev/null | head -n 1)," \
		"Linux $(awk '$1 == "linux" { print $2 }' "$linux" | grep . || echo left out)."
	echo
	awk -f tests/bench/ipc/table.awk tests/bench/ipc/beside.txt "$linux" "$ours"
}

table >"$work/table"
cat "$work/table"
[ -n "$write" ] || exit 0
awk -v table="$work/table" '
	/^<!-- end of the table of messages -->/ { between = 0 }
	!between
	/^<!-- the table of messages/ {
		between = 1
		while ((getline line < table) > 0)
			print line
	}' "$page" >"$work/page"
cp "$work/page" "$page"
