/* What is done with an open file: reading, writing, its position, its size. */
#include "servers/posix/shim/with_file.h"
#include "servers/posix/shim/bound.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/deliver.h"
#include "servers/posix/shim/event.h"
#include "servers/posix/shim/few.h"
#include "servers/posix/shim/socket.h"
#include "servers/posix/shim/vectors.h"
#include "servers/posix/shim/window.h"

#define GATHER_MAX 4096

/* ---- moving data ---- */

struct moving {
	struct shim *shim;
	bool writes;
	bool has_offset;		/* else at the position */
	uint64_t offset;
	fs_Io flags;
};

#define LEASES(l, n) .flags = m->flags, .data = l[0], \
	.has_second = n > 1, .second = l[1], .has_third = n > 2, .third = l[2], \
	.has_fourth = n > 3, .fourth = l[3]
#define MOVE(method, ...) do { \
	struct fs_File_##method##_reply reply; \
	int64_t result = FILE_CALL(m->shim, &reply, method, __VA_ARGS__); \
	return result < 0 ? result : (int64_t)reply.count; \
} while (0)

static int64_t move_once(const struct moving *m, const struct sk_lease l[4], uint32_t n)
{
	if (m->writes && m->has_offset)
		MOVE(write_at, .offset = m->offset, LEASES(l, n));
	if (m->writes)
		MOVE(write, LEASES(l, n));
	if (m->has_offset)
		MOVE(read_at, .offset = m->offset, LEASES(l, n));
	MOVE(read, LEASES(l, n));
}

/* Up to four pieces from where the iterator stands. Returns their bytes. */
static uint64_t gather(struct vectors *vectors, bool writes, struct sk_lease l[4], uint32_t *n)
{
	uint64_t sum = 0, address, size;

	for (*n = 0; *n < 4 && vectors_next(vectors, fs_IO_MAX, &address, &size); ++*n) {
		/* To lend NULL would be to lend nothing; there is none at 1 either. */
		void *data = (void *)(uintptr_t)(address ? address : 1);

		l[*n] = writes ? sk_lend(data, size) : sk_lend_out(data, size);
		sum += size;
	}
	for (uint32_t i = *n; i < 4; i++)
		l[i] = writes ? sk_lend(NULL, 0) : sk_lend_out(NULL, 0);
	if (*n == 0)
		*n = 1;
	return sum;
}

/* Small pieces that others are to see as one. */
static int64_t write_together(const struct moving *m, struct vectors *vectors)
{
	uint8_t bytes[GATHER_MAX];
	struct sk_lease l[4] = { { 0 } };
	uint64_t address, size, sum = 0;

	while (vectors_next(vectors, GATHER_MAX, &address, &size)) {
		if (!copy_from(bytes + sum, address, size))
			return -LINUX_EFAULT;
		sum += size;
	}
	l[0] = sk_lend(bytes, sum);
	return move_once(m, l, 1);
}

/* Without the first `size` bytes of it. */
static void skip(struct sk_lease l[4], uint64_t size)
{
	for (int i = 0; i < 4; i++) {
		const uint64_t step = size < l[i].size ? size : l[i].size;

		l[i].data = (uint8_t *)l[i].data + step;
		l[i].size -= step;
		size -= step;
	}
}

static bool has_signal(struct shim *shim)
{
	*SHIM_PENDING(shim) = 0;
	deliver_look(shim);
	return *SHIM_PENDING(shim) != 0;
}

/*
 * A write to a pipe that waits has an answer before all is written if its process is
 * interrupted, be it for another thread's sake. It goes on if this one has no signal; what
 * does not wait hears then that there is no room, as before.
 */
static int64_t write_rest(const struct moving *m, struct sk_lease l[4], uint32_t n,
	uint64_t wanted, int64_t moved)
{
	int64_t step = moved;

	while (step > 0 && (uint64_t)moved < wanted && !has_signal(m->shim)) {
		skip(l, (uint64_t)step);
		step = move_once(m, l, n);
		moved += step > 0 ? step : 0;
	}
	return moved;
}

/*
 * All of it, four pieces at a time, until one is not done whole. Behind the first of a
 * file that may wait nothing is waited for when reading.
 */
static int64_t move(struct moving *m, struct vectors *vectors, uint8_t kind)
{
	struct sk_lease l[4];
	uint64_t done = 0, wanted;
	int64_t moved;
	uint32_t n;

	if (m->writes && vectors->count > 4 && vectors->total <= GATHER_MAX)
		return write_together(m, vectors);
	do {
		wanted = gather(vectors, m->writes, l, &n);
		moved = move_once(m, l, n);
		if (moved < 0)
			return done ? (int64_t)done : moved;
		if (m->writes && kind == posix_ObjectKind_PIPE)
			moved = write_rest(m, l, n, wanted, moved);
		done += (uint64_t)moved;
		m->offset += (uint64_t)moved;
		if (!m->writes && kind != posix_ObjectKind_FILE)
			m->flags |= fs_Io_NO_WAIT;
	} while ((uint64_t)moved == wanted && done < vectors->total);
	return (int64_t)done;
}

/* One piece so small that its bytes go with the message. */
static int64_t move_few(const struct moving *m, const struct vectors *vectors, uint8_t kind)
{
	const uint64_t offset = m->has_offset ? m->offset : fs_HERE;
	const struct linux_iovec *v = vectors->list;

	if (m->writes)
		return few_write(m->shim, kind, offset, m->flags, v->iov_base, vectors->total);
	return few_read(m->shim, offset, m->flags, v->iov_base, vectors->total);
}

static bool is_few(const struct moving *m, const struct vectors *vectors,
	const struct shim_file *file)
{
	return vectors->count == 1 && vectors->total != 0 && vectors->total <=
		(m->writes ? fs_FEW_WRITE : fs_FEW_READ) && !file->no_few;
}

static int64_t move_by_calls(struct moving *m, uint64_t descriptor,
	struct vectors *vectors, const struct shim_file *file)
{
	int64_t result = is_few(m, vectors, file) ? move_few(m, vectors, file->kind) :
		FEW_FAULT;

	if (result == FEW_NOT)
		cache_set_no_few(m->shim, descriptor);
	return result == FEW_NOT || result == FEW_FAULT ? move(m, vectors, file->kind) :
		result;
}

static bool reads_one(const struct moving *m, const struct vectors *vectors)
{
	return !m->writes && vectors->count == 1 && m->flags == 0 && vectors->total > 0;
}

static int64_t move_either(struct moving *m, uint64_t descriptor, struct vectors *vectors,
	const struct shim_file *file)
{
	const bool may_see = file->kind == posix_ObjectKind_FILE && reads_one(m, vectors);
	int64_t result = WINDOW_NOT;

	if (event_is(file->kind) && !m->has_offset)
		return event_move(m->shim, file->kind, vectors, m->writes,
			!(m->flags & fs_Io_NO_WAIT));
	if (file->kind == posix_ObjectKind_SOCKET && !m->has_offset)
		return socket_move(m->shim, vectors, m->writes,
			!(m->flags & fs_Io_NO_WAIT));
	if (may_see && !m->has_offset && vectors->total > fs_FEW_READ)
		result = window_read_here(m->shim, descriptor, vectors->list->iov_base,
			vectors->total);
	if (result != WINDOW_NOT)
		return result;
	result = move_by_calls(m, descriptor, vectors, file);
	if (may_see && result > 0)
		window_was_read(m->shim, descriptor);
	return result;
}

/* A write as far as RLIMIT_FSIZE lets it go. */
static int64_t write_bound(struct moving *m, uint64_t descriptor, struct vectors *vectors,
	const struct shim_file *file)
{
	const struct bound_place place = { m->has_offset, m->offset,
		(m->flags & fs_Io_APPEND) != 0 };
	uint64_t size = vectors->total;
	int64_t result = bound_write(m->shim, file->kind, &place, &size);

	vectors->total = vectors->left = size;
	return result < 0 ? result : move_either(m, descriptor, vectors, file);
}

static int64_t transfer(struct moving *m, uint64_t descriptor, struct vectors *vectors)
{
	struct shim_file file;
	int64_t result = WINDOW_NOT;

	if (m->has_offset && (int64_t)m->offset < 0)
		return -LINUX_EINVAL;
	if (m->has_offset && reads_one(m, vectors))
		result = window_read(m->shim, descriptor, m->offset, vectors->list->iov_base,
			vectors->total);
	if (result != WINDOW_NOT)
		return result;
	WITH_FILE(m->shim, descriptor, file, result, m->writes && bound_is_set(m->shim) ?
		write_bound(m, descriptor, vectors, &file) :
		move_either(m, descriptor, vectors, &file));
	if (result == -LINUX_EPIPE && m->writes && file.kind != posix_ObjectKind_SOCKET)
		POSIX_DO(m->shim, Signals, kill_thread, .process = m->shim->page->ids.process,
			.thread = m->shim->page->ids.thread, .signal = posix_Signal_PIPE);
	return result;
}

static int64_t one_piece(struct moving *m, const uint64_t a[6])
{
	struct vectors vectors;
	struct shim_file file;
	int64_t result = vectors_one(&vectors, a[1], a[2]);

	if (result < 0) {
		int64_t is_open;

		WITH_FILE(m->shim, a[0], file, is_open, 0);
		return is_open < 0 ? is_open : result;
	}
	return transfer(m, a[0], &vectors);
}

static int64_t many_pieces(struct moving *m, const uint64_t a[6])
{
	struct linux_iovec list[LINUX_IOV_ON_STACK];
	struct vectors vectors;
	int64_t result = vectors_many(&vectors, a[1], a[2], list);

	return result < 0 ? result : transfer(m, a[0], &vectors);
}

shim_function file_read, file_write, file_pread, file_pwrite, file_readv, file_writev,
	file_preadv, file_pwritev, file_preadv2, file_pwritev2;

int64_t file_read(struct shim *shim, const uint64_t a[6])
{
	return one_piece(&(struct moving){ shim, false, false, 0, 0 }, a);
}

int64_t file_write(struct shim *shim, const uint64_t a[6])
{
	return one_piece(&(struct moving){ shim, true, false, 0, 0 }, a);
}

int64_t file_pread(struct shim *shim, const uint64_t a[6])
{
	return one_piece(&(struct moving){ shim, false, true, a[3], 0 }, a);
}

int64_t file_pwrite(struct shim *shim, const uint64_t a[6])
{
	return one_piece(&(struct moving){ shim, true, true, a[3], 0 }, a);
}

int64_t file_readv(struct shim *shim, const uint64_t a[6])
{
	return many_pieces(&(struct moving){ shim, false, false, 0, 0 }, a);
}

int64_t file_writev(struct shim *shim, const uint64_t a[6])
{
	return many_pieces(&(struct moving){ shim, true, false, 0, 0 }, a);
}

int64_t file_preadv(struct shim *shim, const uint64_t a[6])
{
	return many_pieces(&(struct moving){ shim, false, true, a[3], 0 }, a);
}

int64_t file_pwritev(struct shim *shim, const uint64_t a[6])
{
	return many_pieces(&(struct moving){ shim, true, true, a[3], 0 }, a);
}

/* RWF_...: HIPRI is a hint. False: one that is not known. */
static bool io_flags(uint64_t flags, fs_Io *io)
{
	enum { HIPRI = 1, DSYNC = 2, SYNC = 4, NOWAIT = 8, APPEND = 16 };

	*io = (flags & DSYNC ? (uint32_t)fs_Io_DATA_SYNC : 0) |
		(flags & SYNC ? (uint32_t)fs_Io_SYNC : 0) |
		(flags & NOWAIT ? (uint32_t)fs_Io_NO_WAIT : 0) |
		(flags & APPEND ? (uint32_t)fs_Io_APPEND : 0);
	return (flags & ~(uint64_t)(HIPRI | DSYNC | SYNC | NOWAIT | APPEND)) == 0;
}

static int64_t with_flags(struct shim *shim, const uint64_t a[6], bool writes)
{
	struct moving m = { shim, writes, a[3] != UINT64_MAX, a[3], 0 };

	return io_flags(a[5], &m.flags) ? many_pieces(&m, a) : -LINUX_EOPNOTSUPP;
}

int64_t file_preadv2(struct shim *shim, const uint64_t a[6])
{
	return with_flags(shim, a, false);
}

int64_t file_pwritev2(struct shim *shim, const uint64_t a[6])
{
	return with_flags(shim, a, true);
}

int64_t file_vmsplice(struct shim *shim, const uint64_t a[6], bool writes, bool no_wait)
{
	struct moving m = { shim, writes, false, 0, writes || no_wait ? fs_Io_NO_WAIT : 0 };
	struct linux_iovec list[LINUX_IOV_ON_STACK];
	struct vectors vectors;
	int64_t result = vectors_many(&vectors, a[1], a[2], list);

	if (result < 0 || vectors.total == 0)
		return result;
	result = transfer(&m, a[0], &vectors);
	if (result != -LINUX_EAGAIN || no_wait || !writes)
		return result;
	/* There is no room: it waits until there is some for a page, no longer. */
	result = vectors_many(&vectors, a[1], a[2], list);
	if (result < 0)
		return result;
	if (vectors.total > LAYOUT_PAGE)
		vectors.total = vectors.left = LAYOUT_PAGE;
	m.flags = 0;
	return transfer(&m, a[0], &vectors);
}

/* ---- position and size ---- */

shim_function file_lseek, file_ftruncate, file_fsync, file_fdatasync, file_flock,
	file_fallocate, file_fadvise, file_sync_range, file_readahead;

int64_t file_lseek(struct shim *shim, const uint64_t a[6])
{
	struct fs_File_seek_reply reply = {0};
	struct shim_file file;
	int64_t result;

	if (a[2] > fs_Whence_HOLE)
		return -LINUX_EINVAL;
	result = cache_open(shim, a[0], &file);
	if (result < 0)
		return result;
	if (file.kind == posix_ObjectKind_PIPE || file.kind == posix_ObjectKind_SOCKET) {
		result = -LINUX_ESPIPE;
	} else if (file.kind == posix_ObjectKind_DIRECTORY) {
		result = directory_seek(shim, a[0], (int64_t)a[1], (uint32_t)a[2]);
	} else {
		result = FILE_CALL(shim, &reply, seek, .offset = (int64_t)a[1],
			.whence = (fs_Whence)a[2]);
		if (result == 0)
			result = (int64_t)reply.position;
	}
	cache_done(shim, a[0], &file);
	return result;
}

int64_t file_ftruncate(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result;

	if ((int64_t)a[1] < 0)
		return -LINUX_EINVAL;
	result = cache_open(shim, a[0], &file);
	if (result < 0)
		return result;
	result = bound_grow(shim, file.kind, a[1]);
	if (result == 0)
		result = FILE_DO(shim, truncate, .size = a[1]);
	cache_done(shim, a[0], &file);
	return result;
}

static int64_t sync_file(struct shim *shim, uint64_t descriptor, bool data_only)
{
	struct shim_file file;
	int64_t result;

	WITH_FILE(shim, descriptor, file, result,
		file.kind == posix_ObjectKind_PIPE || file.kind == posix_ObjectKind_TERMINAL ?
		-LINUX_EINVAL : FILE_DO(shim, sync, .data_only = data_only));
	return result;
}

int64_t file_fsync(struct shim *shim, const uint64_t a[6])
{
	return sync_file(shim, a[0], false);
}

int64_t file_fdatasync(struct shim *shim, const uint64_t a[6])
{
	return sync_file(shim, a[0], true);
}

int64_t file_flock(struct shim *shim, const uint64_t a[6])
{
	enum { SHARED = 1, EXCLUSIVE = 2, NO_WAIT = 4, UNLOCK = 8 };
	uint64_t how = a[1] & ~(uint64_t)NO_WAIT;
	fs_LockKind kind = how == SHARED ? fs_LockKind_SHARED :
		how == EXCLUSIVE ? fs_LockKind_EXCLUSIVE : fs_LockKind_NONE;
	struct shim_file file;
	int64_t result;

	if (how != SHARED && how != EXCLUSIVE && how != UNLOCK)
		return -LINUX_EINVAL;
	result = cache_open(shim, a[0], &file);
	if (result < 0)
		return result;
	shim->may_be_cut = true;	/* others may hold it for long */
	result = FILE_DO(shim, flock, .kind = kind, .wait = !(a[1] & NO_WAIT));
	cache_done(shim, a[0], &file);
	return result;
}

int64_t file_fallocate(struct shim *shim, const uint64_t a[6])
{
	/* FALLOC_FL_... by number; those that only come with another. */
	static const int8_t how[] = { fs_Allocate_RESERVE, fs_Allocate_RESERVE_KEEPING_SIZE,
		-1, fs_Allocate_PUNCH, -1, -1, -1, -1, fs_Allocate_COLLAPSE, -1, -1, -1, -1, -1,
		-1, -1, fs_Allocate_ZERO, fs_Allocate_ZERO_KEEPING_SIZE };
	enum { INSERT = 0x20, UNSHARE = 0x40 };
	struct shim_file file;
	int64_t result, which;

	if ((int64_t)a[2] < 0 || (int64_t)a[3] <= 0)
		return -LINUX_EINVAL;
	which = a[1] < sizeof how ? how[a[1]] : a[1] == INSERT ? fs_Allocate_INSERT :
		a[1] == UNSHARE ? fs_Allocate_UNSHARE : -1;
	if (which < 0)
		return -LINUX_EOPNOTSUPP;
	result = cache_open(shim, a[0], &file);
	if (result < 0)
		return result;
	result = file.kind == posix_ObjectKind_PIPE ? -LINUX_ESPIPE :
		which == fs_Allocate_PUNCH ? 0 : bound_grow(shim, file.kind, a[2] + a[3]);
	if (result == 0)
		result = FILE_DO(shim, allocate, .how = (fs_Allocate)which, .offset = a[2],
			.length = a[3]);
	cache_done(shim, a[0], &file);
	return result;
}

static int64_t advise(struct shim *shim, uint64_t offset, uint64_t length, fs_Advice advice)
{
	fs_File_advise(&shim->file.channel, &(const struct fs_File_advise_request){
		.offset = offset, .length = length, .advice = advice }, NULL);
	return 0;
}

int64_t file_fadvise(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result;

	if (a[3] > fs_Advice_NO_REUSE || (int64_t)a[2] < 0)
		return -LINUX_EINVAL;
	WITH_FILE(shim, a[0], file, result, file.kind == posix_ObjectKind_PIPE ?
		-LINUX_ESPIPE : advise(shim, a[1], a[2], (fs_Advice)a[3]));
	return result;
}

int64_t file_readahead(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result;

	WITH_FILE(shim, a[0], file, result, file.kind != posix_ObjectKind_FILE ?
		-LINUX_EINVAL : advise(shim, a[1], a[2], fs_Advice_WILL_NEED));
	return result;
}

int64_t file_sync_range(struct shim *shim, const uint64_t a[6])
{
	enum { WAIT_BEFORE = 1, WRITE = 2, WAIT_AFTER = 4 };
	struct shim_file file;
	int64_t result;

	if (a[3] & ~(uint64_t)(WAIT_BEFORE | WRITE | WAIT_AFTER) || (int64_t)a[1] < 0 ||
			(int64_t)a[2] < 0)
		return -LINUX_EINVAL;
	WITH_FILE(shim, a[0], file, result, file.kind == posix_ObjectKind_PIPE ?
		-LINUX_ESPIPE : FILE_DO(shim, sync_range, .offset = a[1], .length = a[2],
		.wait = (a[3] & WAIT_AFTER) != 0));
	return result;
}
