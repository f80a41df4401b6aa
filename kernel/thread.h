/*
 * Threads. What a thread waits for is in `state` and `waiting`; whoever ends the
 * wait calls thread_wake(), having put what came of it into the frame.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/arch/arch.h"
#include "kernel/caller.h"
#include "kernel/deadline.h"
#include "kernel/list.h"
#include "kernel/object.h"

struct endpoint;
struct notification;
struct space;

/* A message slot, as the kernel sees it. */
struct slot {
	uint8_t *page;
	struct abi_descriptors *beside;
};

/* What the kernel itself calls for a thread, and what is answered. */
#define THREAD_FAULT_BYTES 128

struct thread {
	struct frame frame;		/* first: entry code knows */
	struct arch_thread arch;
	struct object object;
	struct space *space;		/* referenced */
	uint8_t state;			/* enum kernel_ThreadState */
	uint8_t priority;		/* its own */
	uint8_t effective;		/* with what it inherits */
	bool is_killed;			/* ends when it would go on */
	bool is_ended;
	bool attention;			/* thread_may_run() is to look at it */
	bool is_cancellable;		/* what it waits for: ABI_CANCELLABLE */
	uint32_t event_flags;		/* ABI_REPLY_FAILED, for its next event */
	bool pending;			/* interrupted, which it has yet to be told */
	bool moved;			/* has lost its CPU for a while, or for another */
	uint32_t suspended;		/* how often */
	int32_t code;
	uint32_t tracing;		/* enum kernel_Tracing */
	struct cpu *cpu;		/* where it runs, or last ran */
	uint64_t affinity;
	uint64_t user_time;
	uint64_t kernel_time;
	struct list ready;		/* in a run queue */
	uint64_t turn;			/* there: ns that it may run when it is taken */
	struct list in_space;

	/* RECEIVING, WAITING: at an endpoint, a notification, a word, a page. */
	struct list waiting;
	void *waits_for;
	uint64_t wait_mask;
	uint64_t word_of;		/* a word: whose, an object's id */
	uint64_t word_at;		/* and where in it */
	struct deadline deadline;

	struct caller caller;		/* CALLING */
	struct token *serves;		/* the last it received: lends priority */
	struct endpoint *served;	/* whose last receiver it is, or NULL */
	struct slot *slots;		/* slot_count, or NULL */
	uint32_t slot_count;
	struct memory *slot_memory;	/* referenced: their pages */
	uint64_t slot_address;

	struct session *handler;	/* of faults; referenced */
	struct caller fault;		/* FAULTED */
	uint32_t fault_kind;		/* which method of fault.Handler */
	uint64_t fault_words[ABI_WORDS];
	uint8_t *fault_page;		/* THREAD_FAULT_BYTES: message and answer */

	/* Upcalls (docs/kernel.md, "Foreign system calls"). */
	uint64_t upcall_frame;
	uint8_t *upcall_page;		/* where that was seen, good while `losses` are so */
	uint64_t upcall_losses;
	uint64_t upcall_entry;		/* 0: none */
	uint64_t upcall_stack;
	uint64_t exit_begin;
	uint64_t exit_end;
	uint64_t foreign_number;	/* of the foreign call that its handler has */

	uint64_t correlation;		/* of traces */
	struct watch ended;
};

extern const struct object_type thread_type;
/* Of the type, which stands beside its operations (thread_ops.c). */
void thread_unused(struct object *object);
bool thread_end(struct object *object, unsigned *steps);

/* Charged to `quota`, in no run queue yet. */
struct thread *thread_new(struct quota *quota, struct space *space,
	uint32_t priority, kernel_error *error);
void thread_start(struct thread *thread);
/* Ends it: not in the midst of its own system call, but when it would go on. */
void thread_kill(struct thread *thread, int32_t code);
void thread_suspend(struct thread *thread);
void thread_proceed(struct thread *thread);
/* CANCELED for what it waits for, if that can be canceled; see Thread.interrupt. */
void thread_interrupt(struct thread *thread);

/* It stops running, for `state`, until thread_wake(); with its deadline, then
 * thread_timed_out(). */
void thread_wait(struct thread *thread, uint8_t state, uint64_t deadline);
/* It is READY again, unless it is suspended; `head` is put into its frame. */
void thread_wake(struct thread *thread, uint64_t head);
/* The same, and its frame is as it is to be: after faults, or to try again. */
void thread_go_on(struct thread *thread);
/* Before it goes on: false if it does not, being killed or suspended. */
bool thread_may_run(struct thread *thread);

/* While it is RECEIVING or CALLING. */
static inline uint32_t thread_receive_slot(const struct thread *thread)
{
	return ABI_RECEIVE_SLOT(frame_target(&thread->frame));
}

/* A slot by its number; or words alone, if the thread has none such and the
 * message needs none. False: SK_INVALID. */
bool thread_place(struct thread *thread, uint32_t slot, bool needs_page,
	struct message_place *place);
/* Thread.set_slots: *address is where they are to be, and then are. 0 with *made: there
 * is more to do; it is what there is so far, and is given again. */
kernel_error thread_set_slots(struct thread *thread, uint32_t count, uint64_t *address,
	struct memory **made, unsigned *steps);

#endif
