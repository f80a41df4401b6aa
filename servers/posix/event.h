/*
 * Files without bytes that posix serves itself: counters (counter.c, eventfd), timers to wait
 * for (ticker.c, timerfd), signals to be read (signals.c, signalfd), and what says which of
 * many files are ready (epoll.c). What all can be asked as files is in event.c.
 */
#ifndef SERVERS_POSIX_EVENT_H
#define SERVERS_POSIX_EVENT_H

#include "servers/posix/posix.h"

/* NULL: the user has too many files. It is nothing yet: without operations. */
struct file *event_file(posix_ObjectKind kind, posix_NewFlags flags);
/* It becomes a descriptor; the reference is taken over. EMFILE, ENFILE, ENOMEM. */
int event_install(struct thread *thread, struct file *file, posix_NewFlags flags,
	struct sk_port *port, struct posix_Opened *opened, struct sk_handle *handle);
/* Whether who asks to wait may, by the flags of the open file. */
bool event_may_wait(const struct access *access, bool wait);
/* `canceled` of waits that are nothing but memory. */
void event_canceled(struct wait *wait);

/* Operations of fs.File, the same for all. */
#define EVENT_FILE(X) X(read) X(write) X(read_at) X(write_at) X(seek) X(truncate) X(allocate) \
	X(sync) X(sync_range) X(memory) X(ready) X(status) X(describe)
#define X(name) void event_##name(void *self, const struct fs_File_##name##_request *request, \
	struct sk_reply *to);
EVENT_FILE(X)
#undef X
#define EVENT_FILE_OPS \
	.read = event_read, .write = event_write, .read_at = event_read_at, \
	.write_at = event_write_at, .seek = event_seek, .truncate = event_truncate, \
	.allocate = event_allocate, .sync = event_sync, .sync_range = event_sync_range, \
	.memory = event_memory, .ready = event_ready, .status = event_status, \
	.describe = event_describe

#endif
