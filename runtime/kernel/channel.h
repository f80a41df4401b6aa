/*
 * Channels over handles of the kernel: to a server, by a session, or to one of
 * the kernel's objects, which is called in the same way. A request is encoded
 * where the kernel takes it from, in a message slot of the thread, and its
 * first 40 bytes are loaded into registers; a reply is decoded where it arrives.
 *
 * A thread has slots once it has registered them (kernel.Thread.set_slots).
 * Until then a channel carries messages of 40 bytes with nothing beside them,
 * which is enough to register slots.
 */
#ifndef RUNTIME_KERNEL_CHANNEL_H
#define RUNTIME_KERNEL_CHANNEL_H

#include "kernel/abi.h"
#include "runtime/channel.h"

/* The message slots of a thread, as they were mapped for it. */
struct sk_kernel_slots {
	uint8_t *base;			/* NULL: there are none */
	uint32_t count;
};

/*
 * Touches memory that was lent and found missing, so that the call can be made
 * again: a byte of each page, in the caller's own time, without changing it. False:
 * it cannot be had, and the call is SK_LEASE_FAULT.
 */
typedef bool sk_kernel_touch(const struct sk_lease *lease);

struct sk_kernel_channel {
	struct sk_channel channel;

	/* May be set before the first call. A channel to kernel.Clock, for the
	 * deadlines that methods have of their own; NULL: those never pass. */
	struct sk_channel *clock;
	/* Where the address of that clock's page is (kernel.Clock.page) once it is mapped,
	 * which saves the call; may be NULL. */
	const void *const *clock_page;
	/* sk_kernel_touch_pages() unless set; NULL: calls are not made again. */
	sk_kernel_touch *touch;

	/* The transport's own. */
	uint32_t number;		/* of the handle; 0: closed */
	uint32_t send_slot;
	uint64_t target;		/* of the system call */
	uint64_t slot_counts;		/* send_slot, as part of its head */
	struct abi_descriptors *sent;	/* NULL: no slots */
	struct abi_descriptors *received;
	uint64_t words[2][ABI_WORDS];	/* in place of slots */
};

/*
 * A channel over a handle, which is its own from now on. Requests are encoded in
 * one slot and replies decoded in another. Channels may share slots: what was
 * decoded from the reply of one is then good only until the next call on any.
 * `slots` NULL: it has none. Slots that are not there: SK_INVALID.
 */
int sk_kernel_channel_open(struct sk_kernel_channel *channel,
	const struct sk_kernel_slots *slots, uint32_t send_slot, uint32_t receive_slot,
	struct sk_handle handle);
/* Closes the handle. May be repeated. */
void sk_kernel_channel_close(struct sk_kernel_channel *channel);
/* The handle's, for other system calls; it stays the channel's. */
struct sk_handle sk_kernel_channel_handle(const struct sk_kernel_channel *channel);

/* The default: reads a byte of each page, or writes it as it is where the server
 * may write. A page that is not there for good is the thread's fault. */
bool sk_kernel_touch_pages(const struct sk_lease *lease);

extern const struct sk_channel_ops sk_kernel_channel_ops;

/* For fast.h: what sk_invoke() says of a reply whose words were put where it is
 * decoded. */
int sk_kernel_sort_reply(struct sk_channel *channel, uint64_t head,
	const struct sk_method *method);
/*
 * For fast.h: what a system call came back with that is not the method's reply in
 * words, of this size, and nothing else. Never 0.
 */
int sk_kernel_sort_out(struct sk_channel *channel, uint64_t head,
	struct sk_words words, const struct sk_method *method, uint32_t reply_size);

#endif
