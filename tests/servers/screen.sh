#!/bin/bash
# The screen and the keyboard of a PC, from outside: what is on the screen is read from the
# machine's memory, and keys are pressed by QEMU's monitor. On both kinds of PC; and where
# there is no screen.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}
archive=$build/os/x86_64/skald.tar

# start MACHINE CPUS [WORD...]: with words of QEMU's.
start() {
	local machine=$1 cpus=$2
	shift 2
	rm -f "$work"/monitor.*
	mkfifo "$work/monitor.in" "$work/monitor.out"
	boot_devices=(-chardev "pipe,id=monitor,path=$work/monitor" -mon chardev=monitor "$@")
	MACHINE=$machine boot_start "$cpus" "$archive" plain
	exec {monitor}>"$work/monitor.in" {monitor_out}<"$work/monitor.out"
	boot_expect 'skald:/> $' 60
}

# order LINE: to QEMU's monitor, which has done it then.
order() {
	local part= all=
	printf '%s\n' "$1" >&"$monitor"
	until [[ $all == *"(qemu) "* && $all == *"$1"*"(qemu) "* ]]; do
		IFS= read -r -t 5 -N 1 part <&"$monitor_out" || return 1
		all+=$part
	done
}

end() {
	exec {monitor}>&- {monitor_out}<&-
	boot_kill
}

# The rows of the screen, without the blanks at their ends.
screen() {
	rm -f "$work/cells"
	order "pmemsave 0xb8000 4000 \"$work/cells\""
	od -An -v -tu1 -w160 "$work/cells" | awk '{
		row = ""
		for (i = 1; i <= NF; i += 2)
			row = row ($i >= 32 && $i < 127 ? sprintf("%c", $i) : "<" $i ">")
		sub(/ +$/, "", row)
		print row
	}'
}

# shows PATTERN: sooner or later, rows joined by line ends.
shows() {
	local end=$((SECONDS + 15))
	until seen=$(screen) && [[ $seen =~ $1 ]]; do
		[ $SECONDS -lt $end ] && continue
		printf '# expected on the screen: %s; there was:\n' "$1"
		sed 's/^/# /' <<<"$seen"
		return 1
	done
}

# type KEY...: by QEMU's names.
type_keys() {
	local key
	for key in "$@"; do order "sendkey $key 1" || return 1; done
}

# What comes on the serial line is shown, and what is pressed comes there.
is_mirror() {
	shows 'skald:/>' || return 1
	boot_send 'echo over the line'
	shows $'\n''over the line'$'\n' || return 1
	type_keys e c h o spc shift-a n d spc k e y s ret
	boot_expect $'\n''And keys'$'\n''skald:/> $' 20 || return 1
	shows $'\n''And keys'$'\n''skald:/>'
}


scrolls() {
	boot_send 'help'
	boot_expect 'skald:/> $' 20
	boot_send 'echo the last of all'
	shows $'\n''the last of all'$'\n''skald:/>' && [[ $seen != *'over the line'* ]]
}

# case LABEL NAME FUNCTION
check() {
	"$3" >"$work/said"
	local status=$?
	cat "$work/said"
	tap $status "($1) $2" "$boot_log"
}

cases() {
	local label=$1
	shift
	start "$@"
	check "$label" 'the screen shows the terminal, and keys are typed there' is_mirror
	check "$label" 'a row of text moves up when the screen is full' scrolls
	end
}

cases 'q35, 1 CPU' q35 1 -vga std
cases 'pc, 4 CPUs' pc 4 -vga std

start q35 1
grep -q '^screen: this machine has no text screen' "$boot_log"
tap $? '(no screen) the program says so and ends' "$boot_log"
boot_send 'status screen'
boot_expect 'state: +stopped' 20
tap $? '(no screen) that is no failure' "$boot_log"
end
exit $failed
