/* Names: making, moving and removing them, and what they are first for. */
#include "servers/ramfs/ramfs.h"

/* Where something can be made: 0 or an error. */
static int spot_to_make(struct session *session, const struct fs_At *at, struct spot *spot)
{
	int error = operations_spot(session, at, spot);

	return error != 0 ? error : node_has_room(session);
}

/* Gives a new node (NULL: there was no room) its name and number. */
static int add_made(struct session *session, const struct spot *spot, struct inode *inode,
	fs_Node *node, struct fs_Status *status)
{
	struct entry *entry;
	int error = inode ? names_add(spot, inode, &entry) : fs_Error_ENOSPC;

	if (error == 0)
		error = node_add(session, &(struct where){inode, entry}, node);
	if (error == 0)
		*status = inode_status(inode);
	inode_release(inode);
	return error;
}

void op_make_directory(void *self,
	const struct fs_FileSystem_make_directory_request *request, struct sk_reply *to)
{
	struct fs_FileSystem_make_directory_reply reply = {0};
	struct spot spot;
	int error = spot_to_make(self, &request->at, &spot);

	if (error == 0)
		error = names_check(&spot);
	/* Of the set-id bits it has what its directory says. */
	if (error == 0)
		error = add_made(self, &spot, names_new(spot.who, spot.directory,
			fs_Kind_DIRECTORY, request->mode & 01777), &reply.node,
			&reply.status);
	fs_FileSystem_make_directory_answer(to, error, &reply);
}

static int check_kind(const struct spot *spot, fs_Kind kind)
{
	switch (kind) {
	case fs_Kind_FILE:
	case fs_Kind_FIFO:
	case fs_Kind_SOCKET:
		return 0;
	case fs_Kind_CHARACTER_DEVICE:
	case fs_Kind_BLOCK_DEVICE:
		return access_is_capable(spot->who, CAPABILITY_MKNOD) ? 0 : fs_Error_EPERM;
	default:
		return fs_Error_EINVAL;
	}
}

void op_make_node(void *self, const struct fs_FileSystem_make_node_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_make_node_reply reply = {0};
	struct inode *inode;
	struct spot spot;
	int error = spot_to_make(self, &request->at, &spot);

	if (error == 0 && check_kind(&spot, request->kind) == fs_Error_EINVAL)
		error = fs_Error_EINVAL;
	if (error == 0)
		error = names_check(&spot);
	if (error == 0)
		error = check_kind(&spot, request->kind);
	if (error == 0) {
		inode = names_new(spot.who, spot.directory, request->kind,
			request->mode & 07777);
		if (inode && (request->kind == fs_Kind_CHARACTER_DEVICE ||
				request->kind == fs_Kind_BLOCK_DEVICE)) {
			inode->major = request->device_major;
			inode->minor = request->device_minor;
		}
		error = add_made(self, &spot, inode, &reply.node, &reply.status);
	}
	fs_FileSystem_make_node_answer(to, error, &reply);
}

/* Takes the text out of its lease into memory of the file system. */
static int text_of(struct ram *ram, const struct sk_reply *to, const struct sk_lease *lease,
	char **text)
{
	int error = 0;

	if (lease->size == 0)
		return fs_Error_EINVAL;
	*text = ram_new(ram, NULL, lease->size);
	if (!*text)
		return fs_Error_ENOSPC;
	if (sk_lease_read(to, lease, 0, *text, lease->size, NULL) != SK_OK)
		error = fs_Error_EFAULT;
	for (uint64_t i = 0; error == 0 && i < lease->size; i++)
		if ((*text)[i] == '\0')
			error = fs_Error_EINVAL;
	if (error != 0)
		ram_free(ram, NULL, *text, lease->size);
	return error;
}

void op_make_link(void *self, const struct fs_FileSystem_make_link_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct fs_FileSystem_make_link_reply reply = {0};
	struct inode *inode = NULL;
	struct spot spot;
	char *text = NULL;
	int error = spot_to_make(session, &request->at, &spot);

	if (error == 0)
		error = text_of(session->ram, to, &request->text, &text);
	if (error == 0) {
		error = names_check(&spot);
		if (error == 0)
			inode = names_new(spot.who, spot.directory, fs_Kind_LINK, 0777);
		if (inode) {
			ram_charge(&inode->charge, request->text.size);
			inode->as.text = text;
			inode->size = request->text.size;
		} else {
			ram_free(session->ram, NULL, text, request->text.size);
		}
	}
	if (error == 0)
		error = add_made(session, &spot, inode, &reply.node, &reply.status);
	fs_FileSystem_make_link_answer(to, error, &reply);
}

void op_link(void *self, const struct fs_FileSystem_link_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_link_reply reply = {0};
	struct where where;
	struct spot spot;
	int error = operations_spot(self, &request->at, &spot);

	if (error == 0)
		error = node_find(self, request->node, &where);
	if (error == 0)
		error = names_link(&spot, where.inode);
	fs_FileSystem_link_answer(to, error, &reply);
}

void op_unlink(void *self, const struct fs_FileSystem_unlink_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_unlink_reply reply = {0};
	struct spot spot;
	int error = operations_spot(self, &request->at, &spot);

	if (error == 0)
		error = names_unlink(&spot);
	fs_FileSystem_unlink_answer(to, error, &reply);
}

void op_remove_directory(void *self,
	const struct fs_FileSystem_remove_directory_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_remove_directory_reply reply = {0};
	struct spot spot;
	int error = operations_spot(self, &request->at, &spot);

	if (error == 0)
		error = names_remove_directory(&spot);
	fs_FileSystem_remove_directory_answer(to, error, &reply);
}

void op_rename(void *self, const struct fs_FileSystem_rename_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_rename_reply reply = {0};
	struct fs_At target = request->to;
	struct spot from, spot;
	int error = operations_spot(self, &request->at, &from);

	target.subject = request->at.subject;
	if (error == 0)
		error = operations_spot(self, &target, &spot);
	if (error == 0)
		error = names_rename(&from, &spot, request->mode);
	fs_FileSystem_rename_answer(to, error, &reply);
}
