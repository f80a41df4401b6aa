#!/bin/bash
# Usage: tests/cli/fuzz.sh [NAME]
#
# `skald fuzz`: what it writes, that its seeds are what their names say, how it
# fails, and that a fuzzer builds and takes its own seeds.
source "$(dirname "$0")/cases.bash"
root=$PWD

cat >"$work/base.skald" <<'S'
namespace base;
struct Point { int32 x; int32 y; }
S
cat >"$work/a.skald" <<'S'
/// A trigraph??/ "no", a comment??= : é \n	tab \0 %s
namespace a;
import "base.skald";
enum Colour { RED, GREEN = 300 }
bits Access uint16 { READ = 1, WRITE = 0x20 }
strict enum Odd { ONE = 1, THREE = 3 }
struct Tree { Tree[] kids; string name; }
flexible variant Shape { tag(1) none; tag(5) string<7> text; tag(9) base.Point point; }
message M 7001 {
head(128):
	Colour colour;
	Odd odd;
	Tree tree;
	tags { tag(1) uint64 big; tag(77) string word = "default?"; }
tail:
	Shape[] shapes;
	uint8[<=1000] blob;
}
@rights(Access)
interface File {
	method read 12(uint64 offset, lease<out, max = 512> data) -> (uint32 count);
	method give 13(optional handle<File> other, handle<File, READ> one) -> ();
	oneway stop 14();
	event changed 15(uint32 what);
}
interface Bell { event rung 16(); }
S

# check NAME COMMAND...: the command's status is the case's.
check() {
	local name=$1
	shift
	[[ $name == *"$pattern"* ]] || return 0
	"$@" >"$work/out" 2>"$work/err"
	tap $? "$name"
}

# bytes_of FILE: hexadecimal digits.
bytes_of() {
	local text
	text=$(od -An -v -tx1 "$1")
	echo "${text//[[:space:]]/}"
}

# requests DIR: of each seed of a message the line of `skald conform` that
# decodes it, and its name into $work/names.
requests() {
	local target kind
	while read -r target kind; do
		[ "$kind" != message ] || printf '%s\n' "$1/seeds/$target"/*
	done <"$1/targets.list" >"$work/seeds"
	sed 's:.*/seeds/::' "$work/seeds" >"$work/names"
	{
		xargs -d '\n' stat -c '= %s %n' <"$work/seeds"
		xargs -d '\n' cat <"$work/seeds" | od -An -v -tx1 -w1
	} | awk '
		function number(text, i, n) {
			for (i = 1; i <= length(text); i++)
				n = 16 * n + index("0123456789abcdef", substr(text, i, 1)) - 1
			return n
		}
		function show(message, bytes, handles, leases, size) {
			handles = number(substr(bytes, 2, 1))
			leases = number(substr(bytes, 1, 1))
			bytes = substr(bytes, 3 + 4 * handles + 10 * leases)
			size = 2 * number(substr(bytes, 15, 2) substr(bytes, 13, 2) \
				substr(bytes, 11, 2) substr(bytes, 9, 2))
			# A row may lie about its tail: then all of it is the head.
			if (size > length(bytes) - 16)
				size = 0
			size = length(bytes) - size
			print "D", message, (size ? substr(bytes, 1, size) : "-"), \
				(size < length(bytes) ? substr(bytes, size + 1) : "-"),
				handles, leases
		}
		$1 == "=" {
			sizes[++count] = $2
			parts = split($0, path, "/")
			messages[count] = path[parts - 1]
			next
		}
		{ bytes = bytes $1 }
		length(bytes) == 2 * sizes[shown + 1] {
			show(messages[++shown], bytes)
			bytes = ""
		}'
}

# answers SCHEMA DIR: what the interpreter says to each seed of a message, as
# "OK ..." or "FAIL ..." behind the seed's name.
answers() {
	requests "$2" >"$work/requests"
	"$skald" conform "$1" -I protocols <"$work/requests" >"$work/said" || return
	paste -d' ' "$work/names" "$work/said"
}

# good_seeds SCHEMA DIR: all seeds decode, and there are `least` and `full`.
good_seeds() {
	local target kind
	answers "$1" "$2" >"$work/answers" || return
	! grep -v ' OK ' "$work/answers" || return
	while read -r target kind; do
		[ "$kind" != message ] || [ -s "$2/seeds/$target/full" ] &&
			[ -s "$2/seeds/$target/least" ] || [ "$kind" != message ] ||
			{ echo "$target has no least or no full"; return 1; }
	done <"$2/targets.list"
}

same_bytes() {
	local came
	came=$(bytes_of "$1")
	[ "$came" = "${2//[[:space:]]/}" ] || { echo "$1: $came, wanted $2"; return 1; }
}

says() {
	grep -F -- "$1 " "$work/answers" | grep -F -- "$2" ||
		{ grep -F -- "$1 " "$work/answers"; echo "wanted: $2"; return 1; }
}

# ---- what is written ----

expect 0 'fuzz a schema' "$skald" fuzz "$work/a.skald" -o "$work/one"
[ -d "$work/one" ] || "$skald" fuzz "$work/a.skald" -o "$work/one"
cat >"$work/wanted" <<'T'
messages messages
M message
File_read_request message
File_read_reply message
File_give_request message
File_give_reply message
File_stop_request message
File_changed_event message
Bell_rung_event message
File interface
Bell interface
T
check 'targets.list names messages and interfaces' \
	diff "$work/wanted" "$work/one/targets.list"
{
	printf '%s\n' Makefile schema.c targets.list {a,base}.skald.{c,h} a.skald.reflect.c
	while read -r target kind; do
		printf '%s\n' "$target.dict" "targets/$target.c"
	done <"$work/wanted"
} | sort >"$work/files"
files_written() {
	(cd "$work/one" && find . -type f -not -path './seeds/*') | cut -c3- | sort |
		diff "$work/files" -
}
check 'all files of a fuzzer are written' files_written
check "a second fuzzer is the same" bash -c \
	"'$skald' fuzz '$work/a.skald' -o '$work/two' && diff -r '$work/one' '$work/two'"
[ -d "$work/two" ] || "$skald" fuzz "$work/a.skald" -o "$work/two"
touch -d 2001-01-01 "$work/two/schema.c" "$work/two/seeds/M/full"
left_alone() {
	"$skald" fuzz "$work/a.skald" -o "$work/two" &&
		[ "$(date -r "$work/two/schema.c" +%Y)" = 2001 ] &&
		[ "$(date -r "$work/two/seeds/M/full" +%Y)" = 2001 ]
}
check 'what would not change is left alone' left_alone
generated_c() {
	local name
	for name in a base; do
		"$skald" c "$work/$name.skald" -o "$work/c" --reflect || return
		cmp "$work/c/$name.skald.c" "$work/one/$name.skald.c" || return
		cmp "$work/c/$name.skald.h" "$work/one/$name.skald.h" || return
	done
	cmp "$work/c/a.skald.reflect.c" "$work/one/a.skald.reflect.c"
}
check 'generated C is that of `skald c`' generated_c

# ---- the schema's text ----

cat >"$work/show.c" <<'C'
#include <stdio.h>
#include <string.h>
#include "fuzz/fuzz.h"
extern const struct fuzz_schema fuzz_schema;
extern const struct sk_schema a_schema;
const struct sk_schema a_schema = { .message_count = 8 };
int main(int argc, char **argv)
{
	for (const struct source_text *text = fuzz_schema.sources; text->path; text++) {
		if (argc > 1 && strcmp(argv[1], text->path) == 0)
			fwrite(text->text, 1, text->size, stdout);
	}
	if (argc == 1)
		printf("%s %s %s %d %s %d %u\n", fuzz_schema.sources[0].path, fuzz_schema.name,
			fuzz_target.name, fuzz_target.kind == FUZZ_INTERFACE, fuzz_target.subject,
			fuzz_target.schema == &fuzz_schema, fuzz_schema.tables->message_count);
	return 0;
}
C
texts() {
	local compiler
	for compiler in gcc clang; do
		$compiler -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I. \
			-o "$work/show" "$work"/show.c "$work"/one/{schema,targets/File}.c || return
		"$work/show" a.skald | cmp - "$work/a.skald" || return
		"$work/show" base.skald | cmp - "$work/base.skald" || return
		[ "$("$work/show")" = 'a.skald a File 1 File 1 8' ] || { "$work/show"; return 1; }
	done
}
check "schema.c has the texts, and compiles strictly" texts

# ---- seeds ----

check 'seeds of messages decode' good_seeds "$work/a.skald" "$work/one"
answers "$work/a.skald" "$work/one" >"$work/answers" 2>/dev/null
check 'the full message has all tags, and lists of several' says M/full \
	'"kids": [{"kids": [{"kids": [], "name": "ab/c"}, {'
check 'the full message has a tagged string' says M/full '"word": "'
check 'the full message has the last enumerator' says M/full '"colour": 300, "odd": 3'
check 'the least message has a value of a strict enum' says M/least \
	'"colour": 0, "odd": 1, "tree": {"kids": [], "name": ""}, "shapes": []'
check 'an arm without value' says M/arm-a_Shape-none '"shapes": [{"none": {}}'
check 'an arm with a string' says M/arm-a_Shape-text '"shapes": [{"text": "ab'
check 'an arm of an import' says M/arm-a_Shape-point '"shapes": [{"point": {"x": '
check 'an arm that is not known' says M/arm-a_Shape-unknown '"shapes": [{"#2": ['
check 'an arm seed has little else' says M/arm-a_Shape-none '"kids": []'
check 'a lease has its direction and bound' same_bytes \
	"$work/one/seeds/File_read_request/least" '10 02 00020000 30000000 00000000
	0000000000000000 01'
check 'an optional handle is absent in the least' same_bytes \
	"$work/one/seeds/File_give_request/least" '01 0100 34000000 00000000 00 01'
check 'handles have the rights that are named, or all' same_bytes \
	"$work/one/seeds/File_give_request/full" '02 ffff 0100 34000000 00000000 01 02'
all_of_messages() {
	local target kind seed
	while read -r target kind; do
		[ "$kind" = message ] || continue
		for seed in "$work/one/seeds/$target"/*; do
			cmp "$seed" "$work/one/seeds/messages/$target-${seed##*/}" || return
			rm "$work/two/seeds/messages/$target-${seed##*/}" || return
		done
	done <"$work/one/targets.list"
	[ -z "$(ls "$work/two/seeds/messages")" ]
}
check 'those of `messages` are those of each' all_of_messages
check 'a call is a step of its request' same_bytes \
	"$work/one/seeds/File/call-read-least" '00 0000 1700 10 02 00020000
	30000000 00000000 0000000000000000 01'
check 'a case has all methods' same_bytes "$work/one/seeds/File/all-least" \
	'00 0000 1700 10 02 00020000 30000000 00000000 0000000000000000 01
	00 0000 0d00 01 0100 34000000 00000000 00 01
	00 0000 0900 00 38000000 00000000'
check 'an interface of events alone has a case' test -s "$work/one/seeds/Bell/nothing"

for schema in protocols/*.skald; do
	name=$(basename "$schema" .skald)
	seeds_of_protocol() {
		"$skald" fuzz "$schema" -I protocols -o "$work/p" &&
			good_seeds "$schema" "$work/p"
	}
	check "seeds of $name decode" seeds_of_protocol
	rm -rf "$work/p"
done

# ---- vectors ----

# vectors SCHEMA FILE: each row with bytes is a seed, which decodes or does not,
# as its name says.
vectors() {
	local stem
	stem=$(basename "${1%.*}")
	rm -rf "$work/v"
	"$skald" fuzz "$1" -o "$work/v" --vectors "$2" || return
	answers "$1" "$work/v" | grep -F /vec- >"$work/answers"
	! grep -E -- '-refused OK|-[0-9]+ FAIL' "$work/answers" || return
	sed -E 's/.*-([0-9]{4})(-refused)? .*/\1 \2/' "$work/answers" |
		sort >"$work/marks"
	# Rows of bases, which have no id, are no messages.
	grep -n "\"schema\": \"$stem\"" "$2" | grep '"head_hex"' |
		grep -vE '"message": "(Base|Bare)"' >"$work/rows"
	diff <(awk -F: '{ printf "%04d\n", $1 }' "$work/rows") \
		<(cut -d' ' -f1 "$work/marks")
}

# The same, and the rows say so too.
agreed_vectors() {
	vectors "$@" || return
	diff <(awk -F: '{ printf "%04d %s\n", $1,
			/"(decode|result)": "FAIL"/ ? "-refused" : "" }' "$work/rows") \
		"$work/marks"
}
check 'malformed vectors of constructs are seeds' agreed_vectors \
	tests/golden/constructs.skald tests/vectors/malformed.jsonl
check 'vectors of the language are seeds' agreed_vectors \
	tests/vectors/language.skald tests/vectors/language.jsonl
check 'vectors of a .bragi file are seeds' agreed_vectors \
	tests/golden-wire/g_tags.bragi tests/golden-wire/g_tags.jsonl
check 'rows of other schemas are passed over' vectors \
	tests/golden-wire/g_tags.bragi tests/golden-wire/malformed.jsonl

row='{"schema": "a", "message": "File_give_request", "handles": 1, "leases": 0'
row+=', "head_hex": "34000000000000000001", "tail_hex": ""}'
echo "$row" >"$work/good.jsonl"
expect 0 'two files of vectors' "$skald" fuzz "$work/a.skald" -o "$work/v2" \
	--vectors "$work/good.jsonl" --vectors tests/vectors/malformed.jsonl
check 'a row with handles is that packet' same_bytes \
	"$work/v2/seeds/File_give_request/vec-good-0001" '01 0100 34000000 00000000 00 01'
echo "${row/: 1/: 2}" >"$work/good.jsonl"
expect 0 'a row with a handle too many' "$skald" fuzz "$work/a.skald" -o "$work/v2" \
	--vectors "$work/good.jsonl"
check 'a row with a handle too many is refused' same_bytes \
	"$work/v2/seeds/File_give_request/vec-good-0001-refused" \
	'02 0100 ffff 34000000 00000000 00 01'

# bad_row NAME TEXT ROW: behind a good one.
bad_row() {
	printf '%s\n\n%s\n' "$row" "$3" >"$work/bad.jsonl"
	expect_text 1 "a bad row: $1" "bad.jsonl:3:$2" "$skald" fuzz "$work/a.skald" \
		-o "$work/none" --vectors "$work/bad.jsonl"
}
bad_row 'no JSON' '12: ' '{"schema": x}'
bad_row 'no object' ' a row is an object' '[1]'
bad_row 'no schema' ' the row has no `schema`' '{"message": "M"}'
bad_row 'no message' ' the row has no `message`' '{"schema": "a"}'
bad_row 'an unknown message' ' no message `N`' '{"schema": "a", "message": "N"}'
bad_row 'odd digits' ' pairs of hexadecimal digits have to stand behind `head_hex`' \
	"${row/0001/000}"
bad_row 'no digits' ' pairs of hexadecimal digits' "${row/0001/000g}"
bad_row 'a number for digits' ' a string has to stand behind `tail_hex`' "${row/'""'/1}"
bad_row 'too many handles' ' a number up to 255' "${row/: 1/: 256}"
expect_text 2 'vectors that are not there' "none.jsonl: No such file" "$skald" fuzz \
	"$work/a.skald" -o "$work/none" --vectors "$work/none.jsonl"
expect_text 2 'vectors that are a folder' "cannot read $work/one: " "$skald" fuzz \
	"$work/a.skald" -o "$work/none" --vectors "$work/one"

# ---- dictionaries ----

has_words() {
	local word
	! grep -vE '^(#.*|[A-Za-z0-9_]+="([A-Za-z0-9]|\\x[0-9a-f]{2}){1,256}")$' \
		"$work"/one/*.dict || return
	for word in 'a_M="Y\x1b\x00\x00"' 'a_Colour_GREEN="\xb2\x04"' \
		'a_Colour_GREEN="\x2c\x01\x00\x00"' 'a_M_word="\x9b"' \
		'a_M_word="default\x3f"' 'a_M_blob="\xa2\x0f"' 'a_M_blob="\xa6\x0f"' \
		'a_Shape_point="\x13"' 'a_Shape_text="\x0f"' 'a_Odd_THREE="\x07"'; do
		grep -qF "$word" "$work/one/M.dict" || { echo "no $word"; return 1; }
		grep -qF "$word" "$work/one/messages.dict" || { echo "no $word"; return 1; }
	done
	! grep -F a_M "$work/one/File.dict" || return
	grep -F 'a_File_read_request="0\x00\x00\x00"' "$work/one/File.dict"
}
check 'dictionaries have ids, tags, enumerators, bounds, defaults' has_words

# ---- what cannot be ----

refuses() {
	expect_text "$1" "refused: $2" "$3" "$skald" fuzz "${@:4}" -o "$work/none"
}
expect_text 2 'fuzz needs -o' '-o DIR' "$skald" fuzz "$work/a.skald"
echo 'message M 1 { head(16): uint33 x; }' >"$work/bad.skald"
refuses 1 'a bad schema' 'uint33' "$work/bad.skald"
echo 'namespace n; const uint8 X = 1;' >"$work/nothing.skald"
refuses 1 'nothing to fuzz' 'no message and no interface' "$work/nothing.skald"
echo 'namespace n; message messages 1 { head(16): uint8 x; }' >"$work/taken.skald"
refuses 1 'a message called messages' 'give this one another name' "$work/taken.skald"
mkdir "$work/sub"
echo 'namespace n; struct T { uint8 x; }' | tee "$work/sub/same.skald" >"$work/sub/same.bragi"
echo 'namespace m; struct T { uint8 x; }' >"$work/sub/other.skald"
cat >"$work/same.skald" <<'S'
namespace s;
import "sub/same.skald";
message M 1 { head(16): n.T x; }
S
refuses 1 'two files of one name' 'would both become same.skald.c' "$work/same.skald"
cp "$work/base.skald" "$work/a b.skald"
refuses 1 'a name that make does not take' 'is made of letters' "$work/a b.skald"
cat >"$work/keyword.skald" <<'S'
namespace k;
message M 1 { head(16): uint8 while; }
S
refuses 1 'a name that C keeps' 'while' "$work/keyword.skald"
check 'what is refused leaves no folder' test ! -e "$work/none"

expect_text 2 'a folder that cannot be made' 'cannot make folder' \
	"$skald" fuzz "$work/a.skald" -o "$work/a.skald/x"
mkdir -p "$work/half/seeds/M/full"
expect_text 2 'a file that cannot be written is named' "half/seeds/M/full: Is a directory" \
	"$skald" fuzz "$work/a.skald" -o "$work/half"
check 'nothing is written if one file cannot be' \
	bash -c "[ -z \"\$(find '$work/half' -type f)\" ]"
# A file of more than 8 KiB does not fit; that is told as a full disk is.
expect_text 2 'a file that does not fit' 'cannot write' \
	bash -c "trap '' XFSZ; ulimit -f 8; '$skald' fuzz '$work/a.skald' -o '$work/full'"
check 'nothing is left of what does not fit' \
	bash -c "[ -d '$work/full' ] && [ -z \"\$(find '$work/full' -type f)\" ]"

# ---- building ----

expect_text 2 'make says what is wrong with SKALD_ROOT' \
	"there is no $work/fuzz/rules.mk: say where skald's sources are" \
	make -C "$work/one" SKALD_ROOT="$work" plain/messages
expect_text 0 'make help names the engines' 'make libfuzzer/TARGET' \
	make -C "$work/one" SKALD_ROOT="$root" help
mkdir -p "$root/build/tmp-fuzz-$$"
within() {
	"$skald" fuzz "$work/a.skald" -o "build/tmp-fuzz-$$/x" || return
	grep -x 'SKALD_ROOT ?= ../../..' "build/tmp-fuzz-$$/x/Makefile"
}
[[ $skald == "$root"/* ]] && check 'within the sources the path is relative' within
rm -rf "$root/build/tmp-fuzz-$$"

# takes TARGET: it builds, and finds nothing in its seeds.
takes() {
	[ -d "$work/clock" ] || "$skald" fuzz protocols/clock.skald -o "$work/clock" || return
	make -s -C "$work/clock" SKALD_ROOT="$root" "plain/$1" >&2 &&
		"$work/clock/plain/$1" "$work/clock/seeds/$1" >&2
}
check 'a fuzzer of messages builds and takes its seeds' takes messages
check 'a fuzzer of an interface builds and takes its seeds' takes Clock
nothing_to_do() {
	local before
	takes messages || return
	before=$(stat -c %Y.%y "$work/clock/plain/messages")
	make -s -C "$work/clock" SKALD_ROOT="$root" plain/messages &&
		[ "$(stat -c %Y.%y "$work/clock/plain/messages")" = "$before" ]
}
check 'what is built is not built again' nothing_to_do
finish
