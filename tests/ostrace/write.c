/*
 * Writes a stream of traces for the tests of ostrace, by generated encoders:
 *
 *	write SCENARIO >FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ostrace.skald.h"
#include "runtime/codec.h"

#define BEGIN UINT64_C(5000000000)	/* nanoseconds */
#define NONE UINT32_MAX
#define TEXT(text) {text, sizeof(text) - 1}
/* Of fs.File.read and others: requests. */
#define FS_READ UINT32_C(0xcf529b28)
#define FS_READ_AT UINT32_C(0xbb9ee20c)
#define OTHER UINT32_C(0x00001000)
#define OTHER_EVENT UINT32_C(0x00001007)

static uint64_t records;

static void put(const uint8_t *bytes, int size)
{
	uint8_t before[4];

	if (size < 0)
		abort();
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

/* A record, so many nanoseconds after the beginning. */
#define AT(after, kind, ...) do { \
	PUT(kind, .time = BEGIN + (after), __VA_ARGS__); \
	records++; \
} while (0)

/* ---- who ---- */

static void begin(void)
{
	records = 0;
	PUT(StreamBegin, .magic = ostrace_RING_MAGIC, .version = 1, .cpus = 2, .time = BEGIN,
		.wall = INT64_C(1700000000000000000), .kinds = ostrace_Kinds_CALLS |
		ostrace_Kinds_SERVES, .machine = TEXT("test"));
	PUT(SpaceNamed, .space = 10, .name = TEXT("shell"));
	PUT(SpaceNamed, .space = 20, .name = TEXT("fs"));
	PUT(SpaceNamed, .space = 30, .name = TEXT("disk"));
	PUT(MessageAnnounced, .message_id = OTHER, .name = TEXT("other.Thing.do"));
	PUT(MessageAnnounced, .message_id = OTHER_EVENT, .name = TEXT("other.Thing.changed"));
	PUT(NameAnnounced, .id = 1, .kind = ostrace_NameKind_SPAN, .name = TEXT("startup"));
	PUT(NameAnnounced, .id = 2, .kind = ostrace_NameKind_COUNTER, .name = TEXT("free \"pages\""));
	PUT(NameAnnounced, .id = 3, .kind = ostrace_NameKind_MARK, .name = TEXT("ready\x1b[2J"));
}

static void end(void)
{
	PUT(StreamEnd, .time = BEGIN + 1000000, .records = records, .lost = 0);
}

static void shell(void)
{
	PUT(Source, .ring = 1, .cpu = NONE, .thread = 11, .space = 10,
		.thread_name = TEXT("main"));
}

static void fs(void)
{
	PUT(Source, .ring = 2, .cpu = NONE, .thread = 21, .space = 20,
		.thread_name = TEXT("loop"));
}

static void disk(void)
{
	PUT(Source, .ring = 3, .cpu = NONE, .thread = 31, .space = 30, .thread_name = TEXT(""));
}

static void cpu(uint32_t number)
{
	PUT(Source, .ring = 100 + number, .cpu = number);
}

/* ---- scenarios ---- */

/* The shell reads; the file system asks the disk for it. One fails. Each ring is
 * told of whole, so that the tool has to put them in order. */
static void calls(void)
{
	begin();
	shell();
	AT(1000, Call, .correlation = 0x1100000001, .channel = 7, .message_id = FS_READ,
		.size = 16, .leases = 1, .lent = 4096);
	AT(51000, Return, .correlation = 0x1100000001, .message_id = FS_READ + 1,
		.size = 16, .handles = 0);
	AT(60000, Call, .correlation = 0x1100000002, .channel = 7, .message_id = FS_READ_AT,
		.size = 24, .handles = 1, .leases = 2, .lent = 100);
	AT(62500, Return, .correlation = 0x1100000002, .message_id = FS_READ_AT + 2,
		.status = -1, .size = 12, .retries = 1);
	AT(65000, Call, .correlation = 0x1100000009, .message_id = FS_READ, .size = 16);
	AT(66000, Return, .correlation = 0x1100000009, .message_id = FS_READ + 2,
		.status = 2, .size = 12);
	AT(70000, Call, .correlation = 0x1100000003, .message_id = OTHER, .size = 8);
	AT(70900, Return, .correlation = 0x1100000003, .message_id = OTHER,
		.status = -7);
	AT(80000, Send, .correlation = 0x1100000004, .message_id = OTHER, .size = 40);
	AT(90000, Call, .correlation = 0x1100000005, .message_id = OTHER, .size = 8);
	disk();
	AT(11000, Serve, .correlation = 0x2100000001, .badge = 1, .message_id = OTHER,
		.size = 32);
	AT(31000, Answer, .correlation = 0x2100000001, .message_id = OTHER + 1, .size = 8);
	fs();
	AT(5000, Serve, .correlation = 0x1100000001, .badge = 5, .message_id = FS_READ,
		.size = 16);
	AT(9000, Call, .correlation = 0x2100000001, .parent = 0x1100000001,
		.message_id = OTHER, .size = 32);
	AT(35000, Return, .correlation = 0x2100000001, .message_id = OTHER + 1, .size = 8,
		.handles = 2);
	AT(45000, Answer, .correlation = 0x1100000001, .message_id = FS_READ + 1,
		.size = 16);
	AT(61000, Serve, .correlation = 0x1100000002, .badge = 5, .message_id = FS_READ_AT,
		.size = 24);
	AT(61100, Refuse, .correlation = 0x1100000002, .badge = 5, .message_id = FS_READ_AT,
		.status = -1);
	AT(61200, Answer, .correlation = 0x1100000002, .message_id = 2, .status = -1,
		.size = 12);
	AT(71000, Event, .badge = 5, .message_id = OTHER_EVENT, .size = 12, .lost = 1);
	AT(72000, Serve, .correlation = 0x99, .badge = 6, .message_id = OTHER, .size = 9);
	AT(72010, Refuse, .correlation = 0x99, .badge = 6, .message_id = OTHER, .status = -10);
	AT(72020, Answer, .correlation = 0x99, .message_id = 2, .status = -10, .size = 12);
	AT(73000, Return, .correlation = 0x98, .message_id = OTHER + 1, .size = 8);
	end();
}

/* Servers that number what they serve themselves: the kernel says whose it was. And
 * threads of which only the kernel tells. */
static void kernel(void)
{
	begin();
	shell();
	AT(1000, Call, .correlation = 1, .message_id = FS_READ, .size = 16);
	AT(9000, Return, .correlation = 1, .message_id = FS_READ + 1, .size = 16);
	fs();
	AT(3000, Serve, .correlation = 77, .badge = 1, .message_id = FS_READ, .size = 16);
	AT(7000, Answer, .correlation = 77, .message_id = FS_READ + 1, .size = 16);
	cpu(0);
	AT(500, Switch, .to = 11, .priority = 10);
	AT(2000, Deliver, .correlation = 4, .from = 11, .to = 21, .session = 3,
		.message_id = FS_READ, .size = 16);
	AT(2100, Switch, .from = 11, .to = 21, .state = 2, .priority = 10);
	AT(2200, Interrupt, .line = 4, .duration = 50);
	AT(4000, Deliver, .correlation = 4, .from = 21, .to = 31, .session = 4,
		.message_id = OTHER, .size = 8);
	AT(5000, Deliver, .correlation = 4, .from = 31, .to = 21, .session = 4,
		.message_id = OTHER + 2, .size = 12, .is_reply = true);
	AT(8000, Deliver, .correlation = 4, .from = 21, .to = 11, .session = 3,
		.message_id = FS_READ + 1, .size = 16, .is_reply = true);
	AT(8100, Switch, .from = 21, .to = 11, .state = 2, .priority = 10);
	cpu(1);
	AT(100, Wake, .thread = 11, .by = 99, .cpu = 1, .priority = 3);
	AT(200, Deliver, .correlation = 5, .from = 41, .to = 31, .message_id = OTHER,
		.size = 8);
	AT(300, Cancel, .correlation = 5, .from = 41, .status = -7, .delivered = true);
	AT(400, Fault, .thread = 11, .address = 0x1000, .instruction = 0x2000, .reason = 1);
	AT(401, PageFilled, .thread = 11, .address = 0x3000, .memory = 9);
	AT(402, LeaseCopy, .correlation = 4, .server = 21, .offset = 8, .done = 64,
		.lease = 1, .write = true);
	AT(403, Mapped, .space = 10, .memory = 9, .address = 0x3000, .length = 0x1000);
	AT(404, Made, .object = 50, .quota = 2, .kind = 3, .bytes = 128);
	AT(405, Ended, .object = 50, .kind = 3);
	AT(406, TimerFired, .timer = 51, .late = 12);
	AT(407, Signal, .notification = 52, .by = 11, .set_bits = 5);
	end();
}

/* What programs record of themselves, and calls within it. */
static void program(void)
{
	begin();
	shell();
	AT(100, SpanBegin, .name = 1, .argument = 3);
	AT(200, Counter, .name = 2, .value = -12);
	AT(300, Call, .correlation = 5, .message_id = OTHER, .size = 8);
	AT(800, Return, .correlation = 5, .message_id = OTHER + 1, .size = 8);
	AT(900, Mark, .name = 3, .first = 1, .second = -2, .third = 3);
	AT(1000, SpanEnd, .name = 1);
	AT(2000, ForeignCall, .correlation = 6, .number = 0, .process = 4,
		.arguments = {3, 0x7f00, 16, 0});
	AT(2100, Call, .correlation = 7, .parent = 6, .message_id = FS_READ, .size = 16);
	AT(2900, Return, .correlation = 7, .message_id = FS_READ + 1, .size = 16);
	AT(3000, ForeignReturn, .correlation = 6, .number = 0, .process = 4, .result = -2);
	AT(4000, ForeignUnknown, .number = 451, .process = 4, .instruction = 0x401000);
	AT(5000, SpanEnd, .name = 9);
	end();
}

/* Answers that were kept: they cross what is served meanwhile. And losses. */
static void kept(void)
{
	begin();
	fs();
	AT(100, Serve, .correlation = 1, .message_id = OTHER, .size = 8);
	AT(200, Serve, .correlation = 2, .message_id = OTHER, .size = 8);
	AT(300, Answer, .correlation = 1, .message_id = OTHER + 1, .size = 8);
	AT(400, Answer, .correlation = 2, .message_id = OTHER + 1, .size = 8);
	AT(500, Serve, .correlation = 3, .message_id = OTHER, .size = 8);
	PUT(Source, .ring = 4, .cpu = NONE, .thread = 22, .space = 20,
		.thread_name = TEXT("other"), .lost = 17);
	AT(600, Answer, .correlation = 3, .message_id = OTHER + 1, .size = 8);
	end();
}

/* Many of one kind, for percentiles: 1 to 1000 microseconds, each 30 % at the server. */
static void many(void)
{
	begin();
	for (uint64_t i = 1; i <= 1000; i++) {
		uint64_t start = i * 2000000;

		shell();
		AT(start, Call, .correlation = i, .message_id = FS_READ, .size = 16);
		AT(start + i * 1000, Return, .correlation = i, .message_id = FS_READ + 1,
			.status = i % 10 == 0 ? -5 : 0, .size = 16);
		fs();
		AT(start + i * 100, Serve, .correlation = i, .message_id = FS_READ, .size = 16);
		AT(start + i * 400, Answer, .correlation = i, .message_id = FS_READ + 1,
			.size = 16);
	}
	end();
}

/* Somebody announces other names for what is known: of a request, and of its reply. */
static void renamed(void)
{
	begin();
	PUT(MessageAnnounced, .message_id = FS_READ, .name = TEXT("bank.Account.pay"));
	PUT(MessageAnnounced, .message_id = FS_READ + 1, .name = TEXT("bank.Account.paid"));
	shell();
	AT(100, Call, .correlation = 5, .message_id = FS_READ, .size = 16);
	AT(900, Return, .correlation = 5, .message_id = FS_READ + 1, .size = 16);
	cpu(0);
	AT(800, Deliver, .correlation = 5, .from = 21, .to = 11, .message_id = FS_READ + 1,
		.size = 16, .is_reply = true);
	end();
}

static const struct {
	const char *name;
	void (*write)(void);
} scenarios[] = {
	{"calls", calls}, {"kernel", kernel}, {"program", program}, {"kept", kept},
	{"many", many}, {"renamed", renamed},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (strcmp(argv[1], scenarios[i].name) == 0) {
			scenarios[i].write();
			return fflush(stdout) != 0;
		}
	fprintf(stderr, "usage: write calls|kernel|program|kept|many|renamed\n");
	return 2;
}
