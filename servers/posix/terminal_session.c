/* Whose terminal it is: sessions and groups, and what only masters are asked. */
#include "servers/posix/terminal_do.h"

/* ---- sessions ---- */

/* Not the caller's controlling terminal; a master may look all the same. */
static bool is_anothers(void *self, struct sk_reply *to)
{
	const struct process *process = caller(self);

	if (opening(self)->is_master || (process && process->terminal == terminal_of(self)))
		return false;
	sk_answer_error(to, posix_Error_ENOTTY);
	return true;
}

DO(foreground)
{
	UNUSED(request);
	if (!is_over(self, to) && !is_anothers(self, to))
		ANSWER(foreground, terminal_of(self)->foreground);
}

DO(session)
{
	UNUSED(request);
	if (is_over(self, to) || is_anothers(self, to))
		return;
	if (terminal_of(self)->session)
		ANSWER(session, terminal_of(self)->session);
	else
		sk_answer_error(to, posix_Error_ENOTTY);
}

static int set_foreground(const struct process *process, struct terminal *t, int32_t group)
{
	const struct process *member;

	if (group < 0)
		return posix_Error_EINVAL;
	if (process->terminal != t || t->session != process->session)
		return posix_Error_ENOTTY;
	member = job_member(group);
	if (!member)
		return posix_Error_ESRCH;
	if (member->session != process->session)
		return posix_Error_EPERM;
	t->foreground = group;
	return 0;
}

DO(set_foreground)
{
	const struct process *process = caller(self);
	struct terminal *t = terminal_of(self);
	int error = opening(self)->is_hung_up || !process ? posix_Error_ENOTTY :
		job_check(process, t, posix_Signal_TTOU);

	if (error == posix_Error_EIO)
		error = posix_Error_ENOTTY;
	if (!error)
		error = set_foreground(process, t, request->process_group);
	if (error)
		sk_answer_error(to, error);
	else
		ANSWER(set_foreground, 0);
}

DO(set_session)
{
	UNUSED(self);
	UNUSED(request);
	sk_answer_error(to, posix_Error_EPERM);
}

DO(hang_up)
{
	if (!can(self, CAP_SYS_ADMIN)) {
		sk_answer_error(to, posix_Error_EPERM);
		return;
	}
	UNUSED(request);
	ANSWER(hang_up, 0);
	terminal_hang_up(terminal_of(self), false);
}

DO(identity)
{
	struct terminal *t = terminal_of(self);
	char name[PTY_NAME];
	size_t size = is_pty(t) ? pty_name(t, name) : 5;

	UNUSED(request);
	if (!is_pty(t))
		memcpy(name, "ttyS0", 5);
	ANSWER(identity, .name = {name, (uint32_t)size}, .device_major = t->major,
		.device_minor = t->minor);
}

/* ---- masters ---- */

static bool is_no_master(void *self, struct sk_reply *to)
{
	if (!opening(self)->is_master)
		sk_answer_error(to, posix_Error_ENOTTY);
	return !opening(self)->is_master;
}

#define MASTER_ANSWER(name, ...) \
	tty_Master_##name##_answer(to, 0, &(struct tty_Master_##name##_reply){__VA_ARGS__})

DO_MASTER(number)
{
	UNUSED(request);
	if (!is_no_master(self, to))
		MASTER_ANSWER(number, terminal_of(self)->number);
}

DO_MASTER(set_locked)
{
	if (is_no_master(self, to))
		return;
	terminal_of(self)->is_locked = request->locked;
	MASTER_ANSWER(set_locked, 0);
}

DO_MASTER(locked)
{
	UNUSED(request);
	if (!is_no_master(self, to))
		MASTER_ANSWER(locked, terminal_of(self)->is_locked);
}

DO_MASTER(set_packet_mode)
{
	if (is_no_master(self, to))
		return;
	if (request->on && !terminal_of(self)->has_packets)
		terminal_of(self)->packet = 0;
	terminal_of(self)->has_packets = request->on;
	MASTER_ANSWER(set_packet_mode, 0);
}

DO_MASTER(packet_mode)
{
	UNUSED(request);
	if (!is_no_master(self, to))
		MASTER_ANSWER(packet_mode, terminal_of(self)->has_packets);
}

DO_MASTER(send_signal)
{
	const posix_Signal signal = (posix_Signal)request->signal;

	if (is_no_master(self, to))
		return;
	if (signal != posix_Signal_INT && signal != posix_Signal_QUIT &&
			signal != posix_Signal_TSTP) {
		sk_answer_error(to, posix_Error_EINVAL);
		return;
	}
	MASTER_ANSWER(send_signal, 0);
	terminal_signal(terminal_of(self), signal);
}
