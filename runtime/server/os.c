/* The way into a program that a supervisor has started, and what it has there. */
#include "runtime/server/os.h"

#include "kernel.skald.h"
#include "runtime/kernel/clock.h"
#include "runtime/server/loop.h"

/* Slots of its thread, of which sk_thread has two: for the supervisor, for all
 * channels that share; then those of the loop, and of clients. */
#define OWN_SLOT 2
#define SHARED_SLOT 4
#define FREE_SLOT (SK_LOOP_SLOT + SK_KERNEL_PORT_SLOTS)
#define RING_SLOTS (SK_OS_RING + SK_OS_RING_OWN + 1)

#define KERNEL(os, on, method, reply, ...) \
	kernel_##method(&(os)->thread->on.channel, \
		&(struct kernel_##method##_request){__VA_ARGS__}, reply, NULL)

/* ---- memory ---- */

static bool map_region(struct sk_os *os, struct sk_handle memory, uint64_t bytes,
	kernel_Protection protection, uint64_t *address)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;
	int status;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = bytes;
	request.protection = protection;
	status = kernel_Space_map(&os->thread->space.channel, &request, &reply, NULL);
	if (status == SK_OK)
		*address = reply.address;
	return status == SK_OK;
}

/* More than is needed, of which the part between two multiples stays. */
static void *reserve(void *self, uint64_t bytes)
{
	struct sk_os *os = self;
	uint64_t all = bytes + SK_HEAP_REGION - SK_HEAP_PAGE, from, at;
	struct kernel_Quota_create_memory_reply memory;
	bool is_mapped;

	if (KERNEL(os, quota, Quota_create_memory, &memory, .size = all) != SK_OK)
		return NULL;
	is_mapped = map_region(os, memory.memory.raw, all,
		kernel_Protection_READ | kernel_Protection_WRITE, &from);
	sk_close(&os->thread->space.channel, memory.memory.raw);
	if (!is_mapped)
		return NULL;
	at = (from + SK_HEAP_REGION - 1) & ~(SK_HEAP_REGION - 1);
	if (at > from)
		sk_pages_free(os->thread, (void *)(uintptr_t)from, at - from);
	if (at + bytes < from + all)
		sk_pages_free(os->thread, (void *)(uintptr_t)(at + bytes),
			from + all - at - bytes);
	return (void *)(uintptr_t)at;
}

static bool commit(void *self, void *at, uint64_t bytes)
{
	struct sk_os *os = self;
	struct kernel_Space_populate_reply reply = {0};
	struct kernel_Space_discard_reply discarded;

	if (KERNEL(os, space, Space_populate, &reply, .address = (uintptr_t)at,
			.length = bytes, .write = true) == SK_OK && reply.done == bytes)
		return true;
	KERNEL(os, space, Space_discard, &discarded, .address = (uintptr_t)at,
		.length = bytes);
	return false;
}

static void release(void *self, void *at, uint64_t bytes)
{
	struct sk_os *os = self;

	sk_pages_free(os->thread, at, bytes);
}

/* ---- beginning ---- */

static bool open_notification(struct sk_os *os)
{
	struct kernel_Quota_create_notification_reply reply;

	if (KERNEL(os, quota, Quota_create_notification, &reply, 0) != SK_OK)
		return false;
	os->notification = reply.notification.raw;
	return true;
}

static bool open_ring(struct sk_os *os)
{
	struct kernel_Quota_create_ring_reply ring;
	struct kernel_Ring_memory_reply memory;
	struct kernel_Ring_bind_reply bound;
	struct sk_kernel_channel channel;
	uint64_t address;

	if (KERNEL(os, quota, Quota_create_ring, &ring, .slots = RING_SLOTS) != SK_OK)
		return false;
	sk_os_channel(os, &channel, ring.ring.raw);
	if (kernel_Ring_memory(&channel.channel, &(struct kernel_Ring_memory_request){0},
			&memory, NULL) != SK_OK ||
			!map_region(os, memory.memory.raw, ABI_RING_SIZE(RING_SLOTS),
				kernel_Protection_READ | kernel_Protection_WRITE,
				&address) ||
			kernel_Ring_bind(&channel.channel, &(struct kernel_Ring_bind_request){
				.has_notify = true, .notify = {sk_os_notify(os)},
				.bits = SK_LOOP_RING}, &bound, NULL) != SK_OK)
		return false;
	sk_kernel_ring_open(&os->ring, ring.ring.raw, (void *)(uintptr_t)address,
		os->notification, SK_LOOP_RING, os->slots, RING_SLOTS - 1);
	return true;
}

static void set_name(struct sk_os *os, svrctl_Name name)
{
	uint32_t size = name.size < sizeof(os->name) ? name.size : sizeof(os->name) - 1;

	memcpy(os->name, name.data, size);
	os->name[size] = 0;
}

/* Everything that startup() gives. */
static bool take_own(struct sk_os *os)
{
	const struct svrctl_Server_startup_request request = {0};
	const struct sk_kernel_slots slots = os->thread->slots;
	struct svrctl_Server_startup_reply own;

	if (svrctl_Server_startup(&os->supervisor.channel, &request, &own, NULL) != SK_OK)
		return false;
	set_name(os, own.name);
	os->instance = own.instance;
	sk_kernel_channel_open(&os->clock, NULL, 0, 0, own.clock.raw);
	if (own.has_names)
		sk_kernel_channel_open(&os->names, &slots, OWN_SLOT, OWN_SLOT + 1,
			own.names.raw);
	os->names.clock = os->supervisor.clock = &os->clock.channel;
	if (sk_thread_open(os->thread, own.thread.raw, &slots, own.space.raw, own.quota.raw,
			sk_no_handle()) != SK_OK)
		return false;
	os->thread->faults = own.faults.raw;
	return true;
}

static bool open_os(struct sk_os *os, struct sk_thread *thread)
{
	struct sk_heap_pages pages = {reserve, commit, release, os};

	os->thread = thread;
	sk_heap_init(&os->heap, &pages);
	return thread->slots.count > FREE_SLOT &&
		sk_kernel_channel_open(&os->supervisor, &thread->slots, OWN_SLOT,
			OWN_SLOT + 1, sk_kernel_handle(ABI_FIRST(1))) == SK_OK &&
		take_own(os) && open_notification(os) && open_ring(os);
}

int sk_main(struct sk_thread *thread, uint64_t argument)
{
	static struct sk_os os;

	(void)argument;
	if (!open_os(&os, thread))
		__builtin_trap();
	sk_loop_trace(&os);
	sk_os_exit(&os, sk_os_main(&os));
}

/* ---- the supervisor ---- */

int sk_os_ready(struct sk_os *os)
{
	const struct svrctl_Server_ready_request request = {0};
	struct svrctl_Server_ready_reply reply;

	return svrctl_Server_ready(&os->supervisor.channel, &request, &reply, NULL);
}

_Noreturn void sk_os_give_up(struct sk_os *os, int32_t code, const char *why)
{
	const struct svrctl_Server_give_up_request request = {
		.code = code, .text = {why, (uint32_t)strlen(why)},
	};
	struct svrctl_Server_give_up_reply reply;

	svrctl_Server_give_up(&os->supervisor.channel, &request, &reply, NULL);
	sk_os_exit(os, code);
}

_Noreturn void sk_os_exit(struct sk_os *os, int32_t code)
{
	struct kernel_Space_kill_reply reply;

	for (;;)
		KERNEL(os, space, Space_kill, &reply, .code = code);
}

void sk_log(struct sk_os *os, log_Level level, const char *format, ...)
{
	struct svrctl_Server_log_request request = {.level = level};
	char text[400];
	va_list list;

	va_start(list, format);
	request.text.size = (uint32_t)sk_format(text, sizeof(text), format, list);
	va_end(list);
	request.text.data = text;
	svrctl_Server_log(&os->supervisor.channel, &request, NULL);
}

int sk_os_arguments(struct sk_os *os, bool environment, char *text, uint32_t capacity)
{
	const struct svrctl_Server_arguments_request request = {
		.environment = environment, .text = sk_lend_out(text, capacity),
	};
	struct svrctl_Server_arguments_reply reply;
	int status = svrctl_Server_arguments(&os->supervisor.channel, &request, &reply, NULL);

	if (status != SK_OK)
		return status < 0 ? status : SK_INVALID;
	return (int)reply.size;
}

/* ---- time ---- */

const void *sk_os_clock(struct sk_os *os)
{
	const struct kernel_Clock_page_request request = {0};
	struct kernel_Clock_page_reply reply;
	struct sk_kernel_channel clock;
	uint64_t address;

	if (os->clock_page)
		return os->clock_page;
	/* os->clock has no slots, and takes no handles. */
	sk_os_channel(os, &clock, sk_kernel_channel_handle(&os->clock));
	if (kernel_Clock_page(&clock.channel, &request, &reply, NULL) != SK_OK)
		return NULL;
	if (map_region(os, reply.page.raw, SK_PAGE, kernel_Protection_READ, &address))
		os->clock_page = (const void *)(uintptr_t)address;
	sk_close(&os->thread->space.channel, reply.page.raw);
	return os->clock_page;
}

uint64_t sk_os_now(struct sk_os *os)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply = {0};

	if (os->clock_page)
		return sk_kernel_clock(os->clock_page);
	kernel_Clock_now(&os->clock.channel, &request, &reply, NULL);
	return reply.monotonic;
}

int64_t sk_os_wall(struct sk_os *os)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply reply = {0};

	if (os->clock_page)
		return sk_kernel_wall(os->clock_page, sk_kernel_clock(os->clock_page));
	kernel_Clock_now(&os->clock.channel, &request, &reply, NULL);
	return (int64_t)reply.monotonic + reply.realtime_offset;
}

uint64_t sk_os_after(struct sk_os *os, uint32_t milliseconds)
{
	return sk_os_now(os) + milliseconds * UINT64_C(1000000);
}

void sk_os_sleep(struct sk_os *os, uint32_t milliseconds)
{
	uint64_t until = sk_os_after(os, milliseconds);
	uint32_t word = 0;

	while (sk_sys_word_wait(&word, 0, UINT32_MAX, 0, until) == SK_OK)
		;
}

/* ---- handles ---- */

void sk_os_channel(struct sk_os *os, struct sk_kernel_channel *channel,
	struct sk_handle handle)
{
	sk_kernel_channel_open(channel, &os->thread->slots, SHARED_SLOT, SHARED_SLOT + 1,
		handle);
	channel->clock = &os->clock.channel;
	channel->clock_page = &os->clock_page;
	if (os->trace)
		sk_trace_channel(&channel->channel, os->trace);
}

int sk_os_channel_apart(struct sk_os *os, struct sk_kernel_channel *channel,
	struct sk_handle handle)
{
	uint32_t pairs = (os->thread->slots.count - FREE_SLOT) / 2, pair = 0, slot;

	while (pair < pairs && os->pairs_used & UINT64_C(1) << pair)
		pair++;
	if (pair == pairs)
		return SK_EXHAUSTED;
	os->pairs_used |= UINT64_C(1) << pair;
	slot = FREE_SLOT + 2 * pair;
	sk_kernel_channel_open(channel, &os->thread->slots, slot, slot + 1,
		handle.raw < 0 ? (struct sk_handle){0} : handle);
	if (handle.raw < 0)
		channel->number = 0;
	channel->clock = &os->clock.channel;
	channel->clock_page = &os->clock_page;
	if (os->trace)
		sk_trace_channel(&channel->channel, os->trace);
	return SK_OK;
}

void sk_os_channel_close(struct sk_os *os, struct sk_kernel_channel *channel)
{
	if (channel->send_slot >= FREE_SLOT)
		os->pairs_used &= ~(UINT64_C(1) << (channel->send_slot - FREE_SLOT) / 2);
	sk_kernel_channel_close(channel);
	/* Closed again, it must not free what is somebody else's by then. */
	channel->send_slot = 0;
}

struct sk_handle sk_os_copy(struct sk_os *os, struct sk_handle handle, uint16_t rights)
{
	struct kernel_Space_duplicate_reply reply;

	if (KERNEL(os, space, Space_duplicate, &reply, .number = sk_kernel_number(handle),
			.rights = rights, .protocol_rights = UINT16_MAX) != SK_OK)
		return sk_no_handle();
	return sk_kernel_handle(reply.number);
}

uint64_t sk_os_signal(struct sk_os *os, void (*came)(void *self), void *self)
{
	if (os->signal_count == SK_OS_BITS)
		return 0;
	os->signals[os->signal_count] = (struct sk_signal){came, self};
	return UINT64_C(1) << os->signal_count++;
}

struct sk_handle sk_os_notify(struct sk_os *os)
{
	return sk_os_copy(os, os->notification,
		kernel_Rights_SIGNAL | kernel_Rights_TRANSFER);
}
