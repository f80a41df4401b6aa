#!/bin/bash
# Usage: tests/posix/shell.sh [NAME]
#
# What somebody at the serial line has after `make run`: a shell with colours, editing and
# job control, that comes back when it has ended, when posix, login or the console have
# died; and the machine's end by the commands for it. On one CPU and on four. Servers are
# killed by tests/servers/killer, at a file `/kill.NAME`.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}
# Where a command's output begins.
nl=$'(\n|\e\\[\\?2004l)'
prompt=$'\e\\[1;36mroot@skald\e\\[m \e\\[1;34m~\e\\[m\e\\[(1;31)?m#\e\\[m $'
export MEMORY=512

servers/compose "$work/os.tar" "$build/os/x86_64/test-shell.tar" "$build/image/full.tar" ||
	exit 1

type_keys() {
	printf "$@" >&"$boot_in"
}

# line TEXT PATTERN: typed; what comes, and then a prompt.
line() {
	type_keys '%s\r' "$1"
	boot_expect "$2" 20 && boot_expect "$prompt" 20
}

# keys KEYS PATTERN: likewise without a line's end.
keys() {
	type_keys "$1"
	boot_expect "$2" 20 && boot_expect "$prompt" 20
}

case_of() {
	local name="($label) $1"
	shift
	"$@"
	tap $? "$name" "$boot_log"
}

# ---- cases ----

greets() {
	boot_expect 'programs of Debian 12' 60 && boot_expect "$prompt" 30
}

runs() {
	line 'echo $((6 * 7))' "$nl"'42'$'\n' &&
		line 'uname -a' 'Linux skald .* x86_64 GNU/Linux'
}

knows_its_terminal() {
	line 'stty size; echo $TERM' "$nl"'40 100'"$nl"'xterm'$'\n'
}

edits() {
	keys 'cho edited\001e\005 line\r' "$nl"'edited line'$'\n' &&
		keys 'echo ac\e[Db\r' "$nl"'abc'$'\n' &&
		keys '\e[A\r' "$nl"'abc'$'\n' &&
		keys 'echo no\025echo yes\r' "$nl"'yes'$'\n'
}

searches() {
	keys '\022edited\r' "$nl"'edited line'$'\n'
}

completes() {
	keys 'cat /etc/os-rel\t\r' 'PRETTY_NAME="Skald'
}

has_colours() {
	line 'ls -d /usr' $'\e\\[1;34m/usr\e\\[0m' || return
	boot_send false
	boot_expect $'\e\\[1;31m#\e\\[m $' 20
}

interrupts() {
	boot_send 'sleep 1000'
	sleep 1
	keys '\003' '\^C' && line 'echo $?' "$nl"'130'$'\n'
}

# While readline waits, without echo and with the bytes taken as they are: at once, twice.
drops_line() {
	type_keys 'echo not this'
	boot_expect 'echo not this' 20 || return
	keys '\003' '\^C' && keys '\003' '\^C' && line 'echo $?' "$nl"'130'$'\n'
}

runs_in_background() {
	boot_send 'sleep 1000'
	sleep 1
	keys '\032' 'Stopped' && line 'bg' 'sleep 1000 &' && line 'jobs' 'Running' || return
	boot_send 'fg'
	boot_expect 'sleep 1000' && sleep 1 && keys '\003' '\^C' &&
		line 'jobs | wc -l' "$nl"'0'$'\n'
}

looks_around() {
	line 'which python3 ls vi' '/bin/python3'"$nl"'.*/bin/ls'"$nl"'.*/bin/vi' &&
		line 'pwd; id -un; umask' "$nl"'/root'"$nl"'root'"$nl"'0022' &&
		line 'date +%Y' "$nl"'20[2-9][0-9]' && line 'echo $LANG' "$nl"'C.UTF-8'
}

# Of busybox, of posix, and of none: the log, and what a program asks for.
looks_below() {
	line dmesg 'posix: ready' && line 'strace true' 'execve\("/(usr/)?bin/true", ' &&
		line 'dmesg -c >/dev/null; dmesg | wc -c' "$nl"'0'$'\n' &&
		line 'su guest -c "dmesg; id -un >/tmp/its; cat /tmp/its; rm /tmp/its"' \
			'not permitted'"$nl"'guest'
}

# ^C, ^Z, fg and bg, and who reads in the background.
controls_jobs() {
	type_keys 'sleep 100\r'
	boot_expect "$nl" 20
	sleep 0.5
	keys '\003' '\^C' && line 'echo is $?' "$nl"'is 130' || return
	type_keys 'cat\r'
	boot_expect "$nl" 20
	sleep 0.5
	type_keys 'one\r'
	boot_expect 'one'$'\n''one'$'\n' 20
	keys '\032' '\^Z.*Stopped +cat' && line jobs 'Stopped +cat' || return
	type_keys 'fg\r'
	boot_expect "$nl"'cat' 20
	sleep 0.5
	type_keys 'two\r'
	boot_expect 'two'$'\n''two'$'\n' 20 || return
	keys '\004' '' || return
	line 'cat & sleep 0.3; jobs' 'Stopped +cat' && line 'kill -9 %1; echo done' 'done' &&
		line 'sleep 0.1 & wait; echo all' 'all'$'\n'
}

knows_its_name() {
	line 'tty; stty -a | head -n 1' "$nl"'/dev/ttyS0'"$nl"'speed 115200 baud; rows 40; columns 100' &&
		line 'test -c /dev/tty && echo x >/dev/tty' "$nl"'x'
}

# Bytes of a character go together, in the terminal's own lines too.
takes_characters() {
	type_keys 'cat\r'
	boot_expect "$nl" 20
	sleep 0.5
	type_keys 'a\xc3\xa9\x7fb\r'
	boot_expect $'\n''ab'$'\n' 20 && keys '\004' '' &&
		line $'printf h\xc3\xa9llo | wc -m' "$nl"'5'$'\n'
}

# What a terminal answers is typed.
asks_for_its_size() {
	type_keys 'resize\r'
	boot_expect $'\e\\[6n\e8' 20 && type_keys '\e[50;90R' &&
		boot_expect 'COLUMNS=90;LINES=50;' 20 && boot_expect "$prompt" 20 &&
		line 'stty size; stty rows 40 cols 100' "$nl"'50 90'$'\n'
}

# By passwords, which root sets; who has none, nobody becomes.
becomes_others() {
	type_keys 'passwd -u root 2>&1; passwd\r'
	boot_expect 'New password: ' 20 && type_keys 'Ky7-pass\r' &&
		boot_expect 'Retype password: ' 20 && keys 'Ky7-pass\r' 'changed by root' || return
	type_keys 'su - guest\r'
	boot_expect 'guest@skald' 20 && type_keys 'cd; echo mine >own; cat /etc/shadow own; su\r' &&
		boot_expect 'Permission denied'"$nl"'mine'"$nl"'.*Password: ' 20 &&
		type_keys 'wrong\r' && boot_expect 'incorrect|failure' 20 &&
		type_keys 'busybox.suid id -u; su\r' && boot_expect "$nl"'1000'"$nl"'.*Password: ' 20 &&
		type_keys 'Ky7-pass\r' && boot_expect 'root@skald' 20 &&
		type_keys 'exit\r' && boot_expect 'guest@skald' 20 && type_keys 'su nobody\r' &&
		boot_expect 'Password: ' 20 && type_keys '\r' && boot_expect 'incorrect|failure' 20 &&
		keys 'exit\r' 'logout'
}

helps() {
	line 'man cd | head -n 2' 'NAME'"$nl"' +cd - ' &&
		line 'man ls | head -n 1' 'Usage: .*ls ' && line 'man 1 no-such; echo is $?' 'is 16'
}

talks_python() {
	type_keys 'python3\r'
	boot_expect '>>> $' 30 && type_keys 'impor\t json, os\r' && boot_expect '>>> $' 30 &&
		type_keys 'os.getpp\t + 41\r' && boot_expect $'\n''42'$'\n' 20 || return
	type_keys '\e[A\r'
	boot_expect $'\n''42'$'\n' 20 && keys '\004' ''
}

comes_back() {
	boot_send 'exit 3'
	boot_expect '/bin/bash has ended with status 3' 30 && greets &&
		line 'echo again' "$nl"'again'$'\n'
}

# Whatever is killed, files stay, and one shell has the terminal for itself.
survives() {
	boot_send "echo kept >/root/kept; : >/kill.$1"
	boot_expect "$2" 30 && greets && line 'cat /root/kept; rm /root/kept' "$nl"'kept'$'\n' &&
		line 'echo 1' "$nl"'1'$'\n' && line 'echo 2' "$nl"'2'$'\n' && line 'echo 3' "$nl"'3'$'\n'
}

# With the files all programs are gone; the next thing that is asked for finds that out.
loses_files() {
	boot_send ': >/root/kept; : >/kill.ramfs'
	boot_expect 'ramfs: it was killed' 30 || return
	sleep 0.5
	boot_send 'ls /'
	boot_expect 'the server of files has died' 30 && greets &&
		line 'test -e /root/kept; echo is $?' "$nl"'is 1' && line 'ls -d /usr' '/usr'
}

# Killed eight times, as soon as it is there each time.
comes_to_rest() {
	local time
	boot_send 'mkdir /kill.posix'
	for time in 1 2 3 4 5 6 7 8; do
		boot_expect 'posix: it was killed' 60 || return
	done
	greets && line 'ls -d /kill.posix || echo done' "$nl"'done' &&
		line 'echo $((6 * 7))' "$nl"'42'$'\n'
}

restarts() {
	boot_send 'reboot'
	boot_expect 'all has ended' 60 && greets
}

refuses_others() {
	line 'su guest -c "busybox poweroff -f"; echo is $?' "$nl"'is 1' &&
		line 'su guest -c poweroff; echo is $?' 'only root'
}

switches_off() {
	boot_send "$1"
	boot_expect 'supervisor: all has ended' 60
	local ended=$? status
	boot_end 30
	status=$?
	[ $ended = 0 ] && [ $status = 0 ] && ! grep -q panic "$boot_log"
}

# It is on, and neither says nor takes anything.
stands_still() {
	local moved
	boot_send halt
	boot_expect 'supervisor: all has ended' 60 || return
	boot_send 'echo $((6 * 7))'
	boot_expect '42|init|panic' 5
	moved=$?
	kill -0 "$boot_pid" && [ $moved != 0 ]
	moved=$?
	boot_kill
	return $moved
}

begin() {
	boot_devices=(-action reboot=reset)
	LIMIT=400 boot_start "$1" "$work/os.tar" term=xterm size=40x100
	label="$1 CPU$([ "$1" = 1 ] || echo s)"
}

begin 1
case_of 'there is a prompt, in colours' greets
case_of 'commands run' runs
case_of 'the size and kind of the terminal are those that were said' knows_its_terminal
case_of 'keys edit the line, and go back to earlier ones' edits
case_of '^R searches' searches
case_of 'Tab completes' completes
case_of 'ls and the prompt have colours' has_colours
case_of '^C ends what runs' interrupts
case_of '^C at the prompt drops the line at once' drops_line
case_of '^Z stops a job, bg and fg have it go on' runs_in_background
case_of 'it is like a small Linux' looks_around
case_of 'the log and system calls can be seen, and anybody may use /tmp' looks_below
case_of 'keys end, stop and resume jobs' controls_jobs
case_of 'the terminal has its name and settings' knows_its_name
case_of 'what is erased is a character' takes_characters
case_of 'resize asks the terminal' asks_for_its_size
case_of 'passwords keep users apart' becomes_others
case_of 'man says what there is to say' helps
case_of 'python can be talked to' talks_python
case_of 'when the shell ends there is another one' comes_back
case_of 'when posix dies that is said, and there is another shell' survives posix 'posix has died'
case_of 'it is so each time' survives posix 'posix has died'
case_of 'when login dies its shell ends, and there is another one' survives login 'login: it was killed'
case_of 'when the console dies there is another shell' survives console 'console: it was killed'
case_of 'when the server of files dies all is as at the beginning' loses_files
case_of 'posix that dies again and again is there again once that ends' comes_to_rest
case_of 'only root can end the machine' refuses_others
case_of 'reboot begins anew' restarts
case_of 'poweroff ends all servers, and the machine well' switches_off poweroff
begin 1
case_of 'there is a prompt, in colours' greets
case_of 'halt ends all servers, and the machine stands still' stands_still
begin 4
case_of 'there is a prompt, in colours' greets
case_of 'when posix dies that is said, and there is another shell' survives posix 'posix has died'
case_of 'when login dies its shell ends, and there is another one' survives login 'login: it was killed'
case_of '^C ends what runs' interrupts
case_of '^C at the prompt drops the line at once' drops_line
case_of 'shutdown ends all servers, and the machine well' switches_off 'shutdown -h now'
exit $failed
