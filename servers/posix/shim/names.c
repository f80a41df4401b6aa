/* Names made, moved and taken away; the working directory. */
#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/path_calls.h"

shim_function path_mkdir, path_mkdirat, path_mknod, path_mknodat, path_unlink, path_rmdir,
	path_unlinkat, path_rename, path_renameat, path_renameat2, path_link, path_linkat,
	path_symlink, path_symlinkat, path_readlink, path_readlinkat, path_chdir, path_fchdir,
	path_chroot, path_getcwd, path_umask;

static int64_t make_directory(struct shim *shim, uint64_t directory, uint64_t at, uint64_t mode)
{
	PATH_DO(shim, directory, at, make_directory, .mode = (uint32_t)mode & 07777);
}

int64_t path_mkdir(struct shim *shim, const uint64_t a[6])
{
	return make_directory(shim, AT_HERE, a[0], a[1]);
}

int64_t path_mkdirat(struct shim *shim, const uint64_t a[6])
{
	return make_directory(shim, a[0], a[1], a[2]);
}

static int64_t make_node(struct shim *shim, uint64_t directory, uint64_t at, uint64_t mode,
	uint64_t device)
{
	const uint32_t type = (uint32_t)mode & LINUX_S_IFMT;

	if (type == LINUX_S_IFDIR)
		return -LINUX_EPERM;
	PATH_DO(shim, directory, at, make_node, .mode = (uint32_t)mode & 0177777,
		.device = device);
}

int64_t path_mknod(struct shim *shim, const uint64_t a[6])
{
	return make_node(shim, AT_HERE, a[0], a[1], a[2]);
}

int64_t path_mknodat(struct shim *shim, const uint64_t a[6])
{
	return make_node(shim, a[0], a[1], a[2], a[3]);
}

static int64_t remove_name(struct shim *shim, uint64_t directory, uint64_t at, uint64_t flags)
{
	if (flags & ~(uint64_t)LINUX_AT_REMOVEDIR)
		return -LINUX_EINVAL;
	PATH_DO(shim, directory, at, remove, .flags = (posix_AtFlags)flags);
}

int64_t path_unlink(struct shim *shim, const uint64_t a[6])
{
	return remove_name(shim, AT_HERE, a[0], 0);
}

int64_t path_rmdir(struct shim *shim, const uint64_t a[6])
{
	return remove_name(shim, AT_HERE, a[0], LINUX_AT_REMOVEDIR);
}

int64_t path_unlinkat(struct shim *shim, const uint64_t a[6])
{
	return remove_name(shim, a[0], a[1], a[2]);
}

/* ---- two paths ---- */

struct two { struct path from, to; };

static int64_t take_two(struct shim *shim, struct two *two, const uint64_t a[4])
{
	int64_t result = path_take(shim, &two->from, a[0], a[1], posix_HALF_PATH_MAX);

	if (result < 0)
		return result;
	result = path_take(shim, &two->to, a[2], a[3], posix_HALF_PATH_MAX);
	if (result < 0)
		path_close(&two->from);
	return result;
}

static int64_t close_two(struct two *two, int64_t result)
{
	path_close(&two->from);
	path_close(&two->to);
	return result;
}

static int64_t rename_at(struct shim *shim, const uint64_t a[4], uint64_t flags)
{
	enum { NO_REPLACE = 1, EXCHANGE = 2, WHITEOUT = 4 };
	struct two two;
	int64_t result;

	if (flags > WHITEOUT || flags == (NO_REPLACE | EXCHANGE))
		return -LINUX_EINVAL;
	result = take_two(shim, &two, a);
	if (result < 0)
		return result;
	return close_two(&two, POSIX_DO(shim, Paths, rename,
		.from_directory = two.from.directory, .from = two.from.text,
		.to_directory = two.to.directory, .to = two.to.text,
		.mode = flags == NO_REPLACE ? fs_RenameMode_KEEP :
			flags == EXCHANGE ? fs_RenameMode_EXCHANGE :
			flags == WHITEOUT ? fs_RenameMode_WHITEOUT : fs_RenameMode_REPLACE));
}

int64_t path_rename(struct shim *shim, const uint64_t a[6])
{
	return rename_at(shim, (const uint64_t[]){ AT_HERE, a[0], AT_HERE, a[1] }, 0);
}

int64_t path_renameat(struct shim *shim, const uint64_t a[6])
{
	return rename_at(shim, a, 0);
}

int64_t path_renameat2(struct shim *shim, const uint64_t a[6])
{
	return rename_at(shim, a, a[4]);
}

static int64_t link_at(struct shim *shim, const uint64_t a[4], uint64_t flags)
{
	struct two two;
	int64_t result;

	if (flags & ~(uint64_t)(LINUX_AT_SYMLINK_FOLLOW | LINUX_AT_EMPTY_PATH))
		return -LINUX_EINVAL;
	result = take_two(shim, &two, a);
	if (result < 0)
		return result;
	return close_two(&two, POSIX_DO(shim, Paths, link,
		.from_directory = two.from.directory, .from = two.from.text,
		.to_directory = two.to.directory, .to = two.to.text,
		.flags = (posix_AtFlags)flags));
}

int64_t path_link(struct shim *shim, const uint64_t a[6])
{
	return link_at(shim, (const uint64_t[]){ AT_HERE, a[0], AT_HERE, a[1] }, 0);
}

int64_t path_linkat(struct shim *shim, const uint64_t a[6])
{
	return link_at(shim, a, a[4]);
}

/* ---- symbolic links ---- */

static int64_t make_link(struct shim *shim, uint64_t text_at, uint64_t directory, uint64_t at)
{
	char text[LINUX_PATH_MAX];
	int64_t size = copy_string(text, text_at, sizeof text);

	if (size < 0)
		return size;
	if (size == 0)
		return -LINUX_ENOENT;
	PATH_DO(shim, directory, at, make_link, .text = sk_lend(text, (uint64_t)size));
}

int64_t path_symlink(struct shim *shim, const uint64_t a[6])
{
	return make_link(shim, a[0], AT_HERE, a[1]);
}

int64_t path_symlinkat(struct shim *shim, const uint64_t a[6])
{
	return make_link(shim, a[0], a[1], a[2]);
}

static int64_t read_link(struct shim *shim, uint64_t directory, uint64_t at, uint64_t to,
	uint64_t room)
{
	struct posix_Paths_read_link_reply reply;
	struct path path;
	int64_t result;

	if ((int32_t)room <= 0)
		return -LINUX_EINVAL;
	result = path_take(shim, &path, directory, at, posix_PATH_MAX);
	if (result < 0)
		return result;
	if (room > posix_LINK_MAX)
		room = posix_LINK_MAX;
	result = copy_is_program(to, room) ? POSIX(shim, &reply, Paths, read_link,
		.directory = path.directory, .path = path.text,
		.text = sk_lend_out((void *)(uintptr_t)to, room)) : -LINUX_EFAULT;
	/* Of a descriptor alone, that is no link. */
	if (result == -LINUX_EINVAL && path.text.size == 0)
		result = -LINUX_ENOENT;
	path_close(&path);
	return result < 0 ? result : (int64_t)reply.size;
}

int64_t path_readlink(struct shim *shim, const uint64_t a[6])
{
	return read_link(shim, AT_HERE, a[0], a[1], a[2]);
}

int64_t path_readlinkat(struct shim *shim, const uint64_t a[6])
{
	return read_link(shim, a[0], a[1], a[2], a[3]);
}

/* ---- the working directory, the root, the mask ---- */

int64_t path_chdir(struct shim *shim, const uint64_t a[6])
{
	PATH_DO(shim, AT_HERE, a[0], change_directory, .flags = 0);
}

int64_t path_fchdir(struct shim *shim, const uint64_t a[6])
{
	return (int32_t)a[0] < 0 ? -LINUX_EBADF : POSIX_DO(shim, Paths, change_directory,
		.directory = (int32_t)a[0], .flags = posix_AtFlags_EMPTY_PATH);
}

int64_t path_chroot(struct shim *shim, const uint64_t a[6])
{
	struct path path;
	int64_t result = path_take(shim, &path, AT_HERE, a[0], posix_PATH_MAX);

	if (result < 0)
		return result;
	result = path.prefix >= 0 ? -LINUX_ENAMETOOLONG :
		POSIX_DO(shim, Paths, change_root, .path = path.text);
	path_close(&path);
	return result;
}

int64_t path_getcwd(struct shim *shim, const uint64_t a[6])
{
	struct posix_Paths_working_directory_reply reply;
	char path[posix_LINK_MAX + 1];
	int64_t result = POSIX(shim, &reply, Paths, working_directory,
		.path = sk_lend_out(path, posix_LINK_MAX));

	if (result < 0)
		return result;
	if (reply.size >= sizeof path)
		return -LINUX_EIO;
	path[reply.size] = 0;
	if (a[1] < reply.size + 1)
		return -LINUX_ERANGE;
	return copy_to(a[0], path, reply.size + 1) ? (int64_t)reply.size + 1 : -LINUX_EFAULT;
}

int64_t path_umask(struct shim *shim, const uint64_t a[6])
{
	struct posix_Paths_umask_reply reply;
	int64_t result = POSIX(shim, &reply, Paths, umask, .has_mask = true,
		.mask = (uint32_t)a[0] & 0777);

	return result < 0 ? result : (int64_t)reply.previous;
}
