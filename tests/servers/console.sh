#!/bin/bash
# The serial line and the terminal over it, in QEMU: what is typed here comes to
# tests/servers/typist there, which says what it got. On one CPU and on four; what clang
# has built, on four, if that is there.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}
BYTES=100000
# With the end of its line: the last digits may come by themselves.
SUM=$'sum [0-9]+ [0-9]+\n'

# check NAME COMMAND...
check() {
	local name="($label) $1" began=$EPOCHREALTIME
	shift
	"$@"
	tap $? "$name" "$boot_log"
	[ -z "${TIMES:-}" ] || echo "# after $(((${EPOCHREALTIME/./} - ${began/./}) / 1000)) ms"
}

# Characters, without a line's end.
type_in() {
	printf '%b' "$1" >&"$boot_in"
}

# Sends a line; what matches is to come then.
ask() {
	boot_send "$1"
	boot_expect "$2" "${3:-20}"
}

# The same of much: only the end of what came is looked at.
boot_await() {
	local until=$((SECONDS + ${2:-60}))
	until [[ $boot_fed =~ $1 ]]; do
		[ $SECONDS -lt $until ] && boot_read 0.2 || return 1
		[ ${#boot_fed} -lt 200 ] || boot_fed=${boot_fed: -200}
	done
	boot_match=${BASH_REMATCH[0]}
	boot_fed=
}

canonical() {
	ask 'some words' 'some words.got some words'
}

edits() {
	type_in 'abx\x7fc d ef\x17gh\n'
	boot_expect 'got abc d gh' || return
	type_in 'all of it\x15rest\n'
	boot_expect 'got rest' || return
	# The next character as it is.
	type_in 'a\x16\x7fb\n'
	boot_expect $'got a\x7fb'
}

echoes() {
	ask quiet 'settings 0' || return
	boot_send secret
	boot_expect 'got secret' || return
	! [[ $boot_match$boot_fed =~ secret.*secret ]] || return
	ask loud 'settings 0' && ask shown 'shown.got shown'
}

raw() {
	ask 'raw 3 0' reads && type_in 'a\x03\x04' && boot_expect $'read 3: a\x03\x04'
}

times_out() {
	ask 'raw 0 2' reads && boot_expect 'read 0: ' || return
	ask 'raw 5 2' reads && type_in xy && boot_expect 'read 2: xy'
}

waits_not() {
	ask nowait 'nowait -11'
}

signals() {
	ask event waits && type_in '\x03' && boot_expect 'event: signal 2' || return
	ask event waits && type_in '\x1c' && boot_expect 'event: signal 3' || return
	ask event waits && type_in '\x1a' && boot_expect 'event: signal 20'
}

ends() {
	type_in '\x04' && boot_expect 'end of file' || return
	type_in 'part\x04' && boot_expect 'got part' && ask 'and on' 'got and on'
}

pastes() {
	head -c "$BYTES" /dev/urandom >"$work/paste"
	ask "paste $BYTES" 'paste.*paste' && cat "$work/paste" >&"$boot_in" &&
		boot_expect "$SUM" 60 && expected "$work/paste"
}

pastes_lines() {
	head -c "$BYTES" /dev/urandom | base64 -w 70 | head -c "$((BYTES - 1))" >"$work/paste"
	echo >>"$work/paste"
	ask "lines $BYTES" 'lines.*lines' && cat "$work/paste" >&"$boot_in" &&
		boot_expect "$SUM" 60 && expected "$work/paste"
}

# expected FILE: in $boot_match is its sum.
expected() {
	local wanted
	wanted=$(cksum <"$1")
	[ "$boot_match" = "sum $wanted"$'\n' ] && return
	printf '# expected sum %s, came %s' "$wanted" "$boot_match" >>"$boot_log"
	return 1
}

writes_much() {
	boot_send "flood $BYTES"
	boot_await ">wrote $BYTES of $BYTES" 60 || return
	sed -n '/^flood</,/^>wrote/p' "$boot_log" | sed '1s/^flood<//; $d' >"$work/flood"
	awk 'BEGIN { for (i = 0; i < 8000; i++)
		printf "%c", i % 50 == 49 ? 10 : 97 + int(i * 7 / 50) % 26 }' >"$work/block"
	for ((i = 0; i < BYTES; i += 8000)); do cat "$work/block"; done |
		head -c "$BYTES" | cmp - "$work/flood" >>"$boot_log" 2>&1
}

# Says something to QEMU.
monitor() {
	echo "$1" >"$work/monitor.in"
}

opens_more() {
	ask second 'second.second[?].' && type_in 'to it\n' && boot_expect 'second got to it' || return
	ask list 'printed.*list: ttyS0, next 0' || return
	ask alone 'alone: 16' && ask lock 'locked: echo 1, kill 0'
}

hangs_up() {
	ask hangup 'hung up: read 0, write -5, signals 1 18, the end' &&
		ask 'after it' 'after it.got after it'
}

stops_output() {
	type_in '\x13' && boot_send unseen
	! boot_expect unseen 1 || return
	type_in '\x11' && boot_expect 'unseen.*got unseen'
}

stops_input() {
	head -c 12000 /dev/urandom >"$work/paste"
	ask 'flow 12000' 'stalls' && cat "$work/paste" >&"$boot_in" &&
		boot_expect "$SUM" 60 && expected "$work/paste" || return
	sed -n '/^stalls/,/^sum/p' "$boot_log" | grep -q $'\x13.*\x11'
}

drains() {
	ask drain 'drain 0, sent 3000, unsent 0'
}

has_modem_lines() {
	ask modem 'modem 0, ring 0 then 1, clear 1'
}

breaks() {
	ask break 'break 0, long enough' || return
	ask event waits && monitor 'chardev-send-break serial0' && boot_expect 'event: break' || return
	# It is a byte 0 of what is read.
	type_in '\n' && boot_expect 'got ' && ask 'break signal' 'breaks 1, settings 0' || return
	ask event waits && monitor 'chardev-send-break serial0' && boot_expect 'event: signal 2'
}

# Whoever waits longest gets a line: of four some are the rogue's.
resists() {
	ask 'start rogue' 'took 8, then 12' && sleep 0.5 || return
	for line in one two three four; do boot_send "$line"; done
	boot_expect 'got four' && ask open 'opened 7, then 12' || return
	ask sessions 'sessions 3, then -13' || return
	ask event waits && type_in '\x03' && boot_expect 'event: signal 2' || return
	boot_expect 'rogue: it faulted' 30 && ask 'still here' 'still here.got still here'
}

# A driver that is started anew; what it had of output may be lost.
restarts() {
	boot_send 'restart serial'
	boot_expect 'restart 0' && ask 'by another' 'by another.got by another' &&
		ask modem 'modem 0, ring 0 then 1'
}

# cases LABEL CPUS BUILD
cases() {
	label=$1
	# A pattern that begins with another label wants none of this.
	[[ $pattern != "("* || $pattern == "($label)"* ]] || return 0
	boot_kernel=$3/kernel/skald.elf
	rm -f "$work/monitor".*
	mkfifo "$work/monitor.in" "$work/monitor.out"
	boot_devices=(-chardev "pipe,id=monitor,path=$work/monitor" -mon chardev=monitor)
	boot_start "$2" "$3/os/x86_64/test-console.tar"
	check 'a program gets a terminal' boot_expect 'typist is here' 30
	check 'a line is echoed, and read when it ends' canonical
	check 'lines are edited while they are typed' edits
	check 'without echo nothing is shown' echoes
	check 'raw mode takes each byte as it is' raw
	check 'raw reads end by MINIMUM and TIME' times_out
	check 'a read that may not wait says EAGAIN' waits_not
	check 'characters that are signals come as events' signals
	check 'end of file ends one read' ends
	check "$BYTES bytes are pasted without loss" pastes
	check "$BYTES bytes of lines are pasted without loss" pastes_lines
	check "$BYTES bytes are written without loss" writes_much
	check 'several handles are one terminal, and one has it alone if it wants' opens_more
	check 'output stops and goes on by characters' stops_output
	check 'a sender is stopped in time while nobody reads' stops_input
	check 'drain waits until the line has sent all' drains
	check 'modem lines are set, seen and waited for' has_modem_lines
	check 'breaks are sent, and come as event, byte or signal' breaks
	check 'after a hang-up reads end, writes fail, and it is opened anew' hangs_up
	check 'a client that takes all it can keeps nobody from the terminal' resists
	check 'the terminal goes on with a new driver' restarts
	boot_send off
	boot_end 20
	grep -q '^supervisor: all has ended' "$boot_log"
	tap $? "($label) all ends when it is told to" "$boot_log"
	! grep -E 'PANIC|panic:|kernel fault|page fault' "$boot_log" | grep -qv '^rogue:'
	tap $? "($label) nobody faults" "$boot_log"
}

cases '1 CPU' 1 "$build"
cases '4 CPUs' 4 "$build"
if [ "$build" = build ] && [ -f build/clang/os/x86_64/test-console.tar ]; then
	cases '4 CPUs, clang' 4 build/clang
fi
exit $failed
