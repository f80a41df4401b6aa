/* The machine's end: the supervisor ends all servers in order, and then the machine. */
#include "servers/login/login.h"

void power_end(kernel_PowerAction action)
{
	const struct svrctl_Supervisor_shut_down_request request = {.action = action};
	struct svrctl_Supervisor_shut_down_reply reply;
	int status = svrctl_Supervisor_shut_down(&login.supervisor.kernel.channel, &request,
		&reply, within(60));

	if (status != SK_OK)
		sk_log(login.os, log_Level_ERROR, "the machine cannot be ended: %d", status);
}

static void take(posix_RebootAction action)
{
	switch (action) {
	case posix_RebootAction_RESTART:
		power_end(kernel_PowerAction_REBOOT);
		break;
	case posix_RebootAction_HALT:
		power_end(kernel_PowerAction_HALT);
		break;
	case posix_RebootAction_POWER_OFF:
		power_end(kernel_PowerAction_OFF);
		break;
	default:
		/* What keys do is not ours. */
		break;
	}
}

static void event_came(void *self, struct sk_completion *done)
{
	struct posix_Personality_event event;
	int status = posix_Personality_next_event_end(done, &event);

	(void)self;
	/* Else posix has died: who has started a program is told of that too. */
	if (status != SK_OK)
		return;
	if (event.which == posix_Personality_event_reboot_wanted)
		take(event.as.reboot_wanted.action);
	power_watch();
}

void power_watch(void)
{
	static const struct sk_pending pending = {.done = event_came};

	posix_Personality_next_event_begin(&login.os->ring.ring,
		&login.posix.kernel.channel, sk_pending(&pending), NULL);
}
