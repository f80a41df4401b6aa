#include "runtime/server/client.h"
#include "test.skald.h"

int sk_os_main(struct sk_os *os)
{
	struct sk_client target;
	struct test_Target_echo_reply reply = {0};
	int status;

	sk_os_ready(os);
	sk_log(os, log_Level_INFO, "begins");
	status = sk_client_open(&target, os, "target", "test.Target");
	sk_log(os, log_Level_INFO, "open %d", status);
	status = test_Target_echo(&target.kernel.channel, &(struct test_Target_echo_request){42}, &reply, NULL);
	sk_log(os, log_Level_INFO, "echo %d %lu", status, reply.value);
	return 3;
}
