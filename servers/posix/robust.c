/*
 * Robust lists: locks in the program's memory that a thread held when it ended are marked,
 * so that who waits for one, also in another process, gets it with EOWNERDEAD. The format is
 * Linux's (futex(2), get_robust_list(2)). Nothing of the list is trusted: a bad address
 * ends the walk, as does its length.
 */
#include "servers/posix/priority.h"

/* Of all threads that end at once. */
#define ENTRIES_MAX 2048
#define PRIORITY UINT64_C(1)		/* of an entry's address: of the other kind of lock */

struct head {
	uint64_t first;
	int64_t offset;				/* from an entry to its word */
	uint64_t pending;			/* is being taken or let go */
};

bool lock_fetch(struct sk_handle space, uint64_t from, void *to, uint64_t size)
{
	struct kernel_Space_read_reply reply;

	return from < LAYOUT_PROGRAM_END && K(space, Space_read, &reply, .from = from,
		.data = sk_lend_out(to, size)) == SK_OK && reply.done == size;
}

/* True: somebody may wait for it. */
static bool mark(struct sk_handle space, uint64_t word, int32_t tid, bool is_pending)
{
	uint32_t value;

	if (word % 4 != 0 || !lock_fetch(space, word, &value, sizeof(value)))
		return false;
	/* Let go already, and it came no further: to telling who waits. */
	if (is_pending && value == 0)
		return true;
	if ((value & LOCK_OWNER) != (uint32_t)tid)
		return false;
	value = (value & LOCK_WAITERS) | LOCK_OWNER_DIED;
	return K0(space, Space_write, .to = word, .data = sk_lend(&value, sizeof(value))) ==
		SK_OK && (value & LOCK_WAITERS);
}

static bool walk(struct sk_handle space, uint64_t at, int32_t tid, uint32_t *entries)
{
	struct head head;
	uint64_t entry, next;
	bool any = false;

	if (!lock_fetch(space, at, &head, sizeof(head)))
		return false;
	entry = head.first & ~PRIORITY;
	for (; *entries > 0 && entry != at; (*entries)--) {
		bool is_more = lock_fetch(space, entry, &next, sizeof(next));

		if (entry != (head.pending & ~PRIORITY))
			any = mark(space, entry + (uint64_t)head.offset, tid, false) || any;
		if (!is_more)
			break;
		entry = next & ~PRIORITY;
	}
	if (head.pending & ~PRIORITY)
		any = mark(space, (head.pending & ~PRIORITY) + (uint64_t)head.offset, tid, true) ||
			any;
	return any;
}

/*
 * Words of another space cannot be woken from here, so all threads of the user look again at
 * what they wait for: who waits for one of these finds it changed. Those of other users do
 * not: nobody is to stir the programs of others by ending threads of his own.
 */
static void wake(const struct thread *ended)
{
	for (struct process *p = posix.processes; p; p = p->next)
		for (struct thread *t = p->user == ended->process->user ? p->threads : NULL; t;
				t = t->next)
			if (t != ended)
				thread_interrupt(t);
}

/* Whether anybody may wait for what it held. */
static bool end(struct thread *thread, uint32_t *entries)
{
	const struct space *space = thread->process->space;
	const uint64_t list = thread->robust_list;

	priority_owner_ends(thread);
	thread->robust_list = 0;
	if (list == 0)
		return false;
	/* Not killed yet: with its last thread a space ends, and what the list says with it. */
	K0(thread->handle, Thread_suspend, 0);
	return space && space->handle.raw >= 0 &&
		walk(space->handle, list, thread->tid, entries);
}

void robust_end(struct thread *thread)
{
	uint32_t entries = ENTRIES_MAX;

	if (end(thread, &entries))
		wake(thread);
}

void robust_end_all(struct process *process, const struct thread *but)
{
	uint32_t entries = ENTRIES_MAX;
	struct thread *ended = NULL;

	for (struct thread *t = process->threads; t; t = t->next)
		if (t != but && end(t, &entries))
			ended = t;
	if (ended)
		wake(ended);
}

void op_robust_list(void *self, const struct posix_Memory_robust_list_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = request->thread == 0 ? self : request->thread > 0 &&
		request->thread < PID_LIMIT ? posix.threads[request->thread] : NULL;
	const struct posix_Memory_robust_list_reply reply = {
		thread ? thread->robust_list : 0, sizeof(struct head)};
	const struct credentials *mine = ((struct thread *)self)->credentials;
	int error = !thread || !thread->credentials ? posix_Error_ESRCH :
		thread->credentials->ids.user != mine->ids.user && mine->ids.user != 0 ?
		posix_Error_EPERM : 0;

	posix_Memory_robust_list_answer(to, error, &reply);
}
