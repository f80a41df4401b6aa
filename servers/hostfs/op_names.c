/* Names: making, moving and removing them, and what they are first for. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A name in a directory that may be changed. */
struct target {
	int directory;
	char name[HOSTFS_NAME_SIZE];
};

static int name_at(struct session *session, const struct fs_At *at, struct target *to)
{
	int error = operations_name(to->name, at->name);

	to->directory = node_directory(session, at->directory);
	if (to->directory < 0)
		return -to->directory;
	if (error == 0 && (strchr(to->name, '/') || strcmp(to->name, ".") == 0 ||
			strcmp(to->name, "..") == 0))
		error = EINVAL;
	return error;
}

/* 0, or the errno why this name cannot be changed. */
static int target_of(struct session *session, const struct fs_At *at, struct target *to)
{
	int error = operations_may_write(session, at->subject);

	return error != 0 ? error : name_at(session, at, to);
}

static int result_of(int result)
{
	return result < 0 ? errno : 0;
}

/* A node for what was just made. */
static int take_made(struct session *session, const struct target *target,
	fs_Node *node, struct fs_Status *status)
{
	int fd = openat(target->directory, target->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int error = fd < 0 ? errno : node_status(fd, status, NULL);

	if (error == 0)
		return node_add(session, fd, node);
	if (fd >= 0)
		close(fd);
	return error;
}

static int target_to_make(struct session *session, const struct fs_At *at,
	struct target *to)
{
	int error = target_of(session, at, to);

	return error != 0 ? error : node_has_room(session);
}

void op_make_directory(void *self,
	const struct fs_FileSystem_make_directory_request *request, struct sk_reply *to)
{
	struct fs_FileSystem_make_directory_reply reply = {0};
	struct target target;
	int error = target_to_make(self, &request->at, &target);

	if (error == 0)
		error = result_of(mkdirat(target.directory, target.name,
			operations_mode(self, request->mode)));
	if (error == 0)
		error = take_made(self, &target, &reply.node, &reply.status);
	fs_FileSystem_make_directory_answer(to, operations_error(error), &reply);
}

static int make_node(const struct target *target, fs_Kind kind, mode_t mode)
{
	mode_t type = kind == fs_Kind_FILE ? S_IFREG : kind == fs_Kind_FIFO ? S_IFIFO :
		S_IFSOCK;

	switch (kind) {
	case fs_Kind_FILE:
	case fs_Kind_FIFO:
	case fs_Kind_SOCKET:
		return result_of(mknodat(target->directory, target->name,
			type | mode, 0));
	case fs_Kind_CHARACTER_DEVICE:
	case fs_Kind_BLOCK_DEVICE:
		return EPERM;
	default:
		return EINVAL;
	}
}

void op_make_node(void *self, const struct fs_FileSystem_make_node_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_make_node_reply reply = {0};
	struct target target;
	int error = target_to_make(self, &request->at, &target);

	if (error == 0)
		error = make_node(&target, request->kind,
			operations_mode(self, request->mode));
	if (error == 0)
		error = take_made(self, &target, &reply.node, &reply.status);
	fs_FileSystem_make_node_answer(to, operations_error(error), &reply);
}

/* Takes the text out of its lease. */
static int text_of(const struct sk_reply *to, const struct sk_lease *lease,
	char text[HOSTFS_PATH_SIZE])
{
	if (lease->size == 0)
		return EINVAL;
	if (sk_lease_read(to, lease, 0, text, lease->size, NULL) != SK_OK)
		return EFAULT;
	text[lease->size] = '\0';
	return strlen(text) == lease->size ? 0 : EINVAL;
}

void op_make_link(void *self, const struct fs_FileSystem_make_link_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_make_link_reply reply = {0};
	char text[HOSTFS_PATH_SIZE];
	struct target target;
	int error = target_to_make(self, &request->at, &target);

	_Static_assert(fs_LINK_MAX < HOSTFS_PATH_SIZE, "a text fits, with its end");
	if (error == 0)
		error = text_of(to, &request->text, text);
	if (error == 0)
		error = result_of(symlinkat(text, target.directory, target.name));
	if (error == 0)
		error = take_made(self, &target, &reply.node, &reply.status);
	fs_FileSystem_make_link_answer(to, operations_error(error), &reply);
}

/* Whether a session has this node covered. */
static int check_covered(struct session *session, const struct target *target)
{
	struct identity identity;
	fs_Node number = 0;
	int fd;

	if (session->covers == 0)
		return 0;
	fd = openat(target->directory, target->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (node_status(fd, NULL, &identity) == 0)
		number = node_find(session, &identity);
	close(fd);
	return number != 0 && node_of(session, number)->covers > 0 ? EBUSY : 0;
}

void op_link(void *self, const struct fs_FileSystem_link_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	const struct node *node = node_of(session, request->node);
	const struct fs_FileSystem_link_reply reply = {0};
	struct target target;
	int error = target_of(session, &request->at, &target);

	if (error == 0 && !node)
		error = EBADF;
	if (error == 0)
		error = result_of(linkat(session->host->descriptors,
			node_name(node->fd).text, target.directory, target.name,
			AT_SYMLINK_FOLLOW));
	fs_FileSystem_link_answer(to, operations_error(error), &reply);
}

static int remove_name(struct session *session, const struct fs_At *at, int flags)
{
	struct target target;
	int error = target_of(session, at, &target);

	if (error == 0)
		error = check_covered(session, &target);
	return error != 0 ? error :
		result_of(unlinkat(target.directory, target.name, flags));
}

void op_unlink(void *self, const struct fs_FileSystem_unlink_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_unlink_reply reply = {0};

	fs_FileSystem_unlink_answer(to,
		operations_error(remove_name(self, &request->at, 0)), &reply);
}

void op_remove_directory(void *self,
	const struct fs_FileSystem_remove_directory_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_remove_directory_reply reply = {0};

	fs_FileSystem_remove_directory_answer(to,
		operations_error(remove_name(self, &request->at, AT_REMOVEDIR)), &reply);
}

static int rename_flags(fs_RenameMode mode, unsigned *flags)
{
	switch (mode) {
	case fs_RenameMode_REPLACE:
		*flags = 0;
		return 0;
	case fs_RenameMode_KEEP:
		*flags = RENAME_NOREPLACE;
		return 0;
	case fs_RenameMode_EXCHANGE:
		*flags = RENAME_EXCHANGE;
		return 0;
	case fs_RenameMode_WHITEOUT:
		/* It would be a device. */
		return EPERM;
	default:
		return EINVAL;
	}
}

void op_rename(void *self, const struct fs_FileSystem_rename_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_rename_reply reply = {0};
	struct target from, target;
	unsigned flags = 0;
	int error = target_of(self, &request->at, &from);

	if (error == 0)
		error = name_at(self, &request->to, &target);
	if (error == 0)
		error = rename_flags(request->mode, &flags);
	if (error == 0)
		error = check_covered(self, &from);
	if (error == 0)
		error = check_covered(self, &target);
	if (error == 0)
		error = result_of(renameat2(from.directory, from.name, target.directory,
			target.name, flags));
	fs_FileSystem_rename_answer(to, operations_error(error), &reply);
}
