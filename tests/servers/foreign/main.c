/* Has foreign programs traced (ostrace.Kinds.FOREIGN), for build/ostrace on the host. */
#include "ostrace.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"

#define LOOK 200			/* milliseconds */

static struct {
	struct sk_os *os;
	struct sk_client collector;
	struct sk_alarm alarm;
} foreign;

#define COLLECTOR(method, ...) \
	ostrace_Collector_##method(&foreign.collector.kernel.channel, \
		&(struct ostrace_Collector_##method##_request){__VA_ARGS__}, \
		&(struct ostrace_Collector_##method##_reply){0}, NULL)

/* So that the host need not wait for a whole packet. */
static void flush(void *self)
{
	(void)self;
	COLLECTOR(flush, 0);
	sk_alarm_set(foreign.os, &foreign.alarm, sk_os_after(foreign.os, LOOK));
}

int sk_os_main(struct sk_os *os)
{
	const struct ostrace_Output com2 = {
		.which = ostrace_Output_service, .as.service = {"com2", 4},
	};
	int status;

	foreign.os = os;
	foreign.alarm.ring = flush;
	sk_client_open(&foreign.collector, os, "traces", "ostrace.Collector");
	status = COLLECTOR(set_output, .output = com2);
	if (status == SK_OK)
		status = COLLECTOR(set_filter, .filter = {.kinds = ostrace_Kinds_FOREIGN});
	sk_log(os, log_Level_INFO, "foreign programs are traced: %d", status);
	sk_alarm_set(os, &foreign.alarm, 1);
	return sk_serve(os, &(struct sk_serve){0});
}
