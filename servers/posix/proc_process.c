/* What /proc says of one process or thread, in numbers. */
#include "servers/posix/allowance.h"
#include "servers/posix/proc.h"
#include "servers/posix/terminal.h"

#define TICK UINT64_C(10000000)		/* of USER_HZ, in nanoseconds */

/* ---- states and times ---- */

static char thread_state(const struct thread *thread)
{
	struct kernel_Thread_state_reply reply;

	if (K(thread->handle, Thread_state, &reply, 0) != SK_OK)
		return 'X';
	/* Its call of posix is what it is asked in. */
	return reply.state == kernel_ThreadState_READY ||
		reply.state == kernel_ThreadState_RUNNING ? 'R' : 'S';
}

static char state_of(const struct process *process, const struct thread *thread)
{
	if (process->state != PROCESS_ALIVE || !thread)
		return 'Z';
	if (process->is_stopped)
		return 'T';
	return process == posix.reader ? 'R' : thread_state(thread);
}

static const char *state_name(char state)
{
	switch (state) {
	case 'R':
		return "R (running)";
	case 'T':
		return "T (stopped)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "S (sleeping)";
	}
}

static struct posix_Usage usage_of(const struct proc_key *key, const struct process *process)
{
	struct posix_Usage usage = {0};

	if (key->tid == 0)
		clock_usage(process, &usage);
	for (const struct thread *t = process->threads; t; t = t->next)
		if (t->tid == key->tid)
			usage_add_thread(&usage, t);
	return usage;
}

/* ---- stat ---- */

struct signals { posix_SignalSet ignored, caught, blocked; };

static struct signals signals_of(const struct process *process, const struct thread *thread)
{
	struct signals signals = {0, 0, thread && thread->page ? thread->page->blocked : 0};

	for (int i = 1; process->actions && i <= SIGNALS; i++) {
		uint64_t handler = process->actions->action[i].handler;

		signals.ignored |= handler == 1 ? BIT(i) : 0;
		signals.caught |= handler > 1 ? BIT(i) : 0;
	}
	return signals;
}

static int exit_code(const struct process *process)
{
	if (process->state == PROCESS_ALIVE)
		return 0;
	return process->child_state == posix_ChildState_EXITED ?
		(process->status & 0xff) << 8 : process->status & 0x7f;
}

static void put_addresses(struct proc_text *text, const struct process *process,
	const struct signals *signals, const struct thread *thread, bool shows)
{
	static const struct space none;
	const struct space *s = process->space && shows ? process->space : &none;

	proc_put(text, " %lu %lu %lu 0 0 %lu %lu %lu %lu 0 0 0 %d 0 0 0 0 0 0",
		s->code_start, s->code_end, s->stack_start,
		thread ? thread->pending.set & INT32_MAX : 0, signals->blocked & INT32_MAX,
		signals->ignored & INT32_MAX, signals->caught & INT32_MAX,
		process->exit_signal);
	proc_put(text, " %lu %lu %lu %lu %lu %lu %lu %d\n", s->data_start, s->data_end,
		s->heap_start, s->arguments, s->arguments_end, s->environment,
		s->environment_end, shows ? exit_code(process) : 0);
}

static bool reader_may_trace(const struct process *process)
{
	const struct thread *reader = posix.reader ? posix.reader->threads : NULL;

	return reader && reader->credentials && proc_may_trace(reader->credentials, process);
}

void proc_stat(struct proc_text *text, const struct proc_key *key)
{
	const struct process *process = proc_process(key);
	const struct thread *thread = proc_thread(key);
	const struct posix_Usage usage = usage_of(key, process);
	const struct posix_Usage *below = &process->children_used;
	const struct proc_memory memory = proc_memory_of(process);
	const struct signals signals = signals_of(process, thread);
	const struct terminal *terminal = process->terminal;
	const int nice = thread ? thread->scheduling.nice : 0;

	proc_put(text, "%d (%s) %c %d %d %d %u %d 0 %lu %lu 0 0", key->tid ? key->tid : key->pid,
		process->name, state_of(process, thread),
		process->parent ? process->parent->pid : 0, process->group, process->session,
		terminal ? terminal->major << 8 | terminal->minor : 0,
		terminal ? terminal->foreground : -1, usage.minor_faults, below->minor_faults);
	proc_put(text, " %lu %lu %lu %lu %d %d %u 0 %lu %lu %lu %lu",
		usage.user_time / TICK, usage.system_time / TICK, below->user_time / TICK,
		below->system_time / TICK, 20 + nice, nice,
		process->thread_count ? process->thread_count : 1, process->start_time / TICK,
		memory.size, memory.resident / LAYOUT_PAGE,
		process->limits[posix_Resource_RESIDENT].soft);
	put_addresses(text, process, &signals, thread, reader_may_trace(process));
}

/* ---- status ---- */

static void put_users(struct proc_text *text, const struct credentials *c)
{
	const struct posix_Credentials *i = &c->ids;

	proc_put(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", i->user,
		i->effective_user, i->saved_user, i->file_user, i->group_id,
		i->effective_group, i->saved_group, i->file_group);
}

static void put_groups(struct proc_text *text, const struct credentials *c)
{
	proc_put(text, "Groups:\t");
	for (uint32_t i = 0; i < c->group_count; i++)
		proc_put(text, "%u ", c->groups[i]);
	proc_put(text, "\n");
}

static void put_memory(struct proc_text *text, const struct process *process)
{
	const struct proc_memory m = proc_memory_of(process);

	if (!process->space)
		return;
	proc_put(text, "VmSize:\t%8lu kB\nVmLck:\t%8lu kB\n", m.size / 1024,
		locked_bytes(process->space) / 1024);
	proc_put(text, "VmRSS:\t%8lu kB\nRssShmem:\t%8lu kB\n", m.resident / 1024,
		m.shared / 1024);
	proc_put(text, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n",
		m.data / 1024, m.stack / 1024, m.code / 1024);
}

static void put_capabilities(struct proc_text *text, const struct posix_Capabilities *c)
{
	proc_put(text, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n", c->inheritable,
		c->permitted, c->effective);
	proc_put(text, "CapBnd:\t%016lx\nCapAmb:\t%016lx\n", c->bounding, c->ambient);
}

void proc_process_status(struct proc_text *text, const struct proc_key *key)
{
	const struct process *process = proc_process(key);
	const struct thread *thread = proc_thread(key);
	const struct credentials *c = thread ? thread->credentials : NULL;
	const struct signals signals = signals_of(process, thread);

	proc_put(text, "Name:\t%s\nUmask:\t", process->name);
	proc_put_octal(text, process->places ? process->places->mask : 0, 4);
	proc_put(text, "\nState:\t%s\n", state_name(state_of(process, thread)));
	proc_put(text, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", key->pid,
		key->tid ? key->tid : key->pid, process->parent ? process->parent->pid : 0);
	if (c) {
		put_users(text, c);
		proc_put(text, "FDSize:\t%u\n", process->files ? process->files->capacity : 0);
		put_groups(text, c);
	}
	put_memory(text, process);
	proc_put(text, "Threads:\t%u\nSigQ:\t0/%lu\n",
		process->thread_count ? process->thread_count : 1,
		process->limits[posix_Resource_PENDING_SIGNALS].soft);
	proc_put(text, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n",
		thread ? thread->pending.set : 0, process->pending.set, signals.blocked);
	proc_put(text, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", signals.ignored, signals.caught);
	if (c)
		put_capabilities(text, &c->capabilities);
}

/* ---- small ones ---- */

void proc_comm(struct proc_text *text, const struct proc_key *key)
{
	proc_put(text, "%s\n", proc_process(key)->name);
}

int proc_write_comm(const struct proc_key *key, const struct credentials *who, char *text,
	uint32_t size)
{
	struct process *process = proc_process(key);

	if (!process)
		return posix_Error_ESRCH;
	if (posix.reader != process)
		return posix_Error_EINVAL;
	UNUSED(who);
	size = size > 15 ? 15 : size;
	if (size > 0 && text[size - 1] == '\n')
		size--;
	memset(process->name, 0, sizeof(process->name));
	memcpy(process->name, text, size);
	return 0;
}

static void put_limit(struct proc_text *text, uint64_t value)
{
	if (value == posix_UNLIMITED)
		proc_put(text, "%-20s ", "unlimited");
	else
		proc_put(text, "%-20lu ", value);
}

void proc_limits(struct proc_text *text, const struct proc_key *key)
{
	static const struct { const char *name, *unit; } names[LIMITS] = {
		{"Max cpu time", "seconds"}, {"Max file size", "bytes"},
		{"Max data size", "bytes"}, {"Max stack size", "bytes"},
		{"Max core file size", "bytes"}, {"Max resident set", "bytes"},
		{"Max processes", "processes"}, {"Max open files", "files"},
		{"Max locked memory", "bytes"}, {"Max address space", "bytes"},
		{"Max file locks", "locks"}, {"Max pending signals", "signals"},
		{"Max msgqueue size", "bytes"}, {"Max nice priority", ""},
		{"Max realtime priority", ""}, {"Max realtime timeout", "us"},
	};
	const struct process *process = proc_process(key);

	proc_put(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit",
		"Units");
	for (unsigned i = 0; i < LIMITS; i++) {
		proc_put(text, "%-25s ", names[i].name);
		put_limit(text, process->limits[i].soft);
		put_limit(text, process->limits[i].hard);
		proc_put(text, "%-10s\n", names[i].unit);
	}
}

/* Nothing is counted of reads and writes, which do not pass here: what the kernel of Linux
 * would say of files in memory. */
void proc_io(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n");
}

void proc_oom_score(struct proc_text *text, const struct proc_key *key)
{
	const struct process *process = proc_process(key);
	const struct proc_memory memory = proc_memory_of(process);
	struct kernel_System_memory_reply all;
	int64_t score = process->oom_adjust;

	if (kernel_System_memory(&posix.system.channel,
			&(struct kernel_System_memory_request){0}, &all, NULL) == SK_OK &&
			all.total > 0)
		score += (int64_t)(memory.resident * 1000 / all.total);
	proc_put(text, "%ld\n", score < 0 ? 0L : (long)score);
}

void proc_oom_score_adj(struct proc_text *text, const struct proc_key *key)
{
	proc_put(text, "%d\n", proc_process(key)->oom_adjust);
}

int proc_write_oom(const struct proc_key *key, const struct credentials *who, char *text,
	uint32_t size)
{
	struct process *process = proc_process(key);
	const bool is_negative = size > 0 && text[0] == '-';
	int32_t value = 0;

	if (!process)
		return posix_Error_ESRCH;
	for (uint32_t i = is_negative; i < size && text[i] != '\n'; i++) {
		if (text[i] < '0' || text[i] > '9' || value > 1000)
			return posix_Error_EINVAL;
		value = value * 10 + text[i] - '0';
	}
	value = is_negative ? -value : value;
	if (value < -1000 || value > 1000)
		return posix_Error_EINVAL;
	if (value < process->oom_adjust && !credentials_can(who, CAP_SYS_RESOURCE))
		return posix_Error_EACCES;
	process->oom_adjust = value;
	return 0;
}

void proc_cgroup(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "0::/\n");
}

void proc_wchan(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "0");
}

void proc_personality(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "00000000\n");
}

/* ---- descriptors ---- */

/* As open() has them, of which a program for 64 bits always has O_LARGEFILE. */
static uint64_t linux_flags(fs_Open flags, posix_DescriptorFlags own)
{
	static const struct { uint32_t bit, linux_bit; } bits[] = {
		{fs_Open_APPEND, 02000}, {fs_Open_NON_BLOCKING, 04000},
		{fs_Open_DATA_SYNC, 010000}, {fs_Open_ASYNC, 020000}, {fs_Open_DIRECT, 040000},
		{fs_Open_NO_ACCESS_TIME, 01000000}, {fs_Open_SYNC, 04010000},
		{fs_Open_PATH_ONLY, 010000000},
	};
	const bool writes = flags & fs_Open_WRITE;
	uint64_t to = 0100000 | (!writes ? 0u : flags & fs_Open_READ ? 2u : 1u);

	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
		to |= flags & bits[i].bit ? bits[i].linux_bit : 0;
	return to | (own & posix_DescriptorFlags_CLOSE_ON_EXEC ? 02000000 : 0);
}

void proc_info(struct proc_text *text, const struct proc_key *key)
{
	const struct file *file = proc_descriptor(key);
	struct fs_File_seek_reply place = {0};
	int32_t pid;

	if (!file)
		return;
	if (!file->ops && file->handle.raw >= 0)
		fs_File_seek(on(file->handle), &(struct fs_File_seek_request){0,
			fs_Whence_CURRENT}, &place, NULL);
	proc_put(text, "pos:\t%lu\nflags:\t", place.position);
	proc_put_octal(text, linux_flags(file->flags,
		proc_process(key)->files->entries[key->number].flags), 1);
	proc_put(text, "\nmnt_id:\t%lu\n", file->node ? file->node->mount->id : 0);
	if (pidfd_number(file, &pid))
		proc_put(text, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}
