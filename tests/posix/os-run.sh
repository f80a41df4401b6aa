#!/bin/bash
# tests/os-run itself: what comes of a command's output and status, and what is said when
# there is none. In the OS a stand-in for posix (tests/servers/standin) acts as the command,
# so that this proves the way and nothing else.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=${BUILD:-build}
archive=$build/os/x86_64/test-login.tar

# run OPTION... COMMAND: its output in $work/out and $work/err, its status in $status.
run() {
	ARCHIVE=$archive tests/os-run --image none --timeout 60 "$@" \
		>"$work/out" 2>"$work/err"
	status=$?
	{ echo "status $status; standard error:"; head -c 2000 "$work/err"; } >"$work/log"
}

# 256 values in turn, so many bytes.
counting() {
	local i
	for ((i = 0; i < 256; i++)); do
		printf "\\x$(printf %x $i)"
	done >"$work/256"
	while cat "$work/256"; do :; done 2>/dev/null | head -c "$1"
}

comes() {
	[ "$status" = "$1" ] && [ "$(stat -c %s "$work/out")" = "$2" ] &&
		counting "$2" | cmp -s - "$work/out" && [ "$(stat -c %s "$work/err")" = "$3" ] &&
		counting "$3" | cmp -s - "$work/err"
}

run 'out 256 exit 0'
comes 0 256 0
tap $? 'each of 256 values comes as it is'
run --log "$work/machine" 'exit 0'
grep -q 'login: ready' "$work/machine"
tap $? 'the log of the machine is kept where it is wanted' "$work/machine"
run 'exit 255'
comes 255 0 0
tap $? 'a status comes without output'
run 'err 3 exit 1'
comes 1 0 3
tap $? 'standard error comes there'
run 'signal 11'
comes 139 0 0
tap $? 'a signal is 128 and its number'
run 'out 1048576 exit 0'
comes 0 1048576 0
tap $? 'a megabyte comes whole'
run 'both 300000 exit 3'
comes 3 300000 300000
tap $? 'two streams in turn come whole'
run --smp 4 'both 300000 exit 3'
comes 3 300000 300000
tap $? 'two streams in turn come whole (4 CPUs)'

# Both in one file: the order is that of writing.
ARCHIVE=$archive tests/os-run --image none 'out 3 err 3 out 2 exit 0' >"$work/out" 2>&1
[ "$(od -An -tx1 "$work/out" | tr -d ' \n')" = 0001020304050607 ]
tap $? 'what is written to both comes in its order' "$work/out"

run 'out 5000 die'
[ "$status" = 125 ] && [ "$(stat -c %s "$work/out")" = 5000 ] &&
	grep -q 'posix died' "$work/err" && grep -q 'standin' "$work/err"
tap $? 'the death of posix is 125, with the serial log'
run 'out 10 poweroff'
[ "$status" = 125 ] && grep -q 'before the command had ended' "$work/err"
tap $? 'a machine that goes off is 125'
run --timeout 3 'forever'
[ "$status" = 124 ] && grep -q 'more than 3 s' "$work/err" && grep -q 'login: ready' "$work/err"
tap $? 'a time-out is 124, with the serial log'

# ---- with programs ----

if [ -s "$build/image/small.tar" ]; then
	mkdir -p "$work/folder/below"
	echo one >"$work/folder/one"
	echo two >"$work/folder/below/two"
	chmod 640 "$work/folder/one"
	chmod 4755 "$work/folder/below/two"
	ln -s below/two "$work/folder/link"
	tests/os-run --image small --file "$work/folder:/opt/folder" --file "$work/folder/one:/etc/motd" \
		'cd /opt/folder; stat -c "%a %n" one below/two; readlink link; cat link /etc/motd' \
		>"$work/out" 2>"$work/err"
	[ "$(cat "$work/out")" = $'640 one\n4755 below/two\nbelow/two\ntwo\none' ] && [ ! -s "$work/err" ]
	tap $? 'files come with modes, folders and links, also in place of those of the image' \
		"$work/out" "$work/err"
	tests/os-run --image none --file "$build/image/small/root/bin/busybox:/bin/sh" \
		'pwd; cd /tmp && echo $((6 * 7))' >"$work/out" 2>"$work/err"
	[ "$(cat "$work/out")" = $'/root\n42' ]
	tap $? 'without an image a shell of the caller runs' "$work/out" "$work/err"
	tests/os-run --image none true >"$work/out" 2>"$work/err"
	[ $? = 125 ] && grep -q '/bin/sh: it is not there' "$work/err"
	tap $? 'without a shell that is said' "$work/err"
	head -c 3000000 /dev/urandom >"$work/random"
	tests/os-run --smp 4 --image small --file "$work/random:/tmp/random" \
		'cat /tmp/random & cat /tmp/random >&2; wait; exit 7' >"$work/out" 2>"$work/err"
	status=$?
	{
		echo "status $status, to be 7; sizes $(stat -c %s "$work/out" "$work/err" | xargs)"
		cmp "$work/random" "$work/out"
		cmp "$work/random" "$work/err"
	} >"$work/log" 2>&1
	[ "$status" = 7 ] && [ "$(wc -l <"$work/log")" = 1 ]
	tap $? 'megabytes of any bytes come whole on both streams (4 CPUs)'
fi

# ---- how it is called ----

# refuses NAME TEXT WORD...: 2, nothing on standard output, and the text.
refuses() {
	local name=$1 text=$2
	shift 2
	tests/os-run "$@" >"$work/out" 2>"$work/err"
	[ $? = 2 ] && [ ! -s "$work/out" ] && grep -qF -- "$text" "$work/err"
	tap $? "$name" "$work/err"
}

refuses 'no command is refused' 'no command'
refuses 'an empty command is refused' 'empty' ''
refuses 'an option that there is not is refused' 'no option --fast' --fast true
refuses 'an option without its value is refused' '--smp wants a value' --smp
refuses 'an option in place of a value is refused' '--log wants a value' --log --help true
refuses 'CPUs that are no number are refused' "not \`many'" --smp many true
refuses 'too many CPUs are refused' 'from 1 to 64' --smp=65 true
refuses 'a time-out of 0 is refused' "not \`0'" --timeout 0 true
refuses 'memory that is none is refused' "not \`lots'" --memory lots true
refuses 'a file that is not there is refused' 'there is no /nowhere' --file /nowhere:/a true
refuses 'a file for no full path is refused' 'HOST:GUEST' --file /etc/passwd:a true
refuses 'a file for a path that leads up is refused' '..' --file /etc/passwd:/a/../b true
BUILD=$work refuses 'what is not built is named' "$work/kernel/skald.elf" true
refuses 'a log that cannot be written is refused' 'cannot be written' --log /nowhere/a true
tests/os-run --help >"$work/out" 2>"$work/err"
[ $? = 0 ] && grep -q '^EXIT STATUS' "$work/out" && [ ! -s "$work/err" ]
tap $? '--help says all' "$work/out"

# ---- what reads the line ----

# frames NAME BYTES WHAT: what it makes of a line with these bytes.
frames() {
	printf "$2" | "$build/os-run-frames" "$work/result" >"$work/out" 2>"$work/err"
	grep -q -- "$3" "$work/result"
	tap $? "$1" "$work/result"
}

begin='\xa5B\x00\x00\xe8\x00\x5e\x03'
frames 'a line without a frame is a failure' 'SeaBIOS\r\n' 'before the command began'
frames 'a line that ends behind the first is a failure' "noise$begin" 'before the command had'
frames 'what is no frame is a failure' "${begin}abcd" 'no frame'
frames 'a frame too large is a failure' "$begin\\xa5o\\xff\\xff" 'too large'
frames 'a sum that is wrong is a failure' "$begin\\xa5o\\x01\\x00A\\x00\\x00\\x00\\x00" 'sum is wrong'
frames 'a line that ends within a frame is a failure' "$begin\\xa5o\\x09\\x00abc" 'within a frame'
frames 'a frame of no kind is a failure' "$begin\\xa5?\\x00\\x00\\xcc\\x01\\x4f\\x0a" 'no known kind'
exit $failed
