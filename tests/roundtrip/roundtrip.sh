#!/bin/bash
# Usage: tests/roundtrip/roundtrip.sh [NAME]
#
# Every method and event of every protocol, client and server by reflection, in
# one process under ASan and UBSan (tests/roundtrip/roundtrip.c). SEED can be
# given, and SCHEMAS in place of those of the project.
set -u
cd "$(dirname "$0")/../.."
skald=${BUILD:-build}/skald
seed=${SEED:-$RANDOM}
pattern=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
flags=(-std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
	-fsanitize=address,undefined -fno-sanitize-recover=all -I.)

fail() {
	echo "not ok - $1"
	head -n 40 "$work/log" | sed 's/^/# /'
	echo "# again: SEED=$seed tests/roundtrip/roundtrip.sh '$1'"
	failed=1
}

# compile OBJECT SOURCE [FLAG]...
compile() {
	"${CC:-gcc}" "${flags[@]}" "${@:3}" -c -o "$work/$1.o" "$2" >>"$work/log" 2>&1
}

# generate SCHEMA [FLAG]...: its C, in one folder with that of all others.
generate() {
	"$skald" c "$1" -I protocols -o "$work/of" "${@:2}" >>"$work/log" 2>&1
}

# build STEM SCHEMA: the program of one schema, and of what it imports, which
# is compiled once. Without optimisation: that takes longer than all the rest.
build() {
	local main=$work/of/$1 file stem objects=()
	generate "$2" --reflect --depfile "$main.deps" || return
	while read -r file; do
		stem=$(basename "$file")
		stem=${stem%.*}.skald
		[ -f "$work/of/$stem.c" ] || generate "$file" || return
		[ -f "$work/of/$stem.o" ] ||
			compile "of/$stem" "$work/of/$stem.c" -O0 -I"$work/of" || return
		objects+=("$work/of/$stem.o")
	done < <(grep -o '^[^ ].*:$' "$main.deps" | sed 's/:$//; s/\\ / /g')
	compile "of/$1.reflect" "$main.skald.reflect.c" -O0 -I"$work/of" &&
		compile "of/$1.main" tests/roundtrip/roundtrip.c \
			-DSCHEMA="${1//[^A-Za-z0-9]/_}_schema" &&
		"${CC:-gcc}" "${flags[@]}" -o "$main.run" "$main".{reflect,main}.o \
			"${objects[@]}" "$work"/shared/*.o >>"$work/log" 2>&1
}

# names SCHEMA: of all cases that it could have.
names() {
	local stem case
	stem=$(basename "$1")
	stem=${stem%.*}
	printf '%s\n' "$stem: its round trips compile" "$stem: its round trips end well" \
		"what all round trips share compiles"
	sed -n 's/^\t{ "\(.*\)", scene.*/\1/p' tests/roundtrip/roundtrip.c | while read -r case; do
		sed -n "s/^.*\binterface \([A-Za-z0-9_]*\).*/$stem: \1: $case/p" "$1"
	done
}

# With nothing to it, no test is left.
grep -l '^interface' ${SCHEMAS:-protocols/*.skald tests/golden/*.skald} | while read -r schema; do
	names "$schema" | grep -qF -- "$pattern" && echo "$schema"
done >"$work/schemas"
[ -s "$work/schemas" ] || exit 0

mkdir "$work/shared" "$work/of"
for source in runtime/{channel,codec,events,ring,status,loopback*}.c \
	fuzz/values.c tests/roundtrip/{scenes*,world*}.c; do
	compile "shared/$(basename "$source" .c)" "$source" ||
		{ fail "what all round trips share compiles"; exit 1; }
done

while read -r schema; do
	stem=$(basename "$schema")
	stem=${stem%.*}
	: >"$work/log"
	if ! build "$stem" "$schema"; then
		fail "$stem: its round trips compile"
		continue
	fi
	"$work/of/$stem.run" "$seed" "$stem" "$pattern" >"$work/out" 2>"$work/log"
	status=$?
	cat "$work/out"
	if [ $status != 0 ] || [ -s "$work/log" ]; then
		grep -q '^not ok' "$work/out" || fail "$stem: its round trips end well"
		echo "# again: SEED=$seed tests/roundtrip/roundtrip.sh '$stem: '"
		failed=1
	fi
done <"$work/schemas"
exit $failed
