/*
 * Programs that page: they map what others page, serve those who ask, late, twice
 * or not at all, and take back meanwhile what they gave. And a model of it: what
 * supplied pages hold, who hears of a refusal, and that a page is what was supplied
 * until it is dirty.
 */
#include <string.h>

#include "tests/kernel/fuzz/fuzz.h"
#include "kernel/page_table.h"
#include "fault.skald.h"

#define HANDLE(number) {{(int32_t)(number)}}
#define NUMBER(handle) ((uint32_t)(handle).raw.raw)
#define PAGES_MAX 16			/* that one act is about */
#define WAITING_MAX 32
#define KNOWN 4096
#define SMALL_PAGES 32			/* so many are protected in one turn */

bool paging;

/* ---- what pages hold ---- */

static uint64_t sum_of(uint64_t frame)
{
	const uint64_t *words = frame ? frame_data(frame) : NULL;
	uint64_t sum = 0;

	for (unsigned i = 0; words && i < PAGE_SIZE / 8; i++)
		sum = (sum ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) + i * words[i];
	return sum;
}

static uint64_t entry_of(const struct memory *memory, uint64_t offset)
{
	const uint64_t *entry = page_find(memory, offset >> PAGE_SHIFT);

	return entry ? *entry : 0;
}

/* Pages of pagers' memories when they were last looked at; what has the same place
 * as another is forgotten. */
static struct {
	uint64_t memory;
	uint64_t index;
	uint64_t entry;
	uint64_t sum;
	uint64_t look;
} known[KNOWN];
static uint64_t looks;
static bool may_be_clean;		/* some have been since */

void pages_protected(uint64_t request)
{
	may_be_clean |= (uint32_t)request == kernel_Memory_write_protect_request_ID;
}

void pages_looked(void)
{
	looks++;
	may_be_clean = false;
}

void check_paged(struct memory *memory, uint64_t index, uint64_t entry)
{
	uint64_t id = memory->object.id, sum;
	unsigned place = (unsigned)((id * 64 + index) * 2654435761u % KNOWN);
	bool same_page = known[place].memory == id && known[place].index == index &&
		known[place].look == looks, clean = !(entry & PAGE_DIRTY);

	if (!page_frame(entry))
		return;
	sum = clean ? sum_of(page_frame(entry)) : 0;
	MUST("a page that is asked for is clean", &memory->object,
		clean || !(entry & PAGE_ASK));
	if (same_page && clean && !(known[place].entry & PAGE_DIRTY))
		same("what a clean page of a pager holds", &memory->object,
			known[place].sum, sum);
	else if (same_page && clean && !may_be_clean)
		MUST("a page stays dirty until its pager takes note", &memory->object,
			memory->size > SMALL_PAGES * PAGE_SIZE);
	known[place].memory = id;
	known[place].index = index;
	known[place].entry = entry;
	known[place].sum = sum;
	known[place].look = looks + 1;
}

/* ---- who waits, and hears of it ---- */

static struct {
	struct thread *threads[WAITING_MAX];
	unsigned count;
	uint64_t token;			/* 0: it is not by a reply */
	struct memory *memory;
	uint64_t offset;
	bool good;
	bool will_write;
} waits;

static void watch_waiting(struct memory *memory, uint64_t offset, uint64_t length)
{
	memset(&waits, 0, sizeof waits);
	waits.memory = memory;
	waits.offset = offset;
	for (struct list *at = memory->waiting.next; at != &memory->waiting &&
			waits.count < WAITING_MAX; at = at->next) {
		struct thread *thread = LIST_OF(at, struct thread, waiting);

		if (thread->fault_words[0] - offset < length)
			waits.threads[waits.count++] = thread;
	}
}

/* Whoever is refused a page has a fault, and does not try again. */
static void check_refused(void)
{
	for (unsigned i = 0; i < waits.count; i++)
		MUST("who is refused a page has a fault", &waits.threads[i]->object,
			waits.threads[i]->is_ended ||
			waits.threads[i]->state == kernel_ThreadState_STOPPED ||
			(waits.threads[i]->state == kernel_ThreadState_FAULTED &&
			waits.threads[i]->fault.state != CALLER_IDLE));
}

static struct pager_call *call_of(const struct token *token)
{
	return token && token->state == TOKEN_HELD && token->caller->kind == CALLER_PAGER ?
		LIST_OF(token->caller, struct pager_call, caller) : NULL;
}

void before_reply(uint64_t number, uint64_t id, bool drops)
{
	const struct pager_call *call = call_of(token_find(&actor->space->tokens, number));

	waits.token = 0;
	if (!call)
		return;
	watch_waiting(call->memory, call->offset, call->length);
	waits.token = number;
	waits.will_write = call->will_write;
	waits.good = !drops && (uint32_t)id == (call->will_write ?
		fault_Pager_will_write_reply_ID : fault_Pager_supply_reply_ID);
}

void after_reply(const struct space *space)
{
	const struct token *token = token_find(&space->tokens, waits.token);

	if (!waits.token || (token && token->state == TOKEN_HELD))
		return;
	if (!waits.good)
		check_refused();
	else if (waits.will_write && page_frame(entry_of(waits.memory, waits.offset)))
		MUST("what may be written asks no more", &waits.memory->object,
			!(entry_of(waits.memory, waits.offset) & PAGE_ASK));
}

/* ---- serving ---- */

/* The actor's handle of an object, with these rights; 0: it has none. */
static uint32_t handle_of(const struct object *object, uint16_t rights)
{
	const struct handle_table *table = &actor->space->handles;
	uint32_t index = 0, number;

	for (; object && (index = handle_next(table, index)) != 0; index++) {
		number = handle_number(table, index);
		if (handle_find(table, number)->object == object &&
				(handle_find(table, number)->rights & rights) == rights)
			return number;
	}
	return 0;
}

static struct memory *pick_memory(bool paged, uint32_t *number)
{
	struct handle entry;

	for (unsigned i = 0; i < 12; i++) {
		*number = pick_in(&actor->space->handles, kernel_Kind_MEMORY, &entry);
		if (*number && paged == (OF(memory, entry.object)->pager != NULL))
			return OF(memory, entry.object);
	}
	return NULL;
}

/* Pages of a memory before something is done with them. */
static struct page {
	uint64_t entry;
	uint64_t sum;
} pages[PAGES_MAX];

static uint32_t learn(struct memory *memory, uint64_t offset, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		pages[i].entry = entry_of(memory, offset + i * PAGE_SIZE);
		pages[i].sum = sum_of(page_frame(pages[i].entry));
	}
	return handle_of(&memory->object, kernel_Rights_CONTROL);
}

/* Each page holds what it held, or else what the other memory did. */
static void check_supplied(struct memory *memory, uint64_t offset, struct memory *from,
	uint64_t there, uint64_t sum, uint32_t flags, const struct page *page)
{
	uint64_t entry = entry_of(memory, offset);
	bool had = page_frame(page->entry) != 0;

	MUST("what is supplied is there", &memory->object, page_frame(entry));
	same("what a page holds that was supplied", &memory->object, had ? page->sum : sum,
		sum_of(page_frame(entry)));
	same("flags of what is supplied", &memory->object, had ? page->entry & PAGE_MASK :
		flags, entry & PAGE_MASK);
	MUST("what is supplied has gone from where it was", &from->object,
		had || !page_frame(entry_of(from, there)));
	for (struct list *at = memory->waiting.next; at != &memory->waiting; at = at->next)
		MUST("nobody waits for what is supplied", &memory->object,
			LIST_OF(at, struct thread, waiting)->fault_words[0] != offset);
}

static void supply(struct memory *memory, uint64_t offset)
{
	struct kernel_Memory_supply_reply reply;
	uint32_t number, to;
	struct memory *from = pick_memory(false, &number);
	uint64_t there = PAGE_SIZE * below(3), stamp = random_number(), sums[PAGES_MAX];
	uint64_t count = 1 + below(one_in(4) ? PAGES_MAX : 2);
	bool ask = one_in(3);

	if (!from || from == memory || !memory_can_share(from) ||
			there + count * PAGE_SIZE > from->size ||
			offset + count * PAGE_SIZE > memory->size)
		return;
	arch_lock();
	memory_write(from, there + 8 * below(500), &stamp, 8);
	arch_unlock();
	for (uint64_t i = 0; i < count; i++)
		sums[i] = sum_of(page_frame(entry_of(from, there + i * PAGE_SIZE)));
	to = learn(memory, offset, count);
	note("supplies %lx, %lu pages", (unsigned long)offset, (unsigned long)count);
	if (!to || !DO(Memory, supply, to, &reply, .from = HANDLE(number), .offset = offset,
			.from_offset = there, .length = count * PAGE_SIZE,
			.write_protected = ask) || !was_meant())
		return;
	for (uint64_t i = 0; i < reply.done / PAGE_SIZE; i++)
		check_supplied(memory, offset + i * PAGE_SIZE, from, there + i * PAGE_SIZE,
			sums[i], ask ? PAGE_ASK : 0, &pages[i]);
}

static void refuse(struct memory *memory, uint64_t offset)
{
	struct kernel_Memory_refuse_reply reply;
	uint32_t to = handle_of(&memory->object, kernel_Rights_CONTROL);

	note("refuses %lx", (unsigned long)offset);
	watch_waiting(memory, offset, PAGE_SIZE);
	if (to && DO(Memory, refuse, to, &reply, .offset = offset, .length = PAGE_SIZE) &&
			was_meant())
		check_refused();
}

static void evict(struct memory *memory, uint64_t offset, uint64_t count, bool dirty_too)
{
	struct kernel_Memory_evict_reply reply;
	uint32_t to = learn(memory, offset, count);

	note("evicts %lx", (unsigned long)offset);
	if (!to || !DO(Memory, evict, to, &reply, .offset = offset, .dirty_too = dirty_too,
			.length = count * PAGE_SIZE) || !was_meant())
		return;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = offset + i * PAGE_SIZE, entry = entry_of(memory, at);

		if (pages[i].entry & PAGE_DIRTY && !dirty_too)
			MUST("what is dirty stays", &memory->object, entry == pages[i].entry);
		else
			MUST("what is evicted is gone, or locked", &memory->object,
				!page_frame(entry) || space_is_locked(memory, at));
	}
}

static void protect(struct memory *memory, uint64_t offset, uint64_t count, bool ask)
{
	struct kernel_Memory_write_protect_reply reply;
	uint32_t to = learn(memory, offset, count);

	note("protects %lx", (unsigned long)offset);
	if (!to || !DO(Memory, write_protect, to, &reply, .offset = offset, .ask = ask,
			.length = count * PAGE_SIZE) || !was_meant())
		return;
	for (uint64_t i = 0; i < count; i++)
		same("flags of what is protected", &memory->object, page_frame(pages[i].entry) |
			(ask && page_frame(pages[i].entry) ? PAGE_ASK : 0u),
			entry_of(memory, offset + i * PAGE_SIZE));
}

static void take_back(struct memory *memory, uint64_t offset)
{
	uint64_t count = 1 + below(4);

	if (offset + count * PAGE_SIZE > memory->size)
		return;
	if (one_in(3))
		evict(memory, offset, count, below(2));
	else
		protect(memory, offset, count, below(2));
}

/* One of the calls that the actor's space is to answer. */
static uint64_t pick_call(void)
{
	for (unsigned i = 0; i < 8; i++) {
		uint64_t number = pick_token();

		if (call_of(token_find(&actor->space->tokens, number)))
			return number;
	}
	return 0;
}

static void serve(uint64_t number)
{
	const struct pager_call *call = call_of(token_find(&actor->space->tokens, number));
	struct memory *memory = call->memory;
	uint64_t offset = call->offset + PAGE_SIZE * below(2);

	note("serves a pager's call of memory %lu, %lx", (unsigned long)memory->object.id,
		(unsigned long)offset);
	if (below(4))
		supply(memory, call->offset);
	if (acts_still() && one_in(4))
		supply(memory, offset);
	if (acts_still() && one_in(4))
		take_back(memory, offset);
	if (acts_still() && one_in(6))
		refuse(memory, offset);
	if (acts_still() && below(3))
		answer_token(number);
}

/* What the actor's space pages: it takes some back, or waits a while to be asked. */
static bool page_more(void)
{
	uint64_t words[ABI_WORDS] = {0}, flag, deadline = pick_deadline(&flag);
	uint32_t number, endpoint;
	struct memory *memory = pick_memory(true, &number);

	endpoint = memory && memory->pager->endpoint ?
		handle_of(&memory->pager->endpoint->object, kernel_Rights_RECEIVE) : 0;
	if (endpoint && one_in(3))
		take_back(memory, PAGE_SIZE * below(4));
	else if (endpoint)
		call_system(ABI_RECEIVE, ABI_TIMED, endpoint, words, 0, deadline);
	return endpoint;
}

/* ---- using ---- */

static struct mapping *writable;

static void find_writable(struct mapping *mapping)
{
	if (mapping->memory->pager && mapping->protection & kernel_Protection_WRITE &&
			!(mapping->flags & kernel_MapFlags_PRIVATE) && (!writable || below(2)))
		writable = mapping;
}

void page_for(uint32_t quota, uint32_t space)
{
	struct kernel_Quota_create_endpoint_reply endpoint;
	struct kernel_Endpoint_set_tokens_reply tokens;
	struct kernel_Endpoint_mint_reply minted;
	struct kernel_Quota_create_paged_reply paged;
	struct kernel_Quota_create_memory_reply memory;
	struct kernel_Space_map_reply mapped;

	(void)(DO(Quota, create_endpoint, quota, &endpoint, .empty = 0) &&
		DO(Endpoint, set_tokens, NUMBER(endpoint.endpoint), &tokens, .count = 8) &&
		DO(Endpoint, mint, NUMBER(endpoint.endpoint), &minted, .credit = below(3)) &&
		DO(Quota, create_paged, quota, &paged, .size = PAGE_SIZE * (2 + below(6)),
			.pager = {minted.client.raw}) &&
		DO(Space, map, space, &mapped, .memory = {paged.memory.raw},
			.length = 4 * PAGE_SIZE, .protection = 3) &&
		DO(Quota, create_memory, quota, &memory, .size = 20 * PAGE_SIZE));
}

static void use(void)
{
	uint32_t access = below(3) ? fault_Access_WRITE : fault_Access_READ;
	uint64_t page = PAGE_SIZE * below(4);
	uint8_t *at;

	if (one_in(6) && handle_of(&writable->memory->object, kernel_Rights_CONTROL)) {
		take_back(writable->memory, writable->offset + page);
	} else if (actor->handler || page < writable->memory->size) {
		at = touch(writable->start + page % (writable->end - writable->start), access);
		if (at && access == fault_Access_WRITE)
			*at = (uint8_t)random_number();
	}
}

bool act_paged(void)
{
	uint64_t number = pick_call();

	if (number) {
		serve(number);
		return true;
	}
	writable = NULL;
	each_mapping(actor->space->mappings, find_writable);
	if (writable && !pager_is_of(writable->memory, actor->space))
		use();
	else if (!page_more())
		return false;
	return true;
}
