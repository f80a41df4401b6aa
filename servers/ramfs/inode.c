/* What has a number: its status, its times, its life and end. */
#include "servers/ramfs/ramfs.h"

/* As a directory of nothing and each name in it count, in tmpfs. */
#define DIRECTORY_SIZE 40
#define NAME_SIZE 20
/* A link's text up to here takes no page, in tmpfs. */
#define SHORT_TEXT 127
#define DAY 86400

static struct inode **head_of(const struct ram *ram, uint64_t number)
{
	return &ram->heads[number % ram->head_count];
}

/* Twice as many heads; if there is no memory for them it goes on with these. */
static void grow(struct ram *ram)
{
	uint32_t old_count = ram->head_count;
	struct inode **old = ram->heads;
	struct inode **heads = ram_table_new(ram, 2 * old_count * sizeof(*heads));

	if (!heads)
		return;
	ram->heads = heads;
	ram->head_count = 2 * old_count;
	for (uint32_t i = 0; i < old_count; i++)
		while (old[i]) {
			struct inode *inode = old[i], **head = head_of(ram, inode->number);

			old[i] = inode->next;
			inode->next = *head;
			*head = inode;
		}
	ram_table_free(ram, old, old_count * sizeof(*old));
}

struct inode *inode_new(struct ram *ram, fs_Kind kind, uint32_t mode)
{
	struct inode *inode = ram_new(ram, NULL, sizeof(*inode)), **head;

	if (!inode)
		return NULL;
	inode->ram = ram;
	inode->number = ++ram->numbers;
	inode->kind = kind;
	inode->mode = mode;
	ram_charge(&inode->charge, sizeof(*inode));
	if (kind == fs_Kind_FILE)
		inode->as.data.charge = &inode->charge;
	else if (kind == fs_Kind_DIRECTORY)
		inode->as.directory.charge = &inode->charge;
	inode->references = 1;
	inode->seals = fs_Seals_SEAL;
	inode->born = inode->accessed = inode->modified = inode->changed = ram_now(ram);
	if (++ram->inodes > 2 * (uint64_t)ram->head_count && ram->head_count < 1U << 30)
		grow(ram);
	head = head_of(ram, inode->number);
	inode->next = *head;
	*head = inode;
	return inode;
}

void inode_set_owner(struct inode *inode, uint32_t owner)
{
	inode->owner = owner;
	share_move(inode->ram, &inode->charge, owner);
}

struct inode *inode_find(const struct ram *ram, fs_Inode number)
{
	struct inode *inode = *head_of(ram, number);

	while (inode && inode->number != number)
		inode = inode->next;
	return inode;
}

/* What it had, which is to be released. */
static struct inode *end(struct inode *inode)
{
	struct ram *ram = inode->ram;
	struct inode **at = head_of(ram, inode->number), *had = NULL;

	watch_ended(inode);
	while (*at != inode)
		at = &(*at)->next;
	*at = inode->next;
	if (inode->kind == fs_Kind_FILE && inode->as.data.is_memory)
		memory_end(inode);
	else if (inode->kind == fs_Kind_FILE)
		data_cut(ram, &inode->as.data, 0, UINT64_MAX);
	else if (inode->kind == fs_Kind_DIRECTORY)
		had = directory_free(inode);
	else if (inode->kind == fs_Kind_LINK)
		ram_free(ram, &inode->charge, inode->as.text, inode->size);
	xattr_free_all(inode);
	acl_free_all(inode);
	ram_free(ram, &inode->charge, inode, sizeof(*inode));
	ram->inodes--;
	return had;
}

void inode_hold(struct inode *inode)
{
	inode->references++;
}

void inode_release(struct inode *inode)
{
	/* One by one: directories that were removed, each in the next, can be many. */
	while (inode && --inode->references == 0 && inode->links == 0)
		inode = end(inode);
}

void inode_unlink(struct inode *inode)
{
	if (--inode->links == 0 && inode->references == 0)
		inode_release(end(inode));
}

/* ---- status ---- */

static uint64_t blocks_of(const struct inode *inode)
{
	if (inode->kind == fs_Kind_FILE)
		return (inode->as.data.is_memory ? memory_present(inode) / RAM_PAGE :
			inode->as.data.pages) * (RAM_PAGE / 512);
	return inode->kind == fs_Kind_LINK && inode->size > SHORT_TEXT ? RAM_PAGE / 512 : 0;
}

struct fs_Status inode_status(const struct inode *inode)
{
	return (struct fs_Status){
		.inode = inode->number,
		.size = inode->kind == fs_Kind_DIRECTORY ? DIRECTORY_SIZE +
			(uint64_t)NAME_SIZE * inode->as.directory.count : inode->size,
		.blocks = blocks_of(inode),
		.version = inode->version,
		.accessed = inode->accessed,
		.modified = inode->modified,
		.changed = inode->changed,
		.born = inode->born,
		.kind = inode->kind,
		.mode = inode->mode,
		.links = inode->links,
		.owner = inode->owner,
		.owner_group = inode->group,
		.device_major = inode->major,
		.device_minor = inode->minor,
		.block_size = RAM_PAGE,
		.flags = (fs_NodeFlags)inode->flags,
	};
}

void inode_changed(struct inode *inode)
{
	inode->changed = ram_now(inode->ram);
	inode->version++;
	window_tell(inode);
}

void inode_modified(struct inode *inode)
{
	inode_changed(inode);
	inode->modified = inode->changed;
}

static bool is_before(struct fs_Time one, struct fs_Time other)
{
	return one.seconds < other.seconds ||
		(one.seconds == other.seconds && one.nanos < other.nanos);
}

int64_t inode_read_until(const struct inode *inode, fs_MountFlags flags)
{
	if (flags & (fs_MountFlags_NO_ACCESS_TIME | fs_MountFlags_READ_ONLY) ||
			inode->flags & fs_NodeFlags_NO_ACCESS_TIME ||
			(flags & fs_MountFlags_NO_DIRECTORY_ACCESS_TIME &&
			inode->kind == fs_Kind_DIRECTORY))
		return INT64_MAX;
	if (flags & fs_MountFlags_RELATIVE_ACCESS_TIME &&
			is_before(inode->modified, inode->accessed) &&
			is_before(inode->changed, inode->accessed) &&
			inode->accessed.seconds < INT64_MAX - DAY)
		return inode->accessed.seconds + DAY;
	return INT64_MIN;
}

void inode_accessed(struct inode *inode, fs_MountFlags flags)
{
	struct fs_Time now = ram_now(inode->ram);

	if (now.seconds >= inode_read_until(inode, flags))
		inode->accessed = now;
	window_tell(inode);
}

int inode_resize(struct inode *inode, uint64_t size)
{
	struct data *data = &inode->as.data;
	uint64_t end = size / RAM_PAGE + (size % RAM_PAGE != 0);
	bool is_reserved;
	uint8_t *page;

	if (size > RAM_SIZE_MAX)
		return fs_Error_EFBIG;
	if (data->is_memory)
		return memory_resize(inode, size);
	/* What was reserved behind the end goes only when nothing is added. */
	if (size <= inode->size)
		data_cut(inode->ram, data, end, UINT64_MAX);
	page = data_find(data, size / RAM_PAGE, &is_reserved);
	if (page && !is_reserved && size < inode->size)
		memset(page + size % RAM_PAGE, 0, RAM_PAGE - size % RAM_PAGE);
	inode->size = size;
	return 0;
}

/* ---- seals ---- */

int inode_check_size(const struct inode *inode, uint64_t size)
{
	return (size < inode->size && inode->seals & fs_Seals_SHRINK) ||
		(size > inode->size && inode->seals & fs_Seals_GROW) ? fs_Error_EPERM : 0;
}

int inode_check_write(const struct inode *inode, uint64_t offset, uint64_t *size)
{
	const uint64_t whole = inode->size / RAM_PAGE * RAM_PAGE;

	if (inode->seals & (fs_Seals_WRITE | fs_Seals_FUTURE_WRITE))
		return fs_Error_EPERM;
	if (!(inode->seals & fs_Seals_GROW) || offset + *size <= inode->size)
		return 0;
	if (offset >= whole)
		return fs_Error_EPERM;
	*size = whole - offset;
	return 0;
}

int inode_seal(struct inode *inode, uint32_t seals)
{
	const uint32_t shape = fs_Seals_SHRINK | fs_Seals_GROW | fs_Seals_WRITE |
		fs_Seals_FUTURE_WRITE;
	int error = 0;

	if (inode->seals & fs_Seals_SEAL)
		return fs_Error_EPERM;
	if (seals & fs_Seals_EXECUTE_MODE && inode->mode & 0111)
		seals |= shape;
	if (seals & fs_Seals_WRITE && !(inode->seals & fs_Seals_WRITE) &&
			inode->as.data.is_memory)
		error = memory_seal(inode);
	if (error == 0)
		inode->seals |= seals;
	return error;
}

/* Whether that took rights away from a program. */
static bool written(struct inode *inode, bool keeps_set_id, bool keeps_group)
{
	static const char capability[] = "security.capability";
	uint32_t mode = inode->mode;

	inode->mode = access_written_mode(inode, keeps_set_id, keeps_group);
	(void)xattr_remove(inode, capability, sizeof(capability) - 1);
	inode_modified(inode);
	return inode->mode != mode;
}

void inode_written(const struct where *where, bool keeps_set_id, bool keeps_group)
{
	if (written(where->inode, keeps_set_id, keeps_group))
		watch_tell(where, fs_Change_STATUS);
	watch_tell(where, fs_Change_MODIFIED);
}

int inode_truncate(const struct where *where, uint64_t size, bool keeps_set_id,
	bool keeps_group)
{
	int error = inode_check_size(where->inode, size);

	if (error == 0)
		error = inode_resize(where->inode, size);
	if (error != 0)
		return error;
	watch_tell(where, written(where->inode, keeps_set_id, keeps_group) ?
		fs_Change_MODIFIED | fs_Change_STATUS : fs_Change_MODIFIED);
	return 0;
}

/* ---- bytes, where they do not come from a lease ---- */

/* How far from here to the end of the page. */
static uint64_t to_page_end(uint64_t offset, uint64_t size)
{
	uint64_t left = RAM_PAGE - offset % RAM_PAGE;

	return left < size ? left : size;
}

void inode_read(const struct inode *inode, uint64_t offset, void *to, uint64_t size)
{
	uint8_t *bytes = to;

	if (inode->as.data.is_memory) {
		memory_read(inode, offset, to, size);
		return;
	}
	while (size > 0) {
		uint64_t piece = to_page_end(offset, size);
		const uint8_t *page = data_find(&inode->as.data, offset / RAM_PAGE, NULL);

		if (page)
			memcpy(bytes, page + offset % RAM_PAGE, piece);
		else
			memset(bytes, 0, piece);
		bytes += piece;
		offset += piece;
		size -= piece;
	}
}

uint64_t inode_write(struct inode *inode, uint64_t offset, const void *from, uint64_t size)
{
	const uint8_t *bytes = from;
	uint64_t done = 0;

	if (inode->as.data.is_memory)
		return memory_write(inode, offset, from, size);
	while (done < size) {
		uint64_t at = offset + done, piece = to_page_end(at, size - done);
		uint8_t *page = data_make(inode->ram, &inode->as.data, at / RAM_PAGE);

		if (!page)
			break;
		memcpy(page + at % RAM_PAGE, bytes + done, piece);
		done += piece;
	}
	if (done > 0 && offset + done > inode->size)
		inode->size = offset + done;
	return done;
}
