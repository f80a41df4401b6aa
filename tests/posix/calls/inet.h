/* What cases of AF_INET and AF_INET6 have in common: all is over the loopback. */
#ifndef TESTS_POSIX_CALLS_INET_H
#define TESTS_POSIX_CALLS_INET_H

#include "socket.h"

/* In a new namespace of Linux's it is down. */
void loopback_up(void);
struct sockaddr_in in_address(const char *host, int port);
struct sockaddr_in6 in6_address(const char *host, int port);
/* A host with a colon is of AF_INET6. */
long bind_inet(long fd, const char *host, int port);
long connect_inet(long fd, const char *host, int port);
/* What it is bound to, and connected to. */
int port_of(long fd);
int peer_port_of(long fd);
/* A socket bound to any port there; it listens, unless the backlog is below 0. */
long bound_inet(int type, const char *host, int backlog);
/* Two of TCP that are connected. */
void pair_inet(int p[2]);
/* Until it is ready for one of these events, or two seconds: on Linux a packet takes a while. */
void wait_ready(long fd, short events);

#endif
