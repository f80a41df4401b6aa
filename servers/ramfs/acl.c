/*
 * Access lists: who besides owner and group may do what, and what new nodes of
 * a directory begin with. The mode says the same as far as it can: its group
 * bits are the list's mask. As with Linux's, the order of entries is that of
 * tags, and of two for one user the first counts.
 */
#include "servers/ramfs/ramfs.h"

#include "runtime/codec.h"

#define VERSION 2
#define HEAD 4
#define ENTRY 8
#define NO_ID UINT32_MAX
#define ANY 07U

enum tag { OWNER = 1, USER = 2, OWNER_GROUP = 4, GROUP = 8, MASK = 16, OTHER = 32 };

struct acl {
	struct charge charge;
	uint32_t count;
	struct acl_entry {
		uint16_t tag;
		uint16_t allowed;	/* of fs_Access */
		uint32_t id;
	} entries[];
};

static size_t size_of(uint32_t count)
{
	return sizeof(struct acl) + count * sizeof(struct acl_entry);
}

static struct acl *new_acl(const struct inode *inode, uint32_t count)
{
	struct charge charge = {.payer = inode->charge.payer};
	struct acl *acl = ram_new(inode->ram, &charge, size_of(count));

	if (acl) {
		acl->charge = charge;
		acl->count = count;
	}
	return acl;
}

void acl_free(struct ram *ram, struct acl *acl)
{
	if (acl)
		ram_free(ram, &acl->charge, acl, size_of(acl->count));
}

/* ---- as the value of an attribute ---- */

static bool is_entry(const uint8_t *at)
{
	uint32_t tag = sk_get_uint16(at);

	if (tag == USER || tag == GROUP)
		return sk_get_uint32(at + 4) != NO_ID;
	return tag == OWNER || tag == OWNER_GROUP || tag == MASK || tag == OTHER;
}

int acl_read(struct inode *inode, const uint8_t *value, uint32_t size, struct acl **to)
{
	uint32_t count = size > HEAD ? (size - HEAD) / ENTRY : 0;

	*to = NULL;
	if (size == 0)
		return 0;
	if (size < HEAD)
		return fs_Error_EINVAL;
	if (sk_get_uint32(value) != VERSION)
		return fs_Error_EOPNOTSUPP;
	if (size != HEAD + count * ENTRY)
		return fs_Error_EINVAL;
	for (uint32_t i = 0; i < count; i++)
		if (!is_entry(value + HEAD + i * ENTRY))
			return fs_Error_EINVAL;
	if (count == 0)
		return 0;
	*to = new_acl(inode, count);
	for (uint32_t i = 0; *to && i < count; i++) {
		const uint8_t *at = value + HEAD + i * ENTRY;

		(*to)->entries[i] = (struct acl_entry){
			sk_get_uint16(at), sk_get_uint16(at + 2), sk_get_uint32(at + 4),
		};
	}
	return *to ? 0 : fs_Error_ENOSPC;
}

uint32_t acl_write(const struct acl *acl, uint8_t *to)
{
	sk_put_uint32(to, VERSION);
	for (uint32_t i = 0; i < acl->count; i++) {
		const struct acl_entry *entry = &acl->entries[i];
		uint8_t *at = to + HEAD + i * ENTRY;

		sk_put_uint16(at, entry->tag);
		sk_put_uint16(at + 2, entry->allowed);
		sk_put_uint32(at + 4, entry->tag & (USER | GROUP) ? entry->id : NO_ID);
	}
	return HEAD + acl->count * ENTRY;
}

/* Owner, users, owner's group, groups, mask, others; a mask if somebody has a
 * name. */
static bool is_valid(const struct acl *acl)
{
	uint32_t may_come = OWNER;
	bool needs_mask = false;

	for (uint32_t i = 0; i < acl->count; i++) {
		const struct acl_entry *entry = &acl->entries[i];

		if (!(entry->tag & may_come) || entry->allowed & ~ANY)
			return false;
		needs_mask = needs_mask || entry->tag & (USER | GROUP);
		if (entry->tag == OWNER)
			may_come = USER | OWNER_GROUP;
		else if (entry->tag == OWNER_GROUP || entry->tag == GROUP)
			may_come = GROUP | MASK | (needs_mask ? 0 : OTHER);
		else if (entry->tag != USER)
			may_come = entry->tag == MASK ? OTHER : 0;
	}
	return may_come == 0;
}

/* ---- and the mode ---- */

/* What the group bits of a mode are in the list. */
static struct acl_entry *group_of(struct acl *acl)
{
	struct acl_entry *group = NULL;

	for (uint32_t i = 0; i < acl->count; i++)
		if (acl->entries[i].tag == MASK || (acl->entries[i].tag == OWNER_GROUP && !group))
			group = &acl->entries[i];
	return group;
}

/* A valid list begins with the owner and ends with others. */
static uint32_t mode_of(struct acl *acl)
{
	return (uint32_t)acl->entries[0].allowed << 6 | (uint32_t)group_of(acl)->allowed << 3 |
		acl->entries[acl->count - 1].allowed;
}

static void set_mode(struct acl *acl, uint32_t mode)
{
	acl->entries[0].allowed = mode >> 6 & ANY;
	group_of(acl)->allowed = mode >> 3 & ANY;
	acl->entries[acl->count - 1].allowed = mode & ANY;
}

void acl_mode_set(struct inode *inode)
{
	if (inode->acls[ACL_ACCESS])
		set_mode(inode->acls[ACL_ACCESS], inode->mode);
}

bool acl_is_in_mode(const struct inode *inode)
{
	struct acl *acl = inode->acls[ACL_ACCESS];

	return !acl || mode_of(acl) == (inode->mode & 0777);
}

/* ---- setting ---- */

static int check(const struct subject *who, const struct inode *inode, enum acl_kind kind,
	const struct acl *acl)
{
	if (inode->flags & (fs_NodeFlags_IMMUTABLE | fs_NodeFlags_APPEND_ONLY))
		return fs_Error_EPERM;
	if (inode->kind == fs_Kind_LINK)
		return fs_Error_EOPNOTSUPP;
	if (kind == ACL_DEFAULT && inode->kind != fs_Kind_DIRECTORY)
		return acl ? fs_Error_EACCES : 0;
	if (!access_is_owner(who, inode))
		return fs_Error_EPERM;
	return acl && !is_valid(acl) ? fs_Error_EINVAL : 0;
}

static void replace(struct inode *inode, enum acl_kind kind, struct acl *acl)
{
	acl_free(inode->ram, inode->acls[kind]);
	inode->acls[kind] = acl;
}

int acl_set(const struct subject *who, struct inode *inode, enum acl_kind kind,
	struct acl *acl)
{
	int error = check(who, inode, kind, acl);

	if (error != 0 || (kind == ACL_DEFAULT && inode->kind != fs_Kind_DIRECTORY)) {
		acl_free(inode->ram, acl);
		return error;
	}
	if (kind == ACL_ACCESS) {
		if (acl)
			inode->mode = (inode->mode & ~0777U) | mode_of(acl);
		if (!access_keeps_group(who, inode->group))
			inode->mode &= ~02000U;
		/* The mode says all of it. */
		if (acl && acl->count == 3) {
			acl_free(inode->ram, acl);
			acl = NULL;
		}
	}
	replace(inode, kind, acl);
	inode_changed(inode);
	return 0;
}

void acl_free_all(struct inode *inode)
{
	replace(inode, ACL_ACCESS, NULL);
	replace(inode, ACL_DEFAULT, NULL);
}

static struct acl *copy(const struct inode *to, const struct acl *acl)
{
	struct acl *made = new_acl(to, acl->count);

	if (made)
		memcpy(made->entries, acl->entries, acl->count * sizeof(*acl->entries));
	return made;
}

bool acl_inherit(const struct inode *directory, struct inode *inode)
{
	const struct acl *from = directory->acls[ACL_DEFAULT];
	struct acl *access;

	if (!from || inode->kind == fs_Kind_LINK)
		return true;
	access = copy(inode, from);
	if (!access)
		return false;
	if (inode->kind == fs_Kind_DIRECTORY)
		inode->acls[ACL_DEFAULT] = copy(inode, from);
	inode->mode &= ~0777U | mode_of(access);
	set_mode(access, inode->mode);
	if (access->count == 3)
		acl_free(inode->ram, access);
	else
		inode->acls[ACL_ACCESS] = access;
	return inode->kind != fs_Kind_DIRECTORY || inode->acls[ACL_DEFAULT];
}

/* ---- asking ---- */

/* Whether an entry is for somebody; groups count only if they allow it. */
static bool is_for(const struct acl_entry *entry, const struct subject *who,
	const struct inode *inode, uint32_t want, bool *is_member)
{
	uint32_t group = entry->tag == OWNER_GROUP ? inode->group : entry->id;

	if (entry->tag == USER)
		return entry->id == who->uid;
	if (!(entry->tag & (OWNER_GROUP | GROUP)) || !access_is_in_group(who, group))
		return false;
	*is_member = true;
	return (want & ~(uint32_t)entry->allowed) == 0;
}

bool acl_allows(const struct inode *inode, const struct subject *who, uint32_t want)
{
	struct acl *acl = inode->acls[ACL_ACCESS];
	uint32_t mask = group_of(acl)->allowed;
	bool is_member = false;

	for (uint32_t i = 0; i + 1 < acl->count; i++)
		if (is_for(&acl->entries[i], who, inode, want, &is_member))
			return (want & ~(acl->entries[i].allowed & mask)) == 0;
	return !is_member && (want & ~(uint32_t)acl->entries[acl->count - 1].allowed) == 0;
}
