/* Finds the device's registers by its capabilities, and sets it up. */
#include "servers/virtio-blk/disk.h"

enum {
	COMMON_FEATURE_SELECT = 0, COMMON_FEATURE = 4, COMMON_ACCEPT_SELECT = 8,
	COMMON_ACCEPT = 12, COMMON_STATUS = 20, COMMON_SELECT = 22, COMMON_SIZE = 24,
	COMMON_VECTOR = 26, COMMON_ENABLE = 28, COMMON_NOTIFY = 30, COMMON_DESCRIPTORS = 32,
	COMMON_AVAILABLE = 40, COMMON_USED = 48, COMMON_BYTES = 56
};
enum { STATUS_SEEN = 1, STATUS_DRIVER = 2, STATUS_READY = 4, STATUS_FEATURES = 8,
	STATUS_FAILED = 128 };
enum { PART_COMMON = 1, PART_NOTIFY, PART_ISR, PART_CONFIG, PARTS };
#define CAPABILITY_VENDOR 9
#define CONFIG_BYTES 60
#define BARS 6
#define PAGE UINT64_C(4096)
#define TRIES 1000

struct part {
	bool is_there;
	uint32_t bar, offset, length;
	uint32_t multiplier;
};

struct disk disk;
static volatile uint16_t *bell;

#define REGISTER(at, offset, type) (*(volatile type *)(volatile void *)((at) + (offset)))

/* ---- where they are ---- */

static uint32_t read_capability(uint32_t index, uint16_t offset, uint8_t width)
{
	struct hw_PciDevice_read_capability_reply reply = {0};

	if (PCI(read_capability, &reply, .index = (uint16_t)index, .offset = offset,
			.width = width) != SK_OK)
		return 0;
	return reply.value;
}

static void find_parts(struct part *parts)
{
	struct hw_PciDevice_pci_info_reply info;
	uint32_t vendors = 0, count = 0;
	struct hw_PciCapability one;

	if (PCI(pci_info, &info, 0) != SK_OK)
		return;
	/* Asked one by one only when the list, which the next reply overwrites, is read. */
	for (; hw_PciCapability_next(&info.capabilities, &one) && count < 32; count++)
		if (one.id == CAPABILITY_VENDOR)
			vendors |= UINT32_C(1) << count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t kind = vendors & UINT32_C(1) << i ? read_capability(i, 3, 1) : 0;

		/* The first of each kind is the one that is best. */
		if (kind == 0 || kind >= PARTS || parts[kind].is_there)
			continue;
		parts[kind].is_there = true;
		parts[kind].bar = read_capability(i, 4, 1);
		parts[kind].offset = read_capability(i, 8, 4);
		parts[kind].length = read_capability(i, 12, 4);
		if (kind == PART_NOTIFY)
			parts[kind].multiplier = read_capability(i, 16, 4);
	}
}

static bool find_region(uint32_t index, struct hw_Region *region)
{
	struct hw_Device_regions_reply reply;

	if (HW(regions, &reply, 0) != SK_OK)
		return false;
	while (hw_Region_next(&reply.list, region))
		if (region->index == index && region->kind == hw_RegionKind_MEMORY)
			return true;
	return false;
}

/* All of a BAR, once; NULL. */
static volatile uint8_t *map_bar(uint32_t index, uint64_t *length)
{
	static volatile uint8_t *mapped[BARS];
	static uint64_t lengths[BARS];
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;
	struct hw_Device_memory_reply memory;
	struct hw_Region region;

	if (index >= BARS || (!mapped[index] && !find_region(index, &region)))
		return NULL;
	if (!mapped[index]) {
		if (HW(memory, &memory, .index = index,
				.caching = kernel_Caching_UNCACHED) != SK_OK)
			return NULL;
		kernel_Space_map_request_init(&request);
		request.memory.raw = memory.memory.raw;
		request.length = (region.offset + region.length + PAGE - 1) & ~(PAGE - 1);
		request.protection = kernel_Protection_READ | kernel_Protection_WRITE;
		if (kernel_Space_map(&disk.os->thread->space.channel, &request, &reply,
				NULL) != SK_OK)
			return NULL;
		mapped[index] = (volatile uint8_t *)(uintptr_t)reply.address + region.offset;
		lengths[index] = region.length;
	}
	*length = lengths[index];
	return mapped[index];
}

/* NULL: it is not there, or less than it has to be, or where no register can be. */
static volatile uint8_t *map_part(const struct part *part, uint32_t bytes)
{
	uint64_t length = 0;
	volatile uint8_t *at = part->is_there && part->length >= bytes ?
		map_bar(part->bar, &length) : NULL;

	if (!at || part->offset % 4 != 0 || part->offset > length || part->length > length - part->offset)
		return NULL;
	return at + part->offset;
}

/* ---- setting up ---- */

static void set_status(uint8_t status)
{
	REGISTER(disk.common, COMMON_STATUS, uint8_t) = status;
}

static uint8_t get_status(void)
{
	return REGISTER(disk.common, COMMON_STATUS, uint8_t);
}

static bool reset(void)
{
	set_status(0);
	for (unsigned i = 0; i < TRIES; i++) {
		if (get_status() == 0)
			return true;
		sk_os_sleep(disk.os, 1);
	}
	return false;
}

/* False: it does not offer what the driver has to have. */
static bool negotiate(uint64_t needed)
{
	const uint64_t wanted = FEATURE_VERSION_1 | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE |
		FEATURE_FLUSH | FEATURE_TOPOLOGY | FEATURE_DISCARD | FEATURE_ZEROS;

	disk.features = 0;
	set_status(STATUS_SEEN | STATUS_DRIVER);
	for (uint32_t half = 0; half < 2; half++) {
		REGISTER(disk.common, COMMON_FEATURE_SELECT, uint32_t) = half;
		disk.features |= (uint64_t)REGISTER(disk.common, COMMON_FEATURE, uint32_t) <<
			32 * half;
	}
	disk.features &= wanted;
	for (uint32_t half = 0; half < 2; half++) {
		REGISTER(disk.common, COMMON_ACCEPT_SELECT, uint32_t) = half;
		REGISTER(disk.common, COMMON_ACCEPT, uint32_t) =
			(uint32_t)(disk.features >> 32 * half);
	}
	set_status(STATUS_SEEN | STATUS_DRIVER | STATUS_FEATURES);
	return (disk.features & needed) == needed && (get_status() & STATUS_FEATURES);
}

static void read_config(void)
{
	disk.sectors = REGISTER(disk.config, 0, uint32_t) |
		(uint64_t)REGISTER(disk.config, 4, uint32_t) << 32;
	disk.block_size = disk.features & FEATURE_BLOCK_SIZE ?
		REGISTER(disk.config, 20, uint32_t) : SECTOR;
	if (disk.block_size < SECTOR || disk.block_size > 65536 ||
			(disk.block_size & (disk.block_size - 1)) != 0)
		disk.block_size = SECTOR;
	disk.physical_size = disk.block_size;
	if (disk.features & FEATURE_TOPOLOGY)
		disk.physical_size <<= REGISTER(disk.config, 24, uint8_t) & 7;
	if (disk.features & FEATURE_DISCARD)
		disk.discard_sectors = REGISTER(disk.config, 36, uint32_t);
	if (disk.features & FEATURE_ZEROS)
		disk.zero_sectors = REGISTER(disk.config, 48, uint32_t);
	/* Byte counts of all of it fit into 64 bits. */
	if (disk.sectors > UINT64_MAX / SECTOR / 2)
		disk.sectors = UINT64_MAX / SECTOR / 2;
}

static void enable_queue(void)
{
	uint64_t descriptors, available, used;

	queue_addresses(&descriptors, &available, &used);
	REGISTER(disk.common, COMMON_SELECT, uint16_t) = 0;
	REGISTER(disk.common, COMMON_SIZE, uint16_t) = queue_entries();
	REGISTER(disk.common, COMMON_DESCRIPTORS, uint32_t) = (uint32_t)descriptors;
	REGISTER(disk.common, COMMON_DESCRIPTORS + 4, uint32_t) =
		(uint32_t)(descriptors >> 32);
	REGISTER(disk.common, COMMON_AVAILABLE, uint32_t) = (uint32_t)available;
	REGISTER(disk.common, COMMON_AVAILABLE + 4, uint32_t) = (uint32_t)(available >> 32);
	REGISTER(disk.common, COMMON_USED, uint32_t) = (uint32_t)used;
	REGISTER(disk.common, COMMON_USED + 4, uint32_t) = (uint32_t)(used >> 32);
	REGISTER(disk.common, COMMON_ENABLE, uint16_t) = 1;
}

static bool start_queue(const struct part *notify)
{
	uint64_t place;
	uint16_t size;

	REGISTER(disk.common, COMMON_SELECT, uint16_t) = 0;
	size = queue_size(REGISTER(disk.common, COMMON_SIZE, uint16_t));
	place = (uint64_t)REGISTER(disk.common, COMMON_NOTIFY, uint16_t) *
		notify->multiplier;
	if (size == 0 || place % 2 != 0 || place + 2 > notify->length || !queue_open())
		return false;
	bell = (volatile uint16_t *)(volatile void *)(disk.notify + place);
	enable_queue();
	return true;
}

/* By a message if it has those, else by its line. The one before it, if any, is closed. */
static bool open_interrupt(void)
{
	struct hw_PciDevice_set_interrupt_mode_reply chosen;
	struct hw_PciDevice_message_reply message;
	struct hw_PciDevice_mask_message_reply unmasked;
	struct hw_Device_interrupt_reply line;
	struct kernel_Interrupt_bind_request bind = {.has_notify = true};
	struct kernel_Interrupt_bind_reply bound;
	static uint64_t bits;
	struct sk_handle handle;

	if (PCI(set_interrupt_mode, &chosen, .mode = hw_InterruptMode_MSI_X,
			.messages = 1) == SK_OK && PCI(message, &message, .index = 0) == SK_OK &&
			PCI(mask_message, &unmasked, .index = 0, .masked = false) == SK_OK) {
		handle = message.interrupt.raw;
		REGISTER(disk.common, COMMON_SELECT, uint16_t) = 0;
		REGISTER(disk.common, COMMON_VECTOR, uint16_t) = 0;
	} else if (PCI(set_interrupt_mode, &chosen, .mode = hw_InterruptMode_LINE) == SK_OK &&
			HW(interrupt, &line, .index = 0) == SK_OK) {
		handle = line.interrupt.raw;
	} else {
		return false;
	}
	if (disk.interrupt.channel.ops)
		sk_os_channel_close(disk.os, &disk.interrupt);
	sk_os_channel(disk.os, &disk.interrupt, handle);
	if (bits == 0)
		bits = sk_os_signal(disk.os, requests_came, NULL);
	bind.bits = bits;
	bind.notify.raw = sk_os_notify(disk.os);
	return kernel_Interrupt_bind(&disk.interrupt.channel, &bind, &bound, NULL) == SK_OK;
}

static const char *set_up(const struct part *parts)
{
	struct hw_Device_set_bus_master_reply reply;

	disk.common = map_part(&parts[PART_COMMON], COMMON_BYTES);
	disk.notify = map_part(&parts[PART_NOTIFY], 2);
	disk.isr = map_part(&parts[PART_ISR], 1);
	disk.config = map_part(&parts[PART_CONFIG], CONFIG_BYTES);
	if (!disk.common || !disk.notify || !disk.isr || !disk.config)
		return "its registers are not there";
	if (!reset())
		return "it cannot be reset";
	if (!negotiate(FEATURE_VERSION_1))
		return "it is not of version 1";
	read_config();
	if (!open_interrupt())
		return "it has no interrupt";
	if (!start_queue(&parts[PART_NOTIFY]))
		return "its queue cannot be set up";
	if (HW(set_bus_master, &reply, .enabled = true) != SK_OK)
		return "it cannot be a bus master";
	set_status(STATUS_SEEN | STATUS_DRIVER | STATUS_FEATURES | STATUS_READY);
	return NULL;
}

const char *device_open(struct sk_os *os)
{
	const struct svrctl_Server_device_request request = {0};
	struct svrctl_Server_device_reply reply;
	struct part parts[PARTS] = {{0}};
	int status;

	disk.os = os;
	status = svrctl_Server_device(&os->supervisor.channel, &request, &reply, NULL);
	disk.is_missing = status == svrctl_Error_NO_HARDWARE;
	if (status != SK_OK ||
			sk_os_channel_apart(os, &disk.device, reply.device.raw) != SK_OK)
		return "there is no device";
	find_parts(parts);
	return set_up(parts);
}

bool device_restart(void)
{
	const uint64_t had = disk.features;

	if (!reset() || !negotiate(had) || !open_interrupt())
		return false;
	queue_clear();
	enable_queue();
	set_status(STATUS_SEEN | STATUS_DRIVER | STATUS_FEATURES | STATUS_READY);
	return true;
}

void device_notify(void)
{
	*bell = 0;
}

void device_fail(const char *why)
{
	if (disk.is_failed)
		return;
	disk.is_failed = true;
	sk_log(disk.os, log_Level_ERROR, "the device is given up: %s", why);
	set_status(STATUS_FAILED);
	requests_fail();
	sk_serve_stop(disk.os);
}
