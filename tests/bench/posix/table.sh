#!/bin/bash
# Usage: tests/bench/posix/table.sh [--write] [OURS LINUX]
#
# Prints, as Markdown, what programs ask of the OS beside a Linux guest; with --write it
# also replaces the table in docs/benchmarks.md. OURS and LINUX are files that hold what
# bench.sh --ours and --linux printed; without them both are measured now.
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

if [ $# -lt 2 ]; then
	tests/bench/posix/bench.sh --ours >"$ours"
	tests/bench/posix/bench.sh --linux >"$linux"
fi

table() {
	echo "Commit $commit, $(gcc --version | head -n 1)," \
		"$(qemu-system-x86_64 --version 2>/dev/null | head -n 1)," \
		"Linux $(awk '$1 == "linux" { print $2 }' "$linux" | grep . || echo left out)."
	echo
	awk '
		function row(name, one, other, ratio) {
			printf "| %s | %s | %s | %s |\n", name, one, other, ratio
		}
		$1 != "bench" || NF != 4 { next }
		FILENAME == ARGV[1] { there[$2] = $3; next }
		!n++ {
			row("instructions", "ours", "Linux", "Linux = 1")
			print "|---|--:|--:|--:|"
		}
		!($2 in there) || there[$2] == 0 { row($2, $3, "-", "-"); next }
		{ row($2, $3, there[$2], sprintf("%.2f", $3 / there[$2])) }' "$linux" "$ours"
}

table >"$work/table"
cat "$work/table"
[ -n "$write" ] || exit 0
awk -v table="$work/table" '
	/^<!-- end of the table of programs -->/ { between = 0 }
	!between
	/^<!-- the table of programs/ {
		between = 1
		while ((getline line < table) > 0)
			print line
	}' "$page" >"$work/page"
cp "$work/page" "$page"
