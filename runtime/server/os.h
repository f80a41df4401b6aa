/*
 * What a program in the OS begins with that is no kernel's first: a session to its
 * supervisor, and by that its own objects (protocols/svrctl.skald, Server). It
 * defines sk_os_main() in place of sk_main().
 *
 * One thread, the first, uses all of this. For how to write a server see
 * docs/servers.md, "In the OS".
 */
#ifndef RUNTIME_SERVER_OS_H
#define RUNTIME_SERVER_OS_H

#include "log.skald.h"
#include "runtime/kernel/port.h"
#include "runtime/kernel/ring.h"
#include "runtime/server/heap.h"
#include "runtime/start/start.h"
#include "runtime/start/string.h"
#include "runtime/trace.h"
#include "svrctl.skald.h"

/* Calls that one program can have under way besides that of its thread. */
#define SK_OS_RING 8
/* And of the runtime's own: for events of the supervisor, and for traces. */
#define SK_OS_RING_OWN 2
/* Bits of its notification that are its own: from 0 on. */
#define SK_OS_BITS 62

/*
 * A call of the ring, and what is done with its answer:
 *
 *	fs_File_read_begin(&os->ring.ring, channel, &request, sk_pending(&p), NULL);
 *
 * The completion is released once `done` returns. It lasts until then.
 */
struct sk_pending {
	void (*done)(void *self, struct sk_completion *completion);
	void *self;
};
static inline uint64_t sk_pending(const struct sk_pending *pending)
{
	return (uintptr_t)pending;
}

/* Something to be done at a time, in the loop. All zero but for the first two. */
struct sk_alarm {
	void (*ring)(void *self);
	void *self;
	/* The loop's own. */
	uint64_t time;			/* 0: not set */
	struct sk_alarm *next;
};

/* What is done when bits of the notification are set, in the loop. */
struct sk_signal {
	void (*came)(void *self);
	void *self;
};

struct sk_service;

struct sk_os {
	struct sk_thread *thread;
	struct sk_kernel_channel supervisor;	/* svrctl.Server */
	struct sk_kernel_channel names;		/* svrctl.Names, if it uses any */
	struct sk_kernel_channel clock;		/* kernel.Clock, to read */
	struct sk_heap heap;			/* of all it has by its quota */
	struct sk_kernel_ring ring;
	struct sk_handle notification;
	char name[65];
	uint32_t instance;			/* how often it was started before */
	/* What to do when it is to end within so many milliseconds; before
	 * serving. NULL: the loop ends at once. */
	void (*stop)(struct sk_os *os, uint32_t grace);

	/* The runtime's own. */
	uint64_t pairs_used;			/* of free slots, bit by bit */
	struct sk_slot slots[SK_OS_RING + SK_OS_RING_OWN];
	uint8_t *ring_memory;
	struct sk_signal signals[SK_OS_BITS];
	uint32_t signal_count;
	struct sk_alarm *alarms;		/* the next to ring first */
	struct sk_pending event;
	struct sk_loop *loop;			/* NULL: it serves nothing */
	const void *clock_page;			/* NULL: not asked for yet */
	struct sk_trace *trace;			/* NULL: it takes no part in traces */
};

/* The program. It ends with what comes back: 0 is good. */
int sk_os_main(struct sk_os *os);

/* Tells the supervisor that all is there: sk_serve() does so itself, so it is for
 * programs that serve nothing. */
int sk_os_ready(struct sk_os *os);
/* Tells it that there is no use in another try, and why. Then it ends. */
_Noreturn void sk_os_give_up(struct sk_os *os, int32_t code, const char *why);
/* Ends the program, with all its threads. */
_Noreturn void sk_os_exit(struct sk_os *os, int32_t code);

/* The clock's page (runtime/kernel/clock.h), mapped when it is first asked for; NULL: it
 * cannot be. */
const void *sk_os_clock(struct sk_os *os);
/* Monotonic nanoseconds, and the deadline that passes in so many milliseconds. */
uint64_t sk_os_now(struct sk_os *os);
/* Nanoseconds since 1970; without a call once the clock's page has been asked for. */
int64_t sk_os_wall(struct sk_os *os);
uint64_t sk_os_after(struct sk_os *os, uint32_t milliseconds);
/* Waits, outside of a loop. */
void sk_os_sleep(struct sk_os *os, uint32_t milliseconds);

/* A line for the machine's log, which has the program's name before it; as sk_print()
 * formats. Never waits for anybody but the supervisor. */
void sk_log(struct sk_os *os, log_Level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Its arguments (or its environment), each with a NUL behind it, into `text`; how
 * many bytes they have, or a negative status.
 */
int sk_os_arguments(struct sk_os *os, bool environment, char *text, uint32_t capacity);

/*
 * A channel over a handle, which is its own from now on. All of these share two
 * slots: what was decoded from a reply is good until the next call on any of
 * them. (A struct sk_client has slots of its own.)
 */
void sk_os_channel(struct sk_os *os, struct sk_kernel_channel *channel,
	struct sk_handle handle);
/* The same with two slots of its own. SK_EXHAUSTED: there are no more. */
int sk_os_channel_apart(struct sk_os *os, struct sk_kernel_channel *channel,
	struct sk_handle handle);
/* Closes either; slots of its own are free again. */
void sk_os_channel_close(struct sk_os *os, struct sk_kernel_channel *channel);
/* Another handle of the same object, with these rights of the kernel's at most; none:
 * it cannot be had. */
struct sk_handle sk_os_copy(struct sk_os *os, struct sk_handle handle, uint16_t rights);

/*
 * For programs that serve nothing: does what is due of alarms, completions of the ring
 * and signals; if there is none of these, waits for one until the deadline. 0,
 * SK_TIMED_OUT.
 */
int sk_os_step(struct sk_os *os, uint64_t deadline);

/* The time of an alarm, anew. */
void sk_alarm_set(struct sk_os *os, struct sk_alarm *alarm, uint64_t time);
void sk_alarm_cancel(struct sk_os *os, struct sk_alarm *alarm);

/*
 * A bit of the notification, to be bound to an interrupt, a timer or the like, with
 * sk_os_notify() as what is signalled: `came` is called in the loop when it was set.
 * The bit as a mask; 0: there are no more.
 */
uint64_t sk_os_signal(struct sk_os *os, void (*came)(void *self), void *self);
/* A handle of the notification with the right to signal, to be moved. */
struct sk_handle sk_os_notify(struct sk_os *os);

#endif
