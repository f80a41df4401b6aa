/* What drivers need of the machine: interrupts and I/O ports. */
#ifndef KERNEL_DEVICE_H
#define KERNEL_DEVICE_H

#include "kernel/object.h"

struct interrupt {
	struct object object;
	struct watch watch;		/* nobody: masked */
	struct list same_line;		/* shared lines: all of them are told */
	uint64_t count;
	uint64_t message_address;
	uint32_t message_value;
	unsigned line;			/* as arch.h numbers them */
	uint32_t trigger;
	bool is_shared;
	bool waits;			/* for `acknowledge` */
	bool came_again;		/* meanwhile; not of level triggers */
};

struct io_ports {
	struct object object;
	struct claim claim;
	uint16_t first;
	uint32_t count;
};

extern const struct object_type interrupt_type;
extern const struct object_type io_ports_type;

/* At boot. */
void interrupt_init(void);
void io_ports_init(void);

struct interrupt *interrupt_new(struct quota *quota, unsigned line,
	uint32_t trigger, bool shared, kernel_error *error);
struct interrupt *interrupt_new_message(struct quota *quota, kernel_error *error);
/* One has come: signals, and masks until it is acknowledged. (What is not level
 * triggered is masked when it comes a second time: that one is not lost.) */
void interrupt_came(unsigned line);

struct io_ports *io_ports_new(struct quota *quota, uint16_t first, uint32_t count,
	kernel_error *error);

#endif
