#!/bin/bash
# docs/servers.md, "In the OS", to the letter: its files and its commands.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}

# The block of code that follows the line with a file's name.
extract() {
	mkdir -p "$(dirname "$work/mine/$1")"
	awk -v name="\`$1\`:" '
		$0 == name { found = 1 }
		found && /^```/ { if (inside) exit; inside = 1; next }
		inside' docs/servers.md >"$work/mine/$1"
	[ -s "$work/mine/$1" ] || { echo "docs/servers.md has no $1"; return 1; }
}

build_it() {
	local file
	for file in greet.skald {greeter,guest}/{manifest.yaml,main.c}; do
		extract "$file" || return 1
	done
	[ "$(wc -l <"$work/mine/greeter/main.c")" -lt 60 ] || { echo "greeter is long"; return 1; }
	make_it 'greeter guest'
}

# The page's command that makes an archive of these.
make_it() {
	local command
	command=$(grep "^make os SERVER_FOLDERS.*SERVERS='$1'" docs/servers.md)
	[ -n "$command" ] && eval "${command//mine/$work/mine} BUILD=$build"
}

build_driver() {
	extract factorial/manifest.yaml && extract factorial/main.c &&
		make_it 'platform factorial'
}

driver_says() {
	boot_devices=(-device edu)
	boot_start 1 "$work/mine/driver.tar"
	boot_expect 'factorial: 10! is 3628800'
	local status=$?
	boot_kill
	[ $status = 0 ] || cat "$boot_log"
	return $status
}

says() {
	boot_start 1 "$work/mine/os.tar"
	boot_expect 'guest: 0 hello, world' && boot_expect 'guest: 1' &&
		boot_expect 'guest: it ended by itself, code 0'
	local status=$?
	boot_kill
	[ $status = 0 ] || cat "$boot_log"
	return $status
}

forget() {
	rm -rf "$build"/os/x86_64/programs/{greeter,guest,factorial}{,.elf} \
		"$build"/os/generated/{greeter,guest,factorial}
}

forget
tap_run "the server and the client of docs/servers.md build" build_it
tap_run "they meet in the OS, and say what the page says" says
tap_run "the driver of docs/servers.md builds" build_driver
tap_run "it drives its device in the OS, and says what the page says" driver_says
forget
exit $failed
