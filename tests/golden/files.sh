#!/bin/bash
# Generated C: whole files, byte for byte. `files.sh --update` takes the new
# state, for somebody to read as a diff and approve.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
[ "$pattern" != --update ] || pattern=
build=${BUILD:-build}
skald=$(realpath "$build/skald")

schemas=(tests/golden/*.skald)
for schema in "${schemas[@]}"; do
	name=$(basename "$schema" .skald)
	"$build/skald" c "$schema" -o "$work/one" --reflect --depfile "$work/one/deps" >"$work/log" 2>&1
	tap $? "$name: is generated"
	if [ "${1:-}" = --update ]; then
		for file in "$work"/one/"$name".skald.*; do
			cp "$file" "tests/golden/$(basename "$file").golden"
		done
	fi
	for file in h c reflect.c; do
		diff -u "tests/golden/$name.skald.$file.golden" "$work/one/$name.skald.$file" \
			>"$work/log" 2>&1
		tap $? "$name.skald.$file: as approved"
	done

	# The same from elsewhere, by an absolute path.
	mkdir -p "$work/two"
	(cd / && "$skald" c "$OLDPWD/$schema" -o "$work/two" --reflect) >"$work/log" 2>&1
	rm -f "$work/one/deps"
	diff -r "$work/one" "$work/two" >"$work/log" 2>&1
	tap $? "$name: the same bytes from another folder"

	for compiler in "gcc -std=c11" "clang -std=c11" "g++ -x c++ -std=c++11" \
		"clang++ -x c++ -std=c++11"; do
		good=0
		: >"$work/log"
		for opt in -O0 -O2; do
			$compiler $opt -ffreestanding -Wall -Wextra -Wpedantic -Wconversion \
				-Wshadow -Werror -I. -c -o "$work/object" \
				"$work/one/$name.skald.c" >>"$work/log" 2>&1 || good=1
		done
		tap $good "$name: no warning by ${compiler%% *} as ${compiler##*=}"
	done
done
exit $failed
