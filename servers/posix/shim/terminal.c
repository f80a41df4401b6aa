/* ioctl: terminals, and the few requests that all files have. */
#include "runtime/env.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/inet.h"
#include "servers/posix/shim/with_file.h"
#include "tty.skald.h"

enum {
	TCGETS = 0x5401, TCSETS, TCSETSW, TCSETSF, TCGETA, TCSETA, TCSETAW, TCSETAF, TCSBRK,
	TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL, TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCSTI,
	TIOCGWINSZ, TIOCSWINSZ, TIOCMGET, TIOCMBIS, TIOCMBIC, TIOCMSET,
	FIONREAD = 0x541b, TIOCPKT = 0x5420, FIONBIO, TIOCNOTTY, TIOCSETD, TIOCGETD,
	TCSBRKP, TIOCSBRK = 0x5427, TIOCCBRK, TIOCGSID, TIOCVHANGUP = 0x5437,
	TIOCGPTPEER = 0x5441, FIONCLEX = 0x5450, FIOCLEX, FIOASYNC,
	TIOCGLCKTRMIOS = 0x5456, TIOCSLCKTRMIOS, SIOCATMARK = 0x8905
};
enum { TCSETS2 = 0x402c542b, TCSETSW2, TCSETSF2, TIOCSPTLCK = 0x40045431,
	TIOCSIG = 0x40045436 };
#define TCGETS2 0x802c542a
#define TIOCGPTN 0x80045430
#define TIOCGDEV 0x80045432
#define TIOCGPKT 0x80045438
#define TIOCGPTLCK 0x80045439
#define TIOCGEXCL 0x80045440

/* struct termio, the one before termios. */
struct termio {
	uint16_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[8];
};

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

/* Its flags are the lower halves of those of now. */
static int64_t get_termio(struct shim *shim, uint64_t to)
{
	struct tty_Terminal_settings_reply reply;
	struct linux_termios2 now;
	struct termio old = {0};
	int64_t result = TERMINAL(shim, &reply, settings, 0);

	if (result < 0)
		return result;
	convert_settings(&reply.settings, &now);
	old.c_iflag = (uint16_t)now.old.c_iflag;
	old.c_oflag = (uint16_t)now.old.c_oflag;
	old.c_cflag = (uint16_t)now.old.c_cflag;
	old.c_lflag = (uint16_t)now.old.c_lflag;
	old.c_line = now.old.c_line;
	memcpy(old.c_cc, now.old.c_cc, sizeof old.c_cc);
	return copy_to(to, &old, sizeof old) ? 0 : -LINUX_EFAULT;
}

static int64_t set_termio(struct shim *shim, uint64_t from, tty_When when)
{
	const uint32_t upper = 0xffff0000;
	struct tty_Terminal_settings_reply reply;
	struct linux_termios2 now;
	struct tty_Settings settings;
	struct termio old;
	int64_t result = TERMINAL(shim, &reply, settings, 0);

	if (result < 0)
		return result;
	if (!copy_from(&old, from, sizeof old))
		return -LINUX_EFAULT;
	convert_settings(&reply.settings, &now);
	now.old.c_iflag = (now.old.c_iflag & upper) | old.c_iflag;
	now.old.c_oflag = (now.old.c_oflag & upper) | old.c_oflag;
	now.old.c_cflag = (now.old.c_cflag & upper) | old.c_cflag;
	now.old.c_lflag = (now.old.c_lflag & upper) | old.c_lflag;
	now.old.c_line = old.c_line;
	memcpy(now.old.c_cc, old.c_cc, sizeof old.c_cc);
	convert_settings_back(&now, &settings);
	return TERMINAL_DO(shim, set_settings, .when = when, .settings = settings);
}

/* Which settings are locked; a struct termios as well. */
static int64_t of_locks(struct shim *shim, bool set, uint64_t at)
{
	struct tty_Terminal_locked_settings_reply reply;
	struct linux_termios2 termios = {0};
	struct tty_Settings locked;
	int64_t result;

	if (set) {
		if (!copy_from(&termios, at, sizeof termios.old))
			return -LINUX_EFAULT;
		convert_settings_back(&termios, &locked);
		return TERMINAL_DO(shim, lock_settings, .locked = locked);
	}
	result = TERMINAL(shim, &reply, locked_settings, 0);
	if (result < 0)
		return result;
	convert_settings(&reply.locked, &termios);
	return copy_to(at, &termios, sizeof termios.old) ? 0 : -LINUX_EFAULT;
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
	case TCGETA: return get_termio(shim, at);
	case TCSETA: return set_termio(shim, at, tty_When_NOW);
	case TCSETAW: return set_termio(shim, at, tty_When_DRAINED);
	case TCSETAF: return set_termio(shim, at, tty_When_FLUSHED);
	default: return of_locks(shim, request == TIOCSLCKTRMIOS, at);
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

/* TIOCGPTPEER */
static int64_t open_peer(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_open_terminal_peer_reply peer;
	int64_t result = POSIX(shim, &peer, Descriptors, open_terminal_peer,
		.master = (int32_t)a[0], .flags = convert_open((uint32_t)a[2]),
		.own_flags = convert_own((uint32_t)a[2]));

	if (result < 0)
		return result;
	cache_opened(shim, &peer.opened, peer.file.raw);
	return peer.opened.descriptor;
}

/* What a master is told. */
static int64_t set_of_master(struct shim *shim, uint32_t request, uint64_t at)
{
	int32_t value = (int32_t)at;

	if (request == TIOCSIG)
		return MASTER(shim, &(struct tty_Master_send_signal_reply){0}, send_signal,
			.signal = (tty_Signal)value);
	if (!copy_from(&value, at, sizeof value))
		return -LINUX_EFAULT;
	if (request == TIOCPKT)
		return MASTER(shim, &(struct tty_Master_set_packet_mode_reply){0},
			set_packet_mode, .on = value != 0);
	return MASTER(shim, &(struct tty_Master_set_locked_reply){0}, set_locked,
		.locked = value != 0);
}

/* What it says. */
static int64_t of_master(struct shim *shim, uint32_t request, uint64_t at)
{
	struct tty_Master_packet_mode_reply packets;
	struct tty_Master_number_reply number;
	struct tty_Master_locked_reply locked;
	int64_t result;

	switch (request) {
	case TIOCGPTN:
		result = MASTER(shim, &number, number, 0);
		return put_int(result, at, (int32_t)number.number);
	case TIOCGPKT:
		result = MASTER(shim, &packets, packet_mode, 0);
		return put_int(result, at, packets.on);
	case TIOCGPTLCK:
		result = MASTER(shim, &locked, locked, 0);
		return put_int(result, at, locked.locked);
	default:
		return set_of_master(shim, request, at);
	}
}

/* ---- modem lines, and what else there is ---- */

static int64_t of_modem(struct shim *shim, uint32_t request, uint64_t at)
{
	struct tty_Terminal_modem_reply reply;
	int32_t lines;
	int64_t result;

	if (request == TIOCMGET) {
		result = TERMINAL(shim, &reply, modem, 0);
		return put_int(result, at, (int32_t)reply.lines);
	}
	if (!copy_from(&lines, at, sizeof lines))
		return -LINUX_EFAULT;
	return TERMINAL_DO(shim, set_modem,
		.lines = request == TIOCMBIC ? 0 : (tty_Modem)lines,
		.mask = request == TIOCMSET ? (tty_Modem)~0u : (tty_Modem)lines);
}

static int64_t of_itself(struct shim *shim, uint32_t request, uint64_t at)
{
	struct tty_Terminal_exclusive_reply exclusive;
	struct tty_Terminal_identity_reply identity;
	int32_t value;
	int64_t result;

	switch (request) {
	case TIOCGEXCL:
		result = TERMINAL(shim, &exclusive, exclusive, 0);
		return put_int(result, at, exclusive.exclusive);
	case TIOCGDEV:
		result = TERMINAL(shim, &identity, identity, 0);
		return put_int(result, at, (int32_t)(identity.device_major << 8 |
			identity.device_minor));
	case TIOCGETD:
		return put_int(0, at, 0);
	case TIOCSETD:
		if (!copy_from(&value, at, sizeof value))
			return -LINUX_EFAULT;
		return value == 0 ? 0 : -LINUX_EINVAL;
	default:	/* TIOCVHANGUP */
		return TERMINAL_DO(shim, hang_up, 0);
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
	case TCSETSW2: case TCSETSF2: case TCGETA: case TCSETA: case TCSETAW: case TCSETAF:
	case TIOCGLCKTRMIOS: case TIOCSLCKTRMIOS:
		return of_settings(shim, (uint32_t)a[1], a[2]);
	case TIOCGWINSZ: return get_window(shim, a[2]);
	case TIOCSWINSZ: return set_window(shim, a[2]);
	case TIOCGPGRP: case TIOCSPGRP: case TIOCGSID: case TIOCSCTTY: case TIOCNOTTY:
		return of_groups(shim, a);
	case TIOCGPTPEER: return open_peer(shim, a);
	case TIOCGPTN: case TIOCSPTLCK: case TIOCPKT: case TIOCGPKT: case TIOCGPTLCK:
	case TIOCSIG:
		return of_master(shim, (uint32_t)a[1], a[2]);
	case TIOCMGET: case TIOCMSET: case TIOCMBIS: case TIOCMBIC:
		return of_modem(shim, (uint32_t)a[1], a[2]);
	case TIOCGEXCL: case TIOCGDEV: case TIOCGETD: case TIOCSETD: case TIOCVHANGUP:
		return of_itself(shim, (uint32_t)a[1], a[2]);
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

/* SIOCOUTQ, which has the number of TIOCOUTQ. */
static int64_t unsent(struct shim *shim, uint64_t to)
{
	struct posix_Socket_unsent_reply reply;
	int64_t result = shim_file_result(shim, posix_Socket_unsent(&shim->file.channel,
		&(const struct posix_Socket_unsent_request){0}, &reply, NULL));

	return put_int(result, to, result < 0 ? 0 : (int32_t)reply.bytes);
}

static int64_t at_mark(struct shim *shim, uint64_t to)
{
	struct posix_Socket_at_mark_reply reply;
	int64_t result = shim_file_result(shim, posix_Socket_at_mark(&shim->file.channel,
		&(const struct posix_Socket_at_mark_request){0}, &reply, NULL));

	return put_int(result, to, result < 0 ? 0 : reply.at_mark);
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
	else if (file.kind == posix_ObjectKind_SOCKET && (uint32_t)a[1] == TIOCOUTQ)
		result = unsent(shim, a[2]);
	else if (file.kind == posix_ObjectKind_SOCKET && (uint32_t)a[1] == SIOCATMARK)
		result = at_mark(shim, a[2]);
	else if (file.kind == posix_ObjectKind_SOCKET)
		result = link_ioctl(shim, (uint32_t)a[1], a[2]);
	else
		result = -LINUX_ENOTTY;
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

shim_function terminal_vhangup;

int64_t terminal_vhangup(struct shim *shim, const uint64_t a[6])
{
	(void)a;
	return POSIX_DO(shim, Descriptors, hang_up_terminal, 0);
}
