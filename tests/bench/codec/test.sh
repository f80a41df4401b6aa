#!/bin/bash
# The generated codec of messages.skald against the hand-written one: the same
# bytes, the same verdicts (agree.c). TAP. Needs build/skald; everything is
# compiled here, with ASan and UBSan, so that a wrong access fails as well.
#
# usage: tests/bench/codec/test.sh [PATTERN [SEED [ROUNDS]]]
set -u
here=tests/bench/codec
out=build/bench/agree
skald=${SKALD:-build/skald}

fail()
{
	echo "not ok - codec benchmark: $1"
	sed 's/^/# /' "$out/log"
	exit 1
}

mkdir -p "$out"
"$skald" c $here/messages.skald -o "$out" > "$out/log" 2>&1 ||
	fail "skald generates messages.skald"
gcc -std=c11 -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-I. -I"$out" -o "$out/agree" $here/agree.c $here/agree_messages.c \
	$here/hand.c "$out/messages.skald.c" runtime/codec.c \
	> "$out/log" 2>&1 || fail "the generated code compiles"
"$out/agree" "$@"
