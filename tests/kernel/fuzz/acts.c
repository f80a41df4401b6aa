/* What a thread does, besides calls on objects; and what the machine does. */
#include <string.h>

#include "tests/kernel/fuzz/fuzz.h"
#include "fault.skald.h"

#define SLOTS (actor->slot_count + 1)

static uint64_t slot_target(uint32_t handle)
{
	return handle | (uint64_t)below(SLOTS) << ABI_RECEIVE_SLOT_SHIFT |
		(below(2) ? ABI_CANCELLABLE : 0);
}

/* ---- messages ---- */

static void call_session(void)
{
	uint64_t words[ABI_WORDS], flag, deadline = pick_deadline(&flag);
	uint64_t head = one_in(2) ? fill_message(below(SLOTS), words, true) : 0;

	if (!head)
		memset(words, 0x11, sizeof words), head = 8 * (uint64_t)below(6) << 32;
	if (one_in(16))
		flag = 0;
	call_system(one_in(5) ? ABI_SEND : ABI_CALL, head | flag |
		(uint64_t)(one_in(3) ? below(9) : 0) << ABI_EXPECTED_SHIFT,
		one_in(2) ? pick_handle(kernel_Kind_SESSION) :
		slot_target(pick_handle(kernel_Kind_SESSION)), words, 0, deadline);
}

static void receive(void)
{
	uint64_t words[ABI_WORDS] = {0}, flag, deadline = pick_deadline(&flag);

	call_system(ABI_RECEIVE, flag, slot_target(pick_handle(kernel_Kind_ENDPOINT)),
		words, 0, deadline);
}

/* An answer that the kernel understands, if it is the one who asks. */
static uint64_t kernel_answer(const struct caller *caller, uint64_t words[ABI_WORDS])
{
	struct fault_Handler_page_fault_reply page = {.action = (fault_Action)(1 + below(6)),
		.at = pick_address(true), .memory = pick_handle(kernel_Kind_MEMORY),
		.protection = below(9), .offset = pick_pages(), .pages = below(5)};
	struct fault_Handler_exception_reply exception = {.action = page.action,
		.at = page.at};
	struct fault_Handler_foreign_call_reply foreign = {.action = page.action,
		.at = page.at};
	struct fault_Handler_foreign_result_reply result = {.action = page.action,
		.at = page.at};
	struct fault_Pager_supply_reply supply = {0};
	struct fault_Pager_will_write_reply write = {0};
	int size = 0;

	switch ((uint32_t)(caller->send.words ? caller->send.words[0] : 0)) {
	case fault_Handler_page_fault_request_ID:
		size = fault_Handler_page_fault_reply_encode(&page, words, 40);
		break;
	case fault_Handler_exception_request_ID:
		size = fault_Handler_exception_reply_encode(&exception, words, 40);
		break;
	case fault_Handler_foreign_call_request_ID:
		size = fault_Handler_foreign_call_reply_encode(&foreign, words, 40);
		break;
	case fault_Handler_foreign_result_request_ID:
		size = fault_Handler_foreign_result_reply_encode(&result, words, 40);
		break;
	case fault_Pager_supply_request_ID:
		size = fault_Pager_supply_reply_encode(&supply, words, 40);
		break;
	case fault_Pager_will_write_request_ID:
		size = fault_Pager_will_write_reply_encode(&write, words, 40);
		break;
	}
	return size > 0 ? (uint64_t)size << ABI_BYTES_SHIFT : 0;
}

void answer_token(uint64_t number)
{
	uint64_t words[ABI_WORDS] = {0}, flag, deadline = pick_deadline(&flag), head = 0;
	const struct token *token = token_find(&actor->space->tokens, number);
	const struct space *space = actor->space;
	uint64_t target = one_in(12) ? ABI_DROP : 0;

	if (token && token->state == TOKEN_HELD && token->caller->kind != CALLER_THREAD &&
			token->caller->kind != CALLER_RING && !one_in(6))
		head = kernel_answer(token->caller, words);
	else if (one_in(2))
		head = fill_message(below(SLOTS), words, false);
	before_reply(number, ABI_BYTES(head) ? words[0] : 0, target & ABI_DROP);
	if (one_in(2)) {
		call_system(ABI_REPLY, head, target, words, number, 0);
	} else {
		target |= pick_handle(kernel_Kind_ENDPOINT);
		call_system(ABI_REPLY_RECEIVE, head | (one_in(2) ? 0 : flag), target, words,
			one_in(8) ? 0 : number, deadline);
	}
	after_reply(space);
}

static void reply(void)
{
	answer_token(pick_token());
}

static void lease_copy(void)
{
	uint64_t words[ABI_WORDS] = {below(3) | (below(2) ? ABI_LEASE_WRITE : 0),
		pick_size(), pick_address(false), pick_size()};

	if (below(2))
		words[1] = below(8), words[3] = below(100);
	call_system(ABI_LEASE_COPY, 0, one_in(16) ? random_word() : 0, words, pick_token(), 0);
}

/* ---- rings ---- */

static void put(struct ring *ring, uint64_t offset, uint64_t value, unsigned size)
{
	memcpy(ring->pages[offset / PAGE_SIZE] + offset % PAGE_SIZE, &value, size);
}

static void fill_entry(struct ring *ring, uint32_t index)
{
	uint64_t at = ABI_RING_ENTRIES + index * sizeof(struct abi_entry), flag;
	uint32_t slots = ring->slot_count;
	uint8_t *beside = ring->pages[(ABI_RING_DESCRIPTORS(slots) + index *
		ABI_DESCRIPTORS_SIZE) / PAGE_SIZE] + index * ABI_DESCRIPTORS_SIZE % PAGE_SIZE;
	struct slot saved, *own = actor->slots, place = {
		.page = ring->pages[ABI_RING_MESSAGES(slots) / PAGE_SIZE + index],
		.beside = (void *)beside};
	struct abi_entry entry = {.target = pick_handle(one_in(3) ? kernel_Kind_NONE :
		kernel_Kind_SESSION), .deadline = pick_deadline(&flag), .cookie = below(4),
		.priority = below(3)};

	if (own) {		/* a message in the ring's own slot */
		saved = *own;
		*own = place;
	}
	entry.head = fill_message(0, entry.words, true) | (1 + below(one_in(16) ? 5 : 3)) |
		(uint64_t)below(3) << ABI_EXPECTED_SHIFT;
	if (own)
		*own = saved;
	if (one_in(3))
		entry.deadline = ABI_FOREVER;
	if (one_in(16))
		entry.head = random_word();
	for (unsigned i = 0; i < 9; i++)
		put(ring, at + 8 * i, ((uint64_t *)&entry)[i], 8);
}

static void submit(void)
{
	uint32_t number = pick_handle(kernel_Kind_RING);
	const struct handle *handle = handle_find(&actor->space->handles, number);
	struct ring *ring = handle && handle->object->type == &ring_type ?
		OF(ring, handle->object) : NULL;
	uint64_t words[ABI_WORDS] = {one_in(16) ? random_word() : below(6)};

	for (unsigned i = 0; ring && ring->ready && i < words[0] && i < 6; i++) {
		uint32_t index = below(ring->slot_count), slots = ring->slot_count;

		fill_entry(ring, index);
		put(ring, ABI_RING_QUEUE(slots) + (ring->submitted + i) % slots * 4,
			one_in(24) ? random_word() : index, 4);
	}
	if (ring && ring->ready && one_in(16))
		put(ring, 8 * below(ring->page_count * 512 - 1), random_word(), 8);
	call_system(ABI_SUBMIT, 0, number, words, 0, 0);
}

/* ---- the rest of the calls ---- */

static void wait(void)
{
	uint64_t words[ABI_WORDS] = {one_in(8) ? random_word() : 1 + below(255)}, flag;
	uint64_t deadline = pick_deadline(&flag);

	call_system(ABI_WAIT, flag, slot_target(pick_handle(kernel_Kind_NOTIFICATION)),
		words, 0, deadline);
}

static void signal_bits(void)
{
	uint64_t words[ABI_WORDS] = {one_in(8) ? random_word() : UINT64_C(1) << below(8)};

	call_system(ABI_SIGNAL, 0, pick_handle(kernel_Kind_NOTIFICATION), words, 0, 0);
}

static void word(void)
{
	uint64_t shared = below(2) ? ABI_WORD_SHARED : 0, flag;
	uint64_t deadline = pick_deadline(&flag), address = pick_address(one_in(4));
	uint64_t wait_words[ABI_WORDS] = {address, one_in(8) ? 1 : 0, 1 + below(3), shared};
	uint64_t wake_words[ABI_WORDS] = {address, below(4) | (uint64_t)below(3) << 32,
		below(2) ? 0 : pick_address(true), shared | (1 + below(3))};

	if (below(2))
		call_system(ABI_WORD_WAIT, flag, slot_target(0), wait_words, 0, deadline);
	else
		call_system(ABI_WORD_WAKE, 0, 0, wake_words, 0, 0);
}

static void close_one(void)
{
	uint64_t words[ABI_WORDS] = {0};

	if (actor->space->handles.used > 12 || one_in(12))
		call_system(ABI_CLOSE, 0, pick_handle(below(kernel_Kind_SYSTEM + 1)), words, 0, 0);
}

static void resume(void)
{
	uint64_t words[ABI_WORDS] = {below(2) ? actor->upcall_frame : pick_address(true)};

	call_system(ABI_RESUME, 0, 0, words, 0, 0);
}

/* It would stop for ever: that is not often to be. */
static bool is_fatal(uint64_t address, uint32_t access)
{
	const struct mapping *mapping = space_find(actor->space, address);

	return (actor->handler ? below(4) > 0 : !one_in(100)) && (!mapping ||
		access & ~(uint32_t)mapping->protection ||
		mapping->offset + address - mapping->start >= mapping->memory->size);
}

static void anything(void)
{
	uint64_t words[ABI_WORDS], head = random_word() & ~UINT64_C(0xffffffff);

	for (unsigned i = 0; i < ABI_WORDS; i++)
		words[i] = random_word();
	call_system(one_in(6) && !is_fatal(0, 0) ? (uint32_t)random_word() : below(13), head,
		one_in(2) ? random_word() : pick_handle(kernel_Kind_NONE), words,
		pick_token(), random_word());
}

static void use_memory(void)
{
	static const uint32_t accesses[] = {fault_Access_READ, fault_Access_WRITE,
		fault_Access_WRITE, fault_Access_EXECUTE};
	uint32_t access = accesses[below(4)];
	uint64_t address = pick_address(false);
	uint8_t *at = is_fatal(address, access) ? NULL : touch(address, access);

	if (at && access == fault_Access_WRITE)
		*at = (uint8_t)below(3);
}

static void except(void)
{
	if (!is_fatal(0, 0))
		raise_exception(1 + below(14), below(4), pick_address(false));
}

void act(void)
{
	static void (*const acts[])(void) = {call_session, receive, reply, lease_copy, submit,
		wait, signal_bits, word, close_one, resume, anything, use_memory, except,
		spawn, call_method};
	static const uint32_t weights[] = {20, 20, 24, 6, 10, 6, 10, 8, 4, 2, 2, 30, 1, 4,
		90};
	uint32_t all = 0, i = 0, at;

	if (below(30) < (paging ? 20 : 2) && act_paged())
		return;
	if (actor->space->handles.used > 150 && below(2)) {
		close_one();
		return;
	}
	for (unsigned each = 0; each < sizeof weights / sizeof weights[0]; each++)
		all += weights[each];
	for (at = below(all); at >= weights[i]; i++)
		at -= weights[i];
	acts[i]();
}

/* ---- the machine ---- */

void act_machine(void)
{
	uint64_t time = UINT64_C(1) << below(one_in(4) ? 26 : 20);
	unsigned line = one_in(3) ? ARCH_LINES + below(4) : below(12);

	switch (below(8)) {
	case 0:
	case 1:
	case 2:
		note("cpu %u: looks", host_cpu);
		host_look();
		break;
	case 3:
		note("pokes arrive");
		host_settle();
		break;
	case 4:
		note("cpu %u: interrupt %u", host_cpu, line);
		host_raise(line);
		break;
	case 5:
		host_time_step = one_in(2) ? 0 : UINT64_C(1) << (12 + below(12));
		note("a look at the clock takes %lu ns", (unsigned long)host_time_step);
		break;
	default:
		note("%lu ns pass", (unsigned long)time);
		host_advance(time);
		break;
	}
}
