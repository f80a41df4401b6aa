/* A server of bench.Target, as simple as one can be. */
#include "test.h"

#define PORT_SLOT 4
#define KEPT 4096

SK_INLINE void op_nothing(void *self, const struct bench_Target_nothing_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_nothing_reply reply = {0};

	(void)self;
	(void)request;
	bench_Target_nothing_answer(to, 0, &reply);
}

SK_INLINE void op_words(void *self, const struct bench_Target_words_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_words_reply reply = {
		request->a + request->b + request->c + request->d,
	};

	(void)self;
	bench_Target_words_answer(to, 0, &reply);
}

SK_INLINE void op_ten(void *self, const struct bench_Target_ten_request *request,
	struct sk_reply *to)
{
	const uint64_t *v = request->values;
	const struct bench_Target_ten_reply reply = {
		{v[8], v[7], v[6], v[5], v[4], v[3], v[2], v[1], v[0]},
	};

	(void)self;
	bench_Target_ten_answer(to, 0, &reply);
}

static void op_page(void *self, const struct bench_Target_page_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_page_reply reply = {request->data};

	(void)self;
	bench_Target_page_answer(to, 0, &reply);
}

static struct sk_thread *thread_of(struct server *server)
{
	return &server->helper->thread;
}

static void op_give(void *self, const struct bench_Target_give_request *request,
	struct sk_reply *to)
{
	const struct kernel_Quota_create_notification_request create = {0};
	struct kernel_Quota_create_notification_reply made;
	struct bench_Target_give_reply reply;
	struct server *server = self;

	(void)request;
	if (kernel_Quota_create_notification(&thread_of(server)->quota.channel, &create,
			&made, NULL) != SK_OK) {
		bench_Target_give_answer(to, bench_Error_REFUSED, NULL);
		return;
	}
	reply.given.raw = made.notification.raw;
	bench_Target_give_answer(to, 0, &reply);
}

static void op_pass(void *self, const struct bench_Target_pass_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_pass_reply reply = {request->what};

	(void)self;
	bench_Target_pass_answer(to, 0, &reply);
}

static void op_pass_copy(void *self, const struct bench_Target_pass_copy_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_pass_copy_reply reply = {0};

	(void)self;
	close(request->what.raw);
	bench_Target_pass_copy_answer(to, 0, &reply);
}

static void op_narrow(void *self, const struct bench_Target_narrow_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	struct kernel_Object_info_reply info = {0};
	struct bench_Target_narrow_reply reply = {.what = request->what};

	kernel_Object_info(on_thread(thread_of(server), request->what.raw),
		&(struct kernel_Object_info_request){0}, &info, NULL);
	reply.rights = info.rights;
	bench_Target_narrow_answer(to, 0, &reply);
}

/* ---- leases ---- */

static uint8_t buffer[65536];

/* Servers copy first, and then commit. */
static void op_read(void *self, const struct bench_Target_read_request *request,
	struct sk_reply *to)
{
	struct bench_Target_read_reply reply = {0};
	uint64_t size = request->data.size, at = 0;

	(void)self;
	for (uint64_t part; at < size; at += part) {
		int status;

		part = size - at < sizeof(buffer) ? size - at : sizeof(buffer);
		status = sk_lease_read(to, &request->data, at, buffer, part, NULL);
		if (status != SK_OK) {
			sk_answer_error(to, status);
			return;
		}
		for (uint64_t i = 0; i < part; i++)
			reply.sum += buffer[i];
	}
	bench_Target_read_answer(to, 0, &reply);
}

static void op_write(void *self, const struct bench_Target_write_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_write_reply reply = {0};
	uint64_t size = request->data.size, at = 0;

	(void)self;
	memset(buffer, request->value, size < sizeof(buffer) ? size : sizeof(buffer));
	for (uint64_t part; at < size; at += part) {
		int status;

		part = size - at < sizeof(buffer) ? size - at : sizeof(buffer);
		status = sk_lease_write(to, &request->data, at, buffer, part, NULL);
		if (status != SK_OK) {
			sk_answer_error(to, status);
			return;
		}
	}
	bench_Target_write_answer(to, 0, &reply);
}

static void op_copy(void *self, const struct bench_Target_copy_request *request,
	struct sk_reply *to)
{
	struct bench_Target_copy_reply reply = {0};
	uint64_t size = request->from.size < request->to.size ? request->from.size :
		request->to.size;
	int status = sk_lease_read(to, &request->from, 0, buffer, size, NULL);

	(void)self;
	if (status == SK_OK)
		status = sk_lease_write(to, &request->to, 0, buffer, size, &reply.done);
	if (status != SK_OK)
		sk_answer_error(to, status);
	else
		bench_Target_copy_answer(to, 0, &reply);
}

/* ---- answering later, or not at all ---- */

static void op_hold(void *self, const struct bench_Target_hold_request *request,
	struct sk_reply *to)
{
	struct server *server = self;

	(void)request;
	for (unsigned i = 0; i < 32; i++) {
		if (server->held[i].port)
			continue;
		server->held[i] = sk_reply_keep(to);
		server->held_count++;
		return;
	}
	bench_Target_hold_answer(to, bench_Error_REFUSED, NULL);
}

static void op_release(void *self, const struct bench_Target_release_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	struct bench_Target_release_reply reply = {0};

	/* The last first. */
	for (unsigned i = 32; i-- > 0 && reply.released < request->count;) {
		const struct bench_Target_hold_reply held = {i};

		if (!server->held[i].port)
			continue;
		bench_Target_hold_answer(&server->held[i], 0, &held);
		server->held_count--;
		reply.released++;
	}
	bench_Target_release_answer(to, 0, &reply);
}

static void op_drop(void *self, const struct bench_Target_drop_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	(void)to;
}

static void op_refuse(void *self, const struct bench_Target_refuse_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	bench_Target_refuse_answer(to, bench_Error_REFUSED, NULL);
}

/* ---- the rest ---- */

static void op_note(void *self, const struct bench_Target_note_request *request)
{
	struct server *server = self;

	server->noted = request->value;
	server->note_count++;
}

static void op_noted(void *self, const struct bench_Target_noted_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	const struct bench_Target_noted_reply reply = {server->noted, server->note_count};

	(void)request;
	bench_Target_noted_answer(to, 0, &reply);
}

static const struct sk_object object;

static void op_mint(void *self, const struct bench_Target_mint_request *request,
	struct sk_reply *to)
{
	struct bench_Target_mint_reply reply;
	int status = sk_mint(to->port, &object, self, &reply.target.raw);

	(void)request;
	if (status != SK_OK)
		sk_answer_error(to, status);
	else
		bench_Target_mint_answer(to, 0, &reply);
}

static void op_told(void *self, const struct bench_Target_told_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	const struct bench_Target_told_reply reply = {
		server->canceled, server->gone, server->notified,
	};

	(void)request;
	bench_Target_told_answer(to, 0, &reply);
}

static uint64_t last_badge;
bool serve_with_vectors;

static void op_badge(void *self, const struct bench_Target_badge_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_badge_reply reply = {last_badge};

	(void)self;
	(void)request;
	bench_Target_badge_answer(to, 0, &reply);
}

static void op_stop(void *self, const struct bench_Target_stop_request *request,
	struct sk_reply *to)
{
	const struct bench_Target_stop_reply reply = {0};
	struct server *server = self;

	(void)request;
	bench_Target_stop_answer(to, 0, &reply);
	sk_kernel_port_stop(&server->port);
}

static const struct bench_Target_ops ops = {
	.nothing = op_nothing, .words = op_words, .ten = op_ten, .page = op_page,
	.give = op_give, .pass = op_pass, .pass_copy = op_pass_copy,
	.read = op_read, .write = op_write, .copy = op_copy,
	.hold = op_hold, .release = op_release, .drop = op_drop,
	.refuse = op_refuse, .note = op_note, .noted = op_noted,
	.narrow = op_narrow, .mint = op_mint, .told = op_told, .badge = op_badge,
	.stop = op_stop,
};

static int dispatch(void *self, struct sk_incoming *incoming)
{
	last_badge = incoming->badge;
	return bench_Target_dispatch(&ops, self, incoming);
}

SK_INLINE bool dispatch_words(void *self, struct sk_words_incoming *in)
{
	last_badge = in->badge;
	return bench_Target_dispatch_words(&ops, self, in);
}

SK_INLINE bool dispatch_vectors(void *self, struct sk_words_incoming *in)
{
	__asm__ volatile("paddq %xmm1, %xmm0");
	return dispatch_words(self, in);
}

static void gone(void *self)
{
	((struct server *)self)->gone++;
}

static void canceled(void *self, uint64_t token)
{
	struct server *server = self;

	server->canceled++;
	for (unsigned i = 0; i < 32; i++) {
		if (!server->held[i].port || server->held[i].token != token)
			continue;
		sk_reply_drop(&server->held[i]);
		server->held_count--;
	}
}

static const struct sk_object object = {dispatch, gone, canceled};

static void gone_badge(void *self, uint64_t badge)
{
	(void)badge;
	gone(self);
}

static void notified(void *self, uint64_t bits)
{
	((struct server *)self)->notified |= bits;
}

/* Of all servers: the space's tokens are in one table. */
static struct sk_kernel_kept kept[KEPT];

void serve_here(struct server *server, struct sk_thread *thread,
	struct sk_handle endpoint, uint32_t slot)
{
	const struct sk_kernel_port_config config = {
		.endpoint = endpoint,
		.root = &object,
		.self = server,
		.gone = gone_badge,
		.notified = notified,
		.sessions = server->sessions,
		.session_count = 8,
		.kept = kept,
		.kept_count = KEPT,
	};

	kernel_Endpoint_set_tokens(on_thread(thread, endpoint),
		&(struct kernel_Endpoint_set_tokens_request){.count = 32},
		&(struct kernel_Endpoint_set_tokens_reply){0}, NULL);
	server->status = sk_kernel_port_open(&server->port, &thread->slots, slot, &config);
	if (server->status == SK_OK)
		server->status = serve_with_vectors ?
			sk_kernel_port_serve_words(&server->port, dispatch_vectors) :
			sk_kernel_port_serve_words(&server->port, dispatch_words);
	for (unsigned i = 0; i < 32; i++)
		sk_reply_drop(&server->held[i]);
	sk_kernel_port_close(&server->port);
}

static void serve_main(struct test_helper *self)
{
	struct server *server = self->argument;

	serve_here(server, &self->thread, server->endpoint, PORT_SLOT);
}

bool serve(struct test *t, struct server *server)
{
	memset(server, 0, sizeof(*server));
	server->endpoint = new_endpoint(t);
	if (server->endpoint.raw < 0)
		return false;
	server->client = mint(t, server->endpoint, 7, 0, NULL);
	/* It looks at itself for its thread: there before it runs. */
	server->helper = &t->helpers[t->helper_count < TEST_HELPERS ? t->helper_count : 0];
	return server->client.raw >= 0 && start(t, serve_main, server) != NULL;
}

bool stop_server(struct test *t, struct server *server)
{
	struct bench_Target_stop_reply reply;

	if (B(t->thread, server->client, stop, &reply, 0) != SK_OK)
		return false;
	return join(t, server->helper);
}
