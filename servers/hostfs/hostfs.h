/*
 * hostfs serves a folder of a Linux machine by the protocol fs.skald.
 *
 *   main.c        options, signals, the loop
 *   host.c        the server as a whole, a turn of its loop
 *   session.c     who is connected, and what it is charged with
 *   node.c        the numbers of a session's nodes
 *   resolve.c     from a place to a node below the root, and never above it
 *   walk.c        the same name by name: links, `..`, and how far it came
 *   file.c        open files, and the handles to them
 *   operations.c  what several operations share
 *   wait.c        calls that wait
 *   record.c      record locks
 *   watch.c       watchers
 *   op_*.c        the operations
 *
 * One thread. Whatever a client sends ends in exactly one answer. A node is a
 * descriptor that only names it (O_PATH); what is done with a node goes
 * through /proc/self/fd, so that nothing can take its place meanwhile.
 */
#ifndef SERVERS_HOSTFS_HOSTFS_H
#define SERVERS_HOSTFS_HOSTFS_H

#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/files/files.h"
#include "runtime/socket.h"

/* Of one client, with all that it confined: nodes besides the root, handles
 * that it made, calls that wait, owners of record locks (times the nodes that
 * each locks), and ranges that these lock. */
#define HOSTFS_NODES_MAX 256
#define HOSTFS_HANDLES_MAX 64
#define HOSTFS_WAITERS_MAX 64
#define HOSTFS_LOCKERS_MAX 64
#define HOSTFS_RANGES_MAX 256
/* Of one watcher. */
#define HOSTFS_WATCHES_MAX 256
#define HOSTFS_NAME_SIZE (fs_NAME_MAX + 1)
/* Of a path in the host's terms, and of a link's text. */
#define HOSTFS_PATH_SIZE 4097

/* Which node of the host it is; good as long as a descriptor of it is open. */
struct identity {
	uint64_t device, inode, mount;
};

struct node {
	int fd;				/* -1: a free place */
	uint32_t uses;			/* how often the place was taken */
	uint32_t references;		/* the client's, and 1 of each cover */
	uint32_t covers;
	struct identity identity;
	uint16_t next;			/* with the same hash, 0: none */
};

/* Place 0 is no node, place 1 the root. */
#define HOSTFS_NODE_PLACES (HOSTFS_NODES_MAX + 2)
#define HOSTFS_NODE_HEADS 128

struct session {
	struct host *host;		/* NULL: a free place */
	bool is_open;			/* its client is there */
	bool read_only;
	bool no_execute;
	uint64_t serial;		/* no other session has or had it */
	struct session *account;	/* charged for it: itself, or who confined it */
	unsigned covers;
	/* As an account: who is charged here, and with how much. */
	unsigned users;
	unsigned nodes;
	unsigned handles;
	unsigned waiters;
	unsigned lockers;
	unsigned ranges;
	uint16_t heads[HOSTFS_NODE_HEADS];
	struct node table[HOSTFS_NODE_PLACES];
};

/* An open file: one position, one set of flags, any number of handles. */
struct open_file {
	int fd;				/* -1: a free place */
	fs_Kind kind;
	uint32_t flags;			/* of fs_Open, as `describe` tells them */
	unsigned handles;
	struct session *account;
	/* Its node in the session that opened it, if that still knows it. */
	struct session *opener;
	uint64_t opener_serial;
	fs_Node node;
	struct open_file *next_free;
};

/* What a handle is minted with. */
struct open_handle {
	struct open_file *file;
	fs_Rights rights;
	struct open_handle *next_free;
};

/* A call that waits. */
struct waiter {
	struct sk_reply reply;		/* port NULL: a free place */
	enum files_wait_kind kind;
	struct host *host;
	struct session *account;
	struct fs_Lock lock;
	struct open_file *file;		/* all but RECORD */
	struct session *session;	/* RECORD */
	fs_Node node;
	fs_LockOwner owner;
	uint64_t seen;			/* by which search */
};

struct host {
	int root;			/* a descriptor for paths only */
	int descriptors;		/* /proc/self/fd */
	bool read_only;
	bool has_openat2;
	bool copies;			/* leases, also where they are mapped */
	/* A program that runs with the rights of whoever serves the folder is
	 * more than a client should be able to make. */
	bool allows_set_id;
	unsigned max_clients;
	unsigned max_objects;
	unsigned open_files;
	unsigned nodes;
	uint64_t serials;
	struct session *sessions;
	struct session **free_sessions;	/* a stack */
	unsigned free_session_count;
	struct open_file *files, *free_files;
	struct open_handle *handles, *free_handles;
	struct waiter *waiters;
	unsigned waiters_end;		/* none is at this place or behind it */
	unsigned waiting;
	unsigned retrying;		/* those who wait for what may come */
	unsigned retries;
	uint64_t next_retry;
	uint64_t search;
	struct locker *lockers;
	unsigned lockers_end;
	struct files_range *ranges, *free_ranges;
	struct watcher *watchers;
	unsigned watching;
	struct sk_server server;
};

/* ---- host.c ---- */

/*
 * Opens a server; `root`, `max_clients`, `max_objects` are set before, and
 * `has_openat2` if it may be used. It listens at `socket`, unless that is NULL.
 * False and errno if it cannot.
 */
bool host_open(struct host *host, const char *socket, void (*woken)(void *host));
/* Serves what there is, waiting for it if it `waits`: as sk_server_step(). */
int host_step(struct host *host, bool waits);
/* But for `root`. */
void host_close(struct host *host);

/* ---- session.c ---- */

/* False and errno if there is no memory. */
bool session_init(struct host *host);
void session_close(struct host *host);
/* For struct sk_server_config. */
void *session_connected(void *host, uint64_t badge);
void session_gone(void *session);
void session_canceled(void *session, uint64_t token);
/*
 * A session whose root is what this descriptor names, which becomes its own
 * whatever happens; charged to `account`, or to itself if that is NULL. NULL:
 * there is no place.
 */
struct session *session_open(struct host *host, int root, struct session *account);
/* Whoever is charged to an account keeps it there. */
void session_hold(struct session *account);
void session_release(struct session *account);
/* One more handle: 0, or the errno of too many. */
int session_charge_handle(struct session *account);
void session_discharge_handle(struct session *account);

/* ---- node.c ---- */

/* What is known of what a descriptor names: 0 or an errno. */
int node_status(int fd, struct fs_Status *status, struct identity *identity);
bool node_is_same(const struct identity *left, const struct identity *right);
/* The node of this number, or NULL. */
struct node *node_of(struct session *session, fs_Node number);
/* The descriptor of a directory of this session that still lies below its
 * root, or a negative errno. */
int node_directory(struct session *session, fs_Node number);
/*
 * A number for what this descriptor names, with one more reference: 0 or an
 * errno. The descriptor becomes the table's, whatever happens.
 */
int node_add(struct session *session, int fd, fs_Node *number);
/* Whether one more number can be given: 0 or an errno. */
int node_has_room(const struct session *session);
void node_forget(struct session *session, fs_Node number, uint32_t references);
/* The root and what is covered too. */
void node_forget_all(struct session *session);
/* The number of what has this identity, or 0; no reference is added. */
fs_Node node_find(const struct session *session, const struct identity *identity);
/* The last part of a path that leads to a descriptor: in struct host's
 * `descriptors`. */
struct descriptor_name {
	char text[16];
};
struct descriptor_name node_name(int fd);
/* Opens what a descriptor names, with flags of open(2): a descriptor, or a
 * negative errno. It never waits. */
int node_reopen(const struct host *host, int fd, int flags);

/* ---- resolve.c ---- */

/* Where a walk has ended. */
struct walked {
	fs_Stop stop;
	int fd;				/* the node; -1: nothing has that name */
	/* If the walk was to keep it: the directory of the last name. Else -1. */
	int directory;
	char name[HOSTFS_NAME_SIZE];
	uint32_t consumed;
	uint32_t links;
	uint32_t rest_size;
	char rest[HOSTFS_PATH_SIZE];
};

/*
 * Follows a place: 0 or an errno. `keep_last`: to make what may be missing;
 * then a missing last name is no error. Only after 0 it must be left again.
 */
int resolve_place(struct session *session, const struct fs_Place *place,
	bool keep_last, struct walked *to);
void resolve_leave(struct walked *walked);
/* The descriptor of a directory's parent below the session's root, or a
 * negative errno: ESTALE if it is not below it. */
int resolve_parent(const struct session *session, int directory);
/* Where the node lies, from the session's root, with a slash in front: 0 or an
 * errno, ESTALE if it lies outside, ENOENT if it has no name any more. */
int resolve_path(const struct session *session, int fd, char path[HOSTFS_PATH_SIZE]);
/* Whether it still lies below the session's root: 0 or ESTALE. */
int resolve_is_below(const struct session *session, int fd);

/* ---- walk.c ---- */

/* The part of a path that is walked, and what for. */
struct way {
	const char *path;
	size_t size;
	int start;			/* not the walk's own */
	struct identity base;		/* `..` leads no further */
	int base_fd;			/* not the walk's own */
	uint32_t resolve;
	bool keep_last;
};

/* As resolve_place(), name by name. */
int walk_place(struct session *session, const struct way *way, struct walked *to);

/* ---- file.c ---- */

bool file_init(struct host *host);
void file_close_all(struct host *host);
/* Whether one more can be opened: 0 or an errno. */
int file_has_room(const struct session *session);
/*
 * An open file with a first handle to it, charged to the session's account: 0
 * or an errno. The descriptor becomes the file's, whatever happens.
 */
int file_open(struct session *session, struct sk_port *port, int fd, fs_Kind kind,
	uint32_t flags, fs_Node node, struct fs_File_handle *handle);
/* One more handle. */
int file_share(const struct open_handle *from, struct sk_port *port, fs_Rights rights,
	struct fs_File_handle *handle);
/* Its node in the session that opened it, or 0. */
fs_Node file_node(const struct open_file *file);
/* The session that opened it, or NULL if that has ended. */
struct session *file_opener(const struct open_file *file);

/* ---- wait.c ---- */

bool wait_init(struct host *host);
void wait_close(struct host *host);
/* Keeps the reply until what is wanted can be had; 0 or an errno. */
int wait_add(struct host *host, const struct waiter *waiter, struct sk_reply *to);
/* Nobody waits for this any more. */
void wait_canceled(struct host *host, uint64_t token);
/* One after the other, from NULL to NULL. */
struct waiter *wait_next(const struct host *host, struct waiter *after);
/* To be called when the loop has been round. */
void wait_retry(struct host *host);
/* In how many milliseconds that is due, or -1. */
int wait_timeout_ms(const struct host *host);

/* ---- op_lock.c: locks, without waiting: 0 or an errno, EAGAIN ---- */

int lock_whole(const struct open_file *file, fs_LockKind kind);
int lock_range(int fd, const struct fs_Lock *lock);
int lock_test(int fd, const struct fs_Lock *lock, struct fs_Lock *found);

/* ---- record.c ---- */

bool record_init(struct host *host);
void record_close(struct host *host);
int record_lock(struct session *session, fs_Node node, fs_LockOwner owner,
	const struct fs_Lock *lock);
/* Whether the owner would wait for himself in the end. */
bool record_is_deadly(struct session *session, fs_Node node, fs_LockOwner owner,
	const struct fs_Lock *lock);
/* Of one node or (NULL) of all, of one owner or of all. */
void record_release(struct session *session, const struct identity *identity,
	const fs_LockOwner *owner);
/* Whose lock this is that was found on a file, or 0. */
fs_LockOwner record_holder(const struct session *session, int fd,
	const struct fs_Lock *found);

/* ---- watch.c ---- */

struct pollfd;
#define HOSTFS_POLL_MAX 64

bool watch_init(struct host *host);
void watch_close(struct host *host);
/* What the loop has to poll for watchers, up to HOSTFS_POLL_MAX: how many. */
unsigned watch_poll(const struct host *host, struct pollfd *to);
/* To be called when the loop has been round. */
void watch_serve(struct host *host);

/* ---- operations.c and op_*.c ---- */

/* Errors have the host's numbers; those that the protocol has not are EIO. */
fs_Error operations_error(int error);
/* 0, or why this may not be changed by this subject. */
int operations_may_write(const struct session *session, fs_Subject subject);
/* What of a mode a client may set. */
uint32_t operations_mode(const struct session *session, uint32_t mode);
/* A name of the protocol as a C string: 0 or an errno. */
int operations_name(char to[HOSTFS_NAME_SIZE], fs_Name from);
fs_Kind operations_kind(mode_t mode);
/*
 * The progress of a walk that was not DONE, or 0 for one that was; leaves
 * the walk then. `node`: its node is to be kept if it is DONE too.
 */
int operations_progress(struct session *session, struct walked *walked, bool node,
	struct fs_Progress *progress);

#endif
