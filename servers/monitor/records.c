/*
 * Records of one server's stream, as lines: what belongs to one call is put into one, at
 * its end.
 */
#include "ostrace.skald.h"
#include "runtime/names.h"
#include "servers/monitor/monitor.h"

#define CALLS_MAX 64			/* that are open at a time */
#define NAMES_MAX 64			/* that programs announced */

/* A call that has no end yet. */
struct call {
	uint64_t correlation;		/* 0: there is none */
	uint64_t thread, begin;
	uint32_t message_id, size, leases, lent;
	bool is_served;			/* else it is made, */
	bool is_inside;			/* while another is served */
	bool is_refused;
};

struct announced {
	uint32_t id;
	bool is_message;
	char text[RECORDS_NAME];
};

static struct {
	uint64_t begin;			/* the stream's time */
	uint64_t thread;		/* whose records come */
	char name[RECORDS_NAME];
	struct call calls[CALLS_MAX];
	uint32_t next_call;		/* which one is given up, if all are open */
	struct announced names[NAMES_MAX];
	uint32_t name_count;
} t;

/* ---- names ---- */

static void learn_name(uint32_t id, bool is_message, struct sk_string text)
{
	struct announced *name = &t.names[t.name_count % NAMES_MAX];
	uint32_t size = text.size < RECORDS_NAME ? text.size : RECORDS_NAME - 1;

	name->id = id;
	name->is_message = is_message;
	memcpy(name->text, text.data, size);
	name->text[size] = 0;
	t.name_count++;
}

static const char *find_name(uint32_t id, bool is_message)
{
	for (uint32_t i = 0; i < NAMES_MAX && i < t.name_count; i++)
		if (t.names[i].id == id && t.names[i].is_message == is_message)
			return t.names[i].text;
	return NULL;
}

/* As ostrace: what is known has its own name, whatever programs say. */
static void put_method(uint32_t message_id)
{
	const char *name = sk_known_name(message_id);

	if (!name)
		name = find_name(message_id, true);
	if (!name)
		name = find_name(sk_request_of(message_id), true);
	if (name)
		put_plain(name, strlen(name), false);
	else
		say("0x%08x", message_id);
}

static void put_name(uint32_t id)
{
	const char *name = find_name(id, false);

	if (name)
		put_plain(name, strlen(name), false);
	else
		say("name %u", id);
}

/* ---- lines ---- */

static void put_duration(uint64_t nanos)
{
	uint64_t unit = nanos < 1000000 ? 1000 : nanos < 1000000000 ? 1000000 : 1000000000;

	say("%lu.%03lu %s", nanos / unit, nanos % unit / (unit / 1000),
		unit == 1000 ? "us" : unit == 1000000 ? "ms" : "s");
}

static void begin_line(uint64_t time, bool is_inside)
{
	uint64_t since = time > t.begin ? time - t.begin : 0;

	say("%5lu.%09lu %s", since / 1000000000, since % 1000000000, is_inside ? "  " : "");
	put_plain(t.name, strlen(t.name), false);
	put_text(" ");
}

static void put_size(uint32_t size, uint32_t leases, uint32_t lent)
{
	say("(%u B", size);
	if (leases > 0)
		say(", %u lease%s of %u B", leases, leases == 1 ? "" : "s", lent);
	put_text(")");
}

static void put_status(uint32_t message_id, int32_t status)
{
	const char *name = status == 0 ? "ok" : sk_known_result(message_id, status);

	paint(status == 0 ? NONE : RED);
	if (name)
		put_text(name);
	else
		say("%d", status);
	paint(NONE);
}

static void put_call(const struct call *call)
{
	begin_line(call->begin, call->is_inside);
	put_text(call->is_served ? "serves " : "calls ");
	put_method(call->message_id);
	put_size(call->size, call->leases, call->lent);
	put_text(call->is_refused ? " = refused, " : " = ");
}

/* ---- calls ---- */

static void open_call(const struct call *call)
{
	struct call *place = t.calls;

	while (place < t.calls + CALLS_MAX && place->correlation)
		place++;
	if (place == t.calls + CALLS_MAX)
		place = &t.calls[t.next_call++ % CALLS_MAX];
	*place = *call;
	place->thread = t.thread;
}

static struct call *find_call(uint64_t correlation, bool is_served)
{
	for (uint32_t i = 0; i < CALLS_MAX; i++)
		if (correlation && t.calls[i].correlation == correlation &&
				t.calls[i].is_served == is_served &&
				t.calls[i].thread == t.thread)
			return &t.calls[i];
	return NULL;
}

/* `size` 0: nothing came with it. What began before the stream is left out. */
static void end_call(struct call *call, uint64_t time, int32_t status, uint32_t size)
{
	if (!call)
		return;
	put_call(call);
	put_status(call->message_id, status);
	if (status == 0 && size > 0)
		say(" (%u B)", size);
	put_text(" <");
	put_duration(time > call->begin ? time - call->begin : 0);
	put_text(">\n");
	call->correlation = 0;
}

void records_end(void)
{
	for (uint32_t i = 0; i < CALLS_MAX; i++) {
		if (!t.calls[i].correlation)
			continue;
		put_call(&t.calls[i]);
		put_text("? <unfinished>\n");
		t.calls[i].correlation = 0;
	}
}

/* ---- records ---- */

#define DECODED(kind) \
	struct ostrace_##kind it; \
\
	if (ostrace_##kind##_decode(&it, entry, size) != SK_OK) \
		return

static void take_call(const uint8_t *entry, uint32_t size)
{
	DECODED(Call);
	open_call(&(struct call){.correlation = it.correlation, .begin = it.time,
		.message_id = it.message_id, .size = it.size, .leases = it.leases,
		.lent = it.lent, .is_inside = find_call(it.parent, true) != NULL});
}

static void take_return(const uint8_t *entry, uint32_t size)
{
	DECODED(Return);
	end_call(find_call(it.correlation, false), it.time, it.status, it.size);
}

static void take_serve(const uint8_t *entry, uint32_t size)
{
	DECODED(Serve);
	open_call(&(struct call){.correlation = it.correlation, .begin = it.time,
		.message_id = it.message_id, .size = it.size, .is_served = true});
}

static void take_answer(const uint8_t *entry, uint32_t size)
{
	DECODED(Answer);
	end_call(find_call(it.correlation, true), it.time, it.status, it.size);
}

static void take_refuse(const uint8_t *entry, uint32_t size)
{
	struct call *call;

	DECODED(Refuse);
	call = find_call(it.correlation, true);
	if (call)
		call->is_refused = true;
}

static void take_send(const uint8_t *entry, uint32_t size)
{
	DECODED(Send);
	begin_line(it.time, false);
	put_text("sends ");
	put_method(it.message_id);
	put_size(it.size, 0, 0);
	put_text(" = ");
	put_status(it.message_id, it.status);
	put_text("\n");
}

static void take_event(const uint8_t *entry, uint32_t size)
{
	DECODED(Event);
	begin_line(it.time, false);
	put_text("sends event ");
	put_method(it.message_id);
	put_size(it.size, 0, 0);
	put_text(it.lost ? " = lost\n" : "\n");
}

static void take_mark(const uint8_t *entry, uint32_t size)
{
	DECODED(Mark);
	begin_line(it.time, find_call(it.correlation, true) != NULL);
	put_name(it.name);
	say("(%ld, %ld, %ld)\n", it.first, it.second, it.third);
}

static void take_counter(const uint8_t *entry, uint32_t size)
{
	DECODED(Counter);
	begin_line(it.time, false);
	put_name(it.name);
	say(": %ld\n", it.value);
}

static void take_span_begin(const uint8_t *entry, uint32_t size)
{
	DECODED(SpanBegin);
	begin_line(it.time, find_call(it.correlation, true) != NULL);
	put_text("begins ");
	put_name(it.name);
	say("(%ld)\n", it.argument);
}

static void take_span_end(const uint8_t *entry, uint32_t size)
{
	DECODED(SpanEnd);
	begin_line(it.time, find_call(it.correlation, true) != NULL);
	put_text("ends ");
	put_name(it.name);
	say(" = %d\n", it.status);
}

static void take_unknown(const uint8_t *entry, uint32_t size)
{
	const char *name;

	DECODED(ForeignUnknown);
	name = sk_known_call(it.number);
	begin_line(it.time, false);
	put_text("has no system call ");
	if (name)
		put_text(name);
	else
		say("%u", it.number);
	say(", which process %u makes at 0x%lx\n", it.process, it.instruction);
}

/* ---- what a stream says besides ---- */

static void take_begin(const uint8_t *entry, uint32_t size)
{
	DECODED(StreamBegin);
	t.begin = it.time;
}

static void take_source(const uint8_t *entry, uint32_t size)
{
	DECODED(Source);
	t.thread = it.thread;
}

static void take_name(const uint8_t *entry, uint32_t size)
{
	DECODED(NameAnnounced);
	learn_name(it.id, false, it.name);
}

static void take_message_name(const uint8_t *entry, uint32_t size)
{
	DECODED(MessageAnnounced);
	learn_name(it.message_id, true, it.name);
}

void records_begin(const char *name)
{
	memset(&t, 0, sizeof(t));
	memcpy(t.name, name, strlen(name) + 1);
}

void records_take(const uint8_t *entry, uint32_t size)
{
	static const struct {
		uint32_t id;
		void (*take)(const uint8_t *entry, uint32_t size);
	} kinds[] = {
		{ostrace_Call_ID, take_call}, {ostrace_Return_ID, take_return},
		{ostrace_Serve_ID, take_serve}, {ostrace_Answer_ID, take_answer},
		{ostrace_Refuse_ID, take_refuse}, {ostrace_Send_ID, take_send},
		{ostrace_Event_ID, take_event}, {ostrace_Mark_ID, take_mark},
		{ostrace_Counter_ID, take_counter}, {ostrace_SpanBegin_ID, take_span_begin},
		{ostrace_SpanEnd_ID, take_span_end}, {ostrace_ForeignUnknown_ID, take_unknown},
		{ostrace_StreamBegin_ID, take_begin},
		{ostrace_Source_ID, take_source}, {ostrace_NameAnnounced_ID, take_name},
		{ostrace_MessageAnnounced_ID, take_message_name},
	};

	for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].id == sk_get_uint32(entry))
			kinds[i].take(entry, size);
}
