#!/bin/bash
# Clients and servers come, wait, and die at bad moments; nobody else notices.
cd "$(dirname "$0")/../.." || exit 1
. tests/hostfs/server.bash

# Starts `hold` on a file and waits until it is open; $holder is its process,
# which ends when descriptor 9 is closed.
hold() {
	rm -f "$scratch/input" "$scratch/held"
	mkfifo "$scratch/input"
	client hold "$1" <"$scratch/input" >"$scratch/held" 2>"$scratch/hold.err" &
	holder=$!
	exec 9>"$scratch/input"
	until grep -q open "$scratch/held" 2>/dev/null; do
		kill -0 "$holder" 2>/dev/null || { cat "$scratch/hold.err"; return 1; }
		sleep 0.01
	done
}

# Waits until a process sleeps (as one does that waits for an answer).
await_sleep() {
	until [ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1)" = S ]; do
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.01
	done
	sleep 0.05
}

side_by_side() {
	local i pids=() status=0
	for i in {1..8}; do
		head -c $((300000 + i)) /dev/urandom >"$scratch/in-$i"
		(client put "$scratch/in-$i" "/file-$i" &&
			client get "/file-$i" "$scratch/out-$i" &&
			cmp "$scratch/in-$i" "$scratch/out-$i" &&
			client ls -l / >/dev/null) &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || status=1
	done
	await_count clients 0 || return 1
	await_count open_files 0 && [ $status = 0 ]
}

limit() {
	: >"$dir/file"
	hold /file || return 1
	must_fail 3 client ls / && said 'other side is gone' || return 1
	[ "$(count turned_away)" = 1 ] || return 1
	exec 9>&-
	must wait "$holder" || return 1
	await_count clients 0 || return 1
	must client ls /
}

killed_with_open_file() {
	: >"$dir/file"
	hold /file || return 1
	[ "$(count open_files)" = 1 ] && [ "$(count clients)" = 1 ] || return 1
	kill -KILL "$holder"
	wait "$holder" 2>/dev/null
	exec 9>&-
	await_count clients 0 || return 1
	await_count open_files 0 || return 1
	must client ls /
}

killed_in_a_call() {
	local victim
	head -c 1000000 /dev/urandom >"$dir/file"
	client cat /file >"$scratch/victim.out" &
	victim=$!
	kill -STOP "$server"
	await_sleep $victim
	kill -KILL $victim
	wait $victim 2>/dev/null
	kill -CONT "$server"
	await_count clients 0 || return 1
	await_count open_files 0 || return 1
	client cat /file >"$scratch/out" && must cmp "$dir/file" "$scratch/out"
}

killed_again_and_again() {
	local i victim
	head -c 80000000 /dev/zero >"$dir/file"
	for i in {1..30}; do
		client cat /file >"$scratch/victim.out" &
		victim=$!
		sleep "0.0$((i % 5))"
		kill -KILL $victim 2>/dev/null
		wait $victim 2>/dev/null
	done
	await_count clients 0 || return 1
	await_count open_files 0 && [ "$(count garbage)" = 0 ] || return 1
	must client ls /
}

server_killed_in_a_call() {
	local waiting
	: >"$dir/file"
	kill -STOP "$server"
	client --timeout 0 stat /file >"$scratch/waiting.out" 2>&1 &
	waiting=$!
	await_sleep $waiting
	kill -KILL "$server"
	wait "$server" 2>/dev/null
	wait $waiting
	[ $? = 3 ] && grep -q 'other side is gone' "$scratch/waiting.out" || {
		cat "$scratch/waiting.out"
		return 1
	}
	must_fail 3 client ls / && said 'other side is gone' || return 1
	# Another one takes the place, and the socket file that was left.
	[ -S "$HOSTFS_SOCKET" ] || return 1
	start_server && must client ls /
}

# One that waits for a lock, one for an event: both are told.
server_killed_while_others_wait() {
	local watcher locker program
	: >"$dir/file"
	client watch /file >"$scratch/seen" 2>"$scratch/watcher.err" &
	watcher=$!
	until grep -q watching "$scratch/seen"; do sleep 0.01; done
	exec 8>"$dir/file"
	flock 8
	program=$(compile waiter) || return 1
	"$program" "$HOSTFS_SOCKET" file >"$scratch/locker.out" 2>&1 &
	locker=$!
	until [ "$(count kept)" = 2 ]; do
		kill -0 $locker || { cat "$scratch/locker.out"; return 1; }
		sleep 0.01
	done
	kill -KILL "$server"
	wait "$server" 2>/dev/null
	exec 8>&-
	wait $watcher
	[ $? = 3 ] && grep -q 'other side is gone' "$scratch/watcher.err" || return 1
	must wait $locker || { cat "$scratch/locker.out"; return 1; }
	grep -q PEER_CLOSED "$scratch/locker.out" || return 1
	start_server
}

# A client that waits for a lock dies: its wait ends with it.
killed_while_it_waits() {
	local locker program
	: >"$dir/file"
	exec 8>"$dir/file"
	flock 8
	program=$(compile waiter) || return 1
	"$program" "$HOSTFS_SOCKET" file >"$scratch/locker.out" 2>&1 &
	locker=$!
	until [ "$(count kept)" = 1 ]; do
		kill -0 $locker || { cat "$scratch/locker.out"; return 1; }
		sleep 0.01
	done
	kill -KILL $locker
	wait $locker 2>/dev/null
	await_count kept 0 && await_count open_files 0 || return 1
	flock -u 8
	sleep 0.05
	must flock -n 8 || return 1
	exec 8>&-
}

deadline() {
	: >"$dir/file"
	kill -STOP "$server"
	must_fail 3 client --timeout 100 stat /file && said 'deadline has passed' || return 1
	kill -CONT "$server"
	must client stat /file || return 1
	await_count clients 0
}

removed_while_open() {
	echo text >"$dir/file"
	hold /file || return 1
	must client rm /file || return 1
	exec 9>&-
	must wait "$holder" || return 1
	grep -qx 'size: 5' "$scratch/held"
}

stopped_with_clients() {
	: >"$dir/file"
	hold /file || return 1
	must stop_server || return 1
	exec 9>&-
	wait "$holder"
	[ $? = 3 ] && grep -q 'other side is gone' "$scratch/hold.err"
}

second_server() {
	must_fail 1 "$build/hostfs" --root "$dir" --socket "$HOSTFS_SOCKET" &&
		said 'in use' || return 1
	must client ls / || return 1
	[ "$(stat -c %a "$HOSTFS_SOCKET")" = 600 ]
}

# A server must not remove what another one has put in place of its socket.
replaced_socket() {
	local first=$server
	rm "$HOSTFS_SOCKET"
	start_server || return 1
	kill -TERM "$first"
	must wait "$first" || return 1
	must client ls /
}

case_is 'several clients work side by side' side_by_side
case_is 'clients beyond the limit are turned away' limit --max-clients 1
case_is 'a killed client leaves no open file' killed_with_open_file
case_is 'a client killed in a call is forgotten' killed_in_a_call
case_is 'clients killed again and again leave nothing' killed_again_and_again
case_is 'a server killed in a call is noticed, and replaced' server_killed_in_a_call
case_is 'a server killed while others wait tells them all' server_killed_while_others_wait
case_is 'a client killed while it waits waits no more' killed_while_it_waits
case_is 'a deadline passes and the server goes on' deadline
case_is 'a removed file can be used while it is open' removed_while_open
case_is 'a server stopped with clients ends well' stopped_with_clients
case_is 'a second server does not take the socket' second_server
case_is 'a server leaves the socket of its successor' replaced_socket
exit $failed
