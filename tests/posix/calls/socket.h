/* What cases of sockets have in common. */
#ifndef TESTS_POSIX_CALLS_SOCKET_H
#define TESTS_POSIX_CALLS_SOCKET_H

#include "call.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LATER 30000			/* microseconds */

/* Where calls put an address, and its length. */
extern union named {
	struct sockaddr any;
	struct sockaddr_un local;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
	char bytes[200];
} named;
extern socklen_t named_length;

/* So much room is there for an address: for the call's argument. All of `named` is 'x'. */
socklen_t *length(socklen_t room);
/* What poll says of it, of all events. */
long ready(long fd);
/* A line with the address in `named` and its length, if the call that gave it went well. Of a
 * port only whether there is one. */
void shown(const char *call, const char *what, long result);
/* An address of a path; '@' at its beginning stands for NUL: an abstract one. Its size. */
socklen_t local(struct sockaddr_un *to, const char *path);
long bind_to(long fd, const char *path);
long connect_to(long fd, const char *path);
long send_to(long fd, const char *path, const char *text);
/* A bound socket that listens, unless the backlog is below 0. */
long bound(int type, const char *path, int backlog);
void pair(int type, int p[2]);
void close_both(const int p[2]);
/* An option that is a number; an error as -errno. */
long option(long fd, int level, int name);
long set(long fd, int level, int name, int value);

#endif
