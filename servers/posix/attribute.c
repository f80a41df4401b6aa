/* Extended attributes: what servers of files keep of them. */
#include "servers/posix/posix.h"

#define SUBJECT(self) (((struct thread *)(self))->credentials->subject)

/* One value, or the names, on their way. */
static uint8_t bytes[fs_XATTR_MAX];

/* Into what was lent, whose absence only asks for the size. */
static int give(struct sk_reply *to, bool is_lent, const struct sk_lease *lease, uint32_t size)
{
	if (!is_lent || lease->size == 0)
		return 0;
	if (size > lease->size)
		return posix_Error_ERANGE;
	return sk_lease_write(to, lease, 0, bytes, size, NULL) == SK_OK ? 0 :
		posix_Error_EFAULT;
}

void op_set_attribute(void *self, const struct posix_Paths_set_attribute_request *r,
	struct sk_reply *to)
{
	const struct posix_Paths_set_attribute_reply reply = {0};
	struct node *node;
	int error = node_of(self, r->directory, r->path, r->at, &node);

	if (!error && r->has_value && sk_lease_read(to, &r->value, 0, bytes, r->value.size,
			NULL) != SK_OK)
		error = posix_Error_EFAULT;
	if (!error)
		error = server_errno(fs_FileSystem_set_xattr(node->mount->server,
			&(struct fs_FileSystem_set_xattr_request){node->number, SUBJECT(self),
			r->name, r->mode, sk_lend(bytes, r->has_value ? r->value.size : 0)},
			&(struct fs_FileSystem_set_xattr_reply){0}, NULL));
	node_drop(node);
	posix_Paths_set_attribute_answer(to, error, &reply);
}

void op_attribute(void *self, const struct posix_Paths_attribute_request *r,
	struct sk_reply *to)
{
	struct posix_Paths_attribute_reply reply = {0};
	struct fs_FileSystem_get_xattr_reply got = {0};
	struct node *node;
	int error = node_of(self, r->directory, r->path, r->at, &node);

	if (!error)
		error = server_errno(fs_FileSystem_get_xattr(node->mount->server,
			&(struct fs_FileSystem_get_xattr_request){node->number, SUBJECT(self),
			r->name, sk_lend_out(bytes, sizeof(bytes))}, &got, NULL));
	if (!error)
		error = give(to, r->has_value, &r->value, got.size);
	reply.size = got.size;
	node_drop(node);
	posix_Paths_attribute_answer(to, error, &reply);
}

void op_attributes(void *self, const struct posix_Paths_attributes_request *r,
	struct sk_reply *to)
{
	struct posix_Paths_attributes_reply reply = {0};
	struct fs_FileSystem_list_xattrs_reply got = {0};
	struct node *node;
	int error = node_of(self, r->directory, r->path, r->at, &node);

	if (!error)
		error = server_errno(fs_FileSystem_list_xattrs(node->mount->server,
			&(struct fs_FileSystem_list_xattrs_request){node->number, SUBJECT(self),
			sk_lend_out(bytes, sizeof(bytes))}, &got, NULL));
	if (!error)
		error = give(to, r->has_names, &r->names, got.size);
	reply.size = got.size;
	node_drop(node);
	posix_Paths_attributes_answer(to, error, &reply);
}

void op_remove_attribute(void *self, const struct posix_Paths_remove_attribute_request *r,
	struct sk_reply *to)
{
	const struct posix_Paths_remove_attribute_reply reply = {0};
	struct node *node;
	int error = node_of(self, r->directory, r->path, r->at, &node);

	if (!error)
		error = server_errno(fs_FileSystem_remove_xattr(node->mount->server,
			&(struct fs_FileSystem_remove_xattr_request){node->number,
			SUBJECT(self), r->name}, &(struct fs_FileSystem_remove_xattr_reply){0},
			NULL));
	node_drop(node);
	posix_Paths_remove_attribute_answer(to, error, &reply);
}
