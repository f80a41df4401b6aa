/* What there is in /proc: the table of what is always there, processes, threads and
 * descriptors. */
#include "servers/posix/proc.h"

#define PAGES_OF_OTHERS 256		/* cursors below: of the table */
#define DIRECTORY fs_Kind_DIRECTORY
#define FILE_OF(name, directory, mode) \
	{#name, directory, 0, fs_Kind_FILE, mode, false, proc_##name, NULL, NULL}
#define TEXT_OF(name, directory, mode, text) \
	{name, directory, 0, fs_Kind_FILE, mode, false, proc_##text, NULL, NULL}
#define SECRET(name, mode) \
	{#name, PROC_PROCESS, 0, fs_Kind_FILE, mode, true, proc_##name, NULL, NULL}
#define MAGIC(name) \
	{#name, PROC_PROCESS, 0, fs_Kind_LINK, 0777, true, NULL, NULL, NULL}
#define FOLDER(name, directory, kind, mode, is_private) \
	{name, directory, kind, DIRECTORY, mode, is_private, NULL, NULL, NULL}

enum { SYS = 1000, SYS_KERNEL, SYS_RANDOM, SYS_VM, SYS_FS, SYS_NET, SYS_CORE, SYS_IPV4, SYS_UNIX,
	NET };

static bool to_self(const struct proc_key *key, struct proc_key *to);
static bool to_thread_self(const struct proc_key *key, struct proc_key *to);
static bool to_mounts(const struct proc_key *key, struct proc_key *to);
static bool to_net(const struct proc_key *key, struct proc_key *to);

static const struct proc_entry entries[] = {
	{"self", PROC_ROOT, 0, fs_Kind_LINK, 0777, false, NULL, NULL, to_self},
	{"thread-self", PROC_ROOT, 0, fs_Kind_LINK, 0777, false, NULL, NULL, to_thread_self},
	{"mounts", PROC_ROOT, 0, fs_Kind_LINK, 0777, false, NULL, NULL, to_mounts},
	{"net", PROC_ROOT, 0, fs_Kind_LINK, 0777, false, NULL, NULL, to_net},
	FILE_OF(version, PROC_ROOT, 0444), FILE_OF(uptime, PROC_ROOT, 0444),
	FILE_OF(loadavg, PROC_ROOT, 0444), FILE_OF(meminfo, PROC_ROOT, 0444),
	FILE_OF(cpuinfo, PROC_ROOT, 0444), FILE_OF(filesystems, PROC_ROOT, 0444),
	FILE_OF(swaps, PROC_ROOT, 0444), FILE_OF(diskstats, PROC_ROOT, 0444),
	FILE_OF(devices, PROC_ROOT, 0444), FILE_OF(partitions, PROC_ROOT, 0444),
	FILE_OF(vmstat, PROC_ROOT, 0444),
	TEXT_OF("stat", PROC_ROOT, 0444, machine_stat),
	TEXT_OF("cmdline", PROC_ROOT, 0444, command_line),
	FOLDER("sys", PROC_ROOT, SYS, 0555, false),
	FOLDER("kernel", SYS, SYS_KERNEL, 0555, false),
	FOLDER("random", SYS_KERNEL, SYS_RANDOM, 0555, false),
	FOLDER("vm", SYS, SYS_VM, 0555, false), FOLDER("fs", SYS, SYS_FS, 0555, false),
	FILE_OF(hostname, SYS_KERNEL, 0444), FILE_OF(domainname, SYS_KERNEL, 0444),
	FILE_OF(osrelease, SYS_KERNEL, 0444), FILE_OF(ostype, SYS_KERNEL, 0444),
	TEXT_OF("version", SYS_KERNEL, 0444, os_version), FILE_OF(pid_max, SYS_KERNEL, 0444),
	TEXT_OF("threads-max", SYS_KERNEL, 0444, threads_max),
	TEXT_OF("ngroups_max", SYS_KERNEL, 0444, groups_max),
	TEXT_OF("cap_last_cap", SYS_KERNEL, 0444, last_capability),
	FILE_OF(boot_id, SYS_RANDOM, 0444), FILE_OF(uuid, SYS_RANDOM, 0444),
	TEXT_OF("entropy_avail", SYS_RANDOM, 0444, entropy), FILE_OF(poolsize, SYS_RANDOM, 0444),
	TEXT_OF("overcommit_memory", SYS_VM, 0444, overcommit),
	TEXT_OF("pipe-max-size", SYS_FS, 0444, pipe_max),
	TEXT_OF("file-max", SYS_FS, 0444, file_max), FILE_OF(nr_open, SYS_FS, 0444),
	TEXT_OF("file-nr", SYS_FS, 0444, file_nr),
	FOLDER("net", SYS, SYS_NET, 0555, false), FOLDER("core", SYS_NET, SYS_CORE, 0555, false),
	FOLDER("ipv4", SYS_NET, SYS_IPV4, 0555, false),
	FOLDER("unix", SYS_NET, SYS_UNIX, 0555, false),
	TEXT_OF("somaxconn", SYS_CORE, 0444, net_backlog),
	TEXT_OF("rmem_default", SYS_CORE, 0444, net_buffer),
	TEXT_OF("rmem_max", SYS_CORE, 0444, net_buffer),
	TEXT_OF("wmem_default", SYS_CORE, 0444, net_buffer),
	TEXT_OF("wmem_max", SYS_CORE, 0444, net_buffer),
	TEXT_OF("ip_local_port_range", SYS_IPV4, 0444, net_ports),
	TEXT_OF("ip_unprivileged_port_start", SYS_IPV4, 0444, net_common),
	TEXT_OF("max_dgram_qlen", SYS_UNIX, 0444, net_datagrams),

	FOLDER("task", PROC_PROCESS, PROC_TASKS, 0555, false),
	FOLDER("fd", PROC_PROCESS, PROC_DESCRIPTORS, 0500, true),
	FOLDER("fdinfo", PROC_PROCESS, PROC_INFOS, 0555, true),
	FOLDER("net", PROC_PROCESS, NET, 0555, false),
	TEXT_OF("unix", NET, 0444, net_unix), TEXT_OF("tcp", NET, 0444, net_tcp),
	TEXT_OF("tcp6", NET, 0444, net_tcp6), TEXT_OF("udp", NET, 0444, net_udp),
	TEXT_OF("udp6", NET, 0444, net_udp6), TEXT_OF("dev", NET, 0444, net_dev),
	TEXT_OF("route", NET, 0444, net_route), TEXT_OF("if_inet6", NET, 0444, net_if_inet6),
	FILE_OF(stat, PROC_PROCESS, 0444),
	TEXT_OF("status", PROC_PROCESS, 0444, process_status),
	FILE_OF(statm, PROC_PROCESS, 0444), FILE_OF(cmdline, PROC_PROCESS, 0444),
	FILE_OF(limits, PROC_PROCESS, 0444), FILE_OF(mountinfo, PROC_PROCESS, 0444),
	FILE_OF(mounts, PROC_PROCESS, 0444), FILE_OF(oom_score, PROC_PROCESS, 0444),
	FILE_OF(cgroup, PROC_PROCESS, 0444), FILE_OF(wchan, PROC_PROCESS, 0444),
	SECRET(maps, 0444), SECRET(smaps, 0444), SECRET(smaps_rollup, 0444),
	SECRET(environ, 0400), SECRET(auxv, 0400), SECRET(io, 0400),
	SECRET(personality, 0400), MAGIC(cwd), MAGIC(exe), MAGIC(root),
	{"comm", PROC_PROCESS, 0, fs_Kind_FILE, 0644, false, proc_comm, proc_write_comm, NULL},
	{"trace", PROC_PROCESS, 0, fs_Kind_FILE, 0600, true, proc_trace, proc_write_trace, NULL},
	{"oom_score_adj", PROC_PROCESS, 0, fs_Kind_FILE, 0644, false, proc_oom_score_adj,
		proc_write_oom, NULL},
};

static const struct proc_entry *entry_at(uint32_t index)
{
	return index < ARRAY_SIZE(entries) ? &entries[index] : NULL;
}

const struct proc_entry *proc_entry_of(const struct proc_key *key)
{
	if (key->kind >= PROC_TABLE)
		return entry_at(key->kind - PROC_TABLE);
	for (uint32_t i = 0; key->kind >= PROC_TASKS && i < ARRAY_SIZE(entries); i++)
		if (entries[i].kind == key->kind)
			return &entries[i];
	return NULL;
}

/* What a directory is to its entries. */
static uint32_t kind_of(const struct proc_key *key)
{
	const struct proc_entry *entry = key->kind >= PROC_TABLE ? proc_entry_of(key) : NULL;

	return entry ? entry->kind : key->kind;
}

static struct proc_key key_of(const struct proc_key *directory, uint32_t index)
{
	struct proc_key key = *directory;

	key.kind = entries[index].kind && entries[index].kind < PROC_TABLE ?
		entries[index].kind : PROC_TABLE + index;
	key.number = 0;
	return key;
}

/* ---- processes, threads, descriptors ---- */

static struct proc_key process_key(const struct process *process, int32_t tid)
{
	return (struct proc_key){.kind = PROC_PROCESS, .pid = process->pid, .tid = tid,
		.started = process->start_time};
}

static bool to_self(const struct proc_key *key, struct proc_key *to)
{
	UNUSED(key);
	if (!posix.walker || !posix.walker->process)
		return false;
	*to = process_key(posix.walker->process, 0);
	return true;
}

static bool to_thread_self(const struct proc_key *key, struct proc_key *to)
{
	if (!to_self(key, to))
		return false;
	to->tid = posix.walker->tid;
	return true;
}

static bool to_mounts(const struct proc_key *key, struct proc_key *to)
{
	const struct sk_string name = {"mounts", 6};
	struct proc_key self;

	return to_self(key, &self) && proc_find(&self, name, to) == 0;
}

static struct thread *thread_of(const struct process *process, int32_t tid)
{
	struct thread *t = process->threads;

	while (t && t->tid != tid)
		t = t->next;
	return t;
}

struct process *proc_process(const struct proc_key *key)
{
	struct process *process = process_find(key->pid);

	if (!process || process->start_time != key->started)
		return NULL;
	return key->tid == 0 || key->tid == key->pid || thread_of(process, key->tid) ?
		process : NULL;
}

struct thread *proc_thread(const struct proc_key *key)
{
	struct process *process = proc_process(key);
	struct thread *thread = process ? thread_of(process, key->tid ? key->tid : key->pid) :
		NULL;

	return thread || !process || key->tid ? thread : process->threads;
}

struct file *proc_descriptor(const struct proc_key *key)
{
	const struct process *process = proc_process(key);

	return process && process->files ? files_find(process->files, key->number) : NULL;
}

static bool to_net(const struct proc_key *key, struct proc_key *to)
{
	const struct sk_string name = {"net", 3};
	struct proc_key self;

	return to_self(key, &self) && proc_find(&self, name, to) == 0;
}

static bool read_number(struct sk_string name, int32_t *number)
{
	int64_t sum = 0;

	if (name.size == 0 || name.size > 9 || (name.size > 1 && name.data[0] == '0'))
		return false;
	for (uint32_t i = 0; i < name.size; i++) {
		if (name.data[i] < '0' || name.data[i] > '9')
			return false;
		sum = sum * 10 + name.data[i] - '0';
	}
	*number = (int32_t)sum;
	return true;
}

/* A number in a directory that has such. */
static bool find_number(const struct proc_key *directory, int32_t number,
	struct proc_key *key)
{
	const struct process *process = NULL;

	*key = *directory;
	switch (directory->kind) {
	case PROC_ROOT:
		process = process_find(number);
		if (!process && number > 0 && number < PID_LIMIT && posix.threads[number])
			process = posix.threads[number]->process;
		if (process)
			*key = process_key(process, number == process->pid ? 0 : number);
		return process != NULL;
	case PROC_TASKS:
		process = proc_process(directory);
		key->kind = PROC_PROCESS;
		key->tid = number;
		return process && thread_of(process, number);
	case PROC_DESCRIPTORS:
	case PROC_INFOS:
		key->kind = directory->kind == PROC_INFOS ? PROC_INFO : PROC_DESCRIPTOR;
		key->number = number;
		return proc_descriptor(key) != NULL;
	default:
		return false;
	}
}

int proc_find(const struct proc_key *directory, struct sk_string name, struct proc_key *key)
{
	const uint32_t kind = kind_of(directory);
	int32_t number;

	if (directory->pid && !proc_process(directory))
		return posix_Error_ENOENT;
	for (uint32_t i = 0; i < ARRAY_SIZE(entries); i++) {
		if (entries[i].directory != kind || strlen(entries[i].name) != name.size ||
				memcmp(entries[i].name, name.data, name.size) != 0)
			continue;
		if (directory->tid && entries[i].kind == PROC_TASKS)
			return posix_Error_ENOENT;
		*key = key_of(directory, i);
		return 0;
	}
	return read_number(name, &number) && find_number(directory, number, key) ? 0 :
		posix_Error_ENOENT;
}

/* ---- listing ---- */

/* The lowest number from one on; -1: there is none. */
static int32_t next_number(const struct proc_key *directory, int32_t from)
{
	const struct process *process = directory->pid ? proc_process(directory) : NULL;
	int32_t best = -1;

	if (directory->kind == PROC_ROOT) {
		for (const struct process *p = posix.processes; p; p = p->next)
			if (p->pid >= from && (best < 0 || p->pid < best))
				best = p->pid;
	} else if (directory->kind == PROC_TASKS) {
		for (const struct thread *t = process ? process->threads : NULL; t; t = t->next)
			if (t->tid >= from && (best < 0 || t->tid < best))
				best = t->tid;
	} else if (directory->kind == PROC_DESCRIPTORS || directory->kind == PROC_INFOS) {
		for (int32_t i = from; process && process->files &&
				i < (int32_t)process->files->capacity && best < 0; i++)
			if (process->files->entries[i].file)
				best = i;
	}
	return best;
}

bool proc_list(const struct proc_key *directory, uint64_t from, struct proc_key *key,
	char name[PROC_NAME_MAX], uint64_t *next)
{
	const uint32_t kind = kind_of(directory);
	int32_t number;

	if (directory->pid && !proc_process(directory))
		return false;
	for (uint64_t i = from; i < ARRAY_SIZE(entries); i++) {
		if (entries[i].directory != kind || (directory->tid &&
				entries[i].kind == PROC_TASKS))
			continue;
		*key = key_of(directory, (uint32_t)i);
		*next = i + 1;
		proc_name(key, name);
		return true;
	}
	from = from < PAGES_OF_OTHERS ? 0 : from - PAGES_OF_OTHERS;
	if (from > INT32_MAX - 1)
		return false;
	number = next_number(directory, (int32_t)from);
	if (number < 0 || !find_number(directory, number, key))
		return false;
	proc_name(key, name);
	*next = PAGES_OF_OTHERS + (uint64_t)number + 1;
	return true;
}

/* ---- what a place is ---- */

struct proc_key proc_parent(const struct proc_key *key)
{
	const struct proc_entry *entry = proc_entry_of(key);
	struct proc_key parent = *key;

	parent.number = 0;
	if (key->kind == PROC_PROCESS && key->tid)
		parent.kind = PROC_TASKS;
	else if (key->kind == PROC_DESCRIPTOR || key->kind == PROC_INFO)
		parent.kind = key->kind == PROC_INFO ? PROC_INFOS : PROC_DESCRIPTORS;
	else
		parent.kind = entry ? entry->directory : PROC_ROOT;
	if (parent.kind == PROC_TASKS)
		parent.tid = 0;
	for (uint32_t i = 0; parent.kind >= SYS && i < ARRAY_SIZE(entries); i++)
		if (entries[i].kind == parent.kind)
			parent.kind = PROC_TABLE + i;
	return parent.kind == PROC_ROOT ? (struct proc_key){.kind = PROC_ROOT} : parent;
}

void proc_name(const struct proc_key *key, char name[PROC_NAME_MAX])
{
	const struct proc_entry *entry = proc_entry_of(key);
	struct proc_text text = {name, 0, PROC_NAME_MAX};

	memset(name, 0, PROC_NAME_MAX);
	if (entry)
		memcpy(name, entry->name, strlen(entry->name));
	else
		proc_put(&text, "%d", key->kind == PROC_DESCRIPTOR || key->kind == PROC_INFO ?
			key->number : key->tid ? key->tid : key->pid);
}

bool proc_is_magic(const struct proc_key *key)
{
	const struct proc_entry *entry = proc_entry_of(key);

	return key->kind == PROC_DESCRIPTOR || (entry && entry->type == fs_Kind_LINK &&
		!entry->follow);
}

bool proc_is_private(const struct proc_key *key)
{
	const struct proc_entry *entry = proc_entry_of(key);

	return key->kind == PROC_DESCRIPTOR || key->kind == PROC_INFO ||
		(entry && entry->is_private);
}

static void own(struct fs_Status *status, const struct process *process)
{
	const struct thread *thread = process->threads;
	const int64_t born = (int64_t)(boot_time() + process->start_time);

	if (thread && thread->credentials) {
		status->owner = thread->credentials->ids.effective_user;
		status->owner_group = thread->credentials->ids.effective_group;
	}
	status->accessed = (struct fs_Time){.seconds = born / 1000000000,
		.nanos = (uint32_t)(born % 1000000000)};
	status->modified = status->changed = status->accessed;
}

static uint32_t descriptor_mode(const struct file *file)
{
	return 0100 | (file && file->flags & fs_Open_READ ? 0400 : 0) |
		(file && file->flags & fs_Open_WRITE ? 0200 : 0);
}

struct fs_Status proc_status(const struct proc_key *key)
{
	const struct proc_entry *entry = proc_entry_of(key);
	const struct process *process = key->pid ? proc_process(key) : NULL;
	const bool is_number = key->kind == PROC_DESCRIPTOR || key->kind == PROC_INFO;
	struct fs_Status status = {
		.kind = entry ? entry->type : DIRECTORY, .mode = entry ? entry->mode : 0555,
		.block_size = 1024, .links = 1,
		.inode = key->kind == PROC_ROOT ? 1 : ((uint64_t)(uint32_t)(key->tid ? key->tid :
			key->pid) << 25) | (uint64_t)(key->tid != 0) << 24 | ((uint64_t)key->kind & 0xff) <<
			16 | ((uint64_t)(uint32_t)key->number & 0xffff),
	};

	if (is_number) {
		status.kind = key->kind == PROC_INFO ? fs_Kind_FILE : fs_Kind_LINK;
		status.mode = key->kind == PROC_INFO ? 0444 :
			descriptor_mode(proc_descriptor(key));
		status.size = key->kind == PROC_INFO ? 0 : 64;
	}
	if (status.kind == DIRECTORY)
		status.links = 2;
	status.accessed.seconds = (int64_t)(boot_time() / 1000000000);
	status.modified = status.changed = status.accessed;
	if (process)
		own(&status, process);
	return status;
}
