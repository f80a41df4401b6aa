/* Pipes are made, and opened once more. */
#include "servers/posix/pipe.h"

/* What is counted of its user's: as many as of the usual size. */
static uint32_t units(uint32_t room)
{
	return room <= ROOM ? 1 : room / ROOM;
}

/* Nobody sees what is in it before something has been written there. */
static uint8_t *room_new(uint32_t room)
{
	return sk_alloc(&posix.os->heap, room);
}

struct pipe *pipe_new(void)
{
	struct user *user = user_served();
	struct pipe *pipe = user_may(user, USER_PIPES, 1) ? allocate(sizeof(*pipe)) : NULL;

	if (!pipe)
		return NULL;
	pipe->room = ROOM;
	pipe->bytes = room_new(ROOM);
	if (!pipe->bytes) {
		release(pipe);
		return NULL;
	}
	user_charge(user, USER_PIPES, 1);
	pipe->user = user;
	return pipe;
}

void pipe_free(struct pipe *pipe)
{
	if (!pipe)
		return;
	user_return(pipe->user, USER_PIPES, units(pipe->room));
	release(pipe->bytes);
	release(pipe);
}

void pipe_attach(struct pipe *pipe, struct file *file)
{
	const bool reads = (file->flags & fs_Open_READ) != 0;
	const bool writes = (file->flags & fs_Open_WRITE) != 0;

	file->ops = &pipe_ops;
	file->self = pipe;
	file->writers_seen = pipe->writers ? UINT64_MAX : pipe->writer_opens;
	pipe->readers += reads;
	pipe->writers += writes;
	pipe->reader_opens += reads;
	pipe->writer_opens += writes;
}

/* ---- sizes ---- */

/* 0: too much. */
static uint32_t round_up(uint32_t size)
{
	uint32_t room = PIPE_PAGE;

	while (room < size && room <= UINT32_MAX / 4)
		room *= 2;
	return room < size ? 0 : room;
}

static bool may_grow(const struct pipe *pipe, uint32_t room, const struct credentials *who)
{
	const uint32_t more = units(room) - units(pipe->room);

	if (room <= pipe->room)
		return true;
	return user_may(pipe->user, USER_PIPES, more) &&
		(room <= MOST_ROOM || credentials_can(who, CAP_SYS_RESOURCE));
}

int pipe_resize(struct pipe *pipe, uint32_t size, const struct credentials *who)
{
	const uint32_t room = round_up(size), first = pipe->room - pipe->start;
	uint8_t *bytes;

	if (room == 0)
		return posix_Error_EINVAL;
	if (!may_grow(pipe, room, who))
		return posix_Error_EPERM;
	if (room < pipe->size)
		return posix_Error_EBUSY;
	bytes = room_new(room);
	if (!bytes)
		return posix_Error_ENOMEM;
	memcpy(bytes, pipe->bytes + pipe->start, first < pipe->size ? first : pipe->size);
	if (first < pipe->size)
		memcpy(bytes + first, pipe->bytes, pipe->size - first);
	user_charge(pipe->user, USER_PIPES, units(room));
	user_return(pipe->user, USER_PIPES, units(pipe->room));
	release(pipe->bytes);
	pipe->bytes = bytes;
	pipe->room = room;
	pipe->start = 0;
	return 0;
}

/* ---- making ---- */

void pipe_take(struct file *file, const struct file *like)
{
	pipe_attach(pipe_of(like), file);
	pipe_changed(pipe_of(like));
}

static struct file *end_new(struct pipe *pipe, fs_Open flags)
{
	struct file *file = file_new(posix_ObjectKind_PIPE, flags);

	if (!file)
		return NULL;
	pipe_attach(pipe, file);
	return file;
}

/* Asked first, since programs ask again and again for what they do not get. */
static bool may_make(const struct thread *thread)
{
	return user_may(user_served(), USER_FILES, 2) &&
		user_may(thread->process->user, USER_ACCESSES, 2);
}

void op_create_pipe(void *self, const struct posix_Descriptors_create_pipe_request *request,
	struct sk_reply *to)
{
	const fs_Open more = request->flags & posix_NewFlags_NON_BLOCK ?
		fs_Open_NON_BLOCKING : 0;
	const posix_DescriptorFlags own = request->flags & posix_NewFlags_CLOSE_ON_EXEC ?
		posix_DescriptorFlags_CLOSE_ON_EXEC : 0;
	struct posix_Descriptors_create_pipe_reply reply = {0};
	struct pipe *pipe = may_make(self) ? pipe_new() : NULL;
	struct file *in = pipe ? end_new(pipe, fs_Open_READ | more) : NULL;
	struct file *out = in ? end_new(pipe, fs_Open_WRITE | more) : NULL;
	int error = out ? 0 : posix_Error_ENFILE;

	if (error) {
		if (in)
			file_drop(in);
		else
			pipe_free(pipe);
	} else {
		error = file_install(self, in, own, to->port, &reply.read_end,
			&reply.read_file.raw);
		if (error) {
			file_drop(out);
		} else {
			error = file_install(self, out, own, to->port, &reply.write_end,
				&reply.write_file.raw);
			if (error)
				files_close(self, reply.read_end.descriptor);
		}
	}
	posix_Descriptors_create_pipe_answer(to, error, &reply);
}
