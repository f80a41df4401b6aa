/* Calls that wait for locks, in the order in which they came. */
#include "servers/ramfs/ramfs.h"

int wait_add(const struct waiter *from, struct sk_reply *to)
{
	struct account *account = from->account;
	struct ram *ram = account->ram;
	struct waiter *waiter = account->waiters < ram->limits.waiters ?
		ram_table_new(ram, sizeof(*waiter)) : NULL;

	if (!waiter)
		return fs_Error_ENOLCK;
	*waiter = *from;
	waiter->next = NULL;
	waiter->reply = sk_reply_keep(to);
	account_hold(account);
	account->waiters++;
	ram->waiting++;
	if (waiter->where.inode)
		where_hold(&waiter->where);
	*ram->waiters_end = waiter;
	ram->waiters_end = &waiter->next;
	return 0;
}

/* Takes those out that are over; nobody walks the list then. */
static void sweep(struct ram *ram)
{
	struct waiter **at = &ram->waiters;

	while (*at) {
		struct waiter *waiter = *at;
		struct account *account = waiter->account;

		if (!waiter->is_over) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		account->waiters--;
		ram->waiting--;
		where_release(&waiter->where);
		ram_table_free(ram, waiter, sizeof(*waiter));
		account_release(account);
	}
	ram->waiters_end = at;
}

void wait_canceled(struct ram *ram, uint64_t token)
{
	bool found = false;

	for (struct waiter *waiter = ram->waiters; waiter; waiter = waiter->next) {
		if (waiter->is_over || waiter->reply.token != token)
			continue;
		sk_reply_drop(&waiter->reply);
		waiter->is_over = true;
		found = true;
	}
	if (found && !ram->is_retrying)
		sweep(ram);
}

static struct inode *inode_of(const struct waiter *waiter)
{
	return waiter->kind == FILES_RECORD ? waiter->where.inode : waiter->file->where.inode;
}

static int try_again(struct waiter *waiter)
{
	switch (waiter->kind) {
	case FILES_FLOCK:
		return lock_whole(waiter->file, waiter->lock.kind);
	case FILES_LOCK:
	case FILES_RECORD:
		return lock_range(inode_of(waiter), &waiter->owner, &waiter->lock);
	default:
		return fs_Error_EAGAIN;
	}
}

/* Answers what its attempt has come to. */
static void answer(struct waiter *waiter, int error)
{
	waiter->is_over = true;
	files_wait_over(waiter->kind, &waiter->reply, error);
}

static void retry_once(struct ram *ram, const struct inode *inode)
{
	for (struct waiter *waiter = ram->waiters; waiter; waiter = waiter->next) {
		int error = waiter->is_over || waiter->kind == FILES_NEVER ||
			inode_of(waiter) != inode ? fs_Error_EAGAIN : try_again(waiter);

		if (error != fs_Error_EAGAIN)
			answer(waiter, error);
	}
}

void wait_retry(struct ram *ram, const struct inode *inode)
{
	/* What one of them gets may let go of what another one wants. */
	ram->retries = true;
	if (ram->is_retrying || !ram->waiters)
		return;
	ram->is_retrying = true;
	while (ram->retries) {
		ram->retries = false;
		retry_once(ram, inode);
	}
	ram->is_retrying = false;
	sweep(ram);
}
