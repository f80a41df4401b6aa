/*
 * Interrupts. A line is masked while nobody wants it, and from when it comes until
 * all that share it have acknowledged it.
 */
#include "kernel/device.h"

#include "kernel/arch/arch.h"
#include "kernel/operation.h"
#include "kernel/trace.h"

/* All there are, by line; messages among them. */
static struct list lines[ARCH_INTERRUPTS];

void interrupt_init(void)
{
	for (unsigned i = 0; i < ARCH_INTERRUPTS; i++)
		list_init(&lines[i]);
}

static bool is_level(const struct interrupt *interrupt)
{
	return interrupt->trigger == kernel_Trigger_LEVEL_HIGH ||
		interrupt->trigger == kernel_Trigger_LEVEL_LOW;
}

static void update_mask(unsigned line)
{
	bool wanted = false, held = false;

	for LIST_EACH(at, &lines[line]) {
		const struct interrupt *each = LIST_OF(at, struct interrupt, same_line);

		wanted |= each->watch.notify != NULL;
		held |= is_level(each) ? each->waits : each->came_again;
	}
	arch_interrupt_mask(line, held || !wanted);
}

static void tell(struct interrupt *interrupt)
{
	interrupt->count++;
	if (!interrupt->watch.notify)
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

	for LIST_EACH(at, &lines[line])
		tell(LIST_OF(at, struct interrupt, same_line));
	update_mask(line);
	arch_interrupt_done(line);
	TRACE(INTERRUPTS, Interrupt, .line = line,
		.duration = (uint32_t)(arch_now() - since));
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
	list_add(&lines[line], &interrupt->same_line);
	return interrupt;
}

struct interrupt *interrupt_new(struct quota *quota, unsigned line,
	uint32_t trigger, bool shared, kernel_error *error)
{
	const struct interrupt *other = NULL;
	struct interrupt *interrupt;

	*error = kernel_Error_INVALID;
	if (line >= ARCH_LINES || trigger >= kernel_Trigger_MESSAGE)
		return NULL;
	if (!list_is_empty(&lines[line]))
		other = LIST_OF(lines[line].next, struct interrupt, same_line);
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
	if (list_is_empty(&lines[line]))
		arch_interrupt_close(line);
	return true;
}

/* ---- operations ---- */

COMMAND(Interrupt, interrupt, bind, CONTROL)
{
	int status = call_watch(call, request->notify, request->bits, &interrupt->watch,
		false);

	if (status)
		return status;
	interrupt->waits = interrupt->came_again = false;
	update_mask(interrupt->line);
	return 0;
}

/* It is through with what came, so that it may come again. */
COMMAND(Interrupt, interrupt, acknowledge, CONTROL)
{
	bool again = interrupt->came_again;

	interrupt->waits = interrupt->came_again = false;
	if (again && interrupt->watch.notify) {
		interrupt->waits = true;
		watch_fire(&interrupt->watch);
	}
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
		.masked = !interrupt->watch.notify || interrupt->waits,
		.count = interrupt->count, .address = interrupt->message_address,
		.value = interrupt->message_value);
}

OBJECT_TYPE(Interrupt, interrupt, INTERRUPT, .destroy = destroy)
