/*
 * The driver of virtio disks against a device that lies: capabilities and registers that
 * lead nowhere, rings with any content, answers to what was not asked. Each world is a
 * process of its own, of a seed. What is checked: it touches only memory that it has
 * (by the sanitizers), asks leases only for what is in them, and answers each request once.
 * SEED=N runs one world.
 */
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/virtio-blk/disk.h"

#define BARS 6
#define CAPABILITIES 64
#define DMA_AT UINT64_C(0x12345000)
#define TOKENS 300
#define ENTRIES 32
#define MUST(what) must(what, #what, __LINE__)

enum { BAR_HANDLE = 100, DMA_HANDLE = 200 };

static struct {
	uint64_t seed;
	bool lies;			/* in its registers and capabilities; */
	bool breaks;			/* in its rings */
	struct hw_PciCapability capabilities[CAPABILITIES];
	uint8_t bodies[CAPABILITIES][20];
	uint32_t capability_count;
	struct hw_Region regions[BARS];
	uint8_t *bars[BARS];
	uint8_t *dma;
	uint64_t dma_size;
	uint16_t seen;			/* of what is available */
	uint32_t todo[ENTRIES];
	uint32_t todo_count;
	uint64_t sizes[TOKENS];
	unsigned answers[TOKENS];
	bool may_fail[TOKENS];
	unsigned tokens;
	uint64_t now;
	unsigned resets;
	bool is_given_up;		/* answers may be errors */
	struct sk_alarm *alarm;
} world;

static void must(bool is_so, const char *what, int line)
{
	if (is_so)
		return;
	fprintf(stderr, "# line %d: not so: %s; again: SEED=%lu\n", line, what,
		(unsigned long)world.seed);
	_exit(1);
}

static uint32_t any(void)
{
	static uint64_t state;

	if (state == 0)
		state = world.seed * 2 + 1;
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static bool chance(unsigned of)
{
	return any() % of == 0;
}

static void scribble(volatile uint8_t *at, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		at[i] = (uint8_t)any();
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	memcpy(at, &value, bytes);
}

/* ---- the device's registers ---- */

static void describe_part(uint32_t number, uint8_t kind, uint32_t offset, uint32_t length)
{
	uint8_t *body = world.bodies[number];

	world.capabilities[number].id = 9;
	body[3] = kind;
	body[4] = 4;
	put(body + 8, offset, 4);
	put(body + 12, length, 4);
	put(body + 16, 4, 4);
	if (world.lies && chance(3))
		body[4] = (uint8_t)any();
	if (world.lies && chance(3))
		put(body + 8, chance(2) ? any() % 0x6000 : any() * 2, 4);
	if (world.lies && chance(3))
		put(body + 12, chance(2) ? any() % 128 : any() * 2, 4);
	if (world.lies && chance(3))
		put(body + 16, chance(2) ? any() % 16 : any() * 2, 4);
}

static void make_device(void)
{
	static const uint64_t sizes[] = {0, 1, 20, 64, 0x3002, 0x4000};
	uint8_t *common;

	world.capability_count = world.lies ? 4 + any() % (CAPABILITIES - 4) : 5;
	for (uint32_t i = 0; i < world.capability_count; i++) {
		world.capabilities[i].id = chance(2) ? 9 : any() % 32;
		scribble(world.bodies[i], sizeof(world.bodies[0]));
	}
	world.capabilities[0].id = 5;
	for (uint8_t kind = 1; kind <= 4; kind++)
		describe_part(kind, kind, (kind - 1u) * 0x1000, 0x1000);
	for (uint32_t i = 0; i < BARS; i++) {
		struct hw_Region *region = &world.regions[i];

		region->index = i;
		region->kind = i == 4 || chance(2) ? hw_RegionKind_MEMORY : hw_RegionKind_NONE;
		region->length = i == 4 && !(world.lies && chance(4)) ? 0x4000 :
			sizes[any() % 6];
		region->offset = i == 4 || chance(2) ? 0 : (any() & 0xff0);
		world.bars[i] = malloc(region->offset + region->length);
		if (world.lies)
			scribble(world.bars[i], region->offset + region->length);
		else
			memset(world.bars[i], 0, region->length);
	}
	if (world.regions[4].length < 0x4000)
		return;
	common = world.bars[4];
	/* Both halves of the features are the same word here. */
	put(common + 4, world.lies && chance(4) ? any() : 1u | 1u << 9 | 1u << 13 | 1u << 14, 4);
	put(common + 24, world.lies && chance(2) ? any() : 256, 2);
	put(common + 30, world.lies && chance(2) ? any() : 3, 2);
	put(common + 0x3000, world.lies && chance(2) ? any() : 1 << 20, 4);
	put(common + 0x3000 + 36, world.lies && chance(2) ? any() : 64, 4);
	put(common + 0x3000 + 48, world.lies && chance(2) ? any() : 64, 4);
}

/* ---- what the driver calls, in place of stubs ---- */

int hw_PciDevice_pci_info(struct sk_channel *channel,
	const struct hw_PciDevice_pci_info_request *request,
	struct hw_PciDevice_pci_info_reply *reply, const struct sk_call *call)
{
	(void)channel;
	(void)request;
	(void)call;
	memset(reply, 0, sizeof(*reply));
	reply->capabilities.items = world.capabilities;
	reply->capabilities.count = world.capability_count;
	return SK_OK;
}

int hw_Device_regions(struct sk_channel *channel,
	const struct hw_Device_regions_request *request,
	struct hw_Device_regions_reply *reply, const struct sk_call *call)
{
	(void)channel;
	(void)request;
	(void)call;
	memset(reply, 0, sizeof(*reply));
	reply->list.items = world.regions;
	reply->list.count = BARS;
	return SK_OK;
}

int hw_Device_memory(struct sk_channel *channel, const struct hw_Device_memory_request *request,
	struct hw_Device_memory_reply *reply, const struct sk_call *call)
{
	(void)channel;
	(void)call;
	MUST(request->index < BARS);
	reply->memory.raw.raw = (int32_t)(BAR_HANDLE + request->index);
	return SK_OK;
}

int hw_Device_dma_allocate(struct sk_channel *channel,
	const struct hw_Device_dma_allocate_request *request,
	struct hw_Device_dma_allocate_reply *reply, const struct sk_call *call)
{
	(void)channel;
	(void)call;
	memset(reply, 0, sizeof(*reply));
	world.dma = calloc(1, request->size);
	world.dma_size = request->size;
	reply->dma = DMA_AT;
	reply->memory.raw.raw = DMA_HANDLE;
	return SK_OK;
}

int kernel_Space_map(struct sk_channel *channel, const struct kernel_Space_map_request *request,
	struct kernel_Space_map_reply *reply, const struct sk_call *call)
{
	int32_t handle = request->memory.raw.raw;

	(void)channel;
	(void)call;
	reply->address = (uintptr_t)(handle == DMA_HANDLE ? world.dma :
		world.bars[handle - BAR_HANDLE]);
	return SK_OK;
}

#define ALWAYS(interface, name) \
	int interface##_##name(struct sk_channel *channel, \
		const struct interface##_##name##_request *request, \
		struct interface##_##name##_reply *reply, const struct sk_call *call) \
	{ \
		(void)channel; \
		(void)request; \
		(void)call; \
		memset(reply, 0, sizeof(*reply)); \
		return SK_OK; \
	}
ALWAYS(hw_PciDevice, message)
ALWAYS(hw_PciDevice, mask_message)
ALWAYS(hw_Device, interrupt)
ALWAYS(hw_Device, set_bus_master)
ALWAYS(kernel_Interrupt, bind)
ALWAYS(svrctl_Server, device)

/* With each reset interrupts are set up anew: the device has forgotten what it was asked. */
int hw_PciDevice_set_interrupt_mode(struct sk_channel *channel,
	const struct hw_PciDevice_set_interrupt_mode_request *request,
	struct hw_PciDevice_set_interrupt_mode_reply *reply, const struct sk_call *call)
{
	(void)channel;
	(void)request;
	(void)reply;
	(void)call;
	world.resets++;
	world.seen = 0;
	world.todo_count = 0;
	return SK_OK;
}

/* Those that are made in line. */
const struct sk_method hw_PciDevice_read_capability_method = {
	.reply_id = hw_PciDevice_read_capability_reply_ID};
const struct sk_method kernel_Interrupt_acknowledge_method = {
	.reply_id = kernel_Interrupt_acknowledge_reply_ID};

static int call_in_line(struct sk_channel *channel, const struct sk_call *call)
{
	struct hw_PciDevice_read_capability_request request;
	struct hw_PciDevice_read_capability_reply reply = {0};
	const struct kernel_Interrupt_acknowledge_reply acknowledged = {0};
	int size;

	(void)call;
	if (channel->method == &kernel_Interrupt_acknowledge_method) {
		size = kernel_Interrupt_acknowledge_reply_encode(&acknowledged,
			channel->reply.bytes, channel->reply.capacity);
	} else {
		MUST(hw_PciDevice_read_capability_request_decode(&request,
			channel->request.bytes, channel->request.size) == 0);
		MUST(request.index < world.capability_count);
		MUST(request.offset + request.width <= 20);
		memcpy(&reply.value, world.bodies[request.index] + request.offset,
			request.width);
		size = hw_PciDevice_read_capability_reply_encode(&reply,
			channel->reply.bytes, channel->reply.capacity);
	}
	channel->reply.size = (uint32_t)size;
	return SK_OK;
}

static uint64_t channel_now(struct sk_channel *channel)
{
	(void)channel;
	return world.now;
}

void sk_os_channel(struct sk_os *os, struct sk_kernel_channel *channel, struct sk_handle handle)
{
	static const struct sk_channel_ops ops = {.call = call_in_line, .now = channel_now};
	static uint8_t buffers[8][SK_MESSAGE_MAX];
	static unsigned next;

	(void)os;
	(void)handle;
	memset(channel, 0, sizeof(*channel));
	channel->channel.ops = &ops;
	channel->channel.request.bytes = buffers[next++ % 8];
	channel->channel.reply.bytes = buffers[next++ % 8];
	channel->channel.request.capacity = channel->channel.reply.capacity = SK_MESSAGE_MAX;
}

int sk_os_channel_apart(struct sk_os *os, struct sk_kernel_channel *channel,
	struct sk_handle handle)
{
	sk_os_channel(os, channel, handle);
	return SK_OK;
}

void sk_os_channel_close(struct sk_os *os, struct sk_kernel_channel *channel)
{
	(void)os;
	(void)channel;
}

uint64_t sk_os_now(struct sk_os *os)
{
	(void)os;
	return ++world.now;
}

uint64_t sk_os_after(struct sk_os *os, uint32_t milliseconds)
{
	return sk_os_now(os) + milliseconds;
}

void sk_alarm_set(struct sk_os *os, struct sk_alarm *alarm, uint64_t time)
{
	(void)os;
	alarm->time = time;
	world.alarm = alarm;
}

static void ring(void)
{
	if (!world.alarm || world.alarm->time == 0)
		return;
	world.alarm->time = 0;
	world.alarm->ring(world.alarm->self);
}

void sk_os_sleep(struct sk_os *os, uint32_t milliseconds)
{
	(void)os;
	world.now += milliseconds;
}

uint64_t sk_os_signal(struct sk_os *os, void (*came)(void *self), void *self)
{
	(void)os;
	(void)came;
	(void)self;
	return 1;
}

struct sk_handle sk_os_notify(struct sk_os *os)
{
	(void)os;
	return (struct sk_handle){1};
}

void sk_log(struct sk_os *os, log_Level level, const char *format, ...)
{
	(void)os;
	(void)level;
	(void)format;
}

void sk_serve_stop(struct sk_os *os)
{
	(void)os;
}

/* ---- clients ---- */

static int answer(struct sk_port *port, const struct sk_reply *reply)
{
	uint32_t id = 0;

	memcpy(&id, port->answer.bytes, sizeof(id));
	MUST(reply->token > 0 && reply->token < TOKENS);
	MUST(++world.answers[reply->token] == 1);
	MUST(world.breaks || world.is_given_up || world.may_fail[reply->token] ||
		(id != SK_STATUS_ID && id != reply->id + 1));
	return SK_OK;
}

static int lease_copy(struct sk_port *port, const struct sk_reply *reply, uint32_t number,
	uint64_t offset, void *data, uint64_t size, bool write, uint64_t *done)
{
	static uint8_t other[CHUNK];

	(void)port;
	(void)number;
	MUST(world.answers[reply->token] == 0);
	MUST(size <= CHUNK && offset <= world.sizes[reply->token] &&
		size <= world.sizes[reply->token] - offset);
	/* Of it the sanitizer sees what is not the buffer's. */
	memcpy(write ? other : data, write ? data : other, size);
	*done = size;
	return world.breaks && chance(20) ? SK_CANCELED : SK_OK;
}

static void ask(void)
{
	static const enum kind kinds[] = {KIND_READ, KIND_WRITE, KIND_FLUSH, KIND_DISCARD,
		KIND_ZEROS};
	static const struct sk_port_ops ops = {.answer = answer, .lease_copy = lease_copy};
	static uint8_t bytes[SK_MESSAGE_MAX];
	static struct sk_port port = {.ops = &ops, .answer = {.bytes = bytes,
		.capacity = sizeof(bytes)}};
	struct sk_reply to = {.port = &port, .id = 100};
	enum kind kind = kinds[any() % 5];
	struct request *request;

	if (world.tokens + 1 == TOKENS || (kind == KIND_DISCARD && !disk.discard_sectors) ||
			(kind == KIND_ZEROS && !disk.zero_sectors))
		return;
	to.token = ++world.tokens;
	world.sizes[to.token] = (1 + any() % (chance(3) ? 700 : 8)) * SECTOR;
	world.may_fail[to.token] = true;
	request = request_new(&to, kind);
	world.may_fail[to.token] = false;
	if (!request)
		return;
	request->is_flushing = kind == KIND_FLUSH;
	request->flags = chance(3) ? block_Io_THROUGH : 0;
	request->sector = any() % 1000;
	request->size = kind == KIND_FLUSH ? 0 : world.sizes[to.token];
	request->lease = (struct sk_lease){NULL, world.sizes[to.token], 1,
		kind == KIND_READ ? SK_LEASE_OUT : SK_LEASE_IN};
	request_start(request);
}

/* ---- the device's side of the rings ---- */

struct rings {
	struct { uint64_t address; uint32_t length; uint16_t flags, next; } descriptors[ENTRIES];
	struct { uint16_t flags, index, ring[ENTRIES]; } available;
	uint8_t pad[4];
	struct { uint16_t flags, index; struct { uint32_t id, length; } ring[ENTRIES]; } used;
};

static struct rings *rings(void)
{
	return (struct rings *)(void *)world.dma;
}

/* That a chain is within what the device was given. */
static uint32_t check_chain(uint32_t id, uint64_t *status)
{
	uint32_t written = 0, count = 0;

	for (;; id = rings()->descriptors[id].next) {
		uint64_t address, length;

		MUST(id < ENTRIES && count++ < 3);
		address = rings()->descriptors[id].address;
		length = rings()->descriptors[id].length;
		MUST(address >= DMA_AT && length > 0 && length <= world.dma_size &&
			address - DMA_AT <= world.dma_size - length);
		if (rings()->descriptors[id].flags & 2)
			written += (uint32_t)length;
		*status = address - DMA_AT;
		if (!(rings()->descriptors[id].flags & 1))
			break;
	}
	MUST(rings()->descriptors[id].length == 1);
	return written;
}

static void take_available(void)
{
	while (!world.breaks && world.seen != rings()->available.index) {
		MUST(world.todo_count < SLOTS);
		world.todo[world.todo_count++] =
			rings()->available.ring[world.seen++ % ENTRIES];
	}
}

static void complete(void)
{
	uint32_t which, id;
	uint64_t status;

	take_available();
	if (world.todo_count == 0)
		return;
	which = any() % world.todo_count;
	id = world.todo[which];
	world.todo[which] = world.todo[--world.todo_count];
	rings()->used.ring[rings()->used.index % ENTRIES].id = id;
	rings()->used.ring[rings()->used.index % ENTRIES].length = check_chain(id, &status);
	world.dma[status] = 0;
	rings()->used.index++;
}

/* Mostly what could be true. */
static void break_rings(void)
{
	uint32_t slot = any() % SLOTS;
	uint16_t place = rings()->used.index % ENTRIES;

	switch (any() % 8) {
	case 0:
		scribble(world.dma, sizeof(struct rings) + any() % 512);
		break;
	case 1:
		rings()->used.index = (uint16_t)any();
		break;
	case 2:
		rings()->available.index = (uint16_t)any();
		break;
	case 3:
		scribble(world.dma + any() % 4096, any() % 64);
		break;
	default:
		rings()->used.ring[place].id = chance(20) ? any() : slot * 3;
		rings()->used.ring[place].length = any() % (2 * CHUNK);
		world.dma[sizeof(struct rings) + SLOTS * 16 + slot] = (uint8_t)(any() % 2);
		rings()->used.index++;
		break;
	}
}

static void each_is_answered(void)
{
	for (unsigned token = 1; token <= world.tokens; token++)
		MUST(world.answers[token] == 1);
}

static void cancel(void)
{
	unsigned token = world.tokens ? 1 + any() % world.tokens : 0;

	if (token == 0)
		return;
	world.may_fail[token] = true;
	request_canceled(NULL, token);
}

static void live(void)
{
	for (unsigned step = 0; step < 2000; step++) {
		if (chance(3))
			ask();
		if (chance(15))
			cancel();
		if (world.breaks ? chance(3) : chance(2))
			world.breaks ? break_rings() : complete();
		if (chance(2))
			requests_came(NULL);
	}
	/* One that does not break the rules is never given up, and leaves nothing. */
	for (unsigned step = 0; !world.breaks && step < 4000; step++) {
		complete();
		requests_came(NULL);
	}
	MUST(world.breaks || !disk.is_failed);
	if (world.breaks)
		device_fail("the world ends");
	each_is_answered();
}

/*
 * A device that answers (or not), but does not interrupt, until it has been reset so often.
 * When that helps nobody sees anything of it.
 */
static void live_quiet(unsigned resets, bool answers)
{
	world.is_given_up = resets > 2;
	for (unsigned step = 0; step < 8000; step++) {
		bool is_well = world.resets > resets;

		if (step < 1500 && chance(3))
			ask();
		if (step < 1500 && chance(20))
			cancel();
		if (is_well || answers)
			complete();
		if (is_well)
			requests_came(NULL);
		if (chance(8))
			ring();
	}
	MUST(disk.is_failed == world.is_given_up);
	MUST(world.resets == (resets < 3 ? resets + 1 : 3));
	each_is_answered();
}

static void live_deaf(void)
{
	live_quiet(1 + (unsigned)(world.seed % 2), true);
}

static void live_silent(void)
{
	live_quiet(1 + (unsigned)(world.seed % 2), false);
}

static void live_lost(void)
{
	live_quiet(1000, world.seed % 2);
}

/* ---- worlds ---- */

static void begin(uint64_t seed, bool lies, bool breaks, void (*body)(void))
{
	static struct sk_os os;
	static struct sk_thread thread;
	const char *wrong;

	world.seed = seed;
	world.lies = lies;
	world.breaks = breaks;
	os.thread = &thread;
	make_device();
	wrong = device_open(&os);
	MUST(lies || !wrong);
	if (!wrong)
		body();
	_exit(0);
}

static void run(uint64_t count, bool lies, bool breaks, void (*body)(void))
{
	const char *only = getenv("SEED");
	uint64_t first = only ? strtoull(only, NULL, 0) : 1;

	for (uint64_t seed = first; seed < (only ? first + 1 : first + count); seed++) {
		pid_t child = fork();
		int status = -1;

		if (child == 0)
			begin(seed, lies, breaks, body);
		waitpid(child, &status, 0);
		if (status != 0)
			print_error("# a world ended with %d; again: SEED=%lu\n", status,
				(unsigned long)seed);
		assert_int_equal(status, 0);
	}
}

static void honest_device_is_served(void **state)
{
	(void)state;
	run(50, false, false, live);
}

static void device_whose_registers_lie(void **state)
{
	(void)state;
	run(1000, true, true, live);
}

static void device_that_breaks_its_rings(void **state)
{
	(void)state;
	run(300, false, true, live);
}

static void device_whose_interrupts_do_not_come_is_reset(void **state)
{
	(void)state;
	run(50, false, false, live_deaf);
}

static void device_that_does_not_answer_is_reset_and_asked_again(void **state)
{
	(void)state;
	run(50, false, false, live_silent);
}

static void device_that_stays_silent_is_given_up(void **state)
{
	(void)state;
	run(50, false, false, live_lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_device_is_served),
		cmocka_unit_test(device_whose_registers_lie),
		cmocka_unit_test(device_that_breaks_its_rings),
		cmocka_unit_test(device_whose_interrupts_do_not_come_is_reset),
		cmocka_unit_test(device_that_does_not_answer_is_reset_and_asked_again),
		cmocka_unit_test(device_that_stays_silent_is_given_up),
	};

	return cmocka_run_group_tests_name("virtio", tests, NULL, NULL);
}
