#!/bin/bash
# Usage: tests/checkkill/checkkill.sh [NAME]
#        tests/checkkill/checkkill.sh --update [SCHEMA]
#
# Each check of the generated decoders, and of the runtime's where they call it,
# has a vector in tests/vectors/kill that it refuses, and that is not refused
# with this check switched off (docs/checks.md). The ordinary decoders and the
# interpreter refuse the vectors too. --update looks for those that are missing
# and forgets those of checks that are no more.
set -u
cd "$(dirname "$0")/../.."
export LC_ALL=C
build=${BUILD:-build}
skald=${SKALD:-$build/skald}
kill=tests/vectors/kill
exempt=tests/checkkill/exempt
work=$build/checkkill
pattern=${1:-}
cc=(${CC:-gcc} -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

schema_of() {
	case $1 in
	constructs) echo tests/golden/constructs.skald ;;
	language) echo tests/vectors/language.skald ;;
	*) echo "protocols/$1.skald" ;;
	esac
}

# "golden_all_" for `namespace golden.all;`
prefix_of() {
	sed -n 's/^namespace \(.*\);.*/\1_/p' "$(schema_of "$1")" | tr . _
}

# The schema and what it imports.
with_imports() {
	echo "$1"
	sed -n 's/^#include "\([a-z]*\)\.skald\.h"/\1/p' "$work/gen/$1.skald.h" | grep -vx "$1"
}

# objects FOLDER NAME: of the schema and its imports there.
objects() {
	with_imports "$2" | sed "s|.*|$work/$1/&.o|"
}

tools=("$work"/{run,names,exempt,implied}.o)
interpreter=("$build"/compiler/{json,value,value_float,hex}.o)

# compile TO SOURCE [OPTION]...: as generated C, whose checks are elsewhere.
compile() {
	${CC:-gcc} -w "${@:3}" -I. -c -o "$1" "$2" || echo "cannot compile $2" >>"$work/failed"
}

# What is made of one schema: both decoders.
make_schema() {
	local inst=$work/inst gen=$work/gen
	compile "$inst/$1.o" "$inst/$1.skald.c" -O0 -I"$inst"
	compile "$gen/$1.o" "$gen/$1.skald.c" -O0 -I"$gen"
	compile "$inst/$1.table.o" "$inst/$1.table.c" -O0 -I"$inst"
	cp "$inst/$1.table.c" "$gen"	# beside the headers that it is to have
	compile "$gen/$1.table.o" "$gen/$1.table.c" -O0 -I"$gen" -DORDINARY
}

link_schema() {
	local inst=$work/inst gen=$work/gen
	${CC:-gcc} -o "$work/check-$1" "$work/check.o" "${tools[@]}" "${interpreter[@]}" \
		"$inst"/{codec,inners}.o "$inst/$1.table.o" $(objects inst "$1") \
		"$build"/idl/*.o &&
	${CC:-gcc} -o "$work/ordinary-$1" "$work/check.o" "${tools[@]}" "${interpreter[@]}" \
		"$inst/inners.o" "$gen/$1.table.o" $(objects gen "$1") \
		"$build"/idl/*.o "$build/libskald.a"
}

# prepare NAME...: everything but the programs of each schema.
prepare() {
	local name source
	rm -rf "$work"
	mkdir -p "$work/gen" "$work/inst/runtime"
	for name in "$@"; do
		"$skald" c "$(schema_of "$name")" -I protocols -o "$work/gen" --reflect || exit 2
	done
	"${cc[@]}" -O1 -I. -o "$work/instrument" tests/checkkill/{instrument,tables,roles,scan}.c || exit 2
	"$work/instrument" "$work/inst" runtime "$work/gen" "$@" >"$work/guards" || return 1
	for source in run names exempt implied check; do
		"${cc[@]}" -O1 -g -I. -c -o "$work/$source.o" "tests/checkkill/$source.c" || exit 2
	done
	compile "$work/inst/codec.o" "$work/inst/runtime/codec.c" -O1 -I"$work/inst"
	compile "$work/inst/inners.o" "$work/inst/inners.c" -I"$work/inst"
	for name in "$@"; do
		make_schema "$name" &
		[ "$(jobs -r | wc -l)" -lt 2 ] || wait -n
	done
	wait
	for name in "$@"; do
		link_schema "$name" || exit 2
	done
	[ ! -f "$work/failed" ]
}

# result STATUS NAME LOG
result() {
	[[ $2 == *"$pattern"* ]] || return
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		return
	fi
	echo "not ok - $2"
	grep '^#' "$3" | head -n 8
	grep -v '^#' "$3" | sed 's/^/# /' | head -n 4
	echo "# again: tests/checkkill/checkkill.sh '$2'"
	failed=1
}

failed=0
total=0 total_killed=0 total_exempt=0

# Refused by `skald conform`: as many FAIL as there are lines.
by_interpreter() {
	"$work/check-$1" --lines "$(prefix_of "$1")" "$kill/$1.jsonl" >"$work/lines-$1" || return
	"$skald" conform "$(schema_of "$1")" -I protocols <"$work/lines-$1" >"$work/answers-$1"
	paste -d ' ' "$work/answers-$1" "$work/lines-$1" | grep -v '^FAIL ' | sed 's/^/# /'
	[ "$(grep -c '^FAIL ' "$work/answers-$1")" = "$(wc -l <"$work/lines-$1")" ]
}

prove() {
	local name=$1 log=$work/log-$1 status checks killed outside exempted implied unreached guards
	"$work/check-$name" "$(schema_of "$name")" protocols "$name" "$(prefix_of "$name")" \
		"$kill/$name.jsonl" $exempt >"$log" 2>&1
	status=$?
	read -r _ checks killed outside exempted implied unreached < <(grep "^$name [0-9]" "$log")
	read -r _ _ guards < <(grep "^$name " "$work/guards")
	grep '^matched ' "$log" >>"$work/matched"
	result $status "$name: ${checks:-no} checks, ${killed:-none} killed, ${exempted:-none} exempt" "$log"
	echo "# $name: of the killed ${outside:-?} by leaving the bytes, of the exempt ${implied:-?} implied by heads;" \
		"${unreached:-?} more checks that no message reaches, ${guards:-?} in iterators"
	total=$((total + ${checks:-0}))
	total_killed=$((total_killed + ${killed:-0}))
	total_exempt=$((total_exempt + ${exempted:-0}))
	"$work/ordinary-$name" --ordinary "$(prefix_of "$name")" "$kill/$name.jsonl" >"$log" 2>&1
	result $? "$name: its $(wc -l <"$kill/$name.jsonl") vectors are refused by the ordinary decoders" "$log"
	by_interpreter "$name" >"$log" 2>&1
	result $? "$name: $(wc -l <"$work/lines-$name") of them are refused by the interpreter" "$log"
}

# Every line of the exempt is of use.
all_matched() {
	grep -v -e '^#' -e '^$' $exempt | sed 's/^/matched /' | sort >"$work/patterns"
	sort -u "$work/matched" | comm -13 - "$work/patterns" | sed 's/^/# no check is /'
	[ -z "$(sort -u "$work/matched" | comm -13 - "$work/patterns")" ]
}

# Looks for vectors of one schema.
update() {
	local name=$1 source made=()
	for source in search mutate change smallest; do
		"${cc[@]}" -O2 -g -I. -c -o "$work/$source.o" "tests/checkkill/$source.c" || exit 2
		made+=("$work/$source.o")
	done
	compile "$work/inst/$name.o" "$work/inst/$name.skald.c" -O1 -I"$work/inst"
	${CC:-gcc} -o "$work/search" "${made[@]}" "${tools[@]}" "${interpreter[@]}" \
		"$work"/inst/{codec,inners}.o "$work/inst/$name.table.o" $(objects inst "$name") \
		"$build"/idl/*.o || exit 2
	compile "$work/gen/$name.reflect.o" "$work/gen/$name.skald.reflect.c" -O0 -I"$work/gen"
	${CC:-gcc} -O1 -I. -I"$work/gen" -DSCHEMA="${name}_schema" -o "$work/seeds" \
		tests/checkkill/seeds.c fuzz/values.c "$work/gen/$name.reflect.o" \
		$(objects gen "$name") "$build/compiler/hex.o" "$build/libskald.a" || exit 2
	"$work/seeds" 1500 >"$work/seeds.txt"
	"$work/search" "$(schema_of "$name")" protocols "$name" "$(prefix_of "$name")" \
		"$kill/$name.jsonl" "$work/$name.jsonl" $exempt <"$work/seeds.txt" || exit 2
	mkdir -p $kill
	mv "$work/$name.jsonl" "$kill/$name.jsonl"
}

names=(constructs language)
for schema in protocols/*.skald; do
	names+=("$(basename "$schema" .skald)")
done
if [ "$pattern" = --update ]; then
	prepare "${names[@]}" || exit 2
	for name in "${names[@]}"; do
		[[ -z ${2:-} || $name == "$2" ]] && update "$name"
	done
	exit 0
fi
prepare "${names[@]}" 2>"$work.log"
result $? "every refusal in generated decoders is numbered" "$work.log"
[ -f "$work/guards" ] && [ ! -f "$work/failed" ] && [ "$failed" = 0 ] || exit 1
for name in "${names[@]}"; do
	prove "$name"
done
all_matched >"$work/log" 2>&1
result $? "every exempt pattern is of some check, and of none with a vector" "$work/log"
echo "# all: $total checks, $total_killed killed, $total_exempt exempt"
exit $failed
