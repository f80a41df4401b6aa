/*
 * Generated dispatch of an interface with states: what it refuses, when it goes on,
 * and that a refused request does nothing. Prints TAP.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "states.skald.h"

static int failed;
static uint8_t state;
static unsigned runs;			/* operations that ran */
static int32_t error;			/* what they answer */
static bool keeps;			/* `open` keeps its reply */
static struct sk_reply kept;
static uint8_t seen;			/* the state while the answer is sent */
static uint8_t answer[64];

static void expect(bool good, const char *name, int came)
{
	printf("%sok - %s\n", good ? "" : "not ", name);
	if (good)
		return;
	printf("# came: %d, state %u, %u runs\n# again: tests/golden/states.sh\n", came, state,
		runs);
	failed = 1;
}

/* ---- a server ---- */

static void op_sync(void *self, const struct states_Object_sync_request *request,
	struct sk_reply *to)
{
	(void)self, (void)request;
	runs++;
	states_Object_sync_answer(to, 0, &(struct states_Object_sync_reply){0});
}

static void op_close(void *self, const struct states_Object_close_request *request,
	struct sk_reply *to)
{
	(void)self, (void)request;
	runs++;
	states_Object_close_answer(to, error, &(struct states_Object_close_reply){0});
}

static void op_read(void *self, const struct states_File_read_request *request,
	struct sk_reply *to)
{
	(void)self;
	runs++;
	states_File_read_answer(to, 0, &(struct states_File_read_reply){ request->at });
}

static void op_open(void *self, const struct states_File_open_request *request,
	struct sk_reply *to)
{
	(void)self, (void)request;
	runs++;
	if (keeps)
		kept = sk_reply_keep(to);
	else
		states_File_open_answer(to, (states_Error)error,
			&(struct states_File_open_reply){0});
}

static void op_drop(void *self, const struct states_File_drop_request *request)
{
	(void)self, (void)request;
	runs++;
	seen = state;
}

static const struct states_File_ops ops = { op_sync, op_close, op_read, op_open, op_drop };

static int port_answer(struct sk_port *port, const struct sk_reply *reply)
{
	(void)port, (void)reply;
	seen = state;
	return SK_OK;
}

static const struct sk_port_ops port_ops = { .answer = port_answer };
static struct sk_port port = {
	.ops = &port_ops, .answer = { .bytes = answer, .capacity = sizeof answer },
};

/* ---- requests ---- */

static int dispatch(uint8_t *bytes, int size, bool is_oneway)
{
	struct sk_message message = { .bytes = bytes, .size = (uint32_t)size,
		.capacity = (uint32_t)size };
	struct sk_incoming incoming = { .port = &port, .message = &message,
		.reply = { .port = is_oneway ? NULL : &port, .token = 1 } };

	runs = 0;
	return states_File_dispatch(&ops, NULL, &state, &incoming);
}

static int do_open(const char *name)
{
	struct states_File_open_request request = { .name = { name, (uint32_t)strlen(name) } };
	uint8_t bytes[64];

	return dispatch(bytes, states_File_open_request_encode(&request, bytes, 64), false);
}

static int do_close(void)
{
	struct states_Object_close_request request = {0};
	uint8_t bytes[64];

	return dispatch(bytes, states_Object_close_request_encode(&request, bytes, 64), false);
}

static int do_read(void)
{
	struct states_File_read_request request = { 7 };
	uint8_t bytes[64];

	return dispatch(bytes, states_File_read_request_encode(&request, bytes, 64), false);
}

static int do_drop(void)
{
	struct states_File_drop_request request = { 1 };
	uint8_t bytes[64];

	return dispatch(bytes, states_File_drop_request_encode(&request, bytes, 64), true);
}

/* A request in words; false: it is left to dispatch. */
static bool read_in_words(void)
{
	struct states_File_read_request request = { 7 };
	struct sk_message message = { .bytes = answer, .capacity = sizeof answer };
	struct sk_words_incoming in = { .port = &port, .token = 1, .message = &message };

	runs = 0;
	in.size = (uint32_t)states_File_read_request_encode(&request, in.words.word,
		sizeof in.words.word);
	return states_File_dispatch_words(&ops, NULL, &state, &in);
}

/* ---- cases ---- */

static void refused(void)
{
	int status = do_read();

	expect(status == SK_WRONG_STATE && runs == 0 && state == states_File_state_New,
		"a method that is not allowed is refused, and does nothing", status);
	expect(sk_get_uint32(answer) == SK_STATUS_ID && (int32_t)sk_get_uint32(answer + 8)
		== SK_WRONG_STATE, "the client is told which status", 0);
	status = do_drop();
	expect(status == SK_WRONG_STATE && runs == 0, "so is a one-way method", status);
	expect(!read_in_words() && runs == 0, "in words it is left to dispatch", runs != 0);
}

static void led_on(void)
{
	int status;

	error = states_Error_NO;
	status = do_open("a");
	expect(status == 0 && runs == 1 && state == states_File_state_New,
		"an answer with an error leads nowhere", status);
	error = 0;
	status = do_open("a");
	expect(status == 0 && seen == states_File_state_Open && state == seen,
		"a good answer leads on before it is sent", status);
	expect(read_in_words() && runs == 1, "what is allowed goes in words", (int)runs);
	expect(do_read() == 0 && state == states_File_state_Open,
		"without a target it stays", state);
	expect(do_open("b") == 0 && state == states_File_state_New,
		"from another state it leads elsewhere", state);
}

static void led_on_later(void)
{
	keeps = true;
	expect(do_open("a") == 0 && state == states_File_state_New,
		"nothing happens while a reply is kept", state);
	expect(states_File_open_answer(&kept, 0, &(struct states_File_open_reply){0}) == 0 &&
		state == states_File_state_Open, "a late answer leads on", state);
	keeps = false;
}

static void ended(void)
{
	expect(do_drop() == 0 && runs == 1 && seen == states_File_state_Closed,
		"a one-way method leads on when it arrives", seen);
	expect(do_close() == SK_WRONG_STATE && runs == 0,
		"an inherited method is refused like others", state);
	state = 200;
	expect(do_close() == SK_WRONG_STATE && do_read() == SK_WRONG_STATE,
		"a byte that is no state allows nothing that not all do", state);
}

int main(void)
{
	refused();
	led_on();
	led_on_later();
	ended();
	return failed;
}
