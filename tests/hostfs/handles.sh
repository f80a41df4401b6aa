#!/bin/bash
# Bytes by lent memory, walks that stop, handles that are passed on: what a
# program does with the protocol that hostfs-client does not.
cd "$(dirname "$0")/../.." || exit 1
. tests/hostfs/server.bash

# Nothing is left of a program that has ended.
nothing_left() {
	await_count clients 0 && await_count handles 0 && await_count open_files 0 &&
		await_count nodes 0 && await_count kept 0
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

case_is 'leases of all sizes move their bytes' leases
case_is 'leases of all sizes move their bytes by copies' leases --no-mapping
case_is 'walks stop where they should, and tell how far they came' walks
case_is 'walks stop in the same places without openat2' walks --no-openat2
case_is 'open files are shared and passed on' handles
case_is 'locks are waited for, canceled and told' locks
case_is 'watchers tell what happens, and how much they lost' watchers
exit $failed
