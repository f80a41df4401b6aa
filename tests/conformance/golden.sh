#!/bin/bash
# Usage: tests/conformance/golden.sh [NAME]
#
# The vectors of tests/golden-wire, made by the original bragi: rows, damaged
# rows, malformed messages. By `skald conform`, or by what CONFORM says.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
conform=${CONFORM:-$build/skald conform}
flags=${CONFORM_FLAGS:-}
failed=0

for schema in tests/golden-wire/g_*.bragi; do
	name=$(basename "$schema" .bragi)
	[[ $name == *"${1:-}"* ]] || continue
	# shellcheck disable=SC2086 # commands of several words
	"$build/tests/conformance/run_vectors" check \
		"tests/golden-wire/$name.jsonl" tests/golden-wire/malformed.jsonl \
		-- $conform "$schema" $flags && continue
	echo "# again: $0 $name"
	failed=1
done
exit $failed
