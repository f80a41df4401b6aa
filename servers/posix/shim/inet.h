/* What sockets of IP have of their own: options of their levels (inet.c), and requests about
 * the only link (link.c). */
#ifndef SERVERS_POSIX_SHIM_INET_H
#define SERVERS_POSIX_SHIM_INET_H

#include "servers/posix/shim/shim.h"

/* setsockopt and getsockopt of what is not in the table of options (socket_option.c), of an open
 * socket whose channel is ready. `size` is that of what lies at `value`; of the second, where
 * the size lies. -ENOPROTOOPT: it is not known here either. */
int64_t inet_set_option(struct shim *shim, uint32_t level, uint32_t name, uint64_t value,
	uint32_t size);
int64_t inet_get_option(struct shim *shim, uint32_t level, uint32_t name, uint64_t value,
	uint64_t size);

/* ioctl of a socket, about links: -ENOTTY if it is about something else. */
int64_t link_ioctl(struct shim *shim, uint32_t request, uint64_t at);

#endif
