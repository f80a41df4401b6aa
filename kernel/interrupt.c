/*
 * Interrupts. A line is masked while nobody wants it, and from when it comes until
 * all that share it have acknowledged it.
 */
#include "kernel/device.h"

#include "kernel/arch/arch.h"
#include "kernel/operation.h"
#include "kernel/trace.h"

/* All there are, by line; messages among them. */
static struct list lines[ARCH_LINES];

void interrupt_init(void)
{
	for (unsigned i = 0; i < ARCH_LINES; i++)
		list_init(&lines[i]);
}

static struct list *head_of(unsigned line)
{
	return &lines[line % ARCH_LINES];
}

/* The next of a line behind `at`, or NULL. */
static struct interrupt *next_of(unsigned line, const struct list *at)
{
	for (at = at->next; at != head_of(line); at = at->next) {
		struct interrupt *interrupt = LIST_OF(at, struct interrupt, same_line);

		if (interrupt->line == line)
			return interrupt;
	}
	return NULL;
}

#define EACH(interrupt, number) \
	(interrupt = next_of(number, head_of(number)); interrupt; \
	interrupt = next_of(number, &interrupt->same_line))

static bool is_level(const struct interrupt *interrupt)
{
	return interrupt->trigger == kernel_Trigger_LEVEL_HIGH ||
		interrupt->trigger == kernel_Trigger_LEVEL_LOW;
}

static bool is_wanted(const struct interrupt *interrupt)
{
	return interrupt->watch.notify && !interrupt->masked;
}

static void update_mask(unsigned line)
{
	bool wanted = false, held = false;
	struct interrupt *each;

	for EACH(each, line) {
		wanted |= is_wanted(each);
		held |= is_level(each) ? each->waits : each->came_again;
	}
	arch_interrupt_mask(line, held || !wanted);
}

static void tell(struct interrupt *interrupt)
{
	interrupt->count++;
	if (!is_wanted(interrupt))
		return;
	if (interrupt->waits) {
		interrupt->came_again = true;
		return;
	}
	interrupt->waits = true;
	watch_fire(&interrupt->watch);
}

void interrupt_came(unsigned line)
{
	uint64_t since = arch_now();
	struct interrupt *each;

	for EACH(each, line)
		tell(each);
	update_mask(line);
	arch_interrupt_done(line);
	TRACE(INTERRUPTS, NULL, Interrupt, .line = line,
		.duration = (uint32_t)(arch_now() - since));
}

/* It is through with what came, so that it may come again. */
static void acknowledge(struct interrupt *interrupt)
{
	bool again = interrupt->came_again;

	interrupt->waits = interrupt->came_again = false;
	if (again && is_wanted(interrupt)) {
		interrupt->waits = true;
		watch_fire(&interrupt->watch);
	}
	update_mask(interrupt->line);
}

/* ---- making and ending ---- */

static struct interrupt *make(struct quota *quota, unsigned line, uint32_t trigger,
	kernel_error *error)
{
	struct interrupt *interrupt = object_new(&interrupt_type, quota, error);

	if (!interrupt)
		return NULL;
	interrupt->line = line;
	interrupt->trigger = trigger;
	list_add(head_of(line), &interrupt->same_line);
	return interrupt;
}

struct interrupt *interrupt_new(struct quota *quota, unsigned line,
	uint32_t trigger, bool shared, kernel_error *error)
{
	struct interrupt *other, *interrupt;

	*error = kernel_Error_INVALID;
	if (line >= ARCH_LINES || trigger >= kernel_Trigger_MESSAGE)
		return NULL;
	other = next_of(line, head_of(line));
	*error = kernel_Error_TAKEN;
	if (other && (!shared || !other->is_shared || other->trigger != trigger))
		return NULL;
	*error = kernel_Error_NOT_FOUND;
	if (!other && !arch_interrupt_open(line, trigger))
		return NULL;
	interrupt = make(quota, line, trigger, error);
	if (interrupt)
		interrupt->is_shared = shared;
	else if (!other)
		arch_interrupt_close(line);
	return interrupt;
}

struct interrupt *interrupt_new_message(struct quota *quota, kernel_error *error)
{
	struct interrupt *interrupt;
	uint64_t address;
	uint32_t value;
	unsigned line;

	*error = kernel_Error_TABLE_FULL;
	if (!arch_message_open(&line, &address, &value))
		return NULL;
	interrupt = make(quota, line, kernel_Trigger_MESSAGE, error);
	if (!interrupt) {
		arch_interrupt_close(line);
		return NULL;
	}
	interrupt->is_message = true;
	interrupt->message_address = address;
	interrupt->message_value = value;
	return interrupt;
}

static bool destroy(struct object *object, unsigned *steps)
{
	struct interrupt *interrupt = (struct interrupt *)object;
	unsigned line = interrupt->line;

	(void)steps;
	watch_set(&interrupt->watch, NULL, 0);
	list_remove(&interrupt->same_line);
	update_mask(line);
	if (!next_of(line, head_of(line)))
		arch_interrupt_close(line);
	return true;
}

/* ---- operations ---- */

COMMAND(Interrupt, interrupt, bind, CONTROL)
{
	int status = call_watch(call, request->notify, request->bits, &interrupt->watch);

	if (status)
		return status;
	interrupt->waits = interrupt->came_again = false;
	update_mask(interrupt->line);
	return 0;
}

COMMAND(Interrupt, interrupt, acknowledge, CONTROL)
{
	acknowledge(interrupt);
	return 0;
}

COMMAND(Interrupt, interrupt, mask, CONTROL)
{
	interrupt->masked = request->masked;
	update_mask(interrupt->line);
	return 0;
}

COMMAND(Interrupt, interrupt, set_affinity, CONTROL)
{
	return arch_interrupt_affinity(interrupt->line, request->cpus) ?
		0 : kernel_Error_INVALID;
}

OPERATION(Interrupt, interrupt, status, INSPECT)
{
	return ANSWER(Interrupt, status, .line = interrupt->line,
			.trigger = (kernel_Trigger)interrupt->trigger,
			.masked = !is_wanted(interrupt) || interrupt->waits,
			.count = interrupt->count);
}

OPERATION(Interrupt, interrupt, message, CONTROL)
{
	return !interrupt->is_message ? kernel_Error_NOT_SUPPORTED :
		ANSWER(Interrupt, message, .address = interrupt->message_address,
		.value = interrupt->message_value);
}

OBJECT_TYPE(Interrupt, interrupt, INTERRUPT, .destroy = destroy)
