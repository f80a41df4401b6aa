#!/bin/bash
# Memory stays safe when a message changes under its reader (tests/race/race.c).
# SEED=N and ROUNDS=N may be given.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
seed=${SEED:-$RANDOM}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$build/skald" c tests/golden/constructs.skald -o "$work" --reflect &&
	gcc -std=c11 -D_GNU_SOURCE -O2 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
		-DSCHEMA=constructs_schema -I. -I"$work" -o "$work/race" tests/race/race.c \
		fuzz/values.c "$work"/*.c \
		runtime/{codec,channel,ring,events}.c -lpthread \
		>"$work/log" 2>&1 &&
	"$work/race" "${ROUNDS:-20000}" "$seed" >"$work/log" 2>&1
if [ $? = 0 ]; then
	echo "ok - no access outside a message that changes while it is read ($(cat "$work/log"))"
else
	echo "not ok - no access outside a message that changes while it is read"
	head -n 40 "$work/log" | sed 's/^/# /'
	echo "# again: SEED=$seed tests/race/race.sh"
	exit 1
fi
