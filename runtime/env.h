/*
 * The outside world, as far as the runtime and generated code need it. This
 * is the only place that names it: a port to another environment changes this
 * file alone. Wanted: memcpy and memset, a byte order, and SK_ONCE.
 */
#ifndef RUNTIME_ENV_H
#define RUNTIME_ENV_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
/* Declared, not included: a freestanding C has no string.h. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
#ifdef __cplusplus
}
#endif

#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SK_BIG_ENDIAN 1
#else
#define SK_BIG_ENDIAN 0
#endif

/*
 * Makes the compiler forget where the value came from, so that it cannot
 * fetch it a second time from a message that somebody may be changing. Costs
 * no instruction. A test that wants to be told of it defines its own.
 */
#ifndef SK_ONCE
#define SK_ONCE(value) __asm__("" : "+r"(value))
#endif

/* The same for what was copied to memory: it is from here on what stands there,
 * not what stood in the message. */
#ifndef SK_COPIED
#define SK_COPIED(pointer) __asm__("" : : "r"(pointer) : "memory")
#endif

/* Of functions that are short once what they call is known. */
#ifndef SK_INLINE
#define SK_INLINE static inline
#endif

#define SK_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define SK_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#ifdef __cplusplus
#define SK_CHECK(condition, text) static_assert(condition, text)
#else
#define SK_CHECK(condition, text) _Static_assert(condition, text)
#endif

#endif
