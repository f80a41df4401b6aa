/* Calls on kernel objects by the clients' stubs, with arguments by what there is;
 * some have their bytes changed on the way. */
#include <string.h>

#include "tests/kernel/fuzz/fuzz.h"

static uint8_t request_bytes[SK_MESSAGE_MAX];
static uint8_t reply_bytes[SK_MESSAGE_MAX];
static uint32_t target;
static bool was_changed;		/* the last request */
static bool was_answered;
struct sk_call no_deadline = {.deadline = SK_FOREVER};

/* ---- objects that the machine's own keep ---- */

#define SLACK_MAX 4096
static uint64_t slack[SLACK_MAX];
static unsigned slack_count;
static bool may_keep;			/* what was made since the last census */
static uint64_t last_id;

bool is_slack(const struct object *object)
{
	for (unsigned i = 0; i < slack_count; i++)
		if (slack[i] == object->id)
			return true;
	return object->type == &memory_type &&
		((const struct memory *)object)->kind == kernel_MemoryKind_PHYSICAL;
}

void forget_slack(void)
{
	slack_count = 0;
}

/* Memories that the machine's own objects made for themselves. */
void find_slack(void)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < record_count; i++) {
		const struct object *object = records[i].object;

		if (may_keep && object->id > last_id && object->type == &memory_type &&
				slack_count < SLACK_MAX)
			slack[slack_count++] = object->id;
		last = object->id > last ? object->id : last;
	}
	last_id = last;
	may_keep = false;
}

/* Handles in a request to an object that is there for ever. */
static void keep_slack(const struct sk_attached *attached)
{
	const struct handle *of = handle_find(&actor->space->handles, target);

	if (!of || (of->object->type->kind != kernel_Kind_SYSTEM &&
			of->object->type->kind != kernel_Kind_TRACE &&
			of->object->type->kind != kernel_Kind_CLOCK))
		return;
	may_keep = true;
	for (unsigned i = 0; i < attached->handle_count && slack_count < SLACK_MAX; i++) {
		const struct handle *sent = handle_find(&actor->space->handles,
			(uint32_t)attached->handles[i].handle.raw);

		if (sent)
			slack[slack_count++] = sent->object->id;
	}
}

/* ---- the channel ---- */

static void change(struct sk_message *request)
{
	was_changed = true;
	for (unsigned i = below(4); i > 0 && request->size > 0; i--)
		request->bytes[below(request->size)] ^= (uint8_t)(1 << below(8));
	if (one_in(3))
		request->size = below(request->size + 8);
	if (one_in(8))
		request->attached.handle_count = below(ABI_HANDLES_MAX);
}

static void send(const struct sk_message *from, struct slot *slot)
{
	if (from->size > ABI_WORD_BYTES)
		memcpy(slot->page + ABI_WORD_BYTES, from->bytes + ABI_WORD_BYTES,
			from->size - ABI_WORD_BYTES);
	for (unsigned i = 0; i < from->attached.handle_count; i++) {
		const struct sk_passed *passed = &from->attached.handles[i];

		slot->beside->handles[i] = (struct abi_handle){
			.number = (uint32_t)passed->handle.raw, .rights = passed->rights,
			.copies = passed->copy || one_in(3), .kernel_rights = 0xffff};
	}
	for (unsigned i = 0; i < from->attached.lease_count; i++)
		slot->beside->leases[i] = (struct abi_lease){
			.address = (uint64_t)(uintptr_t)from->attached.leases[i].data,
			.size = from->attached.leases[i].size,
			.direction = from->attached.leases[i].direction};
}

static void receive(struct sk_message *to, struct slot *slot)
{
	uint64_t head = actor->frame.head;

	to->size = ABI_BYTES(head);
	memcpy(to->bytes, actor->frame.words, ABI_WORD_BYTES);
	if (to->size > ABI_WORD_BYTES)
		memcpy(to->bytes + ABI_WORD_BYTES, slot->page + ABI_WORD_BYTES,
			to->size - ABI_WORD_BYTES);
	to->attached.handle_count = ABI_HANDLES(head);
	for (unsigned i = 0; i < ABI_HANDLES(head); i++)
		to->attached.handles[i] = (struct sk_passed){
			{(int32_t)slot->beside->handles[i].number},
			slot->beside->handles[i].rights, false};
}

static int call(struct sk_channel *channel, const struct sk_call *unused)
{
	struct sk_message *request = &channel->request;
	struct slot *slots = actor->slots;
	unsigned from = 0, to = actor->slot_count > 1 ? 1 : 0;
	uint64_t words[ABI_WORDS] = {0}, head;

	(void)unused;
	was_changed = was_answered = false;
	keep_slack(&request->attached);
	if (one_in(16))
		change(request);
	if (!slots && (request->size > ABI_WORD_BYTES || request->attached.handle_count ||
			request->attached.lease_count))
		return SK_TOO_BIG;
	memcpy(words, request->bytes, request->size < ABI_WORD_BYTES ? request->size :
		ABI_WORD_BYTES);
	send(request, slots);
	head = (uint64_t)request->size << ABI_BYTES_SHIFT | (uint64_t)from << ABI_SLOT_SHIFT |
		(uint64_t)request->attached.handle_count << ABI_HANDLES_SHIFT |
		(uint64_t)request->attached.lease_count << ABI_LEASES_SHIFT |
		(uint64_t)(slots || one_in(8) ? 2 : 0) << ABI_EXPECTED_SHIFT;
	if (!call_system(ABI_CALL, head, target | (uint64_t)to << ABI_RECEIVE_SLOT_SHIFT,
			words, 0, 0))
		return SK_CANCELED;
	if (ABI_STATUS(actor->frame.head) < 0 || actor->slots != slots)
		return ABI_STATUS(actor->frame.head);
	was_answered = true;
	receive(&channel->reply, slots ? slots + to : NULL);
	return SK_OK;
}

static void close_handle(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	(void)handle;
}

static const struct sk_channel_ops channel_ops = {
	.call = call, .close_handle = close_handle
};

static struct sk_channel channel = {
	.ops = &channel_ops,
	.request = {.bytes = request_bytes, .capacity = SK_MESSAGE_MAX},
	.reply = {.bytes = reply_bytes, .capacity = SK_MESSAGE_MAX}
};

struct sk_channel *channel_to(uint32_t number)
{
	target = number;
	return &channel;
}

/* ---- the methods ---- */

#define H(kind) {{(int32_t)pick_handle(kernel_Kind_##kind)}}
#define ANY {{(int32_t)pick_handle(below(kernel_Kind_SYSTEM + 1))}}
#define LEASE {.data = (void *)(uintptr_t)pick_address(false), .size = pick_size()}
#define AT pick_address(true)
#define PAGES pick_pages()
#define BITS (one_in(8) ? random_word() : UINT64_C(1) << below(8))
#define MAYBE below(2)
#define FLAGS (one_in(3) ? 0 : (uint32_t)(random_word() & 0xff))
#define SMALL below(8)
#define SOON (host_time + (UINT64_C(1) << below(26)))
#define NOTIFY .notify = H(NOTIFICATION), .bits = BITS
#define LIMITS {.bytes = one_in(4) ? random_word() : below(2000000), \
	.threads = below(10), .spaces = below(5), .handles = below(400), \
	.priority = one_in(4) ? 255 : below(20)}
#define CHARGE .charge = H(QUOTA)

/* interface, method, how often, members of the request. */
#define METHODS(X) \
	X(Object, info, 2, .empty = 0) X(Object, name, 2, .empty = 0) \
	X(Object, set_name, 2, .name = {.data = "fuzzed", .size = below(7)}) \
	X(Space, map, 24, .memory = H(MEMORY), .offset = PAGES, .length = PAGES, \
		.address = MAYBE ? 0 : AT, .protection = below(8), .flags = FLAGS, \
		.inherit = (kernel_Inherit)below(4)) \
	X(Space, unmap, 6, .address = AT, .length = PAGES) \
	X(Space, protect, 8, .address = AT, .length = PAGES, .protection = below(8)) \
	X(Space, remap, 8, .from = AT, .old_length = PAGES, .new_length = PAGES, \
		.to = MAYBE ? 0 : AT, .may_move = MAYBE) \
	X(Space, set_inherit, 3, .address = AT, .length = PAGES, \
		.inherit = (kernel_Inherit)below(4)) \
	X(Space, populate, 6, .address = AT, .length = PAGES, .write = MAYBE) \
	X(Space, lock, 3, .address = AT, .length = PAGES, .locked = MAYBE) \
	X(Space, discard, 4, .address = AT, .length = PAGES) \
	X(Space, resident, 1, .address = AT, .pages = below(100)) \
	X(Space, mappings, 1, .from = AT) \
	X(Space, read, 3, .from = AT, .data = LEASE) \
	X(Space, write, 3, .to = AT, .force = MAYBE, .data = LEASE) \
	X(Space, duplicate, 12, .number = pick_handle(below(15)), \
		.rights = (uint16_t)(one_in(3) ? random_word() : 0x3fff) & 0x3fff, \
		.protocol_rights = 0xffff) \
	X(Space, insert, 12, .what = ANY) \
	X(Space, remove, 4, .number = pick_handle(below(15))) \
	X(Space, handles, 1, .from = below(300)) \
	X(Space, suspend, 2, .empty = 0) X(Space, proceed, 5, .empty = 0) \
	X(Space, kill, 1, .code = 7) X(Space, watch, 2, NOTIFY) \
	X(Space, state, 1, .empty = 0) X(Space, usage, 1, .empty = 0) \
	X(Space, threads, 1, .from = pick_id(kernel_Kind_THREAD)) \
	X(Space, open_thread, 8, .id = pick_id(kernel_Kind_THREAD)) \
	X(Thread, start, 12, .entry = AT, .stack = AT, .argument = 1) \
	X(Thread, suspend, 4, .empty = 0) X(Thread, proceed, 12, .empty = 0) \
	X(Thread, kill, 2, .code = 9) X(Thread, interrupt, 8, .empty = 0) \
	X(Thread, state, 1, .empty = 0) X(Thread, watch, 2, NOTIFY) \
	X(Thread, get_registers, 2, .empty = 0) \
	X(Thread, set_registers, 2, .values = {.which = kernel_Registers_x86_64, \
		.as.x86_64 = {.rax = random_word(), .rdi = random_word(), .rip = AT}}) \
	X(Thread, get_vectors, 1, .data = LEASE) X(Thread, set_vectors, 1, .data = LEASE) \
	X(Thread, set_tls, 1, .base = AT) \
	X(Thread, set_priority, 6, .priority = one_in(8) ? below(300) : below(20)) \
	X(Thread, set_affinity, 4, .cpus = MAYBE ? random_word() : below(16)) \
	X(Thread, affinity, 1, .empty = 0) \
	X(Thread, set_vectors_allowed, 1, .allowed = MAYBE) \
	X(Thread, set_slots, 8, .count = one_in(8) ? below(140) : 1 + below(4), \
		.address = MAYBE ? 0 : AT) \
	X(Thread, set_fault_handler, 6, .has_handler = !one_in(4), .handler = H(SESSION)) \
	X(Thread, set_upcall, 4, .frame = AT, .entry = one_in(4) ? 0 : AT, .stack = AT, \
		.exit_begin = AT, .exit_end = AT) \
	X(Thread, set_tracing, 2, .tracing = below(4)) \
	X(Thread, set_breakpoint, 1, .index = below(6), .on = (kernel_BreakOn)below(4), \
		.address = AT, .length = 1) \
	X(Memory, status, 1, .empty = 0) X(Memory, truncate, 4, .size = PAGES) \
	X(Memory, commit, 4, .offset = PAGES, .length = PAGES) \
	X(Memory, decommit, 4, .offset = PAGES, .length = PAGES) \
	X(Memory, read, 3, .offset = pick_size(), .data = LEASE) \
	X(Memory, write, 6, .offset = pick_size(), .data = LEASE) \
	X(Memory, supply, 24, .from = H(MEMORY), .from_offset = PAGES, .offset = PAGES, \
		.length = PAGES, .write_protected = MAYBE) \
	X(Memory, refuse, 3, .offset = PAGES, .length = PAGES) \
	X(Memory, dirty, 2, .from = PAGES) \
	X(Memory, write_protect, 4, .offset = PAGES, .length = PAGES, .ask = MAYBE) \
	X(Memory, evict, 4, .offset = PAGES, .length = PAGES, .dirty_too = MAYBE) \
	X(Memory, watch_idle, 3, NOTIFY) X(Memory, mapped, 1, .empty = 0) \
	X(Endpoint, mint, 16, .badge = SMALL, .credit = below(4), .protocol_rights = 0xffff, \
		.controlled = MAYBE, .has_charge = one_in(3), CHARGE) \
	X(Endpoint, identify, 2, .session = H(SESSION)) \
	X(Endpoint, bind, 6, .has_notification = !one_in(4), \
		.notification = H(NOTIFICATION)) \
	X(Endpoint, set_tokens, 6, .count = one_in(16) ? below(3000) : below(40)) \
	X(Endpoint, status, 1, .empty = 0) \
	X(Session, revoke, 1, .empty = 0) X(Session, set_credit, 4, .credit = below(4)) \
	X(Session, status, 1, .empty = 0) X(Session, open, 6, .protocol_rights = 0xffff) \
	X(Notification, peek, 1, .empty = 0) X(Notification, clear, 4, .mask = BITS) \
	X(Ring, memory, 3, .empty = 0) \
	X(Ring, bind, 4, .has_notify = !one_in(4), NOTIFY) \
	X(Ring, cancel_all, 2, .empty = 0) X(Ring, status, 1, .empty = 0) \
	X(Timer, set, 16, .deadline = one_in(4) ? random_word() : SOON, \
		.period = MAYBE ? 0 : one_in(4) ? random_word() : 1u << below(24)) \
	X(Timer, cancel, 3, .empty = 0) X(Timer, remaining, 2, .empty = 0) \
	X(Timer, bind, 3, NOTIFY) \
	X(Clock, now, 1, .empty = 0) X(Clock, page, 2, .empty = 0) \
	X(Clock, set_realtime, 1, .realtime_offset = (int64_t)random_word()) \
	X(Clock, adjust, 1, .nanoseconds = (int64_t)random_word(), \
		.frequency = (int64_t)random_word()) \
	X(Clock, watch_steps, 1, NOTIFY) X(Clock, resolution, 1, .empty = 0) \
	X(Interrupt, bind, 8, .has_notify = !one_in(4), NOTIFY) \
	X(Interrupt, acknowledge, 6, .empty = 0) X(Interrupt, mask, 3, .masked = MAYBE) \
	X(Interrupt, set_affinity, 1, .cpus = random_word()) \
	X(Interrupt, status, 1, .empty = 0) X(Interrupt, message, 1, .empty = 0) \
	X(IoPorts, read, 1, .port = (uint16_t)below(20), .width = (uint8_t)(1 << below(3))) \
	X(IoPorts, write, 1, .port = (uint16_t)below(20), .width = (uint8_t)below(5)) \
	X(IoPorts, read_many, 1, .port = 0, .width = 1, .data = LEASE) \
	X(IoPorts, write_many, 1, .port = 0, .width = 2, .data = LEASE) \
	X(IoPorts, range, 1, .empty = 0) \
	X(IoPorts, slice, 3, .port = (uint16_t)below(20), .count = below(20)) \
	X(Quota, create_quota, 6, .limit = LIMITS) X(Quota, create_space, 4, .empty = 0) \
	X(Quota, fork_space, 4, .from = H(SPACE)) \
	X(Quota, create_thread, 12, .space = H(SPACE), .priority = below(20)) \
	X(Quota, create_memory, 12, .size = PAGES) \
	X(Quota, create_child, 8, .parent = H(MEMORY), .offset = PAGES, .length = PAGES) \
	X(Quota, create_paged, 10, .size = PAGES, .pager = H(SESSION)) \
	X(Quota, create_contiguous, 4, .size = PAGES, .alignment = 4096u << below(4), \
		.below = 0) \
	X(Quota, create_endpoint, 8, .empty = 0) \
	X(Quota, create_notification, 8, .empty = 0) \
	X(Quota, create_ring, 8, .slots = one_in(16) ? below(600) : 1 + below(16)) \
	X(Quota, create_timer, 6, NOTIFY) X(Quota, usage, 1, .empty = 0) \
	X(Quota, set_limit, 3, .limit = LIMITS) \
	X(Quota, watch, 2, NOTIFY, .bytes = below(100000)) X(Quota, destroy, 1, .empty = 0) \
	X(Trace, set_mask, 2, .mask = random_word() & 0xff00) \
	X(Trace, add_space, 1, .space = H(SPACE)) X(Trace, clear_spaces, 1, .empty = 0) \
	X(Trace, set_ring_size, 1, .bytes = 4096u << below(3)) \
	X(Trace, cpu_ring, 2, .cpu = below(5)) \
	X(Trace, watch, 1, NOTIFY) \
	X(System, boot_info, 1, .empty = 0) X(System, initrd, 2, .empty = 0) \
	X(System, device_tree, 1, .empty = 0) X(System, framebuffer, 1, .empty = 0) \
	X(System, memory_map, 1, .from = below(3)) X(System, memory, 1, .empty = 0) \
	X(System, cpu_info, 1, .cpu = below(5)) X(System, cpu_time, 1, .cpu = below(5)) \
	X(System, log, 1, .text = {.data = "fuzz\n", .size = 5}) \
	X(System, read_log, 1, .from = 0, .text = LEASE) X(System, watch_log, 1, NOTIFY) \
	X(System, random, 1, .bytes = LEASE) \
	X(System, physical, 4, CHARGE, .length = PAGE_SIZE * below(9), .caching = \
		(kernel_Caching)below(5), .address = one_in(4) ? PAGES : HOST_PHYSICAL + \
		host_memory_size - PAGE_SIZE * below(20)) \
	X(System, interrupt, 8, CHARGE, .line = below(12), \
		.trigger = (kernel_Trigger)below(5), .shared = MAYBE) \
	X(System, message_interrupt, 3, CHARGE) \
	X(System, io_ports, 3, CHARGE, .first = (uint16_t)below(100), .count = below(40)) \
	X(System, clock, 3, .empty = 0) X(System, trace, 3, .empty = 0) \
	X(System, spaces, 1, .from = 0) \
	X(System, open_space, 4, .id = pick_id(kernel_Kind_SPACE))

#define X(interface, method, weight, ...) \
static int interface##_##method(struct sk_channel *to) \
{ \
	struct kernel_##interface##_##method##_request request = {__VA_ARGS__}; \
	struct kernel_##interface##_##method##_reply reply; \
\
	return kernel_##interface##_##method(to, &request, &reply, &no_deadline); \
}
METHODS(X)
#undef X

enum {
	Object = kernel_Kind_NONE, Space = kernel_Kind_SPACE, Thread = kernel_Kind_THREAD,
	Memory = kernel_Kind_MEMORY, Endpoint = kernel_Kind_ENDPOINT,
	Session = kernel_Kind_SESSION, Notification = kernel_Kind_NOTIFICATION,
	Ring = kernel_Kind_RING, Timer = kernel_Kind_TIMER,
	Interrupt = kernel_Kind_INTERRUPT, IoPorts = kernel_Kind_IO_PORTS,
	Quota = kernel_Kind_QUOTA, Clock = kernel_Kind_CLOCK, Trace = kernel_Kind_TRACE,
	System = kernel_Kind_SYSTEM
};

static const struct method {
	uint32_t kind;
	uint32_t weight;
	const char *name;
	int (*call)(struct sk_channel *to);
} methods[] = {
#define X(interface, method, weight, ...) \
	{interface, weight, #interface "." #method, interface##_##method},
	METHODS(X)
#undef X
};
#define METHOD_COUNT (sizeof methods / sizeof methods[0])

static uint32_t control_of_session(void)
{
	struct handle entry = {0};

	for (unsigned i = 0; i < 20; i++) {
		uint32_t number = pick_in(&actor->space->handles, kernel_Kind_SESSION, &entry);

		if (number && !(entry.flags & HANDLE_CLIENT))
			return number;
	}
	return 0;
}

/* It would not act again: that is not often to be. */
static bool ends_itself(const struct method *method, uint32_t number)
{
	const struct handle *handle = handle_find(&actor->space->handles, number);
	const char *what = strchr(method->name, '.') + 1;

	return handle && !one_in(30) && (handle->object == &actor->object ||
		handle->object == &actor->space->object) && (strcmp(what, "kill") == 0 ||
		strcmp(what, "suspend") == 0);
}

void call_method(void)
{
	static uint32_t all;
	const struct method *method = methods;
	uint32_t at, number;
	int status;

	for (unsigned i = 0; all == 0 || (i > 0 && i < METHOD_COUNT); i++)
		all += methods[i].weight;
	for (at = below(all); at >= method->weight; method++)
		at -= method->weight;
	number = method->kind == kernel_Kind_SESSION ? control_of_session() :
		pick_handle(method->kind);
	if (number == 0 || ends_itself(method, number))
		return;
	note("cpu %u thread %lu: %s of %x", host_cpu, (unsigned long)actor->object.id,
		method->name, number);
	was_answered = false;
	status = method->call(channel_to(number));
	if (was_answered && !was_changed && (status == SK_TOO_BIG || status == SK_TOO_DEEP))
		finding("%s: the client cannot decode the reply: %d", method->name, status);
}
