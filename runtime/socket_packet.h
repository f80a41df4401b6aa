/*
 * What the two ends of a socket share: one datagram is one packet, a header
 * of 96 bytes and a message. Little-endian:
 *
 *	0	u64	the call's number
 *	8	u64	its deadline, in calls and one-way requests
 *	16	u8	the kind
 *	17	u8	how many handles travel beside it
 *	18	u8	1: before them, a window travels, in calls
 *	19	u8	how many ranges follow
 *	20	u8[4]	in calls, the direction of each range
 *	24	u32[16]	up to 8 ranges of the window, offset and size: in calls the
 *			leases, in answers what the server has written
 *
 *	88	u64	in calls and one-way requests, the correlation of traces
 *
 * What a packet does not use is 0.
 *
 * For socket_*.c only; programs use runtime/socket.h.
 */
#ifndef RUNTIME_SOCKET_PACKET_H
#define RUNTIME_SOCKET_PACKET_H

#include <sys/types.h>
#include <sys/un.h>

#include "runtime/channel.h"

#define SK_PACKET_HEADER 96
#define SK_PACKET_RANGES 8

enum sk_packet_kind {
	SK_PACKET_CALL = 1,		/* client: a request, answer wanted */
	SK_PACKET_SEND = 2,		/* client: a one-way request */
	SK_PACKET_CANCEL = 3,		/* client: gave up this call; no message */
	SK_PACKET_ANSWER = 4		/* server */
};

struct sk_packet_range {
	uint32_t offset;
	uint32_t size;
};

struct sk_packet {
	uint64_t number;
	uint64_t deadline;
	uint32_t kind;
	bool has_window;
	int window;			/* with has_window: to be sent, or that came */
	uint32_t range_count;
	uint8_t directions[SK_LEASES_MAX];
	struct sk_packet_range ranges[SK_PACKET_RANGES];
};

/*
 * Sends without waiting. 0: it is on its way; handles that move are closed on
 * this side, and none any more. Otherwise nothing was sent and the handles are
 * still there: SK_WOULD_BLOCK, SK_PEER_CLOSED, SK_BAD_HANDLE (a handle that is
 * none, or too many), SK_EXHAUSTED (too many handles under way, no memory),
 * SK_TRANSPORT. The window stays open in any case.
 */
int sk_packet_send(int fd, const struct sk_packet *packet, struct sk_message *message);
/*
 * Receives without waiting. SK_BAD_HANDLE: all is well but that more or fewer
 * descriptors came than were announced, or could be taken in; none of them is
 * left. Otherwise there is no packet: SK_WOULD_BLOCK; SK_PEER_CLOSED;
 * SK_MALFORMED, a datagram that no peer of ours sends; SK_TRANSPORT. The window
 * that came is the caller's to close.
 */
int sk_packet_receive(int fd, struct sk_packet *packet, struct sk_message *message);
/* Closes the handles of a message but for those to be copied. */
void sk_packet_close_handles(struct sk_message *message);
/* Closes those that were to move; their places become none. */
void sk_packet_lose_handles(struct sk_message *message);
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
