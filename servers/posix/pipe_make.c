/* Pipes are made, and opened once more. */
#include "servers/posix/pipe.h"

struct pipe *pipe_new(void)
{
	struct user *user = user_served();
	struct pipe *pipe = user_may(user, USER_PIPES, 1) ? allocate(sizeof(*pipe)) : NULL;

	if (!pipe)
		return NULL;
	user_charge(user, USER_PIPES, 1);
	pipe->user = user;
	return pipe;
}

void pipe_free(struct pipe *pipe)
{
	if (pipe)
		user_return(pipe->user, USER_PIPES, 1);
	release(pipe);
}

void pipe_attach(struct pipe *pipe, struct file *file)
{
	file->ops = &pipe_ops;
	file->self = pipe;
	pipe->readers += (file->flags & fs_Open_READ) != 0;
	pipe->writers += (file->flags & fs_Open_WRITE) != 0;
}

void pipe_take(struct file *file, const struct file *like)
{
	pipe_attach(pipe_of(like), file);
}

static struct file *end_new(struct pipe *pipe, fs_Open flags)
{
	struct file *file = file_new(posix_ObjectKind_PIPE, flags);

	if (!file)
		return NULL;
	pipe_attach(pipe, file);
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
