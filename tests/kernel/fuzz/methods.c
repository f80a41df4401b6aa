/* Calls on kernel objects by the clients' stubs, with arguments by what there is;
 * some have their bytes changed on the way. */
#include <string.h>

#include "tests/kernel/fuzz/fuzz.h"
#include "tests/kernel/fuzz/methods.h"

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

bool was_meant(void)
{
	return !was_changed;
}

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

#define HANDLE(number) {(int32_t)(number)}
#define SOON (host_time + (UINT64_C(1) << below(26)))
#define PHYSICAL (HOST_PHYSICAL + host_memory_size - PAGE_SIZE * below(20))

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
