#!/bin/bash
# Usage: tests/bench/linux/bench.sh
#
# Prints, for each thing that is measured (measure.c, faults.c), its name and the
# guest instructions of one round trip in a Linux guest, on the machine and in the
# way of tests/bench/ipc: the mean of all rounds, and the least.
# The first line is `linux RELEASE`.
#
# One difference: the CPU does not say that it is good at `rep movsb`. Of that each
# byte counts as an instruction here, and Linux would copy by it.
set -eu
cd "$(dirname "$0")/../../.."
folder=${BUILD:-build}/linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

# One field of a cpio archive's head: eight hexadecimal digits.
hex() {
	printf '%08x' "$@"
}

# entry NAME MODE SIZE, without the contents.
entry() {
	printf 070701
	hex 1 "$2" 0 0 1 0 "$3" 0 0 0 0 $((${#1} + 1)) 0
	printf '%s\0' "$1"
	pad $((110 + ${#1} + 1))
}

pad() {
	head -c $(((4 - $1 % 4) % 4)) /dev/zero
}

# archive PROGRAM: an initial file system of nothing else.
archive() {
	local size
	size=$(stat -c %s "$1")
	entry init $((0100755)) "$size"
	cat "$1"
	pad "$size"
	entry 'TRAILER!!!' 0 0
}

mkdir -p "$folder"
image=$(tests/bench/linux/kernel "$folder")
gcc -std=c11 -O2 -Wall -Wextra -static -I. -o "$folder/measure" tests/bench/linux/*.c
strip "$folder/measure"
archive "$folder/measure" >"$work/initrd"
timeout 2400 qemu-system-x86_64 -machine q35 -accel tcg,thread=single -cpu max,-erms,-fsrm \
	-m 256 -icount shift=0,sleep=off -smp 1 -display none -no-reboot -nodefaults \
	-serial "file:$log" -kernel "${image% *}" -initrd "$work/initrd" \
	-append "console=ttyS0 quiet mitigations=off panic=-1" \
	</dev/null >/dev/null || true
if ! grep -aq '^bench-end' "$log"; then
	echo "the Linux guest did not end" >&2
	tail -n 20 "$log" >&2
	exit 1
fi
grep -a 'left out' "$log" >&2 || true
echo "linux ${image##* }"
tr -d '\r' <"$log" | awk '$1 == "bench" { printf "%-16s %8d %8d\n", $2, $3, $4 }'
