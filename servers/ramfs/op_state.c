/* Open files besides their bytes: position, size, storage, flags, seals. */
#include "servers/ramfs/ramfs.h"

#define EXTENTS_MAX 100
#define FLAGS_SET (fs_Open_APPEND | fs_Open_NON_BLOCKING | fs_Open_DIRECT | \
	fs_Open_NO_ACCESS_TIME | fs_Open_ASYNC)
#define SEALS_KNOWN (fs_Seals_SEAL | fs_Seals_SHRINK | fs_Seals_GROW | fs_Seals_WRITE | \
	fs_Seals_FUTURE_WRITE | fs_Seals_EXECUTE_MODE)

static uint64_t pages_of(uint64_t size)
{
	return size / RAM_PAGE + (size % RAM_PAGE != 0);
}

/* ---- positions ---- */

/* The next data, or the next hole, at or behind an offset: -1 is none. */
static int64_t seek_data(const struct inode *inode, int64_t offset, bool wants_hole)
{
	uint64_t first = (uint64_t)offset / RAM_PAGE;
	uint64_t page;

	if (offset < 0 || (uint64_t)offset >= inode->size)
		return -1;
	page = data_next(&inode->as.data, first, wants_hole);
	if (page == first)
		return offset;
	if (page >= pages_of(inode->size))
		return wants_hole ? (int64_t)inode->size : -1;
	return (int64_t)(page * RAM_PAGE);
}

static int seek(const struct open_file *file, const struct fs_File_seek_request *request,
	int64_t *to)
{
	bool is_file = file->kind == fs_Kind_FILE;
	int64_t base = 0;

	switch (request->whence) {
	case fs_Whence_START:
		break;
	case fs_Whence_CURRENT:
		base = (int64_t)file->position;
		break;
	case fs_Whence_END:
		base = (int64_t)file->where.inode->size;
		if (!is_file)
			return fs_Error_EINVAL;
		break;
	case fs_Whence_DATA:
	case fs_Whence_HOLE:
		if (!is_file)
			return fs_Error_EINVAL;
		*to = seek_data(file->where.inode, request->offset,
			request->whence == fs_Whence_HOLE);
		return *to < 0 ? fs_Error_ENXIO : 0;
	default:
		return fs_Error_EINVAL;
	}
	return __builtin_add_overflow(base, request->offset, to) || *to < 0 ?
		fs_Error_EINVAL : 0;
}

void op_file_seek(void *self, const struct fs_File_seek_request *request,
	struct sk_reply *to)
{
	struct open_file *file = ((struct open_handle *)self)->file;
	struct fs_File_seek_reply reply = {0};
	int64_t position = 0;
	int error = seek(file, request, &position);

	if (error == 0)
		file->position = reply.position = (uint64_t)position;
	fs_File_seek_answer(to, error, &reply);
}

/* ---- size and storage ---- */

static int check_change(const struct open_handle *handle)
{
	int error = file_may(handle, fs_Rights_WRITE);

	if (error == 0 && handle->file->mount_flags & fs_MountFlags_READ_ONLY)
		error = fs_Error_EROFS;
	return error;
}

void op_file_truncate(void *self, const struct fs_File_truncate_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct open_file *file = handle->file;
	const struct fs_File_truncate_reply reply = {0};
	int error = file_may(handle, fs_Rights_WRITE);

	if (error == 0 && request->size > RAM_SIZE_MAX)
		error = fs_Error_EFBIG;
	if (error == 0 && (file->kind != fs_Kind_FILE || !(file->flags & fs_Open_WRITE)))
		error = fs_Error_EINVAL;
	if (error == 0 && file->where.inode->flags & fs_NodeFlags_APPEND_ONLY)
		error = fs_Error_EPERM;
	if (error == 0)
		error = inode_truncate(&file->where, request->size, file->keeps_set_id,
			file->keeps_group);
	fs_File_truncate_answer(to, error, &reply);
}

/* Gives back what was reserved in vain. */
static void undo(struct inode *inode, uint64_t first, uint64_t end)
{
	bool is_reserved;

	for (; first < end; first++)
		if (data_find(&inode->as.data, first, &is_reserved) && is_reserved)
			data_cut(inode->ram, &inode->as.data, first, first + 1);
}

static int reserve(struct inode *inode, uint64_t offset, uint64_t length, bool keeps_size)
{
	struct ram *ram = inode->ram;
	uint64_t first = offset / RAM_PAGE, end = pages_of(offset + length);

	if (inode->as.data.is_memory)
		return memory_reserve(inode, offset, length, keeps_size);
	if (end - first > ram->budget / RAM_PAGE)
		return fs_Error_ENOSPC;
	for (uint64_t page = first; page < end; page++)
		if (!data_reserve(ram, &inode->as.data, page)) {
			undo(inode, first, page);
			return fs_Error_ENOSPC;
		}
	if (!keeps_size && offset + length > inode->size)
		inode->size = offset + length;
	return 0;
}

static void clear(struct inode *inode, uint64_t offset, uint64_t end)
{
	bool is_reserved;
	uint8_t *page = offset < end ?
		data_find(&inode->as.data, offset / RAM_PAGE, &is_reserved) : NULL;

	if (page && !is_reserved)
		memset(page + offset % RAM_PAGE, 0, end - offset);
}

/* Whole pages become holes, and the rest zeros. */
static void punch(struct inode *inode, uint64_t offset, uint64_t length)
{
	uint64_t end = offset + length, first = pages_of(offset), last = end / RAM_PAGE;

	if (inode->as.data.is_memory) {
		memory_punch(inode, offset, length);
		return;
	}
	if (first > last) {
		clear(inode, offset, end);
		return;
	}
	clear(inode, offset, first * RAM_PAGE);
	clear(inode, last * RAM_PAGE, end);
	data_cut(inode->ram, &inode->as.data, first, last);
}

static int allocate(const struct open_file *file,
	const struct fs_File_allocate_request *request)
{
	struct inode *inode = file->where.inode;
	uint32_t fixed = request->how == fs_Allocate_RESERVE ||
		request->how == fs_Allocate_RESERVE_KEEPING_SIZE ? 0U :
		(uint32_t)fs_NodeFlags_APPEND_ONLY;

	if (request->how < 0 || request->how > fs_Allocate_UNSHARE)
		return fs_Error_EINVAL;
	if (request->offset > INT64_MAX || request->length > INT64_MAX - request->offset)
		return fs_Error_EFBIG;
	if (request->length == 0)
		return fs_Error_EINVAL;
	if (!(file->flags & fs_Open_WRITE))
		return fs_Error_EBADF;
	if (inode->flags & (fixed | (uint32_t)fs_NodeFlags_IMMUTABLE))
		return fs_Error_EPERM;
	if (inode->seals & (request->how == fs_Allocate_PUNCH ?
			(uint32_t)(fs_Seals_WRITE | fs_Seals_FUTURE_WRITE) :
			request->offset + request->length > inode->size ?
			(uint32_t)fs_Seals_GROW : 0U))
		return fs_Error_EPERM;
	switch (request->how) {
	case fs_Allocate_RESERVE:
	case fs_Allocate_RESERVE_KEEPING_SIZE:
		return reserve(inode, request->offset, request->length,
			request->how == fs_Allocate_RESERVE_KEEPING_SIZE);
	case fs_Allocate_PUNCH:
		punch(inode, request->offset, request->length);
		return 0;
	default:
		return fs_Error_EOPNOTSUPP;
	}
}

void op_file_allocate(void *self, const struct fs_File_allocate_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct open_file *file = handle->file;
	const struct fs_File_allocate_reply reply = {0};
	int error = check_change(handle);

	if (error == 0)
		error = allocate(file, request);
	if (error == 0)
		inode_written(&file->where, file->keeps_set_id, file->keeps_group);
	fs_File_allocate_answer(to, error, &reply);
}

void op_file_sync(void *self, const struct fs_File_sync_request *request,
	struct sk_reply *to)
{
	const struct open_file *file = ((struct open_handle *)self)->file;
	const struct fs_File_sync_reply reply = {0};

	(void)request;
	if (file->is_mapped)
		inode_modified(file->where.inode);
	fs_File_sync_answer(to, SK_OK, &reply);
}

void op_file_sync_range(void *self, const struct fs_File_sync_range_request *request,
	struct sk_reply *to)
{
	const struct fs_File_sync_range_reply reply = {0};
	bool is_range = request->offset <= INT64_MAX &&
		request->length <= INT64_MAX - request->offset;

	(void)self;
	fs_File_sync_range_answer(to, is_range ? 0 : fs_Error_EINVAL, &reply);
}

/* The ranges of data from a page on: how many. */
static uint32_t list_extents(const struct inode *inode, uint64_t page, struct fs_Extent *to)
{
	uint64_t end = pages_of(inode->size);
	uint32_t count = 0;

	while (count < EXTENTS_MAX) {
		uint64_t first = data_next(&inode->as.data, page, false);

		if (first >= end)
			break;
		page = data_next(&inode->as.data, first, true);
		page = page < end ? page : end;
		to[count++] = (struct fs_Extent){
			.offset = first * RAM_PAGE, .length = (page - first) * RAM_PAGE,
			.flags = fs_ExtentFlags_UNKNOWN,
		};
	}
	if (count > 0 && data_next(&inode->as.data, page, false) >= end)
		to[count - 1].flags |= (uint32_t)fs_ExtentFlags_LAST;
	return count;
}

void op_file_extents(void *self, const struct fs_File_extents_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct fs_Extent extents[EXTENTS_MAX];
	struct fs_File_extents_reply reply = {.list = {.items = extents}};
	int error = file_may(handle, fs_Rights_READ);

	if (error == 0 && handle->file->kind != fs_Kind_FILE)
		error = fs_Error_EOPNOTSUPP;
	if (error == 0)
		reply.list.count = list_extents(handle->file->where.inode,
			request->from / RAM_PAGE, extents);
	fs_File_extents_answer(to, error, &reply);
}

/* ---- the pages, to be mapped ---- */

static int memory(const struct open_handle *handle, fs_Rights *rights)
{
	const struct open_file *file = handle->file;
	const struct inode *inode = file->where.inode;
	uint32_t both = fs_Open_READ | fs_Open_WRITE;
	int error = file_may(handle, fs_Rights_READ);

	if (error != 0)
		return error;
	if (!(file->flags & (fs_Open_READ | fs_Open_EXECUTE)))
		return fs_Error_EACCES;
	*rights = fs_Rights_READ;
	if ((file->flags & both) == both && !(file->mount_flags & fs_MountFlags_READ_ONLY) &&
			!(inode->flags & (fs_NodeFlags_APPEND_ONLY | fs_NodeFlags_IMMUTABLE)) &&
			!(inode->seals & (fs_Seals_WRITE | fs_Seals_FUTURE_WRITE)))
		*rights |= (uint32_t)fs_Rights_WRITE;
	if (!((file->mount_flags | inode->ram->flags) & fs_MountFlags_NO_EXECUTE))
		*rights |= (uint32_t)fs_Rights_EXECUTE;
	*rights &= (uint32_t)handle->rights;
	return memory_begin(file->where.inode);
}

void op_file_memory(void *self, const struct fs_File_memory_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct open_file *file = handle->file;
	struct fs_File_memory_reply reply;
	fs_Rights rights = 0;
	int error = memory(handle, &rights);

	(void)request;
	fs_File_memory_reply_init(&reply);
	if (error == 0)
		error = memory_hand_out(file->where.inode, rights, &reply.memory.raw);
	if (error == 0 && rights & fs_Rights_WRITE)
		file->is_mapped = true;
	fs_File_memory_answer(to, error, &reply);
}

/* ---- what it is ---- */

void op_file_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct fs_File_status_reply reply = {
		.status = inode_status(handle->file->where.inode),
	};

	(void)request;
	fs_File_status_answer(to, handle->file->ram->is_ended ? fs_Error_EIO : 0, &reply);
}

void op_file_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	const struct open_file *file = ((struct open_handle *)self)->file;
	const struct fs_File_describe_reply reply = {
		.kind = file->kind,
		.flags = (fs_Open)file->flags,
		.node = file_node(file),
	};

	(void)request;
	fs_File_describe_answer(to, SK_OK, &reply);
}

void op_file_set_flags(void *self, const struct fs_File_set_flags_request *request,
	struct sk_reply *to)
{
	const struct fs_File_set_flags_reply reply = {0};
	struct open_file *file = ((struct open_handle *)self)->file;
	uint32_t flags = request->flags & (uint32_t)FLAGS_SET;
	int error = file->where.inode->flags & fs_NodeFlags_APPEND_ONLY &&
		file->flags & fs_Open_APPEND && !(flags & fs_Open_APPEND) ?
		fs_Error_EPERM : 0;

	if (error == 0)
		file->flags = (file->flags & ~(uint32_t)FLAGS_SET) | flags;
	fs_File_set_flags_answer(to, error, &reply);
}

void op_file_share(void *self, const struct fs_File_share_request *request,
	struct sk_reply *to)
{
	struct fs_File_share_reply reply;
	int error;

	fs_File_share_reply_init(&reply);
	error = file_share(self, to->port, request->rights, &reply.file);
	fs_File_share_answer(to, error, &reply);
}

void op_file_flush(void *self, const struct fs_File_flush_request *request,
	struct sk_reply *to)
{
	const struct fs_File_flush_reply reply = {0};

	(void)self;
	(void)request;
	fs_File_flush_answer(to, SK_OK, &reply);
}

void op_file_available(void *self, const struct fs_File_available_request *request,
	struct sk_reply *to)
{
	const struct open_file *file = ((struct open_handle *)self)->file;
	uint64_t size = file->where.inode->size;
	const struct fs_File_available_reply reply = {
		.bytes = size > file->position ? size - file->position : 0,
	};

	(void)request;
	fs_File_available_answer(to, file->kind == fs_Kind_FILE ? 0 : fs_Error_EINVAL,
		&reply);
}

/* ---- seals ---- */

void op_file_seals(void *self, const struct fs_File_seals_request *request,
	struct sk_reply *to)
{
	const struct open_file *file = ((struct open_handle *)self)->file;
	const struct fs_File_seals_reply reply = {
		.seals = (fs_Seals)file->where.inode->seals};

	(void)request;
	fs_File_seals_answer(to, file->kind == fs_Kind_FILE ? 0 : fs_Error_EINVAL, &reply);
}

void op_file_add_seals(void *self, const struct fs_File_add_seals_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct fs_File_add_seals_reply reply = {0};
	const struct open_file *file = handle->file;
	int error = file_may(handle, fs_Rights_WRITE);

	/* A directory cannot be open for writing. */
	if (error == 0 && !(file->flags & fs_Open_WRITE))
		error = fs_Error_EPERM;
	if (error == 0 && request->seals & ~(uint32_t)SEALS_KNOWN)
		error = fs_Error_EINVAL;
	if (error == 0)
		error = inode_seal(file->where.inode, request->seals);
	fs_File_add_seals_answer(to, error, &reply);
}
