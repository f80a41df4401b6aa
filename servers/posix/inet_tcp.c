/*
 * Connections of TCP: two sockets that know each other. What a segment would bring is done
 * at once: an end (FIN) is a mark at the other side, a reset (RST) an error there. So nothing
 * is on its way when a socket is closed, and nobody has to wait for that (TIME_WAIT).
 */
#include "servers/posix/inet.h"

/* As Linux counts states, and what a segment holds on a link of 65536 bytes. */
enum { ESTABLISHED = 1, FIN_WAIT1 = 4, CLOSED = 7, CLOSE_WAIT = 8, LISTENING = 10 };
#define SEGMENT 65483

static struct inet_socket *peer_of(const struct inet_socket *i)
{
	struct socket *peer = i->socket.peer;

	return peer && !peer->is_dead ? inet_of(peer) : NULL;
}

/* Nothing is left of its connection but what has come. */
static void is_over(struct inet_socket *i)
{
	i->is_over = true;
	i->remote.port = 0;
	socket_name_drop(i->socket.remote);
	i->socket.remote = NULL;
	socket_set_peer(&i->socket, NULL);
}

/* A reset has come. */
static void reset(struct inet_socket *i, int error)
{
	is_over(i);
	i->socket.shut = SOCKET_NEITHER;
	socket_fail(&i->socket, error);
}

/* It says that no more comes from it. */
static void end(struct inet_socket *i)
{
	struct inet_socket *peer = peer_of(i);

	if (i->has_ended || i->is_over)
		return;
	i->has_ended = true;
	if (peer) {
		peer->has_heard = true;
		peer->socket.shut |= SOCKET_NO_READ;
		if (peer->has_ended)
			is_over(peer);
		socket_turned(&peer->socket);
	}
	if (i->has_heard)
		is_over(i);
}

/* ---- connecting ---- */

int inet_listen(struct socket *s, struct thread *thread)
{
	struct inet_socket *i = inet_of(s);
	const int error = s->state == SOCKET_CONNECTED ? (int)posix_Error_EINVAL :
		inet_autobind(i, thread);

	return error ? error : inet_check_port(i);
}

/* What a call of connect() is told at once: below 0 that it is connected. */
int inet_connecting(struct socket *s)
{
	struct inet_socket *i = inet_of(s);
	int error;

	if (s->state == SOCKET_CONNECTING) {
		error = socket_take_error(s);
		s->state = SOCKET_CLOSED;
		s->shut = 0;
		return error ? error : posix_Error_ECONNABORTED;
	}
	if (s->state == SOCKET_CLOSED)
		return 0;
	if (!i->is_untold)
		return posix_Error_EISCONN;
	i->is_untold = false;
	return -1;
}

/* Whoever did not wait is told later what came of it, as if packets took a while. */
int inet_deferred(struct socket *s, int error)
{
	if (error && error != posix_Error_ECONNREFUSED)
		return error;
	if (!error) {
		inet_of(s)->is_untold = true;
	} else {
		s->state = SOCKET_CONNECTING;
		s->shut = SOCKET_NEITHER;
		socket_fail(s, error);
	}
	return posix_Error_EINPROGRESS;
}

int inet_connected(struct socket *s, struct socket *listener, struct socket *made,
	const struct posix_SocketAddress *address)
{
	struct inet_socket *i = inet_of(s), *other = inet_of(made);
	struct inet_address to, own;
	int error = inet_read(s->family->number, address, &to);

	UNUSED(listener);
	if (!error)
		error = inet_route(i, &to);
	if (error)
		return error;
	own = inet_is_any(&i->local) ? inet_source(&to) : i->local;
	own.port = i->local.port;
	if (inet_set_local(i, &own) || inet_set_remote(i, &to) ||
			inet_set_local(other, &to) || inet_set_remote(other, &own))
		return posix_Error_ENOMEM;
	i->has_ended = i->has_heard = i->is_over = false;
	inet_share_port(other);
	return 0;
}

static void unlisten(struct socket *s)
{
	struct socket *other;

	s->state = SOCKET_CLOSED;
	s->shut = 0;
	while ((other = socket_accept(s)) != NULL) {
		socket_close(other);
		socket_drop(other);
	}
	socket_turned(s);
}

void inet_disconnect(struct socket *s)
{
	struct inet_socket *i = inet_of(s), *peer = peer_of(i);

	if (s->state == SOCKET_LISTENS)
		unlisten(s);
	if (peer && !i->is_over)
		reset(peer, posix_Error_ECONNRESET);
	socket_set_peer(s, NULL);
	s->state = SOCKET_CLOSED;
	s->shut = 0;
	s->error = 0;
	socket_purge(s);
	inet_forget_remote(i);
	i->has_ended = i->has_heard = i->is_over = i->is_untold = false;
	socket_turned(s);
}

/* ---- ends ---- */

/* A reset answers it, which is told at the next call: after an end by EPIPE. */
int inet_unheard(struct socket *s)
{
	reset(inet_of(s), posix_Error_EPIPE);
	return 0;
}

/* What was not read, or not accepted, is told the other side by a reset. */
void inet_closed(struct socket *s)
{
	struct inet_socket *i = inet_of(s), *peer = peer_of(i);

	inet_leave_port(i);
	if (s->state != SOCKET_CONNECTED || !peer || i->is_over)
		return;
	if (s->first || s->is_counted || (s->linger.on && s->linger.seconds == 0))
		reset(peer, i->has_ended ? posix_Error_EPIPE : posix_Error_ECONNRESET);
	else
		end(i);
}

int inet_shut_down(struct socket *s, uint8_t how)
{
	struct inet_socket *i = inet_of(s);

	if (s->state == SOCKET_LISTENS) {
		if (how & SOCKET_NO_READ)
			unlisten(s);
		return 0;
	}
	s->shut |= how;
	if (s->state != SOCKET_CONNECTED || i->is_over)
		return posix_Error_ENOTCONN;
	if (how & SOCKET_NO_WRITE)
		end(i);
	return 0;
}

/* ---- what it says of itself ---- */

static uint8_t state_of(const struct inet_socket *i)
{
	if (i->socket.state == SOCKET_LISTENS)
		return LISTENING;
	if (i->socket.state != SOCKET_CONNECTED || i->is_over)
		return CLOSED;
	if (i->has_heard)
		return CLOSE_WAIT;
	return i->has_ended ? FIN_WAIT1 : ESTABLISHED;
}

int inet_info(struct socket *s, struct posix_TcpInfo *info)
{
	*info = (struct posix_TcpInfo){.state = state_of(inet_of(s)),
		.send_segment = SEGMENT, .receive_segment = SEGMENT, .path_mtu = 65536};
	return 0;
}
