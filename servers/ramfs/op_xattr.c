/* Extended attributes: whose they are, and who may see and set them. */
#include "servers/ramfs/ramfs.h"

#define STICKY 01000U
#define FIXED (fs_NodeFlags_IMMUTABLE | fs_NodeFlags_APPEND_ONLY)

enum space {
	SPACE_USER, SPACE_TRUSTED, SPACE_SECURITY, SPACE_CAPABILITY, SPACE_ACCESS,
	SPACE_DEFAULT, SPACE_NONE,
};

static const char *const acl_names[] = {
	[ACL_ACCESS] = "system.posix_acl_access", [ACL_DEFAULT] = "system.posix_acl_default",
};

static bool is_acl(enum space space)
{
	return space == SPACE_ACCESS || space == SPACE_DEFAULT;
}

static enum acl_kind acl_kind(fs_Name name)
{
	return name.size == strlen(acl_names[ACL_ACCESS]) ? ACL_ACCESS : ACL_DEFAULT;
}

static bool begins(fs_Name name, const char *with)
{
	size_t size = strlen(with);

	return name.size >= size && memcmp(name.data, with, size) == 0;
}

static enum space space_of(fs_Name name)
{
	if (begins(name, "user."))
		return SPACE_USER;
	if (begins(name, "trusted."))
		return SPACE_TRUSTED;
	if (name.size == 19 && begins(name, "security.capability"))
		return SPACE_CAPABILITY;
	for (unsigned i = 0; i < ACL_KINDS; i++)
		if (name.size == strlen(acl_names[i]) && begins(name, acl_names[i]))
			return i == ACL_ACCESS ? SPACE_ACCESS : SPACE_DEFAULT;
	return begins(name, "security.") ? SPACE_SECURITY : SPACE_NONE;
}

static int check_name(fs_Name name)
{
	if (name.size == 0)
		return fs_Error_EINVAL;
	for (uint32_t i = 0; i < name.size; i++)
		if (name.data[i] == '\0')
			return fs_Error_EINVAL;
	return 0;
}

static int check_user(const struct subject *who, const struct inode *inode, bool writes)
{
	bool is_directory = inode->kind == fs_Kind_DIRECTORY;

	if (!is_directory && inode->kind != fs_Kind_FILE)
		return writes ? fs_Error_EPERM : fs_Error_ENODATA;
	if (writes && is_directory && inode->mode & STICKY && !access_is_owner(who, inode))
		return fs_Error_EPERM;
	return access_check(who, inode, writes ? fs_Access_WRITE : fs_Access_READ);
}

static int check_space(const struct subject *who, const struct inode *inode, fs_Name name,
	bool writes)
{
	enum space space = space_of(name);
	enum capability needed = space == SPACE_CAPABILITY ? CAPABILITY_SETFCAP :
		CAPABILITY_SYS_ADMIN;
	int error = 0;

	if (is_acl(space))
		return inode->kind == fs_Kind_LINK && !writes ? fs_Error_EOPNOTSUPP : 0;
	if (writes && inode->flags & FIXED)
		return fs_Error_EPERM;
	if (space == SPACE_USER)
		error = check_user(who, inode, writes);
	else if (space == SPACE_NONE)
		return fs_Error_EOPNOTSUPP;
	else if ((writes || space == SPACE_TRUSTED) && !access_is_capable(who, needed))
		error = writes ? fs_Error_EPERM : fs_Error_ENODATA;
	/* A space alone is no name. */
	if (error == 0 && name.data[name.size - 1] == '.' && (name.size == 5 ||
			(space == SPACE_TRUSTED && name.size == 8) ||
			(space == SPACE_SECURITY && name.size == 9)))
		error = fs_Error_EINVAL;
	return error;
}

static int find(const struct session *session, fs_Node number, fs_Subject subject,
	struct where *where, const struct subject **who)
{
	*who = session_subject(session, subject);
	return *who ? node_find(session, number, where) : fs_Error_EPERM;
}

static int find_to_change(const struct session *session, fs_Node number,
	fs_Subject subject, fs_Name name, struct where *where, const struct subject **who)
{
	int error = operations_may_write(session);

	if (error == 0)
		error = find(session, number, subject, where, who);
	if (error == 0)
		error = check_name(name);
	return error == 0 ? check_space(*who, where->inode, name, true) : error;
}

/* Gives it, or its size alone to a lease of no bytes. */
static int give(const struct sk_reply *to, const struct sk_lease *lease,
	const void *bytes, uint32_t size, uint32_t *told)
{
	*told = size;
	if (lease->size == 0)
		return 0;
	return size > lease->size ? fs_Error_ERANGE : operations_give(to, lease, bytes, size);
}

static int get(const struct inode *inode, fs_Name name, const struct sk_reply *to,
	const struct sk_lease *lease, uint32_t *told)
{
	const struct acl *acl = is_acl(space_of(name)) ? inode->acls[acl_kind(name)] : NULL;
	const struct xattr *xattr = acl ? NULL : xattr_find(inode, name.data, name.size);
	uint8_t *buffer = inode->ram->buffer;

	if (acl)
		return give(to, lease, buffer, acl_write(acl, buffer), told);
	return xattr ? give(to, lease, xattr->bytes + xattr->name_size, xattr->value_size, told) :
		fs_Error_ENODATA;
}

void op_get_xattr(void *self, const struct fs_FileSystem_get_xattr_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_get_xattr_reply reply = {0};
	const struct subject *who;
	struct where where;
	int error = find(self, request->node, request->subject, &where, &who);

	if (error == 0)
		error = check_name(request->name);
	if (error == 0)
		error = check_space(who, where.inode, request->name, false);
	if (error == 0)
		error = get(where.inode, request->name, to, &request->value, &reply.size);
	fs_FileSystem_get_xattr_answer(to, error, &reply);
}

/* It was set or removed, or not. */
static int finish(const struct where *where, int error)
{
	if (error == 0) {
		inode_changed(where->inode);
		watch_tell(where, fs_Change_STATUS);
	}
	return error;
}

/* A list, or an empty value for none. */
static int set_acl(const struct subject *who, const struct where *where, fs_Name name,
	const uint8_t *value, uint32_t size)
{
	struct acl *acl;
	int error = acl_read(where->inode, value, size, &acl);

	if (error == 0)
		error = acl_set(who, where->inode, acl_kind(name), acl);
	if (error == 0)
		watch_tell(where, fs_Change_STATUS);
	return error;
}

void op_set_xattr(void *self, const struct fs_FileSystem_set_xattr_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_set_xattr_reply reply = {0};
	const struct session *session = self;
	uint8_t *value = session->ram->buffer;
	uint32_t size = (uint32_t)request->value.size;
	const struct subject *who;
	struct where where;
	int error = find_to_change(session, request->node, request->subject, request->name,
		&where, &who);

	if (error == 0 && (request->mode < 0 || request->mode > fs_XattrMode_REPLACE))
		error = fs_Error_EINVAL;
	if (error == 0 && sk_lease_read(to, &request->value, 0, value,
			request->value.size, NULL) != SK_OK)
		error = fs_Error_EFAULT;
	if (error == 0 && is_acl(space_of(request->name)))
		error = set_acl(who, &where, request->name, value, size);
	else if (error == 0)
		error = finish(&where, xattr_set(where.inode, request->name.data,
			request->name.size, request->mode, value, size));
	fs_FileSystem_set_xattr_answer(to, error, &reply);
}

void op_remove_xattr(void *self, const struct fs_FileSystem_remove_xattr_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_remove_xattr_reply reply = {0};
	const struct subject *who;
	struct where where;
	int error = find_to_change(self, request->node, request->subject, request->name,
		&where, &who);

	if (error == 0 && is_acl(space_of(request->name)))
		error = set_acl(who, &where, request->name, NULL, 0);
	else if (error == 0)
		error = finish(&where, xattr_remove(where.inode, request->name.data,
			request->name.size));
	fs_FileSystem_remove_xattr_answer(to, error, &reply);
}

/* False: there is no room. */
static bool put_name(uint8_t *to, uint32_t *size, const void *name, uint32_t name_size)
{
	if (fs_XATTR_MAX - *size < name_size + 1)
		return false;
	memcpy(to + *size, name, name_size);
	to[*size + name_size] = '\0';
	*size += name_size + 1;
	return true;
}

/* Their names into the buffer: 0 or E2BIG. */
static int list(const struct inode *inode, const struct subject *who, uint8_t *to,
	uint32_t *size)
{
	bool fits = true;

	*size = 0;
	for (unsigned i = 0; i < ACL_KINDS; i++)
		if (inode->acls[i])
			put_name(to, size, acl_names[i], (uint32_t)strlen(acl_names[i]));
	for (const struct xattr *xattr = inode->xattrs; xattr && fits; xattr = xattr->next) {
		const fs_Name name = {(const char *)xattr->bytes, xattr->name_size};

		if (space_of(name) != SPACE_TRUSTED ||
				access_is_capable(who, CAPABILITY_SYS_ADMIN))
			fits = put_name(to, size, name.data, name.size);
	}
	return fits ? 0 : fs_Error_E2BIG;
}

void op_list_xattrs(void *self, const struct fs_FileSystem_list_xattrs_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_list_xattrs_reply reply = {0};
	const struct session *session = self;
	const struct subject *who;
	struct where where;
	uint32_t size;
	int error = find(session, request->node, request->subject, &where, &who);

	if (error == 0)
		error = list(where.inode, who, session->ram->buffer, &size);
	if (error == 0)
		error = give(to, &request->names, session->ram->buffer, size, &reply.size);
	fs_FileSystem_list_xattrs_answer(to, error, &reply);
}
