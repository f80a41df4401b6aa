/* Files, times and processes: Linux's structs from and to the protocols'. */
#include "servers/posix/shim/convert.h"

#include "runtime/env.h"

/* ---- errors ---- */

int64_t convert_status(int status, bool delivered)
{
	if (status == posix_Error_EINTR)
		return -LINUX_ERESTARTSYS;
	if (status >= 0)
		return -(int64_t)status;
	switch (status) {
	case SK_CANCELED:
		return delivered ? -LINUX_ERESTARTSYS : -LINUX_ERESTARTNOINTR;
	case SK_TIMED_OUT: return -LINUX_ETIMEDOUT;
	case SK_WOULD_BLOCK: return -LINUX_EAGAIN;
	case SK_UNKNOWN_METHOD: return -LINUX_ENOSYS;
	case SK_EXHAUSTED: return -LINUX_ENOMEM;
	case SK_BAD_HANDLE: return -LINUX_EBADF;
	case SK_LEASE_FAULT: return -LINUX_EFAULT;
	case SK_TOO_BIG: return -LINUX_ENAMETOOLONG;
	case SK_INVALID:
	case SK_BAD_LEASE: return -LINUX_EINVAL;
	default: return -LINUX_EIO;
	}
}

/* ---- files ---- */

/* Those that are one bit on both sides. */
static const struct { uint32_t linux_bit, bit; } open_bits[] = {
	{LINUX_O_CREAT, fs_Open_CREATE},
	{LINUX_O_EXCL, fs_Open_EXCLUSIVE},
	{LINUX_O_TRUNC, fs_Open_TRUNCATE},
	{LINUX_O_APPEND, fs_Open_APPEND},
	{LINUX_O_NONBLOCK, fs_Open_NON_BLOCKING},
	{LINUX_O_DSYNC, fs_Open_DATA_SYNC},
	{LINUX_O_ASYNC, fs_Open_ASYNC},
	{LINUX_O_DIRECT, fs_Open_DIRECT},
	{LINUX_O_DIRECTORY, fs_Open_DIRECTORY},
	{LINUX_O_NOATIME, fs_Open_NO_ACCESS_TIME},
	{LINUX_O_NOCTTY, fs_Open_NO_TERMINAL},
	{LINUX_O_PATH, fs_Open_PATH_ONLY},
	{LINUX_O_SYNC & ~LINUX_O_DSYNC, fs_Open_SYNC},
	{LINUX_O_TMPFILE & ~LINUX_O_DIRECTORY, fs_Open_TEMPORARY},
};
#define OPEN_BITS (sizeof open_bits / sizeof *open_bits)

fs_Open convert_open(uint32_t flags)
{
	uint32_t access = flags & LINUX_O_ACCMODE;
	fs_Open to = 0;

	/* Of O_PATH nothing but these counts. */
	if (flags & LINUX_O_PATH)
		return fs_Open_PATH_ONLY |
			(flags & LINUX_O_DIRECTORY ? (uint32_t)fs_Open_DIRECTORY : 0);
	for (unsigned i = 0; i < OPEN_BITS; i++)
		if (flags & open_bits[i].linux_bit)
			to |= open_bits[i].bit;
	if (to & fs_Open_TEMPORARY)
		to &= ~(uint32_t)fs_Open_DIRECTORY;
	if (access != LINUX_O_WRONLY)
		to |= fs_Open_READ;
	if (access == LINUX_O_WRONLY || access == LINUX_O_RDWR)
		to |= fs_Open_WRITE;
	return to;
}

uint32_t convert_open_back(fs_Open flags)
{
	uint32_t to = 0;

	for (unsigned i = 0; i < OPEN_BITS; i++)
		if (flags & open_bits[i].bit)
			to |= open_bits[i].linux_bit;
	if (flags & fs_Open_SYNC)
		to |= LINUX_O_SYNC;
	if (flags & fs_Open_TEMPORARY)
		to |= LINUX_O_TMPFILE;
	if (flags & fs_Open_WRITE)
		to |= flags & fs_Open_READ ? LINUX_O_RDWR : LINUX_O_WRONLY;
	return flags & fs_Open_PATH_ONLY ? to : to | LINUX_O_LARGEFILE;
}

posix_DescriptorFlags convert_own(uint32_t flags)
{
	return flags & LINUX_O_CLOEXEC ? (uint32_t)posix_DescriptorFlags_CLOSE_ON_EXEC : 0;
}

uint32_t convert_mode(const struct fs_Status *status)
{
	static const uint16_t types[] = {
		[fs_Kind_FILE] = LINUX_S_IFREG,
		[fs_Kind_DIRECTORY] = LINUX_S_IFDIR,
		[fs_Kind_LINK] = LINUX_S_IFLNK,
		[fs_Kind_FIFO] = LINUX_S_IFIFO,
		[fs_Kind_SOCKET] = LINUX_S_IFSOCK,
		[fs_Kind_CHARACTER_DEVICE] = LINUX_S_IFCHR,
		[fs_Kind_BLOCK_DEVICE] = LINUX_S_IFBLK,
		[fs_Kind_TERMINAL] = LINUX_S_IFCHR,
	};
	uint32_t kind = (uint32_t)status->kind;

	return (status->mode & 07777) |
		(kind < sizeof types / sizeof *types ? types[kind] : 0u);
}

uint8_t convert_entry_type(fs_Kind kind)
{
	const struct fs_Status status = {.kind = kind};

	return (uint8_t)(convert_mode(&status) >> 12);
}

static struct linux_timespec timespec_of(const struct fs_Time *time)
{
	return (struct linux_timespec){ time->seconds, time->nanos };
}

static struct linux_statx_time statx_time_of(const struct fs_Time *time)
{
	return (struct linux_statx_time){ time->seconds, time->nanos, 0 };
}

/* As Linux makes a number of both for programs. */
static uint64_t device_number(uint32_t major, uint32_t minor)
{
	return (uint64_t)(minor & 0xff) | (uint64_t)(major & 0xfff) << 8 |
		(uint64_t)(minor & ~0xffu) << 12 | (uint64_t)(major & ~0xfffu) << 32;
}

static uint32_t major_of(uint64_t device)
{
	return (uint32_t)(device >> 8 & 0xfff) | (uint32_t)(device >> 32 & ~0xfffull);
}

static uint32_t minor_of(uint64_t device)
{
	return (uint32_t)(device & 0xff) | (uint32_t)(device >> 12 & ~0xffull);
}

void convert_stat(const struct fs_Status *status, uint64_t device, struct linux_stat *to)
{
	memset(to, 0, sizeof *to);
	to->st_dev = device;
	to->st_ino = status->inode;
	to->st_nlink = status->links;
	to->st_mode = convert_mode(status);
	to->st_uid = status->owner;
	to->st_gid = status->owner_group;
	to->st_rdev = device_number(status->device_major, status->device_minor);
	to->st_size = (int64_t)status->size;
	to->st_blksize = status->block_size;
	to->st_blocks = (int64_t)status->blocks;
	to->st_atim = timespec_of(&status->accessed);
	to->st_mtim = timespec_of(&status->modified);
	to->st_ctim = timespec_of(&status->changed);
}

void convert_statx(const struct fs_Status *status, uint64_t device, uint64_t mount,
	bool mount_root, struct linux_statx *to)
{
	memset(to, 0, sizeof *to);
	to->stx_mask = LINUX_STATX_BASIC_STATS | LINUX_STATX_MNT_ID;
	if (status->born.seconds != 0 || status->born.nanos != 0)
		to->stx_mask |= LINUX_STATX_BTIME;
	to->stx_blksize = status->block_size;
	to->stx_attributes = mount_root ? LINUX_STATX_ATTR_MOUNT_ROOT : 0;
	to->stx_attributes_mask = LINUX_STATX_ATTR_MOUNT_ROOT;
	to->stx_nlink = status->links;
	to->stx_uid = status->owner;
	to->stx_gid = status->owner_group;
	to->stx_mode = (uint16_t)convert_mode(status);
	to->stx_ino = status->inode;
	to->stx_size = status->size;
	to->stx_blocks = status->blocks;
	to->stx_atime = statx_time_of(&status->accessed);
	to->stx_btime = statx_time_of(&status->born);
	to->stx_ctime = statx_time_of(&status->changed);
	to->stx_mtime = statx_time_of(&status->modified);
	to->stx_rdev_major = status->device_major;
	to->stx_rdev_minor = status->device_minor;
	to->stx_dev_major = major_of(device);
	to->stx_dev_minor = minor_of(device);
	to->stx_mnt_id = mount;
}

void convert_statfs(const struct fs_Space *space, struct linux_statfs *to)
{
	static const struct { uint32_t bit, linux_bit; } bits[] = {
		{fs_MountFlags_READ_ONLY, 1}, {fs_MountFlags_NO_SET_ID, 2},
		{fs_MountFlags_NO_DEVICES, 4}, {fs_MountFlags_NO_EXECUTE, 8},
		{fs_MountFlags_SYNC, 16}, {fs_MountFlags_NO_ACCESS_TIME, 1024},
		{fs_MountFlags_NO_DIRECTORY_ACCESS_TIME, 2048},
		{fs_MountFlags_RELATIVE_ACCESS_TIME, LINUX_ST_RELATIME},
	};

	memset(to, 0, sizeof *to);
	to->f_type = space->type_magic;
	to->f_bsize = to->f_frsize = space->block_size;
	to->f_blocks = space->blocks;
	to->f_bfree = space->blocks_free;
	to->f_bavail = space->blocks_available;
	to->f_files = space->nodes;
	to->f_ffree = space->nodes_free;
	to->f_fsid[0] = (int32_t)space->id;
	to->f_fsid[1] = (int32_t)(space->id >> 32);
	to->f_namelen = space->name_max;
	to->f_flags = LINUX_ST_VALID;
	for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++)
		if (space->flags & bits[i].bit)
			to->f_flags |= bits[i].linux_bit;
}

uint32_t convert_entry_size(uint32_t name_size)
{
	return (LINUX_DIRENT64_NAME + name_size + 1 + 7) & ~7u;
}

uint32_t convert_entry(uint8_t *to, bool wide, uint64_t inode, int64_t next, uint8_t type,
	struct sk_string name)
{
	uint32_t size = convert_entry_size(name.size);
	uint32_t at = wide ? LINUX_DIRENT64_NAME : LINUX_DIRENT_NAME;
	const uint16_t short_size = (uint16_t)size;

	memset(to, 0, size);
	memcpy(to, &inode, 8);
	memcpy(to + 8, &next, 8);
	memcpy(to + 16, &short_size, 2);
	memcpy(to + at, name.data, name.size);
	to[wide ? at - 1 : size - 1] = type;
	return size;
}

int convert_lock(const struct linux_flock *from, int64_t base, struct fs_Lock *to)
{
	int64_t start, end;

	if (from->l_type < LINUX_F_RDLCK || from->l_type > LINUX_F_UNLCK)
		return -LINUX_EINVAL;
	if (__builtin_add_overflow(base, from->l_start, &start) ||
			__builtin_add_overflow(start, from->l_len, &end))
		return -LINUX_EOVERFLOW;
	if (from->l_len < 0) {		/* what lies before the start */
		int64_t other = start;

		start = end;
		end = other;
	}
	if (start < 0)
		return -LINUX_EINVAL;
	to->kind = from->l_type == LINUX_F_RDLCK ? fs_LockKind_SHARED :
		from->l_type == LINUX_F_WRLCK ? fs_LockKind_EXCLUSIVE : fs_LockKind_NONE;
	to->start = (uint64_t)start;
	to->length = (uint64_t)(end - start);
	return 0;
}

void convert_lock_back(const struct fs_Lock *from, int32_t holder, struct linux_flock *to)
{
	to->l_type = from->kind == fs_LockKind_SHARED ? LINUX_F_RDLCK :
		from->kind == fs_LockKind_EXCLUSIVE ? LINUX_F_WRLCK : LINUX_F_UNLCK;
	if (from->kind == fs_LockKind_NONE)
		return;			/* the rest stays, as Linux has it */
	to->l_whence = 0;
	to->l_start = (int64_t)from->start;
	to->l_len = (int64_t)from->length;
	to->l_pid = holder;
}

bool convert_set_time(const struct linux_timespec *from, struct fs_SetTime *to)
{
	enum { NOW = 0x3fffffff, OMIT = 0x3ffffffe };

	fs_SetTime_init(to);
	if (from->tv_nsec == NOW) {
		to->which = fs_SetTime_now;
	} else if (from->tv_nsec == OMIT) {
		to->which = fs_SetTime_leave;
	} else if (from->tv_nsec < 0 || from->tv_nsec >= SECOND) {
		return false;
	} else {
		to->which = fs_SetTime_at;
		to->as.at = (struct fs_Time){ .seconds = from->tv_sec,
			.nanos = (uint32_t)from->tv_nsec };
	}
	return true;
}

/* ---- times ---- */

bool convert_nanos(const struct linux_timespec *from, uint64_t *nanos)
{
	if (from->tv_sec < 0 || from->tv_nsec < 0 || from->tv_nsec >= SECOND)
		return false;
	*nanos = from->tv_sec > INT64_MAX / SECOND - 1 ? (uint64_t)INT64_MAX :
		(uint64_t)(from->tv_sec * SECOND + from->tv_nsec);
	return true;
}

bool convert_timeval_nanos(const struct linux_timeval *from, uint64_t *nanos)
{
	const struct linux_timespec same = { from->tv_sec, from->tv_usec * 1000 };

	return from->tv_usec >= 0 && from->tv_usec < 1000000 && convert_nanos(&same, nanos);
}

struct linux_timespec convert_timespec(int64_t nanos)
{
	struct linux_timespec to = { nanos / SECOND, nanos % SECOND };

	if (to.tv_nsec < 0) {
		to.tv_nsec += SECOND;
		to.tv_sec--;
	}
	return to;
}

struct linux_timeval convert_timeval(int64_t nanos)
{
	struct linux_timespec same = convert_timespec(nanos);

	return (struct linux_timeval){ same.tv_sec, same.tv_nsec / 1000 };
}

/* ---- processes ---- */

void convert_usage(const struct posix_Usage *usage, struct linux_rusage *to)
{
	memset(to, 0, sizeof *to);
	to->ru_utime = convert_timeval((int64_t)usage->user_time);
	to->ru_stime = convert_timeval((int64_t)usage->system_time);
	to->ru_maxrss = (int64_t)usage->resident_max;
	to->ru_minflt = (int64_t)usage->minor_faults;
	to->ru_majflt = (int64_t)usage->major_faults;
	to->ru_inblock = (int64_t)usage->blocks_read;
	to->ru_oublock = (int64_t)usage->blocks_written;
	to->ru_nvcsw = (int64_t)usage->voluntary_switches;
	to->ru_nivcsw = (int64_t)usage->involuntary_switches;
}

int32_t convert_wait_status(const struct posix_WaitResult *result)
{
	switch (result->state) {
	case posix_ChildState_EXITED: return (result->status & 0xff) << 8;
	case posix_ChildState_KILLED: return result->status & 0x7f;
	case posix_ChildState_DUMPED: return (result->status & 0x7f) | 0x80;
	case posix_ChildState_TRAPPED:
	case posix_ChildState_STOPPED: return result->status << 8 | 0x7f;
	case posix_ChildState_CONTINUED: return 0xffff;
	default: return 0;
	}
}

void convert_wait_info(const struct posix_WaitResult *result, struct linux_siginfo *to)
{
	memset(to, 0, sizeof *to);
	if (result->process == 0)
		return;
	to->si_signo = posix_Signal_CHLD;
	to->si_code = result->state;
	to->as.child.pid = result->process;
	to->as.child.uid = result->user;
	to->as.child.status = result->status;
}

void convert_sysinfo(const struct posix_SystemInfo *info, struct linux_sysinfo *to)
{
	memset(to, 0, sizeof *to);
	to->uptime = (int64_t)(info->uptime / (uint64_t)SECOND);
	memcpy(to->loads, info->loads, sizeof to->loads);
	to->totalram = info->memory_total;
	to->freeram = info->memory_free;
	to->sharedram = info->memory_shared;
	to->bufferram = info->memory_buffers;
	to->totalswap = info->swap_total;
	to->freeswap = info->swap_free;
	to->procs = (uint16_t)info->threads;
	to->mem_unit = 1;
}
