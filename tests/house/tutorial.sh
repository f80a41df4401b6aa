#!/bin/bash
# docs/tutorial.md, to the letter: its files, its commands, and what these print. It is done
# beside the tree, in a folder that has links to all of it.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
top=$PWD
build=${BUILD:-build}
unset MAKEFLAGS MFLAGS MAKELEVEL
page=$top/docs/tutorial.md

mkdir "$work/tree" "$work/parts"
ln -s "$top"/[A-Za-z]* "$top/.ci" "$work/tree/"
# What it makes of a schema for fuzzing goes where the page's reader has it, and no other does.
trap 'kill $(jobs -p) 2>/dev/null; forget; rm -rf "$work" "$top/build/fuzz/count"' EXIT

forget() {
	rm -rf "$top/$build"/os/x86_64/programs/{counter,person}{,.elf} \
		"$top/$build"/os/generated/{counter,person}
}

# The page as parts in order: 01.sh, 01.output and so on; files go where they belong.
awk -v parts="$work/parts" -v tree="$work/tree" '
	match($0, /`mine\/[a-z\/.]*`:$/) { name = substr($0, RSTART + 1, RLENGTH - 3) }
	/^```$/ { to = ""; next }
	/^```(sh|boot)$/ { n++ }
	/^```(sh|boot|output|log)$/ { to = sprintf("%s/%02d.%s", parts, n, substr($0, 4)); next }
	/^```[a-z]+$/ { to = tree "/" name; folder = to; sub(/\/[^\/]*$/, "", folder)
		system("mkdir -p " folder); next }
	to { print >to }' "$page"

# Waits are for others than servers that begin: a loaded machine takes longer.
literal() {
	sed 's/^sleep 1$/for i in $(seq 300); do [ -S mine\/socket ] \&\& { [ ! -f mine\/relayed ] || [ -S mine\/front ]; } \&\& break; sleep 0.1; done/
		s/--seconds 10/--seconds 2/; s/^python3 .*/touch mine\/relayed; &/' "$1"
}

# has OUTPUT PART: each line of what the page shows.
has() {
	local line
	[ -f "$2" ] || return 0
	while IFS= read -r line; do
		grep -qF -- "$line" "$1" || { echo "not printed: $line"; return 1; }
	done <"$2"
}

do_part() {
	(cd "$work/tree" && PATH=$PATH bash -e <(literal "$1")) >"$work/came" 2>&1
	local status=$?
	cat "$work/came"
	[ $status = 0 ] && has "$work/came" "${1%.sh}.output"
}

[ "$(ls "$work/parts"/*.sh | wc -l)" -ge 7 ]
tap $? 'the tutorial has commands'
for part in "$work"/parts/*.sh; do
	tap_run "tutorial: $(grep -vE '^(sleep|mkdir)' "$part" | tail -n 1 | cut -c1-60)" do_part "$part"
done
[ "$(wc -l <"$work/tree/mine/client.c")" -lt 40 ] && [ -s "$work/tree/mine/html/count.html" ]
tap $? 'tutorial: the client is short, and there are pages'

boots() {
	local part
	part=$(ls "$work"/parts/*.boot)
	(cd "$work/tree" && bash -ec "$(grep '^make' "$part")") || return 1
	boot_start 1 "$work/tree/mine/os.tar"
	boot_expect 'person: there are 42' && boot_expect 'person: that is too much'
	local status=$?
	boot_kill
	[ $status = 0 ] || cat "$boot_log"
	return $status
}

forget
tap_run 'tutorial: the server and its client meet in the OS' boots
exit $failed
