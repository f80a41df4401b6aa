/*
 * Interrupts: each CPU's local APIC, by memory (xAPIC); I/O APICs, whose inputs
 * are the global lines; messages; the timer of each CPU. The PICs are off.
 *
 * A level-triggered line is masked from when it comes until it is done with. An
 * edge or a message must not be masked, as it would be lost: if it comes too
 * early, it is remembered, and the CPU interrupts itself when it may come.
 */
#include "kernel.skald.h"
#include "kernel/arch/x86_64/local.h"
#include "kernel/sched.h"

#define APIC_ADDRESS 0xfee00000
#define APIC_ENABLED 0x800
#define APIC_X2 0x400
/* Registers of the local one, as indices of 4 bytes. */
enum {
	APIC_PRIORITY = 0x80 / 4, APIC_EOI = 0xb0 / 4, APIC_SPURIOUS = 0xf0 / 4,
	APIC_COMMAND = 0x300 / 4, APIC_COMMAND_TO = 0x310 / 4,
	APIC_TIMER = 0x320 / 4, APIC_LINT0 = 0x350 / 4, APIC_LINT1 = 0x360 / 4,
	APIC_ERROR = 0x370 / 4, APIC_COUNT = 0x380 / 4, APIC_LEFT = 0x390 / 4,
	APIC_DIVIDE = 0x3e0 / 4
};
#define APIC_MASKED 0x10000
#define APIC_PENDING 0x1000
#define APIC_SELF 0x40000
#define DIVIDE_BY_1 11

/* Of an I/O APIC's input. */
#define INPUT_MASKED 0x10000
#define INPUT_LEVEL 0x8000
#define INPUT_LOW 0x2000

/* Lines, then messages: those have the number ARCH_LINES + their vector. */
struct line {
	uint8_t vector;			/* 0: nobody has it */
	uint8_t cpu;
	uint16_t input;			/* INPUT_* of its trigger */
	bool masked;
	bool busy;			/* came, and is not done with */
	bool again;			/* came meanwhile */
};

static volatile uint32_t *const apic = (volatile uint32_t *)(DIRECT_BASE + APIC_ADDRESS);
static struct line lines[ARCH_LINES + 256];
static struct line *vector_lines[256];
static uint64_t timer_multiplier;	/* counts for 2^32 ns */

void apic_done(void)
{
	apic[APIC_EOI] = 0;
}

void apic_send(uint32_t to, uint32_t what)
{
	while (apic[APIC_COMMAND] & APIC_PENDING)
		cpu_relax();
	apic[APIC_COMMAND_TO] = to << 24;
	apic[APIC_COMMAND] = what;
}

/* ---- lines and messages ---- */

static uint32_t input(const struct controller *controller, uint32_t index)
{
	controller->at[0] = index;
	return controller->at[4];
}

static void input_set(const struct controller *controller, uint32_t number,
	uint32_t low, uint32_t high)
{
	controller->at[0] = 0x11 + 2 * number;
	controller->at[4] = high;
	controller->at[0] = 0x10 + 2 * number;
	controller->at[4] = low;
}

/* Which has a line; NULL: none. */
static const struct controller *controller_of(unsigned line)
{
	for (unsigned i = 0; i < acpi.controller_count; i++)
		if (line - acpi.controllers[i].first < acpi.controllers[i].count)
			return &acpi.controllers[i];
	return NULL;
}

/* Does what its struct says now. */
static void update(struct line *line)
{
	unsigned number = (unsigned)(line - lines);
	const struct controller *controller = controller_of(number);
	uint32_t low = line->vector ? line->vector | line->input : INPUT_MASKED;

	if (line->again && !line->masked && !line->busy) {
		line->again = false;
		apic_send(0, APIC_FIXED | APIC_SELF | line->vector);
	}
	if (number >= ARCH_LINES)
		return;
	if (low & INPUT_LEVEL && (line->masked || line->busy))
		low |= INPUT_MASKED;
	input_set(controller, number - controller->first, low,
		locals[line->cpu].apic_id << 24);
}

/* `number` ARCH_LINES: a message. NULL: no vector is left. */
static struct line *line_take(unsigned number, uint32_t trigger)
{
	static const uint16_t inputs[] = { [kernel_Trigger_EDGE_FALLING] = INPUT_LOW,
		[kernel_Trigger_LEVEL_HIGH] = INPUT_LEVEL,
		[kernel_Trigger_LEVEL_LOW] = INPUT_LEVEL | INPUT_LOW,
		[kernel_Trigger_MESSAGE] = 0 };
	unsigned vector = VECTOR_LINES;
	struct line *line;

	while (vector < VECTOR_TIMER && vector_lines[vector])
		vector++;
	if (vector == VECTOR_TIMER)
		return NULL;
	line = &lines[number == ARCH_LINES ? ARCH_LINES + vector : number];
	vector_lines[vector] = line;
	*line = (struct line){ .vector = (uint8_t)vector, .input = inputs[trigger],
		.masked = true };
	update(line);
	return line;
}

bool arch_interrupt_open(unsigned number, uint32_t trigger)
{
	return number < ARCH_LINES && controller_of(number) && trigger <= kernel_Trigger_LEVEL_LOW
		&& !lines[number].vector && line_take(number, trigger);
}

bool arch_message_open(unsigned *number, uint64_t *address, uint32_t *value)
{
	struct line *line = line_take(ARCH_LINES, kernel_Trigger_MESSAGE);

	if (!line)
		return false;
	*number = (unsigned)(line - lines);
	*address = APIC_ADDRESS | locals[0].apic_id << 12;
	*value = line->vector;
	return true;
}

void arch_interrupt_close(unsigned number)
{
	vector_lines[lines[number].vector] = NULL;
	lines[number] = (struct line){ .vector = 0 };
	update(&lines[number]);
}

void arch_interrupt_mask(unsigned number, bool masked)
{
	lines[number].masked = masked;
	update(&lines[number]);
}

void arch_interrupt_done(unsigned number)
{
	lines[number].busy = false;
	update(&lines[number]);
}

/* A message goes where its address says: to the first. */
bool arch_interrupt_affinity(unsigned number, uint64_t mask)
{
	mask &= number < ARCH_LINES ? (UINT64_C(1) << cpu_count) - 1 : 1;
	if (!mask)
		return false;
	lines[number].cpu = (uint8_t)__builtin_ctzll(mask);
	update(&lines[number]);
	return true;
}

struct thread *apic_interrupt(struct thread *thread, unsigned vector)
{
	struct line *line;
	bool comes = false;

	if (vector == VECTOR_SPURIOUS)
		return thread;
	arch_lock();
	line = vector_lines[vector];
	if (line) {
		comes = !line->busy && !line->masked;
		line->busy |= comes;
		line->again = !comes && !(line->input & INPUT_LEVEL);
		update(line);
	}
	arch_unlock();
	apic_done();
	return comes ? kernel_interrupt(thread, (unsigned)(line - lines)) : thread;
}

/* ---- the timer ---- */

void arch_timer_set(uint64_t when)
{
	uint64_t now = arch_now(), count = when > now ? when - now : 0;

	local_here()->timer = when;
	if (count > INT32_MAX)
		count = INT32_MAX;	/* it comes too early, and is set again */
	count = (count * timer_multiplier >> 32) + 1;
	apic[APIC_COUNT] = when == UINT64_MAX ? 0
		: count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

struct thread *apic_timer(struct thread *thread)
{
	uint64_t when = local_here()->timer;

	apic_done();
	if (arch_now() < when) {
		arch_timer_set(when);
		return thread;
	}
	local_here()->timer = UINT64_MAX;
	return kernel_tick(thread);
}

/* ---- start ---- */

void apic_start_cpu(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE) & ~(uint64_t)(APIC_X2 | APIC_ENABLED);

	if (msr_read(MSR_APIC_BASE) & APIC_X2)
		msr_write(MSR_APIC_BASE, base);
	msr_write(MSR_APIC_BASE, base | APIC_ENABLED);
	apic[APIC_SPURIOUS] = 0x100 | VECTOR_SPURIOUS;
	apic[APIC_PRIORITY] = 0;
	apic[APIC_LINT0] = apic[APIC_LINT1] = apic[APIC_ERROR] = APIC_MASKED;
	apic[APIC_DIVIDE] = DIVIDE_BY_1;
	apic[APIC_TIMER] = VECTOR_TIMER;
}

void apic_start(void)
{
	uint64_t from;

	outb(0x21, 0xff);		/* the PICs, whose way to a CPU is LINT0 */
	outb(0xa1, 0xff);
	page_device(APIC_ADDRESS);
	apic_start_cpu();
	for (unsigned i = 0; i < acpi.controller_count; i++) {
		struct controller *each = &acpi.controllers[i];

		each->at = page_device(each->address);
		each->count = (input(each, 1) >> 16 & 255) + 1;
		for (uint32_t j = 0; j < each->count; j++)
			input_set(each, j, INPUT_MASKED, 0);
	}
	apic[APIC_COUNT] = UINT32_MAX;
	from = arch_now();
	time_wait(10000000);
	timer_multiplier = ((uint64_t)(UINT32_MAX - apic[APIC_LEFT]) << 32)
		/ (arch_now() - from);
	apic[APIC_COUNT] = 0;
}
