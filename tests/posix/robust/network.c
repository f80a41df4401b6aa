/* Those that want all ports, all connections, and all that is on its way between them. */
#include "robust.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
}

/* Ports, one after the other, as long as there are any; children take them anew. */
static void take_ports(uint32_t *seed)
{
	for (;;) {
		struct sockaddr_in any = loopback((uint16_t)next(seed));
		const int kind = next(seed) % 2 ? SOCK_STREAM : SOCK_DGRAM;
		const int file = socket(AF_INET, kind, 0);

		if (file < 0)
			break;
		if (bind(file, (struct sockaddr *)&any, sizeof(any)) < 0)
			close(file);
		else if (kind == SOCK_STREAM)
			listen(file, 4096);
	}
}

/* Half of a connection, in a child; the other half moves bytes there and back, or waits. */
void leak_network(uint32_t *seed)
{
	static char bytes[20000];
	struct sockaddr_in where = loopback(0);
	socklen_t size = sizeof(where);
	const int server = socket(AF_INET, SOCK_STREAM, 0);
	int file;

	bind(server, (struct sockaddr *)&where, sizeof(where));
	listen(server, 10);
	getsockname(server, (struct sockaddr *)&where, &size);
	signal(SIGPIPE, SIG_IGN);
	if (fork() == 0)
		for (;;) {
			file = socket(AF_INET, SOCK_STREAM, 0);
			connect(file, (struct sockaddr *)&where, size);
			write(file, bytes, next(seed) % sizeof(bytes));
			if (next(seed) % 2)
				read(file, bytes, sizeof(bytes));
			if (next(seed) % 4)
				close(file);
		}
	for (;;) {
		file = accept(server, NULL, NULL);
		if (next(seed) % 2)
			read(file, bytes, sizeof(bytes));
		if (next(seed) % 2)
			write(file, bytes, next(seed) % sizeof(bytes));
		if (next(seed) % 4)
			close(file);
	}
}

/* Connections that nobody accepts, full of bytes that nobody reads. */
static void connect_on(uint32_t *seed)
{
	static char bytes[65536];
	struct sockaddr_in where = loopback(0);
	socklen_t size = sizeof(where);
	const int server = socket(AF_INET, SOCK_STREAM, 0);

	bind(server, (struct sockaddr *)&where, sizeof(where));
	listen(server, 4096);
	getsockname(server, (struct sockaddr *)&where, &size);
	for (;;) {
		const int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (file < 0)
			break;
		connect(file, (struct sockaddr *)&where, size);
		while (send(file, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
			;
		if (next(seed) % 8 == 0)
			close(accept(server, NULL, NULL));
	}
	close(server);
}

/* Datagrams to whoever is there, from a socket that nobody empties. */
static void storm(uint32_t *seed)
{
	static char bytes[60000];
	struct sockaddr_in where = loopback(0);
	socklen_t size = sizeof(where);
	const int file = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	bind(file, (struct sockaddr *)&where, sizeof(where));
	getsockname(file, (struct sockaddr *)&where, &size);
	for (int i = 0; i < 4000; i++) {
		if (next(seed) % 4 == 0)
			where.sin_port = htons((uint16_t)next(seed));
		sendto(file, bytes, next(seed) % sizeof(bytes), 0, (struct sockaddr *)&where,
			size);
	}
}

void attack_network(uint32_t seed)
{
	const struct rlimit most = {4096, 4096};

	setrlimit(RLIMIT_NOFILE, &most);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		fork();
		seed += (uint32_t)getpid();
		next(&seed);
		switch (next(&seed) % 3) {
		case 0: take_ports(&seed); break;
		case 1: connect_on(&seed); break;
		default: storm(&seed);
		}
		if (next(&seed) % 2)
			_exit(0);
	}
}
