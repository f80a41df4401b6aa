/* What a handle asks of the line itself: its modem lines, breaks, and counts. */
#include "servers/console/terminal.h"

/* Milliseconds. */
#define BREAK 250
#define LONGEST_BREAK 10000

static struct terminal *terminal_of(void *self)
{
	return ((struct file *)self)->terminal;
}

MODEM_OP(modem)
{
	struct tty_Terminal_modem_reply reply = {0};

	(void)request;
	tty_Terminal_modem_answer(to, line_modem(terminal_of(self), &reply.lines), &reply);
}

MODEM_OP(set_modem)
{
	tty_Terminal_set_modem_answer(to,
		line_set_modem(terminal_of(self), request->lines, request->mask),
		&(struct tty_Terminal_set_modem_reply){0});
}

MODEM_OP(wait_modem)
{
	struct waiter *waiter = NULL;

	if (terminal_of(self)->is_hung_up)
		sk_answer_error(to, tty_Error_EIO);
	else
		waiter = wait_begin(self, TO_SEE_MODEM, to);
	if (waiter)
		waiter->mask = request->mask;
}

MODEM_OP(set_break)
{
	tty_Terminal_set_break_answer(to, line_set_break(terminal_of(self), request->on),
		&(struct tty_Terminal_set_break_reply){0});
}

MODEM_OP(send_break)
{
	struct terminal *t = terminal_of(self);
	uint32_t length = request->milliseconds ? request->milliseconds : BREAK;
	int32_t error = length > LONGEST_BREAK ? tty_Error_EINVAL : line_set_break(t, true);
	struct waiter *waiter;

	if (error != 0) {
		sk_answer_error(to, error);
		return;
	}
	waiter = wait_begin(self, TO_END_BREAK, to);
	if (waiter)
		sk_alarm_set(t->os, &waiter->alarm, sk_os_after(t->os, length));
	else
		line_set_break(t, false);
}

MODEM_OP(counts)
{
	struct tty_Terminal_counts_reply reply = {0};

	(void)request;
	tty_Terminal_counts_answer(to, line_counts(terminal_of(self), &reply.counts), &reply);
}
