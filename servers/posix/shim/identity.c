/* Who a thread is. What stands in its page needs no server. */
#include "runtime/env.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/shim.h"

/* ---- what the page says ---- */

/* Both are read again while posix changes them. */
static void look(const struct shim *shim, struct posix_Ids *ids,
	struct posix_Credentials *credentials)
{
	const volatile struct posix_ThreadPage *page = shim->page;
	uint32_t version;

	do {
		version = __atomic_load_n(&shim->page->version, __ATOMIC_ACQUIRE);
		memcpy(ids, &shim->page->ids, sizeof *ids);
		memcpy(credentials, &shim->page->credentials, sizeof *credentials);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (version & 1 || version != page->version);
}

#define FROM_PAGE(function, what) \
shim_function function; \
int64_t function(struct shim *shim, const uint64_t a[6]) \
{ \
	struct posix_Credentials credentials; \
	struct posix_Ids ids; \
	(void)a; \
	look(shim, &ids, &credentials); \
	return what; \
}
FROM_PAGE(identity_pid, ids.process)
FROM_PAGE(identity_tid, ids.thread)
FROM_PAGE(identity_ppid, ids.parent)
FROM_PAGE(identity_pgrp, ids.process_group)
FROM_PAGE(identity_uid, credentials.user)
FROM_PAGE(identity_euid, credentials.effective_user)
FROM_PAGE(identity_gid, credentials.group_id)
FROM_PAGE(identity_egid, credentials.effective_group)

static int64_t put_three(const uint64_t to[3], uint32_t one, uint32_t two, uint32_t three)
{
	return copy_to(to[0], &one, 4) && copy_to(to[1], &two, 4) && copy_to(to[2], &three, 4) ?
		0 : -LINUX_EFAULT;
}

FROM_PAGE(identity_getresuid, put_three(a, credentials.user, credentials.effective_user,
	credentials.saved_user))
FROM_PAGE(identity_getresgid, put_three(a, credentials.group_id,
	credentials.effective_group, credentials.saved_group))

/* ---- groups of processes, sessions ---- */

shim_function identity_setpgid, identity_getpgid, identity_setsid, identity_getsid;

int64_t identity_setpgid(struct shim *shim, const uint64_t a[6])
{
	if ((int32_t)a[1] < 0)
		return -LINUX_EINVAL;
	return POSIX_DO(shim, Identity, set_process_group, .process = (int32_t)a[0],
		.process_group = (int32_t)a[1]);
}

int64_t identity_getpgid(struct shim *shim, const uint64_t a[6])
{
	struct posix_Identity_process_group_reply reply;
	int64_t result;

	if ((int32_t)a[0] == 0)
		return identity_pgrp(shim, a);
	result = POSIX(shim, &reply, Identity, process_group, .process = (int32_t)a[0]);
	return result < 0 ? result : reply.process_group;
}

int64_t identity_setsid(struct shim *shim, const uint64_t a[6])
{
	struct posix_Identity_start_session_reply reply;
	int64_t result = POSIX(shim, &reply, Identity, start_session, 0);

	(void)a;
	return result < 0 ? result : reply.session;
}

int64_t identity_getsid(struct shim *shim, const uint64_t a[6])
{
	struct posix_Identity_session_reply reply;
	int64_t result = POSIX(shim, &reply, Identity, session, .process = (int32_t)a[0]);

	return result < 0 ? result : reply.session;
}

/* ---- users and groups ---- */

/* What answers with the credentials as they are now; the page has them too. */
#define SETS(function, method, ...) \
shim_function function; \
int64_t function(struct shim *shim, const uint64_t a[6]) \
{ \
	return POSIX(shim, &(struct posix_Identity_##method##_reply){0}, Identity, method, \
		__VA_ARGS__); \
}
SETS(identity_setuid, set_user, .user = (uint32_t)a[0])
SETS(identity_setgid, set_group, .group_id = (uint32_t)a[0])
SETS(identity_setreuid, set_real_user, .user = (uint32_t)a[0],
	.effective_user = (uint32_t)a[1])
SETS(identity_setregid, set_real_group, .group_id = (uint32_t)a[0],
	.effective_group = (uint32_t)a[1])
SETS(identity_setresuid, set_all_users, .user = (uint32_t)a[0],
	.effective_user = (uint32_t)a[1], .saved_user = (uint32_t)a[2])
SETS(identity_setresgid, set_all_groups, .group_id = (uint32_t)a[0],
	.effective_group = (uint32_t)a[1], .saved_group = (uint32_t)a[2])

shim_function identity_setfsuid, identity_setfsgid, identity_getgroups, identity_setgroups,
	identity_capget, identity_capset;

int64_t identity_setfsuid(struct shim *shim, const uint64_t a[6])
{
	struct posix_Identity_set_file_user_reply reply;
	int64_t result = POSIX(shim, &reply, Identity, set_file_user, .user = (uint32_t)a[0]);

	return result < 0 ? result : reply.previous;
}

int64_t identity_setfsgid(struct shim *shim, const uint64_t a[6])
{
	struct posix_Identity_set_file_group_reply reply;
	int64_t result = POSIX(shim, &reply, Identity, set_file_group,
		.group_id = (uint32_t)a[0]);

	return result < 0 ? result : reply.previous;
}

int64_t identity_getgroups(struct shim *shim, const uint64_t a[6])
{
	struct posix_Identity_groups_reply reply;
	int32_t room = (int32_t)a[0];
	int64_t result;

	if (room < 0)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Identity, groups, 0);
	if (result < 0 || room == 0)
		return result < 0 ? result : reply.count;
	if (reply.count > (uint32_t)room)
		return -LINUX_EINVAL;
	if (!copy_is_program(a[1], 4 * (uint64_t)reply.count))
		return -LINUX_EFAULT;
	if (reply.count == 0)
		return 0;
	result = POSIX(shim, &reply, Identity, groups, .has_into = true,
		.into = sk_lend_out((void *)(uintptr_t)a[1], 4 * (uint64_t)reply.count));
	return result < 0 ? result : reply.count;
}

int64_t identity_setgroups(struct shim *shim, const uint64_t a[6])
{
	uint64_t count = (uint32_t)a[0];

	if (count > posix_GROUPS_MAX)
		return -LINUX_EINVAL;
	if (!copy_is_program(a[1], 4 * count))
		return -LINUX_EFAULT;
	return POSIX_DO(shim, Identity, set_groups, .has_from = count != 0,
		.from = sk_lend((const void *)(uintptr_t)a[1], 4 * count));
}

/* ---- capabilities ---- */

#define CAPABILITIES_V1 UINT32_C(0x19980330)
#define CAPABILITIES_V2 UINT32_C(0x20071026)
#define CAPABILITIES_V3 UINT32_C(0x20080522)
struct cap_header { uint32_t version; int32_t process; };
struct cap_data { uint32_t effective, permitted, inheritable; };

/* How many words a version has; 0: it is not known, and the header now says which is. */
static int64_t cap_header(uint64_t at, struct cap_header *header, uint32_t *words)
{
	if (!copy_from(header, at, sizeof *header))
		return -LINUX_EFAULT;
	*words = header->version == CAPABILITIES_V1 ? 1 :
		header->version == CAPABILITIES_V2 || header->version == CAPABILITIES_V3 ? 2 : 0;
	header->version = CAPABILITIES_V3;
	if (*words == 0)
		return copy_to(at, header, 4) ? -LINUX_EINVAL : -LINUX_EFAULT;
	return header->process < 0 ? -LINUX_EINVAL : 0;
}

int64_t identity_capget(struct shim *shim, const uint64_t a[6])
{
	struct posix_Identity_capabilities_reply reply;
	struct cap_header header;
	struct cap_data data[2];
	uint32_t words;
	int64_t result = cap_header(a[0], &header, &words);

	if (result < 0)
		return result == -LINUX_EINVAL && words == 0 && a[1] == 0 ? 0 : result;
	result = POSIX(shim, &reply, Identity, capabilities, .thread = header.process);
	if (result < 0)
		return result;
	for (uint32_t i = 0; i < words; i++)
		data[i] = (struct cap_data){
			(uint32_t)(reply.capabilities.effective >> 32 * i),
			(uint32_t)(reply.capabilities.permitted >> 32 * i),
			(uint32_t)(reply.capabilities.inheritable >> 32 * i) };
	return a[1] == 0 || copy_to(a[1], data, words * sizeof *data) ? 0 : -LINUX_EFAULT;
}

int64_t identity_capset(struct shim *shim, const uint64_t a[6])
{
	struct cap_data data[2] = {{0, 0, 0}, {0, 0, 0}};
	struct cap_header header;
	uint32_t words;
	int64_t result = cap_header(a[0], &header, &words);

	if (result < 0)
		return result;
	if (header.process != 0 && header.process != shim->page->ids.thread)
		return -LINUX_EPERM;
	if (!copy_from(data, a[1], words * sizeof *data))
		return -LINUX_EFAULT;
	return POSIX_DO(shim, Identity, set_capabilities,
		.effective = (uint64_t)data[1].effective << 32 | data[0].effective,
		.permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted,
		.inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable);
}
