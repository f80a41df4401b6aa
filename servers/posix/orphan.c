/* The signal that a process asked for, for when its maker ends (prctl, PR_SET_PDEATHSIG). */
#include "servers/posix/posix.h"

#define PROCESS(self) (((struct thread *)(self))->process)

/* One after the other from the beginning, since each may take others with it. */
static bool tell(void)
{
	struct process *p = posix.processes;
	bool is_over = false;

	while (p && !is_over) {
		const bool is_due = p->is_orphan_to_tell && p->state == PROCESS_ALIVE;

		p->is_orphan_to_tell = false;
		if (is_due) {
			signal_plain(p, p->death_signal);
			is_over = work_is_over();
		}
		p = is_due ? posix.processes : p->next;
	}
	return p != NULL;
}

/* Not at once: a signal may end a process, which is not to be in the middle of another's. */
void orphan_tell(struct process *child)
{
	static struct work work = {.step = tell};

	if (child->death_signal == posix_Signal_NONE)
		return;
	child->is_orphan_to_tell = true;
	work_add(&work);
}

void op_parent_death_signal(void *self,
	const struct posix_Signals_parent_death_signal_request *request, struct sk_reply *to)
{
	const struct posix_Signals_parent_death_signal_reply reply = {
		PROCESS(self)->death_signal};

	UNUSED(request);
	posix_Signals_parent_death_signal_answer(to, 0, &reply);
}

void op_set_parent_death_signal(void *self,
	const struct posix_Signals_set_parent_death_signal_request *request, struct sk_reply *to)
{
	const struct posix_Signals_set_parent_death_signal_reply reply = {0};
	const bool is_good = request->signal >= 0 && request->signal <= SIGNALS;

	if (is_good)
		PROCESS(self)->death_signal = request->signal;
	posix_Signals_set_parent_death_signal_answer(to, is_good ? 0 : posix_Error_EINVAL,
		&reply);
}
