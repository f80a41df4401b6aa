#!/bin/bash
# What is asked of hostfs is asked of ramfs too, as far as it makes sense where there
# is no folder of the machine; and what only ramfs can do.
cd "$(dirname "$0")/../.." || exit 1
kind=ramfs
. tests/hostfs/server.bash

# Nothing is left of a program that has ended.
nothing_left() {
	await_count clients 0 && await_count handles 0 && await_count open_files 0 &&
		await_count nodes 0 && await_count kept 0 && await_count waiting 0
}

runs() {
	local program
	program=$(compile "$1") || return 1
	must "$program" "$HOSTFS_SOCKET" "$dir" || return 1
	nothing_left
}

leases() { runs leases; }
walks() { runs walks; }
handles() { runs handles; }
locks() { runs locks; }
watchers() { runs watchers; }

calls() {
	must client mkdir /folder && must client mkfifo /fifo || return 1
	echo content | client put - /file || return 1
	runs calls
}

# Whatever a client sends, others are served, and what it made ends with it.
garbage() {
	local program noise
	program=$(compile garbage) || return 1
	must client put -r runtime /runtime || return 1
	"$program" "$HOSTFS_SOCKET" >"$scratch/noise" 2>&1 &
	noise=$!
	while kill -0 $noise 2>/dev/null; do
		must client --timeout 0 df >/dev/null || return 1
	done
	wait $noise || { cat "$scratch/noise"; return 1; }
	nothing_left
}

tree() {
	must client put -r tests/hostfs /there && must client get -r /there "$scratch/copy" &&
		must diff -r tests/hostfs "$scratch/copy"
}

side_by_side() {
	local i pids=() status=0
	for i in {1..6}; do
		head -c $((300000 + i)) /dev/urandom >"$scratch/in-$i"
		(client put "$scratch/in-$i" "/file-$i" &&
			client get "/file-$i" "$scratch/out-$i" &&
			cmp "$scratch/in-$i" "$scratch/out-$i") &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || status=1
	done
	[ $status = 0 ] && nothing_left
}

read_only() {
	must_fail 1 client mkdir /new && said 'nothing can be written' || return 1
	must_fail 1 client put /dev/null /new && said 'nothing can be written' || return 1
	client df | grep -qx 'read only: yes'
}

# What is full says so, and has room again when something is removed.
full() {
	local used i
	used=$(count used)
	head -c 900000 /dev/zero >"$scratch/in"
	must client put "$scratch/in" /one || return 1
	must_fail 1 client put "$scratch/in" /two && said 'full\|space\|room' || return 1
	must client rm /two && must client rm /one || return 1
	for i in 1 2 3; do
		must client put "$scratch/in" /one && must client rm /one || return 1
	done
	await_count open_files 0
	[ "$(count used)" = "$used" ] || { echo "$used bytes were used, now $(count used)"; return 1; }
}

# An archive as tar makes it: every kind of member, and names of two parts.
filled() {
	local long part name
	part=$(printf 'd%.0s' {1..70})
	long=$part/$part/$part
	mkdir -p "$outside/root/sub/$long" "$outside/other"
	echo text >"$outside/root/sub/file"
	echo deep >"$outside/root/sub/$long/file"
	: >"$outside/root/empty"
	chmod 4751 "$outside/root/empty"
	head -c 10000 /dev/urandom >"$outside/root/big"
	ln "$outside/root/big" "$outside/root/hard"
	ln -s sub/file "$outside/root/soft"
	mkfifo "$outside/root/fifo"
	mkdir -m 1777 "$outside/root/tmp"
	touch -h -d @1717764896 "$outside"/root/{empty,soft,sub/file} "$outside/root/sub"
	tar --format=ustar --owner=7 --group=8 -C "$outside" -cf "$scratch/archive" root other ||
		return 1
	must stop_server && must start_server --fill "$scratch/archive" || return 1
	[ "$(client ls / | tr '\n' ' ')" = 'big empty fifo hard soft sub tmp ' ] || return 1
	[ "$(client cat /soft)" = text ] && [ "$(client cat "/sub/$long/file")" = deep ] || return 1
	client get /hard "$scratch/out" && must cmp "$outside/root/big" "$scratch/out" || return 1
	client stat /empty >"$scratch/out"
	must grep -qx 'mode: 4751' "$scratch/out" && must grep -qx 'owner: 7' "$scratch/out" &&
		must grep -qx 'group: 8' "$scratch/out" || return 1
	client stat /big | grep -qx 'links: 2' || return 1
	client stat /tmp | grep -qx 'mode: 1777' || return 1
	for name in empty soft sub sub/file; do
		client stat /$name | grep -q '^modified: 2024-06-07 12:54:56' || {
			echo "the time of $name is not that of the archive"
			return 1
		}
	done
}

# Of an archive that is damaged the place is told.
damaged() {
	mkdir "$outside/root"
	echo text >"$outside/root/file"
	tar --format=ustar -C "$outside" -cf "$scratch/archive" root
	must stop_server || return 1
	cp "$scratch/archive" "$scratch/bad"
	printf X | dd of="$scratch/bad" bs=1 seek=520 conv=notrunc 2>/dev/null
	must_fail 1 "$build/ramfs" --socket "$HOSTFS_SOCKET" --fill "$scratch/bad" &&
		said 'at 512: the checksum is wrong' || return 1
	head -c 1027 "$scratch/archive" >"$scratch/bad"
	must_fail 1 "$build/ramfs" --socket "$HOSTFS_SOCKET" --fill "$scratch/bad" || return 1
	head -c 700 /dev/urandom >"$scratch/bad"
	must_fail 1 "$build/ramfs" --socket "$HOSTFS_SOCKET" --fill "$scratch/bad" || return 1
	start_server
}

usage() {
	must_fail 2 "$build/ramfs" && must_fail 2 "$build/ramfs" --socket x --size 0 || return 1
	must_fail 0 "$build/ramfs" --help && said 'Exit status'
}

case_is 'leases of all sizes move their bytes' leases
case_is 'walks stop where they should, and tell how far they came' walks
case_is 'open files are shared and passed on' handles
case_is 'locks are waited for, canceled and told' locks
case_is 'watchers tell what happens, and how much they lost' watchers
case_is 'senseless calls are refused' calls
case_is 'garbage leaves the server whole' garbage
case_is 'a whole tree is stored and comes back' tree
case_is 'several clients work side by side' side_by_side
case_is 'a read-only server changes nothing' read_only --read-only
case_is 'what is full says so, and all room comes back' full --size 1
case_is 'an archive of all kinds of members fills it' filled
case_is 'a damaged archive is refused with its place' damaged
case_is 'wrong usage is told with its exit status' usage
exit $failed
