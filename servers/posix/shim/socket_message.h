/* Messages of sockets on their way between a program and posix. */
#ifndef SERVERS_POSIX_SHIM_SOCKET_MESSAGE_H
#define SERVERS_POSIX_SHIM_SOCKET_MESSAGE_H

#include "servers/posix/shim/socket.h"

/* Either way. */
struct message {
	struct shim *shim;
	struct vectors *vectors;
	posix_MessageFlags flags;
	bool goes_on;				/* received: some has come already */
	bool at_mark;				/* and no more before an urgent byte */
	bool has_name;
	struct posix_SocketAddress name;
	int32_t descriptors[posix_PASS_MAX];
	uint32_t descriptor_count;
	bool has_credentials;
	struct posix_SenderCredentials credentials;
	uint32_t descriptors_max;
	uint64_t whole;				/* received: its own size */
	posix_MessageFlags got;
	uint8_t bytes[LINUX_SOCKADDR_MAX];	/* of the name */
};

/* One with these bytes and flags (MSG_...), and nothing else. */
void message_begin(struct message *m, struct shim *shim, struct vectors *vectors, uint64_t flags);
/* To whom, unless `at` or `size` is 0. -EINVAL, -EFAULT. */
int64_t message_take_name(struct message *m, uint64_t at, int64_t size);
/* Of a socket that is open; bytes, or below 0: an error. What a stream has no room for now is
 * sent after that. */
int64_t message_send(struct message *m);
int64_t message_receive(struct message *m);
/* What the call says of a message of which so much was received. */
int64_t message_size(const struct message *m, int64_t result);

#endif
