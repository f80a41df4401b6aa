/* Has everything traced, reads the streams, and says what came. */
#include "fs.skald.h"
#include "tests/servers/tap.h"
#include "tests/servers/traced/traced.h"

#define BYTES 65536
#define BURST 2000

enum { LIE_FORGE = 1, LIE_GARBAGE, LIE_HEADER, LIE_TRUTH, LIE_LEAP, LIE_BACK };

struct tap tap;

static struct {
	struct sk_client emitter, collector, relay, liar, control;
	uint64_t own_thread;
} t;

/* What a stream had. */
struct seen {
	uint64_t records, own, lost, marks, forged, sources;
	uint64_t echoes[2];		/* called, served */
	uint64_t relays;		/* what the relay asks the files */
	uint64_t end_records, end_lost;
	bool has_end, is_damaged;
	uint64_t thread;		/* whose records follow */
};

static uint8_t bytes[BYTES];

#define COLLECTOR(method, reply, ...) \
	ostrace_Collector_##method(&t.collector.kernel.channel, \
		&(struct ostrace_Collector_##method##_request){__VA_ARGS__}, reply, NULL)

/* ---- doing something ---- */

static int echo(struct sk_client *client, uint64_t value)
{
	const struct test_Target_echo_request request = {value};
	struct test_Target_echo_reply reply = {0};
	int status = test_Target_echo(&client->kernel.channel, &request, &reply, NULL);

	return status != SK_OK ? status : (int)reply.instance;
}

static void lie(uint64_t how)
{
	EXPECT(echo(&t.liar, how), 0);
}

static int set_kinds(ostrace_Kinds kinds, const char *program)
{
	struct ostrace_Collector_set_filter_request request;
	struct ostrace_Collector_set_filter_reply reply;
	struct sk_string name;

	ostrace_Collector_set_filter_request_init(&request);
	request.filter.kinds = kinds;
	if (program) {
		name = (struct sk_string){program, (uint32_t)strlen(program)};
		request.filter.programs.items = &name;
		request.filter.programs.count = 1;
	}
	return ostrace_Collector_set_filter(&t.collector.kernel.channel, &request, &reply,
		NULL);
}

static int restart(const char *server)
{
	const struct svrctl_Supervisor_restart_request request = {
		.name = {server, (uint32_t)strlen(server)}, .grace = 0,
	};
	struct svrctl_Supervisor_restart_reply reply;

	return svrctl_Supervisor_restart(&t.control.kernel.channel, &request, &reply, NULL);
}

/* ---- streams ---- */

static int open_stream(struct sk_kernel_channel *stream, bool past)
{
	struct ostrace_Collector_open_stream_reply reply;
	int status = COLLECTOR(open_stream, &reply, .past = past);

	if (status == SK_OK)
		sk_os_channel_apart(tap.os, stream, reply.stream.raw);
	return status;
}

static void see(struct seen *seen, const uint8_t *entry, uint32_t size)
{
	struct ostrace_Source source;
	struct ostrace_StreamEnd end;
	struct ostrace_Call call;
	struct ostrace_Serve serve;
	struct ostrace_Mark mark;
	uint32_t id = sk_get_uint32(entry);

	seen->records += id < ostrace_StreamBegin_ID;
	seen->own += id < ostrace_StreamBegin_ID && seen->thread == t.own_thread;
	if (id == ostrace_Source_ID && ostrace_Source_decode(&source, entry, size) == 0) {
		seen->thread = source.thread;
		seen->sources++;
	}
	if (id == ostrace_Call_ID && ostrace_Call_decode(&call, entry, size) == 0) {
		bool is_echo = call.message_id == test_Target_echo_request_ID;

		seen->echoes[0] += is_echo;
		seen->relays += call.message_id == fs_FileSystem_statfs_request_ID;
		seen->forged += call.message_id >> 20 == 0xbad;
	}
	if (id == ostrace_Serve_ID && ostrace_Serve_decode(&serve, entry, size) == 0) {
		seen->echoes[1] += serve.message_id == test_Target_echo_request_ID;
		seen->forged += serve.message_id >> 20 == 0xbad;
	}
	if (id == ostrace_Mark_ID && ostrace_Mark_decode(&mark, entry, size) == 0)
		seen->marks += mark.name == 77 && mark.first == 4711;
	seen->forged += id == ostrace_Deliver_ID;
	if (id == ostrace_StreamEnd_ID && ostrace_StreamEnd_decode(&end, entry, size) == 0) {
		seen->has_end = true;
		seen->end_records = end.records;
		seen->end_lost = end.lost;
	}
}

/* All that is there now. */
static void read_stream(struct sk_kernel_channel *stream, struct seen *seen)
{
	struct ostrace_Stream_read_request request = {.data = sk_lend_out(bytes, BYTES)};
	struct ostrace_Stream_read_reply reply = {0};
	uint32_t at, size;
	int status;

	do {
		status = ostrace_Stream_read(&stream->channel, &request, &reply, NULL);
		if (status != SK_OK)
			break;
		seen->lost += reply.lost;
		for (at = 0; at + 4 <= reply.size; at += 4 + size) {
			size = sk_get_uint32(bytes + at);
			if (size < 8 || size > reply.size - at - 4)
				break;
			see(seen, bytes + at + 4, size);
		}
		seen->is_damaged |= at != reply.size;
	} while (reply.size != 0 && !reply.ended);
	EXPECT(status, 0);
	EXPECT(seen->is_damaged, false);
}

static void close_stream(struct sk_kernel_channel *stream)
{
	sk_os_channel_close(tap.os, stream);
}

/* ---- cases ---- */

static void nothing_is_on(void)
{
	struct sk_kernel_channel stream;
	struct seen seen = {0};

	EXPECT(open_stream(&stream, true), 0);
	EXPECT(echo(&t.relay, 1), 0);
	read_stream(&stream, &seen);
	EXPECT(seen.records, 0);
	close_stream(&stream);
}

/* The host reads these. */
static void host_reads(void)
{
	struct ostrace_Collector_set_output_reply set;
	struct ostrace_Collector_flush_reply flushed;
	const struct ostrace_Output com2 = {
		.which = ostrace_Output_service, .as.service = {"com2", 4},
	};
	const struct ostrace_Output none = {.which = ostrace_Output_none};

	EXPECT(COLLECTOR(set_output, &set, .output = com2), 0);
	EXPECT(set_kinds(ostrace_Kinds_CALLS | ostrace_Kinds_SERVES |
		ostrace_Kinds_DELIVERIES, NULL), 0);
	for (uint64_t i = 0; i < 10; i++)
		EXPECT(echo(&t.relay, i), 0);
	EXPECT(set_kinds(0, NULL), 0);
	EXPECT(COLLECTOR(flush, &flushed, 0), 0);
	EXPECT(COLLECTOR(set_output, &set, .output = none), 0);
}

static void two_streams(void)
{
	struct sk_kernel_channel streams[3];
	struct seen seen[2] = {{0}, {0}};

	EXPECT(open_stream(&streams[0], false), 0);
	EXPECT(open_stream(&streams[1], false), 0);
	EXPECT(open_stream(&streams[2], false), ostrace_Error_QUOTA_EXCEEDED);
	EXPECT(set_kinds(ostrace_Kinds_CALLS | ostrace_Kinds_SERVES, NULL), 0);
	for (uint64_t i = 0; i < 5; i++)
		EXPECT(echo(&t.relay, i), 0);
	EXPECT(set_kinds(0, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		read_stream(&streams[i], &seen[i]);
		EXPECT(seen[i].echoes[0], 5);
		EXPECT(seen[i].echoes[1], 5);
		EXPECT(seen[i].relays, 5);
		EXPECT(seen[i].lost, 0);
		close_stream(&streams[i]);
	}
	EXPECT(seen[0].records, seen[1].records);
}

static void of_one_program(void)
{
	struct sk_kernel_channel stream;
	struct seen seen = {0};

	EXPECT(open_stream(&stream, false), 0);
	EXPECT(set_kinds(ostrace_Kinds_CALLS | ostrace_Kinds_SERVES, "relay"), 0);
	EXPECT(echo(&t.relay, 1), 0);
	EXPECT(set_kinds(0, NULL), 0);
	read_stream(&stream, &seen);
	EXPECT(seen.echoes[0], 0);
	EXPECT(seen.echoes[1], 1);
	EXPECT(seen.relays, 1);
	EXPECT(seen.own, 0);
	close_stream(&stream);
}

/* How a program's rings are listed: what they have lost together, and whether one of
 * them is closed. */
static uint64_t ring_lost(const char *name, bool *closed)
{
	struct ostrace_Collector_rings_reply reply = {0};
	struct ostrace_Ring ring;
	uint64_t lost = 0;

	*closed = false;
	do {
		if (COLLECTOR(rings, &reply, .from = reply.next) != SK_OK)
			return 0;
		while (ostrace_Ring_next(&reply.list, &ring)) {
			if (ring.name.size != strlen(name) ||
					memcmp(ring.name.data, name, ring.name.size) != 0)
				continue;
			*closed |= ring.closed;
			lost += ring.lost;
		}
	} while (reply.next != 0);
	return lost;
}

static bool is_closed(const char *name)
{
	bool closed;

	ring_lost(name, &closed);
	return closed;
}

/* Each call is two records, so many more than a ring has slots. */
static void lost_are_counted(void)
{
	struct sk_kernel_channel stream;
	struct seen seen = {0};
	bool closed;
	uint64_t before = ring_lost("traced", &closed);

	EXPECT(open_stream(&stream, false), 0);
	EXPECT(set_kinds(ostrace_Kinds_CALLS, "traced"), 0);
	for (unsigned i = 0; i < BURST; i++)
		EXPECT(echo(&t.relay, i), 0);
	EXPECT(set_kinds(0, NULL), 0);
	read_stream(&stream, &seen);
	EXPECT(seen.lost > 0, true);
	/* Turning it off is a call that began while it was on. */
	EXPECT(seen.own + seen.lost, 2 * BURST + 2);
	EXPECT(ring_lost("traced", &closed) - before, seen.lost);
	close_stream(&stream);
}

static void stream_ends(void)
{
	struct ostrace_Stream_stop_reply stopped;
	struct sk_kernel_channel stream;
	struct seen seen = {0};

	EXPECT(open_stream(&stream, false), 0);
	EXPECT(set_kinds(ostrace_Kinds_CALLS, "traced"), 0);
	EXPECT(echo(&t.relay, 1), 0);
	EXPECT(ostrace_Stream_stop(&stream.channel, &(struct ostrace_Stream_stop_request){0},
		&stopped, NULL), 0);
	EXPECT(echo(&t.relay, 2), 0);
	EXPECT(set_kinds(0, NULL), 0);
	read_stream(&stream, &seen);
	EXPECT(seen.has_end, true);
	EXPECT(seen.echoes[0], 1);
	EXPECT(seen.end_records, seen.records);
	EXPECT(seen.end_lost, 0);
	close_stream(&stream);
}

/* ---- liars ---- */

static void lies(void)
{
	struct sk_kernel_channel stream;
	struct seen seen = {0};

	EXPECT(echo(&t.liar, 0), 0);
	EXPECT(open_stream(&stream, false), 0);
	lie(LIE_FORGE);
	lie(LIE_TRUTH);
	read_stream(&stream, &seen);
	EXPECT(seen.forged, 0);
	EXPECT(seen.marks, 1);
	EXPECT(seen.lost, 7);
	EXPECT(seen.has_end, false);
	lie(LIE_GARBAGE);
	lie(LIE_HEADER);
	lie(LIE_TRUTH);
	read_stream(&stream, &seen);
	EXPECT(seen.forged, 0);
	EXPECT(seen.marks, 2);
	EXPECT(seen.has_end, false);
	EXPECT(is_closed("liar"), false);
	close_stream(&stream);
}

static void leaps(uint64_t how)
{
	struct sk_kernel_channel stream;
	struct seen seen = {0};

	EXPECT(restart("liar"), 0);
	EXPECT(echo(&t.liar, 0), 0);
	EXPECT(open_stream(&stream, false), 0);
	lie(LIE_TRUTH);
	read_stream(&stream, &seen);
	lie(how);
	read_stream(&stream, &seen);
	EXPECT(is_closed("liar"), true);
	lie(LIE_TRUTH);
	read_stream(&stream, &seen);
	EXPECT(seen.marks, 1);
	EXPECT(seen.lost, 0);
	close_stream(&stream);
}

static void leaps_forward(void)
{
	leaps(LIE_LEAP);
}

static void leaps_back(void)
{
	leaps(LIE_BACK);
}

static void takes_all(void)
{
	struct test_Target_fill_reply filled = {0};

	EXPECT(restart("liar"), 0);
	EXPECT(test_Target_fill(&t.liar.kernel.channel, &(struct test_Target_fill_request){
		.piece = 64}, &filled, NULL), 0);
	/* Of eight: one is what it lies with. */
	EXPECT(filled.got, 7);
	EXPECT(filled.left, ostrace_Error_QUOTA_EXCEEDED);
	EXPECT(test_Target_fill(&t.liar.kernel.channel, &(struct test_Target_fill_request){
		.piece = 65}, &filled, NULL), 0);
	EXPECT(filled.left, ostrace_Error_INVALID);
}

/* The runtime has a session of its own, and t.emitter is one. */
static void many_sessions(void)
{
	struct ostrace_Emitter_switches_reply reply;
	struct sk_client more;

	sk_client_open(&more, tap.os, "trace", "ostrace.Emitter");
	EXPECT(ostrace_Emitter_switches(&t.emitter.kernel.channel,
		&(struct ostrace_Emitter_switches_request){0}, &reply, NULL), 0);
	EXPECT(ostrace_Emitter_switches(&more.kernel.channel,
		&(struct ostrace_Emitter_switches_request){0}, &reply, NULL), SK_EXHAUSTED);
	sk_client_end(&more);
}

static void no_thread(void)
{
	struct ostrace_Emitter_create_ring_request request = {.slots = 64};
	struct ostrace_Emitter_create_ring_reply reply;

	request.thread.raw = sk_kernel_channel_handle(&tap.os->thread->thread);
	EXPECT(ostrace_Emitter_create_ring(&t.emitter.kernel.channel, &request, &reply, NULL),
		ostrace_Error_EXISTS);
	request.thread.raw = sk_kernel_channel_handle(&tap.os->thread->space);
	EXPECT(ostrace_Emitter_create_ring(&t.emitter.kernel.channel, &request, &reply, NULL),
		ostrace_Error_INVALID);
}

/* ---- ends ---- */

static void emitter_dies(void)
{
	struct test_Target_crash_reply crashed;
	struct sk_kernel_channel stream;
	struct seen seen = {0};

	EXPECT(open_stream(&stream, false), 0);
	EXPECT(set_kinds(ostrace_Kinds_CALLS | ostrace_Kinds_SERVES, "relay"), 0);
	EXPECT(echo(&t.relay, 1), 0);
	EXPECT(test_Target_crash(&t.relay.kernel.channel, &(struct test_Target_crash_request){
		test_Fault_ILLEGAL}, &crashed, NULL), SK_PEER_CLOSED);
	/* A new one, with a ring of its own. */
	EXPECT(echo(&t.relay, 2), 0);
	read_stream(&stream, &seen);
	EXPECT(set_kinds(0, NULL), 0);
	EXPECT(seen.echoes[1], 2);
	EXPECT(is_closed("relay"), true);
	close_stream(&stream);
}

/* Who took part does so again, by itself. */
static void collector_dies(void)
{
	struct sk_kernel_channel stream;
	struct seen seen = {0};

	EXPECT(restart("trace"), 0);
	EXPECT(open_stream(&stream, false), 0);
	EXPECT(set_kinds(ostrace_Kinds_CALLS | ostrace_Kinds_SERVES, NULL), 0);
	for (unsigned i = 0; i < 50 && seen.relays == 0; i++) {
		sk_os_sleep(tap.os, 100);
		EXPECT(echo(&t.relay, i), 0);
		read_stream(&stream, &seen);
	}
	EXPECT(set_kinds(0, NULL), 0);
	EXPECT(seen.relays > 0, true);
	EXPECT(seen.echoes[1] > 0, true);
	close_stream(&stream);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"while nothing is on, nothing is recorded", nothing_is_on},
	{"what is traced goes to the host", host_reads},
	{"each of two streams has all, and a third is refused", two_streams},
	{"only one program's records, if only those are wanted", of_one_program},
	{"records that were overwritten are counted, each", lost_are_counted},
	{"a stream that is stopped ends with what was recorded before", stream_ends},
	{"what a program forges or spoils in its ring nobody gets", lies},
	{"a ring that leaps forward is given up", leaps_forward},
	{"a ring that goes back is given up", leaps_back},
	{"a program has so many rings and no more", takes_all},
	{"a program has so many sessions and no more", many_sessions},
	{"a ring is of a thread of one's own that has none yet", no_thread},
	{"of a program that dies all is read, and the next has its own ring", emitter_dies},
	{"when the collector dies, who took part does so again", collector_dies},
};

int run_cases(struct sk_os *os)
{
	struct kernel_Object_info_reply info = {0};

	tap.os = os;
	sk_client_open(&t.emitter, os, "trace", "ostrace.Emitter");
	sk_client_open(&t.collector, os, "traces", "ostrace.Collector");
	sk_client_open(&t.relay, os, "relay", "test.Target");
	sk_client_open(&t.liar, os, "liar", "test.Target");
	sk_client_open(&t.control, os, "supervisor", "svrctl.Supervisor");
	kernel_Object_info(&os->thread->thread.channel, &(struct kernel_Object_info_request){0},
		&info, NULL);
	t.own_thread = info.id;
	sk_os_ready(os);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_run(cases[i].name, cases[i].run);
	sk_log(os, log_Level_INFO, "all cases were run");
	return 0;
}
