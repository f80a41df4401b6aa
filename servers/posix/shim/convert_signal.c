/* Signals, terminals and sets of descriptors: Linux's structs from and to the protocols'. */
#include "servers/posix/shim/convert.h"

#include "runtime/env.h"

/* ---- signals ---- */

void convert_siginfo(const struct posix_SignalInfo *info, struct linux_siginfo *to)
{
	const struct posix_SignalCause *cause = &info->cause;

	memset(to, 0, sizeof *to);
	to->si_signo = info->signal;
	to->si_errno = info->error_number;
	to->si_code = info->code;
	switch (cause->which) {
	case posix_SignalCause_sent:
		to->as.sent.pid = cause->as.sent.process;
		to->as.sent.uid = cause->as.sent.user;
		to->as.sent.value = cause->as.sent.value;
		break;
	case posix_SignalCause_timer:
		to->as.timer.timer = cause->as.timer.timer;
		to->as.timer.overrun = (int32_t)cause->as.timer.overrun;
		to->as.timer.value = cause->as.timer.value;
		break;
	case posix_SignalCause_child:
		to->as.child.pid = cause->as.child.process;
		to->as.child.uid = cause->as.child.user;
		to->as.child.status = cause->as.child.status;
		to->as.child.utime = (int64_t)(cause->as.child.user_time / (SECOND / LINUX_TICKS));
		to->as.child.stime = (int64_t)(cause->as.child.system_time / (SECOND / LINUX_TICKS));
		break;
	case posix_SignalCause_fault:
		to->as.fault.address = cause->as.fault.address;
		to->as.fault.lowest_bit = (int16_t)cause->as.fault.lowest_bit;
		to->as.fault.key = cause->as.fault.key;
		break;
	case posix_SignalCause_ready:
		to->as.ready.band = cause->as.ready.band;
		to->as.ready.fd = cause->as.ready.descriptor;
		break;
	case posix_SignalCause_call:
		to->as.call.at = cause->as.call.at;
		to->as.call.number = cause->as.call.number;
		to->as.call.architecture = cause->as.call.architecture;
		break;
	}
}

void convert_signal_read(const struct posix_SignalInfo *info, struct linux_signalfd_siginfo *to)
{
	struct linux_siginfo from;

	convert_siginfo(info, &from);
	memset(to, 0, sizeof *to);
	to->ssi_signo = (uint32_t)from.si_signo;
	to->ssi_errno = from.si_errno;
	to->ssi_code = from.si_code;
	switch (info->cause.which) {
	case posix_SignalCause_sent:
		to->ssi_pid = (uint32_t)from.as.sent.pid;
		to->ssi_uid = from.as.sent.uid;
		to->ssi_int = (int32_t)from.as.sent.value;
		to->ssi_ptr = from.as.sent.value;
		break;
	case posix_SignalCause_timer:
		to->ssi_tid = (uint32_t)from.as.timer.timer;
		to->ssi_overrun = (uint32_t)from.as.timer.overrun;
		to->ssi_int = (int32_t)from.as.timer.value;
		to->ssi_ptr = from.as.timer.value;
		break;
	case posix_SignalCause_child:
		to->ssi_pid = (uint32_t)from.as.child.pid;
		to->ssi_uid = from.as.child.uid;
		to->ssi_status = from.as.child.status;
		to->ssi_utime = (uint64_t)from.as.child.utime;
		to->ssi_stime = (uint64_t)from.as.child.stime;
		break;
	case posix_SignalCause_fault:
		to->ssi_addr = from.as.fault.address;
		to->ssi_addr_lsb = (uint16_t)from.as.fault.lowest_bit;
		break;
	case posix_SignalCause_ready:
		to->ssi_band = (uint32_t)from.as.ready.band;
		to->ssi_fd = from.as.ready.fd;
		break;
	case posix_SignalCause_call:
		to->ssi_call_addr = from.as.call.at;
		to->ssi_syscall = from.as.call.number;
		to->ssi_arch = from.as.call.architecture;
		break;
	}
}

void convert_siginfo_back(const struct linux_siginfo *from, struct posix_SignalInfo *to)
{
	posix_SignalInfo_init(to);
	to->signal = from->si_signo;
	to->code = from->si_code;
	to->error_number = from->si_errno;
	to->cause.which = posix_SignalCause_sent;
	to->cause.as.sent.process = from->as.sent.pid;
	to->cause.as.sent.user = from->as.sent.uid;
	to->cause.as.sent.value = from->as.sent.value;
}

void convert_action(const struct linux_sigaction *from, struct posix_Action *to)
{
	*to = (struct posix_Action){
		.handler = from->handler,
		.restorer = from->restorer,
		.mask = from->mask,
		.flags = (posix_ActionFlags)from->flags,
	};
}

void convert_action_back(const struct posix_Action *from, struct linux_sigaction *to)
{
	*to = (struct linux_sigaction){ from->handler, from->flags, from->restorer, from->mask };
}

/* ---- terminals ---- */

/* By the number in c_cflag, less CBAUDEX. */
static const uint32_t speeds[] = { 0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400,
	4800, 9600, 19200, 38400 };
static const uint32_t fast_speeds[] = { 0, 57600, 115200, 230400, 460800, 500000, 576000,
	921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000 };

static uint32_t speed_flag(uint32_t speed)
{
	for (uint32_t i = 0; i < 16; i++)
		if (speeds[i] == speed)
			return i;
	for (uint32_t i = 1; i < 16; i++)
		if (fast_speeds[i] == speed)
			return LINUX_BOTHER | i;
	return LINUX_BOTHER;
}

static uint32_t speed_of(uint32_t flag, uint32_t other)
{
	if (flag == LINUX_BOTHER)
		return other;
	return flag & LINUX_BOTHER ? fast_speeds[flag & 15] : speeds[flag & 15];
}

void convert_settings(const struct tty_Settings *from, struct linux_termios2 *to)
{
	uint32_t input = from->input_speed ? from->input_speed : from->output_speed;
	uint32_t flag = speed_flag(from->output_speed);

	memset(to, 0, sizeof *to);
	to->old.c_iflag = from->input;
	to->old.c_oflag = from->output;
	to->old.c_cflag = from->control | flag;
	if (input != from->output_speed)
		to->old.c_cflag |= speed_flag(input) << LINUX_CIBAUD_SHIFT;
	to->old.c_lflag = from->local;
	to->old.c_line = from->discipline;
	memcpy(to->old.c_cc, from->characters, sizeof to->old.c_cc);
	to->c_ispeed = input;
	to->c_ospeed = from->output_speed;
}

void convert_speeds(struct linux_termios2 *termios)
{
	uint32_t flags = termios->old.c_cflag;
	uint32_t input = flags >> LINUX_CIBAUD_SHIFT & LINUX_CBAUD;

	termios->c_ospeed = speed_of(flags & LINUX_CBAUD, termios->c_ospeed);
	termios->c_ispeed = input ? speed_of(input, termios->c_ispeed) : termios->c_ospeed;
}

void convert_settings_back(const struct linux_termios2 *from, struct tty_Settings *to)
{
	struct linux_termios2 with = *from;

	convert_speeds(&with);
	memset(to, 0, sizeof *to);
	to->input = from->old.c_iflag;
	to->output = from->old.c_oflag;
	to->control = from->old.c_cflag &
		~(LINUX_CBAUD | LINUX_CBAUD << LINUX_CIBAUD_SHIFT);
	to->local = from->old.c_lflag;
	to->discipline = from->old.c_line;
	memcpy(to->characters, from->old.c_cc, sizeof to->characters);
	to->input_speed = with.c_ispeed;
	to->output_speed = with.c_ospeed;
}

/* ---- waiting ---- */

/* What select() means by its sets, and which events are in each when it is through. */
enum {
	WANT_IN = LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLRDBAND,
	WANT_OUT = LINUX_POLLOUT | LINUX_POLLWRNORM | LINUX_POLLWRBAND,
	IS_IN = WANT_IN | LINUX_POLLHUP | LINUX_POLLERR,
	IS_OUT = WANT_OUT | LINUX_POLLERR
};

static bool has(const uint64_t *set, uint32_t bit)
{
	return set && set[bit / 64] >> bit % 64 & 1;
}

uint32_t convert_select(const uint64_t *in, const uint64_t *out, const uint64_t *except,
	uint32_t count, struct posix_PollItem *items)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t wanted = (has(in, i) ? WANT_IN : 0u) | (has(out, i) ? WANT_OUT : 0u) |
			(has(except, i) ? (uint32_t)LINUX_POLLPRI : 0u);

		if (wanted)
			items[used++] = (struct posix_PollItem){ .descriptor = (int32_t)i,
				.wanted = (uint16_t)wanted };
	}
	return used;
}

static void clear(uint64_t *set, uint32_t words)
{
	if (set)
		memset(set, 0, (size_t)words * 8);
}

static int64_t put_bit(uint64_t *set, uint32_t bit, bool is)
{
	if (!set || !is)
		return 0;
	set[bit / 64] |= UINT64_C(1) << bit % 64;
	return 1;
}

int64_t convert_select_back(const struct posix_PollItem *items, uint32_t count, uint64_t *in,
	uint64_t *out, uint64_t *except, uint32_t words)
{
	int64_t bits = 0;

	for (uint32_t i = 0; i < count; i++)
		if (items[i].ready & LINUX_POLLNVAL)
			return -LINUX_EBADF;
	clear(in, words);
	clear(out, words);
	clear(except, words);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t bit = (uint32_t)items[i].descriptor;
		uint32_t ready = items[i].ready, wanted = items[i].wanted;

		bits += put_bit(in, bit, wanted & LINUX_POLLIN && ready & IS_IN);
		bits += put_bit(out, bit, wanted & LINUX_POLLOUT && ready & IS_OUT);
		bits += put_bit(except, bit, wanted & LINUX_POLLPRI && ready & LINUX_POLLPRI);
	}
	return bits;
}
