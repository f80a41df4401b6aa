/* Invariants of objects, quotas, threads and CPUs. */
#include "tests/kernel/fuzz/fuzz.h"

#define LISTS_MAX 100000
#define BASE_MAX 256

unsigned list_length(const struct list *head, const char *what)
{
	unsigned count = 0;

	for (const struct list *at = head; count < LISTS_MAX; at = at->next, count++) {
		MUST(what, NULL, at->next->previous == at);
		if (at->next == head)
			return count;
	}
	finding("a list has no end: %s", what);
}

bool list_has(const struct list *head, const struct list *node)
{
	for (const struct list *at = head->next; at != head; at = at->next)
		if (at == node)
			return true;
	return false;
}

/* ---- objects and quotas ---- */

/* What is there at first, and who knows who refers to it. */
static struct {
	uint64_t id;
	uint64_t references;
	uint64_t bytes;
} base[BASE_MAX];
static unsigned base_count;

static void check_quota(const struct record *record)
{
	static const char *const units[] = {"bytes that a quota says are used",
		"threads that a quota says are used", "spaces that a quota says are used",
		"handles that a quota says are used"};
	const struct quota *quota = OF(quota, record->object);
	unsigned children = 0;

	for (unsigned unit = 0; unit < QUOTA_UNITS; unit++)
		same(units[unit], record->object, record->used[unit], quota->used[unit]);
	for (struct list *at = quota->children.next; at != &quota->children; at = at->next)
		MUST("a child is its parent's", record->object, LIST_OF(at, struct quota,
			sibling)->parent == quota && children++ < LISTS_MAX);
}

static void check_object(const struct record *record, uint64_t references, uint64_t bytes,
	bool known)
{
	const struct object *object = record->object;

	same("handles of an object", object, record->handles, object->handles);
	MUST("an object with a handle is alive", object,
		object->references > 0 || record->references == 0);
	if (is_slack(object) || (known && object->type == &memory_type))
		MUST("references of an object are at least those found", object,
			object->references >= record->references);
	else
		same("references of an object", object, record->references + references,
			object->references);
	MUST("what nobody refers to, or has ended, is to be taken apart", object,
		list_is_empty(&object->reaping) ? object->references > 0 :
		object->references == 0 || object->type == &space_type);
	if (object->quota && object->type->kind < kernel_Kind_CLOCK)
		same("bytes that an object is charged", object, record->bytes + bytes,
			object->charged);
}

void check_objects(bool first)
{
	for (unsigned i = 0; i < record_count; i++) {
		const struct record *record = &records[i];
		uint64_t references = 0, bytes = 0;
		bool known = false;

		if (first && i < BASE_MAX) {
			base[i].id = record->object->id;
			base[i].references = record->object->references - record->references;
			base[i].bytes = record->object->charged - record->bytes;
			base_count = i + 1;
		}
		for (unsigned each = 0; each < base_count; each++) {
			if (base[each].id != record->object->id)
				continue;
			known = true;
			references = base[each].references;
			bytes = base[each].bytes;
		}
		/* Taken apart in steps: what it still has, it is not asked. */
		if (record->object->references > 0 || record->references > 0)
			check_object(record, references, bytes, known);
		if (record->object->type == &quota_type)
			check_quota(record);
	}
}

/* ---- threads ---- */

unsigned thread_count;

static void check_running(const struct thread *thread)
{
	unsigned count = 0;

	for (unsigned i = 0; i < host_cpu_count; i++)
		count += cpus[i].current == thread;
	same("CPUs that a thread runs on", &thread->object,
		thread->state == kernel_ThreadState_RUNNING, count);
	if (count && (thread->suspended > 0 || thread->is_killed))
		MUST("a thread that is to stop is looked at", &thread->object,
			thread->attention && host_cpus[thread->cpu - cpus].poked);
	MUST("a thread is in a queue if it is READY", &thread->object,
		list_is_empty(&thread->ready) == (thread->state != kernel_ThreadState_READY));
	if (thread->state != kernel_ThreadState_READY)
		return;
	MUST("a READY thread is in its CPU's queue", &thread->object,
		list_has(&thread->cpu->ready[thread->effective], &thread->ready));
	MUST("a READY thread may run", &thread->object, thread->suspended == 0 &&
		!thread->is_killed);
}

/* By its state: what it waits in, and that somebody can end it. */
static void check_waiting(const struct thread *thread)
{
	bool waits = !list_is_empty(&thread->waiting);
	bool timed = !list_is_empty(&thread->deadline.link);

	switch (thread->state) {
	case kernel_ThreadState_RECEIVING:
		MUST("who receives is at its endpoint", &thread->object, waits ? list_has(
			&((struct endpoint *)thread->waits_for)->receivers, &thread->waiting) :
			thread->served && thread->served->ready == thread);
		break;
	case kernel_ThreadState_WAITING:
		MUST("who waits is in a list", &thread->object, waits);
		break;
	case kernel_ThreadState_FAULTED:
		MUST("who is FAULTED has a call or waits for a page", &thread->object,
			waits == (thread->fault.state == CALLER_IDLE));
		if (waits)
			MUST("who waits for a page is at its memory", &thread->object, list_has(
				&((struct memory *)thread->waits_for)->waiting, &thread->waiting));
		break;
	default:
		MUST("who does not wait is in no list", &thread->object, !waits && !timed);
		break;
	}
	MUST("who was interrupted waits for nothing that can be canceled", &thread->object,
		!thread->pending || !thread->is_cancellable ||
		thread->state < kernel_ThreadState_CALLING ||
		thread->state > kernel_ThreadState_WAITING);
	same("a thread is CALLING if its caller is not idle", &thread->object,
		thread->state == kernel_ThreadState_CALLING,
		thread->caller.state != CALLER_IDLE);
	MUST("a fault's call is a FAULTED thread's", &thread->object,
		thread->fault.state == CALLER_IDLE ||
		thread->state == kernel_ThreadState_FAULTED);
}

static uint64_t deadlines;		/* that are set, of all objects */

static void count_deadline(const struct deadline *deadline)
{
	deadlines += !list_is_empty(&deadline->link);
}

static void check_thread(struct thread *thread)
{
	thread_count += !thread->is_ended && thread->state != kernel_ThreadState_STOPPED;
	check_running(thread);
	check_waiting(thread);
	count_deadline(&thread->deadline);
	count_deadline(&thread->caller.deadline);
	count_deadline(&thread->fault.deadline);
	MUST("a thread is in its space's list until it ends", &thread->object,
		list_is_empty(&thread->in_space) == thread->is_ended);
	if (thread->serves)
		MUST("who serves is its token's server", &thread->object,
			thread->serves->server == thread &&
			thread->serves->state == TOKEN_HELD);
	if (thread->served)
		MUST("who received last is its endpoint's", &thread->object,
			thread->served->last_receiver == thread);
}

static void check_deadlines(const struct cpu *cpu)
{
	uint64_t timer = host_cpus[cpu->index].timer, first = ABI_FOREVER;

	for (const struct list *at = cpu->deadlines.next; at != &cpu->deadlines; at = at->next) {
		const struct deadline *deadline = LIST_OF(at, struct deadline, link);

		if (at == &cpu->deadlines_end)
			continue;
		deadlines--;
		if (deadline->when < first)
			first = deadline->when;
	}
	if (list_is_empty(&cpu->deadlines_end))
		MUST("no deadline is before a CPU's next", NULL, cpu->next_deadline <= first);
	if (first > host_time + (UINT64_C(1) << 62) || host_cpus[cpu->index].poked)
		return;
	MUST("a CPU's timer comes for its deadlines", NULL, timer != UINT64_MAX &&
		timer <= (first > host_time ? first : host_time) + 2 * SCHED_SLICE);
}

static void check_cpu(const struct cpu *cpu)
{
	int32_t top = -1;

	for (int i = 0; i < SCHED_PRIORITIES; i++) {
		bool occupied = cpu->occupied[i / 64] >> i % 64 & 1;

		same("a priority of a CPU is marked", NULL,
			list_length(&cpu->ready[i], "a run queue") > 0, occupied);
		top = occupied ? i : top;
	}
	same("the greatest priority of a CPU", NULL, (uint64_t)top, (uint64_t)cpu->top);
	list_length(&cpu->deadlines, "deadlines");
	check_deadlines(cpu);
	MUST("a CPU that is to look is poked", NULL, !cpu->wants_look ||
		host_cpus[cpu->index].poked || !cpu->current ||
		(!cpu->current->attention && cpu->current->effective >= top));
	MUST("a CPU with threads in its queue runs one", NULL, cpu->current || top < 0 ||
		host_cpus[cpu->index].poked);
	MUST("who runs on a CPU is the kernel's", NULL,
		cpu->current == host_cpus[cpu->index].current);
}

static void count_others(struct object *object)
{
	if (object->type == &timer_type)
		count_deadline(&OF(timer, object)->deadline);
	if (object->type == &memory_type && OF(memory, object)->calls)
		for (unsigned i = 0; i < MEMORY_PAGER_CALLS; i++)
			count_deadline(&OF(memory, object)->calls[i].caller.deadline);
	if (object->type == &ring_type)
		for (uint32_t i = 0; i < OF(ring, object)->chunk_count * RING_CHUNK &&
				i < OF(ring, object)->slot_count; i++)
			count_deadline(&ring_slot(OF(ring, object), i)->caller.deadline);
}

void check_threads(void)
{
	deadlines = 0;
	thread_count = 0;
	for (unsigned i = 0; i < record_count; i++) {
		struct object *object = records[i].object;

		if (object->type == &thread_type)
			check_thread(OF(thread, object));
		else
			count_others(object);
	}
	for (unsigned i = 0; i < host_cpu_count; i++)
		check_cpu(&cpus[i]);
	MUST("what is in lists of deadlines is somebody's", NULL, deadlines == 0 ||
		deadlines == UINT64_MAX);	/* the trace's reader */
}
