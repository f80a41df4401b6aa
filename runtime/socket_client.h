/*
 * What the parts of a socket's client share: socket_client.c makes calls,
 * socket_window.c lends memory, socket_ring.c has many calls under way.
 *
 * For socket_*.c only; programs use runtime/socket.h.
 */
#ifndef RUNTIME_SOCKET_CLIENT_H
#define RUNTIME_SOCKET_CLIENT_H

#include "runtime/socket.h"
#include "runtime/socket_packet.h"

static inline struct sk_socket *sk_socket_of(struct sk_channel *channel)
{
	return (struct sk_socket *)(void *)((uint8_t *)channel -
		offsetof(struct sk_socket, channel));
}

/* ---- socket_client.c ---- */

/*
 * Sends a call once, without waiting, with what it lends: the parts must have
 * been taken. As sk_packet_send(); the packet has the call's number after.
 */
int sk_socket_transmit(struct sk_socket *socket, struct sk_packet *packet,
	struct sk_message *request);
/* Tells the server that nobody waits for this call. */
void sk_socket_cancel(struct sk_socket *socket, uint64_t number);
/* The connection is of no use any more: what is under way gets
 * SK_PEER_CLOSED. */
void sk_socket_break(struct sk_socket *socket);

/* ---- socket_window.c ---- */

/*
 * Takes parts of the window for the leases of a request, copies into it what
 * the server may read, and enters both in the packet. A status: nothing was
 * taken. SK_BAD_LEASE: more than the window has. SK_EXHAUSTED: more than is
 * free now, or no memory. Which part a lease has stands in its number.
 */
int sk_window_lend(struct sk_socket *socket, struct sk_attached *attached,
	struct sk_packet *packet);
/*
 * The answer came: copies out what it says was written. SK_MALFORMED: it
 * claims what was not lent to be written.
 */
int sk_window_collect(struct sk_socket *socket, const struct sk_attached *attached,
	const struct sk_packet *packet);
/* The answer says that the server could not use the window. */
bool sk_window_is_refused(const struct sk_message *answer);
/*
 * The end of a call that lent something, or tried to. With `given_up` the
 * server may still write to its parts: nobody gets them again, and the window
 * is thrown away as soon as no other call uses it.
 */
void sk_window_return(struct sk_socket *socket, struct sk_attached *attached,
	bool given_up);
/* The connection has ended: the window goes with it. */
void sk_window_close(struct sk_socket *socket);

/* ---- socket_ring.c ---- */

/*
 * Takes an answer that the call which waits is not for: to a call of a ring
 * that is under way, or to one that was given up, which is dropped. 0, or
 * SK_MALFORMED if it answers what was never asked.
 */
int sk_socket_route(struct sk_socket *socket, const struct sk_packet *packet,
	int status, struct sk_message *message);
/* Completes all calls of this socket that are under way. */
void sk_socket_complete_all(struct sk_socket *socket, int status);

#endif
