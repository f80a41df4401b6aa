/* Changing what is known of files: mode, owner, times, size, extended attributes. */
#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/path_calls.h"

#define NAME_ROOM 256
#define UTIME_OMIT 0x3ffffffe

shim_function path_chmod, path_fchmod, path_fchmodat, path_fchmodat2, path_chown, path_lchown,
	path_fchown, path_fchownat, path_truncate, path_utime, path_utimes, path_futimesat,
	path_utimensat;

/* ---- mode, owner, size ---- */

static int64_t change_mode(struct shim *shim, uint64_t directory, uint64_t at, uint64_t mode,
	uint32_t flags)
{
	PATH_DO(shim, directory, at, change_mode, .mode = (uint32_t)mode & 07777, .flags = flags);
}

int64_t path_chmod(struct shim *shim, const uint64_t a[6])
{
	return change_mode(shim, AT_HERE, a[0], a[1], 0);
}

/* One that is open for more than its path. */
static int64_t is_open(struct shim *shim, uint64_t descriptor)
{
	struct shim_file file;
	int64_t result = (int32_t)descriptor < 0 ? -LINUX_EBADF :
		cache_see(shim, (uint32_t)descriptor, &file);

	if (result < 0)
		return result;
	cache_done(shim, descriptor, &file);
	return file.path_only ? -LINUX_EBADF : 0;
}

int64_t path_fchmod(struct shim *shim, const uint64_t a[6])
{
	int64_t result = is_open(shim, a[0]);

	return result < 0 ? result : POSIX_DO(shim, Paths, change_mode,
		.directory = (int32_t)a[0], .mode = (uint32_t)a[1] & 07777,
		.flags = posix_AtFlags_EMPTY_PATH);
}

int64_t path_fchmodat(struct shim *shim, const uint64_t a[6])
{
	return change_mode(shim, a[0], a[1], a[2], 0);
}

int64_t path_fchmodat2(struct shim *shim, const uint64_t a[6])
{
	if (a[3] & ~(uint64_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -LINUX_EINVAL;
	return change_mode(shim, a[0], a[1], a[2], (uint32_t)a[3]);
}

static int64_t change_owner(struct shim *shim, uint64_t directory, uint64_t at, uint64_t user,
	uint64_t group, uint32_t flags)
{
	PATH_DO(shim, directory, at, change_owner, .user = (uint32_t)user,
		.group_id = (uint32_t)group, .flags = flags);
}

int64_t path_chown(struct shim *shim, const uint64_t a[6])
{
	return change_owner(shim, AT_HERE, a[0], a[1], a[2], 0);
}

int64_t path_lchown(struct shim *shim, const uint64_t a[6])
{
	return change_owner(shim, AT_HERE, a[0], a[1], a[2], posix_AtFlags_NO_FOLLOW);
}

int64_t path_fchown(struct shim *shim, const uint64_t a[6])
{
	int64_t result = is_open(shim, a[0]);

	return result < 0 ? result : POSIX_DO(shim, Paths, change_owner,
		.directory = (int32_t)a[0], .user = (uint32_t)a[1], .group_id = (uint32_t)a[2],
		.flags = posix_AtFlags_EMPTY_PATH);
}

int64_t path_fchownat(struct shim *shim, const uint64_t a[6])
{
	if (a[4] & ~(uint64_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -LINUX_EINVAL;
	return change_owner(shim, a[0], a[1], a[2], a[3], (uint32_t)a[4]);
}

int64_t path_truncate(struct shim *shim, const uint64_t a[6])
{
	if ((int64_t)a[1] < 0)
		return -LINUX_EINVAL;
	PATH_DO(shim, AT_HERE, a[0], truncate_path, .size = a[1]);
}

/* ---- times ---- */

/* Both NULL: now. `at` 0: the file of the descriptor `directory` itself. */
static int64_t set_times(struct shim *shim, uint64_t directory, uint64_t at,
	const struct linux_timespec *times, uint32_t flags)
{
	struct fs_SetTime accessed = { .which = fs_SetTime_now };
	struct fs_SetTime modified = { .which = fs_SetTime_now };

	if (times && (!convert_set_time(&times[0], &accessed) ||
			!convert_set_time(&times[1], &modified)))
		return -LINUX_EINVAL;
	if (at == 0 && (int32_t)directory != LINUX_AT_FDCWD)
		return POSIX_DO(shim, Paths, set_times, .directory = (int32_t)directory,
			.accessed = accessed, .modified = modified,
			.flags = posix_AtFlags_EMPTY_PATH);
	PATH_DO(shim, directory, at, set_times, .accessed = accessed, .modified = modified,
		.flags = flags);
}

int64_t path_utimensat(struct shim *shim, const uint64_t a[6])
{
	struct linux_timespec times[2];

	if (a[3] & ~(uint64_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -LINUX_EINVAL;
	if (a[2] && !copy_from(times, a[2], sizeof times))
		return -LINUX_EFAULT;
	/* Nothing is to be set, and nothing is looked at. */
	if (a[2] && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
		return 0;
	return set_times(shim, a[0], a[1], a[2] ? times : NULL, (uint32_t)a[3]);
}

static int64_t set_by_timeval(struct shim *shim, uint64_t directory, uint64_t at,
	uint64_t from)
{
	struct linux_timespec times[2];
	struct linux_timeval values[2];

	if (from == 0)
		return set_times(shim, directory, at, NULL, 0);
	if (!copy_from(values, from, sizeof values))
		return -LINUX_EFAULT;
	for (int i = 0; i < 2; i++) {
		if (values[i].tv_usec < 0 || values[i].tv_usec >= 1000000)
			return -LINUX_EINVAL;
		times[i] = (struct linux_timespec){ values[i].tv_sec, values[i].tv_usec * 1000 };
	}
	return set_times(shim, directory, at, times, 0);
}

int64_t path_utimes(struct shim *shim, const uint64_t a[6])
{
	return set_by_timeval(shim, AT_HERE, a[0], a[1]);
}

int64_t path_futimesat(struct shim *shim, const uint64_t a[6])
{
	return set_by_timeval(shim, a[0], a[1], a[2]);
}

int64_t path_utime(struct shim *shim, const uint64_t a[6])
{
	struct linux_timespec times[2];
	int64_t seconds[2];

	if (a[1] && !copy_from(seconds, a[1], sizeof seconds))
		return -LINUX_EFAULT;
	for (int i = 0; i < 2 && a[1]; i++)
		times[i] = (struct linux_timespec){ seconds[i], 0 };
	return set_times(shim, AT_HERE, a[0], a[1] ? times : NULL, 0);
}

/* ---- extended attributes ---- */

shim_function attribute_set, attribute_lset, attribute_fset, attribute_get, attribute_lget,
	attribute_fget, attribute_list, attribute_llist, attribute_flist, attribute_remove,
	attribute_lremove, attribute_fremove;

/* What is meant: by path, the link itself, or by descriptor. */
struct target { struct path path; posix_AtFlags flags; };

static int64_t take_target(struct shim *shim, struct target *target, uint64_t which,
	posix_AtFlags flags)
{
	target->flags = flags;
	if (flags != posix_AtFlags_EMPTY_PATH)
		return path_take(shim, &target->path, AT_HERE, which, posix_PATH_MAX);
	target->path.shim = shim;
	target->path.prefix = -1;
	target->path.directory = (int32_t)which;
	target->path.text = (struct sk_string){ target->path.buffer, 0 };
	return (int32_t)which < 0 ? -LINUX_EBADF : 0;
}

static int64_t take_name(char name[NAME_ROOM], uint64_t from, struct sk_string *text)
{
	int64_t size = copy_string(name, from, NAME_ROOM);

	if (size == -LINUX_EFAULT)
		return size;
	if (size <= 0)
		return -LINUX_ERANGE;
	*text = (struct sk_string){ name, (uint32_t)size };
	return 0;
}

#define AT(target) .directory = (target).path.directory, .path = (target).path.text

static int64_t set(struct shim *shim, const uint64_t a[6], posix_AtFlags flags)
{
	char buffer[NAME_ROOM];
	struct sk_string name = { NULL, 0 };
	struct target target;
	int64_t result;

	if (a[4] > 2)
		return -LINUX_EINVAL;
	if (a[3] > fs_XATTR_MAX)
		return -LINUX_E2BIG;
	result = take_name(buffer, a[1], &name);
	if (result == 0)
		result = take_target(shim, &target, a[0], flags);
	if (result < 0)
		return result;
	result = !copy_is_program(a[2], a[3]) ? -LINUX_EFAULT :
		POSIX_DO(shim, Paths, set_attribute, AT(target), .name = name,
		.mode = a[4] == 1 ? fs_XattrMode_CREATE :
			a[4] == 2 ? fs_XattrMode_REPLACE : fs_XattrMode_SET,
		.at = flags, .has_value = a[3] != 0,
		.value = sk_lend((const void *)(uintptr_t)a[2], a[3]));
	path_close(&target.path);
	return result;
}

static int64_t get(struct shim *shim, const uint64_t a[6], posix_AtFlags flags)
{
	struct posix_Paths_attribute_reply reply;
	char buffer[NAME_ROOM];
	struct sk_string name = { NULL, 0 };
	struct target target;
	uint64_t room = a[3] > fs_XATTR_MAX ? fs_XATTR_MAX : a[3];
	int64_t result = take_name(buffer, a[1], &name);

	if (result == 0)
		result = take_target(shim, &target, a[0], flags);
	if (result < 0)
		return result;
	result = !copy_is_program(a[2], room) ? -LINUX_EFAULT :
		POSIX(shim, &reply, Paths, attribute, AT(target), .name = name, .at = flags,
		.has_value = room != 0,
		.value = sk_lend_out((void *)(uintptr_t)a[2], room));
	path_close(&target.path);
	return result < 0 ? result : (int64_t)reply.size;
}

static int64_t list(struct shim *shim, const uint64_t a[6], posix_AtFlags flags)
{
	struct posix_Paths_attributes_reply reply;
	struct target target;
	uint64_t room = a[2] > fs_XATTR_MAX ? fs_XATTR_MAX : a[2];
	int64_t result = take_target(shim, &target, a[0], flags);

	if (result < 0)
		return result;
	result = !copy_is_program(a[1], room) ? -LINUX_EFAULT :
		POSIX(shim, &reply, Paths, attributes, AT(target), .at = flags,
		.has_names = room != 0,
		.names = sk_lend_out((void *)(uintptr_t)a[1], room));
	path_close(&target.path);
	return result < 0 ? result : (int64_t)reply.size;
}

static int64_t take_away(struct shim *shim, const uint64_t a[6], posix_AtFlags flags)
{
	char buffer[NAME_ROOM];
	struct sk_string name = { NULL, 0 };
	struct target target;
	int64_t result = take_name(buffer, a[1], &name);

	if (result == 0)
		result = take_target(shim, &target, a[0], flags);
	if (result < 0)
		return result;
	result = POSIX_DO(shim, Paths, remove_attribute, AT(target), .name = name, .at = flags);
	path_close(&target.path);
	return result;
}

#define OF(function, work, flags) \
int64_t function(struct shim *shim, const uint64_t a[6]) \
{ \
	return work(shim, a, flags); \
}
OF(attribute_set, set, 0)
OF(attribute_lset, set, posix_AtFlags_NO_FOLLOW)
OF(attribute_fset, set, posix_AtFlags_EMPTY_PATH)
OF(attribute_get, get, 0)
OF(attribute_lget, get, posix_AtFlags_NO_FOLLOW)
OF(attribute_fget, get, posix_AtFlags_EMPTY_PATH)
OF(attribute_list, list, 0)
OF(attribute_llist, list, posix_AtFlags_NO_FOLLOW)
OF(attribute_flist, list, posix_AtFlags_EMPTY_PATH)
OF(attribute_remove, take_away, 0)
OF(attribute_lremove, take_away, posix_AtFlags_NO_FOLLOW)
OF(attribute_fremove, take_away, posix_AtFlags_EMPTY_PATH)
