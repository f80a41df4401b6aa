/* What is done by paths. */
#include "servers/posix/posix.h"

#define SERVER(node) ((node)->mount->server)

/* ---- open ---- */

static int become_descriptor(struct thread *thread, struct file *file,
	posix_DescriptorFlags flags, struct sk_port *port, struct posix_Paths_open_reply *reply)
{
	struct process *process = thread->process;
	int32_t number;
	int error;

	file->references++;
	number = files_add(process->files, file, 0, flags,
		process->limits[posix_Resource_FILES].soft);
	if (number < 0) {
		file_drop(file);
		return -number;
	}
	reply->opened = file_opened(file, number, flags, process);
	error = file_handle(file, process, port, &reply->has_file, &reply->file.raw);
	if (error)
		files_close(thread, number);
	file_drop(file);
	return error;
}

void open_answer(struct thread *thread, struct file *file, posix_DescriptorFlags own_flags,
	struct sk_reply *to)
{
	struct posix_Paths_open_reply reply;
	int error;

	posix_Paths_open_reply_init(&reply);
	error = become_descriptor(thread, file, own_flags, to->port, &reply);
	posix_Paths_open_answer(to, error, &reply);
}

void op_open(void *self, const struct posix_Paths_open_request *request,
	struct sk_reply *to)
{
	const posix_ResolveFlags known = posix_ResolveFlags_NO_FOLLOW |
		posix_ResolveFlags_NO_LINKS | posix_ResolveFlags_NO_MAGIC_LINKS |
		posix_ResolveFlags_BENEATH | posix_ResolveFlags_NO_MOUNT_CROSSING;
	struct posix_Paths_open_reply reply;
	struct thread *thread = self;
	struct fs_Status status;
	struct file *file;
	fs_Resolve resolve = request->resolve & posix_ResolveFlags_NO_FOLLOW ? 0 :
		fs_Resolve_FOLLOW;
	int error;

	posix_Paths_open_reply_init(&reply);
	if (request->resolve & posix_ResolveFlags_NO_LINKS)
		resolve |= fs_Resolve_NO_LINKS;
	if (request->resolve & posix_ResolveFlags_BENEATH)
		resolve |= fs_Resolve_BENEATH;
	if (request->resolve & posix_ResolveFlags_NO_MOUNT_CROSSING)
		resolve |= fs_Resolve_NO_MOUNTS;
	error = request->resolve & ~known ? posix_Error_EINVAL : open_path(thread,
		request->directory, request->path, request->flags,
		request->mode & 07777 & ~thread->process->places->mask, resolve, false, &file,
		&status);
	if (!error && !(request->flags & fs_Open_PATH_ONLY) && file->handle.raw < 0) {
		error = device_open(thread, &file, &status, to, request, &reply);
		if (error < 0)
			return;			/* it waits */
	}
	if (!error)
		error = become_descriptor(thread, file, request->own_flags, to->port, &reply);
	posix_Paths_open_answer(to, error, &reply);
}

/* ---- making names ---- */

static int at_of(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	struct node **parent, struct fs_At *at)
{
	struct sk_string name;
	int error = walk_parent(thread, directory, path, parent, &name);

	if (!error && name.size == 0) {
		node_drop(*parent);
		*parent = NULL;
		return posix_Error_EEXIST;
	}
	if (!error)
		*at = (struct fs_At){(*parent)->number, thread->credentials->subject, name};
	return error;
}

static bool is_dots(struct sk_string name)
{
	return (name.size == 1 && name.data[0] == '.') ||
		(name.size == 2 && name.data[0] == '.' && name.data[1] == '.');
}

void op_make_directory(void *self, const struct posix_Paths_make_directory_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_make_directory_reply reply = {0};
	struct fs_FileSystem_make_directory_request ask = {
		.mode = request->mode & 01777 &
			~((struct thread *)self)->process->places->mask};
	struct fs_FileSystem_make_directory_reply made;
	struct node *parent = NULL;
	int error = at_of(self, request->directory, request->path, &parent, &ask.at);

	if (!error && is_dots(ask.at.name))
		error = posix_Error_EEXIST;
	if (!error)
		error = server_errno(fs_FileSystem_make_directory(SERVER(parent), &ask, &made,
			NULL));
	if (!error)
		node_forget(parent->mount, made.node);
	node_drop(parent);
	posix_Paths_make_directory_answer(to, error, &reply);
}

static fs_Kind kind_of_mode(uint32_t mode)
{
	switch (mode & 0170000) {
	case 0010000:
		return fs_Kind_FIFO;
	case 0020000:
		return fs_Kind_CHARACTER_DEVICE;
	case 0060000:
		return fs_Kind_BLOCK_DEVICE;
	case 0140000:
		return fs_Kind_SOCKET;
	case 0:
	case 0100000:
		return fs_Kind_FILE;
	default:
		return fs_Kind_UNKNOWN;
	}
}

void op_make_node(void *self, const struct posix_Paths_make_node_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_make_node_reply reply = {0};
	struct fs_FileSystem_make_node_request ask = {
		.kind = kind_of_mode(request->mode),
		.mode = request->mode & 07777 & ~((struct thread *)self)->process->places->mask,
		.device_major = (uint32_t)((request->device >> 8 & 0xfff) |
			(request->device >> 32 & ~UINT64_C(0xfff))),
		.device_minor = (uint32_t)((request->device & 0xff) |
			(request->device >> 12 & 0xffffff00)),
	};
	struct fs_FileSystem_make_node_reply made;
	struct node *parent = NULL;
	int error = at_of(self, request->directory, request->path, &parent, &ask.at);

	if (!error && ask.kind == fs_Kind_UNKNOWN)
		error = posix_Error_EINVAL;
	if (!error)
		error = server_errno(fs_FileSystem_make_node(SERVER(parent), &ask, &made, NULL));
	if (!error)
		node_forget(parent->mount, made.node);
	node_drop(parent);
	posix_Paths_make_node_answer(to, error, &reply);
}

int node_make_socket(struct thread *thread, struct sk_string path, struct node **node,
	struct fs_Status *status)
{
	struct fs_FileSystem_make_node_request ask = {.kind = fs_Kind_SOCKET,
		.mode = 0777 & ~thread->process->places->mask};
	struct fs_FileSystem_make_node_reply made;
	struct node *parent = NULL;
	int error = at_of(thread, posix_CURRENT_DIRECTORY, path, &parent, &ask.at);

	if (!error)
		error = server_errno(fs_FileSystem_make_node(SERVER(parent), &ask, &made, NULL));
	if (!error) {
		*status = made.status;
		*node = node_new(parent->mount, made.node);
		error = *node ? 0 : posix_Error_ENOMEM;
	}
	node_drop(parent);
	return error;
}

int node_may_write(struct thread *thread, const struct node *node)
{
	struct fs_FileSystem_access_request ask;
	struct fs_FileSystem_access_reply found;

	fs_FileSystem_access_request_init(&ask);
	fs_Place_init(&ask.place);
	ask.place.start = node->number;
	ask.place.subject = thread->credentials->subject;
	ask.want = fs_Access_WRITE;
	return server_errno(fs_FileSystem_access(SERVER(node), &ask, &found, NULL));
}

void op_make_link(void *self, const struct posix_Paths_make_link_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_make_link_reply reply = {0};
	static char text[posix_LINK_MAX];
	struct fs_FileSystem_make_link_request ask = {
		.text = sk_lend(text, request->text.size)};
	struct fs_FileSystem_make_link_reply made;
	struct node *parent = NULL;
	int error = request->text.size == 0 ? posix_Error_ENOENT :
		at_of(self, request->directory, request->path, &parent, &ask.at);

	if (!error && sk_lease_read(to, &request->text, 0, text, request->text.size, NULL) !=
			SK_OK)
		error = posix_Error_EFAULT;
	if (!error)
		error = server_errno(fs_FileSystem_make_link(SERVER(parent), &ask, &made, NULL));
	if (!error)
		node_forget(parent->mount, made.node);
	node_drop(parent);
	posix_Paths_make_link_answer(to, error, &reply);
}

void op_link(void *self, const struct posix_Paths_link_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_link_reply reply = {0};
	struct fs_FileSystem_link_request ask = {0};
	struct node *parent = NULL, *node = NULL;
	int error = walk_all(self, request->from_directory, request->from,
		request->flags & posix_AtFlags_FOLLOW ? fs_Resolve_FOLLOW : 0,
		(request->flags & posix_AtFlags_EMPTY_PATH) != 0, &node, NULL);

	if (!error)
		error = at_of(self, request->to_directory, request->to, &parent, &ask.at);
	/* Linux has files in memory on a mount of their own. */
	if (!error && (parent->mount != node->mount || node->label))
		error = posix_Error_EXDEV;
	if (!error) {
		ask.node = node->number;
		error = server_errno(fs_FileSystem_link(SERVER(parent), &ask,
			&(struct fs_FileSystem_link_reply){0}, NULL));
	}
	node_drop(parent);
	node_drop(node);
	posix_Paths_link_answer(to, error, &reply);
}

static int remove_directory(struct node *parent, struct fs_At at)
{
	if (at.name.size == 1 && at.name.data[0] == '.')
		return posix_Error_EINVAL;
	if (is_dots(at.name))
		return posix_Error_ENOTEMPTY;
	return server_errno(fs_FileSystem_remove_directory(SERVER(parent),
		&(struct fs_FileSystem_remove_directory_request){at},
		&(struct fs_FileSystem_remove_directory_reply){0}, NULL));
}

static int unlink_name(struct node *parent, struct fs_At at, bool has_slash)
{
	if (is_dots(at.name))
		return posix_Error_EISDIR;
	if (has_slash)
		return posix_Error_ENOTDIR;
	return server_errno(fs_FileSystem_unlink(SERVER(parent),
		&(struct fs_FileSystem_unlink_request){at},
		&(struct fs_FileSystem_unlink_reply){0}, NULL));
}

void node_remove(struct thread *thread, struct sk_string path)
{
	struct node *parent = NULL;
	struct fs_At at = {0};

	if (at_of(thread, posix_CURRENT_DIRECTORY, path, &parent, &at) == 0)
		unlink_name(parent, at, false);
	node_drop(parent);
}

void op_remove(void *self, const struct posix_Paths_remove_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_remove_reply reply = {0};
	const struct sk_string path = request->path;
	struct node *parent = NULL;
	struct fs_At at = {0};
	int error = at_of(self, request->directory, path, &parent, &at);

	if (error == posix_Error_EEXIST)	/* the root */
		error = request->flags & posix_AtFlags_REMOVE_DIRECTORY ? posix_Error_EBUSY :
			posix_Error_EISDIR;
	else if (!error && (request->flags & posix_AtFlags_REMOVE_DIRECTORY))
		error = remove_directory(parent, at);
	else if (!error)
		error = unlink_name(parent, at, path.data[path.size - 1] == '/');
	node_drop(parent);
	posix_Paths_remove_answer(to, error, &reply);
}

static bool ends_in_slash(struct sk_string path)
{
	return path.size > 0 && path.data[path.size - 1] == '/';
}

/* Only a directory has a name with a slash behind. */
static int check_directory(struct thread *thread, posix_Descriptor directory,
	struct sk_string path)
{
	struct fs_Status status;
	struct node *node = NULL;
	int error = walk_all(thread, directory, path, 0, false, &node, &status);

	node_drop(node);
	return error ? error : status.kind == fs_Kind_DIRECTORY ? 0 : posix_Error_ENOTDIR;
}

void op_rename(void *self, const struct posix_Paths_rename_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_rename_reply reply = {0};
	struct fs_FileSystem_rename_request ask = {.mode = request->mode};
	struct node *from = NULL, *into = NULL;
	int error = at_of(self, request->from_directory, request->from, &from, &ask.at);

	if (!error)
		error = at_of(self, request->to_directory, request->to, &into, &ask.to);
	if (error == posix_Error_EEXIST)
		error = posix_Error_EBUSY;
	if (!error && (is_dots(ask.at.name) || is_dots(ask.to.name)))
		error = posix_Error_EBUSY;
	if (!error && from->mount != into->mount)
		error = posix_Error_EXDEV;
	if (!error && (ends_in_slash(request->from) || ends_in_slash(request->to)))
		error = check_directory(self, request->from_directory, request->from);
	if (!error)
		error = server_errno(fs_FileSystem_rename(SERVER(from), &ask,
			&(struct fs_FileSystem_rename_reply){0}, NULL));
	node_drop(from);
	node_drop(into);
	posix_Paths_rename_answer(to, error, &reply);
}
