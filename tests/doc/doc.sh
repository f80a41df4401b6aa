#!/bin/bash
# Usage: tests/doc/doc.sh [NAME]
#
# `skald doc`: pages of all schemas of the tree are HTML whose links lead somewhere, and
# manuals that man and mandoc read without a warning; they say what the schema says.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
skald=${SKALD:-${BUILD:-build}/skald}

# pages NAME FOLDER SCHEMA...
pages() {
	tap_run "$1: is written" "$skald" doc -I protocols "${@:3}" -o "$2"
	tap_run "$1: is HTML, and all links lead somewhere" python3 tests/doc/check.py "$2"
}

pages protocols "$work/protocols" protocols/*.skald
for schema in tests/golden-wire/*.bragi tests/vectors/*.{skald,bragi} tests/golden/{constructs,states}.skald; do
	name=$(basename "$schema")
	pages "$name" "$work/$name.html" "$schema"
done

"$skald" doc -I protocols protocols/*.skald -o "$work/again"
diff -r "$work/protocols" "$work/again" >"$work/log"
tap $? 'the same schemas make the same pages'
! grep -rl '<script\|http' "$work/protocols" >"$work/log"
tap $? 'pages need neither scripts nor anything from elsewhere'
grep -q 'prefers-color-scheme: dark' "$work/protocols/style.css"
tap $? 'there is a dark style'

# ---- what they say ----

cat >"$work/small.skald" <<'S'
/// Notes & <marks>.
namespace small;
/// What goes wrong.
enum Error { NO_NOTE = 1 }
bits Right uint16 { READ = 1, WRITE = 2 }
record Stamp { int64 seconds; uint32 nanos; byte[4] pad; }
/// A note. Made by `Board.add`.
struct Note { string<80> text; optional Stamp when; }
@rights(Right)
interface Board {
	error Error;
	/// Pins a `Note`.
	@idempotent @deadline(500)
	method add(uint16 place, Note note) -> (uint32 number);
	method share() -> (handle<Board, READ, copy> board);
	method fill(lease<in, max = 64> data) -> ();
	event gone(uint32 number);
}
const uint32 FEW = 3;
const string SAID = "a \"b\"";
/// More.
const uint32 MANY = 30;
interface Upload {
	method begin(uint64 size);
	method write(byte[<=100] data);
	method close();
	/// Nothing has come yet.
	state New { begin -> Open, close -> Closed }
	state Open { write, close -> Closed }
	state Closed { close }
}
S
pages small "$work/small" "$work/small.skald"
page=$work/small/small.html

# says NAME PATTERN
says() {
	grep -qE -- "$2" "$page"
	local status=$?
	echo "not in $page: $2" >"$work/log"
	tap $status "small: $1"
}

says 'doc comments are escaped' 'Notes &amp; &lt;marks&gt;\.'
says 'a name in a comment leads to a type' '<a href="#small.Note"><code>Note</code></a>'
says 'a name in a comment leads to a method' '<a href="#small.Board.add"><code>Board.add</code></a>'
says 'a method has its place' 'id="small.Board.add"'
says 'a type says who uses it' 'Used by <a href="#small.Board.add">Board.add</a>'
says 'promises' '>idempotent</span>.*deadline 500 ms'
says 'errors' 'One of <code><a href="#small.Error">Error</a></code>: id [0-9]+, 12 bytes'
says 'a handle with its rights' 'handle&lt;<a href="#small.Board">Board</a>, READ, copy&gt;'
says 'a lease' 'lease&lt;in, max = 64&gt;'
says 'the diagram of a head: id and size of the tail' 'colspan="4">id [0-9]+</td><td class="preamble" colspan="4">'
says 'what stands in place, with offset and bytes' '<th scope="row">8</th><td class="value" colspan="2">place</td><td class="pointer" colspan="1">&rarr;&nbsp;note'
says 'offset and size of a member' '<td>8</td><td><code>place</code></td><td><code>uint16</code></td><td>2</td>'
says 'bytes behind a pointer' '<td>&rarr; 10</td><td><code>note</code>.*<td>2 to [0-9]+</td>'
says 'a record: seconds, then nanos' '<th scope="row">0</th><td class="value" colspan="8">seconds'
says 'a message without members is its id' '<p class="cost">Nothing but its id, [0-9]+: 8 bytes'
says 'constants in a row are a table' '<tr id="small.MANY"><td><code>MANY</code></td><td><code>uint32</code></td><td>30</td><td><p>More'
says 'a text is as in the schema' 'small.SAID.*&quot;a \\&quot;b\\&quot;&quot;'
says 'an article as it is spoken' '<p>A <code>uint16</code>'
says 'states: a table with what each allows' 'id="small.Upload.state.New"><td><code>New</code></td><td><code><a href="#small.Upload.begin">begin</a></code>&nbsp;&rarr;&nbsp;<a href="#small.Upload.state.Open">Open</a>, <code>'
says 'states: one that stays leads nowhere' 'small.Upload.write">write</a></code>, <code><a href="#small.Upload.close'
says 'states: what one means' 'first</span> <p>Nothing has come yet'
says 'states: a method says where it is allowed' 'Allowed in <a href="#small.Upload.state.New">New</a>, then <a href="#small.Upload.state.Open">Open</a>\.'
says 'states: a diagram' '<svg class="states" role="img" aria-label="States of Upload"'
says 'states: its arrows have their methods' 'text-anchor="middle">begin</text>'

# As many as there may be, with many methods each: all within the picture.
{
	echo 'namespace many; interface Many {'
	for m in {1..40}; do echo "method long_name_of_a_method_$m();"; done
	for s in {0..31}; do
		echo "state State$s {"
		for m in {1..40}; do echo "long_name_of_a_method_$m -> State$(((s * m + 1) % 32)),"; done
		echo '}'
	done
	echo '}'
} | sed -z 's/,\n}/ }/g' >"$work/many.skald"
pages many "$work/many" "$work/many.skald"
within() {
	python3 - "$work/many/many.html" <<'P'
import re, sys
page = open(sys.argv[1]).read()
width, height = map(int, re.search(r'<svg [^>]* width="(\d+)" height="(\d+)"', page).groups())
texts = re.findall(r'<text(?: class="state")? x="(\d+)" y="(\d+)" text-anchor="(\w+)">([^<]*)<', page)
for x, y, anchor, text in texts:
	x, y, wide = int(x), int(y), 8 * len(text)
	left, right = (x, x + wide) if anchor == "start" else (x - wide / 2, x + wide / 2)
	if left < 0 or right > width or y > height:
		sys.exit(f"{text} at {x}, {y}, outside {width} x {height}")
print(len(texts), "texts")
sys.exit(len(texts) < 64)
P
}
tap_run 'many: the diagram is as large as what is in it' within

# ---- manuals ----

manuals() {
	local page warnings
	"$skald" doc --man -I protocols protocols/*.skald "$work/small.skald" tests/golden/states.skald \
		-o "$work/man" || return 1
	[ -s "$work/man/fs_File.3" ] && [ -s "$work/man/small_Board.3" ] || return 1
	for page in "$work"/man/*.3; do
		warnings=$([[ $page != */[fs][sm]* ]] || LC_ALL=C man --warnings -l -Tutf8 "$page" 2>&1 >/dev/null
			mandoc -T lint -W warning "$page" | grep -v 'missing date')
		[ -z "$warnings" ] || { echo "$warnings"; return 1; }
	done
}

tap_run 'manuals are read without a warning by man and mandoc' manuals
man -l -Tascii "$work/man/small_Board.3" 2>/dev/null | col -b >"$work/log"
grep -q 'int small_Board_add(struct sk_channel \*channel,' "$work/log" && grep -q 'small_Error_NO_NOTE' "$work/log" &&
	grep -q 'note (Note)' "$work/log"
tap $? 'a manual has prototypes, parameters and errors'

man -l -Tascii "$work/man/small_Upload.3" 2>/dev/null | col -b >"$work/log"
grep -q 'Allows begin (leads to Open), close (leads to Closed)\.' "$work/log" && grep -q 'Nothing has come yet' "$work/log"
tap $? 'a manual has states'

# ---- what is refused ----

"$skald" doc "$work/small.skald" 2>"$work/log"
[ $? = 2 ] && grep -q 'needs -o DIR' "$work/log"
tap $? 'doc needs -o'
cp "$work/small.skald" "$work/index.skald"
"$skald" doc "$work/index.skald" -o "$work/x" 2>"$work/log"
[ $? = 1 ] && grep -q 'rename it' "$work/log" && [ ! -e "$work/x" ]
tap $? 'a schema of the name of the index is refused'
mkdir "$work/other"
sed s/small/other/ "$work/small.skald" >"$work/other/small.skald"
"$skald" doc "$work/small.skald" "$work/other/small.skald" -o "$work/x" 2>"$work/log"
[ $? = 1 ] && grep -q 'one page' "$work/log"
tap $? 'two schemas of one page are refused'
exit $failed
