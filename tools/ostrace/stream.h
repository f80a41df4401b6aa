/*
 * A stream: bytes as they come, in pieces of any size, cut into entries. Where they
 * are none, it looks for the next place at which two entries follow each other (or
 * the last one), and goes on there.
 */
#ifndef OSTRACE_STREAM_H
#define OSTRACE_STREAM_H

#include "tools/ostrace/entry.h"

struct stream_ops {
	/* `bytes` are the entry's, behind its size; they last until this returns. */
	void (*entry)(void *self, const struct entry *entry, const uint8_t *bytes);
	/* These bytes of the stream are no entries. */
	void (*damaged)(void *self, uint64_t offset, uint64_t size);
	/* The stream ends within an entry. */
	void (*cut)(void *self, uint64_t offset, uint64_t size);
};

struct stream {
	const struct stream_ops *ops;
	void *self;
	uint8_t *bytes;			/* not consumed yet */
	size_t size;
	size_t room;
	uint64_t offset;		/* of the first of them */
	bool is_lost;			/* looking for entries, since: */
	uint64_t lost_since;
};

void stream_begin(struct stream *stream, const struct stream_ops *ops, void *self);
void stream_push(struct stream *stream, const void *bytes, size_t size);
/* No more comes. */
void stream_end(struct stream *stream);

#endif
