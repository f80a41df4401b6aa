/*
 * What programs and the kernel agree on besides protocols/kernel.skald: the
 * numbers of the system calls, what their registers hold, how messages lie in
 * slots and rings. The same on all architectures, but for which registers the
 * words below are in (x86_64: the names beside them).
 *
 *	word	x86_64	in			out
 *	head	rax	enum abi_call, counts	status or event, counts
 *	target	rdi	handle, receive slot	badge, bits or bytes done
 *	0 to 4	rsi rdx r8 r9 r10
 *			arguments, or the first 40 bytes of a message
 *	token	rbx	token			token
 *	time	r12	deadline		the caller's, with a request
 *
 * rcx and r11 are destroyed, all others are kept. A system call whose low half
 * of `head` is not one of ours is a foreign one (docs/kernel.md, "Foreign
 * system calls").
 */
#ifndef KERNEL_ABI_H
#define KERNEL_ABI_H

#include <stdint.h>

/* ---- system calls ---- */

/* What the low 32 bits of `head` begin with: numbers that Linux does not use. */
#define ABI_BASE UINT32_C(0xe0000000)

/*
 * name, number, what it does. Those that send take a message: its first 40
 * bytes in the words, all of it from byte 40 on in the send slot.
 *
 * CALL		target: session or object; deadline. Gives the reply.
 * SEND		target: session; deadline. Gives 0 once it was received.
 * RECEIVE	target: endpoint, receive slot; deadline. Gives an event.
 * REPLY	token; message, or ABI_DROP. Gives a status.
 * REPLY_RECEIVE	both; that the reply failed is ABI_REPLY_FAILED.
 * SUBMIT	target: ring; word 0: how many of its queue. Gives in target:
 *		accepted; what is wrong with the next, if fewer, as a status: with
 *		0 nothing is, and the rest is to be submitted by another call.
 * WAIT		target: notification; word 0: mask; deadline. Gives bits.
 * SIGNAL	target: notification; word 0: bits.
 * LEASE_COPY	token; word 0: lease (from 1), ABI_LEASE_WRITE; word 1: offset;
 *		word 2: own address; word 3: length; target: 0. Gives in target:
 *		bytes done, also with a status.
 * CLOSE	target: handle.
 * WORD_WAIT	word 0: address; word 1: expected (32 bits), word 2: mask of
 *		whoever wakes; word 3: ABI_WORD_SHARED; deadline.
 * WORD_WAKE	word 0: address; word 1: how many, and in its upper half how
 *		many to move; word 2: where to, or 0; word 3: mask (lower
 *		half), ABI_WORD_SHARED; target: 0. Gives in target: woken and,
 *		in its upper half, moved.
 * RESUME	word 0: frame. Restores the frame's registers; does not return.
 */
#define ABI_CALLS(X) \
	X(CALL, 0) \
	X(SEND, 1) \
	X(RECEIVE, 2) \
	X(REPLY, 3) \
	X(REPLY_RECEIVE, 4) \
	X(SUBMIT, 5) \
	X(WAIT, 6) \
	X(SIGNAL, 7) \
	X(LEASE_COPY, 8) \
	X(CLOSE, 9) \
	X(WORD_WAIT, 10) \
	X(WORD_WAKE, 11) \
	X(RESUME, 12)

enum abi_call {
#define X(name, number) ABI_##name = number,
	ABI_CALLS(X)
#undef X
	ABI_CALL_COUNT
};

/* ---- head ---- */

/* In: of the message that is sent; out: of the one that came. */
#define ABI_BYTES_SHIFT 32		/* 13 bits: 0 to ABI_MESSAGE_MAX */
#define ABI_HANDLES_SHIFT 45		/* 4 bits: 0 to ABI_HANDLES_MAX */
#define ABI_LEASES_SHIFT 49		/* 3 bits: 0 to ABI_LEASES_MAX */
#define ABI_EXPECTED_SHIFT 52		/* 4 bits, in: handles in the reply */
#define ABI_SLOT_SHIFT 56		/* 7 bits, in: the send slot */
#define ABI_TIMED (UINT64_C(1) << 63)	/* in: there is a deadline; else for ever */
/* Out, with a failure of CALL or SEND: the request may have been received. */
#define ABI_DELIVERED (UINT64_C(1) << 52)

#define ABI_BYTES(head) ((uint32_t)((head) >> ABI_BYTES_SHIFT) & 0x1fff)
#define ABI_HANDLES(head) ((uint32_t)((head) >> ABI_HANDLES_SHIFT) & 0xf)
#define ABI_LEASES(head) ((uint32_t)((head) >> ABI_LEASES_SHIFT) & 0x7)
#define ABI_EXPECTED(head) ((uint32_t)((head) >> ABI_EXPECTED_SHIFT) & 0xf)
#define ABI_SLOT(head) ((uint32_t)((head) >> ABI_SLOT_SHIFT) & 0x7f)

/*
 * Out: the low 32 bits are a status of runtime/status.h, negative; or 0; or,
 * of what receives, an event with the rights that the session's protocol has.
 */
#define ABI_STATUS(head) ((int32_t)(uint32_t)(head))
#define ABI_EVENT(head) ((uint32_t)(head) & 0xf)
#define ABI_REPLY_FAILED (UINT64_C(1) << 4)	/* of REPLY_RECEIVE */
#define ABI_RIGHTS_SHIFT 8			/* 16 bits */
#define ABI_RIGHTS(head) ((uint16_t)((head) >> ABI_RIGHTS_SHIFT))

enum abi_event {
	ABI_REQUEST = 1,	/* badge; token, or 0 if nobody waits; message */
	ABI_CANCEL,		/* token: nobody waits any more; answer or drop it */
	ABI_GONE,		/* badge: its last client handle is gone */
	ABI_NOTIFY		/* target: bits of the notification that is bound */
};

/* ---- target ---- */

#define ABI_RECEIVE_SLOT_SHIFT 32	/* 7 bits */
#define ABI_RECEIVE_SLOT(target) ((uint32_t)((target) >> ABI_RECEIVE_SLOT_SHIFT) & 0x7f)
#define ABI_DROP (UINT64_C(1) << 40)	/* REPLY, REPLY_RECEIVE: no message */
/* CALL, SEND, RECEIVE, WAIT, WORD_WAIT: Thread.interrupt ends it: SK_CANCELED. */
#define ABI_CANCELLABLE (UINT64_C(1) << 41)

/* Handles: 20 bits of index, 12 of generation; 0 is none. */
#define ABI_INDEX_BITS 20
#define ABI_INDEX(number) ((uint32_t)(number) & ((UINT32_C(1) << ABI_INDEX_BITS) - 1))
#define ABI_GENERATION(number) ((uint32_t)(number) >> ABI_INDEX_BITS)

/* Tokens: 16 bits of index, 16 of generation, which is never 0. */
#define ABI_TOKEN_INDEX(token) ((uint32_t)(token) & 0xffff)
#define ABI_TOKEN_GENERATION(token) ((uint32_t)(token) >> 16)

#define ABI_LEASE_WRITE (UINT64_C(1) << 32)	/* LEASE_COPY: into the caller's */
#define ABI_WORD_SHARED (UINT64_C(1) << 63)	/* keyed by memory, not by space */

/* Deadlines: nanoseconds of the monotonic clock. */
#define ABI_POLL UINT64_C(0)
#define ABI_FOREVER UINT64_MAX

/* ---- messages ---- */

#define ABI_MESSAGE_MAX 4096
#define ABI_WORDS 5
#define ABI_WORD_BYTES (8 * ABI_WORDS)
#define ABI_HANDLES_MAX 8
#define ABI_LEASES_MAX 4
#define ABI_SLOTS_MAX 128

/* A handle beside a message. */
struct abi_handle {
	uint32_t number;	/* sent: the sender's; received: the receiver's */
	uint16_t rights;	/* of the protocol. Sent: at most these; received: these */
	uint8_t copies;		/* sent: the sender keeps its own */
	uint8_t kind;		/* received: enum kernel_Kind */
	/* Of the kernel, likewise; all bits set: as many as there are. */
	uint16_t kernel_rights;
	uint16_t pad[3];
};

/* A lease beside a message. */
struct abi_lease {
	uint64_t address;	/* sent; received: 0 */
	uint64_t size;
	uint32_t direction;	/* bits of runtime/attached.h: SK_LEASE_... */
	/* Sent: 0, or 1 more than the lease of `token` that is passed on; then
	 * `address` is an offset within it. */
	uint32_t passed;
	uint32_t token;
	uint32_t pad;
};

/*
 * Beside each slot's page, ABI_DESCRIPTORS_SIZE bytes. Sent ones stay as they
 * are; received ones are written over.
 */
struct abi_descriptors {
	struct abi_handle handles[ABI_HANDLES_MAX];
	struct abi_lease leases[ABI_LEASES_MAX];
};
#define ABI_DESCRIPTORS_SIZE 256
#define ABI_SLOT_PAGE 4096

/* ---- rings ---- */

/*
 * The ring's memory: a struct abi_ring; its entries; `queue`, by which its
 * owner says what is to be submitted next: the index of an entry, 4 bytes
 * each, round and round, one for each slot; `done`, likewise, by which the
 * kernel says what has completed. Behind them, from a multiple of a page on,
 * a page for each slot's message, and then each slot's descriptors. A reply
 * goes where its request was.
 */
struct abi_ring {
	uint32_t slots;
	/* Written by the kernel, only to be read: submitted and completed so
	 * far. The next of `queue` is the one at submitted % slots. */
	uint32_t submitted;
	uint32_t completed;
	uint8_t pad[244];
};
#define ABI_RING_ENTRIES 256
#define ABI_RING_QUEUE(slots) (ABI_RING_ENTRIES + (uint64_t)(slots) * 256)
#define ABI_RING_DONE(slots) (ABI_RING_QUEUE(slots) + (uint64_t)(slots) * 4)
#define ABI_RING_MESSAGES(slots) \
	((ABI_RING_DONE(slots) + (uint64_t)(slots) * 4 + 4095) & ~UINT64_C(4095))
#define ABI_RING_DESCRIPTORS(slots) \
	(ABI_RING_MESSAGES(slots) + (uint64_t)(slots) * ABI_SLOT_PAGE)
#define ABI_RING_SIZE(slots) ((ABI_RING_DESCRIPTORS(slots) + \
	(uint64_t)(slots) * ABI_DESCRIPTORS_SIZE + 4095) & ~UINT64_C(4095))

enum abi_ring_operation {
	ABI_RING_CALL = 1,
	ABI_RING_SEND,
	/* What is under way with this entry's `cookie`. SK_INVALID: nothing. */
	ABI_RING_CANCEL
};

/*
 * Entry i belongs to slot i. Submitting reads it once, up to `cookie`; the
 * rest is written, `state` last, when the call completes.
 */
struct abi_entry {
	uint64_t head;		/* operation in place of the call; counts */
	uint64_t target;
	uint64_t words[ABI_WORDS];
	uint64_t deadline;	/* ABI_FOREVER: none */
	uint64_t cookie;	/* as it was given */
	uint64_t result_head;	/* as after CALL */
	uint64_t result_target;
	uint64_t result_words[ABI_WORDS];
	uint32_t priority;	/* 0: the submitter's; at most that */
	uint32_t state;		/* enum abi_entry_state */
	uint64_t pad[15];
};

enum abi_entry_state {
	ABI_ENTRY_FREE,		/* the owner's to fill */
	ABI_ENTRY_BUSY,
	ABI_ENTRY_DONE		/* the owner's to read, and then to free */
};

/* ---- upcalls ---- */

enum abi_upcall {
	ABI_UPCALL_FOREIGN = 1,	/* a foreign system call */
	ABI_UPCALL_SIGNAL,	/* Thread.interrupt, outside of the shim */
	ABI_UPCALL_MOVED	/* as ABI_FRAME_MOVED, outside of the shim */
};

/*
 * The last words of the frame's page, 4 bytes each. The kernel sets PENDING when
 * the thread is interrupted in the shim; the shim clears it. The kernel sets
 * INSIDE when it enters the shim, and clears it at RESUME; a shim that leaves by
 * itself clears it, in the range that starts again if interrupted, before which
 * it looks at PENDING.
 *
 * CPU is the number of the one that the thread runs on, kept by the kernel. With
 * TELL, which is the shim's, the kernel sets MOVED, in the shim or entering it, when
 * the thread goes on after another has run in its place, or on another CPU; the shim
 * clears it, and looks at it where it looks at PENDING.
 */
#define ABI_FRAME_TELL 4076
#define ABI_FRAME_CPU 4080
#define ABI_FRAME_MOVED 4084
#define ABI_FRAME_PENDING 4088
#define ABI_FRAME_INSIDE 4092

/* ---- the clock's page ---- */

/*
 * Its first 64 bytes say how the monotonic time is had (the architecture's). At
 * ABI_CLOCK this: the time since 1970, in nanoseconds, is `now` + offset +
 * drift, which is rounded towards 0:
 *	passed	now - since
 *	drift	(passed / 1000000 * frequency +
 *		passed % 1000000 * frequency / 1000000) / 65536
 * To be read again if `sequence` was odd, or is another behind it.
 */
#define ABI_CLOCK 64
struct abi_clock {
	uint32_t sequence;
	uint32_t pad;
	uint64_t since;
	int64_t offset;
	int64_t frequency;
};

/* ---- what the first program finds ---- */

/*
 * A space begins with nothing but what its maker put into its table; these are
 * the numbers of the handles that the first program has, and `argument` of its
 * first thread is 0. (20 bits of index from 1; generation 1.)
 */
#define ABI_FIRST(index) (UINT32_C(1) << ABI_INDEX_BITS | (index))
#define ABI_FIRST_SPACE ABI_FIRST(1)
#define ABI_FIRST_THREAD ABI_FIRST(2)
#define ABI_FIRST_QUOTA ABI_FIRST(3)
#define ABI_FIRST_SYSTEM ABI_FIRST(4)

_Static_assert(sizeof(struct abi_descriptors) <= ABI_DESCRIPTORS_SIZE, "they fit");
_Static_assert(sizeof(struct abi_handle) == 16, "no holes");
_Static_assert(sizeof(struct abi_lease) == 32, "no holes");
_Static_assert(sizeof(struct abi_entry) == 256, "none is in two pages");
_Static_assert(sizeof(struct abi_ring) == ABI_RING_ENTRIES, "entries follow");

#endif
