#!/bin/bash
# Usage: tests/conformance/differ.sh [NAME]
#
# `skald conform` and generated C give the same answers to random mutations of
# the golden rows. SEED and COUNT can be given.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
seed=${SEED:-$RANDOM}
failed=0

for schema in tests/golden-wire/g_*.bragi; do
	name=$(basename "$schema" .bragi)
	[[ $name == *"${1:-}"* ]] || continue
	"$build/tests/conformance/run_vectors" differ \
		"tests/golden-wire/$name.jsonl" "${COUNT:-4000}" "$seed" \
		-- "$build/skald" conform "$schema" \
		-- tests/conform "$schema" --asan && continue
	echo "# again: SEED=$seed $0 $name"
	failed=1
done
exit $failed
