/* How threads are scheduled: nice values, policies, processors. The kernel has priorities,
 * of which programs have those up to PROGRAM_PRIORITY: a policy of real time is the highest
 * of them, and never goes before a server. */
#include "servers/posix/posix.h"

#define ROUND_ROBIN_NANOS UINT64_C(100000000)

uint32_t processor_count(void)
{
	struct kernel_System_boot_info_reply info;

	return kernel_System_boot_info(&posix.system.channel,
		&(struct kernel_System_boot_info_request){0}, &info, NULL) == SK_OK ? info.cpus :
		1;
}

static bool is_real_time(const struct posix_Scheduling *scheduling)
{
	return scheduling->policy == posix_SchedulingPolicy_FIFO ||
		scheduling->policy == posix_SchedulingPolicy_ROUND_ROBIN;
}

void thread_schedule(struct thread *thread)
{
	const int32_t nice = thread->scheduling.nice;
	uint32_t priority = PROGRAM_PRIORITY;

	if (!is_real_time(&thread->scheduling) && nice > 0)
		priority -= (uint32_t)nice;
	K0(thread->handle, Thread_set_priority, .priority = priority);
	if (thread->processors)
		K0(thread->handle, Thread_set_affinity, .cpus = thread->processors);
}

void thread_schedule_new(struct thread *thread)
{
	if (thread->scheduling.nice > 0 || thread->processors)
		thread_schedule(thread);
}

/* Of whom: the caller for 0. */
static struct thread *thread_of(void *self, posix_Pid number)
{
	struct thread *thread = number == 0 ? self :
		number > 0 && number < PID_LIMIT ? posix.threads[number] : NULL;

	return thread && thread->process ? thread : NULL;
}

/* One's own, or one may change anybody's. */
static bool may_change(const struct thread *caller, const struct thread *thread)
{
	const uint32_t user = caller->credentials->ids.effective_user;

	return user == thread->credentials->ids.user ||
		user == thread->credentials->ids.effective_user ||
		credentials_can(caller->credentials, CAP_SYS_NICE);
}

/* ---- nice values ---- */

static bool is_named(const struct thread *caller, const struct process *process,
	posix_Whose whose, int32_t id)
{
	if (process->state != PROCESS_ALIVE || !process->threads)
		return false;
	switch (whose) {
	case posix_Whose_PROCESS:
		return id == 0 ? process == caller->process : process->pid == id;
	case posix_Whose_PROCESS_GROUP:
		return process->group == (id == 0 ? caller->process->group : id);
	case posix_Whose_USER:
		return process->threads->credentials->ids.user ==
			(id == 0 ? caller->credentials->ids.user : (uint32_t)id);
	default:
		return false;
	}
}

void op_priority(void *self, const struct posix_Resources_priority_request *request,
	struct sk_reply *to)
{
	struct posix_Resources_priority_reply reply = {.nice = INT32_MAX};

	for (const struct process *p = posix.processes; p; p = p->next)
		if (is_named(self, p, request->whose, request->id) &&
				p->threads->scheduling.nice < reply.nice)
			reply.nice = p->threads->scheduling.nice;
	posix_Resources_priority_answer(to, reply.nice == INT32_MAX ? posix_Error_ESRCH : 0,
		&reply);
}

static int set_nice(const struct thread *caller, struct process *process, int32_t nice)
{
	if (!may_change(caller, process->threads))
		return posix_Error_EPERM;
	if (nice < process->threads->scheduling.nice &&
			!credentials_can(caller->credentials, CAP_SYS_NICE))
		return posix_Error_EACCES;
	for (struct thread *t = process->threads; t; t = t->next) {
		t->scheduling.nice = nice;
		thread_schedule(t);
	}
	return 0;
}

void op_set_priority(void *self, const struct posix_Resources_set_priority_request *request,
	struct sk_reply *to)
{
	const struct posix_Resources_set_priority_reply reply = {0};
	int32_t nice = request->nice < -20 ? -20 : request->nice > 19 ? 19 : request->nice;
	int error = posix_Error_ESRCH;

	for (struct process *p = posix.processes; p; p = p->next)
		if (is_named(self, p, request->whose, request->id)) {
			int result = set_nice(self, p, nice);

			error = error == posix_Error_ESRCH || result ? result : error;
		}
	posix_Resources_set_priority_answer(to, error, &reply);
}

/* ---- policies ---- */

void op_scheduling(void *self, const struct posix_Resources_scheduling_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = thread_of(self, request->thread);
	struct posix_Resources_scheduling_reply reply = {0};

	if (thread)
		reply.scheduling = thread->scheduling;
	posix_Resources_scheduling_answer(to, thread ? 0 : posix_Error_ESRCH, &reply);
}

static int check(const struct thread *caller, const struct thread *thread,
	const struct posix_Scheduling *wanted)
{
	const bool real_time = is_real_time(wanted);

	if (wanted->policy > posix_SchedulingPolicy_IDLE || wanted->policy < 0 ||
			wanted->policy == 4 || wanted->nice < -20 || wanted->nice > 19 ||
			(real_time ? wanted->priority < 1 || wanted->priority > 99 :
			wanted->priority != 0))
		return posix_Error_EINVAL;
	if (!may_change(caller, thread))
		return posix_Error_EPERM;
	return (real_time || wanted->nice < thread->scheduling.nice) &&
		!credentials_can(caller->credentials, CAP_SYS_NICE) ? posix_Error_EPERM : 0;
}

void op_set_scheduling(void *self,
	const struct posix_Resources_set_scheduling_request *request, struct sk_reply *to)
{
	const struct posix_Resources_set_scheduling_reply reply = {0};
	struct thread *thread = thread_of(self, request->thread);
	int error = thread ? check(self, thread, &request->scheduling) : posix_Error_ESRCH;

	if (!error) {
		thread->scheduling = request->scheduling;
		thread_schedule(thread);
	}
	posix_Resources_set_scheduling_answer(to, error, &reply);
}

void op_scheduling_interval(void *self,
	const struct posix_Resources_scheduling_interval_request *request, struct sk_reply *to)
{
	const struct thread *thread = thread_of(self, request->thread);
	const struct posix_Resources_scheduling_interval_reply reply = {
		thread && thread->scheduling.policy == posix_SchedulingPolicy_FIFO ? 0 :
		ROUND_ROBIN_NANOS};

	posix_Resources_scheduling_interval_answer(to, thread ? 0 : posix_Error_ESRCH, &reply);
}

/* ---- processors ---- */

static uint64_t all_processors(void)
{
	const uint32_t count = processor_count();

	return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

void op_affinity(void *self, const struct posix_Resources_affinity_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = thread_of(self, request->thread);
	const uint64_t words[1] = {thread && thread->processors ? thread->processors :
		all_processors()};
	const struct posix_Resources_affinity_reply reply = {
		.processors = {.items = words, .count = 1}};

	posix_Resources_affinity_answer(to, thread ? 0 : posix_Error_ESRCH, &reply);
}

void op_set_affinity(void *self, const struct posix_Resources_set_affinity_request *request,
	struct sk_reply *to)
{
	const struct posix_Resources_set_affinity_reply reply = {0};
	struct thread *thread = thread_of(self, request->thread);
	struct sk_uint64_list list = request->processors;
	uint64_t wanted = 0;
	int error = thread ? 0 : posix_Error_ESRCH;

	/* There are no more than 64. */
	if (!sk_uint64_next(&list, &wanted))
		wanted = 0;
	wanted &= all_processors();
	if (!error && !may_change(self, thread))
		error = posix_Error_EPERM;
	if (!error && wanted == 0)
		error = posix_Error_EINVAL;
	if (!error) {
		thread->processors = wanted;
		thread_schedule(thread);
	}
	posix_Resources_set_affinity_answer(to, error, &reply);
}
