/* FIFOs: pipes with names. */
#include "servers/posix/pipe.h"

static struct fifo {
	struct fifo *next;
	const struct mount *mount;
	fs_Inode inode;
	struct pipe *pipe;
} *fifos;

/* Their pipe is there as long as one has them open. */
void fifo_forget(const struct pipe *pipe)
{
	for (struct fifo **link = &fifos; *link; link = &(*link)->next)
		if ((*link)->pipe == pipe) {
			struct fifo *fifo = *link;

			*link = fifo->next;
			release(fifo);
			return;
		}
}

static struct pipe *find(const struct mount *mount, fs_Inode inode)
{
	const struct fifo *fifo = fifos;

	while (fifo && (fifo->mount != mount || fifo->inode != inode))
		fifo = fifo->next;
	return fifo ? fifo->pipe : NULL;
}

static struct pipe *make(const struct mount *mount, fs_Inode inode)
{
	struct fifo *fifo = allocate(sizeof(*fifo));

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

/* ---- opening ---- */

/* Who waits for the other side. */
struct opening {
	struct wait wait;
	struct file *file;
	posix_DescriptorFlags own_flags;
	uint64_t seen;				/* of the other side's opens */
};

static uint64_t others(const struct pipe *pipe, const struct file *file)
{
	return file->flags & fs_Open_READ ? pipe->writer_opens : pipe->reader_opens;
}

static void canceled(struct wait *wait)
{
	struct opening *opening = (struct opening *)(void *)wait;

	thread_drop(wait->thread);
	file_drop(opening->file);
	release(opening);
}

static void finish(struct opening *opening)
{
	struct thread *thread = opening->wait.thread;

	wait_end(&opening->wait);
	if (thread->process)
		open_answer(thread, opening->file, opening->own_flags, &opening->wait.reply);
	else
		file_drop(opening->file);
	thread_drop(thread);
	release(opening);
}

void fifo_go_on(struct pipe *pipe)
{
	struct wait *wait = pipe->opening;

	while (wait) {
		struct opening *opening = (struct opening *)(void *)wait;

		wait = wait->next;
		if (others(pipe, opening->file) != opening->seen && wait_is_awaited(&opening->wait))
			finish(opening);
	}
}

static int wait_for_other(struct thread *thread, struct file *file, struct pipe *pipe,
	struct sk_reply *to, posix_DescriptorFlags own_flags)
{
	struct opening *opening = allocate(sizeof(*opening));

	if (!opening)
		return posix_Error_ENOMEM;
	opening->file = file;
	opening->own_flags = own_flags;
	opening->seen = others(pipe, file);
	opening->wait.canceled = canceled;
	thread->references++;
	wait_begin(&opening->wait, &pipe->opening, thread, to);
	return -1;
}

int fifo_open(struct thread *thread, struct file *file, const struct fs_Status *status,
	struct sk_reply *to, posix_DescriptorFlags own_flags)
{
	const fs_Open both = fs_Open_READ | fs_Open_WRITE;
	const bool waits = !(file->flags & fs_Open_NON_BLOCKING);
	struct pipe *pipe = find(file->node->mount, status->inode);
	int error = 0;

	if ((file->flags & both) == fs_Open_WRITE && !waits && (!pipe || pipe->readers == 0))
		return posix_Error_ENXIO;
	if (!pipe)
		pipe = make(file->node->mount, status->inode);
	if (!pipe)
		return posix_Error_ENFILE;
	pipe_attach(pipe, file);
	if (waits && (file->flags & both) != both &&
			(file->flags & fs_Open_READ ? pipe->writers : pipe->readers) == 0)
		error = wait_for_other(thread, file, pipe, to, own_flags);
	pipe_changed(pipe);
	return error;
}
