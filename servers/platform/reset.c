/*
 * Resets: by the function itself where it can (PCI Express), by its power states, or as
 * virtio does it. Whatever cannot be reset is at least quiet: no bus master.
 */
#include "servers/platform/platform.h"

#define FLR (UINT32_C(1) << 28)
#define START_FLR 0x8000
#define RESET_MS 100
#define NO_SOFT_RESET 8
#define POWER_STATE 3
#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_COMMON 1
#define VIRTIO_STATUS 20
#define TRIES 100

static bool by_function(struct function *function)
{
	struct place place = function->place;

	if (!function->express ||
			!(config_read(place, (uint16_t)(function->express + 4), 4) & FLR))
		return false;
	config_change(function, (uint16_t)(function->express + 8), 0, START_FLR);
	sk_os_sleep(platform.os, RESET_MS);
	return config_read(place, 0, 2) != 0xffff;
}

static bool by_power(struct function *function)
{
	uint16_t at = (uint16_t)(function->power + 4);

	if (!function->power || config_read(function->place, at, 2) & NO_SOFT_RESET)
		return false;
	config_change(function, at, POWER_STATE, 3);
	sk_os_sleep(platform.os, 10);
	config_change(function, at, POWER_STATE, 0);
	sk_os_sleep(platform.os, 10);
	return true;
}

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

static bool by_virtio(struct function *function)
{
	volatile uint8_t *at = function->identity.vendor == VIRTIO_VENDOR ?
		virtio_status(function) : NULL;
	bool is_reset = false;

	if (!at)
		return false;
	*at = 0;
	for (unsigned i = 0; i < TRIES && !is_reset; i++) {
		is_reset = *at == 0;
		if (!is_reset)
			sk_os_sleep(platform.os, 1);
	}
	unmap_raw(at, 1);
	return is_reset;
}

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

hw_Error reset_function(struct function *function)
{
	uint32_t line = config_read(function->place, PCI_LINE, 1);
	bool is_reset;

	config_change(function, PCI_COMMAND, COMMAND_MASTER, 0);
	messages_choose(function, hw_InterruptMode_OFF, 0);
	is_reset = by_virtio(function) || by_function(function) || by_power(function);
	restore(function);
	config_write(function->place, PCI_LINE, 1, line);
	return is_reset ? 0 : hw_Error_NOT_SUPPORTED;
}
