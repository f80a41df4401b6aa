#include "socket.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

union named named;
socklen_t named_length;

socklen_t *length(socklen_t room)
{
	memset(&named, 'x', sizeof named);
	named_length = room;
	return &named_length;
}

long ready(long fd)
{
	struct pollfd one = { (int)fd, POLLIN | POLLPRI | POLLOUT | POLLRDHUP, 0 };
	long result = C(poll, &one, 1, 0);

	return result < 0 ? result : one.revents;
}

/* What is behind the family, as far as the call has written it. */
static int rest(char *to, size_t room)
{
	char text[INET6_ADDRSTRLEN];

	switch (named_length < 2 ? 0xffff : named.any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &named.inet.sin_addr, text, sizeof text);
		return snprintf(to, room, "inet %s%s", text, named.inet.sin_port ? " port" : "");
	case AF_INET6:
		inet_ntop(AF_INET6, &named.inet6.sin6_addr, text, sizeof text);
		return snprintf(to, room, "inet6 %s%s flow %u scope %u", text,
			named.inet6.sin6_port ? " port" : "", named.inet6.sin6_flowinfo,
			named.inet6.sin6_scope_id);
	case AF_UNIX:
		return snprintf(to, room, "unix ");
	default:
		return snprintf(to, room, "nothing");
	}
}

void shown(const char *call, const char *what, long result)
{
	char text[300];
	int at;

	if (result < 0) {
		line(call, what, result);
		return;
	}
	at = rest(text, sizeof text);
	if (named_length >= 2 && named.any.sa_family == AF_UNIX)
		for (size_t i = 2; i < named_length && i < 120; i++)
			text[at++] = named.bytes[i] ? named.bytes[i] : '@';
	at += snprintf(text + at, sizeof text - (size_t)at, ", length %u", named_length);
	line_text(call, what, text, at);
}

socklen_t local(struct sockaddr_un *to, const char *path)
{
	size_t size = strlen(path);

	memset(to, 0, sizeof *to);
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, path, size);
	if (*path == '@')
		to->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (*path != '@'));
}

long bind_to(long fd, const char *path)
{
	struct sockaddr_un address;
	socklen_t size = local(&address, path);

	return C(bind, fd, &address, size);
}

long connect_to(long fd, const char *path)
{
	struct sockaddr_un address;
	socklen_t size = local(&address, path);

	return C(connect, fd, &address, size);
}

long send_to(long fd, const char *path, const char *text)
{
	struct sockaddr_un address;
	socklen_t size = local(&address, path);

	return C(sendto, fd, text, strlen(text), MSG_DONTWAIT, &address, size);
}

long bound(int type, const char *path, int backlog)
{
	long fd = C(socket, AF_UNIX, type, 0);

	bind_to(fd, path);
	if (backlog >= 0)
		C(listen, fd, backlog);
	return fd;
}

void pair(int type, int p[2])
{
	p[0] = p[1] = -1;
	C(socketpair, AF_UNIX, type, 0, p);
}

void close_both(const int p[2])
{
	C(close, p[0]);
	C(close, p[1]);
}

long option(long fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;
	long result = C(getsockopt, fd, level, name, &value, &size);

	return result < 0 ? result : value;
}

long set(long fd, int level, int name, int value)
{
	return C(setsockopt, fd, level, name, &value, sizeof value);
}
