#!/bin/bash
# Measures the generated codec against a hand-written one and four of Debian's:
# builds a program for each (in build/bench/codec), checks that all fields come
# back, counts instructions with callgrind, and prints the tables that stand in
# docs/benchmarks.md. Needs build/skald. Progress goes to stderr.
#
# usage: tests/bench/codec/bench.sh [--quick]
#	--quick  memcpy, hand-written and skald only
set -u -o pipefail
cd "$(dirname "$0")/../../.." || exit 1

here=tests/bench/codec
out=$PWD/build/bench/codec
skald=${SKALD:-$PWD/build/skald}
codecs="memcpy hand skald skaldnext"
[ "${1-}" = --quick ] || codecs="$codecs nanopb protobufc capnp flatbuffers"

# What each codec is made of besides its wrapper, here/with_CODEC.
declare -A code=([hand]=$here/hand.c [skald]=$out/messages.skald.c
	[skaldnext]=$out/messages.skald.c
	[nanopb]=$out/messages.pb.c [protobufc]=$out/messages.pb-c.c
	[capnp]=$out/messages.capnp.c++)
declare -A library=([skald]=$out/runtime.a [skaldnext]=$out/runtime.a
	 [nanopb]=-l:libprotobuf-nanopb.a
	[protobufc]=-l:libprotobuf-c.a [capnp]="-l:libcapnp.a -l:libkj.a -lpthread")
declare -A generator=([skald]="$skald c messages.skald -o $out"
	[nanopb]="nanopb_generator.py -q -D $out messages.proto"
	[protobufc]="protoc-c --c_out=$out messages.proto"
	[capnp]="capnp compile -oc++:$out messages.capnp"
	[flatbuffers]="flatc --cpp -o $out messages.fbs")

die()
{
	echo "bench.sh: $*" >&2
	exit 1
}

# ---- what has to be there ----

need()				# package, and a command or a file of it
{
	case $2 in
	/*) [ -e "$2" ] ;;
	*) command -v "$2" > /dev/null ;;
	esac || missing="$missing $1"
}

need_peers()
{
	local lib
	lib=/usr/lib/$(gcc -print-multiarch)

	need g++ g++
	need nanopb nanopb_generator.py
	need libnanopb-dev "$lib/libprotobuf-nanopb.a"
	need protobuf-c-compiler protoc-c
	need libprotobuf-c-dev "$lib/libprotobuf-c.a"
	need capnproto capnp
	need libcapnp-dev "$lib/libcapnp.a"
	need flatbuffers-compiler flatc
	need libflatbuffers-dev /usr/include/flatbuffers/flatbuffers.h
}

check_needs()
{
	missing=
	need gcc gcc
	need valgrind valgrind
	need valgrind /usr/include/valgrind/callgrind.h
	[[ $codecs != *nanopb* ]] || need_peers
	[ -z "$missing" ] || die "missing packages: apt-get install$missing"
	[ -x "$skald" ] || die "no $skald: run make first"
}

# ---- building ----

cflags="-O2 -DNDEBUG -ffunction-sections -fdata-sections -I. -isystem $out"

compile()			# source, object
{
	case $1 in
	*.c) gcc -std=c11 $cflags -c -o "$2" "$1" ;;
	*) g++ -std=c++17 $cflags -c -o "$2" "$1" ;;
	esac || die "$1 does not compile"
}

milliseconds()			# runs, command...: the median
{
	local runs=$1 begin i

	shift
	for ((i = 0; i < runs; i++)); do
		begin=${EPOCHREALTIME//[!0-9]/}
		"$@" > /dev/null || return 1
		echo $((${EPOCHREALTIME//[!0-9]/} - begin))
	done | sort -n | awk '{ t[NR] = $1 }
		END { printf "%.1f", t[int((NR + 1) / 2)] / 1000 }'
}

generate()			# codec
{
	local ms

	[ -n "${generator[$1]-}" ] || return 0
	ms=$(cd $here && milliseconds 9 ${generator[$1]}) ||
		die "this failed: ${generator[$1]}"
	echo "generator $1 $ms" >> "$out/figures"
}

build_runtime()
{
	local source

	for source in runtime/*.c; do
		gcc -std=c11 $cflags -c -o "$out/rt_$(basename "$source").o" \
			"$source" || die "$source does not compile"
	done
	rm -f "$out/runtime.a"
	ar rcs "$out/runtime.a" "$out"/rt_*.o
}

# Two programs: CODEC, and CODEC-count, which counts allocations.
build()				# codec
{
	local objects="$out/with_$1.o" wrapper link=gcc

	wrapper=$(echo $here/with_"$1".c*)
	[[ $wrapper = *.c ]] || link=g++
	compile "$wrapper" "$out/with_$1.o"
	if [ -n "${code[$1]-}" ]; then
		compile "${code[$1]}" "$out/code_$1.o"
		objects="$objects $out/code_$1.o"
	fi
	objects="$objects $out/harness.o $out/values.o"
	$link -o "$out/$1" $objects ${library[$1]-} \
		-Wl,--gc-sections -Wl,-Map="$out/$1.map" || die "$1 does not link"
	$link -o "$out/$1-count" $objects "$out/allocations.o" ${library[$1]-} ||
		die "$1 does not link"
}

# Bytes of code and constants that were linked for the codec: its own and its
# library's. Without its wrapper, unless the codec is inline there.
text_size()			# codec
{
	local own="code_$1[.]o|libprotobuf|libcapnp|libkj|runtime[.]a" total=0 size

	case $1 in capnp | flatbuffers) own="$own|with_$1[.]o" ;; esac
	awk -v own="$own" '
		/^Linker script and memory map/ { linked = 1 }
		!linked { next }
		/^ \.(text|rodata)[^ ]*$/ { pending = 1; next }
		/^ \.(text|rodata)/ && $4 ~ own { print $3 }
		pending { if ($3 ~ own) print $2; pending = 0 }' "$out/$1.map" | {
		while read -r size; do total=$((total + size)); done
		echo "$total"
	}
}

# ---- measuring ----

# Instructions per call: the loop of 40 minus the loop of 20, and both without
# what the same loop with no codec in it takes.
instructions()			# codec
{
	rm -f "$out"/profile*
	valgrind -q --tool=callgrind --callgrind-out-file="$out/profile" \
		"$out/$1" count > /dev/null 2> "$out/log" || die "callgrind: $(cat "$out/log")"
	awk -v codec="$1" '
		/^desc: Trigger: Client Request: / { task = $6 " " $7; rounds = $5 }
		/^summary: / { count[task, rounds] = $2; tasks[task] = 1 }
		function each(task) { return (count[task, 40] - count[task, 20]) / 20 }
		END {
			for (task in tasks) {
				split(task, part, " ")
				print "instructions", codec, task,
					each(task) - each("none " part[2])
			}
		}' "$out"/profile.*
}

time_all()			# codec
{
	"$out/$1" > "$out/times" || die "$1 fails"
	awk -v codec="$1" '
		$1 == "none" { next }
		{ print "nanoseconds", codec, $1, $2, $5 }
		$2 == "encode" { print "bytes", codec, $1, $2, $3 }' "$out/times"
}

measure()			# codec
{
	"$out/$1-count" > "$out/times" || die "$1-count fails"
	awk -v codec="$1" '$1 != "none" { print "allocations", codec, $1, $2, $4 }' \
		"$out/times"
	echo "text $1 $(text_size "$1")"
	instructions "$1"
}

commit()
{
	git rev-parse --short HEAD | tr -d '\n'
	[ -z "$(git status --porcelain)" ] || printf '+'
}

check_needs
mkdir -p "$out"
: > "$out/figures"
for part in harness values allocations; do
	compile $here/$part.c "$out/$part.o"
done
for codec in $codecs; do
	echo "bench.sh: $codec" >&2
	generate "$codec"
	[ "$codec" != skald ] || build_runtime
	build "$codec"
	measure "$codec" >> "$out/figures" || exit 1
done
for round in 1 2 3; do
	echo "bench.sh: times, round $round of 3" >&2
	for codec in $codecs; do
		time_all "$codec" >> "$out/figures" || exit 1
	done
done
$here/thousand.sh > "$out/thousand.skald"
ms=$(milliseconds 9 "$skald" c "$out/thousand.skald" -o "$out") ||
	die "the schema of 1,000 lines does not compile"
echo "thousand skald $ms" >> "$out/figures"

echo "Commit $(commit), $(gcc --version | head -n 1), -O2, $(uname -m)."
awk -v codecs="$codecs" -f $here/tables.awk "$out/figures"
