#!/bin/bash
# Usage: tests/conformance/golden_c.sh [NAME]
#
# The same as golden.sh, by generated C under ASan and UBSan.
cd "$(dirname "$0")/../.." || exit 2
export SKALD=${SKALD:-${BUILD:-build}/skald}
CONFORM=tests/conform CONFORM_FLAGS=--asan exec tests/conformance/golden.sh "$@"
