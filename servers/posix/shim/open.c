/* Opening files. */
#include "runtime/env.h"
#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/path_calls.h"

#define RESOLVE_KNOWN UINT64_C(0x3f)

extern shim_function descriptor_close;

struct open_how { uint64_t flags, mode, resolve; };

static int64_t open_file(struct shim *shim, uint64_t directory, uint64_t at, uint32_t flags,
	uint32_t mode, uint32_t resolve)
{
	struct posix_Paths_open_reply reply;
	struct path path;
	int64_t result = path_take(shim, &path, directory, at, posix_PATH_MAX);

	if (result < 0)
		return result;
	if (flags & LINUX_O_NOFOLLOW)
		resolve |= posix_ResolveFlags_NO_FOLLOW;
	result = POSIX(shim, &reply, Paths, open, .directory = path.directory,
		.path = path.text, .flags = convert_open(flags), .mode = mode & 07777,
		.resolve = resolve, .own_flags = convert_own(flags));
	if (result == 0) {
		result = reply.opened.descriptor;
		cache_opened(shim, &reply.opened,
			reply.has_file ? reply.file.raw : sk_no_handle());
	}
	path_close(&path);
	return result;
}

/* To cut a file off it is opened for writing, whatever it is opened for in the end. */
static int64_t open_at(struct shim *shim, uint64_t directory, uint64_t at, uint32_t flags,
	uint32_t mode, uint32_t resolve)
{
	const uint32_t once = LINUX_O_TRUNC | LINUX_O_CREAT | LINUX_O_EXCL;
	int64_t result;

	if (!(flags & LINUX_O_TRUNC) || flags & (LINUX_O_ACCMODE | LINUX_O_PATH))
		return open_file(shim, directory, at, flags, mode, resolve);
	result = open_file(shim, directory, at, flags | LINUX_O_WRONLY, mode, resolve);
	if (result < 0)
		return result;
	descriptor_close(shim, (const uint64_t[6]){ (uint64_t)result });
	return open_file(shim, directory, at, flags & ~once, mode, resolve);
}

shim_function path_open, path_openat, path_openat2, path_creat;

int64_t path_open(struct shim *shim, const uint64_t a[6])
{
	return open_at(shim, AT_HERE, a[0], (uint32_t)a[1], (uint32_t)a[2], 0);
}

int64_t path_creat(struct shim *shim, const uint64_t a[6])
{
	return open_at(shim, AT_HERE, a[0], LINUX_O_CREAT | LINUX_O_WRONLY | LINUX_O_TRUNC,
		(uint32_t)a[1], 0);
}

int64_t path_openat(struct shim *shim, const uint64_t a[6])
{
	return open_at(shim, a[0], a[1], (uint32_t)a[2], (uint32_t)a[3], 0);
}

/* What is behind a struct as it is known must mean nothing. */
static int64_t is_zero_behind(uint64_t at, uint64_t size)
{
	uint8_t byte;

	if (size > LAYOUT_PAGE)
		return -LINUX_E2BIG;
	for (; size > 0; at++, size--) {
		if (!copy_from(&byte, at, 1))
			return -LINUX_EFAULT;
		if (byte != 0)
			return -LINUX_E2BIG;
	}
	return 0;
}

int64_t path_openat2(struct shim *shim, const uint64_t a[6])
{
	const uint64_t makes = LINUX_O_CREAT | (LINUX_O_TMPFILE & ~LINUX_O_DIRECTORY);
	struct open_how how;
	int64_t result;

	if (a[3] < sizeof how)
		return -LINUX_EINVAL;
	result = is_zero_behind(a[2] + sizeof how, a[3] - sizeof how);
	if (result < 0)
		return result;
	if (!copy_from(&how, a[2], sizeof how))
		return -LINUX_EFAULT;
	if (how.flags > UINT32_MAX || how.resolve & ~RESOLVE_KNOWN || how.mode & ~07777ull ||
			(how.mode && !(how.flags & makes)))
		return -LINUX_EINVAL;
	return open_at(shim, a[0], a[1], (uint32_t)how.flags, (uint32_t)how.mode,
		(uint32_t)how.resolve);
}
