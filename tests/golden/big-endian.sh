#!/bin/bash
# Records on a CPU of the other byte order. A program is compiled twice, once
# telling it that this one is big-endian: it then turns around each number of
# a record, once and at its own width, and back (tests/golden/records.c).
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=${BUILD:-build}

"$build/skald" c tests/golden/constructs.skald -o "$work" >"$work/log" 2>&1
for order in little big; do
	other=()
	[ $order = little ] || other=(-Wno-builtin-macro-redefined -U__BYTE_ORDER__
		-D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__)
	gcc -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
		"${other[@]}" -I. -I"$work" -o "$work/$order" tests/golden/records.c \
		"$work/constructs.skald.c" runtime/{codec,channel,ring,events}.c \
		>"$work/log" 2>&1 &&
		"$work/$order" >"$work/$order.bytes" 2>"$work/log"
	tap $? "records come back, $order-endian"
done
diff "$work/little.bytes" "$work/big.bytes" >"$work/log" 2>&1
tap $? "each number of a record is turned around"
exit $failed
