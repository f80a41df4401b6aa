#!/bin/bash
# What the mutator of fuzzers makes of messages (tests/fuzz/mutator.c), under
# ASan and UBSan, and through all oracles. SEED and ROUNDS can be given.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strict=(-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -O1 -g -I.
	-fsanitize=address,undefined -fno-sanitize-recover=all)

"$build/skald" fuzz tests/vectors/language.skald --vectors tests/vectors/language.jsonl \
	-o "$work" >"$work/log" 2>&1 &&
	make -s -C "$work" SKALD_ROOT="$PWD" plain/messages >>"$work/log" 2>&1 &&
	gcc "${strict[@]}" -o "$work/mutator" tests/fuzz/mutator.c \
		"$work"/obj-plain/{targets/messages.o,*.o} \
		build/asan/lib{fuzz,interpreter,skald}.a -lyaml >>"$work/log" 2>&1 &&
	"$work/mutator" "${ROUNDS:-20000}" "${SEED:-1}" "$work/seeds/messages" \
		>"$work/out" 2>>"$work/log"
status=$?

# @depth that chance does not come upon.
mkdir "$work/deep"
cat >"$work/deep.skald" <<EOF
namespace deep;
struct Chain { uint8 value; optional Chain next; }
message Deep 1 { head(1000): @depth(23) Chain chain; }
EOF
if [ $status = 0 ]; then
	"$build/skald" fuzz "$work/deep.skald" -o "$work/deep" >>"$work/log" 2>&1 &&
		make -s -C "$work/deep" SKALD_ROOT="$PWD" plain/messages >>"$work/log" 2>&1 &&
		gcc "${strict[@]}" -o "$work/deep/mutator" tests/fuzz/mutator.c \
			"$work"/deep/obj-plain/{targets/messages.o,*.o} \
			build/asan/lib{fuzz,interpreter,skald}.a -lyaml >>"$work/log" 2>&1 &&
		"$work/deep/mutator" --depth 23 3000 "${SEED:-1}" \
			"$work/deep/seeds/messages" >>"$work/out" 2>>"$work/log"
	status=$?
fi
[ -f "$work/out" ] && grep -v '^# [0-9]' "$work/out"
if [ $status != 0 ]; then
	grep -q '^not ok' "$work/out" 2>/dev/null || echo "not ok - what the mutator makes is judged"
	grep -A1 '^not ok' "$work/out" 2>/dev/null | grep '^#'
	head -n 30 "$work/log" | sed 's/^/# /'
	echo "# again: SEED=${SEED:-1} tests/fuzz/mutator.sh"
	exit 1
fi
