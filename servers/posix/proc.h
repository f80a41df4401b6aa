/*
 * /proc: a mount whose server is posix itself. Walks reach it as any other, over a channel
 * within the process (runtime/loopback.h), so nothing is asked that could wait; files of it
 * are posix's own, as pipes are. Nothing is kept of what they say: it is looked up when it
 * is read.
 *
 * A place is known by its key; numbers of nodes stand for keys (proc_node.c). Magic links
 * (cwd, root, exe, fd/N) stop a walk as mount points do, and posix goes on at the node itself,
 * whatever became of its names. What is open without a node (a pipe) gets one here, of the
 * kind PROC_OBJECT.
 */
#ifndef SERVERS_POSIX_PROC_H
#define SERVERS_POSIX_PROC_H

#include "servers/posix/posix.h"

#define PROC_NAME_MAX 32
#define PROC_TEXT_MAX (UINT64_C(1) << 20)

/* What a place is; PROC_TABLE and above: an entry of proc_table.c. */
enum proc_kind {
	PROC_ROOT, PROC_OBJECT, PROC_PROCESS, PROC_TASKS, PROC_DESCRIPTORS, PROC_DESCRIPTOR,
	PROC_INFOS, PROC_INFO, PROC_TABLE
};

struct proc_key {
	uint32_t kind;
	int32_t pid, tid;		/* tid 0: of the process */
	int32_t number;			/* of a descriptor */
	uint64_t started;		/* of the process: numbers are used again */
	struct file *object;		/* of PROC_OBJECT */
};

/* A text that is being made. */
struct proc_text {
	char *at;
	uint64_t size, capacity;
};
void proc_put(struct proc_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void proc_put_octal(struct proc_text *text, uint64_t value, unsigned width);
void proc_put_bytes(struct proc_text *text, const void *bytes, uint64_t size);

struct proc_entry {
	const char *name;
	uint32_t directory;		/* kind of what it is in */
	uint32_t kind;			/* if it has one of its own, else 0 */
	fs_Kind type;
	uint32_t mode;
	bool is_private;		/* to who may trace the process */
	void (*text)(struct proc_text *text, const struct proc_key *key);
	/* What was written, with a NUL behind it; 0 or an error. */
	int (*write)(const struct proc_key *key, const struct credentials *who, char *text,
		uint32_t size);
	/* Of a link: where it leads, or NULL: it is magic. */
	bool (*follow)(const struct proc_key *key, struct proc_key *to);
};

/* ---- proc_node.c: numbers ---- */

/* Of a key, with one reference; 0: there are too many. */
fs_Node proc_node_new(const struct proc_key *key);
const struct proc_key *proc_node_find(fs_Node number);

/* ---- proc_table.c: what there is ---- */

/* NULL for those of other kinds. */
const struct proc_entry *proc_entry_of(const struct proc_key *key);
/* What is called so in a directory. ENOENT. */
int proc_find(const struct proc_key *directory, struct sk_string name, struct proc_key *key);
/* The first entry of a directory from a cursor on, and the cursor behind it. */
bool proc_list(const struct proc_key *directory, uint64_t from, struct proc_key *key,
	char name[PROC_NAME_MAX], uint64_t *next);
struct proc_key proc_parent(const struct proc_key *key);
void proc_name(const struct proc_key *key, char name[PROC_NAME_MAX]);
struct fs_Status proc_status(const struct proc_key *key);
bool proc_is_private(const struct proc_key *key);
bool proc_is_magic(const struct proc_key *key);

/* ---- proc_walk.c ---- */

struct proc_step {
	const struct fs_Place *place;
	const struct credentials *who;
	struct proc_key key;
	struct fs_Progress progress;
	bool follows;
};

/* A walk, to its end or where it goes on elsewhere: there the progress has a node, at its
 * end if `keeps`. */
int proc_walk(struct proc_step *step, const struct fs_Place *place, bool follows, bool keeps);
/* The status of where it ended, if it has. */
int proc_look(struct proc_step *step, struct fs_Status *status);
/* By the mode, then by what it is of. EACCES. */
int proc_check(const struct credentials *who, const struct proc_key *key, fs_Access want);
bool proc_may_look(const struct credentials *who, const struct proc_key *key);

/* ---- proc_file.c ---- */

/* Makes what was opened a file of /proc; or another of the same, of a PROC_OBJECT. */
int proc_open(struct thread *thread, struct file *file, const struct proc_key *key);

/* ---- proc_process.c, proc_memory.c, proc_system.c, proc_net.c: texts ---- */

/* The process of a key, if it is still that one; NULL. */
struct process *proc_process(const struct proc_key *key);
/* Its thread, of a process its first one; NULL: a zombie's. */
struct thread *proc_thread(const struct proc_key *key);
struct file *proc_descriptor(const struct proc_key *key);
/* Whether credentials are enough to look into a process. */
bool proc_may_trace(const struct credentials *who, const struct process *process);
/* Whether a thread may change another process, as ptrace does: by its real user. */
bool proc_may_attach(const struct thread *thread, const struct process *process);

struct proc_memory { uint64_t size, data, stack, code, resident, shared; };
struct proc_memory proc_memory_of(const struct process *process);

#define PROC_TEXTS(X) \
	X(stat) X(process_status) X(statm) X(cmdline) X(comm) X(environ) X(auxv) X(maps) X(limits) \
	X(io) X(oom_score) X(oom_score_adj) X(mountinfo) X(mounts) X(cgroup) X(personality) \
	X(wchan) X(trace) X(smaps_rollup) X(smaps) X(info) \
	X(version) X(uptime) X(loadavg) X(meminfo) X(cpuinfo) X(machine_stat) X(filesystems) \
	X(command_line) X(swaps) X(diskstats) X(devices) X(hostname) X(domainname) \
	X(osrelease) X(ostype) X(os_version) X(pid_max) X(threads_max) X(groups_max) \
	X(last_capability) X(boot_id) X(uuid) X(entropy) X(poolsize) X(overcommit) \
	X(pipe_max) X(file_max) X(nr_open) X(file_nr) X(vmstat) X(partitions) \
	X(net_unix) X(net_tcp) X(net_tcp6) X(net_udp) X(net_udp6) X(net_dev) X(net_route) \
	X(net_if_inet6) X(net_ports) X(net_common) X(net_backlog) X(net_buffer) X(net_datagrams)
#define X(name) void proc_##name(struct proc_text *text, const struct proc_key *key);
PROC_TEXTS(X)
#undef X
int proc_write_comm(const struct proc_key *key, const struct credentials *who, char *text,
	uint32_t size);
int proc_write_trace(const struct proc_key *key, const struct credentials *who, char *text,
	uint32_t size);
int proc_write_oom(const struct proc_key *key, const struct credentials *who, char *text,
	uint32_t size);

#endif
