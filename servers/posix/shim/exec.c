/*
 * exec: arguments and environment as two rows of strings in one buffer, which is lent.
 * The buffer is a mapping of the program's for as long as that takes; after success it is
 * gone with the space. A vfork's child leaves the space to its maker, who unmaps it.
 */
#include "servers/posix/shim/exec.h"

#include "runtime/env.h"
#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/path_calls.h"

#define SMALL (UINT64_C(64) << 10)

/* One for each vfork at a time: the maker's frame, and what its child has mapped. */
static struct { struct shim *maker; uint64_t at, size; } left[16];

struct row { uint64_t at; uint32_t count; uint64_t bytes; };
struct strings { uint64_t at, size, used; };

/* ---- the buffer ---- */

static int64_t make_buffer(struct shim *shim, struct strings *s, uint64_t size)
{
	struct posix_Memory_map_reply reply;
	int64_t result = POSIX(shim, &reply, Memory, map, .size = size,
		.protection = posix_Protection_READ | posix_Protection_WRITE,
		.flags = posix_MapFlags_PRIVATE | posix_MapFlags_ANONYMOUS, .file = -1);

	*s = (struct strings){ result < 0 ? 0 : reply.address, size, 0 };
	return result;
}

static void unmake(struct shim *shim, uint64_t at, uint64_t size)
{
	POSIX_DO(shim, Memory, unmap, .address = at, .size = size);
}

static void leave_to_maker(struct shim *shim, const struct strings *s)
{
	for (unsigned i = 0; shim->in_vfork && i < sizeof left / sizeof *left; i++) {
		struct shim *none = NULL;

		if (!__atomic_compare_exchange_n(&left[i].maker, &none, shim->maker, false,
				__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		left[i].at = s->at;
		left[i].size = s->size;
		return;
	}
}

static void take_back(struct shim *maker)
{
	for (unsigned i = 0; i < sizeof left / sizeof *left; i++)
		if (left[i].maker == maker)
			__atomic_store_n(&left[i].maker, NULL, __ATOMIC_RELEASE);
}

void exec_let_go(struct shim *shim)
{
	for (unsigned i = 0; i < sizeof left / sizeof *left; i++)
		if (left[i].maker == shim) {
			unmake(shim, left[i].at, left[i].size);
			__atomic_store_n(&left[i].maker, NULL, __ATOMIC_RELEASE);
		}
}

void exec_forget(void)
{
	memset(left, 0, sizeof left);
}

/* ---- the strings ---- */

/* All strings of a list, ended by NULL, behind what is there. -E2BIG: no room. */
static int64_t gather(struct strings *s, uint64_t list, struct row *row)
{
	uint64_t string;

	*row = (struct row){ .at = s->at + s->used };
	for (; list != 0; list += 8) {
		int64_t size;

		if (!copy_from(&string, list, 8))
			return -LINUX_EFAULT;
		if (string == 0)
			break;
		size = copy_string((char *)(uintptr_t)(s->at + s->used), string,
			s->size - s->used);
		if (size < 0)
			return size == -LINUX_ENAMETOOLONG ? -LINUX_E2BIG : size;
		s->used += (uint64_t)size + 1;
		row->count++;
	}
	row->bytes = s->at + s->used - row->at;
	return 0;
}

static int64_t gather_both(struct shim *shim, struct strings *s, const uint64_t lists[2],
	struct row rows[2])
{
	int64_t result = -LINUX_E2BIG;

	for (uint64_t size = SMALL; result == -LINUX_E2BIG && size <= posix_ARGUMENTS_MAX;
			size *= 32) {
		result = make_buffer(shim, s, size);
		if (result < 0)
			return result;
		result = gather(s, lists[0], &rows[0]);
		if (result == 0)
			result = gather(s, lists[1], &rows[1]);
		if (result < 0)
			unmake(shim, s->at, s->size);
	}
	return result;
}

static struct sk_lease lend(const struct row *row)
{
	return sk_lend((const void *)(uintptr_t)row->at, row->bytes);
}

static int64_t exec(struct shim *shim, uint64_t directory, uint64_t path_at,
	const uint64_t lists[2], posix_ExecFlags flags)
{
	struct strings s;
	struct row rows[2];
	struct path path;
	int64_t result = path_take(shim, &path, directory, path_at, posix_PATH_MAX);

	if (result < 0)
		return result;
	result = gather_both(shim, &s, lists, rows);
	if (result < 0) {
		path_close(&path);
		return result;
	}
	leave_to_maker(shim, &s);
	if (shim->in_vfork)
		cache_forget_all(shim);
	result = POSIX_DO(shim, Thread, exec, .directory = path.directory, .path = path.text,
		.flags = flags, .argument_count = rows[0].count,
		.environment_count = rows[1].count, .arguments = lend(&rows[0]),
		.environment = lend(&rows[1]));
	if (shim->in_vfork)
		take_back(shim->maker);
	unmake(shim, s.at, s.size);
	path_close(&path);
	return result;
}

shim_function process_execve, process_execveat;

int64_t process_execve(struct shim *shim, const uint64_t a[6])
{
	return exec(shim, AT_HERE, a[0], &a[1], 0);
}

int64_t process_execveat(struct shim *shim, const uint64_t a[6])
{
	if (a[4] & ~(uint64_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -LINUX_EINVAL;
	return exec(shim, a[0], a[1], &a[2], (posix_ExecFlags)a[4]);
}
