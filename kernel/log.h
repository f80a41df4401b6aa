/* The kernel's log: kept in a ring, and put out as it comes. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stdint.h>

/* %s %u %x %lu %lx, numbers with a width, as printf. Any time. */
void log_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_text(const char *text, uint32_t size);

/* What is left of it from a position on; how many bytes were put into `to`. */
uint32_t log_read(uint64_t *from, char *to, uint32_t size, uint64_t *lost);
uint64_t log_end(void);

/* Something that cannot be: prints it, with a backtrace, and stops the machine.
 * Never the answer to anything that a program, or a device, does. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define CHECK(condition) \
	(__builtin_expect(!!(condition), 1) ? (void)0 : \
	panic("%s:%u: %s", __FILE__, (unsigned)__LINE__, #condition))

#endif
