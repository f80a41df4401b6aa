/* What the files of the intruder share: its handles, and TAP. */
#ifndef TESTS_SERVERS_INTRUDER_H
#define TESTS_SERVERS_INTRUDER_H

#include "fault.skald.h"
#include "kernel.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"
#include "test.skald.h"
#include "tests/servers/tap.h"

#define OWN_MAX 64

struct own {
	uint32_t number;
	uint32_t kind;
	kernel_Rights rights;
};

struct intruder {
	struct sk_client bystander, control;
	struct sk_handle ports, memory, interrupt, endpoint;
	struct own own[OWN_MAX];
	uint32_t own_count;
};

extern struct intruder intruder;

/* With a deadline: nothing is waited for here. */
#define CALL(interface, method, channel, reply, ...) \
	interface##_##method(channel, &(struct interface##_##method##_request){__VA_ARGS__}, \
		reply, &(struct sk_call){.deadline = sk_os_after(tap.os, 2000)})
#define CALL0(interface, method, channel, ...) \
	CALL(interface, method, channel, &(struct interface##_##method##_reply){0}, \
		__VA_ARGS__)
#define K(handle, interface, method, reply, ...) \
	CALL(kernel_##interface, method, on(handle), reply, __VA_ARGS__)
#define K0(handle, interface, method, ...) \
	CALL0(kernel_##interface, method, on(handle), __VA_ARGS__)

struct sk_channel *on(struct sk_handle handle);
/* What stands in its table now. */
void list_own(void);
struct sk_handle own_of(uint32_t kind);

/* Ends in a fault, and its successor sees how it ended. Comes back once there are no more. */
void try_faults(void);
void object_cases(void);
void server_cases(void);

#endif
