#!/bin/bash
# What is stored comes back, whatever the bytes, the sizes and the names.
cd "$(dirname "$0")/../.." || exit 1
. tests/hostfs/server.bash

sizes() {
	local size
	for size in 0 1 4095 4096 4097 1048575 1048576 1048577 20971520; do
		head -c "$size" /dev/urandom >"$scratch/in"
		must client put "$scratch/in" /file || return 1
		must cmp "$scratch/in" "$dir/file" || return 1
		must client get /file "$scratch/out" || return 1
		must cmp "$scratch/in" "$scratch/out" || return 1
		client cat /file >"$scratch/out" || return 1
		must cmp "$scratch/in" "$scratch/out" || return 1
		rm "$dir/file"
	done
}

shorter() {
	head -c 9000 /dev/urandom >"$dir/file"
	echo short | client put - /file || return 1
	[ "$(cat "$dir/file")" = short ]
}

sparse() {
	truncate -s 1000000 "$dir/sparse"
	printf end >>"$dir/sparse"
	must client get /sparse "$scratch/out" || return 1
	must cmp "$dir/sparse" "$scratch/out" || return 1
	must client truncate 5000000000 /sparse || return 1
	[ "$(stat -c %s "$dir/sparse")" = 5000000000 ] || return 1
	must client truncate 3 /sparse || return 1
	[ "$(stat -c %s "$dir/sparse")" = 3 ]
}

names() {
	local long name
	long=$(printf 'n%.0s' {1..255})
	for name in "$long" $'new\nline' $'\xff\xfe\x01' '-l' '*' ' ' '...' '\n'; do
		printf '%s' "$name" >"$scratch/in"
		must client put "$scratch/in" "/$name" || return 1
		must cmp "$scratch/in" "$dir/$name" || return 1
	done
	[ "$(client ls / | wc -l)" = 8 ] || { client ls /; return 1; }
	must client get -r / "$scratch/copy" || return 1
	must diff -r "$dir" "$scratch/copy" || return 1
	must_fail 1 client put "$scratch/in" "/${long}n" && said 'too long'
}

long_path() {
	local part path i
	part=$(printf 'd%.0s' {1..180})
	path=
	for i in {1..10}; do
		path=$path/$part
		must client mkdir "$path" || return 1
	done
	echo deep >"$scratch/in"
	must client put "$scratch/in" "$path/file" || return 1
	[ "$(client cat "$path/file")" = deep ] || return 1
	must client get -r / "$scratch/copy" || return 1
	must diff -r "$dir" "$scratch/copy" || return 1
	must_fail 1 client cat "$path/$part/$part" && said 'not found' || return 1
	must_fail 1 client stat "$(printf '/%.0s' {1..3073})" || return 1
	must_fail 1 client stat "$(printf 'x%.0s' {1..70000})"
}

big_folder() {
	local i
	for ((i = 0; i < 2000; i++)); do
		: >"$dir/entry-with-a-rather-long-name-$i"
	done
	ls -A "$dir" | LC_ALL=C sort >"$scratch/wanted"
	client ls / >"$scratch/got" || return 1
	must cmp "$scratch/wanted" "$scratch/got"
}

# Entries that stay are met once, while others are made and removed.
changing_folder() {
	local i pid
	for ((i = 0; i < 500; i++)); do
		: >"$dir/stays-$i"
	done
	(while :; do
		for i in 1 2 3 4 5 6 7 8 9; do : >"$dir/comes-and-goes-$i"; done
		rm -f "$dir"/comes-and-goes-*
	done) &
	pid=$!
	for i in 1 2 3 4 5; do
		[ "$(client ls / | grep -c '^stays-')" = 500 ] || break
	done
	kill $pid
	wait $pid 2>/dev/null
	[ "$i" = 5 ] && [ "$(client ls / | grep -c '^stays-')" = 500 ]
}

name_operations() {
	echo one >"$dir/one"
	must client mv /one /two || return 1
	[ "$(cat "$dir/two")" = one ] && [ ! -e "$dir/one" ] || return 1
	echo three >"$dir/three"
	must_fail 1 client mv -n /two /three && said exists || return 1
	must client mv /two /three || return 1
	[ "$(cat "$dir/three")" = one ] || return 1
	must client ln /three /four || return 1
	[ "$(stat -c %h "$dir/four")" = 2 ] || return 1
	must client ln -s 'a/b c' /five || return 1
	[ "$(readlink "$dir/five")" = 'a/b c' ] || return 1
	[ "$(client readlink /five)" = 'a/b c' ] || return 1
	must_fail 1 client readlink /four || return 1
	must client mkdir /six || return 1
	must_fail 1 client mkdir /six && said exists || return 1
	must_fail 1 client rm /six && said folder || return 1
	: >"$dir/six/file"
	must_fail 1 client rmdir /six && said 'not empty' || return 1
	must client rm /six/file && must client rmdir /six || return 1
	must_fail 1 client rmdir /four && said 'not a folder' || return 1
	must_fail 1 client rm /seven && said 'not found'
}

slashes() {
	echo text >"$dir/file"
	mkdir "$dir/sub"
	ln -s file "$dir/link"
	[ "$(client cat //file)" = text ] && [ "$(client cat file)" = text ] &&
		[ "$(client cat sub/../file)" = text ] &&
		[ "$(client cat ./sub/.././file)" = text ] || return 1
	must client ls '' || return 1
	must client ls sub/ || return 1
	must_fail 1 client cat file/ || return 1
	must_fail 1 client stat file/ && said 'not a folder' || return 1
	must_fail 1 client rm file/ && said 'not a folder' || return 1
	must_fail 1 client rm link/ || return 1
	must_fail 1 client rm / || return 1
	must_fail 1 client rmdir / || return 1
	must_fail 1 client rmdir sub/.. || return 1
	must_fail 1 client mv / /x || return 1
	must_fail 1 client mkdir / && said exists || return 1
	must_fail 1 client ln /file / || return 1
	must_fail 1 client put /dev/null /sub || return 1
	must client mkdir new/ && must client rmdir new/ || return 1
	[ -L "$dir/link" ] && [ -d "$dir/sub" ]
}

status() {
	echo text >"$dir/file"
	chmod 640 "$dir/file"
	must client touch 1717764896 /file || return 1
	client stat /file >"$scratch/out" || return 1
	must grep -qx 'kind: file' "$scratch/out" || return 1
	must grep -qx 'mode: 0640' "$scratch/out" || return 1
	must grep -qx 'size: 5' "$scratch/out" || return 1
	must grep -qx "inode: $(stat -c %i "$dir/file")" "$scratch/out" || return 1
	must grep -qx 'modified: 2024-06-07 12:54:56.000000000' "$scratch/out" || return 1
	must client chmod 755 /file || return 1
	[ "$(stat -c %a "$dir/file")" = 755 ] || return 1
	must_fail 1 client chmod 4755 /file && said 'not permitted' || return 1
	[ "$(stat -c %a "$dir/file")" = 755 ] || return 1
	client ls -l / | grep -q '^-rwxr-xr-x *1 .* 2024-06-07 12:54:56 file$' || return 1
	client df | grep -qx "block size: $(stat -f -c %S "$dir")" || return 1
	client df | grep -qx 'read only: no'
}

# Opening these could block for ever, or do something.
special_files() {
	mkfifo "$dir/fifo"
	ln -s fifo "$dir/to-fifo"
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/sock" 2>/dev/null
	mknod "$dir/zero" c 1 5 2>/dev/null
	local name
	for name in fifo to-fifo sock zero; do
		[ -e "$dir/$name" ] || continue
		must_fail 1 client cat "/$name" && said 'neither' || return 1
		must_fail 1 client put /dev/null "/$name" && said 'neither' || return 1
	done
	# Who waits at a FIFO must not notice either.
	(echo "to nobody" >"$dir/fifo" && : >"$scratch/noticed") &
	local writer=$!
	until [ "$(sed 's/.*) //' /proc/$writer/stat | cut -d' ' -f1)" = S ]; do :; done
	must_fail 1 client cat /fifo || return 1
	kill -0 $writer || return 1
	kill $writer
	client stat /fifo | grep -qx 'kind: fifo' || return 1
	must client ls -l / || return 1
	must client get -r / "$scratch/copy" || return 1
	[ ! -e "$scratch/copy/fifo" ] || return 1
	must client rm /fifo
}

read_only() {
	echo text >"$dir/file"
	mkdir "$dir/sub"
	find "$dir" -printf '%p %s %m %T@ %l\n' | sort >"$scratch/before"
	[ "$(client cat /file)" = text ] || return 1
	local command
	for command in 'put /dev/null /new' 'put /dev/null /file' 'rm /file' \
		'mkdir /new' 'rmdir /sub' 'mv /file /new' 'ln /file /new' \
		'ln -s /file /new' 'chmod 600 /file' 'touch 1 /file' 'truncate 0 /file'; do
		must_fail 1 client $command && said 'nothing can be written' || return 1
	done
	client df | grep -qx 'read only: yes' || return 1
	find "$dir" -printf '%p %s %m %T@ %l\n' | sort >"$scratch/after"
	must cmp "$scratch/before" "$scratch/after"
}

no_access() {
	echo text >"$dir/file"
	chmod 000 "$dir/file"
	must_fail 1 client cat /file && said 'mode does not allow'
}

whole_tree() {
	cp -r runtime protocols "$dir/"
	ln -s /etc/passwd "$dir/runtime/absolute"
	ln -s ../nowhere "$dir/runtime/dangling"
	client --summary get -r / "$scratch/copy" 2>"$scratch/summary" || return 1
	must diff -r --no-dereference "$dir" "$scratch/copy" || return 1
	client tree / >"$scratch/tree" || return 1
	[ "$(wc -l <"$scratch/tree")" = "$(find "$dir" -mindepth 1 | wc -l)" ] || return 1
	grep -q ' 2 links' "$scratch/summary"
}

# A tree goes there as it comes back.
tree_stored() {
	cp -r runtime protocols "$outside/"
	ln -s ../nowhere "$outside/runtime/dangling"
	mkfifo "$outside/fifo"
	client --summary put -r "$outside" /there 2>"$scratch/summary" || return 1
	grep -q '1 links, 1 others' "$scratch/summary" || { cat "$scratch/summary"; return 1; }
	rm "$outside/fifo"
	must diff -r --no-dereference "$outside" "$dir/there" || return 1
	# Over what is there already, as far as that goes.
	echo more >"$outside/runtime/channel.c"
	must_fail 1 client put -r "$outside" /there && said exists || return 1
	must cmp "$outside/runtime/channel.c" "$dir/there/runtime/channel.c"
}

copies() {
	head -c 40000000 /dev/urandom >"$dir/from"
	echo longer than nothing >"$dir/to"
	must client cp /from /to || return 1
	must cmp "$dir/from" "$dir/to" || return 1
	must_fail 1 client cp /from /from && said 'no sense' || return 1
	[ "$(stat -c %s "$dir/from")" = 40000000 ] || return 1
	mkdir "$dir/folder"
	must_fail 1 client cp /folder /to && said folder || return 1
	must_fail 1 client cp /nothing /to && said 'not found'
}

made() {
	(umask 027 && client mkdir /folder && client touch /file && client mkfifo /fifo &&
		echo text | client put - /text) || return 1
	[ "$(stat -c '%a %F' "$dir/folder" "$dir/file" "$dir/fifo" "$dir/text")" = \
'750 directory
640 regular empty file
640 fifo
640 regular file' ] || { stat -c '%a %F %n' "$dir"/*; return 1; }
	touch -d @1 "$dir/file" "$dir/folder"
	must client touch /file && must client touch /folder || return 1
	[ "$(stat -c %Y "$dir/file")" -gt 1000000000 ] &&
		[ "$(stat -c %Y "$dir/folder")" -gt 1000000000 ]
}

watched() {
	local watcher
	mkdir "$dir/folder"
	client watch /folder >"$scratch/seen" &
	watcher=$!
	until grep -q watching "$scratch/seen"; do
		kill -0 $watcher || return 1
		sleep 0.01
	done
	echo text >"$dir/folder/file"
	must client mv /folder/file /folder/other || return 1
	rm "$dir/folder/other"
	rmdir "$dir/folder"
	must wait $watcher || return 1
	printf '%s\n' watching 'created file' 'modified file' 'written file' \
		'moved-from file' 'moved-to other' 'removed other' self-removed ended \
		>"$scratch/wanted"
	must diff "$scratch/wanted" "$scratch/seen"
}

usage() {
	must_fail 2 client && must_fail 2 client dance / && must_fail 2 client cat || return 1
	must_fail 2 client ls a b && must_fail 2 client --timeout x ls || return 1
	must_fail 0 client --help && said 'Exit status' || return 1
	must_fail 0 "$build/hostfs" --help && said 'Exit status' || return 1
	must_fail 2 "$build/hostfs" --root "$dir" || return 1
	must_fail 2 "$build/hostfs" --root "$dir" --socket s --max-clients 0 || return 1
	must_fail 1 "$build/hostfs" --root /nowhere --socket "$scratch/s" &&
		said /nowhere || return 1
	must_fail 1 "$build/hostfs" --root "$dir" --socket "$scratch/$(printf 's%.0s' {1..120})" &&
		said 'too long' || return 1
	must_fail 3 client --socket /nowhere ls
}

case_is 'files of any size come back' sizes
case_is 'a shorter file replaces a longer one' shorter
case_is 'sparse files come back, and grow and shrink' sparse
case_is 'names are any bytes up to 255' names
case_is 'long paths work up to their bound' long_path
case_is 'a folder of 2,000 entries is listed whole' big_folder
case_is 'entries that stay are listed once while others change' changing_folder
case_is 'names are moved, linked and removed' name_operations
case_is 'slashes and dots mean what they mean' slashes
case_is 'slashes and dots mean the same without openat2' slashes --no-openat2
case_is 'status, mode and times are those of the host' status
case_is 'special files are seen and never opened' special_files
case_is 'special files are never opened without openat2' special_files --no-openat2
case_is 'a read-only server changes nothing' read_only --read-only
# Root, with its capabilities, could open anything.
[ "$(id -u)" = 0 ] && server_prefix=(setpriv --bounding-set=-all)
case_is 'a file without access is refused' no_access
server_prefix=()
case_is 'a whole tree comes back' whole_tree
case_is 'a whole tree comes back without openat2' whole_tree --no-openat2
case_is 'a whole tree is stored' tree_stored
case_is 'files are copied within the server' copies
case_is 'what is made has the mode that the client may give' made
case_is 'what happens in a folder is printed' watched
case_is 'wrong usage is told with its exit status' usage
exit $failed
