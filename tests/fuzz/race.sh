#!/bin/bash
# Usage: tests/fuzz/race.sh [NAME]
#
# What fuzzers see of a codec that fetches twice what it has checked, or that
# looks at a message more often than its certificate says: both are planted in a
# copy of the runtime. As it is, nothing is found. SEED and RUNS can be given.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=${BUILD:-build}
flags=(-std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
	-include fuzz/once.h)

# planted NAME FILE SED FOUND: that a change of the runtime is found, and so.
planted() {
	local name=$1 file=$2 change=$3 found=$4 copy=$work/copy source objects=()
	[[ $name == *"$pattern"* ]] || return 0
	rm -rf "$copy"
	mkdir -p "$copy"
	cp -r runtime "$copy"
	sed -i "$change" "$copy/runtime/$file"
	if cmp -s "runtime/$file" "$copy/runtime/$file"; then
		echo "there is nothing in runtime/$file to change so" >"$work/log"
		tap 1 "$name"
		return
	fi
	for source in "$work"/*.skald.c "$work"/*.reflect.c "$copy"/runtime/codec.c; do
		objects+=("$copy/$(basename "$source").o")
		gcc "${flags[@]}" -I"$copy" -I. -I"$work" -c -o "${objects[-1]}" "$source" \
			>"$work/log" 2>&1 || { tap 1 "$name"; return; }
	done
	gcc "${flags[@]}" -o "$copy/run" "$work"/obj-plain/{targets/messages,schema}.o \
		"${objects[@]}" build/asan/fuzz/plain_main.o \
		build/asan/lib{fuzz,interpreter,skald}.a -lyaml >"$work/log" 2>&1 &&
		! { (cd "$copy" && timeout 100 ./run --runs "${RUNS:-20000}" \
			--seed "${SEED:-1}" "$work/seeds/messages") >"$work/log" 2>&1; } 2>&- &&
		grep -q "$found" "$work/log"
	tap $? "$name"
}

"$build/skald" fuzz tests/vectors/language.skald --vectors tests/vectors/language.jsonl \
	-o "$work" >"$work/log" 2>&1 &&
	make -s -C "$work" SKALD_ROOT="$PWD" plain/messages >>"$work/log" 2>&1 &&
	(cd "$work" && plain/messages --runs "${RUNS:-20000}" --seed "${SEED:-1}" \
		seeds/messages) >>"$work/log" 2>&1
tap $? "the codec as it is: nothing is found"
planted "a length is fetched again when it was checked" codec.h \
	'/^static inline bool sk_read_bytes/,/^}/ {
		s/uint64_t size;/uint64_t size; struct sk_reader before = *in;/
		s/value->data = in->at;/sk_read_varint(\&before, \&size); &/
	}' 'AddressSanitizer\|runtime error'
planted "an array is looked at many times" codec.c \
	'/^bool sk_read_integers/,/^}/ {
		s/for (uint32_t i = 0; i < \*count; i++) {/struct sk_reader first = *in; \
			for (uint32_t i = 0, n = 0; i < *count || (++n < 40 \&\& (*in = first, i = 0, *count)); i++) {/
	}' 'FINDING.*fetches'
exit $failed
