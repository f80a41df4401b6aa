/* Paths over mounts: walks that servers of files do as far as they know, and that go on
 * here. */
#include "servers/posix/posix.h"

struct mount *mounts;

/* ---- nodes ---- */

/*
 * The node that was dropped last is often wanted again at once: what is given back of it waits,
 * until another node is met, or for a while. So a file that is gone is not kept long.
 */
#define LATER UINT64_C(1000000000)		/* ns */

static struct {
	const struct mount *mount;
	fs_Node number;
	uint32_t count;				/* 0: there is none */
	struct sk_alarm alarm;
	bool is_armed;
} dropped;

static void forget_dropped(void)
{
	if (dropped.count > 0)
		fs_FileSystem_forget(dropped.mount->server,
			&(struct fs_FileSystem_forget_request){dropped.number, dropped.count},
			NULL);
	dropped.count = 0;
}

static void ring(void *self)
{
	UNUSED(self);
	dropped.is_armed = false;
	forget_dropped();
}

/* Another one than that is met. */
static void meet(const struct mount *mount, fs_Node number)
{
	if (dropped.mount != mount || dropped.number != number || dropped.count == UINT32_MAX)
		forget_dropped();
}

void node_forget(const struct mount *mount, fs_Node number)
{
	/* At once where that is posix itself, which may be in the midst of a call. */
	if (is_proc(mount)) {
		proc_node_drop(number);
		return;
	}
	meet(mount, number);
	dropped.mount = mount;
	dropped.number = number;
	dropped.count++;
	if (dropped.is_armed)
		return;
	dropped.is_armed = true;
	dropped.alarm.ring = ring;
	sk_alarm_set(posix.os, &dropped.alarm, now() + LATER);
}

struct node *node_new(struct mount *mount, fs_Node number)
{
	struct node *node = allocate(sizeof(*node));

	meet(mount, number);
	if (!node) {
		node_forget(mount, number);
		return NULL;
	}
	*node = (struct node){.references = 1, .mount = mount, .number = number};
	return node;
}

struct node *node_take(struct node *node)
{
	node->references++;
	return node;
}

void node_drop(struct node *node)
{
	if (!node || --node->references > 0)
		return;
	if (node->number != fs_ROOT)
		node_forget(node->mount, node->number);
	release(node->label);
	release(node);
}

int mount_root(void)
{
	static struct sk_client client;
	static struct sk_kernel_channel server;
	struct mount *mount = allocate(sizeof(*mount));
	int status;

	if (!mount || sk_client_open(&client, posix.os, "root", "fs.FileSystem") != SK_OK)
		return posix_Error_ENOMEM;
	status = sk_client_connect(&client, true, NULL);
	if (status != SK_OK)
		return posix_Error_EIO;
	/* Not to be connected anew: another server's nodes have the same numbers. */
	server = client.kernel;
	server.channel.ops = &sk_kernel_channel_ops;
	mount->server = &server.channel;
	mount->id = 1;
	mount->device = 1;
	mount->root = node_new(mount, fs_ROOT);
	mount->next = mounts;
	mounts = mount;
	return mount->root ? 0 : posix_Error_ENOMEM;
}

/* ---- places ---- */

struct places *places_new(struct node *root)
{
	struct places *places = allocate(sizeof(*places));

	if (places)
		*places = (struct places){1, node_take(root), node_take(root), 022};
	return places;
}

struct places *places_copy(const struct places *from)
{
	struct places *places = allocate(sizeof(*places));

	if (places)
		*places = (struct places){1, node_take(from->root), node_take(from->directory),
			from->mask};
	return places;
}

void places_drop(struct places *places)
{
	if (!places || --places->references > 0)
		return;
	node_drop(places->root);
	node_drop(places->directory);
	release(places);
}

/* ---- walks ---- */

static int start_of(struct thread *thread, posix_Descriptor directory, struct node **start)
{
	struct process *process = thread->process;
	struct file *file;

	if (directory == posix_CURRENT_DIRECTORY) {
		*start = node_take(process->places->directory);
		return 0;
	}
	file = files_find(process->files, directory);
	if (!file)
		return posix_Error_EBADF;
	*start = proc_node_of(file);
	return *start ? 0 : posix_Error_ENOMEM;
}

static void start_at_root(struct walk *walk)
{
	node_drop(walk->start);
	walk->start = node_take(walk->root);
}

/* Slashes at the front lead to the root. */
static void take_slashes(struct walk *walk)
{
	uint32_t slashes = 0;

	while (slashes < walk->size && walk->rest[slashes] == '/')
		slashes++;
	if (slashes == 0)
		return;
	start_at_root(walk);
	walk->size -= slashes;
	memmove(walk->rest, walk->rest + slashes, walk->size);
}

int walk_open(struct walk *walk, struct thread *thread, posix_Descriptor directory,
	struct sk_string path, fs_Resolve resolve, bool may_be_empty)
{
	int error;

	walk->thread = posix.walker = thread;
	walk->who = thread->credentials;
	walk->links = walk->steps = 0;
	walk->resolve = resolve;
	walk->start = walk->root = NULL;
	if (path.size == 0 && !may_be_empty)
		return posix_Error_ENOENT;
	for (uint32_t i = 0; i < path.size; i++)
		if (path.data[i] == 0)
			return posix_Error_EINVAL;
	if (path.size > 0 && path.data[0] == '/')
		directory = posix_CURRENT_DIRECTORY;
	error = start_of(thread, directory, &walk->start);
	if (error)
		return error;
	walk->root = node_take(thread->process->places->root);
	walk->size = path.size;
	memcpy(walk->rest, path.data, path.size);
	take_slashes(walk);
	return 0;
}

void walk_place(struct walk *walk)
{
	walk->place = (struct fs_Place){
		.start = walk->start->number, .subject = walk->who->subject,
		.resolve = walk->resolve | (uint32_t)fs_Resolve_STOP_AT_LAST_MOUNT,
		.path = {walk->rest, walk->size},
		.barrier = walk->root->mount == walk->start->mount ? walk->root->number : 0,
	};
}

struct sk_channel *walk_server(const struct walk *walk)
{
	return walk->start->mount->server;
}

/* What is left: of links that were met, then of the path. */
static int cut(struct walk *walk, const struct fs_Progress *progress)
{
	const uint32_t left = walk->size - progress->consumed;
	const uint32_t slash = progress->rest.size > 0 && left > 0;

	if (progress->consumed > walk->size || progress->rest.size + slash + left >
			sizeof(walk->rest))
		return posix_Error_ENAMETOOLONG;
	memmove(walk->rest + progress->rest.size + slash, walk->rest + progress->consumed,
		left);
	memcpy(walk->rest, progress->rest.data, progress->rest.size);
	if (slash)
		walk->rest[progress->rest.size] = '/';
	walk->size = progress->rest.size + slash + left;
	return 0;
}

static struct mount *mounted_at(const struct mount *mount, fs_Node number)
{
	struct mount *m = mounts;

	while (m && !(m->covers && m->covers->mount == mount && m->covers->number == number))
		m = m->next;
	return m;
}

/* On in the directory that what a mount covers is in. */
static bool go_above(struct walk *walk, const struct mount *mount, int *error)
{
	const uint32_t more = walk->size > 0 ? 3 : 2;

	if (walk->size + more > sizeof(walk->rest)) {
		*error = posix_Error_ENAMETOOLONG;
		return false;
	}
	memmove(walk->rest + more, walk->rest, walk->size);
	memcpy(walk->rest, "../", more);
	walk->size += more;
	node_drop(walk->start);
	walk->start = node_take(mount->covers);
	return true;
}

/* On behind a magic link. */
static bool jump(struct walk *walk, int *error)
{
	struct node *to;

	*error = proc_jump(walk->start->number, &to);
	if (*error)
		return false;
	node_drop(walk->start);
	walk->start = to;
	return true;
}

bool walk_goes_on(struct walk *walk, const struct fs_Progress *progress, int *error)
{
	struct mount *mount = walk->start->mount, *other;
	fs_Node number = progress->node;
	struct node *at;

	if (progress->stop == fs_Stop_DONE)
		return false;
	walk->links += progress->links;
	*error = cut(walk, progress);
	if (!*error && (walk->links > fs_LINKS_MAX || ++walk->steps > 100))
		*error = posix_Error_ELOOP;
	at = node_new(mount, number);
	if (!*error && !at)
		*error = posix_Error_ENOMEM;
	if (*error) {
		node_drop(at);
		return false;
	}
	node_drop(walk->start);
	walk->start = at;
	if (progress->stop == fs_Stop_MOUNT && is_proc(mount))
		return jump(walk, error);
	other = progress->stop == fs_Stop_MOUNT ? mounted_at(mount, number) : NULL;
	if (other) {
		node_drop(walk->start);
		walk->start = node_take(other->root);
	} else if (progress->stop == fs_Stop_LINK) {
		take_slashes(walk);
	} else if (progress->stop == fs_Stop_ABOVE && mount->covers) {
		return go_above(walk, mount, error);
	}
	return true;
}

void walk_close(struct walk *walk)
{
	node_drop(walk->start);
	node_drop(walk->root);
	walk->start = walk->root = NULL;
}

/* Where a walk has ended. What was led to by a descriptor alone is still what it was called. */
static struct node *reached(struct walk *walk, fs_Node number)
{
	struct node *start = walk->start;

	if (!start->label || start->number != number)
		return node_new(start->mount, number);
	node_forget(start->mount, number);
	return node_take(start);
}

/* One at a time: calls to servers do not come back here. */
static struct walk the_walk;

int walk_all(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	fs_Resolve resolve, bool may_be_empty, struct node **node, struct fs_Status *status)
{
	struct walk *walk = &the_walk;
	struct fs_FileSystem_walk_reply reply;
	int error = walk_open(walk, thread, directory, path, resolve, may_be_empty);

	if (!error) {
		do {
			walk_place(walk);
			error = server_errno(fs_FileSystem_walk(walk_server(walk),
				&(struct fs_FileSystem_walk_request){walk->place}, &reply, NULL));
		} while (!error && walk_goes_on(walk, &reply.progress, &error));
		if (!error && status)
			*status = reply.status;
		if (!error) {
			*node = reached(walk, reply.progress.node);
			error = *node ? 0 : posix_Error_ENOMEM;
		}
	}
	walk_close(walk);
	return error;
}

int walk_parent(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	struct node **parent, struct sk_string *name)
{
	uint32_t end = path.size, start;

	while (end > 1 && path.data[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path.data[start - 1] != '/')
		start--;
	*name = (struct sk_string){path.data + start, end - start};
	if (path.size == 0)
		return posix_Error_ENOENT;
	if (name->size > fs_NAME_MAX)
		return posix_Error_ENAMETOOLONG;
	return walk_all(thread, directory, (struct sk_string){path.data, start},
		fs_Resolve_FOLLOW, true, parent, NULL);
}

static int path_there(struct node *node, struct node *root, char *to, uint32_t capacity)
{
	struct fs_FileSystem_path_of_reply reply;
	int error;

	if (is_proc(node->mount))
		return proc_path(node->number, to, capacity);
	error = server_errno(fs_FileSystem_path_of(node->mount->server,
		&(struct fs_FileSystem_path_of_request){
			.node = node->number,
			.barrier = root && root->mount == node->mount ? root->number : 0,
			.path = sk_lend_out(to, capacity)}, &reply, NULL));
	return error ? -error : (int)reply.size;
}

int node_path(struct node *node, struct node *root, char *to, uint32_t capacity)
{
	struct node *covers = node->mount->covers;
	int size = path_there(node, root, to, capacity), before;
	bool is_top;

	/* Names of what has none do not begin with a slash. */
	if (size <= 0 || !covers || to[0] != '/' || (root && root->mount == node->mount))
		return size;
	is_top = size == 1;
	before = node_path(covers, root, to, capacity);
	if (before < 0 || is_top)
		return before;
	if (before == 1)
		before = 0;
	size = path_there(node, root, to + before, capacity - (uint32_t)before);
	return size < 0 ? size : before + size;
}

/* What memfd_create made, as Linux names it. */
static int label_path(const char *label, char *to, uint32_t capacity)
{
	static const char before[] = "/memfd:", behind[] = " (deleted)";
	const uint32_t size = (uint32_t)strlen(label);

	if (sizeof(before) + size + sizeof(behind) > capacity)
		return -(int)posix_Error_ENAMETOOLONG;
	memcpy(to, before, sizeof(before) - 1);
	to += sizeof(before) - 1;
	memcpy(to, label, size);
	memcpy(to + size, behind, sizeof(behind) - 1);
	return (int)(size + sizeof(before) + sizeof(behind) - 2);
}

int shown_path(struct node *node, struct node *root, char *to, uint32_t capacity)
{
	static const char deleted[] = "/ (deleted)";
	int size = node->label ? label_path(node->label, to, capacity) :
		node_path(node, root, to, capacity);

	if (size != -(int)posix_Error_ENOENT || capacity < sizeof(deleted))
		return size;
	memcpy(to, deleted, sizeof(deleted) - 1);
	return sizeof(deleted) - 1;
}

/* ---- opening ---- */

static posix_ObjectKind kind_of(fs_Kind kind)
{
	switch (kind) {
	case fs_Kind_FILE:
		return posix_ObjectKind_FILE;
	case fs_Kind_DIRECTORY:
		return posix_ObjectKind_DIRECTORY;
	case fs_Kind_LINK:
		return posix_ObjectKind_LINK;
	case fs_Kind_FIFO:
		return posix_ObjectKind_PIPE;
	case fs_Kind_CHARACTER_DEVICE:
		return posix_ObjectKind_CHARACTER_DEVICE;
	case fs_Kind_BLOCK_DEVICE:
		return posix_ObjectKind_BLOCK_DEVICE;
	case fs_Kind_TERMINAL:
		return posix_ObjectKind_TERMINAL;
	default:
		return posix_ObjectKind_OTHER;
	}
}

static int take(struct node *node, struct fs_FileSystem_open_reply *reply, fs_Open flags,
	struct file **file)
{
	*file = node ? file_new(kind_of(reply->status.kind), flags & ~(fs_Open)(fs_Open_CREATE |
		fs_Open_EXCLUSIVE | fs_Open_TRUNCATE | fs_Open_DIRECTORY)) : NULL;
	if (!*file) {
		node_drop(node);
		if (reply->has_file)
			drop(&reply->file.raw);
		return posix_Error_ENFILE;
	}
	(*file)->node = node;
	(*file)->handle = reply->has_file ? reply->file.raw : sk_no_handle();
	return 0;
}

int take_opened(struct mount *mount, struct fs_FileSystem_open_reply *reply, fs_Open flags,
	struct file **file)
{
	return take(node_new(mount, reply->progress.node), reply, flags, file);
}

int open_path(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	fs_Open flags, uint32_t mode, fs_Resolve resolve, bool may_be_empty,
	struct file **file, struct fs_Status *status)
{
	struct walk *walk = &the_walk;
	struct fs_FileSystem_open_reply reply;
	int error = walk_open(walk, thread, directory, path, resolve, may_be_empty);

	*file = NULL;
	if (!error) {
		do {
			walk_place(walk);
			error = server_errno(fs_FileSystem_open(walk_server(walk),
				&(struct fs_FileSystem_open_request){walk->place, flags, mode},
				&reply, NULL));
		} while (!error && walk_goes_on(walk, &reply.progress, &error));
	}
	if (!error) {
		*status = reply.status;
		error = take(reached(walk, reply.progress.node), &reply, flags, file);
	}
	walk_close(walk);
	return error;
}
