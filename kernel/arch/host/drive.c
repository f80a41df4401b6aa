/* How tests drive the fake machine: its start, its CPUs and what they enter the
 * kernel by. */
#include <string.h>

#include "kernel/arch/host/host.h"
#include "kernel/frame.h"
#include "kernel/sched.h"
#include "kernel/thread.h"
#include "fault.skald.h"
#include "kernel.skald.h"

#define SLICES 1000			/* in which a thread gets its turn */
#define RESTARTS 1000000
#define BREAKPOINT_BYTES 1

/* ---- start ---- */

struct cpu *host_this_cpu(void)
{
	return &cpus[host_cpu];
}

unsigned arch_start_cpus(void)
{
	unsigned self = host_cpu;

	for (unsigned i = 0; i < host_cpu_count; i++) {
		if (host_cpus[i].joined)
			continue;
		host_cpus[i].joined = true;
		host_cpu = i;
		host_cpus[i].current = kernel_join();
	}
	host_cpu = self;
	return host_cpu_count;
}

void host_kernel(void)
{
	host_cpus[0].joined = true;
	host_cpus[0].current = kernel_start(&host_boot);
	arch_start_cpus();
	host_cpu = 0;
}

void host_start(uint64_t memory_bytes, unsigned cpus_wanted)
{
	host_machine(memory_bytes, cpus_wanted);
	host_kernel();
}

void arch_poke(struct cpu *cpu)
{
	host_cpus[cpu - cpus].poked = true;
}

/* ---- entries ---- */

static struct thread *current(void)
{
	return host_cpus[host_cpu].current;
}

static void check_out(struct thread *next)
{
	if (host_locked)
		host_fail("the kernel is left with its lock held, by CPU", host_cpu);
	for (unsigned i = 0; next && i < host_cpu_count; i++)
		if (i != host_cpu && host_cpus[i].current == next)
			host_fail("two CPUs run the same thread", next->object.id);
	if (next && host_cpus[host_cpu].space != next->space)
		host_fail("a thread runs in a space of others", next->object.id);
}

static struct thread *make_call(struct thread *thread)
{
	thread->frame.again = 0;
	thread->frame.instruction += HOST_CALL_BYTES;
	thread->frame.behind = thread->frame.instruction;
	return kernel_system_call(thread);
}

/* What the kernel runs next on this CPU; what was restarted is made again. */
static void enter(struct thread *next)
{
	unsigned restarts = 0;

	for (;; next = make_call(next)) {
		host_cpus[host_cpu].current = next;
		check_out(next);
		if (!next || !next->frame.again)
			return;
		if (restarts++ == RESTARTS)
			host_fail("a system call restarts for ever", next->frame.head);
	}
}

/* ---- the machine ---- */

void host_look(void)
{
	host_cpus[host_cpu].poked = false;
	enter(kernel_poke(current()));
}

void host_settle(void)
{
	unsigned self = host_cpu;

	for (unsigned i = 0; i < host_cpu_count; i++) {
		host_cpu = i;
		if (host_cpus[i].poked) {
			host_look();
			i = UINT32_MAX;	/* from the first again */
		}
	}
	host_cpu = self;
}

static unsigned next_timer(void)
{
	unsigned first = 0;

	for (unsigned i = 1; i < host_cpu_count; i++)
		if (host_cpus[i].timer < host_cpus[first].timer)
			first = i;
	return first;
}

uint64_t host_timer_due(void)
{
	return host_cpus[next_timer()].timer;
}

void host_advance(uint64_t nanoseconds)
{
	uint64_t end = host_time + nanoseconds;
	unsigned self = host_cpu;

	while (host_timer_due() <= end && host_timer_due() != UINT64_MAX) {
		host_cpu = next_timer();
		if (host_cpus[host_cpu].timer > host_time)
			host_time = host_cpus[host_cpu].timer;
		host_cpus[host_cpu].timer = UINT64_MAX;
		enter(kernel_tick(current()));
	}
	if (host_time < end)
		host_time = end;
	host_cpu = self;
}

bool host_raise(unsigned line)
{
	if (!host_lines[line].open || host_lines[line].masked)
		return false;
	enter(kernel_interrupt(current(), line));
	return true;
}

/* ---- programs ---- */

static bool find(struct thread *thread)
{
	for (unsigned i = 0; i < host_cpu_count; i++) {
		if (host_cpus[i].current != thread)
			continue;
		host_cpu = i;
		return true;
	}
	return false;
}

bool host_run(struct thread *thread)
{
	for (unsigned i = 0; i < SLICES; i++) {
		if (find(thread))
			return true;
		for (host_cpu = 0; host_cpu < host_cpu_count; host_cpu++)
			host_look();
		host_cpu = 0;
		if (!find(thread))
			host_advance(SCHED_SLICE);
	}
	return find(thread);
}

static void must_run(struct thread *thread)
{
	if (!host_run(thread))
		host_fail("this thread does not get to run; its state is", thread->state);
}

uint64_t host_call(struct thread *thread, uint64_t head, uint64_t target,
	const uint64_t words[ABI_WORDS], uint64_t token, uint64_t time)
{
	struct frame *frame = &thread->frame;

	must_run(thread);
	frame->head = head;
	frame->target = target;
	frame->token = token;
	frame->time = time;
	memset(frame->words, 0, sizeof frame->words);
	if (words)
		memcpy(frame->words, words, sizeof frame->words);
	enter(make_call(thread));
	return frame->head;
}

void host_exception(struct thread *thread, uint32_t what, uint32_t code,
	uint64_t address)
{
	must_run(thread);
	thread->frame.behind = thread->frame.instruction +
		(what == fault_Exception_BREAKPOINT ? BREAKPOINT_BYTES : 0);
	enter(kernel_exception(thread, what, code, address));
}

/* The kernel's view of a page, with faults as often as the thread goes on. */
static void *touch(struct thread *thread, uint64_t address, uint32_t access)
{
	uint64_t physical;

	for (unsigned i = 0; i < SLICES; i++) {
		must_run(thread);
		if (host_translate(thread->space, address, access, &physical))
			return arch_physical(physical);
		thread->frame.behind = thread->frame.instruction;
		enter(kernel_page_fault(thread, address, access));
		if (current() != thread && thread->state != kernel_ThreadState_READY)
			return NULL;
	}
	host_fail("this page faults for ever", address);
}

static uint64_t up_to(uint64_t address, uint64_t size)
{
	uint64_t left = PAGE_SIZE - (address & PAGE_MASK);

	return size < left ? size : left;
}

uint64_t host_user_read(struct thread *thread, uint64_t address, void *to,
	uint64_t size)
{
	uint64_t done = 0, part;

	for (; done < size; done += part) {
		void *page = touch(thread, address + done, fault_Access_READ);

		if (!page)
			break;
		part = up_to(address + done, size - done);
		memcpy((char *)to + done, page, part);
	}
	return done;
}

uint64_t host_user_write(struct thread *thread, uint64_t address, const void *from,
	uint64_t size)
{
	uint64_t done = 0, part;

	for (; done < size; done += part) {
		void *page = touch(thread, address + done, fault_Access_WRITE);

		if (!page)
			break;
		part = up_to(address + done, size - done);
		memcpy(page, (const char *)from + done, part);
	}
	return done;
}

bool host_user_execute(struct thread *thread, uint64_t address)
{
	return touch(thread, address, fault_Access_EXECUTE) != NULL;
}
