/*
 * One client and one server, written once, on the transport that is asked
 * for. Prints what each call came to; on every transport it must be the same.
 *
 * Usage: both loopback|socket
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counter.skald.h"
#include "runtime/loopback.h"
#include "runtime/socket.h"

#define KEPT_MAX 4

/* ---- the server: knows nothing of transports but how to end ---- */

struct counter {
	uint32_t total;
	struct sk_reply later[KEPT_MAX];
	uint32_t later_count;
	struct sk_reply never;
	int32_t second_status;
	struct sk_events events;
	uint32_t gone;			/* of `another` */
	void (*end)(void);
};

static void add(void *self, const struct counter_Counter_add_request *request,
	struct sk_reply *to)
{
	struct counter *counter = self;
	struct counter_Counter_add_reply reply;
	struct counter_Counter_changed_event changed;

	if (request->amount > 1000) {
		counter_Counter_add_answer(to, counter_Error_TOO_MUCH, NULL);
		return;
	}
	reply.total = counter->total += request->amount;
	changed.total = counter->total;
	counter_Counter_changed_send(&counter->events, &changed);
	counter_Counter_add_answer(to, 0, &reply);
}

static void add_later(void *self, const struct counter_Counter_add_later_request *request,
	struct sk_reply *to)
{
	struct counter *counter = self;

	counter->total += request->amount;
	counter->later[counter->later_count++] = sk_reply_keep(to);
}

/* The work that is done between requests. */
static bool work(struct counter *counter)
{
	struct counter_Counter_add_later_reply reply = {.total = counter->total};

	if (counter->later_count == 0)
		return false;
	counter_Counter_add_later_answer(&counter->later[--counter->later_count], 0, &reply);
	return true;
}

static void never(void *self, const struct counter_Counter_never_request *request,
	struct sk_reply *to)
{
	struct counter *counter = self;

	(void)request;
	counter->never = sk_reply_keep(to);
}

static void forget(void *self, const struct counter_Counter_forget_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	(void)to;
}

static void twice(void *self, const struct counter_Counter_twice_request *request,
	struct sk_reply *to)
{
	struct counter *counter = self;
	struct counter_Counter_twice_reply reply = {.status = counter->second_status};
	struct sk_reply copy = *to;

	(void)request;
	counter_Counter_twice_answer(to, 0, &reply);
	counter->second_status = counter_Counter_twice_answer(&copy, 0, &reply);
}

static void late(void *self, const struct counter_Counter_late_request *request,
	struct sk_reply *to)
{
	struct counter *counter = self;
	const struct counter_Counter_never_reply nothing = {0};
	struct counter_Counter_late_reply reply;

	(void)request;
	reply.status = counter_Counter_never_answer(&counter->never, 0, &nothing);
	counter_Counter_late_answer(to, 0, &reply);
}

static void repeat(void *self, const struct counter_Counter_repeat_request *request,
	struct sk_reply *to)
{
	struct counter_Counter_repeat_reply reply = {.text = request->text};

	(void)self;
	counter_Counter_repeat_answer(to, 0, &reply);
}

static void reset(void *self, const struct counter_Counter_reset_request *request)
{
	struct counter *counter = self;

	(void)request;
	counter->total = 0;
}

static void die(void *self, const struct counter_Counter_die_request *request,
	struct sk_reply *to)
{
	struct counter *counter = self;

	(void)request;
	(void)to;
	counter->end();
}

static void sum(void *self, const struct counter_Counter_sum_request *request,
	struct sk_reply *to)
{
	struct counter_Counter_sum_reply reply = {0};
	uint8_t bytes[777];

	(void)self;
	for (uint64_t at = 0, done; at < request->data.size; at += done) {
		uint64_t left = request->data.size - at;
		int status = sk_lease_read(to, &request->data, at, bytes,
			left < sizeof(bytes) ? left : sizeof(bytes), &done);

		if (status != SK_OK) {
			sk_answer_error(to, status);
			return;
		}
		for (uint64_t i = 0; i < done; i++)
			reply.total += bytes[i];
	}
	counter_Counter_sum_answer(to, 0, &reply);
}

static void mark(void *self, const struct counter_Counter_mark_request *request,
	struct sk_reply *to)
{
	(void)self;
	for (uint64_t at = 0; at < 16; at += 2) {
		int status = sk_lease_write(to, &request->data, at, "x", 1, NULL);

		if (status != SK_OK) {
			sk_answer_error(to, status);
			return;
		}
	}
	/* What was written counts for an error, too. */
	counter_Counter_mark_answer(to, counter_Error_NOTHING_THERE, NULL);
}

static int dispatch(void *self, struct sk_incoming *incoming);

static void another_gone(void *self)
{
	struct counter *counter = self;

	counter->gone++;
}

static void another(void *self, const struct counter_Counter_another_request *request,
	struct sk_reply *to)
{
	static const struct sk_object object = {.dispatch = dispatch, .gone = another_gone};
	struct counter_Counter_another_reply reply;
	int status = sk_mint(to->port, &object, self, &reply.counter.raw);

	(void)request;
	if (status == SK_OK)
		counter_Counter_another_answer(to, 0, &reply);
	else
		sk_answer_error(to, status);
}

static struct sk_events *events(void *self)
{
	struct counter *counter = self;

	return &counter->events;
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct counter_Counter_ops ops = {
		.add = add, .add_later = add_later, .never = never, .forget = forget,
		.twice = twice, .late = late, .repeat = repeat, .sum = sum, .mark = mark,
		.another = another, .reset = reset, .die = die, .events = events,
	};

	return counter_Counter_dispatch(&ops, self, incoming);
}

/* ---- the client: knows of transports how to open a handle, and a ring ---- */

struct transport {
	struct sk_channel *channel;
	struct sk_channel *(*open)(struct sk_handle handle);
	void (*close)(void);
	/* Waits until so many objects are gone. */
	void (*await_gone)(uint32_t count);
	const struct sk_ring_ops *ring_ops;
	uint64_t soon;
};

static void say(const char *what, int status, long number)
{
	if (status > 0)
		printf("%s: error %d\n", what, status);
	else if (status < 0)
		printf("%s: %s\n", what, sk_status_name(status));
	else
		printf("%s: %ld\n", what, number);
}

static void say_add(struct sk_channel *channel, uint32_t amount)
{
	struct counter_Counter_add_request request = {.amount = amount};
	struct counter_Counter_add_reply reply = {0};
	int status = counter_Counter_add(channel, &request, &reply, NULL);

	say("add", status, reply.total);
}

static void say_simple(struct sk_channel *channel)
{
	struct counter_Counter_add_later_request later = {.amount = 30};
	struct counter_Counter_add_later_reply added = {0};
	struct counter_Counter_forget_request forget_request = {0};
	struct counter_Counter_forget_reply forgotten;
	struct counter_Counter_twice_request twice_request = {0};
	struct counter_Counter_twice_reply second = {0};
	int status = counter_Counter_add_later(channel, &later, &added, NULL);

	say("add_later", status, added.total);
	say("forget", counter_Counter_forget(channel, &forget_request, &forgotten, NULL), 0);
	counter_Counter_twice(channel, &twice_request, &second, NULL);
	status = counter_Counter_twice(channel, &twice_request, &second, NULL);
	say("twice", status, second.status);
}

static void say_deadline(struct sk_channel *channel, uint64_t soon)
{
	const struct sk_call call = {.deadline = soon};
	struct counter_Counter_never_request request = {0};
	struct counter_Counter_never_reply reply;
	struct counter_Counter_late_request late_request = {0};
	struct counter_Counter_late_reply late_reply = {0};
	int status = counter_Counter_never(channel, &request, &reply, &call);

	say("never", status, 0);
	printf("delivered: %d\n", channel->delivered);
	status = counter_Counter_late(channel, &late_request, &late_reply, NULL);
	say("late", status, late_reply.status);
}

static void say_repeat(struct sk_channel *channel, uint32_t size)
{
	static char text[4001];
	struct counter_Counter_repeat_request request = {.text = {text, size}};
	struct counter_Counter_repeat_reply reply = {0};
	int status;

	memset(text, 'x', sizeof(text));
	status = counter_Counter_repeat(channel, &request, &reply, NULL);
	say("repeat", status, status == 0 && reply.text.size == size &&
		memcmp(reply.text.data, text, size) == 0);
}

static void say_strange(struct sk_channel *channel)
{
	const struct sk_method any = {.reply_id = counter_Counter_add_reply_ID};
	const struct sk_method other = {.reply_id = counter_Counter_twice_reply_ID};

	memset(channel->request.bytes, 0xff, 64);
	say("unknown method", sk_invoke(channel, 64, &any, NULL), 0);
	sk_put_uint32(channel->request.bytes, counter_Counter_add_request_ID);
	say("malformed", sk_invoke(channel, 64, &any, NULL), 0);
	/* A good answer, but to another method than the caller waits for. */
	sk_put_uint32(channel->request.bytes + 4, 0);
	sk_put_uint32(channel->request.bytes + 8, 1);
	say("other reply", sk_invoke(channel, 12, &other, NULL), 0);
}

static void say_lent(struct sk_channel *channel)
{
	static uint8_t memory[100001];
	struct counter_Counter_sum_request sum_request = {.data = sk_lend(memory, 50000)};
	struct counter_Counter_mark_request mark_request = {.data = sk_lend_out(memory, 16)};
	struct counter_Counter_sum_reply total = {0};
	struct counter_Counter_mark_reply marks = {0};
	int status;

	memset(memory, 3, sizeof(memory));
	status = counter_Counter_sum(channel, &sum_request, &total, NULL);
	say("sum", status, (long)total.total);
	sum_request.data = sk_lend(memory, 100001);
	say("sum", counter_Counter_sum(channel, &sum_request, &total, NULL), 0);
	memset(memory, '.', 16);
	say("mark", counter_Counter_mark(channel, &mark_request, &marks, NULL), 0);
	printf("marks: %.16s\n", (const char *)memory);
}

static void say_another(const struct transport *transport)
{
	struct counter_Counter_another_request request = {0};
	struct counter_Counter_another_reply reply;
	int status = counter_Counter_another(transport->channel, &request, &reply, NULL);

	say("another", status, 0);
	if (status != SK_OK)
		return;
	say_add(transport->open(reply.counter.raw), 16);
	transport->close();
	transport->await_gone(1);
	say("gone", SK_OK, 1);
}

static void say_ring(const struct transport *transport)
{
	static struct sk_slot slots[3];
	struct counter_Counter_add_later_request request = {.amount = 0};
	struct counter_Counter_add_later_reply reply;
	struct sk_completion done;
	struct sk_ring ring;
	uint64_t cookies = 0;

	sk_ring_init(&ring, transport->ring_ops, slots, 3, NULL);
	for (uint64_t i = 1; i <= 2; i++)
		counter_Counter_add_later_begin(&ring, transport->channel, &request, i, NULL);
	while (sk_ring_next(&ring, SK_FOREVER, &done) == SK_OK) {
		if (counter_Counter_add_later_end(&done, &reply) == SK_OK)
			cookies += done.cookie;
		sk_ring_release(&done);
	}
	say("ring", SK_OK, (long)cookies);
}

/* The next completion of a ring of next_event calls. */
static void say_event(struct sk_ring *ring)
{
	struct counter_Counter_event event = {0};
	struct sk_completion done;
	int status = sk_ring_next(ring, SK_FOREVER, &done);

	if (status == SK_OK) {
		status = counter_Counter_next_event_end(&done, &event);
		sk_ring_release(&done);
	}
	say("event", status, event.which ? event.as.changed.total : 0);
}

static void say_events(const struct transport *transport)
{
	static struct sk_slot slots[3];
	struct counter_Counter_event event = {0};
	struct sk_ring ring;

	/* All that was added so far was told to nobody. */
	counter_Counter_next_event(transport->channel, &event, NULL);
	sk_ring_init(&ring, transport->ring_ops, slots, 3, NULL);
	counter_Counter_next_event_begin(&ring, transport->channel, 1, NULL);
	counter_Counter_add(transport->channel, &(struct counter_Counter_add_request){0},
		&(struct counter_Counter_add_reply){0}, NULL);
	say_event(&ring);
	say_add(transport->channel, 1);
	counter_Counter_next_event(transport->channel, &event, NULL);
	say("lost", SK_OK, event.lost);
	counter_Counter_next_event_begin(&ring, transport->channel, 1, NULL);
	counter_Counter_next_event_begin(&ring, transport->channel, 2, NULL);
	say_event(&ring);
	counter_Counter_add(transport->channel, &(struct counter_Counter_add_request){0},
		&(struct counter_Counter_add_reply){0}, NULL);
	say_event(&ring);
	sk_ring_close(&ring);
}

static void talk(const struct transport *transport)
{
	struct sk_channel *channel = transport->channel;
	uint64_t soon = transport->soon;
	struct counter_Counter_reset_request reset_request = {0};
	struct counter_Counter_die_request die_request = {0};
	struct counter_Counter_die_reply dead;

	say_add(channel, 5);
	say_add(channel, 7);
	say_add(channel, 1001);
	say_simple(channel);
	say_deadline(channel, soon);
	say_repeat(channel, 0);
	say_repeat(channel, 4000);
	say_repeat(channel, 4001);
	say_strange(channel);
	say("reset", counter_Counter_reset(channel, &reset_request, NULL), 0);
	say_lent(channel);
	say_another(transport);
	say_ring(transport);
	say_events(transport);
	say("reset", counter_Counter_reset(channel, &reset_request, NULL), 0);
	say_add(channel, 1);
	say("die", counter_Counter_die(channel, &die_request, &dead, NULL), 0);
	printf("delivered: %d\n", channel->delivered);
	say_add(channel, 1);
	printf("delivered: %d\n", channel->delivered);
	say("reset", counter_Counter_reset(channel, &reset_request, NULL), 0);
}

/* ---- the transports ---- */

static struct sk_loopback loopback;
static struct counter counter;

static void end_loopback(void)
{
	sk_loopback_kill_server(&loopback);
}

static bool step(void *self)
{
	return work(self);
}

static struct sk_loopback other_end;

static struct sk_channel *open_loopback(struct sk_handle handle)
{
	if (sk_loopback_open(&other_end, &loopback, handle) != SK_OK)
		abort();
	return &other_end.channel;
}

static void close_loopback(void)
{
	sk_loopback_close(&other_end);
}

static void await_loopback(uint32_t count)
{
	if (counter.gone != count)
		abort();
}

static void on_loopback(void)
{
	const struct transport transport = {
		.channel = &loopback.channel,
		.open = open_loopback,
		.close = close_loopback,
		.await_gone = await_loopback,
		.ring_ops = &sk_loopback_ring_ops,
		.soon = 1000,
	};

	sk_loopback_init(&loopback);
	loopback.self = &counter;
	loopback.dispatch = dispatch;
	loopback.step = step;
	counter.end = end_loopback;
	talk(&transport);
}

static void end_process(void)
{
	_exit(0);
}

static void serve(int fd)
{
	static struct sk_server server;
	const struct sk_server_config config = {
		.max_clients = 1,
		.max_kept = KEPT_MAX,
		.max_objects = 1,
		.context = &counter,
		.dispatch = dispatch,
	};

	counter.end = end_process;
	if (sk_server_open(&server, &config) != SK_OK ||
			sk_server_adopt(&server, fd) != SK_OK)
		_exit(1);
	while (sk_server_step(&server, SK_FOREVER) == SK_OK)
		while (work(&counter))
			;
	_exit(1);
}

static struct sk_socket client, other;

static struct sk_channel *open_socket(struct sk_handle handle)
{
	sk_socket_adopt(&other, handle.raw);
	return &other.channel;
}

static void close_socket(void)
{
	sk_socket_close(&other);
}

/* There is room for one: when another can be had, the last is gone. */
static void await_socket(uint32_t count)
{
	struct counter_Counter_another_request request = {0};
	struct counter_Counter_another_reply reply;
	int status;

	(void)count;
	do
		status = counter_Counter_another(&client.channel, &request, &reply, NULL);
	while (status == SK_EXHAUSTED);
	if (status == SK_OK)
		sk_close(&client.channel, reply.counter.raw);
}

static int on_socket(void)
{
	const struct transport transport = {
		.channel = &client.channel,
		.open = open_socket,
		.close = close_socket,
		.await_gone = await_socket,
		.ring_ops = &sk_socket_ring_ops,
		.soon = sk_socket_after(30),
	};
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
		return 1;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	sk_socket_adopt(&client, ends[0]);
	talk(&transport);
	sk_socket_close(&client);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "socket") == 0)
		return on_socket();
	if (argc != 2 || strcmp(argv[1], "loopback") != 0)
		return 2;
	on_loopback();
	return 0;
}
