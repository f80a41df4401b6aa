/*
 * The platform server, by QEMU's device `edu`: its registers, interrupts and DMA, and
 * what its driver must not do to it or to others.
 */
#include "cases.h"

enum { EDU_ID = 0, EDU_LIVE = 1, EDU_RAISE = 0x60 / 4, EDU_STATUS = 0x24 / 4,
	EDU_ACKNOWLEDGE = 0x64 / 4, EDU_FROM = 0x80 / 4, EDU_TO = 0x88 / 4,
	EDU_COUNT = 0x90 / 4, EDU_COMMAND = 0x98 / 4 };
#define EDU_BUFFER 0x40000
#define EDU_BELOW (UINT64_C(1) << 28)
#define EDU_START 1
#define EDU_WRITES 2

#define E(method, reply, ...) CALL(hw_PciDevice, method, &cases.edu.channel, reply, __VA_ARGS__)
#define E0(method, ...) CALL0(hw_PciDevice, method, &cases.edu.channel, __VA_ARGS__)
#define D(method, reply, ...) CALL(hw_Device, method, &cases.edu.channel, reply, __VA_ARGS__)
#define D0(method, ...) CALL0(hw_Device, method, &cases.edu.channel, __VA_ARGS__)

static hw_DeviceId disk_id, edu_id;

static void listed(void)
{
	struct hw_Bus_list_reply reply;
	struct hw_Found found;
	unsigned bridges = 0;

	EXPECT_OK(CALL(hw_Bus, list, &cases.bus.kernel.channel, &reply, .from = 0));
	while (hw_Found_next(&reply.devices, &found)) {
		const struct hw_PciIdentity *is = &found.identity.as.pci.identity;

		EXPECT(found.identity.which, hw_Identity_pci);
		sk_log(tap.os, log_Level_INFO, "found %04x:%04x class %02x%02x",
			is->vendor, is->device, is->class_code, is->subclass);
		bridges += is->class_code == 6;
		if (is->vendor == 0x1234 && is->device == 0x11e8)
			edu_id = found.id;
		if (is->vendor == 0x1af4 && is->device == 0x1042)
			disk_id = found.id;
	}
	EXPECT(reply.next, 0);
	EXPECT(bridges >= 2, 1);
	EXPECT(edu_id != 0, 1);
	EXPECT(disk_id != 0, 1);
}

static int get(uint32_t number, uint32_t index, struct sk_handle *device)
{
	struct svrctl_Server_device_reply reply;
	int status = CALL(svrctl_Server, device, &tap.os->supervisor.channel, &reply,
		.number = number, .index = index);

	if (status == SK_OK)
		*device = reply.device.raw;
	return status;
}

static void given(void)
{
	struct sk_handle device = sk_no_handle();
	struct hw_Device_identity_reply reply;

	EXPECT_OK(get(0, 0, &device));
	EXPECT_OK(sk_os_channel_apart(tap.os, &cases.edu, device));
	EXPECT_OK(D(identity, &reply, 0));
	EXPECT(reply.identity.as.pci.identity.device, 0x11e8);
}

static void only_once(void)
{
	struct sk_handle device = sk_no_handle();

	EXPECT(get(0, 0, &device), svrctl_Error_TAKEN);
	EXPECT(get(0, 1, &device), svrctl_Error_NO_HARDWARE);
	EXPECT(get(2, 0, &device), svrctl_Error_NOT_FOUND);
	EXPECT(CALL(hw_Bus, claim, &cases.bus.kernel.channel,
		&(struct hw_Bus_claim_reply){.bus = 0}, .id = disk_id),
		hw_Error_NOT_PERMITTED);
}

/* ---- configuration ---- */

static int read_config(uint16_t offset, uint8_t width, uint32_t *value)
{
	struct hw_PciDevice_read_config_reply reply = {0};
	int status = E(read_config, &reply, .offset = offset, .width = width);

	*value = reply.value;
	return status;
}

static void configuration(void)
{
	struct hw_PciDevice_pci_info_reply info;
	struct hw_PciCapability one;
	uint32_t value, msi = 0, count = 0;

	EXPECT_OK(read_config(0, 4, &value));
	EXPECT(value, 0x11e81234);
	EXPECT_OK(read_config(2, 2, &value));
	EXPECT(value, 0x11e8);
	EXPECT(read_config(3, 2, &value), hw_Error_INVALID);
	EXPECT(read_config(0, 3, &value), hw_Error_INVALID);
	EXPECT(read_config(4096, 4, &value), hw_Error_INVALID);
	EXPECT_OK(E(pci_info, &info, 0));
	EXPECT(info.messages, 1);
	while (hw_PciCapability_next(&info.capabilities, &one)) {
		count++;
		if (one.id == 5)
			msi = one.offset;
	}
	EXPECT(msi != 0, 1);
	EXPECT(E0(write_config, .offset = (uint16_t)(msi + 4), .width = 4,
		.value = 0xfee00000), hw_Error_NOT_PERMITTED);
	EXPECT(E0(write_config, .offset = 0x10, .width = 4, .value = 0xfee00000),
		hw_Error_NOT_PERMITTED);
	EXPECT_OK(read_config(4, 2, &value));
	EXPECT_OK(E0(write_config, .offset = 4, .width = 2, .value = value));
	EXPECT(E0(write_config, .offset = 4, .width = 2, .value = value ^ 4),
		hw_Error_NOT_PERMITTED);
	EXPECT(E0(write_config, .offset = 4, .width = 1, .value = 7),
		hw_Error_NOT_PERMITTED);
	EXPECT(E(read_capability, &(struct hw_PciDevice_read_capability_reply){0},
		.index = (uint16_t)count, .width = 1), hw_Error_NOT_FOUND);
	EXPECT(E(read_capability, &(struct hw_PciDevice_read_capability_reply){0},
		.index = 0, .offset = 4095, .width = 1), hw_Error_NOT_FOUND);
}

/* ---- registers ---- */

static void registers(void)
{
	struct hw_Device_regions_reply regions;
	struct hw_Device_memory_reply memory;
	struct hw_Region region = {.length = 0};

	EXPECT_OK(D(regions, &regions, 0));
	EXPECT(hw_Region_next(&regions.list, &region), true);
	EXPECT(region.kind, hw_RegionKind_MEMORY);
	EXPECT(region.length, 1 << 20);
	EXPECT(D(memory, &memory, .index = 1), hw_Error_NOT_FOUND);
	EXPECT(D(memory, &memory, .index = 1000), hw_Error_NOT_FOUND);
	EXPECT_OK(D(memory, &memory, .index = 0, .caching = kernel_Caching_UNCACHED));
	cases.registers = map(memory.memory.raw, region.length);
	EXPECT(cases.registers != NULL, 1);
	if (!cases.registers)
		return;
	EXPECT(cases.registers[EDU_ID], 0x010000ed);
	cases.registers[EDU_LIVE] = 0x12345678;
	EXPECT(cases.registers[EDU_LIVE], ~0x12345678u);
}

/* ---- interrupts ---- */

static void raise_and_await(struct sk_handle interrupt)
{
	static uint32_t next;
	uint64_t bit = UINT64_C(1) << next++;

	EXPECT_OK(CALL0(kernel_Interrupt, bind, on(interrupt), .has_notify = true,
		.notify = {sk_os_notify(tap.os)}, .bits = bit));
	for (unsigned i = 0; i < 3 && cases.registers; i++) {
		cases.registers[EDU_RAISE] = 5;
		EXPECT(await_interrupt(bit), true);
		EXPECT(cases.registers[EDU_STATUS], 5);
		cases.registers[EDU_ACKNOWLEDGE] = 5;
		EXPECT_OK(CALL0(kernel_Interrupt, acknowledge, on(interrupt), 0));
	}
	sk_close(&cases.edu.channel, interrupt);
}

static void by_message(void)
{
	struct hw_PciDevice_message_reply message = {{sk_no_handle()}};

	EXPECT(E(message, &message, .index = 0), hw_Error_NOT_FOUND);
	EXPECT(E0(set_interrupt_mode, .mode = hw_InterruptMode_MSI_X, .messages = 1),
		hw_Error_NOT_SUPPORTED);
	EXPECT(E0(set_interrupt_mode, .mode = hw_InterruptMode_MSI, .messages = 64),
		hw_Error_EXHAUSTED);
	EXPECT_OK(E0(set_interrupt_mode, .mode = hw_InterruptMode_MSI, .messages = 1));
	EXPECT_OK(E(message, &message, .index = 0));
	EXPECT_OK(E0(mask_message, .index = 0, .masked = false));
	/* Messages are writes, as DMA is. */
	EXPECT_OK(D0(set_bus_master, .enabled = true));
	raise_and_await(message.interrupt.raw);
	EXPECT_OK(D0(set_bus_master, .enabled = false));
	EXPECT(E(message, &message, .index = 0), hw_Error_TAKEN);
}

static void by_line(void)
{
	struct hw_Device_interrupts_reply lines = {0};
	struct hw_Device_interrupt_reply reply = {.interrupt = {sk_no_handle()}};

	EXPECT_OK(D(interrupts, &lines, 0));
	EXPECT(lines.lines, 1);
	EXPECT(D(interrupt, &reply, .index = 1), hw_Error_NOT_FOUND);
	EXPECT_OK(E0(set_interrupt_mode, .mode = hw_InterruptMode_LINE));
	EXPECT_OK(D(interrupt, &reply, .index = 0));
	EXPECT_OK(D0(enable_interrupts, .enabled = true));
	raise_and_await(reply.interrupt.raw);
}

/* ---- DMA ---- */

static void transfer(uint64_t from, uint64_t to, uint32_t command)
{
	volatile uint32_t *edu = cases.registers;
	uint64_t until = sk_os_after(tap.os, 3000);

	edu[EDU_FROM] = (uint32_t)from;
	edu[EDU_FROM + 1] = (uint32_t)(from >> 32);
	edu[EDU_TO] = (uint32_t)to;
	edu[EDU_TO + 1] = (uint32_t)(to >> 32);
	edu[EDU_COUNT] = 64;
	edu[EDU_COMMAND] = command | EDU_START;
	while ((edu[EDU_COMMAND] & EDU_START) && sk_os_now(tap.os) < until)
		sk_os_sleep(tap.os, 5);
	EXPECT(edu[EDU_COMMAND] & EDU_START, 0);
}

static void dma(void)
{
	struct hw_Device_dma_allocate_reply reply;
	volatile uint32_t *at;
	uint64_t address;

	EXPECT(D(dma_allocate, &reply, .size = 0), hw_Error_INVALID);
	EXPECT(D(dma_allocate, &reply, .size = UINT64_MAX), hw_Error_EXHAUSTED);
	EXPECT_OK(D(dma_allocate, &reply, .size = 8192, .below = EDU_BELOW));
	address = reply.dma;
	at = map(reply.memory.raw, 8192);
	EXPECT(at != NULL, 1);
	if (!at || !cases.registers)
		return;
	EXPECT(at[0], 0);
	for (uint32_t i = 0; i < 16; i++)
		at[i] = i * 3 + 1;
	/* No bus master yet: what it reads are not these, nor does it write. */
	transfer(address, EDU_BUFFER, 0);
	transfer(EDU_BUFFER, address + 4096, EDU_WRITES);
	EXPECT(at[1024], 0);
	EXPECT_OK(D0(set_bus_master, .enabled = true));
	transfer(address, EDU_BUFFER, 0);
	transfer(EDU_BUFFER, address + 4096, EDU_WRITES);
	for (uint32_t i = 0; i < 16; i++)
		EXPECT(at[1024 + i], i * 3 + 1);
	EXPECT_OK(D0(dma_free, .dma = address));
	EXPECT(D0(dma_free, .dma = address), hw_Error_NOT_FOUND);
	EXPECT(D0(dma_free, .dma = 4096), hw_Error_NOT_FOUND);
}

/* It cannot be reset, so what it was given is counted until it can. */
static void dma_limit(void)
{
	struct hw_Device_dma_allocate_reply reply;
	unsigned given = 0;

	while (given < 100 && D(dma_allocate, &reply, .size = 4096) == SK_OK)
		given++;
	EXPECT(given, 15);
	EXPECT(D(dma_allocate, &reply, .size = 4096), hw_Error_EXHAUSTED);
	EXPECT(D0(reset, 0), hw_Error_NOT_SUPPORTED);
}

/* ---- resets that take a while ---- */

static struct sk_kernel_channel slow;

static int slow_identity(void)
{
	return CALL(hw_Device, identity, &slow.channel,
		&(struct hw_Device_identity_reply){.identity.which = 0}, 0);
}

static void reset_aside(void)
{
	struct sk_ring *ring = &tap.os->ring.ring;
	struct sk_handle device = sk_no_handle();
	struct hw_Device_reset_reply reply;
	struct hw_Bus_list_reply list;
	struct sk_completion done;

	EXPECT_OK(get(1, 0, &device));
	EXPECT_OK(sk_os_channel_apart(tap.os, &slow, device));
	EXPECT_OK(hw_Device_reset_begin(ring, &slow.channel,
		&(struct hw_Device_reset_request){0}, 1, NULL));
	EXPECT_OK(CALL(hw_Bus, list, &cases.bus.kernel.channel, &list, .from = 0));
	EXPECT(slow_identity(), hw_Error_NO_ANSWER);
	EXPECT(sk_ring_next(ring, SK_POLL, &done) == SK_OK, false);
	if (sk_ring_next(ring, sk_os_after(tap.os, 3000), &done) != SK_OK) {
		EXPECT(0, 1);
		return;
	}
	EXPECT_OK(hw_Device_reset_end(&done, &reply));
	sk_ring_release(&done);
	EXPECT_OK(slow_identity());
}

static void given_after_reset(void)
{
	struct sk_handle device = sk_no_handle();

	for (unsigned i = 0; i < 3; i++) {
		sk_os_channel_close(tap.os, &slow);
		EXPECT_OK(get(1, 0, &device));
		EXPECT_OK(sk_os_channel_apart(tap.os, &slow, device));
		EXPECT_OK(slow_identity());
	}
}

void device_cases(void)
{
	tap_run("devices are listed", listed);
	tap_run("a manifest's device is given to its driver", given);
	tap_run("a device is one driver's, and no other's than the manifest says", only_once);
	tap_run("a driver reads its configuration, and writes what is its affair", configuration);
	tap_run("a driver has its device's registers", registers);
	tap_run("a device interrupts by messages", by_message);
	tap_run("a device interrupts by its line", by_line);
	tap_run("a device reaches DMA memory once it is a bus master", dma);
	tap_run("what may still be reached by a device is kept and counted", dma_limit);
	tap_run("while a device is being reset others are served", reset_aside);
	tap_run("a device without a driver is another's once it is reset", given_after_reset);
}
