#!/bin/bash
# servers/login at the terminal, in QEMU: what it has started there is started again when it
# has ended or posix has died, and a wish for the machine's end is carried out. A stand-in
# for posix (tests/servers/standin) acts as the program by what is typed. What a command for
# the host comes to is tests/posix/os-run.sh's.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
archive=${BUILD:-build}/os/x86_64/test-login.tar

# again NAME LINE PATTERN: typed, it is said what became of it, and there is another one.
again() {
	boot_send "$2"
	boot_expect "$3" 20 && boot_expect 'standin: at your service' 30
	tap $? "$1" "$boot_log"
}

boot_start 1 "$archive"
boot_expect 'standin: at your service' 30
tap $? 'a program is started at the terminal' "$boot_log"
again 'one that has ended is started again' 'exit 3' '/bin/bash has ended with status 3'
again 'so is one that a signal ended' 'signal 9' '/bin/bash has ended with status 137'
again 'when posix has died that is said, and all goes on' 'die' 'posix has died'
begun=$SECONDS
for ((i = 0; i < 3; i++)); do
	boot_send 'exit 1'
	boot_expect 'standin: at your service' 30
done
[ $((SECONDS - begun)) -ge 2 ]
tap $? 'what ends at once is started ever later' "$boot_log"
boot_send 'poweroff'
boot_end 30
status=$?
[ $status = 0 ] && ! grep -q 'panic' "$boot_log"
tap $? 'a program can switch the machine off' "$boot_log"
exit $failed
