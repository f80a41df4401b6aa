#!/bin/bash
# Usage: tests/bench/ipc/bench.sh
#
# Prints, for each thing that is measured (measure.c), its name, the guest
# instructions of one round trip, the privileged ones among them, and those that
# are the kernel's, the rest being that of stubs and servers. The emulator counts
# them, so each run gives the same numbers. ROUNDS: how often each is timed; BENCH:
# which of them, bench or bench-trace (tests/bench/trace).
# The figures of others, to compare with, are in docs/benchmarks.md.
set -eu
cd "$(dirname "$0")/../../.."
build=${BUILD:-build}
os=${OS:-$build/os/x86_64}
kernel=${KERNEL:-$build/kernel/skald.elf}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

timeout 1200 qemu-system-x86_64 -machine q35 -accel tcg,thread=single -cpu max -m 256 \
	-icount shift=0,sleep=off -smp 1 -display none -no-reboot -nodefaults \
	-serial "file:$log" -device isa-debug-exit,iobase=0xf4,iosize=0x04 \
	-plugin "$os/plugin.so" -d plugin -D "$log.plugin" \
	-kernel "$kernel" -initrd "$os/initrd.tar" -append "${BENCH:-bench}${ROUNDS:+=$ROUNDS}" \
	</dev/null >/dev/null || true
if ! grep -aq '^bench-end' "$log"; then
	echo "bench-ipc did not end" >&2
	tail -n 20 "$log" >&2
	exit 1
fi

# The n-th line of the plugin belongs to the n-th of the program.
awk '
	FILENAME == ARGV[1] { if ($1 == "plugin") { privileged[++n] = $3; kernel[n] = $4 }; next }
	$1 == "bench" { k++; printf "%-16s %8d %6.1f %8d\n", $2, $3,
		privileged[k] / $5, kernel[k] / $5 }
' "$log.plugin" <(tr -d '\r' <"$log")
