/* The bytes of open files: straight between their pages and the leases. */
#include "servers/ramfs/ramfs.h"

#include "runtime/codec.h"

#define LEASES 4
#define KNOWN (fs_Io_NO_WAIT | fs_Io_DATA_SYNC | fs_Io_SYNC | fs_Io_APPEND)

struct transfer {
	const struct sk_reply *to;
	struct open_file *file;
	struct inode *inode;
	uint64_t offset;
	unsigned count;
	const struct sk_lease *leases[LEASES];
	uint64_t size;			/* of all leases */
	uint8_t *few;			/* in place of a lease; NULL: there is none */
	int error;			/* why it ended before the end */
};

#define TRANSFER(request) { \
	.to = to, .count = 1, \
	.leases = {&(request)->data, \
		(request)->has_second ? &(request)->second : NULL, \
		(request)->has_third ? &(request)->third : NULL, \
		(request)->has_fourth ? &(request)->fourth : NULL}}

static int prepare(struct transfer *transfer, const struct open_handle *handle,
	fs_Rights right, fs_Io io)
{
	int error = file_may(handle, right);

	transfer->file = handle->file;
	transfer->inode = handle->file->where.inode;
	transfer->size = transfer->leases[0]->size;
	for (unsigned i = 1; i < LEASES; i++)
		if (transfer->leases[i]) {
			transfer->leases[transfer->count++] = transfer->leases[i];
			transfer->size += transfer->leases[i]->size;
		}
	return error == 0 && io & ~(uint32_t)KNOWN ? fs_Error_EINVAL : error;
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* Of a memory: what is mapped here, and the file's, moves straight, the rest by the
 * buffer. NULL: that. */
static uint8_t *straight(const struct inode *inode, uint64_t offset, uint64_t *most)
{
	const struct data *data = &inode->as.data;
	uint64_t end = smaller(data->seen, inode->size);

	if (offset < end)
		*most = smaller(*most, end - offset);
	else
		*most = smaller(*most, fs_XATTR_MAX);
	return offset < end ? data->at + offset : NULL;
}

/* How far a piece goes that is moved at once: as far as pages that were written lie one
 * behind the other. */
static uint64_t piece_of(const struct transfer *transfer, uint64_t offset, uint64_t most)
{
	const struct data *data = &transfer->inode->as.data;
	uint64_t number = offset / RAM_PAGE, size = RAM_PAGE - offset % RAM_PAGE;
	const uint8_t *page;
	bool is_reserved;

	if (data->is_memory) {
		(void)straight(transfer->inode, offset, &most);
		return most;
	}
	if (size >= most)
		return most;
	for (page = data_find(data, number, &is_reserved); page && !is_reserved &&
			size < most; size += RAM_PAGE) {
		const uint8_t *next = data_find(data, ++number, &is_reserved);

		if (next != page + RAM_PAGE || is_reserved)
			break;
		page = next;
	}
	return smaller(size, most);
}

/* Moves a piece to or from a lease: how much of it. */
typedef uint64_t move_piece(struct transfer *transfer, const struct sk_lease *lease,
	uint64_t at, uint64_t offset, uint64_t size);

/* All leases in turn, up to so many bytes: how many were moved. */
static uint64_t move(struct transfer *transfer, uint64_t limit, move_piece *piece)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < transfer->count && transfer->error == 0; i++) {
		const struct sk_lease *lease = transfer->leases[i];
		uint64_t at = 0;

		while (at < lease->size && done < limit && transfer->error == 0) {
			uint64_t offset = transfer->offset + done;
			uint64_t size = piece_of(transfer, offset,
				smaller(lease->size - at, limit - done));
			uint64_t moved = piece(transfer, lease, at, offset, size);

			at += moved;
			done += moved;
		}
	}
	return done;
}

/* To what was lent, or from there: how much. Else it says why not. */
static uint64_t give(struct transfer *transfer, const struct sk_lease *lease, uint64_t at,
	const uint8_t *from, uint64_t size)
{
	uint64_t done = 0;

	if (transfer->few)
		memcpy(transfer->few + at, from, size);
	else if (sk_lease_write(transfer->to, lease, at, from, size, &done) != SK_OK)
		transfer->error = fs_Error_EFAULT;
	return transfer->few ? size : done;
}

static uint64_t take(struct transfer *transfer, const struct sk_lease *lease, uint64_t at,
	uint8_t *to, uint64_t size)
{
	uint64_t done = 0;

	if (transfer->few)
		memcpy(to, transfer->few + at, size);
	else if (sk_lease_read(transfer->to, lease, at, to, size, &done) != SK_OK)
		transfer->error = fs_Error_EFAULT;
	return transfer->few ? size : done;
}

/* ---- reading ---- */

static uint64_t read_piece(struct transfer *transfer, const struct sk_lease *lease,
	uint64_t at, uint64_t offset, uint64_t size)
{
	static const uint8_t zeros[RAM_PAGE];
	const struct inode *inode = transfer->inode;
	const uint8_t *page = data_find(&inode->as.data, offset / RAM_PAGE, NULL);
	const uint8_t *from = (page ? page : zeros) + offset % RAM_PAGE;

	if (inode->as.data.is_memory)
		from = straight(inode, offset, &size);
	if (!from) {
		inode_read(inode, offset, inode->ram->buffer, size);
		from = inode->ram->buffer;
	}
	return give(transfer, lease, at, from, size);
}

static int check_read(const struct transfer *transfer)
{
	if (!(transfer->file->flags & (fs_Open_READ | fs_Open_EXECUTE)))
		return fs_Error_EBADF;
	if (transfer->size == 0)
		return 0;
	if (transfer->file->kind == fs_Kind_DIRECTORY)
		return fs_Error_EISDIR;
	return transfer->size > INT64_MAX - transfer->offset ? fs_Error_EINVAL : 0;
}

static int run_read(struct transfer *transfer, uint64_t *count)
{
	const struct open_file *file = transfer->file;
	struct inode *inode = transfer->inode;
	int error = check_read(transfer);

	if (error != 0 || transfer->size == 0)
		return error;
	if (transfer->offset < inode->size)
		*count = move(transfer, inode->size - transfer->offset, read_piece);
	file_was_read(file, *count);
	return *count > 0 ? 0 : transfer->error;
}

void op_file_read(void *self, const struct fs_File_read_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	struct fs_File_read_reply reply = {0};
	int error = prepare(&transfer, self, fs_Rights_READ, request->flags);

	transfer.offset = transfer.file->position;
	if (error == 0)
		error = run_read(&transfer, &reply.count);
	transfer.file->position += reply.count;
	fs_File_read_answer(to, error, &reply);
}

void op_file_read_at(void *self, const struct fs_File_read_at_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	struct fs_File_read_at_reply reply = {0};
	int error = prepare(&transfer, self, fs_Rights_READ, request->flags);

	transfer.offset = request->offset;
	if (request->offset > INT64_MAX)
		error = fs_Error_EINVAL;
	if (error == 0)
		error = run_read(&transfer, &reply.count);
	fs_File_read_at_answer(to, error, &reply);
}

/* With `bytes` in the place of what is lent. */
static int prepare_few(struct transfer *transfer, const struct open_handle *handle,
	fs_Rights right, fs_Io io, struct sk_lease *bytes, uint64_t max)
{
	transfer->leases[0] = bytes;
	transfer->few = bytes->data;
	if (bytes->size > max)
		return fs_Error_EINVAL;
	return prepare(transfer, handle, right, io);
}

void op_file_read_few(void *self, const struct fs_File_read_few_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct open_file *file = handle->file;
	const bool is_here = request->offset == fs_HERE;
	uint8_t bytes[fs_FEW_READ] = {0};
	struct sk_lease own = {.data = bytes, .size = request->size};
	struct transfer transfer = {.to = to, .count = 1,
		.offset = is_here ? file->position : request->offset};
	struct fs_File_read_few_reply reply = {0};
	int error = prepare_few(&transfer, handle, fs_Rights_READ, request->flags, &own,
		fs_FEW_READ);

	if (error == 0 && transfer.offset > INT64_MAX)
		error = fs_Error_EINVAL;
	if (error == 0)
		error = run_read(&transfer, &reply.count);
	if (is_here)
		file->position += reply.count;
	reply.first = sk_get_uint64(bytes);
	reply.second = sk_get_uint64(bytes + 8);
	reply.third = sk_get_uint64(bytes + 16);
	fs_File_read_few_answer(to, error, &reply);
}

/* ---- writing ---- */

/* Into a memory, which is another's to write as well: by the buffer. */
static uint64_t write_memory(struct transfer *transfer, const struct sk_lease *lease,
	uint64_t at, uint64_t offset, uint64_t size)
{
	struct inode *inode = transfer->inode;
	uint8_t *there = straight(inode, offset, &size);
	uint64_t read = take(transfer, lease, at, there ? there : inode->ram->buffer, size);
	uint64_t done;

	if (there)
		return read;
	done = inode_write(inode, offset, inode->ram->buffer, read);
	if (done < read)
		transfer->error = fs_Error_ENOSPC;
	return done;
}

static uint64_t write_piece(struct transfer *transfer, const struct sk_lease *lease,
	uint64_t at, uint64_t offset, uint64_t size)
{
	struct inode *inode = transfer->inode;
	struct data *data = &inode->as.data;
	uint64_t number = offset / RAM_PAGE, done;
	bool was_hole = !data_find(data, number, NULL);
	uint8_t *page = data_make(inode->ram, data, number);

	if (!page) {
		transfer->error = fs_Error_ENOSPC;
		return 0;
	}
	done = take(transfer, lease, at, page + offset % RAM_PAGE, size);
	if (done == 0 && was_hole)
		data_cut(inode->ram, data, number, number + 1);
	return done;
}

static int check_write(const struct transfer *transfer)
{
	if (!(transfer->file->flags & fs_Open_WRITE))
		return fs_Error_EBADF;
	if (transfer->size == 0)
		return 0;
	return transfer->offset >= RAM_SIZE_MAX ||
		transfer->size > INT64_MAX - transfer->offset ? fs_Error_EFBIG : 0;
}

static int run_write(struct transfer *transfer, fs_Io io, uint64_t *count)
{
	struct open_file *file = transfer->file;
	struct inode *inode = transfer->inode;
	uint64_t limit;
	int error = check_write(transfer);

	if (error != 0 || transfer->size == 0)
		return error;
	if (file->flags & fs_Open_APPEND || io & fs_Io_APPEND)
		transfer->offset = inode->size;
	error = check_write(transfer);
	limit = transfer->size;
	if (error == 0)
		error = inode_check_write(inode, transfer->offset, &limit);
	if (error != 0)
		return error;
	*count = move(transfer, limit, inode->as.data.is_memory ? write_memory :
		write_piece);
	if (*count == 0)
		return transfer->error;
	if (transfer->offset + *count > inode->size)
		inode->size = transfer->offset + *count;
	inode_written(&file->where, file->keeps_set_id, file->keeps_group);
	return 0;
}

void op_file_write(void *self, const struct fs_File_write_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	struct fs_File_write_reply reply = {0};
	int error = prepare(&transfer, self, fs_Rights_WRITE, request->flags);

	transfer.offset = transfer.file->position;
	if (error == 0)
		error = run_write(&transfer, request->flags, &reply.count);
	/* What was put at the end by a flag of the call leaves it alone. */
	if (reply.count > 0 && !(request->flags & fs_Io_APPEND))
		transfer.file->position = transfer.offset + reply.count;
	fs_File_write_answer(to, error, &reply);
}

void op_file_write_at(void *self, const struct fs_File_write_at_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	struct fs_File_write_at_reply reply = {0};
	int error = prepare(&transfer, self, fs_Rights_WRITE, request->flags);

	transfer.offset = request->offset;
	if (request->offset > INT64_MAX)
		error = fs_Error_EFBIG;
	if (error == 0)
		error = run_write(&transfer, request->flags, &reply.count);
	fs_File_write_at_answer(to, error, &reply);
}

void op_file_write_few(void *self, const struct fs_File_write_few_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct open_file *file = handle->file;
	const bool is_here = request->offset == fs_HERE;
	uint8_t bytes[fs_FEW_WRITE];
	struct sk_lease own = {.data = bytes, .size = request->size};
	struct transfer transfer = {.to = to, .count = 1,
		.offset = is_here ? file->position : request->offset};
	struct fs_File_write_few_reply reply = {0};
	int error = prepare_few(&transfer, handle, fs_Rights_WRITE, request->flags, &own,
		fs_FEW_WRITE);

	sk_put_uint64(bytes, request->first);
	sk_put_uint64(bytes + 8, request->second);
	if (error == 0 && transfer.offset > INT64_MAX)
		error = fs_Error_EFBIG;
	if (error == 0)
		error = run_write(&transfer, request->flags, &reply.count);
	if (is_here && reply.count > 0 && !(request->flags & fs_Io_APPEND))
		file->position = transfer.offset + reply.count;
	fs_File_write_few_answer(to, error, &reply);
}
