/* Sockets: they are made, get names, and are connected. */
#include "servers/posix/shim/socket.h"

#include "runtime/env.h"
#include "servers/posix/shim/copy.h"

#define TYPE_MASK 0xfu
#define PORT(value) (uint16_t)((uint16_t)(value) << 8 | (uint16_t)(value) >> 8)

shim_function socket_socket, socket_socketpair, socket_bind, socket_listen, socket_connect,
	socket_accept, socket_accept4, socket_getsockname, socket_getpeername, socket_shutdown;

int64_t socket_open(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	int64_t result = cache_open(shim, (uint32_t)descriptor, file);

	if (result < 0 || file->kind == posix_ObjectKind_SOCKET)
		return result;
	cache_done(shim, (uint32_t)descriptor, file);
	return -LINUX_ENOTSOCK;
}

uint64_t socket_ask(struct shim *shim, uint32_t which)
{
	struct posix_Socket_option_reply reply;
	const bool may_be_cut = shim->may_be_cut;
	int64_t result;

	shim->may_be_cut = false;
	result = SOCKET_CALL(shim, &reply, option, .number = which);
	shim->may_be_cut = may_be_cut;
	if (result < 0)
		return 0;
	switch (which) {
	case posix_SocketOption_socket_type: return (uint64_t)reply.option.as.socket_type;
	case posix_SocketOption_family: return (uint64_t)reply.option.as.family;
	case posix_SocketOption_receive_timeout: return reply.option.as.receive_timeout;
	default: return reply.option.as.send_timeout;
	}
}

int64_t socket_cut(struct shim *shim, int64_t result, bool is_send)
{
	if (result != -LINUX_ERESTARTSYS)
		return result;
	return socket_ask(shim, is_send ? posix_SocketOption_send_timeout :
		posix_SocketOption_receive_timeout) ? -LINUX_EINTR : result;
}

/* ---- addresses ---- */

static int64_t take_unix(const uint8_t *bytes, uint64_t size, struct posix_SocketAddress *to)
{
	const uint8_t *path = bytes + offsetof(struct linux_sockaddr_un, sun_path);
	uint64_t length = size - offsetof(struct linux_sockaddr_un, sun_path);

	if (size > sizeof(struct linux_sockaddr_un))
		return -LINUX_EINVAL;
	if (length > 0 && path[0] != 0)
		for (uint64_t i = 0; i < length; i++)
			if (path[i] == 0)
				length = i;
	to->which = posix_SocketAddress_local;
	to->as.local.path = (struct sk_bytes){ path, (uint32_t)length };
	return 0;
}

static int64_t take_inet(const uint8_t *bytes, uint64_t size, struct posix_SocketAddress *to)
{
	struct linux_sockaddr_in from;

	if (size < sizeof from)
		return -LINUX_EINVAL;
	memcpy(&from, bytes, sizeof from);
	to->which = posix_SocketAddress_inet;
	to->as.inet.port = PORT(from.sin_port);
	memcpy(&to->as.inet.address, from.sin_addr, sizeof from.sin_addr);
	return 0;
}

/* Without the last member, too, as the first of Linux had it. */
static int64_t take_inet6(const uint8_t *bytes, uint64_t size, struct posix_SocketAddress *to)
{
	struct linux_sockaddr_in6 from = {0};

	if (size < offsetof(struct linux_sockaddr_in6, sin6_scope_id))
		return -LINUX_EINVAL;
	memcpy(&from, bytes, size < sizeof from ? size : sizeof from);
	to->which = posix_SocketAddress_inet6;
	to->as.inet6.port = PORT(from.sin6_port);
	to->as.inet6.flow = from.sin6_flowinfo;
	to->as.inet6.scope = from.sin6_scope_id;
	memcpy(&to->as.inet6.address, from.sin6_addr, sizeof from.sin6_addr);
	return 0;
}

int64_t socket_take_address(uint64_t at, int64_t size, uint8_t *bytes,
	struct posix_SocketAddress *address)
{
	uint16_t family;

	if (size < 0 || size > LINUX_SOCKADDR_MAX)
		return -LINUX_EINVAL;
	if (!copy_from(bytes, at, (uint64_t)size))
		return -LINUX_EFAULT;
	if ((uint64_t)size < sizeof family)
		return -LINUX_EINVAL;
	memcpy(&family, bytes, sizeof family);
	*address = (struct posix_SocketAddress){ .which = posix_SocketAddress_netlink };
	switch (family) {
	case LINUX_AF_UNSPEC:
		address->which = posix_SocketAddress_unspecified;
		return 0;
	case LINUX_AF_UNIX: return take_unix(bytes, (uint64_t)size, address);
	case LINUX_AF_INET: return take_inet(bytes, (uint64_t)size, address);
	case LINUX_AF_INET6: return take_inet6(bytes, (uint64_t)size, address);
	default: return 0;	/* of another family: its socket refuses it */
	}
}

static uint32_t put_unix(const struct sk_bytes *path, uint8_t *to)
{
	struct linux_sockaddr_un un = { .sun_family = LINUX_AF_UNIX };
	const bool ends = path->size > 0 && path->data[0] != 0;

	memcpy(un.sun_path, path->data, path->size);
	memcpy(to, &un, sizeof un);
	to[sizeof un] = 0;
	return (uint32_t)offsetof(struct linux_sockaddr_un, sun_path) + path->size + ends;
}

static uint32_t put_bytes(const struct posix_SocketAddress *address, uint8_t *to)
{
	struct linux_sockaddr_in in = { .sin_family = LINUX_AF_INET };
	struct linux_sockaddr_in6 in6 = { .sin6_family = LINUX_AF_INET6 };

	switch (address ? address->which : 0) {
	case posix_SocketAddress_local: return put_unix(&address->as.local.path, to);
	case posix_SocketAddress_inet:
		in.sin_port = PORT(address->as.inet.port);
		memcpy(in.sin_addr, &address->as.inet.address, sizeof in.sin_addr);
		memcpy(to, &in, sizeof in);
		return sizeof in;
	case posix_SocketAddress_inet6:
		in6.sin6_port = PORT(address->as.inet6.port);
		in6.sin6_flowinfo = address->as.inet6.flow;
		in6.sin6_scope_id = address->as.inet6.scope;
		memcpy(in6.sin6_addr, &address->as.inet6.address, sizeof in6.sin6_addr);
		memcpy(to, &in6, sizeof in6);
		return sizeof in6;
	default: return 0;
	}
}

int64_t socket_put_address(const struct posix_SocketAddress *address, uint64_t at,
	uint64_t size_at)
{
	uint8_t bytes[LINUX_SOCKADDR_MAX];
	int32_t room, size = (int32_t)put_bytes(address, bytes);

	if (!copy_from(&room, size_at, sizeof room))
		return -LINUX_EFAULT;
	if (room < 0)
		return -LINUX_EINVAL;
	room = room < size ? room : size;
	return copy_to(at, bytes, (uint64_t)room) && copy_to(size_at, &size, sizeof size) ? 0 :
		-LINUX_EFAULT;
}

/* ---- making ---- */

static int64_t check_type(uint64_t type)
{
	const uint32_t flags = (uint32_t)type & ~TYPE_MASK;

	if (flags & ~(uint32_t)(LINUX_O_NONBLOCK | LINUX_O_CLOEXEC))
		return -LINUX_EINVAL;
	return 0;
}

static int64_t check_family(uint64_t family, uint64_t type)
{
	if ((int32_t)family < 0 || (int32_t)family >= LINUX_AF_MAX)
		return -LINUX_EAFNOSUPPORT;
	return ((uint32_t)type & TYPE_MASK) >= LINUX_SOCK_MAX ? -LINUX_EINVAL : 0;
}

int64_t socket_socket(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_create_socket_reply reply;
	int64_t result = check_type(a[1]);

	if (result == 0)
		result = check_family(a[0], a[1]);
	if (result < 0)
		return result;
	result = POSIX(shim, &reply, Descriptors, create_socket,
		.family = (posix_AddressFamily)a[0],
		.type = (posix_SocketType)(a[1] & TYPE_MASK), .protocol = (int32_t)a[2],
		.flags = (uint32_t)a[1] & ~TYPE_MASK);
	if (result < 0)
		return result;
	cache_opened(shim, &reply.opened, reply.file.raw);
	return reply.opened.descriptor;
}

static void close_both(struct shim *shim, const int32_t numbers[2])
{
	for (int i = 0; i < 2; i++) {
		POSIX_DO(shim, Descriptors, close, .descriptor = numbers[i]);
		cache_forget(shim, (uint32_t)numbers[i]);
	}
}

int64_t socket_socketpair(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_create_socket_pair_reply reply;
	int32_t numbers[2];
	int64_t result = check_type(a[1]);

	if (result == 0 && !copy_zero(a[3], sizeof numbers))
		result = -LINUX_EFAULT;
	if (result == 0)
		result = check_family(a[0], a[1]);
	if (result < 0)
		return result;
	result = POSIX(shim, &reply, Descriptors, create_socket_pair,
		.family = (posix_AddressFamily)a[0],
		.type = (posix_SocketType)(a[1] & TYPE_MASK), .protocol = (int32_t)a[2],
		.flags = (uint32_t)a[1] & ~TYPE_MASK);
	if (result < 0)
		return result;
	cache_opened(shim, &reply.first, reply.first_file.raw);
	cache_opened(shim, &reply.second, reply.second_file.raw);
	numbers[0] = reply.first.descriptor;
	numbers[1] = reply.second.descriptor;
	if (copy_to(a[3], numbers, sizeof numbers))
		return 0;
	close_both(shim, numbers);
	return -LINUX_EFAULT;
}

/* ---- names and connections ---- */

int64_t socket_bind(struct shim *shim, const uint64_t a[6])
{
	uint8_t bytes[LINUX_SOCKADDR_MAX];
	struct posix_SocketAddress address;
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = socket_take_address(a[1], (int32_t)a[2], bytes, &address);
	if (result == 0)
		result = SOCKET_DO(shim, bind, .address = address);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

int64_t socket_connect(struct shim *shim, const uint64_t a[6])
{
	uint8_t bytes[LINUX_SOCKADDR_MAX];
	struct posix_SocketAddress address;
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = socket_take_address(a[1], (int32_t)a[2], bytes, &address);
	if (result == 0)
		result = socket_cut(shim, SOCKET_DO(shim, connect, .address = address), true);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

int64_t socket_listen(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = SOCKET_DO(shim, listen, .backlog = (uint32_t)a[1]);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

static int64_t give_up(struct shim *shim, int32_t number, int64_t error)
{
	POSIX_DO(shim, Descriptors, close, .descriptor = number);
	cache_forget(shim, (uint32_t)number);
	return error;
}

static int64_t accept_cut(struct shim *shim, uint64_t descriptor, int64_t result)
{
	struct shim_file file;

	if (result != -LINUX_ERESTARTSYS || socket_open(shim, descriptor, &file) < 0)
		return result;
	result = socket_cut(shim, result, false);
	cache_done(shim, (uint32_t)descriptor, &file);
	return result;
}

int64_t socket_accept4(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_accept_reply reply;
	int64_t result;

	if ((uint32_t)a[3] & ~(uint32_t)(LINUX_O_NONBLOCK | LINUX_O_CLOEXEC))
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, accept, .socket = (int32_t)a[0],
		.flags = (uint32_t)a[3], .wait = true);
	if (result < 0)
		return accept_cut(shim, a[0], result);
	cache_opened(shim, &reply.opened, reply.file.raw);
	if (a[1] != 0)
		result = socket_put_address(&reply.peer, a[1], a[2]);
	return result < 0 ? give_up(shim, reply.opened.descriptor, result) :
		reply.opened.descriptor;
}

int64_t socket_accept(struct shim *shim, const uint64_t a[6])
{
	return socket_accept4(shim, (const uint64_t[6]){ a[0], a[1], a[2], 0 });
}

int64_t socket_getsockname(struct shim *shim, const uint64_t a[6])
{
	struct posix_Socket_local_address_reply reply;
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = SOCKET_CALL(shim, &reply, local_address, 0);
	if (result == 0)
		result = socket_put_address(&reply.address, a[1], a[2]);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

int64_t socket_getpeername(struct shim *shim, const uint64_t a[6])
{
	struct posix_Socket_peer_address_reply reply;
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = SOCKET_CALL(shim, &reply, peer_address, 0);
	if (result == 0)
		result = socket_put_address(&reply.address, a[1], a[2]);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

int64_t socket_shutdown(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = (uint32_t)a[1] > posix_Shutdown_BOTH ? -LINUX_EINVAL :
		SOCKET_DO(shim, shut_down, .how = (posix_Shutdown)a[1]);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}
