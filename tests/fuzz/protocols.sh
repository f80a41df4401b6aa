#!/bin/bash
# Usage: tests/fuzz/protocols.sh [NAME]
#
# Fuzzers of all protocols, without an engine: what their seeds, the vectors and
# what was found once say, and RUNS changes of them, by seed SEED.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
skald=${BUILD:-build}/skald
seed=${SEED:-$RANDOM}
runs=${RUNS:-5000}
pattern=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# play SCHEMA: builds what fuzzes all its messages, replays, changes.
play() {
	local schema=$1 dir=$work/fuzz known=${1%.*}.findings
	rm -rf "$dir"
	"$skald" fuzz "$schema" -I protocols -o "$dir" --vectors tests/vectors/language.jsonl \
		--vectors tests/vectors/constructs.jsonl \
		--vectors tests/vectors/malformed.jsonl || return
	mkdir -p "$dir/known"
	cp "$known"/*.case "$dir/known/" 2>/dev/null
	make -s -C "$dir" SKALD_ROOT="$root" CFLAGS='-O0 -g' plain/messages &&
		"$dir/plain/messages" "$dir/seeds/messages" "$dir/known" &&
		"$dir/plain/messages" --runs "$runs" --seed "$seed" "$dir/seeds/messages"
}

for schema in protocols/*.skald tests/vectors/language.skald tests/golden/constructs.skald; do
	name="$(basename "${schema%.*}"): seeds and $runs changes of them give no finding"
	[[ $name == *"$pattern"* ]] || continue
	if play "$schema" >"$work/log" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		tail -n 20 "$work/log" | cut -c1-300 | sed 's/^/# /'
		echo "# again: SEED=$seed tests/fuzz/protocols.sh '$name'"
		failed=1
	fi
done
exit $failed
