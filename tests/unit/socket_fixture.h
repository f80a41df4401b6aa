/*
 * A server in a thread, by hand, for the tests of sockets. What it does with
 * a request stands in the third word. Everything it knows is asked of it by
 * messages, so the two threads share nothing but the socket.
 */
#ifndef TESTS_UNIT_SOCKET_FIXTURE_H
#define TESTS_UNIT_SOCKET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/codec.h"
#include "runtime/socket.h"
#include "runtime/socket_packet.h"

#define REQUEST_ID UINT32_C(40)
#define REPLY_ID UINT32_C(41)
#define MAX_CLIENTS 6
#define MAX_KEPT 4
#define MAX_OBJECTS 3
#define MAX_WINDOW (UINT32_C(4) << 20)
#define REPLY_SIZE 80

enum what {
	ECHO,
	KEEP,				/* answered by RELEASE */
	RELEASE,			/* answers the oldest kept, with as many handles
					 * as the next word says; number: status */
	RELEASE_LAST,
	COUNT,				/* the reply holds all counts */
	TWICE,				/* answers, and tells what a copy got */
	IGNORE,
	TAKE_FD,			/* writes a byte into handle 0 */
	GIVE_FDS,			/* as many handles as the next word says */
	GIVE_BAD_FD,
	SUM,				/* of the bytes of the first lease */
	FILL,				/* so many pieces of 10 bytes, 100 apart */
	FILL_MEMORY,			/* the same from where they are */
	REACH_BEYOND,			/* number: bits of what was refused */
	WRITE_LATE,			/* to the lease of the oldest kept */
	SHOW_DEADLINE,			/* milliseconds that are left */
	MINT,				/* the handle of an object */
	WHO,				/* 1: the object was called */
	DIE				/* the process ends */
};

/* Where the numbers stand in a reply, in words. */
enum { NUMBER = 2, CLIENTS, KEPT, GONE, CANCELED, EXHAUSTED, GARBAGE, CUT_OFF,
	ONE_WAYS, TURNED_AWAY, TOLD, OBJECTS, OBJECTS_GONE, BAD_LEASES };

struct fixture {
	struct sk_server server;
	pthread_t thread;
	struct sk_reply kept[(MAX_CLIENTS + MAX_OBJECTS) * MAX_KEPT];
	struct sk_lease kept_lease[(MAX_CLIENTS + MAX_OBJECTS) * MAX_KEPT];
	unsigned kept_count;
	unsigned gone;
	unsigned objects_gone;
	unsigned one_ways;
	unsigned told;			/* of replies that nobody waits for */
	int copy_status;
	char path[64];
	int fds_before;
};

static struct fixture fixture;
static const struct sk_method method = {.reply_id = REPLY_ID};

static int fixture_count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void fixture_put(struct sk_port *port, unsigned word, uint64_t value)
{
	sk_put_uint32(port->answer.bytes + 4 * word, (uint32_t)value);
}

static int fixture_answer(struct sk_reply *to, int number)
{
	struct sk_port *port = to->port;
	const struct sk_server *server = &fixture.server;

	memset(port->answer.bytes, 0, REPLY_SIZE);
	fixture_put(port, 0, REPLY_ID);
	fixture_put(port, NUMBER, (uint32_t)number);
	fixture_put(port, CLIENTS, server->clients);
	fixture_put(port, KEPT, server->kept);
	fixture_put(port, GONE, fixture.gone);
	fixture_put(port, CANCELED, server->counts.canceled);
	fixture_put(port, EXHAUSTED, server->counts.exhausted);
	fixture_put(port, GARBAGE, server->counts.garbage);
	fixture_put(port, CUT_OFF, server->counts.cut_off);
	fixture_put(port, ONE_WAYS, fixture.one_ways);
	fixture_put(port, TURNED_AWAY, server->counts.turned_away);
	fixture_put(port, TOLD, fixture.told);
	fixture_put(port, OBJECTS, server->objects);
	fixture_put(port, OBJECTS_GONE, fixture.objects_gone);
	fixture_put(port, BAD_LEASES, server->counts.bad_leases);
	return sk_answer(to, REPLY_SIZE);
}

static void fixture_give(struct sk_port *port, uint32_t count)
{
	port->answer.attached.handle_count = count;
	for (uint32_t i = 0; i < count && i < SK_HANDLES_MAX; i++)
		port->answer.attached.handles[i].handle.raw = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int fixture_release(bool last, uint32_t handles)
{
	struct sk_reply kept;

	if (fixture.kept_count == 0)
		return SK_INVALID;
	kept = fixture.kept[last ? fixture.kept_count - 1 : 0];
	fixture.kept_count--;
	if (!last) {
		memmove(fixture.kept, fixture.kept + 1,
			fixture.kept_count * sizeof(kept));
		memmove(fixture.kept_lease, fixture.kept_lease + 1,
			fixture.kept_count * sizeof(fixture.kept_lease[0]));
	}
	fixture_give(kept.port, handles);
	return fixture_answer(&kept, 0);
}

static void fixture_twice(struct sk_reply *to)
{
	struct sk_reply copy = *to;

	fixture_answer(to, 0);
	fixture.copy_status = fixture_answer(&copy, 0);
}

static int fixture_write(struct sk_handle *handle)
{
	ssize_t written = write(handle->raw, "!", 1);

	close(handle->raw);
	handle->raw = -1;
	return (int)written;
}

/* ---- what is lent ---- */

static int fixture_sum(const struct sk_reply *to, const struct sk_lease *lease)
{
	uint8_t bytes[1000];
	uint32_t sum = 0;

	for (uint64_t at = 0; at < lease->size;) {
		uint64_t left = lease->size - at, done;
		int status = sk_lease_read(to, lease, at, bytes,
			left < sizeof(bytes) ? left : sizeof(bytes), &done);

		if (status != SK_OK)
			return status;
		for (uint64_t i = 0; i < done; i++)
			sum += bytes[i];
		at += done;
	}
	return (int)sum;
}

/* Backwards, so that no piece touches the last one. */
static int fixture_fill(const struct sk_reply *to, const struct sk_lease *lease,
	uint32_t pieces, bool in_place)
{
	uint8_t bytes[10], *memory = in_place ? sk_lease_memory(to, lease) : NULL;
	int status = SK_OK;

	for (uint32_t i = pieces; i-- > 0 && status == SK_OK;) {
		uint8_t *from = memory ? memory + i * 100 : bytes;

		memset(from, 'A' + (int)i % 26, sizeof(bytes));
		status = sk_lease_write(to, lease, i * 100, from, sizeof(bytes), NULL);
	}
	return in_place && !memory ? SK_WOULD_BLOCK : status;
}

static int fixture_reach_beyond(const struct sk_reply *to, struct sk_lease lease)
{
	uint8_t byte = 0;
	uint64_t done = 7;
	int bits = 0;

	bits |= sk_lease_read(to, &lease, 0, &byte, 1, &done) == SK_BAD_LEASE && done == 0;
	bits |= (sk_lease_write(to, &lease, lease.size, &byte, 1, NULL) ==
		SK_BAD_LEASE) << 1;
	bits |= (sk_lease_write(to, &lease, UINT64_MAX, &byte, 2, NULL) ==
		SK_BAD_LEASE) << 2;
	/* What the server's copy says does not matter either. */
	lease.size = UINT64_MAX;
	lease.direction = SK_LEASE_INOUT;
	bits |= (sk_lease_write(to, &lease, 5000, &byte, 1, NULL) == SK_BAD_LEASE) << 3;
	bits |= (sk_lease_read(to, &lease, 0, &byte, 1, NULL) == SK_BAD_LEASE) << 4;
	lease.number = 2;
	bits |= (sk_lease_write(to, &lease, 0, &byte, 1, NULL) == SK_BAD_LEASE) << 5;
	lease.number = SK_LEASES_MAX + 1;
	bits |= (sk_lease_write(to, &lease, 0, &byte, 1, NULL) == SK_BAD_LEASE) << 6;
	return bits;
}

static int fixture_write_late(void)
{
	return fixture.kept_count == 0 ? SK_INVALID : sk_lease_write(&fixture.kept[0],
		&fixture.kept_lease[0], 0, "late", 4, NULL);
}

/* ---- what is minted ---- */

static int fixture_dispatch(void *self, struct sk_incoming *incoming);
static void fixture_canceled(void *self, uint64_t token);

static void fixture_object_gone(void *self)
{
	assert_ptr_equal(self, &fixture.objects_gone);
	fixture.objects_gone++;
}

static const struct sk_object fixture_object = {
	.dispatch = fixture_dispatch,
	.gone = fixture_object_gone,
	.canceled = fixture_canceled,
};

static void fixture_mint(struct sk_reply *to)
{
	struct sk_passed *passed = &to->port->answer.attached.handles[0];
	int status = sk_mint(to->port, &fixture_object, &fixture.objects_gone,
		&passed->handle);

	passed->copy = false;
	to->port->answer.attached.handle_count = status == SK_OK;
	fixture_answer(to, status);
}

static int fixture_time_left(const struct sk_reply *to)
{
	uint64_t now = sk_socket_now();

	if (to->deadline == SK_FOREVER)
		return -1;
	return to->deadline > now ? (int)((to->deadline - now) / 1000000) : 0;
}

static int fixture_dispatch(void *self, struct sk_incoming *incoming)
{
	const uint8_t *bytes = incoming->message->bytes;
	const struct sk_lease *lease = &incoming->message->attached.leases[0];
	struct sk_reply *to = &incoming->reply;
	uint32_t argument;

	if (sk_message_id(incoming->message) != REQUEST_ID || incoming->message->size < 16)
		return sk_refuse(incoming, SK_UNKNOWN_METHOD);
	to->id = REPLY_ID;
	if (!to->port) {
		fixture.one_ways++;
		return SK_OK;
	}
	argument = sk_get_uint32(bytes + 12);
	switch ((enum what)sk_get_uint32(bytes + 8)) {
	case ECHO:
		return fixture_answer(to, (int)argument);
	case KEEP:
		fixture.kept_lease[fixture.kept_count] = *lease;
		fixture.kept[fixture.kept_count++] = sk_reply_keep(to);
		return SK_OK;
	case RELEASE:
		return fixture_answer(to, fixture_release(false, argument));
	case RELEASE_LAST:
		return fixture_answer(to, fixture_release(true, 0));
	case COUNT:
		return fixture_answer(to, fixture.copy_status);
	case TWICE:
		fixture_twice(to);
		return SK_OK;
	case IGNORE:
		return SK_OK;
	case TAKE_FD:
		return fixture_answer(to, fixture_write(&incoming->message->attached.handles[0].handle));
	case GIVE_FDS:
		fixture_give(&fixture.server.port, argument);
		return fixture_answer(to, 0);
	case GIVE_BAD_FD:
		fixture.server.port.answer.attached.handle_count = 1;
		fixture.server.port.answer.attached.handles[0].handle.raw = 100000;
		fixture.copy_status = fixture_answer(to, 0);
		return SK_OK;
	case SUM:
		return fixture_answer(to, fixture_sum(to, lease));
	case FILL:
		return fixture_answer(to, fixture_fill(to, lease, argument, false));
	case FILL_MEMORY:
		return fixture_answer(to, fixture_fill(to, lease, argument, true));
	case REACH_BEYOND:
		return fixture_answer(to, fixture_reach_beyond(to, *lease));
	case WRITE_LATE:
		return fixture_answer(to, fixture_write_late());
	case SHOW_DEADLINE:
		return fixture_answer(to, fixture_time_left(to));
	case MINT:
		fixture_mint(to);
		return SK_OK;
	case WHO:
		return fixture_answer(to, self == &fixture.objects_gone);
	case DIE:
		_exit(3);
	}
	return sk_refuse(incoming, SK_MALFORMED);
}

static void fixture_gone(void *self)
{
	(void)self;
	fixture.gone++;
}

static void fixture_canceled(void *self, uint64_t token)
{
	(void)self;
	for (unsigned i = 0; i < fixture.kept_count; i++)
		fixture.told += fixture.kept[i].token == token;
}

static struct sk_server_config fixture_config(const char *path)
{
	return (struct sk_server_config){
		.path = path,
		.max_clients = MAX_CLIENTS,
		.max_kept = MAX_KEPT,
		.max_objects = MAX_OBJECTS,
		.max_window = MAX_WINDOW,
		.gone = fixture_gone,
		.canceled = fixture_canceled,
		.dispatch = fixture_dispatch,
	};
}

static void *fixture_run(void *unused)
{
	(void)unused;
	return sk_server_run(&fixture.server) == SK_OK ? NULL : &fixture;
}

static int fixture_setup(void **state)
{
	struct sk_server_config config;

	(void)state;
	/* A write to a dead peer must not need it ignored. */
	signal(SIGPIPE, SIG_DFL);
	memset(&fixture, 0, sizeof(fixture));
	fixture.fds_before = fixture_count_fds();
	snprintf(fixture.path, sizeof(fixture.path), "/tmp/skald-test-%d.socket",
		(int)getpid());
	config = fixture_config(fixture.path);
	assert_int_equal(sk_server_open(&fixture.server, &config), SK_OK);
	assert_int_equal(pthread_create(&fixture.thread, NULL, fixture_run, NULL), 0);
	return 0;
}

/* Every test ends with as many open descriptors as it began with. */
static int fixture_teardown(void **state)
{
	void *result;

	(void)state;
	sk_server_stop(&fixture.server);
	assert_int_equal(pthread_join(fixture.thread, &result), 0);
	assert_null(result);
	sk_server_close(&fixture.server);
	assert_int_equal(fixture.server.clients, 0);
	assert_int_equal(fixture.server.kept, 0);
	assert_int_equal(access(fixture.path, F_OK), -1);
	assert_int_equal(fixture_count_fds(), fixture.fds_before);
	return 0;
}

static void fixture_connect(struct sk_socket *client)
{
	assert_int_equal(sk_socket_connect(client, fixture.path, SK_FOREVER), SK_OK);
}

static int fixture_encode(uint8_t *bytes, enum what what, uint32_t argument)
{
	sk_put_uint32(bytes, REQUEST_ID);
	sk_put_uint32(bytes + 4, 0);
	sk_put_uint32(bytes + 8, what);
	sk_put_uint32(bytes + 12, argument);
	return 16;
}

static int fixture_call(struct sk_socket *client, enum what what, uint32_t argument,
	uint64_t deadline)
{
	struct sk_call call = {.deadline = deadline};

	fixture_encode(client->channel.request.bytes, what, argument);
	return sk_invoke(&client->channel, 16, &method, &call);
}

static int fixture_word(const struct sk_socket *client, unsigned word)
{
	return (int)sk_get_uint32(client->channel.reply.bytes + 4 * word);
}

/* What the server counts there, now. */
static inline int fixture_ask(struct sk_socket *client, unsigned word)
{
	assert_int_equal(fixture_call(client, COUNT, 0, SK_FOREVER), SK_OK);
	return fixture_word(client, word);
}

/* Waits until the server counts so many; the test's own time limit ends it. */
static inline void fixture_await(struct sk_socket *client, unsigned word, int number)
{
	while (fixture_ask(client, word) != number)
		usleep(1000);
}

/* A connected socket without a client, to send what no client would. */
static inline int fixture_raw(void)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(sk_packet_address(&address, fixture.path), SK_OK);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address,
		sizeof(address)), 0);
	return fd;
}

/* One packet with a request in it. */
static inline int fixture_send_raw(int fd, uint64_t number, uint32_t kind, enum what what)
{
	uint8_t bytes[16] = {0};
	struct sk_packet packet = {.number = number, .kind = kind};
	struct sk_message message = {.bytes = bytes, .size = sizeof(bytes)};

	sk_put_uint32(bytes, REQUEST_ID);
	sk_put_uint32(bytes + 8, what);
	return sk_packet_send(fd, &packet, &message);
}

#endif
