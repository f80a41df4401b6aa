#include "servers/posix/watch.h"

struct watch {
	struct asked asked;
	struct file *file;			/* NULL: it has been closed */
	struct user *user;
	uint32_t waiters;
	uint32_t mask;				/* of all of them, so far */
	/* Its server cannot be asked: it is as ready as files are that nobody waits for. */
	bool is_lost;
};

#define READY (fs_Ready_READABLE | fs_Ready_WRITABLE)
#define ALL (READY | fs_Ready_URGENT | fs_Ready_READ_HANG_UP)

uint32_t watch_ready(struct file *file)
{
	struct fs_File_ready_reply reply;

	if (fs_File_ready(on(file->handle), &(struct fs_File_ready_request){ALL}, &reply,
			NULL) != 0)
		return fs_Ready_ERROR;
	file->sequence = reply.sequence;
	return reply.now | (file->watch && file->watch->is_lost ? READY : 0);
}

static void answered(struct asked *asked, struct sk_completion *done);

static bool ask(struct watch *watch)
{
	const struct fs_File_wait_ready_request request = {watch->mask, watch->file->sequence};
	struct sk_ring *ring = ask_ring(watch->user);
	const uint64_t number = ask_number();

	if (!ring || fs_File_wait_ready_begin(ring, on(watch->file->handle), &request, number,
			NULL) != SK_OK)
		return false;
	watch->asked.answered = answered;
	ask_begun(&watch->asked, number, watch->user);
	return true;
}

/* Those that are not over wait on, for what comes after what they have just seen. */
static void answered(struct asked *asked, struct sk_completion *done)
{
	struct watch *watch = (struct watch *)(void *)asked;
	struct file *file = watch->file;
	struct fs_File_wait_ready_reply reply;

	/* One that does not count would say the same at once, again and again. */
	watch->is_lost = fs_File_wait_ready_end(done, &reply) != 0 || reply.sequence == 0;
	/* Nobody may look now: what has been told is not to be told again. */
	if (!watch->is_lost && reply.sequence > file->sequence)
		file->sequence = reply.sequence;
	poll_look(file);
	if (file->watch != watch || watch->asked.number != 0 || watch->is_lost)
		return;
	watch->is_lost = !ask(watch);
	if (watch->is_lost)
		poll_look(file);
}

static struct watch *watch_new(struct file *file, struct user *user)
{
	struct watch *watch = allocate(sizeof(*watch));

	if (!watch)
		return NULL;
	watch->file = file;
	watch->user = user_take(user);
	file->watch = watch;
	return watch;
}

struct watch *watch_begin(struct file *file, uint32_t mask, struct user *user)
{
	struct watch *watch = file->watch ? file->watch : watch_new(file, user);

	if (!watch)
		return NULL;
	watch->waiters++;
	if (watch->asked.number != 0 && !(mask & ALL & ~watch->mask))
		return watch;
	watch->mask |= mask & ALL;
	ask_give_up(&watch->asked);
	if (ask(watch))
		return watch;
	watch_end(watch);
	return NULL;
}

void watch_end(struct watch *watch)
{
	if (--watch->waiters > 0)
		return;
	if (watch->file)
		watch->file->watch = NULL;
	ask_give_up(&watch->asked);
	user_drop(watch->user);
	release(watch);
}

void watch_closed(struct file *file)
{
	struct watch *watch = file->watch;

	if (!watch)
		return;
	file->watch = NULL;
	watch->file = NULL;
	ask_give_up(&watch->asked);
}
