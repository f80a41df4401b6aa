#!/bin/bash
# The codec and dispatch: how large they are, and that they need no libc.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=${BUILD:-build}

# Code and constants; not .eh_frame, which a debugger reads and no freestanding
# build has (-fno-asynchronous-unwind-tables).
size=$(size -A "$build"/runtime/codec.o "$build"/runtime/channel.o |
	awk '$1 ~ /^\.(text|rodata)/ { sum += $2 } END { print sum }')
# Without the functions of tables: they are linked where there are some.
tables=$(nm -S -t d "$build/runtime/codec.o" |
	awk '$4 ~ /^sk_(table_|next_unknown|write_below)/ { sum += $2 } END { print sum }')
size=$((size - tables))
echo "codec and dispatch have $size bytes of text, 6000 are allowed" >"$work/log"
[ "$size" -lt 6000 ]
tap $? "codec and dispatch stay under 6 kB of text ($size)"

# A program of nothing but generated code, of all constructs, and the freestanding
# runtime.
cat >"$work/start.c" <<'C'
#include "constructs.skald.h"
void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile char *)to)[i] = ((const char *)from)[i];
	return to;
}
void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile char *)to)[i] = (char)byte;
	return to;
}
int main(void);
void _start(void);
void _start(void)
{
	struct sk_incoming incoming = { 0 };
	struct golden_all_Files_ops ops = { 0 };
	golden_all_Files_dispatch(&ops, NULL, &incoming);
	for (;;)
		;
}
C

generate() {
	"$build/skald" c tests/golden/constructs.skald -o "$work"
}

link() {
	gcc -std=c11 -O2 -ffreestanding -nostdlib -static -I. -I"$work" -o "$work/start" \
		"$work"/{start,constructs.skald}.c runtime/{codec,channel,ring,events}.c
}

# A kernel saves no floating-point registers on its own behalf.
without_float() {
	for compiler in gcc clang; do
		for opt in -O0 -O2; do
			for source in runtime/{codec,channel}.c "$work/constructs.skald.c"; do
				$compiler -std=c11 $opt -ffreestanding -mgeneral-regs-only \
					-I. -I"$work" -c -o "$work/object" "$source" || return 1
			done
		done
	done
}

generate >"$work/log" 2>&1 && link >>"$work/log" 2>&1
tap $? "generated code and runtime link with -nostdlib"
without_float >"$work/log" 2>&1
tap $? "codec, dispatch and generated code use no floating-point register"
exit $failed
