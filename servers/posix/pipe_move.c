/*
 * splice and tee: bytes from or to a pipe without the program's memory. Those of files go
 * between the file's server and the pipe's own bytes, so that what could not be written is
 * still in the pipe.
 */
#include "servers/posix/pipe.h"

struct move {
	struct wait wait;
	struct file *from, *to;
	bool has_from, has_to;			/* offsets, in place of positions */
	uint64_t from_offset, to_offset, size;
	bool stays;				/* tee: in the pipe that it comes from */
};

static struct wait *moves;

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- bytes ---- */

/* How many of them are in a row from this one on, in the ring. */
static uint64_t in_row(const struct pipe *pipe, uint32_t at)
{
	return pipe->room - (at & (pipe->room - 1));
}

static uint8_t *byte_at(const struct pipe *pipe, uint32_t at)
{
	return &pipe->bytes[at & (pipe->room - 1)];
}

static uint64_t between(struct pipe *in, struct pipe *out, uint64_t size, bool stays)
{
	uint64_t done = 0;

	size = least(size, least(in->size, out->room - out->size));
	while (done < size) {
		const uint32_t from = in->start + (uint32_t)done, to = out->start + out->size;
		const uint64_t step = least(size - done, least(in_row(in, from),
			in_row(out, to)));

		memcpy(byte_at(out, to), byte_at(in, from), step);
		out->size += (uint32_t)step;
		done += step;
	}
	if (!stays) {
		in->start = (in->start + (uint32_t)done) & (in->room - 1);
		in->size -= (uint32_t)done;
	}
	return done;
}

/* How many, or an error below 0. */
static int64_t read_file(struct move *m, uint8_t *bytes, uint64_t size)
{
	const struct sk_lease lease = sk_lend_out(bytes, size);
	struct fs_File_read_at_reply at = {0};
	struct fs_File_read_reply here = {0};
	int error = server_errno(m->has_from ? fs_File_read_at(on(m->from->handle),
		&(struct fs_File_read_at_request){.offset = m->from_offset, .data = lease},
		&at, NULL) : fs_File_read(on(m->from->handle),
		&(struct fs_File_read_request){.data = lease}, &here, NULL));
	const uint64_t count = least(m->has_from ? at.count : here.count, size);

	m->from_offset += error ? 0 : count;
	return error ? -(int64_t)error : (int64_t)count;
}

static int64_t write_file(struct move *m, const uint8_t *bytes, uint64_t size)
{
	const struct sk_lease lease = sk_lend(bytes, size);
	struct fs_File_write_at_reply at = {0};
	struct fs_File_write_reply here = {0};
	int error = server_errno(m->has_to ? fs_File_write_at(on(m->to->handle),
		&(struct fs_File_write_at_request){.offset = m->to_offset, .data = lease},
		&at, NULL) : fs_File_write(on(m->to->handle),
		&(struct fs_File_write_request){.data = lease}, &here, NULL));
	const uint64_t count = least(m->has_to ? at.count : here.count, size);

	m->to_offset += error ? 0 : count;
	return error ? -(int64_t)error : (int64_t)count;
}

/* A ring is two rows at most. What was moved before an error counts. */
static int64_t from_file(struct move *m, struct pipe *out)
{
	uint64_t done = 0;

	for (int row = 0; row < 2 && done < m->size && out->size < out->room; row++) {
		const uint32_t to = out->start + out->size;
		const uint64_t step = least(m->size - done, least(in_row(out, to),
			out->room - out->size));
		const int64_t count = read_file(m, byte_at(out, to), step);

		if (count < 0)
			return done ? (int64_t)done : count;
		out->size += (uint32_t)count;
		done += (uint64_t)count;
		if ((uint64_t)count < step)
			break;
	}
	return (int64_t)done;
}

static int64_t to_file(struct move *m, struct pipe *in)
{
	uint64_t done = 0;

	for (int row = 0; row < 2 && done < m->size && in->size > 0; row++) {
		const uint64_t step = least(m->size - done, least(in_row(in, in->start),
			in->size));
		const int64_t count = write_file(m, byte_at(in, in->start), step);

		if (count < 0)
			return done ? (int64_t)done : count;
		in->start = (in->start + (uint32_t)count) & (in->room - 1);
		in->size -= (uint32_t)count;
		done += (uint64_t)count;
		if ((uint64_t)count < step)
			break;
	}
	return (int64_t)done;
}

/* How much; 0: there is no more; below 0 an error, of which EAGAIN: it may wait. */
static int64_t try(struct move *m)
{
	struct pipe *in = pipe_end(m->from), *out = pipe_end(m->to);

	if (out && out->readers == 0)
		return -(int64_t)posix_Error_EPIPE;
	if (in && in->size == 0)
		return in->writers > 0 ? -(int64_t)posix_Error_EAGAIN : 0;
	if (out && out->size == out->room)
		return -(int64_t)posix_Error_EAGAIN;
	if (in && out)
		return (int64_t)between(in, out, m->size, m->stays);
	return in ? to_file(m, in) : from_file(m, out);
}

/* ---- answers ---- */

static void answer(struct sk_reply *to, const struct move *m, int64_t result)
{
	const struct posix_Descriptors_transfer_reply moved = {(uint64_t)result};
	const struct posix_Descriptors_tee_reply copied = {(uint64_t)result};
	const posix_Error error = result < 0 ? (posix_Error)-result : 0;

	if (m->stays)
		posix_Descriptors_tee_answer(to, error, &copied);
	else
		posix_Descriptors_transfer_answer(to, error, &moved);
}

static void tell(struct file *file)
{
	struct pipe *pipe = pipe_end(file);

	if (pipe)
		pipe_changed(pipe);
}

static void drop_files(struct move *m)
{
	file_drop(m->from);
	file_drop(m->to);
}

static void canceled(struct wait *wait)
{
	drop_files((struct move *)(void *)wait);
	release(wait);
}

/* The first that goes on; false: none does. */
static bool move_one(const struct pipe *pipe)
{
	for (struct wait *wait = moves; wait; wait = wait->next) {
		struct move *m = (struct move *)(void *)wait;
		int64_t result;

		if ((pipe_end(m->from) != pipe && pipe_end(m->to) != pipe) ||
				!wait_is_awaited(wait))
			continue;
		result = try(m);
		if (result == -(int64_t)posix_Error_EAGAIN)
			continue;
		wait_end(wait);
		answer(&wait->reply, m, result);
		tell(m->from);
		tell(m->to);
		drop_files(m);
		release(m);
		return true;
	}
	return false;
}

void pipe_move_on(const struct pipe *pipe)
{
	while (moves && move_one(pipe))
		;
}

static void keep(const struct move *model, struct sk_reply *to)
{
	struct move *m = allocate(sizeof(*m));

	if (!m) {
		sk_answer_error(to, posix_Error_ENOMEM);
		return;
	}
	*m = *model;
	m->from->references++;
	m->to->references++;
	m->wait.canceled = canceled;
	wait_begin(&m->wait, &moves, NULL, to);
}

static void begin(struct move *m, bool may_wait, struct sk_reply *to)
{
	int64_t result = m->size == 0 ? 0 : try(m);

	if (result == -(int64_t)posix_Error_EAGAIN && may_wait) {
		keep(m, to);
		return;
	}
	answer(to, m, result);
	tell(m->from);
	tell(m->to);
}

/* ---- what may be moved ---- */

/* A file of another server, which answers at once. */
static bool is_file(const struct file *file)
{
	return !file->ops && file->kind == posix_ObjectKind_FILE && file->handle.raw >= 0;
}

static int check(const struct move *m)
{
	const struct pipe *in, *out;

	if (!m->from || !m->to || !(m->from->flags & fs_Open_READ) ||
			!(m->to->flags & fs_Open_WRITE))
		return posix_Error_EBADF;
	in = pipe_end(m->from);
	out = pipe_end(m->to);
	if ((in && m->has_from) || (out && m->has_to))
		return posix_Error_ESPIPE;
	if (in == out || (!in && !is_file(m->from)) || (!out && !is_file(m->to)))
		return posix_Error_EINVAL;
	return !out && m->to->flags & fs_Open_APPEND ? posix_Error_EINVAL : 0;
}

#define KNOWN ((uint32_t)(posix_TransferFlags_MOVE | posix_TransferFlags_NON_BLOCK | \
	posix_TransferFlags_MORE | posix_TransferFlags_GIFT))

/* Either end of two pipes, else the pipe that is written to, says for itself. */
static bool may_wait(const struct move *m, posix_TransferFlags flags)
{
	const fs_Open own = (pipe_end(m->to) ? m->to->flags : 0) |
		(pipe_end(m->from) ? m->from->flags : 0);

	return !(flags & posix_TransferFlags_NON_BLOCK) && !(own & fs_Open_NON_BLOCKING);
}

void op_transfer(void *self, const struct posix_Descriptors_transfer_request *request,
	struct sk_reply *to)
{
	const struct files *files = ((struct thread *)self)->process->files;
	struct move m = {
		.from = files_find(files, request->from), .to = files_find(files, request->to),
		.has_from = request->has_from_offset, .from_offset = request->from_offset,
		.has_to = request->has_to_offset, .to_offset = request->to_offset,
		.size = request->size,
	};
	const int error = request->flags & ~KNOWN ? posix_Error_EINVAL : check(&m);

	if (error)
		posix_Descriptors_transfer_answer(to, error, NULL);
	else
		begin(&m, may_wait(&m, request->flags), to);
}

void op_tee(void *self, const struct posix_Descriptors_tee_request *request,
	struct sk_reply *to)
{
	const struct files *files = ((struct thread *)self)->process->files;
	struct move m = {
		.from = files_find(files, request->from), .to = files_find(files, request->to),
		.size = request->size, .stays = true,
	};
	int error = request->flags & ~KNOWN ? posix_Error_EINVAL : check(&m);

	if (!error && (!pipe_end(m.from) || !pipe_end(m.to)))
		error = posix_Error_EINVAL;
	if (error)
		posix_Descriptors_tee_answer(to, error, NULL);
	else
		begin(&m, may_wait(&m, request->flags), to);
}
