/*
 * Files of other servers that are waited for: their server is asked once for each, however
 * many wait (fs.File.wait_ready), and posix hears from it when something has become ready.
 */
#ifndef SERVERS_POSIX_WATCH_H
#define SERVERS_POSIX_WATCH_H

#include "servers/posix/posix.h"

/* fs.Ready, as its server says now. */
uint32_t watch_ready(struct file *file);
/*
 * One more waits for some of `mask`, of a file that watch_ready() has just been asked about:
 * poll_look(file) will be called when it may be ready. Meanwhile others may be answered. The
 * first one's user pays. NULL: too many of its calls are under way, or there is no memory.
 */
struct watch *watch_begin(struct file *file, uint32_t mask, struct user *user);
/* That one waits no more; the file may have been closed since. */
void watch_end(struct watch *watch);

#endif
