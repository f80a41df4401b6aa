#!/bin/bash
# skald lock: what peers rely on, as a text; and whether such a text is still true.
source "$(dirname "$0")/cases.bash"

cat >"$work/base.skald" <<'S'
namespace base;
record Time { int64 seconds; uint32 nanos; byte[4] pad; }
record Unused { uint8 a; }
struct Inner { string<9> text; Time[<=2] times; }
enum Error { BAD = 1 }
S
cat >"$work/shop.skald" <<'S'
namespace shop;
import "base.skald";
const uint32 MOST = 3;
newtype Count = uint16;
strict enum Kind { TOOL = 2, TOY }
struct Item : base.Inner { Count count; optional Kind kind = TOY;
	tags { tag(7) @bytes(40) uint64[] more; } }
flexible variant Hint { tag(1) uint8 level; tag(3) none; }
message Order 9 { head(64): base.Time when; Hint hint; tail: Item[<=MOST] items; }
interface Shop {
	error base.Error;
	@idempotent @deadline(50) method buy 5(Count count, lease<in, max = 64> note)
		-> (handle<Shop, copy> other);
	event closed 6();
}
S
cat >"$work/wanted" <<'T'
# Made by skald lock from shop.skald. A change in here is one that peers see.
lock: 1
schema: "shop.skald"
namespace: shop
c_prefix: shop
imports:
  "base.skald":
T
"$skald" lock "$work/shop.skald" -o "$work/shop.lock" 2>"$work/err"
head -7 "$work/shop.lock" | diff "$work/wanted" - >"$work/out"
tap $? 'it begins with what it is of'

# fact NAME LINES...: these lines follow each other, or begin so.
fact() {
	local text
	text=$(printf '%s\n' "${@:2}")
	[[ $(<"$work/shop.lock") == *"$text"* ]]
	tap $? "$1"
}
fact 'an id, and a struct of C' '  "shop.Order":' '    kind: message' '    id: 9' \
	'    c: "struct shop_Order"' '    c_size: 72'
fact 'a member in place' '        when: {type: "base.Time", at: 8, size: 16, c: "struct base_Time when", c_offset: 0}'
fact 'a member behind a pointer' '        items: {type: "shop.Item[<=3]", at: 0, pointer: true,'
fact 'an optional one, with its default' \
	'      kind: {type: "shop.Kind", optional: true, bytes: "1..10", default: 3,'
fact 'a tag, with its bound' \
	'          more: {tag: 7, type: "uint64[]", bytes: "1..40", bytes_bound: 40'
fact 'an inherited member' '      text: {type: "string<9>"'
fact 'enumerators, and that no others come' '    c: shop_Kind' '    type: int32' \
	'    strict: true' '    values:' '      TOOL: 2' '      TOY: 3'
fact 'an arm without a value' '      none: {tag: 3, type: none'

# E0603: back ends of C refuse it, peers in other languages may have it.
cat >"$work/deep.skald" <<'S'
namespace deep;
struct Node { tags { tag(1) Node[2] both; tag(2) Node[2][3] more; } }
S
"$skald" lock "$work/deep.skald" -o "$work/deep.lock" 2>"$work/err" &&
	grep -q 'both: {tag: 1, type: "deep.Node\[2\]"' "$work/deep.lock" &&
	"$skald" diff "$work/deep.skald" "$work/deep.skald" >"$work/out" 2>&1
tap $? 'an array within itself, which C cannot hold'
fact 'a lease' 'type: "lease<in, 64>"'
fact 'a handle' 'type: "handle<shop.Shop, copy>"'
fact 'a method' '      buy: {of: "shop.Shop", kind: method, number: 5, request: "shop.Shop_buy_request", '\
'reply: "shop.Shop_buy_reply", error: "base.Error", idempotent: true, deadline: 50}'
fact 'an event' '      closed: {of: "shop.Shop", kind: event, number: 6'
grep -q 'base.Time": [0-9]' "$work/shop.lock" && ! grep -q Unused "$work/shop.lock"
tap $? 'of imports a fingerprint of what is used'

expect 0 'a lock is true of its schema' "$skald" lock --check "$work/shop.skald"
sed 's/^/\n/' "$work/shop.skald" | sed 's,//.*,,; s/  */ /g' >"$work/spaced.skald"
sed -i 's,^enum,/// All of them.\n&,' "$work/spaced.skald"
sed -i 's/: shop.skald/: spaced.skald/; s/"shop.skald"/"spaced.skald"/' "$work/shop.lock"
expect 0 'spelling is no fact' "$skald" lock --check "$work/spaced.skald" -o "$work/shop.lock"
"$skald" lock "$work/shop.skald" -o "$work/shop.lock"

# changed NAME EDIT FILE TEXT: after an edit by sed the lock is wrong there.
changed() {
	mkdir -p "$work/changed"
	cp "$work"/{shop,base}.skald "$work/changed"
	sed -i "$2" "$work/changed/$3"
	expect_text 1 "$1" "$4" "$skald" lock --check "$work/changed/shop.skald" -o "$work/shop.lock"
}
changed 'a size that changed' 's/string<9>/string<10>/' base.skald \
	'declarations / shop.Item / bytes: 5..98 in the lock, 5..99 in the schema'
changed 'a value that changed' 's/TOOL = 2/TOOL = 1/' shop.skald \
	'declarations / shop.Kind / values / TOOL: 2 in the lock, 1 in the schema'
changed 'one more' 's/TOOL = 2, TOY/&, BOX/' shop.skald \
	'declarations / shop.Kind / values / BOX: only in the schema'
changed 'one less' 's/; tag(3) none//' shop.skald \
	'declarations / shop.Hint / tagged / none: only in the lock'
changed 'another name' 's/lease<in, max = 64> note/lease<in, max = 64> nota/' shop.skald \
	'`note` in the lock, `nota` in the schema'
changed 'an attribute' 's/@deadline(50) //' shop.skald 'deadline: only in the lock'
changed 'an import that is used' 's/uint32 nanos/int32 nanos/' base.skald \
	'imports / base.skald / base.Time:'
cp "$work/shop.skald" "$work/changed/shop.skald"
sed 's/record Unused { uint8 a; }/record Unused { uint16 a; }/' "$work/base.skald" \
	>"$work/changed/base.skald"
expect 0 'an import that is not used' "$skald" lock --check "$work/changed/shop.skald" \
	-o "$work/shop.lock"

expect 2 'no lock' "$skald" lock --check "$work/spaced.skald"
echo 'a: [' >"$work/bad.lock"
expect_text 1 'a lock that is no YAML' 'bad.lock:' "$skald" lock --check "$work/shop.skald" -o "$work/bad.lock"
echo 'a: 1' >"$work/bad.lock"
expect_text 1 'a lock that is none' 'not a lock of skald' \
	"$skald" lock --check "$work/shop.skald" -o "$work/bad.lock"
echo 'lock: 99' >"$work/bad.lock"
expect_text 1 'a lock of another version' 'another version' \
	"$skald" lock --check "$work/shop.skald" -o "$work/bad.lock"
echo 'message M' >"$work/broken.skald"
expect_text 1 'a schema with errors' 'error[E0' "$skald" lock "$work/broken.skald"
for schema in protocols/*.skald tests/golden/constructs.skald; do
	"$skald" lock -I protocols "$schema" >"$work/out" 2>"$work/err" &&
		"$skald" lock -I protocols "$schema" | cmp - "$work/out"
	tap $? "$(basename "$schema") gives the same twice"
done

# offsets SCHEMA...: what the last one's lock says of C is what the compiler makes of it.
offsets() {
	local schema name count
	rm -rf "$work/c"
	for schema; do
		"$skald" c "$schema" -I "$work" -I protocols -o "$work/c" >"$work/out" 2>"$work/err"
	done
	name=$(basename "$schema" .skald)
	{
		printf '#include <stddef.h>\n#include <stdio.h>\n#include "%s.skald.h"\n' "$name"
		echo 'int main(void) { int bad = 0;'
		"$skald" lock -I "$work" -I protocols "$schema" | awk '
			/^    kind: / { as = $2 == "variant" ? "as." : "" }
			/^    c: "struct / { gsub(/"/, ""); struct = $3 }
			/^    c_size: / { print "if (sizeof(struct " struct ") != " $2 ")" \
				" bad += printf(\"" struct "\\n\");" }
			/c_offset: / {
				member = offset = $0
				sub(/.*[{ ]c: "/, "", member); sub(/(\[|").*/, "", member)
				sub(/.* /, "", member)
				sub(/.*c_offset: /, "", offset); sub(/[,}].*/, "", offset)
				print "if (offsetof(struct " struct ", " as member ") != " \
					offset ") bad += printf(\"" struct "." member "\\n\");" }'
		echo 'return bad != 0; }'
	} >"$work/c/offsets.c"
	count=$(grep -c offsetof "$work/c/offsets.c")
	[ "$count" -gt 3 ] && ${CC:-gcc} -std=c11 -I . -I "$work/c" "$work/c/offsets.c" -o "$work/c/offsets" \
		2>>"$work/err" && "$work/c/offsets" >"$work/out" 2>>"$work/err"
	tap $? "$name: $count offsets in C"
}
if [ "$(getconf LONG_BIT)" = 64 ]; then	# on other machines structs are laid out otherwise
	offsets "$work"/{base,shop}.skald
	offsets tests/golden/constructs.skald
	offsets protocols/{kernel,block,posix,fs}.skald
fi
expect_text 0 'help' 'what peers rely on' "$skald" lock --help
finish
