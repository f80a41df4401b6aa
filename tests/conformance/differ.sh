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
export SKALD=${SKALD:-$build/skald}

# differ SCHEMA [--lenient]
differ() {
	local name
	name=$(basename "$1" .bragi)
	"$build/tests/conformance/run_vectors" differ \
		"tests/golden-wire/$name.jsonl" "${COUNT:-4000}" "$seed" \
		-- "$build/skald" conform "$@" -- tests/conform "$@" --asan && return
	echo "# again: SEED=$seed $0 $name"
	failed=1
}

for schema in tests/golden-wire/g_*.bragi; do
	[[ $schema == *"${1:-}"* ]] || continue
	differ "$schema"
	differ "$schema" --lenient
done
exit $failed
