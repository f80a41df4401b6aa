/*
 * The configuration space: by ECAM, a page for each function, where ACPI says where that
 * is; else the first 256 bytes of it by two ports.
 */
#include "servers/platform/platform.h"

#define BUSES 256
#define BUS_BYTES (UINT64_C(1) << 20)
#define PORTS_FIRST 0xcf8
#define PORT_ADDRESS 0
#define PORT_DATA 4

static volatile uint8_t *windows[BUSES];
static bool was_tried[BUSES];

bool config_open(void)
{
	struct kernel_System_io_ports_reply reply;

	platform.config_ports = sk_no_handle();
	if (K(platform.system, System_io_ports, &reply, .charge = {own_quota()},
			.first = PORTS_FIRST, .count = 8) == SK_OK)
		platform.config_ports = reply.ports.raw;
	return platform.config_ports.raw >= 0 || acpi_ecam(0) != 0;
}

/* NULL: there is no ECAM for this bus. */
static volatile uint8_t *window(struct place place)
{
	uint64_t base;

	if (!was_tried[place.bus]) {
		was_tried[place.bus] = true;
		base = acpi_ecam(place.bus);
		if (base != 0)
			windows[place.bus] = map_raw(base, BUS_BYTES, true);
	}
	if (!windows[place.bus])
		return NULL;
	return windows[place.bus] + ((uint32_t)place.slot << 15 |
		(uint32_t)place.function << 12);
}

uint16_t config_size(struct place place)
{
	return window(place) ? 4096 : 256;
}

static void point(struct place place, uint16_t offset)
{
	struct kernel_IoPorts_write_reply reply;

	K(platform.config_ports, IoPorts_write, &reply, .port = PORT_ADDRESS, .width = 4,
		.value = UINT32_C(1) << 31 | (uint32_t)place.bus << 16 |
		(uint32_t)place.slot << 11 | (uint32_t)place.function << 8 |
		(offset & 0xfcu));
}

uint32_t config_read(struct place place, uint16_t offset, uint8_t width)
{
	volatile uint8_t *at = window(place);
	struct kernel_IoPorts_read_reply reply = {.value = UINT32_MAX};

	if (at)
		return width == 1 ? at[offset] :
			width == 2 ? *(volatile uint16_t *)(volatile void *)(at + offset) :
			*(volatile uint32_t *)(volatile void *)(at + offset);
	if (offset < 256) {
		point(place, offset);
		K(platform.config_ports, IoPorts_read, &reply,
			.port = (uint16_t)(PORT_DATA + (offset & 3)), .width = width);
	}
	return width == 4 ? reply.value : reply.value & ((UINT32_C(1) << 8 * width) - 1);
}

void config_write(struct place place, uint16_t offset, uint8_t width, uint32_t value)
{
	volatile uint8_t *at = window(place);
	struct kernel_IoPorts_write_reply reply;

	if (at && width == 1) {
		at[offset] = (uint8_t)value;
	} else if (at && width == 2) {
		*(volatile uint16_t *)(volatile void *)(at + offset) = (uint16_t)value;
	} else if (at) {
		*(volatile uint32_t *)(volatile void *)(at + offset) = value;
	} else if (offset < 256) {
		point(place, offset);
		K(platform.config_ports, IoPorts_write, &reply,
			.port = (uint16_t)(PORT_DATA + (offset & 3)), .width = width,
			.value = value);
	}
}

void config_change(const struct function *function, uint16_t offset, uint16_t clear,
	uint16_t set)
{
	uint32_t value = config_read(function->place, offset, 2);

	config_write(function->place, offset, 2, (value & ~(uint32_t)clear) | set);
}
