/*
 * hostfs serves a folder of a Linux machine by the protocol fs.skald.
 *
 *   main.c       options, signals, wiring
 *   session.c    who is connected, and the files that each has open
 *   resolve.c    from a path to a file below the root, and never above it
 *   walk.c       the same where the kernel has no openat2
 *   errors.c     errno as an error of the protocol
 *   operations.c the table, and what all operations share
 *   op_*.c       the operations
 *
 * One thread. Whatever a client sends ends in exactly one answer.
 */
#ifndef SERVERS_HOSTFS_HOSTFS_H
#define SERVERS_HOSTFS_HOSTFS_H

#include <sys/stat.h>

#include "protocols/fs.skald.h"
#include "runtime/socket.h"

/* Files that one client can have open. A number of the protocol is a place in
 * the table in its lower 8 bits, and how often it was used above them. */
#define HOSTFS_FILES_MAX 64
#define HOSTFS_NAME_SIZE (fs_NAME_MAX + 1)
#define HOSTFS_PATH_SIZE (fs_PATH_MAX + 1)

struct open_file {
	int fd;				/* -1: a free place */
	uint32_t uses;
	uint32_t flags;			/* of fs_Open */
};

struct session {
	struct host *host;		/* NULL: a free place */
	struct open_file files[HOSTFS_FILES_MAX];
};

struct host {
	int root;			/* a descriptor for paths only */
	bool read_only;
	bool has_openat2;
	unsigned max_clients;
	struct session *sessions;
	unsigned open_files;
	struct sk_server server;
};

/* ---- session.c ---- */

/* False and errno if there is no memory. */
bool session_init(struct host *host);
/* For struct sk_server_config. */
void *session_connected(void *host, uint64_t badge);
void session_gone(void *session);
/* A free place for a file, or NULL. Its fd is set by whoever takes it. */
struct open_file *session_new_file(struct session *session);
/* The file's number from now on. */
fs_File session_take_file(struct session *session, struct open_file *file, int fd,
	uint32_t flags);
/* The file of this number, or NULL. */
struct open_file *session_file(struct session *session, fs_File number);
void session_close_file(struct session *session, struct open_file *file);

/* ---- resolve.c ---- */

/* A path as a C string. */
struct path {
	char text[HOSTFS_PATH_SIZE];
};

/* A name in a directory; neither is followed any further. The name is "."
 * for the root, and where the path ends in "." or "..". */
struct place {
	int directory;
	char name[HOSTFS_NAME_SIZE];
};

/* 0, or the errno of a path that nothing can have. */
int resolve_path(struct path *path, fs_Path from);
/*
 * Opens what the path leads to below the host's root, as open(2) with these
 * flags. A descriptor, or a negative errno.
 */
int resolve_open(const struct host *host, const struct path *path, int flags,
	mode_t mode);
/* Finds the place of the last name: 0 or an errno. Only after 0 it must be
 * left again. */
int resolve_place(const struct host *host, const struct path *path, struct place *place);
void resolve_leave(struct place *place);

/* ---- walk.c ---- */

/* resolve_open() without openat2: opens one directory after the other. */
int walk_open(int root, const char *path, int flags, mode_t mode);

/* ---- errors.c ---- */

fs_Error errors_from_errno(int error);

/* ---- operations.c and op_*.c ---- */

/* For struct sk_server_config. */
int operations_dispatch(void *session, struct sk_incoming *incoming);

void operations_status(struct fs_Status *to, const struct stat *from);
fs_Kind operations_kind(mode_t mode);
/* SK_OK, fs_Error_READ_ONLY if the server does not write. */
fs_Error operations_may_write(const struct session *session);

#define OPERATION(name) \
	void op_##name(void *self, const struct fs_Files_##name##_request *request, \
		struct sk_reply *to);
OPERATION(open)
OPERATION(close)
OPERATION(read)
OPERATION(write)
OPERATION(stat)
OPERATION(fstat)
OPERATION(readdir)
OPERATION(mkdir)
OPERATION(rmdir)
OPERATION(unlink)
OPERATION(rename)
OPERATION(link)
OPERATION(symlink)
OPERATION(readlink)
OPERATION(truncate)
OPERATION(chmod)
OPERATION(utimes)
OPERATION(sync)
OPERATION(statfs)
#undef OPERATION
void op_advise(void *self, const struct fs_Files_advise_request *request);

#endif
