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

struct range {
	uint64_t start, end;		/* the last byte */
	fs_LockKind kind;
	struct range *next;
};

struct locker {
	struct session *session;	/* NULL: a free place */
	fs_LockOwner owner;
	struct identity identity;
	int fd;
	struct range *ranges;
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

static void free_range(struct session *session, struct range *range)
{
	range->next = session->host->free_ranges;
	session->host->free_ranges = range;
	session->account->ranges--;
}

/* There is one: that was seen to. */
static struct range *new_range(struct session *session, struct range from)
{
	struct range *range = session->host->free_ranges;

	session->host->free_ranges = range->next;
	session->account->ranges++;
	*range = from;
	return range;
}

static bool has_ranges(const struct session *session, unsigned count)
{
	const struct range *range = session->host->free_ranges;

	if (session->account->ranges + count > HOSTFS_RANGES_MAX)
		return false;
	while (count > 0 && range) {
		range = range->next;
		count--;
	}
	return count == 0;
}

static uint64_t last_byte(const struct fs_Lock *lock)
{
	return lock->length == 0 ? UINT64_MAX : lock->start + lock->length - 1;
}

/* How many more ranges it takes at most to set this lock. */
static unsigned ranges_for(const struct locker *locker, const struct fs_Lock *lock)
{
	unsigned count = lock->kind != fs_LockKind_NONE;

	for (const struct range *at = locker->ranges; at; at = at->next)
		if (at->start < lock->start && at->end > last_byte(lock))
			count++;
	return count;
}

/* Takes bytes out of one range: whether anything is left of it. */
static bool cut(struct session *session, struct range *range, uint64_t start,
	uint64_t end)
{
	if (range->start < start && range->end > end)
		range->next = new_range(session, (struct range){
			end + 1, range->end, range->kind, range->next});
	if (range->start < start)
		range->end = start - 1;
	else if (range->end > end)
		range->start = end + 1;
	else
		return false;
	return true;
}

static void set_ranges(struct locker *locker, const struct fs_Lock *lock)
{
	uint64_t end = last_byte(lock);
	struct range **at = &locker->ranges;

	while (*at) {
		struct range *range = *at;

		if (range->end < lock->start || range->start > end ||
				cut(locker->session, range, lock->start, end)) {
			at = &range->next;
			continue;
		}
		*at = range->next;
		free_range(locker->session, range);
	}
	if (lock->kind != fs_LockKind_NONE)
		locker->ranges = new_range(locker->session, (struct range){
			lock->start, end, lock->kind, locker->ranges});
}

/* ---- lockers ---- */

static void end_locker(struct locker *locker)
{
	while (locker->ranges) {
		struct range *range = locker->ranges;

		locker->ranges = range->next;
		free_range(locker->session, range);
	}
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
	struct locker *locker;
	struct flock range;
	int error = node ? lock_to_host(&range, lock) : EBADF;

	if (error == 0 && lock->kind == fs_LockKind_NONE &&
			!find(session, &node->identity, owner))
		return 0;
	if (error == 0)
		error = find_or_add(session, node, owner, &locker);
	if (error != 0)
		return error;
	error = has_ranges(session, ranges_for(locker, lock)) ?
		lock_range(locker->fd, lock) : ENOLCK;
	if (error == 0)
		set_ranges(locker, lock);
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

static bool is_in_the_way(const struct range *range, const struct fs_Lock *lock)
{
	return range->start <= last_byte(lock) && range->end >= lock->start &&
		(range->kind == fs_LockKind_EXCLUSIVE ||
		lock->kind == fs_LockKind_EXCLUSIVE);
}

static bool holds_in_the_way(const struct locker *locker, const struct fs_Lock *lock)
{
	const struct range *range = locker->session ? locker->ranges : NULL;

	while (range && !is_in_the_way(range, lock))
		range = range->next;
	return range != NULL;
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

/* ---- operations ---- */

static int wait_for(struct session *session,
	const struct fs_FileSystem_lock_request *request, struct sk_reply *to)
{
	const struct waiter waiter = {
		.kind = WAIT_RECORD, .account = session->account, .session = session,
		.node = request->node, .owner = request->owner, .lock = request->range,
	};
	const struct wish wish = {
		session, request->owner, &node_of(session, request->node)->identity,
		&request->range,
	};

	/* Each of those who wait is looked at once. */
	session->host->search++;
	if (waits_in_a_ring(session->host, &wish, &wish, 0))
		return EDEADLK;
	return wait_add(session->host, &waiter, to);
}

void op_lock(void *self, const struct fs_FileSystem_lock_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_lock_reply reply = {0};
	int error = record_lock(self, request->node, request->owner, &request->range);

	if (error == EAGAIN && request->wait) {
		error = wait_for(self, request, to);
		if (error == 0)
			return;
	}
	fs_FileSystem_lock_answer(to, operations_error(error), &reply);
}

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
