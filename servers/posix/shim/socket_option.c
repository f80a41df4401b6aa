/* Options of sockets: Linux's numbers and values from and to those of the protocol. */
#include "servers/posix/shim/socket.h"

#include "runtime/env.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/inet.h"

shim_function socket_setsockopt, socket_getsockopt;

/* What a value is for Linux; how it lies in the union is said by `bytes`. */
enum form { FORM_BOOL, FORM_NUMBER, FORM_TIME, FORM_LINGER, FORM_TEXT };

/* X(level, number, name, form, answered only) */
#define SOL LINUX_SOL_SOCKET
#define OPTIONS(X) \
	X(SOL, 1, debug, BOOL, 0) X(SOL, 2, reuse_address, BOOL, 0) \
	X(SOL, 3, socket_type, NUMBER, 1) X(SOL, 4, pending_error, NUMBER, 1) \
	X(SOL, 5, dont_route, BOOL, 0) X(SOL, 6, broadcast, BOOL, 0) \
	X(SOL, 7, send_buffer, NUMBER, 0) X(SOL, 8, receive_buffer, NUMBER, 0) \
	X(SOL, 9, keep_alive, BOOL, 0) X(SOL, 10, out_of_band_inline, BOOL, 0) \
	X(SOL, 12, priority, NUMBER, 0) X(SOL, 13, linger, LINGER, 0) \
	X(SOL, 15, reuse_port, BOOL, 0) X(SOL, 16, pass_credentials, BOOL, 0) \
	X(SOL, 18, receive_low_mark, NUMBER, 0) X(SOL, 20, receive_timeout, TIME, 0) \
	X(SOL, 21, send_timeout, TIME, 0) X(SOL, 25, bind_to_device, TEXT, 0) \
	X(SOL, 29, timestamps, BOOL, 0) \
	X(SOL, 30, accepts, BOOL, 1) X(SOL, 32, send_buffer_force, NUMBER, 0) \
	X(SOL, 33, receive_buffer_force, NUMBER, 0) X(SOL, 34, pass_security, BOOL, 0) \
	X(SOL, 36, mark, NUMBER, 0) X(SOL, 38, protocol, NUMBER, 1) \
	X(SOL, 39, family, NUMBER, 1) X(SOL, 40, report_dropped, BOOL, 0) \
	X(SOL, 42, peek_offset, NUMBER, 0) X(SOL, 46, busy_poll, NUMBER, 0) \
	X(SOL, 60, zero_copy, BOOL, 0) X(SOL, 66, receive_timeout, TIME, 0) \
	X(SOL, 67, send_timeout, TIME, 0) \
	X(0, 1, type_of_service, NUMBER, 0) X(0, 2, time_to_live, NUMBER, 0) \
	X(0, 8, packet_info, BOOL, 0) X(0, 10, mtu_discovery, NUMBER, 0) \
	X(0, 11, receive_errors, BOOL, 0) X(0, 12, receive_time_to_live, BOOL, 0) \
	X(0, 13, receive_type_of_service, BOOL, 0) X(0, 14, mtu, NUMBER, 1) \
	X(0, 15, free_bind, BOOL, 0) X(0, 24, bind_without_port, BOOL, 0) \
	X(0, 33, multicast_time_to_live, NUMBER, 0) X(0, 34, multicast_loop, BOOL, 0) \
	X(0, 49, multicast_all, BOOL, 0) \
	X(41, 16, unicast_hops, NUMBER, 0) X(41, 18, multicast_hops, NUMBER, 0) \
	X(41, 19, multicast_loop6, BOOL, 0) X(41, 24, mtu6, NUMBER, 1) \
	X(41, 23, mtu_discovery6, NUMBER, 0) X(41, 25, receive_errors6, BOOL, 0) \
	X(41, 26, only_inet6, BOOL, 0) X(41, 49, packet_info6, BOOL, 0) \
	X(41, 51, receive_hop_limit, BOOL, 0) X(41, 66, receive_traffic_class, BOOL, 0) \
	X(41, 67, traffic_class, NUMBER, 0) \
	X(6, 1, no_delay, BOOL, 0) X(6, 2, segment_max, NUMBER, 0) X(6, 3, cork, BOOL, 0) \
	X(6, 7, syn_count, NUMBER, 0) X(6, 8, linger2, NUMBER, 0) \
	X(6, 9, defer_accept, NUMBER, 0) X(6, 10, window_clamp, NUMBER, 0) \
	X(6, 12, quick_acknowledge, BOOL, 0) X(6, 18, user_timeout, NUMBER, 0) \
	X(6, 13, congestion, TEXT, 0) X(6, 25, not_sent_low_mark, NUMBER, 0) \
	X(17, 1, udp_cork, BOOL, 0)

static const struct option {
	uint8_t level, number, which, form, bytes;
	bool is_answer;
} options[] = {
#define X(level, number, name, form, is_answer) { level, number, posix_SocketOption_##name, \
	FORM_##form, sizeof(((struct posix_SocketOption *)0)->as.name), is_answer },
	OPTIONS(X)
#undef X
};

static const struct option *find(uint64_t level, uint64_t number)
{
	for (uint32_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (options[i].level == (uint32_t)level && options[i].number == (uint32_t)number)
			return &options[i];
	return NULL;
}

/* Of what nobody here knows. */
static int64_t unknown(struct shim *shim, uint64_t level)
{
	return (uint32_t)level != LINUX_SOL_SOCKET &&
		socket_ask(shim, posix_SocketOption_family) == LINUX_AF_UNIX ?
		-LINUX_EOPNOTSUPP : -LINUX_ENOPROTOOPT;
}

/* ---- setting ---- */

static int64_t take_time(uint64_t at, uint64_t size, uint64_t *nanos)
{
	struct linux_timeval time;

	if (size < sizeof time)
		return -LINUX_EINVAL;
	if (!copy_from(&time, at, sizeof time))
		return -LINUX_EFAULT;
	if (time.tv_usec < 0 || time.tv_usec >= 1000000)
		return -LINUX_EDOM;
	*nanos = time.tv_sec < 0 ? 1 : time.tv_sec >= INT32_MAX ? 0 :
		(uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
	return 0;
}

static int64_t take_linger(uint64_t at, uint64_t size, struct posix_Linger *to)
{
	struct linux_linger from;

	if (size < sizeof from)
		return -LINUX_EINVAL;
	if (!copy_from(&from, at, sizeof from))
		return -LINUX_EFAULT;
	*to = (struct posix_Linger){ from.l_onoff != 0, (uint32_t)from.l_linger };
	return 0;
}

static int64_t take_text(uint64_t at, uint64_t size, char text[16], struct sk_string *to)
{
	const uint64_t most = size < 15 ? size : 15;
	uint32_t length = 0;

	if (size == 0)
		return -LINUX_EINVAL;
	if (!copy_from(text, at, most))
		return -LINUX_EFAULT;
	while (length < most && text[length] != 0)
		length++;
	*to = (struct sk_string){ text, length };
	return 0;
}

/* A number goes where the union has it, as large as it is there. */
static int64_t take_number(const struct option *o, uint64_t at, uint64_t size,
	struct posix_SocketOption *to)
{
	int32_t number;
	uint8_t byte;

	if (size < sizeof number && o->level == SOL)
		return -LINUX_EINVAL;
	if (size >= sizeof number ? !copy_from(&number, at, sizeof number) :
			size == 0 || !copy_from(&byte, at, 1))
		return size == 0 ? -LINUX_EINVAL : -LINUX_EFAULT;
	if (size < sizeof number)
		number = byte;
	if (o->form == FORM_BOOL)
		number = number != 0;
	if (o->which == posix_SocketOption_receive_low_mark)
		number = number < 0 ? INT32_MAX : number ? number : 1;
	if (o->bytes < sizeof number && number >> 8 * o->bytes != 0)
		return -LINUX_EINVAL;
	memcpy(&to->as, &number, o->bytes < sizeof number ? o->bytes : sizeof number);
	return 0;
}

static int64_t set(struct shim *shim, const uint64_t a[6])
{
	const struct option *o = find(a[1], a[2]);
	struct posix_SocketOption option = { .which = o ? o->which : 0 };
	const uint64_t size = (uint32_t)a[4];
	char text[16];
	int64_t result;

	/* The kernel looks at the value first, of all of its own level. */
	if ((!o || o->is_answer) && (uint32_t)a[1] == SOL)
		result = size < 4 ? -LINUX_EINVAL : copy_from(text, a[3], 4) ?
			-LINUX_ENOPROTOOPT : -LINUX_EFAULT;
	else if (!o) {
		result = inet_set_option(shim, (uint32_t)a[1], (uint32_t)a[2], a[3], (uint32_t)size);
		return result == -LINUX_ENOPROTOOPT ? unknown(shim, a[1]) : result;
	} else if (o->is_answer)
		result = unknown(shim, a[1]);
	else if (o->form == FORM_TIME)
		result = take_time(a[3], size, &option.as.receive_timeout);
	else if (o->form == FORM_LINGER)
		result = take_linger(a[3], size, &option.as.linger);
	else if (o->form == FORM_TEXT)
		result = take_text(a[3], size, text, &option.as.congestion);
	else
		result = take_number(o, a[3], size, &option);
	return result < 0 ? result : SOCKET_DO(shim, set_option, .option = option);
}

int64_t socket_setsockopt(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result;

	if ((int32_t)a[4] < 0)
		return -LINUX_EINVAL;
	result = socket_open(shim, a[0], &file);
	if (result < 0)
		return result;
	result = set(shim, a);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

/* ---- getting ---- */

static int64_t put(const uint64_t a[6], const void *value, uint32_t size)
{
	uint32_t room;

	if (!copy_from(&room, a[4], sizeof room))
		return -LINUX_EFAULT;
	if ((int32_t)room < 0)
		return -LINUX_EINVAL;
	room = room < size ? room : size;
	return copy_to(a[3], value, room) && copy_to(a[4], &room, sizeof room) ? 0 :
		-LINUX_EFAULT;
}

static int64_t put_option(const struct option *o, const struct posix_SocketOption *option,
	const uint64_t a[6])
{
	const struct linux_linger linger = { option->as.linger.on,
		(int32_t)option->as.linger.seconds };
	const struct linux_timeval time = convert_timeval((int64_t)option->as.receive_timeout);
	int32_t number = 0;
	char text[16] = {0};

	switch (o->form) {
	case FORM_TIME: return put(a, &time, sizeof time);
	case FORM_LINGER: return put(a, &linger, sizeof linger);
	case FORM_TEXT:
		memcpy(text, option->as.congestion.data, option->as.congestion.size);
		return put(a, text, sizeof text);
	default:
		memcpy(&number, &option->as, o->bytes < sizeof number ? o->bytes :
			sizeof number);
		return put(a, &number, sizeof number);
	}
}

static int64_t peer_credentials(struct shim *shim, const uint64_t a[6])
{
	struct posix_Socket_peer_credentials_reply reply;
	int64_t result = SOCKET_CALL(shim, &reply, peer_credentials, 0);
	const struct linux_ucred who = { reply.credentials.process, reply.credentials.user,
		reply.credentials.group_id };

	return result < 0 ? result : put(a, &who, sizeof who);
}

/* -ERANGE with how much room there has to be. */
static int64_t peer_groups(struct shim *shim, const uint64_t a[6])
{
	struct posix_Socket_peer_groups_reply reply;
	uint32_t room, size;
	int64_t result;

	if (!copy_from(&room, a[4], sizeof room))
		return -LINUX_EFAULT;
	if ((int32_t)room < 0)
		return -LINUX_EINVAL;
	result = SOCKET_CALL(shim, &reply, peer_groups, .groups = sk_lend_out(
		(void *)(uintptr_t)(a[3] ? a[3] : 1), room));
	if (result < 0)
		return result;
	size = reply.count * 4;
	if (!copy_to(a[4], &size, sizeof size))
		return -LINUX_EFAULT;
	return size > room ? -LINUX_ERANGE : 0;
}

static int64_t get(struct shim *shim, const uint64_t a[6])
{
	enum { NO_CHECK = 11, PEER_CREDENTIALS = 17, SEND_LOW_MARK = 19, TCP_INFO = 11,
		PEER_GROUPS = 59, COOKIE = 57 };
	const struct option *o = find(a[1], a[2]);
	struct posix_Socket_option_reply reply;
	int32_t number = 0;
	int64_t result;

	if (o) {
		result = SOCKET_CALL(shim, &reply, option, .number = o->which);
		return result < 0 ? result : put_option(o, &reply.option, a);
	}
	if ((uint32_t)a[1] != SOL) {
		result = inet_get_option(shim, (uint32_t)a[1], (uint32_t)a[2], a[3], a[4]);
		return result == -LINUX_ENOPROTOOPT ? unknown(shim, a[1]) : result;
	}
	switch ((uint32_t)a[2]) {
	case PEER_CREDENTIALS: return peer_credentials(shim, a);
	case PEER_GROUPS: return peer_groups(shim, a);
	case NO_CHECK: return put(a, &number, sizeof number);
	case SEND_LOW_MARK:
		number = 1;
		return put(a, &number, sizeof number);
	case COOKIE:
		result = SOCKET_CALL(shim, &reply, option, .number = posix_SocketOption_cookie);
		return result < 0 ? result : put(a, &reply.option.as.cookie, 8);
	default: return -LINUX_ENOPROTOOPT;
	}
}

int64_t socket_getsockopt(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	uint32_t room;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = !copy_from(&room, a[4], sizeof room) ? -LINUX_EFAULT :
		(int32_t)room < 0 ? -LINUX_EINVAL : get(shim, a);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}
