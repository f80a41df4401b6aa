/*
 * Threads: their life, what stops them, and their message slots. A thread that
 * has begun has a reference to itself until it ends.
 */
#include "kernel/thread.h"

#include "kernel/endpoint.h"
#include "kernel/log.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/token.h"
#include "kernel/upcall.h"
#include "kernel.skald.h"

static void timed_out(struct deadline *deadline)
{
	thread_wake(LIST_OF(deadline, struct thread, deadline), (uint32_t)SK_TIMED_OUT);
}

/* What may fail; undone by destroying it. */
static kernel_error equip(struct thread *thread)
{
	thread->fault_page = object_allocate(&thread->object, THREAD_FAULT_BYTES);
	if (!thread->fault_page)
		return kernel_Error_QUOTA_EXCEEDED;
	thread->fault.send = (struct message_place){ thread->fault_words,
		thread->fault_page, NULL };
	thread->fault.receive = (struct message_place){ thread->fault_words, NULL, NULL };
	return arch_thread_init(thread) ? 0 : kernel_Error_NO_MEMORY;
}

static void init(struct thread *thread, struct space *space, uint32_t priority)
{
	thread->space = space;
	object_take(&space->object);
	thread->priority = (uint8_t)priority;
	thread->effective = thread->priority;
	thread->affinity = UINT64_MAX;
	list_init(&thread->ready);
	list_init(&thread->waiting);
	list_init(&thread->in_space);
	deadline_init(&thread->deadline, timed_out);
	caller_init(&thread->caller, CALLER_THREAD);
	caller_init(&thread->fault, CALLER_FAULT);
	thread->caller.priority = thread->fault.priority = thread->effective;
	thread->caller.space = space;
	thread->fault.space = space;
	thread->caller.send.words = frame_words(&thread->frame);
	thread->caller.receive.words = thread->caller.send.words;
}

struct thread *thread_new(struct quota *quota, struct space *space,
	uint32_t priority, kernel_error *error)
{
	struct thread *thread;

	*error = priority > kernel_PRIORITY_MAX ? kernel_Error_INVALID :
		priority > quota->priority ? kernel_Error_QUOTA_EXCEEDED :
		space->state >= kernel_SpaceState_ENDING ? kernel_Error_ENDED :
		!quota_take(quota, QUOTA_THREADS, 1) ? kernel_Error_QUOTA_EXCEEDED : 0;
	if (*error)
		return NULL;
	thread = object_new(&thread_type, quota, error);
	if (!thread) {
		quota_give(quota, QUOTA_THREADS, 1);
		return NULL;
	}
	init(thread, space, priority);
	*error = equip(thread);
	if (*error) {
		thread->is_ended = true;
		object_drop(&thread->object);
		return NULL;
	}
	list_add(&space->threads, &thread->in_space);
	space->thread_count++;
	return thread;
}

void thread_start(struct thread *thread)
{
	CHECK(thread->state == kernel_ThreadState_NEW);
	if (thread->space->state == kernel_SpaceState_EMPTY)
		thread->space->state = kernel_SpaceState_RUNNING;
	object_take(&thread->object);
	thread->state = kernel_ThreadState_SUSPENDED;
	thread_go_on(thread);
}

/* ---- what it waits in ---- */

static void leave_list(struct thread *thread)
{
	deadline_clear(&thread->deadline);
	if (thread->served && thread->served->ready == thread)
		endpoint_settle(thread->served);
	if (!list_is_empty(&thread->waiting))
		list_remove(&thread->waiting);
}

/* thread_may_run() looks at it before it goes on, so it goes on the long way. */
static void take_notice(struct thread *thread)
{
	thread->attention = true;
	if (thread->served && thread->served->ready == thread)
		endpoint_settle(thread->served);
	if (thread->caller.state == CALLER_DELIVERED)
		session_settle(thread->caller.token->session);
	if (thread->fault.state == CALLER_DELIVERED)
		session_settle(thread->fault.token->session);
}

/* ---- its end ---- */

static void let_go(struct thread *thread)
{
	if (thread->serves)
		thread->serves->server = NULL;
	thread->serves = NULL;
	if (thread->served)
		endpoint_set_receiver(thread->served, NULL);
	if (thread->handler)
		session_close(thread->handler);
	thread->handler = NULL;
}

static void end(struct thread *thread)
{
	struct space *space = thread->space;
	bool had_begun = thread->state != kernel_ThreadState_NEW;

	if (thread->is_ended)
		return;
	thread->is_ended = true;
	thread->state = kernel_ThreadState_ENDED;
	leave_list(thread);
	let_go(thread);
	list_remove(&thread->in_space);
	watch_fire(&thread->ended);
	if (--space->thread_count == 0 && space->state != kernel_SpaceState_EMPTY)
		space_kill(space, thread->code);
	if (had_begun)
		object_drop(&thread->object);
}

void thread_kill(struct thread *thread, int32_t code)
{
	if (thread->is_killed || thread->is_ended)
		return;
	thread->is_killed = true;
	take_notice(thread);
	thread->code = code;
	switch (thread->state) {
	case kernel_ThreadState_RUNNING:
		sched_look(thread);
		return;
	case kernel_ThreadState_READY:
		sched_remove(thread);
		break;
	case kernel_ThreadState_CALLING:
		caller_give_up(&thread->caller, SK_CANCELED);
		break;
	case kernel_ThreadState_FAULTED:	/* and does not care for the answer */
		thread->state = kernel_ThreadState_STOPPED;
		caller_give_up(&thread->fault, SK_CANCELED);
		break;
	}
	end(thread);
}

/* ---- stopping ---- */

/* It no longer receives, so that others do: it will call again. What it replied,
 * if it did, is done. */
static void stop_receiving(struct thread *thread)
{
	uint64_t head;

	leave_list(thread);
	head = frame_head(&thread->frame);
	frame_set_head(&thread->frame, (head & ~(uint64_t)UINT32_MAX) |
		(ABI_BASE + ABI_RECEIVE));
	frame_restart(&thread->frame);
	thread->state = kernel_ThreadState_SUSPENDED;
}

/* Its suspension has changed: it stops, as soon as it can, or goes on. */
static void settle(struct thread *thread)
{
	bool held = thread->suspended > 0;

	if (thread->state == kernel_ThreadState_SUSPENDED && !held) {
		sched_ready(thread);
	} else if (held && thread->state == kernel_ThreadState_READY) {
		sched_remove(thread);
		thread->state = kernel_ThreadState_SUSPENDED;
	} else if (held && thread->state == kernel_ThreadState_RUNNING) {
		take_notice(thread);
		sched_look(thread);
	} else if (held && thread->state == kernel_ThreadState_RECEIVING) {
		stop_receiving(thread);
	} else if (held) {
		take_notice(thread);
	}
}

void thread_suspend(struct thread *thread)
{
	thread->suspended++;
	settle(thread);
}

void thread_proceed(struct thread *thread)
{
	CHECK(thread->suspended > 0);
	thread->suspended--;
	settle(thread);
}

void thread_interrupt(struct thread *thread)
{
	if (thread->is_ended)
		return;
	thread->pending = true;
	take_notice(thread);
	if (thread->state == kernel_ThreadState_RUNNING)
		sched_look(thread);
	else if (!thread->is_cancellable)
		return;
	else if (thread->state == kernel_ThreadState_CALLING)
		caller_give_up(&thread->caller, SK_CANCELED);
	else if (thread->state == kernel_ThreadState_RECEIVING ||
			thread->state == kernel_ThreadState_WAITING)
		thread_wake(thread, (uint32_t)SK_CANCELED);
}

bool thread_may_run(struct thread *thread)
{
	thread->attention = thread->pending || thread->moved;
	if (thread->is_killed) {
		end(thread);
	} else if (thread->suspended > 0) {
		thread->state = kernel_ThreadState_SUSPENDED;
	} else if (thread->attention) {
		thread->attention = false;
		upcall_signal(thread);
	}
	return thread->state == kernel_ThreadState_RUNNING;
}

/* ---- waiting ---- */

void thread_wait(struct thread *thread, uint8_t state, uint64_t deadline)
{
	thread->state = state;
	if (deadline != ABI_FOREVER)
		deadline_set(&thread->deadline, deadline);
}

/* One that runs here and has not left yet goes on, whatever there is: sched_next()
 * looks at it. */
void thread_go_on(struct thread *thread)
{
	if (thread->is_ended)
		return;
	leave_list(thread);
	thread->waits_for = NULL;
	thread->is_cancellable = false;
	if (thread == arch_cpu()->current)
		sched_ready(thread);
	else if (thread->is_killed)
		end(thread);
	else if (thread->suspended > 0)
		thread->state = kernel_ThreadState_SUSPENDED;
	else
		sched_ready(thread);
}

void thread_wake(struct thread *thread, uint64_t head)
{
	frame_set_head(&thread->frame, head);
	thread->event_flags = 0;	/* of an event that has not come */
	thread_go_on(thread);
}

/* ---- slots ---- */

bool thread_place(struct thread *thread, uint32_t slot, bool needs_page,
	struct message_place *place)
{
	place->words = frame_words(&thread->frame);
	place->page = NULL;
	place->beside = NULL;
	if (slot >= thread->slot_count)
		return !needs_page;
	place->page = thread->slots[slot].page;
	place->beside = thread->slots[slot].beside;
	return true;
}

static uint64_t slots_size(uint32_t count)
{
	uint64_t size = (uint64_t)count * (ABI_SLOT_PAGE + ABI_DESCRIPTORS_SIZE);

	return (size + PAGE_MASK) & ~PAGE_MASK;
}

/* Their mapping, if it is still there, and what the kernel has of them. */
static void forget_slots(struct thread *thread)
{
	uint64_t size = slots_size(thread->slot_count);
	struct mapping *mapping = thread->slot_memory ?
		space_find(thread->space, thread->slot_address) : NULL;
	unsigned steps = UINT32_MAX;
	kernel_error error;

	if (mapping && mapping->memory == thread->slot_memory && !thread->is_ended)
		space_unmap(thread->space, thread->slot_address, size, &steps, &error);
	object_release(&thread->object, thread->slots,
		thread->slot_count * sizeof *thread->slots);
	if (thread->slot_memory)
		object_drop(&thread->slot_memory->object);
	thread->slots = NULL;
	thread->slot_memory = NULL;
	thread->slot_count = 0;
}

/* Where the kernel sees a byte of slots that have all their frames. */
static uint8_t *see(struct memory *memory, uint64_t offset)
{
	uint64_t frame;
	bool writable;
	enum memory_page page = memory_page(memory, offset & ~PAGE_MASK, true, &frame,
		&writable);

	CHECK(page == MEMORY_THERE && writable);
	return (uint8_t *)frame_data(frame) + (offset & PAGE_MASK);
}

static void fill_slots(struct slot *slots, uint32_t count, struct memory *memory)
{
	for (uint32_t i = 0; i < count; i++) {
		slots[i].page = see(memory, (uint64_t)i * ABI_SLOT_PAGE);
		slots[i].beside = (void *)see(memory, (uint64_t)count * ABI_SLOT_PAGE +
			(uint64_t)i * ABI_DESCRIPTORS_SIZE);
	}
}

/* The memory, with all its frames, becomes what the thread's slots are in. */
static kernel_error take_slots(struct thread *thread, uint32_t count,
	struct memory *memory, uint64_t *address)
{
	size_t size = count * sizeof(struct slot);
	struct slot *slots = object_allocate(&thread->object, size);
	kernel_error error = !slots ? kernel_Error_QUOTA_EXCEEDED :
		space_map(thread->space, memory, 0, memory->size, address,
			kernel_Protection_READ | kernel_Protection_WRITE |
			SPACE_ALLOWED(kernel_Protection_READ | kernel_Protection_WRITE),
			*address ? kernel_MapFlags_FIXED : 0, kernel_Inherit_NONE, 0);

	if (error) {
		object_release(&thread->object, slots, size);
		return error;
	}
	fill_slots(slots, count, memory);
	forget_slots(thread);
	object_take(&memory->object);
	memory->is_fixed = true;
	thread->slots = slots;
	thread->slot_count = count;
	thread->slot_memory = memory;
	thread->slot_address = *address;
	return 0;
}

kernel_error thread_set_slots(struct thread *thread, uint32_t count, uint64_t *address,
	struct memory **made, unsigned *steps)
{
	struct memory *memory = *made;
	uint64_t at = memory ? memory->present << PAGE_SHIFT : 0;
	kernel_error error = count == 0 || count > ABI_SLOTS_MAX ? kernel_Error_INVALID :
		thread->is_ended ? kernel_Error_ENDED :
		thread->state == kernel_ThreadState_CALLING ||
		thread->state == kernel_ThreadState_RECEIVING ? kernel_Error_BUSY : 0;

	*made = NULL;
	if (!error && !memory)
		memory = memory_new(thread->object.quota, slots_size(count), &error);
	if (!error && !memory_commit(memory, &at, memory->size, steps, &error) && !error) {
		*made = memory;
		return 0;
	}
	if (!error)
		error = take_slots(thread, count, memory, address);
	if (memory)
		object_drop(&memory->object);
	return error;
}

/* ---- the object ---- */

/* Nobody can start it any more. */
void thread_unused(struct object *object)
{
	struct thread *thread = object_self(object);

	if (thread->state == kernel_ThreadState_NEW)
		end(thread);
}

bool thread_end(struct object *object, unsigned *steps)
{
	struct thread *thread = object_self(object);

	(void)steps;
	end(thread);
	if (cpu_count == 1)	/* with more of them it was when it stopped */
		arch_thread_save(thread);
	if (arch_cpu()->loaded == thread)
		arch_cpu()->loaded = NULL;
	forget_slots(thread);
	caller_forget(&thread->caller);
	pool_give(thread->fault_page, THREAD_FAULT_BYTES);
	arch_thread_end(thread);
	watch_set(&thread->ended, NULL, 0);
	quota_give(object->quota, QUOTA_THREADS, 1);
	object_drop(&thread->space->object);
	return true;
}
