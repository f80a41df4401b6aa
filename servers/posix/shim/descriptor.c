/* The table of descriptors. */
#include "runtime/env.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/with_file.h"

shim_function descriptor_close, descriptor_dup, descriptor_dup2, descriptor_dup3,
	descriptor_pipe, descriptor_pipe2, descriptor_close_range, descriptor_fcntl,
	descriptor_memfd;

static bool is_number(uint64_t descriptor)
{
	return (int32_t)descriptor >= 0;
}

int64_t descriptor_close(struct shim *shim, const uint64_t a[6])
{
	uint64_t descriptor = (uint32_t)a[0];
	int64_t result;

	if (!is_number(descriptor))
		return -LINUX_EBADF;
	result = POSIX_DO(shim, Descriptors, close, .descriptor = (int32_t)descriptor);
	cache_forget(shim, descriptor);
	return result;
}

int64_t descriptor_close_range(struct shim *shim, const uint64_t a[6])
{
	uint32_t first = (uint32_t)a[0], last = (uint32_t)a[1], flags = (uint32_t)a[2];
	int64_t result;

	if (first > last || flags & ~(uint32_t)(posix_CloseRangeFlags_UNSHARE |
			posix_CloseRangeFlags_CLOSE_ON_EXEC))
		return -LINUX_EINVAL;
	if (first > INT32_MAX)
		return 0;
	result = POSIX_DO(shim, Descriptors, close_range, .first = (int32_t)first,
		.last = last > INT32_MAX ? INT32_MAX : (int32_t)last, .flags = flags);
	if (!(flags & posix_CloseRangeFlags_CLOSE_ON_EXEC))
		cache_forget_range(shim, first, last);
	return result;
}

static int64_t duplicate(struct shim *shim, uint64_t descriptor, uint64_t least,
	posix_DescriptorFlags flags)
{
	struct posix_Descriptors_duplicate_reply reply;
	int64_t result = POSIX(shim, &reply, Descriptors, duplicate,
		.descriptor = (int32_t)descriptor, .least = (int32_t)least, .flags = flags);

	if (result < 0)
		return result;
	cache_forget(shim, (uint64_t)(uint32_t)reply.duplicate);
	return reply.duplicate;
}

int64_t descriptor_dup(struct shim *shim, const uint64_t a[6])
{
	return is_number(a[0]) ? duplicate(shim, a[0], 0, 0) : -LINUX_EBADF;
}

static int64_t duplicate_to(struct shim *shim, const uint64_t a[6],
	posix_DescriptorFlags flags, bool may_be_equal)
{
	int64_t result;

	if (!is_number(a[0]) || !is_number(a[1]))
		return -LINUX_EBADF;
	result = POSIX_DO(shim, Descriptors, duplicate_to, .descriptor = (int32_t)a[0],
		.to = (int32_t)a[1], .flags = flags, .may_be_equal = may_be_equal);
	if ((uint32_t)a[0] != (uint32_t)a[1])
		cache_forget(shim, (uint32_t)a[1]);
	return result < 0 ? result : (int32_t)a[1];
}

int64_t descriptor_dup2(struct shim *shim, const uint64_t a[6])
{
	return duplicate_to(shim, a, 0, true);
}

int64_t descriptor_dup3(struct shim *shim, const uint64_t a[6])
{
	if (a[2] & ~(uint64_t)LINUX_O_CLOEXEC)
		return -LINUX_EINVAL;
	return duplicate_to(shim, a, convert_own((uint32_t)a[2]), false);
}

static int64_t make_pipe(struct shim *shim, uint64_t to, uint64_t flags)
{
	struct posix_Descriptors_create_pipe_reply reply;
	const uint64_t known = LINUX_O_CLOEXEC | LINUX_O_NONBLOCK | LINUX_O_DIRECT;
	int32_t ends[2];
	int64_t result;

	if (flags & ~known)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, create_pipe,
		.flags = (posix_NewFlags)flags);
	if (result < 0)
		return result;
	ends[0] = reply.read_end.descriptor;
	ends[1] = reply.write_end.descriptor;
	cache_opened(shim, &reply.read_end, reply.read_file.raw);
	cache_opened(shim, &reply.write_end, reply.write_file.raw);
	if (copy_to(to, ends, sizeof ends))
		return 0;
	for (int i = 0; i < 2; i++)
		descriptor_close(shim, (const uint64_t[6]){ (uint32_t)ends[i] });
	return -LINUX_EFAULT;
}

int64_t descriptor_pipe(struct shim *shim, const uint64_t a[6])
{
	return make_pipe(shim, a[0], 0);
}

int64_t descriptor_pipe2(struct shim *shim, const uint64_t a[6])
{
	return make_pipe(shim, a[0], a[1]);
}

int64_t descriptor_memfd(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_create_memfd_reply reply;
	char name[250];
	int64_t result = copy_string(name, a[0], sizeof name);

	if (result < 0)
		return result == -LINUX_EFAULT ? result : -LINUX_EINVAL;
	if (a[1] & ~UINT64_C(0x1f))
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Descriptors, create_memfd,
		.name = { name, (uint32_t)result }, .flags = (posix_MemfdFlags)a[1]);
	if (result < 0)
		return result;
	cache_opened(shim, &reply.opened, reply.file.raw);
	return reply.opened.descriptor;
}

/* ---- fcntl ---- */

enum {
	F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_SETOWN,
	F_GETOWN, F_SETSIG, F_GETSIG, F_SETOWN_EX = 15, F_GETOWN_EX, F_OFD_GETLK = 36,
	F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE = 1024, F_GETLEASE, F_DUPFD_CLOEXEC = 1030,
	F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS
};

/* Where a lock's start counts from. */
static int64_t lock_base(struct shim *shim, int16_t whence, int64_t *base)
{
	struct fs_File_seek_reply position;
	struct fs_File_status_reply status;
	int64_t result;

	*base = 0;
	if (whence == fs_Whence_START)
		return 0;
	if (whence == fs_Whence_CURRENT) {
		result = FILE_CALL(shim, &position, seek, .whence = fs_Whence_CURRENT);
		*base = result < 0 ? 0 : (int64_t)position.position;
		return result;
	}
	if (whence != fs_Whence_END)
		return -LINUX_EINVAL;
	result = FILE_CALL(shim, &status, status, 0);
	*base = result < 0 ? 0 : (int64_t)status.status.size;
	return result;
}

static int64_t find_lock(struct shim *shim, uint64_t descriptor, bool of_file,
	const struct fs_Lock *range, struct linux_flock *to)
{
	struct posix_Descriptors_find_lock_reply found;
	struct fs_File_test_lock_reply own;
	int64_t result;

	if (of_file) {
		result = FILE_CALL(shim, &own, test_lock, .range = *range);
		if (result == 0)
			convert_lock_back(&own.found, layout_lock_holder(own.holder), to);
		return result;
	}
	result = POSIX(shim, &found, Descriptors, find_lock,
		.descriptor = (int32_t)descriptor, .lock = *range);
	if (result == 0)
		convert_lock_back(&found.found, found.holder, to);
	return result;
}

static int64_t lock(struct shim *shim, const uint64_t a[6])
{
	bool of_file = a[1] >= F_OFD_GETLK, finds = a[1] == F_GETLK || a[1] == F_OFD_GETLK;
	bool waits = a[1] == F_SETLKW || a[1] == F_OFD_SETLKW;
	struct linux_flock flock;
	struct fs_Lock range;
	int64_t base, result;

	if (!copy_from(&flock, a[2], sizeof flock))
		return -LINUX_EFAULT;
	if (of_file && flock.l_pid != 0)
		return -LINUX_EINVAL;
	result = lock_base(shim, flock.l_whence, &base);
	if (result == 0)
		result = convert_lock(&flock, base, &range);
	if (result < 0)
		return result;
	shim->may_be_cut = true;
	if (finds) {
		result = find_lock(shim, a[0], of_file, &range, &flock);
		return result < 0 ? result :
			copy_to(a[2], &flock, sizeof flock) ? 0 : -LINUX_EFAULT;
	}
	return of_file ? FILE_DO(shim, lock, .range = range, .wait = waits) :
		POSIX_DO(shim, Descriptors, set_lock, .descriptor = (int32_t)a[0],
		.lock = range, .wait = waits);
}

static int64_t owner(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_owner_reply reply;
	int32_t pair[2];
	int64_t result;

	if (a[1] == F_SETOWN) {
		int32_t who = (int32_t)a[2];

		return POSIX_DO(shim, Descriptors, set_owner, .descriptor = (int32_t)a[0],
			.kind = who < 0 ? posix_OwnerKind_PROCESS_GROUP : posix_OwnerKind_PROCESS,
			.owner = who < 0 ? -who : who);
	}
	if (a[1] == F_SETOWN_EX) {
		if (!copy_from(pair, a[2], sizeof pair))
			return -LINUX_EFAULT;
		return POSIX_DO(shim, Descriptors, set_owner, .descriptor = (int32_t)a[0],
			.kind = pair[0], .owner = pair[1]);
	}
	result = POSIX(shim, &reply, Descriptors, owner, .descriptor = (int32_t)a[0]);
	if (result < 0)
		return result;
	if (a[1] == F_GETSIG)
		return reply.signal;
	if (a[1] == F_GETOWN)
		return reply.kind == posix_OwnerKind_PROCESS_GROUP ? -reply.owner : reply.owner;
	pair[0] = reply.kind;
	pair[1] = reply.owner;
	return copy_to(a[2], pair, sizeof pair) ? 0 : -LINUX_EFAULT;
}

/* What the file's own server answers; its channel is ready. */
static int64_t of_server(struct shim *shim, const uint64_t a[6])
{
	struct posix_Pipe_capacity_reply capacity = {0};
	struct posix_Pipe_set_capacity_reply set = {0};
	struct fs_File_seals_reply seals = {0};
	int64_t result;

	switch (a[1]) {
	case F_GETPIPE_SZ:
		result = shim_file_result(shim, posix_Pipe_capacity(&shim->file.channel,
			&(const struct posix_Pipe_capacity_request){0}, &capacity, NULL));
		return result < 0 ? result : (int64_t)capacity.size;
	case F_SETPIPE_SZ:
		result = shim_file_result(shim, posix_Pipe_set_capacity(&shim->file.channel,
			&(const struct posix_Pipe_set_capacity_request){
			.size = (uint32_t)a[2] }, &set, NULL));
		return result < 0 ? result : (int64_t)set.size;
	case F_GET_SEALS:
		result = FILE_CALL(shim, &seals, seals, 0);
		return result < 0 ? result : (int64_t)seals.seals;
	case F_ADD_SEALS:
		return FILE_DO(shim, add_seals, .seals = (fs_Seals)a[2]);
	default:
		return lock(shim, a);
	}
}

static int64_t with_server(struct shim *shim, const uint64_t a[6])
{
	bool of_pipe = a[1] == F_GETPIPE_SZ || a[1] == F_SETPIPE_SZ;
	bool of_file = a[1] == F_GET_SEALS || a[1] == F_ADD_SEALS;
	struct shim_file file;
	int64_t result = cache_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = of_pipe && file.kind != posix_ObjectKind_PIPE ? -LINUX_EBADF :
		of_file && file.kind != posix_ObjectKind_FILE ? -LINUX_EINVAL :
		of_server(shim, a);
	cache_done(shim, a[0], &file);
	return result;
}

static int64_t see(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	int64_t result = cache_see(shim, (uint32_t)descriptor, file);

	if (result == 0)
		cache_done(shim, descriptor, file);
	return result;
}

/* What no path leads to. */
static bool has_no_path(struct shim *shim, uint64_t descriptor)
{
	struct shim_file file;

	return see(shim, descriptor, &file) == 0 && (file.kind == posix_ObjectKind_PIPE ||
		file.kind == posix_ObjectKind_SOCKET ||
		(file.kind >= posix_ObjectKind_EVENTFD && file.kind <= posix_ObjectKind_PIDFD));
}

static int64_t lease_or_flags(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_descriptor_flags_reply own;
	struct posix_Descriptors_status_flags_reply status;
	int32_t descriptor = (int32_t)a[0];
	struct shim_file file;
	int64_t result;

	switch (a[1]) {
	case F_GETFD:
		result = POSIX(shim, &own, Descriptors, descriptor_flags,
			.descriptor = descriptor);
		return result < 0 ? result : (int64_t)own.flags;
	case F_SETFD:
		return POSIX_DO(shim, Descriptors, set_descriptor_flags,
			.descriptor = descriptor, .flags = (uint32_t)a[2] & 1);
	case F_GETFL:
		result = POSIX(shim, &status, Descriptors, status_flags,
			.descriptor = descriptor);
		return result < 0 ? result : (int64_t)convert_open_back(status.flags) &
			~(has_no_path(shim, a[0]) ? (int64_t)LINUX_O_LARGEFILE : 0);
	case F_SETFL:
		result = see(shim, a[0], &file);
		return result < 0 || file.path_only ? -LINUX_EBADF : POSIX_DO(shim, Descriptors, set_status_flags, .descriptor = descriptor,
			.flags = convert_open((uint32_t)a[2]) & (fs_Open_APPEND |
			fs_Open_NON_BLOCKING | fs_Open_ASYNC | fs_Open_DIRECT |
			fs_Open_NO_ACCESS_TIME));
	case F_SETSIG:
		return POSIX_DO(shim, Descriptors, set_ready_signal, .descriptor = descriptor,
			.signal = (int32_t)a[2]);
	case F_SETLEASE:
		return POSIX_DO(shim, Descriptors, set_file_lease, .descriptor = descriptor,
			.kind = (int32_t)a[2]);
	case F_GETLEASE:
		/* Nobody can take one: F_UNLCK. */
		result = see(shim, a[0], &file);
		return result < 0 || file.path_only ? -LINUX_EBADF : LINUX_F_UNLCK;
	default:
		result = see(shim, a[0], &file);
		return result < 0 || file.path_only ? -LINUX_EBADF : -LINUX_EINVAL;
	}
}

int64_t descriptor_fcntl(struct shim *shim, const uint64_t a[6])
{
	if (!is_number(a[0]))
		return -LINUX_EBADF;
	switch (a[1]) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (!is_number(a[2]))
			return -LINUX_EINVAL;
		return duplicate(shim, a[0], a[2], a[1] == F_DUPFD ? 0 :
			(uint32_t)posix_DescriptorFlags_CLOSE_ON_EXEC);
	case F_GETLK: case F_SETLK: case F_SETLKW:
	case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
	case F_GETPIPE_SZ: case F_SETPIPE_SZ: case F_ADD_SEALS: case F_GET_SEALS:
		return with_server(shim, a);
	case F_SETOWN: case F_GETOWN: case F_SETOWN_EX: case F_GETOWN_EX: case F_GETSIG:
		return owner(shim, a);
	default:
		return lease_or_flags(shim, a);
	}
}
