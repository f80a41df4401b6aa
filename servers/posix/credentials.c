/* Credentials: each set is a subject at all servers of files, under one number. */
#include "servers/posix/posix.h"

static struct credentials *all;
static fs_Subject last;

static void tell(struct sk_channel *server, const struct credentials *c)
{
	const struct fs_FileSystem_set_subject_request request = {
		.subject = c->subject, .uid = c->ids.file_user, .gid = c->ids.file_group,
		.capabilities = c->capabilities.effective,
		.groups = sk_lend(c->groups, 4 * (uint64_t)c->group_count),
	};
	struct fs_FileSystem_set_subject_reply reply;
	int status = fs_FileSystem_set_subject(server, &request, &reply, NULL);

	if (status != 0)
		warn("a server of files does not take credentials: %d", status);
}

void credentials_tell(struct sk_channel *server)
{
	for (const struct credentials *c = all; c; c = c->next)
		tell(server, c);
}

const struct credentials *credentials_of(fs_Subject subject)
{
	const struct credentials *c = all;

	while (c && c->subject != subject)
		c = c->next;
	return c;
}

struct credentials *credentials_new(const struct posix_Credentials *ids,
	const struct posix_Capabilities *capabilities, const uint32_t *groups,
	uint32_t group_count)
{
	struct credentials *c = allocate(sizeof(*c));

	if (!c)
		return NULL;
	c->groups = allocate(4 * (uint64_t)group_count + 4);
	if (!c->groups) {
		release(c);
		return NULL;
	}
	c->user = user_find(ids->user);
	if (!c->user) {
		release(c->groups);
		release(c);
		return NULL;
	}
	c->references = 1;
	c->ids = *ids;
	c->capabilities = *capabilities;
	c->group_count = group_count;
	if (group_count > 0)
		memcpy(c->groups, groups, 4 * (size_t)group_count);
	c->subject = ++last;
	c->next = all;
	all = c;
	for (struct mount *m = mounts; m; m = m->next)
		tell(m->server, c);
	return c;
}

struct credentials *credentials_take(struct credentials *credentials)
{
	credentials->references++;
	return credentials;
}

void credentials_drop(struct credentials *credentials)
{
	struct credentials **link = &all;

	if (!credentials || --credentials->references > 0)
		return;
	while (*link != credentials)
		link = &(*link)->next;
	*link = credentials->next;
	for (struct mount *m = mounts; m; m = m->next)
		fs_FileSystem_drop_subject(m->server,
			&(struct fs_FileSystem_drop_subject_request){
				.subject = credentials->subject}, NULL);
	user_drop(credentials->user);
	release(credentials->groups);
	release(credentials);
}

bool credentials_can(const struct credentials *credentials, uint32_t capability)
{
	return (credentials->capabilities.effective >> capability & 1) != 0;
}

/* ---- operations ---- */

/* The thread has these from now on. Capabilities follow user 0 as Linux has them do. */
static int become(struct thread *thread, const struct posix_Credentials *ids,
	const uint32_t *groups, uint32_t group_count)
{
	const struct credentials *was = thread->credentials;
	struct posix_Capabilities caps = was->capabilities;
	struct credentials *c;
	const bool is_fixed = !(thread->secure_bits & posix_SecureBits_NO_SETUID_FIXUP);
	const bool is_kept = (thread->secure_bits & posix_SecureBits_KEEP_CAPABILITIES) != 0;
	const bool is_leaving = (was->ids.user == 0 || was->ids.effective_user == 0 ||
		was->ids.saved_user == 0) && ids->user != 0 && ids->effective_user != 0 &&
		ids->saved_user != 0;

	if (is_fixed && was->ids.effective_user == 0 && ids->effective_user != 0)
		caps.effective = 0;
	if (is_fixed && was->ids.effective_user != 0 && ids->effective_user == 0)
		caps.effective = caps.permitted;
	if (is_fixed && is_leaving && !is_kept)
		caps.effective = caps.permitted = 0;
	if (is_fixed && is_leaving)
		caps.ambient = 0;
	c = credentials_new(ids, &caps, groups, group_count);
	if (!c)
		return posix_Error_ENOMEM;
	thread_become(thread, c);
	thread_show_ids(thread);
	process_follow(thread->process, c->user);
	return 0;
}

static int change(struct thread *thread, const struct posix_Credentials *ids)
{
	return become(thread, ids, thread->credentials->groups,
		thread->credentials->group_count);
}

/* One of the three that it has already, or it may have any. */
static bool may_user(const struct thread *thread, posix_Uid user)
{
	const struct posix_Credentials *ids = &thread->credentials->ids;

	return user == posix_KEEP || user == ids->user || user == ids->effective_user ||
		user == ids->saved_user || credentials_can(thread->credentials, CAP_SETUID);
}

static bool may_group(const struct thread *thread, posix_Gid group)
{
	const struct posix_Credentials *ids = &thread->credentials->ids;

	return group == posix_KEEP || group == ids->group_id ||
		group == ids->effective_group || group == ids->saved_group ||
		credentials_can(thread->credentials, CAP_SETGID);
}

#define SET(to, value) do { if ((value) != posix_KEEP) (to) = (value); } while (0)

#define ANSWER_NOW(name, thread, error) do { \
		struct posix_Identity_##name##_reply reply_ = { \
			.now = (thread)->credentials->ids}; \
		posix_Identity_##name##_answer(to, error, &reply_); \
	} while (0)

void op_credentials(void *self, const struct posix_Identity_credentials_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	const struct posix_Identity_credentials_reply reply = {thread->credentials->ids};

	UNUSED(request);
	posix_Identity_credentials_answer(to, 0, &reply);
}

void op_set_user(void *self, const struct posix_Identity_set_user_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	int error = posix_Error_EPERM;

	if (credentials_can(thread->credentials, CAP_SETUID)) {
		ids.user = ids.saved_user = ids.effective_user = ids.file_user = request->user;
		error = change(thread, &ids);
	} else if (request->user == ids.user || request->user == ids.saved_user) {
		ids.effective_user = ids.file_user = request->user;
		error = change(thread, &ids);
	}
	ANSWER_NOW(set_user, thread, error);
}

void op_set_all_users(void *self, const struct posix_Identity_set_all_users_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	int error = posix_Error_EPERM;

	if (may_user(thread, request->user) && may_user(thread, request->effective_user) &&
			may_user(thread, request->saved_user)) {
		SET(ids.user, request->user);
		SET(ids.effective_user, request->effective_user);
		SET(ids.saved_user, request->saved_user);
		ids.file_user = ids.effective_user;
		error = change(thread, &ids);
	}
	ANSWER_NOW(set_all_users, thread, error);
}

void op_set_real_user(void *self, const struct posix_Identity_set_real_user_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	const posix_Uid before = ids.user;
	int error = posix_Error_EPERM;

	/* The real one may not become the saved one. */
	if (may_user(thread, request->user) && may_user(thread, request->effective_user) &&
			(request->user != ids.saved_user || request->user == ids.user ||
			request->user == ids.effective_user ||
			credentials_can(thread->credentials, CAP_SETUID))) {
		SET(ids.user, request->user);
		SET(ids.effective_user, request->effective_user);
		if (request->user != posix_KEEP || (request->effective_user != posix_KEEP &&
				request->effective_user != before))
			ids.saved_user = ids.effective_user;
		ids.file_user = ids.effective_user;
		error = change(thread, &ids);
	}
	ANSWER_NOW(set_real_user, thread, error);
}

void op_set_group(void *self, const struct posix_Identity_set_group_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	int error = posix_Error_EPERM;

	if (credentials_can(thread->credentials, CAP_SETGID)) {
		ids.group_id = ids.saved_group = ids.effective_group = ids.file_group =
			request->group_id;
		error = change(thread, &ids);
	} else if (request->group_id == ids.group_id || request->group_id == ids.saved_group) {
		ids.effective_group = ids.file_group = request->group_id;
		error = change(thread, &ids);
	}
	ANSWER_NOW(set_group, thread, error);
}

void op_set_all_groups(void *self, const struct posix_Identity_set_all_groups_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	int error = posix_Error_EPERM;

	if (may_group(thread, request->group_id) &&
			may_group(thread, request->effective_group) &&
			may_group(thread, request->saved_group)) {
		SET(ids.group_id, request->group_id);
		SET(ids.effective_group, request->effective_group);
		SET(ids.saved_group, request->saved_group);
		ids.file_group = ids.effective_group;
		error = change(thread, &ids);
	}
	ANSWER_NOW(set_all_groups, thread, error);
}

void op_set_real_group(void *self, const struct posix_Identity_set_real_group_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	const posix_Gid before = ids.group_id;
	int error = posix_Error_EPERM;

	if (may_group(thread, request->group_id) &&
			may_group(thread, request->effective_group) &&
			(request->group_id != ids.saved_group ||
			request->group_id == ids.group_id ||
			request->group_id == ids.effective_group ||
			credentials_can(thread->credentials, CAP_SETGID))) {
		SET(ids.group_id, request->group_id);
		SET(ids.effective_group, request->effective_group);
		if (request->group_id != posix_KEEP || (request->effective_group != posix_KEEP &&
				request->effective_group != before))
			ids.saved_group = ids.effective_group;
		ids.file_group = ids.effective_group;
		error = change(thread, &ids);
	}
	ANSWER_NOW(set_real_group, thread, error);
}

void op_set_file_user(void *self, const struct posix_Identity_set_file_user_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	const struct posix_Identity_set_file_user_reply reply = {ids.file_user};

	if (request->user != posix_KEEP && (request->user == ids.file_user ||
			may_user(thread, request->user))) {
		ids.file_user = request->user;
		change(thread, &ids);
	}
	posix_Identity_set_file_user_answer(to, 0, &reply);
}

void op_set_file_group(void *self, const struct posix_Identity_set_file_group_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Credentials ids = thread->credentials->ids;
	const struct posix_Identity_set_file_group_reply reply = {ids.file_group};

	if (request->group_id != posix_KEEP && (request->group_id == ids.file_group ||
			may_group(thread, request->group_id))) {
		ids.file_group = request->group_id;
		change(thread, &ids);
	}
	posix_Identity_set_file_group_answer(to, 0, &reply);
}

void op_groups(void *self, const struct posix_Identity_groups_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = self;
	const struct credentials *c = thread->credentials;
	const struct posix_Identity_groups_reply reply = {c->group_count};
	uint64_t size = 4 * (uint64_t)c->group_count;
	int status = SK_OK;

	if (request->has_into && request->into.size < size)
		size = request->into.size / 4 * 4;
	if (request->has_into && size > 0)
		status = sk_lease_write(to, &request->into, 0, c->groups, size, NULL);
	posix_Identity_groups_answer(to, status == SK_OK ? 0 : posix_Error_EFAULT, &reply);
}

/* As getgroups tells them. By steps that halve: a program may set 65,536 of them. */
static void sort_groups(uint32_t *groups, uint32_t count)
{
	for (uint32_t step = count / 2; step > 0; step /= 2)
		for (uint32_t i = step; i < count; i++) {
			uint32_t value = groups[i], at = i;

			for (; at >= step && groups[at - step] > value; at -= step)
				groups[at] = groups[at - step];
			groups[at] = value;
		}
}

void op_set_groups(void *self, const struct posix_Identity_set_groups_request *request,
	struct sk_reply *to)
{
	const struct posix_Identity_set_groups_reply reply = {0};
	struct thread *thread = self;
	uint64_t size = request->has_from ? request->from.size / 4 * 4 : 0;
	uint32_t *groups = NULL;
	int error = 0;

	if (!credentials_can(thread->credentials, CAP_SETGID))
		error = posix_Error_EPERM;
	else if (!(groups = allocate(size + 4)))
		error = posix_Error_ENOMEM;
	else if (size > 0 && sk_lease_read(to, &request->from, 0, groups, size, NULL) != SK_OK)
		error = posix_Error_EFAULT;
	if (!error) {
		sort_groups(groups, (uint32_t)(size / 4));
		error = become(thread, &thread->credentials->ids, groups, (uint32_t)(size / 4));
	}
	release(groups);
	posix_Identity_set_groups_answer(to, error, &reply);
}
