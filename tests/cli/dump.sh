#!/bin/bash
# Usage: tests/cli/dump.sh [NAME]
#
# dump: each byte explained; damaged input as far as it makes sense.
source "$(dirname "$0")/cases.bash"

schema=$work/a.skald
cat >"$schema" <<'S'
namespace a;
enum Colour { RED, GREEN = 5 }
struct Entry { string name; uint32[] levels; }
message M 1 {
head(64):
	Colour colour;
	string text;
	tags { tag(1) bool big; }
tail:
	Entry[] entries;
	byte[] bytes;
}
S
good='01000000 23000000 05000000 0e 11 05 6869 03 01 01
	1000000000000000 1700000000000000 03 0361 05 03 b204
	17 0102030405060708090a0b'

given_hex "$good"
cp "$work/in" "$work/good"
expect 0 'a good message' "$skald" dump "$schema"
"$skald" dump "$schema" <"$work/good" >"$work/dump"
has() {
	[[ $1 == *"$pattern"* ]] || return 0
	: >"$work/out"
	cp "$work/dump" "$work/err"
	grep -qE -- "$2" "$work/dump"
	tap $? "$1"
}
has 'the id' '^ +0  01 00 00 00 +id: 1 \(a\.M\)$'
has 'the size of the tail' '^ +4  23 00 00 00 +size of the tail: 35$'
has 'an enumerator by its name' '^ +8  05 00 00 00 +colour: Colour = 5 \(GREEN\)$'
has 'a pointer' '^ +12  0e +text: pointer to 14$'
has 'a length' '^ +14  05 +text: string, 2 bytes$'
has 'text' '^ +15  68 69 +text: \|hi\|$'
has 'a tag' '^ +17  03 +big: tag 1$'
has 'a bool' '^ +18  01 +big: bool = true$'
has 'the end of tags' '^ +19  01 +end of tags$'
has 'the tail' '^tail, 35 bytes$'
has 'elements' '^ +21  b2 04 +entries\[0\]\.levels\[1\]: uint32 = 300$'
has 'long bytes in rows' '^ +32  09 0a 0b +\|\.\.\.\|$'
grep -oE '^ +[0-9]+  ([0-9a-f]{2} )+' "$work/dump" | sed 's/^ *[0-9]* *//' |
	tr -d ' \n' >"$work/out"
[ "$(cat "$work/out")" = "$(tr -d ' \t\n' <<<"$good")" ]
tap $? 'every byte stands there once'

given_hex "${good}00000000"
expect 1 'bytes behind the tail' "$skald" dump "$schema"
printf '%s' "$good" >"$work/in"
expect 0 'dump --hex' "$skald" dump --hex "$schema" M

given_hex "${good/05 6869 03 01/05 6869 03 02}"
expect_text 1 'the reason of a fault' \
	'head, byte 18: big: a bool is 0 or 1, not 2' "$skald" dump "$schema"
expect_text 1 'what comes before a fault is explained' 'text: |hi|' \
	"$skald" dump "$schema"
expect_text 1 'what comes behind a fault is shown' '      18  02 01' \
	"$skald" dump "$schema"
expect_text 1 'so is the tail' '      24  01 02 03' "$skald" dump "$schema"
given_hex 'ff000000 00000000 0102'
expect_text 1 'an unknown id is dumped plainly' '       8  01 02' \
	"$skald" dump "$schema"
given ''
expect 1 'nothing' "$skald" dump "$schema" M
given_hex '01'
expect_text 1 'one byte' 'at least 8' "$skald" dump "$schema" M
given_hex '01000000 00000000 05000000 0e 11 05 6869 03 01 01 00000000'
expect_text 1 'the tail is absent' 'the tail is absent' "$skald" dump "$schema" M

# Whatever comes, it exits with 0 or 1 and shows every byte.
size=$(stat -c %s "$work/good")

# damaged BYTE AT: a message with this byte there.
damaged() {
	head -c "$2" "$work/good"
	printf "\\x$1"
	tail -c +$(($2 + 2)) "$work/good"
}

shows_all() {
	local at byte status shown bad=0
	for at in $(seq 0 $((size - 1))); do
		for byte in 00 01 7f 80 ff; do
			damaged $byte "$at" | "$skald" dump "$schema" M >"$work/shown"
			status=$?
			shown=$(grep -oE '^ +[0-9]+  ([0-9a-f]{2} )+' "$work/shown" |
				sed 's/^ *[0-9]* *//' | tr -cd '0-9a-f' | wc -c)
			[ $status -le 1 ] && [ "$shown" = $((2 * size)) ] && continue
			bad=1
			echo "byte $at to $byte: status $status, $shown digits"
		done
		head -c "$at" "$work/good" | "$skald" dump "$schema" M >"$work/shown" 2>&1
		[ $? = 1 ] || bad=1
	done
	return $bad
}
holds "damaged messages and all prefixes are shown whole" shows_all

# when STATES MESSAGE: dump of it ends with that; nothing: it says nothing of states.
when() {
	echo '{}' | "$skald" encode tests/golden/states.skald "$2" | "$skald" dump \
		tests/golden/states.skald >"$work/shown" || return
	[ "$(tail -n 1 "$work/shown" | grep '^states')" = "${1:+states of $1}" ] || { cat "$work/shown"; return 1; }
}
states_shown() {
	when 'File: New -> Closed, Open -> Closed' Object_close_request &&
		when 'File: New -> Open, Open -> New' File_open_request &&
		when 'File: New -> Open, Open -> New' File_open_reply &&
		when 'File: Open' File_read_reply
}
holds "a request says in which states it is allowed, and where that leads" states_shown
finish
