/* Pipes and FIFOs: files that posix serves itself. */
#include "servers/posix/posix.h"

#include "runtime/codec.h"

#define ROOM 65536
/* What is written in one piece, as seen by others. */
#define ATOMIC 4096

struct pipe {
	struct user *user;			/* who made it */
	uint32_t readers, writers;		/* open files */
	uint32_t start, size;			/* of what is in it */
	struct wait *reading, *writing;
	struct wait *watching;			/* wait_ready */
	uint64_t changes;
	uint8_t bytes[ROOM];
};

struct transfer {
	struct wait wait;
	struct access *access;
	struct sk_lease leases[4];
	uint32_t lease_count;
	uint64_t size, done;
	bool peeks;
	bool is_few;				/* its bytes are here, in place of leases */
	uint8_t bytes[fs_FEW_READ];
};

static void transfer_free(struct transfer *t);

static struct pipe *pipe_of(const struct file *file)
{
	return file->self;
}

static struct pipe *pipe_new(void)
{
	struct user *user = user_served();
	struct pipe *pipe = user_may(user, USER_PIPES, 1) ? allocate(sizeof(*pipe)) : NULL;

	if (!pipe)
		return NULL;
	user_charge(user, USER_PIPES, 1);
	pipe->user = user;
	return pipe;
}

static void pipe_free(struct pipe *pipe)
{
	if (pipe)
		user_return(pipe->user, USER_PIPES, 1);
	release(pipe);
}

/* ---- bytes ---- */

static void copy_few(struct pipe *pipe, struct transfer *t, uint64_t from, uint32_t at,
	uint64_t size, bool out)
{
	for (uint64_t i = 0; i < size; i++)
		if (out)
			t->bytes[from + i] = pipe->bytes[(at + i) % ROOM];
		else
			pipe->bytes[(at + i) % ROOM] = t->bytes[from + i];
}

/* Moves between the ring and what was lent: SK_OK, or why not. */
static int copy_bytes(struct pipe *pipe, struct sk_reply *to, struct transfer *t,
	uint64_t from, uint32_t at, uint64_t size, bool out)
{
	uint64_t before = 0;

	if (t->is_few)
		copy_few(pipe, t, from, at, size, out);
	for (uint32_t i = 0; i < t->lease_count && size > 0; i++) {
		const struct sk_lease *lease = &t->leases[i];

		while (size > 0 && from < before + lease->size) {
			uint32_t place = at % ROOM;
			uint64_t step = before + lease->size - from;
			int status;

			step = step < size ? step : size;
			step = step < ROOM - place ? step : ROOM - place;
			status = out ? sk_lease_write(to, lease, from - before,
				pipe->bytes + place, step, NULL) : sk_lease_read(to, lease,
				from - before, pipe->bytes + place, step, NULL);
			if (status != SK_OK)
				return status;
			from += step;
			at += (uint32_t)step;
			size -= step;
		}
		before += lease->size;
	}
	return SK_OK;
}

static int take_bytes(struct pipe *pipe, struct sk_reply *to, struct transfer *t)
{
	uint64_t size = t->size < pipe->size ? t->size : pipe->size;
	int status = copy_bytes(pipe, to, t, 0, pipe->start, size, true);

	if (status != SK_OK)
		return status;
	t->done = size;
	return SK_OK;
}

static void consume(struct pipe *pipe, const struct transfer *t)
{
	if (t->peeks)
		return;
	pipe->start = (pipe->start + (uint32_t)t->done) % ROOM;
	pipe->size -= (uint32_t)t->done;
}

static int put_bytes(struct pipe *pipe, struct sk_reply *to, struct transfer *t)
{
	uint64_t size = t->size - t->done, room = ROOM - pipe->size;
	int status;

	size = size < room ? size : room;
	status = copy_bytes(pipe, to, t, t->done, pipe->start + pipe->size, size, false);
	if (status != SK_OK)
		return status;
	t->done += size;
	pipe->size += (uint32_t)size;
	return SK_OK;
}

/* ---- answers ---- */

static int answer_read(struct sk_reply *to, int error, const struct transfer *t)
{
	const struct fs_File_read_reply reply = {t->done};
	const struct fs_File_read_few_reply few = {t->done, sk_get_uint64(t->bytes),
		sk_get_uint64(t->bytes + 8), sk_get_uint64(t->bytes + 16)};

	return t->is_few ? fs_File_read_few_answer(to, error, &few) :
		fs_File_read_answer(to, error, &reply);
}

static void answer_write(struct sk_reply *to, int error, const struct transfer *t)
{
	const struct fs_File_write_reply reply = {t->done};
	const struct fs_File_write_few_reply few = {t->done};

	error = t->done > 0 ? 0 : error;
	if (t->is_few)
		fs_File_write_few_answer(to, error, &few);
	else
		fs_File_write_answer(to, error, &reply);
}

static int fault_of(int status)
{
	return status == SK_OK ? 0 : posix_Error_EFAULT;
}

/* Those whose turn has come. True: something has moved. */
static bool serve_readers(struct pipe *pipe)
{
	bool any = false;

	while (pipe->reading && (pipe->size > 0 || pipe->writers == 0)) {
		struct transfer *t = (struct transfer *)(void *)pipe->reading;
		int error;

		wait_end(&t->wait);
		error = fault_of(take_bytes(pipe, &t->wait.reply, t));
		/* Whoever was cancelled just now has not taken it. */
		if (answer_read(&t->wait.reply, error, t) == SK_OK && !error)
			consume(pipe, t);
		transfer_free(t);
		any = true;
	}
	return any;
}

static bool has_room(const struct pipe *pipe, const struct transfer *t)
{
	const uint32_t room = ROOM - pipe->size;

	return t->size <= ATOMIC ? room >= t->size : room > 0;
}

static bool serve_writers(struct pipe *pipe)
{
	bool any = false;

	while (pipe->writing) {
		struct transfer *t = (struct transfer *)(void *)pipe->writing;
		int error = pipe->readers == 0 ? posix_Error_EPIPE : 0;

		if (!error && !has_room(pipe, t))
			return any;
		if (!error)
			error = fault_of(put_bytes(pipe, &t->wait.reply, t));
		any = true;
		if (!error && t->done < t->size)
			return any;
		wait_end(&t->wait);
		answer_write(&t->wait.reply, error, t);
		transfer_free(t);
	}
	return any;
}

static uint32_t ready_of(struct file *file);

struct watch {
	struct wait wait;
	struct access *access;
	fs_Ready mask;
	uint64_t sequence;
};

static void serve_watchers(struct pipe *pipe)
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

static void changed(struct pipe *pipe)
{
	while (serve_readers(pipe) || serve_writers(pipe))
		;
	pipe->changes++;
	serve_watchers(pipe);
	poll_look();
}

/* ---- waiting ---- */

/* Some are kept for the next who waits: with each read of a few bytes one comes and goes. */
#define SPARE_MOST 8

static struct wait *spare;
static uint32_t spare_count;

static struct transfer *transfer_new(const struct transfer *model)
{
	struct transfer *t = (struct transfer *)(void *)spare;

	if (t) {
		spare = t->wait.next;
		spare_count--;
	} else {
		t = allocate(sizeof(*t));
	}
	if (t && model->is_few) {
		/* Leases, the greater part of it, it has none. */
		t->lease_count = 0;
		t->size = model->size;
		t->done = model->done;
		t->peeks = model->peeks;
		t->is_few = true;
		memcpy(t->bytes, model->bytes, sizeof(t->bytes));
	} else if (t) {
		*t = *model;
	}
	return t;
}

static void transfer_free(struct transfer *t)
{
	if (spare_count == SPARE_MOST) {
		release(t);
		return;
	}
	t->wait.next = spare;
	spare = &t->wait;
	spare_count++;
}

static void transfer_canceled(struct wait *wait)
{
	transfer_free((struct transfer *)(void *)wait);
}

static void watch_canceled(struct wait *wait)
{
	release(wait);
}

/* What has been written stays written; then the answer says how much, if anybody
 * hears it. */
static void keep(const struct transfer *model, struct wait **list, struct access *access,
	struct sk_reply *to)
{
	struct transfer *t = transfer_new(model);

	if (!t) {
		sk_answer_error(to, posix_Error_ENOMEM);
		return;
	}
	t->access = access;
	t->wait.canceled = transfer_canceled;
	wait_begin(&t->wait, list, NULL, to);
}

static void add_lease(struct transfer *t, bool is_there, const struct sk_lease *lease)
{
	if (!is_there)
		return;
	t->leases[t->lease_count++] = *lease;
	t->size += lease->size;
}

static void read_pipe(struct access *access, struct transfer *t, fs_Io flags,
	struct sk_reply *to)
{
	struct pipe *pipe;
	int error = 0;

	t->peeks = flags & fs_Io_PEEK;
	if (!access->file || !(access->file->flags & fs_Open_READ)) {
		answer_read(to, posix_Error_EBADF, t);
		return;
	}
	pipe = pipe_of(access->file);
	if (t->size > 0 && pipe->size == 0 && pipe->writers > 0) {
		if (!(flags & fs_Io_NO_WAIT) &&
				!(access->file->flags & fs_Open_NON_BLOCKING)) {
			keep(t, &pipe->reading, access, to);
			return;
		}
		error = posix_Error_EAGAIN;
	}
	if (!error)
		error = fault_of(take_bytes(pipe, to, t));
	if (answer_read(to, error, t) == SK_OK && !error)
		consume(pipe, t);
	changed(pipe);
}

static void write_pipe(struct access *access, struct transfer *t, fs_Io flags,
	struct sk_reply *to)
{
	struct pipe *pipe;
	int error = 0;
	bool may_wait;

	if (!access->file || !(access->file->flags & fs_Open_WRITE)) {
		answer_write(to, posix_Error_EBADF, t);
		return;
	}
	pipe = pipe_of(access->file);
	may_wait = !(flags & fs_Io_NO_WAIT) &&
		!(access->file->flags & fs_Open_NON_BLOCKING);
	if (pipe->readers == 0)
		error = posix_Error_EPIPE;
	else if (!pipe->writing && has_room(pipe, t))
		error = fault_of(put_bytes(pipe, to, t));
	else if (!may_wait)
		error = posix_Error_EAGAIN;
	if (!error && t->done < t->size && may_wait)
		keep(t, &pipe->writing, access, to);
	else
		answer_write(to, error, t);
	changed(pipe);
}

#define ADD_LEASES(t, r) do { \
	add_lease(t, true, &(r)->data); \
	add_lease(t, (r)->has_second, &(r)->second); \
	add_lease(t, (r)->has_third, &(r)->third); \
	add_lease(t, (r)->has_fourth, &(r)->fourth); \
} while (0)

static void op_read(void *self, const struct fs_File_read_request *r, struct sk_reply *to)
{
	struct transfer t = {0};

	ADD_LEASES(&t, r);
	read_pipe(self, &t, r->flags, to);
}

static void op_write(void *self, const struct fs_File_write_request *r, struct sk_reply *to)
{
	struct transfer t = {0};

	ADD_LEASES(&t, r);
	write_pipe(self, &t, r->flags, to);
}

static void op_read_few(void *self, const struct fs_File_read_few_request *r,
	struct sk_reply *to)
{
	struct transfer t = {.is_few = true, .size = r->size};

	if (r->offset != fs_HERE)
		fs_File_read_few_answer(to, posix_Error_ESPIPE, NULL);
	else if (r->size > fs_FEW_READ)
		fs_File_read_few_answer(to, posix_Error_EINVAL, NULL);
	else
		read_pipe(self, &t, r->flags, to);
}

static void op_write_few(void *self, const struct fs_File_write_few_request *r,
	struct sk_reply *to)
{
	struct transfer t = {.is_few = true, .size = r->size};

	sk_put_uint64(t.bytes, r->first);
	sk_put_uint64(t.bytes + 8, r->second);
	if (r->offset != fs_HERE)
		fs_File_write_few_answer(to, posix_Error_ESPIPE, NULL);
	else if (r->size > fs_FEW_WRITE)
		fs_File_write_few_answer(to, posix_Error_EINVAL, NULL);
	else
		write_pipe(self, &t, r->flags, to);
}

/* ---- the rest of fs.File ---- */

static uint32_t ready_of(struct file *file)
{
	const struct pipe *pipe = pipe_of(file);
	uint32_t ready = 0;

	if (file->flags & fs_Open_READ) {
		ready |= pipe->size > 0 ? fs_Ready_READABLE : 0;
		ready |= pipe->writers == 0 ? fs_Ready_HANG_UP : 0;
	}
	if (file->flags & fs_Open_WRITE) {
		ready |= ROOM - pipe->size >= ATOMIC ? fs_Ready_WRITABLE : 0;
		ready |= pipe->readers == 0 ? fs_Ready_ERROR : 0;
	}
	return ready;
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
	serve_watchers(pipe_of(access->file));
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

#define REFUSE(name, error) \
	static void op_##name(void *self, const struct fs_File_##name##_request *request, \
		struct sk_reply *to) \
	{ \
		UNUSED(self); \
		UNUSED(request); \
		fs_File_##name##_answer(to, error, NULL); \
	}
REFUSE(read_at, posix_Error_ESPIPE)
REFUSE(write_at, posix_Error_ESPIPE)
REFUSE(seek, posix_Error_ESPIPE)
REFUSE(truncate, posix_Error_EINVAL)
REFUSE(allocate, posix_Error_ESPIPE)
REFUSE(sync, posix_Error_EINVAL)
REFUSE(sync_range, posix_Error_ESPIPE)
REFUSE(memory, posix_Error_ENODEV)
REFUSE(flock, posix_Error_EINVAL)

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
	const struct access *access = self;
	const struct fs_File_describe_reply reply = {.kind = fs_Kind_FIFO,
		.flags = access->file ? access->file->flags : 0};

	UNUSED(request);
	fs_File_describe_answer(to, access->file ? 0 : posix_Error_EBADF, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fs_File_ops ops = {
		.read = op_read, .write = op_write, .read_few = op_read_few,
		.write_few = op_write_few, .ready = op_ready,
		.wait_ready = op_wait_ready, .available = op_available, .read_at = op_read_at,
		.write_at = op_write_at, .seek = op_seek, .truncate = op_truncate,
		.allocate = op_allocate, .sync = op_sync, .sync_range = op_sync_range,
		.memory = op_memory, .flock = op_flock, .status = op_status,
		.describe = op_describe,
	};

	return fs_File_dispatch(&ops, self, incoming);
}

static const struct sk_object pipe_object = {
	.dispatch = dispatch, .gone = access_gone, .canceled = wait_canceled,
};

static void forget_fifo(const struct pipe *pipe);

static void closed(struct file *file)
{
	struct pipe *pipe = pipe_of(file);

	pipe->readers -= (file->flags & fs_Open_READ) != 0;
	pipe->writers -= (file->flags & fs_Open_WRITE) != 0;
	changed(pipe);
	if (pipe->readers + pipe->writers > 0)
		return;
	forget_fifo(pipe);
	pipe_free(pipe);
}

static const struct file_ops pipe_ops = {&pipe_object, closed, ready_of};

/* ---- FIFOs ---- */

static struct fifo {
	struct fifo *next;
	const struct mount *mount;
	fs_Inode inode;
	struct pipe *pipe;
} *fifos;

/* Their pipe is there as long as one has them open. */
static void forget_fifo(const struct pipe *pipe)
{
	for (struct fifo **link = &fifos; *link; link = &(*link)->next)
		if ((*link)->pipe == pipe) {
			struct fifo *fifo = *link;

			*link = fifo->next;
			release(fifo);
			return;
		}
}

static struct pipe *pipe_of_fifo(const struct mount *mount, fs_Inode inode)
{
	struct fifo *fifo = fifos;

	while (fifo && (fifo->mount != mount || fifo->inode != inode))
		fifo = fifo->next;
	if (fifo)
		return fifo->pipe;
	fifo = allocate(sizeof(*fifo));
	if (!fifo)
		return NULL;
	*fifo = (struct fifo){fifos, mount, inode, pipe_new()};
	if (!fifo->pipe) {
		release(fifo);
		return NULL;
	}
	fifos = fifo;
	return fifo->pipe;
}

void pipe_take(struct file *file, const struct file *like)
{
	struct pipe *pipe = pipe_of(like);

	file->ops = &pipe_ops;
	file->self = pipe;
	pipe->readers += (file->flags & fs_Open_READ) != 0;
	pipe->writers += (file->flags & fs_Open_WRITE) != 0;
}

int fifo_open(struct file *file, const struct fs_Status *status)
{
	struct pipe *pipe = pipe_of_fifo(file->node->mount, status->inode);

	if (!pipe)
		return posix_Error_ENOMEM;
	if ((file->flags & (fs_Open_READ | fs_Open_WRITE | fs_Open_NON_BLOCKING)) ==
			(fs_Open_WRITE | fs_Open_NON_BLOCKING) && pipe->readers == 0)
		return posix_Error_ENXIO;
	file->ops = &pipe_ops;
	file->self = pipe;
	pipe->readers += (file->flags & fs_Open_READ) != 0;
	pipe->writers += (file->flags & fs_Open_WRITE) != 0;
	return 0;
}

/* ---- making ---- */

static struct file *end_new(struct pipe *pipe, fs_Open flags)
{
	struct file *file = file_new(posix_ObjectKind_PIPE, flags);

	if (!file)
		return NULL;
	file->ops = &pipe_ops;
	file->self = pipe;
	pipe->readers += (flags & fs_Open_READ) != 0;
	pipe->writers += (flags & fs_Open_WRITE) != 0;
	return file;
}

static int add_end(struct thread *thread, struct file *file, posix_NewFlags flags,
	struct sk_port *port, struct posix_Opened *opened, struct sk_handle *handle)
{
	const posix_DescriptorFlags own = flags & posix_NewFlags_CLOSE_ON_EXEC ?
		posix_DescriptorFlags_CLOSE_ON_EXEC : 0;
	struct process *process = thread->process;
	int32_t number = files_add(process->files, file, 0, own,
		process->limits[posix_Resource_FILES].soft);
	bool has;
	int error;

	if (number < 0)
		return -number;
	error = file_handle(file, process, port, &has, handle);
	*opened = file_opened(file, number, own, process);
	if (error)
		files_close(thread, number);
	return error;
}

void op_create_pipe(void *self, const struct posix_Descriptors_create_pipe_request *request,
	struct sk_reply *to)
{
	const fs_Open more = request->flags & posix_NewFlags_NON_BLOCK ?
		fs_Open_NON_BLOCKING : 0;
	struct posix_Descriptors_create_pipe_reply reply = {0};
	struct pipe *pipe = pipe_new();
	struct file *in = pipe ? end_new(pipe, fs_Open_READ | more) : NULL;
	struct file *out = in ? end_new(pipe, fs_Open_WRITE | more) : NULL;
	int error = out ? 0 : posix_Error_ENFILE;

	if (error) {
		if (in)
			file_drop(in);
		else
			pipe_free(pipe);
	} else {
		error = add_end(self, in, request->flags, to->port, &reply.read_end,
			&reply.read_file.raw);
		if (error) {
			file_drop(out);
		} else {
			error = add_end(self, out, request->flags, to->port, &reply.write_end,
				&reply.write_file.raw);
			if (error)
				files_close(self, reply.read_end.descriptor);
		}
	}
	posix_Descriptors_create_pipe_answer(to, error, &reply);
}
