#!/bin/bash
# Usage: tests/cli/text.sh [NAME]
#
# encode and decode: YAML and JSON to bytes and back, and what they refuse.
source "$(dirname "$0")/cases.bash"

schema=$work/a.skald
cat >"$schema" <<'S'
namespace a;
enum Colour { RED, GREEN = 5 }
struct Entry { string name; uint8 level; }
message M 1 {
head(64):
	uint8 small;
	Colour colour;
	bool on;
	string<8> text;
	tags { tag(1) uint64 big; }
tail:
	Entry[] entries;
	byte[2] two;
}
message Other 2 { head(16): uint32 x; }
group { message InOne 7 { head(8): } }
group { message InTwo 7 { head(8): } }
S
good='01000000 11000000 07 05000000 01 10 15 09 68c3a921
	03 00ffffffffffffffff 01 0a00000000000000 0102 05 036100 036209'
yaml='small: 7\ncolour: GREEN\non: true\ntext: "h\\u00e9!"
big: 18446744073709551615\ntwo: [1, 2]
entries:\n- name: a\n- {name: b, level: 9}\n'

given "$yaml"
expect_text 0 'YAML becomes bytes' "$(tr -d ' \t\n' <<<"$good")" \
	"$skald" encode --hex "$schema" M
given "${yaml/GREEN/Colour.GREEN}"
expect_text 0 'an enumerator behind its enum' "$(tr -d ' \t\n' <<<"$good")" \
	"$skald" encode --hex "$schema" M
given "${yaml/GREEN/5}"
expect_text 0 'an enumerator by its number' "$(tr -d ' \t\n' <<<"$good")" \
	"$skald" encode --hex "$schema" M
given '{"small":7,"colour":"GREEN","on":true,"text":"h\\u00e9!","two":[1,2],
"big":18446744073709551615,"entries":[{"name":"a"},{"name":"b","level":9}]}'
expect_text 0 'JSON becomes bytes' "$(tr -d ' \t\n' <<<"$good")" \
	"$skald" encode --hex "$schema" M
given '{"text": "\\ud83d\\ude00"}'
expect_text 0 'a surrogate pair is one character' '09f09f9880' \
	"$skald" encode --hex "$schema" M
given 'text: [255, 0]\n'
expect_text 0 'a string as a list of bytes' '05ff00' \
	"$skald" encode --hex "$schema" M

given_hex "$good"
cp "$work/in" "$work/good"
expect_text 0 'bytes become YAML' 'colour: GREEN' "$skald" decode "$schema" M
expect_text 0 'the id says which message' 'colour: GREEN' \
	"$skald" decode "$schema"
expect_text 0 'decode --numbers' 'colour: 5' \
	"$skald" decode --numbers "$schema" M
expect_text 0 'bytes become JSON' \
	'"text": "hé!", "big": 18446744073709551615, "entries": [{"name": "a", "level": 0}, ' \
	"$skald" decode --json "$schema" M
both_ways() {
	"$skald" decode "$schema" M <"$work/good" | "$skald" encode "$schema" M |
		cmp - "$work/good"
}
holds 'decode, then encode, gives the same bytes' both_ways
printf '%s\n' "$good" >"$work/in"
expect_text 0 'decode --hex takes spaces and lines' 'colour: GREEN' \
	"$skald" decode --hex "$schema" M
given_hex '01000000 0b000000 00 00000000 00 10 13 05 ff00 01 0a00000000000000 0000 01'
expect_text 0 'a string that is no text becomes a list' 'text: [255, 0]' \
	"$skald" decode "$schema" M

# What is refused, with place and path.
refused() {
	given "$2"
	expect_text 1 "refused: $1" "$3" "$skald" encode --hex "$schema" M
}
refused 'an integer out of range' 'on: true\nsmall: 256\n' \
	'<stdin>:2:8: small: 256 does not fit uint8'
refused 'a negative unsigned' 'small: -1\n' '1:8: small: -1 does not fit'
refused 'an integer beyond 128 bits' "big: 1$(printf '0%.0s' {1..50})\n" \
	'does not fit uint64'
refused 'a mistyped member' 'smal: 1\n' 'no member `smal`; did you mean `small`?'
refused 'an unknown member' 'frobnicate: 1\n' 'no member `frobnicate`'
refused 'a mistyped enumerator' 'colour: GREN\n' 'did you mean `GREEN`?'
refused 'an element deep inside' 'entries:\n- name: a\n- name: 5\n' \
	'3:9: entries[1].name: expected a string, found an integer'
refused 'a list for a struct' 'entries: [[]]\n' \
	'entries[0]: expected an object, found a list'
refused 'an object for a list' 'entries: {}\n' 'expected a list, found an object'
refused 'a string for an integer' 'small: x\n' 'expected an integer, found a string'
refused 'a bool for an integer' 'small: true\n' 'expected an integer'
refused 'two for a bool' 'on: 2\n' '2 does not fit bool'
refused 'too few elements' 'two: [1]\n' 'exactly 2 elements, not 1'
refused 'a string above its bound' 'text: 123456789a\n' 'more than the 8'
refused 'a byte above 255' 'text: [256]\n' 'has bytes, 0 to 255'
refused 'no object' '[1]\n' 'expected an object, found a list'
refused 'nothing' '' 'no value'
refused 'a name twice' 'small: 1\nsmall: 2\n' '2:8: `small` stands twice'
refused 'an alias' 'entries: [&a {}, *a]\n' 'anchors and aliases'
refused 'a null' 'small:\n' 'no value'
refused 'bad YAML' 'small: [1\n' '<stdin>:2:1:'
refused 'bad UTF-8' 'text: "\xff\xfe"\n' 'byte'
refused 'control characters in names' '"a\\e[31m": 1\n' '`a\x1b[31m`'

expect_text 2 'a mistyped message' 'did you mean `Other`?' \
	"$skald" encode --hex "$schema" Othr
given_hex '07000000 00000000'
expect_text 1 'an id of two messages' 'InOne and of InTwo' \
	"$skald" decode "$schema"
expect_text 0 'an id of two messages, named' '{}' "$skald" decode "$schema" InTwo
given_hex '63000000 00000000'
expect_text 1 'an id of no message' 'the id 99' "$skald" decode "$schema"
given_hex '02'
expect_text 1 'less than an id' 'no message' "$skald" decode "$schema"
expect_text 1 'less than a preamble' 'at least 8' "$skald" decode "$schema" Other
given '0g'
expect_text 1 'no hexadecimal digit' 'byte 1:' \
	"$skald" decode --hex "$schema" Other
given_hex '02000000 00000000 010203'
expect_text 1 'a short head' 'head, byte 11:' "$skald" decode "$schema" Other
given_hex '02000000 05000000 01020304'
expect_text 1 'a tail that is not there' 'tail is said to be larger' \
	"$skald" decode "$schema" Other
given_hex '01000000 0b000000 00 00000000 00 10 14 05 ff00 00 01 0a00000000000000 0000 01'
expect_text 1 'a gap' 'head, byte 15: tags: the pointer is 20' \
	"$skald" decode "$schema" M
expect_text 0 'a gap, with --lenient' 'text: [255, 0]' \
	"$skald" decode --lenient "$schema" M
given_hex '02000000 00000000 010203 04'
expect 0 'a good one, with --lenient' "$skald" decode --lenient "$schema" Other
given_hex '01000000 0b000000 00 00000000 00 10 10 01 0a00000000000000 0000 01'
expect_text 0 'an overlap, with --lenient' 'text: ""' \
	"$skald" decode --lenient "$schema" M
given_hex '01000000 0b000000 00 00000000 00 10 12 01 01 0a00000000000000 0000 01'
expect_text 1 'a pointer to the end, with --lenient' 'byte 18: cut short' \
	"$skald" decode --lenient "$schema" M
for end in 13 14 ff; do
	given_hex "01000000 0b000000 00 00000000 00 10 $end 01 01 0a00000000000000 0000 01"
	expect_text 1 "a pointer to byte 0x$end of 18, with --lenient" 'tags: ' \
		"$skald" decode --lenient "$schema" M
done

# -o, into a folder of its own where nothing else is to stay.
mkdir "$work/to"
decode_writes() {
	"$skald" decode "$schema" -o "$work/to/file" <"$work/good" &&
		grep -q 'colour: GREEN' "$work/to/file"
}
encode_fails() {
	echo before >"$work/to/file"
	"$skald" encode "$schema" M -o "$work/to/file" <<<'small: 300'
	[ $? = 1 ] && grep -qx before "$work/to/file"
}
encode_writes() {
	"$skald" encode "$schema" M -o "$work/to/file" <<<'small: 3' &&
		[ "$(head -c 1 "$work/to/file")" = $'\x01' ]
}
nothing_stays() {
	decode_writes
	encode_fails
	encode_writes
	[ "$(ls "$work/to")" = file ]
}
holds 'decode -o writes the file' decode_writes
holds 'a failure of encode leaves the file of -o as it was' encode_fails
holds 'encode -o writes the file' encode_writes
holds 'no temporary file stays behind' nothing_stays
given 'small: 3'
expect 2 '-o into no folder' "$skald" encode "$schema" M -o "$work/none/file"
stays_device() {
	"$skald" encode "$schema" M -o /dev/null <"$work/in" && [ -c /dev/null ]
}
holds '-o to a device does not replace it' stays_device
given "$yaml"
expect_text 2 'bytes do not go to a terminal' 'use --hex or -o' \
	script -qec "'$skald' encode '$schema' M" /dev/null
finish
