/* Finds PCI functions, on all buses that bridges lead to, and what each has. */
#include "servers/platform/platform.h"

#define SLOTS 32
#define DEPTH_MAX 16
#define HEADER_BRIDGE 1
#define EXTENDED (UINT32_C(1) << 16)

static void scan_bus(uint8_t bus, uint32_t parent, unsigned depth);

/* ---- registers ---- */

/* Its size by what stays of all ones. Decoding is off meanwhile. */
static unsigned read_bar(struct function *function, unsigned number)
{
	uint16_t offset = (uint16_t)(PCI_BAR + 4 * number);
	uint32_t low = config_read(function->place, offset, 4), high = 0;
	bool is_port = low & 1, is_long = !is_port && (low & 6) == 4 && number + 1 < BARS;
	uint64_t mask;
	struct bar *bar = &function->bars[number];

	config_write(function->place, offset, 4, UINT32_MAX);
	mask = config_read(function->place, offset, 4) & (is_port ? ~3u : ~15u);
	config_write(function->place, offset, 4, low);
	if (is_port)
		mask |= UINT32_C(0xffff0000);
	if (is_long) {
		high = config_read(function->place, (uint16_t)(offset + 4), 4);
		config_write(function->place, (uint16_t)(offset + 4), 4, UINT32_MAX);
		mask |= (uint64_t)config_read(function->place, (uint16_t)(offset + 4), 4) <<
			32;
		config_write(function->place, (uint16_t)(offset + 4), 4, high);
	} else {
		mask |= UINT64_C(0xffffffff) << 32;
	}
	bar->address = (low & (is_port ? ~3u : ~15u)) | (uint64_t)high << 32;
	bar->length = ~mask + 1;
	bar->prefetchable = !is_port && (low & 8);
	/* One that firmware has left without an address is of no use. */
	if (bar->address != 0 && bar->length != 0)
		bar->kind = is_port ? hw_RegionKind_PORTS : hw_RegionKind_MEMORY;
	return is_long ? 2 : 1;
}

static void read_bars(struct function *function)
{
	uint32_t command = config_read(function->place, PCI_COMMAND, 2);

	config_change(function, PCI_COMMAND, COMMAND_PORTS | COMMAND_MEMORY |
		COMMAND_MASTER, 0);
	for (unsigned i = 0; i < BARS;)
		i += read_bar(function, i);
	config_write(function->place, PCI_COMMAND, 2, command & ~(uint32_t)COMMAND_MASTER);
}

/* ---- capabilities ---- */

static void add_capability(struct function *function, uint32_t id, uint16_t offset)
{
	if (function->capability_count == CAPABILITIES_MAX)
		return;
	function->capabilities[function->capability_count++] =
		(struct hw_PciCapability){.id = id, .offset = offset};
	if (id == CAPABILITY_MSI)
		function->msi = offset;
	if (id == CAPABILITY_EXPRESS)
		function->express = offset;
	if (id == CAPABILITY_POWER)
		function->power = offset;
	if (id == CAPABILITY_MSI_X) {
		function->msi_x = offset;
		function->messages_x = (uint16_t)((config_read(function->place,
			(uint16_t)(offset + 2), 2) & 0x7ff) + 1);
	}
}

/* Each reaches to the next above it, or to the end of its part of the space. */
static void measure(struct function *function)
{
	for (uint32_t i = 0; i < function->capability_count; i++) {
		struct hw_PciCapability *one = &function->capabilities[i];
		uint16_t end = one->offset < 256 ? 256 : 4096;

		for (uint32_t k = 0; k < function->capability_count; k++)
			if (function->capabilities[k].offset > one->offset &&
					function->capabilities[k].offset < end)
				end = function->capabilities[k].offset;
		one->length = (uint16_t)(end - one->offset);
	}
}

static void read_capabilities(struct function *function)
{
	struct place place = function->place;
	uint32_t at, word;

	at = config_read(place, 6, 2) & 0x10 ? config_read(place, 0x34, 1) & 0xfc : 0;
	for (unsigned i = 0; at >= 0x40 && i < CAPABILITIES_MAX; i++) {
		word = config_read(place, (uint16_t)at, 2);
		add_capability(function, word & 0xff, (uint16_t)at);
		at = word >> 8 & 0xfc;
	}
	at = config_size(place) > 256 ? 256 : 0;
	for (unsigned i = 0; at >= 256 && i < CAPABILITIES_MAX; i++) {
		word = config_read(place, (uint16_t)at, 4);
		if (word == 0 || word == UINT32_MAX)
			break;
		add_capability(function, EXTENDED | (word & 0xffff), (uint16_t)at);
		at = word >> 20 & 0xffc;
	}
	measure(function);
}

/* ---- functions ---- */

static void read_identity(struct function *function)
{
	struct place place = function->place;
	struct hw_PciIdentity *identity = &function->identity;

	identity->vendor = (uint16_t)config_read(place, 0, 2);
	identity->device = (uint16_t)config_read(place, 2, 2);
	identity->revision = (uint8_t)config_read(place, 8, 1);
	identity->interface_code = (uint8_t)config_read(place, 9, 1);
	identity->subclass = (uint8_t)config_read(place, 10, 1);
	identity->class_code = (uint8_t)config_read(place, 11, 1);
	if (function->is_bridge)
		return;
	identity->subsystem_vendor = (uint16_t)config_read(place, 0x2c, 2);
	identity->subsystem = (uint16_t)config_read(place, 0x2e, 2);
}

static void add_function(struct place place, uint32_t parent, unsigned depth)
{
	struct function *function = &platform.functions[platform.count];
	uint32_t id = platform.count + 1;
	uint8_t header = config_read(place, 14, 1) & 0x7f;

	if (platform.count == FUNCTIONS_MAX)
		return;
	platform.count++;
	function->place = place;
	function->parent = parent;
	function->is_bridge = header != 0;
	for (unsigned i = 0; i < AREAS_MAX; i++)
		function->areas[i].memory = sk_no_handle();
	for (unsigned i = 0; i < BARS; i++)
		function->bars[i].memory = sk_no_handle();
	read_identity(function);
	read_capabilities(function);
	if (header == 0) {
		bool was_master = config_read(place, PCI_COMMAND, 2) & COMMAND_MASTER;

		read_bars(function);
		/* Somebody has driven it whose device was of an earlier platform
		 * server: it is to be quiet before that one's memory is free. */
		if (was_master)
			reset_now(function);
	} else if (header == HEADER_BRIDGE) {
		uint8_t below = (uint8_t)config_read(place, 0x19, 1);

		if (below > place.bus && depth < DEPTH_MAX)
			scan_bus(below, id, depth + 1);
	}
}

static void scan_bus(uint8_t bus, uint32_t parent, unsigned depth)
{
	for (uint8_t slot = 0; slot < SLOTS; slot++) {
		struct place place = {bus, slot, 0};
		uint8_t count = config_read(place, 14, 1) & 0x80 ? 8 : 1;

		if (config_read(place, 0, 2) == 0xffff)
			continue;
		for (; place.function < count; place.function++)
			if (config_read(place, 0, 2) != 0xffff)
				add_function(place, parent, depth);
	}
}

void scan(void)
{
	scan_bus(0, 0, 0);
}
