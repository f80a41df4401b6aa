/*
 * Tests that run as a program in the OS. Each case runs in a thread of its own,
 * charged to a quota of its own, with a time limit and a fault handler; what it
 * leaves behind is taken away. It is a function that gets a struct test, calls
 * the kernel through generated stubs, and says what it expects:
 *
 *	EXPECT_OK(t, K(t, t->quota, Quota_create_memory, &made, .size = 4096));
 *	EXPECT(t, status.size, 4096);
 */
#ifndef TESTS_OS_TEST_H
#define TESTS_OS_TEST_H

#include "bench.skald.h"
#include "fault.skald.h"
#include "kernel.skald.h"
#include "runtime/kernel/port.h"
#include "runtime/kernel/sys.h"
#include "runtime/start/start.h"
#include "runtime/start/string.h"

#define TEST_HELPERS 6			/* threads beside the case's own */
#define TEST_STACK (32 * 1024)
#define TEST_SLOTS 16
#define TEST_PRIORITY 100
#define MS UINT64_C(1000000)		/* ns */

struct test;

struct test_case {
	const char *name;		/* what it proves */
	void (*run)(struct test *t);
	unsigned cpus;			/* at least so many; 0: any */
};

struct test_helper {
	struct sk_thread thread;
	struct test *test;
	void (*run)(struct test_helper *self);
	void *argument;
	volatile uint32_t done;		/* a word to wait for */
	volatile uint64_t value;	/* for the case's own use */
	int status;
	uint8_t stack[TEST_STACK] __attribute__((aligned(16)));
};

struct test {
	struct sk_thread *thread;	/* of the case, with all its channels */
	/* Handles that all cases have: of the space, the case's thread, its quota,
	 * the machine, its clock. */
	struct sk_handle space;
	struct sk_handle self;
	struct sk_handle quota;
	struct sk_handle system;
	struct sk_handle clock;
	unsigned cpus;
	unsigned failures;
	unsigned checks;
	struct test_helper *helpers;	/* TEST_HELPERS */
	unsigned helper_count;
	/* Set: a fault of a thread is handled by this, else it fails the case. */
	bool (*on_fault)(struct test *t, uint64_t address, uint64_t instruction,
		uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *
		reply);
	struct sk_handle fault_handler;	/* a session to who handles them */
	volatile uint32_t faults;
	uint32_t retries;		/* foreign calls that are to be made again */
	volatile uint64_t value;	/* for the case's own use */
};

/* ---- what is expected ---- */

void test_check(struct test *t, const char *file, int line, const char *what,
	uint64_t came, uint64_t expected);
void test_check_signed(struct test *t, const char *file, int line, const char *what,
	int64_t came, int64_t expected);
void test_fail(struct test *t, const char *file, int line, const char *what);

#define EXPECT(t, came, expected) \
	test_check(t, __FILE__, __LINE__, #came, (uint64_t)(came), (uint64_t)(expected))
/* A status, or an error of the kernel's. */
#define EXPECT_STATUS(t, came, expected) \
	test_check_signed(t, __FILE__, __LINE__, #came, came, expected)
#define EXPECT_OK(t, came) EXPECT_STATUS(t, came, 0)
#define EXPECT_TRUE(t, what) \
	((what) ? (void)(t)->checks++ : test_fail(t, __FILE__, __LINE__, #what))
/* Without it, the case cannot go on. */
#define REQUIRE(t, what) \
	do { \
		if (!(what)) { \
			test_fail(t, __FILE__, __LINE__, #what); \
			return; \
		} \
		(t)->checks++; \
	} while (0)
#define REQUIRE_OK(t, call) REQUIRE(t, (call) == 0)

/* ---- calls ---- */

/* A channel over a handle, good until 32 more were asked for; its replies, until
 * the next call on any. The handle stays the case's. */
struct sk_channel *on_thread(struct sk_thread *thread, struct sk_handle handle);
#define on(t, handle) on_thread((t)->thread, handle)

/* K(t, handle, Memory_status, &reply, .size = 1): a method of the kernel's; `0` if
 * it has no arguments. */
#define K(t, handle, method, reply, ...) \
	kernel_##method(on(t, handle), \
		&(struct kernel_##method##_request){__VA_ARGS__}, reply, NULL)
/* The same where the reply says nothing. */
#define K0(t, handle, method, ...) \
	kernel_##method(on(t, handle), \
		&(struct kernel_##method##_request){__VA_ARGS__}, \
		&(struct kernel_##method##_reply){0}, NULL)
/* And of bench.Target, by a thread. */
#define B(thread, handle, method, reply, ...) \
	bench_Target_##method(on_thread(thread, handle), \
		&(struct bench_Target_##method##_request){__VA_ARGS__}, reply, NULL)

#define NUMBER(handle) sk_kernel_number(handle)

/* ---- what most cases need; all belong to the case's quota ---- */

struct sk_handle new_memory(struct test *t, uint64_t size);
struct sk_handle new_notification(struct test *t);
struct sk_handle new_endpoint(struct test *t);
struct sk_handle new_space(struct test *t);
struct sk_handle new_quota(struct test *t, uint64_t bytes);
struct sk_handle new_timer(struct test *t, struct sk_handle notification, uint64_t bits);
/* A thread in this space, with its slots, that is not started. */
struct sk_handle new_thread(struct test *t, struct sk_kernel_slots *slots);
/* Another handle of the same object, with these rights of the kernel's. */
struct sk_handle copy(struct test *t, struct sk_handle handle, uint16_t rights);
#define COPY(t, handle) copy(t, handle, UINT16_MAX)
void close(struct sk_handle handle);
/* A session, with the other handle if `control` is not NULL. */
struct sk_handle mint(struct test *t, struct sk_handle endpoint, uint64_t badge,
	uint32_t credit, struct sk_handle *control);
/* Maps it here, readable and writable; 0: it cannot be. */
uint64_t map(struct test *t, struct sk_handle memory, uint64_t length);
uint64_t map_as(struct test *t, struct sk_handle memory, uint64_t offset,
	uint64_t length, uint32_t protection, uint32_t flags);
uint64_t now(struct test *t);
/* Waits for so long. */
void pause_for(struct test *t, uint64_t nanoseconds);
/* The same for a helper, by its own thread. */
uint64_t thread_now(struct sk_thread *thread, struct test *t);
void thread_pause(struct sk_thread *thread, struct test *t, uint64_t nanoseconds);
/* Waits for bits, at most two seconds; those that came. */
uint64_t await(struct sk_handle notification, uint64_t mask, struct test *t);

/* A thread that runs beside the case; NULL: there are too many. */
struct test_helper *start(struct test *t, void (*run)(struct test_helper *self),
	void *argument);
/* Waits until it has run, at most two seconds. */
bool join(struct test *t, struct test_helper *helper);
/* Waits until a number that others count is so great, at most two seconds. */
bool await_count(struct test *t, const volatile uint32_t *count, uint32_t wanted);
/* Waits until a thread is in a state, at most two seconds. */
bool await_state(struct test *t, struct sk_handle thread, uint32_t state);

/* ---- any system call at all ---- */

void enter(struct sk_registers *registers);
/* Its status, of a call with just these. */
int32_t enter_status(uint64_t call, uint64_t target, uint64_t a, uint64_t b,
	uint64_t c, uint64_t d);

/* ---- a server of bench.Target (serve.c) ---- */

struct server {
	struct test_helper *helper;
	struct sk_handle endpoint;
	struct sk_handle client;	/* a session of badge 7 */
	struct sk_kernel_port port;
	struct sk_reply held[32];
	volatile uint32_t held_count;
	uint64_t noted;
	uint64_t note_count;
	volatile uint32_t canceled;
	volatile uint32_t gone;
	uint64_t notified;
	struct sk_kernel_session sessions[8];
	int status;			/* with which its loop ended */
};

/* Starts one; false: it cannot be. It lasts as long as the case. */
bool serve(struct test *t, struct server *server);
/* Lets it end: false if it does not. */
bool stop_server(struct test *t, struct server *server);
/* Serves in the calling thread. */
void serve_here(struct server *server, struct sk_thread *thread,
	struct sk_handle endpoint, uint32_t slot);

/* Set: each operation uses vectors. */
extern bool serve_with_vectors;

/* ---- other spaces (child.c) ---- */

struct child {
	struct sk_handle space;
	struct sk_handle thread;
	struct sk_handle memory;	/* of its image */
};

/* What a child finds in its copy of the image. */
struct child_start {
	void (*run)(struct child_start *self);
	struct sk_thread thread;
	struct sk_kernel_slots slots;
	uint32_t thread_number;		/* of handles, in its own table */
	uint32_t space_number;
	uint32_t quota_number;
	uint32_t given[8];
	uint64_t argument;
};

/*
 * A program in a space of its own: a copy of this one, as it is now, that runs a
 * function. Handles in `given` are moved to it.
 */
bool new_child(struct test *t, struct child *child,
	void (*run)(struct child_start *self), uint64_t argument,
	const struct sk_handle *given, unsigned count);
void start_child(struct test *t, struct child *child);
/* A child that serves bench.Target: `endpoint` is moved to it. */
bool serve_in_child(struct test *t, struct sk_handle endpoint, struct child *child);

/* ---- hostile programs ---- */

/* Hostile programs for so long, and what becomes of the others (hostile.c). How
 * much went wrong. */
unsigned run_hostile(struct test *t, uint32_t seconds, uint64_t seed);

/* ---- what `make bench-ipc` measures (tests/bench/ipc/measure.c) ---- */

/* `rounds` 0: as many as it takes for good figures. */
void run_benches(struct test *t, uint32_t rounds);
/* And of what traces cost (tests/bench/trace/measure.c). */
void run_trace_benches(struct test *t, uint32_t rounds);

/* ---- the cases, one table for each file ---- */

#define TEST_TABLES(X) \
	X(object_cases) \
	X(memory_cases) \
	X(space_cases) \
	X(thread_cases) \
	X(quota_cases) \
	X(notification_cases) \
	X(timer_cases) \
	X(endpoint_cases) \
	X(call_cases) \
	X(fast_cases) \
	X(lease_cases) \
	X(ring_cases) \
	X(word_cases) \
	X(fault_cases) \
	X(upcall_cases) \
	X(machine_cases) \
	X(trace_cases) \
	X(hostile_cases)

#define X(table) extern const struct test_case table[];
TEST_TABLES(X)
#undef X

#endif
