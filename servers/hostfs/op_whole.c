/* What concerns the whole tree: what it is, how full, parts of it as sessions,
 * mount points, and copies within it. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Of one call: others wait meanwhile. */
#define COPY_MAX (UINT64_C(16) << 20)
#define MOUNT_FLAGS (fs_MountFlags_READ_ONLY | fs_MountFlags_NO_SET_ID | \
	fs_MountFlags_NO_DEVICES | fs_MountFlags_NO_EXECUTE)

void op_describe(void *self, const struct fs_FileSystem_describe_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct fs_FileSystem_describe_reply reply = {
		.features = fs_Features_HARD_LINKS | fs_Features_XATTRS |
			fs_Features_LOCKS | fs_Features_WATCHES | fs_Features_SPARSE | fs_Features_CLONES,
		.type = {"hostfs", 6},
	};
	int error = node_status(session->table[fs_ROOT].fd, &reply.root, NULL);

	(void)request;
	fs_FileSystem_describe_answer(to, operations_error(error), &reply);
}

/* ---- confining ---- */

static int confine(struct session *session,
	const struct fs_FileSystem_confine_request *request, struct session **confined)
{
	int directory = node_directory(session, request->root), root;
	struct fs_Status status;
	int error = request->subject != fs_SELF ? EPERM : 0;

	if (error == 0 && directory < 0)
		error = -directory;
	if (error == 0 && request->flags & ~(uint32_t)MOUNT_FLAGS)
		error = EOPNOTSUPP;
	if (error == 0)
		error = node_status(directory, &status, NULL);
	if (error == 0 && status.kind != fs_Kind_DIRECTORY)
		error = ENOTDIR;
	if (error == 0)
		error = session_charge_handle(session->account);
	if (error != 0)
		return error;
	root = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	*confined = root < 0 ? NULL : session_open(session->host, root, session->account);
	if (*confined)
		return 0;
	session_discharge_handle(session->account);
	return ENFILE;
}

static void confined_gone(void *self)
{
	struct session *session = self, *account = session->account;

	session_hold(account);
	session_gone(session);
	session_discharge_handle(account);
	session_release(account);
}

void op_confine(void *self, const struct fs_FileSystem_confine_request *request,
	struct sk_reply *to)
{
	static const struct sk_object object = {
		.dispatch = files_dispatch, .gone = confined_gone,
		.canceled = session_canceled,
	};
	struct session *session = self, *confined;
	struct fs_FileSystem_confine_reply reply;
	int error = confine(session, request, &confined);

	fs_FileSystem_confine_reply_init(&reply);
	if (error == 0) {
		confined->read_only = session->read_only ||
			request->flags & fs_MountFlags_READ_ONLY;
		confined->no_execute = session->no_execute ||
			request->flags & fs_MountFlags_NO_EXECUTE;
		if (sk_mint(to->port, &object, confined, &reply.confined.raw) != SK_OK) {
			confined_gone(confined);
			error = ENFILE;
		}
	}
	fs_FileSystem_confine_answer(to, operations_error(error), &reply);
}

/* ---- mount points ---- */

void op_cover(void *self, const struct fs_FileSystem_cover_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_cover_reply reply = {0};
	struct session *session = self;
	struct node *node = node_of(session, request->node);
	int error = 0;

	if (!node)
		error = EBADF;
	else if (request->covered ? node->covers == UINT32_MAX : node->covers == 0)
		error = EINVAL;
	else if (request->covered && node->covers++ == 0)
		session->covers++, node->references++;
	else if (!request->covered && --node->covers == 0)
		session->covers--, node_forget(session, request->node, 1);
	fs_FileSystem_cover_answer(to, operations_error(error), &reply);
}

/* ---- copies ---- */

/* Opens a regular file, and nothing else. */
static int open_file(struct session *session, fs_Node number, int flags)
{
	const struct node *node = node_of(session, number);
	struct fs_Status status;
	int error;

	if (!node)
		return -EBADF;
	error = node_status(node->fd, &status, NULL);
	if (error == 0 && status.kind != fs_Kind_FILE)
		error = status.kind == fs_Kind_DIRECTORY ? EISDIR : EINVAL;
	return error != 0 ? -error : node_reopen(session->host, node->fd, flags);
}

static int64_t copy(int from, int target,
	const struct fs_FileSystem_copy_range_request *request)
{
	off_t at = (off_t)request->from_offset, target_at = (off_t)request->to_offset;
	struct file_clone_range range = {
		.src_fd = from, .src_offset = request->from_offset,
		.src_length = request->length, .dest_offset = request->to_offset,
	};
	ssize_t done;

	if (request->clone) {
		if (ioctl(target, FICLONERANGE, &range) < 0)
			return errno == EINVAL || errno == EXDEV ? -EOPNOTSUPP : -errno;
		return (int64_t)request->length;
	}
	done = copy_file_range(from, &at, target, &target_at,
		request->length < COPY_MAX ? request->length : COPY_MAX, 0);
	return done < 0 ? -errno : done;
}

void op_copy_range(void *self, const struct fs_FileSystem_copy_range_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct fs_FileSystem_copy_range_reply reply = {0};
	int from = -1, target = -1, error = operations_may_write(session, fs_SELF);
	int64_t done = 0;

	if (error == 0 && (request->from_offset > INT64_MAX ||
			request->to_offset > INT64_MAX))
		error = EINVAL;
	if (error == 0) {
		from = open_file(session, request->from, O_RDONLY);
		target = from < 0 ? from : open_file(session, request->to, O_WRONLY);
		done = target < 0 ? target : copy(from, target, request);
		error = done < 0 ? (int)-done : 0;
	}
	if (from >= 0)
		close(from);
	if (target >= 0)
		close(target);
	reply.done = (uint64_t)done;
	fs_FileSystem_copy_range_answer(to, operations_error(error), &reply);
}

/* ---- how full ---- */

static fs_MountFlags mount_flags(const struct session *session, unsigned long host)
{
	fs_MountFlags flags = fs_MountFlags_NO_SET_ID | fs_MountFlags_NO_DEVICES;

	flags |= session->read_only || host & ST_RDONLY ? fs_MountFlags_READ_ONLY : 0;
	flags |= session->no_execute || host & ST_NOEXEC ? fs_MountFlags_NO_EXECUTE : 0;
	flags |= host & ST_SYNCHRONOUS ? fs_MountFlags_SYNC : 0;
	flags |= host & ST_NOATIME ? fs_MountFlags_NO_ACCESS_TIME : 0;
	flags |= host & ST_NODIRATIME ? fs_MountFlags_NO_DIRECTORY_ACCESS_TIME : 0;
	flags |= host & ST_RELATIME ? fs_MountFlags_RELATIVE_ACCESS_TIME : 0;
	return flags;
}

void op_statfs(void *self, const struct fs_FileSystem_statfs_request *request,
	struct sk_reply *to)
{
	const struct session *session = self;
	struct fs_FileSystem_statfs_reply reply;
	int root = session->table[fs_ROOT].fd;
	struct statvfs status;
	struct statfs type;

	(void)request;
	if (fstatvfs(root, &status) < 0 || fstatfs(root, &type) < 0) {
		fs_FileSystem_statfs_answer(to, operations_error(errno), NULL);
		return;
	}
	reply.space = (struct fs_Space){
		.block_size = (uint32_t)status.f_frsize,
		.name_max = status.f_namemax < fs_NAME_MAX ?
			(uint32_t)status.f_namemax : fs_NAME_MAX,
		.blocks = status.f_blocks,
		.blocks_free = status.f_bfree,
		.blocks_available = status.f_bavail,
		.nodes = status.f_files,
		.nodes_free = status.f_ffree,
		.id = status.f_fsid,
		.type_magic = (uint32_t)type.f_type,
		.flags = mount_flags(session, status.f_flag),
	};
	fs_FileSystem_statfs_answer(to, SK_OK, &reply);
}

void op_sync(void *self, const struct fs_FileSystem_sync_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	const struct fs_FileSystem_sync_reply reply = {0};
	int fd = node_reopen(session->host, session->table[fs_ROOT].fd,
		O_RDONLY | O_DIRECTORY);
	int error = fd < 0 ? -fd : syncfs(fd) < 0 ? errno : 0;

	(void)request;
	if (fd >= 0)
		close(fd);
	fs_FileSystem_sync_answer(to, operations_error(error), &reply);
}
