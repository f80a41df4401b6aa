/*
 * Record locks. The host would have them belong to this process as a whole, so
 * each owner of a client has an open file of its own on each node that it
 * locks, and locks that. The host decides; what is kept here says who holds
 * what, to be told, and to see when owners wait for each other.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define LOCKERS_MAX 1024
#define RANGES_MAX 4096
/* Owners that wait for one another, one behind the other. */
#define CHAIN_MAX 64

struct locker {
	struct session *session;	/* NULL: a free place */
	fs_LockOwner owner;
	struct identity identity;
	int fd;
	struct files_range *ranges;
};

bool record_init(struct host *host)
{
	host->lockers = calloc(LOCKERS_MAX, sizeof(*host->lockers));
	host->ranges = calloc(RANGES_MAX, sizeof(*host->ranges));
	for (unsigned i = 0; host->ranges && i < RANGES_MAX; i++) {
		host->ranges[i].next = host->free_ranges;
		host->free_ranges = &host->ranges[i];
	}
	return host->lockers && host->ranges;
}

void record_close(struct host *host)
{
	free(host->lockers);
	free(host->ranges);
}

static struct locker *locker_end(const struct host *host)
{
	return host->lockers + host->lockers_end;
}

/* ---- ranges ---- */

static struct files_range *take_range(void *context)
{
	struct session *session = context;
	struct files_range *range = session->account->ranges < HOSTFS_RANGES_MAX ?
		session->host->free_ranges : NULL;

	if (!range)
		return NULL;
	session->host->free_ranges = range->next;
	session->account->ranges++;
	return range;
}

static void give_range(void *context, struct files_range *range)
{
	struct session *session = context;

	range->next = session->host->free_ranges;
	session->host->free_ranges = range;
	session->account->ranges--;
}

static struct files_ranges ranges_of(struct session *session)
{
	return (struct files_ranges){take_range, give_range, session};
}

static bool has_ranges(const struct session *session, unsigned count)
{
	const struct files_range *range = session->host->free_ranges;

	if (session->account->ranges + count > HOSTFS_RANGES_MAX)
		return false;
	while (count > 0 && range) {
		range = range->next;
		count--;
	}
	return count == 0;
}

/* ---- lockers ---- */

static void end_locker(struct locker *locker)
{
	const struct files_ranges ranges = ranges_of(locker->session);

	files_ranges_free(&locker->ranges, &ranges);
	close(locker->fd);
	locker->session->account->lockers--;
	locker->session = NULL;
}

static struct locker *find(const struct session *session,
	const struct identity *identity, fs_LockOwner owner)
{
	struct host *host = session->host;

	for (struct locker *at = host->lockers; at < locker_end(host); at++)
		if (at->session == session && at->owner == owner &&
				node_is_same(&at->identity, identity))
			return at;
	return NULL;
}

static struct locker *free_place(struct host *host)
{
	for (unsigned i = 0; i < LOCKERS_MAX; i++)
		if (!host->lockers[i].session) {
			if (host->lockers_end <= i)
				host->lockers_end = i + 1;
			return &host->lockers[i];
		}
	return NULL;
}

static int open_to_lock(const struct session *session, int node)
{
	struct fs_Status status;
	int fd, error = node_status(node, &status, NULL);

	if (error != 0 || status.kind != fs_Kind_FILE)
		return error != 0 ? -error : -EINVAL;
	fd = session->read_only ? -EROFS : node_reopen(session->host, node, O_RDWR);
	if (fd < 0)
		fd = node_reopen(session->host, node, O_RDONLY);
	if (fd == -EACCES)
		fd = node_reopen(session->host, node, O_WRONLY);
	return fd;
}

/* 0 or an errno. */
static int find_or_add(struct session *session, const struct node *node,
	fs_LockOwner owner, struct locker **to)
{
	struct session *account = session->account;
	int fd;

	*to = find(session, &node->identity, owner);
	if (*to)
		return 0;
	if (account->lockers == HOSTFS_LOCKERS_MAX)
		return ENOLCK;
	fd = open_to_lock(session, node->fd);
	if (fd < 0)
		return -fd;
	*to = free_place(session->host);
	if (!*to) {
		close(fd);
		return ENOLCK;
	}
	**to = (struct locker){
		.session = session, .owner = owner, .identity = node->identity, .fd = fd,
	};
	account->lockers++;
	return 0;
}

int record_lock(struct session *session, fs_Node number, fs_LockOwner owner,
	const struct fs_Lock *lock)
{
	const struct node *node = node_of(session, number);
	const struct files_ranges ranges = ranges_of(session);
	struct locker *locker;
	int error = node ? files_lock_check(lock) : EBADF;

	if (error == 0 && lock->kind == fs_LockKind_NONE &&
			!find(session, &node->identity, owner))
		return 0;
	if (error == 0)
		error = find_or_add(session, node, owner, &locker);
	if (error != 0)
		return error;
	/* What the host has locked must be written down. */
	error = has_ranges(session, files_ranges_needed(locker->ranges, lock)) ?
		lock_range(locker->fd, lock) : ENOLCK;
	if (error == 0)
		files_ranges_set(&locker->ranges, lock, &ranges);
	if (!locker->ranges)
		end_locker(locker);
	return error;
}

void record_release(struct session *session, const struct identity *identity,
	const fs_LockOwner *owner)
{
	struct host *host = session->host;

	for (struct locker *at = host->lockers; at < locker_end(host); at++)
		if (at->session == session && (!owner || at->owner == *owner) &&
				(!identity || node_is_same(&at->identity, identity)))
			end_locker(at);
	while (host->lockers_end > 0 && !host->lockers[host->lockers_end - 1].session)
		host->lockers_end--;
}

/* ---- who holds what ---- */

static bool holds_in_the_way(const struct locker *locker, const struct fs_Lock *lock)
{
	return locker->session && files_ranges_block(locker->ranges, lock);
}

fs_LockOwner record_holder(const struct session *session, int fd,
	const struct fs_Lock *found)
{
	const struct host *host = session->host;
	struct fs_Lock any = *found;
	struct identity identity;

	any.kind = fs_LockKind_EXCLUSIVE;
	if (found->kind == fs_LockKind_NONE || node_status(fd, NULL, &identity) != 0)
		return 0;
	for (const struct locker *at = host->lockers; at < locker_end(host); at++)
		if (at->session == session && node_is_same(&at->identity, &identity) &&
				holds_in_the_way(at, &any))
			return at->owner;
	return 0;
}

/* Somebody who wants a lock. */
struct wish {
	const struct session *session;
	fs_LockOwner owner;
	const struct identity *identity;
	const struct fs_Lock *lock;
};

/* Whether the wish would wait, in the end, for whoever has the first one. */
static bool waits_in_a_ring(struct host *host, const struct wish *first,
	const struct wish *wish, unsigned depth)
{
	for (const struct locker *at = host->lockers; at < locker_end(host); at++) {
		struct waiter *waiter = NULL;

		if (!at->session || !node_is_same(&at->identity, wish->identity) ||
				(at->session == wish->session && at->owner == wish->owner) ||
				!holds_in_the_way(at, wish->lock))
			continue;
		if (at->session == first->session && at->owner == first->owner)
			return true;
		while (depth < CHAIN_MAX && (waiter = wait_next(host, waiter)) != NULL) {
			const struct node *node = waiter->session == at->session &&
				waiter->owner == at->owner && waiter->seen != host->search ?
				node_of(waiter->session, waiter->node) : NULL;

			if (!node)
				continue;
			waiter->seen = host->search;
			if (waits_in_a_ring(host, first, &(struct wish){waiter->session,
					waiter->owner, &node->identity, &waiter->lock},
					depth + 1))
				return true;
		}
	}
	return false;
}

bool record_is_deadly(struct session *session, fs_Node node, fs_LockOwner owner,
	const struct fs_Lock *lock)
{
	const struct wish wish = {
		session, owner, &node_of(session, node)->identity, lock,
	};

	/* Each of those who wait is looked at once. */
	session->host->search++;
	return waits_in_a_ring(session->host, &wish, &wish, 0);
}

/* ---- operations ---- */

void op_test_lock(void *self, const struct fs_FileSystem_test_lock_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	const struct node *node = node_of(session, request->node);
	const struct locker *own = node ?
		find(session, &node->identity, request->owner) : NULL;
	struct fs_FileSystem_test_lock_reply reply = {0};
	int fd = !node ? -EBADF : own ? own->fd : open_to_lock(session, node->fd);
	int error = fd < 0 ? -fd : lock_test(fd, &request->range, &reply.found);

	if (error == 0)
		reply.holder = record_holder(session, fd, &reply.found);
	if (fd >= 0 && !own)
		close(fd);
	fs_FileSystem_test_lock_answer(to, operations_error(error), &reply);
}

void op_unlock_all(void *self, const struct fs_FileSystem_unlock_all_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_unlock_all_reply reply = {0};
	struct session *session = self;
	const struct node *node = node_of(session, request->node);
	int error = request->node == 0 || node ? 0 : EBADF;

	if (error == 0)
		record_release(session, node ? &node->identity : NULL, &request->owner);
	fs_FileSystem_unlock_all_answer(to, operations_error(error), &reply);
}
