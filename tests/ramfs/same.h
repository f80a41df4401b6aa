/*
 * The same operations on two file servers, whose answers must be the same.
 *
 *   same.c          runs rows of operations, and looks for the shortest one that
 *                   shows a difference
 *   same_make.c     operations at random
 *   same_names.c    operations on paths
 *   same_files.c    operations on open files, and locks
 *   same_side.c     one of the servers: its sessions, what was seen of it
 *
 * What an operation came to is a line of text.
 */
#ifndef TESTS_RAMFS_SAME_H
#define TESTS_RAMFS_SAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "protocols/fs.skald.h"
#include "runtime/socket.h"

#define SUBJECTS 3
#define SLOTS 4
#define SEEN 4096

#define ACCESS_LIST "system.posix_acl_access"
#define DEFAULT_LIST "system.posix_acl_default"

/* One of the servers: with a process for each subject, or with subjects. */
struct side {
	const char *name;
	bool has_subjects;
	struct sk_socket sessions[SUBJECTS];
	fs_Node base[SUBJECTS];		/* where this row works */
	struct sk_socket *slots[SLOTS];	/* open files */
	struct sk_socket watcher;
	/* The times that were seen of each inode. */
	struct seen {
		fs_Inode inode;
		struct fs_Time modified, changed;
	} seen[SEEN];
	unsigned seen_count;
};

enum what {
	MKDIR, MKNOD, SYMLINK, LINK, UNLINK, RMDIR, RENAME, CHMOD, CHOWN, TIMES, RESIZE,
	FLAGS, SET_XATTR, GET_XATTR, REMOVE_XATTR, LIST_XATTRS, STAT, ACCESS, READ_LINK,
	PATH_OF, LIST, COPY, WATCH, RECORD, TEST_RECORD, UNLOCK,
	OPEN, CLOSE, READ, READ_AT, WRITE, WRITE_AT, SEEK, TRUNCATE, ALLOCATE, DESCRIBE,
	SET_FLAGS, PAGE, FLOCK, LOCK, TEST_LOCK, SEALS, WHATS
};

/* An operation, and what it takes; each takes of it what it needs. */
struct operation {
	enum what what;
	unsigned subject, slot;
	char path[48], other[48];
	fs_Resolve resolve;
	uint32_t mode, flags;
	int choice;
	uint64_t offset, size;
};

struct result {
	char text[16384];
	size_t size;
};

#define SAY(result, ...) say(result, __VA_ARGS__)
void say(struct result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* same_make.c */
void make_operation(struct operation *to, uint64_t *random);
void print_operation(FILE *to, const struct operation *operation);

/* same_names.c, same_files.c: false, it is not one of these. */
bool run_on_names(struct side *side, const struct operation *operation, struct result *to);
bool run_on_files(struct side *side, const struct operation *operation, struct result *to);

/* same_side.c */
const struct sk_call *patiently(void);
void side_begin(struct side *side, unsigned row);
void side_end(struct side *side);
struct sk_channel *side_channel(struct side *side, unsigned subject);
fs_Subject side_subject(const struct side *side, unsigned subject);
struct fs_Place side_place(struct side *side, unsigned subject, const char *path,
	fs_Resolve resolve);
/* A node, to be forgotten; what else came is said. */
int side_walk(struct side *side, unsigned subject, const char *path, fs_Resolve resolve,
	fs_Node *node, struct result *to);
void side_forget(struct side *side, unsigned subject, fs_Node node);
void side_progress(struct side *side, unsigned subject, const struct fs_Progress *progress,
	struct result *to);
void side_status(struct side *side, const struct fs_Status *status, struct result *to);
/* What can be seen from outside after an operation: the tree, open files, events. */
void side_look(struct side *side, struct result *to);

#endif
