#!/bin/bash
# Usage: tests/fuzz/page.sh [NAME]
#
# docs/fuzzing.md, followed by a newcomer: its schema is fuzzed by its commands;
# and a bug that is planted in what is generated is found, kept and replayed.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/tap.bash
root=$PWD

said() {
	grep -qE "$1" "$work/said" && return
	echo "expected, in what was printed: $1"
	cat "$work/said"
	return 1
}

mkdir "$work/mine"
schema=$work/mine/kv.skald
sed -n '/^```skald$/,/^```$/p' docs/fuzzing.md | sed '1d;$d' >"$schema"
command=$(sed -n 's/^    \(make fuzz SCHEMA=kv.skald SECONDS=.*\)/\1/p' docs/fuzzing.md)

newcomer() {
	command=${command/kv.skald/$schema}
	bash -c "${command/SECONDS=*/SECONDS=4} OUT=$work/kv" >"$work/said" 2>&1 ||
		{ cat "$work/said"; return 1; }
	said '^messages +[0-9]+ s +[0-9,]+ runs .* edges .* inputs 0 findings$' &&
		said '^messages: edges [0-9]+ of [0-9]+ in decoders' &&
		said '^Store: edges [0-9]+ of [0-9]+ in decoders' &&
		said '^kv: 0 findings in 2 targets'
}

# A compiler that forgets the bound of a key.
forgetful() {
	cat >"$work/skald" <<-END
		#!/bin/bash
		"$root/build/skald" "\$@" || exit
		while [ \$# -gt 1 ]; do
			[ "\$1" = -o ] && sed -i 's/ value->key.size <= 64/ value->key.size <= 4000/' "\$2"/kv.skald.[ch]
			shift
		done
	END
	chmod +x "$work/skald"
	SKALD=$work/skald fuzz/run --target Store_put_request --seconds 60 --out "$work/kv" \
		"$schema" >"$work/said" 2>&1
	[ $? = 1 ] || { echo "expected status 1"; cat "$work/said"; return 1; }
	said '^FINDING in Store_put_request: fuzz: FINDING ' && said '  as a vector: ' &&
		said '  to replay it: '
}

kept() {
	local case=$work/mine/kv.findings/Store_put_request-*.case row head
	# shellcheck disable=SC2086 # a pattern
	"$work/kv/plain/Store_put_request" $case >"$work/said" 2>&1 &&
		{ echo "the finding does not show it again"; return 1; }
	said 'FINDING' || return
	row=${case%.case}.jsonl
	# shellcheck disable=SC2086
	head=$(sed -n 's/.*"head_hex": *"\([0-9a-f]*\)".*/\1/p' $row)
	[ -n "$head" ] || { echo "no bytes in $row"; return 1; }
	echo "D Store_put_request $head -" | build/skald conform "$schema" | grep '^FAIL'
}

# The lines of the campaign, as they stand: less time, and one machine is both.
campaign() {
	local process
	sed -n '/^## Campaigns/,$s/^    \(.*\)/\1/p' docs/fuzzing.md >"$work/campaign"
	[ "$(wc -l <"$work/campaign")" = 6 ] ||
		{ echo "expected six lines of commands:"; cat "$work/campaign"; return 1; }
	sed -i "s|SCHEMA=kv.skald|SCHEMA=$schema OUT=$work/kv|; s/JOBS=8 SECONDS=3600/JOBS=2 SECONDS=4/
		s|one:||; s|build/fuzz/kv|$work/kv|g; s|make -C|make SKALD_ROOT=$root -C|
		s|-o sync|-V 4 &|; s| sync| $work/sync|g" "$work/campaign"
	AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		bash -ex "$work/campaign" >"$work/said" 2>&1 ||
		{ cat "$work/said"; return 1; }
	said '^messages .* runs .* inputs 0 findings' &&
		said '^messages: edges [0-9]+ of [0-9]+ in decoders' || return
	for process in main secondary1 two-1; do
		[ -s "$work/kv/afl-out/messages/$process/fuzzer_stats" ] && continue
		echo "the first machine lacks $process"
		return 1
	done
}

tap_run 'the page: a schema of ones own is fuzzed by one command' newcomer
tap_run 'the page: a bound that was forgotten is found' forgetful
tap_run 'the page: a finding is kept as a vector and replayed' kept
tap_run 'the page: a campaign of AFL++ over two machines' campaign
exit $failed
