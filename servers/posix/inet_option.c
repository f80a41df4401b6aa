/*
 * Options of IP, TCP and UDP. Most say how packets go, and there are none: they are kept, so
 * that programs read what they have written, and refused where Linux refuses them.
 */
#include "servers/posix/inet.h"

enum kind { SWITCH, BYTE, WORD, SIGNED };
enum { STREAMS = 1, DATAGRAMS = 2, BOTH = 3, ONLY6 = 4 };

struct setting {
	uint16_t which;
	uint8_t kind, of;
	uint32_t first;
	int64_t least, most;
};

#define ROW(name, kind, of, first, least, most) \
	{posix_SocketOption_##name, kind, of, first, least, most}
#define SWITCHED(name, of, first) ROW(name, SWITCH, of, first, 0, 1)

/* In `settings` as here; the last are the parts of keep_alive_times. */
static const struct setting rows[] = {
	ROW(type_of_service, BYTE, BOTH, 0, 0, 255),
	ROW(time_to_live, BYTE, BOTH, 64, 1, 255),
	SWITCHED(packet_info, BOTH, 0), SWITCHED(receive_errors, BOTH, 0),
	SWITCHED(receive_time_to_live, BOTH, 0), SWITCHED(receive_type_of_service, BOTH, 0),
	ROW(mtu_discovery, BYTE, BOTH, 1, 0, 5), SWITCHED(free_bind, BOTH, 0),
	ROW(multicast_time_to_live, BYTE, DATAGRAMS, 1, 0, 255),
	SWITCHED(multicast_loop, BOTH, 1), SWITCHED(multicast_all, BOTH, 1),
	SWITCHED(original_destination, BOTH, 0), SWITCHED(bind_without_port, BOTH, 0),
	ROW(unicast_hops, SIGNED, BOTH | ONLY6, 64, -1, 255),
	ROW(multicast_hops, SIGNED, DATAGRAMS | ONLY6, 1, -1, 255),
	SWITCHED(multicast_loop6, BOTH | ONLY6, 1), SWITCHED(packet_info6, BOTH | ONLY6, 0),
	SWITCHED(receive_hop_limit, BOTH | ONLY6, 0),
	SWITCHED(receive_traffic_class, BOTH | ONLY6, 0),
	ROW(traffic_class, WORD, BOTH | ONLY6, 0, 0, 255),
	SWITCHED(receive_errors6, BOTH | ONLY6, 0),
	ROW(mtu_discovery6, BYTE, BOTH | ONLY6, 1, 0, 5),
	SWITCHED(dont_fragment6, BOTH | ONLY6, 0),
	SWITCHED(no_delay, STREAMS, 0), SWITCHED(cork, STREAMS, 0),
	ROW(syn_count, WORD, STREAMS, 6, 1, 127),
	ROW(linger2, SIGNED, STREAMS, 60, INT32_MIN, INT32_MAX),
	ROW(defer_accept, WORD, STREAMS, 0, 0, UINT32_MAX),
	ROW(window_clamp, WORD, STREAMS, 0, 0, UINT32_MAX),
	SWITCHED(quick_acknowledge, STREAMS, 1),
	ROW(user_timeout, WORD, STREAMS, 0, 0, INT32_MAX),
	ROW(not_sent_low_mark, WORD, STREAMS, UINT32_MAX, 0, UINT32_MAX),
	SWITCHED(udp_cork, DATAGRAMS, 0), SWITCHED(udp_no_checksum6, DATAGRAMS, 0),
	ROW(keep_alive_times, WORD, STREAMS, 7200, 1, 32767),
	ROW(keep_alive_times, WORD, STREAMS, 75, 1, 32767),
	ROW(keep_alive_times, WORD, STREAMS, 9, 1, 127),
};
#define ALIVE (ARRAY_SIZE(rows) - 3)

_Static_assert(ARRAY_SIZE(rows) <= INET_SETTINGS, "each has a place");

void inet_first_settings(struct inet_socket *i, const struct inet_socket *like)
{
	for (size_t n = 0; n < ARRAY_SIZE(rows); n++)
		i->settings[n] = like ? like->settings[n] : rows[n].first;
}

/* NULL: there is none for it. */
static const struct setting *row_of(const struct inet_socket *i, uint32_t which)
{
	const uint8_t of = inet_is_tcp(i) ? STREAMS : DATAGRAMS;
	const bool is6 = i->socket.family->number == posix_AddressFamily_INET6;

	for (size_t n = 0; n < ARRAY_SIZE(rows); n++)
		if (rows[n].which == which)
			return rows[n].of & of && (is6 || !(rows[n].of & ONLY6)) ?
				&rows[n] : NULL;
	return NULL;
}

/* Values of one kind lie at one place. */
static int64_t value_of(const struct posix_SocketOption *option, uint8_t kind)
{
	switch (kind) {
	case SWITCH: return option->as.no_delay;
	case BYTE: return option->as.time_to_live;
	case WORD: return option->as.syn_count;
	default: return option->as.unicast_hops;
	}
}

static void put_value(struct posix_SocketOption *option, uint8_t kind, uint32_t value)
{
	switch (kind) {
	case SWITCH: option->as.no_delay = value != 0; break;
	case BYTE: option->as.time_to_live = (uint8_t)value; break;
	case WORD: option->as.syn_count = value; break;
	default: option->as.unicast_hops = (int32_t)value; break;
	}
}

/* ---- setting ---- */

/* A part that is 0 stays as it is. */
static int set_alive(struct inet_socket *i, const struct posix_KeepAlive *times)
{
	const uint32_t parts[3] = {times->idle, times->interval, times->count};

	for (size_t n = 0; n < 3; n++)
		if (parts[n] > rows[ALIVE + n].most)
			return posix_Error_EINVAL;
	for (size_t n = 0; n < 3; n++)
		if (parts[n])
			i->settings[ALIVE + n] = parts[n];
	return 0;
}

/* No link takes part in groups. */
static int join(const struct inet_socket *i, const struct posix_SocketOption *option)
{
	if (inet_is_tcp(i))
		return posix_Error_EINVAL;
	if (option->which == posix_SocketOption_join)
		return (option->as.join.group_address[0] & 0xf0) == 0xe0 ? posix_Error_ENODEV :
			posix_Error_EINVAL;
	if (option->which == posix_SocketOption_join6)
		return option->as.join6.group_address[0] == 0xff ? posix_Error_ENODEV :
			posix_Error_EINVAL;
	return option->which == posix_SocketOption_leave ? posix_Error_ENODEV :
		posix_Error_EADDRNOTAVAIL;
}

static int set_congestion(struct sk_string name)
{
	return name.size == 5 && memcmp(name.data, "cubic", 5) == 0 ? 0 : posix_Error_ENOENT;
}

/* To none, or to the only one. */
static int set_device(struct sk_string name)
{
	return name.size == 0 || (name.size == 2 && memcmp(name.data, "lo", 2) == 0) ? 0 :
		posix_Error_ENODEV;
}

static int set_special(struct inet_socket *i, const struct posix_SocketOption *option)
{
	const bool is_tcp = inet_is_tcp(i);

	switch (option->which) {
	case posix_SocketOption_only_inet6:
		if (i->socket.family->number != posix_AddressFamily_INET6)
			return posix_Error_ENOPROTOOPT;
		if (i->local.port)
			return posix_Error_EINVAL;
		i->only6 = option->as.only_inet6;
		return 0;
	case posix_SocketOption_keep_alive_times:
		return is_tcp ? set_alive(i, &option->as.keep_alive_times) :
			(int)posix_Error_ENOPROTOOPT;
	case posix_SocketOption_segment_max:
		return !is_tcp ? posix_Error_ENOPROTOOPT : option->as.segment_max < 88 ||
			option->as.segment_max > 32767 ? (int)posix_Error_EINVAL : 0;
	case posix_SocketOption_bind_to_device:
		return set_device(option->as.bind_to_device);
	case posix_SocketOption_congestion:
		return is_tcp ? set_congestion(option->as.congestion) :
			(int)posix_Error_ENOPROTOOPT;
	case posix_SocketOption_join: case posix_SocketOption_leave:
	case posix_SocketOption_join6: case posix_SocketOption_leave6:
		return join(i, option);
	default:
		return -1;
	}
}

int inet_set_option(struct socket *s, struct thread *thread,
	const struct posix_SocketOption *option)
{
	struct inet_socket *i = inet_of(s);
	const int special = set_special(i, option);
	const struct setting *row = row_of(i, option->which);
	int64_t value;

	UNUSED(thread);
	if (special >= 0)
		return special;
	if (!row)
		return option->which == posix_SocketOption_multicast_time_to_live ?
			posix_Error_EINVAL : posix_Error_ENOPROTOOPT;
	value = value_of(option, row->kind);
	if (value < row->least || value > row->most)
		return posix_Error_EINVAL;
	i->settings[row - rows] = value < 0 && row->kind == SIGNED && row->most == 255 ?
		row->first : (uint32_t)value;
	return 0;
}

/* ---- asking ---- */

int inet_option(struct socket *s, struct posix_SocketOption *option)
{
	struct inet_socket *i = inet_of(s);
	const struct setting *row = row_of(i, option->which);
	const bool is_tcp = inet_is_tcp(i), is_there = i->remote.port != 0;

	switch (option->which) {
	case posix_SocketOption_only_inet6:
		option->as.only_inet6 = i->only6;
		return s->family->number == posix_AddressFamily_INET6 ? 0 :
			posix_Error_EOPNOTSUPP;
	case posix_SocketOption_keep_alive_times:
		option->as.keep_alive_times = (struct posix_KeepAlive){i->settings[ALIVE],
			i->settings[ALIVE + 1], i->settings[ALIVE + 2]};
		return is_tcp ? 0 : posix_Error_EOPNOTSUPP;
	case posix_SocketOption_segment_max:
		option->as.segment_max = is_there ? 65483 : 536;
		return is_tcp ? 0 : posix_Error_EOPNOTSUPP;
	case posix_SocketOption_congestion:
		option->as.congestion = (struct sk_string){"cubic", 5};
		return is_tcp ? 0 : posix_Error_EOPNOTSUPP;
	case posix_SocketOption_bind_to_device:
		option->as.bind_to_device = (struct sk_string){"", 0};
		return 0;
	case posix_SocketOption_mtu: case posix_SocketOption_mtu6:
		option->as.mtu = 65536;
		return is_there ? 0 : posix_Error_ENOTCONN;
	case posix_SocketOption_multicast_time_to_live:
		option->as.multicast_time_to_live = (uint8_t)(row ? i->settings[row - rows] : 1);
		return 0;
	default:
		break;
	}
	if (!row)
		return option->which >= posix_SocketOption_only_inet6 ? posix_Error_EOPNOTSUPP :
			posix_Error_ENOPROTOOPT;
	put_value(option, row->kind, i->settings[row - rows]);
	return 0;
}
