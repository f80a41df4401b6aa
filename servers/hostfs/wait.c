/*
 * Calls that wait: for locks, which others of this server or of the host hold,
 * and for readiness. The host tells nobody when a lock is let go, so while
 * somebody waits all of them try again every few milliseconds.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <stdlib.h>

#define WAITERS_MAX 1024
#define RETRY_MS 10

bool wait_init(struct host *host)
{
	host->waiters = calloc(WAITERS_MAX, sizeof(*host->waiters));
	return host->waiters != NULL;
}

void wait_close(struct host *host)
{
	free(host->waiters);
}

static void forget(const struct waiter *waiter)
{
	waiter->account->waiters--;
	waiter->host->waiting--;
	if (waiter->kind != FILES_NEVER)
		waiter->host->retrying--;
}

/* Answers what its attempt has come to. */
static void answer(struct waiter *waiter, int error)
{
	forget(waiter);
	files_wait_over(waiter->kind, &waiter->reply, operations_error(error));
}

int wait_add(struct host *host, const struct waiter *from, struct sk_reply *to)
{
	struct session *account = from->account;

	if (account->waiters == HOSTFS_WAITERS_MAX || host->waiting == WAITERS_MAX)
		return ENOLCK;
	for (unsigned i = 0; i < WAITERS_MAX; i++) {
		struct waiter *waiter = &host->waiters[i];

		if (waiter->reply.port)
			continue;
		*waiter = *from;
		waiter->host = host;
		waiter->reply = sk_reply_keep(to);
		account->waiters++;
		host->waiting++;
		if (from->kind != FILES_NEVER)
			host->retrying++;
		if (host->waiters_end <= i)
			host->waiters_end = i + 1;
		break;
	}
	return 0;
}

void wait_canceled(struct host *host, uint64_t token)
{
	for (unsigned i = 0; i < host->waiters_end; i++) {
		struct waiter *waiter = &host->waiters[i];

		if (!waiter->reply.port || waiter->reply.token != token)
			continue;
		forget(waiter);
		sk_reply_drop(&waiter->reply);
	}
}

struct waiter *wait_next(const struct host *host, struct waiter *after)
{
	struct waiter *end = host->waiters + host->waiters_end;

	for (after = after ? after + 1 : host->waiters; after < end; after++)
		if (after->reply.port)
			return after;
	return NULL;
}

static int try_again(const struct waiter *waiter)
{
	switch (waiter->kind) {
	case FILES_FLOCK:
		return lock_whole(waiter->file, waiter->lock.kind);
	case FILES_LOCK:
		return lock_range(waiter->file->fd, &waiter->lock);
	case FILES_RECORD:
		return record_lock(waiter->session, waiter->node, waiter->owner,
			&waiter->lock);
	default:
		return EAGAIN;
	}
}

void wait_retry(struct host *host)
{
	unsigned end = host->waiters_end;

	if (host->waiting == 0)
		host->waiters_end = 0;
	if (host->retrying == 0 || sk_socket_now() < host->next_retry)
		return;
	/* Another one is the first each time. */
	host->retries++;
	for (unsigned i = 0; i < end; i++) {
		struct waiter *waiter = &host->waiters[(i + host->retries) % end];
		int error = waiter->reply.port ? try_again(waiter) : EAGAIN;

		if (error != EAGAIN)
			answer(waiter, error);
	}
	host->next_retry = sk_socket_after(RETRY_MS);
}

int wait_timeout_ms(const struct host *host)
{
	return host->retrying > 0 ? RETRY_MS : -1;
}
