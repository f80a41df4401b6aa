/*
 * Scheduling: who runs on a CPU and where threads that can run wait for one. The
 * thread that runs is in no queue. With more than one CPU, one that does not run
 * is saved, so that any CPU can take it.
 */
#include "kernel/sched.h"

#include "kernel/endpoint.h"
#include "kernel/log.h"
#include "kernel/object.h"
#include "kernel/space.h"
#include "kernel/token.h"
#include "kernel/trace.h"
#include "kernel.skald.h"

#include <string.h>

struct cpu cpus[CPUS_MAX];
unsigned cpu_count;
bool sched_is_slow;
static uint64_t online_cpus;
static uint64_t idle_cpus;

void sched_init(void)
{
	memset(cpus, 0, sizeof cpus);
	cpu_count = 0;
	online_cpus = idle_cpus = 0;
}

static void set_bar(struct cpu *cpu)
{
	cpu->bar = cpu->wants_look || cpu->is_over || sched_is_slow ? SCHED_PRIORITIES :
		cpu->top;
}

void sched_set_slow(bool always)
{
	static bool is_always;

	is_always |= always;
	sched_is_slow = is_always || trace_mask != 0;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		set_bar(&cpus[i]);
}

void sched_init_cpu(struct cpu *cpu, unsigned index)
{
	cpu->index = index;
	cpu->top = -1;
	set_bar(cpu);
	for (unsigned i = 0; i < SCHED_PRIORITIES; i++)
		list_init(&cpu->ready[i]);
	list_init(&cpu->deadlines);
	list_init(&cpu->deadlines_end);
	cpu->next_deadline = ABI_FOREVER;
	cpu->timer = ABI_FOREVER;
	cpu->since = arch_now();
	online_cpus |= UINT64_C(1) << index;
	cpu_count++;
}

void sched_account(struct cpu *cpu, bool in_kernel)
{
	uint64_t now = arch_now(), spent = now - cpu->since;
	struct thread *thread = cpu->current;

	cpu->since = now;
	if (!thread) {
		cpu->idle_time += spent;
	} else if (in_kernel) {
		cpu->kernel_time += spent;
		thread->kernel_time += spent;
	} else {
		cpu->user_time += spent;
		thread->user_time += spent;
	}
}

void sched_timer(struct cpu *cpu, uint64_t when)
{
	if (when >= cpu->timer)
		return;
	cpu->timer = when;
	arch_timer_set(when);
}

/* ---- queues ---- */

/* No more than it was. */
static int32_t find_top(const struct cpu *cpu)
{
	for (int i = cpu->top / 64; i >= 0; i--)
		if (cpu->occupied[i])
			return i * 64 + 63 - __builtin_clzll(cpu->occupied[i]);
	return -1;
}

/* What its shim may want to know, before it goes on. */
static void lose_cpu(struct thread *thread)
{
	if (thread->upcall_entry)
		thread->moved = thread->attention = true;
}

static void place(struct cpu *cpu, struct thread *thread)
{
	if (thread->cpu != cpu)
		lose_cpu(thread);
	thread->cpu = cpu;
}

/* Behind its equals; or, `goes_on`, before them with what is left of the turn, if that is
 * not over. */
static void enqueue(struct cpu *cpu, struct thread *thread, bool goes_on)
{
	unsigned priority = thread->effective;
	struct list *queue = &cpu->ready[priority];
	uint64_t now = goes_on ? arch_now() : 0;
	bool first = now < cpu->slice && goes_on;

	thread->turn = first ? cpu->slice - now : SCHED_SLICE;
	thread->state = kernel_ThreadState_READY;
	place(cpu, thread);
	list_insert_before(first ? queue->next : queue, &thread->ready);
	cpu->occupied[priority / 64] |= UINT64_C(1) << priority % 64;
	if ((int32_t)priority > cpu->top)
		cpu->top = (int32_t)priority;
	set_bar(cpu);
}

void sched_remove(struct thread *thread)
{
	struct cpu *cpu = thread->cpu;
	unsigned priority = thread->effective;

	if (thread->state != kernel_ThreadState_READY)
		return;
	if (cpu->woken == thread) {
		cpu->woken = NULL;
		return;
	}
	list_remove(&thread->ready);
	if (!list_is_empty(&cpu->ready[priority]))
		return;
	cpu->occupied[priority / 64] &= ~(UINT64_C(1) << priority % 64);
	if ((int32_t)priority == cpu->top)
		cpu->top = find_top(cpu);
	set_bar(cpu);
}

/* ---- which CPU ---- */

static bool allows(const struct thread *thread, const struct cpu *cpu)
{
	return thread->affinity & online_cpus & UINT64_C(1) << cpu->index;
}

/* Who runs here waits from now on, and nobody was woken since. */
static bool is_left(const struct cpu *cpu)
{
	return cpu->current && cpu->current->state != kernel_ThreadState_RUNNING &&
		!cpu->woken;
}

/* Nobody runs there, or wants to. */
static bool is_free(const struct cpu *cpu)
{
	return (idle_cpus >> cpu->index & 1) ||
		(cpu == arch_cpu() && cpu->top < 0 && is_left(cpu));
}

static struct cpu *choose_cpu(const struct thread *thread)
{
	struct cpu *here = arch_cpu(), *last = thread->cpu ? thread->cpu : here;
	uint64_t idle = idle_cpus & thread->affinity, allowed;

	if (cpu_count == 1)
		return here;
	if (allows(thread, here) && is_free(here))
		return here;
	if (allows(thread, last) && is_free(last))
		return last;
	if (idle)
		return &cpus[__builtin_ctzll(idle)];
	if (allows(thread, last))
		return last;
	allowed = thread->affinity & online_cpus;
	return allowed ? &cpus[__builtin_ctzll(allowed)] : here;
}

static void poke(struct cpu *cpu)
{
	sched_want_look(cpu);
	idle_cpus &= ~(UINT64_C(1) << cpu->index);
	if (cpu != arch_cpu())
		arch_poke(cpu);
}

void sched_look(struct thread *thread)
{
	poke(thread->cpu);
}

void sched_end_turn(const struct thread *thread)
{
	struct cpu *cpu = arch_cpu();

	if (thread != cpu->current &&
	    (thread->cpu != cpu || thread->state != kernel_ThreadState_CALLING))
		return;
	cpu->slice = 0;
	sched_want_look(cpu);
}

void sched_ready(struct thread *thread)
{
	struct cpu *here = arch_cpu(), *cpu;

	if (thread == here->current) {		/* which has not left yet */
		thread->state = kernel_ThreadState_RUNNING;
		if (thread->attention)
			sched_want_look(here);
		return;
	}
	cpu = choose_cpu(thread);
	if (cpu == here && is_left(cpu)) {
		thread->state = kernel_ThreadState_READY;
		place(cpu, thread);
		cpu->woken = thread;
	} else {
		enqueue(cpu, thread, false);
		if (!cpu->current || thread->effective > cpu->current->effective)
			poke(cpu);
	}
	TRACE(SCHEDULING, Wake, .thread = thread->object.id,
		.by = trace_id(here->current), .cpu = cpu->index,
		.priority = thread->effective);
}

bool sched_set_affinity(struct thread *thread, uint64_t cpu_mask)
{
	if (!(cpu_mask & online_cpus))
		return false;
	thread->affinity = cpu_mask;
	if (!thread->cpu || allows(thread, thread->cpu))
		return true;
	if (thread->state == kernel_ThreadState_RUNNING) {
		sched_look(thread);
	} else if (thread->state == kernel_ThreadState_READY) {
		sched_remove(thread);
		sched_ready(thread);
	} else {
		thread->cpu = NULL;
	}
	return true;
}

/* ---- inheritance ---- */

static uint8_t inherited(const struct thread *thread)
{
	const struct token *token = thread->serves;
	const struct caller *waits = thread->served ?
		caller_queue_first(&thread->served->callers) : NULL;
	uint8_t priority = thread->priority;

	if (token && token->state == TOKEN_HELD && token->caller->priority > priority)
		priority = token->caller->priority;
	return waits && waits->priority > priority ? waits->priority : priority;
}

/* Who is to hurry for this caller. */
static struct thread *next_in_chain(const struct caller *caller)
{
	if (caller->state == CALLER_DELIVERED)
		return caller->token->server;
	return caller->state == CALLER_AT_ENDPOINT ?
		caller->session->endpoint->last_receiver : NULL;
}

static void set_effective(struct thread *thread, uint8_t priority)
{
	bool is_ready = thread->state == kernel_ThreadState_READY;
	bool less = priority < thread->effective;

	if (is_ready)
		sched_remove(thread);
	if (thread->serves)
		session_settle(thread->serves->session);
	thread->effective = priority;
	caller_set_priority(&thread->caller, priority);
	caller_set_priority(&thread->fault, priority);
	if (is_ready)
		sched_ready(thread);
	else if (less && thread->state == kernel_ThreadState_RUNNING)
		sched_look(thread);
}

/* Mostly it has that priority already: see sched_inherit(). */
static __attribute__((noinline)) void inherit_on(struct thread *thread)
{
	for (unsigned hops = 0; thread && !thread->is_ended && hops < SCHED_HOPS; hops++) {
		uint8_t priority = inherited(thread);
		struct caller *caller = thread->state == kernel_ThreadState_FAULTED ?
			&thread->fault : &thread->caller;

		if (priority == thread->effective)
			return;
		set_effective(thread, priority);
		if (caller->state == CALLER_IDLE)
			return;
		thread = next_in_chain(caller);
	}
}

void sched_inherit(struct thread *thread)
{
	if (thread && inherited(thread) != thread->effective)
		inherit_on(thread);
}

/* ---- who is next ---- */

/* Who was just taken runs, however long it took to see that it may. */
static bool keeps(struct cpu *cpu, struct thread *thread, bool is_taken)
{
	if (!thread || thread->state != kernel_ThreadState_RUNNING)
		return false;
	if (thread->attention && !thread_may_run(thread))
		return false;
	return allows(thread, cpu) && (thread->effective > cpu->top ||
		(thread->effective == cpu->top && (is_taken || arch_now() < cpu->slice)));
}

/* What could run here and waits at another CPU, where somebody else runs. */
static struct thread *steal(const struct cpu *cpu)
{
	for (unsigned i = 0; i < CPUS_MAX && cpu_count > 1; i++) {
		struct cpu *from = &cpus[i];
		struct thread *thread;

		if (from == cpu || from->top < 0 || !from->current)
			continue;
		thread = LIST_OF(from->ready[from->top].next, struct thread, ready);
		if (allows(thread, cpu))
			return thread;
	}
	return NULL;
}

static struct thread *take(struct cpu *cpu)
{
	struct thread *thread = cpu->top >= 0 ? LIST_OF(cpu->ready[cpu->top].next,
		struct thread, ready) : steal(cpu);

	if (!thread)
		return NULL;
	sched_remove(thread);
	thread->state = kernel_ThreadState_RUNNING;
	place(cpu, thread);
	return thread;
}

bool sched_preempt(struct thread *thread, const struct thread *by)
{
	struct cpu *cpu = arch_cpu();

	if (by->effective <= thread->effective || !sched_can_switch(cpu, by) ||
	    (idle_cpus & thread->affinity))
		return false;
	enqueue(cpu, thread, true);
	return true;
}

struct thread *sched_take_next(void)
{
	struct cpu *cpu = arch_cpu();
	struct thread *thread;

	if (cpu->top < 0 || cpu->bar != cpu->top)
		return NULL;
	thread = LIST_OF(cpu->ready[cpu->top].next, struct thread, ready);
	if (thread->attention)
		return NULL;
	sched_remove(thread);
	return thread;
}

/* It could go on, but another is to run. */
static void put_back(struct cpu *cpu, struct thread *thread)
{
	cpu->current = NULL;
	lose_cpu(thread);
	if (allows(thread, cpu) && !(idle_cpus & thread->affinity))
		enqueue(cpu, thread, thread->effective < cpu->top);
	else
		sched_ready(thread);
}

static __attribute__((noinline)) void choose(struct cpu *cpu)
{
	struct thread *old = cpu->current;
	unsigned steps = OBJECT_STEPS;
	uint64_t next;
	bool idles = false, is_taken = false;

	if (cpu->woken) {	/* before its equals if who ran waits: for it, mostly */
		enqueue(cpu, cpu->woken, !old || old->state != kernel_ThreadState_RUNNING);
		cpu->woken = NULL;
	}
	sched_account(cpu, false);
	cpu->wants_look = false;
	while (!keeps(cpu, cpu->current, is_taken)) {
		struct thread *current = cpu->current;

		if (current && current->state == kernel_ThreadState_RUNNING)
			put_back(cpu, current);
		cpu->current = take(cpu);
		is_taken = true;
		cpu->slice = arch_now() + (cpu->current ? cpu->current->turn : SCHED_SLICE);
		if (cpu->current ? !cpu->current->attention : idles)
			break;
		if (!cpu->current)	/* it has time to look for who waits no more */
			deadline_run(&steps);
		idles = !cpu->current;
	}
	cpu->is_over = cpu->slice <= cpu->since;
	set_bar(cpu);
	next = cpu->is_over ? cpu->since + SCHED_SLICE : cpu->slice;
	idle_cpus &= ~(UINT64_C(1) << cpu->index);
	if (!cpu->current)
		idle_cpus |= UINT64_C(1) << cpu->index;
	else
		sched_timer(cpu, next < cpu->next_deadline ? next : cpu->next_deadline);
	if (old != cpu->current)
		TRACE(SCHEDULING, Switch, .from = trace_id(old),
			.to = trace_id(cpu->current),
			.state = old ? (kernel_ThreadState)old->state : 0,
			.priority = cpu->current ? cpu->current->effective : 0);
}

/* Who was woken takes what is left of the turn of who waits now. */
static bool hand_on(struct cpu *cpu, struct thread *woken)
{
	if (!woken || cpu->current->state == kernel_ThreadState_RUNNING ||
	    !sched_can_switch(cpu, woken) || woken->attention)
		return false;
	sched_account(cpu, false);
	woken->state = kernel_ThreadState_RUNNING;
	cpu->current = woken;
	cpu->woken = NULL;
	return true;
}

struct thread *sched_next(void)
{
	struct cpu *cpu = arch_cpu();
	struct thread *thread = cpu->current;

	if (!hand_on(cpu, cpu->woken) && (!thread || cpu->wants_look || cpu->woken ||
	    thread->state != kernel_ThreadState_RUNNING))
		choose(cpu);
	if (cpu->current != cpu->loaded)
		sched_load(cpu, cpu->current);
	return cpu->current;
}
