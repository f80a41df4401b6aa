/*
 * The platform server: what its files share. One thread, one table of functions, each
 * of which one driver can have.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "hw.skald.h"
#include "kernel.skald.h"
#include "runtime/server/serve.h"

#define FUNCTIONS_MAX 64
#define BARS 6
#define CAPABILITIES_MAX 48
/* Of one function. */
#define AREAS_MAX 16
#define AREA_BYTES_MAX (UINT64_C(16) << 20)
#define MESSAGES_MAX 32

/* Offsets in the configuration space, and bits there. */
enum {
	PCI_COMMAND = 0x04, COMMAND_PORTS = 1, COMMAND_MEMORY = 2, COMMAND_MASTER = 4,
	COMMAND_NO_LINE = 0x400,
	PCI_BAR = 0x10, PCI_ROM = 0x30, PCI_LINE = 0x3c, PCI_PIN = 0x3d,
	CAPABILITY_POWER = 1, CAPABILITY_MSI = 5, CAPABILITY_VENDOR = 9,
	CAPABILITY_EXPRESS = 16, CAPABILITY_MSI_X = 17
};

struct place {
	uint8_t bus, slot, function;
};

struct bar {
	hw_RegionKind kind;
	bool prefetchable;
	uint64_t address;
	uint64_t length;
	struct sk_handle memory;	/* while it is claimed and was asked for */
};

/* Memory that the device can reach. */
struct area {
	struct sk_handle memory;	/* none: a free place */
	uint64_t address;
	uint64_t size;
	/* Its driver has let go of it, or is gone: it ends with the next reset. */
	bool is_stale;
};

struct function;

/* The reset of a function, step by step. */
struct reset {
	uint32_t (*next)(struct function *function);	/* NULL: none is under way */
	uint32_t tries;
	uint32_t line;
	volatile uint8_t *status;	/* virtio's, mapped */
	bool is_done;			/* what came of it */
	struct sk_alarm alarm;
	struct sk_reply reply;		/* port NULL: its driver does not wait for it */
};

struct function {
	struct place place;
	struct hw_PciIdentity identity;
	bool is_bridge;
	bool is_claimed;
	uint32_t parent;		/* as an id; 0: none */
	struct bar bars[BARS];
	struct hw_PciCapability capabilities[CAPABILITIES_MAX];
	uint16_t capability_count;
	uint16_t msi, msi_x, express, power;	/* where; 0: it has none */
	uint16_t messages_x;

	hw_InterruptMode mode;
	uint32_t messages;		/* as chosen with the mode */
	volatile uint32_t *table;	/* of MSI-X, mapped */
	uint64_t table_bytes;
	uint64_t given;			/* messages, by number */
	struct area areas[AREAS_MAX];
	struct reset reset;
	/* Its driver is gone: it is free after the reset, when who waits here (port NULL:
	 * nobody) gets it. */
	bool is_ending;
	struct sk_reply claimer;
};

struct platform {
	struct sk_os *os;
	struct sk_handle system;
	struct sk_handle config_ports;	/* none: this machine has none */
	struct function functions[FUNCTIONS_MAX];
	uint32_t count;
};

extern struct platform platform;

/* ---- the kernel (main.c) ---- */

struct sk_channel *on(struct sk_handle handle);
/* K(handle, Memory_status, &reply, .size = 1) */
#define K(handle, method, reply, ...) \
	kernel_##method(on(handle), &(struct kernel_##method##_request){__VA_ARGS__}, \
		reply, NULL)
struct sk_handle own_quota(void);
/* What a call on its own handles came back with: a status (no error) cannot be, so its
 * table or its memory is damaged, and it ends, to be started anew. */
void check_own(int status);
void drop(struct sk_handle *handle);
/* Raw memory; none, and 0 or the kernel's error. */
struct sk_handle physical(uint64_t address, uint64_t length, kernel_Caching caching,
	int *error);
/* Any bytes of it, mapped to be read (and written); NULL: they cannot be had. */
volatile void *map_raw(uint64_t address, uint64_t length, bool write);
/* What map_raw() gave. */
void unmap_raw(volatile void *at, uint64_t length);
/* A memory's pages, mapped; NULL. */
volatile void *map_memory(struct sk_handle memory, uint64_t offset, uint64_t length,
	bool write);

/* ---- ACPI (acpi.c) ---- */

/* Finds the tables, if there are any. */
void acpi_open(void);
/* Where ECAM is for these buses; 0: nowhere. */
uint64_t acpi_ecam(uint8_t bus);
/* Which line an ISA interrupt is, and how it means it. */
uint32_t acpi_line(uint8_t isa, kernel_Trigger *trigger);
int firmware_dispatch(void *self, struct sk_incoming *incoming);

/* ---- configuration (config.c, scan.c) ---- */

bool config_open(void);
/* All ones where there is nothing. Offsets are multiples of the width. */
uint32_t config_read(struct place place, uint16_t offset, uint8_t width);
void config_write(struct place place, uint16_t offset, uint8_t width, uint32_t value);
/* Bytes of the space that can be reached. */
uint16_t config_size(struct place place);
void config_change(const struct function *function, uint16_t offset, uint16_t clear,
	uint16_t set);
/* Fills the table. Nothing that was found is a bus master afterwards. */
void scan(void);

/* ---- devices (bus.c, device.c, pci.c) ---- */

int bus_dispatch(void *self, struct sk_incoming *incoming);
void bus_canceled(void *self, uint64_t token);
/* The function is the driver's who has asked for it. */
void bus_give(struct function *function, struct sk_reply *to);
struct hw_Identity identity_of(const struct function *function);
extern const struct sk_object device_object;
/* An error of the kernel's as one of ours. */
hw_Error as_error(int status);

/* ---- what a driver has of it (dma.c, messages.c, reset.c) ---- */

/* 0 or an error; with 0 a copy for the driver. */
hw_Error dma_new(struct function *function, uint64_t size, uint64_t alignment,
	uint64_t below, struct sk_handle *copy, uint64_t *address);
hw_Error dma_end(struct function *function, uint64_t address);
/* All of it is stale, or, after a reset, gone. */
void dma_abandon(struct function *function);
void dma_release(struct function *function);

hw_Error messages_choose(struct function *function, hw_InterruptMode mode,
	uint32_t count);
hw_Error messages_take(struct function *function, uint32_t index,
	struct sk_handle *interrupt);
hw_Error messages_mask(struct function *function, uint32_t index, bool masked);

/*
 * No bus master, no interrupts, as after power-on, once it has ended; reset.is_done false:
 * bus mastering and interrupts are off, but what it does next nobody knows. Milliseconds
 * until reset_go_on() is to be called; 0: it has ended.
 */
uint32_t reset_begin(struct function *function);
uint32_t reset_go_on(struct function *function);
/* All of it, while nobody is served. */
void reset_now(struct function *function);
/* Its registers, of a BAR: NULL, or mapped, until unmap_raw(). */
struct sk_handle bar_memory(struct function *function, uint32_t index,
	kernel_Caching caching, hw_Error *error);

#endif
