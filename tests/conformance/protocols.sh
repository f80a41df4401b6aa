#!/bin/bash
# Usage: tests/conformance/protocols.sh [NAME]
#
# The project's own protocols: no report on any, C of them that every compiler
# takes, a doc comment on each method, and no fewer methods than were promised.
set -u
cd "$(dirname "$0")/../.."
skald=${BUILD:-build}/skald
pattern=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
strict=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only -I. "-I$work")

# check NAME COMMAND...: it succeeds and says nothing.
check() {
	local name=$1 status
	[[ $name == *"$pattern"* ]] || return
	"${@:2}" >"$work/log" 2>&1
	status=$?
	if [ $status = 0 ] && [ ! -s "$work/log" ]; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		echo "# status $status; wanted: 0 and no output; came:"
		head -n 20 "$work/log" | sed 's/^/# /'
		echo "# again: tests/conformance/protocols.sh '$name'"
		failed=1
	fi
}

# Names methods and events without a doc comment before them, attributes and what is said
# to lints aside.
undocumented() {
	awk '/^[ \t]*\/\/\// { documented = 1; next }
		/^[ \t]*\/\/ lint: / { next }
		/^[ \t]*@/ && !/ (method|event|oneway) / && !/^[ \t]*@.*\<(method|event|oneway)\>/ { next }
		/^[ \t]*(@[a-z_]+(\([^)]*\))? )*(method|event|oneway) / {
			if (!documented)
				print FILENAME ":" FNR ": without a doc comment: " $0
		}
		{ documented = 0 }' "$1"
}

# at_least FILE COUNT: methods, events and messages declared in it.
at_least() {
	local count
	count=$(grep -cE '^[[:space:]]*(@[a-z_]+(\([^)]*\))? )*(method|event|oneway|message) ' \
		"protocols/$1.skald")
	[ "$count" -ge "$2" ] || echo "$count, at least $2 wanted"
}

for schema in protocols/*.skald; do
	stem=$(basename "$schema" .skald)
	check "$stem: no report" "$skald" check "$schema"
	check "$stem: every method and event has a doc comment" undocumented "$schema"
	"$skald" c "$schema" -o "$work" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done
for schema in protocols/*.skald; do
	stem=$(basename "$schema" .skald)
	check "$stem: C that clang takes" clang -std=c11 "${strict[@]}" "$work/$stem.skald.c"
	check "$stem: a header that g++ takes" g++ -std=c++11 "${strict[@]}" \
		-x c++ "$work/$stem.skald.h"
done
check "posix: 93 requests or more" at_least posix 93
check "fs: 65 messages or more" at_least fs 65
check "hw: 37 messages or more" at_least hw 37
check "ostrace: 9 messages or more" at_least ostrace 9
exit $failed
