/*
 * A fuzzer of the hosted kernel: it plays programs and the machine at random, and
 * looks over the whole kernel between calls.
 *
 *	main.c		rounds, options, what is printed of a finding
 *	choose.c	random numbers, and arguments by what there is: handles of the
 *			acting thread's space, addresses of its mappings, its tokens
 *	enter.c		ways into the kernel, as the CPU has them; messages in slots
 *	methods.c	calls on kernel objects, by the clients' stubs; some with their
 *			bytes changed
 *	acts.c		all other system calls, faults, rings, servers, time, devices
 *	pagers.c	programs that page, and what their pages have to hold
 *	spawn.c		spaces and threads with handles of most kinds, in small quotas
 *	census.c	counts who refers to what: objects, frames, bytes
 *	check.c		invariants of objects, quotas, threads and CPUs
 *	check_ipc.c	... of sessions, endpoints, tokens, rings, and lost wake-ups
 *	check_memory.c	... of memories, mappings and page tables
 *
 * A round is a fresh machine whose first program begins to act. In each step one
 * CPU is chosen; the thread that runs there does something, or else time passes.
 * What exists is read from the kernel itself, so arguments mostly make sense.
 * After each K steps all objects are found through the tree of quotas and who
 * refers to them is counted anew; what the kernel says must be the same. At the
 * end of a round all is killed, and nothing may be left but what there was at
 * first. All of it follows from the seed.
 */
#ifndef TESTS_KERNEL_FUZZ_H
#define TESTS_KERNEL_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/arch/host/host.h"
#include "kernel/device.h"
#include "kernel/endpoint.h"
#include "kernel/memory.h"
#include "kernel/notification.h"
#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/ring.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "kernel/token.h"
#include "runtime/channel.h"
#include "kernel.skald.h"

/* ---- main.c ---- */

/* One of the last calls, as a finding shows them. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* `what` of an object, or NULL, is as it has to be. */
void same(const char *what, const struct object *of, uint64_t expected, uint64_t came);
#define MUST(what, of, condition) same(what, of, 1, (condition) ? 1 : 0)

/* ---- choose.c ---- */

/* Who acts: it runs on host_cpu. */
extern struct thread *actor;

void random_seed(uint64_t seed);
uint64_t random_number(void);
uint32_t below(uint32_t count);
bool one_in(uint32_t count);
/* Often 0, few bits, or near the end; any. */
uint64_t random_word(void);
/* A handle of the actor's space: mostly of the kind (NONE: any; SESSION: of a
 * client); else of another, or none. */
uint32_t pick_handle(uint32_t kind);
/* The same as all that is in the table, with the entry; 0: none. */
uint32_t pick_in(const struct handle_table *table, uint32_t kind, struct handle *entry);
/* Of the actor's space: mostly in a mapping; `aligned`: to a page. */
uint64_t pick_address(bool aligned);
uint64_t pick_pages(void);
uint64_t pick_size(void);
uint64_t pick_token(void);
/* A deadline and its flag of a head: mostly soon. */
uint64_t pick_deadline(uint64_t *flag);
uint64_t pick_id(uint32_t kind);

/* ---- enter.c ---- */

/* A system call of the actor; what is restarted is made again as long as the CPU
 * runs it. True: it still runs, and has its answer. */
bool call_system(uint32_t number, uint64_t head, uint64_t target,
	const uint64_t words[ABI_WORDS], uint64_t token, uint64_t time);
/* It has not had to wait, nor ended, since this step began. */
bool acts_still(void);
/* One access to memory, with at most one fault. NULL: none now. */
void *touch(uint64_t address, uint32_t access);
void raise_exception(uint32_t what, uint32_t code, uint64_t address);
/* Handles and leases, some of them, and bytes in a slot of the actor's. Returns
 * what a head says of them. */
uint64_t fill_message(uint32_t slot, uint64_t words[ABI_WORDS], bool with_leases);

/* A call by its stub; false: it failed, or the actor no longer runs. */
#define DO(interface, method, handle, reply, ...) \
	(kernel_##interface##_##method(channel_to(handle), \
		&(struct kernel_##interface##_##method##_request){__VA_ARGS__}, reply, \
		&no_deadline) == 0 && acts_still())

/* ---- methods.c, acts.c, pagers.c, spawn.c ---- */

/* For stubs: the next call is on this handle. */
struct sk_channel *channel_to(uint32_t number);
extern struct sk_call no_deadline;
/* What the last call by a stub asked for is what was meant. */
bool was_meant(void);
void call_method(void);
/* What the kernel's own objects may hold for ever: then references are at least. */
bool is_slack(const struct object *object);
void forget_slack(void);
void find_slack(void);
void act(void);
/* Answers a call that the actor's space has received. */
void answer_token(uint64_t number);
/* This round is mostly about pagers. */
extern bool paging;
/* Serves a pager's call, or uses what is paged; false: there is nothing of it. */
bool act_paged(void);
/* What the actor's space pages from now on is mapped into a space. */
void page_for(uint32_t quota, uint32_t space);
/* A reply of the actor's is about to be made, and has been: if it is to a pager's
 * call, those who wait hear of it. */
void before_reply(uint64_t token, uint64_t id, bool drops);
void after_reply(const struct space *space);
/* Some call on a kernel object is about to be made, with this request. */
void pages_protected(uint64_t request);
/* Nobody runs on this CPU, or it is the machine's turn. */
void act_machine(void);
void spawn(void);
void begin_program(void);

/* ---- census.c, check*.c ---- */

struct record {
	struct object *object;
	uint64_t references;		/* found */
	uint64_t handles;
	uint64_t bytes;			/* that it is charged, by what it has */
	uint64_t clients;		/* of a session */
	uint64_t receive_handles;	/* of an endpoint */
	uint64_t nodes;			/* mappings of a memory, sessions, tokens */
	uint64_t under_way;
	uint64_t used[QUOTA_UNITS];	/* of a quota */
	bool is_kept;			/* at a round's end: by the machine's own */
};
/* All that exists, in the order of the tree of quotas. */
extern struct record *records;
extern unsigned record_count;
struct record *record_of(const struct object *object);
void take_census(void);
void refer(const struct object *object);
/* Memory of the pool, and frames: once for each reference. */
void mark_pool(const void *memory, size_t size);
void mark_frame(uint64_t frame);
/* Against what the kernel says; at a round's first: what is not known is learnt. */
void check_frames(bool first);
void check_objects(bool first);
/* The list is well formed; how many are in it. */
unsigned list_length(const struct list *head, const char *what);
bool list_has(const struct list *head, const struct list *node);
void each_mapping(struct mapping *tree, void (*act)(struct mapping *mapping));
unsigned count_tables(const struct memory *memory);
void check_threads(void);
extern unsigned thread_count;		/* that have not ended, as last checked */
void check_ipc(void);
void check_memories(void);
/* A page of a pager's memory; all have been looked at. */
void check_paged(struct memory *memory, uint64_t index, uint64_t entry);
void pages_looked(void);
/* Pages of a memory: `act` of each entry with a frame. */
void each_page(struct memory *memory, void (*act)(struct memory *memory, uint64_t index,
	uint64_t entry));

/* As pager.c has it. */
struct pager_call {
	struct caller caller;
	struct memory *memory;
	uint64_t words[ABI_WORDS];
	uint64_t offset;
	uint64_t length;
	bool will_write;
};

#define OF(type, object_) ((struct type *)object_self(object_))

#endif
