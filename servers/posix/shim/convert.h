/*
 * Linux's structs and flags from and to those of the protocols: pure, and tested on the
 * host (tests/unit/test_shim.c). Flags of Linux's that nothing here knows are reported,
 * not dropped, unless Linux drops them too.
 */
#ifndef SERVERS_POSIX_SHIM_CONVERT_H
#define SERVERS_POSIX_SHIM_CONVERT_H

#include "posix.skald.h"
#include "servers/posix/shim/linux.h"

#define SECOND INT64_C(1000000000)

/* ---- errors ---- */

/*
 * What a call of generated code came to, as Linux's results are: 0, or a negative errno.
 * A call that was cut off (SK_CANCELED, EINTR) is -LINUX_ERESTARTSYS, or, if the server
 * never saw it, -LINUX_ERESTARTNOINTR: it has not begun.
 */
int64_t convert_status(int status, bool delivered);

/* ---- files ---- */

/* O_... as fs.Open, mode of access included; unknown bits are dropped, as open() does. */
fs_Open convert_open(uint32_t flags);
/* And back, as F_GETFL shows them. */
uint32_t convert_open_back(fs_Open flags);
/* The descriptor's own, of O_CLOEXEC. */
posix_DescriptorFlags convert_own(uint32_t flags);

/* The file type bits and permissions. */
uint32_t convert_mode(const struct fs_Status *status);
/* DT_... */
uint8_t convert_entry_type(fs_Kind kind);
void convert_stat(const struct fs_Status *status, uint64_t device, struct linux_stat *to);
void convert_statx(const struct fs_Status *status, uint64_t device, uint64_t mount,
	bool mount_root, struct linux_statx *to);
void convert_statfs(const struct fs_Space *space, struct linux_statfs *to);
/* Bytes of an entry's record with a name of this size; `name_at` LINUX_DIRENT..._NAME. */
uint32_t convert_entry_size(uint32_t name_size);
/* One record of getdents64 (`wide`) or getdents; returns its size. */
uint32_t convert_entry(uint8_t *to, bool wide, uint64_t inode, int64_t next, uint8_t type,
	struct sk_string name);

/* A lock from Linux's, of which the start has been made absolute; -EINVAL, -EOVERFLOW. */
int convert_lock(const struct linux_flock *from, int64_t base, struct fs_Lock *to);
void convert_lock_back(const struct fs_Lock *from, int32_t holder, struct linux_flock *to);

/* UTIME_NOW, UTIME_OMIT or a time. False: none of these. */
bool convert_set_time(const struct linux_timespec *from, struct fs_SetTime *to);

/* ---- times ---- */

/* False: negative, or nanoseconds beyond a second. What is too long is all there is. */
bool convert_nanos(const struct linux_timespec *from, uint64_t *nanos);
struct linux_timespec convert_timespec(int64_t nanos);
struct linux_timeval convert_timeval(int64_t nanos);
bool convert_timeval_nanos(const struct linux_timeval *from, uint64_t *nanos);

/* ---- processes ---- */

void convert_usage(const struct posix_Usage *usage, struct linux_rusage *to);
/* The status word of wait4(). */
int32_t convert_wait_status(const struct posix_WaitResult *result);
/* Of waitid(), zeros if there is none. */
void convert_wait_info(const struct posix_WaitResult *result, struct linux_siginfo *to);
void convert_sysinfo(const struct posix_SystemInfo *info, struct linux_sysinfo *to);

/* ---- signals ---- */

void convert_siginfo(const struct posix_SignalInfo *info, struct linux_siginfo *to);
/* As signalfd tells it. */
void convert_signal_read(const struct posix_SignalInfo *info, struct linux_signalfd_siginfo *to);
/* From what a program queues. */
void convert_siginfo_back(const struct linux_siginfo *from, struct posix_SignalInfo *to);
void convert_action(const struct linux_sigaction *from, struct posix_Action *to);
void convert_action_back(const struct posix_Action *from, struct linux_sigaction *to);

/* ---- terminals ---- */

void convert_settings(const struct tty_Settings *from, struct linux_termios2 *to);
/* Speeds in c_cflag count where they are not BOTHER. */
void convert_settings_back(const struct linux_termios2 *from, struct tty_Settings *to);
/* For struct termios, which has no speeds of its own. */
void convert_speeds(struct linux_termios2 *termios);

/* ---- waiting ---- */

/* Items of select()'s sets, one for each descriptor that is in one; returns how many. The
 * sets are `words` of 64 bits each, or NULL. */
uint32_t convert_select(const uint64_t *in, const uint64_t *out, const uint64_t *except,
	uint32_t count, struct posix_PollItem *items);
/* And back: the sets hold what is ready; returns how many bits, or -EBADF. */
int64_t convert_select_back(const struct posix_PollItem *items, uint32_t count, uint64_t *in,
	uint64_t *out, uint64_t *except, uint32_t words);

#endif
