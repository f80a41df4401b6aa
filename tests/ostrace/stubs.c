/*
 * Generated stubs that record what they do, and rings:
 *
 *	stubs loopback	a client, a server, and another behind it: their stream
 *	stubs off	the same with nothing switched on
 *	stubs socket	a client and a server in two processes
 *	stubs race	a writer against a reader
 *
 * Prints the stream, or (race) what was read and lost.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ostrace.skald.h"
#include "runtime/codec.h"
#include "runtime/loopback.h"
#include "runtime/socket.h"
#include "runtime/trace.h"
#include "traced.skald.h"

#define SLOTS 256
#define RING_SIZE (SK_TRACE_HEADER + SLOTS * SK_TRACE_SLOT)
#define RACE_SLOTS 64
#define RACE_RECORDS 1000000

#define CHECK(condition) do { \
	if (!(condition)) { \
		fprintf(stderr, "stubs: line %d: %s\n", __LINE__, #condition); \
		exit(1); \
	} \
} while (0)

/* ---- programs that record ---- */

struct program {
	const char *name;
	uint8_t *ring;
	struct sk_trace trace;
	uint32_t total;
	struct sk_channel *next;	/* whom it asks */
	struct sk_reply kept;
	struct sk_events events;
	struct sk_loopback loop;	/* over which it is called */
};

static struct sk_switches switches = {ostrace_Kinds_CALLS | ostrace_Kinds_SERVES |
	ostrace_Kinds_MARKS, 0};
static struct program shell = {.name = "shell"}, front = {.name = "front"},
	back = {.name = "back"};
static uint64_t time_now = 1000000;

static uint64_t false_now(void)
{
	return time_now += 1000;
}

static uint64_t true_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void open_program(struct program *program, uint64_t thread, uint64_t (*now)(void))
{
	program->ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(program->ring != MAP_FAILED);
	sk_trace_open(&program->trace, &switches, program->ring, SLOTS, thread, now);
	sk_events_init(&program->events);
}

/* ---- the server ---- */

static void add(void *self, const struct traced_Thing_add_request *request,
	struct sk_reply *to)
{
	struct program *program = self;
	struct traced_Thing_add_reply reply;
	struct traced_Thing_changed_event changed;

	if (request->amount > 100) {
		traced_Thing_add_answer(to, traced_Error_NOT_NOW, NULL);
		return;
	}
	sk_trace_mark(&program->trace, 1, request->amount, 2, 3);
	reply.total = program->total += request->amount;
	changed.total = program->total;
	traced_Thing_changed_send(&program->events, &changed);
	traced_Thing_add_answer(to, 0, &reply);
	if (program->kept.port)
		traced_Thing_later_answer(&program->kept, 0,
			&(struct traced_Thing_later_reply){.total = 1});
}

static void ask(void *self, const struct traced_Thing_ask_request *request,
	struct sk_reply *to)
{
	struct program *program = self;
	struct traced_Thing_add_request add_request = {.amount = request->amount};
	struct traced_Thing_add_reply add_reply = {0};
	int status = traced_Thing_add(program->next, &add_request, &add_reply, NULL);

	traced_Thing_ask_answer(to, status > 0 ? status : 0,
		&(struct traced_Thing_ask_reply){.total = add_reply.total});
}

static void later(void *self, const struct traced_Thing_later_request *request,
	struct sk_reply *to)
{
	struct program *program = self;

	(void)request;
	program->kept = sk_reply_keep(to);
}

static void lend(void *self, const struct traced_Thing_lend_request *request,
	struct sk_reply *to)
{
	(void)self;
	traced_Thing_lend_answer(to, 0, &(struct traced_Thing_lend_reply){
		.size = (uint32_t)request->data.size});
}

static void poke(void *self, const struct traced_Thing_poke_request *request)
{
	struct program *program = self;

	program->total = request->amount;
}

static struct sk_events *events(void *self)
{
	return &((struct program *)self)->events;
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct traced_Thing_ops ops = {
		.add = add, .ask = ask, .later = later, .lend = lend, .poke = poke,
		.events = events,
	};

	return traced_Thing_dispatch(&ops, self, incoming);
}

/* ---- the client ---- */

static void call_all(struct sk_channel *channel)
{
	const struct traced_Thing_poke_request poked = {.amount = 1};
	struct traced_Thing_add_request add_request = {.amount = 5};
	struct traced_Thing_ask_request ask_request = {.amount = 6};
	struct traced_Thing_lend_request lend_request;
	uint8_t data[4] = {0};
	struct traced_Thing_add_reply added;
	struct traced_Thing_ask_reply asked;
	struct traced_Thing_lend_reply lent;

	traced_Thing_lend_request_init(&lend_request);
	lend_request.text = (struct sk_string){"a longer request", 16};
	lend_request.data = sk_lend(data, sizeof(data));
	CHECK(traced_Thing_poke(channel, &poked, NULL) == SK_OK);
	sk_trace_begin(&shell.trace, 2, 7);
	CHECK(traced_Thing_add(channel, &add_request, &added, NULL) == SK_OK);
	sk_trace_end(&shell.trace, 2, 0);
	add_request.amount = 1000;
	CHECK(traced_Thing_add(channel, &add_request, &added, NULL) ==
		traced_Error_NOT_NOW);
	CHECK(traced_Thing_lend(channel, &lend_request, &lent, NULL) == SK_OK);
	if (front.next)
		CHECK(traced_Thing_ask(channel, &ask_request, &asked, NULL) == SK_OK);
	sk_trace_counter(&shell.trace, 3, -4);
	/* What no server knows. */
	sk_put_uint64(channel->request.bytes, 0x7ffffff0);
	CHECK(sk_invoke(channel, 8, &(struct sk_method){.reply_id = 0x7ffffff1}, NULL) ==
		SK_UNKNOWN_METHOD);
}

static struct sk_slot slots[2];

/* One that is kept, and an event, by a ring. */
static void call_by_ring(struct sk_channel *channel)
{
	const struct traced_Thing_later_request later_request = {0};
	const struct traced_Thing_add_request add_request = {.amount = 5};
	struct traced_Thing_add_reply added;
	struct traced_Thing_event event;
	struct sk_completion done;
	struct sk_ring ring;

	/* What was lost until now is told first. */
	CHECK(traced_Thing_next_event(channel, &event, NULL) == SK_OK && event.lost != 0);
	sk_ring_init(&ring, &sk_loopback_ring_ops, slots, 2, NULL);
	CHECK(traced_Thing_later_begin(&ring, channel, &later_request, 1, NULL) == SK_OK);
	CHECK(traced_Thing_next_event_begin(&ring, channel, 2, NULL) == SK_OK);
	CHECK(traced_Thing_add(channel, &add_request, &added, NULL) == SK_OK);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(sk_ring_next(&ring, SK_FOREVER, &done) == SK_OK);
		sk_ring_release(&done);
	}
	sk_ring_close(&ring);
}

/* ---- the stream ---- */

static uint64_t written;

static void put(const uint8_t *bytes, int size)
{
	uint8_t before[4];

	CHECK(size > 0);
	sk_put_uint32(before, (uint32_t)size);
	fwrite(before, 1, sizeof(before), stdout);
	fwrite(bytes, 1, (size_t)size, stdout);
}

#define PUT(kind, ...) do { \
	uint8_t put_bytes[256]; \
\
	put(put_bytes, ostrace_##kind##_encode(&(struct ostrace_##kind){__VA_ARGS__}, \
		put_bytes, sizeof(put_bytes))); \
} while (0)

static void put_ring(const struct program *program, uint64_t number)
{
	struct sk_trace_reader reader = {.ring = program->ring, .slots = SLOTS};
	struct sk_string name = {program->name, (uint32_t)strlen(program->name)};
	uint8_t record[SK_TRACE_SLOT];

	PUT(SpaceNamed, .space = number + 100, .name = name);
	PUT(Source, .ring = (uint32_t)number, .cpu = UINT32_MAX, .thread = number,
		.space = number + 100);
	while (sk_trace_read(&reader, record)) {
		put(record, sizeof(record));
		written++;
	}
	CHECK(reader.lost == 0);
}

static void put_stream(uint64_t begin, bool has_back)
{
	PUT(StreamBegin, .magic = ostrace_RING_MAGIC, .version = 1, .cpus = 1, .time = begin,
		.kinds = switches.kinds);
	PUT(MessageAnnounced, .message_id = traced_Thing_add_request_ID,
		.name = {"traced.Thing.add", 16});
	PUT(MessageAnnounced, .message_id = traced_Thing_ask_request_ID,
		.name = {"traced.Thing.ask", 16});
	PUT(MessageAnnounced, .message_id = traced_Thing_later_request_ID,
		.name = {"traced.Thing.later", 18});
	PUT(MessageAnnounced, .message_id = traced_Thing_lend_request_ID,
		.name = {"traced.Thing.lend", 17});
	PUT(MessageAnnounced, .message_id = traced_Thing_poke_request_ID,
		.name = {"traced.Thing.poke", 17});
	PUT(MessageAnnounced, .message_id = traced_Thing_changed_event_ID,
		.name = {"traced.Thing.changed", 20});
	put_ring(&shell, 1);
	put_ring(&front, 2);
	if (has_back)
		put_ring(&back, 3);
	PUT(StreamEnd, .time = begin, .records = written);
}

/* ---- transports ---- */

static void open_loopback(struct program *program, struct program *client)
{
	sk_loopback_init(&program->loop);
	program->loop.self = program;
	program->loop.dispatch = dispatch;
	sk_trace_port(&program->loop.port, &program->trace);
	sk_trace_channel(&program->loop.channel, &client->trace);
}

static int run_loopback(void)
{
	open_program(&shell, 1, false_now);
	open_program(&front, 2, false_now);
	open_program(&back, 3, false_now);
	open_loopback(&front, &shell);
	open_loopback(&back, &front);
	front.next = &back.loop.channel;
	call_all(&front.loop.channel);
	call_by_ring(&front.loop.channel);
	put_stream(1000000, true);
	return 0;
}

static _Noreturn void serve(int fd)
{
	static struct sk_server server;
	const struct sk_server_config config = {.dispatch = dispatch, .context = &front,
		.max_clients = 1, .max_kept = 4};

	CHECK(sk_server_open(&server, &config) == SK_OK);
	CHECK(sk_server_adopt(&server, fd) == SK_OK);
	sk_trace_port(&server.port, &front.trace);
	sk_server_run(&server);
	_exit(1);
}

static int run_socket(void)
{
	static struct sk_socket client;
	uint64_t begin = true_now();
	pid_t child;
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	open_program(&shell, 1, true_now);
	open_program(&front, 2, true_now);
	child = fork();
	if (child == 0)
		serve(ends[1]);
	CHECK(child > 0 && sk_socket_adopt(&client, ends[0]) == SK_OK);
	sk_trace_channel(&client.channel, &shell.trace);
	call_all(&client.channel);
	kill(child, SIGKILL);
	sk_socket_close(&client);
	put_stream(begin, false);
	return 0;
}

/* ---- the race ---- */

static void *write_race(void *unused)
{
	for (int64_t i = 0; i < RACE_RECORDS; i++) {
		sk_trace_mark(&shell.trace, (uint32_t)i, i, -i, i * 3);
		if (i % 1000 == 0)
			sched_yield();
	}
	(void)unused;
	return NULL;
}

static uint64_t zero(void)
{
	return 0;
}

static int run_race(void)
{
	static _Alignas(64) uint8_t ring[SK_TRACE_HEADER + RACE_SLOTS * SK_TRACE_SLOT];
	struct sk_trace_reader reader = {.ring = ring, .slots = RACE_SLOTS};
	uint8_t record[SK_TRACE_SLOT];
	struct ostrace_Mark mark;
	uint64_t read = 0;
	pthread_t writer;

	sk_trace_open(&shell.trace, &switches, ring, RACE_SLOTS, 1, zero);
	CHECK(pthread_create(&writer, NULL, write_race, NULL) == 0);
	while (read + reader.lost < RACE_RECORDS) {
		if (!sk_trace_read(&reader, record))
			continue;
		CHECK(ostrace_Mark_decode(&mark, record, sizeof(record)) == 0);
		CHECK((uint64_t)mark.first == read + reader.lost);
		CHECK(mark.name == (uint32_t)mark.first && mark.second == -mark.first &&
			mark.third == 3 * mark.first);
		read++;
	}
	pthread_join(writer, NULL);
	CHECK(!sk_trace_read(&reader, record));
	printf("%" PRIu64 " read, %" PRIu64 " lost\n", read, reader.lost);
	return read == 0 || reader.lost == 0;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "off") == 0)
		switches = sk_switches_off;
	if (strcmp(what, "loopback") == 0 || strcmp(what, "off") == 0)
		return run_loopback();
	if (strcmp(what, "socket") == 0)
		return run_socket();
	if (strcmp(what, "race") == 0)
		return run_race();
	fprintf(stderr, "usage: stubs loopback|off|socket|race\n");
	return 2;
}
