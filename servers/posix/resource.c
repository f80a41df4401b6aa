/* Limits, use, names, and what programs are told of the system. */
#include "servers/posix/posix.h"

#define PROCESS(self) (((struct thread *)(self))->process)
#define TEXT(text) ((struct sk_string){text, sizeof(text) - 1})

/* ---- limits and use ---- */

/* All users and groups of the other are the caller's real ones. */
static bool same_user(const struct thread *thread, const struct process *process)
{
	const struct posix_Credentials *mine = &thread->credentials->ids, *other;

	if (!process->threads)
		return false;
	other = &process->threads->credentials->ids;
	return mine->user == other->user && mine->user == other->effective_user &&
		mine->user == other->saved_user && mine->group_id == other->group_id &&
		mine->group_id == other->effective_group &&
		mine->group_id == other->saved_group;
}

void op_limit(void *self, const struct posix_Resources_limit_request *request,
	struct sk_reply *to)
{
	struct posix_Resources_limit_reply reply = {{0, 0}};
	const struct thread *thread = self;
	struct process *process = request->process == 0 ? thread->process :
		process_find(request->process);
	struct posix_Limit *limit;
	int error = !process ? posix_Error_ESRCH : request->resource < 0 ||
		request->resource >= LIMITS ? posix_Error_EINVAL : 0;

	if (error) {
		posix_Resources_limit_answer(to, error, NULL);
		return;
	}
	limit = &process->limits[request->resource];
	reply.previous = *limit;
	if (request->has_value && request->value.soft > request->value.hard)
		error = posix_Error_EINVAL;
	else if (process != thread->process && !same_user(thread, process) &&
			!credentials_can(thread->credentials, CAP_SYS_RESOURCE))
		error = posix_Error_EPERM;
	else if (request->has_value && request->value.hard > limit->hard &&
			!credentials_can(thread->credentials, CAP_SYS_RESOURCE))
		error = posix_Error_EPERM;
	else if (request->has_value)
		*limit = request->value;
	if (!error && request->has_value && request->resource == posix_Resource_FILE_SIZE)
		for (struct thread *t = process->threads; t; t = t->next)
			thread_show_ids(t);
	if (!error && request->has_value && request->resource == posix_Resource_CPU_TIME &&
			process->state == PROCESS_ALIVE && !timer_limit(process))
		error = posix_Error_ENOMEM;
	posix_Resources_limit_answer(to, error, &reply);
}

void usage_add_thread(struct posix_Usage *usage, const struct thread *thread)
{
	struct kernel_Thread_state_reply state;

	if (thread->handle.raw < 0 || K(thread->handle, Thread_state, &state, 0) != SK_OK)
		return;
	usage->user_time += state.user_time;
	usage->system_time += state.kernel_time;
}

void usage_take(struct process *process, const struct thread *thread)
{
	usage_add_thread(&process->used, thread);
}

void op_usage(void *self, const struct posix_Resources_usage_request *request,
	struct sk_reply *to)
{
	struct posix_Resources_usage_reply reply = {{0}};
	const struct process *process = PROCESS(self);
	struct kernel_Space_state_reply state;

	if (request->of == posix_UsageOf_CHILDREN) {
		reply.usage = process->children_used;
	} else if (request->of == posix_UsageOf_THREAD) {
		usage_add_thread(&reply.usage, self);
	} else {
		clock_usage(process, &reply.usage);
		if (K(process->space->handle, Space_state, &state, 0) == SK_OK)
			reply.usage.resident_max = state.resident / 1024;
	}
	posix_Resources_usage_answer(to, 0, &reply);
}

void op_yield_processor(void *self, const struct posix_Resources_yield_processor_request *request,
	struct sk_reply *to)
{
	const struct posix_Resources_yield_processor_reply reply = {0};

	UNUSED(request);
	K0(((struct thread *)self)->handle, Thread_yield, 0);
	posix_Resources_yield_processor_answer(to, 0, &reply);
}

void op_name(void *self, const struct posix_Resources_name_request *request,
	struct sk_reply *to)
{
	const struct process *process = PROCESS(self);
	const struct posix_Resources_name_reply reply = {
		{process->name, (uint32_t)strlen(process->name)}};

	UNUSED(request);
	posix_Resources_name_answer(to, 0, &reply);
}

void op_set_name(void *self, const struct posix_Resources_set_name_request *request,
	struct sk_reply *to)
{
	const struct posix_Resources_set_name_reply reply = {0};
	struct process *process = PROCESS(self);

	memset(process->name, 0, sizeof(process->name));
	memcpy(process->name, request->name.data, request->name.size);
	posix_Resources_set_name_answer(to, 0, &reply);
}

/* ---- the system ---- */

struct posix_SystemName system_name(void)
{
	return (struct posix_SystemName){
		.system = TEXT("Linux"), .node = machine_node_name(),
		.release = TEXT("6.1.0-skald"),
		.version = TEXT("#1 SMP Skald"), .machine = TEXT("x86_64"),
		.domain = machine_domain_name(),
	};
}

void op_system_name(void *self, const struct posix_Thread_system_name_request *request,
	struct sk_reply *to)
{
	const struct posix_Thread_system_name_reply reply = {system_name()};

	UNUSED(self);
	UNUSED(request);
	posix_Thread_system_name_answer(to, 0, &reply);
}

void op_system_info(void *self, const struct posix_Thread_system_info_request *request,
	struct sk_reply *to)
{
	struct posix_Thread_system_info_reply reply = {{
		.uptime = now(), .threads = posix.thread_count, .processors = processor_count(),
	}};
	struct kernel_System_memory_reply memory;

	UNUSED(self);
	UNUSED(request);
	if (kernel_System_memory(&posix.system.channel,
			&(struct kernel_System_memory_request){0}, &memory, NULL) == SK_OK) {
		reply.info.memory_total = memory.total;
		reply.info.memory_free = memory.free;
	}
	posix_Thread_system_info_answer(to, 0, &reply);
}

int random_fill(struct sk_reply *to, const struct sk_lease *lease, uint64_t size)
{
	for (uint64_t done = 0; done < size;) {
		uint64_t step = size - done < 256 ? size - done : 256;
		struct kernel_System_random_reply bytes;

		if (kernel_System_random(&posix.system.channel,
				&(struct kernel_System_random_request){(uint32_t)step}, &bytes,
				NULL) != SK_OK || bytes.bytes.size < step)
			return posix_Error_EIO;
		if (sk_lease_write(to, lease, done, bytes.bytes.data, step, NULL) != SK_OK)
			return posix_Error_EFAULT;
		done += step;
	}
	return 0;
}

void op_random(void *self, const struct posix_Thread_random_request *request,
	struct sk_reply *to)
{
	const struct posix_Thread_random_reply reply = {(uint32_t)request->data.size};
	int error = random_fill(to, &request->data, request->data.size);

	UNUSED(self);
	posix_Thread_random_answer(to, error, &reply);
}
