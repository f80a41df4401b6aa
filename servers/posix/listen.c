#include "servers/posix/listen.h"

#include "servers/posix/watch.h"

#define BUCKETS 1024

static struct listener *buckets[BUCKETS];

#define NORMAL_READ (posix_PollEvents_READ_NORMAL | posix_PollEvents_READABLE)
#define NORMAL_WRITE (posix_PollEvents_WRITE_NORMAL | posix_PollEvents_WRITABLE)

bool listen_is_others(const struct file *file)
{
	return !file->ops && file->kind != posix_ObjectKind_FILE &&
		file->kind != posix_ObjectKind_DIRECTORY && file->handle.raw >= 0;
}

const void *listen_key(const struct file *file)
{
	return file->ops ? file->self : listen_is_others(file) ? file : NULL;
}

uint32_t listen_ready(struct file *file, const struct thread *thread)
{
	uint32_t ready = fs_Ready_READABLE | fs_Ready_WRITABLE;

	posix.looker = thread;
	if (file->ops)
		ready = file->ops->ready(file);
	else if (listen_is_others(file))
		ready = watch_ready(file);
	ready |= ready & posix_PollEvents_READABLE ? NORMAL_READ : 0;
	ready |= ready & posix_PollEvents_WRITABLE ? NORMAL_WRITE : 0;
	return ready;
}

static struct listener **bucket_of(const void *self)
{
	const uint64_t hash = (uintptr_t)self * UINT64_C(0x9e3779b97f4a7c15);

	return &buckets[(hash >> 32) % BUCKETS];
}

void listen_begin(struct listener *listener, const void *self,
	bool (*changed)(struct listener *listener))
{
	struct listener **bucket = bucket_of(self);

	*listener = (struct listener){*bucket, bucket, self, 0, changed};
	if (listener->next)
		listener->next->link = &listener->next;
	*bucket = listener;
}

void listen_end(struct listener *listener)
{
	if (!listener->link)
		return;
	*listener->link = listener->next;
	if (listener->next)
		listener->next->link = listener->link;
	listener->link = NULL;
}

/* Where others of the bucket may be gone it begins anew; each is told once. */
void poll_look(const void *self)
{
	static uint64_t last;
	const uint64_t turn = ++last;
	struct listener *listener = *bucket_of(self);

	while (listener) {
		if (listener->self != self || listener->turn >= turn) {
			listener = listener->next;
			continue;
		}
		listener->turn = turn;
		listener = listener->changed(listener) ? *bucket_of(self) : listener->next;
	}
}
