/*
 * Files without bytes that posix serves itself: counters (counter.c, eventfd), timers to wait
 * for (ticker.c, timerfd), signals to be read (signals.c, signalfd), and what says which of
 * many files are ready (epoll.c). What all can be asked as files is in event.c.
 */
#ifndef SERVERS_POSIX_EVENT_H
#define SERVERS_POSIX_EVENT_H

#include "runtime/files/refuse.h"
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
/* The file is closed: whoever waits gets EBADF. */
void event_end_waits(struct wait **list);

/* Operations of fs.File, the same for all. Refused are X(name, error). */
#define EVENT_REFUSES(X) FILES_OTHER_REFUSES(X) X(read, EINVAL) X(write, EINVAL) \
	X(allocate, ENODEV)
#define EVENT_DECLARE(name, error) void event_##name(void *self, \
	const struct fs_File_##name##_request *request, struct sk_reply *to);
EVENT_REFUSES(EVENT_DECLARE)
EVENT_DECLARE(seek, 0)
EVENT_DECLARE(ready, 0)
EVENT_DECLARE(status, 0)
EVENT_DECLARE(describe, 0)
#undef EVENT_DECLARE
#define EVENT_OP(name, error) .name = event_##name,
#define EVENT_FILE_OPS EVENT_REFUSES(EVENT_OP) .seek = event_seek, .ready = event_ready, \
	.status = event_status, .describe = event_describe

#endif
