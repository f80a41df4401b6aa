/* What the cases of hardware share, and TAP. */
#ifndef CASES_H
#define CASES_H

#include "block.skald.h"
#include "hw.skald.h"
#include "kernel.skald.h"
#include "runtime/server/client.h"
#include "tests/servers/tap.h"

struct cases {
	struct sk_client bus;
	struct sk_client disk;
	struct sk_client control;
	struct sk_kernel_channel edu;	/* the device of the manifest */
	volatile uint32_t *registers;
};

extern struct cases cases;

/* CALL(hw_Bus, list, channel, &reply, .from = 1) */
#define CALL(interface, method, channel, reply, ...) \
	interface##_##method(channel, &(struct interface##_##method##_request){__VA_ARGS__}, \
		reply, NULL)
#define CALL0(interface, method, channel, ...) \
	CALL(interface, method, channel, &(struct interface##_##method##_reply){0}, \
		__VA_ARGS__)

struct sk_channel *on(struct sk_handle handle);
/* All of a memory, or so much of it; NULL. */
volatile void *map(struct sk_handle memory, uint64_t length);
/* Waits for the notification, two seconds; false: nothing came. */
bool await_interrupt(uint64_t bits);

void device_cases(void);
void disk_cases(void);

#endif
