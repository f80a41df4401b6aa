/* Small settings of processes, threads and open files. */
#include "servers/posix/socket.h"

#define SLACK_DEFAULT 50000

void op_dumpable(void *self, const struct posix_Resources_dumpable_request *request,
	struct sk_reply *to)
{
	const struct posix_Resources_dumpable_reply reply = {
		!((struct thread *)self)->process->is_private};

	UNUSED(request);
	posix_Resources_dumpable_answer(to, 0, &reply);
}

void op_set_dumpable(void *self, const struct posix_Resources_set_dumpable_request *request,
	struct sk_reply *to)
{
	const struct posix_Resources_set_dumpable_reply reply = {0};
	const int error = request->dumpable > 1 ? posix_Error_EINVAL : 0;

	if (!error)
		((struct thread *)self)->process->is_private = request->dumpable == 0;
	posix_Resources_set_dumpable_answer(to, error, &reply);
}

/* Kept and told; alarms of the kernel are exact. */
void op_timer_slack(void *self, const struct posix_Resources_timer_slack_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = self;
	const struct posix_Resources_timer_slack_reply reply = {
		thread->timer_slack ? thread->timer_slack : SLACK_DEFAULT};

	UNUSED(request);
	posix_Resources_timer_slack_answer(to, 0, &reply);
}

void op_set_timer_slack(void *self,
	const struct posix_Resources_set_timer_slack_request *request, struct sk_reply *to)
{
	const struct posix_Resources_set_timer_slack_reply reply = {0};

	((struct thread *)self)->timer_slack = request->slack;
	posix_Resources_set_timer_slack_answer(to, 0, &reply);
}

void op_child_subreaper(void *self,
	const struct posix_Resources_child_subreaper_request *request, struct sk_reply *to)
{
	const struct posix_Resources_child_subreaper_reply reply = {
		((struct thread *)self)->process->is_subreaper};

	UNUSED(request);
	posix_Resources_child_subreaper_answer(to, 0, &reply);
}

void op_set_child_subreaper(void *self,
	const struct posix_Resources_set_child_subreaper_request *request, struct sk_reply *to)
{
	const struct posix_Resources_set_child_subreaper_reply reply = {0};

	((struct thread *)self)->process->is_subreaper = request->set;
	posix_Resources_set_child_subreaper_answer(to, 0, &reply);
}

void op_personality(void *self, const struct posix_Resources_personality_request *request,
	struct sk_reply *to)
{
	const struct posix_Resources_personality_reply reply = {
		((struct thread *)self)->process->persona};

	UNUSED(request);
	posix_Resources_personality_answer(to, 0, &reply);
}

void op_set_personality(void *self,
	const struct posix_Resources_set_personality_request *request, struct sk_reply *to)
{
	struct process *process = ((struct thread *)self)->process;
	const struct posix_Resources_set_personality_reply reply = {process->persona};

	process->persona = request->persona;
	posix_Resources_set_personality_answer(to, 0, &reply);
}

/* ---- who is told of an open file ---- */

void op_owner(void *self, const struct posix_Descriptors_owner_request *request,
	struct sk_reply *to)
{
	const struct file *file = files_find(((struct thread *)self)->process->files,
		request->descriptor);
	struct posix_Descriptors_owner_reply reply = {0};

	if (file)
		reply = (struct posix_Descriptors_owner_reply){
			.kind = file->owner_kind, .owner = file->owner,
			.signal = file->owner_signal};
	posix_Descriptors_owner_answer(to, file ? 0 : posix_Error_EBADF, &reply);
}

void op_set_owner(void *self, const struct posix_Descriptors_set_owner_request *request,
	struct sk_reply *to)
{
	const struct posix_Descriptors_set_owner_reply reply = {0};
	struct file *file = files_find(((struct thread *)self)->process->files,
		request->descriptor);
	int error = !file ? posix_Error_EBADF : request->owner < 0 ? posix_Error_EINVAL :
		request->kind == posix_OwnerKind_PROCESS && request->owner != 0 &&
		!process_find(request->owner) ? posix_Error_ESRCH : 0;

	if (!error) {
		file->owner_kind = request->kind;
		file->owner = request->owner;
		socket_signaled_by(file, self);
	}
	posix_Descriptors_set_owner_answer(to, error, &reply);
}

void op_set_ready_signal(void *self,
	const struct posix_Descriptors_set_ready_signal_request *request, struct sk_reply *to)
{
	const struct posix_Descriptors_set_ready_signal_reply reply = {0};
	struct file *file = files_find(((struct thread *)self)->process->files,
		request->descriptor);
	int error = !file ? posix_Error_EBADF : request->signal < 0 ||
		request->signal > SIGNALS ? posix_Error_EINVAL : 0;

	if (!error)
		file->owner_signal = request->signal;
	posix_Descriptors_set_ready_signal_answer(to, error, &reply);
}

/* ---- what was written, made durable ---- */

void op_sync_file_systems(void *self,
	const struct posix_Paths_sync_file_systems_request *request, struct sk_reply *to)
{
	const struct posix_Paths_sync_file_systems_reply reply = {0};
	const struct file *file = request->has_of ?
		files_find(((struct thread *)self)->process->files, request->of) : NULL;
	int error = request->has_of && !file ? posix_Error_EBADF : 0;

	for (struct mount *m = mounts; m && !error; m = m->next)
		if (!request->has_of || (file->node && file->node->mount == m))
			error = server_errno(fs_FileSystem_sync(m->server,
				&(struct fs_FileSystem_sync_request){0},
				&(struct fs_FileSystem_sync_reply){0}, NULL));
	posix_Paths_sync_file_systems_answer(to, error, &reply);
}
