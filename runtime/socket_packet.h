/*
 * What the two ends of a socket share: one datagram is one packet, a header
 * of 16 bytes and a message. The header is the call's number (u64), the kind
 * (u32) and a zero (u32), little-endian. Handles travel beside it.
 *
 * For socket_*.c only; programs use runtime/socket.h.
 */
#ifndef RUNTIME_SOCKET_PACKET_H
#define RUNTIME_SOCKET_PACKET_H

#include <sys/types.h>
#include <sys/un.h>

#include "runtime/channel.h"

#define SK_PACKET_HEADER 16

enum sk_packet_kind {
	SK_PACKET_CALL = 1,		/* client: a request, answer wanted */
	SK_PACKET_SEND = 2,		/* client: a one-way request */
	SK_PACKET_CANCEL = 3,		/* client: gave up this call; no message */
	SK_PACKET_ANSWER = 4		/* server */
};

struct sk_packet {
	uint64_t number;
	uint32_t kind;
};

/*
 * Sends without waiting. 0: it is on its way and its handles are closed on
 * this side. Otherwise nothing was sent and the handles are still there:
 * SK_WOULD_BLOCK, SK_PEER_CLOSED, SK_BAD_HANDLE (a handle that is none, or
 * too many), SK_EXHAUSTED (too many handles under way, no memory),
 * SK_TRANSPORT.
 */
int sk_packet_send(int fd, const struct sk_packet *packet, struct sk_message *message);
/*
 * Receives without waiting. SK_BAD_HANDLE: all is well but that more handles
 * came than may, or could be taken in; none of them is left. Otherwise there
 * is no packet: SK_WOULD_BLOCK; SK_PEER_CLOSED; SK_MALFORMED, a datagram that
 * no peer of ours sends; SK_TRANSPORT.
 */
int sk_packet_receive(int fd, struct sk_packet *packet, struct sk_message *message);
/* Closes the handles of a message. */
void sk_packet_close_handles(struct sk_message *message);
/* A buffer of SK_MESSAGE_MAX bytes for this message. */
void sk_packet_lend(struct sk_message *message, uint8_t *buffer);

/* The address of a path; SK_TOO_BIG and ENAMETOOLONG if it is too long. */
int sk_packet_address(struct sockaddr_un *address, const char *path);

/*
 * Listens at a path: the socket, or a negative status as sk_server_open()
 * says. `device` and `inode` are those of the socket file.
 */
int sk_packet_listen(const char *path, dev_t *device, ino_t *inode);
/* Removes the socket file, if it is still this one. */
void sk_packet_unlisten(const char *path, dev_t device, ino_t inode);

#endif
