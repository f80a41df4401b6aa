#!/bin/bash
# Usage: tests/kernel/boot.sh [PATTERN]
#
# Boots $KERNEL (build/kernel/skald.elf) with the archive $INITRD on each kind of
# machine that QEMU has, in each way; the first program finds what it should, and
# the machine goes off by itself. The disc $ISO (build/skald.iso) if there is one.
set -u
cd "$(dirname "$0")/../.."
. tests/tap.bash
build=${BUILD:-build}
kernel=${KERNEL:-$build/kernel/skald.elf}
initrd=${INITRD:-$build/os/x86_64/initrd.tar}
iso=${ISO:-$build/skald.iso}
direct=(-kernel "$kernel" -initrd "$initrd" -append "case=system")

# boots MACHINE CPUS ARGUMENT...: the suite's cases of the machine pass.
boots() {
	timeout "${LIMIT:-60}" qemu-system-x86_64 -machine "$1" -smp "$2" -accel tcg \
		-cpu max -m 256 -display none -no-reboot -nodefaults -serial stdio \
		-device isa-debug-exit,iobase=0xf4,iosize=4 "${@:3}" </dev/null |
		tr -d '\r' >"$work/serial"
	cat "$work/serial"
	grep -qE "^# init: [1-9][0-9]* passed, 0 failed.* $cpus CPUs" "$work/serial"
}

# boot NAME MACHINE CPUS [ARGUMENT...]; $cpus: as many are found.
boot() {
	cpus=${cpus:-$3} tap_run "boots on $1" boots "${@:2}"
}

# goes_off MACHINE: as ACPI has it, for there is no other way here.
goes_off() {
	timeout 60 qemu-system-x86_64 -machine "$1" -accel tcg -cpu max -m 256 \
		-display none -no-reboot -nodefaults -serial stdio "${direct[@]}" </dev/null
}

boot "q35, 1 CPU, by PVH" q35 1 "${direct[@]}"
boot "q35, 4 CPUs, by PVH" q35 4 "${direct[@]}"
boot "pc, 2 CPUs, by PVH" pc 2 "${direct[@]}"
boot "microvm, 3 CPUs, by PVH" microvm 3 "${direct[@]}"
cpus=1 boot "microvm without ACPI, by PVH: one CPU" microvm,acpi=off 2 "${direct[@]}"
boot "q35, 2 CPUs, a clock that counts instructions" q35 2 "${direct[@]}" \
	-accel tcg,thread=single -icount shift=0,sleep=off
boot "q35, 2 CPUs, the oldest CPU that has what it takes" q35 2 "${direct[@]}" -cpu qemu64
boot "q35, 5 GiB of memory, no pages of 1 GiB" q35 1 "${direct[@]}" -m 5G \
	-cpu max,pdpe1gb=off

for machine in q35 pc microvm; do
	tap_run "switches $machine off" goes_off "$machine"
done

if [ -f "$iso" ]; then
	boot "q35, 2 CPUs, by GRUB from the BIOS" q35 2 -cdrom "$iso"
	cp /usr/share/OVMF/OVMF_VARS_4M.fd "$work/vars.fd"
	LIMIT=120 boot "q35, 2 CPUs, by GRUB from UEFI" q35 2 -cdrom "$iso" \
		-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
		-drive "if=pflash,format=raw,file=$work/vars.fd"
fi
exit $failed
