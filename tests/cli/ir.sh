#!/bin/bash
# skald ir: the checked tree as YAML and JSON; and a back end that lives on it alone.
source "$(dirname "$0")/cases.bash"
table=$(dirname "$skald")/ir-table

cat >"$work/base.skald" <<'S'
namespace base;
record Time { int64 seconds; uint32 nanos; byte[4] pad; }
S
cat >"$work/shop.skald" <<'S'
/// A shop.
namespace shop;
import "base.skald";
strict enum Kind { TOOL = 2, TOY }
struct Item { string<9> name; optional Kind kind = TOY; }
/// What is wanted.
message Order 9 { head(64): base.Time when; Item[<=3] items; tags { tag(7) uint64 more; } }
interface Shop { method buy 5(uint16 count, lease<in, max = 64> note); event closed 6(); }
S
"$skald" ir "$work/shop.skald" -o "$work/ir" 2>"$work/err"
# says NAME LINES...: these lines follow each other.
says() {
	local text
	text=$(printf '%s\n' "${@:2}")
	[[ $(<"$work/ir") == *"$text"* ]]
	tap $? "$1"
}
says 'its version, and which file was asked for' 'ir: 1' 'root: "shop.skald"'
says 'a type by its name, its declaration and its width' '        name: Kind' \
	'        declaration: "shop.Kind"' '        width: 4' 
says 'imports come first' 'files:' '- file: "base.skald"'
says 'a comment, and a place' '    doc: "What is wanted."' '    line: 7' '    column: 9'
says 'a list, its bound and its sizes' "          name: \"Item[<=3]\"" '          bound: 3'
says 'a tag' '          tag: 7'
says 'a method' '    - name: buy' '      line: 8' '      column: 25' \
	'      owner: "shop.Shop"' '      kind: method' '      number: 5'

cat >"$work/wanted" <<'T'
# shop.skald

## shop.Order

Id 9, at most 64 bytes.

| member | type | in | place | bytes |
|---|---|---|---|---|
| when | base.Time | head | at 8 | 16 |
| items | Item[<=3] | head | pointer at 24 | 61 |
| more | uint64 | head | tag 7 | 9 |

## shop.Shop_buy_request

Id 20, at most 11 bytes.

| member | type | in | place | bytes |
|---|---|---|---|---|
| count | uint16 | head | at 8 | 2 |
| note | lease<in, max = 64> | head | at 10 | 1 |

## shop.Shop_buy_reply

Id 21, at most 8 bytes.

| member | type | in | place | bytes |
|---|---|---|---|---|

## shop.Shop_closed_event

Id 27, at most 8 bytes.

| member | type | in | place | bytes |
|---|---|---|---|---|
T
"$table" <"$work/ir" >"$work/came" 2>"$work/err"
diff "$work/wanted" "$work/came" >"$work/out"
tap $? 'a back end of its own prints tables'
"$skald" ir --json "$work/shop.skald" | "$table" 2>"$work/err" | diff "$work/wanted" - >"$work/out"
tap $? 'JSON is the same tree'
given 'ir: 99\n'
expect 1 'a back end refuses another version' "$table"
for schema in protocols/*.skald tests/golden/constructs.skald; do
	"$skald" ir -I protocols "$schema" >"$work/ir" 2>"$work/err" &&
		"$skald" ir -I protocols "$schema" | cmp - "$work/ir" &&
		"$table" <"$work/ir" | grep -q '^# '
	tap $? "$(basename "$schema") gives the same twice, and is read"
done
echo 'message M' >"$work/broken.skald"
expect_text 1 'a schema with errors' 'error[E0' "$skald" ir "$work/broken.skald"
expect 2 'no such schema' "$skald" ir "$work/none.skald"
expect_text 0 'help' 'docs/ir.md' "$skald" ir --help
finish
