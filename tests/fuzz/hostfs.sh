#!/bin/bash
# Usage: tests/fuzz/hostfs.sh [NAME]
#
# The file server under datagrams at random (fuzz/server.h): no finding, and
# faults that are planted in it are found.
set -u
server=hostfs
source "$(dirname "$0")/server.bash"
check 'an open file that is never closed is found' find_fault 'descriptors are open' \
	servers/hostfs/file.c 's/(\nstatic void close_file[^}]*)close\(file->fd\);/\1/'
check 'a node that is never forgotten is found' find_fault 'nodes' \
	servers/hostfs/session.c 's/(\nvoid session_gone[^}]*)node_forget_all\(session\);/\1/'
check 'a link that leads outside is found' find_fault 'a secret came' \
	servers/hostfs/resolve.c \
	's/RESOLVE_BENEATH \| RESOLVE_NO_SYMLINKS \| RESOLVE_NO_MAGICLINKS/0/g'
check 'who waits and is never told is found' find_fault 'who wait|the server knows|requests' \
	servers/hostfs/wait.c 's/(\nvoid wait_canceled.*)forget\(waiter\);/\1continue;/'
exit $failed
