/* Ways into the kernel, as the CPU has them. Unlike host.h's these never let time
 * pass until a thread gets its turn: who runs is who acts. */
#include <string.h>

#include "tests/kernel/fuzz/fuzz.h"
#include "fault.skald.h"

#define RESTARTS 20000

static struct thread *make_call(struct thread *thread)
{
	thread->frame.again = 0;
	thread->frame.instruction += HOST_CALL_BYTES;
	thread->frame.behind = thread->frame.instruction;
	return kernel_system_call(thread);
}

/* Who runs now; it makes its call again if it has to. */
static bool enter(struct thread *next)
{
	unsigned restarts = 0;

	for (;; next = make_call(next)) {
		host_cpus[host_cpu].current = next;
		MUST("the lock is released", NULL, !host_locked);
		for (unsigned i = 0; next && i < host_cpu_count; i++)
			MUST("one CPU runs a thread", &next->object,
				i == host_cpu || host_cpus[i].current != next);
		MUST("it runs in its space", next ? &next->object : NULL,
			!next || host_cpus[host_cpu].space == next->space);
		if (!next || !next->frame.again)
			return next == actor;
		MUST("a restarted call ends", &next->object, restarts++ < RESTARTS);
	}
}

bool acts_still(void)
{
	return actor == host_cpus[host_cpu].current;
}

bool call_system(uint32_t number, uint64_t head, uint64_t target,
	const uint64_t words[ABI_WORDS], uint64_t token, uint64_t time)
{
	struct frame *frame = &actor->frame;

	note("cpu %u thread %lu: call %u head %lx target %lx words %lx %lx %lx %lx token "
		"%lx time %lx", host_cpu, (unsigned long)actor->object.id, number,
		(unsigned long)(head >> 32), (unsigned long)target, (unsigned long)words[0],
		(unsigned long)words[1], (unsigned long)words[2], (unsigned long)words[3],
		(unsigned long)token, (unsigned long)time);
	pages_protected(words[0]);
	frame->head = head | (ABI_BASE + number);
	frame->target = target;
	frame->token = token;
	frame->time = time;
	memcpy(frame->words, words, sizeof frame->words);
	if (frame->instruction >= USER_END)
		frame->instruction = USER_BASE;
	return enter(make_call(actor));
}

/* NULL also if it is a device's: this machine has none. */
static void *at(uint64_t physical)
{
	return frame_is_memory(physical & ~PAGE_MASK) ? arch_physical(physical) : NULL;
}

void *touch(uint64_t address, uint32_t access)
{
	uint64_t physical;

	if (host_translate(actor->space, address, access, &physical))
		return at(physical);
	note("cpu %u thread %lu: page fault at %lx access %x", host_cpu,
		(unsigned long)actor->object.id, (unsigned long)address, access);
	actor->frame.behind = actor->frame.instruction;
	return enter(kernel_page_fault(actor, address, access)) &&
		host_translate(actor->space, address, access, &physical) ?
		at(physical) : NULL;
}

void raise_exception(uint32_t what, uint32_t code, uint64_t address)
{
	note("cpu %u thread %lu: exception %u", host_cpu,
		(unsigned long)actor->object.id, what);
	actor->frame.behind = actor->frame.instruction +
		(what == fault_Exception_BREAKPOINT);
	enter(kernel_exception(actor, what, code, address));
}

/* ---- messages ---- */

static struct abi_handle random_handle(void)
{
	return (struct abi_handle){.number = pick_handle(below(kernel_Kind_SYSTEM + 1)),
		.rights = (uint16_t)(one_in(4) ? random_word() : 0xffff),
		.kernel_rights = (uint16_t)(one_in(4) ? random_word() : 0xffff),
		.copies = !one_in(4)};
}

static struct abi_lease random_lease(void)
{
	struct abi_lease lease = {.address = pick_address(false), .size = pick_size(),
		.direction = 1 + below(3)};

	if (one_in(4)) {
		lease.token = (uint32_t)pick_token();
		lease.passed = below(3);
		lease.address = lease.passed ? below(100) : lease.address;
	}
	if (one_in(32))
		lease.direction = (uint32_t)random_word();
	return lease;
}

uint64_t fill_message(uint32_t slot, uint64_t words[ABI_WORDS], bool with_leases)
{
	struct slot *to = slot < actor->slot_count ? &actor->slots[slot] : NULL;
	uint64_t size = one_in(3) ? below(4200) : below(41), handles = 0, leases = 0;

	for (unsigned i = 0; i < ABI_WORDS; i++)
		words[i] = random_word();
	if (to && one_in(3)) {
		handles = below(one_in(4) ? 10 : 3);
		leases = with_leases || one_in(32) ? below(one_in(4) ? 6 : 3) : 0;
	}
	if (!to && !one_in(16))
		size = size % 41;
	for (unsigned i = 0; to && i < ABI_HANDLES_MAX && i < handles; i++)
		to->beside->handles[i] = random_handle();
	for (unsigned i = 0; to && i < ABI_LEASES_MAX && i < leases; i++)
		to->beside->leases[i] = random_lease();
	return size << ABI_BYTES_SHIFT | handles << ABI_HANDLES_SHIFT |
		leases << ABI_LEASES_SHIFT | (uint64_t)slot << ABI_SLOT_SHIFT;
}
