/* Changing what is known of a node: mode, owner, times, size, flags. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NANOS_PER_S 1000000000
/* The numbers are the host's. IMMUTABLE and APPEND_ONLY are not for clients:
 * what has them can only be removed by the administrator. */
#define FLAGS_SET (fs_NodeFlags_COMPRESSED | fs_NodeFlags_NO_DUMP | \
	fs_NodeFlags_NO_ACCESS_TIME | fs_NodeFlags_SYNC | \
	fs_NodeFlags_SYNC_DIRECTORY | fs_NodeFlags_CASE_FOLDED)

/* A node that may be changed: 0 or an errno. */
static int node_to_change(struct session *session, fs_Node number, fs_Subject subject,
	struct node **node)
{
	int error = operations_may_write(session, subject);

	*node = node_of(session, number);
	return error == 0 && !*node ? EBADF : error;
}

/* What a system call came to, and the node's status since. */
static int finish(const struct node *node, int result, struct fs_Status *status)
{
	return result < 0 ? errno : node_status(node->fd, status, NULL);
}

void op_set_mode(void *self, const struct fs_FileSystem_set_mode_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct fs_FileSystem_set_mode_reply reply = {0};
	struct node *node;
	int error = node_to_change(session, request->node, request->subject, &node);

	if (error == 0 && request->mode != operations_mode(session, request->mode))
		error = EPERM;
	/* A link's own mode means nothing, and the host refuses to set it. */
	if (error == 0)
		error = finish(node, fchmodat(session->host->descriptors,
			node_name(node->fd).text, request->mode, 0), &reply.status);
	fs_FileSystem_set_mode_answer(to, operations_error(error), &reply);
}

void op_set_owner(void *self, const struct fs_FileSystem_set_owner_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_set_owner_reply reply = {0};
	struct node *node;
	int error = node_to_change(self, request->node, request->subject, &node);

	if (error == 0)
		error = finish(node, fchownat(node->fd, "",
			request->has_owner ? request->owner : (uid_t)-1,
			request->has_owner_group ? request->owner_group : (gid_t)-1,
			AT_EMPTY_PATH), &reply.status);
	fs_FileSystem_set_owner_answer(to, operations_error(error), &reply);
}

static int take_time(struct timespec *to, const struct fs_SetTime *from)
{
	switch (from->which) {
	case fs_SetTime_leave:
		to->tv_nsec = UTIME_OMIT;
		return 0;
	case fs_SetTime_now:
		to->tv_nsec = UTIME_NOW;
		return 0;
	default:
		to->tv_sec = from->as.at.seconds;
		to->tv_nsec = (long)from->as.at.nanos;
		return from->as.at.nanos < NANOS_PER_S ? 0 : EINVAL;
	}
}

void op_set_times(void *self, const struct fs_FileSystem_set_times_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_set_times_reply reply = {0};
	struct timespec times[2] = {{0}, {0}};
	struct node *node;
	int error = node_to_change(self, request->node, request->subject, &node);

	if (error == 0)
		error = take_time(&times[0], &request->accessed);
	if (error == 0)
		error = take_time(&times[1], &request->modified);
	if (error == 0)
		error = finish(node, utimensat(node->fd, "", times, AT_EMPTY_PATH),
			&reply.status);
	fs_FileSystem_set_times_answer(to, operations_error(error), &reply);
}

/* The descriptor of a file or directory, never of anything whose opening does
 * something; or a negative errno. */
static int open_plain(const struct session *session, const struct node *node, int flags)
{
	struct fs_Status status;
	int error = node_status(node->fd, &status, NULL);

	if (error != 0)
		return -error;
	if (status.kind != fs_Kind_FILE && status.kind != fs_Kind_DIRECTORY)
		return -EINVAL;
	return node_reopen(session->host, node->fd, flags);
}

void op_truncate(void *self, const struct fs_FileSystem_truncate_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_truncate_reply reply = {0};
	struct node *node;
	int error = node_to_change(self, request->node, request->subject, &node), fd;

	if (error == 0 && request->size > INT64_MAX)
		error = EFBIG;
	if (error == 0) {
		fd = open_plain(self, node, O_WRONLY);
		error = fd < 0 ? -fd : finish(node, ftruncate(fd, (off_t)request->size),
			&reply.status);
		if (fd >= 0)
			close(fd);
	}
	fs_FileSystem_truncate_answer(to, operations_error(error), &reply);
}

static int change_flags(int fd, fs_NodeFlags flags, fs_NodeFlags mask)
{
	int now;

	if (ioctl(fd, FS_IOC_GETFLAGS, &now) < 0)
		return -1;
	now = (int)(((uint32_t)now & ~mask) | (flags & mask));
	return ioctl(fd, FS_IOC_SETFLAGS, &now);
}

void op_set_node_flags(void *self,
	const struct fs_FileSystem_set_node_flags_request *request, struct sk_reply *to)
{
	struct fs_FileSystem_set_node_flags_reply reply = {0};
	struct node *node;
	int error = node_to_change(self, request->node, request->subject, &node), fd;

	if (error == 0 && request->mask & ~(uint32_t)FLAGS_SET)
		error = EPERM;
	if (error == 0) {
		fd = open_plain(self, node, O_RDONLY);
		error = fd < 0 ? -fd : finish(node, change_flags(fd, request->flags,
			request->mask), &reply.status);
		if (fd >= 0)
			close(fd);
	}
	fs_FileSystem_set_node_flags_answer(to, operations_error(error), &reply);
}
