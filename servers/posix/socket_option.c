/* Options of sockets: those of SOL_SOCKET, the same for all. Others are the family's. */
#include "servers/posix/socket.h"

/* Of levels of families. */
#define FIRST_OTHER 64
#define LEAST_SENT 4608
#define LEAST_RECEIVED 2304

/* Those that are on or off: X(name, bit). */
#define SWITCHES(X) \
	X(debug, DEBUG) X(reuse_address, REUSE_ADDRESS) X(dont_route, DONT_ROUTE) \
	X(broadcast, BROADCAST) X(keep_alive, KEEP_ALIVE) X(out_of_band_inline, OOB_INLINE) \
	X(reuse_port, REUSE_PORT) X(pass_credentials, PASS_CREDENTIALS) \
	X(timestamps, TIMESTAMPS) X(zero_copy, ZERO_COPY) \
	X(report_dropped, REPORT_DROPPED) X(pass_security, PASS_SECURITY)
/* Those that are a number: X(name, member). */
#define NUMBERS(X) \
	X(priority, priority) X(mark, mark) X(busy_poll, busy_poll) X(linger, linger) \
	X(receive_timeout, receive_timeout) X(send_timeout, send_timeout) \
	X(receive_low_mark, receive_low_mark) X(peek_offset, peek_offset)

/* As much again counts for what a message has besides its bytes. */
static uint32_t buffer(uint32_t size, uint32_t least, bool is_forced)
{
	const uint32_t most = is_forced ? INT32_MAX / 2 : SOCKET_BUFFER_MOST;

	size = (size < most ? size : most) * 2;
	return size < least ? least : size;
}

static int set_buffer(struct socket *s, struct thread *thread,
	const struct posix_SocketOption *option)
{
	switch (option->which) {
	case posix_SocketOption_send_buffer:
		s->send_buffer = buffer(option->as.send_buffer, LEAST_SENT, false);
		break;
	case posix_SocketOption_receive_buffer:
		s->receive_buffer = buffer(option->as.receive_buffer, LEAST_RECEIVED, false);
		break;
	default:
		if (!credentials_can(thread->credentials, CAP_NET_ADMIN))
			return posix_Error_EPERM;
		if (option->which == posix_SocketOption_send_buffer_force)
			s->send_buffer = buffer(option->as.send_buffer_force, LEAST_SENT,
				true);
		else
			s->receive_buffer = buffer(option->as.receive_buffer_force,
				LEAST_RECEIVED, true);
	}
	socket_changed(s);
	return 0;
}

static int check(const struct socket *s, const struct thread *thread,
	const struct posix_SocketOption *option)
{
	switch (option->which) {
	case posix_SocketOption_debug:
		return option->as.debug && !credentials_can(thread->credentials, CAP_NET_ADMIN) ?
			posix_Error_EACCES : 0;
	case posix_SocketOption_mark:
		return credentials_can(thread->credentials, CAP_NET_ADMIN) ? 0 :
			posix_Error_EPERM;
	case posix_SocketOption_priority:
		return option->as.priority > 6 && !credentials_can(thread->credentials,
			CAP_NET_ADMIN) ? posix_Error_EPERM : 0;
	case posix_SocketOption_peek_offset:
		return s->family->passes ? 0 : posix_Error_EOPNOTSUPP;
	case posix_SocketOption_reuse_port:
	case posix_SocketOption_zero_copy:
		return s->family->passes ? posix_Error_EOPNOTSUPP : 0;
	case posix_SocketOption_busy_poll:
		return (int32_t)option->as.busy_poll < 0 ? posix_Error_EINVAL : 0;
	default:
		return 0;
	}
}

static void switch_to(struct socket *s, uint32_t bit, bool on)
{
	s->options = on ? s->options | bit : s->options & ~bit;
}

static int set(struct socket *s, struct thread *thread, const struct posix_SocketOption *option)
{
	int error = check(s, thread, option);

	if (error)
		return error;
	switch (option->which) {
#define X(name, bit) case posix_SocketOption_##name: \
		switch_to(s, SOCKET_##bit, option->as.name); \
		return 0;
	SWITCHES(X)
#undef X
#define X(name, member) case posix_SocketOption_##name: \
		s->member = option->as.name; \
		return 0;
	NUMBERS(X)
#undef X
	case posix_SocketOption_send_buffer: case posix_SocketOption_receive_buffer:
	case posix_SocketOption_send_buffer_force: case posix_SocketOption_receive_buffer_force:
		return set_buffer(s, thread, option);
	default:
		return s->family->set_option ? s->family->set_option(s, thread, option) :
			option->which < FIRST_OTHER ? (int)posix_Error_ENOPROTOOPT :
			(int)posix_Error_EOPNOTSUPP;
	}
}

void socket_set_option(void *self, const struct posix_Socket_set_option_request *r,
	struct sk_reply *to)
{
	struct socket *s = socket_of(((struct access *)self)->file);
	struct thread *thread = socket_thread(self);

	posix_Socket_set_option_answer(to, thread ? set(s, thread, &r->option) :
		(int)posix_Error_ESRCH, &(struct posix_Socket_set_option_reply){0});
}

static int get(struct socket *s, struct posix_SocketOption *option)
{
	switch (option->which) {
#define X(name, bit) case posix_SocketOption_##name: \
		option->as.name = (s->options & SOCKET_##bit) != 0; \
		return 0;
	SWITCHES(X)
#undef X
#define X(name, member) case posix_SocketOption_##name: \
		option->as.name = s->member; \
		return 0;
	NUMBERS(X)
	X(socket_type, type) X(protocol, protocol) X(family, family->number)
	X(send_buffer, send_buffer) X(receive_buffer, receive_buffer)
#undef X
	case posix_SocketOption_pending_error:
		option->as.pending_error = socket_take_error(s);
		return 0;
	case posix_SocketOption_accepts:
		option->as.accepts = s->state == SOCKET_LISTENS;
		return 0;
	case posix_SocketOption_cookie:
		option->as.cookie = s->file ? s->file->number : 0;
		return 0;
	default:
		return s->family->option ? s->family->option(s, option) :
			option->which < FIRST_OTHER ? (int)posix_Error_ENOPROTOOPT :
			(int)posix_Error_EOPNOTSUPP;
	}
}

void socket_option(void *self, const struct posix_Socket_option_request *r,
	struct sk_reply *to)
{
	struct socket *s = socket_of(((struct access *)self)->file);
	struct posix_Socket_option_reply reply = {.option = {.which = r->number}};

	posix_Socket_option_answer(to, get(s, &reply.option), &reply);
}
