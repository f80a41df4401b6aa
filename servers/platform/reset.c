/*
 * Resets: by the function itself where it can (PCI Express), by its power states, or as
 * virtio does it. Whatever cannot be reset is at least quiet: no bus master. Each goes in
 * steps, between which others are served: a step says how many milliseconds the next
 * one has to wait, or, 0, that the reset has ended.
 */
#include "servers/platform/platform.h"

#define FLR (UINT32_C(1) << 28)
#define START_FLR 0x8000
#define RESET_MS 100
#define POWER_MS 10
#define NO_SOFT_RESET 8
#define POWER_STATE 3
#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_COMMON 1
#define VIRTIO_STATUS 20
#define TRIES 100

/* What a reset forgets, and where the others look for the device. */
static void restore(const struct function *function)
{
	for (unsigned i = 0; i < BARS; i++) {
		const struct bar *bar = &function->bars[i];
		uint16_t offset = (uint16_t)(PCI_BAR + 4 * i);

		if (bar->kind == hw_RegionKind_NONE)
			continue;
		config_write(function->place, offset, 4, (uint32_t)bar->address);
		if (bar->address >> 32)
			config_write(function->place, (uint16_t)(offset + 4), 4,
				(uint32_t)(bar->address >> 32));
	}
	config_change(function, PCI_COMMAND, COMMAND_MASTER,
		COMMAND_MEMORY | COMMAND_PORTS | COMMAND_NO_LINE);
}

static uint32_t end(struct function *function, bool is_reset)
{
	struct reset *reset = &function->reset;

	restore(function);
	config_write(function->place, PCI_LINE, 1, reset->line);
	reset->next = NULL;
	reset->is_done = is_reset;
	return 0;
}

static uint32_t wait(struct function *function, uint32_t milliseconds,
	uint32_t (*next)(struct function *function))
{
	function->reset.next = next;
	return milliseconds;
}

/* ---- by power states ---- */

static uint32_t powered(struct function *function)
{
	return end(function, true);
}

static uint32_t power_up(struct function *function)
{
	config_change(function, (uint16_t)(function->power + 4), POWER_STATE, 0);
	return wait(function, POWER_MS, powered);
}

static uint32_t by_power(struct function *function)
{
	uint16_t at = (uint16_t)(function->power + 4);

	if (!function->power || config_read(function->place, at, 2) & NO_SOFT_RESET)
		return end(function, false);
	config_change(function, at, POWER_STATE, 3);
	return wait(function, POWER_MS, power_up);
}

/* ---- by the function ---- */

static uint32_t look_at_function(struct function *function)
{
	return config_read(function->place, 0, 2) != 0xffff ? end(function, true) :
		by_power(function);
}

static uint32_t by_function(struct function *function)
{
	if (!function->express || !(config_read(function->place,
			(uint16_t)(function->express + 4), 4) & FLR))
		return by_power(function);
	config_change(function, (uint16_t)(function->express + 8), 0, START_FLR);
	return wait(function, RESET_MS, look_at_function);
}

/* ---- as virtio does it ---- */

/* Its status register, by the capability that leads to the common ones. */
static volatile uint8_t *virtio_status(struct function *function)
{
	hw_Error error;

	for (uint32_t i = 0; i < function->capability_count; i++) {
		const struct hw_PciCapability *one = &function->capabilities[i];
		uint32_t number = config_read(function->place, (uint16_t)(one->offset + 4), 1);
		struct sk_handle memory;
		uint64_t inside;
		volatile uint8_t *at;

		if (one->id != CAPABILITY_VENDOR || number >= BARS ||
				config_read(function->place, (uint16_t)(one->offset + 3), 1) !=
				VIRTIO_COMMON)
			continue;
		inside = VIRTIO_STATUS + (uint64_t)config_read(function->place,
			(uint16_t)(one->offset + 8), 4);
		if (inside >= function->bars[number].length)
			continue;
		memory = bar_memory(function, number, kernel_Caching_UNCACHED, &error);
		if (memory.raw < 0)
			return NULL;
		inside += function->bars[number].address & 4095;
		at = map_memory(memory, inside & ~UINT64_C(4095), 4096, true);
		return at ? at + (inside & 4095) : NULL;
	}
	return NULL;
}

static uint32_t look_at_virtio(struct function *function)
{
	struct reset *reset = &function->reset;
	bool is_reset = *reset->status == 0;

	if (!is_reset && ++reset->tries < TRIES)
		return wait(function, 1, look_at_virtio);
	unmap_raw(reset->status, 1);
	return is_reset ? end(function, true) : by_function(function);
}

static uint32_t by_virtio(struct function *function)
{
	struct reset *reset = &function->reset;

	reset->status = function->identity.vendor == VIRTIO_VENDOR ?
		virtio_status(function) : NULL;
	if (!reset->status)
		return by_function(function);
	*reset->status = 0;
	reset->tries = 0;
	return look_at_virtio(function);
}

/* ---- all of them ---- */

uint32_t reset_begin(struct function *function)
{
	function->reset.line = config_read(function->place, PCI_LINE, 1);
	config_change(function, PCI_COMMAND, COMMAND_MASTER, 0);
	messages_choose(function, hw_InterruptMode_OFF, 0);
	return by_virtio(function);
}

uint32_t reset_go_on(struct function *function)
{
	return function->reset.next(function);
}

void reset_now(struct function *function)
{
	uint32_t milliseconds = reset_begin(function);

	while (milliseconds > 0) {
		sk_os_sleep(platform.os, milliseconds);
		milliseconds = reset_go_on(function);
	}
}
