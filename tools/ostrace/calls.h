/*
 * Calls, put together from what both sides, and the kernel, recorded of them: with
 * what is called while they are served inside of them.
 *
 * A client's record and a server's are of one call if they have the same
 * correlation and method; or if the kernel recorded that the one thread's request
 * was delivered to the other. Spans of programs, and foreign system calls, are
 * calls here too, without a server.
 */
#ifndef OSTRACE_CALLS_H
#define OSTRACE_CALLS_H

#include "tools/ostrace/world.h"

/* A record that was decoded, and who wrote it. */
struct record {
	struct entry entry;
	struct thread *thread;		/* never NULL */
	uint32_t ring;
	uint64_t order;			/* in the stream */
	uint8_t bytes[ostrace_SLOT_SIZE];
};

enum call_kind {
	CALL_METHOD,
	CALL_ONEWAY,			/* that left, or was served; not both */
	CALL_FOREIGN,
	CALL_SPAN
};

/* What is known of it. */
enum {
	CALL_CALLED = 1,
	CALL_DELIVERED = 2,
	CALL_SERVED = 4,
	CALL_ANSWERED = 8,
	CALL_RETURNED = 16,
	CALL_REFUSED = 32
};

struct call {
	enum call_kind kind;
	unsigned known;
	struct thread *client;		/* who calls, or NULL */
	struct thread *server;		/* who serves, or NULL */
	uint64_t correlation;		/* the client's; of a span its name */
	uint64_t server_correlation;
	uint32_t message_id;		/* of the request; foreign: its number */
	uint64_t channel;
	uint64_t badge;
	uint32_t size;
	uint32_t lent;
	uint32_t reply_size;
	uint8_t handles, leases, reply_handles, retries;
	int32_t status;
	int64_t number;			/* of a span: its argument; foreign: the result */
	uint64_t arguments[4];		/* foreign */
	uint64_t called, served, answered, returned;
	uint64_t inner;			/* nanoseconds of calls made in it */
	/* On the thread of the one, or of the other, something else began before it
	 * and ended in it, or the other way round. */
	bool client_overlaps, server_overlaps;
	struct record *records;		/* if they are kept */
	size_t record_count;

	/* Of calls.c. */
	unsigned depth;
	bool is_done;
	bool is_kernels;		/* only the kernel tells of it */
	struct thread *arriving_at;	/* whose `arriving` it is */
	struct call *parent;
	struct call *first, *last;	/* made in it, in their order */
	struct call *next;		/* of its parent's */
	unsigned done;			/* of those */
	struct call *next_of_thread;	/* in thread->calls */
	struct call *outer;		/* in thread->inside */
	struct call *next_called, *next_served;	/* of those found by correlation */
	struct call *older, *newer;	/* of all open ones */
};

/* From its beginning to its end, as far as is known. */
uint64_t call_begin(const struct call *call);
uint64_t call_end(const struct call *call);
/* Nanoseconds that nobody else spent for it: at the server, if that is known. */
uint64_t call_self(const struct call *call);
/* It ended: as it should, or with an error. */
bool call_is_whole(const struct call *call);
/* "fs.File.read", "syscall 59", or a span's name. */
const char *call_name(const struct world *world, const struct call *call,
	char room[MESSAGE_NAME_ROOM]);

#define CALLS_BUCKETS 4096
/* Of so many open calls the oldest is given up. */
#define CALLS_MAX 65536
/* So many that are done are told of before their parent. */
#define CALLS_WAITING 512

struct calls {
	struct world *world;
	/* Takes one that is over, or (at the stream's end, or given up) is not; those
	 * within it follow, in their order, before the next that is not. */
	void (*report)(void *self, const struct call *call);
	void *self;
	bool keeps_records;

	struct call *called[CALLS_BUCKETS];
	struct call *served[CALLS_BUCKETS];
	struct call *oldest, *newest;
	unsigned open;
};

/* In the order of time. False: it is of no call. */
bool calls_take(struct calls *calls, const struct record *record);
/* Nothing follows: all that are open are told of. */
void calls_end(struct calls *calls);

#endif
