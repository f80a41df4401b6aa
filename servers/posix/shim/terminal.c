/* ioctl: terminals, and the few requests that all files have. */
#include "runtime/env.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/with_file.h"
#include "tty.skald.h"

enum {
	TCGETS = 0x5401, TCSETS, TCSETSW, TCSETSF, TCGETA, TCSETA, TCSETAW, TCSETAF, TCSBRK,
	TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL, TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCSTI,
	TIOCGWINSZ, TIOCSWINSZ, TIOCMGET, FIONREAD = 0x541b, FIONBIO = 0x5421,
	TIOCNOTTY, TCSBRKP = 0x5425, TIOCSBRK = 0x5427, TIOCCBRK, TIOCGSID,
	FIONCLEX = 0x5450, FIOCLEX, FIOASYNC
};
#define TCGETS2 0x802c542a
#define TIOCGPTN 0x80045430
enum { TCSETS2 = 0x402c542b, TCSETSW2, TCSETSF2, TIOCSPTLCK = 0x40045431,
	TIOCGPTPEER = 0x5441 };

#define TERMINAL(shim, reply, method, ...) \
	shim_file_result(shim, tty_Terminal_##method(&(shim)->file.channel, \
		&(const struct tty_Terminal_##method##_request){__VA_ARGS__}, reply, NULL))
#define TERMINAL_DO(shim, method, ...) \
	TERMINAL(shim, &(struct tty_Terminal_##method##_reply){0}, method, __VA_ARGS__)
#define MASTER(shim, reply, method, ...) \
	shim_file_result(shim, tty_Master_##method(&(shim)->file.channel, \
		&(const struct tty_Master_##method##_request){__VA_ARGS__}, reply, NULL))

static int64_t put_int(int64_t result, uint64_t to, int32_t value)
{
	return result < 0 ? result : copy_to(to, &value, sizeof value) ? 0 : -LINUX_EFAULT;
}

/* ---- settings ---- */

static int64_t get_settings(struct shim *shim, uint64_t to, size_t size)
{
	struct tty_Terminal_settings_reply reply;
	struct linux_termios2 termios;
	int64_t result = TERMINAL(shim, &reply, settings, 0);

	if (result < 0)
		return result;
	convert_settings(&reply.settings, &termios);
	return copy_to(to, &termios, size) ? 0 : -LINUX_EFAULT;
}

static int64_t set_settings(struct shim *shim, uint64_t from, size_t size, tty_When when)
{
	struct tty_Terminal_settings_reply reply;
	struct linux_termios2 termios = {0};
	struct tty_Settings settings;
	int64_t result;

	/* A struct termios has no speeds beyond its flags: those stay. */
	if (size < sizeof termios) {
		result = TERMINAL(shim, &reply, settings, 0);
		if (result < 0)
			return result;
		convert_settings(&reply.settings, &termios);
	}
	if (!copy_from(&termios, from, size))
		return -LINUX_EFAULT;
	convert_settings_back(&termios, &settings);
	return TERMINAL_DO(shim, set_settings, .when = when, .settings = settings);
}

static int64_t of_settings(struct shim *shim, uint32_t request, uint64_t at)
{
	size_t old = sizeof(struct linux_termios), all = sizeof(struct linux_termios2);

	switch (request) {
	case TCGETS: return get_settings(shim, at, old);
	case TCGETS2: return get_settings(shim, at, all);
	case TCSETS: return set_settings(shim, at, old, tty_When_NOW);
	case TCSETSW: return set_settings(shim, at, old, tty_When_DRAINED);
	case TCSETSF: return set_settings(shim, at, old, tty_When_FLUSHED);
	case TCSETS2: return set_settings(shim, at, all, tty_When_NOW);
	case TCSETSW2: return set_settings(shim, at, all, tty_When_DRAINED);
	case TCSETSF2: return set_settings(shim, at, all, tty_When_FLUSHED);
	default: return -LINUX_ENOTTY;
	}
}

/* ---- window, groups ---- */

static int64_t get_window(struct shim *shim, uint64_t to)
{
	struct tty_Terminal_window_size_reply reply;
	int64_t result = TERMINAL(shim, &reply, window_size, 0);
	const struct linux_winsize size = { reply.size.rows, reply.size.columns,
		reply.size.pixel_width, reply.size.pixel_height };

	return result < 0 ? result : copy_to(to, &size, sizeof size) ? 0 : -LINUX_EFAULT;
}

static int64_t set_window(struct shim *shim, uint64_t from)
{
	struct linux_winsize size;

	if (!copy_from(&size, from, sizeof size))
		return -LINUX_EFAULT;
	return TERMINAL_DO(shim, set_window_size, .size = { .rows = size.ws_row,
		.columns = size.ws_col, .pixel_width = size.ws_xpixel,
		.pixel_height = size.ws_ypixel });
}

static int64_t of_groups(struct shim *shim, const uint64_t a[6])
{
	struct tty_Terminal_foreground_reply foreground;
	struct tty_Terminal_session_reply session;
	int32_t group;
	int64_t result;

	switch ((uint32_t)a[1]) {
	case TIOCGPGRP:
		result = TERMINAL(shim, &foreground, foreground, 0);
		return put_int(result, a[2], foreground.process_group);
	case TIOCSPGRP:
		if (!copy_from(&group, a[2], sizeof group))
			return -LINUX_EFAULT;
		return TERMINAL_DO(shim, set_foreground, .process_group = group);
	case TIOCGSID:
		result = TERMINAL(shim, &session, session, 0);
		return put_int(result, a[2], session.session);
	case TIOCSCTTY:
		return POSIX_DO(shim, Descriptors, set_controlling_terminal,
			.terminal = (int32_t)a[0], .steal = a[2] == 1);
	default:	/* TIOCNOTTY */
		return POSIX_DO(shim, Descriptors, release_controlling_terminal,
			.terminal = (int32_t)a[0]);
	}
}

/* ---- pseudo-terminals ---- */

static int64_t of_master(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_open_terminal_peer_reply peer;
	struct tty_Master_number_reply number;
	int32_t locked;
	int64_t result;

	switch ((uint32_t)a[1]) {
	case TIOCGPTN:
		result = MASTER(shim, &number, number, 0);
		return put_int(result, a[2], (int32_t)number.number);
	case TIOCSPTLCK:
		if (!copy_from(&locked, a[2], sizeof locked))
			return -LINUX_EFAULT;
		return MASTER(shim, &(struct tty_Master_set_locked_reply){0}, set_locked,
			.locked = locked != 0);
	default:	/* TIOCGPTPEER */
		result = POSIX(shim, &peer, Descriptors, open_terminal_peer,
			.master = (int32_t)a[0], .flags = convert_open((uint32_t)a[2]),
			.own_flags = convert_own((uint32_t)a[2]));
		if (result < 0)
			return result;
		cache_opened(shim, &peer.opened, peer.file.raw);
		return peer.opened.descriptor;
	}
}

/* ---- what flows ---- */

static int64_t of_flow(struct shim *shim, uint32_t request, uint64_t at)
{
	static const uint8_t queues[] = { tty_Queue_INPUT, tty_Queue_OUTPUT,
		tty_Queue_INPUT | tty_Queue_OUTPUT };
	struct tty_Terminal_unsent_reply unsent;
	uint8_t character;

	switch (request) {
	case TCFLSH:
		return at > 2 ? -LINUX_EINVAL :
			TERMINAL_DO(shim, flush_queues, .queues = queues[at]);
	case TCXONC:
		return at > 3 ? -LINUX_EINVAL :
			TERMINAL_DO(shim, set_flow, .flow = (tty_Flow)at);
	case TCSBRK:
		return at ? TERMINAL_DO(shim, drain, 0) : TERMINAL_DO(shim, send_break, 0);
	case TCSBRKP: return TERMINAL_DO(shim, send_break, .milliseconds = (uint32_t)at * 100);
	case TIOCSBRK: return TERMINAL_DO(shim, set_break, .on = true);
	case TIOCCBRK: return TERMINAL_DO(shim, set_break, .on = false);
	case TIOCEXCL: return TERMINAL_DO(shim, set_exclusive, .exclusive = true);
	case TIOCNXCL: return TERMINAL_DO(shim, set_exclusive, .exclusive = false);
	case TIOCOUTQ: {
		int64_t result = TERMINAL(shim, &unsent, unsent, 0);

		return put_int(result, at, (int32_t)unsent.bytes);
	}
	default:	/* TIOCSTI */
		return copy_from(&character, at, 1) ? TERMINAL_DO(shim, type_in,
			.characters = { &character, 1 }) : -LINUX_EFAULT;
	}
}

/* Of a terminal; its channel is ready. */
static int64_t of_terminal(struct shim *shim, const uint64_t a[6])
{
	switch ((uint32_t)a[1]) {
	case TCGETS: case TCGETS2: case TCSETS: case TCSETSW: case TCSETSF: case TCSETS2:
	case TCSETSW2: case TCSETSF2:
		return of_settings(shim, (uint32_t)a[1], a[2]);
	case TIOCGWINSZ: return get_window(shim, a[2]);
	case TIOCSWINSZ: return set_window(shim, a[2]);
	case TIOCGPGRP: case TIOCSPGRP: case TIOCGSID: case TIOCSCTTY: case TIOCNOTTY:
		return of_groups(shim, a);
	case TIOCGPTN: case TIOCSPTLCK: case TIOCGPTPEER:
		return of_master(shim, a);
	case TCFLSH: case TCXONC: case TCSBRK: case TCSBRKP: case TIOCSBRK: case TIOCCBRK:
	case TIOCEXCL: case TIOCNXCL: case TIOCOUTQ: case TIOCSTI:
		return of_flow(shim, (uint32_t)a[1], a[2]);
	default:
		return -LINUX_ENOTTY;
	}
}

static int64_t readable(struct shim *shim, uint8_t kind, uint64_t to)
{
	struct fs_File_available_reply reply;
	int64_t result = kind == posix_ObjectKind_DIRECTORY ? -LINUX_ENOTTY :
		FILE_CALL(shim, &reply, available, 0);

	return result == -LINUX_ENOSYS ? -LINUX_ENOTTY : put_int(result, to,
		reply.bytes > INT32_MAX ? INT32_MAX : (int32_t)reply.bytes);
}

/* FIONBIO and FIOASYNC: a flag of the open file. */
static int64_t set_flag(struct shim *shim, const uint64_t a[6], fs_Open flag)
{
	struct posix_Descriptors_status_flags_reply reply;
	int32_t on;
	int64_t result;

	if (!copy_from(&on, a[2], sizeof on))
		return -LINUX_EFAULT;
	result = POSIX(shim, &reply, Descriptors, status_flags, .descriptor = (int32_t)a[0]);
	return result < 0 ? result : POSIX_DO(shim, Descriptors, set_status_flags,
		.descriptor = (int32_t)a[0],
		.flags = on ? reply.flags | flag : reply.flags & ~flag);
}

shim_function terminal_ioctl;

int64_t terminal_ioctl(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result;

	if ((int32_t)a[0] < 0)
		return -LINUX_EBADF;
	switch ((uint32_t)a[1]) {
	case FIOCLEX:
	case FIONCLEX:
		return POSIX_DO(shim, Descriptors, set_descriptor_flags,
			.descriptor = (int32_t)a[0], .flags = (uint32_t)a[1] == FIOCLEX ?
			(uint32_t)posix_DescriptorFlags_CLOSE_ON_EXEC : 0);
	case FIONBIO: return set_flag(shim, a, fs_Open_NON_BLOCKING);
	case FIOASYNC: return set_flag(shim, a, fs_Open_ASYNC);
	}
	result = cache_open(shim, (uint32_t)a[0], &file);
	if (result < 0)
		return result;
	if ((uint32_t)a[1] == FIONREAD)
		result = readable(shim, file.kind, a[2]);
	else if (file.kind == posix_ObjectKind_TERMINAL ||
			file.kind == posix_ObjectKind_TERMINAL_MASTER)
		result = of_terminal(shim, a);
	else
		result = -LINUX_ENOTTY;
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}
