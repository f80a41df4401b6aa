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
message M 1 { head(16): uint8 x; string s; }
message Big 2 { head(8): tail: byte[] bytes; Nothing[] none; Tree tree; }
message Empty 3 { head(8): tail: }
S

# line NAME ASKED ANSWER: the answer begins with ANSWER, and the program lives.
line() {
	[[ $1 == *"$pattern"* ]] || return 0
	printf '%b\nE M {}\n' "$2" | "$skald" conform "$schema" \
		>"$work/out" 2>"$work/err"
	local status=$? first second rest
	{ read -r first; read -r second; read -r rest; } <"$work/out"
	[[ $status = 0 && $first == "$3"* && -z $rest &&
		$second == 'OK 01000000000000000''00''0a''01 -' ]]
	tap $? "$1"
}
line 'encode' 'E M {"x": 7, "s": "\\\\u00ff"}' 'OK 0100000000000000070a03ff -'
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
line 'bytes of no text' 'E M {"s": "\\xff"}' 'FAIL '
line 'a code point above 255' 'E M {"s": "\\\\u0100"}' 'FAIL '
line 'no JSON' 'E M {x: 1}' 'FAIL '
line 'no object' 'E M []' 'FAIL '
line 'null' 'E M {"x": null}' 'FAIL '
line 'a fraction' 'E M {"x": 1.0}' 'FAIL '
line 'an enumerator has no name here' 'E M {"x": "a"}' 'FAIL '
line 'a string is no list here' 'E M {"s": [1]}' 'FAIL '
line 'a name with a line end' 'E M {"a\\\\nb": 1}' 'FAIL no member `a\x0ab`'
line 'no tail given' 'D M 0100000000000000070a03ff' 'FAIL '
line 'half a byte' 'D M 010 -' 'FAIL '
line 'no digits' 'D M zz -' 'FAIL '
line 'nothing at all' 'D M - -' 'FAIL '
line 'spaces' 'D M   -' 'FAIL '
line 'a tail too many' 'D M 0100000000000000070a03ff 00' 'FAIL '
line 'a count of 2^64-1' \
	'D Big 0200000008000000 1800000000000000' 'FAIL '

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

# Answers come before the next question.
coproc "$skald" conform "$schema"
echo 'E M {}' >&"${COPROC[1]}"
read -r -t 10 answer <&"${COPROC[0]}"
[[ $answer == OK* ]]
tap $? 'each line is answered at once'
kill "$COPROC_PID" 2>/dev/null
finish
