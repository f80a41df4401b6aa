#!/bin/bash
# The monitor, in QEMU, typed at over the serial line: every command, the line editor's
# Tab, ^C and ^D, servers that die under it; and `make monitor`. On one CPU and on four.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}
label=
big=400000				# bytes of a file that takes a while to show

# The archive, with a long file and one without a line's end.
make_archive() {
	mkdir "$work/parts" && tar -xf "$build/os/x86_64/skald.tar" -C "$work/parts" &&
		seq 1000000 | head -c $big >"$work/parts/root/big" &&
		printf 'no end' >"$work/parts/root/open" &&
		tar --format=ustar -C "$work/parts" -cf "$work/os.tar" init servers manifests root
}

# ask LINE [SECONDS]: types it; what was said until the next prompt is in $answer.
ask() {
	local literal
	literal=$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$1")
	answer=
	boot_send "$1"
	boot_expect "$literal("$'\e'"\\[K)?"$'\n'"(.*)skald:[^ ]*> \$" "${2:-20}" || return 1
	answer=${BASH_REMATCH[2]}
}

# case_of NAME COMMAND...: the command's answer is in the log of a failure.
case_of() {
	local name="($label) $1"
	shift
	tap_wants "$name" || { "$@"; return; }
	{ "$@"; } >"$work/said" 2>&1
	local status=$?
	printf 'last answer:\n%s\n' "${answer:-}" >>"$work/said"
	tap $status "$name" "$work/said" "$boot_log"
}

# says LINE PATTERN...: the answer has all of these; else says which it lacks.
says() {
	local line=$1 one
	shift
	ask "$line" || { echo "no prompt after: $line"; return 1; }
	for one in "$@"; do
		[[ $answer =~ $one ]] || { echo "$line: expected $one"; return 1; }
	done
}

# All of these: says, one after the other; each argument is LINE => PATTERN.
all_say() {
	local one
	for one in "$@"; do
		says "${one%% => *}" "${one#* => }" || return 1
	done
}

type_keys() {
	printf "$1" >&"$boot_in"
}

greets() {
	boot_expect 'Skald\. [0-9]+ servers\. .help. says what there is; .poweroff. ends it\.' 60 &&
		boot_expect 'skald:/> $'
}

helps() {
	local name
	says help || return 1
	for name in $(sed -n 's/^\t{"\([a-z]*\)", .*/\1/p' servers/monitor/commands.c); do
		[[ $answer =~ (^|$'\n')$name' ' ]] || { echo "help lacks $name"; return 1; }
	done
	says 'help cp' '^cp FROM TO +[^'$'\n'']+'$'\n$'
}

lists_servers() {
	local name
	says servers || return 1
	for name in console monitor platform ramfs serial; do
		[[ $answer =~ (^|$'\n')$name' '+'running '+[0-9]+' '+[0-9.]+[KM]' of '[0-9.]+[KM]' '+[0-9.]+' '[mus]+' '+0$'\n' ]] ||
			{ echo "expected a line: $name running ... 0"; return 1; }
	done
}

# until_says LINE PATTERN: sooner or later.
until_says() {
	local end=$((SECONDS + 20))
	until ask "$1" 3 && [[ $answer =~ $2 ]]; do
		[ $SECONDS -lt $end ] || { echo "$1: expected $2"; return 1; }
	done
}

# act LINE PATTERN: what the log says of it comes in between wherever it likes.
act() {
	boot_send "$1"
	boot_expect "$2" 20 || { echo "$1: expected in the log: $2"; return 1; }
	boot_read 0.3
}

is_restarted() {
	ask 'write /gone x' && act 'kill ramfs' 'ramfs: ready again' &&
		until_says servers 'ramfs +running[^'$'\n'']* 1'$'\n' &&
		says 'status ramfs' 'last end: +it was killed, code 0; ready again after' &&
		says 'cat /gone' 'there is no such file' && says 'cat /etc/motd' 'Welcome to Skald\.'
}

is_stopped_and_started() {
	act 'stop ramfs' 'ramfs: it was stopped' && until_says servers 'ramfs +stopped' &&
		act 'start ramfs' 'ramfs: ready again' && until_says servers 'ramfs +running' &&
		act 'restart ramfs' 'ramfs: it was stopped.*ramfs: ready again' &&
		until_says servers 'ramfs +running' && says 'log -n 3 ramfs' '^ramfs: [^'$'\n'']*'$'\n''ramfs: [^'$'\n'']*'$'\n''ramfs: ready again after'
}

# The console under it, the driver under that, and the monitor itself.
comes_back() {
	local one
	for one in console serial; do
		boot_send "kill $one"
		boot_expect "$one: ready again" 20 || return 1
		# What is typed while there is no console is nobody's.
		for (( i = 0; i < 20; i++ )); do
			sleep 0.2
			boot_send "echo after-$one"
			boot_expect $'\nafter-'"$one"$'\n''skald:/> ' 1 && break
		done
		[ $i -lt 20 ] || { echo "no prompt after kill $one"; return 1; }
	done
	boot_send 'kill monitor'
	greets && ask ''
}

completes() {
	type_keys 'ser\t'
	boot_expect 'servers $' 5 || { echo 'ser<Tab>: expected "servers "'; return 1; }
	type_keys '\003'
	boot_expect 'skald:/> $' 5 || return 1
	type_keys 'status ram\t\n'
	boot_expect 'status ramfs .*state: +running' 5 || { echo 'status ram<Tab>'; return 1; }
	boot_expect 'skald:/> $' 5 || return 1
	type_keys 'cat /et\tmo\t\n'
	boot_expect 'cat /etc/motd .*Welcome to Skald' 5 || { echo 'cat /et<Tab>mo<Tab>'; return 1; }
	boot_expect 'skald:/> $' 5 || return 1
	type_keys 'm\t'
	boot_expect 'mkdir +mv +memory' 5 || { echo 'm<Tab>: expected a list'; return 1; }
	type_keys '\025'
	ask 'echo x'
}

edits() {
	type_keys 'echo bd\033[Dc\033[D\033[D\033[Da\005e\n'
	boot_expect $'\n''abcde' 5 && { echo 'the cursor is wrong'; return 1; }
	ask 'echo zero' || return 1
	type_keys 'echo bd\033[D\033[Da\033[Cc\033[F!\033[H\033[C\n'
	boot_expect $'\n''abcd!'$'\n' 5 || { echo 'expected abcd!'; return 1; }
	boot_expect 'skald:/> $' 5 || return 1
	ask 'echo one' && ask 'echo two' || return 1
	type_keys '\033[A\033[A\n'
	boot_expect $'\n''one'$'\n' 5 || { echo 'expected what was typed before'; return 1; }
	boot_expect 'skald:/> $' 5
}

# Long before all of it was shown.
is_interrupted() {
	local before=$(stat -c %s "$boot_log")
	boot_send 'cat /big'
	boot_expect $'\n''500'$'\n' 20 || return 1
	type_keys '\003'
	boot_expect '\^C'$'\n''skald:/> $' 20 || return 1
	[ $(($(stat -c %s "$boot_log") - before)) -lt $big ] ||
		{ echo "all of it was shown"; return 1; }
	answer=
	type_keys 'half a li'
	boot_expect 'half a li$' 5 && type_keys '\003'
	boot_expect '^\^C'$'\n''skald:/> $' 5 || return 1
	type_keys '\004'
	boot_expect 'poweroff. switches the machine off\.'$'\n''skald:/> $' 5
}

# One after the other comes every five seconds.
is_traced_live() {
	boot_send 'trace ramfs'
	boot_expect "$traced_line"'svrctl\.Health\.check\([0-9]+ B\) = ok \([0-9]+ B\) <[0-9.]+ [mu]s>'$'\n' 20 ||
		{ echo 'expected what ramfs is asked'; return 1; }
	type_keys '\003'
	boot_expect '\^C'$'\n''skald:/> $' 5 || { echo 'expected an end by ^C'; return 1; }
	says trace '^nothing is recorded'$'\n'
}

# The collector dies, and with it what is on; ramfs takes part in the next.
is_traced_anew() {
	act 'trace ramfs kill trace' 'trace: ready again' &&
		until_says 'trace ramfs ls' "$traced_line"'fs\.'
}

traces() {
	local traced_line=$'\n'' +[0-9]+\.[0-9]{9} ramfs serves '
	case_of 'who is traced is listed, and who takes no part is said' all_say \
		'trace => ^nothing is recorded'$'\n''NAME .*'$'\n''ramfs +1024 +0 +0'$'\n' \
		'trace console => trace: console: it takes no part in traces' \
		'trace ramfs trace => usage: trace' 'trace ramfs 5 x => usage: trace' \
		'trace ramfs frob => frob: no such command' 'trace off => ^$'
	case_of 'calls of a server are shown, of a command' all_say \
		"trace ramfs cat /etc/motd => Welcome to Skald\..*${traced_line}fs\.File\.read_at\([0-9]+ B\) = ok \([0-9]+ B\) <[0-9.]+ [mu]s>"$'\n' \
		"trace ramfs ls => ^[^<]*[1-9][0-9]* ramfs serves" \
		"trace ramfs mkdir /etc => it is there already.*${traced_line}fs\.FileSystem\.[a-z_]+\([0-9]+ B\) = EEXIST <" \
		'trace => ^nothing is recorded'
	case_of 'calls of a server are shown as they come, until ^C' is_traced_live
	case_of 'calls of a server are shown for so many seconds' says 'trace ramfs 1' '^( .*)?$'
	case_of 'the collector may die meanwhile, and the next one traces' is_traced_anew
}

switches_off() {
	boot_send poweroff
	boot_end 30 && grep -q '^supervisor: all has ended' "$boot_log"
}

files() {
	case_of 'files are made, shown, moved, copied and removed' all_say \
		'mkdir /t /t/sub => ^$' 'cd /t => ^$' 'pwd => ^/t'$'\n' \
		'write one  "two  three" four => ^$' 'cat one => ^two  three four'$'\n''$' \
		'cp one sub => ^$' 'cat sub/one => ^two  three four'$'\n' \
		'mv sub/one sub/other\ name => ^$' 'ls => ^one'$'\n''sub/'$'\n''$' \
		'ls -l => ^-rw-r--r-- +1 +16  [-0-9]+ [:0-9]+  one'$'\n''drwxr-xr-x .* sub/' \
		'ls sub nowhere => /t/sub:'$'\n''other name'$'\n''ls: /t/nowhere: there is no such file' \
		'head -c 5 one => ^two  '$'\n' 'stat one => kind: +file'$'\n''size: +16'$'\n' \
		'find / oth => ^/t/sub/other name'$'\n''$' 'rm sub => rm: /t/sub: the folder is not empty' \
		'rm -r sub one => ^$' 'ls => ^$' 'cd => ^$' 'rm t => ^$' 'ls t => there is no such file'
	case_of 'what cannot be done with files is said' all_say \
		'cd /etc/motd => cd: /etc/motd: not a folder' 'cat /etc => cat: /etc: a folder' \
		'mkdir /etc => mkdir: /etc: it is there already' 'mv /etc /etc/x => mv: /etc: that cannot be' \
		'cp /etc /x => only files are copied' 'cp /etc/motd /etc/motd => it is the same file' \
		'rm -r / => not all of it' 'rm / => in use'
	case_of 'a prompt begins a line of its own' says 'cat /open' '^no end'$'\n''$'
	case_of 'a copy of a long file is as long' all_say 'cp /big /copy => ^$' \
		"stat /copy => size: +$big"$'\n' 'rm /copy => ^$'
}

commands() {
	case_of 'greets when all servers run, and asks' greets
	case_of '`help` knows every command' helps
	case_of 'a wrong line is answered by what to do' all_say \
		'frob x => monitor: frob: no such command; .help. says what there is' \
		'cat => usage: cat PATH' 'head -c x /etc/motd => usage: head' "echo 'x => a quote is not closed" \
		'status nobody => status: nobody: there is no such server' 'log -n => usage: log' \
		'kill virtio-blk => not in this state'
	case_of 'all servers are listed, with state, memory and time' lists_servers
	case_of 'a server is told of' all_say \
		'status ramfs => state: +running +for .*memory: .*description: Files in memory.*serves: +root, fs.FileSystem' \
		'grants serial => ports +rights 0x[0-9a-f]+  ports 0x3f8\+8'
	case_of 'the machine is told of' all_say 'devices => 00:00\.0  8086:29c0  bridge' \
		'memory => ^all +[0-9.]+M'$'\n''free +[0-9.]+M'$'\n''the kernel +[0-9.]+M.*ramfs +[0-9.]+[KM]' \
		"uptime => ^up for .*CPU $(($1 - 1)): [0-9]+% programs" \
		'date => [0-9]{4}-[0-9]{2}-[0-9]{2} |nobody has set the clock' \
		'log ramfs => ^ramfs: ready'$'\n' 'log => supervisor: knows [0-9]+ servers'
	case_of 'text is said, the screen cleared' all_say 'echo a  "b  c" => ^a b  c'$'\n''$' \
		"clear => ^"$'\e''\[H'$'\e''\[2J'
	files
	case_of 'Tab completes commands, servers and paths, and lists them' completes
	case_of 'keys edit the line, and go back to earlier ones' edits
	case_of '^C ends a long `cat` at once, and a line; ^D says how to leave' is_interrupted
	traces
	case_of 'a killed server is seen to be restarted' is_restarted
	case_of 'servers are stopped, started and restarted' is_stopped_and_started
	case_of 'a prompt comes back when console, driver or monitor are killed' comes_back
	case_of '`poweroff` ends all servers, and the machine well' switches_off
	[ -z "${boot_in:-}" ] || boot_kill 2>/dev/null
}

reboots() {
	boot_devices=(-action reboot=reset)
	boot_start 1 "$work/os.tar" plain
	greets && boot_send reboot && boot_expect 'the machine begins anew' && greets
	local status=$?
	boot_kill
	boot_devices=()
	return $status
}

# A terminal of its own, as `make monitor` has one.
runs_at_a_terminal() {
	local keys status command="servers/run $build/kernel/skald.elf $build/os/x86_64/skald.tar"
	mkfifo "$work/keys"
	exec {keys}<>"$work/keys"
	TERM=xterm timeout 60 script -qefc "$command" "$work/typescript" \
		<"$work/keys" >"$work/shown" 2>&1 &
	for (( i = 0; i < 300; i++ )); do
		grep -q 'skald:/>' "$work/typescript" 2>/dev/null && break
		sleep 0.1
	done
	printf 'servers\rpoweroff\r' >&"$keys"
	wait $!
	status=$?
	exec {keys}>&-
	cat "$work/shown"
	[ $status = 0 ] && grep -q 'poweroff; or Ctrl-A, then X' "$work/shown" &&
		grep -q $'\e\[32mrunning' "$work/shown" && grep -q 'all has ended' "$work/shown"
}

make_monitor() {
	make --no-print-directory monitor BUILD="$build" <"$1" >"$work/run" 2>&1
	local status=$?
	cat "$work/run"
	[ $status = 0 ] && grep -q '^Skald\. ' "$work/run" && grep -q '^supervisor: all has ended' "$work/run"
}

typed_from_a_file() {
	printf 'echo first\ncat /etc/motd' >"$work/typed"
	make_monitor "$work/typed" && grep -q $'^first\r' "$work/run" && grep -q $'^Welcome to Skald.\r' "$work/run"
}

make_archive || exit 1
for cpus in 1 4; do
	label="$cpus CPU$([ $cpus = 1 ] || echo s)"
	LIMIT=90 boot_start "$cpus" "$work/os.tar" plain
	commands "$cpus"
done
boot_log=/dev/null label='1 CPU'
case_of '`reboot` starts the machine again' reboots
tap_run '`make monitor </dev/null` boots, greets, switches off and ends well' make_monitor /dev/null
tap_run '`make monitor` types the lines of a file' typed_from_a_file
tap_run 'at a terminal the OS has colours, and its end is said before' runs_at_a_terminal
exit $failed
