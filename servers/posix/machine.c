/* What is the machine's, not a process's: its end and its names (posix.Machine), and who
 * has started posix, who carries the end out (posix.Personality). */
#include "servers/posix/posix.h"

#define NAME_MAX 64

/* Whoever has a session of Personality. */
struct starter {
	struct starter *next;
	struct sk_events events;
};

struct name {
	char text[NAME_MAX];
	uint32_t size;
};

static struct starter *starters;
/* Those who have asked for the end: nothing is answered any more. */
static struct wait *last_waits;
static struct name node_name = {"skald", 5}, domain_name = {"(none)", 6};

struct sk_string machine_node_name(void)
{
	return (struct sk_string){node_name.text, node_name.size};
}

struct sk_string machine_domain_name(void)
{
	return (struct sk_string){domain_name.text, domain_name.size};
}

/* ---- who has started posix ---- */

void *starter_connected(void *context, uint64_t badge)
{
	struct starter *starter = allocate(sizeof(*starter));

	UNUSED(context);
	UNUSED(badge);
	if (!starter)
		return NULL;
	starter->next = starters;
	starters = starter;
	return starter;
}

void starter_gone(void *self)
{
	struct starter *starter = self, **link = &starters;

	while (*link != starter)
		link = &(*link)->next;
	*link = starter->next;
	programs_hang_up(starter);
	sk_events_close(&starter->events);
	release(starter);
}

void starter_canceled(void *self, uint64_t token)
{
	struct starter *starter = self;

	sk_events_canceled(&starter->events, token);
}

struct sk_events *starter_events(void *self)
{
	return &((struct starter *)self)->events;
}

/* False: nobody listens who could do it. */
static bool tell_starters(posix_RebootAction action)
{
	bool is_told = false;

	for (struct starter *starter = starters; starter; starter = starter->next) {
		if (!starter->events.next.port)
			continue;
		posix_Personality_reboot_wanted_send(&starter->events,
			&(struct posix_Personality_reboot_wanted_event){action});
		is_told = true;
	}
	return is_told;
}

/* ---- posix.Machine: `self` is who has the handle, as he was when he asked for it ---- */

static bool can(void *self, uint32_t capability)
{
	return credentials_can(self, capability);
}

static void wait_over(struct wait *wait)
{
	release(wait);
}

/* The answer to what ends the machine does not come: the caller sees no more of it. */
static int end(posix_RebootAction action, struct sk_reply *to)
{
	struct wait *wait = allocate(sizeof(*wait));

	if (!wait)
		return posix_Error_ENOMEM;
	if (!tell_starters(action)) {
		release(wait);
		return posix_Error_ENOSYS;
	}
	wait->canceled = wait_over;
	wait_begin(wait, &last_waits, NULL, to);
	return 0;
}

static void op_reboot(void *self, const struct posix_Machine_reboot_request *request,
	struct sk_reply *to)
{
	const struct posix_Machine_reboot_reply reply = {0};
	int error = can(self, CAP_SYS_BOOT) ? 0 : posix_Error_EPERM;

	switch (request->action) {
	case posix_RebootAction_KEYS_RESTART:
	case posix_RebootAction_KEYS_SIGNAL:
		/* Those keys are told to nobody here. */
		posix_Machine_reboot_answer(to, error, &reply);
		return;
	default:
		if (!error)
			error = end(request->action, to);
		if (error)
			posix_Machine_reboot_answer(to, error, NULL);
	}
}

static int set_name(void *self, struct name *name, struct sk_string text)
{
	if (!can(self, CAP_SYS_ADMIN))
		return posix_Error_EPERM;
	memcpy(name->text, text.data, text.size);
	name->size = text.size;
	return 0;
}

static void op_set_node_name(void *self,
	const struct posix_Machine_set_node_name_request *request, struct sk_reply *to)
{
	posix_Machine_set_node_name_answer(to, set_name(self, &node_name, request->name),
		&(struct posix_Machine_set_node_name_reply){0});
}

static void op_set_domain_name(void *self,
	const struct posix_Machine_set_domain_name_request *request, struct sk_reply *to)
{
	posix_Machine_set_domain_name_answer(to,
		set_name(self, &domain_name, request->name),
		&(struct posix_Machine_set_domain_name_reply){0});
}

static int machine_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Machine_ops ops = {
		.reboot = op_reboot, .set_node_name = op_set_node_name,
		.set_domain_name = op_set_domain_name, .set_time_zone = op_set_time_zone,
		.time_zone = op_time_zone, .set_clock = op_set_clock,
		.adjust_clock = op_adjust_clock, .log = op_log,
	};

	return posix_Machine_dispatch(&ops, self, incoming);
}

static void machine_gone(void *self)
{
	credentials_drop(self);
}

void op_machine(void *self, const struct posix_Thread_machine_request *request,
	struct sk_reply *to)
{
	static const struct sk_object object = {
		.dispatch = machine_dispatch, .gone = machine_gone, .canceled = wait_canceled,
	};
	const struct thread *thread = self;
	struct posix_Thread_machine_reply reply;
	struct credentials *who = credentials_take(thread->credentials);
	int error = 0;

	UNUSED(request);
	if (sk_mint(to->port, &object, who, &reply.machine.raw) != SK_OK) {
		credentials_drop(who);
		error = posix_Error_ENFILE;
	}
	posix_Thread_machine_answer(to, error, &reply);
}
