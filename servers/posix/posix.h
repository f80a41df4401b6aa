/*
 * posix: what its files have in common. One thread and one loop (runtime/server/), which
 * waits for no program; what it asks of servers below it (files, terminals) has
 * deadlines. Errors are numbers of posix_Error, 0 is none, unless said otherwise.
 *
 * A process has threads, lives in a space (which several can share), and has a table of
 * descriptors, places, and actions, each counted, since clone can share them. A thread is
 * known by its session, whose `self` it is.
 */
#ifndef SERVERS_POSIX_POSIX_H
#define SERVERS_POSIX_POSIX_H

#include "fault.skald.h"
#include "kernel.skald.h"
#include "posix.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"
#include "servers/posix/layout.h"

#define PID_LIMIT 32768
#define SIGNALS 64
#define LIMITS 16
#define KEPT_MAX 4096
#define UNUSED(x) ((void)(x))
#define OBJECTS_MAX 16384
/* Of programs' threads; posix and what lies below it go first. */
#define PROGRAM_PRIORITY 90

#define BIT(signal) (UINT64_C(1) << ((signal) - 1))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct process;
struct mount;
struct thread;
struct file;
struct terminal;
struct user;

/* ---- main.c, kernel.c: the server, and calls of the kernel ---- */

struct shim {
	struct layout_shim head;
	struct sk_handle text, data;
	uint64_t text_address, text_size, data_address, data_size;
};

extern struct posix {
	struct sk_os *os;
	struct shim shim;
	struct sk_handle clock_page;
	struct sk_kernel_channel system;
	/* All programs' quota; below it one for each process. */
	struct sk_handle quota;
	struct process *processes, **processes_end;	/* all, zombies too, by age */
	uint64_t last_serial;
	struct process *by_pid[PID_LIMIT];
	struct thread *threads[PID_LIMIT];	/* by number; leaders' go on in zombies */
	int32_t last_pid;
	uint32_t process_count, thread_count, file_count;
	uint64_t heap_most;			/* of posix's own heap */
	uint64_t forks;				/* processes and threads made so far */
	struct thread *walker;			/* whose path is being walked */
	const struct thread *looker;		/* who asks what is ready */
	struct process *reader;			/* who reads or writes in /proc now */
} posix;

/* A channel over a handle, good until the next one is asked for. */
struct sk_channel *on(struct sk_handle handle);
/* kernel_##method on a handle; the second without a reply. */
#define K(handle, method, reply, ...) \
	kernel_##method(on(handle), &(struct kernel_##method##_request){__VA_ARGS__}, reply, NULL)
#define K0(handle, method, ...) \
	K(handle, method, &(struct kernel_##method##_reply){0}, __VA_ARGS__)
/* Another handle for the same, with these rights at most. */
struct sk_handle copy(struct sk_handle handle, uint16_t rights);
#define ALL_RIGHTS UINT16_MAX
void drop(struct sk_handle *handle);
/* What a status, or an error of the kernel's, is here. */
int kernel_errno(int status);
/* The same of a call to a server of files: its errors are ours. */
int server_errno(int status);
uint64_t now(void);
int64_t realtime(void);
/* When the machine was started, by what the time of day is now. */
uint64_t boot_time(void);
/* Zeros, of posix's own quota or another. None: there are none. */
struct sk_handle memory_new(struct sk_handle quota, uint64_t bytes);
/* Maps for posix itself. NULL: cannot be. */
void *map_here(struct sk_handle memory, uint64_t offset, uint64_t bytes, bool write);
void unmap_here(void *at, uint64_t bytes);
/* Maps for a program, at this address. An error of the kernel's. */
int map_there(struct sk_handle space, struct sk_handle memory, uint64_t offset,
	uint64_t length, uint64_t address, uint32_t protection, uint32_t flags,
	uint32_t inherit, uint64_t tag);
void *allocate(uint64_t size);			/* zeroed; NULL */
void release(void *piece);
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- wait.c: requests that are answered later ---- */

/*
 * One that waits, in a list of what it waits for. `canceled` is called when nobody
 * waits for the answer any more (a signal, a deadline, death): it drops what belongs to
 * the wait; the reply and the link are seen to.
 */
struct wait {
	struct wait *next, **link;		/* in its list */
	struct sk_reply reply;
	struct thread *thread;
	void (*canceled)(struct wait *wait);
	bool answers;			/* `canceled` answers or drops the reply itself */
};

/* Keeps the reply and puts it at the end of a list. False: there is no place. */
bool wait_begin(struct wait *wait, struct wait **list, struct thread *thread,
	struct sk_reply *to);
/* It waits for something else: at the end of another list. */
void wait_move(struct wait *wait, struct wait **list);
/* Takes it out of its list: its reply is to be answered. */
void wait_end(struct wait *wait);
/* Somebody still waits for it: who was cut off just now is told of later (`canceled`). Their
 * time may end right after, if the call has one. */
bool wait_is_awaited(const struct wait *wait);
/* Whether an answer has reached who waited, given what answering returned. */
bool wait_answered(const struct sk_reply *to, int status);
/* For objects: nobody waits any more for the answer under this token. */
void wait_canceled(void *self, uint64_t token);

/* ---- work.c: what takes long, in steps ---- */

struct work {
	/* Some of it, until work_is_over(), but at least something. False: nothing is left. */
	bool (*step)(void);
	struct work *next;			/* work.c's */
	bool is_there;
};

bool work_is_over(void);
/* It begins soon, unless it is under way. */
void work_add(struct work *work);

/* ---- ask.c: calls to other servers that posix does not wait for ---- */

/*
 * One that is under way:
 *
 *	ring = ask_ring(user);
 *	number = ask_number();
 *	if (ring && fs_File_wait_ready_begin(ring, channel, &request, number, NULL) == SK_OK)
 *		ask_begun(&asked, number, user);
 *
 * `answered` is called in the loop, or by any ask_give_up(), and may free it.
 */
struct asked {
	void (*answered)(struct asked *asked, struct sk_completion *done);
	/* The rest is ask.c's. */
	struct asked *next;
	struct user *user;
	uint64_t number;			/* 0: it is not under way */
};

/* NULL: the user has too many under way, or there is no memory. */
struct sk_ring *ask_ring(struct user *user);
uint64_t ask_number(void);
void ask_begun(struct asked *asked, uint64_t number, struct user *user);
/* Its server is told, unless it has been answered; `answered` is not called. */
void ask_give_up(struct asked *asked);

/* ---- user.c: what each user has ---- */

/* Counted, with what is kept of each: threads and zombies, open files, places in tables of
 * descriptors, sessions of what posix serves, pipes' buffers, queued signals, timers, calls
 * to other servers under way, memory of messages in sockets, descriptors in those. */
enum user_count { USER_TASKS, USER_FILES, USER_SLOTS, USER_ACCESSES, USER_PIPES, USER_SIGNALS,
	USER_TIMERS, USER_ASKED, USER_BUFFERS, USER_PASSED, USER_COUNTS };

/* Of so many bytes that posix has for itself. */
void user_limits(uint64_t own);
/* A reference; NULL: there is no memory. */
struct user *user_find(posix_Uid number);
struct user *user_take(struct user *user);
void user_drop(struct user *user);
/* Whose request is being served, and pays for what it makes. */
void user_serve(struct user *user);
struct user *user_served(void);
/* What its processes' quotas are parts of. */
struct sk_handle user_quota(const struct user *user);
uint32_t user_count(const struct user *user, enum user_count what);
/* What one can have at most. */
uint32_t user_most(enum user_count what);
bool user_may(const struct user *user, enum user_count what, uint32_t count);
/* Of a thread more, as the kernel knows it. */
uint32_t user_priority(const struct user *user);
/* A sixteenth of its memory is left: what asks for more is refused before that, so that
 * there is some for what is promised already. */
bool user_has_memory(const struct user *user);
/* Whether so many bytes can be had by anyone at all: more are not even promised. */
bool user_may_have(const struct user *user, uint64_t size);
/* Bytes that are left for programs. */
uint64_t user_memory_left(void);
/* Whether it may or not. */
void user_charge(struct user *user, enum user_count what, uint32_t count);
void user_return(struct user *user, enum user_count what, uint32_t count);
/* Memory is used up, of what this one may use: ends the largest process. */
void user_make_room(struct process *process);

/* ---- credentials.c ---- */

/* Users, groups and capabilities, with the subject that they are at servers of files.
 * Counted, never changed. */
struct credentials {
	uint32_t references;
	struct user *user;
	fs_Subject subject;
	posix_Uid file_user;
	struct posix_Credentials ids;
	struct posix_Capabilities capabilities;
	uint32_t group_count;
	uint32_t *groups;
	struct credentials *next;
};

#define CAP_CHOWN 0
#define CAP_DAC_OVERRIDE 1
#define CAP_KILL 5
#define CAP_SETGID 6
#define CAP_SETUID 7
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_ADMIN 12
#define CAP_NET_RAW 13
#define CAP_IPC_LOCK 14
#define CAP_SYS_CHROOT 18
#define CAP_SYS_PTRACE 19
#define CAP_SYS_ADMIN 21
#define CAP_SYS_BOOT 22
#define CAP_SYS_NICE 23
#define CAP_SYS_RESOURCE 24
#define CAP_SYS_TIME 25
#define CAP_SYS_TTY_CONFIG 26
#define CAP_SYSLOG 34
#define ALL_CAPABILITIES ((UINT64_C(1) << 41) - 1)

/* New ones; groups are copied. NULL: there is no memory. */
struct credentials *credentials_new(const struct posix_Credentials *ids,
	const struct posix_Capabilities *capabilities, const uint32_t *groups,
	uint32_t group_count);
struct credentials *credentials_take(struct credentials *credentials);
void credentials_drop(struct credentials *credentials);
bool credentials_can(const struct credentials *credentials, uint32_t capability);
/* What exec of a file makes of a thread's; NULL: there is no memory. */
struct credentials *capability_exec(const struct thread *thread, const struct mount *mount,
	const struct fs_Status *status, bool *is_secure);
/* Tells a server of files all that there are. */
void credentials_tell(struct sk_channel *server);
/* By its number at servers of files; NULL. */
const struct credentials *credentials_of(fs_Subject subject);

/* ---- space.c: spaces of programs ---- */

/* Whose descriptor a window is for. */
struct window_of {
	int32_t process;
	posix_Descriptor descriptor;
};

struct space {
	uint32_t references;			/* processes */
	uint32_t windows;			/* bits of places that are taken */
	struct file *program;			/* open, so that nobody writes it; NULL */
	struct window_of window_of[LAYOUT_WINDOW_COUNT];
	struct sk_handle handle;
	uint64_t areas[LAYOUT_AREAS / 64];	/* that are taken */
	struct locked *locked;			/* ranges that are (allowance.c); NULL: none */
	bool locks_future;			/* what is mapped from now on, too */
	uint64_t heap_start, heap_end, heap_mapped;
	uint64_t mappings_end;			/* the next one goes below */
	uint64_t stack_low;			/* down to here it is mapped */
	uint64_t stack_start, stack_end;
	uint64_t arguments, arguments_end, environment, environment_end;
	uint64_t code_start, code_end, data_start, data_end;
};

/* One with the shim and the clock's page, of this quota. NULL: QUOTA or memory. */
struct space *space_new(struct sk_handle quota);
/* A copy, with no areas. */
struct space *space_fork(struct space *from, struct sk_handle quota);
/* At the last one it is killed. */
void space_drop(struct space *space);

/* window.c: takes away what this descriptor's file was read by. */
void window_closed(struct process *process, posix_Descriptor number);

/* ---- file.c: open files, tables of descriptors ---- */

/* A node of a mounted tree: one reference at its server. Counted. */
struct node {
	uint32_t references;
	struct mount *mount;
	fs_Node number;
	char *label;				/* of memfd_create; NULL: its path is its name */
};

/* What posix serves itself: pipes and devices. */
struct file_ops {
	const struct sk_object *object;		/* `self` is a struct access */
	/* The last descriptor is closed. */
	void (*closed)(struct file *file);
	/* What it is ready for. */
	uint32_t (*ready)(struct file *file);
	/* Counts up with what is news for who waits for such events. NULL: any change is. */
	uint64_t (*edges)(struct file *file, posix_PollEvents wanted);
};

/* An open file, as descriptors share it: counted by them. */
struct file {
	struct user *user;		/* who opened it */
	uint32_t references;
	uint32_t in_flight;		/* of them: in messages of sockets */
	posix_ObjectKind kind;
	fs_Open flags;
	struct sk_handle handle;	/* at its server; none of PATH_ONLY and of our own */
	const struct file_ops *ops;	/* our own */
	void *self;
	struct item *items;		/* of epolls that it is in */
	struct watch *watch;		/* polls wait for what its server says (watch.c) */
	uint64_t sequence;		/* of changes of that, when it was last asked */
	uint64_t writers_seen;		/* a FIFO's, when it was opened without any */
	struct node *node;		/* NULL: it has none */
	struct access *accesses;	/* sessions of our own ones */
	uint64_t number;		/* as in `pipe:[7]` */
	posix_OwnerKind owner_kind;
	posix_Pid owner;
	posix_Signal owner_signal;
};

/* A session of a file that posix serves, of one process. */
struct access {
	struct access *next;
	struct file *file;		/* NULL: closed */
	struct user *user;
	int32_t process;
	bool is_minted;
};

struct descriptor {
	struct file *file;		/* NULL: free */
	posix_DescriptorFlags flags;
};

struct files {
	struct user *user;		/* of all its places */
	uint32_t references;
	uint32_t capacity;
	uint32_t least;			/* no number below it is free */
	struct descriptor *entries;
	uint64_t lock_owner;		/* as servers know it; 0: it never locked anything */
};

struct file *file_new(posix_ObjectKind kind, fs_Open flags);
void file_drop(struct file *file);
struct files *files_new(void);
struct files *files_copy(const struct files *files);
void files_drop(struct files *files);
/* The file, or NULL. */
struct file *files_find(const struct files *files, posix_Descriptor number);
/* The lowest free number from `least` on, below `limit`; takes over the reference. Negative:
 * -EMFILE, -ENOMEM. */
int32_t files_add(struct files *files, struct file *file, posix_Descriptor least,
	posix_DescriptorFlags flags, uint64_t limit);
/* EBADF. */
int files_close(struct thread *thread, posix_Descriptor number);
void files_close_on_exec(struct files *files);
/* A handle of it for a process; none with 0: PATH_ONLY. */
int file_handle(struct file *file, struct process *process, struct sk_port *port,
	bool *has, struct sk_handle *handle);
/* The file becomes a descriptor, and gets a handle; the reference is taken over. EMFILE,
 * ENFILE, ENOMEM. */
int file_install(struct thread *thread, struct file *file, posix_DescriptorFlags own,
	struct sk_port *port, struct posix_Opened *opened, struct sk_handle *handle);
/* Answers `describe` for a file that posix serves. */
void file_describe(const struct access *access, fs_Kind kind, struct sk_reply *to);
struct posix_Opened file_opened(const struct file *file, posix_Descriptor number,
	posix_DescriptorFlags flags, const struct process *process);

/* ---- lock.c: record locks ---- */

/* A descriptor of the file has been closed: the table's locks on it end. */
void lock_file_closed(const struct files *files, const struct file *file);
/* The table is no more. */
void lock_files_gone(const struct files *files);

/* ---- mount.c, path.c: where things are ---- */

struct mount {
	struct mount *next;
	uint64_t id;
	struct sk_channel *server;		/* fs.FileSystem */
	struct node *root;
	struct node *covers;			/* NULL: the root of all */
	uint64_t device;
};

/* Working directory, root and mask, as CLONE_FS shares them. */
struct places {
	uint32_t references;
	struct node *root, *directory;
	uint32_t mask;
};

struct node *node_new(struct mount *mount, fs_Node number);
struct node *node_take(struct node *node);
void node_drop(struct node *node);
/* A reference that the server counts, without a struct, is given back. */
void node_forget(const struct mount *mount, fs_Node number);
/* The root of files from the service `root`. */
int mount_root(void);
/* proc.c: /proc, covering that directory of the root. */
int mount_proc(void);
/* Once alarms ring: counts what runs, for the averages of load. */
void proc_begin(void);
/* What is open without a node of a server has one there. NULL: there is no memory. */
struct node *proc_node_of(struct file *file);
/* Where a magic link leads, at which a walk stopped. ENOENT, EACCES, ENOMEM. */
int proc_jump(fs_Node number, struct node **to);
void proc_node_drop(fs_Node number);
bool is_proc(const struct mount *mount);
/* The path of a node there from its root, as node_path() has it. */
int proc_path(fs_Node number, char *to, uint32_t capacity);
/* A node of it that was opened becomes a file. */
int proc_opened(struct thread *thread, struct file *file);
extern struct mount *mounts;
struct places *places_new(struct node *root);
struct places *places_copy(const struct places *from);
void places_drop(struct places *places);

/* A path on its way through mounts: what to ask the server of the current mount. */
struct walk {
	struct thread *thread;
	struct node *start;			/* of the next step */
	struct node *root;
	const struct credentials *who;
	fs_Resolve resolve;
	uint32_t links, steps;
	char rest[fs_REST_MAX + posix_PATH_MAX + 2];
	uint32_t size;
	struct fs_Place place;			/* to be asked */
};

/*
 * Begins: `directory` as methods have it. 0 or an error; then:
 *
 *	do {
 *		walk_place(&walk);
 *		error = fs_FileSystem_...(walk_server(&walk), {.place = walk.place}, ...);
 *	} while (error == 0 && walk_goes_on(&walk, &reply.progress, &error));
 *	walk_close(&walk);
 */
int walk_open(struct walk *walk, struct thread *thread, posix_Descriptor directory,
	struct sk_string path, fs_Resolve resolve, bool may_be_empty);
void walk_place(struct walk *walk);
struct sk_channel *walk_server(const struct walk *walk);
/* Whether to ask again, elsewhere. With DONE progress.node is the caller's. */
bool walk_goes_on(struct walk *walk, const struct fs_Progress *progress, int *error);
void walk_close(struct walk *walk);
/* All of it: the node, and its status if asked for. */
int walk_all(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	fs_Resolve resolve, bool may_be_empty, struct node **node, struct fs_Status *status);
/* The directory that a path's last name is in, and that name (points into `path`). */
int walk_parent(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	struct node **parent, struct sk_string *name);
/* What a method that changes a file means: as walk_all(), or a descriptor itself. */
int node_of(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	posix_AtFlags flags, struct node **node);
/* tree.c: a socket's name; EEXIST. And it is taken away again. */
int node_make_socket(struct thread *thread, struct sk_string path, struct node **node,
	struct fs_Status *status);
void node_remove(struct thread *thread, struct sk_string path);
/* Whether somebody may write it: EACCES, EROFS. */
int node_may_write(struct thread *thread, const struct node *node);
/* From the thread's root, with a slash first, into `to` (fs_LINK_MAX): its size, or
 * negative. */
int node_path(struct node *node, struct node *root, char *to, uint32_t capacity);
/* The same, where it is shown: of what has no name any more too. */
int shown_path(struct node *node, struct node *root, char *to, uint32_t capacity);
/* The status of what is open, from its own server. */
int file_status(struct file *file, struct fs_Status *status);
/* The path of what is open, as descriptors show it: not where it has no name. */
int file_path(const struct file *file, struct node *root, char *to, uint32_t capacity);
/* Opens for posix itself or for a descriptor. */
int open_path(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	fs_Open flags, uint32_t mode, fs_Resolve resolve, bool may_be_empty,
	struct file **file, struct fs_Status *status);
/* What came of an open in a mount, as an open file; the reply's handle goes with it. */
int take_opened(struct mount *mount, struct fs_FileSystem_open_reply *reply, fs_Open flags,
	struct file **file);

/* ---- process.c, child.c, thread.c ---- */

/* Pending signals, of a thread or a process: a standard one once, real-time ones in
 * order. */
struct queued {
	struct queued *next;
	struct user *user;			/* who pays for it */
	struct timer *timer;			/* whose it is, or NULL */
	struct posix_SignalInfo info;
};
struct queue {
	posix_SignalSet set;
	struct queued *first, **end;
};

struct actions {
	uint32_t references;
	struct posix_Action action[SIGNALS + 1];
};

enum process_state { PROCESS_ALIVE, PROCESS_ENDING, PROCESS_ZOMBIE };

struct timer;

struct left { struct user *user; struct sk_handle quota; };

struct process {
	struct process *next, **link;		/* of all */
	struct process *parent, *children, *sibling;
	int32_t pid, group, session;
	uint64_t serial;			/* by age; never used again */
	enum process_state state;
	struct user *user;			/* whose quota this is a part of */
	struct sk_handle quota;
	struct left left;			/* of another user's, and what is in it still */
	struct space *space;
	struct files *files;
	struct places *places;
	struct actions *actions;
	struct queue pending;
	struct thread *threads;
	uint32_t thread_count;
	struct sk_reply vforked;		/* of its maker, until exec or the end */
	struct wait *waits;			/* of its threads, for children */
	struct program *program;		/* who started it, from outside */
	struct pidfd *pidfds;			/* that stand for it */
	posix_Descriptor maker_pidfd;		/* its maker's, by clone; -1: none */
	struct node *executable;
	char name[16];
	int32_t exit_signal;
	/* How it ended, or last stopped or went on, as `wait` tells. */
	posix_ChildState child_state;
	int32_t status;
	bool is_told;				/* of that state */
	struct terminal *terminal;		/* its controlling one, or NULL */
	int32_t old_foreground;			/* a leader's: of one that hung up */
	bool is_adopted;			/* its maker has ended */
	bool is_private;			/* not dumpable */
	bool is_orphan_to_tell;
	posix_Signal death_signal;		/* that it gets when its maker ends */
	uint32_t persona;
	bool is_stopped, has_executed, is_subreaper, has_vforked, vforked_by_clone;
	struct posix_Limit limits[LIMITS];
	struct posix_Usage used, children_used;
	uint64_t start_time;
	struct timer *timers;
	int32_t next_timer;
	int32_t oom_adjust;			/* as oom_score_adj has it */
	struct file *trace;			/* where its calls are told, or NULL; */
	bool trace_waits;			/* from the next exec on */
	uint32_t trace_number;
};

struct thread {
	struct thread *next;			/* of its process */
	uint32_t references;			/* its sessions, and being alive */
	int32_t tid;
	struct process *process;		/* NULL: it has ended */
	struct credentials *credentials;
	struct sk_handle handle, memory;
	/* When it has ended: a quota that is to be destroyed after it, or none, and whose. */
	struct sk_handle quota;
	struct user *quota_user;
	uint32_t area;
	struct posix_ThreadPage *page;		/* mapped here */
	struct queue pending;
	posix_SignalSet old_mask;		/* of a call with a mask */
	bool has_old_mask;
	struct posix_AlternateStack stack;
	posix_Beginning beginning;
	uint64_t entry, stack_pointer, argument;
	uint64_t clear_word, robust_list;
	uint64_t processors;			/* that it may run on; 0: all */
	uint64_t timer_slack;			/* 0: the default */
	posix_SecureBits secure_bits;
	bool no_new_privileges;
	struct wait *suspended;			/* suspend, await_signal */
	struct posix_Scheduling scheduling;
};

/* Process 1 and all others. */
struct process *process_new(struct process *parent, struct user *user, int *error);
/* What it makes from now on is of another user's quota; `left` is for going back, or to be
 * given up with all that is in it. False: it stays. */
bool process_move(struct process *process, struct user *user, struct left *left);
void process_move_back(struct process *process, struct left *left);
void process_leave(struct left *left);
/* Its real user is this one now: what it makes is that one's, what it has stays where it is. */
void process_follow(struct process *process, struct user *user);
struct process *process_find(int32_t pid);
/* Before the first one: has the memory of tables. */
void process_begin(void);
int32_t pid_new(void);
/* Ends it: the state and code, as wait tells. The caller's reply is not answered. */
void process_end(struct process *process, posix_ChildState how, int32_t status);
/* Its maker has ended (orphan.c). */
void orphan_tell(struct process *child);
/* A thread that ends held locks, perhaps; its space is still there. Stops it (robust.c). */
void robust_end(struct thread *thread);
/* The same of all threads of a process but one, or NULL. */
void robust_end_all(struct process *process, const struct thread *but);
/* It has become something that its parent may wait for. */
void process_tell_parent(struct process *process);
void process_reap(struct process *process);
/* vfork's maker goes on. */
void process_let_maker_go(struct process *process);

/* What it waits for in the kernel is cut off, and it looks for signals. */
void thread_interrupt(const struct thread *thread);
/* A thread that has not started, in a space; `like`: whose frame it gets, or NULL. */
struct thread *thread_new(struct process *process, int32_t tid, struct space *space,
	struct thread *like, struct sk_port *port, int *error);
/* Runs it, with a session of its own: `entry` and `stack` 0: the shim's. */
int thread_start(struct thread *thread, struct space *space, uint64_t entry,
	uint64_t stack, struct sk_port *port);
/* It is no more: of the process, of the kernel. `space`: where it is from, if that stays. */
void thread_end(struct thread *thread, struct space *space);
/* The same of all of a process but one, or NULL. Of many the kernel's are gone only when
 * their space is, if that does not stay, or some time after. */
void thread_end_all(struct process *process, const struct thread *but, struct space *space);
/* Destroys a quota of that user's, after what has ended and may be in it. */
void thread_quota_end(struct sk_handle *quota, struct user *user);
/* Goes on with what has been put off. False: there is nothing. */
bool thread_end_one(void);
void thread_drop(struct thread *thread);
/* It has these, a reference that is taken over, and counts as their user's. */
void thread_become(struct thread *thread, struct credentials *credentials);
void thread_show_ids(struct thread *thread);
struct posix_Ids thread_ids(const struct thread *thread);
extern const struct sk_object thread_object, fault_object;

/* ---- arguments.c, load.c, exec.c ---- */

struct arguments {
	char *strings;				/* arguments, then environment */
	uint32_t argument_count, environment_count;
	uint64_t argument_bytes, environment_bytes;
};

/* A program in a new space, ready to run. */
struct loaded {
	struct space *space;			/* which has its program's file open */
	struct node *executable;
	char name[16];
	uint64_t entry, stack;
	struct credentials *credentials;	/* what exec makes of the thread's */
	bool is_secure;				/* AT_SECURE */
};

/* E2BIG, EFAULT, ENOMEM. */
int arguments_read(struct arguments *arguments, struct sk_reply *to,
	const struct sk_lease *first, uint32_t first_count, const struct sk_lease *second,
	uint32_t second_count);
void arguments_free(struct arguments *arguments);
/* A script's interpreter, its argument and the script's path in place of the first one. */
struct binary_text;
int arguments_put_script(struct arguments *arguments, const struct binary_text *interpreter,
	const struct binary_text *argument, struct sk_string path);
int exec_load(struct loaded *loaded, struct thread *thread, struct sk_handle quota,
	posix_Descriptor directory, struct sk_string path, bool no_follow, bool may_be_empty,
	struct arguments *arguments);

/* Whether its stack goes on at this address now, which was touched (memory.c). */
bool stack_grows(struct process *process, uint64_t address);

/* The pages of an open file, and how many bytes of them there are: private ones, or those
 * that all see. ENODEV, ENOMEM. */
int file_memory(struct file *file, bool is_shared, struct sk_handle *memory, uint64_t *bytes);

/* ---- scheduling.c ---- */

/* The kernel gets to know how it is to be scheduled. */
void thread_schedule(struct thread *thread);
/* The same of a new one: nothing is to be told if all is as usual. */
void thread_schedule_new(struct thread *thread);
/* Of the machine. */
uint32_t processor_count(void);

/* ---- signal.c, queue.c, kill.c, many.c ---- */

/* Who sends: what counts of a process that may have ended meanwhile. */
struct sender {
	struct credentials *credentials;	/* NULL: posix itself */
	int32_t pid, group, session;
};
/* Whether kill(`whom`) is about that process too. */
bool sender_means(const struct sender *sender, const struct process *process, int32_t whom);
/* EPERM, EAGAIN. */
int sender_send(const struct sender *sender, struct process *process,
	const struct posix_SignalInfo *info);
/* What kill() to several says: whether anybody got it, and else the last error. */
struct sent_to {
	bool any;
	int error;
};
void sender_count(struct sent_to *sent, int error, int32_t whom);
/* More than so many are sent to in steps (many.c). */
#define FEW 16
/* Sends to all that are meant, in steps, and answers Signals.kill then. False: no memory. */
bool many_begin(struct thread *thread, const struct sender *sender, int32_t whom,
	const struct posix_SignalInfo *info, struct sk_reply *to);
/* Sends posix's own to a group. */
void many_job(int32_t group, const struct posix_SignalInfo *info);
/* A process wants to make another. True: it has ended instead, by what was on its way to it. */
bool many_end(struct process *process);
/* A process has been made. */
void many_forked(const struct process *parent, const struct process *child);

void queue_init(struct queue *queue);
void queue_clear(struct queue *queue, posix_SignalSet set);
/* False: the process's user has too many. */
bool queue_put(struct queue *queue, const struct posix_SignalInfo *info,
	const struct process *process);
/* The first of a signal that is there. */
void queue_take(struct queue *queue, posix_Signal signal, struct posix_SignalInfo *info);
/* Sends to a process, or one thread of it. False: too many are queued. */
bool signal_process(struct process *process, const struct posix_SignalInfo *info);
bool signal_thread(struct thread *thread, const struct posix_SignalInfo *info);
/* It would be its end, at once. */
bool signal_ends(struct process *process, posix_Signal signal);
/* By its number and code alone. */
struct posix_SignalInfo signal_plainly(posix_Signal signal);
void signal_plain(struct process *process, posix_Signal signal);
/* A signal is there that the thread does not block: it cannot wait. */
bool signal_waits(const struct thread *thread);
/* The next one of a set that is pending; false: none. */
bool signal_take(struct thread *thread, posix_SignalSet set, struct posix_SignalInfo *info);
/* A mask that holds while a call waits, and, if a signal ended that, until take_signal. */
void signal_set_for_wait(struct thread *thread, bool has_mask, posix_SignalSet mask);
void signal_wait_over(struct thread *thread);
/* Forgets what exec forgets. */
void actions_reset(struct actions *actions);
struct actions *actions_new(void);
struct actions *actions_copy(const struct actions *from);
void actions_drop(struct actions *actions);

/* ---- clock.c, timer.c ---- */

/* How often a clock that stands still at times is looked at, at most: nanoseconds. */
#define CLOCK_STEP UINT64_C(4000000)

/* The caller's own CPU clocks by number, so that anybody can read them. */
posix_Clock clock_of(const struct thread *thread, posix_Clock clock);
/* Not that of another process's thread. */
bool clock_is_own(const struct thread *thread, posix_Clock clock);
/* Nanoseconds, of one by number. EINVAL: there is none. */
int clock_read(posix_Clock clock, int64_t *time);
/* What it runs by: a length of time is not changed by setting the time of day. */
posix_Clock clock_running(posix_Clock clock, bool is_absolute);
/* The time of day has been set: what waits by it is looked at again. */
void clock_stepped(void);
void timers_stepped(void);
void tickers_stepped(void);
/* wall.c: seconds that TAI is ahead. */
int32_t wall_tai(void);
/* What a process has used so far. */
void clock_usage(const struct process *process, struct posix_Usage *usage);

/* RLIMIT_CPU is another. False: there is no memory. */
bool timer_limit(struct process *process);
/* All; with exec those that timer_create made. */
void timers_end(struct process *process, bool is_exec);
/* A signal goes into a queue: whose it is, or NULL. */
struct timer *timer_queued(struct queued *queued, const struct process *process);
/* It is out of it; `info` gets its overrun, NULL: it was thrown away. */
void timer_taken(struct timer *timer, struct posix_SignalInfo *info);

/* ---- job.c and terminals (terminal.h) ---- */

/* Sends a plain signal to all of a process group. */
void job_signal(int32_t group, posix_Signal signal);
/* Nobody outside of it cares for a group: nothing stops it that a terminal sends. */
bool job_is_orphaned(int32_t group);
/* A process is no more, but still has its children: who loses a terminal or is an orphan
 * by that hears of it later. */
void job_process_ends(struct process *process);
/* A process has been stopped: what it waits for at terminals it will ask for anew. */
void terminal_cut(const struct process *process);
/* An open node of a terminal, by its numbers. Negative: it is none. */
int terminal_open(struct thread *thread, struct file *file, const struct fs_Status *status);
/* What somebody gave who started a program is a terminal below: the file becomes the one
 * over it. */
int terminal_give(struct file *file, struct sk_handle *handle);
/* Descriptor 0 of a new session's leader is its terminal from now on. */
void terminal_begin_session(struct process *process);
/* Another first program gets the line's: who has it now hears a hang-up. */
void terminal_vacate(void);
/* The directory of pseudo-terminals. */
void pty_nodes(struct sk_channel *server, fs_Node dev);

/* ---- pipe.c, device.c, poll.c, resource.c ---- */

/* The session of an open file that posix serves is closed. */
void access_gone(void *access);
/* Its process has no descriptor for the file any more. Then all is refused (SK_BAD_HANDLE), which
 * tells the shim, whose descriptor may have become another meanwhile, that nothing was done. */
static inline bool access_is_closed(const struct access *access)
{
	return !access->file;
}
/* A thread of it is going to be interrupted: who has written some of what it wants to, and
 * waits for room, is answered how much, since nobody hears that once the call has been cut
 * off. Which thread it is cannot be known; of another one the shim goes on with the rest. */
void pipe_interrupt(int32_t process);
/* The same pipe, open once more. */
void pipe_take(struct file *file, const struct file *like);
/* What an open FIFO becomes. Below 0: the reply is kept, and the file. */
int fifo_open(struct thread *thread, struct file *file, const struct fs_Status *status,
	struct sk_reply *to, posix_DescriptorFlags own_flags);
/* tree.c: an open file becomes a descriptor, whose number is the answer. */
void open_answer(struct thread *thread, struct file *file, posix_DescriptorFlags own_flags,
	struct sk_reply *to);
/* An open node without a file of its server becomes what it stands for; on an error it is
 * closed. Below 0: the reply is kept. */
int device_open(struct thread *thread, struct file **file, const struct fs_Status *status,
	struct sk_reply *to, const struct posix_Paths_open_request *request,
	struct posix_Paths_open_reply *reply);
/* A directory in another, new or there already, with the modes of a new one. 0: it cannot
 * be had. */
fs_Node device_directory(struct sk_channel *server, fs_Node in, const char *name,
	uint32_t mode, bool *is_new);
/* Makes the nodes in /dev. */
void device_nodes(void);
/* Files that have this as their `self`, or this one of another server, may have become
 * ready. */
void poll_look(const void *self);
/* It is closed, and in no epoll any more. */
void epoll_file_closed(struct file *file);
/* signals.c: one came for a process, or a thread of it. */
void signals_came(const struct process *process, posix_Signal signal);
/* pidfd.c: the process of one. EBADF: it is none; ESRCH: that has been reaped. `waits`: as
 * the file's flags have it. */
int pidfd_find(const struct thread *thread, posix_Descriptor number, struct process **process,
	bool *waits);
/* The same of a directory /proc/PID too. */
int pidfd_find_any(const struct thread *thread, posix_Descriptor number,
	struct process **process);
/* The number of its process, -1 if that has been reaped. False: it is none. */
bool pidfd_number(const struct file *file, int32_t *pid);
/* One becomes a descriptor of the thread's process. EMFILE, ENFILE, ENOMEM. */
int pidfd_add(const struct thread *thread, struct process *process, posix_Descriptor *number);
/* Those of a process hear of its end, and are left when it is reaped. */
void pidfd_ended(const struct process *process);
void pidfd_reaped(struct process *process);
/* watch.c: a file of another server is closed. */
void watch_closed(struct file *file);
/* As uname() has it. */
struct posix_SystemName system_name(void);
/* Random bytes into what was lent. */
int random_fill(struct sk_reply *to, const struct sk_lease *lease, uint64_t size);
/* What a thread has used, which ends, is its process's. */
void usage_add_thread(struct posix_Usage *usage, const struct thread *thread);
void usage_take(struct process *process, const struct thread *thread);
void usage_add(struct posix_Usage *to, const struct posix_Usage *from);

/* ---- machine.c ---- */

/* What uname says. */
struct sk_string machine_node_name(void);
struct sk_string machine_domain_name(void);
/* Sessions of Personality: who is told that a program wants the machine's end. */
void *starter_connected(void *context, uint64_t badge);
void starter_gone(void *self);
void starter_canceled(void *self, uint64_t token);
struct sk_events *starter_events(void *self);
/* personality.c: what one has started is sent HUP. */
void programs_hang_up(const void *starter);

/* ---- operations: what the tables of interfaces name ---- */

#define THREAD_OPERATIONS(X) \
	X(Identity, ids) X(Identity, process_group) X(Identity, set_process_group) \
	X(Identity, session) X(Identity, start_session) X(Identity, credentials) \
	X(Identity, groups) X(Identity, set_user) X(Identity, set_real_user) \
	X(Identity, set_all_users) X(Identity, set_group) X(Identity, set_real_group) \
	X(Identity, set_all_groups) X(Identity, set_groups) X(Identity, set_file_user) \
	X(Identity, set_file_group) X(Identity, capabilities) X(Identity, set_capabilities) \
	X(Identity, drop_bounding) X(Identity, set_ambient) X(Identity, clear_ambient) \
	X(Identity, secure_bits) X(Identity, set_secure_bits) \
	X(Identity, no_new_privileges) X(Identity, set_no_new_privileges) \
	X(Signals, action) X(Signals, set_action) X(Signals, set_mask) \
	X(Signals, pending_signals) X(Signals, suspend) X(Signals, await_signal) \
	X(Signals, take_signal) X(Signals, end_handler) X(Signals, alternate_stack) \
	X(Signals, kill) X(Signals, kill_thread) X(Signals, queue_signal) \
	X(Signals, pidfd_send_signal) X(Signals, queue_thread_signal) X(Signals, parent_death_signal) \
	X(Signals, set_parent_death_signal) \
	X(Resources, limit) X(Resources, usage) X(Resources, yield_processor) \
	X(Resources, name) X(Resources, set_name) X(Resources, priority) \
	X(Resources, set_priority) X(Resources, affinity) X(Resources, set_affinity) \
	X(Resources, scheduling) X(Resources, set_scheduling) \
	X(Resources, scheduling_interval) X(Resources, dumpable) \
	X(Resources, set_dumpable) X(Resources, timer_slack) X(Resources, set_timer_slack) \
	X(Resources, child_subreaper) X(Resources, set_child_subreaper) \
	X(Resources, personality) X(Resources, set_personality) \
	X(Timers, clock_time) X(Timers, clock_resolution) X(Timers, sleep_until) \
	X(Timers, interval_timer) X(Timers, set_interval_timer) \
	X(Timers, create_timer) X(Timers, set_timer) X(Timers, timer) \
	X(Timers, timer_overrun) X(Timers, delete_timer) \
	X(Memory, set_break) X(Memory, map) X(Memory, unmap) X(Memory, protect) \
	X(Memory, remap) X(Memory, advise_memory) X(Memory, sync_memory) \
	X(Memory, lock_memory) X(Memory, unlock_memory) X(Memory, lock_all_memory) \
	X(Memory, residency) X(Memory, set_clear_word) \
	X(Memory, set_robust_list) X(Memory, robust_list) \
	X(Descriptors, look_up) X(Descriptors, window) X(Descriptors, descriptors) X(Descriptors, close) \
	X(Descriptors, close_range) X(Descriptors, duplicate) X(Descriptors, duplicate_to) \
	X(Descriptors, descriptor_flags) X(Descriptors, set_descriptor_flags) \
	X(Descriptors, status_flags) X(Descriptors, set_status_flags) \
	X(Descriptors, create_memfd) \
	X(Descriptors, create_pipe) X(Descriptors, create_socket) \
	X(Descriptors, create_socket_pair) X(Descriptors, accept) X(Descriptors, owner) X(Descriptors, set_owner) \
	X(Descriptors, set_ready_signal) X(Descriptors, poll) X(Descriptors, poll_many) \
	X(Descriptors, create_eventfd) X(Descriptors, create_timerfd) \
	X(Descriptors, create_signalfd) X(Descriptors, create_epoll) \
	X(Descriptors, change_epoll) X(Descriptors, epoll_wait) \
	X(Descriptors, open_pidfd) X(Descriptors, take_from_process) \
	X(Descriptors, transfer) X(Descriptors, tee) \
	X(Descriptors, find_lock) X(Descriptors, set_lock) \
	X(Descriptors, set_controlling_terminal) X(Descriptors, open_terminal_peer) \
	X(Descriptors, release_controlling_terminal) X(Descriptors, hang_up_terminal) \
	X(Paths, open) X(Paths, make_directory) X(Paths, make_node) X(Paths, remove) \
	X(Paths, rename) X(Paths, link) X(Paths, make_link) X(Paths, read_link) \
	X(Paths, path_status) X(Paths, access) X(Paths, change_mode) X(Paths, change_owner) \
	X(Paths, set_times) X(Paths, truncate_path) X(Paths, file_system_status) \
	X(Paths, change_directory) X(Paths, working_directory) X(Paths, change_root) \
	X(Paths, umask) X(Paths, descriptor_path) X(Paths, set_attribute) \
	X(Paths, attribute) X(Paths, attributes) X(Paths, remove_attribute) \
	X(Paths, sync_file_systems) \
	X(Thread, enter) X(Thread, fork) X(Thread, vfork) X(Thread, clone) X(Thread, exec) \
	X(Thread, exit_thread) X(Thread, exit) X(Thread, wait) X(Thread, random) \
	X(Thread, system_name) X(Thread, system_info) X(Thread, set_tls) \
	X(Thread, unshare) X(Thread, machine)

#define X(interface, name) \
	void op_##name(void *self, const struct posix_##interface##_##name##_request *request, \
		struct sk_reply *to);
THREAD_OPERATIONS(X)
#undef X

/* ---- log.c: the system's log; `self` as of posix.Machine ---- */

void op_log(void *self, const struct posix_Machine_log_request *request, struct sk_reply *to);
/* wall.c */
void op_set_clock(void *self, const struct posix_Machine_set_clock_request *request,
	struct sk_reply *to);
void op_adjust_clock(void *self, const struct posix_Machine_adjust_clock_request *request,
	struct sk_reply *to);
void op_set_time_zone(void *self, const struct posix_Machine_set_time_zone_request *request,
	struct sk_reply *to);
void op_time_zone(void *self, const struct posix_Machine_time_zone_request *request,
	struct sk_reply *to);

/* ---- trace.c: where calls are told ---- */

/* In the thread's page. */
void trace_show(struct thread *thread);
/* To `file`, of which it takes a reference; NULL: nowhere. */
void trace_set(struct process *process, struct file *file, bool waits);
void trace_inherit(struct process *child, const struct process *parent);
/* Another program runs in it; `is_secure`: with rights that the one before had not. */
void trace_exec(struct process *process, bool is_secure);
void op_trace_file(void *self, const struct posix_Thread_trace_file_request *request,
	struct sk_reply *to);
void op_unknown_call(void *self, const struct posix_Thread_unknown_call_request *request);

int personality_dispatch(void *self, struct sk_incoming *incoming);

#endif
