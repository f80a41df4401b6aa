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
	uint64_t badge;			/* of the client that came last */
} target;

static void op_echo(void *self, const struct test_Target_echo_request *request,
	struct sk_reply *to)
{
	const struct test_Target_echo_reply reply = {request->value, target.os->instance};

	(void)self;
	test_Target_echo_answer(to, 0, &reply);
}

/* ---- ends ---- */

/* So deep that no stack is large enough. */
static unsigned overflow(unsigned depth)
{
	volatile uint8_t here[2048];

	here[0] = (uint8_t)depth;
	return depth == 0 ? 0 : overflow(depth - 1) + here[0];
}

static void read_nowhere(void *argument)
{
	(void)*(volatile uint8_t *)argument;
}

/* Long enough for whoever is told to do what is to be done. */
static void fault_by_thread(void)
{
	struct sk_thread *self = target.os->thread;
	struct sk_kernel_slots slots = {NULL, 0};
	uint8_t *stack = sk_pages(self, SK_PAGE, NULL);
	struct sk_handle thread;

	if (stack && sk_thread_new(self, sk_kernel_channel_handle(&self->space), 100, 0, &thread,
			&slots) == SK_OK && sk_thread_start(self, thread, read_nowhere,
			stack + SK_PAGE, (void *)(uintptr_t)0x20) == SK_OK)
		sk_os_sleep(target.os, 2000);
}

static void fault(test_Fault fault)
{
	static volatile uintptr_t nowhere = 0x10;

	switch (fault) {
	case test_Fault_READ:
		(void)*(volatile uint8_t *)nowhere;
		break;
	case test_Fault_WRITE:
		*(volatile uint8_t *)nowhere = 1;
		break;
	case test_Fault_EXECUTE:
		((void (*)(void))(uintptr_t)&target)();
		break;
	case test_Fault_ILLEGAL:
		__builtin_trap();
	case test_Fault_STACK:
		overflow(1000000);
		break;
	case test_Fault_PORT:
		__asm__ volatile("inb $0x60, %%al" : : : "rax");
		break;
	case test_Fault_THREAD:
		fault_by_thread();
		break;
	default:
		break;
	}
}

static void op_crash(void *self, const struct test_Target_crash_request *request,
	struct sk_reply *to)
{
	(void)self;
	fault(request->fault);
	sk_answer_error(to, test_Error_NO);
}

static void op_reach(void *self, const struct test_Target_reach_request *request,
	struct sk_reply *to)
{
	const struct test_Target_reach_reply reply = {target.os->instance};

	(void)self;
	if (target.os->instance < request->instance)
		fault(test_Fault_READ);
	test_Target_reach_answer(to, 0, &reply);
}

static void op_reach_once(void *self, const struct test_Target_reach_once_request *request,
	struct sk_reply *to)
{
	const struct test_Target_reach_once_reply reply = {target.os->instance};

	(void)self;
	if (target.os->instance < request->instance)
		fault(test_Fault_READ);
	test_Target_reach_once_answer(to, 0, &reply);
}

static void op_leave(void *self, const struct test_Target_leave_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)to;
	sk_os_exit(target.os, request->code);
}

static void op_hang(void *self, const struct test_Target_hang_request *request,
	struct sk_reply *to)
{
	volatile bool forever = true;

	(void)self;
	(void)request;
	while (forever)
		;
	sk_answer_error(to, test_Error_NO);
}

/* ---- what is kept ---- */

static void op_stubborn(void *self, const struct test_Target_be_stubborn_request *request,
	struct sk_reply *to)
{
	const struct test_Target_be_stubborn_reply reply = {0};

	(void)self;
	target.stubborn = request->stubborn;
	test_Target_be_stubborn_answer(to, 0, &reply);
}

static void op_keep(void *self, const struct test_Target_keep_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	for (unsigned i = 0; i < 8; i++) {
		if (target.kept[i].port)
			continue;
		target.kept[i] = sk_reply_keep(to);
		return;
	}
	sk_answer_error(to, test_Error_NO);
}

static void canceled(void *self, uint64_t token)
{
	(void)self;
	for (unsigned i = 0; i < 8; i++) {
		if (!target.kept[i].port || target.kept[i].token != token)
			continue;
		sk_reply_drop(&target.kept[i]);
		target.canceled++;
	}
}

static void op_state(void *self, const struct test_Target_state_request *request,
	struct sk_reply *to)
{
	struct test_Target_state_reply reply = {
		.canceled = target.canceled, .gone = target.gone,
	};

	(void)self;
	(void)request;
	for (unsigned i = 0; i < 8; i++)
		reply.kept += target.kept[i].port != NULL;
	for (unsigned bit = 0; bit < 16; bit++)
		if (sk_allows(to, (uint16_t)(1u << bit)))
			reply.rights |= (uint16_t)(1u << bit);
	test_Target_state_answer(to, 0, &reply);
}

/* ---- what it has ---- */

static void op_who(void *self, const struct test_Target_who_request *request,
	struct sk_reply *to)
{
	const struct svrctl_Server_client_request ask = {.badge = target.badge};
	struct svrctl_Server_client_reply said;
	struct test_Target_who_reply reply;

	(void)self;
	(void)request;
	if (svrctl_Server_client(&target.os->supervisor.channel, &ask, &said, NULL) != SK_OK) {
		test_Target_who_answer(to, test_Error_NO, NULL);
		return;
	}
	reply = (struct test_Target_who_reply){said.server, said.service, said.rights};
	test_Target_who_answer(to, 0, &reply);
}

static void op_fill(void *self, const struct test_Target_fill_request *request,
	struct sk_reply *to)
{
	struct sk_heap *heap = &target.os->heap;
	uint64_t before = heap->used;
	struct test_Target_fill_reply reply = {0};
	void **list = NULL, **piece;

	(void)self;
	while (reply.got < request->bytes) {
		piece = sk_alloc(heap, request->piece);
		if (!piece)
			break;
		memset(piece, 0x5a, request->piece);
		*piece = list;
		list = piece;
		reply.got += request->piece;
	}
	while (list) {
		piece = list;
		list = *piece;
		sk_free(heap, piece);
	}
	reply.left = heap->used - before;
	test_Target_fill_answer(to, 0, &reply);
}

static void op_say(void *self, const struct test_Target_say_request *request,
	struct sk_reply *to)
{
	const struct test_Target_say_reply reply = {0};

	(void)self;
	for (uint32_t i = 0; i < request->lines; i++)
		sk_log(target.os, log_Level_INFO, "line %u", i);
	test_Target_say_answer(to, 0, &reply);
}

static void op_handles(void *self, const struct test_Target_handles_request *request,
	struct sk_reply *to)
{
	struct kernel_Space_handles_reply all;
	struct kernel_HandleEntry entry;
	uint8_t kinds[200];
	struct test_Target_handles_reply reply = {.kinds = {kinds, 0}};

	(void)self;
	(void)request;
	kernel_Space_handles(&target.os->thread->space.channel,
		&(struct kernel_Space_handles_request){0}, &all, NULL);
	while (reply.kinds.size < 200 && kernel_HandleEntry_next(&all.list, &entry))
		kinds[reply.kinds.size++] = (uint8_t)entry.kind;
	test_Target_handles_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct test_Target_ops ops = {
		.echo = op_echo,
		.reach = op_reach,
		.reach_once = op_reach_once,
		.crash = op_crash,
		.leave = op_leave,
		.hang = op_hang,
		.be_stubborn = op_stubborn,
		.keep = op_keep,
		.state = op_state,
		.who = op_who,
		.fill = op_fill,
		.say = op_say,
		.handles = op_handles,
	};

	return test_Target_dispatch(&ops, self, incoming);
}

/* ---- beginning ---- */

static void *connected(void *context, uint64_t badge)
{
	target.badge = badge;
	return context;
}

static void gone(void *self)
{
	(void)self;
	target.gone++;
}

static void stop(struct sk_os *os, uint32_t grace)
{
	(void)grace;
	if (!target.stubborn)
		sk_serve_stop(os);
}

/* What the first argument says is to become of it before it is ready. */
static void obey(struct sk_os *os, const char *word)
{
	volatile bool forever = true;

	if (memcmp(word, "crash", 5) == 0)
		fault(test_Fault_READ);
	if (memcmp(word, "sleep", 5) == 0)
		while (forever)
			sk_os_sleep(os, 1000);
	if (memcmp(word, "giveup", 6) == 0)
		sk_os_give_up(os, 9, "there is no use");
	if (memcmp(word, "leave", 5) == 0)
		sk_os_exit(os, 0);
}

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {{
		.context = &target, .dispatch = dispatch, .connected = connected,
		.gone = gone, .canceled = canceled,
	}};
	char arguments[64] = "";

	if (sk_os_arguments(os, false, arguments, sizeof(arguments)) > 0)
		obey(os, arguments);
	target.os = os;
	os->stop = stop;
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 1, .max_kept = 12, .max_clients = 8,
	});
}
