/* Filling a file system from an archive in the form of ustar. */
#include "servers/ramfs/ramfs.h"

#define BLOCK 512U
#define NAME_MAX_SIZE 256U

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], padding[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "as in the archive");

struct member {
	const struct header *header;
	char name[NAME_MAX_SIZE];
	uint32_t name_size;
	uint64_t mode, uid, gid, size, mtime, major, minor;
	const uint8_t *data;
};

struct fill {
	struct ram *ram;
	const char *prefix;
	const struct subject *root;
	bool is_second;			/* time: directories have the times that they
					 * had before others came into them */
};

/* ---- fields ---- */

static uint32_t text_size(const char *text, uint32_t capacity)
{
	uint32_t size = 0;

	while (size < capacity && text[size] != '\0')
		size++;
	return size;
}

/* Octal, with blanks before and a blank or NUL behind; nothing is 0. */
static bool number_of(const char *text, uint32_t size, uint64_t *to)
{
	uint32_t at = 0;

	*to = 0;
	while (at < size && text[at] == ' ')
		at++;
	for (; at < size && text[at] >= '0' && text[at] <= '7'; at++)
		*to = *to << 3 | (uint64_t)(text[at] - '0');
	return at == size || text[at] == ' ' || text[at] == '\0';
}

static bool has_checksum(const struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	const size_t at = offsetof(struct header, checksum);
	uint64_t sum = 0, wanted;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= at && i < at + sizeof(header->checksum) ? ' ' : bytes[i];
	return number_of(header->checksum, sizeof(header->checksum), &wanted) &&
		sum == wanted;
}

#define NUMBER(field) \
	number_of(header->field, sizeof(header->field), &member->field)

static const char *parse(const struct header *header, uint64_t left, struct member *member)
{
	uint32_t before = text_size(header->prefix, sizeof(header->prefix));
	uint32_t behind = text_size(header->name, sizeof(header->name));

	member->header = header;
	if (memcmp(header->magic, "ustar", 5) != 0)
		return "this is no ustar header";
	if (!has_checksum(header))
		return "the checksum is wrong";
	if (!NUMBER(mode) || !NUMBER(uid) || !NUMBER(gid) || !NUMBER(size) ||
			!NUMBER(mtime) || !NUMBER(major) || !NUMBER(minor))
		return "a number is none";
	if (header->type != '0' && header->type != '\0' && header->type != '7')
		member->size = header->type == 'x' || header->type == 'g' ? member->size : 0;
	if (member->size > left)
		return "it ends within a member";
	memcpy(member->name, header->prefix, before);
	if (before > 0)
		member->name[before++] = '/';
	memcpy(member->name + before, header->name, behind);
	member->name_size = before + behind;
	member->data = (const uint8_t *)header + BLOCK;
	return NULL;
}

/* ---- names ---- */

struct text {
	const char *at;
	uint32_t size;
};

/* Takes the next name of a path, without slashes; "" is the end. Names of one
 * dot are left out. */
static struct text take(struct text *path)
{
	struct text name;

	do {
		while (path->size > 0 && *path->at == '/')
			path->at++, path->size--;
		name = (struct text){path->at, 0};
		while (path->size > 0 && *path->at != '/')
			path->at++, path->size--, name.size++;
	} while (name.size == 1 && name.at[0] == '.');
	return name;
}

/* Cuts the prefix off: false, it is not below it. */
static bool cut_prefix(const struct fill *fill, struct text *path)
{
	size_t size = strlen(fill->prefix);

	while (path->size >= 2 && memcmp(path->at, "./", 2) == 0)
		path->at += 2, path->size -= 2;
	if (path->size < size || memcmp(path->at, fill->prefix, size) != 0)
		return false;
	path->at += size;
	path->size -= (uint32_t)size;
	return true;
}

static struct inode *make_directory(struct fill *fill, const struct spot *spot)
{
	struct inode *inode = names_new(fill->root, spot->directory, fs_Kind_DIRECTORY, 0755);
	struct entry *entry;
	bool is_made = inode && names_add(spot, inode, &entry) == 0;

	inode_release(inode);
	return is_made ? inode : NULL;
}

/* Where the last name of a path belongs; what is missing on the way is made.
 * "": it is the top itself. */
static const char *find_spot(struct fill *fill, struct text path, struct spot *spot)
{
	struct text name = take(&path), next;

	*spot = (struct spot){.who = fill->root, .directory = fill->ram->root};
	for (; name.size > 0; name = next) {
		struct entry *entry;

		if (name.size > fs_NAME_MAX || (name.size == 2 && memcmp(name.at, "..", 2) == 0))
			return "its name is not allowed";
		spot->name = name.at;
		spot->size = name.size;
		next = take(&path);
		if (next.size == 0)
			break;
		if (names_find(spot, &entry) != 0)
			return "its name leads through what is no directory";
		spot->directory = entry ? entry->inode : make_directory(fill, spot);
		if (!spot->directory)
			return "there is no room";
	}
	return spot->directory->kind == fs_Kind_DIRECTORY ? NULL :
		"its name leads through what is no directory";
}

/* ---- members ---- */

static fs_Kind kind_of(char type)
{
	switch (type) {
	case '0':
	case '\0':
	case '7':
		return fs_Kind_FILE;
	case '2':
		return fs_Kind_LINK;
	case '3':
		return fs_Kind_CHARACTER_DEVICE;
	case '4':
		return fs_Kind_BLOCK_DEVICE;
	case '5':
		return fs_Kind_DIRECTORY;
	case '6':
		return fs_Kind_FIFO;
	default:
		return fs_Kind_UNKNOWN;
	}
}

static void set_status(struct inode *inode, const struct member *member)
{
	const struct fs_Time time = {.seconds = (int64_t)member->mtime};

	inode->mode = inode->kind == fs_Kind_LINK ? 0777 : (uint32_t)member->mode & 07777;
	inode_set_owner(inode, (uint32_t)member->uid);
	inode->group = (uint32_t)member->gid;
	inode->accessed = inode->modified = time;
	if (inode->kind == fs_Kind_CHARACTER_DEVICE || inode->kind == fs_Kind_BLOCK_DEVICE) {
		inode->major = (uint32_t)member->major;
		inode->minor = (uint32_t)member->minor;
	}
}

static bool set_contents(struct inode *inode, const struct member *member)
{
	struct ram *ram = inode->ram;
	const struct header *header = member->header;
	uint32_t size;

	if (inode->kind == fs_Kind_FILE)
		return inode_write(inode, 0, member->data, member->size) == member->size;
	if (inode->kind != fs_Kind_LINK)
		return true;
	size = text_size(header->link, sizeof(header->link));
	inode->as.text = size > 0 ? ram_new(ram, &inode->charge, size) : NULL;
	if (!inode->as.text)
		return false;
	memcpy(inode->as.text, header->link, size);
	inode->size = size;
	return true;
}

static const char *make(struct fill *fill, const struct member *member,
	const struct spot *spot)
{
	fs_Kind kind = kind_of(member->header->type);
	struct inode *inode;
	struct entry *entry;
	bool is_made;

	if (kind == fs_Kind_UNKNOWN)
		return "it is of an unknown kind";
	inode = names_new(fill->root, spot->directory, kind, 0);
	is_made = inode && set_contents(inode, member) && names_add(spot, inode, &entry) == 0;
	if (is_made)
		set_status(inode, member);
	inode_release(inode);
	return is_made ? NULL : "there is no room";
}

static const char *link_member(struct fill *fill, const struct member *member,
	const struct spot *spot)
{
	const struct header *header = member->header;
	struct text path = {header->link, text_size(header->link, sizeof(header->link))};
	struct spot target;
	struct entry *entry = NULL;
	const char *problem = cut_prefix(fill, &path) ? find_spot(fill, path, &target) :
		"it is a link to what is left out";

	if (problem)
		return problem;
	if (target.size > 0)
		(void)names_find(&target, &entry);
	return entry && names_link(spot, entry->inode) == 0 ? NULL :
		"it is a link to nothing";
}

/* What was there by this name goes, but directories stay. */
static const char *take_member(struct fill *fill, const struct member *member)
{
	struct text path = {member->name, member->name_size};
	struct spot spot;
	struct entry *entry = NULL;
	bool is_directory = member->header->type == '5';
	const char *problem;

	if (!cut_prefix(fill, &path) || (fill->is_second && !is_directory))
		return NULL;
	problem = find_spot(fill, path, &spot);
	if (problem)
		return problem;
	if (spot.size > 0)
		(void)names_find(&spot, &entry);
	if (is_directory && (spot.size == 0 ||
			(entry && entry->inode->kind == fs_Kind_DIRECTORY))) {
		set_status(entry ? entry->inode : fill->ram->root, member);
		return NULL;
	}
	if (spot.size == 0 || (entry && names_unlink(&spot) != 0))
		return "a directory is in its place";
	return member->header->type == '1' ? link_member(fill, member, &spot) :
		make(fill, member, &spot);
}

static bool is_zero(const uint8_t *block)
{
	for (uint32_t i = 0; i < BLOCK; i++)
		if (block[i] != 0)
			return false;
	return true;
}

static struct tar_result take_all(struct fill *fill, const uint8_t *bytes, uint64_t size)
{
	struct tar_result result = {NULL, 0, 0};

	while (size - result.offset >= BLOCK && !is_zero(bytes + result.offset)) {
		const struct header *header = (const void *)(bytes + result.offset);
		struct member member;
		uint64_t blocks;

		result.problem = parse(header, size - result.offset - BLOCK, &member);
		/* What only describes the next one better than ustar can. */
		if (!result.problem && header->type != 'x' && header->type != 'g')
			result.problem = take_member(fill, &member);
		if (result.problem)
			break;
		result.members++;
		blocks = 1 + (member.size + BLOCK - 1) / BLOCK;
		if (blocks > (size - result.offset) / BLOCK)
			break;
		result.offset += blocks * BLOCK;
	}
	return result;
}

struct tar_result tar_fill(struct ram *ram, const void *archive, uint64_t size,
	const char *prefix)
{
	const struct subject root = {.capabilities = UINT64_MAX};
	struct fill fill = {ram, prefix, &root, false};
	struct tar_result result = take_all(&fill, archive, size);

	fill.is_second = true;
	return result.problem ? result : take_all(&fill, archive, size);
}
