/*
 * Cases of system calls: each says on a line of its own what came of one behaviour, as
 * `TOPIC/CALL: WHAT = RESULT`. The same program runs on Linux and in the OS, and the
 * lines are compared (tests/posix/calls.sh), so a line holds nothing that differs between
 * two runs: no numbers of processes, no addresses, no times.
 *
 * Calls are made as they are, without the C library's part.
 */
#ifndef TESTS_POSIX_CALLS_CALL_H
#define TESTS_POSIX_CALLS_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Newer than some C libraries' headers. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* Where nothing is mapped, and where no program's memory is. */
#define WILD ((void *)16)
#define BEYOND ((void *)(~UINT64_C(0) - 4095))
#define HERE (-100)			/* AT_FDCWD */

long raw(long number, long a, long b, long c, long d, long e, long f);

#define CALL_SIX(number, a, b, c, d, e, f, ...) \
	raw(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* Makes a call, of at least one argument: its result, or -errno. */
#define C(call, ...) CALL_SIX(SYS_##call, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
/* The same with a line: T(close, "of a number that is free", 77). */
#define T(call, what, ...) line(#call, what, C(call, __VA_ARGS__))
/* Likewise where all results that are no errors count as one. */
#define TOK(call, what, ...) line_ok(#call, what, C(call, __VA_ARGS__))
/* A line about what a call has done: a number or a text. */
#define SAY(call, what, value) line(#call, what, (long)(value))
#define TEXT(call, what, text, size) line_text(#call, what, text, (long)(size))
#define ERROR(call, what, value) line_error(#call, what, (long)(value))

/* All return the result that they show. -1 to -4095 are shown as an error's name. */
long line(const char *call, const char *what, long result);
long line_ok(const char *call, const char *what, long result);
/* A number of an error, as positive, 0 for none. */
long line_error(const char *call, const char *what, long number);
/* `size` bytes; what is not printable as \x.. */
void line_text(const char *call, const char *what, const char *text, long size);

/* A new file with this text. */
void make_file(const char *path, const char *text);
/* Runs it in a child, there with other ids if `user` is not 0; its exit code, 256 + signal. */
int in_child(void (*run)(void), unsigned user);
/* Waits for a child: its code, or 256 + signal. */
int child_code(long pid);
/* In nanoseconds, of the monotonic clock. */
int64_t clock_now(void);
/* Whether all `size` bytes are `value`. */
bool all_are(const void *data, int value, size_t size);

#define TOPICS(X) \
	X(files) X(open) X(vectors) X(descriptors) X(names) X(directories) X(status) \
	X(attributes) X(transfers) X(memory) X(process) X(exec) X(threads) X(priorities) \
	X(signals) X(sequences) X(time) X(poll) X(events) X(pidfds) X(pipes) X(sockets) \
	X(addresses) X(messages) X(socketoptions) X(tcp) X(udp) X(urgent) X(identity) X(limits) X(bounds) X(faults) \
	X(memfd) \
	X(system) X(absent)

#endif
