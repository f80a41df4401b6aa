/*
 * Locks with priorities (futex's LOCK_PI and the like). Without waiters a lock is the program's
 * affair: its word is 0, or the number of the thread that has it. Who finds it taken sets
 * WAITERS in it and waits here; from then on only posix changes the word, and gives it to
 * the waiter of the highest priority, the first among equals, when its owner lets go or ends. So
 * nobody can come between, and words need no atomic operation from here. Priorities are not lent
 * to owners.
 *
 * Nothing of a word is trusted: one that a program overwrites is that program's lock that nobody
 * gets. A shared word can lie elsewhere in another space: whether it is the same is seen by what
 * becomes of it when one is changed.
 */
#include "servers/posix/priority.h"

struct priority_wait {
	struct wait wait;
	uint64_t word;
	bool is_shared;
	int32_t owner;				/* as far as is known */
};

static struct wait *waiters;

static struct sk_handle space_of(const struct thread *thread)
{
	const struct space *space = thread->process ? thread->process->space : NULL;

	return space ? space->handle : sk_no_handle();
}

static bool fetch(const struct thread *thread, uint64_t word, uint32_t *value)
{
	const struct sk_handle space = space_of(thread);

	return space.raw >= 0 && lock_fetch(space, word, value, sizeof(*value));
}

static bool put(const struct thread *thread, uint64_t word, uint32_t value)
{
	const struct sk_handle space = space_of(thread);

	return space.raw >= 0 && K0(space, Space_write, .to = word,
		.data = sk_lend(&value, sizeof(value))) == SK_OK;
}

/* ---- who is next ---- */

/* Whether it waits for that word of this thread's space, which is `value`. */
static bool waits_for(const struct priority_wait *w, const struct thread *thread,
	uint64_t word, uint32_t value)
{
	uint32_t seen = 0, changed = 0;

	if (w->wait.thread->process->space == thread->process->space)
		return w->word == word;
	if (!w->is_shared || !fetch(w->wait.thread, w->word, &seen) || seen != value ||
			!put(thread, word, value ^ LOCK_OWNER_DIED))
		return false;
	fetch(w->wait.thread, w->word, &changed);
	put(thread, word, value);
	return changed == (value ^ LOCK_OWNER_DIED);
}

static bool is_before(const struct priority_wait *w, const struct priority_wait *other)
{
	return !other || w->wait.thread->scheduling.priority >
		other->wait.thread->scheduling.priority;
}

static struct priority_wait *next_of(const struct thread *thread, uint64_t word, uint32_t value)
{
	struct priority_wait *best = NULL;

	for (struct wait *wait = waiters; wait; wait = wait->next) {
		struct priority_wait *w = (struct priority_wait *)(void *)wait;

		if (is_before(w, best) && waits_for(w, thread, word, value))
			best = w;
	}
	return best;
}

/* One for whom an owner's end is one, by what its word says. */
static struct priority_wait *next_of_ended(const struct thread *ended)
{
	struct priority_wait *best = NULL;

	for (struct wait *wait = waiters; wait; wait = wait->next) {
		struct priority_wait *w = (struct priority_wait *)(void *)wait;
		uint32_t value;

		if ((w->owner == ended->tid || w->is_shared) && wait->thread != ended &&
				is_before(w, best) && fetch(wait->thread, w->word, &value) &&
				(value & LOCK_OWNER) == (uint32_t)ended->tid)
			best = w;
	}
	return best;
}

/* False: it has been cancelled just now. */
static bool answer(struct priority_wait *w, int error)
{
	const struct posix_Memory_lock_priority_futex_reply reply = {0};
	bool is_there;

	wait_end(&w->wait);
	is_there = posix_Memory_lock_priority_futex_answer(&w->wait.reply, error, &reply) ==
		SK_OK;
	release(w);
	return is_there;
}

static void tell_owner(const struct space *space, uint64_t word, int32_t owner)
{
	for (struct wait *wait = waiters; wait; wait = wait->next) {
		struct priority_wait *w = (struct priority_wait *)(void *)wait;

		if (wait->thread->process->space == space && w->word == word)
			w->owner = owner;
	}
}

/* ---- locking ---- */

static void canceled(struct wait *wait)
{
	release(wait);
}

/* EAGAIN: the word is not as who waits has to leave it, and is to be looked at again. */
static int check(const struct thread *thread, uint64_t word, int32_t *owner)
{
	const struct thread *other;
	uint32_t value;

	if (!fetch(thread, word, &value))
		return posix_Error_EFAULT;
	*owner = (int32_t)(value & LOCK_OWNER);
	if (*owner == 0 || !(value & LOCK_WAITERS))
		return posix_Error_EAGAIN;
	if (*owner == thread->tid)
		return posix_Error_EDEADLK;
	other = *owner < PID_LIMIT ? posix.threads[*owner] : NULL;
	return other && other->process && other->process->state == PROCESS_ALIVE ? 0 :
		posix_Error_ESRCH;
}

void op_lock_priority_futex(void *self,
	const struct posix_Memory_lock_priority_futex_request *request, struct sk_reply *to)
{
	struct thread *thread = self;
	struct priority_wait *w;
	int32_t owner = 0;
	int error = check(thread, request->word, &owner);

	if (!error && !request->wait)
		error = posix_Error_EAGAIN;
	if (!error && signal_waits(thread))
		error = posix_Error_EINTR;
	w = error ? NULL : allocate(sizeof(*w));
	if (!w) {
		posix_Memory_lock_priority_futex_answer(to, error ? error : posix_Error_ENOMEM,
			NULL);
		return;
	}
	w->word = request->word;
	w->is_shared = request->shared;
	w->owner = owner;
	w->wait.canceled = canceled;
	wait_begin(&w->wait, &waiters, thread, to);
}

/* To the next one, or to nobody. */
static int hand_over(const struct thread *thread, uint64_t word, uint32_t value)
{
	struct priority_wait *w;
	int32_t tid = 0;

	do {
		w = next_of(thread, word, value);
		tid = w ? w->wait.thread->tid : 0;
		value = w ? (uint32_t)tid | LOCK_WAITERS : 0;
		/* Before it can look. */
		if (!put(thread, word, value))
			return posix_Error_EFAULT;
	} while (w && !answer(w, 0));
	tell_owner(thread->process->space, word, tid);
	return 0;
}

void op_unlock_priority_futex(void *self,
	const struct posix_Memory_unlock_priority_futex_request *request, struct sk_reply *to)
{
	const struct posix_Memory_unlock_priority_futex_reply reply = {0};
	const struct thread *thread = self;
	uint32_t value = 0;
	int error = fetch(thread, request->word, &value) ? 0 : posix_Error_EFAULT;

	if (!error && (value & LOCK_OWNER) != (uint32_t)thread->tid)
		error = posix_Error_EPERM;
	if (!error)
		error = hand_over(thread, request->word, value);
	posix_Memory_unlock_priority_futex_answer(to, error, &reply);
}

/* Its answer would come too late; what is known of it goes. */
static void forget(const struct thread *thread)
{
	struct wait *wait = waiters;

	while (wait && wait->thread != thread)
		wait = wait->next;
	if (!wait)
		return;
	wait_end(wait);
	sk_reply_drop(&wait->reply);
	release(wait);
}

void priority_owner_ends(const struct thread *thread)
{
	struct priority_wait *w;

	forget(thread);
	while ((w = waiters ? next_of_ended(thread) : NULL) != NULL) {
		const struct thread *next = w->wait.thread;
		const uint64_t word = w->word;
		const int32_t tid = next->tid;
		const bool is_put = put(next, word, (uint32_t)tid | LOCK_WAITERS |
			LOCK_OWNER_DIED);

		if (answer(w, is_put ? 0 : posix_Error_EFAULT) && is_put)
			tell_owner(next->process->space, word, tid);
		else if (is_put)
			put(next, word, (uint32_t)thread->tid | LOCK_WAITERS);
	}
}
