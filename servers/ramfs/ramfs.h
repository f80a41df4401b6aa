/*
 * ramfs serves files in memory by the protocol fs.skald.
 *
 *   ram.c         a file system as a whole: its memory, its clock
 *   share.c       what each user has of that memory
 *   inode.c       what has a number: status, times, life and end
 *   data.c        the pages of a file, holes included
 *   memory.c      the same in a memory object, for clients to map
 *   window.c      what they read of that without a call
 *   directory.c   names in directories
 *   access.c      credentials, and what they allow
 *   acl.c         access lists
 *   names.c       making, linking, moving and removing names
 *   xattr.c       extended attributes
 *   tar.c         filling it from an archive
 *   session.c     who is connected, and what it is charged with
 *   node.c        the numbers of a session's nodes
 *   walk.c        from a place to a node
 *   file.c        open files, and the handles to them
 *   lock.c        locks on files and ranges
 *   wait.c        calls that wait for them
 *   watch.c       watchers
 *   operations.c  what several operations share
 *   op_*.c        the operations; op_bytes.c those that move bytes
 *   host.c        as a server on Linux; main.c as one in the OS, kernel.c its
 *                 memory objects
 *
 * tree.h declares what stands before session.c. One thread, no globals, no libc. Whatever a client sends ends in exactly one
 * answer. Errors within are numbers of fs_Error, 0 is none. What differs from
 * tmpfs of Linux in an answer is a mistake, but for what a comment says.
 */
#ifndef SERVERS_RAMFS_RAMFS_H
#define SERVERS_RAMFS_RAMFS_H

#include "servers/ramfs/tree.h"

/* ---- session.c ---- */

struct node {
	struct where where;		/* inode NULL: a free place */
	uint32_t uses;			/* how often the place was taken */
	uint32_t references;		/* the client's, and 1 of each cover */
	uint32_t covers;
	uint32_t next;			/* with the same hash, or free */
};

/* What one client is charged with; confined sessions are charged to theirs. */
struct account {
	struct ram *ram;
	unsigned users;			/* who keep it */
	uint32_t nodes, handles, waiters, lockers, ranges, subjects, groups;
};

struct session {
	struct ram *ram;
	struct account *account;
	unsigned users;			/* its client, files and watchers */
	bool is_open;			/* its client is there */
	bool is_confined;
	fs_Rights rights;
	fs_MountFlags flags;		/* with those of the whole */
	struct subject *subjects[64];	/* by number; SELF is always there */
	struct locker *lockers;		/* of its owners and open files */
	uint32_t covers;
	struct node *nodes;		/* 0 is none, 1 the root */
	uint32_t node_capacity, node_free;
	uint32_t *node_heads;
	uint32_t node_head_count;
};

/* A client of the whole tree, that is root; NULL: there is no memory. */
struct session *session_open(struct ram *ram, fs_Rights rights);
/* One of a part of it, that is this subject, charged to the same account. */
struct session *session_confine(struct session *session, const struct where *root,
	const struct subject *subject, fs_MountFlags flags);
/* Its client is gone. */
void session_close(struct session *session);
void session_canceled(struct session *session, uint64_t token);
/* Who keeps a session keeps its account. */
void session_hold(struct session *session);
void session_release(struct session *session);
void account_hold(struct account *account);
void account_release(struct account *account);
/* One more handle: 0, or EMFILE. */
int session_charge_handle(struct account *account);
void session_discharge_handle(struct account *account);
/* With those of the whole. */
fs_MountFlags session_flags(const struct session *session);
/* NULL: it was not set, or may not be named. */
const struct subject *session_subject(const struct session *session, fs_Subject number);
/*
 * A subject with room for these groups, which are to be filled in and then
 * set; it is the session's whatever happens. NULL: too many, or no memory.
 */
struct subject *session_new_subject(struct session *session, uint32_t group_count);
void session_set_subject(struct session *session, struct subject *subject);
void session_free_subject(struct session *session, struct subject *subject);
void session_drop_subject(struct session *session, fs_Subject number);

/* ---- node.c ---- */

bool node_init(struct session *session, const struct where *root);
/* The node of this number: 0, EBADF, or EIO if the file system has ended. */
int node_find(const struct session *session, fs_Node number, struct where *where);
/* As node_find(), of a directory that lies below the session's root: ESTALE
 * if it does not, ENOTDIR. */
int node_directory(const struct session *session, fs_Node number, struct where *where);
/* One more reference: 0, EMFILE, EOVERFLOW. */
int node_add(struct session *session, const struct where *where, fs_Node *number);
/* Whether one more number can be given: 0 or EMFILE. */
int node_has_room(const struct session *session);
void node_forget(struct session *session, fs_Node number, uint32_t references);
void node_forget_all(struct session *session);
/* The number of this node in the session, or 0. */
fs_Node node_number(const struct session *session, const struct inode *inode);
/* One more or one fewer cover: 0, EBADF, EINVAL. */
int node_cover(struct session *session, fs_Node number, bool covered);
bool node_is_covered(const struct session *session, const struct inode *inode);
const struct inode *node_root(const struct session *session);

/* ---- walk.c ---- */

struct walked {
	fs_Stop stop;
	struct where where;		/* inode NULL: nothing has that name */
	/* If the last name was to be kept: it, and what it is in. */
	struct inode *directory;
	char name[fs_NAME_MAX];
	uint32_t name_size;
	uint32_t consumed, links, rest_size;
	char rest[RAM_TEXT_SIZE];
};

/*
 * Follows a place: 0 or an error. `keeps_last`: to make what may be missing;
 * then a missing last name is no error. Nothing is held.
 */
int walk_place(struct session *session, const struct fs_Place *place, bool keeps_last,
	struct walked *to);

/* ---- file.c ---- */

/* An open file: one position, one set of flags, any number of handles. */
struct open_file {
	struct ram *ram;
	struct where where;
	fs_Kind kind;
	uint32_t flags;			/* of fs_Open, as `describe` tells them */
	uint64_t position;
	unsigned handles;
	fs_MountFlags mount_flags;
	bool keeps_set_id, keeps_group;	/* see access_written_mode() */
	bool is_writer, is_executor;
	bool is_mapped;			/* by somebody who may write */
	struct session *opener;		/* its account is charged */
	fs_Node node;
	fs_LockKind flock;
	struct open_file *next_flock;	/* of those that hold one */
};

/* What a handle is minted with. */
struct open_handle {
	struct open_file *file;
	fs_Rights rights;
};

/* Whether one can be opened so: 0, ETXTBSY, EMFILE. */
int file_check(const struct session *session, const struct inode *inode, uint32_t flags);
/* An open file with a first handle to it: 0 or an error. */
int file_open(struct session *session, const struct subject *who, struct sk_port *port,
	const struct where *where, uint32_t flags, fs_Node node,
	struct fs_File_handle *handle);
/* One more handle. */
int file_share(const struct open_handle *from, struct sk_port *port, fs_Rights rights,
	struct fs_File_handle *handle);
/* Its node in the session that opened it, or 0. */
fs_Node file_node(const struct open_file *file);
/* So many bytes of it were read: its access time, and who watches. */
void file_was_read(const struct open_file *file, uint64_t count);
/* Whether a handle may do this: 0, EPERM, or EIO if all has ended. */
int file_may(const struct open_handle *handle, fs_Rights right);

/* ---- lock.c: 0 or an error; EAGAIN if another one's is in the way ---- */

/* An owner with ranges on a node. */
struct locker {
	struct locker *next;		/* on the same node */
	struct lock_owner owner;
	struct account *account;
	struct files_range *ranges;
	/* In the list of all that sessions have. */
	struct locker *next_of_session;
	struct inode *inode;		/* held */
};

int lock_whole(struct open_file *file, fs_LockKind kind);
int lock_range(struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock);
int lock_test(const struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock, struct fs_Lock *found, struct lock_owner *holder);
/* What an owner has on a node; then who waits is served. */
void lock_release(struct inode *inode, const struct lock_owner *owner);
/* All that owners of a session have, or (not NULL) one of them, anywhere. Open
 * files keep theirs. */
void lock_release_all(struct session *session, const fs_LockOwner *owner);
/* Whether the owner would wait for himself in the end. */
bool lock_is_deadly(struct inode *inode, const struct lock_owner *owner,
	const struct fs_Lock *lock);

/* ---- wait.c ---- */

/* A call that waits. */
struct waiter {
	struct waiter *next;		/* as they came */
	struct sk_reply reply;
	enum files_wait_kind kind;
	struct account *account;
	struct open_file *file;		/* all but RECORD */
	struct where where;		/* RECORD; held */
	struct lock_owner owner;
	struct fs_Lock lock;
	uint64_t seen;			/* by which search */
	bool is_over;
};

/* Keeps the reply until what is wanted can be had: 0, ENOLCK. */
int wait_add(const struct waiter *waiter, struct sk_reply *to);
/* Nobody waits for this any more. */
void wait_canceled(struct ram *ram, uint64_t token);
/* Something was unlocked. */
void wait_retry(struct ram *ram, const struct inode *inode);

/* ---- watch.c ---- */

/* It happened to this node; who watches its directory is told its name. */
void watch_tell(const struct where *where, fs_Change what);
/* It happened to the node itself, or to a name in a directory. */
void watch_tell_self(const struct inode *inode, fs_Change what);
void watch_tell_name(const struct inode *directory, const struct inode *inode,
	const char *name, uint32_t size, fs_Change what, uint32_t cookie);
/* It ends, and so do the watches of it. */
void watch_ended(struct inode *inode);
void watch_unmounted(struct ram *ram);

/* ---- operations.c and op_*.c ---- */

/* 0, or why nothing may be changed here. */
int operations_may_write(const struct session *session);
/* Without NUL and slash, and neither dot: 0 or EINVAL. */
int operations_name(fs_Name name);
/* A name that is to be changed, by whom: 0 or an error. */
int operations_spot(const struct session *session, const struct fs_At *at,
	struct spot *spot);
/*
 * The progress of a walk; `is_kept`: its node has one more reference if it is
 * DONE too. 0 or an error.
 */
int operations_progress(struct session *session, const struct walked *walked,
	bool is_kept, struct fs_Progress *progress);
/* Into a lease of the caller: 0 or EFAULT. */
int operations_give(const struct sk_reply *to, const struct sk_lease *lease,
	const void *bytes, uint64_t size);

#endif
