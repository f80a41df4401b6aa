#!/bin/bash
# What generated dispatch does of states (tests/golden/states.c).
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! { "$build/skald" c tests/golden/states.skald -o "$work" &&
	${CC:-gcc} -std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined \
		-fno-sanitize-recover=all -I. -I"$work" -o "$work/states" tests/golden/states.c \
		"$work/states.skald.c" runtime/{codec,channel,ring,events}.c
} >"$work/log" 2>&1; then
	echo "not ok - generated code with states compiles"
	head -n 20 "$work/log" | sed 's/^/# /'
	echo "# again: tests/golden/states.sh"
	exit 1
fi
"$work/states"
