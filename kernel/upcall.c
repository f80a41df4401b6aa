/* Upcalls: into a thread's shim, and out of it. */
#include "kernel/upcall.h"

#include "kernel/fault.h"
#include "kernel/frame.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "fault.skald.h"
#include "runtime/status.h"

/* The frame's page; NULL: it is not there, for a reason. */
static uint8_t *see_page(struct thread *thread, uint64_t address, uint32_t *reason)
{
	uint64_t size;

	return space_see(thread->space, address, true, &size, reason);
}

/* The same of the thread's own frame, which is looked for twice in each upcall: what
 * could be written stays so until page tables lose something. */
static inline uint8_t *see_own(struct thread *thread, uint32_t *reason)
{
	struct space *space = thread->space;

	if (!thread->upcall_page || thread->upcall_losses != space->losses ||
			!space->has_tables) {
		thread->upcall_page = see_page(thread, thread->upcall_frame, reason);
		thread->upcall_losses = space->losses;
	}
	return thread->upcall_page;
}

static void set_flag(uint8_t *page, uint32_t flag, uint32_t value)
{
	__atomic_store_n((uint32_t *)(void *)(page + flag), value, __ATOMIC_RELAXED);
}

static bool has_flag(const uint8_t *page, uint32_t flag)
{
	return __atomic_load_n((const uint32_t *)(const void *)(page + flag),
		__ATOMIC_RELAXED) != 0;
}

/* The same; NULL as well if it has no shim. */
static uint8_t *see_shim(struct thread *thread)
{
	uint32_t reason;

	return thread->upcall_entry ? see_own(thread, &reason) : NULL;
}

/* The same of one that is in its shim; else NULL. */
static uint8_t *see_inside(struct thread *thread)
{
	uint8_t *page = see_shim(thread);

	return page && has_flag(page, ABI_FRAME_INSIDE) ? page : NULL;
}

kernel_error upcall_set(struct thread *thread, uint64_t frame, uint64_t entry,
	uint64_t stack, uint64_t exit_begin, uint64_t exit_end)
{
	uint32_t reason;
	uint8_t *page;

	if (frame & PAGE_MASK || exit_begin > exit_end)
		return kernel_Error_INVALID;
	if (entry >= USER_END || stack > USER_END || frame >= USER_END)
		return kernel_Error_BAD_ADDRESS;
	page = entry ? see_page(thread, frame, &reason) : NULL;
	if (entry && !page)
		return kernel_Error_NOT_MAPPED;
	if (page && thread->cpu)
		set_flag(page, ABI_FRAME_CPU, thread->cpu->index);
	thread->upcall_frame = frame;
	thread->upcall_page = NULL;
	thread->upcall_entry = entry;
	thread->upcall_stack = stack;
	thread->exit_begin = exit_begin;
	thread->exit_end = exit_end;
	return 0;
}

bool upcall_is_inside(struct thread *thread)
{
	return see_inside(thread) != NULL;
}

bool upcall_is_pending(struct thread *thread)
{
	const uint8_t *page = see_inside(thread);

	return page && has_flag(page, ABI_FRAME_PENDING);
}

void upcall_enter(struct thread *thread, uint32_t reason)
{
	uint32_t why;
	uint8_t *page = see_own(thread, &why);

	if (!page) {
		fault_page(thread, thread->upcall_frame,
			fault_Access_WRITE | fault_Access_KERNEL, why);
		return;
	}
	/* What a call that is made again was at: the shim makes others first. */
	caller_forget(&thread->caller);
	set_flag(page, ABI_FRAME_INSIDE, 1);
	set_flag(page, ABI_FRAME_PENDING, 0);
	arch_upcall(thread, page, reason);
}

/* Whether it moved, and wants to be told. */
static bool is_to_hear_of_move(const struct thread *thread, uint8_t *page)
{
	if (!thread->moved || !page)
		return false;
	set_flag(page, ABI_FRAME_CPU, thread->cpu->index);
	return has_flag(page, ABI_FRAME_TELL);
}

void upcall_signal(struct thread *thread)
{
	uint64_t at = frame_instruction(&thread->frame);
	uint8_t *page = see_shim(thread);
	bool pending = thread->pending, moved = is_to_hear_of_move(thread, page);

	thread->pending = thread->moved = false;
	if (moved)
		set_flag(page, ABI_FRAME_MOVED, 1);
	if (!thread->upcall_entry || (!pending && !moved))
		return;
	if (!page || !has_flag(page, ABI_FRAME_INSIDE)) {
		upcall_enter(thread, pending ? ABI_UPCALL_SIGNAL : ABI_UPCALL_MOVED);
		return;
	}
	if (pending)
		set_flag(page, ABI_FRAME_PENDING, 1);
	if (at >= thread->exit_begin && at < thread->exit_end)
		arch_set_instruction(thread, thread->exit_begin);
}

int upcall_resume(struct thread *thread, uint64_t frame)
{
	uint32_t reason;
	uint8_t *page = frame & PAGE_MASK || !thread->upcall_entry ? NULL :
		see_page(thread, frame, &reason);

	if (!page || !arch_resume(thread, page))
		return SK_INVALID;
	page = see_own(thread, &reason);
	if (page)
		set_flag(page, ABI_FRAME_INSIDE, 0);
	return SK_OK;
}
