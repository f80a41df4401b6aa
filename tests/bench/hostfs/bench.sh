#!/bin/bash
# What reading a file of 100 MB costs: by cat, through hostfs, through FUSE
# (bindfs) and through 9P (diod and its own client). Prints the table that
# stands in docs/benchmarks.md. What cannot be had here is left out, with a
# word. Needs build/hostfs and build/hostfs-client.
#
# usage: tests/bench/hostfs/bench.sh [RUNS]
set -u
cd "$(dirname "$0")/../../.." || exit 1

runs=${1:-15}
bytes=100000000
build=${BUILD:-build}
work=$(mktemp -d) || exit 1
servers=()

finish() {
	mountpoint -q "$work/mnt" && fusermount3 -u "$work/mnt"
	[ ${#servers[@]} -gt 0 ] && kill "${servers[@]}" 2>/dev/null
	wait
	rm -rf "$work"
}
trap finish EXIT

left_out() {
	echo "bench.sh: $1 is left out: $2" >&2
}

# name, server's process id (0: none), command
row() {
	local name=$1 figures
	shift
	if figures=$("$work/measure" "$runs" "$@" 2>"$work/log"); then
		echo "$name;$figures" >>"$work/rows"
	else
		left_out "$name" "$(tail -n 1 "$work/log")"
	fi
}

# Until the command succeeds, for a few seconds.
await() {
	for _ in {1..100}; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	return 1
}

through_hostfs() {
	"$build/hostfs" --root "$work/root" --socket "$work/socket" >/dev/null &
	servers+=($!)
	await [ -S "$work/socket" ] || { left_out hostfs 'it did not start'; return; }
	row 'hostfs and its client' $! "$build/hostfs-client" --socket "$work/socket" \
		cat /file
}

through_fuse() {
	command -v bindfs >/dev/null || { left_out FUSE 'bindfs is not installed'; return; }
	[ -w /dev/fuse ] || { left_out FUSE '/dev/fuse is not at hand'; return; }
	bindfs -f "$work/root" "$work/mnt" >/dev/null 2>"$work/log" &
	servers+=($!)
	await [ -e "$work/mnt/file" ] || { left_out FUSE "$(cat "$work/log")"; return; }
	row 'FUSE (bindfs) and cat' $! cat "$work/mnt/file"
}

through_9p() {
	local port=$((20000 + RANDOM % 20000))
	command -v diod >/dev/null && command -v diodcat >/dev/null ||
		{ left_out 9P 'diod is not installed'; return; }
	diod -f -n -e "$work/root" -l "127.0.0.1:$port" -L stderr >/dev/null 2>"$work/log" &
	servers+=($!)
	await diodcat -s "127.0.0.1:$port" -a "$work/root" small ||
		{ left_out 9P "$(tail -n 1 "$work/log")"; return; }
	row '9P (diod) and its client' $! diodcat -m 1048576 -s "127.0.0.1:$port" \
		-a "$work/root" file
}

print_table() {
	awk -v rows="$work/rows" 'BEGIN {
		FS = ";"
		print "| 100 MB | CPU, ms | cat = 1 | instructions, millions | cat = 1 | wall, ms |"
		print "|---|--:|--:|--:|--:|--:|"
		while ((getline < rows) > 0) {
			split($2, n, " ")
			if (!base) { base = n[1]; counted = n[2] }
			printf "| %s | %.1f | %.2f | ", $1, n[1] / 1000, n[1] / base
			if (counted)
				printf "%.1f | %.2f", n[2] / 1e6, n[2] / counted
			else
				printf "- | -"
			printf " | %.1f |\n", n[3] / 1000
		}
	}'
}

mkdir "$work/root" "$work/mnt"
head -c "$bytes" /dev/urandom >"$work/root/file"
echo small >"$work/root/small"
gcc -std=c11 -O2 -Wall -Wextra -Werror -o "$work/measure" tests/bench/hostfs/measure.c || exit 1
row 'cat' 0 cat "$work/root/file"
through_hostfs
through_fuse
through_9p
echo "Commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), Linux $(uname -r)," \
	"$(nproc) processors, medians of $runs runs; the file is in the page cache."
echo
print_table
