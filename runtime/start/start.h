/*
 * What programs in the OS begin with: threads that have message slots, memory,
 * and a line of text on the kernel's log. No libc.
 *
 * Everything a thread does by calls it does through its struct sk_thread, which
 * has channels to what it was given. They share two slots: what was decoded from
 * the reply of one is good until the next call on any of them.
 */
#ifndef RUNTIME_START_START_H
#define RUNTIME_START_START_H

#include <stdarg.h>

#include "runtime/kernel/channel.h"

#define SK_PAGE 4096

struct sk_thread {
	struct sk_handle handle;
	struct sk_kernel_slots slots;
	/* To its own thread, its space, a quota; system only if it has one. */
	struct sk_kernel_channel thread;
	struct sk_kernel_channel space;
	struct sk_kernel_channel quota;
	struct sk_kernel_channel system;
	/* Who is called (fault.Handler) when a thread faults that it makes in its own
	 * space; none: such a thread stops, and nobody is told. */
	struct sk_handle faults;
};

/* Slots 0 and 1 are those of the channels above; others are free. */
#define SK_THREAD_SLOTS 2

/*
 * The program: its first thread runs this; it ends with what comes back. The
 * machine's first program has `argument` 0 and all four channels. Others begin with
 * slots, whose address and number the argument is (svrctl.Server), and no channel:
 * they get theirs from their supervisor (runtime/server/).
 */
int sk_main(struct sk_thread *thread, uint64_t argument);

/* What a thread has: of the other three channels none, until they are opened, and no
 * handler of faults. */
int sk_thread_open(struct sk_thread *thread, struct sk_handle handle,
	const struct sk_kernel_slots *slots, struct sk_handle space,
	struct sk_handle quota, struct sk_handle system);
/* Registers so many slots for a thread; SK_..., or an error of the kernel's. */
int sk_slots_register(struct sk_channel *thread, uint32_t count,
	struct sk_kernel_slots *slots);

/*
 * A new thread in a space of the caller's, with slots, that is not started yet. If it is
 * the caller's own space, its faults are told to `by->faults`.
 * 0, a status, or an error of the kernel's; then there is none.
 */
int sk_thread_new(struct sk_thread *by, struct sk_handle space, uint32_t priority,
	uint32_t slot_count, struct sk_handle *handle, struct sk_kernel_slots *slots);
/* Runs it at `entry` with one argument. `stack` is the end of its stack. */
int sk_thread_start(struct sk_thread *by, struct sk_handle thread,
	void (*entry)(void *argument), void *stack, void *argument);
/* Ends the calling thread. */
_Noreturn void sk_thread_exit(struct sk_thread *thread, int32_t code);

/* New zeroed memory, mapped readable and writable; NULL: there is none. If
 * `memory` is not NULL it gets the handle, which is closed else. */
void *sk_pages(struct sk_thread *thread, uint64_t bytes, struct sk_handle *memory);
/* And back. */
void sk_pages_free(struct sk_thread *thread, void *pages, uint64_t bytes);

/* A line, or a part of one, to the kernel's log, if the thread has `system`. %s %c %d %u %x %ld %lu %lx %p %%,
 * with a width and zeros before it; at most 400 bytes. */
void sk_print(struct sk_thread *thread, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same into memory; the end of it is left out. Returns its size. */
size_t sk_format(char *to, size_t capacity, const char *format, va_list list);

#endif
