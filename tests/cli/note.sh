#!/bin/bash
# Usage: tests/cli/note.sh [NAME]
#
# `skald c --note` and `--from PROGRAM`: a binary is enough to read its messages, stripped,
# or without sections, with several schemas; what is damaged is refused.
source "$(dirname "$0")/cases.bash"
top=$PWD

cat >"$work/base.skald" <<'S'
/// Never in a program: comments.
namespace base;
newtype Name = string<16>;	// a name
S
cat >"$work/first.skald" <<'S'
namespace first;
import "base.skald";
const uint32 MOST = 1 << 4;
message Hello 1 { head(64): base.Name name = "x"; int8 by = -1; byte[<=MOST] rest; }
S
cat >"$work/second.skald" <<'S'
namespace second;
import "base.skald";
message Bye 2 { head(64): base.Name name; }
S
echo 'int main(void) { return 0; }' >"$work/main.c"

# build_with COMPILER: a program with all three.
build_with() {
	local name
	for name in base first second; do
		"$skald" c --note "$work/$name.skald" -o "$work" &&
			"$1" -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -ffunction-sections \
				-fdata-sections -I"$top" -I"$work" -c -o "$work/$name.o" "$work/$name.skald.c" ||
			return 1
	done
	"$1" -Wl,--gc-sections -o "$work/$1" "$work"/main.c "$work"/{base,first,second}.o \
		"$top"/runtime/codec.c -I"$top"
}

# case_is NAME COMMAND...
case_is() {
	"${@:2}" >"$work/out" 2>"$work/err"
	tap $? "$1"
}

for compiler in gcc clang; do
	case_is "$compiler: three schemas go into a program" build_with $compiler
	strip "$work/$compiler"
	echo '{name: world, by: -3}' |
		"$skald" encode --from "$work/$compiler" Hello >"$work/hello" 2>"$work/err"
	expect_text 0 "$compiler: dump, stripped" 'name: base.Name, 5 bytes' \
		bash -c "'$skald' dump --from '$work/$compiler' <'$work/hello'"
	expect_text 0 "$compiler: decode, by the name of the message" 'by: -3' \
		bash -c "'$skald' decode --from '$work/$compiler' first.Hello <'$work/hello'"
	expect_text 0 "$compiler: encode of another schema" '02000000' \
		bash -c "echo '{name: a}' | '$skald' encode --hex --from='$work/$compiler' Bye"
done
! grep -aq 'Never in' "$work/gcc"
tap $? 'comments do not go into the program'
cp "$work/gcc" "$work/bare"
printf '\0\0\0\0\0\0\0\0' | dd of="$work/bare" bs=1 seek=40 conv=notrunc 2>/dev/null
printf '\0\0\0\0' | dd of="$work/bare" bs=1 seek=60 conv=notrunc 2>/dev/null
expect_text 0 'a program without sections' 'name: base.Name, 5 bytes' \
	bash -c "'$skald' dump --from '$work/bare' <'$work/hello'"
expect_text 1 'no such message' 'no message `Hullo`; did you mean `Hello`' \
	bash -c "'$skald' dump --from '$work/gcc' Hullo <'$work/hello' || exit 1"
expect_text 1 'a program without schema' 'skald c --note' \
	bash -c "'$skald' dump --from /bin/true <'$work/hello'"
expect_text 1 'no program' 'no ELF file' \
	bash -c "'$skald' dump --from '$work/first.skald' <'$work/hello'"
expect_text 2 'no such file' "$work/none" \
	bash -c "'$skald' dump --from '$work/none' <'$work/hello'"
mkdir "$work/other"
sed s/16/17/ "$work/base.skald" >"$work/other/base.skald"
"$skald" c --note "$work/other/base.skald" -o "$work/other" && gcc -I"$top" -I"$work/other" -o "$work/mixed" "$work/main.c" \
	"$work"/{first,second}.o "$work/other/base.skald.c" "$top/runtime/codec.c"
expect_text 1 'schemas that differ' 'two files base.skald that differ' \
	bash -c "'$skald' dump --from '$work/mixed' <'$work/hello'"

# Whatever is cut off or changed, it is read or refused with status 1.
damaged() {
	local size at status
	size=$(stat -c %s "$work/gcc")
	at=$(LC_ALL=C grep -abo Skald "$work/gcc" | head -n 1 | cut -d: -f1)
	for place in 4 5 40 43 47 58 60 62 $((at - 12)) $((at - 8)) $((at - 5)) $((at - 4)) $at \
		$((at + 8)) $((at + 10)) $((at + 12)) $((at + 20)) $((at + 50)) $((size - 60)); do
		for byte in '\377' '\200' '\001'; do
			cp "$work/gcc" "$work/damaged"
			# shellcheck disable=SC2059 # a byte
			printf "$byte" | dd of="$work/damaged" bs=1 seek="$place" conv=notrunc 2>/dev/null
			"$skald" dump --from "$work/damaged" <"$work/hello" >/dev/null 2>"$work/said"
			status=$?
			[ $status -le 1 ] && ! grep -q Sanitizer "$work/said" ||
				{ echo "byte $place is $byte: status $status"; cat "$work/said"; return 1; }
		done
	done
	for cut in 0 1 63 64 100 $at $((at + 9)) $((at + 30)); do
		head -c "$cut" "$work/gcc" >"$work/damaged"
		"$skald" dump --from "$work/damaged" <"$work/hello" >/dev/null 2>"$work/said"
		[ $? = 1 ] || { echo "the first $cut bytes: not refused"; cat "$work/said"; return 1; }
	done
}
case_is 'damaged programs are refused' damaged
exit $failed
