/* What /proc says of the machine. */
#include "servers/posix/proc.h"

#define SECOND UINT64_C(1000000000)
#define TICK (SECOND / 100)
/* How often what runs is counted, and by how much less the averages count each time, in
 * parts of FIXED: as Linux does. */
#define SAMPLE (5 * SECOND)
#define FIXED 2048u

/* ---- names ---- */

void proc_version(struct proc_text *text, const struct proc_key *key)
{
	const struct posix_SystemName name = system_name();

	UNUSED(key);
	proc_put(text, "%s version %s (skald) %s\n", name.system.data, name.release.data,
		name.version.data);
}

#define NAME(function, member) \
	void proc_##function(struct proc_text *text, const struct proc_key *key) \
	{ \
		UNUSED(key); \
		proc_put_bytes(text, system_name().member.data, system_name().member.size); \
		proc_put(text, "\n"); \
	}
NAME(hostname, node)
NAME(domainname, domain)
NAME(osrelease, release)
NAME(ostype, system)
NAME(os_version, version)

#define NUMBER(function, ...) \
	void proc_##function(struct proc_text *text, const struct proc_key *key) \
	{ \
		UNUSED(key); \
		proc_put(text, __VA_ARGS__); \
	}
NUMBER(pid_max, "%d\n", PID_LIMIT)
NUMBER(threads_max, "%d\n", PID_LIMIT)
NUMBER(groups_max, "%u\n", posix_GROUPS_MAX)
NUMBER(last_capability, "40\n")
NUMBER(entropy, "256\n")
NUMBER(poolsize, "256\n")
NUMBER(overcommit, "2\n")
NUMBER(pipe_max, "1048576\n")
NUMBER(file_max, "%lu\n", (unsigned long)OBJECTS_MAX)
NUMBER(nr_open, "1048576\n")
NUMBER(filesystems, "nodev\ttmpfs\nnodev\tproc\n")
NUMBER(swaps, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
NUMBER(devices, "Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n"
	"136 pts\n\nBlock devices:\n")
NUMBER(partitions, "major minor  #blocks  name\n\n")

void proc_diskstats(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(text);
	UNUSED(key);
}

static void put_id(struct proc_text *text, uint8_t id[16])
{
	id[6] = (id[6] & 0x0f) | 0x40;
	id[8] = (id[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++)
		proc_put(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			id[i]);
	proc_put(text, "\n");
}

static bool random_id(uint8_t id[16])
{
	struct kernel_System_random_reply bytes;

	if (kernel_System_random(&posix.system.channel,
			&(struct kernel_System_random_request){16}, &bytes, NULL) != SK_OK ||
			bytes.bytes.size < 16)
		return false;
	memcpy(id, bytes.bytes.data, 16);
	return true;
}

void proc_uuid(struct proc_text *text, const struct proc_key *key)
{
	uint8_t id[16];

	UNUSED(key);
	if (random_id(id))
		put_id(text, id);
}

void proc_boot_id(struct proc_text *text, const struct proc_key *key)
{
	static uint8_t id[16];
	static bool is_there;

	UNUSED(key);
	is_there = is_there || random_id(id);
	if (is_there)
		put_id(text, id);
}

void proc_command_line(struct proc_text *text, const struct proc_key *key)
{
	struct kernel_System_boot_info_reply info;

	UNUSED(key);
	if (kernel_System_boot_info(&posix.system.channel,
			&(struct kernel_System_boot_info_request){0}, &info, NULL) == SK_OK)
		proc_put_bytes(text, info.command_line.data, info.command_line.size);
	proc_put(text, "\n");
}

/* ---- time ---- */

static struct kernel_System_cpu_time_reply cpu_time(uint32_t cpu)
{
	struct kernel_System_cpu_time_reply time = {0};

	kernel_System_cpu_time(&posix.system.channel,
		&(struct kernel_System_cpu_time_request){cpu}, &time, NULL);
	return time;
}

static void put_hundredths(struct proc_text *text, uint64_t nanos)
{
	proc_put(text, "%lu.%02lu", nanos / SECOND, nanos % SECOND / TICK);
}

void proc_uptime(struct proc_text *text, const struct proc_key *key)
{
	uint64_t idle = 0;

	UNUSED(key);
	for (uint32_t i = 0; i < processor_count(); i++)
		idle += cpu_time(i).idle;
	put_hundredths(text, now());
	proc_put(text, " ");
	put_hundredths(text, idle);
	proc_put(text, "\n");
}

static void put_cpu(struct proc_text *text, const struct kernel_System_cpu_time_reply *time)
{
	proc_put(text, " %lu 0 %lu %lu 0 0 0 0 0 0\n", time->user / TICK, time->kernel / TICK,
		time->idle / TICK);
}

static uint32_t running(void)
{
	uint32_t found = 0;

	for (const struct process *p = posix.processes; p; p = p->next)
		for (const struct thread *t = p->threads; t; t = t->next) {
			struct kernel_Thread_state_reply reply;

			found += K(t->handle, Thread_state, &reply, 0) == SK_OK &&
				(reply.state == kernel_ThreadState_READY ||
				reply.state == kernel_ThreadState_RUNNING);
		}
	return found;
}

void proc_machine_stat(struct proc_text *text, const struct proc_key *key)
{
	struct kernel_System_cpu_time_reply sum = {0}, one;
	const uint32_t count = processor_count();

	UNUSED(key);
	for (uint32_t i = 0; i < count; i++) {
		one = cpu_time(i);
		sum.user += one.user;
		sum.kernel += one.kernel;
		sum.idle += one.idle;
	}
	proc_put(text, "cpu ");
	put_cpu(text, &sum);
	for (uint32_t i = 0; i < count; i++) {
		one = cpu_time(i);
		proc_put(text, "cpu%u", i);
		put_cpu(text, &one);
	}
	/* Who reads this runs too. */
	proc_put(text, "intr 0\nctxt 0\nbtime %lu\nprocesses %lu\nprocs_running %u\n"
		"procs_blocked 0\n", boot_time() / SECOND, posix.forks, running() + 1);
}

static uint64_t averages[3];			/* in parts of FIXED */
static struct sk_alarm sample;

static void take_sample(void *self)
{
	static const uint32_t keeps[3] = {1884, 2014, 2037};
	const uint64_t active = running() * FIXED;

	UNUSED(self);
	for (int i = 0; i < 3; i++)
		averages[i] = (averages[i] * keeps[i] + active * (FIXED - keeps[i]) +
			(active >= averages[i] ? FIXED - 1 : 0)) / FIXED;
	sk_alarm_set(posix.os, &sample, now() + SAMPLE);
}

void proc_begin(void)
{
	sample.ring = take_sample;
	sk_alarm_set(posix.os, &sample, now() + SAMPLE);
}

void proc_loadavg(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	for (int i = 0; i < 3; i++) {
		uint64_t rounded = averages[i] + FIXED / 200;

		proc_put(text, "%lu.%02lu ", rounded / FIXED, rounded % FIXED * 100 / FIXED);
	}
	proc_put(text, "%u/%u %d\n", running() + 1, posix.thread_count, posix.last_pid);
}

/* ---- memory ---- */

void proc_meminfo(struct proc_text *text, const struct proc_key *key)
{
	struct kernel_System_memory_reply memory = {0};
	struct fs_FileSystem_statfs_reply root = {0};
	uint64_t files, left = user_memory_left();
	const uint64_t own = posix.os->heap.used, kept = posix.os->heap.committed - own;

	UNUSED(key);
	fs_FileSystem_statfs(mounts->server, &(struct fs_FileSystem_statfs_request){0}, &root,
		NULL);
	files = (root.space.blocks - root.space.blocks_free) * root.space.block_size;
	kernel_System_memory(&posix.system.channel, &(struct kernel_System_memory_request){0},
		&memory, NULL);
	/* Files are nowhere but in memory, which cannot be had from them. */
	proc_put(text, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n"
		"MemAvailable:   %8lu kB\nBuffers:        %8u kB\nCached:         %8lu kB\n",
		memory.total / 1024, memory.free / 1024, (left < memory.free ? left :
		memory.free) / 1024, 0, files / 1024);
	proc_put(text, "SwapCached:            0 kB\nSwapTotal:             0 kB\n"
		"SwapFree:              0 kB\nShmem:          %8lu kB\n", files / 1024);
	/* Of the kernel and of this server, which keeps pages that it needed once. */
	proc_put(text, "KReclaimable:   %8lu kB\nSlab:           %8lu kB\n"
		"SReclaimable:   %8lu kB\nSUnreclaim:     %8lu kB\n", kept / 1024,
		(memory.kernel + own + kept) / 1024, kept / 1024, (memory.kernel + own) / 1024);
}

void proc_vmstat(struct proc_text *text, const struct proc_key *key)
{
	struct kernel_System_memory_reply memory = {0};

	UNUSED(key);
	kernel_System_memory(&posix.system.channel, &(struct kernel_System_memory_request){0},
		&memory, NULL);
	proc_put(text, "nr_free_pages %lu\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n",
		memory.free / LAYOUT_PAGE);
}

void proc_file_nr(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "%lu\t0\t%lu\n", (unsigned long)posix.file_count,
		(unsigned long)OBJECTS_MAX);
}

/* ---- processors ---- */

/* Those that programs ask for, by the word of kernel.System.cpu_info that they are in. */
static const struct { uint8_t word, bit; const char *name; } flags[] = {
	{0, 0, "fpu"}, {0, 3, "pse"}, {0, 4, "tsc"}, {0, 5, "msr"}, {0, 6, "pae"}, {0, 8, "cx8"},
	{0, 9, "apic"}, {0, 11, "sep"}, {0, 13, "pge"}, {0, 15, "cmov"}, {0, 16, "pat"},
	{0, 19, "clflush"}, {0, 23, "mmx"}, {0, 24, "fxsr"}, {0, 25, "sse"}, {0, 26, "sse2"},
	{5, 11, "syscall"}, {5, 20, "nx"}, {5, 29, "lm"}, {1, 0, "pni"}, {1, 1, "pclmulqdq"},
	{1, 9, "ssse3"}, {1, 12, "fma"}, {1, 13, "cx16"}, {1, 19, "sse4_1"}, {1, 20, "sse4_2"},
	{1, 22, "movbe"}, {1, 23, "popcnt"}, {1, 25, "aes"}, {1, 26, "xsave"}, {1, 28, "avx"},
	{1, 29, "f16c"}, {1, 30, "rdrand"}, {1, 31, "hypervisor"}, {2, 3, "bmi1"},
	{2, 5, "avx2"}, {2, 8, "bmi2"}, {2, 9, "erms"}, {2, 18, "rdseed"}, {2, 19, "adx"},
};

static void put_flags(struct proc_text *text, const struct kernel_System_cpu_info_reply *cpu)
{
	uint32_t words[32] = {0};
	struct sk_uint32_list list = cpu->features;

	for (unsigned i = 0; i < ARRAY_SIZE(words) && sk_uint32_next(&list, &words[i]); i++)
		;
	proc_put(text, "flags\t\t:");
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
		if (words[flags[i].word] >> flags[i].bit & 1)
			proc_put(text, " %s", flags[i].name);
	proc_put(text, "\n\n");
}

static void put_text(struct proc_text *text, const char *label, struct sk_string value)
{
	proc_put(text, "%s", label);
	proc_put_bytes(text, value.data, value.size);
	proc_put(text, "\n");
}

void proc_cpuinfo(struct proc_text *text, const struct proc_key *key)
{
	const uint32_t count = processor_count();
	struct kernel_System_cpu_info_reply cpu;

	UNUSED(key);
	for (uint32_t i = 0; i < count; i++) {
		if (kernel_System_cpu_info(&posix.system.channel,
				&(struct kernel_System_cpu_info_request){i}, &cpu, NULL) != SK_OK)
			return;
		proc_put(text, "processor\t: %u\n", i);
		put_text(text, "vendor_id\t: ", cpu.vendor);
		proc_put(text, "cpu family\t: %u\nmodel\t\t: %u\n", cpu.family, cpu.model);
		put_text(text, "model name\t: ", cpu.model_name);
		proc_put(text, "stepping\t: %u\nmicrocode\t: 0x%x\ncpu MHz\t\t: %lu.%03lu\n",
			cpu.stepping, cpu.microcode, cpu.frequency / 1000000,
			cpu.frequency / 1000 % 1000);
		proc_put(text, "physical id\t: %u\ncore id\t\t: %u\napicid\t\t: %u\n",
			cpu.package, cpu.core, cpu.hardware_id);
		put_flags(text, &cpu);
	}
}

/* ---- mounts ---- */

/* The root's and any other's of memory are Linux's tmpfs to programs that know types. */
static const char *type_of(const struct mount *mount)
{
	return is_proc(mount) ? "proc" : "tmpfs";
}

static void put_place(struct proc_text *text, const struct mount *mount)
{
	static char path[fs_LINK_MAX];
	int size = mount->covers ? node_path(mount->covers, NULL, path, sizeof(path)) : 0;

	if (size <= 0)
		proc_put(text, "/");
	else
		proc_put_bytes(text, path, (uint64_t)size);
}

static const char *options_of(const struct mount *mount)
{
	return is_proc(mount) ? "rw,nosuid,nodev,noexec,relatime" : "rw,relatime";
}

void proc_mounts(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	for (const struct mount *m = mounts; m; m = m->next) {
		proc_put(text, "%s ", m->covers ? type_of(m) : "rootfs");
		put_place(text, m);
		proc_put(text, " %s %s 0 0\n", type_of(m), options_of(m));
	}
}

void proc_mountinfo(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	for (const struct mount *m = mounts; m; m = m->next) {
		proc_put(text, "%lu %lu 0:%lu / ", m->id,
			m->covers ? m->covers->mount->id : m->id, m->device);
		put_place(text, m);
		proc_put(text, " %s - %s %s rw\n", options_of(m), type_of(m),
			m->covers ? type_of(m) : "rootfs");
	}
}
