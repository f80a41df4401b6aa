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
	local file command
	for file in greet.skald {greeter,guest}/{manifest.yaml,main.c}; do
		extract "$file" || return 1
	done
	[ "$(wc -l <"$work/mine/greeter/main.c")" -lt 60 ] || { echo "greeter is long"; return 1; }
	command=$(grep '^make os SERVER_FOLDERS' docs/servers.md)
	[ -n "$command" ] && eval "${command//mine/$work/mine} BUILD=$build"
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

rm -rf "$build"/os/x86_64/programs/{greeter,guest}{,.elf} "$build"/os/generated/{greeter,guest}
tap_run "the server and the client of docs/servers.md build" build_it
tap_run "they meet in the OS, and say what the page says" says
rm -rf "$build"/os/x86_64/programs/{greeter,guest}{,.elf} "$build"/os/generated/{greeter,guest}
exit $failed
