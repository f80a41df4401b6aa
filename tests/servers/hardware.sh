#!/bin/bash
# The platform server and drivers, in QEMU on both kinds of PC: tests/servers/hardware
# runs the cases in the OS and says what came of them.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}

# cases LABEL MACHINE CPUS BUILD
cases() {
	local label=$1 archive=$4/os/x86_64/test-hardware.tar disk=$work/disk
	boot_kernel=$4/kernel/skald.elf
	truncate -s 16M "$disk"
	truncate -s 8M "$disk.second"
	printf 'what the host wrote' | dd of="$disk" bs=512 seek=7 conv=notrunc status=none
	# The last one is reset as PCI Express has it, which takes its time.
	boot_devices=(-device edu -drive "if=none,id=disk,format=raw,file=$disk"
		-device virtio-blk-pci,drive=disk,disable-legacy=on,serial=skald-disk
		-drive "if=none,id=second,format=raw,file=$disk.second"
		-device virtio-blk-pci,drive=second,disable-legacy=on
		-drive if=none,id=nothing,driver=null-co,size=1048576
		-device nvme,serial=nothing,drive=nothing)
	MACHINE=$2 boot_start "$3" "$archive"
	boot_expect 'hardware: all cases were run' 60
	local ran=$?
	boot_end 20
	sed -n "s/^[a-z]*: \(ok\|not ok\) - /\1 - ($label) /p; s/^[a-z]*: # /# /p" "$boot_log" >"$work/cases"
	grep -F -- "$pattern" "$work/cases"
	grep -q '^not ok' "$work/cases" && failed=1
	[ $ran = 0 ]
	tap $? "($label) all cases are run" "$boot_log"
	[ "$(dd if="$disk" bs=512 skip=9 count=1 status=none | tr -d '\0')" = 'what the driver wrote' ]
	tap $? "($label) what a driver wrote is in the host's file" "$boot_log"
	! grep -qE 'PANIC|panic:|kernel fault' "$boot_log"
	tap $? "($label) the kernel does not panic" "$boot_log"
}

cases 'pc, 1 CPU' pc 1 "$build"
cases 'q35, 4 CPUs' q35 4 "$build"
exit $failed
