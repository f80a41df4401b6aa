#!/bin/bash
# Usage: tests/fuzz/ramfs.sh [NAME]
#
# Files in memory under datagrams at random (fuzz/server.h): no finding, and
# faults that are planted in the server are found.
set -u
server=ramfs
source "$(dirname "$0")/server.bash"
check 'links that are counted wrong are found' find_fault 'links are not' \
	servers/ramfs/names.c 's/from->links--;//'
check 'a name that is listed in the wrong place is found' find_fault 'cookie' \
	servers/ramfs/directory.c 's/set_slot\(other\);//'
check 'old bytes behind the end of a file are found' find_fault 'behind its end' \
	servers/ramfs/inode.c 's/memset\(page \+ size % RAM_PAGE[^;]*;/(void)0;/'
check 'memory that is not paid back is found' find_fault 'bytes are left|not paid for|more pages' \
	servers/ramfs/data.c 's/ram_free\(ram, data->charge, below, sizeof\(\*below\)\);//'
check 'a lock that is given back unheard is found' find_fault 'who could lock' \
	servers/ramfs/lock.c 's/if \(had_one\)\s*wait_retry\(inode->ram, inode\);//'
check 'locks that overlap are found' find_fault 'ranges overlap' \
	runtime/files/range.c 's/range->end = gap->start - 1;//'
check 'a watch of what is no more is found' find_fault 'use-after-free|watched' \
	servers/ramfs/inode.c 's/watch_ended\(inode\);//'
check 'an access list that the mode does not follow is found' find_fault 'access list' \
	servers/ramfs/op_status.c 's/acl_mode_set\(where.inode\);//'
check 'a client that leaves nodes behind is found' find_fault 'nobody is there' \
	servers/ramfs/session.c 's/(\nvoid session_close[^}]*)node_forget_all\(session\);/\1/'
exit $failed
