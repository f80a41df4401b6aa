/* Options of sockets of IP that are more than a number of their own. */
#include "servers/posix/shim/inet.h"

#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/socket.h"

enum { IP = 0, TCP = 6, IPV6 = 41 };
enum { TCP_KEEPIDLE = 4, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_INFO = 11 };
enum { IP_ADD_MEMBERSHIP = 35, IP_DROP_MEMBERSHIP, IPV6_JOIN = 20, IPV6_LEAVE };

static bool is_alive(uint32_t level, uint32_t name)
{
	return level == TCP && name >= TCP_KEEPIDLE && name <= TCP_KEEPCNT;
}

static int64_t set(struct shim *shim, const struct posix_SocketOption *option)
{
	return SOCKET_DO(shim, set_option, .option = *option);
}

/* ---- setting ---- */

static int64_t set_alive(struct shim *shim, uint32_t name, uint64_t at, uint32_t size)
{
	struct posix_SocketOption option = { .which = posix_SocketOption_keep_alive_times };
	int32_t value;

	if (size < sizeof value)
		return -LINUX_EINVAL;
	if (!copy_from(&value, at, sizeof value))
		return -LINUX_EFAULT;
	if (value < 1)
		return -LINUX_EINVAL;
	if (name == TCP_KEEPIDLE)
		option.as.keep_alive_times.idle = (uint32_t)value;
	else if (name == TCP_KEEPINTVL)
		option.as.keep_alive_times.interval = (uint32_t)value;
	else
		option.as.keep_alive_times.count = (uint32_t)value;
	return set(shim, &option);
}

static int64_t set_member(struct shim *shim, bool is6, bool joins, uint64_t at, uint32_t size)
{
	struct posix_SocketOption option = { .which = is6 ? joins ? posix_SocketOption_join6 :
		posix_SocketOption_leave6 : joins ? posix_SocketOption_join :
		posix_SocketOption_leave };
	uint8_t group[16];

	if (size < (is6 ? 20 : 8))
		return -LINUX_EINVAL;
	if (!copy_from(group, at, is6 ? 16 : 4))
		return -LINUX_EFAULT;
	if (is6)
		memcpy(option.as.join6.group_address, group, 16);
	else
		memcpy(option.as.join.group_address, group, 4);
	return set(shim, &option);
}

int64_t inet_set_option(struct shim *shim, uint32_t level, uint32_t name, uint64_t value,
	uint32_t size)
{
	if (is_alive(level, name))
		return set_alive(shim, name, value, size);
	if (level == IP && (name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP))
		return set_member(shim, false, name == IP_ADD_MEMBERSHIP, value, size);
	if (level == IPV6 && (name == IPV6_JOIN || name == IPV6_LEAVE))
		return set_member(shim, true, name == IPV6_JOIN, value, size);
	return -LINUX_ENOPROTOOPT;
}

/* ---- asking ---- */

static int64_t put(uint64_t to, uint64_t size_at, uint32_t room, const void *from, uint32_t size)
{
	size = size < room ? size : room;
	return copy_to(to, from, size) && copy_to(size_at, &size, sizeof size) ? 0 :
		-LINUX_EFAULT;
}

/* struct tcp_info, as far as there is something to say. */
static int64_t get_info(struct shim *shim, uint64_t value, uint64_t size_at, uint32_t room)
{
	struct posix_Socket_tcp_info_reply reply;
	struct {
		uint8_t state, rest[7];
		uint32_t rto, ato, send_segment, receive_segment, more[9], path_mtu;
		uint8_t tail[168];
	} info;
	const int64_t result = SOCKET_CALL(shim, &reply, tcp_info, 0);

	if (result < 0)
		return result;
	memset(&info, 0, sizeof info);
	info.state = reply.info.state;
	info.send_segment = reply.info.send_segment;
	info.receive_segment = reply.info.receive_segment;
	info.path_mtu = reply.info.path_mtu;
	return put(value, size_at, room, &info, sizeof info);
}

static int64_t get_alive(struct shim *shim, uint32_t name, uint64_t value, uint64_t size_at,
	uint32_t room)
{
	struct posix_Socket_option_reply reply;
	const struct posix_KeepAlive *times = &reply.option.as.keep_alive_times;
	const int64_t result = SOCKET_CALL(shim, &reply, option,
		.number = posix_SocketOption_keep_alive_times);

	if (result < 0)
		return result;
	return put(value, size_at, room, name == TCP_KEEPIDLE ? &times->idle :
		name == TCP_KEEPINTVL ? &times->interval : &times->count, sizeof times->idle);
}

int64_t inet_get_option(struct shim *shim, uint32_t level, uint32_t name, uint64_t value,
	uint64_t size)
{
	uint32_t room;

	if (!copy_from(&room, size, sizeof room))
		return -LINUX_EFAULT;
	if ((int32_t)room < 0)
		return -LINUX_EINVAL;
	if (level == TCP && name == TCP_INFO)
		return get_info(shim, value, size, room);
	return is_alive(level, name) ? get_alive(shim, name, value, size, room) :
		-LINUX_ENOPROTOOPT;
}
