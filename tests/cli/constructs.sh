#!/bin/bash
# Usage: tests/cli/constructs.sh [NAME]
#
# encode, decode, dump and conform of floats, bits, records, optional members,
# variants and handles: how they look as text, and byte by byte.
source "$(dirname "$0")/cases.bash"

schema=$work/a.skald
cat >"$schema" <<'S'
namespace a;
strict enum Kind { FILE = 1, LINK = 300 }
bits Mode uint16 { READ = 1, WRITE = 2, CREATE = 4 }
record Time { int64 seconds; float32 fraction; byte[4] pad; }
struct Inner { uint16 level = 7; optional uint16 more; }
flexible variant Watch { tag(1) string text; tag(2) Inner inner; tag(3) none; }
interface File { method read 2(uint64 at, lease<out, max = 64> data); }
message M 1 {
head(64):
	Kind kind = LINK;
	Mode mode;
	float64 load = 1.5;
	Watch watch;
	optional handle<File, copy> file;
	Time[] times;
	optional Inner inner;
}
S

# text NAME YAML HEX: encodes to the bytes, which decode to the same text.
text() {
	given "$2"
	expect_text 0 "$1: bytes" "$(tr -d ' \t\n' <<<"$3")" \
		"$skald" encode --hex "$schema" M
	[[ "$1: text" == *"$pattern"* ]] || return 0
	given_hex "$3"
	"$skald" decode "$schema" M <"$work/in" >"$work/out" 2>"$work/err"
	diff <(printf '%b' "$2") "$work/out" >>"$work/err"
	tap $? "$1: text"
}
text 'all members there' 'kind: FILE
mode: [READ, CREATE]
load: -0.1
watch:
  text: hi
file: 1
times:
- seconds: -2
  fraction: 0.25
  pad: [0, 0, 0, 0]
inner:
  level: 300
  more: 0
' '01000000 00000000 01000000 0500 9a9999999999b9bf 1a 01 20 31 03 07 056869 01
	21 feffffffffffffff 0000803e 00000000 03 b204 03 01'
text 'an arm without value, and absent members' 'kind: LINK
mode: READ
load: Infinity
watch:
  none: {}
times: []
' '01000000 00000000 2c010000 0100 000000000000f07f 1a 00 1d 1e 07 01 01 01 01'
text 'an arm that the schema lacks' 'kind: LINK
mode: 8
load: NaN
watch:
  "#77": [1, 255]
times: []
' '01000000 00000000 2c010000 0800 000000000000f87f 1a 00 1f 20 9b 05 01ff 01
	01 01'

given 'watch: {none: {}}'
expect_text 0 'what is left out gets its default' \
	'2c0100000000000000000000f83f' "$skald" encode --hex "$schema" M
given 'load: .inf\nwatch: {none: {}}'
expect_text 0 'infinity as YAML has it' '000000000000f07f' \
	"$skald" encode --hex "$schema" M
given 'load: 3\nwatch: {none: {}}'
expect_text 0 'an integer for a float' '0000000000000840' \
	"$skald" encode --hex "$schema" M
given '{"load": 1e-7, "mode": ["WRITE", "Mode.READ"], "watch": {"none": {}}}'
expect_text 0 'bits by name in JSON' '2c01000003 00' \
	sh -c "'$skald' encode --hex '$schema' M | sed 's/030048/03 0048/'"

refused() {
	given "$2"
	expect_text 1 "refused: $1" "$3" "$skald" encode --hex "$schema" M
}
refused 'no arm' 'mode: 1\n' 'watch: exactly one arm of Watch has to be given'
refused 'a value that is not listed' 'kind: 2\nwatch: {none: {}}\n' \
	'1:7: kind: 2 is not listed in Kind, which is strict'
refused 'a mistyped arm' 'watch: {nome: {}}\n' 'no arm `nome`; did you mean `none`?'
refused 'a float that is none' 'load: ten\nwatch: {none: {}}\n' \
	'1:7: load: expected a number'
refused 'a float beyond its type' \
	'watch: {none: {}}\ntimes: [{fraction: 1e39}]\n' \
	'2:20: times[0].fraction: 1e39 is too large'
refused 'a handle out of order' 'file: 2\nwatch: {none: {}}\n' \
	'1:7: file: the next handle is number 1, not 2'

given_hex '01000000 00000000 01000000 0500 9a9999999999b9bf 1a 01 20 31 03 07
	056869 01 21 feffffffffffffff 0000803e 00000000 03 b204 01'
expect 0 'dump of a good message' "$skald" dump "$schema"
"$skald" dump "$schema" <"$work/in" >"$work/dump"
has() {
	[[ $1 == *"$pattern"* ]] || return 0
	: >"$work/out"
	cp "$work/dump" "$work/err"
	grep -qE -- "$2" "$work/dump"
	tap $? "$1"
}
has 'dump names bits' '^ +12  05 00 +mode: Mode = 5 \(READ \| CREATE\)$'
has 'dump writes floats' '^ +14  9a 99 99 99 99 99 b9 bf load: float64 = -0\.1$'
has 'dump tells handles' '^ +23  01 +file: handle.* = 1 \(a\.File, copy\)$'
has 'dump names the arm' '^ +26  03 +watch\.text: Watch, arm 1$'
has 'dump tells the size of an arm' '^ +27  07 +watch\.text: 3 bytes$'
has 'dump tells the size of records' '^ +32  21 +times: Time\[\], 16 bytes$'
has 'dump shows records by members' '^ +33  fe .* times\[0\]\.seconds: int64 = -2$'
has 'dump shows floats in records' '^ +41  .* times\[0\]\.fraction: float32 = 0\.25$'
has 'dump tells presence' '^ +49  03 +inner: Inner, present$'
has 'dump tells absence' '^ +52  01 +inner\.more: uint16, absent$'

# line NAME ASKED ANSWER: of conform.
line() {
	given "$2\n"
	expect_text 0 "$1" "$3" "$skald" conform "$schema"
}
read_1='D File_read_request 080000000000000000000000000000000'
line 'one lease, which came' "${read_1}1 - 0 1" 'OK {"at": 0, "data": 1}'
line 'one lease, nothing told' "${read_1}1 -" 'OK {"at": 0, "data": 1}'
line 'one lease, none came' "${read_1}1 - 0 0" 'FAIL data: lease 1 of 0'
line 'one lease, two came' "${read_1}1 - 0 2" 'FAIL 2 leases came with it, it has 1'
line 'one lease, a handle came too' "${read_1}1 - 1 1" 'FAIL 1 handles came'
line 'no lease' "${read_1}0 - 0 0" 'FAIL data: the lease is missing'
line 'one count' "${read_1}1 - 0" 'FAIL behind the bytes:'
line 'three counts' "${read_1}1 - 0 1 0" 'FAIL behind the bytes:'
line 'a count that is none' "${read_1}1 - 0 x" 'FAIL behind the bytes:'
line 'a negative count' "${read_1}1 - 0 -1" 'FAIL behind the bytes:'
finish
