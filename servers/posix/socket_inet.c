/* The families of IP: what TCP and UDP have in common, and UDP. */
#include "servers/posix/inet.h"


/* What can be sent at once: a packet's most, without the heads of IP and UDP. */
#define DATAGRAM_MOST 65507

/* ---- where things go ---- */

/* An address of no machine is the loopback. */
int inet_route(const struct inet_socket *i, struct inet_address *to)
{
	const uint16_t port = to->port;
	const bool is_bound = !inet_is_any(&i->local);

	if (inet_is_any(to)) {
		*to = inet_source(to);
		to->port = port;
	}
	if (inet_is_mapped(to) && i->only6)
		return posix_Error_ENETUNREACH;
	if (is_bound && inet_is_mapped(to) != inet_is_mapped(&i->local))
		return inet_is_mapped(to) ? posix_Error_ENETUNREACH : posix_Error_EINVAL;
	if (inet_is_own(to))
		return 0;
	if (inet_is_links(to))
		return posix_Error_EINVAL;
	/* From an address of the loopback's it goes there, where nobody is. */
	return is_bound && inet_is_group(to) && !inet_is_tcp(i) ? 0 : posix_Error_ENETUNREACH;
}

int inet_autobind(struct inet_socket *i, const struct thread *thread)
{
	struct inet_address any = i->local;
	int error;

	if (any.port)
		return 0;
	error = inet_take_port(i, thread, &any);
	return error == posix_Error_EADDRINUSE ? (int)posix_Error_EADDRNOTAVAIL : error;
}

/* ---- beginning ---- */

/* What is found by the number of a family is UDP's table, and a stream has this one. */
static const struct socket_family inet_tcp, inet6_tcp;

static int check(const struct thread *thread, posix_SocketType *type, int32_t *protocol)
{
	const int32_t own = *type == posix_SocketType_STREAM ? PROTOCOL_TCP : PROTOCOL_UDP;

	UNUSED(thread);
	if (*protocol < 0 || *protocol >= 256)
		return posix_Error_EINVAL;
	if (*type != posix_SocketType_STREAM && *type != posix_SocketType_DATAGRAM &&
			*type != posix_SocketType_RAW)
		return posix_Error_ESOCKTNOSUPPORT;
	if (*type == posix_SocketType_RAW)
		return *protocol == 0 ? posix_Error_EPROTONOSUPPORT : posix_Error_EPERM;
	if (*protocol != 0 && *protocol != own)
		return posix_Error_EPROTONOSUPPORT;
	*protocol = own;
	return 0;
}

/* What a connection has of its listener. */
static void inherit(struct socket *s, const struct socket *from)
{
	s->options = from->options;
	s->priority = from->priority;
	s->mark = from->mark;
	s->receive_low_mark = from->receive_low_mark;
	s->linger = from->linger;
	s->receive_timeout = from->receive_timeout;
	s->send_timeout = from->send_timeout;
	s->send_buffer = from->send_buffer;
	s->receive_buffer = from->receive_buffer;
}

static void begin(struct socket *s, const struct socket *listener)
{
	const struct inet_socket *like = (const void *)listener;
	struct inet_socket *i = inet_of(s);
	const bool is6 = s->family->number == posix_AddressFamily_INET6;

	if (s->type == posix_SocketType_STREAM)
		s->family = is6 ? &inet6_tcp : &inet_tcp;
	i->local = inet_any(s->family->number);
	inet_first_settings(i, like);
	if (!listener)
		return;
	i->only6 = like->only6;
	inherit(s, listener);
}

static int may_bind(const struct inet_socket *i, const struct inet_address *a)
{
	if (inet_is_mapped(a) && i->only6)
		return posix_Error_EINVAL;
	if (inet_is_any(a) || inet_is_own(a))
		return 0;
	if (inet_is_links(a))
		return posix_Error_EINVAL;
	if (!inet_is_group(a))
		return posix_Error_EADDRNOTAVAIL;
	return !inet_is_mapped(a) && inet_is_tcp(i) ? posix_Error_EINVAL : 0;
}

static int bind(struct socket *s, struct thread *thread,
	const struct posix_SocketAddress *address)
{
	struct inet_socket *i = inet_of(s);
	struct inet_address a;
	int error = inet_read(s->family->number, address, &a);

	if (!error && i->local.port)
		error = posix_Error_EINVAL;
	if (!error)
		error = may_bind(i, &a);
	if (!error)
		error = inet_take_port(i, thread, &a);
	i->has_address = !error && !inet_is_any(&a);
	i->has_port = i->has_port || (!error && a.port);
	return error;
}

/* ---- datagrams ---- */

static int read_target(const struct inet_socket *i, const struct posix_SocketAddress *address,
	struct inet_address *to)
{
	int error = inet_read(i->socket.family->number, address, to);

	if (!error && to->port == 0 && !inet_is_tcp(i))
		error = posix_Error_EINVAL;
	if (!error && inet_is_broadcast(to) && !inet_is_tcp(i) &&
			!(i->socket.options & SOCKET_BROADCAST))
		error = posix_Error_EACCES;
	return error ? error : inet_route(i, to);
}

static int name(struct socket *s, struct thread *thread, const struct posix_SocketAddress *to)
{
	struct inet_socket *i = inet_of(s);
	struct inet_address target;
	int error = to && to->which != posix_SocketAddress_unspecified ?
		read_target(i, to, &target) : 0;

	return error ? error : inet_autobind(i, thread);
}

static struct inet_address source_of(const struct inet_socket *i,
	const struct inet_address *to)
{
	struct inet_address from = inet_is_any(&i->local) ? inet_source(to) : i->local;

	from.port = i->local.port;
	return from;
}

/* Nobody is there: whom it is connected to, it hears so of later. */
static int find_receiver(struct inet_socket *i, const struct inet_address *to,
	struct socket **found)
{
	const struct inet_address from = source_of(i, to);
	struct inet_socket *receiver = inet_receiver(to, &from);

	*found = receiver ? &receiver->socket : NULL;
	if (!receiver && inet_is_own(to) && i->remote.port == to->port &&
			inet_equal(&i->remote, to))
		socket_fail(&i->socket, posix_Error_ECONNREFUSED);
	return 0;
}

static int find_listener(struct inet_socket *i, const struct inet_address *to,
	struct socket **found)
{
	const struct inet_address from = source_of(i, to);
	struct inet_socket *listener = inet_listener(to, &from);

	if (inet_is_connected(i, &from, to))
		return posix_Error_EADDRNOTAVAIL;
	*found = listener ? &listener->socket : NULL;
	return listener ? 0 : posix_Error_ECONNREFUSED;
}

static int find(struct socket *s, struct thread *thread,
	const struct posix_SocketAddress *address, struct socket **found)
{
	struct inet_socket *i = inet_of(s);
	struct inet_address to;
	int error;

	*found = NULL;
	if (address->which == posix_SocketAddress_unspecified && !inet_is_tcp(i))
		return 0;
	error = read_target(i, address, &to);
	if (!error)
		error = inet_autobind(i, thread);
	if (error)
		return error;
	return inet_is_tcp(i) ? find_listener(i, &to, found) : find_receiver(i, &to, found);
}

/* Of a datagram: as its receiver's family shows it. */
static struct socket_name *from(struct socket *s, const struct socket *receiver,
	const struct posix_SocketAddress *address)
{
	const struct inet_socket *i = inet_of(s);
	struct inet_address to = i->remote;

	if (address && inet_read(s->family->number, address, &to) == 0)
		(void)inet_route(i, &to);
	to = source_of(i, &to);
	return inet_name(receiver->family->number, &to);
}

/* It is connected from an address that packets to there come from, until it is no more. Who
 * is there is looked for at each datagram. */
static int associate(struct socket *s, struct socket *other,
	const struct posix_SocketAddress *address)
{
	struct inet_socket *i = inet_of(s);
	struct inet_address to, own;
	int error;

	UNUSED(other);
	if (address->which == posix_SocketAddress_unspecified) {
		inet_forget_remote(i);
		if (!i->has_port) {
			inet_leave_port(i);
			own = i->local;
			own.port = 0;
			return inet_set_local(i, &own);
		}
		return 0;
	}
	error = read_target(i, address, &to);
	if (error)
		return error;
	own = source_of(i, &to);
	error = inet_set_remote(i, &to);
	s->error = 0;
	return error ? error : inet_set_local(i, &own);
}

static void closed(struct socket *s)
{
	inet_leave_port(inet_of(s));
}

static int shut_down(struct socket *s, uint8_t how)
{
	s->shut |= how;
	return inet_of(s)->remote.port ? 0 : posix_Error_ENOTCONN;
}

/* ---- the tables ---- */

#define OF_BOTH .size = sizeof(struct inet_socket), .errors_first = true, \
	.check = check, .begin = begin, .bind = bind, .name = name, .find = find, .set_option = inet_set_option, \
	.option = inet_option
#define OF_UDP OF_BOTH, .loses = true, .most = DATAGRAM_MOST, \
	.send_unconnected = posix_Error_EDESTADDRREQ, .associate = associate, \
	.from = from, .closed = closed, .shut_down = shut_down
#define OF_TCP OF_BOTH, .ignores_names = true, .hears_on = true, .listen = inet_listen, \
	.connecting = inet_connecting, .connected = inet_connected, \
	.deferred = inet_deferred, .disconnect = inet_disconnect, \
	.send_unconnected = posix_Error_EPIPE, .receive_unconnected = posix_Error_ENOTCONN, \
	.unheard = inet_unheard, .closed = inet_closed, .shut_down = inet_shut_down, \
	.info = inet_info

#define TABLES(udp, tcp, family, which_) \
	const struct socket_family udp = {.number = posix_AddressFamily_##family, \
		.unnamed = {.which = posix_SocketAddress_##which_}, OF_UDP}; \
	static const struct socket_family tcp = {.number = posix_AddressFamily_##family, \
		.unnamed = {.which = posix_SocketAddress_##which_}, OF_TCP}

TABLES(socket_inet, inet_tcp, INET, inet);
TABLES(socket_inet6, inet6_tcp, INET6, inet6);
