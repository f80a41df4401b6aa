/*
 * Locks: of files as wholes (flock), and of ranges, which belong to open files
 * or to owners of a session. Each owner's ranges on a node are a list by start,
 * where those that touch and are of one kind are one.
 */
#include "servers/ramfs/ramfs.h"

/* Owners that wait for one another, one behind the other. */
#define CHAIN_MAX 64

struct range {
	struct range *next;
	uint64_t start, end;		/* the last byte */
	fs_LockKind kind;
};

struct locker {
	struct locker *next;		/* on the same node */
	struct lock_owner owner;
	struct account *account;
	struct range *ranges;
	/* In the list of all that sessions have. */
	struct locker *next_of_session;
	struct inode *inode;		/* held */
};

static bool is_same(const struct lock_owner *one, const struct lock_owner *other)
{
	return one->file == other->file && one->session == other->session &&
		one->number == other->number;
}

/* ---- the whole ---- */

int lock_whole(struct open_file *file, fs_LockKind kind)
{
	struct inode *inode = file->where.inode;
	struct open_file **at = &inode->flocks;
	bool had_one = file->flock != fs_LockKind_NONE;
	int error = 0;

	if (kind < 0 || kind > fs_LockKind_EXCLUSIVE)
		return fs_Error_EINVAL;
	if (kind == file->flock)
		return 0;
	while (*at && *at != file)
		at = &(*at)->next_flock;
	if (*at)
		*at = file->next_flock;
	file->flock = fs_LockKind_NONE;
	for (struct open_file *other = inode->flocks; other && kind; other = other->next_flock)
		if (kind == fs_LockKind_EXCLUSIVE || other->flock == fs_LockKind_EXCLUSIVE)
			error = fs_Error_EAGAIN;
	if (error == 0 && kind != fs_LockKind_NONE) {
		file->flock = kind;
		file->next_flock = inode->flocks;
		inode->flocks = file;
	}
	if (had_one)
		wait_retry(inode->ram, inode);
	return error;
}

/* ---- ranges ---- */

static uint64_t last_byte(const struct fs_Lock *lock)
{
	return lock->length == 0 ? INT64_MAX : lock->start + lock->length - 1;
}

static int check(const struct fs_Lock *lock)
{
	if (lock->kind < 0 || lock->kind > fs_LockKind_EXCLUSIVE ||
			lock->start > INT64_MAX || lock->length > INT64_MAX ||
			(lock->length > 0 && lock->length - 1 > INT64_MAX - lock->start))
		return fs_Error_EINVAL;
	return 0;
}

static struct locker **place_of(const struct inode *inode, const struct lock_owner *owner)
{
	struct locker **at = (struct locker **)(uintptr_t)&inode->lockers;

	while (*at && !is_same(&(*at)->owner, owner))
		at = &(*at)->next;
	return at;
}

static const struct range *in_the_way(const struct locker *locker,
	const struct fs_Lock *lock)
{
	const struct range *range = locker->ranges;

	while (range && (range->start > last_byte(lock) || range->end < lock->start ||
			(range->kind != fs_LockKind_EXCLUSIVE &&
			lock->kind != fs_LockKind_EXCLUSIVE)))
		range = range->next;
	return range;
}

/* Another one's that is in the way, and whose. */
static const struct range *find_other(const struct inode *inode,
	const struct lock_owner *owner, const struct fs_Lock *lock,
	const struct locker **whose)
{
	const struct range *range = NULL;

	*whose = inode->lockers;
	for (; *whose && !range; *whose = range ? *whose : (*whose)->next)
		if (!is_same(&(*whose)->owner, owner))
			range = in_the_way(*whose, lock);
	return range;
}

static struct range *new_range(struct locker *locker, uint64_t start, uint64_t end,
	fs_LockKind kind)
{
	struct ram *ram = locker->inode->ram;
	struct range *range = locker->account->ranges < ram->limits.ranges ?
		ram_table_new(ram, sizeof(*range)) : NULL;

	if (!range)
		return NULL;
	locker->account->ranges++;
	range->start = start;
	range->end = end;
	range->kind = kind;
	return range;
}

static void free_range(struct locker *locker, struct range *range)
{
	locker->account->ranges--;
	ram_table_free(locker->inode->ram, range, sizeof(*range));
}

static void free_ranges(struct locker *locker, struct range *range)
{
	while (range) {
		struct range *next = range->next;

		free_range(locker, range);
		range = next;
	}
}

static struct locker *new_locker(struct inode *inode, const struct lock_owner *owner,
	struct account *account)
{
	struct locker **at = place_of(inode, owner), *locker = NULL;

	if (account->lockers < inode->ram->limits.lockers)
		locker = ram_table_new(inode->ram, sizeof(*locker));
	if (!locker)
		return NULL;
	account->lockers++;
	account_hold(account);
	inode_hold(inode);
	locker->owner = *owner;
	locker->account = account;
	locker->inode = inode;
	*at = locker;
	if (owner->session) {
		locker->next_of_session = owner->session->lockers;
		owner->session->lockers = locker;
	}
	return locker;
}

/* Takes it out of its lists; what waits is not served yet. */
static void end_locker(struct locker *locker)
{
	struct inode *inode = locker->inode;
	struct account *account = locker->account;
	struct locker **at = place_of(inode, &locker->owner);

	*at = locker->next;
	if (locker->owner.session) {
		at = &locker->owner.session->lockers;
		while (*at != locker)
			at = &(*at)->next_of_session;
		*at = locker->next_of_session;
	}
	free_ranges(locker, locker->ranges);
	account->lockers--;
	ram_table_free(inode->ram, locker, sizeof(*locker));
	account_release(account);
	inode_release(inode);
}

/* ---- setting ---- */

/*
 * What the ranges are to be: the old ones but for what the lock covers, and
 * the lock, each joined with its neighbour where they touch and are alike.
 */
struct row {
	struct locker *locker;
	struct range *first, *last;
	bool is_full;
};

static void append(struct row *row, uint64_t start, uint64_t end, fs_LockKind kind)
{
	struct range *last = row->last, *range;

	if (kind == fs_LockKind_NONE || start > end || row->is_full)
		return;
	if (last && last->kind == kind && last->end + 1 == start) {
		last->end = end;
		return;
	}
	range = new_range(row->locker, start, end, kind);
	row->is_full = !range;
	if (!range)
		return;
	*(last ? &last->next : &row->first) = range;
	row->last = range;
}

static void build(struct row *row, const struct fs_Lock *lock)
{
	uint64_t end = last_byte(lock);
	bool is_in = false;

	for (const struct range *old = row->locker->ranges; old; old = old->next) {
		uint64_t before = lock->start > 0 && old->end >= lock->start ?
			lock->start - 1 : old->end;

		if (old->start < lock->start)
			append(row, old->start, before, old->kind);
		if (!is_in && old->end >= lock->start) {
			append(row, lock->start, end, lock->kind);
			is_in = true;
		}
		if (old->end > end)
			append(row, old->start > end ? old->start : end + 1, old->end,
				old->kind);
	}
	if (!is_in)
		append(row, lock->start, end, lock->kind);
}

/* False: there is no room, and all is as it was. */
static bool set_ranges(struct locker *locker, const struct fs_Lock *lock)
{
	struct row row = {.locker = locker};
	/* What is to go makes room for what comes. */
	uint32_t charged = 0;

	for (const struct range *range = locker->ranges; range; range = range->next)
		charged++;
	locker->account->ranges -= charged;
	build(&row, lock);
	locker->account->ranges += charged;
	free_ranges(locker, row.is_full ? row.first : locker->ranges);
	if (!row.is_full)
		locker->ranges = row.first;
	return !row.is_full;
}

int lock_range(struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock)
{
	struct locker *locker = *place_of(inode, owner);
	const struct locker *other;
	int error = check(lock);

	if (error == 0 && lock->kind != fs_LockKind_NONE &&
			find_other(inode, owner, lock, &other))
		error = fs_Error_EAGAIN;
	if (error != 0 || (!locker && lock->kind == fs_LockKind_NONE))
		return error;
	if (!locker)
		locker = new_locker(inode, owner, owner->session->account);
	if (!locker)
		return fs_Error_ENOLCK;
	error = set_ranges(locker, lock) ? 0 : fs_Error_ENOLCK;
	if (!locker->ranges)
		end_locker(locker);
	if (error == 0)
		wait_retry(inode->ram, inode);
	return error;
}

int lock_test(const struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock, struct fs_Lock *found, struct lock_owner *holder)
{
	const struct locker *whose;
	const struct range *range;
	int error = check(lock);

	*found = (struct fs_Lock){.kind = fs_LockKind_NONE};
	*holder = (struct lock_owner){0};
	if (error != 0 || lock->kind == fs_LockKind_NONE)
		return fs_Error_EINVAL;
	range = find_other(inode, owner, lock, &whose);
	if (!range)
		return 0;
	*found = (struct fs_Lock){
		.kind = range->kind, .start = range->start,
		.length = range->end == INT64_MAX ? 0 : range->end - range->start + 1,
	};
	*holder = whose->owner;
	return 0;
}

/* ---- letting go ---- */

void lock_release(struct inode *inode, const struct lock_owner *owner)
{
	struct locker *locker = *place_of(inode, owner);

	if (!locker)
		return;
	inode_hold(inode);
	end_locker(locker);
	wait_retry(inode->ram, inode);
	inode_release(inode);
}

void lock_release_all(struct session *session, const fs_LockOwner *owner)
{
	struct locker *locker = session->lockers;

	while (locker) {
		struct lock_owner mine = locker->owner;
		struct inode *inode = locker->inode;

		if (mine.file || (owner && mine.number != *owner)) {
			locker = locker->next_of_session;
			continue;
		}
		lock_release(inode, &mine);
		/* Who waited may have locks in the list by now. */
		locker = session->lockers;
	}
}

/* ---- owners that wait for each other ---- */

static bool waits_in_a_ring(struct inode *inode, const struct lock_owner *first,
	const struct lock_owner *owner, const struct fs_Lock *lock, unsigned depth)
{
	struct ram *ram = inode->ram;

	for (struct locker *at = inode->lockers; at; at = at->next) {
		if (is_same(&at->owner, owner) || !in_the_way(at, lock))
			continue;
		if (is_same(&at->owner, first))
			return true;
		for (struct waiter *waiter = depth < CHAIN_MAX ? ram->waiters : NULL; waiter;
				waiter = waiter->next) {
			if (waiter->kind != WAIT_RECORD || waiter->is_over ||
					!is_same(&waiter->owner, &at->owner) ||
					waiter->seen == ram->search)
				continue;
			waiter->seen = ram->search;
			if (waits_in_a_ring(waiter->where.inode, first, &waiter->owner,
					&waiter->lock, depth + 1))
				return true;
		}
	}
	return false;
}

bool lock_is_deadly(struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock)
{
	/* Each of those who wait is looked at once. */
	inode->ram->search++;
	return waits_in_a_ring(inode, owner, owner, lock, 0);
}
