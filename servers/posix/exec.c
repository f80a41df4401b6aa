/* exec: what puts a program in place of what a process was. */
#include "servers/posix/posix.h"

/* All threads but the new one; then the new space is the process's. */
static void replace(struct process *process, struct thread *fresh, struct loaded *loaded)
{
	struct space *old = process->space;
	struct space *shared = old && old->references > 1 ? old : NULL;

	robust_end_all(process, fresh);
	thread_end_all(process, fresh, shared);
	process->space = loaded->space;
	space_drop(old);
	/* With it went all that was still another user's. */
	process_leave(&process->left);
	posix.threads[fresh->tid] = fresh;
	node_drop(process->executable);
	process->executable = loaded->executable;
	memcpy(process->name, loaded->name, sizeof(process->name));
	process->has_executed = true;
}

/* What it shares with others, of its own. False: there is no memory. */
static bool own(struct process *process)
{
	struct actions *actions = actions_copy(process->actions);
	struct files *files = process->files->references > 1 ? files_copy(process->files) :
		process->files;

	if (!actions || !files) {
		actions_drop(actions);
		return false;
	}
	if (files != process->files)
		files_drop(process->files);
	process->files = files;
	actions_drop(process->actions);
	process->actions = actions;
	files_close_on_exec(process->files);
	timers_end(process, true);
	actions_reset(process->actions);
	return true;
}

static void start(struct thread *thread, struct thread *fresh, struct loaded *loaded,
	struct sk_port *port)
{
	const struct posix_Credentials *ids = &loaded->credentials->ids;
	struct process *process = fresh->process;

	if (ids->effective_user != thread->credentials->ids.effective_user)
		process->death_signal = posix_Signal_NONE;
	fresh->secure_bits = thread->secure_bits &
		~(uint32_t)posix_SecureBits_KEEP_CAPABILITIES;
	fresh->no_new_privileges = thread->no_new_privileges;
	thread_become(fresh, loaded->credentials);
	fresh->page->blocked = thread->page->blocked;
	fresh->entry = loaded->entry;
	fresh->stack_pointer = loaded->stack;
	fresh->scheduling = thread->scheduling;
	fresh->processors = thread->processors;
	fresh->timer_slack = thread->timer_slack;
	process->is_private = ids->user != ids->effective_user ||
		ids->group_id != ids->effective_group;
	replace(process, fresh, loaded);
	trace_exec(process, process->is_private);
	if (!own(process) || thread_start(fresh, process->space, 0, 0, port) != 0) {
		/* It is perhaps no more after this, and its maker goes on by it. */
		process_end(process, posix_ChildState_KILLED, posix_Signal_KILL);
		return;
	}
	thread_schedule_new(fresh);
	process_let_maker_go(process);
}

static struct thread *make_thread(struct process *process, struct loaded *loaded,
	struct sk_port *port, int *error)
{
	struct thread *fresh = thread_new(process, process->pid, loaded->space, NULL, port,
		error);

	if (!fresh) {
		space_drop(loaded->space);
		node_drop(loaded->executable);
		credentials_drop(loaded->credentials);
	}
	return fresh;
}

void op_exec(void *self, const struct posix_Thread_exec_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self, *fresh;
	struct process *process = thread->process;
	struct arguments arguments;
	struct loaded loaded;
	struct left left;
	bool has_moved = false;
	int error = arguments_read(&arguments, to, &request->arguments,
		request->argument_count, &request->environment, request->environment_count);

	if (!error) {
		/* A space that others share stays where it is, and with it all. */
		has_moved = process->space->references == 1 &&
			process_move(process, thread->credentials->user, &left);
		error = exec_load(&loaded, thread, process->quota, request->directory,
			request->path, request->flags & posix_ExecFlags_NO_FOLLOW,
			request->flags & posix_ExecFlags_EMPTY_PATH, &arguments);
		arguments_free(&arguments);
	}
	fresh = error ? NULL : make_thread(process, &loaded, to->port, &error);
	if (!fresh) {
		if (has_moved)
			process_move_back(process, &left);
		posix_Thread_exec_answer(to, error, NULL);
		return;
	}
	start(thread, fresh, &loaded, to->port);
	if (has_moved)
		process_leave(&left);
}
