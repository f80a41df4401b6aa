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
	void (*end)(void);
};

static void add(void *self, const struct counter_Counter_add_request *request,
	struct sk_reply *to)
{
	struct counter *counter = self;
	struct counter_Counter_add_reply reply;

	if (request->amount > 1000) {
		counter_Counter_add_answer(to, counter_Error_TOO_MUCH, NULL);
		return;
	}
	reply.total = counter->total += request->amount;
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

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct counter_Counter_ops ops = {
		add, add_later, never, forget, twice, late, repeat, reset, die,
	};

	return counter_Counter_dispatch(&ops, self, incoming);
}

/* ---- the client: knows nothing of transports at all ---- */

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

static void talk(struct sk_channel *channel, uint64_t soon)
{
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

static void on_loopback(void)
{
	sk_loopback_init(&loopback);
	loopback.self = &counter;
	loopback.dispatch = dispatch;
	loopback.step = step;
	counter.end = end_loopback;
	talk(&loopback.channel, 1000);
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

static int on_socket(void)
{
	static struct sk_socket client;
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
	talk(&client.channel, sk_socket_after(30));
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
