#!/bin/bash
# Usage: tests/conformance/constructs.sh [NAME]
#
# The vectors of the project's own constructs (tests/vectors), by the
# interpreter, by generated C, and by both on random mutations. SEED and COUNT
# can be given.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
seed=${SEED:-$RANDOM}
schema=tests/golden/constructs.skald
rows=tests/vectors/constructs.jsonl
failed=0

run() {
	local name=$1
	shift
	[[ $name == *"$pattern"* ]] || return
	"$build/tests/conformance/run_vectors" "$@" && return
	echo "# again: SEED=$seed tests/conformance/constructs.sh $name"
	failed=1
}

pattern=${1:-}
run interpreter check $rows tests/vectors/malformed.jsonl -- "$build/skald" conform $schema
run generated check $rows tests/vectors/malformed.jsonl -- tests/conform $schema --asan
run differ differ $rows "${COUNT:-10000}" "$seed" -- "$build/skald" conform $schema \
	-- tests/conform $schema --asan
exit $failed
