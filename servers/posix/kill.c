/* Signals sent by programs: to whom they may. */
#include "servers/posix/posix.h"

static bool may_signal(const struct thread *thread, const struct process *process,
	posix_Signal signal)
{
	const struct posix_Credentials *mine = &thread->credentials->ids, *other;

	if (credentials_can(thread->credentials, CAP_KILL) || process == thread->process)
		return true;
	if (signal == posix_Signal_CONT && process->session == thread->process->session)
		return true;
	if (!process->threads)
		return true;
	other = &process->threads->credentials->ids;
	return mine->effective_user == other->user ||
		mine->effective_user == other->saved_user ||
		mine->user == other->user || mine->user == other->saved_user;
}

static struct posix_SignalInfo sent(const struct thread *thread, posix_Signal signal,
	int32_t code)
{
	return (struct posix_SignalInfo){
		.signal = signal, .code = code,
		.cause = {.which = posix_SignalCause_sent, .as.sent = {
			.process = thread->process->pid, .user = thread->credentials->ids.user}},
	};
}

static bool is_meant(const struct thread *thread, const struct process *process, int32_t whom)
{
	if (process->state == PROCESS_ENDING)
		return false;
	if (whom > 0)
		return process->pid == whom;
	if (whom == 0)
		return process->group == thread->process->group;
	if (whom == -1)
		return process->pid != 1 && process != thread->process;
	return process->group == -whom;
}

/* One of those that are meant: 0, or why not. */
static int send_to(struct thread *thread, struct process *process,
	const struct posix_SignalInfo *info)
{
	if (!may_signal(thread, process, info->signal))
		return posix_Error_EPERM;
	if (info->signal != posix_Signal_NONE && process->state == PROCESS_ALIVE &&
			!signal_process(process, info))
		return posix_Error_EAGAIN;
	return 0;
}

/* All that are meant, found by number, since some may end meanwhile; the caller last. */
static int send(struct thread *thread, int32_t whom, const struct posix_SignalInfo *info)
{
	int32_t own = thread->process->pid, *list = allocate(4 * posix.process_count + 4);
	uint32_t count = 0, good = 0;
	int error = posix_Error_ESRCH;

	if (!list)
		return posix_Error_ENOMEM;
	for (const struct process *p = posix.processes; p; p = p->next)
		if (is_meant(thread, p, whom))
			list[count++] = p->pid;
	for (uint32_t pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < count && thread->process; i++) {
			struct process *p = (list[i] == own) == (pass == 1) ?
				process_find(list[i]) : NULL;

			if (!p)
				continue;
			error = send_to(thread, p, info);
			good += error == 0;
		}
	release(list);
	return good > 0 ? 0 : error;
}

void op_kill(void *self, const struct posix_Signals_kill_request *request,
	struct sk_reply *to)
{
	const struct posix_Signals_kill_reply reply = {0};
	struct posix_SignalInfo info = sent(self, request->signal, 0);
	int error = request->signal < 0 || request->signal > SIGNALS ? posix_Error_EINVAL :
		send(self, request->process, &info);

	posix_Signals_kill_answer(to, error, &reply);
}

static int send_to_thread(struct thread *thread, int32_t pid, int32_t tid,
	const struct posix_SignalInfo *info)
{
	struct thread *other = tid > 0 && tid < PID_LIMIT ? posix.threads[tid] : NULL;

	if (info->signal < 0 || info->signal > SIGNALS || tid <= 0 || pid < 0)
		return posix_Error_EINVAL;
	if (!other || !other->process || (pid != 0 && other->process->pid != pid))
		return posix_Error_ESRCH;
	if (!may_signal(thread, other->process, info->signal))
		return posix_Error_EPERM;
	if (info->signal != posix_Signal_NONE && !signal_thread(other, info))
		return posix_Error_EAGAIN;
	return 0;
}

void op_kill_thread(void *self, const struct posix_Signals_kill_thread_request *request,
	struct sk_reply *to)
{
	const struct posix_Signals_kill_thread_reply reply = {0};
	struct posix_SignalInfo info = sent(self, request->signal, -6);
	int error = send_to_thread(self, request->process, request->thread, &info);

	posix_Signals_kill_thread_answer(to, error, &reply);
}

void op_queue_signal(void *self, const struct posix_Signals_queue_signal_request *request,
	struct sk_reply *to)
{
	const struct posix_Signals_queue_signal_reply reply = {0};
	const struct thread *thread = self;
	int error = request->info.signal < 0 || request->info.signal > SIGNALS ||
		request->process <= 0 ? posix_Error_EINVAL :
		request->info.code >= 0 && request->process != thread->process->pid ?
		posix_Error_EPERM : send(self, request->process, &request->info);

	posix_Signals_queue_signal_answer(to, error, &reply);
}

void op_queue_thread_signal(void *self,
	const struct posix_Signals_queue_thread_signal_request *request, struct sk_reply *to)
{
	const struct posix_Signals_queue_thread_signal_reply reply = {0};
	int error = send_to_thread(self, request->process, request->thread, &request->info);

	posix_Signals_queue_thread_signal_answer(to, error, &reply);
}
