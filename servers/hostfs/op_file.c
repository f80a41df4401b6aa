/*
 * The bytes of open files. Where the transport has the lent memory at hand,
 * the host reads into it and writes from it in one call; else they go through
 * a buffer, piece by piece.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#define LEASES 4
#define AT_POSITION (-1)

/* One thread: one buffer. */
static uint8_t buffer[1 << 18];

struct transfer {
	const struct sk_reply *to;
	struct open_file *file;
	int64_t offset;			/* or AT_POSITION */
	int flags;			/* RWF_* */
	unsigned count;
	const struct sk_lease *leases[LEASES];
	struct iovec parts[LEASES];	/* if all their memory is at hand */
	bool at_hand;
};

#define TRANSFER(request) { \
	.to = to, .count = 1, \
	.leases = {&(request)->data, \
		(request)->has_second ? &(request)->second : NULL, \
		(request)->has_third ? &(request)->third : NULL, \
		(request)->has_fourth ? &(request)->fourth : NULL}}

/* Those that are there, one behind the other, and their memory. */
static void find_memory(struct transfer *transfer)
{
	transfer->at_hand = true;
	for (unsigned i = 1; i < LEASES; i++)
		if (transfer->leases[i])
			transfer->leases[transfer->count++] = transfer->leases[i];
	for (unsigned i = 0; i < transfer->count; i++) {
		const struct sk_lease *lease = transfer->leases[i];
		void *memory = lease->size == 0 ? buffer :
			transfer->file->account->host->copies ? NULL :
			sk_lease_memory(transfer->to, lease);

		transfer->parts[i] = (struct iovec){memory, lease->size};
		transfer->at_hand = transfer->at_hand && memory;
	}
}

static int set_flags(struct transfer *transfer, fs_Io io)
{
	if (io & ~(uint32_t)(fs_Io_NO_WAIT | fs_Io_DATA_SYNC | fs_Io_SYNC | fs_Io_APPEND))
		return EINVAL;
	transfer->flags = (io & fs_Io_NO_WAIT ? RWF_NOWAIT : 0) |
		(io & fs_Io_DATA_SYNC ? RWF_DSYNC : 0) |
		(io & fs_Io_SYNC ? RWF_SYNC : 0) |
		(io & fs_Io_APPEND ? RWF_APPEND : 0);
	return 0;
}

static int prepare(struct transfer *transfer, struct open_handle *handle,
	fs_Rights right, uint64_t offset, fs_Io io)
{
	transfer->file = handle->file;
	transfer->offset = (int64_t)offset;
	if (!(handle->rights & right))
		return EPERM;
	find_memory(transfer);
	return set_flags(transfer, io);
}

/* ---- reading ---- */

/* Hands over what was read into the memory itself: how much arrived. */
static uint64_t hand_over(const struct transfer *transfer, uint64_t size)
{
	uint64_t handed = 0;

	for (unsigned i = 0; i < transfer->count && size > 0; i++) {
		uint64_t part = size < transfer->parts[i].iov_len ?
			size : transfer->parts[i].iov_len, done = 0;
		int status = sk_lease_write(transfer->to, transfer->leases[i], 0,
			transfer->parts[i].iov_base, part, &done);

		handed += done;
		size -= part;
		if (status != SK_OK)
			break;
	}
	return handed;
}

/* What was read and did not arrive was not read. */
static int64_t arrived(const struct transfer *transfer, int64_t got, uint64_t handed)
{
	if (transfer->offset == AT_POSITION && handed < (uint64_t)got)
		lseek(transfer->file->fd, (off_t)handed - got, SEEK_CUR);
	return handed == 0 && got > 0 ? -EFAULT : (int64_t)handed;
}

static int64_t read_at_once(const struct transfer *transfer)
{
	ssize_t got;

	do
		got = preadv2(transfer->file->fd, transfer->parts, (int)transfer->count,
			transfer->offset, transfer->flags);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : arrived(transfer, got,
		hand_over(transfer, (uint64_t)got));
}

static int64_t read_piece(const struct transfer *transfer, unsigned lease, uint64_t at,
	uint64_t done)
{
	uint64_t left = transfer->leases[lease]->size - at, handed = 0;
	struct iovec part = {buffer, left < sizeof(buffer) ? left : sizeof(buffer)};
	ssize_t got = preadv2(transfer->file->fd, &part, 1,
		transfer->offset == AT_POSITION ? AT_POSITION :
			transfer->offset + (int64_t)done, transfer->flags);

	if (got < 0)
		return -errno;
	sk_lease_write(transfer->to, transfer->leases[lease], at, buffer, (uint64_t)got,
		&handed);
	return arrived(transfer, got, handed);
}

/* A piece after the other, by one of the two functions for that. */
static int64_t move_pieces(const struct transfer *transfer,
	int64_t (*move)(const struct transfer *, unsigned, uint64_t, uint64_t))
{
	uint64_t done = 0;

	for (unsigned i = 0; i < transfer->count; i++) {
		uint64_t at = 0, size = transfer->leases[i]->size;

		while (at < size) {
			uint64_t left = size - at;
			int64_t moved = move(transfer, i, at, done);

			if (moved < 0)
				return done > 0 ? (int64_t)done : moved;
			at += (uint64_t)moved;
			done += (uint64_t)moved;
			if ((uint64_t)moved < left && (uint64_t)moved < sizeof(buffer))
				return (int64_t)done;
		}
	}
	return (int64_t)done;
}

static int64_t run_read(struct transfer *transfer, struct open_handle *handle,
	uint64_t offset, fs_Io io)
{
	int error = prepare(transfer, handle, fs_Rights_READ, offset, io);
	int64_t got;

	if (error != 0)
		return -error;
	got = transfer->at_hand ? read_at_once(transfer) :
		move_pieces(transfer, read_piece);
	return got == -EOVERFLOW ? -EINVAL : got;
}

void op_file_read(void *self, const struct fs_File_read_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	int64_t got = run_read(&transfer, self, (uint64_t)AT_POSITION, request->flags);
	struct fs_File_read_reply reply = {.count = (uint64_t)got};

	fs_File_read_answer(to, operations_error(got < 0 ? (int)-got : 0), &reply);
}

void op_file_read_at(void *self, const struct fs_File_read_at_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	int64_t got = request->offset > INT64_MAX ? -EINVAL :
		run_read(&transfer, self, request->offset, request->flags);
	struct fs_File_read_at_reply reply = {.count = (uint64_t)got};

	fs_File_read_at_answer(to, operations_error(got < 0 ? (int)-got : 0), &reply);
}

/* ---- writing ---- */

static int64_t write_at_once(const struct transfer *transfer)
{
	ssize_t put;

	do
		put = pwritev2(transfer->file->fd, transfer->parts, (int)transfer->count,
			transfer->offset, transfer->flags);
	while (put < 0 && errno == EINTR);
	return put < 0 ? -errno : put;
}

static int64_t write_piece(const struct transfer *transfer, unsigned lease, uint64_t at,
	uint64_t done)
{
	uint64_t left = transfer->leases[lease]->size - at, got = 0;
	struct iovec part = {buffer, 0};
	ssize_t put;

	sk_lease_read(transfer->to, transfer->leases[lease], at, buffer,
		left < sizeof(buffer) ? left : sizeof(buffer), &got);
	if (got == 0)
		return -EFAULT;
	part.iov_len = got;
	put = pwritev2(transfer->file->fd, &part, 1,
		transfer->offset == AT_POSITION ? AT_POSITION :
			transfer->offset + (int64_t)done, transfer->flags);
	return put < 0 ? -errno : put;
}

/* What was put at the end by a flag of the call leaves the position alone. */
static int64_t write_and_stay(struct transfer *transfer, off_t position)
{
	int64_t put = transfer->at_hand ? write_at_once(transfer) :
		move_pieces(transfer, write_piece);

	if (position >= 0)
		lseek(transfer->file->fd, position, SEEK_SET);
	return put;
}

static int64_t run_write(struct transfer *transfer, struct open_handle *handle,
	uint64_t offset, fs_Io io)
{
	int error = prepare(transfer, handle, fs_Rights_WRITE, offset, io);
	bool stays = transfer->offset == AT_POSITION && (io & fs_Io_APPEND);
	int64_t put;

	if (error != 0)
		return -error;
	put = write_and_stay(transfer, stays ? lseek(handle->file->fd, 0, SEEK_CUR) : -1);
	return put == -EOVERFLOW ? -EFBIG : put;
}

void op_file_write(void *self, const struct fs_File_write_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	int64_t put = run_write(&transfer, self, (uint64_t)AT_POSITION, request->flags);
	struct fs_File_write_reply reply = {.count = (uint64_t)put};

	fs_File_write_answer(to, operations_error(put < 0 ? (int)-put : 0), &reply);
}

void op_file_write_at(void *self, const struct fs_File_write_at_request *request,
	struct sk_reply *to)
{
	struct transfer transfer = TRANSFER(request);
	int64_t put = request->offset > INT64_MAX ? -EFBIG :
		run_write(&transfer, self, request->offset, request->flags);
	struct fs_File_write_at_reply reply = {.count = (uint64_t)put};

	fs_File_write_at_answer(to, operations_error(put < 0 ? (int)-put : 0), &reply);
}
