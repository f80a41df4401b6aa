/*
 * How a thing is measured in an emulated machine, the same way in the OS and in a
 * Linux guest. Under -icount the time stamp counter counts instructions, so a
 * difference of it is a number that is the same in every run. Between two marker
 * instructions each thing is done 64 times more, for a plugin of the emulator that
 * counts by kinds (ipc/plugin.c).
 *
 * Who includes this defines report().
 */
#ifndef TESTS_BENCH_ROUNDS_H
#define TESTS_BENCH_ROUNDS_H

#include <stdint.h>

#ifndef TIMED
#define TIMED 10000
#endif
#ifndef MARKED
#define MARKED 64
#endif

/* `mean` and `least` are of one of the `rounds` that were done at a time. */
void report(void *to, const char *name, uint64_t mean, uint64_t least, unsigned rounds);

static inline uint64_t stamp(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#define MARK_BEGIN __asm__ volatile("nopl 0x534b0001(%%rax)" : : : "memory")
#define MARK_END __asm__ volatile("nopl 0x534b0002(%%rax)" : : : "memory")

/* `before` is not measured, but done before each. What is measured does `rounds`
 * things at a time. */
#define MEASURE_TIMES(to, name, times, rounds, before, ...) \
	do { \
		uint64_t sum_ = 0, least_ = UINT64_MAX, empty_; \
\
		for (unsigned i_ = 0; i_ < (times) / 50; i_++) { \
			before; \
			__VA_ARGS__; \
		} \
		empty_ = stamp(); \
		empty_ = stamp() - empty_; \
		for (unsigned i_ = 0; i_ < (times); i_++) { \
			uint64_t begin_; \
\
			before; \
			begin_ = stamp(); \
			__VA_ARGS__; \
			begin_ = stamp() - begin_; \
			sum_ += begin_; \
			if (begin_ < least_) \
				least_ = begin_; \
		} \
		for (unsigned i_ = 0; i_ < MARKED; i_++) { \
			before; \
			MARK_BEGIN; \
			__VA_ARGS__; \
			MARK_END; \
		} \
		report(to, name, (sum_ / (times) - empty_ + (rounds) / 2) / (rounds), \
			(least_ - empty_) / (rounds), rounds); \
	} while (0)
#define MEASURE_EACH(to, name, rounds, before, ...) \
	MEASURE_TIMES(to, name, TIMED, rounds, before, __VA_ARGS__)
#define MEASURE(to, name, ...) MEASURE_EACH(to, name, 1, (void)0, __VA_ARGS__)

#endif
