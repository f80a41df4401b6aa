/*
 * hostfs-client: files behind a socket, by generated calls only.
 *
 *   client.c           options, the table of commands
 *   client_calls.c     what several commands need of the server
 *   client_bytes.c     open files, their bytes and entries
 *   client_commands.c  commands for one file or name
 *   client_status.c    commands for what is known of files
 *   client_tree.c      commands for whole trees
 *   client_watch.c     what happens to a file
 *   client_text.c      names, times, modes and errors for people
 *
 * Every function that can fail says what failed on the error output itself,
 * and returns an exit status: 0, REFUSED or BROKEN.
 */
#ifndef SERVERS_HOSTFS_CLIENT_H
#define SERVERS_HOSTFS_CLIENT_H

#include <stdio.h>

#include "protocols/fs.skald.h"
#include "runtime/socket.h"

enum exit_status {
	GOOD = 0,
	REFUSED = 1,			/* by the server, or by this machine */
	USAGE = 2,
	BROKEN = 3			/* no server, no answer, or a bad one */
};

struct tool {
	struct sk_socket socket;	/* the file system */
	const char *socket_path;
	uint32_t timeout_ms;
	uint32_t mask;			/* of modes: this process's umask */
	struct sk_call call;

	/* What was done; --summary prints it. */
	uint64_t calls, files, directories, links, others, bytes;
};

/* ---- client_calls.c ---- */

/* For one call: a deadline from now on. */
const struct sk_call *tool_call(struct tool *tool);
/* What a generated call returned, said to the user; `what` is a path. */
int tool_result(const struct tool *tool, const char *what, int result);
/* The same for errno of this machine. */
int tool_local(const char *what);
/* Whether the server's version of the protocol is one to work with; if not, that is said,
 * and what differs. */
int tool_agree(struct tool *tool);

/* A path below the server's root; links are followed as `resolve` says. */
struct fs_Place tool_place(const char *path, fs_Resolve resolve);
/* Whether a walk led to its end; if it did not, that is said. */
int tool_arrived(struct tool *tool, const char *path, const struct fs_Progress *progress);
/* The node that a path leads to; to be forgotten. */
int tool_walk(struct tool *tool, const char *path, fs_Resolve resolve, fs_Node *node,
	struct fs_Status *status);
void tool_forget(struct tool *tool, fs_Node node);
/* The last name of a path, in its directory; the node is to be forgotten. A
 * slash behind it must be behind a directory, unless one is to be made. */
int tool_at(struct tool *tool, const char *path, bool to_make, struct fs_At *at);
int tool_status(struct tool *tool, const char *path, bool follow,
	struct fs_Status *status);
/* The text of a link, as a string of the caller's of fs_LINK_MAX + 1 bytes. */
int tool_readlink(struct tool *tool, const char *path, char *text);
/* The path of a name in a directory: 0, or REFUSED if it gets too long. */
int tool_join(char to[fs_PATH_MAX + 1], const char *directory, const char *name);
bool tool_number(const char *text, int base, unsigned long long *to);

/* ---- client_bytes.c ---- */

struct tool_file {
	struct sk_socket socket;
	struct fs_Status status;	/* as it was when it was opened */
};

int tool_open(struct tool *tool, const char *path, fs_Open flags, uint32_t mode,
	struct tool_file *file);
void tool_close(struct tool_file *file);
/* Copies a whole file to a descriptor, or a descriptor to a file. */
int tool_fetch(struct tool *tool, const char *path, int to);
int tool_store(struct tool *tool, const char *path, int from, uint32_t mode);

struct item {
	fs_Inode inode;
	fs_Kind kind;
	char name[fs_NAME_MAX + 1];
};

/* A whole directory, sorted by name. */
struct listing {
	struct item *items;
	size_t count;
	size_t capacity;
};

/* The caller frees the items, after a failure too. */
int tool_list(struct tool *tool, const char *path, struct listing *listing);

/* ---- client_text.c ---- */

const char *text_error(fs_Error error);
const char *text_kind(fs_Kind kind);
/* "-rw-r--r--" */
void text_mode(char to[11], const struct fs_Status *status);
/* "2024-06-07 12:34:56", in UTC. */
void text_time(char to[32], struct fs_Time time);
/* A name with control characters and backslashes as \ooo. */
void text_name(FILE *to, const char *name);

/* ---- commands: the operands as in argv, already counted ---- */

int command_ls(struct tool *tool, bool option, char **operands);
int command_cat(struct tool *tool, bool option, char **operands);
int command_put(struct tool *tool, bool option, char **operands);
int command_get(struct tool *tool, bool option, char **operands);
int command_cp(struct tool *tool, bool option, char **operands);
int command_rm(struct tool *tool, bool option, char **operands);
int command_mkdir(struct tool *tool, bool option, char **operands);
int command_rmdir(struct tool *tool, bool option, char **operands);
int command_mkfifo(struct tool *tool, bool option, char **operands);
int command_mv(struct tool *tool, bool option, char **operands);
int command_ln(struct tool *tool, bool option, char **operands);
int command_readlink(struct tool *tool, bool option, char **operands);
int command_stat(struct tool *tool, bool option, char **operands);
int command_chmod(struct tool *tool, bool option, char **operands);
int command_touch(struct tool *tool, bool option, char **operands);
int command_truncate(struct tool *tool, bool option, char **operands);
int command_df(struct tool *tool, bool option, char **operands);
int command_hold(struct tool *tool, bool option, char **operands);
int command_watch(struct tool *tool, bool option, char **operands);
int command_tree(struct tool *tool, bool option, char **operands);

#endif
