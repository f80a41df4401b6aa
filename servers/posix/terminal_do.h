/* What terminal_file.c and terminal_session.c have in common: operations of tty.Terminal. */
#ifndef SERVERS_POSIX_TERMINAL_DO_H
#define SERVERS_POSIX_TERMINAL_DO_H

#include "servers/posix/terminal.h"

#define ANSWER(name, ...) \
	tty_Terminal_##name##_answer(to, 0, &(struct tty_Terminal_##name##_reply){__VA_ARGS__})
/* `self` is a struct access, whose file is there. */
#define DO(name) \
	void terminal_do_##name(void *self, const struct tty_Terminal_##name##_request *request, \
		struct sk_reply *to)
#define DO_MASTER(name) \
	void terminal_do_##name(void *self, const struct tty_Master_##name##_request *request, \
		struct sk_reply *to)

static inline struct opening *opening(void *self)
{
	return opening_of(((struct access *)self)->file);
}

static inline struct terminal *terminal_of(void *self)
{
	return opening(self)->terminal;
}

static inline struct process *caller(void *self)
{
	return process_find(((struct access *)self)->process);
}

static inline bool can(void *self, uint32_t capability)
{
	const struct process *process = caller(self);

	return process && process->threads &&
		credentials_can(process->threads->credentials, capability);
}

/* It is over for who was hung up, and was said so. */
static inline bool is_over(void *self, struct sk_reply *to)
{
	if (opening(self)->is_hung_up)
		sk_answer_error(to, posix_Error_EIO);
	return opening(self)->is_hung_up;
}

DO(foreground);
DO(session);
DO(set_foreground);
DO(set_session);
DO(hang_up);
DO(identity);
DO_MASTER(number);
DO_MASTER(set_locked);
DO_MASTER(locked);
DO_MASTER(set_packet_mode);
DO_MASTER(packet_mode);
DO_MASTER(send_signal);
DO(settings);
DO(set_settings);
DO(locked_settings);
DO(lock_settings);
DO(window_size);
DO(set_window_size);
DO(flush_queues);
DO(drain);
DO(set_flow);
DO(set_break);
DO(send_break);
DO(unsent);
DO(type_in);
DO(set_exclusive);
DO(exclusive);
DO(modem);
DO(set_modem);

#endif
