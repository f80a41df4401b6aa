#!/bin/bash
# Usage: tests/evolve/evolve.sh [NAME]
#
# What `skald diff` says of random changes of random schemas, and of the project's
# protocols, holds for random messages in both directions. SEED and COUNT can be given;
# `make evolve` runs longer.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
top=$PWD
evolve=${BUILD:-build}/tests/evolve/evolve
[[ $evolve == /* ]] || evolve=$top/$evolve
seed=${SEED:-$((RANDOM * 1000))}
count=${COUNT:-600}

# pairs NAME COUNT SCHEMA...
pairs() {
	tap_wants "$1" || return 0
	(cd "$work" && "$evolve" "$seed" "${@:2}") >"$work/log" 2>&1
	local status=$?
	echo "# SEED=$seed"
	grep pairs, "$work/log"
	if [ $status != 0 ]; then
		mkdir -p "$top/build/tests"
		cp "$work"/evolve.{old,new}.skald "$top/build/tests/" 2>/dev/null
		echo "both schemas: build/tests/evolve.{old,new}.skald" >>"$work/log"
	fi
	tap $status "$1"
}

pairs 'random schemas' "$count"
pairs 'strict enumerations' "$count" "$top/tests/evolve/small.skald"
pairs 'the protocols' "$((count / 6))" "$top"/protocols/*.skald

# Generated C reads what it was said to, too: of a few pairs.
in_c() {
	local lines ok read=0
	tap_wants 'generated C' || return 0
	mkdir "$work/c"
	(cd "$work" && "$evolve" -o c "$seed" 60) >"$work/log" 2>&1
	for lines in "$work"/c/*.lines; do
		# A change may have made a name of a word of C, which the compiler refuses.
		"$top/build/skald" c "${lines%.lines}.skald" -o "$work/c/generated" 2>"$work/c/why" ||
			! grep -q 'error\[E0602\]' "$work/c/why" || continue
		read=$((read + 1))
		SKALD=$top/build/skald tests/conform "${lines%.lines}.skald" <"$lines" >"$work/c/out" 2>>"$work/log"
		ok=$(grep -c '^OK ' "$work/c/out")
		echo "$lines: $ok of $(wc -l <"$lines")" >>"$work/log"
		[ "$ok" -gt 0 ] && [ "$ok" = "$(wc -l <"$lines")" ] || {
			grep -v '^OK ' "$work/c/out" >>"$work/log"
			tap 1 'generated C reads what it was said to'
			return
		}
	done
	echo "$read schemas could be written in C" >>"$work/log"
	[ $read -gt 0 ]
	tap $? 'generated C reads what it was said to'
}
in_c
exit $failed
