#!/bin/bash
# posix's reader of programs under fuzz: beginnings of files that were changed at random, under
# sanitizers; and faults that it has to find. SEED=N and RUNS=N (percent of the usual number)
# choose others; `make fuzz SCHEMA=posix` looks longer.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=build/asan
seed=${SEED:-$(date +%j)}
runs=$((40000 * ${RUNS:-100} / 100))
plain=$build/fuzz/posix/plain

make -s --no-print-directory BUILD="$build" SANITIZE=1 CFLAGS='-O1 -g' "$plain" >"$work/log" 2>&1 || {
	tap 1 "the fuzzer of posix's reader is built" "$work/log"
	exit 1
}
fuzz/posix/seeds "$work/seeds"
tap_run "fuzz: posix, $runs changed programs, seed $seed" \
	"$plain" --runs $runs --seed "$seed" --keep "$build" "$work/seeds"
for file in tests/fuzz/crashes/posix/*; do
	[ -f "$file" ] || continue
	tap_run "fuzz: posix, found once: $(basename "$file")" "$plain" "$file"
done

# planted NAME PERL: with this change of the reader something is found.
planted() {
	tap_wants "fuzz: posix, planted: $1" || return
	cp servers/posix/binary.c "$work/binary.c"
	perl -0pi -e "$2" "$work/binary.c"
	! cmp -s servers/posix/binary.c "$work/binary.c" &&
		gcc -O1 -g -I. -fsanitize=address,undefined -fno-sanitize-recover=all \
			-o "$work/planted" "$work/binary.c" fuzz/posix/target.c \
			fuzz/compiler/{tokens,target,change,plain}.c >"$work/log" 2>&1 &&
		! ("$work/planted" --runs $runs --seed 1 --keep "$work" "$work/seeds" >"$work/log" 2>&1
			exit) 2>"$work/said"
	tap $? "fuzz: posix, planted: $1" "$work/log"
}
planted 'an interpreter anywhere' 's/binary->interpreter_size > size - binary->interpreter/false/'
planted 'program headers behind the end' 's/header\.part_count > \(size - header\.parts\)[^)]*\)/false/'
planted 'parts over each other' 's/from->address \/ PAGE \* PAGE < binary->high/false/'
planted 'a line without an end' 's/size < 256 \? size : 256/256/'
exit $failed
