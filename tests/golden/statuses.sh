#!/bin/bash
# What generated functions answer to what is not right (tests/golden/statuses.c).
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! { "$build/skald" c tests/golden/constructs.skald -o "$work" &&
	gcc -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
		-I. -I"$work" -o "$work/statuses" tests/golden/statuses.c \
		"$work/constructs.skald.c" runtime/{codec,channel,ring,events}.c
} >"$work/log" 2>&1; then
	echo "not ok - generated code and its statuses compile"
	head -n 20 "$work/log" | sed 's/^/# /'
	echo "# again: tests/golden/statuses.sh"
	exit 1
fi
"$work/statuses"
