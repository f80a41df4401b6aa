/* See check.h. */
#include "fuzz/ramfs/check.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "servers/ramfs/ramfs.h"

/* A case has some ten steps, and a step makes one node. */
#define NUMBERS_MAX 4096

/* How many names and directories a node has, by its number. */
static uint32_t names[NUMBERS_MAX], below[NUMBERS_MAX];

#define MUST(holds, inode, what) do { \
		if (!(holds)) \
			fuzz_found("node %llu: %s", (unsigned long long)(inode)->number, what); \
	} while (0)

static void each(const struct ram *ram, void (*check)(const struct inode *inode))
{
	for (uint32_t i = 0; i < ram->head_count; i++)
		for (const struct inode *inode = ram->heads[i]; inode; inode = inode->next)
			check(inode);
}

/* ---- names ---- */

static uint32_t count_in_heads(const struct directory *in)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < in->head_count; i++)
		for (const struct entry *entry = in->heads[i]; entry; entry = entry->next)
			count++;
	return count;
}

static void check_entry(const struct inode *directory, const struct slot *slot)
{
	const struct entry *entry = slot->entry;
	const struct inode *inode = entry->inode;

	MUST(entry->parent == directory, directory, "a name knows another directory");
	MUST(entry->cookie == slot->cookie, directory, "a name has another cookie");
	MUST(directory_find(directory, entry->text, entry->size) == entry, directory,
		"a name is listed, and not found");
	MUST(inode_find(inode->ram, inode->number) == inode, inode, "it has a name, and is gone");
	names[inode->number]++;
	if (inode->kind != fs_Kind_DIRECTORY)
		return;
	below[directory->number]++;
	MUST(inode->as.directory.name == entry, inode, "a directory has another name");
	MUST(directory_is_below(inode, inode->ram->root), inode, "it is below no root");
}

static void check_directory(const struct inode *inode)
{
	const struct directory *in = &inode->as.directory;
	uint64_t cookie = 0;
	uint32_t count = 0;

	if (inode->kind != fs_Kind_DIRECTORY)
		return;
	for (uint32_t i = 0; i < in->slot_count; i++) {
		MUST(in->slots[i].cookie > cookie, inode, "cookies do not rise");
		cookie = in->slots[i].cookie;
		if (!in->slots[i].entry)
			continue;
		check_entry(inode, &in->slots[i]);
		count++;
	}
	MUST(count == in->count, inode, "names are counted wrong");
	MUST(count == count_in_heads(in), inode, "names are found that are not listed");
	MUST(count == 0 || inode->links > 0, inode, "a removed directory has names");
}

static void check_links(const struct inode *inode)
{
	bool is_root = inode == inode->ram->root;

	if (inode->kind != fs_Kind_DIRECTORY) {
		MUST(inode->links == names[inode->number], inode, "links are not its names");
	} else {
		MUST(names[inode->number] == (inode->links > 0 && !is_root), inode,
			"a directory has names of another count");
		MUST(inode->links == 0 || inode->links == 2 + below[inode->number], inode,
			"links are not the directories in it");
	}
	MUST(inode->links > 0 || inode->references > 0, inode,
		"nobody has it, and it has no name");
}

/* ---- contents ---- */

static void check_contents(const struct inode *inode)
{
	const struct data *data = &inode->as.data;
	uint64_t tail = inode->size % RAM_PAGE, pages = 0;
	uint64_t end = inode->size / RAM_PAGE + (tail != 0);
	const uint8_t *last;

	if (inode->kind != fs_Kind_FILE)
		return;
	MUST(inode->size <= RAM_SIZE_MAX, inode, "it is too large");
	for (uint64_t page = data_next(data, 0, false); page != UINT64_MAX; pages++) {
		MUST(page < end, inode, "there is data beyond its end");
		page = data_next(data, page + 1, false);
	}
	MUST(pages <= data->pages, inode, "it has more pages than are counted");
	MUST(data->pages * RAM_PAGE <= inode->ram->used, inode, "its pages are not paid for");
	last = tail != 0 ? data_find(data, end - 1, NULL) : NULL;
	for (uint64_t i = tail; last && i < RAM_PAGE; i++)
		MUST(last[i] == 0, inode, "behind its end is something");
}

/* ---- locks ---- */

static void check_ranges(const struct locker *locker)
{
	const struct files_range *range = locker->ranges;

	MUST(range, locker->inode, "an owner of locks has none");
	for (; range; range = range->next) {
		const struct files_range *next = range->next;

		MUST(range->start <= range->end && range->end <= INT64_MAX &&
			(range->kind == fs_LockKind_SHARED ||
			range->kind == fs_LockKind_EXCLUSIVE), locker->inode, "a range is none");
		MUST(!next || next->start > range->end, locker->inode, "ranges overlap");
		MUST(!next || next->start > range->end + 1 || next->kind != range->kind,
			locker->inode, "ranges are not joined");
	}
}

static bool is_owner(const struct locker *locker, const struct lock_owner *owner)
{
	return locker->owner.file == owner->file && locker->owner.session == owner->session &&
		locker->owner.number == owner->number;
}

static bool is_blocked(const struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock)
{
	for (const struct locker *at = inode->lockers; at; at = at->next)
		if (!is_owner(at, owner) && files_ranges_block(at->ranges, lock))
			return true;
	return false;
}

static void check_locks(const struct inode *inode)
{
	bool is_alone = true;

	for (const struct locker *at = inode->lockers; at; at = at->next) {
		MUST(at->inode == inode, inode, "a lock is another node's");
		check_ranges(at);
		for (const struct files_range *range = at->ranges; range; range = range->next) {
			struct fs_Lock lock = files_range_lock(range);

			MUST(!is_blocked(inode, &at->owner, &lock), inode,
				"two have locks that exclude each other");
		}
	}
	for (const struct open_file *file = inode->flocks; file; file = file->next_flock) {
		MUST(file->where.inode == inode && file->flock != fs_LockKind_NONE, inode,
			"a file is locked and is not");
		is_alone = is_alone && (file == inode->flocks ||
			file->flock == fs_LockKind_SHARED);
		MUST(file->flock != fs_LockKind_EXCLUSIVE || !file->next_flock, inode,
			"an exclusive lock is shared");
	}
	MUST(is_alone, inode, "an exclusive lock is shared");
}

static bool can_flock(const struct waiter *waiter)
{
	for (const struct open_file *at = waiter->file->where.inode->flocks; at;
			at = at->next_flock)
		if (at != waiter->file && (at->flock == fs_LockKind_EXCLUSIVE ||
				waiter->lock.kind == fs_LockKind_EXCLUSIVE))
			return false;
	return true;
}

/* What can be had is waited for by nobody. */
static void check_waiters(const struct ram *ram)
{
	unsigned count = 0;

	for (const struct waiter *at = ram->waiters; at; at = at->next, count++) {
		const struct inode *inode = at->kind == FILES_RECORD ? at->where.inode :
			at->file->where.inode;

		MUST(!at->is_over, inode, "who has his lock still waits");
		MUST(at->kind != FILES_FLOCK || !can_flock(at), inode,
			"who could lock the file waits");
		MUST((at->kind != FILES_LOCK && at->kind != FILES_RECORD) ||
			is_blocked(inode, &at->owner, &at->lock), inode,
			"who could lock bytes waits");
	}
	if (count != ram->waiting)
		fuzz_found("%u calls wait, and %u are counted", count, ram->waiting);
}

/* ---- counts ---- */

static uint64_t inodes, writers;

static void count_inode(const struct inode *inode)
{
	inodes++;
	writers += inode->writers;
	MUST(inode->number < NUMBERS_MAX, inode, "more nodes than a case can make");
	names[inode->number] = below[inode->number] = 0;
	MUST(acl_is_in_mode(inode), inode, "its access list is not its mode");
	MUST(inode->writers == 0 || inode->executors == 0, inode,
		"it is written while it runs");
}

void check_all(const struct ram *ram)
{
	inodes = writers = 0;
	each(ram, count_inode);
	if (inodes != ram->inodes || writers != ram->writers)
		fuzz_found("%llu nodes and %llu files that are written, counted are %llu and %u",
			(unsigned long long)inodes, (unsigned long long)writers,
			(unsigned long long)ram->inodes, ram->writers);
	if (ram->used > ram->budget)
		fuzz_found("more is used than there is");
	each(ram, check_directory);
	each(ram, check_links);
	each(ram, check_contents);
	each(ram, check_locks);
	check_waiters(ram);
}

static void check_free(const struct inode *inode)
{
	MUST(inode->references == (inode == inode->ram->root), inode, "somebody still has it");
	MUST(inode->links > 0, inode, "it has no name, and stays");
	MUST(!inode->lockers && !inode->flocks && !inode->watches, inode,
		"it is locked or watched");
	MUST(inode->writers == 0 && inode->executors == 0, inode, "it is open");
}

void check_left(const struct ram *ram)
{
	check_all(ram);
	if (ram->sessions != 0 || ram->nodes != 0 || ram->open_files != 0 ||
			ram->handles != 0 || ram->waiting != 0 || ram->watching != 0)
		fuzz_found("nobody is there, and ramfs has %u sessions, %u nodes, %u open files,"
			" %u handles, %u who wait, %u watchers", ram->sessions, ram->nodes,
			ram->open_files, ram->handles, ram->waiting, ram->watching);
	each(ram, check_free);
}
