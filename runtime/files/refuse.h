/*
 * Operations of fs.File that a server's files do not have, and refuse: of files that are
 * streams, as terminals and pipes, most.
 */
#ifndef RUNTIME_FILES_REFUSE_H
#define RUNTIME_FILES_REFUSE_H

#include "fs.skald.h"

/* PREFIXname() of an interface, which answers with an error and does nothing. */
#define FILES_REFUSE_OF(prefix, interface, name, error) \
	void prefix##name(void *self, const struct fs_##interface##_##name##_request *request, \
		struct sk_reply *to) \
	{ \
		(void)self; \
		(void)request; \
		fs_##interface##_##name##_answer(to, error, NULL); \
	}

/* op_NAME() of fs.File, in one source. */
#define FILES_REFUSE(name, error) \
	static FILES_REFUSE_OF(op_, File, name, fs_Error_##error)

/* What files have not that are no rows of bytes, with Linux's errors: X(name, error). Handles
 * are opened anew, and locks are whoever's that gives files to programs. */
#define FILES_OTHER_REFUSES(X) \
	X(read_at, ESPIPE) \
	X(write_at, ESPIPE) \
	X(truncate, EINVAL) \
	X(sync, EINVAL) \
	X(sync_range, ESPIPE) \
	X(extents, EOPNOTSUPP) \
	X(memory, ENODEV) \
	X(seals, EINVAL) \
	X(add_seals, EINVAL) \
	X(share, EOPNOTSUPP) \
	X(flock, EOPNOTSUPP) \
	X(lock, EOPNOTSUPP) \
	X(test_lock, EOPNOTSUPP)
/* And no stream a position. */
#define FILES_STREAM_REFUSES(X) FILES_OTHER_REFUSES(X) X(seek, ESPIPE)

#define FILES_REFUSE_STREAM FILES_STREAM_REFUSES(FILES_REFUSE)

#endif
