/* Addresses of IP. All are kept as those of its sixth version. */
#include "servers/posix/inet.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t zeros[16];
static const uint8_t loopback6[16] = {[15] = 1};

bool inet_is_mapped(const struct inet_address *a)
{
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

bool inet_is_any(const struct inet_address *a)
{
	return inet_is_mapped(a) ? memcmp(a->bytes + 12, zeros, 4) == 0 :
		memcmp(a->bytes, zeros, 16) == 0;
}

bool inet_is_broadcast(const struct inet_address *a)
{
	return inet_is_mapped(a) && memcmp(a->bytes + 12, "\xff\xff\xff\xff", 4) == 0;
}

bool inet_is_group(const struct inet_address *a)
{
	return inet_is_mapped(a) ? (a->bytes[12] & 0xf0) == 0xe0 || inet_is_broadcast(a) :
		a->bytes[0] == 0xff;
}

bool inet_is_links(const struct inet_address *a)
{
	return a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

bool inet_is_own(const struct inet_address *a)
{
	return inet_is_mapped(a) ? a->bytes[12] == 127 : memcmp(a->bytes, loopback6, 16) == 0;
}

bool inet_equal(const struct inet_address *a, const struct inet_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static struct inet_address of_four(const uint8_t four[4], uint16_t port)
{
	struct inet_address a = {.port = port};

	memcpy(a.bytes, mapped, sizeof(mapped));
	memcpy(a.bytes + 12, four, 4);
	return a;
}

struct inet_address inet_any(posix_AddressFamily family)
{
	return family == posix_AddressFamily_INET ? of_four(zeros, 0) :
		(struct inet_address){.port = 0};
}

struct inet_address inet_source(const struct inet_address *to)
{
	static const uint8_t loopback[4] = {127, 0, 0, 1};
	struct inet_address a = {.port = 0};

	if (inet_is_mapped(to))
		return of_four(loopback, 0);
	memcpy(a.bytes, loopback6, sizeof(loopback6));
	return a;
}

int inet_read(posix_AddressFamily family, const struct posix_SocketAddress *from,
	struct inet_address *to)
{
	if (from->which == posix_SocketAddress_inet && family == posix_AddressFamily_INET) {
		*to = of_four(from->as.inet.address, from->as.inet.port);
		return 0;
	}
	if (from->which != posix_SocketAddress_inet6 || family != posix_AddressFamily_INET6)
		return from->which == posix_SocketAddress_inet ? posix_Error_EINVAL :
			posix_Error_EAFNOSUPPORT;
	to->port = from->as.inet6.port;
	memcpy(to->bytes, from->as.inet6.address, sizeof(to->bytes));
	return 0;
}

struct posix_SocketAddress inet_show(posix_AddressFamily family, const struct inet_address *a)
{
	struct posix_SocketAddress to = {.which = posix_SocketAddress_inet6};
	struct inet_address shown = *a;

	if (family == posix_AddressFamily_INET) {
		to.which = posix_SocketAddress_inet;
		to.as.inet.port = a->port;
		memcpy(to.as.inet.address, a->bytes + 12, 4);
		return to;
	}
	to.as.inet6.port = a->port;
	memcpy(to.as.inet6.address, shown.bytes, sizeof(shown.bytes));
	return to;
}

struct socket_name *inet_name(posix_AddressFamily family, const struct inet_address *a)
{
	const struct posix_SocketAddress shown = inet_show(family, a);

	return socket_name_new(&shown);
}

static int set(struct inet_socket *i, struct socket_name **name, struct inet_address *own,
	const struct inet_address *a)
{
	struct socket_name *new = inet_name(i->socket.family->number, a);

	if (!new)
		return posix_Error_ENOMEM;
	socket_name_drop(*name);
	*name = new;
	*own = *a;
	return 0;
}

int inet_set_local(struct inet_socket *i, const struct inet_address *a)
{
	return set(i, &i->socket.local, &i->local, a);
}

int inet_set_remote(struct inet_socket *i, const struct inet_address *a)
{
	return set(i, &i->socket.remote, &i->remote, a);
}

void inet_forget_remote(struct inet_socket *i)
{
	struct inet_address own = inet_any(i->socket.family->number);

	i->remote = (struct inet_address){.port = 0};
	socket_name_drop(i->socket.remote);
	i->socket.remote = NULL;
	own.port = i->local.port;
	if (!i->has_address)
		(void)inet_set_local(i, &own);
}
