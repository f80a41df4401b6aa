#!/bin/bash
# Usage: tests/cli/stat.sh [NAME]
#
# stat: what messages and methods cost; sizes of structs as a C compiler has
# them.
source "$(dirname "$0")/cases.bash"

schema=$work/shop.skald
cat >"$schema" <<'S'
namespace shop;
import "rights.skald";
strict enum Kind { TOOL, TOY }
record Stamp { int64 seconds; uint32 nanos; byte[4] pad; }
struct Item { uint64 number; Kind kind; string<30> name; Stamp[<=2] seen; }
struct Boxed { Item[<=4][2] items; optional Stamp closed; }
variant Change { tag(1) uint16 price; tag(2) Item item; tag(3) gone; }
flexible variant Hint { tag(1) uint8 level; tag(2) string<8> text; }
variant Sum { tag(1) float64 leaf; tag(2) Sum[] many; tag(3) Pair both; }
struct Pair { Sum left; bool deep; optional Sum right; byte[3] more; }
struct Nothing { }
variant Void { tag(1) none; }
message Sums 8 { head(2000): Sum sum; Void hole; Nothing nothing; Kind[<=3] kinds; Kind[] all;
	bool[] b; optional float64 f; Hint[2] hints; Stamp[2] stamps; uint8 last; }
struct Tree { uint8 leaf; Tree[] branches; optional Tree next; tags { tag(1) Tree other; } }
message Bare { head(16): }
message Order 7 { head(64): uint32 count; string<20> who; tail: byte[<=50] note; }
@rights(rights.Rights)
interface Thing {
	@fast @idempotent method weigh() -> (float32 grams);
}
interface Shop : Thing {
	method buy(uint64 item, lease<in, max = 64> note, handle<Thing> purse)
		-> (optional handle<Shop, LOOK, copy> branch, Stamp stamp);
	method list(uint64 from) -> (Item[<=20] items, Boxed box);
	method order Order -> Bare;
	method plant(@depth(3) @bytes(100) Tree tree);
	oneway change(Change change, bool[3] b, Hint hint);
	event arrived(Item item);
}
S
cat >"$work/rights.skald" <<'S'
namespace rights;
bits Rights uint16 { LOOK = 1, TAKE = 2 }
message Elsewhere 1 { head(8): }
S

# same NAME COMMAND...: prints what stands in $work/wanted.
same() {
	local name=$1
	shift
	[[ $name == *"$pattern"* ]] || return 0
	"$@" >"$work/came" 2>"$work/err"
	diff "$work/wanted" "$work/came" >"$work/out"
	tap $? "$name"
}

cat >"$work/wanted" <<'T'
message                   bytes  handles  leases  depth  steps  struct
shop.Sums                  2000        0       0     64   2000     264
shop.Bare                     8        0       0      0      3       1
shop.Order                   93        0       0      0     10      40
shop.Thing_weigh_request      8        0       0      0      2       1
shop.Thing_weigh_reply       12        0       0      0      3       4
shop.Shop_buy_request        18        1       1      0      5      40
shop.Shop_buy_reply          25        1       0      0      4      24
shop.Shop_list_request       16        0       0      0      3       8
shop.Shop_list_reply       2329        0       0      2    179     120
shop.Shop_plant_request     109        0       0      3    104     120
shop.Shop_plant_reply         8        0       0      0      2       1
shop.Shop_change_request    109        0       0      2     19     120
shop.Shop_arrived_event      91        0       0      1     10      64

method             request  reply  stack  fast
shop.Thing.weigh         8     12      5   yes
shop.Shop.buy           18     25     64    no  its request carries a handle
shop.Shop.list          16   2329    128    no  its reply can have 2329 bytes, 2289 too many
shop.Shop.order         93      8     41    no  its request has a tail
shop.Shop.plant        109      8    480    no  its request can have 109 bytes, 69 too many
shop.Shop.change       109           136    no  its request can have 109 bytes, 69 too many
shop.Shop.arrived              91     64    no  its message can have 91 bytes, 51 too many
T
same 'a whole file' "$skald" stat "$schema"

cat >"$work/wanted" <<'T'
message                   bytes  handles  leases  depth  steps  struct
shop.Bare                     8        0       0      0      3       1
shop.Order                   93        0       0      0     10      40
shop.Thing_weigh_request      8        0       0      0      2       1
shop.Thing_weigh_reply       12        0       0      0      3       4
shop.Shop_buy_request        18        1       1      0      5      40
shop.Shop_buy_reply          25        1       0      0      4      24
shop.Shop_list_request       16        0       0      0      3       8
shop.Shop_list_reply       2329        0       0      2    179     120
shop.Shop_plant_request     109        0       0      3    104     120
shop.Shop_plant_reply         8        0       0      0      2       1
shop.Shop_change_request    109        0       0      2     19     120
shop.Shop_arrived_event      91        0       0      1     10      64

method             request  reply  stack  fast
shop.Thing.weigh         8     12      5   yes
shop.Shop.buy           18     25     64    no  its request carries a handle
shop.Shop.list          16   2329    128    no  its reply can have 2329 bytes, 2289 too many
shop.Shop.order         93      8     41    no  its request has a tail
shop.Shop.plant        109      8    480    no  its request can have 109 bytes, 69 too many
shop.Shop.change       109           136    no  its request can have 109 bytes, 69 too many
shop.Shop.arrived              91     64    no  its message can have 91 bytes, 51 too many
T
same 'an interface with what it inherits' "$skald" stat "$schema" Shop

cat >"$work/wanted" <<'T'
message     bytes  handles  leases  depth  steps  struct
shop.Order     93        0       0      0     10      40
T
same 'one message' "$skald" stat "$schema" shop.Order

cat >"$work/wanted" <<'T'
{"messages":[{"name":"shop.Thing_weigh_request","id":2556055424,"bytes":8,"handles":0,"leases":0,"depth":0,"steps":2,"struct":1},{"name":"shop.Thing_weigh_reply","id":2556055425,"bytes":12,"handles":0,"leases":0,"depth":0,"steps":3,"struct":4}],"methods":[{"name":"shop.Thing.weigh","kind":"method","number":639013856,"request":"shop.Thing_weigh_request","reply":"shop.Thing_weigh_reply","stack":5,"fast":true}],"states":[],"interfaces":[{"name":"shop.Thing","fingerprint":"ae5a0040219bf11b"}]}
T
same 'an interface as JSON' "$skald" stat --json "$schema" Thing
echo '{"messages":[],"methods":[],"states":[],"interfaces":[{"name":"Empty","fingerprint":"cbf29ce484222325"}]}' >"$work/wanted"
echo 'interface Empty { }' >"$work/empty.skald"
same 'nothing, as JSON' "$skald" stat --json "$work/empty.skald"
: >"$work/wanted"
same 'nothing' "$skald" stat "$work/empty.skald"
echo 'message M 1 { head(8): tail: string a; }' >"$work/unbounded.skald"
cat >"$work/wanted" <<'T'
{"messages":[{"name":"M","id":1,"bytes":null,"handles":0,"leases":0,"depth":0,"steps":5,"struct":16}],"methods":[],"states":[],"interfaces":[]}
T
same 'what nothing limits is null' "$skald" stat --json "$work/unbounded.skald"

expect_text 0 'a message of an imported file' rights.Elsewhere \
	"$skald" stat "$schema" rights.Elsewhere
expect_text 1 'a name that is nearly one' 'did you mean `Order`?' \
	"$skald" stat "$schema" Odrer
expect_text 1 'a name that is none' 'no message or interface `Unheard`' \
	"$skald" stat "$schema" Unheard
echo 'message M' >"$work/broken.skald"
expect_text 1 'a schema with errors' 'error[E0' "$skald" stat "$work/broken.skald"
expect 2 'no such file' "$skald" stat "$work/none.skald"
expect_text 0 'help' 'what messages cost at most' "$skald" stat --help
expect 0 'into a file' "$skald" stat "$schema" -o "$work/file"
same_file() {
	"$skald" stat "$schema" >"$work/wanted"
	same 'the file has what else is shown' cat "$work/file"
}
[ -e "$work/file" ] && same_file

# headers SCHEMA...: of these and of what they import, in one folder.
headers() {
	local schema
	rm -rf "$work/c"
	mkdir "$work/c"
	for schema; do
		"$skald" c "$schema" -I "$work" -I protocols -o "$work/c" >"$work/out" 2>"$work/err"
	done
}

# sizes SCHEMA: sizeof in C is what stat says of each message.
sizes() {
	local name=${1##*/} count
	[[ "sizes of $name" == *"$pattern"* ]] || return 0
	"$skald" stat --json -I "$work" -I protocols "$1" | grep -o '"name":"[^"]*","id":[^}]*' |
		sed -E 's/"name":"([^"]*)".*"struct":([0-9]+)/\1 \2/; s/\./_/g' >"$work/sizes"
	{
		echo '#include <stdio.h>'
		echo "#include \"${name%.*}.skald.h\""
		echo 'int main(void) { int bad = 0;'
		while read -r struct size; do
			echo "if (sizeof(struct $struct) != $size) bad += printf(\"$struct: %zu, not $size\\n\", sizeof(struct $struct));"
		done <"$work/sizes"
		echo 'return bad != 0; }'
	} >"$work/c/sizes.c"
	count=$(wc -l <"$work/sizes")
	[ "$count" -gt 3 ] && ${CC:-gcc} -std=c11 -I . -I "$work/c" "$work/c/sizes.c" -o "$work/c/sizes" 2>>"$work/err" &&
		"$work/c/sizes" >"$work/out" 2>>"$work/err"
	tap $? "sizes of $name: $count structs"
}
"$skald" stat tests/golden/states.skald 2>"$work/err" | tail -n 4 | sed 's/ *$//' >"$work/came"
diff - "$work/came" >"$work/out" <<'T'
state        allows
File.New     open -> Open, close -> Closed, sync
File.Open    read, sync, open -> New, drop -> Closed, close -> Closed
File.Closed  sync
T
tap $? 'states, and what they allow'
"$skald" stat --json tests/golden/states.skald 2>"$work/err" | grep -o '"states":.*"interfaces"' >"$work/came"
diff - "$work/came" >"$work/out" <<'T'
"states":[{"interface":"states.File","name":"New","allows":[{"method":"open","to":"Open"},{"method":"close","to":"Closed"},{"method":"sync","to":"New"}]},{"interface":"states.File","name":"Open","allows":[{"method":"read","to":"Open"},{"method":"sync","to":"Open"},{"method":"open","to":"New"},{"method":"drop","to":"Closed"},{"method":"close","to":"Closed"}]},{"interface":"states.File","name":"Closed","allows":[{"method":"sync","to":"Closed"}]}],"interfaces"
T
tap $? 'states, and where what they allow leads, for programs'
fingerprint() {
	"$skald" stat --json "$1" | grep -o '"fingerprint":"[0-9a-f]*"'
}
sed 's/uint32 at/uint64 at/' tests/golden/states.skald >"$work/changed.skald"
sed 's/uint32 at/uint32 offset/' tests/golden/states.skald >"$work/named.skald"
fingerprint tests/golden/states.skald >"$work/came"
[ "$(fingerprint "$work/named.skald")" = "$(cat "$work/came")" ] &&
	fingerprint "$work/changed.skald" | diff "$work/came" - | grep -c '^>' | grep -qx 1
tap $? 'the fingerprint of an interface is another if a member is, not if its name is'
# On other machines structs are laid out otherwise.
if [ "$(getconf LONG_BIT)" = 64 ]; then
	headers "$schema" "$work/rights.skald"
	sizes "$schema"
	headers tests/golden/constructs.skald
	sizes tests/golden/constructs.skald
	headers protocols/*.skald
	for file in protocols/*.skald; do
		sizes "$file"
	done
fi
finish
