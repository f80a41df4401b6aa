#!/bin/bash
# Usage: tests/cli/usage.sh [NAME]
#
# Commands, options, help, and the exit statuses 0, 1 and 2.
source "$(dirname "$0")/cases.bash"

cat >"$work/a.skald" <<'S'
namespace a;
message M 1 { head(16): uint32 x; }
S
echo 'message M 1 { head(16): uint33 x; }' >"$work/bad.skald"

expect_text 2 'no command prints the usage' 'usage: skald' "$skald"
for command in check c encode decode dump conform stat fuzz fmt lint lock diff ir doc wireshark completion explain; do
	expect_text 0 "--help lists $command" "  $command " "$skald" --help
	expect_text 0 "$command --help shows its usage" "usage: skald $command " \
		"$skald" "$command" --help
	expect_text 2 "$command refuses an unknown option" 'no option `--frobnicate`' \
		"$skald" "$command" --frobnicate x y
	expect_text 2 "$command without arguments shows its usage" \
		"usage: skald $command" "$skald" "$command"
done
for line in check 'c -o x' 'encode --hex' decode dump conform stat 'fuzz -o x' lock; do
	command=${line%% *}
	message=$([ "$command" = encode ] && echo M)
	# shellcheck disable=SC2086 # options, or none
	expect_text 2 "$command exits with 2 if there is no such schema" \
		"$work/none.skald" "$skald" $line "$work/none.skald" $message
done
expect_text 2 'frob is no command' 'no command' "$skald" frob
expect_text 0 '--version' 'skald 0.' "$skald" --version
expect_text 2 'a mistyped command gets a suggestion' 'did you mean `encode`?' \
	"$skald" encdoe
expect_text 2 'an option without its argument' 'missing behind `-I`' \
	"$skald" check "$work/a.skald" -I
expect_text 2 'one argument too many' 'usage: skald conform' \
	"$skald" conform "$work/a.skald" M
expect_text 2 '--color takes three words' '--color is' \
	"$skald" check --color=blue "$work/a.skald"
expect_text 2 '--format takes two words' '--format is' \
	"$skald" check --format=xml "$work/a.skald"
expect_text 2 'c needs -o' '-o DIR' "$skald" c "$work/a.skald"

expect 0 'check passes a good schema' "$skald" check "$work/a.skald"
expect 1 'check fails a bad schema' "$skald" check "$work/bad.skald"
expect 1 'check looks at all schemas' \
	"$skald" check "$work/bad.skald" "$work/a.skald"
expect_text 1 'check --format=json writes JSON to stdout' '"' \
	"$skald" check --format=json "$work/bad.skald"
expect_text 1 '--color=always colours diagnostics' $'\x1b[' \
	"$skald" check --color=always "$work/bad.skald"
"$skald" check --color=auto "$work/bad.skald" >"$work/out" 2>"$work/err"
! grep -q $'\x1b' "$work/err"
tap $? 'no colour into a file'
for command in encode decode dump conform; do
	expect 1 "$command exits with 1 for a bad schema" \
		"$skald" "$command" "$work/bad.skald" $([ $command = conform ] || echo M)
done

expect_text 2 'a message that there is not, and nothing like it' 'no message `Xyzzy`; `skald stat` lists all' \
	"$skald" encode protocols/fs.skald Xyzzy </dev/null
expect_text 2 'explain of an unknown code' 'no page for `E99999`; codes are as E0101' \
	"$skald" explain E99999
code=$("$skald" check "$work/bad.skald" 2>&1 | grep -oE 'E[0-9]{4}' | head -n 1)
expect_text 0 "explain has a page for what check reports" "$code" \
	"$skald" explain "$code"
expect_text 2 'a mistyped code gets a suggestion' 'did you mean' \
	"$skald" explain "${code}9"

if [ -e /dev/full ]; then
	for arguments in --help --version 'encode --help'; do
		expect 2 "a full disk is told: $arguments" sh -c "'$skald' $arguments >/dev/full"
	done
fi
# What `c` writes, it writes all of or nothing.
mkdir -p "$work/digits"
echo 'message M 1 { head(64): string b; } interface I { method m(); }' >"$work/digits/0.skald"
"$skald" c --reflect "$work/digits/0.skald" -o "$work/digits" &&
	for file in "$work"/digits/*.c; do
		${CC:-gcc} -std=c11 -I . -I "$work/digits" -fsyntax-only "$file" || break
	done >"$work/out" 2>&1 && [ ! -s "$work/out" ]
tap $? 'a schema named by a digit makes C that compiles'

mkdir -p "$work/gen/a.skald.reflect.c"
expect_text 2 'c names the file that it cannot write' 'cannot write' \
	"$skald" c "$work/a.skald" -o "$work/gen" --reflect
[ "$(ls "$work/gen")" = a.skald.reflect.c ]
tap $? 'c leaves nothing behind when one of its files cannot be written'
expect 0 'c without that file' "$skald" c "$work/a.skald" -o "$work/gen"
touch -d '2001-01-01' "$work/gen/a.skald.h"
expect 0 'c a second time' "$skald" c "$work/a.skald" -o "$work/gen"
[ "$(date -r "$work/gen/a.skald.h" +%Y)" = 2001 ]
tap $? 'c leaves a file alone that would not change'
expect_text 2 'c refuses a folder that cannot be made' 'cannot make folder' \
	"$skald" c "$work/a.skald" -o "$work/a.skald/x"

finish
