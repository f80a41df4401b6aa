/* Capabilities: sets that threads change, what exec makes of them, and the bits that say how. */
#include "servers/posix/posix.h"

#define LAST_CAPABILITY 40
#define CAP_SETPCAP 8
#define LOCKS UINT32_C(0xaa)
#define BITS UINT32_C(0x55)
#define SET_USER 04000
/* Without the group's right to execute it is a mark for mandatory locks. */
#define SET_GROUP 02010

static int change(struct thread *thread, const struct posix_Capabilities *capabilities)
{
	const struct credentials *was = thread->credentials;
	struct credentials *c = credentials_new(&was->ids, capabilities, was->groups,
		was->group_count);

	if (!c)
		return posix_Error_ENOMEM;
	thread_become(thread, c);
	thread_show_ids(thread);
	return 0;
}

/* ---- exec ---- */

static bool is_subset(uint64_t set, uint64_t of)
{
	return (set & ~of) == 0;
}

/* Also of a server that does not answer nobody takes on its files' owners. */
static bool may_set_id(const struct thread *thread, const struct mount *mount)
{
	struct fs_FileSystem_statfs_reply reply;

	return !thread->no_new_privileges && fs_FileSystem_statfs(mount->server,
		&(struct fs_FileSystem_statfs_request){0}, &reply, NULL) == 0 &&
		!(reply.space.flags & fs_MountFlags_NO_SET_ID);
}

static void take_ids(const struct thread *thread, const struct mount *mount,
	const struct fs_Status *status, struct posix_Credentials *ids)
{
	const bool is_user = status->mode & SET_USER;
	const bool is_group = (status->mode & SET_GROUP) == SET_GROUP;
	const bool may = (is_user || is_group) && may_set_id(thread, mount);

	if (is_user && may)
		ids->effective_user = status->owner;
	if (is_group && may)
		ids->effective_group = status->owner_group;
	ids->saved_user = ids->file_user = ids->effective_user;
	ids->saved_group = ids->file_group = ids->effective_group;
}

struct credentials *capability_exec(const struct thread *thread, const struct mount *mount,
	const struct fs_Status *status, bool *is_secure)
{
	const struct credentials *was = thread->credentials;
	struct posix_Capabilities caps = was->capabilities;
	struct posix_Credentials ids = was->ids;
	const bool has_root = !(thread->secure_bits & posix_SecureBits_NO_ROOT);

	take_ids(thread, mount, status, &ids);
	if (ids.effective_user != was->ids.effective_user ||
			ids.effective_group != was->ids.effective_group)
		caps.ambient = 0;
	caps.permitted = has_root && (ids.effective_user == 0 || ids.user == 0) ?
		caps.bounding | caps.inheritable : caps.ambient;
	caps.effective = has_root && ids.effective_user == 0 ? caps.permitted : caps.ambient;
	*is_secure = ids.user != ids.effective_user || ids.group_id != ids.effective_group ||
		(ids.user != 0 && !is_subset(caps.permitted, caps.ambient));
	return credentials_new(&ids, &caps, was->groups, was->group_count);
}

/* ---- sets ---- */

void op_capabilities(void *self, const struct posix_Identity_capabilities_request *request,
	struct sk_reply *to)
{
	struct posix_Identity_capabilities_reply reply = {{0}};
	const struct thread *thread = request->thread == 0 ? self : request->thread > 0 &&
		request->thread < PID_LIMIT ? posix.threads[request->thread] : NULL;
	const bool is_there = thread && thread->credentials;

	if (is_there)
		reply.capabilities = thread->credentials->capabilities;
	posix_Identity_capabilities_answer(to, is_there ? 0 : posix_Error_ESRCH, &reply);
}

void op_set_capabilities(void *self,
	const struct posix_Identity_set_capabilities_request *request, struct sk_reply *to)
{
	const struct posix_Identity_set_capabilities_reply reply = {0};
	struct thread *thread = self;
	struct posix_Capabilities caps = thread->credentials->capabilities;
	const uint64_t permitted = request->permitted & ALL_CAPABILITIES;
	const uint64_t effective = request->effective & ALL_CAPABILITIES;
	const uint64_t inheritable = request->inheritable & ALL_CAPABILITIES;
	int error = posix_Error_EPERM;

	if (is_subset(permitted, caps.permitted) && is_subset(effective, permitted) &&
			is_subset(inheritable, caps.inheritable | caps.bounding) &&
			(credentials_can(thread->credentials, CAP_SETPCAP) ||
			is_subset(inheritable, caps.inheritable | caps.permitted))) {
		caps.permitted = permitted;
		caps.effective = effective;
		caps.inheritable = inheritable;
		caps.ambient &= permitted & inheritable;
		error = change(thread, &caps);
	}
	posix_Identity_set_capabilities_answer(to, error, &reply);
}

void op_drop_bounding(void *self, const struct posix_Identity_drop_bounding_request *request,
	struct sk_reply *to)
{
	const struct posix_Identity_drop_bounding_reply reply = {0};
	struct thread *thread = self;
	struct posix_Capabilities caps = thread->credentials->capabilities;
	int error = !credentials_can(thread->credentials, CAP_SETPCAP) ? posix_Error_EPERM :
		request->capability > LAST_CAPABILITY ? posix_Error_EINVAL : 0;

	if (!error) {
		caps.bounding &= ~(UINT64_C(1) << request->capability);
		error = change(thread, &caps);
	}
	posix_Identity_drop_bounding_answer(to, error, &reply);
}

void op_set_ambient(void *self, const struct posix_Identity_set_ambient_request *request,
	struct sk_reply *to)
{
	const struct posix_Identity_set_ambient_reply reply = {0};
	struct thread *thread = self;
	struct posix_Capabilities caps = thread->credentials->capabilities;
	const uint64_t bit = UINT64_C(1) << (request->capability & 63);
	int error = request->capability > LAST_CAPABILITY ? posix_Error_EINVAL :
		request->raised && (!(caps.permitted & caps.inheritable & bit) ||
		thread->secure_bits & posix_SecureBits_NO_AMBIENT_RAISE) ?
		posix_Error_EPERM : 0;

	if (!error) {
		caps.ambient = request->raised ? caps.ambient | bit : caps.ambient & ~bit;
		error = change(thread, &caps);
	}
	posix_Identity_set_ambient_answer(to, error, &reply);
}

void op_clear_ambient(void *self, const struct posix_Identity_clear_ambient_request *request,
	struct sk_reply *to)
{
	const struct posix_Identity_clear_ambient_reply reply = {0};
	struct thread *thread = self;
	struct posix_Capabilities caps = thread->credentials->capabilities;

	UNUSED(request);
	caps.ambient = 0;
	posix_Identity_clear_ambient_answer(to, change(thread, &caps), &reply);
}

/* ---- bits ---- */

void op_secure_bits(void *self, const struct posix_Identity_secure_bits_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = self;
	const struct posix_Identity_secure_bits_reply reply = {thread->secure_bits};

	UNUSED(request);
	posix_Identity_secure_bits_answer(to, 0, &reply);
}

void op_set_secure_bits(void *self, const struct posix_Identity_set_secure_bits_request *request,
	struct sk_reply *to)
{
	const struct posix_Identity_set_secure_bits_reply reply = {0};
	struct thread *thread = self;
	const uint32_t was = thread->secure_bits, is = request->secure_bits;
	const bool is_keeping = (was ^ is) == posix_SecureBits_KEEP_CAPABILITIES;
	const bool is_locked = (was & LOCKS) >> 1 & (was ^ is) || was & LOCKS & ~is ||
		is & ~(LOCKS | BITS);
	int error = is_locked || (!is_keeping &&
		!credentials_can(thread->credentials, CAP_SETPCAP)) ? posix_Error_EPERM : 0;

	if (!error)
		thread->secure_bits = is;
	posix_Identity_set_secure_bits_answer(to, error, &reply);
}

void op_no_new_privileges(void *self,
	const struct posix_Identity_no_new_privileges_request *request, struct sk_reply *to)
{
	const struct thread *thread = self;
	const struct posix_Identity_no_new_privileges_reply reply = {thread->no_new_privileges};

	UNUSED(request);
	posix_Identity_no_new_privileges_answer(to, 0, &reply);
}

void op_set_no_new_privileges(void *self,
	const struct posix_Identity_set_no_new_privileges_request *request, struct sk_reply *to)
{
	const struct posix_Identity_set_no_new_privileges_reply reply = {0};

	UNUSED(request);
	((struct thread *)self)->no_new_privileges = true;
	posix_Identity_set_no_new_privileges_answer(to, 0, &reply);
}
