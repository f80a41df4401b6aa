/*
 * Programs in spaces of their own: a copy of this one, as it stands in memory,
 * with a start of its own. It needs nothing of the kernel but memory and maps.
 */
#include "test.h"

#define IMAGE_PART (1 << 19)

extern uint8_t sk_image_begin[], sk_image_constants[], sk_image_data[], sk_image_end[];

static struct child_start child_start;
static uint8_t child_stack[TEST_STACK] __attribute__((aligned(16)));

static void child_main(void *argument)
{
	struct child_start *self = argument;

	sk_thread_open(&self->thread, sk_kernel_handle(self->thread_number), &self->slots,
		sk_kernel_handle(self->space_number),
		sk_kernel_handle(self->quota_number), sk_no_handle());
	self->run(self);
	sk_thread_exit(&self->thread, 0);
}

/* Copies the image as it is now into a memory of its own. */
static struct sk_handle copy_image(struct test *t)
{
	uint64_t size = (uint64_t)(sk_image_end - sk_image_begin);
	struct sk_handle memory = new_memory(t, size);

	for (uint64_t at = 0; at < size && memory.raw >= 0; at += IMAGE_PART) {
		uint64_t part = size - at < IMAGE_PART ? size - at : IMAGE_PART;
		struct kernel_Memory_write_reply reply;

		if (K(t, memory, Memory_write, &reply, .offset = at,
				.data = sk_lend(sk_image_begin + at, part)) != SK_OK ||
				reply.done != part) {
			close(memory);
			return sk_no_handle();
		}
	}
	return memory;
}

static bool map_part(struct test *t, const struct child *child, const uint8_t *from,
	const uint8_t *to, uint32_t protection)
{
	struct kernel_Space_map_reply reply;

	return K(t, child->space, Space_map, &reply, .memory = {child->memory},
		.offset = (uint64_t)(from - sk_image_begin),
		.length = (uint64_t)(to - from), .address = (uintptr_t)from,
		.protection = protection, .flags = kernel_MapFlags_FIXED) == SK_OK;
}

static bool map_image(struct test *t, const struct child *child)
{
	return map_part(t, child, sk_image_begin, sk_image_constants,
			kernel_Protection_READ | kernel_Protection_EXECUTE) &&
		map_part(t, child, sk_image_constants, sk_image_data,
			kernel_Protection_READ) &&
		map_part(t, child, sk_image_data, sk_image_end,
			kernel_Protection_READ | kernel_Protection_WRITE);
}

static uint32_t give(struct test *t, const struct child *child, struct sk_handle what)
{
	struct kernel_Space_insert_reply reply;

	return K(t, child->space, Space_insert, &reply, .what = {what}) == SK_OK ?
		reply.number : 0;
}

bool new_child(struct test *t, struct child *child,
	void (*run)(struct child_start *self), uint64_t argument,
	const struct sk_handle *given, unsigned count)
{
	memset(&child_start, 0, sizeof(child_start));
	child->space = new_space(t);
	if (child->space.raw < 0 || sk_thread_new(t->thread, child->space, TEST_PRIORITY,
			TEST_SLOTS, &child->thread, &child_start.slots) != SK_OK)
		return false;
	K0(t, child->thread, Thread_set_fault_handler, .has_handler = true,
		.handler = {COPY(t, t->fault_handler)});
	child_start.run = run;
	child_start.argument = argument;
	child_start.thread_number = give(t, child, COPY(t, child->thread));
	child_start.space_number = give(t, child, COPY(t, child->space));
	child_start.quota_number = give(t, child, COPY(t, t->quota));
	for (unsigned i = 0; i < count; i++)
		child_start.given[i] = give(t, child, given[i]);
	child->memory = copy_image(t);
	return child->memory.raw >= 0 && map_image(t, child);
}

void start_child(struct test *t, struct child *child)
{
	EXPECT_OK(t, sk_thread_start(t->thread, child->thread, child_main,
		child_stack + TEST_STACK, &child_start));
}

static void child_serves(struct child_start *self)
{
	static struct server here;
	static struct test_helper helper;

	helper.thread = self->thread;
	here.helper = &helper;
	serve_here(&here, &self->thread, sk_kernel_handle(self->given[0]), 4);
}

bool serve_in_child(struct test *t, struct sk_handle endpoint, struct child *child)
{
	if (!new_child(t, child, child_serves, 0, &endpoint, 1))
		return false;
	start_child(t, child);
	return true;
}
