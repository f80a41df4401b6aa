/* What /proc/net says: sockets, and the only link, the loopback. */
#include "servers/posix/inet.h"
#include "servers/posix/proc.h"

#define NUMBER(function, ...) \
	void proc_##function(struct proc_text *text, const struct proc_key *key) \
	{ \
		UNUSED(key); \
		proc_put(text, __VA_ARGS__); \
	}
NUMBER(net_ports, "%u\t%u\n", PORT_FIRST, PORT_LAST)
NUMBER(net_common, "%u\n", PORT_COMMON)
NUMBER(net_backlog, "%u\n", SOCKET_BACKLOG_MOST)
NUMBER(net_buffer, "%u\n", SOCKET_BUFFER)
NUMBER(net_datagrams, "%u\n", SOCKET_DATAGRAMS)
NUMBER(net_if_inet6, "00000000000000000000000000000001 01 80 10 80       lo\n")

/* Nobody counts what comes by the loopback. */
void proc_net_dev(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "Inter-|   Receive                                                |"
		"  Transmit\n");
	proc_put(text, " face |bytes    packets errs drop fifo frame compressed multicast|"
		"bytes    packets errs drop fifo colls carrier compressed\n");
	proc_put(text, "    lo:       0       0    0    0    0     0          0         0"
		"        0       0    0    0    0     0       0          0\n");
}

/* As printf's %0*X. */
static void put_hex(struct proc_text *text, uint64_t value, uint32_t digits)
{
	while (digits-- > 0)
		proc_put(text, "%c", "0123456789ABCDEF"[value >> (digits * 4) & 15]);
}

/* Lines of the tables have a width. */
static void end_line(struct proc_text *text, uint64_t from, uint32_t width)
{
	while (text->size < from + width && text->size < text->capacity)
		proc_put(text, " ");
	proc_put(text, "\n");
}

void proc_net_route(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU"
		"\tWindow\tIRTT");
	end_line(text, 0, 127);
}

/* ---- AF_UNIX ---- */

static void put_path(struct proc_text *text, const struct socket *s)
{
	const struct sk_bytes path = s->local->address.as.local.path;

	if (path.size == 0)
		return;
	proc_put(text, " ");
	for (uint32_t i = 0; i < path.size && (i == 0 || path.data[0] == 0 || path.data[i]); i++)
		proc_put(text, "%c", path.data[i] ? path.data[i] : '@');
}

void proc_net_unix(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	for (const struct socket *s = sockets; s; s = s->next) {
		if (s->family != &socket_unix || s->is_dead)
			continue;
		proc_put(text, "0000000000000000: ");
		put_hex(text, s->references + 1, 8);
		proc_put(text, " 00000000 %s ", s->state == SOCKET_LISTENS ? "00010000" :
			"00000000");
		put_hex(text, (uint64_t)s->type, 4);
		proc_put(text, " %s %5lu", s->state == SOCKET_CONNECTED ? "03" : "01",
			(unsigned long)(s->file ? s->file->number : 0));
		if (s->local)
			put_path(text, s);
		proc_put(text, "\n");
	}
}

/* ---- IP ---- */

/* In the network's order of bytes, shown as this machine's numbers. */
static void put_address(struct proc_text *text, const struct inet_address *a, bool is6)
{
	for (uint32_t at = is6 ? 0 : 12; at < 16; at += 4)
		put_hex(text, (uint32_t)a->bytes[at + 3] << 24 | (uint32_t)a->bytes[at + 2] << 16 |
			(uint32_t)a->bytes[at + 1] << 8 | a->bytes[at], 8);
	proc_put(text, ":");
	put_hex(text, a->port, 4);
}

static unsigned state_of(struct inet_socket *i)
{
	struct posix_TcpInfo info = {.state = 7};

	if (!inet_is_tcp(i))
		return i->remote.port ? 1 : 7;
	(void)inet_info(&i->socket, &info);
	return info.state;
}

static void put_socket(struct proc_text *text, struct inet_socket *i, bool is6, unsigned number)
{
	const struct socket *s = &i->socket;
	const uint64_t from = text->size;
	struct inet_address remote = i->remote;

	if (remote.port == 0)
		remote = inet_any(s->family->number);
	proc_put(text, inet_is_tcp(i) ? "%4u: " : "%5u: ", number);
	put_address(text, &i->local, is6);
	proc_put(text, " ");
	put_address(text, &remote, is6);
	proc_put(text, " ");
	put_hex(text, state_of(i), 2);
	proc_put(text, " ");
	put_hex(text, s->sent, 8);
	proc_put(text, ":");
	put_hex(text, s->state == SOCKET_LISTENS ? s->waiting_count : s->bytes, 8);
	proc_put(text, " 00:00000000 00000000 %5u        0 %lu %u 0000000000000000",
		s->owner, (unsigned long)(s->file ? s->file->number : 0), s->references);
	proc_put(text, inet_is_tcp(i) ? " 100 0 0 10 0" : " 0");
	end_line(text, from, is6 ? 0 : inet_is_tcp(i) ? 149 : 127);
}

static void put_sockets(struct proc_text *text, posix_AddressFamily family,
	posix_SocketType type)
{
	unsigned number = 0;

	for (struct socket *s = sockets; s; s = s->next)
		if (s->family->number == family && s->type == type && !s->is_dead &&
				((struct inet_socket *)(void *)s)->link)
			put_socket(text, inet_of(s), family == posix_AddressFamily_INET6,
				number++);
}

#define HEAD "local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid" \
	"  timeout inode"
#define HEAD6 "local_address                         remote_address                        " \
	"st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

void proc_net_tcp(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "  sl  " HEAD);
	end_line(text, 0, 149);
	put_sockets(text, posix_AddressFamily_INET, posix_SocketType_STREAM);
}

void proc_net_udp(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "   sl  " HEAD " ref pointer drops");
	end_line(text, 0, 127);
	put_sockets(text, posix_AddressFamily_INET, posix_SocketType_DATAGRAM);
}

void proc_net_tcp6(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "  sl  " HEAD6 "\n");
	put_sockets(text, posix_AddressFamily_INET6, posix_SocketType_STREAM);
}

void proc_net_udp6(struct proc_text *text, const struct proc_key *key)
{
	UNUSED(key);
	proc_put(text, "  sl  " HEAD6 " ref pointer drops\n");
	put_sockets(text, posix_AddressFamily_INET6, posix_SocketType_DATAGRAM);
}
