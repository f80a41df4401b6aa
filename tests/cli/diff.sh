#!/bin/bash
# skald diff: its output, its options and what it exits with. (What it says of which
# change: tests/evolve.)
source "$(dirname "$0")/cases.bash"

cat >"$work/old.skald" <<'S'
namespace s;
struct S { uint32 a; string<4> b; }
message M 1 { head(64): uint32 x; S s; }
interface I { method f 5(uint8 a) -> (uint16 b); }
S
sed 's/uint32 x;/& uint8 y;/' "$work/old.skald" >"$work/wire.skald"
sed 's/method f/method g 6(); &/' "$work/old.skald" >"$work/abi.skald"
sed 's/string<4> b/string<4> c/' "$work/old.skald" >"$work/source.skald"
sed 's/^struct/\/\/\/ All of it.\n&/; s/  */ /g' "$work/old.skald" >"$work/none.skald"
cat >"$work/wanted" <<'T'
wire   D0301 s.M.y: a new member: uint8 is new
             first byte that moved: head byte 12
             breaks both directions
abi    D0801 s.M: a struct of another size in C: 32 bytes became 40
abi    D0804 s.M: a larger or smaller greatest message in C: 23 bytes became 24
abi    D0802 s.M.s: offset 8 became 16
wire: breaks both directions
T
"$skald" diff "$work/old.skald" "$work/wire.skald" >"$work/came"
grep -vE 'D080' "$work/wanted" >"$work/wanted2"
grep -vE 'D080' "$work/came" | diff "$work/wanted2" - >"$work/out"
tap $? 'the first byte, the direction, and what it comes to'

for class in wire abi source none; do
	for limit in wire abi source; do
		fails=0
		[[ "$class $limit" =~ ^(wire|abi abi|abi source|source source) ]] && fails=1
		expect $fails "a change of class $class, --fail-on $limit" \
			"$skald" diff --fail-on "$limit" "$work/old.skald" "$work/$class.skald"
	done
done
expect 1 'the default is wire: one of it' "$skald" diff "$work/old.skald" "$work/wire.skald"
expect 0 'the default is wire: one of abi' "$skald" diff "$work/old.skald" "$work/abi.skald"
expect_text 0 'no change' 'no change that anybody sees' \
	"$skald" diff "$work/old.skald" "$work/none.skald"
expect_text 1 'JSON' '"byte": "head byte 12"' \
	"$skald" diff --json "$work/old.skald" "$work/wire.skald"
expect 2 '--fail-on takes three words' "$skald" diff --fail-on never "$work/old.skald" "$work/old.skald"

# same_as_locks NAME OLD NEW: locks say what the schemas say.
same_as_locks() {
	"$skald" lock "$2" -o "$work/a.lock" && "$skald" lock "$3" -o "$work/b.lock"
	"$skald" diff "$2" "$3" >"$work/came"
	"$skald" diff "$work/a.lock" "$work/b.lock" | diff "$work/came" - >"$work/out" 2>&1 &&
		"$skald" diff "$work/a.lock" "$3" | diff "$work/came" - >"$work/out" 2>&1
	tap $? "$1"
}
for class in wire abi source none; do
	same_as_locks "locks of a change of class $class" "$work/old.skald" "$work/$class.skald"
done
# What is reserved: by declarations of every kind, blocks of tags, files and groups.
cat >"$work/reserves.skald" <<'S'
namespace s;
reserved 7, 9..12, "Old";
enum E { A, reserved 4..6, reserved "B", reserved 7 }
struct S { uint8 a; reserved "b"; tags { tag(1) uint8 t; reserved 3, 4, 5..9, "u"; } }
variant V { tag(1) x; reserved 2, "y"; }
interface I { method m 5(); reserved 8..12, "drop"; }
group { message G 1 { head(8): } reserved 2, 4; }
S
cat >"$work/uses.skald" <<'S'
namespace s;
reserved 7, 9..11, "New";
message M 12 { head(8): }
struct Old { uint8 a; }
enum E { A, C = 4, reserved 5..6, B }
struct S { uint8 a; uint8 b; tags { tag(1) uint8 t; tag(4) uint8 u; reserved 3, 5..9; } }
variant V { tag(1) x; tag(2) y; }
interface I { method m 5(); method n 8(); method drop(); }
group { message G 1 { head(8): } message H 4 { head(8): } reserved 2; }
S
cat >"$work/wanted" <<'T'
D0901 s.E.B
D0901 s.E.C
D0901 s.H
D0901 s.I.n
D0901 s.M
D0901 s.S.u
D0901 s.V.y
D0902 s.I.drop
D0903 s.E.B
D0903 s.Old
D0903 s.S.b
D0903 s.S.u
D0903 s.V.y
D0904 s.E
D0904 s.I
D0904 s.S
D0904 s.S.tags 1
D0904 s.V
D0904 uses.skald
D0904 uses.skald, group 1
D0905 uses.skald
T
"$skald" diff "$work/reserves.skald" "$work/uses.skald" |
	sed -n 's/^[a-z]* *\(D09[0-9]* [^:]*\):.*/\1/p' | sort -u | diff "$work/wanted" - >"$work/out"
tap $? 'what was reserved and is used again, or no longer reserved'
same_as_locks 'the same by locks' "$work/reserves.skald" "$work/uses.skald"
sed 's/, 4, 5\.\.9, "u"/..9, "u"/; s/4\.\.6, reserved "B", reserved 7/6..7, reserved "B", reserved 4..5/' \
	"$work/reserves.skald" >"$work/spelled.skald"
expect_text 0 'the same numbers, written otherwise' 'no change that anybody sees' \
	"$skald" diff "$work/reserves.skald" "$work/spelled.skald"
sed 's/^\( *\)\(type\|at\|id\|members\|c_offset\): .*/\1\2: [1, {a: 2}]/' "$work/a.lock" >"$work/odd.lock"
expect_text 1 'a lock with facts of another kind' 'D0' "$skald" diff "$work/odd.lock" "$work/old.skald"
# Whatever stands in a lock there is an answer: each line's value is another, or gone.
odd_locks() {
	local line bad=0 lines value
	lines=$(wc -l <"$work/a.lock")
	for ((line = 1; line <= lines; line += ${STEP:-1})); do
		for value in '5' '[1, {a: 2}]' '{}' gone; do
			if [ "$value" = gone ]; then
				sed "${line}d" "$work/a.lock"
			else
				sed -E "${line}s/^( *[^:]*:).*/\\1 $value/" "$work/a.lock"
			fi >"$work/odd.lock"
			"$skald" diff "$work/odd.lock" "$work/old.skald" >"$work/out" 2>"$work/err"
			[ $? -le 1 ] && ! grep -q Sanitizer "$work/err" || { bad=1; break 2; }
		done
	done
	tap $bad "a lock of which a line is another: $lines lines"
}
odd_locks
# A text where members should be: taken for an object it would have 200,000.
{
	printf 'lock: 1\nnamespace: s\nimports: {}\ndeclarations:\n'
	printf '  s.S:\n    kind: struct\n    members:\n      a: %0200000d\n' 0 | tr 0 x
} >"$work/odd.lock"
expect_text 1 'a text instead of a member' 'D0405 s.S.a' "$skald" diff "$work/odd.lock" "$work/old.skald"
expect 2 'no such file' "$skald" diff "$work/none.lock" "$work/old.skald"
echo 'message M' >"$work/broken.skald"
expect_text 1 'a schema with errors' 'error[E0' "$skald" diff "$work/old.skald" "$work/broken.skald"
expect_text 0 'help' '--fail-on' "$skald" diff --help
finish
