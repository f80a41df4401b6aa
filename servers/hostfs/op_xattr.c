/* Extended attributes. The host reaches them by a path, which is that of the
 * node's descriptor. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

/* One thread: one buffer. */
static uint8_t value[fs_XATTR_MAX];

struct node_path {
	char text[40];
};

static struct node_path path_of(const struct node *node)
{
	struct node_path path;

	snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", node->fd);
	return path;
}

/*
 * Others belong to the host: a file with a capability, say, is a program that
 * runs with more rights than the client has.
 */
static bool is_for_clients(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
		strncmp(name, "system.posix_acl_", 17) == 0;
}

static int find(struct session *session, fs_Node number, fs_Subject subject,
	struct node **node)
{
	*node = node_of(session, number);
	if (subject != fs_SELF)
		return EPERM;
	return *node ? 0 : EBADF;
}

static int find_to_change(struct session *session, fs_Node number, fs_Subject subject,
	fs_Name from, struct node **node, char name[HOSTFS_NAME_SIZE])
{
	int error = operations_may_write(session, subject);

	if (error == 0)
		error = find(session, number, subject, node);
	if (error == 0)
		error = operations_name(name, from);
	return error == 0 && !is_for_clients(name) ? EPERM : error;
}

/* Gives what the host gave, or its size alone to a lease of no bytes. */
static int give(const struct sk_reply *to, const struct sk_lease *lease, ssize_t size,
	uint32_t *told)
{
	if (size < 0)
		return errno;
	*told = (uint32_t)size;
	if (lease->size == 0)
		return 0;
	if ((uint64_t)size > lease->size)
		return ERANGE;
	return sk_lease_write(to, lease, 0, value, (uint64_t)size, NULL) == SK_OK ?
		0 : EFAULT;
}

void op_get_xattr(void *self, const struct fs_FileSystem_get_xattr_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_get_xattr_reply reply = {0};
	char name[HOSTFS_NAME_SIZE];
	struct node *node;
	int error = find(self, request->node, request->subject, &node);

	if (error == 0)
		error = operations_name(name, request->name);
	if (error == 0)
		error = give(to, &request->value, getxattr(path_of(node).text, name,
			value, sizeof(value)), &reply.size);
	fs_FileSystem_get_xattr_answer(to, operations_error(error), &reply);
}

void op_list_xattrs(void *self, const struct fs_FileSystem_list_xattrs_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_list_xattrs_reply reply = {0};
	struct node *node;
	int error = find(self, request->node, request->subject, &node);

	if (error == 0)
		error = give(to, &request->names, listxattr(path_of(node).text,
			(char *)value, sizeof(value)), &reply.size);
	fs_FileSystem_list_xattrs_answer(to, operations_error(error), &reply);
}

static int mode_of(fs_XattrMode mode, int *flags)
{
	*flags = mode == fs_XattrMode_CREATE ? XATTR_CREATE :
		mode == fs_XattrMode_REPLACE ? XATTR_REPLACE : 0;
	return mode < 0 || mode > fs_XattrMode_REPLACE ? EINVAL : 0;
}

void op_set_xattr(void *self, const struct fs_FileSystem_set_xattr_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_set_xattr_reply reply = {0};
	char name[HOSTFS_NAME_SIZE];
	struct node *node;
	int flags = 0, error = find_to_change(self, request->node, request->subject,
		request->name, &node, name);

	if (error == 0)
		error = mode_of(request->mode, &flags);
	if (error == 0 && sk_lease_read(to, &request->value, 0, value,
			request->value.size, NULL) != SK_OK)
		error = EFAULT;
	if (error == 0 && setxattr(path_of(node).text, name, value,
			request->value.size, flags) < 0)
		error = errno;
	fs_FileSystem_set_xattr_answer(to, operations_error(error), &reply);
}

void op_remove_xattr(void *self, const struct fs_FileSystem_remove_xattr_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_remove_xattr_reply reply = {0};
	char name[HOSTFS_NAME_SIZE];
	struct node *node;
	int error = find_to_change(self, request->node, request->subject, request->name,
		&node, name);

	if (error == 0 && removexattr(path_of(node).text, name) < 0)
		error = errno;
	fs_FileSystem_remove_xattr_answer(to, operations_error(error), &reply);
}
