/*
 * The kernel's system calls, one inline function each (kernel/abi.h says what
 * they do). Nothing is checked here and nothing kept: what is above it, for
 * generated code, is in channel.h, port.h and ring.h.
 *
 * A test that is no program of the kernel's defines SK_SYSTEM_CALL as the name
 * of a function that is called in place of the instruction, with a struct
 * sk_registers.
 */
#ifndef RUNTIME_KERNEL_SYS_H
#define RUNTIME_KERNEL_SYS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/abi.h"
#include "runtime/attached.h"

/* What goes in and comes out, by the names of kernel/abi.h. */
struct sk_registers {
	uint64_t head;
	uint64_t target;
	uint64_t words[ABI_WORDS];
	uint64_t token;
	uint64_t time;
};

#if defined SK_SYSTEM_CALL
#include "runtime/kernel/sys_test.h"
#elif defined __x86_64__
#include "runtime/kernel/sys_x86_64.h"
#else
#error "no system calls are known for this architecture"
#endif

/*
 * Handles and their numbers. A number has 20 bits of index and 12 of generation;
 * a handle's `raw` is an int32_t that is negative if it is none, so it has room
 * for 31 bits. No table has 2^19 places (kernel/handle.h allows 2^17), so the
 * highest bit of the index is left out: raw is 19 bits of index and, above them,
 * all 12 of generation. Number 0, which is none, is raw -1.
 */
#define SK_KERNEL_INDEX_BITS 19

static inline uint32_t sk_kernel_number(struct sk_handle handle)
{
	uint32_t raw = (uint32_t)handle.raw;

	if (handle.raw < 0)
		return 0;
	return (raw >> SK_KERNEL_INDEX_BITS) << ABI_INDEX_BITS |
		(raw & ((UINT32_C(1) << SK_KERNEL_INDEX_BITS) - 1));
}

static inline struct sk_handle sk_kernel_handle(uint32_t number)
{
	struct sk_handle handle = {(int32_t)(ABI_GENERATION(number) <<
		SK_KERNEL_INDEX_BITS | ABI_INDEX(number))};

	return number == 0 ? sk_no_handle() : handle;
}

static inline uint64_t sk_head(enum abi_call call)
{
	return ABI_BASE + (uint64_t)call;
}

/* The part of `head` that says how large a message is. */
static inline uint64_t sk_counts(uint32_t bytes, uint32_t handles, uint32_t leases,
	uint32_t expected, uint32_t slot)
{
	return (uint64_t)bytes << ABI_BYTES_SHIFT |
		(uint64_t)handles << ABI_HANDLES_SHIFT |
		(uint64_t)leases << ABI_LEASES_SHIFT |
		(uint64_t)expected << ABI_EXPECTED_SHIFT | (uint64_t)slot << ABI_SLOT_SHIFT;
}

static inline uint64_t sk_target(uint32_t number, uint32_t receive_slot)
{
	return (uint64_t)receive_slot << ABI_RECEIVE_SLOT_SHIFT | number;
}

/* ---- messages ---- */

/* `counts` of sk_counts(), `target` of sk_target(). The request's words go in,
 * the reply's come out. Returns the head. SK_FOREVER: no deadline. */
static inline uint64_t sk_sys_call(uint64_t counts, uint64_t target,
	uint64_t words[ABI_WORDS], uint64_t deadline)
{
	uint64_t head = sk_head(ABI_CALL) | counts;

	if (__builtin_expect(deadline == ABI_FOREVER, 1)) {
		sk_enter_call(&head, &target, words);
	} else {
		head |= ABI_TIMED;
		sk_enter_call_until(&head, &target, words, deadline);
	}
	return head;
}

static inline uint64_t sk_sys_send(uint64_t counts, uint32_t number,
	uint64_t words[ABI_WORDS], uint64_t deadline)
{
	uint64_t head = sk_head(ABI_SEND) | counts | ABI_TIMED, target = number;

	if (deadline == ABI_FOREVER)
		head &= ~ABI_TIMED;
	sk_enter_call_until(&head, &target, words, deadline);
	return head;
}

/* Whatever receives: `r` has what goes in, but for the deadline, and then all that
 * came. */
static inline void sk_sys_serve(struct sk_registers *r, uint64_t deadline)
{
	if (__builtin_expect(deadline == ABI_FOREVER, 1)) {
		sk_enter_serve(&r->head, &r->target, r->words, &r->token, &r->time);
	} else {
		r->head |= ABI_TIMED;
		r->time = deadline;
		sk_enter_serve_until(&r->head, &r->target, r->words, &r->token, &r->time);
	}
}

static inline void sk_sys_receive(struct sk_registers *in, uint32_t endpoint,
	uint32_t slot, uint64_t deadline)
{
	*in = (struct sk_registers){.head = sk_head(ABI_RECEIVE),
		.target = sk_target(endpoint, slot)};
	sk_sys_serve(in, deadline);
}

/* `flags` ABI_DROP in place of a message, or 0. Returns a status. */
static inline int32_t sk_sys_reply(uint64_t counts, uint64_t token,
	uint64_t words[ABI_WORDS], uint64_t flags)
{
	uint64_t head = sk_head(ABI_REPLY) | counts, target = flags, unused;

	sk_enter_serve(&head, &target, words, &token, &unused);
	return ABI_STATUS(head);
}

/* `out` has token and words, and in `head` the counts; `flags` as above. Then
 * it has what came. */
static inline void sk_sys_reply_receive(struct sk_registers *out, uint32_t endpoint,
	uint32_t slot, uint64_t flags, uint64_t deadline)
{
	out->head |= sk_head(ABI_REPLY_RECEIVE);
	out->target = sk_target(endpoint, slot) | flags;
	sk_sys_serve(out, deadline);
}

/* ---- the others ---- */

/* How many of the ring's queue were accepted; *status: what is wrong with the
 * next. */
static inline uint32_t sk_sys_submit(uint32_t ring, uint32_t count, int32_t *status)
{
	uint64_t head = sk_head(ABI_SUBMIT), target = ring;

	sk_enter_short(&head, &target, count);
	*status = ABI_STATUS(head);
	return (uint32_t)target;
}

static inline int32_t sk_sys_wait(uint32_t notification, uint64_t mask,
	uint64_t deadline, uint64_t *bits)
{
	uint64_t head = sk_head(ABI_WAIT) | ABI_TIMED, target = notification;

	if (deadline == ABI_FOREVER)
		head &= ~ABI_TIMED;
	sk_enter_plain_until(&head, &target, mask, 0, 0, 0, deadline);
	*bits = target;
	return ABI_STATUS(head);
}

static inline int32_t sk_sys_signal(uint32_t notification, uint64_t bits)
{
	uint64_t head = sk_head(ABI_SIGNAL), target = notification;

	sk_enter_short(&head, &target, bits);
	return ABI_STATUS(head);
}

/* Between the lease of this number (from 1) of the call with this token, and
 * one's own memory. *done: how many bytes, also with a failure. */
static inline int32_t sk_sys_lease_copy(uint64_t token, uint32_t lease,
	uint64_t offset, void *own, uint64_t size, bool write, uint64_t *done)
{
	uint64_t head = sk_head(ABI_LEASE_COPY), target = 0;

	sk_enter_plain(&head, &target, lease | (write ? ABI_LEASE_WRITE : 0), offset,
		(uintptr_t)own, size, token);
	*done = target;
	return ABI_STATUS(head);
}

static inline int32_t sk_sys_close(uint32_t number)
{
	uint64_t head = sk_head(ABI_CLOSE), target = number;

	sk_enter_short(&head, &target, 0);
	return ABI_STATUS(head);
}

/* `flags` ABI_WORD_SHARED or 0. */
static inline int32_t sk_sys_word_wait(const volatile uint32_t *word,
	uint32_t expected, uint32_t mask, uint64_t flags, uint64_t deadline)
{
	uint64_t head = sk_head(ABI_WORD_WAIT) | ABI_TIMED, target = 0;

	if (deadline == ABI_FOREVER)
		head &= ~ABI_TIMED;
	sk_enter_plain_until(&head, &target, (uintptr_t)word, expected, mask, flags,
		deadline);
	return ABI_STATUS(head);
}

/* *woken: how many were woken, and in its upper half, moved. */
static inline int32_t sk_sys_word_wake(const volatile uint32_t *word, uint32_t count,
	uint32_t move, const volatile uint32_t *to, uint64_t mask_and_flags,
	uint64_t *woken)
{
	uint64_t head = sk_head(ABI_WORD_WAKE), target = 0;

	sk_enter_plain(&head, &target, (uintptr_t)word,
		(uint64_t)move << 32 | count, (uintptr_t)to, mask_and_flags, 0);
	*woken = target;
	return ABI_STATUS(head);
}

/* Comes back only if the frame is none. */
static inline int32_t sk_sys_resume(uint64_t frame)
{
	uint64_t head = sk_head(ABI_RESUME), target = 0;

	sk_enter_short(&head, &target, frame);
	return ABI_STATUS(head);
}

#endif
