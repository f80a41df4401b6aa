/*
 * Garbage for a file server: noise, and good packets (every method's request)
 * with bytes changed, cut or added, some with descriptors beside them, on
 * connections that end at any moment. Prints its seed; SEED=n repeats.
 *
 * Usage: garbage SOCKET. Exits 0 if the server still answers.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocols/fs.skald.h"
#include "runtime/socket.h"
#include "runtime/socket_packet.h"

#define ROUNDS 10000
#define PACKET_MAX 8192
#define FDS_MAX 16

static uint64_t state;

static uint32_t random_below(uint32_t limit)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33) % limit;
}

static const char *random_name(void)
{
	static const char *const names[] = {
		"/", "", "runtime", "runtime/channel.c", "runtime/../runtime", "..",
		"nothing", "runtime/channel.c/", "a\nb",
	};

	return names[random_below(sizeof(names) / sizeof(names[0]))];
}

static fs_Path random_path(void)
{
	static char noise[fs_PATH_MAX];
	const char *name = random_name();

	if (random_below(4) > 0)
		return (fs_Path){name, (uint32_t)strlen(name)};
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)random_below(256);
	return (fs_Path){noise, random_below(fs_PATH_MAX + 1)};
}

/* A request of some method, good in itself. */
static int good_request(uint8_t *to, size_t size)
{
	static const uint8_t data[fs_DATA_MAX];
	fs_File file = random_below(4) << 8 | random_below(3);

#define REQUEST(name, ...) \
	fs_Files_##name##_request_encode( \
		&(struct fs_Files_##name##_request){__VA_ARGS__}, to, size)
	switch (random_below(20)) {
	case 0: return REQUEST(open, random_path(), random_below(256), 0);
	case 1: return REQUEST(close, file);
	case 2: return REQUEST(read, file, random_below(9000), random_below(5000));
	case 3: return REQUEST(write, file, 0, {data, random_below(fs_DATA_MAX)});
	case 4: return REQUEST(stat, random_path(), random_below(2) == 0);
	case 5: return REQUEST(fstat, file);
	case 6: return REQUEST(readdir, file, random_below(100));
	case 7: return REQUEST(mkdir, random_path(), 0);
	case 8: return REQUEST(rmdir, random_path());
	case 9: return REQUEST(unlink, random_path());
	case 10: return REQUEST(rename, random_path(), random_path(), true);
	case 11: return REQUEST(link, random_path(), random_path());
	case 12: return REQUEST(symlink, random_path(), random_path());
	case 13: return REQUEST(readlink, random_path());
	case 14: return REQUEST(truncate, file, 0);
	case 15: return REQUEST(chmod, random_path(), 0);
	case 16: return REQUEST(utimes, random_path(), 3, {0, 0}, {0, 0});
	case 17: return REQUEST(sync, file);
	case 18: return REQUEST(advise, file, 0, 0, (fs_Advice)random_below(6));
	default: return REQUEST(open, {"runtime/channel.c", 17}, fs_Open_READ, 0);
	}
#undef REQUEST
}

static size_t random_packet(uint8_t *bytes)
{
	size_t size = random_below(random_below(8) == 0 ? PACKET_MAX : 100);
	int encoded;

	for (size_t i = 0; i < PACKET_MAX; i++)
		bytes[i] = (uint8_t)random_below(256);
	if (random_below(8) == 0)
		return size;
	encoded = good_request(bytes + SK_PACKET_HEADER, SK_MESSAGE_MAX);
	if (encoded < 0)
		return size;
	sk_put_uint64(bytes, random_below(8));
	sk_put_uint32(bytes + 8, 1 + random_below(random_below(8) == 0 ? 5 : 2));
	sk_put_uint32(bytes + 12, 0);
	size = SK_PACKET_HEADER + (size_t)encoded;
	for (uint32_t i = random_below(4); i > 0; i--)
		bytes[random_below((uint32_t)size)] ^= (uint8_t)(1 << random_below(8));
	if (random_below(8) == 0)
		size -= random_below((uint32_t)size);
	if (random_below(8) == 0)
		size += random_below(16);
	return size;
}

static int send_packet(int fd, const uint8_t *bytes, size_t size, unsigned copies)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {0};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (copies > 0) {
		struct cmsghdr *rights = &control.align;
		int *fds = (int *)(void *)CMSG_DATA(rights);

		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(copies * sizeof(int));
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(copies * sizeof(int));
		for (unsigned i = 0; i < copies; i++)
			fds[i] = STDIN_FILENO;
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int connect_raw(const char *path)
{
	static struct sk_socket client;

	if (sk_socket_connect(&client, path, SK_FOREVER) != SK_OK) {
		perror("garbage: connect");
		exit(1);
	}
	return client.fd;
}

int main(int argc, char **argv)
{
	const char *given = getenv("SEED");
	static uint8_t bytes[PACKET_MAX], answer[PACKET_MAX];
	unsigned closed = 0, answers = 0;
	int fd;

	if (argc != 2)
		return 2;
	state = given ? strtoull(given, NULL, 0) : sk_socket_now();
	printf("# SEED=%llu\n", (unsigned long long)state);
	fflush(stdout);
	fd = connect_raw(argv[1]);
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t size = random_packet(bytes);
		unsigned copies = random_below(8) == 0 ? random_below(FDS_MAX + 1) : 0;

		if (send_packet(fd, bytes, size, copies) < 0 || random_below(200) == 0) {
			close(fd);
			fd = connect_raw(argv[1]);
			closed++;
		}
		/* Most of the time it reads what it is answered. */
		while (random_below(50) > 0 &&
				recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
			answers++;
	}
	close(fd);
	printf("# %u packets, %u answers, %u connections\n", ROUNDS, answers, closed);
	return answers > 0 ? 0 : 1;
}
