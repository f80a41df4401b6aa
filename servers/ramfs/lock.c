/*
 * Locks: of files as wholes (flock), and of ranges, which belong to open files
 * or to owners of a session.
 */
#include "servers/ramfs/ramfs.h"

/* Owners that wait for one another, one behind the other. */
#define CHAIN_MAX 64

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

static struct locker **place_of(const struct inode *inode, const struct lock_owner *owner)
{
	struct locker **at = (struct locker **)(uintptr_t)&inode->lockers;

	while (*at && !is_same(&(*at)->owner, owner))
		at = &(*at)->next;
	return at;
}

/* Another one's that is in the way, and whose. */
static const struct files_range *find_other(const struct inode *inode,
	const struct lock_owner *owner, const struct fs_Lock *lock,
	const struct locker **whose)
{
	const struct files_range *range = NULL;

	*whose = inode->lockers;
	for (; *whose && !range; *whose = range ? *whose : (*whose)->next)
		if (!is_same(&(*whose)->owner, owner))
			range = files_ranges_block((*whose)->ranges, lock);
	return range;
}

static struct files_range *take_range(void *context)
{
	struct locker *locker = context;
	struct ram *ram = locker->inode->ram;
	struct files_range *range = locker->account->ranges < ram->limits.ranges ?
		ram_table_new(ram, sizeof(*range)) : NULL;

	locker->account->ranges += range != NULL;
	return range;
}

static void give_range(void *context, struct files_range *range)
{
	struct locker *locker = context;

	locker->account->ranges--;
	ram_table_free(locker->inode->ram, range, sizeof(*range));
}

static struct files_ranges ranges_of(struct locker *locker)
{
	return (struct files_ranges){take_range, give_range, locker};
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
	const struct files_ranges ranges = ranges_of(locker);
	struct locker **at = place_of(inode, &locker->owner);

	*at = locker->next;
	if (locker->owner.session) {
		at = &locker->owner.session->lockers;
		while (*at != locker)
			at = &(*at)->next_of_session;
		*at = locker->next_of_session;
	}
	files_ranges_free(&locker->ranges, &ranges);
	account->lockers--;
	ram_table_free(inode->ram, locker, sizeof(*locker));
	account_release(account);
	inode_release(inode);
}

/* False: there is no room, and all is as it was. */
static bool set_ranges(struct locker *locker, const struct fs_Lock *lock)
{
	const struct files_ranges from = ranges_of(locker);

	return files_ranges_set(&locker->ranges, lock, &from);
}

int lock_range(struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock)
{
	struct locker *locker = *place_of(inode, owner);
	const struct locker *other;
	int error = files_lock_check(lock);

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
	const struct files_range *range;
	int error = files_lock_check(lock);

	*found = (struct fs_Lock){.kind = fs_LockKind_NONE};
	*holder = (struct lock_owner){0};
	if (error != 0 || lock->kind == fs_LockKind_NONE)
		return fs_Error_EINVAL;
	range = find_other(inode, owner, lock, &whose);
	if (!range)
		return 0;
	*found = files_range_lock(range);
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
		if (is_same(&at->owner, owner) || !files_ranges_block(at->ranges, lock))
			continue;
		if (is_same(&at->owner, first))
			return true;
		for (struct waiter *waiter = depth < CHAIN_MAX ? ram->waiters : NULL; waiter;
				waiter = waiter->next) {
			if (waiter->kind != FILES_RECORD || waiter->is_over ||
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
