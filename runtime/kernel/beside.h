/*
 * What goes beside a message, from the runtime's terms (runtime/attached.h)
 * into the kernel's (kernel/abi.h) and back.
 *
 * For runtime/kernel/ only.
 */
#ifndef RUNTIME_KERNEL_BESIDE_H
#define RUNTIME_KERNEL_BESIDE_H

#include "kernel/abi.h"
#include "runtime/attached.h"
#include "runtime/codec.h"

/* The two kinds of rights: a schema names those of its handle's interface, and
 * the kernel knows whose they are. As many kernel's rights as there are. */
#define SK_KERNEL_RIGHTS_ALL UINT16_MAX

/* Handles of a message that is sent. */
void sk_kernel_put_handles(struct abi_descriptors *to,
	const struct sk_attached *attached);
/* Memory that is lent with it. */
void sk_kernel_put_leases(struct abi_descriptors *to,
	const struct sk_attached *attached);
/* What came with a message, so many of each, of which some may be garbage. */
void sk_kernel_take(struct sk_attached *attached, const struct abi_descriptors *from,
	uint32_t handles, uint32_t leases);
/* Closes what was to move and did not. What has moved has no number any more,
 * and is not found. */
void sk_kernel_lose(struct sk_attached *attached);

/* The first words of a message. What stood behind it is nobody else's to see. */
static inline void sk_kernel_load(uint64_t words[ABI_WORDS], const uint8_t *from,
	uint32_t size)
{
	for (uint32_t i = 0; i < ABI_WORDS; i++) {
		words[i] = 0;
		if (size > 8 * i)
			memcpy(&words[i], from + 8 * i, 8);
	}
}

/* Where a message is decoded: a slot, or as much as the words. */
static inline void sk_kernel_store(uint8_t *to, const uint64_t words[ABI_WORDS])
{
	/* No loop and no copy: words stay in registers. */
	sk_put_uint64(to, words[0]);
	sk_put_uint64(to + 8, words[1]);
	sk_put_uint64(to + 16, words[2]);
	sk_put_uint64(to + 24, words[3]);
	sk_put_uint64(to + 32, words[4]);
}

#endif
