/* Credentials, and what they allow: as Linux decides. */
#include "servers/ramfs/tree.h"

#define SET_USER 04000U
#define SET_GROUP 02000U
#define STICKY 01000U
#define ANY_EXECUTE 0111U
#define GROUP_ANY 0070U
#define GROUP_EXECUTE 0010U

bool access_is_capable(const struct subject *who, enum capability capability)
{
	return who->capabilities >> capability & 1;
}

bool access_is_in_group(const struct subject *who, uint32_t group)
{
	uint32_t first = 0, end = who->group_count;

	if (who->gid == group)
		return true;
	while (first < end) {
		uint32_t middle = first + (end - first) / 2;

		if (who->groups[middle] == group)
			return true;
		if (who->groups[middle] < group)
			first = middle + 1;
		else
			end = middle;
	}
	return false;
}

static bool overrides(const struct subject *who, const struct inode *inode, uint32_t want)
{
	bool is_directory = inode->kind == fs_Kind_DIRECTORY;

	if (want == fs_Access_READ || (is_directory && !(want & fs_Access_WRITE)))
		if (access_is_capable(who, CAPABILITY_DAC_READ_SEARCH))
			return true;
	/* A file that nobody may execute is no program. */
	if (!is_directory && want & fs_Access_EXECUTE && !(inode->mode & ANY_EXECUTE))
		return false;
	return access_is_capable(who, CAPABILITY_DAC_OVERRIDE);
}

int access_check(const struct subject *who, const struct inode *inode, uint32_t want)
{
	uint32_t mode = inode->mode;
	bool is_owner = who->uid == inode->owner, is_allowed;

	if (want & fs_Access_WRITE && inode->flags & fs_NodeFlags_IMMUTABLE)
		return fs_Error_EPERM;
	if (is_owner)
		mode >>= 6;
	else if (access_is_in_group(who, inode->group))
		mode >>= 3;
	is_allowed = (want & ~mode) == 0;
	/* As with Linux, a mask of nothing leaves it to the mode. */
	if (!is_owner && inode->acls[ACL_ACCESS] && inode->mode & GROUP_ANY)
		is_allowed = acl_allows(inode, who, want);
	if (is_allowed || overrides(who, inode, want))
		return 0;
	return fs_Error_EACCES;
}

bool access_is_owner(const struct subject *who, const struct inode *inode)
{
	return who->uid == inode->owner || access_is_capable(who, CAPABILITY_FOWNER);
}

int access_make(const struct subject *who, const struct inode *directory)
{
	if (directory_is_dead(directory))
		return fs_Error_ENOENT;
	return access_check(who, directory, fs_Access_WRITE | fs_Access_EXECUTE);
}

int access_remove(const struct subject *who, const struct entry *entry, bool is_directory)
{
	const struct inode *directory = entry->parent, *inode = entry->inode;
	int error = access_check(who, directory, fs_Access_WRITE | fs_Access_EXECUTE);

	if (error != 0)
		return error;
	if (directory->flags & fs_NodeFlags_APPEND_ONLY ||
			inode->flags & (fs_NodeFlags_APPEND_ONLY | fs_NodeFlags_IMMUTABLE))
		return fs_Error_EPERM;
	if (directory->mode & STICKY && who->uid != inode->owner &&
			who->uid != directory->owner &&
			!access_is_capable(who, CAPABILITY_FOWNER))
		return fs_Error_EPERM;
	if (is_directory != (inode->kind == fs_Kind_DIRECTORY))
		return is_directory ? fs_Error_ENOTDIR : fs_Error_EISDIR;
	return 0;
}

bool access_keeps_group(const struct subject *who, uint32_t group)
{
	return access_is_in_group(who, group) || access_is_capable(who, CAPABILITY_FSETID);
}

uint32_t access_written_mode(const struct inode *inode, bool keeps_set_id,
	bool keeps_group)
{
	uint32_t mode = inode->mode;

	if (keeps_set_id || inode->kind != fs_Kind_FILE)
		return mode;
	if (mode & GROUP_EXECUTE || !keeps_group)
		mode &= ~SET_GROUP;
	return mode & ~SET_USER;
}
