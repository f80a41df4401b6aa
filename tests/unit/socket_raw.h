/*
 * Packets by hand, good and bad, for the tests of peers that do not keep to
 * the rules; and a client whose server is the test.
 */
#ifndef TESTS_UNIT_SOCKET_RAW_H
#define TESTS_UNIT_SOCKET_RAW_H

#include "tests/unit/socket_fixture.h"

#include <errno.h>

/* A packet with a request of the fixture, and one with a status. */
#define SIZE (SK_PACKET_HEADER + 16)
#define SHORT_SIZE (SK_PACKET_HEADER + SK_STATUS_SIZE)

/* Sends bytes as they are, with so many copies of a descriptor. */
static inline ssize_t send_bytes(int fd, const void *bytes, size_t size, unsigned copies)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(64 * sizeof(int))];
	} control;
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *rights;
	const int null = copies ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
	ssize_t sent;

	if (copies > 0) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(copies * sizeof(int));
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(copies * sizeof(int));
		for (unsigned i = 0; i < copies; i++)
			memcpy(CMSG_DATA(rights) + i * sizeof(int), &null, sizeof(null));
	}
	sent = sendmsg(fd, &header, MSG_NOSIGNAL);
	if (copies > 0)
		close(null);
	return sent;
}

static inline size_t packet(uint8_t *bytes, uint64_t number, uint32_t kind, uint32_t id,
	uint32_t word, size_t size)
{
	memset(bytes, 0, size);
	sk_put_uint64(bytes, number);
	bytes[16] = (uint8_t)kind;
	sk_put_uint32(bytes + SK_PACKET_HEADER, id);
	sk_put_uint32(bytes + SK_PACKET_HEADER + 8, word);
	return size;
}

/* Says in the header how many handles come with it, if it can. */
static inline void announce(uint8_t *bytes, unsigned handles)
{
	bytes[17] = (uint8_t)(handles > SK_HANDLES_MAX ? SK_HANDLES_MAX : handles);
}

/* The server closed this connection, and nothing else happened to it. */
static inline void assert_closed_and_alive(int raw)
{
	uint8_t byte;
	struct sk_socket client;
	ssize_t size = recv(raw, &byte, 1, 0);

	assert_true(size == 0 || (size < 0 && errno == ECONNRESET));
	close(raw);
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, ECHO, 1, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
}

struct pair {
	struct sk_socket client;
	int end;
};

static inline void open_pair(struct pair *pair)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(sk_socket_adopt(&pair->client, ends[0]), SK_OK);
	pair->end = ends[1];
}

static inline void close_pair(struct pair *pair)
{
	sk_socket_close(&pair->client);
	close(pair->end);
}

#endif
