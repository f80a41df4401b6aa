#!/bin/bash
# Usage: tests/conformance/doc_examples.sh [NAME]
#
# The examples of docs/wire-format.md. A block ```skald is the schema of those
# behind it, ```yaml MESSAGE a value, ```hex the bytes that it encodes to and
# that decode to it; each line of ```refused MESSAGE is refused.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
skald=${BUILD:-build}/skald

digits() {
	sed 's/#.*//' | tr -d ' \t\n'
}

# Bytes that the value in $work/value must be, and the value that they must be.
check_bytes() {
	local wanted=$1 came back
	came=$("$skald" encode --hex "$work/doc.skald" "$message" \
		<"$work/value" 2>&1)
	printf 'wanted: %s\ncame:   %s\n' "$wanted" "$came" >"$work/log"
	[ "$came" = "$wanted" ]
	tap $? "line $line: $message encodes to its bytes"
	back=$(echo "$wanted" | "$skald" decode --hex "$work/doc.skald" "$message" 2>&1)
	came=$(echo "$back" | "$skald" encode --hex "$work/doc.skald" "$message" 2>&1)
	printf 'bytes: %s\nvalue: %s\nagain: %s\n' "$wanted" "$back" "$came" >"$work/log"
	[ "$came" = "$wanted" ]
	tap $? "line $line: $message decodes from its bytes"
}

check_refused() {
	local row
	while read -r row; do
		digits <<<"$row" | "$skald" decode --hex "$work/doc.skald" \
			"$message" >"$work/log" 2>&1
		[ $? = 1 ]
		tap $? "line $line: $message refused:${row#*#}"
	done <"$work/block"
}

finish_block() {
	case $kind in
	skald) cp "$work/block" "$work/doc.skald" ;;
	yaml) cp "$work/block" "$work/value" ;;
	hex) check_bytes "$(digits <"$work/block")" ;;
	refused) check_refused ;;
	esac
}

line=0 kind= message=
while IFS= read -r text; do
	line=$((line + 1))
	if [[ $kind && $text == '```' ]]; then
		finish_block
		kind=
	elif [[ $kind ]]; then
		printf '%s\n' "$text" >>"$work/block"
	elif [[ $text =~ ^'```'([a-z]+)\ ?(.*)$ ]]; then
		kind=${BASH_REMATCH[1]}
		message=${BASH_REMATCH[2]:-$message}
		: >"$work/block"
	fi
done <docs/wire-format.md
exit $failed
