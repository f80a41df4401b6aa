/* Devices that posix serves itself, and their nodes in /dev. */
#include "runtime/files/refuse.h"
#include "servers/posix/posix.h"

enum device { NULL_DEVICE = 3, ZERO = 5, FULL = 7, RANDOM = 8, URANDOM = 9 };
#define MEMORY_MAJOR 1

static enum device device_of(const struct access *access)
{
	return (enum device)(uintptr_t)access->file->self;
}

/* ---- reading and writing ---- */

static int fill(enum device device, struct sk_reply *to, const struct sk_lease *lease)
{
	static const uint8_t zeros[4096];

	if (device == RANDOM || device == URANDOM)
		return random_fill(to, lease, lease->size);
	for (uint64_t done = 0; done < lease->size;) {
		uint64_t step = lease->size - done < sizeof(zeros) ? lease->size - done :
			sizeof(zeros);

		if (sk_lease_write(to, lease, done, zeros, step, NULL) != SK_OK)
			return posix_Error_EFAULT;
		done += step;
	}
	return 0;
}

static int read_one(const struct access *access, struct sk_reply *to, bool is_there,
	const struct sk_lease *lease, uint64_t *count)
{
	int error = is_there && device_of(access) != NULL_DEVICE ?
		fill(device_of(access), to, lease) : 0;

	if (is_there && !error && device_of(access) != NULL_DEVICE)
		*count += lease->size;
	return error;
}

#define READ_ALL(access, to, r, error, count) do { \
		if (!(access)->file || !((access)->file->flags & fs_Open_READ)) \
			error = posix_Error_EBADF; \
		if (!error) \
			error = read_one(access, to, true, &(r)->data, &(count)); \
		if (!error) \
			error = read_one(access, to, (r)->has_second, &(r)->second, &(count)); \
		if (!error) \
			error = read_one(access, to, (r)->has_third, &(r)->third, &(count)); \
		if (!error) \
			error = read_one(access, to, (r)->has_fourth, &(r)->fourth, &(count)); \
	} while (0)

static void op_read(void *self, const struct fs_File_read_request *r, struct sk_reply *to)
{
	struct fs_File_read_reply reply = {0};
	int error = 0;

	READ_ALL((struct access *)self, to, r, error, reply.count);
	fs_File_read_answer(to, error, &reply);
}

static void op_read_at(void *self, const struct fs_File_read_at_request *r,
	struct sk_reply *to)
{
	struct fs_File_read_at_reply reply = {0};
	int error = 0;

	READ_ALL((struct access *)self, to, r, error, reply.count);
	fs_File_read_at_answer(to, error, &reply);
}

static int check_write(const struct access *access)
{
	if (!access->file || !(access->file->flags & fs_Open_WRITE))
		return posix_Error_EBADF;
	return device_of(access) == FULL ? posix_Error_ENOSPC : 0;
}

#define SIZES(r) ((r)->data.size + ((r)->has_second ? (r)->second.size : 0) + \
	((r)->has_third ? (r)->third.size : 0) + ((r)->has_fourth ? (r)->fourth.size : 0))

static void op_write(void *self, const struct fs_File_write_request *r, struct sk_reply *to)
{
	const struct fs_File_write_reply reply = {SIZES(r)};

	fs_File_write_answer(to, check_write(self), &reply);
}

static void op_write_at(void *self, const struct fs_File_write_at_request *r,
	struct sk_reply *to)
{
	const struct fs_File_write_at_reply reply = {SIZES(r)};

	fs_File_write_at_answer(to, check_write(self), &reply);
}

/* ---- the rest ---- */

static uint32_t ready(struct file *file)
{
	UNUSED(file);
	return fs_Ready_READABLE | fs_Ready_WRITABLE;
}

static void op_seek(void *self, const struct fs_File_seek_request *request,
	struct sk_reply *to)
{
	const struct fs_File_seek_reply reply = {0};

	UNUSED(self);
	UNUSED(request);
	fs_File_seek_answer(to, 0, &reply);
}

static void op_ready(void *self, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	const struct fs_File_ready_reply reply = {ready(NULL) & request->mask, 1};

	UNUSED(self);
	fs_File_ready_answer(to, 0, &reply);
}

static void op_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	struct fs_File_status_reply reply = {{
		.kind = fs_Kind_CHARACTER_DEVICE, .mode = 0666, .links = 1, .block_size = 4096,
		.device_major = MEMORY_MAJOR,
	}};

	UNUSED(request);
	if (access->file) {
		reply.status.device_minor = device_of(access);
		reply.status.inode = access->file->number;
	}
	fs_File_status_answer(to, access->file ? 0 : posix_Error_EBADF, &reply);
}

static void op_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	UNUSED(request);
	file_describe(self, fs_Kind_CHARACTER_DEVICE, to);
}

FILES_REFUSE(memory, ENODEV)

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fs_File_ops ops = {
		.read = op_read, .read_at = op_read_at, .write = op_write,
		.write_at = op_write_at, .seek = op_seek, .ready = op_ready,
		.status = op_status, .describe = op_describe, .memory = op_memory,
	};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		fs_File_dispatch(&ops, self, incoming);
}

static const struct sk_object device_object = {.dispatch = dispatch, .gone = access_gone};
static const struct file_ops device_ops = {&device_object, NULL, ready, NULL};

/* ---- opening ---- */

int device_open(struct thread *thread, struct file **file, const struct fs_Status *status,
	struct sk_reply *to, const struct posix_Paths_open_request *request,
	struct posix_Paths_open_reply *reply)
{
	const uint32_t number = status->device_minor;
	int error = -1;

	UNUSED(reply);
	if (is_proc((*file)->node->mount)) {
		error = proc_opened(thread, *file);
		if (error)
			file_drop(*file);
		return error;
	}
	if (status->kind == fs_Kind_CHARACTER_DEVICE)
		error = terminal_open(thread, *file, status);
	if (error >= 0) {
		if (error)
			file_drop(*file);
		return error;
	}
	error = posix_Error_ENXIO;
	if (status->kind == fs_Kind_CHARACTER_DEVICE && status->device_major == MEMORY_MAJOR &&
			(number == NULL_DEVICE || number == ZERO || number == FULL ||
			number == RANDOM || number == URANDOM)) {
		(*file)->ops = &device_ops;
		(*file)->self = (void *)(uintptr_t)number;
		error = 0;
	} else if (status->kind == fs_Kind_FIFO) {
		error = fifo_open(thread, *file, status, to, request->own_flags);
	}
	if (error > 0)
		file_drop(*file);
	return error;
}

/* ---- /dev ---- */

static const struct { const char *name; fs_Kind kind; uint32_t mode, major, minor; }
nodes[] = {
	{"null", fs_Kind_CHARACTER_DEVICE, 0666, MEMORY_MAJOR, NULL_DEVICE},
	{"zero", fs_Kind_CHARACTER_DEVICE, 0666, MEMORY_MAJOR, ZERO},
	{"full", fs_Kind_CHARACTER_DEVICE, 0666, MEMORY_MAJOR, FULL},
	{"random", fs_Kind_CHARACTER_DEVICE, 0666, MEMORY_MAJOR, RANDOM},
	{"urandom", fs_Kind_CHARACTER_DEVICE, 0666, MEMORY_MAJOR, URANDOM},
	{"tty", fs_Kind_CHARACTER_DEVICE, 0666, 5, 0},
	{"console", fs_Kind_CHARACTER_DEVICE, 0600, 5, 1},
	{"ptmx", fs_Kind_CHARACTER_DEVICE, 0666, 5, 2},
	{"ttyS0", fs_Kind_CHARACTER_DEVICE, 0620, 4, 64},
};
static const struct { const char *name, *text; } links[] = {
	{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
};

static struct fs_At at(fs_Node directory, const char *name)
{
	return (struct fs_At){directory, fs_SELF, {name, (uint32_t)strlen(name)}};
}

fs_Node device_directory(struct sk_channel *server, fs_Node in, const char *name,
	uint32_t mode, bool *is_new)
{
	struct fs_FileSystem_make_directory_reply made;
	struct fs_FileSystem_walk_request walk;
	struct fs_FileSystem_walk_reply found;

	*is_new = fs_FileSystem_make_directory(server,
		&(struct fs_FileSystem_make_directory_request){
		at(in, name), mode}, &made, NULL) == 0;
	if (*is_new)
		return made.node;
	fs_FileSystem_walk_request_init(&walk);
	fs_Place_init(&walk.place);
	walk.place.start = in;
	walk.place.path = (struct sk_string){name, (uint32_t)strlen(name)};
	return fs_FileSystem_walk(server, &walk, &found, NULL) == 0 ? found.progress.node : 0;
}

void device_nodes(void)
{
	struct sk_channel *server = mounts->server;
	struct fs_FileSystem_make_node_reply made;
	struct fs_FileSystem_make_link_reply linked;
	bool is_new;
	fs_Node dev = device_directory(server, fs_ROOT, "dev", 0755, &is_new);

	for (unsigned i = 0; dev && i < ARRAY_SIZE(nodes); i++)
		fs_FileSystem_make_node(server, &(struct fs_FileSystem_make_node_request){
			at(dev, nodes[i].name), nodes[i].kind, nodes[i].mode, nodes[i].major,
			nodes[i].minor}, &made, NULL);
	if (dev) {
		pty_nodes(server, dev);
		/* shm_open() and sem_open() make files there. */
		device_directory(server, dev, "shm", 01777, &is_new);
	}
	for (unsigned i = 0; dev && i < ARRAY_SIZE(links); i++)
		fs_FileSystem_make_link(server, &(struct fs_FileSystem_make_link_request){
			at(dev, links[i].name), sk_lend(links[i].text,
			strlen(links[i].text))}, &linked, NULL);
}
