#!/bin/bash
# Nothing leads out of the served folder: not `..`, not links, not folders that
# are swapped for links while they are walked. Each case runs with openat2 and
# without.
cd "$(dirname "$0")/../.." || exit 1
. tests/hostfs/server.bash

# What must never be read, made or changed.
set_trap() {
	echo secret >"$outside/secret"
	mkdir "$outside/empty"
	chmod 700 "$outside/secret"
	find "$outside" -printf '%p %s %m %T@ %l\n' | sort >"$scratch/before"
}

trap_untouched() {
	find "$outside" -printf '%p %s %m %T@ %l\n' | sort >"$scratch/after"
	must cmp "$scratch/before" "$scratch/after"
}

# No command may get at what this path means outside.
tries() {
	local path=$1
	must_fail 1 client cat "$path/secret" || return 1
	must_fail 1 client stat "$path/secret" || return 1
	must_fail 1 client ls "$path/empty" || return 1
	must_fail 1 client rm "$path/secret" || return 1
	must_fail 1 client rmdir "$path/empty" || return 1
	must_fail 1 client chmod 777 "$path/secret" || return 1
	must_fail 1 client touch 1 "$path/secret" || return 1
	must_fail 1 client truncate 0 "$path/secret" || return 1
	must_fail 1 client mv "$path/secret" /stolen || return 1
	must_fail 1 client ln "$path/secret" /stolen || return 1
	must_fail 1 client readlink "$path/secret" || return 1
	must_fail 1 client mkdir "$path/empty/new" || return 1
	must_fail 1 client put /etc/hostname "$path/empty/new" || return 1
}

dots() {
	set_trap
	mkdir -p "$dir/a/b"
	local path
	for path in ../outside /../outside a/b/../../../outside a/../../outside \
		./../outside ../../../../../../../../"$outside" /..//../outside; do
		tries "$path" || return 1
	done
	# At the root `..` stays.
	echo here >"$dir/file"
	[ "$(client cat ../../file)" = here ] || return 1
	[ "$(client ls /..)" = "$(client ls /)" ] || return 1
	[ "$(client ls a/b/../../..)" = "$(client ls /)" ] || return 1
	must_fail 1 client rmdir a/b/../.. || return 1
	trap_untouched
}

links() {
	set_trap
	mkdir "$dir/sub"
	ln -s "$outside" "$dir/absolute"
	ln -s ../outside "$dir/relative"
	ln -s ../../outside "$dir/sub/deeper"
	ln -s absolute "$dir/twice"
	ln -s sub/deeper "$dir/thrice"
	local path
	for path in absolute relative sub/deeper twice thrice; do
		tries "$path" || return 1
	done
	# A link itself can be seen, moved and removed; what it names cannot.
	ln -s "$outside/secret" "$dir/file"
	must_fail 1 client cat /file || return 1
	must_fail 1 client put /etc/hostname /file || return 1
	must_fail 1 client chmod 777 /file || return 1
	[ "$(client readlink /file)" = "$outside/secret" ] || return 1
	must client touch 1 /file || return 1
	must client mv /file /moved || return 1
	must client rm /moved || return 1
	trap_untouched
}

# An absolute link starts at the served root.
links_within() {
	mkdir "$dir/sub"
	echo here >"$dir/sub/file"
	ln -s /sub/file "$dir/absolute"
	ln -s sub "$dir/folder"
	ln -s ../../../sub/file "$dir/sub/up"
	[ "$(client cat /absolute)" = here ] || return 1
	[ "$(client cat /folder/file)" = here ] || return 1
	[ "$(client cat /folder/up)" = here ] || return 1
	[ "$(client cat /folder/../folder/./file)" = here ] || return 1
	echo there | client put - /absolute || return 1
	[ "$(cat "$dir/sub/file")" = there ] || return 1
	ln -s /sub/made "$dir/dangling"
	echo new | client put - /dangling || return 1
	[ "$(cat "$dir/sub/made")" = new ]
}

loops() {
	ln -s self "$dir/self"
	ln -s two "$dir/one"
	ln -s one "$dir/two"
	mkdir "$dir/sub"
	ln -s . "$dir/sub/here"
	must_fail 1 client cat /self && said 'links' || return 1
	must_fail 1 client cat /one/file && said 'links' || return 1
	must_fail 1 client ls /two/ && said 'links' || return 1
	must_fail 1 client ls "/sub$(printf '/here%.0s' {1..100})" && said 'links' || return 1
	must client ls "/sub$(printf '/here%.0s' {1..30})"
}

# The server's own magic links, if /proc lies within the root.
magic_links() {
	set_trap
	must client ls "/$server" || return 1
	must_fail 1 client ls "/$server/root/" || return 1
	must_fail 1 client ls "/$server/cwd/" || return 1
	must_fail 1 client cat "/self/root/etc/passwd"
}

race() {
	local program
	program=$(compile race) || return 1
	set_trap
	must "$program" "$HOSTFS_SOCKET" "$dir" "$outside" || return 1
	trap_untouched
}

for mode in '' ' without openat2'; do
	option=${mode:+--no-openat2}
	case_is "dots do not lead out$mode" dots $option
	case_is "links do not lead out$mode" links $option
	case_is "links within are followed from the root$mode" links_within $option
	case_is "links that lead nowhere end$mode" loops $option
	case_is "folders swapped for links do not lead out$mode" race $option
done

# As case_is would, but with /proc as the served folder.
proc_server() {
	stop_server || return 1
	dir=/proc start_server --read-only || return 1
	magic_links
}
case_is 'magic links of /proc do not lead out' proc_server
exit $failed
