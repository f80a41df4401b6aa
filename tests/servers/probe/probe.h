/* What the cases share: a client of the target, one of the supervisor, and TAP. */
#ifndef PROBE_H
#define PROBE_H

#include "fault.skald.h"
#include "kernel.skald.h"
#include "runtime/server/client.h"
#include "test.skald.h"
#include "tests/servers/tap.h"

struct probe {
	struct sk_client target;
	struct sk_client lazy;
	struct sk_client crasher;
	struct sk_client control;
};

extern struct probe probe;

/* T(target, echo, &reply, .value = 1) */
#define T(client, method, reply, ...) \
	test_Target_##method(&probe.client.kernel.channel, \
		&(struct test_Target_##method##_request){__VA_ARGS__}, reply, NULL)
#define T0(client, method, ...) \
	T(client, method, &(struct test_Target_##method##_reply){0}, __VA_ARGS__)
/* S(status, &reply, .name = NAME("target")) of the supervisor's */
#define S(method, reply, ...) \
	svrctl_Supervisor_##method(&probe.control.kernel.channel, \
		&(struct svrctl_Supervisor_##method##_request){__VA_ARGS__}, reply, NULL)
#define S0(method, ...) \
	S(method, &(struct svrctl_Supervisor_##method##_reply){0}, __VA_ARGS__)
#define NAME(text) ((svrctl_Name){text, sizeof(text) - 1})

/* Which instance answers; -1: none does. */
int instance_of_target(void);
/* Asks until a server is in a state, or two seconds have passed; the last answer. */
struct svrctl_Condition await_state(svrctl_Name name, svrctl_State state);

void life_cases(void);
void client_cases(void);
void grant_cases(void);
void control_cases(void);
void guest_cases(void);

#endif
