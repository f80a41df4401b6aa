/*
 * Urgent bytes of streams (MSG_OOB). One is a message of its own, and a mark: a read stops
 * before it, and the next one passes it. Of the family `takes_urgent` says (AF_UNIX) it can be
 * had from its place, where an empty message stays as the mark; else (TCP) it stays until it is
 * passed, and is a byte as all others if another took its place before.
 */
#include "servers/posix/socket.h"

static bool is_empty(const struct message *m)
{
	return m->start == m->end;
}

bool socket_has_urgent_inline(const struct socket *s)
{
	return s->options & SOCKET_OOB_INLINE;
}

/* An empty one counts no more when another urgent byte has come behind what follows it. */
bool socket_is_mark(const struct socket *s, const struct message *m)
{
	return m == s->urgent || (is_empty(m) && (!s->urgent || m->next == s->urgent));
}

bool socket_at_mark(const struct socket *s)
{
	return s->first && socket_is_mark(s, s->first);
}

uint64_t socket_plain(const struct socket *s)
{
	return s->bytes - (s->urgent && !socket_has_urgent_inline(s) ? 1 : 0);
}

uint64_t socket_before_mark(const struct socket *s)
{
	uint64_t bytes = 0;

	if (!s->urgent || socket_has_urgent_inline(s) || s->family->takes_urgent)
		return s->bytes;
	for (const struct message *m = s->first; m != s->urgent; m = m->next)
		bytes += m->end - m->start;
	return bytes;
}

/* ---- who is told ---- */

static void tell_process(const struct sender *by, int32_t pid,
	const struct posix_SignalInfo *info)
{
	struct process *process = process_find(pid);

	if (process)
		sender_send(by, process, info);
}

static void tell_thread(const struct sender *by, int32_t tid,
	const struct posix_SignalInfo *info)
{
	const struct posix_SignalInfo none = signal_plainly(posix_Signal_NONE);
	struct thread *thread = tid < PID_LIMIT ? posix.threads[tid] : NULL;

	if (thread && thread->process && sender_send(by, thread->process, &none) == 0)
		signal_thread(thread, info);
}

/* The signal ends nobody, so processes stay in their list. */
static void tell_group(const struct sender *by, int32_t group,
	const struct posix_SignalInfo *info)
{
	uint32_t count = 0;

	for (struct process *p = posix.processes; p && count < FEW; p = p->next)
		if (p->group == group && p->state == PROCESS_ALIVE) {
			sender_send(by, p, info);
			count++;
		}
}

/* As kill() by who said so: without that one's rights anybody could be told. */
static void signal_owner(const struct socket *s)
{
	const struct posix_SignalInfo info = signal_plainly(posix_Signal_URG);
	const struct file *file = s->file;
	const struct sender by = {.credentials = s->signaler};

	if (!file || file->owner <= 0 || !s->signaler)
		return;
	if (file->owner_kind == posix_OwnerKind_PROCESS_GROUP)
		tell_group(&by, file->owner, &info);
	else if (file->owner_kind == posix_OwnerKind_THREAD)
		tell_thread(&by, file->owner, &info);
	else
		tell_process(&by, file->owner, &info);
}

static struct socket *told, **told_end = &told;

static void tell_all(void *self)
{
	UNUSED(self);
	while (told) {
		struct socket *s = told;

		told = s->next_told;
		told_end = told ? told_end : &told;
		s->is_told = false;
		signal_owner(s);
		socket_drop(s);
	}
}

/* Not at once: who sends may be told itself, whose call that would cut off to be made again. */
static void tell_later(struct socket *s)
{
	static struct sk_alarm alarm = {.ring = tell_all};

	if (s->is_told || !s->signaler)
		return;
	s->is_told = true;
	s->next_told = NULL;
	*told_end = socket_take(s);
	told_end = &s->next_told;
	sk_alarm_set(posix.os, &alarm, 1);
}

void socket_signaled_by(const struct file *file, struct thread *thread)
{
	struct socket *s = socket_of_file(file);

	if (!s)
		return;
	credentials_drop(s->signaler);
	s->signaler = credentials_take(thread->credentials);
}

/* ---- coming and going ---- */

void socket_put_urgent(struct socket *s, struct message *m)
{
	/* Who has read up to the last one is not to get that now as if it were none. */
	const bool is_passed = s->urgent && s->urgent == s->first &&
		!s->family->takes_urgent && !socket_has_urgent_inline(s);

	s->urgent = m;
	s->urgent_read = false;
	tell_later(s);
	if (is_passed)
		message_free(socket_take_first(s));
}

int socket_no_urgent(const struct socket *s)
{
	return !s->urgent || s->urgent_read || socket_has_urgent_inline(s) ?
		posix_Error_EINVAL : 0;
}

void socket_take_urgent(struct socket *s)
{
	struct message **link = &s->first, *m = s->urgent, *before;

	if (!s->family->takes_urgent) {
		s->urgent_read = true;
		return;
	}
	s->urgent = NULL;
	m->start = m->end;
	s->bytes--;
	while (*link != m && (*link)->next != m)
		link = &(*link)->next;
	before = *link;
	/* There is one mark, however often some came and was had at the same place. */
	if (before != m && is_empty(before)) {
		*link = m;
		s->count--;
		message_free(before);
	}
}

void socket_pass_mark(struct socket *s, struct message **gone)
{
	while (s->first && (is_empty(s->first) ||
			(s->first == s->urgent && !socket_has_urgent_inline(s)))) {
		struct message *m = socket_take_first(s);

		m->next = *gone;
		*gone = m;
	}
}

void socket_op_at_mark(void *self, const struct posix_Socket_at_mark_request *r,
	struct sk_reply *to)
{
	const struct socket *s = socket_of(((struct access *)self)->file);
	const struct posix_Socket_at_mark_reply reply = {socket_at_mark(s)};

	UNUSED(r);
	posix_Socket_at_mark_answer(to, s->type == posix_SocketType_STREAM ? 0 :
		s->family->no_urgent ? s->family->no_urgent : (int)posix_Error_ENOTTY, &reply);
}
