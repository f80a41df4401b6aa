/*
 * The files that a command for the host has: fs.File, as pipes. 0 is at its end; what is
 * written to 1 and 2 goes out in frames, in the order in which it was written.
 */
#include "runtime/files/refuse.h"
#include "servers/login/login.h"

#define WAITING 256
#define LEASES 4

struct pipe {
	char kind;			/* of frames; 0: it is read */
	bool is_open;
	fs_Open flags;
};

/* A write that was not taken whole yet, or who waits until there is room. */
struct waiter {
	struct pipe *pipe;		/* NULL: free */
	struct sk_reply reply;
	struct sk_lease leases[LEASES];	/* number 0: none; a write has the first */
	uint32_t lease;			/* under way, of which so much is done */
	uint64_t done, total;
	uint64_t order;
	fs_Ready mask;			/* 0: a write */
};

static struct pipe pipes[3] = {
	{0, false, fs_Open_READ},
	{SK_FRAME_OUTPUT, false, fs_Open_WRITE},
	{SK_FRAME_ERRORS, false, fs_Open_WRITE},
};
static struct waiter waiters[WAITING];
/* Of writes; and of changes of what is ready. */
static uint64_t order, sequence = 1;
static bool was_full;

#define ANSWER(name, ...) \
	fs_File_##name##_answer(to, 0, &(struct fs_File_##name##_reply){__VA_ARGS__})

/* ---- writing ---- */

static void answer_write(struct waiter *waiter, int32_t error)
{
	waiter->pipe = NULL;
	if (error != 0 && waiter->total == 0)
		sk_answer_error(&waiter->reply, error);
	else
		fs_File_write_answer(&waiter->reply, 0,
			&(struct fs_File_write_reply){waiter->total});
}

/* Takes as much as there is room for. True: it is answered. */
static bool take(struct waiter *waiter)
{
	while (waiter->lease < LEASES && waiter->leases[waiter->lease].number) {
		const struct sk_lease *lease = &waiter->leases[waiter->lease];
		uint64_t left = lease->size - waiter->done, came = 0;
		uint32_t room = output_room();
		int status;

		if (left == 0) {
			waiter->lease++;
			waiter->done = 0;
			continue;
		}
		if (room == 0)
			return false;
		status = sk_lease_read(&waiter->reply, lease, waiter->done, output_data(),
			left < room ? left : room, &came);
		if (came > 0)
			output_put(waiter->pipe->kind, (uint32_t)came);
		waiter->done += came;
		waiter->total += came;
		if (status != SK_OK) {
			answer_write(waiter, status);
			return true;
		}
	}
	answer_write(waiter, 0);
	return true;
}

static struct waiter *find_free(void)
{
	for (unsigned i = 0; i < WAITING; i++)
		if (!waiters[i].pipe)
			return &waiters[i];
	return NULL;
}

/* The write that has waited longest. */
static struct waiter *first_write(void)
{
	struct waiter *first = NULL;

	for (unsigned i = 0; i < WAITING; i++)
		if (waiters[i].pipe && !waiters[i].mask &&
				(!first || waiters[i].order < first->order))
			first = &waiters[i];
	return first;
}

static void answer_ready(struct waiter *waiter, fs_Ready now)
{
	waiter->pipe = NULL;
	fs_File_wait_ready_answer(&waiter->reply, 0, &(struct fs_File_wait_ready_reply){
		.now = now, .edges = now, .sequence = sequence});
}

void pipe_go_on(void)
{
	struct waiter *waiter;

	while ((waiter = first_write()) != NULL && take(waiter))
		;
	if (!was_full || output_room() == 0)
		return;
	was_full = false;
	sequence++;
	for (unsigned i = 0; i < WAITING; i++)
		if (waiters[i].pipe && waiters[i].mask & fs_Ready_WRITABLE)
			answer_ready(&waiters[i], fs_Ready_WRITABLE);
}

static struct waiter *begin_wait(struct pipe *pipe, struct sk_reply *to)
{
	struct waiter *waiter = find_free();

	if (!waiter) {
		sk_answer_error(to, fs_Error_ENOMEM);
		return NULL;
	}
	*waiter = (struct waiter){.pipe = pipe, .order = order++, .reply = sk_reply_keep(to)};
	return waiter;
}

static void op_write(void *self, const struct fs_File_write_request *request,
	struct sk_reply *to)
{
	struct pipe *pipe = self;
	bool must_wait = first_write() != NULL || output_room() == 0;
	struct waiter *waiter;

	was_full |= must_wait;
	if (!pipe->kind) {
		sk_answer_error(to, fs_Error_EBADF);
		return;
	}
	if (must_wait && (pipe->flags & fs_Open_NON_BLOCKING || request->flags & fs_Io_NO_WAIT)) {
		sk_answer_error(to, fs_Error_EAGAIN);
		return;
	}
	waiter = begin_wait(pipe, to);
	if (!waiter)
		return;
	waiter->leases[0] = request->data;
	if (request->has_second)
		waiter->leases[1] = request->second;
	if (request->has_third)
		waiter->leases[2] = request->third;
	if (request->has_fourth)
		waiter->leases[3] = request->fourth;
	if (!must_wait)
		was_full |= !take(waiter);
}

static void op_read(void *self, const struct fs_File_read_request *request,
	struct sk_reply *to)
{
	const struct pipe *pipe = self;

	(void)request;
	if (pipe->kind)
		sk_answer_error(to, fs_Error_EBADF);
	else
		ANSWER(read, 0);
}

/* ---- readiness ---- */

static fs_Ready ready(const struct pipe *pipe)
{
	if (!pipe->kind)
		return fs_Ready_READABLE | fs_Ready_HANG_UP;
	return output_room() > 0 ? fs_Ready_WRITABLE : 0;
}

static void op_ready(void *self, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	ANSWER(ready, .now = ready(self) & (request->mask | fs_Ready_HANG_UP),
		.sequence = sequence);
}

static void op_wait_ready(void *self, const struct fs_File_wait_ready_request *request,
	struct sk_reply *to)
{
	fs_Ready now = ready(self) & (request->mask | fs_Ready_HANG_UP);
	struct waiter *waiter = begin_wait(self, to);

	if (!waiter)
		return;
	waiter->mask = request->mask | fs_Ready_HANG_UP;
	if (now && request->sequence < sequence)
		answer_ready(waiter, now);
	was_full |= !now;
}

/* ---- what else a file is asked ---- */

FILES_REFUSE_STREAM
FILES_REFUSE(allocate, ESPIPE)

static void op_advise(void *self, const struct fs_File_advise_request *request)
{
	(void)self;
	(void)request;
}

static void op_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	const struct pipe *pipe = self;

	(void)request;
	ANSWER(status, .status = {.kind = fs_Kind_FIFO, .mode = 0600, .links = 1,
		.inode = (uint64_t)(pipe - pipes) + 1, .block_size = 4096});
}

static void op_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	const struct pipe *pipe = self;

	(void)request;
	ANSWER(describe, .kind = fs_Kind_FIFO, .flags = pipe->flags);
}

static void op_set_flags(void *self, const struct fs_File_set_flags_request *request,
	struct sk_reply *to)
{
	const fs_Open settable = fs_Open_APPEND | fs_Open_NON_BLOCKING | fs_Open_DIRECT |
		fs_Open_NO_ACCESS_TIME | fs_Open_ASYNC;
	struct pipe *pipe = self;

	pipe->flags = (pipe->flags & ~settable) | (request->flags & settable);
	ANSWER(set_flags, 0);
}

static void op_flush(void *self, const struct fs_File_flush_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	ANSWER(flush, 0);
}

static void op_available(void *self, const struct fs_File_available_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	ANSWER(available, 0);
}

/* ---- the object ---- */

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fs_File_ops ops = {
		.read = op_read, .read_at = op_read_at, .write = op_write,
		.write_at = op_write_at, .seek = op_seek, .truncate = op_truncate,
		.allocate = op_allocate, .sync = op_sync, .sync_range = op_sync_range,
		.advise = op_advise, .extents = op_extents, .memory = op_memory,
		.status = op_status, .describe = op_describe, .set_flags = op_set_flags,
		.share = op_share, .flush = op_flush, .available = op_available,
		.ready = op_ready, .wait_ready = op_wait_ready, .flock = op_flock,
		.lock = op_lock, .test_lock = op_test_lock, .seals = op_seals,
		.add_seals = op_add_seals,
	};

	return fs_File_dispatch(&ops, self, incoming);
}

static void canceled(void *self, uint64_t token)
{
	(void)self;
	for (unsigned i = 0; i < WAITING; i++) {
		if (!waiters[i].pipe || waiters[i].reply.token != token)
			continue;
		if (waiters[i].total > 0) {
			/* It has had an effect, of which the answer is told all the same. */
			answer_write(&waiters[i], 0);
			return;
		}
		waiters[i].pipe = NULL;
		sk_reply_drop(&waiters[i].reply);
	}
}

static void gone(void *self)
{
	struct pipe *pipe = self;

	pipe->is_open = false;
}

int pipe_open(struct sk_handle files[3])
{
	static const struct sk_object object = {
		.dispatch = dispatch, .gone = gone, .canceled = canceled,
	};
	int status = SK_OK;

	for (unsigned i = 0; i < 3 && status == SK_OK; i++) {
		status = sk_mint(sk_serve_port(login.os), &object, &pipes[i], &files[i]);
		pipes[i].is_open = status == SK_OK;
	}
	return status;
}
