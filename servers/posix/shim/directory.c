/*
 * Listing directories. Servers do not list `.` and `..`, so the first two entries are made
 * here; how many of them have been listed is known with the descriptor. As cookies they
 * are FIRST_DOT and behind: no server's, for those are below 2^62.
 */
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/with_file.h"

#define FIRST_DOT (INT64_C(1) << 62)
#define DOTS_UNKNOWN 3
#define BUFFER_BYTES 4096
/* What one call of a server brings, in these records. */
#define ROOM_MAX 3900

struct listing {
	struct shim *shim;
	uint64_t descriptor;
	bool wide;
	uint8_t dots;
	uint32_t room, used;
	uint8_t *buffer;
};

static int64_t position(struct shim *shim, int64_t offset, fs_Whence whence)
{
	struct fs_File_seek_reply reply;
	int64_t result = FILE_CALL(shim, &reply, seek, .offset = offset, .whence = whence);

	return result < 0 ? result : (int64_t)reply.position;
}

int64_t directory_seek(struct shim *shim, uint64_t descriptor, int64_t offset,
	uint32_t whence)
{
	int64_t result;

	if (whence == fs_Whence_CURRENT && offset == 0) {
		struct shim_file file;

		result = cache_see(shim, descriptor, &file);
		if (result == 0)
			result = position(shim, 0, fs_Whence_CURRENT);
		return result == 0 && file.dots == 2 ? FIRST_DOT + 1 : result;
	}
	if (whence != fs_Whence_START || offset < 0)
		return -LINUX_EINVAL;
	result = position(shim, offset >= FIRST_DOT ? 0 : offset, fs_Whence_START);
	if (result < 0)
		return result;
	cache_set_dots(shim, descriptor, offset == 0 ? 0 : offset == FIRST_DOT ? 1 : 2);
	return offset;
}

static bool put(struct listing *l, uint64_t inode, int64_t next, fs_Kind kind,
	struct sk_string name)
{
	if (convert_entry_size(name.size) > l->room - l->used)
		return false;
	l->used += convert_entry(l->buffer + l->used, l->wide, inode, next,
		convert_entry_type(kind), name);
	return true;
}

/* `.` or `..`, with the number that status has. */
static bool put_dot(struct listing *l, struct sk_string name, int64_t next)
{
	struct posix_Paths_path_status_reply reply;

	if (POSIX(l->shim, &reply, Paths, path_status, .directory = (int32_t)l->descriptor,
			.path = name) < 0)
		reply.status.inode = 1;
	return put(l, reply.status.inode, next, fs_Kind_DIRECTORY, name);
}

static void put_dots(struct listing *l)
{
	if (l->dots == 0 && put_dot(l, (struct sk_string){ ".", 1 }, FIRST_DOT))
		l->dots = 1;
	if (l->dots == 1 && put_dot(l, (struct sk_string){ "..", 2 }, FIRST_DOT + 1))
		l->dots = 2;
	cache_set_dots(l->shim, l->descriptor, l->dots);
}

static int64_t put_entries(struct listing *l)
{
	struct fs_Directory_read_entries_reply reply;
	uint32_t left = l->room - l->used;
	struct fs_Entry entry;
	int64_t result = shim_file_result(l->shim, fs_Directory_read_entries(
		&l->shim->file.channel, &(const struct fs_Directory_read_entries_request){
		.room = left < ROOM_MAX ? left : ROOM_MAX }, &reply, NULL));

	if (result < 0)
		return result;
	while (fs_Entry_next(&reply.entries, &entry))
		put(l, entry.inode, (int64_t)entry.next, entry.kind, entry.name);
	return 0;
}

static int64_t list(struct listing *l, const struct shim_file *file)
{
	int64_t result;

	if (file->kind != posix_ObjectKind_DIRECTORY)
		return -LINUX_ENOTDIR;
	l->dots = file->dots;
	if (l->dots == DOTS_UNKNOWN) {
		result = position(l->shim, 0, fs_Whence_CURRENT);
		if (result < 0)
			return result;
		l->dots = result == 0 ? 0 : 2;
	}
	if (l->dots < 2)
		put_dots(l);
	if (l->dots < 2)
		return l->used ? 0 : -LINUX_EINVAL;
	result = put_entries(l);
	/* Not even one had room behind the dots. */
	return result == -LINUX_EINVAL && l->used ? 0 : result;
}

static int64_t getdents(struct shim *shim, const uint64_t a[6], bool wide)
{
	uint8_t buffer[BUFFER_BYTES];
	struct listing l = { .shim = shim, .descriptor = a[0], .wide = wide,
		.buffer = buffer, .room = a[2] < BUFFER_BYTES ? (uint32_t)a[2] : BUFFER_BYTES };
	struct shim_file file;
	struct sk_lease lease = sk_lend_out((void *)(uintptr_t)a[1], l.room);
	int64_t result = cache_open(shim, a[0], &file);

	if (result < 0)
		return result;
	/* First, so that no entry is lost. */
	result = !copy_is_program(a[1], l.room) || !copy_touch(&lease) ? -LINUX_EFAULT :
		list(&l, &file);
	cache_done(shim, a[0], &file);
	if (result < 0)
		return result;
	return copy_to(a[1], buffer, l.used) ? (int64_t)l.used : -LINUX_EFAULT;
}

shim_function directory_getdents, directory_getdents64;

int64_t directory_getdents(struct shim *shim, const uint64_t a[6])
{
	return getdents(shim, a, false);
}

int64_t directory_getdents64(struct shim *shim, const uint64_t a[6])
{
	return getdents(shim, a, true);
}
