/* Sockets: what reads and writes of them share with calls of their own. */
#ifndef SERVERS_POSIX_SHIM_SOCKET_H
#define SERVERS_POSIX_SHIM_SOCKET_H

#include "servers/posix/shim/vectors.h"
#include "servers/posix/shim/with_file.h"

/* posix_Socket_##method over the channel of an open socket. */
#define SOCKET_CALL(shim, reply, method, ...) \
	shim_file_result(shim, posix_Socket_##method(&(shim)->file.channel, \
		&(const struct posix_Socket_##method##_request){__VA_ARGS__}, reply, NULL))
#define SOCKET_DO(shim, method, ...) \
	SOCKET_CALL(shim, &(struct posix_Socket_##method##_reply){0}, method, __VA_ARGS__)

/* As cache_open(); -ENOTSOCK. */
int64_t socket_open(struct shim *shim, uint64_t descriptor, struct shim_file *file);
/* Of one that is open: an option; 0 if it has not got it. */
uint64_t socket_ask(struct shim *shim, uint32_t which);
/* A program's address: -EINVAL, -EFAULT. `bytes` has LINUX_SOCKADDR_MAX, and is to last. */
int64_t socket_take_address(uint64_t at, int64_t size, uint8_t *bytes,
	struct posix_SocketAddress *address);
/* And back: NULL is none; `size_at` is where its room is, and gets its size. */
int64_t socket_put_address(const struct posix_SocketAddress *address, uint64_t at,
	uint64_t size_at);
/* A wait that was cut off is not repeated if it had a time-out. */
int64_t socket_cut(struct shim *shim, int64_t result, bool is_send);
/* As read() and write() have it, of one whose channel is ready. */
int64_t socket_move(struct shim *shim, struct vectors *vectors, bool writes, bool waits);

#endif
