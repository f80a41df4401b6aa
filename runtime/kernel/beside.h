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

static inline uint64_t sk_kernel_word(const uint8_t *from, uint32_t size, uint32_t at)
{
	if (size <= at)
		return 0;
	return sk_get_uint64(from + at) & UINT64_MAX >> (size - at < 8 ? 64 - 8 * (size - at) : 0);
}

/* The first words of a message. What stood behind it is nobody else's to see. */
static inline void sk_kernel_load(uint64_t words[ABI_WORDS], const uint8_t *from,
	uint32_t size)
{
	/* No loop and no copy: words stay in registers. */
	words[0] = sk_kernel_word(from, size, 0);
	words[1] = sk_kernel_word(from, size, 8);
	words[2] = sk_kernel_word(from, size, 16);
	words[3] = sk_kernel_word(from, size, 24);
	words[4] = sk_kernel_word(from, size, 32);
}

/* Where a message is decoded: a slot, or as much as the words. */
static inline void sk_kernel_store(uint8_t *to, const uint64_t words[ABI_WORDS])
{
	sk_put_uint64(to, words[0]);
	sk_put_uint64(to + 8, words[1]);
	sk_put_uint64(to + 16, words[2]);
	sk_put_uint64(to + 24, words[3]);
	sk_put_uint64(to + 32, words[4]);
}

#endif
