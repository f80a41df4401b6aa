/*
 * Fault injection: one fault after the other, each at a server that works for a load,
 * and after each a look at what became of the server, and at what its load finds. The
 * kernel's command line says how many (n=), and of which seed (seed=); fault i of a
 * seed is always the same, whatever came before it (from=).
 */
#include "tests/servers/inject/inject.h"

#include "tests/servers/inject/load.h"

#define MS UINT64_C(1000000)
/* How long a server that was harmed is looked at: one that may die, and one that will. */
#define LOOK_MS 8
#define DEATH_MS 3000
#define RECOVERY_MS 5000

struct injector injector;

static struct {
	uint32_t lost;			/* acknowledged, of servers that were not damaged */
	uint32_t wrong;			/* of those that were */
	uint32_t hung;			/* calls of loads */
	uint32_t stuck;			/* the same, after damage */
	uint32_t silent;		/* servers restarted since they went on wrongly */
	uint32_t beside;		/* crashes of others than the one harmed, */
	uint32_t again;			/* and of one that came back, of the same fault */
	uint32_t given_up;
	uint32_t left_out;		/* faults for which there was nothing to do */
} total;

/* ---- what all use ---- */

struct sk_channel *on(struct sk_handle handle)
{
	static struct sk_kernel_channel channel;

	sk_os_channel(injector.os, &channel, handle.raw < 0 ?
		(struct sk_handle){INT32_MAX} : handle);
	return &channel.channel;
}

void drop(struct sk_handle *handle)
{
	if (handle->raw >= 0)
		sk_sys_close(sk_kernel_number(*handle));
	*handle = sk_no_handle();
}

uint64_t random_word(struct victim *victim)
{
	uint64_t x = victim->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint32_t below(struct victim *victim, uint32_t count)
{
	return (uint32_t)((random_word(victim) >> 32) * count >> 32);
}

void describe(struct victim *victim, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	victim->what[sk_format(victim->what, sizeof(victim->what) - 1, format, list)] = 0;
	va_end(list);
}

void say(const char *format, ...)
{
	struct kernel_System_log_request request;
	struct kernel_System_log_reply reply;
	char line[300] = "injector: ";
	va_list list;
	size_t size;

	va_start(list, format);
	size = 10 + sk_format(line + 10, sizeof(line) - 11, format, list);
	va_end(list);
	line[size++] = '\n';
	request.text = (struct sk_string){line, (uint32_t)size};
	kernel_System_log(on(injector.system), &request, &reply, NULL);
}

static svrctl_Name name_of(const struct target *target)
{
	return (svrctl_Name){target->name, (uint32_t)strlen(target->name)};
}

static struct svrctl_Condition look(const struct target *target)
{
	struct svrctl_Supervisor_status_reply reply = {{0}};

	S(status, &reply, .name = name_of(target));
	return reply.condition;
}

/* ---- what came of it ---- */

/* Whether it runs, at once or before the time has passed. */
static bool await_running(const struct target *target, uint32_t milliseconds,
	struct svrctl_Condition *condition)
{
	uint64_t until = sk_os_after(injector.os, milliseconds);

	do {
		*condition = look(target);
		if (condition->state == svrctl_State_RUNNING)
			return true;
		sk_os_sleep(injector.os, 1);
	} while (condition->state != svrctl_State_GIVEN_UP && sk_os_now(injector.os) < until);
	return false;
}

/* So many crashes; it is looked at until it has crashed, or the time has passed, and then
 * until it runs. */
static uint32_t await_crash(struct target *target, uint32_t milliseconds,
	struct svrctl_Condition *condition)
{
	uint64_t until = sk_os_after(injector.os, milliseconds);

	do {
		*condition = look(target);
		if (condition->restarts != target->restarts ||
				condition->state != svrctl_State_RUNNING)
			break;
		sk_os_sleep(injector.os, 1);
	} while (sk_os_now(injector.os) < until);
	if (condition->state != svrctl_State_RUNNING)
		await_running(target, RECOVERY_MS, condition);
	return condition->restarts - target->restarts;
}

static void restart(struct target *target)
{
	struct svrctl_Supervisor_restart_reply reply;
	struct svrctl_Condition condition;

	S(restart, &reply, .name = name_of(target), .grace = 0);
	await_running(target, RECOVERY_MS, &condition);
	target->restarts = condition.restarts;
	target->is_damaged = false;
}

/* It is started by hand, which counts as no recovery; so are those that are damaged too of
 * which its load may have found it. */
static void start_anew(const struct target *target)
{
	for (unsigned i = 0; i < TARGETS; i++)
		if (&targets[i] == target ||
				(targets[i].load == target->load && targets[i].is_damaged))
			restart(&targets[i]);
}

/* It, or another one that its load works with. */
static bool is_any_damaged(const struct target *target)
{
	for (unsigned i = 0; i < TARGETS; i++)
		if (targets[i].load == target->load && targets[i].is_damaged)
			return true;
	return false;
}

/* How much of what was acknowledged its load finds to be otherwise. */
static uint64_t verify(struct target *target, uint64_t *hung)
{
	struct load_Load_verify_reply reply;
	struct watched *watched = target->load;
	uint64_t wrong;
	int status = load_Load_verify(&watched->client.kernel.channel,
		&(struct load_Load_verify_request){0}, &reply, NULL);

	*hung = 1;
	if (status != SK_OK) {
		say("  the load of %s does not answer: %s", target->name,
			sk_status_name(status));
		return 0;
	}
	wrong = reply.figures.wrong - watched->wrong;
	*hung = reply.figures.hung - watched->hung;
	watched->wrong = reply.figures.wrong;
	watched->hung = reply.figures.hung;
	return wrong;
}

/* It was damaged, and is another one now: what its load has found, or what it has left
 * behind, came of the damage. */
static void end_damage(struct target *target)
{
	uint64_t wrong, hung;

	if (!target->is_damaged)
		return;
	wrong = verify(target, &hung);
	if (wrong || hung)
		say("  %s: %lu pieces wrong, %lu calls hung, after damage, before its end",
			target->name, wrong, hung);
	total.wrong += (uint32_t)wrong;
	total.stuck += (uint32_t)hung;
	target->is_damaged = false;
}

/* Others crash of it too. */
static void look_beside(const struct target *harmed)
{
	for (unsigned i = 0; i < TARGETS; i++) {
		struct target *target = &targets[i];
		struct svrctl_Condition condition;
		uint32_t crashes;

		if (target == harmed)
			continue;
		crashes = await_crash(target, 0, &condition);
		if (crashes == 0)
			continue;
		total.beside += crashes;
		target->restarts += crashes;
		end_damage(target);
		say("  %s crashed too", target->name);
	}
}

/* ---- one fault ---- */

static const struct kind *pick_kind(struct victim *victim)
{
	uint32_t sum = 0, at;

	for (const struct kind *kind = kinds; kind->name; kind++)
		sum += kind->weight;
	at = below(victim, sum);
	for (const struct kind *kind = kinds;; at -= kind++->weight)
		if (at < kind->weight)
			return kind;
}

static struct target *pick_target(struct victim *victim)
{
	uint32_t sum = 0, at;

	for (unsigned i = 0; i < TARGETS; i++)
		sum += targets[i].weight;
	at = below(victim, sum);
	for (struct target *target = targets;; at -= target++->weight)
		if (at < target->weight)
			return target;
}

static bool open_victim(struct victim *victim)
{
	struct kernel_System_open_space_reply reply;
	struct svrctl_Condition condition;

	if (!await_running(victim->target, RECOVERY_MS, &condition) ||
			K(injector.system, System_open_space, &reply, .from = condition.space)
			!= SK_OK)
		return false;
	victim->space = reply.space.raw;
	if (reply.id == condition.space)
		return true;
	drop(&victim->space);
	return false;
}

/* What its load finds, and whose fault that is. */
static void judge(unsigned kind, struct target *target, bool was_damaged)
{
	uint64_t hung, wrong = verify(target, &hung);

	if (wrong == 0 && hung == 0)
		return;
	say("  %s: %lu pieces wrong, %lu calls hung%s", target->name, wrong, hung,
		was_damaged ? ", after damage" : "");
	*(was_damaged ? &total.wrong : &total.lost) += (uint32_t)wrong;
	*(was_damaged ? &total.stuck : &total.hung) += (uint32_t)hung;
	count_wrong(kind, (unsigned)(target - targets));
	if (was_damaged || hung) {
		total.silent++;
		start_anew(target);
	}
	/* What it was in the middle of. */
	verify(target, &hung);
	wrong = verify(target, &hung);
	if (wrong || hung) {
		say("  %s: and again %lu pieces, %lu calls", target->name, wrong, hung);
		total.lost += (uint32_t)wrong;
		total.hung += (uint32_t)hung;
	}
}

/* It has crashed, and perhaps it is there again. */
static void crashed(unsigned kind, struct target *target, uint32_t crashes,
	const struct svrctl_Condition *condition, uint64_t begun)
{
	uint64_t ready = condition->ended_at + condition->restart_time;

	target->restarts += crashes;
	total.again += crashes - 1;
	count_crash(kind, (unsigned)(target - targets));
	if (condition->state != svrctl_State_RUNNING)
		return;
	count_recovery(kind, (unsigned)(target - targets), ready > begun ? ready - begun : 0,
		condition->restart_time);
	target->is_damaged = false;
}

static void settle(unsigned kind, struct target *target, uint64_t begun)
{
	bool was_damaged = is_any_damaged(target);
	struct svrctl_Condition condition;
	uint32_t crashes = await_crash(target, kinds[kind].harm == HARM_DEATH ? DEATH_MS :
		LOOK_MS, &condition), late;

	if (crashes > 0)
		crashed(kind, target, crashes, &condition, begun);
	if (condition.state != svrctl_State_RUNNING) {
		*(was_damaged ? &total.silent : &total.given_up) += 1;
		say("  %s is not there again: state %u%s", target->name, condition.state,
			was_damaged ? ", after damage" : "");
		start_anew(target);
	}
	judge(kind, target, was_damaged);
	late = await_crash(target, 0, &condition);
	if (late > 0)
		end_damage(target);
	if (late > 0 && crashes == 0)
		crashed(kind, target, late, &condition, begun);
	else
		target->restarts += late;
	look_beside(target);
}

/* False: there was nothing to do it to. */
static bool one_fault(uint32_t number)
{
	struct victim victim = {.random = injector.seed * 1000003 + number};
	const struct kind *kind;
	bool is_done;
	uint64_t begun;

	victim.random = random_word(&victim);
	victim.target = pick_target(&victim);
	kind = pick_kind(&victim);
	sk_os_sleep(injector.os, below(&victim, 4));
	if (!open_victim(&victim))
		return false;
	begun = sk_os_now(injector.os);
	is_done = kind->inject(&victim);
	if (is_done) {
		say("fault %u: %s of %s %s", number, kind->name, victim.target->name,
			victim.what);
		victim.target->is_damaged |= kind->harm == HARM_DAMAGE;
		count_fault((unsigned)(kind - kinds), (unsigned)(victim.target - targets));
		settle((unsigned)(kind - kinds), victim.target, begun);
	}
	drop(&victim.space);
	return is_done;
}

/* ---- all of them ---- */

static void print_total(void)
{
	struct load_Load_verify_reply reply;

	print_figures();
	for (unsigned i = 0; i < LOADS; i++)
		if (load_Load_verify(&loads[i]->client.kernel.channel,
				&(struct load_Load_verify_request){0}, &reply, NULL) == SK_OK)
			say("%s: %lu calls done, %lu made again, %lu times anew without %lu "
				"files", loads[i]->name, reply.figures.done,
				reply.figures.failed, reply.figures.anew,
				reply.figures.ended);
	say("left out %u, crashes of others %u, of the same again %u", total.left_out,
		total.beside, total.again);
	say("went on wrongly after damage %u: pieces wrong %u, calls stuck %u", total.silent,
		total.wrong, total.stuck);
	say("not there again %u, hung calls %u, acknowledged and lost %u", total.given_up,
		total.hung, total.lost);
}

static uint64_t word_of(struct sk_string text, const char *name, uint64_t otherwise)
{
	uint32_t size = (uint32_t)strlen(name);
	uint64_t value = 0;

	for (uint32_t i = 0; i + size < text.size; i++) {
		if ((i > 0 && text.data[i - 1] != ' ') || memcmp(text.data + i, name, size))
			continue;
		for (i += size; i < text.size && text.data[i] >= '0' && text.data[i] <= '9';
				i++)
			value = value * 10 + (uint64_t)(text.data[i] - '0');
		return value;
	}
	return otherwise;
}

static bool begin(struct sk_os *os)
{
	struct svrctl_Server_system_reply system;
	struct kernel_System_boot_info_reply info;
	struct kernel_Quota_create_notification_reply bell;

	if (svrctl_Server_system(&os->supervisor.channel,
			&(struct svrctl_Server_system_request){0}, &system, NULL) != SK_OK ||
			K(sk_kernel_channel_handle(&os->thread->quota),
				Quota_create_notification, &bell, 0) != SK_OK)
		return false;
	injector.system = system.system.raw;
	injector.bell = bell.notification.raw;
	if (K(injector.system, System_boot_info, &info, 0) != SK_OK)
		return false;
	injector.seed = word_of(info.command_line, "seed=", 1);
	injector.from = (uint32_t)word_of(info.command_line, "from=", 0);
	injector.count = (uint32_t)word_of(info.command_line, "n=", 100);
	return true;
}

static int injector_main(struct sk_os *os)
{
	const struct svrctl_Supervisor_shut_down_request off = {
		.action = kernel_PowerAction_OFF,
	};
	struct svrctl_Supervisor_shut_down_reply reply;
	uint64_t hung;

	injector.os = os;
	sk_client_open(&injector.control, os, "supervisor", "svrctl.Supervisor");
	for (unsigned i = 0; i < LOADS; i++)
		sk_client_open(&loads[i]->client, os, loads[i]->name, "load.Load");
	sk_os_ready(os);
	if (!begin(os))
		return 1;
	say("seed %lu, %u faults from number %u on", injector.seed, injector.count,
		injector.from);
	for (unsigned i = 0; i < TARGETS; i++) {
		struct svrctl_Condition condition;

		await_running(&targets[i], RECOVERY_MS, &condition);
		targets[i].restarts = condition.restarts;
		verify(&targets[i], &hung);
	}
	for (uint32_t i = 0; i < injector.count && total.left_out < 1000;)
		if (one_fault(injector.from + i + total.left_out))
			i++;
		else
			total.left_out++;
	print_total();
	say("all faults were injected");
	svrctl_Supervisor_shut_down(&injector.control.kernel.channel, &off, &reply, NULL);
	sk_os_sleep(os, 5000);
	return 0;
}

int sk_os_main(struct sk_os *os)
{
	char role[16] = "";

	load.os = os;
	if (sk_os_arguments(os, false, role, sizeof(role)) <= 0)
		return injector_main(os);
	return memcmp(role, "blocks", 6) == 0 ? blocks_main() :
		memcmp(role, "files", 5) == 0 ? files_main() : echo_main();
}
