#!/bin/bash
# Reads and writes of a few bytes (few.c), in the OS and on Linux: each thing that they do
# comes to the same. TAP.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

gcc -std=c11 -O2 -Wall -Wextra -Werror -static -o "$work/few" tests/posix/few.c || exit 2

on_linux() {
	"$work/few" "$work/file" >"$work/linux" && grep -q '^rounds, wrong: 0' "$work/linux"
}

in_the_os() {
	tests/os-run --image small --smp "$1" --timeout 100 --file "$work/few:/few" \
		'exec /few /file' >"$work/ours" 2>"$work/error" || { tail -n 20 "$work/error"; return 1; }
	diff "$work/linux" "$work/ours"
}

tap_run 'the program about a few bytes ends well on Linux' on_linux
tap_run 'what a few bytes come to is the same in the OS' in_the_os 1
tap_run 'what a few bytes come to is the same in the OS with 4 CPUs' in_the_os 4
exit $failed
