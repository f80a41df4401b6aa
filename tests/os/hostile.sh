#!/bin/bash
# Usage: tests/os/hostile.sh [-s SECONDS] [-c CPUS] [-r SEED] [PATTERN]
#
# Boots the OS with hostile programs (tests/os/hostile.c) for SECONDS (20), and
# relays what their supervisor says. Red: something reached others, or was left
# behind; the kernel stops; or nothing is said for $SILENCE (60) seconds, as of a
# kernel that hangs: then the registers of all CPUs follow the serial log.
set -u
cd "$(dirname "$0")/../.."
seconds=20 cpus=4 seed=$((RANDOM << 15 | RANDOM))
while getopts s:c:r: option; do
	case $option in
	s) seconds=$OPTARG ;;
	c) cpus=$OPTARG ;;
	r) seed=$OPTARG ;;
	*) exit 2 ;;
	esac
done
again="tests/os/hostile.sh -s $seconds -c $cpus -r $seed"
shift $((OPTIND - 1))
. tests/tap.bash
build=${BUILD:-build}
kernel=${KERNEL:-$build/kernel/skald.elf}
initrd=${INITRD:-$build/os/x86_64/initrd.tar}
log=$build/tests/os/hostile-$cpus.log
name="hostile programs harm nobody else, and leave nothing behind ($cpus CPUs, $seconds s)"
tap_wants "$name" || exit 0

# Whether the log has grown within $SILENCE seconds.
is_alive() {
	[ $(($(date +%s) - $(stat -c %Y "$log"))) -lt "${SILENCE:-60}" ]
}

mkdir -p "${log%/*}"
: >"$log"
mkfifo "$work/monitor.in" "$work/monitor.out"
qemu-system-x86_64 -machine q35 -accel tcg -cpu max -m 256 -smp "$cpus" -display none \
	-no-reboot -nodefaults -serial "file:$log" -chardev "pipe,id=m,path=$work/monitor" \
	-mon m -device isa-debug-exit,iobase=0xf4,iosize=0x04 -kernel "$kernel" \
	-initrd "$initrd" -append "hostile=$seconds seed=$seed" \
	>"$work/qemu" 2>&1 </dev/null &
qemu=$!
trap 'kill $qemu 2>/dev/null; rm -rf "$work"' EXIT
echo "# seed $seed; log: $log"
while kill -0 $qemu 2>/dev/null && is_alive; do
	sleep 1
done
if kill -0 $qemu 2>/dev/null; then
	echo "# nothing was said for ${SILENCE:-60} s" >>"$log"
	timeout 10 cat "$work/monitor.out" >>"$log" &
	timeout 10 sh -c "echo 'info registers -a' >'$work/monitor.in'"
	wait $!
	kill $qemu
fi
wait $qemu
tr -d '\r' <"$log" | grep -aE '^# (hostile|not so): ' | tail -n 3
tr -d '\r' <"$log" | grep -aq '^ok - hostile programs'
status=$?
if [ $status = 0 ]; then
	echo "ok - $name"
	exit 0
fi
echo "not ok - $name"
tail -n 60 "$log" | cut -c1-200 | sed 's/^/# | /'
sed 's/^/# qemu: /' "$work/qemu" | head -n 5
echo "# again: $again"
exit 1
