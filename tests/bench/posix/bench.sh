#!/bin/bash
# Usage: tests/bench/posix/bench.sh [--ours | --linux] [NAME...]
#
# What programs ask of the OS, beside a Linux guest on the same machine: for each thing
# that is measured (measure.c) its name, the guest instructions in the OS and in Linux, and
# their ratio. The program, and the programs that it starts, are the same files in both; the
# emulator counts, so each run gives the same numbers. With --ours or --linux only what the
# one has, `bench NAME MEAN LEAST`; with names only those. It needs `make os-posix image`.
set -eu
cd "$(dirname "$0")/../../.."
build=${BUILD:-build}
folder=$build/bench-posix
root=$build/image/full/root
count=(-icount shift=0,sleep=off)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

which=both
case ${1:-} in
--ours | --linux)
	which=${1#--}
	shift ;;
-*)
	echo "bench.sh: there is no option $1" >&2
	exit 2 ;;
esac

[ -d "$root/usr" ] || {
	echo "bench.sh: there is no full image: make image" >&2
	exit 2
}
mkdir -p "$folder"
gcc -std=c11 -O2 -Wall -Wextra -Wno-unused-result -Wno-type-limits -static -I. ${TIMED:+-DTIMED=$TIMED} \
	-o "$folder/measure" tests/bench/posix/measure.c
strip "$folder/measure"

ours() {
	OS_RUN_QEMU="-accel tcg,thread=single ${count[*]}" tests/os-run --timeout 1200 \
		--file "$folder/measure:/measure" -- /measure "$@"
}

# The image, and the program in the place of the first one.
linux() {
	local kernel files=$work/files
	kernel=$(tests/bench/linux/kernel "$build/linux")
	cp -a "$root" "$files"
	cp "$folder/measure" "$files/init"
	(cd "$files" && find . | LC_ALL=C sort |
		"$files/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$work/initrd"
	timeout 1200 qemu-system-x86_64 -machine q35 -accel tcg,thread=single \
		-cpu max,-erms,-fsrm -m 512 "${count[@]}" -smp 1 -display none -no-reboot \
		-nodefaults -serial "file:$work/log" -kernel "${kernel% *}" \
		-initrd "$work/initrd" \
		-append "console=ttyS0 quiet mitigations=off panic=-1 rdinit=/init -- $*" \
		</dev/null >/dev/null || true
	tr -d '\r' <"$work/log" >"$work/lines"
	if ! grep -aq '^bench-end' "$work/lines"; then
		echo "bench.sh: the Linux guest did not end" >&2
		tail -n 20 "$work/lines" >&2
		return 1
	fi
	echo "linux ${kernel##* }"
	grep -a 'left out' "$work/lines" >&2 || true
	grep -a '^bench' "$work/lines"
}

case $which in
ours) ours "$@" ;;
linux) linux "$@" ;;
both)
	ours "$@" >"$work/ours"
	linux "$@" >"$work/linux"
	tests/bench/posix/table.sh "$work/ours" "$work/linux" ;;
esac
