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

int fifo_open(struct file *file, const struct fs_Status *status)
{
	struct pipe *pipe = pipe_of_fifo(file->node->mount, status->inode);

	if (!pipe)
		return posix_Error_ENOMEM;
	if ((file->flags & (fs_Open_READ | fs_Open_WRITE | fs_Open_NON_BLOCKING)) ==
			(fs_Open_WRITE | fs_Open_NON_BLOCKING) && pipe->readers == 0)
		return posix_Error_ENXIO;
	pipe_attach(pipe, file);
	return 0;
}
