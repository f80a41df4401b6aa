/* Commands about servers: who runs, what it was given, and starting and ending them. */
#include "kernel.skald.h"
#include "servers/monitor/monitor.h"

#define GRACE 2000			/* milliseconds that one has to end by itself */
#define START 40			/* seconds that one may take to start or to end */
#define LIST_MAX 64
#define MANIFEST_MAX 65536u

#define ASK(method, reply, ...) \
	svrctl_Supervisor_##method(&monitor.supervisor.kernel.channel, \
		&(struct svrctl_Supervisor_##method##_request){__VA_ARGS__}, reply, within(5))
/* The same by the ring, where the reply says nothing. */
#define ASK_LONG(method, ...) \
	ask_long(svrctl_Supervisor_##method##_begin(&monitor.os->ring.ring, connected(), \
		&(struct svrctl_Supervisor_##method##_request){__VA_ARGS__}, wait_cookie(), \
		within(START)))

static struct sk_string text_of(const char *text)
{
	return (struct sk_string){text, (uint32_t)strlen(text)};
}

static void copy_name(char to[65], svrctl_Name name)
{
	uint32_t size = name.size < 64 ? name.size : 64;

	memcpy(to, name.data, size);
	to[size] = 0;
}

static const char *error_text(int error)
{
	static const char *const texts[] = {NULL, "there is no such server; `servers` lists them",
		"it is there already", "this monitor may not", "its manifest is wrong",
		"its program is none", "it would need itself", "not in this state; see `status`",
		"it does not run, and will not: see `status` and `log`",
		"hardware that it needs is not there", "hardware that it needs is another's",
		"there is no memory for it", "it did not come up, or end, in time"};

	return error > 0 && error < (int)(sizeof(texts) / sizeof(texts[0])) ? texts[error] :
		"an unknown error";
}

void complain_server(const char *name, int status)
{
	if (status > 0)
		complain(name, error_text(status));
	else if (status < 0)
		complain(name, sk_status_text(status));
}

/* For calls of the ring, which do not connect by themselves. */
static struct sk_channel *connected(void)
{
	if (monitor.supervisor.kernel.number == 0)
		sk_client_connect(&monitor.supervisor, true, within(5));
	return &monitor.supervisor.kernel.channel;
}

/* ^C says itself that it was. */
static int ask_long(int begun)
{
	int status = wait_for_answer(begun);

	return status == SK_CANCELED && is_interrupted() ? SK_OK : status;
}

int servers_each(void (*each)(void *self, const char *name), void *self,
	uint32_t *starting, uint32_t *count)
{
	struct svrctl_Supervisor_list_reply reply = {.more = true};
	char name[65] = "";

	*starting = *count = 0;
	while (reply.more) {
		int status = ASK(list, &reply, .after = text_of(name));
		struct svrctl_Listed listed;
		char names[LIST_MAX][65];
		uint32_t here = 0;

		if (status != SK_OK)
			return status;
		while (here < LIST_MAX && svrctl_Listed_next(&reply.servers, &listed)) {
			*starting += listed.state == svrctl_State_STARTING;
			copy_name(names[here++], listed.name);
		}
		/* Whoever is told of them may ask the supervisor too. */
		for (uint32_t i = 0; i < here; i++)
			each(self, names[i]);
		*count += here;
		if (here == 0)
			break;
		memcpy(name, names[here - 1], sizeof(name));
	}
	return SK_OK;
}

/* ---- looking ---- */

static const char *state_text(svrctl_State state)
{
	static const char *const texts[] = {"stopped", "starting", "running", "stopping",
		"waiting", "given up", "blocked"};

	return (uint32_t)state < 7 ? texts[state] : "?";
}

static void put_state(svrctl_State state)
{
	static const enum colour colours[] = {FAINT, YELLOW, GREEN, YELLOW, YELLOW, RED, YELLOW};

	paint((uint32_t)state < 7 ? colours[state] : NONE);
	say("%-10s", state_text(state));
	paint(NONE);
}

static void show_line(void *self, const char *name)
{
	struct svrctl_Supervisor_status_reply reply;
	const struct svrctl_Condition *is = &reply.condition;
	char used[TEXT_SIZE], limit[TEXT_SIZE], time[TEXT_SIZE];
	int status;

	(void)self;
	if (is_interrupted())
		return;
	status = ASK(status, &reply, .name = text_of(name));
	if (status != SK_OK) {
		complain_server(name, status);
		return;
	}
	say("%-14s", name);
	put_state(is->state);
	if (is->bytes_limit > 0) {
		say("%6lu", is->space);
		put_right(text_size(used, is->bytes_used), 9);
		say(" of %-8s", text_size(limit, is->bytes_limit));
		put_right(text_span(time, is->cpu_time), 11);
	} else {
		say("%38s", "");
	}
	say("%10u\n", is->restarts);
}

void do_servers(struct words *words)
{
	uint32_t starting, count;

	(void)words;
	paint(BOLD);
	put_text("NAME          STATE      SPACE       MEMORY QUOTA      CPU TIME  RESTARTS\n");
	paint(NONE);
	complain_server(NULL, servers_each(show_line, NULL, &starting, &count));
}

static void show_end(const struct svrctl_Condition *is)
{
	static const char *const ends[] = {"", "by itself", "by a fault", "it did not answer",
		"it was not ready in time", "it was stopped", "it could not be started",
		"its device was lost", "it was killed"};
	char time[TEXT_SIZE];

	if (is->last_end == svrctl_End_NONE)
		return;
	say("last end:    %s, code %d", (uint32_t)is->last_end < 9 ? ends[is->last_end] : "?",
		is->last_code);
	if (is->last_address)
		say(", at 0x%lx", is->last_address);
	if (is->restart_time)
		say("; ready again after %s", text_span(time, is->restart_time));
	put_text("\n");
}

/* What its manifest says of it. */
static void show_manifest(const char *name)
{
	struct svrctl_Supervisor_manifest_reply reply;
	uint8_t *wire = chunk();
	struct svrctl_Manifest manifest;
	struct svrctl_Served served;
	struct svrctl_Used used;

	if (!wire || ASK(manifest, &reply, .name = text_of(name),
			.bytes = sk_lend_out(wire, MANIFEST_MAX)) != SK_OK ||
			reply.size > MANIFEST_MAX ||
			svrctl_Manifest_decode(&manifest, wire, reply.size) != SK_OK)
		return;
	put_text("description: ");
	put_plain(manifest.description.data, manifest.description.size, false);
	say("\npriority:    %u\n", manifest.priority);
	while (manifest.has_serves && svrctl_Served_next(&manifest.serves, &served)) {
		put_text("serves:      ");
		put_plain(served.service.data, served.service.size, false);
		put_text(", ");
		put_plain(served.interface_name.data, served.interface_name.size, false);
		put_text("\n");
	}
	while (manifest.has_uses && svrctl_Used_next(&manifest.uses, &used)) {
		put_text("uses:        ");
		put_plain(used.service.data, used.service.size, false);
		put_text(used.may_lack ? ", if it is there\n" : "\n");
	}
}

void do_status(struct words *words)
{
	const char *name = words->word[1];
	struct svrctl_Supervisor_status_reply reply;
	const struct svrctl_Condition *is = &reply.condition;
	char used[TEXT_SIZE], limit[TEXT_SIZE], time[TEXT_SIZE];
	int status = ASK(status, &reply, .name = text_of(name));

	if (status != SK_OK) {
		complain_server(name, status);
		return;
	}
	put_text("state:       ");
	put_state(is->state);
	if (is->bytes_limit > 0) {
		say("for %s", text_span(time, sk_os_now(monitor.os) - is->started_at));
		say("\nspace:       %lu\nmemory:      %s of %s\n", is->space,
			text_size(used, is->bytes_used), text_size(limit, is->bytes_limit));
		say("CPU time:    %s\nclients:     %u", text_span(time, is->cpu_time),
			is->clients);
	}
	say("\nrestarts:    %u\n", is->restarts);
	show_end(is);
	show_manifest(name);
}

static const char *kind_text(kernel_Kind kind)
{
	static const char *const texts[] = {"none", "space", "thread", "memory", "endpoint",
		"session", "notification", "ring", "timer", "interrupt", "ports", "quota",
		"clock", "trace", "system"};

	return (uint32_t)kind < sizeof(texts) / sizeof(texts[0]) ? texts[kind] : "?";
}

void do_grants(struct words *words)
{
	struct svrctl_Supervisor_grants_reply reply = {.next = 0};
	const char *name = words->word[1];

	do {
		int status = ASK(grants, &reply, .name = text_of(name), .from = reply.next);
		struct svrctl_Granted granted;

		if (status != SK_OK) {
			complain_server(name, status);
			return;
		}
		while (svrctl_Granted_next(&reply.list, &granted)) {
			say("%-13s rights 0x%04x  ", kind_text(granted.kind), granted.rights);
			put_plain(granted.text.data, granted.text.size, false);
			put_text("\n");
		}
	} while (reply.next != 0 && !is_interrupted());
}

/* ---- starting and ending ---- */

void do_start(struct words *words)
{
	complain_server(words->word[1], ASK_LONG(start, .name = text_of(words->word[1])));
}

void do_stop(struct words *words)
{
	complain_server(words->word[1], ASK_LONG(stop, .name = text_of(words->word[1]),
		.grace = GRACE));
}

void do_restart(struct words *words)
{
	complain_server(words->word[1], ASK_LONG(restart, .name = text_of(words->word[1]),
		.grace = GRACE));
}

void do_kill(struct words *words)
{
	struct svrctl_Supervisor_kill_reply reply;

	complain_server(words->word[1], ASK(kill, &reply, .name = text_of(words->word[1])));
}

static void shut_down(kernel_PowerAction action)
{
	struct svrctl_Supervisor_shut_down_reply reply;
	int status;

	put_text(action == kernel_PowerAction_OFF ? "All servers end, and then the machine.\n" :
		"All servers end, and the machine begins anew.\n");
	flush();
	status = ASK(shut_down, &reply, .action = action);
	if (status != SK_OK)
		complain_server(NULL, status);
	else
		/* It is among those that are ended. */
		wait_for(10000);
}

void do_poweroff(struct words *words)
{
	(void)words;
	shut_down(kernel_PowerAction_OFF);
}

void do_reboot(struct words *words)
{
	(void)words;
	shut_down(kernel_PowerAction_REBOOT);
}
