/* UDP over the loopback, options of IP and TCP, and what is said of the machine's only link. */
#include "inet.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

static char some[4096], what[100];

#define WHAT(text) (snprintf(what, sizeof what, "%s: %s", kind, text), what)

static long send_inet(long fd, const char *host, int port, const char *text)
{
	struct sockaddr_in in = in_address(host, port);
	struct sockaddr_in6 in6 = in6_address(host, port);

	if (strchr(host, ':'))
		return C(sendto, fd, text, strlen(text), MSG_DONTWAIT, &in6, sizeof in6);
	return C(sendto, fd, text, strlen(text), MSG_DONTWAIT, &in, sizeof in);
}

static void meets(const char *kind, const char *server_host, const char *host)
{
	const int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	long server = bound_inet(SOCK_DGRAM, server_host, -1), fd = C(socket, family, SOCK_DGRAM, 0);
	const int port = port_of(server);
	int left = -1;

	SAY(poll, WHAT("nothing came"), ready(server));
	SAY(read, WHAT("nothing came"), C(recvfrom, server, some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(write, WHAT("to nobody"), C(write, fd, "x", 1));
	SAY(sendto, WHAT("to it"), send_inet(fd, host, port, "hello"));
	SAY(getsockname, WHAT("has a port then"), port_of(fd) > 0);
	shown("getsockname", WHAT("after that"), C(getsockname, fd, &named, length(200)));
	wait_ready(server, POLLIN);
	SAY(poll, WHAT("something came"), ready(server));
	SAY(ioctl, WHAT("how much came"), (C(ioctl, server, FIONREAD, &left), left));
	T(recvfrom, WHAT("a look"), server, some, 2, MSG_PEEK | MSG_TRUNC, NULL, NULL);
	T(recvfrom, WHAT("with a sender"), server, some, 9, 0, &named, length(200));
	shown("recvfrom", WHAT("from whom"), 0);
	SAY(sendto, WHAT("back"), C(sendto, server, "back!", 5, 0, &named, named_length));
	wait_ready(fd, POLLIN);
	T(recvfrom, WHAT("its beginning"), fd, some, 2, MSG_DONTWAIT, &named, length(200));
	shown("recvfrom", WHAT("from where"), 0);
	T(recvfrom, WHAT("no rest"), fd, some, 2, MSG_DONTWAIT, NULL, NULL);
	SAY(connect, WHAT("to it"), connect_inet(fd, host, port));
	shown("getpeername", WHAT("to it"), C(getpeername, fd, &named, length(200)));
	shown("getsockname", WHAT("connected"), C(getsockname, fd, &named, length(200)));
	SAY(write, WHAT("connected"), C(write, fd, "abc", 3));
	SAY(write, WHAT("of nothing"), C(write, fd, "", 0));
	wait_ready(server, POLLIN);
	SAY(read, WHAT("connected"), C(recvfrom, server, some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(sendto, WHAT("of nothing"), C(sendto, fd, "", 0, 0, NULL, 0));
	wait_ready(server, POLLIN);
	SAY(read, WHAT("of nothing"), C(recvfrom, server, some, 9, MSG_DONTWAIT, NULL, NULL));
	C(close, server);
	SAY(write, WHAT("it is gone"), C(write, fd, "x", 1));
	wait_ready(fd, POLLERR);
	SAY(poll, WHAT("it is gone"), ready(fd));
	SAY(write, WHAT("it is gone, told"), C(write, fd, "x", 1));
	wait_ready(fd, POLLERR);
	SAY(read, WHAT("it is gone, told"), C(recvfrom, fd, some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(read, WHAT("it is gone, told once"), C(recvfrom, fd, some, 9, MSG_DONTWAIT, NULL, NULL));
	C(close, fd);
}

static void peers(void)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	long one = bound_inet(SOCK_DGRAM, "127.0.0.1", -1), two = bound_inet(SOCK_DGRAM, "127.0.0.1", -1);
	long three = bound_inet(SOCK_DGRAM, "127.0.0.1", -1);

	connect_inet(one, "127.0.0.1", port_of(two));
	SAY(sendto, "from the peer", send_inet(two, "127.0.0.1", port_of(one), "abc"));
	SAY(sendto, "from another", send_inet(three, "127.0.0.1", port_of(one), "abcde"));
	SAY(read, "from the peer", C(recvfrom, one, some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(read, "from another", C(recvfrom, one, some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(sendto, "to another, though connected", send_inet(one, "127.0.0.1", port_of(three), "xy"));
	SAY(read, "to another, though connected", C(recvfrom, three, some, 9, MSG_DONTWAIT, NULL, NULL));
	SAY(connect, "to another", connect_inet(one, "127.0.0.1", port_of(three)));
	SAY(getpeername, "to another", peer_port_of(one) == port_of(three));
	SAY(connect, "to none", C(connect, one, &none, sizeof none));
	SAY(getpeername, "to none", C(getpeername, one, &named, length(200)));
	shown("getsockname", "to none", C(getsockname, one, &named, length(200)));
	SAY(listen, "of datagrams", C(listen, one, 1));
	SAY(accept, "of datagrams", C(accept, one, NULL, NULL));
	SAY(shutdown, "of datagrams, without a peer", C(shutdown, one, SHUT_WR));
	connect_inet(one, "127.0.0.1", port_of(two));
	SAY(shutdown, "of datagrams", C(shutdown, one, SHUT_RD));
	SAY(poll, "of datagrams, shut", ready(one));
	SAY(read, "of datagrams, shut", C(read, one, some, 9));
	SAY(shutdown, "of datagrams, to write", C(shutdown, one, SHUT_WR));
	SAY(write, "of datagrams, shut", C(sendto, one, "x", 1, MSG_NOSIGNAL, NULL, 0));
	SAY(sendto, "to another machine", send_inet(two, "10.1.2.3", 9, "x"));
	SAY(sendto, "to a group", send_inet(two, "224.0.0.1", 9, "x"));
	SAY(sendto, "to all", send_inet(two, "255.255.255.255", 9, "x"));
	SAY(setsockopt, "to all", set(three, SOL_SOCKET, SO_BROADCAST, 1));
	SAY(sendto, "to all, allowed", send_inet(three, "255.255.255.255", 9, "x"));
	SAY(sendto, "to port 0", send_inet(two, "127.0.0.1", 0, "x"));
	SAY(sendto, "to nobody", send_inet(two, "127.0.0.1", 9, "x"));
	SAY(sendto, "and again", send_inet(two, "127.0.0.1", 9, "x"));
	SAY(sendto, "out of band", C(sendto, three, "x", 1, MSG_OOB, NULL, 0));
	C(close, one);
	C(close, two);
	C(close, three);
}

static void errors(void)
{
	static char much[70000];
	struct sockaddr_in address = in_address("127.0.0.1", 9);
	long fd = C(socket, AF_INET, SOCK_DGRAM, 0);

	T(sendto, "too much", fd, much, 65508, 0, &address, sizeof address);
	T(sendto, "the most", fd, much, 65507, 0, &address, sizeof address);
	T(sendto, "wild", fd, WILD, 5, 0, &address, sizeof address);
	T(sendto, "to a wild address", fd, much, 5, 0, WILD, sizeof address);
	T(sendto, "to too short an address", fd, much, 5, 0, &address, 15);
	T(sendto, "to an address too long", fd, much, 5, 0, &address, 129);
	address.sin_family = AF_INET6;
	T(sendto, "to another family", fd, much, 5, 0, memcpy(some, &address, sizeof address), 28);
	address.sin_family = AF_UNSPEC;
	T(sendto, "to no family", fd, much, 5, 0, &address, sizeof address);
	C(close, fd);
}

static void shares(void)
{
	long one = C(socket, AF_INET, SOCK_DGRAM, 0), two = C(socket, AF_INET, SOCK_DGRAM, 0);
	int port;

	bind_inet(one, "127.0.0.1", 0);
	port = port_of(one);
	SAY(bind, "a port that is taken", bind_inet(two, "127.0.0.1", port));
	SAY(bind, "a port of TCP's own", bind_inet(C(socket, AF_INET, SOCK_STREAM, 0), "127.0.0.1", port));
	set(one, SOL_SOCKET, SO_REUSEADDR, 1);
	set(two, SOL_SOCKET, SO_REUSEADDR, 1);
	SAY(bind, "a port that both use again", bind_inet(two, "127.0.0.1", port));
	C(close, two);
	two = C(socket, AF_INET, SOCK_DGRAM, 0);
	SAY(bind, "a port elsewhere", bind_inet(two, "127.0.0.2", port));
	SAY(sendto, "to the one there", send_inet(one, "127.0.0.2", port, "x"));
	SAY(read, "of the one there", C(recvfrom, two, some, 9, MSG_DONTWAIT, &named, length(200)));
	shown("recvfrom", "from here", 0);
	C(close, one);
	C(close, two);
}

/* ---- options ---- */

static const struct { const char *name; int level, number, value; } settings[] = {
	{ "no delay", IPPROTO_TCP, TCP_NODELAY, 1 },
	{ "cork", IPPROTO_TCP, TCP_CORK, 1 },
	{ "idle", IPPROTO_TCP, TCP_KEEPIDLE, 10 },
	{ "idle, 0", IPPROTO_TCP, TCP_KEEPIDLE, 0 },
	{ "interval", IPPROTO_TCP, TCP_KEEPINTVL, 11 },
	{ "count", IPPROTO_TCP, TCP_KEEPCNT, 12 },
	{ "of SYN", IPPROTO_TCP, TCP_SYNCNT, 3 },
	{ "of SYN, 0", IPPROTO_TCP, TCP_SYNCNT, 0 },
	{ "linger", IPPROTO_TCP, TCP_LINGER2, 5 },
	{ "deferred", IPPROTO_TCP, TCP_DEFER_ACCEPT, 0 },
	{ "user's time", IPPROTO_TCP, TCP_USER_TIMEOUT, 1000 },
	{ "quick", IPPROTO_TCP, TCP_QUICKACK, 1 },
	{ "there is not", IPPROTO_TCP, 999, 1 },
	{ "time to live", IPPROTO_IP, IP_TTL, 33 },
	{ "time to live, 0", IPPROTO_IP, IP_TTL, 0 },
	{ "time to live, 300", IPPROTO_IP, IP_TTL, 300 },
	{ "type of service", IPPROTO_IP, IP_TOS, 16 },
	{ "packet's info", IPPROTO_IP, IP_PKTINFO, 1 },
	{ "errors", IPPROTO_IP, IP_RECVERR, 1 },
	{ "time to live comes", IPPROTO_IP, IP_RECVTTL, 1 },
	{ "discovery", IPPROTO_IP, IP_MTU_DISCOVER, 2 },
	{ "free", IPPROTO_IP, IP_FREEBIND, 1 },
	{ "a group's time to live", IPPROTO_IP, IP_MULTICAST_TTL, 5 },
	{ "a group's loop", IPPROTO_IP, IP_MULTICAST_LOOP, 0 },
	{ "of IP there is not", IPPROTO_IP, 999, 1 },
	{ "ports", SOL_SOCKET, SO_REUSEPORT, 1 },
	{ "broadcast", SOL_SOCKET, SO_BROADCAST, 1 },
};
static const struct { const char *name; int level, number, value; } settings6[] = {
	{ "only 6", IPPROTO_IPV6, IPV6_V6ONLY, 1 },
	{ "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44 },
	{ "hops, 300", IPPROTO_IPV6, IPV6_UNICAST_HOPS, 300 },
	{ "hops as usual", IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1 },
	{ "class", IPPROTO_IPV6, IPV6_TCLASS, 8 },
	{ "info", IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
	{ "of 6 there is not", IPPROTO_IPV6, 999, 1 },
	{ "time to live of 4", IPPROTO_IP, IP_TTL, 33 },
};

static void options(void)
{
	long tcp = C(socket, AF_INET, SOCK_STREAM, 0), six = C(socket, AF_INET6, SOCK_STREAM, 0);
	long udp = C(socket, AF_INET, SOCK_DGRAM, 0);
	struct tcp_info info = { .tcpi_state = 0 };
	char name[16] = "";
	int p[2];

	SAY(getsockopt, "time to live as usual", option(tcp, IPPROTO_IP, IP_TTL));
	SAY(getsockopt, "hops of 6 as usual", option(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
	SAY(getsockopt, "idle as usual", option(tcp, IPPROTO_TCP, TCP_KEEPIDLE));
	SAY(getsockopt, "interval as usual", option(tcp, IPPROTO_TCP, TCP_KEEPINTVL));
	SAY(getsockopt, "count as usual", option(tcp, IPPROTO_TCP, TCP_KEEPCNT));
	SAY(getsockopt, "protocol", option(tcp, SOL_SOCKET, SO_PROTOCOL));
	SAY(getsockopt, "protocol of datagrams", option(udp, SOL_SOCKET, SO_PROTOCOL));
	SAY(getsockopt, "family", option(six, SOL_SOCKET, SO_DOMAIN));
	SAY(getsockopt, "type", option(udp, SOL_SOCKET, SO_TYPE));
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		SAY(setsockopt, settings[i].name, set(tcp, settings[i].level, settings[i].number, settings[i].value));
		SAY(getsockopt, settings[i].name, option(tcp, settings[i].level, settings[i].number));
	}
	for (size_t i = 0; i < sizeof settings6 / sizeof *settings6; i++) {
		SAY(setsockopt, settings6[i].name, set(six, settings6[i].level, settings6[i].number, settings6[i].value));
		SAY(getsockopt, settings6[i].name, option(six, settings6[i].level, settings6[i].number));
	}
	SAY(setsockopt, "of 6, by 4", set(tcp, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	SAY(setsockopt, "of TCP, by datagrams", set(udp, IPPROTO_TCP, TCP_NODELAY, 1));
	SAY(getsockopt, "of TCP, by datagrams", option(udp, IPPROTO_TCP, TCP_NODELAY));
	T(getsockopt, "congestion", tcp, IPPROTO_TCP, TCP_CONGESTION, name, length(16));
	SAY(getsockopt, "the largest piece", option(tcp, IPPROTO_TCP, TCP_MAXSEG));
	T(getsockopt, "figures", tcp, IPPROTO_TCP, TCP_INFO, &info, length(sizeof info));
	SAY(getsockopt, "its state", info.tcpi_state);
	pair_inet(p);
	C(getsockopt, p[0], IPPROTO_TCP, TCP_INFO, &info, length(sizeof info));
	SAY(getsockopt, "its state, connected", info.tcpi_state);
	C(shutdown, p[0], SHUT_WR);
	wait_ready(p[1], POLLRDHUP);
	C(getsockopt, p[0], IPPROTO_TCP, TCP_INFO, &info, length(sizeof info));
	/* What the other side says to that may be on its way. */
	SAY(getsockopt, "its state, half closed", info.tcpi_state == 4 || info.tcpi_state == 5);
	C(getsockopt, p[1], IPPROTO_TCP, TCP_INFO, &info, length(sizeof info));
	SAY(getsockopt, "its state, the other half", info.tcpi_state);
	close_both(p);
	C(close, tcp);
	C(close, udp);
	C(close, six);
}

static void groups(void)
{
	const struct ip_mreq none = { { 0 }, { 0 } };
	struct ip_mreqn member = { { htonl(0xe0000105) }, { 0 }, 0 };
	long fd = C(socket, AF_INET, SOCK_DGRAM, 0);

	T(setsockopt, "into a group, by no link", fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member);
	T(setsockopt, "into no group", fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &none, sizeof none);
	T(setsockopt, "out of a group", fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &member, sizeof member);
	C(close, fd);
}

/* ---- the link ---- */

static void links(void)
{
	struct ifreq one = { .ifr_name = "lo" }, none = { .ifr_name = "none0" };
	char room[400];
	struct ifconf all = { .ifc_len = sizeof room, .ifc_buf = room };
	long fd = C(socket, AF_INET, SOCK_DGRAM, 0);
	const struct sockaddr_in *in = (const void *)&one.ifr_addr;

	T(ioctl, "addresses", fd, SIOCGIFCONF, &all);
	SAY(ioctl, "how many addresses", all.ifc_len / (int)sizeof one);
	TEXT(ioctl, "of this link", room, 3);
	all.ifc_buf = NULL;
	T(ioctl, "room for addresses", fd, SIOCGIFCONF, &all);
	SAY(ioctl, "so much", all.ifc_len);
	T(ioctl, "flags", fd, SIOCGIFFLAGS, &one);
	SAY(ioctl, "are", one.ifr_flags);
	T(ioctl, "address", fd, SIOCGIFADDR, &one);
	SAY(ioctl, "its address", ntohl(in->sin_addr.s_addr));
	T(ioctl, "mask", fd, SIOCGIFNETMASK, &one);
	SAY(ioctl, "its mask", ntohl(in->sin_addr.s_addr));
	T(ioctl, "MTU", fd, SIOCGIFMTU, &one);
	SAY(ioctl, "its MTU", one.ifr_mtu);
	T(ioctl, "index", fd, SIOCGIFINDEX, &one);
	SAY(ioctl, "its index", one.ifr_ifindex);
	T(ioctl, "name", fd, SIOCGIFNAME, &one);
	TEXT(ioctl, "its name", one.ifr_name, 3);
	T(ioctl, "hardware", fd, SIOCGIFHWADDR, &one);
	SAY(ioctl, "its hardware", one.ifr_hwaddr.sa_family);
	T(ioctl, "of no link", fd, SIOCGIFFLAGS, &none);
	T(ioctl, "of the wild", fd, SIOCGIFFLAGS, WILD);
	none.ifr_ifindex = 99;
	T(ioctl, "the name of no link", fd, SIOCGIFNAME, &none);
	T(setsockopt, "to this link", fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	T(setsockopt, "to no link", fd, SOL_SOCKET, SO_BINDTODEVICE, "none0", 6);
	C(close, fd);
}

void topic_udp(void)
{
	loopback_up();
	meets("inet", "127.0.0.1", "127.0.0.1");
	meets("inet6", "::1", "::1");
	meets("all", "0.0.0.0", "127.0.0.1");
	meets("another", "0.0.0.0", "127.5.6.7");
	meets("mapped", "127.0.0.1", "::ffff:127.0.0.1");
	meets("both", "::", "127.0.0.1");
	peers();
	errors();
	shares();
	options();
	groups();
	links();
}
