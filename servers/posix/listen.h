/*
 * Who listens to changes of files: polls and epolls. A file that posix serves changes as its
 * `self`, one of another server as itself (watch.c).
 */
#ifndef SERVERS_POSIX_LISTEN_H
#define SERVERS_POSIX_LISTEN_H

#include "servers/posix/posix.h"

struct listener {
	struct listener *next, **link;		/* in its bucket; link NULL: it does not listen */
	const void *self;
	uint64_t turn;				/* when it was last told */
	/* By poll_look(self). True: any of them may have ended meanwhile. */
	bool (*changed)(struct listener *listener);
};

void listen_begin(struct listener *listener, const void *self,
	bool (*changed)(struct listener *listener));
/* Also of one that does not listen. */
void listen_end(struct listener *listener);
/* What is told of changes of this file; NULL: it never changes. */
const void *listen_key(const struct file *file);

/* What a file is ready for, of posix.PollEvents, for this thread. */
uint32_t listen_ready(struct file *file, const struct thread *thread);
/* Another server has it. */
bool listen_is_others(const struct file *file);

#endif
