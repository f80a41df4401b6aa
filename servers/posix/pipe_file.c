/* What can be asked of an open pipe but for its bytes. */
#include "runtime/files/refuse.h"
#include "servers/posix/pipe.h"

/* ---- what it is ready for ---- */

static uint32_t ready_of(struct file *file)
{
	const struct pipe *pipe = pipe_of(file);
	uint32_t ready = 0;

	if (file->flags & fs_Open_READ) {
		ready |= pipe->size > 0 ? fs_Ready_READABLE : 0;
		/* A FIFO that nobody has written to yet has not been hung up. */
		ready |= pipe->writers == 0 && file->writers_seen != pipe->writer_opens ?
			fs_Ready_HANG_UP : 0;
	}
	if (file->flags & fs_Open_WRITE) {
		ready |= pipe->room - pipe->size >= ATOMIC ? fs_Ready_WRITABLE : 0;
		ready |= pipe->readers == 0 ? fs_Ready_ERROR : 0;
	}
	return ready;
}

static uint64_t edges(struct file *file, posix_PollEvents wanted)
{
	const struct pipe *pipe = pipe_of(file);

	return (wanted & posix_PollEvents_WRITABLE ? pipe->gone : 0) +
		(wanted & posix_PollEvents_READABLE ? pipe->came : 0) + pipe->closes;
}

struct watch {
	struct wait wait;
	struct access *access;
	fs_Ready mask;
	uint64_t sequence;
};

void pipe_tell(struct pipe *pipe)
{
	struct wait *wait = pipe->watching;

	while (wait) {
		struct watch *watch = (struct watch *)(void *)wait;
		struct fs_File_wait_ready_reply reply = {.sequence = pipe->changes};

		wait = wait->next;
		reply.now = watch->access->file ? ready_of(watch->access->file) &
			(watch->mask | fs_Ready_ERROR | fs_Ready_HANG_UP) : fs_Ready_HANG_UP;
		if (reply.now == 0)
			continue;
		reply.edges = reply.now;
		wait_end(&watch->wait);
		fs_File_wait_ready_answer(&watch->wait.reply, 0, &reply);
		release(watch);
	}
}

static void watch_canceled(struct wait *wait)
{
	release(wait);
}

static void op_ready(void *self, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	struct fs_File_ready_reply reply = {0};

	if (access->file) {
		reply.now = ready_of(access->file) & (request->mask | fs_Ready_ERROR |
			fs_Ready_HANG_UP);
		reply.sequence = pipe_of(access->file)->changes;
	}
	fs_File_ready_answer(to, access->file ? 0 : posix_Error_EBADF, &reply);
}

static void op_wait_ready(void *self, const struct fs_File_wait_ready_request *request,
	struct sk_reply *to)
{
	struct access *access = self;
	struct watch *watch = allocate(sizeof(*watch));

	if (!access->file || !watch) {
		release(watch);
		fs_File_wait_ready_answer(to, posix_Error_EBADF, NULL);
		return;
	}
	watch->access = access;
	watch->mask = request->mask;
	watch->sequence = request->sequence;
	watch->wait.canceled = watch_canceled;
	wait_begin(&watch->wait, &pipe_of(access->file)->watching, NULL, to);
	pipe_tell(pipe_of(access->file));
}

static void op_available(void *self, const struct fs_File_available_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	const struct fs_File_available_reply reply = {
		access->file ? pipe_of(access->file)->size : 0};

	UNUSED(request);
	fs_File_available_answer(to, 0, &reply);
}

FILES_REFUSE_STREAM
FILES_REFUSE(allocate, ESPIPE)

static void op_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	const int64_t time = realtime();
	const struct fs_Time at = {.seconds = time / 1000000000,
		.nanos = (uint32_t)(time % 1000000000)};
	const struct fs_File_status_reply reply = {{
		.inode = access->file ? access->file->number : 0, .kind = fs_Kind_FIFO,
		.mode = 0600, .links = 1, .block_size = 4096, .accessed = at, .modified = at,
		.changed = at,
	}};

	UNUSED(request);
	fs_File_status_answer(to, access->file ? 0 : posix_Error_EBADF, &reply);
}

static void op_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	UNUSED(request);
	file_describe(self, fs_Kind_FIFO, to);
}

/* ---- its size ---- */

static void op_capacity(void *self, const struct posix_Pipe_capacity_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	const struct posix_Pipe_capacity_reply reply = {
		access->file ? pipe_of(access->file)->room : 0};

	UNUSED(request);
	posix_Pipe_capacity_answer(to, access->file ? 0 : posix_Error_EBADF, &reply);
}

static void op_set_capacity(void *self,
	const struct posix_Pipe_set_capacity_request *request, struct sk_reply *to)
{
	const struct access *access = self;
	const struct process *process = process_find(access->process);
	struct posix_Pipe_set_capacity_reply reply = {0};
	int error = posix_Error_EBADF;

	if (access->file && process && process->threads) {
		error = pipe_resize(pipe_of(access->file), request->size,
			process->threads->credentials);
		reply.size = pipe_of(access->file)->room;
	}
	posix_Pipe_set_capacity_answer(to, error, &reply);
	if (!error)
		pipe_changed(pipe_of(access->file));
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Pipe_ops ops = {
		.read = pipe_read, .write = pipe_write, .read_few = pipe_read_few,
		.write_few = pipe_write_few, .ready = op_ready,
		.wait_ready = op_wait_ready, .available = op_available, .read_at = op_read_at,
		.write_at = op_write_at, .seek = op_seek, .truncate = op_truncate,
		.allocate = op_allocate, .sync = op_sync, .sync_range = op_sync_range,
		.memory = op_memory, .extents = op_extents, .seals = op_seals,
		.add_seals = op_add_seals, .share = op_share, .flock = op_flock,
		.lock = op_lock, .test_lock = op_test_lock, .status = op_status,
		.describe = op_describe, .capacity = op_capacity,
		.set_capacity = op_set_capacity,
	};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		posix_Pipe_dispatch(&ops, self, incoming);
}

static const struct sk_object pipe_object = {
	.dispatch = dispatch, .gone = access_gone, .canceled = wait_canceled,
};

static void closed(struct file *file)
{
	struct pipe *pipe = pipe_of(file);

	pipe->closes++;
	pipe->readers -= (file->flags & fs_Open_READ) != 0;
	pipe->writers -= (file->flags & fs_Open_WRITE) != 0;
	pipe_changed(pipe);
}

const struct file_ops pipe_ops = {&pipe_object, closed, ready_of, edges};
