/* What is done by paths. */
#include "servers/posix/posix.h"

#define CREDENTIALS(self) (((struct thread *)(self))->credentials)
#define SERVER(node) (&(node)->mount->server.channel)

static fs_Resolve resolve_of(posix_AtFlags flags)
{
	return flags & posix_AtFlags_NO_FOLLOW ? 0 : fs_Resolve_FOLLOW;
}

static bool may_be_empty(posix_AtFlags flags)
{
	return (flags & posix_AtFlags_EMPTY_PATH) != 0;
}

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
		request->mode & 07777 & ~thread->process->places->mask, resolve, &file, &status);
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

static void forget(struct node *parent, fs_Node number)
{
	fs_FileSystem_forget(SERVER(parent),
		&(struct fs_FileSystem_forget_request){number, 1}, NULL);
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
		forget(parent, made.node);
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
		forget(parent, made.node);
	node_drop(parent);
	posix_Paths_make_node_answer(to, error, &reply);
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
		forget(parent, made.node);
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
		may_be_empty(request->flags), &node, NULL);

	if (!error)
		error = at_of(self, request->to_directory, request->to, &parent, &ask.at);
	if (!error && parent->mount != node->mount)
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
	if (!error)
		error = server_errno(fs_FileSystem_rename(SERVER(from), &ask,
			&(struct fs_FileSystem_rename_reply){0}, NULL));
	node_drop(from);
	node_drop(into);
	posix_Paths_rename_answer(to, error, &reply);
}

/* ---- looking ---- */

static struct walk walk;

void op_read_link(void *self, const struct posix_Paths_read_link_request *request,
	struct sk_reply *to)
{
	static char text[posix_LINK_MAX];
	struct posix_Paths_read_link_reply reply = {0};
	struct fs_FileSystem_read_link_reply found;
	int error = walk_open(&walk, self, request->directory, request->path, 0, true);

	if (!error) {
		do {
			walk_place(&walk);
			error = server_errno(fs_FileSystem_read_link(walk_server(&walk),
				&(struct fs_FileSystem_read_link_request){walk.place,
				sk_lend_out(text, sizeof(text))}, &found, NULL));
		} while (!error && walk_goes_on(&walk, &found.progress, &error));
	}
	walk_close(&walk);
	if (!error) {
		reply.size = found.size < request->text.size ? found.size :
			(uint32_t)request->text.size;
		if (sk_lease_write(to, &request->text, 0, text, reply.size, NULL) != SK_OK)
			error = posix_Error_EFAULT;
	}
	posix_Paths_read_link_answer(to, error, &reply);
}

/* A descriptor itself: its own server knows. */
static bool is_descriptor(struct thread *thread, posix_Descriptor directory,
	struct sk_string path, posix_AtFlags flags, struct file **file)
{
	*file = NULL;
	if (path.size > 0 || !may_be_empty(flags) || directory == posix_CURRENT_DIRECTORY)
		return false;
	*file = files_find(thread->process->files, directory);
	return true;
}

static int status_of_file(struct file *file, struct fs_Status *status)
{
	struct fs_File_status_reply reply;
	int error;

	if (file->ops) {
		*status = (struct fs_Status){
			.inode = file->number, .links = 1, .block_size = 4096, .mode = 0600,
			.kind = file->kind == posix_ObjectKind_PIPE ? fs_Kind_FIFO :
				fs_Kind_CHARACTER_DEVICE,
		};
		return 0;
	}
	error = server_errno(fs_File_status(on(file->handle), &(struct fs_File_status_request){0},
		&reply, NULL));
	*status = reply.status;
	return error;
}

static int stat_path(struct thread *thread, const struct posix_Paths_path_status_request *r,
	struct posix_Paths_path_status_reply *reply)
{
	struct fs_FileSystem_stat_reply found;
	int error = walk_open(&walk, thread, r->directory, r->path, resolve_of(r->flags),
		may_be_empty(r->flags));

	if (!error) {
		do {
			walk_place(&walk);
			error = server_errno(fs_FileSystem_stat(walk_server(&walk),
				&(struct fs_FileSystem_stat_request){walk.place}, &found, NULL));
		} while (!error && walk_goes_on(&walk, &found.progress, &error));
	}
	if (!error) {
		reply->status = found.status;
		reply->device = walk.start->mount->device;
		reply->mount = walk.start->mount->id;
	}
	walk_close(&walk);
	return error;
}

void op_path_status(void *self, const struct posix_Paths_path_status_request *request,
	struct sk_reply *to)
{
	struct posix_Paths_path_status_reply reply = {0};
	struct file *file;
	int error;

	if (!is_descriptor(self, request->directory, request->path, request->flags, &file))
		error = stat_path(self, request, &reply);
	else if (!file)
		error = posix_Error_EBADF;
	else if (!file->node || (file->ops && file->kind != posix_ObjectKind_CHARACTER_DEVICE &&
			!file->node))
		error = status_of_file(file, &reply.status);
	else
		error = stat_path(self, request, &reply);
	posix_Paths_path_status_answer(to, error, &reply);
}

/* The real users judge, unless they are the effective ones. */
static struct credentials *judge(struct thread *thread, posix_AtFlags flags)
{
	const struct credentials *c = thread->credentials;
	struct posix_Credentials ids = c->ids;
	struct posix_Capabilities caps = c->capabilities;

	if ((flags & posix_AtFlags_REMOVE_DIRECTORY) ||
			(ids.user == ids.file_user && ids.group_id == ids.file_group))
		return credentials_take(thread->credentials);
	ids.file_user = ids.user;
	ids.file_group = ids.group_id;
	caps.effective = ids.user == 0 ? caps.permitted : 0;
	return credentials_new(&ids, &caps, c->groups, c->group_count);
}

void op_access(void *self, const struct posix_Paths_access_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_access_reply reply = {0};
	struct fs_FileSystem_access_reply found;
	struct credentials *who = judge(self, request->flags);
	int error = who ? walk_open(&walk, self, request->directory, request->path,
		resolve_of(request->flags), may_be_empty(request->flags)) : posix_Error_ENOMEM;

	if (!error) {
		walk.who = who;
		do {
			walk_place(&walk);
			error = server_errno(fs_FileSystem_access(walk_server(&walk),
				&(struct fs_FileSystem_access_request){walk.place,
				request->want}, &found, NULL));
		} while (!error && walk_goes_on(&walk, &found.progress, &error));
		walk_close(&walk);
	}
	credentials_drop(who);
	posix_Paths_access_answer(to, error, &reply);
}

/* ---- changing status ---- */

static int node_of(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	posix_AtFlags flags, struct node **node)
{
	struct file *file;

	*node = NULL;
	if (is_descriptor(thread, directory, path, flags, &file)) {
		if (file && file->node)
			*node = node_take(file->node);
		return !file ? posix_Error_EBADF : *node ? 0 : posix_Error_EINVAL;
	}
	return walk_all(thread, directory, path, resolve_of(flags), may_be_empty(flags), node,
		NULL);
}

void op_change_mode(void *self, const struct posix_Paths_change_mode_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_change_mode_reply reply = {0};
	struct fs_FileSystem_set_mode_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error)
		error = server_errno(fs_FileSystem_set_mode(SERVER(node),
			&(struct fs_FileSystem_set_mode_request){node->number,
			CREDENTIALS(self)->subject, request->mode & 07777}, &set, NULL));
	node_drop(node);
	posix_Paths_change_mode_answer(to, error, &reply);
}

void op_change_owner(void *self, const struct posix_Paths_change_owner_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_change_owner_reply reply = {0};
	struct fs_FileSystem_set_owner_request ask = {
		.subject = CREDENTIALS(self)->subject,
		.has_owner = request->user != posix_KEEP, .owner = request->user,
		.has_owner_group = request->group_id != posix_KEEP,
		.owner_group = request->group_id,
	};
	struct fs_FileSystem_set_owner_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error) {
		ask.node = node->number;
		error = server_errno(fs_FileSystem_set_owner(SERVER(node), &ask, &set, NULL));
	}
	node_drop(node);
	posix_Paths_change_owner_answer(to, error, &reply);
}

void op_set_times(void *self, const struct posix_Paths_set_times_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_set_times_reply reply = {0};
	struct fs_FileSystem_set_times_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error)
		error = server_errno(fs_FileSystem_set_times(SERVER(node),
			&(struct fs_FileSystem_set_times_request){node->number,
			CREDENTIALS(self)->subject, request->accessed, request->modified}, &set,
			NULL));
	node_drop(node);
	posix_Paths_set_times_answer(to, error, &reply);
}

void op_truncate_path(void *self, const struct posix_Paths_truncate_path_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_truncate_path_reply reply = {0};
	struct fs_FileSystem_truncate_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, 0, &node);

	if (!error)
		error = server_errno(fs_FileSystem_truncate(SERVER(node),
			&(struct fs_FileSystem_truncate_request){node->number,
			CREDENTIALS(self)->subject, request->size}, &set, NULL));
	node_drop(node);
	posix_Paths_truncate_path_answer(to, error, &reply);
}

void op_file_system_status(void *self,
	const struct posix_Paths_file_system_status_request *request, struct sk_reply *to)
{
	struct posix_Paths_file_system_status_reply reply = {0};
	struct fs_FileSystem_statfs_reply space;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error)
		error = server_errno(fs_FileSystem_statfs(SERVER(node),
			&(struct fs_FileSystem_statfs_request){0}, &space, NULL));
	if (!error)
		reply.space = space.space;
	node_drop(node);
	posix_Paths_file_system_status_answer(to, error, &reply);
}

/* ---- places ---- */

/* A directory that the thread may search. */
static int find_directory(struct thread *thread, posix_Descriptor directory,
	struct sk_string path, bool empty, struct node **node)
{
	struct fs_FileSystem_access_request ask = {.want = fs_Access_EXECUTE};
	struct fs_FileSystem_access_reply found;
	struct fs_Status status;
	int error = walk_all(thread, directory, path, fs_Resolve_FOLLOW, empty, node, &status);

	if (error) {
		*node = NULL;
		return error;
	}
	fs_Place_init(&ask.place);
	ask.place.start = (*node)->number;
	ask.place.subject = thread->credentials->subject;
	if (status.kind != fs_Kind_DIRECTORY)
		error = posix_Error_ENOTDIR;
	else
		error = server_errno(fs_FileSystem_access(SERVER(*node), &ask, &found, NULL));
	if (error) {
		node_drop(*node);
		*node = NULL;
	}
	return error;
}

void op_change_directory(void *self,
	const struct posix_Paths_change_directory_request *request, struct sk_reply *to)
{
	const struct posix_Paths_change_directory_reply reply = {0};
	struct places *places = ((struct thread *)self)->process->places;
	struct node *node;
	int error = find_directory(self, request->directory, request->path,
		may_be_empty(request->flags), &node);

	if (!error) {
		node_drop(places->directory);
		places->directory = node;
	}
	posix_Paths_change_directory_answer(to, error, &reply);
}

void op_change_root(void *self, const struct posix_Paths_change_root_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_change_root_reply reply = {0};
	struct thread *thread = self;
	struct places *places = thread->process->places;
	struct node *node;
	int error = find_directory(self, posix_CURRENT_DIRECTORY, request->path, false, &node);

	if (!error && !credentials_can(thread->credentials, CAP_SYS_CHROOT)) {
		node_drop(node);
		error = posix_Error_EPERM;
	}
	if (!error) {
		node_drop(places->root);
		places->root = node;
	}
	posix_Paths_change_root_answer(to, error, &reply);
}

static int give_text(struct sk_reply *to, const struct sk_lease *lease, const char *text,
	int size)
{
	if (size < 0)
		return -size;
	if ((uint64_t)size > lease->size)
		return posix_Error_ERANGE;
	return sk_lease_write(to, lease, 0, text, (uint64_t)size, NULL) == SK_OK ? 0 :
		posix_Error_EFAULT;
}

void op_working_directory(void *self,
	const struct posix_Paths_working_directory_request *request, struct sk_reply *to)
{
	static char text[fs_LINK_MAX];
	struct posix_Paths_working_directory_reply reply = {0};
	const struct places *places = ((struct thread *)self)->process->places;
	int size = node_path(places->directory, places->root, text, sizeof(text));
	int error = give_text(to, &request->path, text, size);

	reply.size = error ? 0 : (uint32_t)size;
	posix_Paths_working_directory_answer(to, error, &reply);
}

/* A name for what has no path. */
static int name_of(const struct file *file, char *to, size_t capacity)
{
	const char *kind = file->kind == posix_ObjectKind_PIPE ? "pipe" : "anon_inode";
	char digits[24];
	size_t size = strlen(kind), count = 0;
	uint64_t number = file->number;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	if (size + count + 3 > capacity)
		return -posix_Error_ERANGE;
	memcpy(to, kind, size);
	to[size++] = ':';
	to[size++] = '[';
	while (count > 0)
		to[size++] = digits[--count];
	to[size++] = ']';
	return (int)size;
}

void op_descriptor_path(void *self, const struct posix_Paths_descriptor_path_request *request,
	struct sk_reply *to)
{
	static char text[fs_LINK_MAX];
	struct posix_Paths_descriptor_path_reply reply = {0};
	const struct process *process = ((struct thread *)self)->process;
	struct file *file = files_find(process->files, request->descriptor);
	int error = posix_Error_EBADF, size;

	if (file) {
		size = file->node ? node_path(file->node, process->places->root, text,
			sizeof(text)) : name_of(file, text, sizeof(text));
		error = give_text(to, &request->path, text, size);
		reply.size = error ? 0 : (uint32_t)size;
	}
	posix_Paths_descriptor_path_answer(to, error, &reply);
}

void op_umask(void *self, const struct posix_Paths_umask_request *request,
	struct sk_reply *to)
{
	struct places *places = ((struct thread *)self)->process->places;
	const struct posix_Paths_umask_reply reply = {places->mask};

	if (request->has_mask)
		places->mask = request->mask & 0777;
	posix_Paths_umask_answer(to, 0, &reply);
}
