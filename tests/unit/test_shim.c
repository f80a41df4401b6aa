/*
 * The shim's conversions: members of Linux's structs beside the host's headers, and values
 * there and back.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/ucontext.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "servers/posix/shim/convert.h"

/* A member lies where the host's does, and is as large. */
#define SAME(ours, member, theirs, its) do { \
	assert_int_equal(offsetof(ours, member), offsetof(theirs, its)); \
	assert_int_equal(sizeof(((ours *)0)->member), sizeof(((theirs *)0)->its)); \
} while (0)

static void members_lie_as_in_headers(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct linux_stat), sizeof(struct stat));
	SAME(struct linux_stat, st_nlink, struct stat, st_nlink);
	SAME(struct linux_stat, st_mode, struct stat, st_mode);
	SAME(struct linux_stat, st_rdev, struct stat, st_rdev);
	SAME(struct linux_stat, st_blocks, struct stat, st_blocks);
	SAME(struct linux_stat, st_ctim, struct stat, st_ctim);
	assert_int_equal(sizeof(struct linux_statx), sizeof(struct statx));
	SAME(struct linux_statx, stx_mode, struct statx, stx_mode);
	SAME(struct linux_statx, stx_mtime, struct statx, stx_mtime);
	SAME(struct linux_statx, stx_mnt_id, struct statx, stx_mnt_id);
	assert_int_equal(sizeof(struct linux_statfs), sizeof(struct statfs));
	SAME(struct linux_statfs, f_namelen, struct statfs, f_namelen);
	SAME(struct linux_statfs, f_flags, struct statfs, f_flags);
	assert_int_equal(sizeof(struct linux_rusage), sizeof(struct rusage));
	SAME(struct linux_rusage, ru_nivcsw, struct rusage, ru_nivcsw);
	assert_int_equal(sizeof(struct linux_sysinfo), sizeof(struct sysinfo));
	SAME(struct linux_sysinfo, mem_unit, struct sysinfo, mem_unit);
	assert_int_equal(sizeof(struct linux_utsname), sizeof(struct utsname));
	assert_int_equal(sizeof(struct linux_flock), sizeof(struct flock));
	SAME(struct linux_flock, l_pid, struct flock, l_pid);
	assert_int_equal(sizeof(struct linux_signalfd_siginfo), sizeof(struct signalfd_siginfo));
	SAME(struct linux_signalfd_siginfo, ssi_int, struct signalfd_siginfo, ssi_int);
	SAME(struct linux_signalfd_siginfo, ssi_addr, struct signalfd_siginfo, ssi_addr);
	SAME(struct linux_signalfd_siginfo, ssi_arch, struct signalfd_siginfo, ssi_arch);
	assert_int_equal(sizeof(struct linux_epoll_event), sizeof(struct epoll_event));
	SAME(struct linux_epoll_event, data, struct epoll_event, data);
	assert_int_equal(sizeof(struct linux_siginfo), sizeof(siginfo_t));
	SAME(struct linux_siginfo, as.child.status, siginfo_t, si_status);
	SAME(struct linux_siginfo, as.fault.address, siginfo_t, si_addr);
	SAME(struct linux_siginfo, as.sent.value, siginfo_t, si_value);
	SAME(struct linux_ucontext, uc_mcontext.r8, ucontext_t, uc_mcontext.gregs[REG_R8]);
	SAME(struct linux_ucontext, uc_mcontext.rip, ucontext_t, uc_mcontext.gregs[REG_RIP]);
	SAME(struct linux_ucontext, uc_mcontext.cr2, ucontext_t, uc_mcontext.gregs[REG_CR2]);
	assert_int_equal(offsetof(struct linux_ucontext, uc_mcontext.fpstate),
		offsetof(ucontext_t, uc_mcontext.fpregs));
	assert_int_equal(offsetof(struct linux_ucontext, uc_sigmask),
		offsetof(ucontext_t, uc_sigmask));
	SAME(struct linux_dirent64, d_type, struct dirent64, d_type);
	SAME(struct posix_PollItem, wanted, struct pollfd, events);
}

static void flags_of_open_come_back(void **state)
{
	static const uint32_t flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND,
		O_RDONLY | O_DIRECTORY, O_WRONLY | O_NONBLOCK, O_RDWR | O_SYNC,
		O_WRONLY | O_DSYNC, O_RDWR | __O_TMPFILE | O_DIRECTORY };

	(void)state;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		assert_int_equal(convert_open_back(convert_open(flags[i])),
			flags[i] | 0100000);
	assert_int_equal(convert_open(O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC),
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE | fs_Open_EXCLUSIVE |
		fs_Open_TRUNCATE);
	assert_int_equal(convert_open(O_PATH | O_CREAT | O_RDWR), fs_Open_PATH_ONLY);
	assert_int_equal(convert_open_back(convert_open(O_PATH)), O_PATH);
	assert_int_equal(convert_own(O_CLOEXEC), posix_DescriptorFlags_CLOSE_ON_EXEC);
}

static void statuses_become_errno(void **state)
{
	(void)state;
	assert_int_equal(convert_status(posix_Error_ENOENT, true), -ENOENT);
	assert_int_equal(convert_status(posix_Error_EINTR, true), -LINUX_ERESTARTSYS);
	assert_int_equal(convert_status(SK_CANCELED, true), -LINUX_ERESTARTSYS);
	assert_int_equal(convert_status(SK_CANCELED, false), -LINUX_ERESTARTNOINTR);
	assert_int_equal(convert_status(SK_LEASE_FAULT, true), -EFAULT);
	assert_int_equal(convert_status(SK_UNKNOWN_METHOD, true), -ENOSYS);
	assert_int_equal(convert_status(SK_PEER_CLOSED, true), -EIO);
}

static void wait_status_is_as_macros_want(void **state)
{
	struct posix_WaitResult result = { .process = 7, .state = posix_ChildState_EXITED,
		.status = 300 };
	int32_t status = convert_wait_status(&result);

	(void)state;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 44);
	result.state = posix_ChildState_KILLED;
	result.status = SIGTERM;
	status = convert_wait_status(&result);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && !WCOREDUMP(status));
	result.state = posix_ChildState_DUMPED;
	assert_true(WCOREDUMP(convert_wait_status(&result)));
	result.state = posix_ChildState_STOPPED;
	status = convert_wait_status(&result);
	assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTERM);
	result.state = posix_ChildState_CONTINUED;
	assert_true(WIFCONTINUED(convert_wait_status(&result)));
}

static void entries_lie_as_the_host_lists_them(void **state)
{
	union {
		struct dirent64 entry;
		uint8_t bytes[sizeof(struct dirent64)];
	} record;
	const struct sk_string name = { "hello", 5 };
	const struct dirent64 *entry = &record.entry;

	(void)state;
	assert_int_equal(convert_entry(record.bytes, true, 42, 77, DT_REG, name), 32);
	assert_int_equal(entry->d_ino, 42);
	assert_int_equal(entry->d_off, 77);
	assert_int_equal(entry->d_reclen, 32);
	assert_int_equal(entry->d_type, DT_REG);
	assert_string_equal(entry->d_name, "hello");
	assert_int_equal(convert_entry(record.bytes, false, 42, 77, DT_DIR, name), 32);
	assert_string_equal((const char *)record.bytes + 18, "hello");
	assert_int_equal(record.bytes[31], DT_DIR);
}

static void locks_count_from_their_base(void **state)
{
	struct linux_flock from = { .l_type = F_WRLCK, .l_start = 5, .l_len = 10 };
	struct fs_Lock lock;

	(void)state;
	assert_int_equal(convert_lock(&from, 100, &lock), 0);
	assert_int_equal(lock.start, 105);
	assert_int_equal(lock.length, 10);
	assert_int_equal(lock.kind, fs_LockKind_EXCLUSIVE);
	from.l_len = -5;
	assert_int_equal(convert_lock(&from, 100, &lock), 0);
	assert_int_equal(lock.start, 100);
	assert_int_equal(lock.length, 5);
	from.l_start = -101;
	assert_int_equal(convert_lock(&from, 100, &lock), -EINVAL);
	from.l_start = INT64_MAX;
	assert_int_equal(convert_lock(&from, 100, &lock), -EOVERFLOW);
	from.l_type = 3;
	assert_int_equal(convert_lock(&from, 0, &lock), -EINVAL);
}

static void times_hold_at_their_bounds(void **state)
{
	struct linux_timespec time = { 1, 999999999 };
	struct fs_SetTime set;
	uint64_t nanos;

	(void)state;
	assert_true(convert_nanos(&time, &nanos));
	assert_int_equal(nanos, 1999999999);
	time.tv_nsec = 1000000000;
	assert_false(convert_nanos(&time, &nanos));
	time = (struct linux_timespec){ INT64_MAX, 0 };
	assert_true(convert_nanos(&time, &nanos));
	assert_int_equal(nanos, INT64_MAX);
	time = convert_timespec(-1);
	assert_int_equal(time.tv_sec, -1);
	assert_int_equal(time.tv_nsec, 999999999);
	time.tv_nsec = UTIME_OMIT;
	assert_true(convert_set_time(&time, &set) && set.which == fs_SetTime_leave);
	time.tv_nsec = UTIME_NOW;
	assert_true(convert_set_time(&time, &set) && set.which == fs_SetTime_now);
	time.tv_nsec = -1;
	assert_false(convert_set_time(&time, &set));
}

static void terminal_speeds_come_back(void **state)
{
	static const uint32_t speeds[] = { 0, 9600, 38400, 57600, 115200, 4000000, 12345 };
	struct tty_Settings settings = { .control = 0xb0, .characters = { 3, 28 } }, back;
	struct linux_termios2 termios;

	(void)state;
	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++) {
		settings.output_speed = settings.input_speed = speeds[i];
		convert_settings(&settings, &termios);
		convert_settings_back(&termios, &back);
		assert_int_equal(back.output_speed, speeds[i]);
		assert_int_equal(back.input_speed, speeds[i]);
		assert_int_equal(back.control, 0xb0);
		assert_int_equal(back.characters[1], 28);
	}
	settings.output_speed = 38400;
	convert_settings(&settings, &termios);
	assert_int_equal(termios.old.c_cflag & LINUX_CBAUD, 15);	/* B38400 */
}

static void select_is_as_linux_does_it(void **state)
{
	uint64_t in[2] = { 1 << 3 | 1 << 5, 1 }, out[2] = { 1 << 3, 0 };
	struct posix_PollItem items[128];

	(void)state;
	assert_int_equal(convert_select(in, out, NULL, 128, items), 3);
	assert_int_equal(items[0].descriptor, 3);
	assert_int_equal(items[2].descriptor, 64);
	items[0].ready = POLLIN | POLLOUT;
	items[1].ready = POLLHUP;
	items[2].ready = 0;
	assert_int_equal(convert_select_back(items, 3, in, out, NULL, 2), 3);
	assert_int_equal(in[0], 1 << 3 | 1 << 5);
	assert_int_equal(in[1], 0);
	assert_int_equal(out[0], 1 << 3);
	items[2].ready = POLLNVAL;
	assert_int_equal(convert_select_back(items, 3, in, out, NULL, 2), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_lie_as_in_headers),
		cmocka_unit_test(flags_of_open_come_back),
		cmocka_unit_test(statuses_become_errno),
		cmocka_unit_test(wait_status_is_as_macros_want),
		cmocka_unit_test(entries_lie_as_the_host_lists_them),
		cmocka_unit_test(locks_count_from_their_base),
		cmocka_unit_test(times_hold_at_their_bounds),
		cmocka_unit_test(terminal_speeds_come_back),
		cmocka_unit_test(select_is_as_linux_does_it),
	};

	return cmocka_run_group_tests_name("shim", tests, NULL, NULL);
}
