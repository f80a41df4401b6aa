/* A server that ends in every way. */
#include "kernel.skald.h"
#include "runtime/server/serve.h"
#include "test.skald.h"

static struct {
	struct sk_os *os;
	bool stubborn;
	struct sk_reply kept[8];
	uint32_t canceled;
	uint32_t gone;
} target;

static void echo(void *self, const struct test_Target_echo_request *request,
	struct sk_reply *to)
{
	const struct test_Target_echo_reply reply = {request->value, target.os->instance};

	(void)self;
	test_Target_echo_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct test_Target_ops ops = {
		.echo = echo,
	};

	return test_Target_dispatch(&ops, self, incoming);
}

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {{.dispatch = dispatch}};

	target.os = os;
	return sk_serve(os, &(struct sk_serve){.services = services, .service_count = 1});
}
