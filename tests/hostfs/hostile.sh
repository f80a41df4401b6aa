#!/bin/bash
# Clients that send what hostfs-client never would: senseless calls, and bytes
# that are no calls at all. SEED=n repeats a random run.
cd "$(dirname "$0")/../.." || exit 1
. tests/hostfs/server.bash

calls() {
	local program
	program=$(compile calls) || return 1
	mkdir "$dir/folder"
	mkfifo "$dir/fifo"
	echo content >"$dir/file"
	must "$program" "$HOSTFS_SOCKET" "$dir" || return 1
	await_count clients 0 || return 1
	await_count open_files 0
}

# The server answers a good client while, and after, it gets garbage; what it
# serves is as before, since nothing that writes was sent in full.
garbage() {
	local program noise
	program=$(compile garbage) || return 1
	cp -r runtime "$dir/"
	"$program" "$HOSTFS_SOCKET" >"$scratch/noise" 2>&1 &
	noise=$!
	while kill -0 $noise 2>/dev/null; do
		client --timeout 0 cat /runtime/channel.c >"$scratch/out" || return 1
		must cmp runtime/channel.c "$scratch/out" || return 1
	done
	wait $noise || { cat "$scratch/noise"; return 1; }
	cat "$scratch/noise"
	await_count clients 0 || return 1
	await_count open_files 0 || return 1
	must diff -r runtime "$dir/runtime" || return 1
	# Nothing came in as a descriptor and stayed: the loop's own, and the root.
	[ "$(ls "/proc/$server/fd" | wc -l)" = "$fds" ] || { ls -l "/proc/$server/fd"; return 1; }
}

counted_garbage() {
	fds=$(ls "/proc/$server/fd" | wc -l)
	garbage
}

# With a server that writes, anything may become of the folder, but not of
# what is beside it.
garbage_that_writes() {
	local program
	program=$(compile garbage) || return 1
	cp -r runtime "$dir/"
	echo secret >"$outside/secret"
	ln -s "$outside" "$dir/nothing"
	find "$outside" -printf '%p %s %m %T@\n' | sort >"$scratch/before"
	must "$program" "$HOSTFS_SOCKET" || return 1
	find "$outside" -printf '%p %s %m %T@\n' | sort >"$scratch/after"
	must cmp "$scratch/before" "$scratch/after" || return 1
	await_count clients 0 || return 1
	await_count open_files 0 || return 1
	must client df
}

case_is 'senseless calls are refused' calls
case_is 'senseless calls are refused without openat2' calls --no-openat2
case_is 'garbage leaves the server and its files whole' counted_garbage --read-only
case_is 'garbage does not lead out of a folder that can be written' garbage_that_writes
case_is 'garbage does not lead out of it without openat2' garbage_that_writes --no-openat2
exit $failed
