/* Signals sent by programs: to whom they may. */
#include "servers/posix/posix.h"

#define BY_TKILL (-6)			/* SI_TKILL */

static struct sender sender_of(const struct thread *thread)
{
	const struct process *process = thread->process;

	return (struct sender){thread->credentials, process->pid, process->group,
		process->session};
}

static bool may_signal(const struct sender *sender, const struct process *process,
	posix_Signal signal)
{
	const struct posix_Credentials *mine = sender->credentials ?
		&sender->credentials->ids : NULL, *other;

	if (!mine || credentials_can(sender->credentials, CAP_KILL) || process->pid == sender->pid)
		return true;
	if (signal == posix_Signal_CONT && process->session == sender->session)
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

bool sender_means(const struct sender *sender, const struct process *process, int32_t whom)
{
	if (process->state == PROCESS_ENDING)
		return false;
	if (whom > 0)
		return process->pid == whom;
	if (whom == 0)
		return process->group == sender->group;
	if (whom == -1)
		return process->pid != 1 && process->pid != sender->pid;
	return process->group == -whom;
}

int sender_send(const struct sender *sender, struct process *process,
	const struct posix_SignalInfo *info)
{
	if (!may_signal(sender, process, info->signal))
		return posix_Error_EPERM;
	if (info->signal != posix_Signal_NONE && process->state == PROCESS_ALIVE &&
			!signal_process(process, info))
		return posix_Error_EAGAIN;
	return 0;
}

void sender_count(struct sent_to *sent, int error, int32_t whom)
{
	/* To all that there are: nobody is told of those that are not his. */
	sent->any = sent->any || error == 0 || (whom == -1 && error == posix_Error_EPERM);
	sent->error = error;
}

/* Those that are meant, by number, since some may end meanwhile; the caller comes last. As
 * many as fit: how many there are. */
static uint32_t collect(const struct sender *sender, int32_t whom, int32_t *list)
{
	struct process *own = process_find(sender->pid);
	uint32_t count = 0;

	for (const struct process *p = posix.processes; p && count <= FEW; p = p->next)
		if (p != own && sender_means(sender, p, whom)) {
			if (count < FEW)
				list[count] = p->pid;
			count++;
		}
	if (count < FEW && sender_means(sender, own, whom))
		list[count++] = own->pid;
	return count;
}

static int send_to_few(const struct sender *sender, int32_t whom, const int32_t *list,
	uint32_t count, const struct posix_SignalInfo *info)
{
	struct sent_to sent = {.error = posix_Error_ESRCH};

	for (uint32_t i = 0; i < count; i++) {
		struct process *p = process_find(list[i]);

		if (p)
			sender_count(&sent, sender_send(sender, p, info), whom);
	}
	return sent.any ? 0 : sent.error;
}

/* A negative error: it is answered later. */
static int send(struct thread *thread, int32_t whom, const struct posix_SignalInfo *info,
	struct sk_reply *to)
{
	const struct sender sender = sender_of(thread);
	int32_t list[FEW + 1] = {whom};
	const bool is_one = whom > 0;
	const uint32_t count = is_one ? process_find(whom) != NULL : collect(&sender, whom, list);
	int error;

	if (is_one && count == 1 && !sender_means(&sender, process_find(whom), whom))
		return posix_Error_ESRCH;
	if (count > FEW)
		return many_begin(thread, &sender, whom, info, to) ? -1 : posix_Error_ENOMEM;
	/* Whom it ends may be the caller, the last to hold them. */
	credentials_take(sender.credentials);
	error = send_to_few(&sender, whom, list, count, info);
	credentials_drop(sender.credentials);
	return error;
}

void op_kill(void *self, const struct posix_Signals_kill_request *request,
	struct sk_reply *to)
{
	const struct posix_Signals_kill_reply reply = {0};
	struct posix_SignalInfo info = sent(self, request->signal, 0);
	int error = request->signal < 0 || request->signal > SIGNALS ? posix_Error_EINVAL :
		send(self, request->process, &info, to);

	if (error >= 0)
		posix_Signals_kill_answer(to, error, &reply);
}

static int send_to_thread(struct thread *thread, int32_t pid, int32_t tid,
	const struct posix_SignalInfo *info)
{
	struct thread *other = tid > 0 && tid < PID_LIMIT ? posix.threads[tid] : NULL;
	const struct sender sender = sender_of(thread);

	if (info->signal < 0 || info->signal > SIGNALS || tid <= 0 || pid < 0)
		return posix_Error_EINVAL;
	if (!other || !other->process || (pid != 0 && other->process->pid != pid))
		return posix_Error_ESRCH;
	if (!may_signal(&sender, other->process, info->signal))
		return posix_Error_EPERM;
	if (info->signal != posix_Signal_NONE && !signal_thread(other, info))
		return posix_Error_EAGAIN;
	return 0;
}

void op_kill_thread(void *self, const struct posix_Signals_kill_thread_request *request,
	struct sk_reply *to)
{
	const struct posix_Signals_kill_thread_reply reply = {0};
	struct posix_SignalInfo info = sent(self, request->signal, BY_TKILL);
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
		posix_Error_EPERM : send(self, request->process, &request->info, to);

	posix_Signals_queue_signal_answer(to, error, &reply);
}

void op_pidfd_send_signal(void *self,
	const struct posix_Signals_pidfd_send_signal_request *request, struct sk_reply *to)
{
	const struct posix_Signals_pidfd_send_signal_reply reply = {0};
	const struct posix_SignalInfo info = request->has_info ? request->info :
		sent(self, request->signal, 0);
	const struct thread *thread = self;
	struct process *process = NULL;
	int error = pidfd_find_any(thread, request->pidfd, &process);

	/* Of a process that is gone too, as Linux looks at these first. */
	if (error != posix_Error_EBADF && info.signal != request->signal)
		error = posix_Error_EINVAL;
	else if (error != posix_Error_EBADF && request->has_info && process != thread->process &&
			(info.code >= 0 || info.code == BY_TKILL))
		error = posix_Error_EPERM;
	else if (!error && (request->signal < 0 || request->signal > SIGNALS))
		error = posix_Error_EINVAL;
	else if (!error)
		error = send(self, process->pid, &info, to);
	posix_Signals_pidfd_send_signal_answer(to, error, &reply);
}

void op_queue_thread_signal(void *self,
	const struct posix_Signals_queue_thread_signal_request *request, struct sk_reply *to)
{
	const struct posix_Signals_queue_thread_signal_reply reply = {0};
	int error = send_to_thread(self, request->process, request->thread, &request->info);

	posix_Signals_queue_thread_signal_answer(to, error, &reply);
}
