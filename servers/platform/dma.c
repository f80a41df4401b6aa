/*
 * Memory that devices reach. It is the platform's own, so that it outlives a driver, and
 * its frames are free only when the device can write them no more: after its reset.
 */
#include "servers/platform/platform.h"

#define PAGE UINT64_C(4096)

static struct area *free_area(struct function *function, uint64_t size)
{
	struct area *found = NULL;
	uint64_t used = 0;

	for (unsigned i = 0; i < AREAS_MAX; i++) {
		struct area *area = &function->areas[i];

		if (area->memory.raw < 0)
			found = area;
		else
			used += area->size;
	}
	return size <= AREA_BYTES_MAX - used ? found : NULL;
}

hw_Error dma_new(struct function *function, uint64_t size, uint64_t alignment,
	uint64_t below, struct sk_handle *copy, uint64_t *address)
{
	struct kernel_Quota_create_contiguous_reply made;
	struct area *area;
	int status;

	if (size == 0 || size > AREA_BYTES_MAX)
		return size ? hw_Error_EXHAUSTED : hw_Error_INVALID;
	size = (size + PAGE - 1) & ~(PAGE - 1);
	area = free_area(function, size);
	if (!area)
		return hw_Error_EXHAUSTED;
	status = K(own_quota(), Quota_create_contiguous, &made, .size = size,
		.alignment = alignment < PAGE ? PAGE : alignment, .below = below);
	check_own(status);
	if (status != SK_OK)
		return as_error(status);
	*copy = sk_os_copy(platform.os, made.memory.raw, kernel_Rights_READ |
		kernel_Rights_WRITE | kernel_Rights_MAP | kernel_Rights_INSPECT |
		kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER);
	if (copy->raw < 0) {
		drop(&made.memory.raw);
		return hw_Error_QUOTA_EXCEEDED;
	}
	*area = (struct area){made.memory.raw, made.physical, size, false};
	*address = made.physical;
	return 0;
}

hw_Error dma_end(struct function *function, uint64_t address)
{
	for (unsigned i = 0; i < AREAS_MAX; i++) {
		struct area *area = &function->areas[i];

		if (area->memory.raw < 0 || area->is_stale || area->address != address)
			continue;
		area->is_stale = true;
		return 0;
	}
	return hw_Error_NOT_FOUND;
}

void dma_abandon(struct function *function)
{
	for (unsigned i = 0; i < AREAS_MAX; i++)
		function->areas[i].is_stale = true;
}

void dma_release(struct function *function)
{
	for (unsigned i = 0; i < AREAS_MAX; i++)
		if (function->areas[i].is_stale)
			drop(&function->areas[i].memory);
}
