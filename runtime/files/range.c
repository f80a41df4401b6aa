/* Locked ranges of bytes, of one owner on one file. */
#include "runtime/files/files.h"

int files_lock_check(const struct fs_Lock *lock)
{
	if (lock->kind < 0 || lock->kind > fs_LockKind_EXCLUSIVE ||
			lock->start > INT64_MAX || lock->length > INT64_MAX ||
			(lock->length > 0 && lock->length - 1 > INT64_MAX - lock->start))
		return fs_Error_EINVAL;
	return 0;
}

static struct files_range range_of(const struct fs_Lock *lock)
{
	return (struct files_range){
		.start = lock->start, .kind = lock->kind,
		.end = lock->length == 0 ? INT64_MAX : lock->start + lock->length - 1,
	};
}

struct fs_Lock files_range_lock(const struct files_range *range)
{
	return (struct fs_Lock){
		.kind = range->kind, .start = range->start,
		.length = range->end == INT64_MAX ? 0 : range->end - range->start + 1,
	};
}

const struct files_range *files_ranges_block(const struct files_range *list,
	const struct fs_Lock *lock)
{
	struct files_range wanted = range_of(lock);

	while (list && (list->start > wanted.end || list->end < wanted.start ||
			(list->kind != fs_LockKind_EXCLUSIVE &&
			wanted.kind != fs_LockKind_EXCLUSIVE)))
		list = list->next;
	return list;
}

/* The lock with all of its kind that it touches: whatever else is there then
 * is of another kind, or apart from it. */
static struct files_range join(const struct files_range *list, const struct fs_Lock *lock)
{
	struct files_range joined = range_of(lock), wanted = joined;

	for (; list; list = list->next) {
		if (list->kind != wanted.kind || list->start > wanted.end + 1 ||
				list->end + 1 < wanted.start)
			continue;
		if (list->start < joined.start)
			joined.start = list->start;
		if (list->end > joined.end)
			joined.end = list->end;
	}
	return joined;
}

/* What goes makes room for what comes. */
static unsigned needed(const struct files_range *list, const struct files_range *wanted)
{
	unsigned come = wanted->kind != fs_LockKind_NONE, go = 0;

	for (; list; list = list->next) {
		come += list->start < wanted->start && list->end > wanted->end;
		go += list->start >= wanted->start && list->end <= wanted->end;
	}
	return come > go ? come - go : 0;
}

unsigned files_ranges_needed(const struct files_range *list, const struct fs_Lock *lock)
{
	struct files_range wanted = join(list, lock);

	return needed(list, &wanted);
}

static void push(struct files_range **list, struct files_range *range)
{
	range->next = *list;
	*list = range;
}

static struct files_range *pop(struct files_range **list)
{
	struct files_range *range = *list;

	*list = range->next;
	return range;
}

/* Makes a gap; what lies in it is spare then. The place behind what is left
 * before the gap. */
static struct files_range **cut(struct files_range **at, const struct files_range *gap,
	struct files_range **spare)
{
	while (*at && (*at)->end < gap->start)
		at = &(*at)->next;
	if (*at && (*at)->start < gap->start) {
		struct files_range *range = *at;

		at = &range->next;
		if (range->end > gap->end) {
			push(at, pop(spare));
			(*at)->start = gap->start;
			(*at)->end = range->end;
			(*at)->kind = range->kind;
		}
		range->end = gap->start - 1;
	}
	while (*at && (*at)->end <= gap->end)
		push(spare, pop(at));
	if (*at && (*at)->start <= gap->end)
		(*at)->start = gap->end + 1;
	return at;
}

bool files_ranges_set(struct files_range **list, const struct fs_Lock *lock,
	const struct files_ranges *from)
{
	struct files_range wanted = join(*list, lock), *spare = NULL, **at;
	unsigned count = needed(*list, &wanted);

	while (count > 0) {
		struct files_range *range = from->take(from->context);

		if (!range)
			break;
		push(&spare, range);
		count--;
	}
	if (count == 0) {
		at = cut(list, &wanted, &spare);
		if (wanted.kind != fs_LockKind_NONE) {
			push(at, pop(&spare));
			wanted.next = (*at)->next;
			**at = wanted;
		}
	}
	files_ranges_free(&spare, from);
	return count == 0;
}

void files_ranges_free(struct files_range **list, const struct files_ranges *to)
{
	while (*list)
		to->give(to->context, pop(list));
}
