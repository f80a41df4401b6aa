#!/bin/bash
# Usage: tests/servers/inject.sh [-n FAULTS] [-s SEED] [-c CPUS] [-f FROM] [-l LOG] [NAME]
#
# Fault injection, in QEMU: tests/servers/inject harms servers that work for loads, one
# fault after the other, and says what became of them. No panic; nothing that was
# acknowledged is lost when a driver dies, no client hangs; and of the crashes
# 99 % are recovered. All that the machine says goes to LOG. docs/fault-injection.md.
# Without options 300 on one CPU and 100 on four.
set -u
cd "$(dirname "$0")/../.."
faults= seed=${SEED:-1} cpus= from=0 log=
while getopts n:s:c:f:l: option; do
	case $option in
	n) faults=$OPTARG ;;
	s) seed=$OPTARG ;;
	c) cpus=$OPTARG ;;
	f) from=$OPTARG ;;
	l) log=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
source tests/tap.bash
build=${BUILD:-build} panic='PANIC|panic:|kernel fault'
serial=$work/serial

# A figure of the machine's: what stands behind these words.
figure() {
	sed -n "s/^injector: .*$1 \([0-9]*\).*/\1/p" "$serial" | tail -n 1
}

# The machine, until it is off, or has said that it will not go on.
boot() {
	truncate -s 16M "$work/disk"
	# What goes out by the second line comes back.
	rm -f "$work/line".*
	mkfifo "$work/line.in" "$work/line.out"
	cat "$work/line.out" >"$work/line.in" &
	local echo=$!
	timeout $((faults + 300)) qemu-system-x86_64 -machine q35 -accel tcg -cpu max -m 512 \
		-smp "$1" -display none -no-reboot -nodefaults -serial "file:$serial" \
		-chardev "pipe,id=line,path=$work/line" -serial chardev:line \
		-drive "if=none,id=disk,format=raw,cache=unsafe,file=$work/disk" \
		-device virtio-blk-pci,drive=disk,disable-legacy=on \
		-kernel "$build/kernel/skald.elf" -initrd "$build/os/x86_64/test-inject.tar" \
		-append "n=$faults seed=$2 from=$from" &
	local pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 0.5
		grep -qE "$panic" "$serial" 2>/dev/null && kill $pid
	done
	wait $pid
	local status=$?
	kill $echo 2>/dev/null
	wait $echo 2>/dev/null
	return $status
}

# inject CPUS SEED
inject() {
	local label="CPUs: $1, seed $2" crashes recovered
	boot "$1" "$2"
	tr -d '\r' <"$serial" >"$work/plain" && mv "$work/plain" "$serial"
	[ -z "$log" ] || cp "$serial" "$log"
	grep '^injector: ' "$serial" | grep -v '^injector: \(fault\|  [a-z-]* crashed too\|it was\)' |
		sed 's/^injector: /# /'
	grep -q '^injector: all faults were injected' "$serial"
	tap $? "($label) $faults faults are injected" "$serial"
	! grep -qE "$panic" "$serial"
	tap $? "($label) the kernel does not panic" "$serial"
	crashes=$(figure 'all: .*crashes') recovered=$(figure 'all: .*recovered')
	[ "${crashes:-0}" -gt 0 ] && [ $((recovered * 100)) -ge $((crashes * 99)) ]
	tap $? "($label) of crashes 99 % are recovered" "$serial"
	[ "$(figure 'acknowledged and lost')" = 0 ]
	tap $? "($label) nothing is lost that was acknowledged" "$serial"
	[ "$(figure 'hung calls')" = 0 ]
	tap $? "($label) no client hangs" "$serial"
	# One whose endpoint was closed, which is a handle, has it said of it.
	[ "$(grep -c 'it does not answer, code -5' "$serial")" -le \
		"$(grep -c '^injector: fault .*: close handle' "$serial")" ]
	tap $? "($label) of one that was killed it is not said that it does not answer" "$serial"
}

if [ -n "$cpus$faults" ]; then
	faults=${faults:-300}
	inject "${cpus:-1}" "$seed"
else
	faults=300 inject 1 "$seed"
	faults=100 inject 4 "$seed"
fi
exit $failed
