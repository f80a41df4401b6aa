/*
 * Descriptors in messages. A socket whose descriptors are all in messages, which are in queues
 * of such sockets, is reached by nobody any more, and would stay for ever: those are looked
 * for some time after a socket has lost its last descriptor outside of messages.
 */
#include "servers/posix/socket.h"

/* How long after that; then once for all that were lost. */
#define LATER UINT64_C(20000000)

/* ---- parcels ---- */

static bool may_pass(const struct thread *thread, const struct user *user, uint32_t count)
{
	const uint64_t limit = thread->process->limits[posix_Resource_FILES].soft;

	return user_may(user, USER_PASSED, count) &&
		(user_count(user, USER_PASSED) <= limit ||
		credentials_can(thread->credentials, CAP_SYS_RESOURCE) ||
		credentials_can(thread->credentials, CAP_SYS_ADMIN));
}

int parcel_new(struct thread *thread, struct sk_int32_list numbers, struct parcel **parcel)
{
	struct user *user = thread->credentials->user;
	struct parcel *p = numbers.count <= posix_PASS_MAX ? allocate(sizeof(*p) +
		numbers.count * sizeof(p->files[0])) : NULL;
	int32_t number;
	int error = p ? 0 : posix_Error_ENOMEM;

	while (!error && sk_int32_next(&numbers, &number)) {
		struct file *file = files_find(thread->process->files, number);

		if (!file) {
			error = posix_Error_EBADF;
			break;
		}
		file->references++;
		p->files[p->count++] = file;
	}
	if (!error && !may_pass(thread, user, p->count))
		error = posix_Error_ETOOMANYREFS;
	if (p) {
		p->user = user_take(user);
		user_charge(user, USER_PASSED, p->count);
	}
	if (error) {
		parcel_free(p);
		return error;
	}
	*parcel = p;
	return 0;
}

void parcel_sent(struct parcel *parcel)
{
	parcel->is_sent = true;
	/* Who waited to send it may have closed them meanwhile. */
	for (uint32_t i = 0; i < parcel->count; i++)
		if (++parcel->files[i]->in_flight == parcel->files[i]->references)
			socket_lost(parcel->files[i]);
}

static void empty(struct parcel *parcel)
{
	for (uint32_t i = 0; i < parcel->count; i++) {
		parcel->files[i]->in_flight -= parcel->is_sent;
		file_drop(parcel->files[i]);
	}
	user_return(parcel->user, USER_PASSED, parcel->count);
	user_drop(parcel->user);
	release(parcel);
}

/* A file may be a socket that has more of them: one after the other, not one within the
 * other. */
void parcel_free(struct parcel *parcel)
{
	static struct parcel *first;
	static bool is_busy;

	if (!parcel)
		return;
	parcel->next = first;
	first = parcel;
	if (is_busy)
		return;
	is_busy = true;
	while ((parcel = first) != NULL) {
		first = parcel->next;
		empty(parcel);
	}
	is_busy = false;
}

/* ---- what nobody can reach ---- */

static struct socket *reached;

static void reach(struct socket *s)
{
	if (!s || s->is_reached)
		return;
	s->is_reached = true;
	s->next_reached = reached;
	reached = s;
}

static void reach_messages(const struct socket *s)
{
	for (const struct message *m = s->first; m; m = m->next)
		for (uint32_t i = 0; m->parcel && i < m->parcel->count; i++)
			reach(socket_of_file(m->parcel->files[i]));
}

/* From all that somebody has: whose descriptors are not only in messages. */
static void reach_all(void)
{
	struct socket *s;

	for (s = sockets; s; s = s->next)
		s->is_reached = false;
	for (s = sockets; s; s = s->next)
		if (s->file && s->file->references > s->file->in_flight)
			reach(s);
	while ((s = reached) != NULL) {
		reached = s->next_reached;
		reach_messages(s);
		for (struct socket *w = s->waiting; w; w = w->next_waiting)
			reach(w);
	}
}

/* What they had closes them, once it is gone. */
static void collect(void *unused)
{
	struct socket *lost = NULL, *s;

	UNUSED(unused);
	reach_all();
	for (s = sockets; s; s = s->next)
		if (!s->is_reached && !s->is_dead) {
			s->next_reached = lost;
			lost = socket_take(s);
		}
	while ((s = lost) != NULL) {
		lost = s->next_reached;
		socket_purge(s);
		socket_drop(s);
	}
}

void socket_lost(const struct file *file)
{
	static struct sk_alarm alarm = {.ring = collect};

	if (socket_of_file(file) && alarm.time == 0)
		sk_alarm_set(posix.os, &alarm, now() + LATER);
}
