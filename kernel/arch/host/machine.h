/*
 * A machine without hardware: physical memory is one array, and which CPU runs
 * is a variable. See host.h for what tests do with it.
 */
#ifndef KERNEL_ARCH_HOST_MACHINE_H
#define KERNEL_ARCH_HOST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define CPUS_MAX 4
#define USER_BASE UINT64_C(0x10000)
#define USER_END UINT64_C(0x7ffffffff000)

/* Where memory begins. */
#define HOST_PHYSICAL (UINT64_C(1) << 20)
/* Bytes of the instructions by which threads enter. */
#define HOST_CALL_BYTES 2
#define HOST_VECTORS 512
#define HOST_BREAKPOINTS 4

struct cpu;

struct frame {
	uint64_t head;
	uint64_t target;		/* a new thread's argument, too */
	uint64_t words[5];
	uint64_t token;
	uint64_t time;
	uint64_t instruction;
	uint64_t stack;
	uint64_t behind;		/* the instruction that it entered by */
	uint32_t again;			/* other than 0: it is to be made again */
	uint32_t pad;
};

struct arch_space {
	uint64_t root;			/* frame of the first table */
};

struct arch_thread {
	uint64_t tls;
	uint64_t breakpoints[HOST_BREAKPOINTS];
	uint32_t breakpoints_on[HOST_BREAKPOINTS];
	bool step;
	bool vectors_allowed;
	bool loaded;			/* on some CPU */
	uint8_t vectors[HOST_VECTORS];
};

#define HOST_LOOKS 100000		/* at the clock while the lock is held once */

extern uint8_t *host_memory;
extern uint64_t host_memory_size;
extern uint64_t host_time;
extern uint64_t host_time_step;
extern unsigned host_looks;

struct cpu *host_this_cpu(void);
_Noreturn void host_fail(const char *what, uint64_t number);

static inline struct cpu *arch_cpu(void)
{
	return host_this_cpu();
}

static inline void *arch_physical(uint64_t address)
{
	if (address - HOST_PHYSICAL >= host_memory_size)
		host_fail("no memory is at this physical address", address);
	return host_memory + (address - HOST_PHYSICAL);
}

static inline void arch_copy_words(void *to, const void *from, size_t words)
{
	volatile uint64_t *target = to;
	const volatile uint64_t *source = from;

	for (size_t i = 0; i < words; i++)
		target[i] = source[i];
}

static inline void arch_zero_words(void *at, size_t words)
{
	volatile uint64_t *target = at;

	for (size_t i = 0; i < words; i++)
		target[i] = 0;
}

static inline uint64_t arch_now(void)
{
	if (host_looks++ == HOST_LOOKS)
		host_fail("the kernel goes round for ever; it has looked at the clock", host_looks);
	return host_time += host_time_step;
}

static inline uint64_t frame_head(const struct frame *frame)
{
	return frame->head;
}

static inline uint64_t frame_target(const struct frame *frame)
{
	return frame->target;
}

static inline uint64_t frame_token(const struct frame *frame)
{
	return frame->token;
}

static inline uint64_t frame_time(const struct frame *frame)
{
	return frame->time;
}

static inline uint64_t *frame_words(struct frame *frame)
{
	return frame->words;
}

static inline void frame_set_head(struct frame *frame, uint64_t head)
{
	frame->head = head;
}

static inline void frame_set_target(struct frame *frame, uint64_t target)
{
	frame->target = target;
}

static inline void frame_set_token(struct frame *frame, uint64_t token)
{
	frame->token = token;
}

static inline void frame_set_time(struct frame *frame, uint64_t time)
{
	frame->time = time;
}

static inline uint64_t frame_foreign(const struct frame *frame)
{
	return frame->head;
}

static inline void frame_set_foreign(struct frame *frame, uint64_t result)
{
	frame->head = result;
}

static inline uint64_t frame_instruction(const struct frame *frame)
{
	return frame->instruction;
}

static inline void frame_restart(struct frame *frame)
{
	frame->instruction = frame->behind - HOST_CALL_BYTES;
	frame->again = 1;
}

/* What is free is out of bounds for the address sanitizer (kernel/pool.h). */
#if defined(__SANITIZE_ADDRESS__)
#define HOST_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOST_POISONS 1
#endif
#endif
#ifdef HOST_POISONS
void __asan_poison_memory_region(void const volatile *at, __SIZE_TYPE__ size);
void __asan_unpoison_memory_region(void const volatile *at, __SIZE_TYPE__ size);
#define ARCH_POISON(at, size) __asan_poison_memory_region(at, size)
#define ARCH_UNPOISON(at, size) __asan_unpoison_memory_region(at, size)
#endif

#endif
