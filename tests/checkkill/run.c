/*
 * Decodes cases. See run.h.
 */
#define _GNU_SOURCE

#include "tests/checkkill/run.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define VALUE_MAX ((size_t)1 << 20)
#define ROOM_MAX ((size_t)1 << 22)

struct ck_state ck;

static struct {
	uint8_t *end;			/* of what can be read */
	void *value;
	uint8_t *room;
	uint8_t *beside;		/* the same for what came beside it */
	sigjmp_buf back;
	volatile int is_running;
} run;

bool ck_refuse(const struct ck_site *site, unsigned inner)
{
	if (ck.kill_site == site && ck.kill_inner == inner)
		return false;
	if (ck.failed_site == NULL) {
		ck.failed_site = site;
		ck.failed_inner = inner;
	}
	return true;
}

void ck_outside(void)
{
	siglongjmp(run.back, RUN_OUTSIDE);
}

void ck_endless(void)
{
	siglongjmp(run.back, RUN_ENDLESS);
}

static void on_fault(int number)
{
	if (!run.is_running) {
		signal(number, SIG_DFL);
		return;
	}
	siglongjmp(run.back, RUN_OUTSIDE);
}

static void *map(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
		| MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return at;
}

static void start(void)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	size_t size = 2 * CASE_MAX;

	/* Around the message nothing can be read, far behind it neither. */
	uint8_t *at = map((size_t)1 << 34);
	mprotect(at + size, ((size_t)1 << 34) - size, PROT_NONE);
	run.end = at + size;
	run.beside = (uint8_t *)map(2 * CASE_MAX) + CASE_MAX;
	mprotect(run.beside, CASE_MAX, PROT_NONE);
	run.value = map(VALUE_MAX);
	run.room = map(ROOM_MAX);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

void run_clear(struct ck_case *c)
{
	c->size = 0;
	c->room = -1;
	c->room_gap = 0;
	run_attach(c, 0, 0);
}

void run_attach(struct ck_case *c, unsigned handles, unsigned leases)
{
	c->handles = handles;
	c->leases = leases;
	for (unsigned i = 0; i < SK_HANDLES_MAX; i++)
		c->rights[i] = SK_RIGHTS_ALL;
	for (unsigned i = 0; i < SK_LEASES_MAX; i++) {
		c->direction[i] = SK_LEASE_INOUT;
		c->lent[i] = 0;
	}
}

void run_copy(struct ck_case *to, const struct ck_case *from)
{
	memcpy(to, from, offsetof(struct ck_case, bytes) + from->size);
}

bool run_is_plain(const struct ck_case *c)
{
	for (unsigned i = 0; i < c->handles; i++)
		if (c->rights[i] != SK_RIGHTS_ALL)
			return false;
	for (unsigned i = 0; i < c->leases; i++)
		if (c->direction[i] != SK_LEASE_INOUT || c->lent[i] != 0)
			return false;
	return c->room < 0;
}

/* What did not come cannot be read, as far as it lies at the end. */
static struct sk_attached *attach(const struct ck_case *c)
{
	size_t size = c->leases != 0
		? offsetof(struct sk_attached, leases) + c->leases * sizeof(struct sk_lease)
		: offsetof(struct sk_attached, handles) + c->handles * sizeof(struct sk_passed);
	struct sk_attached *attached = (struct sk_attached *)(void *)(run.beside - size);

	sk_attach_none(attached);
	attached->handle_count = c->handles;
	attached->lease_count = c->leases;
	for (unsigned i = 0; i < c->handles; i++)
		attached->handles[i] = (struct sk_passed){ { (int)i + 3 }, c->rights[i], false };
	for (unsigned i = 0; i < c->leases; i++)
		attached->leases[i] = (struct sk_lease){ NULL, c->lent[i], i + 1,
			c->direction[i] };
	return attached;
}

/* It has taken what did not come, though something else refused it later. */
static bool has_taken_too_many(const struct sk_attached *attached)
{
	return (attached->handles_numbered != SK_REFUSED
			&& attached->handles_numbered > attached->handle_count)
		|| (attached->leases_numbered != SK_REFUSED
			&& attached->leases_numbered > attached->lease_count);
}

/* Comes back here from wherever decoding ends. */
static __attribute__((noinline)) int decode(const struct ck_case *c, const uint8_t *bytes,
	struct sk_room *room, struct sk_attached *attached)
{
	int result = sigsetjmp(run.back, 0);

	if (result != 0)
		return result;
	run.is_running = 1;
	return c->message->decode(run.value, bytes, c->size, room, attached);
}

int run_case(const struct ck_case *c, const struct ck_site *site, unsigned inner)
{
	struct sk_room room;

	if (run.end == NULL)
		start();
	uint8_t *bytes = run.end - c->size;
	memcpy(bytes, c->bytes, c->size);
	struct sk_attached *attached = attach(c);
	if (c->room >= 0) {
		room.at = run.room + c->room_gap;
		room.end = room.at + c->room;
		room.is_full = false;
	}
	ck.kill_site = site;
	ck.kill_inner = inner;
	ck.failed_site = NULL;
	ck.begin = bytes;
	ck.steps = 0;
	int result = decode(c, bytes, c->room < 0 ? NULL : &room, attached);
	run.is_running = 0;
	if (result < 0 && has_taken_too_many(attached))
		result = RUN_OUTSIDE;
	if (site == NULL && result > 0) {
		fprintf(stderr, "checkkill: %s: with all checks on, decoding %s\n",
			c->message->name, run_status(result));
		abort();
	}
	return result;
}

const char *run_status(int status)
{
	switch (status) {
	case 0: return "accepted";
	case RUN_OUTSIDE: return "outside";
	case RUN_ENDLESS: return "endless";
#define X(name, number, text) case number: return "SK_" #name;
	SK_STATUS_LIST(X)
#undef X
	default: return "?";
	}
}
