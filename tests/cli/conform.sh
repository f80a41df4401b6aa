#!/bin/bash
# Usage: tests/cli/conform.sh [NAME]
#
# conform: no line ends it, every line has one answer.
source "$(dirname "$0")/cases.bash"

schema=$work/a.skald
cat >"$schema" <<'S'
namespace a;
struct Nothing { }
struct Tree { Tree[] kids; }
struct Outer { Inner[] inners; }
struct Inner { uint8 x; }
message M 1 { head(16): uint8 x; string s; }
message Big 2 { head(8): tail: byte[] bytes; Nothing[] none; Tree tree; }
message Empty 3 { head(8): tail: }
message Outers 5 { head(8): tail: Outer outer; }
message Bound 4 { head(32): string<2> s; uint16[<=2] l; }
S

# line NAME ASKED ANSWER: the answer begins with ANSWER, and the program lives.
line() {
	[[ $1 == *"$pattern"* ]] || return 0
	printf '%b\nE M {}\n' "$2" | "$skald" conform "$schema" \
		>"$work/out" 2>"$work/err"
	local status=$? first second rest
	{ read -r first; read -r second; read -r rest; } <"$work/out"
	[[ $status = 0 && $first == "$3"* && -z $rest &&
		$second == 'OK 0100000000000000000a01 -' ]]
	tap $? "$1"
}
line 'encode' 'E M {"x": 7, "s": "\\u00ff"}' 'OK 0100000000000000070a03ff -'
line 'decode' 'D M 0100000000000000070a03ff -' 'OK {"x": 7, "s": "\u00ff"}'
line 'a padded head' 'D M 0100000000000000070a03ff00000000 -' 'OK {"x": 7,'
line 'a head padded too far' 'D M 0100000000000000070a03ff0000000000 -' 'FAIL '
line 'digits in capitals' 'D M 0100000000000000070A03FF -' 'OK {"x": 7,'
line 'an empty tail' 'E Empty {}' 'OK 0300000000000000 -'
line 'an empty line' '' 'FAIL '
line 'only a verb' 'E' 'FAIL '
line 'an unknown verb' 'X M {}' 'FAIL '
line 'an unknown message' 'E N {}' 'FAIL '
line 'a message without anything' 'E M' 'FAIL '
line 'a NUL in the name' 'E M\0 {}' 'FAIL '
line 'a NUL in the JSON' 'E M {\0}' 'FAIL '
line 'bytes of no text' 'E M {"s": "\xff"}' 'FAIL '
line 'a code point above 255' 'E M {"s": "\\u0100"}' 'FAIL '
line 'no JSON' 'E M {x: 1}' 'FAIL '
line 'no object' 'E M []' 'FAIL '
line 'null' 'E M {"x": null}' 'FAIL '
line 'a fraction' 'E M {"x": 1.0}' 'FAIL '
line 'an enumerator has no name here' 'E M {"x": "a"}' 'FAIL '
line 'a string is no list here' 'E M {"s": [1]}' 'FAIL '
line 'a name with a line end' 'E M {"a\\nb": 1}' 'FAIL no member `a\x0ab`'
line 'no tail given' 'D M 0100000000000000070a03ff' 'FAIL '
line 'half a byte' 'D M 010 -' 'FAIL '
line 'no digits' 'D M zz -' 'FAIL '
line 'nothing at all' 'D M - -' 'FAIL '
line 'spaces' 'D M   -' 'FAIL '
line 'a tail too many' 'D M 0100000000000000070a03ff 00' 'FAIL '
line 'a count of 2^64-1' \
	"D Big 0200000021000000 1800000000000000$(printf '0%.0s' {1..32})00$(
		printf 'f%.0s' {1..16})" \
	'FAIL bytes: 18446744073709551615 elements cannot'

line 'a tail where there is none' 'D M 0100000001000000000a01 00' 'FAIL M has no tail'
line 'a byte behind a tail' 'D Empty 0300000001000000 00' 'FAIL 1 bytes are left'
line 'a string at its bound' 'D Bound 0400000000000000''0a0d''056161''01 -' 'OK '
line 'a string above its bound' 'D Bound 0400000000000000''0a0e''07616161''01 -' \
	'FAIL s: 3 bytes'
line 'a list at its bound' 'D Bound 0400000000000000''0a0b''01''050101 -' 'OK '
line 'a list above its bound' 'D Bound 0400000000000000''0a0b''01''07010101 -' \
	'FAIL l: 3 elements'
line 'a string above its bound, encoded' 'E Bound {"s": "abc"}' 'FAIL s: 3 bytes'
line 'a list above its bound, encoded' 'E Bound {"l": [1, 2, 3]}' \
	'FAIL l: 3 elements'

many=$(printf '%2000000s' '' | tr ' ' '[')
line 'two million brackets' "E M $many" 'FAIL '
line 'a million bytes of string' "E M {\"s\": \"${many:0:1000000}\"}" 'FAIL '
numbers=$(printf '255,%.0s' {1..300000})
line 'a tail of 300,000 bytes' "E Big {\"bytes\": [${numbers%,}]}" \
	'OK 02000000'

# There and back.
printf 'E Big {"bytes": [%s]}\n' "${numbers%,}" |
	"$skald" conform "$schema" >"$work/big" 2>"$work/err"
sed 's/^OK/D Big/' "$work/big" | "$skald" conform "$schema" |
	tr -d ' ' | head -c 40 >"$work/out"
grep -q '^OK{"bytes":\[255,255' "$work/out"
tap $? 'a tail of 300,000 bytes decodes'

# Structs 64 deep are the most; lists of nothing hold 1,024.
deep() {
	local text='{"kids": []}' i
	for ((i = 1; i < $1; i++)); do
		text="{\"kids\": [$text]}"
	done
	printf 'E Big {"tree": %s}' "$text"
}
line 'structs 64 deep' "$(deep 64)" 'OK '
line 'structs 65 deep' "$(deep 65)" 'FAIL '
empties=$(printf '{},%.0s' {1..1025})
line '1,025 elements of nothing' "E Big {\"none\": [${empties%,}]}" 'FAIL '
line '1,024 elements of nothing' "E Big {\"none\": [${empties:3:3071}]}" 'OK '

# The same when they are read: a count of one for each struct but the last.
deep_bytes() {
	local kids=$(($1 - 1))
	printf 'D Big 02000000%02x000000 1800000000000000''1900000000000000%s' \
		$((27 + kids)) '1a00000000000000''01''01'
	printf '03%.0s' $(seq "$kids")
	printf '01'
}
line 'structs 64 deep, decoded' "$(deep_bytes 64)" 'OK '
line 'structs 65 deep, decoded' "$(deep_bytes 65)" 'FAIL tree.kids[0].'
line '1,024 elements of nothing, decoded' 'D Big 020000001c000000 '\
'18000000000000001900000000000000''1b00000000000000''01''021001' 'OK '
line '1,025 elements of nothing, decoded' 'D Big 020000001c000000 '\
'18000000000000001900000000000000''1b00000000000000''01''061001' 'FAIL none: 1025'

line '2,000 elements that contain themselves' \
	"E Big {\"tree\": {\"kids\": [$(printf '{},%.0s' {1..1999}){}]}}" 'OK '
line '2,000 elements of a struct declared later' \
	"E Outers {\"outer\": {\"inners\": [$(printf '{},%.0s' {1..1999}){}]}}" 'OK '

# Answers come before the next question.
coproc "$skald" conform "$schema"
echo 'E M {}' >&"${COPROC[1]}"
read -r -t 10 answer <&"${COPROC[0]}"
[[ $answer == OK* ]]
tap $? 'each line is answered at once'
kill "$COPROC_PID" 2>/dev/null
finish
