/* What Linux asks for things like ours: see measure.c. */
#ifndef TESTS_BENCH_LINUX_MEASURE_H
#define TESTS_BENCH_LINUX_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Tells on stderr that a line is missing, and why: errno. */
void left_out(const char *name);

/* ---- who answers, in a process or a thread ---- */

enum way { PIPES, SOCKETS, EVENTS };

struct peer {
	int in, out;		/* of the peer */
	int to, from;		/* the other ends */
	size_t size;		/* of a message, each way */
	void (*serve)(struct peer *self);
	pid_t process;
};

/* In a process of its own. If it fails, `name` is left out. */
bool begin_process(struct peer *peer, enum way way, const char *name);
void end_process(struct peer *peer);

/* Sends back each message of `size`, at most 4096. */
void serve_echo(struct peer *self);

/* ---- what other files measure ---- */

/* Batches of operations, for each: of no effect, and of messages to a process and
 * back. */
void measure_uring(void);

/* Handled in the process itself, by a signal; and by another, which maps a page. */
void measure_faults(void);

#endif
