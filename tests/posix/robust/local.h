/* Sockets of this machine: what the attacks and the checks of them share. */
#ifndef TESTS_POSIX_ROBUST_LOCAL_H
#define TESTS_POSIX_ROBUST_LOCAL_H

#include "robust.h"

#include <sys/socket.h>
#include <sys/un.h>

#define PASS_MOST 253

/* A message with so many descriptors, PASS_MOST at most. */
bool pass(int over, const int *files, int count, const void *bytes, size_t size, int flags);
/* One: how many descriptors came with it, or -1. There is room for PASS_MOST. */
int take(int from, int *files, void *bytes, size_t size, int flags);
/* With a name that it gets by itself. */
int listen_at(struct sockaddr_un *where, socklen_t *size, int kind, int backlog);

#endif
