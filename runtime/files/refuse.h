/*
 * Operations of fs.File that a server's files do not have, and refuse: of files that are
 * streams, as terminals and pipes, most.
 */
#ifndef RUNTIME_FILES_REFUSE_H
#define RUNTIME_FILES_REFUSE_H

#include "fs.skald.h"

/* op_NAME(), which answers with an error and does nothing. */
#define FILES_REFUSE(name, error) \
	static void op_##name(void *self, const struct fs_File_##name##_request *request, \
		struct sk_reply *to) \
	{ \
		(void)self; \
		(void)request; \
		fs_File_##name##_answer(to, fs_Error_##error, NULL); \
	}

/* What no stream has, with Linux's errors. Handles are opened anew, and locks are
 * whoever's that gives files to programs. */
#define FILES_REFUSE_STREAM \
	FILES_REFUSE(read_at, ESPIPE) \
	FILES_REFUSE(write_at, ESPIPE) \
	FILES_REFUSE(seek, ESPIPE) \
	FILES_REFUSE(truncate, EINVAL) \
	FILES_REFUSE(sync, EINVAL) \
	FILES_REFUSE(sync_range, ESPIPE) \
	FILES_REFUSE(extents, EOPNOTSUPP) \
	FILES_REFUSE(memory, ENODEV) \
	FILES_REFUSE(seals, EINVAL) \
	FILES_REFUSE(add_seals, EINVAL) \
	FILES_REFUSE(share, EOPNOTSUPP) \
	FILES_REFUSE(flock, EOPNOTSUPP) \
	FILES_REFUSE(lock, EOPNOTSUPP) \
	FILES_REFUSE(test_lock, EOPNOTSUPP)

#endif
