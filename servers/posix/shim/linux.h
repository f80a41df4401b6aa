/*
 * Linux's numbers and structs on x86_64, as programs have them compiled in: what its
 * user-space headers say. Sizes are pinned here, members against the host's headers in
 * tests/unit/test_shim.c.
 */
#ifndef SERVERS_POSIX_SHIM_LINUX_H
#define SERVERS_POSIX_SHIM_LINUX_H

#include <stdint.h>

enum linux_errno {
	LINUX_EPERM = 1, LINUX_ENOENT, LINUX_ESRCH, LINUX_EINTR, LINUX_EIO, LINUX_ENXIO,
	LINUX_E2BIG, LINUX_ENOEXEC, LINUX_EBADF, LINUX_ECHILD, LINUX_EAGAIN, LINUX_ENOMEM,
	LINUX_EACCES, LINUX_EFAULT, LINUX_EBUSY = 16, LINUX_EEXIST, LINUX_EXDEV,
	LINUX_ENODEV, LINUX_ENOTDIR, LINUX_EISDIR, LINUX_EINVAL, LINUX_ENFILE, LINUX_EMFILE,
	LINUX_ENOTTY, LINUX_EFBIG = 27, LINUX_ENOSPC, LINUX_ESPIPE, LINUX_EROFS,
	LINUX_EPIPE = 32, LINUX_ERANGE = 34, LINUX_EDEADLK, LINUX_ENAMETOOLONG,
	LINUX_ENOSYS = 38, LINUX_ENOTEMPTY, LINUX_ELOOP, LINUX_EOVERFLOW = 75,
	LINUX_EDOM = 33, LINUX_ENOTSOCK = 88, LINUX_EMSGSIZE = 90, LINUX_ENOPROTOOPT = 92,
	LINUX_EOPNOTSUPP = 95, LINUX_EAFNOSUPPORT = 97, LINUX_ENOBUFS = 105,
	LINUX_ETIMEDOUT = 110,
	/* Never seen by programs: what becomes of an interrupted call (shim.h). */
	LINUX_ERESTARTSYS = 512, LINUX_ERESTARTNOINTR, LINUX_ERESTARTNOHAND,
	LINUX_ERESTART_RESTARTBLOCK = 516
};

/* ---- files ---- */

enum linux_open {
	LINUX_O_WRONLY = 1, LINUX_O_RDWR = 2, LINUX_O_ACCMODE = 3, LINUX_O_CREAT = 0100,
	LINUX_O_EXCL = 0200, LINUX_O_NOCTTY = 0400, LINUX_O_TRUNC = 01000,
	LINUX_O_APPEND = 02000, LINUX_O_NONBLOCK = 04000, LINUX_O_DSYNC = 010000,
	LINUX_O_ASYNC = 020000, LINUX_O_DIRECT = 040000, LINUX_O_LARGEFILE = 0100000,
	LINUX_O_DIRECTORY = 0200000, LINUX_O_NOFOLLOW = 0400000, LINUX_O_NOATIME = 01000000,
	LINUX_O_CLOEXEC = 02000000, LINUX_O_SYNC = 04010000, LINUX_O_PATH = 010000000,
	LINUX_O_TMPFILE = 020200000
};

enum linux_at {
	LINUX_AT_FDCWD = -100, LINUX_AT_SYMLINK_NOFOLLOW = 0x100, LINUX_AT_REMOVEDIR = 0x200,
	LINUX_AT_EACCESS = 0x200, LINUX_AT_SYMLINK_FOLLOW = 0x400,
	LINUX_AT_NO_AUTOMOUNT = 0x800, LINUX_AT_EMPTY_PATH = 0x1000,
	LINUX_AT_STATX_FORCE_SYNC = 0x2000, LINUX_AT_STATX_DONT_SYNC = 0x4000
};

enum linux_mode {
	LINUX_S_IFIFO = 0010000, LINUX_S_IFCHR = 0020000, LINUX_S_IFDIR = 0040000,
	LINUX_S_IFBLK = 0060000, LINUX_S_IFREG = 0100000, LINUX_S_IFLNK = 0120000,
	LINUX_S_IFSOCK = 0140000, LINUX_S_IFMT = 0170000
};

struct linux_timespec { int64_t tv_sec, tv_nsec; };
struct linux_timeval { int64_t tv_sec, tv_usec; };
struct linux_itimerval { struct linux_timeval it_interval, it_value; };
struct linux_itimerspec { struct linux_timespec it_interval, it_value; };

struct linux_stat {
	uint64_t st_dev, st_ino, st_nlink;
	uint32_t st_mode, st_uid, st_gid, pad0;
	uint64_t st_rdev;
	int64_t st_size, st_blksize, st_blocks;
	struct linux_timespec st_atim, st_mtim, st_ctim;
	int64_t unused[3];
};

struct linux_statx_time { int64_t tv_sec; uint32_t tv_nsec; int32_t pad; };

struct linux_statx {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, spare0;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct linux_statx_time stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	uint64_t stx_mnt_id;
	uint32_t stx_dio_mem_align, stx_dio_offset_align;
	uint64_t spare3[12];
};
enum { LINUX_STATX_BASIC_STATS = 0x7ff, LINUX_STATX_BTIME = 0x800,
	LINUX_STATX_MNT_ID = 0x1000, LINUX_STATX_RESERVED = INT32_MIN };
enum { LINUX_STATX_ATTR_MOUNT_ROOT = 0x2000 };

struct linux_statfs {
	int64_t f_type, f_bsize;
	uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	int32_t f_fsid[2];
	int64_t f_namelen, f_frsize, f_flags, f_spare[4];
};
enum { LINUX_ST_VALID = 0x20, LINUX_ST_RELATIME = 0x1000 };

/* Behind it the name, ended by NUL, and up to 8 bytes to the next. */
struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
};
#define LINUX_DIRENT64_NAME 19
/* Of getdents: the type is in the record's last byte. */
#define LINUX_DIRENT_NAME 18

struct linux_iovec { uint64_t iov_base, iov_len; };
#define LINUX_IOV_MAX 1024
#define LINUX_RW_MAX UINT64_C(0x7ffff000)

struct linux_flock {
	int16_t l_type, l_whence;
	int32_t pad;
	int64_t l_start, l_len;
	int32_t l_pid;
	int32_t pad2;
};
enum { LINUX_F_RDLCK, LINUX_F_WRLCK, LINUX_F_UNLCK };

struct linux_pollfd { int32_t fd; int16_t events, revents; };
#define LINUX_FD_SETSIZE 1024
enum linux_poll { LINUX_POLLIN = 1, LINUX_POLLPRI = 2, LINUX_POLLOUT = 4, LINUX_POLLERR = 8,
	LINUX_POLLHUP = 0x10, LINUX_POLLNVAL = 0x20, LINUX_POLLRDNORM = 0x40,
	LINUX_POLLRDBAND = 0x80, LINUX_POLLWRNORM = 0x100, LINUX_POLLWRBAND = 0x200 };

/* ---- sockets ---- */

struct linux_sockaddr_un { uint16_t sun_family; uint8_t sun_path[108]; };
struct linux_sockaddr_in { uint16_t sin_family, sin_port; uint8_t sin_addr[4], sin_zero[8]; };
struct linux_sockaddr_in6 {
	uint16_t sin6_family, sin6_port;
	uint32_t sin6_flowinfo;
	uint8_t sin6_addr[16];
	uint32_t sin6_scope_id;
};
#define LINUX_SOCKADDR_MAX 128
enum { LINUX_AF_UNSPEC, LINUX_AF_UNIX, LINUX_AF_INET, LINUX_AF_INET6 = 10,
	LINUX_AF_NETLINK = 16, LINUX_AF_MAX = 46 };
enum { LINUX_SOCK_MAX = 11, LINUX_SOL_SOCKET = 1, LINUX_SCM_RIGHTS = 1,
	LINUX_SCM_CREDENTIALS };

struct linux_msghdr {
	uint64_t msg_name;
	int32_t msg_namelen, pad;
	uint64_t msg_iov, msg_iovlen, msg_control, msg_controllen;
	uint32_t msg_flags, pad2;
};
struct linux_mmsghdr { struct linux_msghdr msg_hdr; uint32_t msg_len, pad; };
struct linux_cmsghdr { uint64_t cmsg_len; int32_t cmsg_level, cmsg_type; };
struct linux_ucred { int32_t pid; uint32_t uid, gid; };
struct linux_linger { int32_t l_onoff, l_linger; };

/* ---- processes ---- */

struct linux_rlimit { uint64_t rlim_cur, rlim_max; };

struct linux_rusage {
	struct linux_timeval ru_utime, ru_stime;
	int64_t ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap,
		ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw,
		ru_nivcsw;
};

struct linux_sysinfo {
	int64_t uptime;
	uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t pad2;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit, pad3;
};

struct linux_utsname { char sysname[65], nodename[65], release[65], version[65], machine[65],
	domainname[65]; };

struct linux_tms { int64_t tms_utime, tms_stime, tms_cutime, tms_cstime; };
/* Of clock_t and /proc: a second's. */
#define LINUX_TICKS 100

struct linux_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls,
		set_tid, set_tid_size, cgroup;
};
#define LINUX_CLONE_ARGS_SIZE_0 64

/* ---- signals ---- */

struct linux_sigaction { uint64_t handler, flags, restorer, mask; };
struct linux_stack { uint64_t ss_sp; int32_t ss_flags, pad; uint64_t ss_size; };

struct linux_signalfd_siginfo {
	uint32_t ssi_signo;
	int32_t ssi_errno, ssi_code;
	uint32_t ssi_pid, ssi_uid;
	int32_t ssi_fd;
	uint32_t ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
	int32_t ssi_status, ssi_int;
	uint64_t ssi_ptr, ssi_utime, ssi_stime, ssi_addr;
	uint16_t ssi_addr_lsb, pad2;
	int32_t ssi_syscall;
	uint64_t ssi_call_addr;
	uint32_t ssi_arch;
	uint8_t pad[28];
};

/* Without a hole, on x86_64 alone. */
struct linux_epoll_event {
	uint32_t events;
	uint64_t data;
} __attribute__((packed));

struct linux_siginfo {
	int32_t si_signo, si_errno, si_code, pad;
	union {
		struct { int32_t pid; uint32_t uid; uint64_t value; } sent;
		struct { int32_t timer; int32_t overrun; uint64_t value; } timer;
		struct { int32_t pid; uint32_t uid; int32_t status; int32_t pad;
			int64_t utime, stime; } child;
		struct { uint64_t address; int16_t lowest_bit; int16_t pad[3];
			uint32_t key; } fault;
		struct { int64_t band; int32_t fd; } ready;
		struct { uint64_t at; int32_t number; uint32_t architecture; } call;
		uint8_t bytes[112];
	} as;
};

struct linux_sigcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp,
		rip, eflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
};

struct linux_ucontext {
	uint64_t uc_flags, uc_link;
	struct linux_stack uc_stack;
	struct linux_sigcontext uc_mcontext;
	uint64_t uc_sigmask;
};
enum { LINUX_UC_FP_XSTATE = 1, LINUX_UC_SIGCONTEXT_SS = 2, LINUX_UC_STRICT_RESTORE_SS = 4 };

struct linux_rt_sigframe {
	uint64_t pretcode;
	struct linux_ucontext uc;
	struct linux_siginfo info;
};

/* In the last 48 bytes of the 512 of FXSAVE. */
struct linux_fpx_sw_bytes {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size, padding[7];
};
#define LINUX_FP_SW_OFFSET 464
#define LINUX_FP_XSTATE_MAGIC1 UINT32_C(0x46505853)
#define LINUX_FP_XSTATE_MAGIC2 UINT32_C(0x46505845)
/* Segments of 64-bit programs. */
#define LINUX_USER_CS 0x33
#define LINUX_USER_SS 0x2b

struct linux_sigevent {
	uint64_t value;
	int32_t signo, notify, thread, pad[11];
};

/* ---- terminals ---- */

struct linux_termios {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[19];
};
struct linux_termios2 {
	struct linux_termios old;
	uint32_t c_ispeed, c_ospeed;
};
#define LINUX_CBAUD UINT32_C(0x100f)
#define LINUX_BOTHER UINT32_C(0x1000)
#define LINUX_CIBAUD_SHIFT 16
struct linux_winsize { uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel; };

_Static_assert(sizeof(struct linux_msghdr) == 56, "as Linux has it");
_Static_assert(sizeof(struct linux_mmsghdr) == 64, "as Linux has it");
_Static_assert(sizeof(struct linux_cmsghdr) == 16, "as Linux has it");
_Static_assert(sizeof(struct linux_sockaddr_in6) == 28, "as Linux has it");
_Static_assert(sizeof(struct linux_stat) == 144, "as Linux has it");
_Static_assert(sizeof(struct linux_statx) == 256, "as Linux has it");
_Static_assert(sizeof(struct linux_statfs) == 120, "as Linux has it");
_Static_assert(sizeof(struct linux_flock) == 32, "as Linux has it");
_Static_assert(sizeof(struct linux_rusage) == 144, "as Linux has it");
_Static_assert(sizeof(struct linux_sysinfo) == 112, "as Linux has it");
_Static_assert(sizeof(struct linux_siginfo) == 128, "as Linux has it");
_Static_assert(sizeof(struct linux_signalfd_siginfo) == 128, "as Linux has it");
_Static_assert(sizeof(struct linux_epoll_event) == 12, "as Linux has it");
_Static_assert(sizeof(struct linux_sigcontext) == 256, "as Linux has it");
_Static_assert(sizeof(struct linux_ucontext) == 304, "as Linux has it");
_Static_assert(sizeof(struct linux_fpx_sw_bytes) == 48, "as Linux has it");
_Static_assert(sizeof(struct linux_termios) == 36, "as Linux has it");
_Static_assert(sizeof(struct linux_termios2) == 44, "as Linux has it");
_Static_assert(sizeof(struct linux_sigevent) == 64, "as Linux has it");

#endif
