/* Runs the cases, of which the log has the outcome in TAP, and then ends the machine. */
#include "probe.h"

struct tap tap;
struct probe probe;

int instance_of_target(void)
{
	struct test_Target_echo_reply reply;

	return T(target, echo, &reply, .value = 1) == SK_OK ? (int)reply.instance : -1;
}

struct svrctl_Condition await_state(svrctl_Name name, svrctl_State state)
{
	struct svrctl_Supervisor_status_reply reply = {0};
	uint64_t until = sk_os_after(tap.os, 2000);

	do {
		EXPECT_OK(S(status, &reply, .name = name));
		if (reply.condition.state == state)
			return reply.condition;
		sk_os_sleep(tap.os, 2);
	} while (sk_os_now(tap.os) < until);
	EXPECT(reply.condition.state, state);
	return reply.condition;
}

static void open_clients(struct sk_os *os)
{
	sk_client_open(&probe.target, os, "target", "test.Target");
	sk_client_open(&probe.lazy, os, "lazy", "test.Target");
	sk_client_open(&probe.crasher, os, "crasher", "test.Target");
	sk_client_open(&probe.control, os, "supervisor", "svrctl.Supervisor");
}

int sk_os_main(struct sk_os *os)
{
	char arguments[16] = "";

	tap.os = os;
	open_clients(os);
	sk_os_ready(os);
	if (sk_os_arguments(os, false, arguments, sizeof(arguments)) > 0) {
		guest_cases();
		return 5;
	}
	client_cases();
	life_cases();
	grant_cases();
	control_cases();
	sk_log(os, log_Level_INFO, "all cases were run");
	S0(shut_down, .action = kernel_PowerAction_OFF);
	sk_os_sleep(os, 5000);
	return 0;
}
