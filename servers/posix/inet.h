/*
 * Sockets of IP. There is no link but the loopback, so there are no packets: a connection is
 * two sockets here that know each other, and a datagram goes from one queue's end to
 * another's. What programs see is Linux with only `lo` up: 127.0.0.0/8 and ::1 are this
 * machine, nothing else can be reached.
 *
 *	inet_address.c		addresses, and which are this machine's
 *	inet_port.c		who has which port, and who is found there
 *	socket_inet.c		the families' tables: what both protocols have in common
 *	inet_tcp.c		connections
 *	inet_option.c		options of IP and TCP
 */
#ifndef SERVERS_POSIX_INET_H
#define SERVERS_POSIX_INET_H

#include "servers/posix/socket.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define INET_SETTINGS 48
/* Ports that are given to who asks for none (ip_local_port_range), and those that need
 * CAP_NET_BIND_SERVICE. */
#define PORT_FIRST 32768
#define PORT_LAST 60999
#define PORT_COMMON 1024

/* Those of AF_INET as AF_INET6 has them, ::ffff:1.2.3.4. `port` is an ordinary number. */
struct inet_address {
	uint8_t bytes[16];
	uint16_t port;
};

struct inet_socket {
	struct socket socket;
	struct inet_address local, remote;	/* port 0: none */
	struct inet_socket *next, **link;	/* of its port's bucket; link NULL: none */
	bool has_address, has_port;		/* bind() gave it those: they stay */
	bool only6;
	bool is_untold;				/* connected without waiting; connect() says so */
	/* Of TCP: it has said that no more comes, and heard it; no connection is left. */
	bool has_ended, has_heard, is_over;
	uint32_t settings[INET_SETTINGS];	/* inet_option.c */
};

static inline struct inet_socket *inet_of(struct socket *s)
{
	return (struct inet_socket *)(void *)s;
}

static inline bool inet_is_tcp(const struct inet_socket *i)
{
	return i->socket.type == posix_SocketType_STREAM;
}

/* ---- inet_address.c ---- */

bool inet_is_mapped(const struct inet_address *a);
/* 0.0.0.0 or ::. */
bool inet_is_any(const struct inet_address *a);
/* A group's, or 255.255.255.255. */
bool inet_is_group(const struct inet_address *a);
bool inet_is_broadcast(const struct inet_address *a);
/* One of another link's, which holds there only (fe80::). */
bool inet_is_links(const struct inet_address *a);
/* One of this machine's own. */
bool inet_is_own(const struct inet_address *a);
bool inet_equal(const struct inet_address *a, const struct inet_address *b);
struct inet_address inet_any(posix_AddressFamily family);
/* 127.0.0.1 or ::1: whom packets to it come from. */
struct inet_address inet_source(const struct inet_address *to);
/* An address as a socket of this family takes it. EAFNOSUPPORT, EINVAL. */
int inet_read(posix_AddressFamily family, const struct posix_SocketAddress *from,
	struct inet_address *to);
/* As a socket of this family shows it. */
struct posix_SocketAddress inet_show(posix_AddressFamily family, const struct inet_address *a);
/* A new name of it; NULL: no memory. */
struct socket_name *inet_name(posix_AddressFamily family, const struct inet_address *a);
/* The names that others see, of `local` and `remote`. ENOMEM. */
int inet_set_local(struct inet_socket *i, const struct inet_address *a);
int inet_set_remote(struct inet_socket *i, const struct inet_address *a);
/* It is connected to nobody, and has the address that bind() gave it, or none. */
void inet_forget_remote(struct inet_socket *i);

/* ---- inet_port.c ---- */

/* It gets this address and its port, or one that is free. EADDRINUSE, EACCES, ENOMEM. */
int inet_take_port(struct inet_socket *i, const struct thread *thread,
	const struct inet_address *a);
/* Before it listens: whether it may have its port alone. EADDRINUSE. */
int inet_check_port(const struct inet_socket *i);
/* One that was made by a connection to a listener has that one's port too. */
void inet_share_port(struct inet_socket *i);
void inet_leave_port(struct inet_socket *i);
/* Who listens there, or gets datagrams that come from there. NULL. */
struct inet_socket *inet_listener(const struct inet_address *to,
	const struct inet_address *from);
struct inet_socket *inet_receiver(const struct inet_address *to,
	const struct inet_address *from);
/* Whether a connection from here to there exists already. */
bool inet_is_connected(const struct inet_socket *but, const struct inet_address *from,
	const struct inet_address *to);

/* ---- socket_inet.c ---- */

/* What is sent to an address gets there; that of no machine becomes the loopback's.
 * ENETUNREACH, EINVAL. */
int inet_route(const struct inet_socket *i, struct inet_address *to);
/* It has a port, unless it has one. EADDRNOTAVAIL: none is free. */
int inet_autobind(struct inet_socket *i, const struct thread *thread);

/* ---- inet_tcp.c: of the table ---- */

int inet_listen(struct socket *s, struct thread *thread);
int inet_connecting(struct socket *s);
int inet_deferred(struct socket *s, int error);
int inet_connected(struct socket *s, struct socket *listener, struct socket *made,
	const struct posix_SocketAddress *address);
int inet_unheard(struct socket *s);
void inet_closed(struct socket *s);
int inet_shut_down(struct socket *s, uint8_t how);
/* Its connection is over at once, and the other side's with an error. */
void inet_disconnect(struct socket *s);
int inet_info(struct socket *s, struct posix_TcpInfo *info);

/* ---- inet_option.c ---- */

void inet_first_settings(struct inet_socket *i, const struct inet_socket *like);
int inet_set_option(struct socket *s, struct thread *thread,
	const struct posix_SocketOption *option);
int inet_option(struct socket *s, struct posix_SocketOption *option);

#endif
