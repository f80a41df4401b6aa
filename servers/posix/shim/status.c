/* What is known of files: stat and kin, statfs, access. */
#include "runtime/env.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/path_calls.h"

typedef struct posix_Paths_path_status_reply status_reply;

static int64_t ask(struct shim *shim, uint64_t directory, struct sk_string text,
	uint32_t flags, status_reply *reply)
{
	return POSIX(shim, reply, Paths, path_status, .directory = (int32_t)directory,
		.path = text, .flags = flags);
}

static int64_t ask_path(struct shim *shim, uint64_t directory, uint64_t at, uint32_t flags,
	status_reply *reply)
{
	struct path path;
	int64_t result = path_take(shim, &path, directory, at, posix_PATH_MAX);

	if (result < 0)
		return result;
	result = ask(shim, (uint64_t)(int64_t)path.directory, path.text, flags, reply);
	path_close(&path);
	return result;
}

static int64_t put_stat(int64_t result, const status_reply *reply, uint64_t to)
{
	struct linux_stat stat;

	if (result < 0)
		return result;
	convert_stat(&reply->status, reply->device, &stat);
	return copy_to(to, &stat, sizeof stat) ? 0 : -LINUX_EFAULT;
}

shim_function path_stat, path_lstat, path_fstat, path_newfstatat, path_statx, path_statfs,
	path_fstatfs, path_access, path_faccessat, path_faccessat2;

int64_t path_stat(struct shim *shim, const uint64_t a[6])
{
	status_reply reply;

	return put_stat(ask_path(shim, AT_HERE, a[0], 0, &reply), &reply, a[1]);
}

int64_t path_lstat(struct shim *shim, const uint64_t a[6])
{
	status_reply reply;

	return put_stat(ask_path(shim, AT_HERE, a[0], posix_AtFlags_NO_FOLLOW, &reply), &reply,
		a[1]);
}

int64_t path_fstat(struct shim *shim, const uint64_t a[6])
{
	const struct sk_string empty = { "", 0 };
	status_reply reply;

	if ((int32_t)a[0] < 0)
		return -LINUX_EBADF;
	return put_stat(ask(shim, a[0], empty, posix_AtFlags_EMPTY_PATH, &reply), &reply, a[1]);
}

int64_t path_newfstatat(struct shim *shim, const uint64_t a[6])
{
	const uint64_t known = LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_NO_AUTOMOUNT |
		LINUX_AT_EMPTY_PATH;
	status_reply reply;

	if (a[3] & ~known)
		return -LINUX_EINVAL;
	return put_stat(ask_path(shim, a[0], a[1], (uint32_t)a[3], &reply), &reply, a[2]);
}

int64_t path_statx(struct shim *shim, const uint64_t a[6])
{
	const uint64_t known = LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_NO_AUTOMOUNT |
		LINUX_AT_EMPTY_PATH | LINUX_AT_STATX_FORCE_SYNC | LINUX_AT_STATX_DONT_SYNC;
	const uint64_t both_ways = LINUX_AT_STATX_FORCE_SYNC | LINUX_AT_STATX_DONT_SYNC;
	struct linux_statx statx;
	status_reply reply;
	int64_t result;

	if (a[2] & ~known || (a[2] & both_ways) == both_ways || (uint32_t)a[3] & (uint32_t)LINUX_STATX_RESERVED)
		return -LINUX_EINVAL;
	result = ask_path(shim, a[0], a[1],
		(uint32_t)a[2] & ~(uint32_t)LINUX_AT_STATX_FORCE_SYNC, &reply);
	if (result < 0)
		return result;
	convert_statx(&reply.status, reply.device, reply.mount, reply.mount_root, &statx);
	return copy_to(a[4], &statx, sizeof statx) ? 0 : -LINUX_EFAULT;
}

static int64_t put_space(int64_t result, const struct fs_Space *space, uint64_t to)
{
	struct linux_statfs statfs;

	if (result < 0)
		return result;
	convert_statfs(space, &statfs);
	return copy_to(to, &statfs, sizeof statfs) ? 0 : -LINUX_EFAULT;
}

int64_t path_statfs(struct shim *shim, const uint64_t a[6])
{
	struct posix_Paths_file_system_status_reply reply;
	struct path path;
	int64_t result = path_take(shim, &path, AT_HERE, a[0], posix_PATH_MAX);

	if (result < 0)
		return result;
	result = POSIX(shim, &reply, Paths, file_system_status, .directory = path.directory,
		.path = path.text);
	path_close(&path);
	return put_space(result, &reply.space, a[1]);
}

int64_t path_fstatfs(struct shim *shim, const uint64_t a[6])
{
	struct posix_Paths_file_system_status_reply reply;
	int64_t result = (int32_t)a[0] < 0 ? -LINUX_EBADF :
		POSIX(shim, &reply, Paths, file_system_status, .directory = (int32_t)a[0],
		.flags = posix_AtFlags_EMPTY_PATH);

	return put_space(result, &reply.space, a[1]);
}

static int64_t may(struct shim *shim, uint64_t directory, uint64_t at, uint64_t want,
	uint32_t flags)
{
	if (want & ~UINT64_C(7))
		return -LINUX_EINVAL;
	PATH_DO(shim, directory, at, access, .want = (fs_Access)want, .flags = flags);
}

int64_t path_access(struct shim *shim, const uint64_t a[6])
{
	return may(shim, AT_HERE, a[0], a[1], 0);
}

int64_t path_faccessat(struct shim *shim, const uint64_t a[6])
{
	return may(shim, a[0], a[1], a[2], 0);
}

int64_t path_faccessat2(struct shim *shim, const uint64_t a[6])
{
	const uint64_t known = LINUX_AT_EACCESS | LINUX_AT_SYMLINK_NOFOLLOW |
		LINUX_AT_EMPTY_PATH;

	return a[3] & ~known ? -LINUX_EINVAL : may(shim, a[0], a[1], a[2], (uint32_t)a[3]);
}
