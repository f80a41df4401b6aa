#!/bin/bash
# Usage: tests/conformance/constructs.sh [NAME]
#
# The vectors of tests/vectors, by the interpreter, by generated C, and by both
# on random mutations; and the bytes of those that have a shadow by the schema
# of shadows, which knows nothing but what bragi knows. SEED and COUNT can be
# given.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
seed=${SEED:-$RANDOM}
export SKALD=${SKALD:-$build/skald}
failed=0
pattern=${1:-}

run() {
	local name=$1
	shift
	[[ $name == *"$pattern"* ]] || return
	"$build/tests/conformance/run_vectors" "$@" && return
	echo "# again: SEED=$seed tests/conformance/constructs.sh '$name'"
	failed=1
}

# both NAME SCHEMA ROWS COUNT [MALFORMED]: by both, and their differences.
both() {
	local name=$1 schema=$2 rows=$3 count=$4
	shift 4
	run "$name by the interpreter" check "$rows" "$@" \
		-- "$build/skald" conform "$schema"
	run "$name by generated C" check "$rows" "$@" \
		-- tests/conform "$schema" --asan
	run "$name by both" differ "$rows" "$count" "$seed" \
		-- "$build/skald" conform "$schema" \
		-- tests/conform "$schema" --asan
}

vectors=tests/vectors
for name in language examples; do
	run "$name by shadows" shadow $vectors/$name.jsonl \
		-- "$build/skald" conform $vectors/$name.shadow.bragi
done
both constructs tests/golden/constructs.skald $vectors/constructs.jsonl \
	"${COUNT:-10000}" $vectors/malformed.jsonl
both examples $vectors/examples.skald $vectors/examples.jsonl "${COUNT:-2000}"
both language $vectors/language.skald $vectors/language.jsonl "${COUNT:-10000}"
run "language by both, leniently" differ $vectors/language.jsonl \
	"${COUNT:-5000}" "$seed" \
	-- "$build/skald" conform $vectors/language.skald --lenient \
	-- tests/conform $vectors/language.skald --asan --lenient
exit $failed
