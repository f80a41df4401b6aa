/*
 * `trace`: what a server is asked and asks others, by the trace server's collector, of
 * which a stream is read (protocols/ostrace.skald).
 */
#include "ostrace.skald.h"
#include "servers/monitor/monitor.h"

#define LOOK 50				/* milliseconds between looks for more */
#define SECONDS_MAX 1000000
#define KINDS (ostrace_Kinds_CALLS | ostrace_Kinds_SERVES | ostrace_Kinds_MARKS | \
	ostrace_Kinds_FOREIGN)

#define ASK(method, reply, ...) \
	ostrace_Collector_##method(&monitor.traces.kernel.channel, \
		&(struct ostrace_Collector_##method##_request){__VA_ARGS__}, reply, within(5))

static struct sk_kernel_channel stream;
static uint64_t lost;			/* records, of this stream */

/* ---- the stream ---- */

static void complain_trace(int status)
{
	static const char *const texts[] = {NULL, "the trace server does not take that",
		"this monitor may not", "there is no such thing", "it is there already",
		"others read traces already", "the output has failed"};

	if (status > 0)
		complain(NULL, status < (int)(sizeof(texts) / sizeof(texts[0])) ?
			texts[status] : "an unknown error");
	else if (status < 0)
		complain("its server", sk_status_text(status));
}

/* What is recorded from now on: of one program, or (NULL) nothing. */
static int set_filter(const char *name)
{
	struct ostrace_Collector_set_filter_request request;
	struct ostrace_Collector_set_filter_reply reply;
	struct sk_string text;

	ostrace_Collector_set_filter_request_init(&request);
	if (name) {
		text = (struct sk_string){name, (uint32_t)strlen(name)};
		request.filter.kinds = KINDS;
		request.filter.programs.items = &text;
		request.filter.programs.count = 1;
	}
	return ostrace_Collector_set_filter(&monitor.traces.kernel.channel, &request, &reply,
		within(5));
}

/* Shows what there is now. A status; `ended`: nothing more comes. */
static int show_more(bool *ended)
{
	uint8_t *bytes = chunk();
	const struct ostrace_Stream_read_request request = {
		.data = sk_lend_out(bytes, CHUNK),
	};
	struct ostrace_Stream_read_reply reply = {.ended = false};
	uint32_t at, size;
	int status;

	*ended = true;
	if (!bytes)
		return SK_OK;
	do {
		status = ostrace_Stream_read(&stream.channel, &request, &reply, within(5));
		if (status != SK_OK)
			return status;
		lost += reply.lost;
		for (at = 0; reply.size <= CHUNK && at + 12 <= reply.size; at += 4 + size) {
			size = sk_get_uint32(bytes + at);
			if (size < 8 || size > reply.size - at - 4)
				break;
			records_take(bytes + at + 4, size);
		}
	} while (reply.size > 0 && !reply.ended && !is_interrupted());
	*ended = reply.ended;
	return SK_OK;
}

/* False: it cannot be, which is said. */
static bool open_stream(const char *name)
{
	struct ostrace_Collector_open_stream_reply opened;
	int status = ASK(open_stream, &opened, .past = false);
	bool ended;

	lost = 0;
	records_begin(name);
	if (status == SK_OK)
		status = sk_os_channel_apart(monitor.os, &stream, opened.stream.raw);
	if (status == SK_OK) {
		/* Its time begins when it is first read. */
		status = show_more(&ended);
		if (status == SK_OK)
			status = set_filter(name);
		if (status != SK_OK)
			sk_os_channel_close(monitor.os, &stream);
	}
	complain_trace(status);
	return status == SK_OK;
}

/* Nothing is recorded any more; what was is shown to its end. */
static void end_stream(int status)
{
	const struct ostrace_Stream_stop_request request = {.empty = 0};
	struct ostrace_Stream_stop_reply reply;
	bool ended = false;
	int off = set_filter(NULL);

	if (status == SK_OK)
		status = off;
	if (status == SK_OK)
		status = ostrace_Stream_stop(&stream.channel, &request, &reply, within(5));
	while (status == SK_OK && !ended && !is_interrupted())
		status = show_more(&ended);
	records_end();
	if (lost > 0)
		say("%lu records are lost\n", lost);
	sk_os_channel_close(monitor.os, &stream);
	complain_trace(status);
}

/* ---- who takes part ---- */

static void put_ring(const struct ostrace_Ring *ring)
{
	if (ring->cpu != UINT32_MAX)
		say("cpu%-11u", ring->cpu);
	else
		put_plain(ring->name.data, ring->name.size, false);
	for (uint32_t size = ring->name.size; size < 14 && ring->cpu == UINT32_MAX; size++)
		put_text(" ");
	say("%8u%12lu%12lu%s\n", ring->slots, ring->written, ring->lost,
		ring->closed ? "  ended" : "");
}

/* Of `name` whether it has a ring that goes on; NULL: shows all. A status. */
static int each_ring(const char *name, bool *found)
{
	struct ostrace_Collector_rings_reply reply = {.next = 0};

	do {
		int status = ASK(rings, &reply, .from = reply.next);
		struct ostrace_Ring ring;

		if (status != SK_OK)
			return status;
		while (ostrace_Ring_next(&reply.list, &ring)) {
			if (!name)
				put_ring(&ring);
			else if (!ring.closed && ring.name.size == strlen(name) &&
					memcmp(ring.name.data, name, ring.name.size) == 0)
				*found = true;
		}
	} while (reply.next != 0 && !is_interrupted());
	return SK_OK;
}

static void show_all(void)
{
	struct ostrace_Collector_filter_reply reply;
	struct sk_string name;
	int status = ASK(filter, &reply, .empty = 0);

	if (status != SK_OK) {
		complain_trace(status);
		return;
	}
	if (reply.filter.kinds == 0)
		put_text("nothing is recorded");
	else
		say("recorded: kinds 0x%x", reply.filter.kinds);
	while (reply.filter.kinds != 0 &&
			ostrace_Filter_programs_next(&reply.filter.programs, &name)) {
		put_text(", of ");
		put_plain(name.data, name.size, false);
	}
	put_text("\n");
	paint(BOLD);
	put_text("NAME             SLOTS     RECORDS        LOST\n");
	paint(NONE);
	complain_trace(each_ring(NULL, NULL));
}

/* ---- the command ---- */

/* There is such a program, and nobody else has anything recorded. */
static bool may_begin(const char *name)
{
	struct ostrace_Collector_filter_reply reply;
	bool found = false;
	int status = ASK(filter, &reply, .empty = 0);

	if (status == SK_OK && reply.filter.kinds != 0) {
		complain(NULL, "something is recorded already; `trace off` ends that");
		return false;
	}
	if (status == SK_OK)
		status = each_ring(name, &found);
	if (status == SK_OK && !found)
		complain(name, "it takes no part in traces; `trace` shows who does");
	complain_trace(status);
	return status == SK_OK && found;
}

/* Until the time, or ^C. A status. */
static int show_until(uint64_t until)
{
	bool ended = false;
	int status = SK_OK;

	while (status == SK_OK && !ended && sk_os_now(monitor.os) < until && wait_for(LOOK))
		status = show_more(&ended);
	return status;
}

static void trace_one(struct words *words)
{
	uint64_t seconds = SECONDS_MAX;
	bool is_command = words->count > 2 && !number_of(words->word[2], &seconds);
	const char *name = words->word[1];

	if (seconds > SECONDS_MAX || (!is_command && words->count > 3) ||
			(is_command && same(words->word[2], monitor.command))) {
		command_usage();
		return;
	}
	if (strlen(name) >= RECORDS_NAME || !may_begin(name) || !open_stream(name))
		return;
	if (is_command) {
		words_drop(words, 0, 2);
		command_do(words);
		monitor.command = "trace";
		end_stream(SK_OK);
	} else {
		end_stream(show_until(sk_os_now(monitor.os) + seconds * 1000000000));
	}
}

void do_trace(struct words *words)
{
	if (monitor.traces.kernel.number == 0 &&
			sk_client_connect(&monitor.traces, false, within(5)) != SK_OK)
		complain(NULL, "there is no trace server; see `status trace`");
	else if (words->count == 1)
		show_all();
	else if (words->count == 2 && same(words->word[1], "off"))
		complain_trace(set_filter(NULL));
	else
		trace_one(words);
}
