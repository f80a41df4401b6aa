/* Extended attributes: a list for each node, by name. */
#include "servers/ramfs/tree.h"

static size_t size_of(const struct xattr *xattr)
{
	return sizeof(*xattr) + xattr->name_size + xattr->value_size;
}

/* As strcmp() would. */
static int compare(const struct xattr *xattr, const char *name, uint32_t size)
{
	uint32_t common = size < xattr->name_size ? size : xattr->name_size;
	int order = memcmp(xattr->bytes, name, common);

	if (order != 0 || size == xattr->name_size)
		return order;
	return xattr->name_size < size ? -1 : 1;
}

/* Where it is, or would be. */
static struct xattr **place_of(const struct inode *inode, const char *name, uint32_t size)
{
	struct xattr **at = (struct xattr **)(uintptr_t)&inode->xattrs;

	while (*at && compare(*at, name, size) < 0)
		at = &(*at)->next;
	return at;
}

static bool is_at(struct xattr *const *at, const char *name, uint32_t size)
{
	return *at && compare(*at, name, size) == 0;
}

const struct xattr *xattr_find(const struct inode *inode, const char *name, uint32_t size)
{
	struct xattr *const *at = place_of(inode, name, size);

	return is_at(at, name, size) ? *at : NULL;
}

static void drop(struct inode *inode, struct xattr **at)
{
	struct xattr *xattr = *at;

	*at = xattr->next;
	ram_free(inode->ram, &inode->charge, xattr, size_of(xattr));
}

int xattr_set(struct inode *inode, const char *name, uint32_t size, fs_XattrMode mode,
	const void *value, uint32_t value_size)
{
	struct xattr **at = place_of(inode, name, size), *xattr;
	bool is_there = is_at(at, name, size);

	if (mode == fs_XattrMode_CREATE && is_there)
		return fs_Error_EEXIST;
	if (mode == fs_XattrMode_REPLACE && !is_there)
		return fs_Error_ENODATA;
	xattr = ram_new(inode->ram, &inode->charge, sizeof(*xattr) + size + value_size);
	if (!xattr)
		return fs_Error_ENOSPC;
	xattr->name_size = size;
	xattr->value_size = value_size;
	memcpy(xattr->bytes, name, size);
	if (value_size > 0)
		memcpy(xattr->bytes + size, value, value_size);
	if (is_there)
		drop(inode, at);
	xattr->next = *at;
	*at = xattr;
	return 0;
}

int xattr_remove(struct inode *inode, const char *name, uint32_t size)
{
	struct xattr **at = place_of(inode, name, size);

	if (!is_at(at, name, size))
		return fs_Error_ENODATA;
	drop(inode, at);
	return 0;
}

void xattr_free_all(struct inode *inode)
{
	while (inode->xattrs)
		drop(inode, &inode->xattrs);
}
