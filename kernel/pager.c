/*
 * Calls to pagers (protocols/fault.skald, "Pager"). Threads that need a page
 * wait in one list of the memory, with what they tried in their fault's words;
 * a few calls are under way for all of them. Whoever is woken tries again.
 */
#include <string.h>

#include "kernel/endpoint.h"
#include "kernel/fault.h"
#include "kernel/memory.h"
#include "kernel/page_table.h"
#include "kernel/pool.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "runtime/status.h"
#include "fault.skald.h"
#include "kernel.skald.h"

/* A call asks for what is missing of so much, at a multiple of it. */
#define CLUSTER UINT64_C(0x10000)
#define CALLS_BYTES (MEMORY_PAGER_CALLS * sizeof(struct pager_call))

struct pager_call {
	struct caller caller;
	struct memory *memory;
	uint64_t words[ABI_WORDS];	/* of the request, and then of the reply */
	uint64_t offset;
	uint64_t length;
	bool will_write;		/* else supply */
};

/* In fault_words of a thread that waits. */
enum { WANTED_OFFSET, WANTED_ACCESS, WANTED_ADDRESS };

bool pager_init(struct memory *memory, struct session *pager)
{
	memory->calls = object_allocate(&memory->object, CALLS_BYTES);
	if (!memory->calls)
		return false;
	for (unsigned i = 0; i < MEMORY_PAGER_CALLS; i++) {
		caller_init(&memory->calls[i].caller, CALLER_PAGER);
		memory->calls[i].memory = memory;
	}
	memory->pager = pager;
	object_take(&pager->object);
	session_open(pager);
	return true;
}

void pager_end(struct memory *memory)
{
	pager_wake(memory, 0, UINT64_MAX, false);
	for (unsigned i = 0; memory->calls && i < MEMORY_PAGER_CALLS; i++)
		caller_give_up(&memory->calls[i].caller, SK_CANCELED);
	pool_give(memory->calls, CALLS_BYTES);
	if (memory->pager) {
		session_close(memory->pager);
		object_drop(&memory->pager->object);
	}
	memory->calls = NULL;
	memory->pager = NULL;
}

bool pager_is_of(const struct memory *memory, const struct space *space)
{
	const struct endpoint *endpoint = memory->pager ? memory->pager->endpoint : NULL;
	struct list *first;

	if (!endpoint)
		return false;
	first = list_first(&endpoint->receivers);
	/* Who is ready received last as well. */
	return endpoint->server == space->object.id ||
		(endpoint->last_receiver && endpoint->last_receiver->space == space) ||
		(first && LIST_OF(first, struct thread, waiting)->space == space);
}

/* ---- calls ---- */

static bool is_for(const struct pager_call *call, uint64_t offset, bool will_write)
{
	return call->caller.state != CALLER_IDLE && call->will_write == will_write &&
		offset - call->offset < call->length;
}

/* One that asks for the page already; or *idle, one that asks for nothing. */
static bool is_asked(struct memory *memory, uint64_t offset, bool will_write,
	struct pager_call **idle)
{
	*idle = NULL;
	for (unsigned i = 0; i < MEMORY_PAGER_CALLS; i++) {
		if (is_for(&memory->calls[i], offset, will_write))
			return true;
		if (memory->calls[i].caller.state == CALLER_IDLE)
			*idle = &memory->calls[i];
	}
	return false;
}

/* As caller_begin(), with a message of so many bytes in the words. */
static bool begin(struct pager_call *call, int size, uint8_t priority)
{
	struct caller *caller = &call->caller;
	struct message_place place = {.words = call->words};
	int status;

	if (size < 0)
		return false;
	caller->head = (uint64_t)size << ABI_BYTES_SHIFT;
	caller->priority = priority;
	caller->protocol_rights = call->memory->pager->protocol_rights;
	caller->send = caller->receive = place;
	caller->deadline.when = ABI_FOREVER;
	return caller_begin(caller, call->memory->pager, &status);
}

static bool begin_supply(struct pager_call *call, uint64_t offset, uint32_t access,
	uint8_t priority)
{
	uint64_t left = call->memory->size - offset;
	struct fault_Pager_supply_request supply = {.offset = offset, .access = access};
	struct fault_Pager_will_write_request write = {.offset = offset,
		.length = PAGE_SIZE};

	supply.length = CLUSTER - (offset & (CLUSTER - 1));
	if (supply.length > left)
		supply.length = left;
	call->offset = offset;
	call->length = call->will_write ? write.length : supply.length;
	return begin(call, call->will_write ?
		fault_Pager_will_write_request_encode(&write, call->words, ABI_WORD_BYTES) :
		fault_Pager_supply_request_encode(&supply, call->words, ABI_WORD_BYTES),
		priority);
}

/* A page that is there was asked for to be written. */
static bool is_protected(const struct memory *memory, uint64_t offset)
{
	const uint64_t *entry = page_find(memory, offset >> PAGE_SHIFT);

	return entry && page_frame(*entry) && *entry & PAGE_ASK;
}

void pager_ask(struct memory *memory, uint64_t offset, struct thread *thread,
	uint64_t address, uint32_t access)
{
	bool will_write = is_protected(memory, offset);
	struct pager_call *idle;

	thread->fault_words[WANTED_OFFSET] = offset;
	thread->fault_words[WANTED_ACCESS] = access;
	thread->fault_words[WANTED_ADDRESS] = address;
	thread->waits_for = memory;
	list_add(&memory->waiting, &thread->waiting);
	thread_wait(thread, kernel_ThreadState_FAULTED, ABI_FOREVER);
	if (is_asked(memory, offset, will_write, &idle) || !idle)
		return;
	idle->will_write = will_write;
	if (!begin_supply(idle, offset, access, thread->effective))
		pager_wake(memory, idle->offset, idle->length, true);
}

void pager_wake(struct memory *memory, uint64_t offset, uint64_t length, bool refused)
{
	for LIST_EACH(at, &memory->waiting) {
		struct thread *thread = LIST_OF(at, struct thread, waiting);
		const uint64_t *wanted = thread->fault_words;

		if (wanted[WANTED_OFFSET] - offset >= length)
			continue;
		if (!refused) {
			thread_go_on(thread);
			continue;
		}
		list_remove(at);
		thread->waits_for = NULL;
		fault_page(thread, wanted[WANTED_ADDRESS],
			(uint32_t)wanted[WANTED_ACCESS], fault_Reason_NO_PAGE);
	}
}

/* Those that no call asks for: none was free, or it has been answered. */
static void wake_unasked(struct memory *memory)
{
	struct pager_call *idle;

	for LIST_EACH(at, &memory->waiting) {
		struct thread *thread = LIST_OF(at, struct thread, waiting);
		uint64_t offset = thread->fault_words[WANTED_OFFSET];

		if (!is_asked(memory, offset, is_protected(memory, offset), &idle))
			thread_go_on(thread);
	}
}

/* The answer is the method's reply, and not an error. */
static bool is_answer(const struct pager_call *call, uint64_t head)
{
	uint32_t id = call->will_write ? fault_Pager_will_write_reply_ID :
		fault_Pager_supply_reply_ID;

	return ABI_STATUS(head) == 0 && ABI_BYTES(head) >= sizeof id &&
		(uint32_t)call->words[0] == id;
}

static void set_writable(struct memory *memory, uint64_t offset)
{
	if (is_protected(memory, offset)) {
		uint64_t *entry = page_find(memory, offset >> PAGE_SHIFT);

		*entry = (*entry & ~(uint64_t)PAGE_ASK) | PAGE_DIRTY;
	}
}

void memory_answered(struct caller *caller, uint64_t head)
{
	struct pager_call *call = LIST_OF(caller, struct pager_call, caller);
	bool good = is_answer(call, head);

	if (good && call->will_write)
		set_writable(call->memory, call->offset);
	if (!good)
		pager_wake(call->memory, call->offset, call->length, true);
	wake_unasked(call->memory);
}
