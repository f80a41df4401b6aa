#include "inet.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING };
	long fd = C(socket, AF_INET, SOCK_DGRAM, 0);

	C(ioctl, fd, SIOCSIFFLAGS, &lo);
	C(close, fd);
}

struct sockaddr_in in_address(const char *host, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, host, &address.sin_addr);
	return address;
}

struct sockaddr_in6 in6_address(const char *host, int port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };

	inet_pton(AF_INET6, host, &address.sin6_addr);
	return address;
}

static socklen_t address_of(union named *to, const char *host, int port)
{
	if (strchr(host, ':'))
		to->inet6 = in6_address(host, port);
	else
		to->inet = in_address(host, port);
	return strchr(host, ':') ? sizeof to->inet6 : sizeof to->inet;
}

long bind_inet(long fd, const char *host, int port)
{
	union named address;
	socklen_t size = address_of(&address, host, port);

	return C(bind, fd, &address, size);
}

long connect_inet(long fd, const char *host, int port)
{
	union named address;
	socklen_t size = address_of(&address, host, port);

	return C(connect, fd, &address, size);
}

static int port_in(const union named *address)
{
	return ntohs(address->any.sa_family == AF_INET6 ? address->inet6.sin6_port :
		address->inet.sin_port);
}

int port_of(long fd)
{
	union named address = { .any.sa_family = 0 };
	socklen_t size = sizeof address;

	C(getsockname, fd, &address, &size);
	return port_in(&address);
}

int peer_port_of(long fd)
{
	union named address = { .any.sa_family = 0 };
	socklen_t size = sizeof address;

	C(getpeername, fd, &address, &size);
	return port_in(&address);
}

long bound_inet(int type, const char *host, int backlog)
{
	long fd = C(socket, strchr(host, ':') ? AF_INET6 : AF_INET, type, 0);

	bind_inet(fd, host, 0);
	if (backlog >= 0)
		C(listen, fd, backlog);
	return fd;
}

void pair_inet(int p[2])
{
	long server = bound_inet(SOCK_STREAM, "127.0.0.1", 1);

	p[0] = (int)C(socket, AF_INET, SOCK_STREAM, 0);
	connect_inet(p[0], "127.0.0.1", port_of(server));
	p[1] = (int)C(accept, server, NULL, NULL);
	C(close, server);
}

void wait_ready(long fd, short events)
{
	for (int i = 0; i < 200 && !(ready(fd) & events); i++)
		usleep(10000);
}
