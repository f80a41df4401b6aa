#!/bin/bash
# Usage: tests/posix/files.sh [NAME]
#
# What Linux programs find of files in the OS: /proc, locks, pipes, memory files, waiting
# for several descriptors. Each program of tests/posix/files/ is run here and in the OS, the
# same binary, as root, and writes the same. All of them in one boot.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

if [ "$(id -u)" != 0 ]; then
	echo "ok - programs of files do in the OS what they do on Linux # SKIP needs root"
	exit 0
fi

names=()
for source in tests/posix/files/*.c; do
	name=$(basename "$source" .c)
	gcc -std=gnu11 -Wall -Wextra -Werror -O1 -static -pthread -I. -o "$work/$name" "$source" \
		>"$work/log" 2>&1 || {
		tap 1 "$name"
		continue
	}
	tap_wants "$name" && names+=("$name")
done

cat >"$work/all" <<'END'
for name in "$@"; do
	echo "=== $name"
	env -i A=b "$0/$name" x </dev/null 2>&1
	echo "status $?"
done
END

part() {
	awk -v name="=== $2" '/^=== / { shows = $0 == name; next } shows' "$1"
}

files=()
for name in "${names[@]}"; do
	files+=(--file "$work/$name:/t/$name")
done
bash -c "$(cat "$work/all")" "$work" "${names[@]}" >"$work/linux" 2>&1
tests/os-run --image small --timeout 240 "${files[@]}" --file "$work/all:/t/all" -- \
	"bash -c \"\$(cat /t/all)\" /t ${names[*]}" >"$work/os" 2>"$work/os.log"
for name in "${names[@]}"; do
	part "$work/linux" "$name" >"$work/expected"
	part "$work/os" "$name" >"$work/came"
	grep -q '^status 0' "$work/expected" && cmp -s "$work/expected" "$work/came"
	status=$?
	[ $status = 0 ] || {
		diff "$work/expected" "$work/came"
		[ -s "$work/came" ] || tail -n 20 "$work/os.log"
	} >"$work/log" 2>&1
	tap $status "$name"
done
exit $failed
