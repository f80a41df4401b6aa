/*
 * Words: a table of lists of threads, by what they wait for. Which list a word
 * has cannot be known outside, so nobody can fill one that another one needs.
 */
#include "kernel/word.h"

#include "kernel/random.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel.skald.h"
#include "fault.skald.h"

#define LISTS 1024			/* a power of two */

struct key {
	uint64_t of;			/* id of a space, or of a memory */
	uint64_t at;			/* address, or offset */
};

static struct list lists[LISTS];
static uint64_t seed;

void word_init(void)
{
	for (unsigned i = 0; i < LISTS; i++)
		list_init(&lists[i]);
	random_fill(&seed, sizeof seed);
}

static struct list *list_of(struct key key)
{
	uint64_t hash = (key.at ^ seed) * UINT64_C(0x9e3779b97f4a7c15);

	hash = (hash ^ hash >> 32 ^ key.of) * (seed | 1);
	return &lists[(hash ^ hash >> 29) >> 32 & (LISTS - 1)];
}

/* 0, or why there is none. A private mapping's words are the space's own. */
static int find_key(const struct space *space, uint64_t address, bool shared,
	struct key *key)
{
	const struct mapping *mapping;

	*key = (struct key){ space->object.id, address };
	if (address % 4 != 0)
		return SK_INVALID;
	if (!shared)
		return SK_OK;
	mapping = space_find(space, address);
	if (!mapping)
		return SK_LEASE_FAULT;
	if (!(mapping->flags & kernel_MapFlags_PRIVATE))
		*key = (struct key){ mapping->memory->object.id,
			mapping->offset + (address - mapping->start) };
	return SK_OK;
}

/* What `head` says if it does not wait; 1 if it is to. */
static int look(const struct thread *thread, uint64_t address, uint32_t expected,
	uint64_t deadline)
{
	uint32_t *word, reason;
	uint64_t size;

	word = space_see(thread->space, address, false, &size, &reason);
	if (!word)
		return SK_LEASE_FAULT;
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected)
		return SK_WOULD_BLOCK;
	return deadline == ABI_POLL ? SK_TIMED_OUT : 1;
}

static void join(struct thread *thread, struct key key)
{
	thread->word_of = key.of;
	thread->word_at = key.at;
	thread->waits_for = list_of(key);
	list_add(thread->waits_for, &thread->waiting);
}

void word_wait(struct thread *thread, uint64_t address, uint32_t expected,
	uint32_t mask, bool shared, uint64_t deadline)
{
	struct key key;
	int status = mask == 0 ? SK_INVALID :
		find_key(thread->space, address, shared, &key);

	if (status == SK_OK)
		status = look(thread, address, expected, deadline);
	frame_set_head(&thread->frame, (uint32_t)status);
	if (status <= 0)
		return;
	thread->wait_mask = mask;
	join(thread, key);
	thread_wait(thread, kernel_ThreadState_WAITING, deadline);
}

int64_t word_wake(struct thread *thread, uint64_t address, uint32_t count,
	uint32_t move, uint64_t to, uint32_t mask, bool shared)
{
	uint32_t woken = 0, moved = 0;
	struct key from, target;
	int status = find_key(thread->space, address, shared, &from);

	if (status == SK_OK && to)
		status = find_key(thread->space, to, shared, &target);
	if (status != SK_OK)
		return status;
	for LIST_EACH(at, list_of(from)) {
		struct thread *each = LIST_OF(at, struct thread, waiting);

		if (woken + moved == WORD_STEPS)
			break;
		if (each->word_of != from.of || each->word_at != from.at ||
				!(each->wait_mask & mask))
			continue;
		if (woken >= count && (!to || moved >= move))
			break;
		list_remove(&each->waiting);
		if (woken < count) {
			thread_wake(each, SK_OK);
			woken++;
		} else {
			join(each, target);
			moved++;
		}
	}
	return (int64_t)((uint64_t)moved << 32 | woken);
}
