/* Bytes of pipes: moved at once, or when there are some, or room for them. */
#include "servers/posix/pipe.h"

#include "runtime/codec.h"

static void transfer_free(struct transfer *t);

/* ---- bytes ---- */

static void copy_few(struct pipe *pipe, struct transfer *t, uint64_t from, uint32_t at,
	uint64_t size, bool out)
{
	for (uint64_t i = 0; i < size; i++)
		if (out)
			t->bytes[from + i] = pipe->bytes[(at + i) & (pipe->room - 1)];
		else
			pipe->bytes[(at + i) & (pipe->room - 1)] = t->bytes[from + i];
}

/* Moves between the ring and what was lent: SK_OK, or why not. */
static int copy_lent(struct pipe *pipe, struct sk_reply *to, const struct transfer *t,
	uint64_t from, uint32_t at, uint64_t size, bool out)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < t->lease_count && size > 0; i++) {
		const struct sk_lease *lease = &t->leases[i];

		while (size > 0 && from < before + lease->size) {
			uint32_t place = at & (pipe->room - 1);
			uint64_t step = before + lease->size - from;
			int status;

			step = step < size ? step : size;
			step = step < pipe->room - place ? step : pipe->room - place;
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

static int copy_bytes(struct pipe *pipe, struct sk_reply *to, struct transfer *t,
	uint64_t from, uint32_t at, uint64_t size, bool out)
{
	if (!t->is_few)
		return copy_lent(pipe, to, t, from, at, size, out);
	copy_few(pipe, t, from, at, size, out);
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
	pipe->start = (pipe->start + (uint32_t)t->done) & (pipe->room - 1);
	pipe->size -= (uint32_t)t->done;
}

static int put_bytes(struct pipe *pipe, struct sk_reply *to, struct transfer *t)
{
	uint64_t size = t->size - t->done, room = pipe->room - pipe->size;
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
	const uint32_t room = pipe->room - pipe->size;

	return t->size <= ATOMIC ? room >= t->size : room > 0;
}

/* ---- what is written in part ---- */

static struct transfer *partial;

static void partial_begin(struct transfer *t)
{
	if (t->partial_link)
		return;
	t->next_partial = partial;
	t->partial_link = &partial;
	if (partial)
		partial->partial_link = &t->next_partial;
	partial = t;
}

static void partial_end(struct transfer *t)
{
	if (!t->partial_link)
		return;
	*t->partial_link = t->next_partial;
	if (t->next_partial)
		t->next_partial->partial_link = t->partial_link;
	t->partial_link = NULL;
}

void pipe_interrupt(int32_t process)
{
	struct transfer *t = partial, *next;

	for (; t; t = next) {
		next = t->next_partial;
		if (t->process != process)
			continue;
		wait_end(&t->wait);
		answer_write(&t->wait.reply, 0, t);
		transfer_free(t);
	}
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
		if (!error && t->done < t->size) {
			partial_begin(t);
			return any;
		}
		wait_end(&t->wait);
		answer_write(&t->wait.reply, error, t);
		transfer_free(t);
	}
	return any;
}

static void settle(struct pipe *pipe)
{
	while (serve_readers(pipe) || serve_writers(pipe))
		;
	pipe->changes++;
	pipe->came += pipe->size > pipe->size_told;
	pipe->gone += pipe->size < pipe->size_told;
	pipe->size_told = pipe->size;
	if (pipe->watching)
		pipe_tell(pipe);
	if (pipe->opening)
		fifo_go_on(pipe);
	poll_look(pipe);
	pipe_move_on(pipe);
	if (pipe->readers + pipe->writers > 0 || pipe->is_dirty)
		return;
	fifo_forget(pipe);
	pipe_free(pipe);
}

static struct pipe *dirty;

/* It is told to all before anything else changes, so that nobody is told twice at once,
 * however many pipes hang on each other. */
void pipe_changed(struct pipe *pipe)
{
	static bool is_busy;

	if (!pipe->is_dirty) {
		pipe->is_dirty = true;
		pipe->next_dirty = dirty;
		dirty = pipe;
	}
	if (is_busy)
		return;
	is_busy = true;
	while ((pipe = dirty) != NULL) {
		dirty = pipe->next_dirty;
		pipe->is_dirty = false;
		settle(pipe);
	}
	is_busy = false;
}

/* ---- waiting ---- */

/* Some are kept for the next who waits: with each read of a few bytes one comes and goes. */
#define SPARE_MOST 8

static struct wait *spare;
static uint32_t spare_count;

/* All but its bytes. Leases, the greater part of it, it has none, and they are not cleared. */
static void transfer_few(struct transfer *t, uint64_t size)
{
	t->lease_count = 0;
	t->size = size;
	t->done = 0;
	t->next_partial = NULL;
	t->partial_link = NULL;
	t->peeks = false;
	t->is_few = true;
}

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
		transfer_few(t, model->size);
		t->done = model->done;
		t->peeks = model->peeks;
		memcpy(t->bytes, model->bytes, sizeof(t->bytes));
	} else if (t) {
		*t = *model;
	}
	return t;
}

static void transfer_free(struct transfer *t)
{
	partial_end(t);
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

static void keep(const struct transfer *model, struct wait **list, const struct access *access,
	struct sk_reply *to)
{
	struct transfer *t = transfer_new(model);

	if (!t) {
		sk_answer_error(to, posix_Error_ENOMEM);
		return;
	}
	t->process = access->process;
	t->wait.canceled = transfer_canceled;
	wait_begin(&t->wait, list, NULL, to);
	if (t->done > 0)
		partial_begin(t);
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
	pipe_changed(pipe);
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
	pipe_changed(pipe);
}

#define ADD_LEASES(t, r) do { \
	add_lease(t, true, &(r)->data); \
	add_lease(t, (r)->has_second, &(r)->second); \
	add_lease(t, (r)->has_third, &(r)->third); \
	add_lease(t, (r)->has_fourth, &(r)->fourth); \
} while (0)

void pipe_read(void *self, const struct fs_File_read_request *r, struct sk_reply *to)
{
	struct transfer t = {0};

	ADD_LEASES(&t, r);
	read_pipe(self, &t, r->flags, to);
}

void pipe_write(void *self, const struct fs_File_write_request *r, struct sk_reply *to)
{
	struct transfer t = {0};

	ADD_LEASES(&t, r);
	write_pipe(self, &t, r->flags, to);
}

void pipe_read_few(void *self, const struct fs_File_read_few_request *r,
	struct sk_reply *to)
{
	struct transfer t;

	transfer_few(&t, r->size);
	memset(t.bytes, 0, sizeof(t.bytes));
	if (r->offset != fs_HERE)
		fs_File_read_few_answer(to, posix_Error_ESPIPE, NULL);
	else if (r->size > fs_FEW_READ)
		fs_File_read_few_answer(to, posix_Error_EINVAL, NULL);
	else
		read_pipe(self, &t, r->flags, to);
}

void pipe_write_few(void *self, const struct fs_File_write_few_request *r,
	struct sk_reply *to)
{
	struct transfer t;

	transfer_few(&t, r->size);
	sk_put_uint64(t.bytes, r->first);
	sk_put_uint64(t.bytes + 8, r->second);
	sk_put_uint64(t.bytes + 16, 0);
	if (r->offset != fs_HERE)
		fs_File_write_few_answer(to, posix_Error_ESPIPE, NULL);
	else if (r->size > fs_FEW_WRITE)
		fs_File_write_few_answer(to, posix_Error_EINVAL, NULL);
	else
		write_pipe(self, &t, r->flags, to);
}

