/*
 * Sessions: one for each client, one for each that a client has confined. A
 * session stays as long as open files or watchers came from it, and an account
 * as long as one of its sessions stays.
 */
#include "servers/ramfs/ramfs.h"

#define HEADS (sizeof(((struct session *)0)->subjects) / sizeof(struct subject *))

/* ---- subjects ---- */

static struct subject **place_of(const struct session *session, fs_Subject number)
{
	struct subject **at = (struct subject **)(uintptr_t)&session->subjects[number % HEADS];

	while (*at && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

const struct subject *session_subject(const struct session *session, fs_Subject number)
{
	return *place_of(session, number);
}

static size_t size_of(uint32_t group_count)
{
	return sizeof(struct subject) + group_count * sizeof(uint32_t);
}

void session_free_subject(struct session *session, struct subject *subject)
{
	session->account->subjects--;
	session->account->groups -= subject->group_count;
	ram_table_free(session->ram, subject, size_of(subject->group_count));
}

struct subject *session_new_subject(struct session *session, uint32_t group_count)
{
	struct account *account = session->account;
	const struct ram_limits *limits = &session->ram->limits;
	struct subject *subject = NULL;

	/* Each session of an account has itself, besides. */
	if (account->subjects < limits->subjects + limits->handles + 1 &&
			group_count <= limits->groups - account->groups)
		subject = ram_table_new(session->ram, size_of(group_count));
	if (!subject)
		return NULL;
	account->subjects++;
	account->groups += group_count;
	subject->group_count = group_count;
	return subject;
}

/* Down to where both below are smaller. */
static void sift(uint32_t *heap, uint32_t at, uint32_t count)
{
	uint32_t value = heap[at], below;

	while ((below = 2 * at + 1) < count) {
		if (below + 1 < count && heap[below + 1] > heap[below])
			below++;
		if (heap[below] <= value)
			break;
		heap[at] = heap[below];
		at = below;
	}
	heap[at] = value;
}

static void sort(uint32_t *groups, uint32_t count)
{
	for (uint32_t i = count / 2; i-- > 0;)
		sift(groups, i, count);
	for (uint32_t end = count; end > 1; end--) {
		uint32_t most = groups[0];

		groups[0] = groups[end - 1];
		groups[end - 1] = most;
		sift(groups, 0, end - 1);
	}
}

void session_set_subject(struct session *session, struct subject *subject)
{
	struct subject **at;

	sort(subject->groups, subject->group_count);
	session_drop_subject(session, subject->number);
	at = place_of(session, subject->number);
	subject->next = *at;
	*at = subject;
}

void session_drop_subject(struct session *session, fs_Subject number)
{
	struct subject **at = place_of(session, number), *subject = *at;

	if (!subject)
		return;
	*at = subject->next;
	session_free_subject(session, subject);
}

/* ---- sessions ---- */

static struct session *new_session(struct account *account, const struct where *root,
	const struct subject *self)
{
	struct ram *ram = account->ram;
	struct session *session = ram_table_new(ram, sizeof(*session));
	struct subject *copy = NULL;

	if (!session)
		return NULL;
	session->ram = ram;
	session->account = account;
	session->users = 1;
	session->is_open = true;
	account_hold(account);
	copy = session_new_subject(session, self->group_count);
	if (copy && node_init(session, root)) {
		memcpy(copy, self, size_of(self->group_count));
		copy->number = fs_SELF;
		session_set_subject(session, copy);
		ram->sessions++;
		return session;
	}
	if (copy)
		session_free_subject(session, copy);
	account_release(account);
	ram_table_free(ram, session, sizeof(*session));
	return NULL;
}

struct session *session_open(struct ram *ram, fs_Rights rights)
{
	const struct subject root = {.capabilities = UINT64_MAX};
	struct account *account = ram_table_new(ram, sizeof(*account));
	struct session *session;

	if (!account)
		return NULL;
	account->ram = ram;
	account_hold(account);
	session = new_session(account, &(struct where){ram->root, NULL}, &root);
	if (session)
		session->rights = rights;
	account_release(account);
	return session;
}

struct session *session_confine(struct session *session, const struct where *root,
	const struct subject *subject, fs_MountFlags flags)
{
	struct session *confined = new_session(session->account, root, subject);

	if (!confined)
		return NULL;
	confined->is_confined = true;
	confined->rights = session->rights & (fs_Rights)~fs_Rights_IMPERSONATE;
	confined->flags = session->flags | flags;
	return confined;
}

void session_close(struct session *session)
{
	session->is_open = false;
	session->ram->sessions--;
	lock_release_all(session, NULL);
	node_forget_all(session);
	for (unsigned i = 0; i < HEADS; i++)
		while (session->subjects[i])
			session_drop_subject(session, session->subjects[i]->number);
	session_release(session);
}

void session_canceled(struct session *session, uint64_t token)
{
	wait_canceled(session->ram, token);
}

void session_hold(struct session *session)
{
	session->users++;
}

void session_release(struct session *session)
{
	if (--session->users > 0)
		return;
	account_release(session->account);
	ram_table_free(session->ram, session, sizeof(*session));
}

fs_MountFlags session_flags(const struct session *session)
{
	return session->ram->flags | session->flags;
}

/* ---- accounts ---- */

void account_hold(struct account *account)
{
	account->users++;
}

void account_release(struct account *account)
{
	if (--account->users == 0)
		ram_table_free(account->ram, account, sizeof(*account));
}

int session_charge_handle(struct account *account)
{
	if (account->handles >= account->ram->limits.handles)
		return fs_Error_EMFILE;
	account->handles++;
	account->ram->handles++;
	account_hold(account);
	return 0;
}

void session_discharge_handle(struct account *account)
{
	account->handles--;
	account->ram->handles--;
	account_release(account);
}
