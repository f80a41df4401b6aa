/*
 * Pipes and FIFOs: files that posix serves itself. pipe.c moves their bytes, pipe_file.c
 * has what else can be asked of an open one, pipe_make.c makes them, fifo.c those with
 * names.
 */
#ifndef SERVERS_POSIX_PIPE_H
#define SERVERS_POSIX_PIPE_H

#include "servers/posix/posix.h"

#define ROOM 65536
#define MOST_ROOM 1048576			/* that anybody may ask for */
#define PIPE_PAGE 4096
/* What is written in one piece, as seen by others. */
#define ATOMIC 4096

struct pipe {
	struct user *user;			/* who made it */
	uint32_t readers, writers;		/* open files */
	uint64_t reader_opens, writer_opens;	/* so far */
	uint32_t start, size;			/* of what is in it */
	uint32_t room;				/* of bytes: a power of two */
	struct wait *reading, *writing;
	struct wait *watching;			/* wait_ready */
	struct wait *opening;			/* of a FIFO, for the other side */
	uint64_t changes;
	uint64_t came, gone, closes;		/* how often: bytes, ends of it (epoll) */
	uint32_t size_told;			/* when those were counted */
	struct pipe *next_dirty;
	bool is_dirty;				/* in that list */
	uint8_t *bytes;
};

struct transfer {
	struct wait wait;
	int32_t process;			/* whose it is */
	struct sk_lease leases[4];
	uint32_t lease_count;
	uint64_t size, done;
	/* In the list of those that have written some of theirs; link NULL: it has not. */
	struct transfer *next_partial, **partial_link;
	bool peeks;
	bool is_few;				/* its bytes are here, in place of leases */
	uint8_t bytes[fs_FEW_READ];
};

static inline struct pipe *pipe_of(const struct file *file)
{
	return file->self;
}

/* NULL: the user has too many, or there is no memory. */
struct pipe *pipe_new(void);
void pipe_free(struct pipe *pipe);
/* An open end of it more, as its flags have it. */
void pipe_attach(struct pipe *pipe, struct file *file);
/* Another size: EBUSY, EPERM, ENOMEM. */
int pipe_resize(struct pipe *pipe, uint32_t size, const struct credentials *who);
/* Something has come, gone, or been closed: who waits goes on. What is closed by all is
 * no more after that, unless others are being told just now. */
void pipe_changed(struct pipe *pipe);
/* Tells those who asked to be told what it is ready for. */
void pipe_tell(struct pipe *pipe);
/* Those go on who wait to move bytes from it or to it (pipe_move.c). */
void pipe_move_on(const struct pipe *pipe);
/* Those go on who wait for its other side to be opened. */
void fifo_go_on(struct pipe *pipe);
/* A FIFO's is closed by all. */
void fifo_forget(const struct pipe *pipe);
extern const struct file_ops pipe_ops;

/* NULL: it is none. */
static inline struct pipe *pipe_end(const struct file *file)
{
	return file->ops == &pipe_ops ? file->self : NULL;
}

/* Of fs.File: moving bytes. */
void pipe_read(void *self, const struct fs_File_read_request *r, struct sk_reply *to);
void pipe_write(void *self, const struct fs_File_write_request *r, struct sk_reply *to);
void pipe_read_few(void *self, const struct fs_File_read_few_request *r,
	struct sk_reply *to);
void pipe_write_few(void *self, const struct fs_File_write_few_request *r,
	struct sk_reply *to);

#endif
