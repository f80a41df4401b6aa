/* Open files and directories of /proc. */
#include "servers/posix/proc.h"

#define WRITE_MAX 4096

/* Behind a struct file: what it is and where it stands. */
struct place {
	struct proc_key key;
	uint64_t position;
	struct credentials *opener;
};

/* ---- texts ---- */

static bool make_room(struct proc_text *text, uint64_t more)
{
	uint64_t wanted = text->capacity ? text->capacity * 2 : 8192;
	char *grown;

	if (text->capacity - text->size >= more)
		return true;
	while (wanted - text->size < more)
		wanted *= 2;
	grown = wanted <= PROC_TEXT_MAX ? sk_realloc(&posix.os->heap, text->at, wanted) : NULL;
	if (!grown)
		return false;
	text->at = grown;
	text->capacity = wanted;
	return true;
}

/* Those whose room is small are names, and not to grow. */
void proc_put(struct proc_text *text, const char *format, ...)
{
	va_list list;

	if (text->capacity >= 8192 || text->capacity == 0)
		make_room(text, 512);
	va_start(list, format);
	text->size += sk_format(text->at + text->size, text->capacity - text->size, format,
		list);
	va_end(list);
}

void proc_put_octal(struct proc_text *text, uint64_t value, unsigned width)
{
	char digits[24];
	unsigned at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + (value & 7));
		value >>= 3;
	} while (at > 0 && (value > 0 || sizeof(digits) - at < width));
	proc_put_bytes(text, digits + at, sizeof(digits) - at);
}

void proc_put_bytes(struct proc_text *text, const void *bytes, uint64_t size)
{
	if (!make_room(text, size))
		return;
	memcpy(text->at + text->size, bytes, size);
	text->size += size;
}

/* The last one, and whose it is: a file is mostly read to its end piece by piece, and is to
 * say the same until it is read from its beginning again. */
static struct proc_text shown;
static uint64_t shown_of;

static int show(const struct file *file, int32_t reader, uint64_t from)
{
	const struct place *place = file->self;
	const struct proc_entry *entry = proc_entry_of(&place->key);

	if (from > 0 && shown_of == file->number)
		return 0;
	if (place->key.pid && !proc_process(&place->key))
		return posix_Error_ESRCH;
	shown.size = 0;
	shown_of = file->number;
	posix.reader = process_find(reader);
	if (place->key.kind == PROC_INFO)
		proc_info(&shown, &place->key);
	else if (entry && entry->text)
		entry->text(&shown, &place->key);
	else
		return posix_Error_EINVAL;
	return 0;
}

/* ---- reading ---- */

static int read_at(const struct access *access, struct sk_reply *to, uint64_t offset,
	const struct sk_lease *leases[4], uint64_t *count)
{
	const struct file *file = access->file;
	int error = !file || !(file->flags & fs_Open_READ) ? posix_Error_EBADF :
		show(file, access->process, offset);

	*count = 0;
	for (unsigned i = 0; !error && i < 4 && leases[i] && offset < shown.size; i++) {
		uint64_t left = shown.size - offset;
		uint64_t size = leases[i]->size < left ? leases[i]->size : left;

		if (sk_lease_write(to, leases[i], 0, shown.at + offset, size, NULL) != SK_OK)
			error = posix_Error_EFAULT;
		offset += size;
		*count += size;
	}
	return error;
}

#define LEASES(r) {&(r)->data, (r)->has_second ? &(r)->second : NULL, \
	(r)->has_third ? &(r)->third : NULL, (r)->has_fourth ? &(r)->fourth : NULL}

static void op_read(void *self, const struct fs_File_read_request *r, struct sk_reply *to)
{
	const struct sk_lease *leases[4] = LEASES(r);
	struct access *access = self;
	struct place *place = access->file ? access->file->self : NULL;
	struct fs_File_read_reply reply = {0};
	int error = read_at(access, to, place ? place->position : 0, leases,
		&reply.count);

	if (!error && !(r->flags & fs_Io_PEEK))
		place->position += reply.count;
	fs_File_read_answer(to, error, &reply);
}

static void op_read_at(void *self, const struct fs_File_read_at_request *r,
	struct sk_reply *to)
{
	const struct sk_lease *leases[4] = LEASES(r);
	const struct access *access = self;
	struct fs_File_read_at_reply reply = {0};
	int error = read_at(access, to, r->offset, leases, &reply.count);

	fs_File_read_at_answer(to, error, &reply);
}

/* ---- writing ---- */

static int write_all(const struct access *access, struct sk_reply *to,
	const struct sk_lease *lease)
{
	static char text[WRITE_MAX + 1];
	const struct file *file = access->file;
	const struct place *place = file ? file->self : NULL;
	const struct proc_entry *entry = place ? proc_entry_of(&place->key) : NULL;

	if (!file || !(file->flags & fs_Open_WRITE))
		return posix_Error_EBADF;
	if (!entry || !entry->write)
		return posix_Error_EIO;
	if (lease->size > WRITE_MAX)
		return posix_Error_EINVAL;
	if (lease->size > 0 && sk_lease_read(to, lease, 0, text, lease->size, NULL) != SK_OK)
		return posix_Error_EFAULT;
	text[lease->size] = 0;
	posix.reader = process_find(access->process);
	return entry->write(&place->key, place->opener, text, (uint32_t)lease->size);
}

static void op_write(void *self, const struct fs_File_write_request *r, struct sk_reply *to)
{
	const struct access *access = self;
	const struct fs_File_write_reply reply = {r->data.size};

	fs_File_write_answer(to, write_all(access, to, &r->data), &reply);
}

static void op_write_at(void *self, const struct fs_File_write_at_request *r,
	struct sk_reply *to)
{
	const struct access *access = self;
	const struct fs_File_write_at_reply reply = {r->data.size};

	fs_File_write_at_answer(to, write_all(access, to, &r->data), &reply);
}

/* ---- the rest of fs.File ---- */

static void op_seek(void *self, const struct fs_File_seek_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	struct place *place = access->file ? access->file->self : NULL;
	struct fs_File_seek_reply reply = {0};
	int64_t base = place && request->whence == fs_Whence_CURRENT ?
		(int64_t)place->position : 0;
	int error = !place ? posix_Error_EBADF : request->whence != fs_Whence_START &&
		request->whence != fs_Whence_CURRENT ? posix_Error_EINVAL : 0;

	if (!error && (request->offset > INT64_MAX - base || base + request->offset < 0))
		error = posix_Error_EINVAL;
	if (!error)
		reply.position = place->position = (uint64_t)(base + request->offset);
	fs_File_seek_answer(to, error, &reply);
}

static void op_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	struct fs_File_status_reply reply = {0};

	UNUSED(request);
	if (access->file)
		reply.status = proc_status(&((struct place *)access->file->self)->key);
	fs_File_status_answer(to, access->file ? 0 : posix_Error_EBADF, &reply);
}

static void op_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	UNUSED(request);
	file_describe(self, fs_Kind_FILE, to);
}

static void op_ready(void *self, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	const struct fs_File_ready_reply reply = {request->mask & (uint32_t)
		(fs_Ready_READABLE | fs_Ready_WRITABLE), 1};

	UNUSED(self);
	fs_File_ready_answer(to, 0, &reply);
}

#define ANSWER(name, error) \
	static void op_##name(void *self, const struct fs_File_##name##_request *request, \
		struct sk_reply *to) \
	{ \
		const struct fs_File_##name##_reply reply = {0}; \
		UNUSED(self); \
		UNUSED(request); \
		fs_File_##name##_answer(to, error, &reply); \
	}
ANSWER(truncate, 0)
ANSWER(sync, posix_Error_EINVAL)
ANSWER(allocate, posix_Error_EOPNOTSUPP)
ANSWER(set_flags, 0)
ANSWER(flush, 0)

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fs_File_ops ops = {
		.read = op_read, .read_at = op_read_at, .write = op_write,
		.write_at = op_write_at, .seek = op_seek, .status = op_status,
		.describe = op_describe, .ready = op_ready, .truncate = op_truncate,
		.sync = op_sync, .allocate = op_allocate, .set_flags = op_set_flags,
		.flush = op_flush,
	};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		fs_File_dispatch(&ops, self, incoming);
}

/* ---- directories ---- */

static void op_read_entries(void *self, const struct fs_Directory_read_entries_request *r,
	struct sk_reply *to)
{
	struct fs_Entry entries[64];
	char names[64][PROC_NAME_MAX];
	struct fs_Directory_read_entries_reply reply = {.entries = {.items = entries}};
	const struct access *access = self;
	struct place *place = access->file ? access->file->self : NULL;
	struct proc_key key;
	uint64_t next;
	uint32_t left = r->room, count = 0, size;
	int error = place ? 0 : posix_Error_EBADF;

	while (!error && count < ARRAY_SIZE(entries) && proc_list(&place->key, place->position,
			&key, names[count], &next)) {
		size = (20 + (uint32_t)strlen(names[count]) + 7) & ~7u;
		if (size > left)
			break;
		left -= size;
		entries[count] = (struct fs_Entry){proc_status(&key).inode, next,
			proc_status(&key).kind, {names[count], (uint32_t)strlen(names[count])}};
		count++;
		place->position = next;
	}
	if (!error && count == 0 && proc_list(&place->key, place->position, &key, names[0],
			&next))
		error = posix_Error_EINVAL;
	reply.entries.count = count;
	fs_Directory_read_entries_answer(to, error, &reply);
}

static void op_read_directory(void *self, const struct fs_File_read_request *request,
	struct sk_reply *to)
{
	UNUSED(self);
	UNUSED(request);
	fs_File_read_answer(to, posix_Error_EISDIR, NULL);
}

static int dispatch_directory(void *self, struct sk_incoming *incoming)
{
	static const struct fs_Directory_ops ops = {
		.read = op_read_directory, .seek = op_seek, .status = op_status,
		.describe = op_describe, .ready = op_ready, .sync = op_sync,
		.set_flags = op_set_flags, .flush = op_flush, .read_entries = op_read_entries,
	};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		fs_Directory_dispatch(&ops, self, incoming);
}

/* ---- opening ---- */

static uint32_t ready(struct file *file)
{
	UNUSED(file);
	return fs_Ready_READABLE | fs_Ready_WRITABLE;
}

static void closed(struct file *file)
{
	struct place *place = file->self;

	credentials_drop(place->opener);
	release(place);
}

static const struct sk_object file_object = {.dispatch = dispatch, .gone = access_gone};
static const struct sk_object directory_object = {
	.dispatch = dispatch_directory, .gone = access_gone,
};
static const struct file_ops file_ops = {&file_object, closed, ready, NULL};
static const struct file_ops directory_ops = {&directory_object, closed, ready, NULL};

/* What has no node is opened once more. */
static int open_again(struct file *file, struct file *like)
{
	const struct file_ops *ops = like->ops;

	if (ops && like->kind != posix_ObjectKind_PIPE)
		return posix_Error_ENXIO;
	file->kind = like->kind;
	if (ops) {
		pipe_take(file, like);
	} else {
		file->handle = copy(like->handle, ALL_RIGHTS);
		if (file->handle.raw < 0)
			return posix_Error_ENFILE;
	}
	node_drop(file->node);
	file->node = NULL;
	return 0;
}

int proc_open(struct thread *thread, struct file *file, const struct proc_key *key)
{
	struct place *place;

	if (key->kind == PROC_OBJECT)
		return open_again(file, key->object);
	place = allocate(sizeof(*place));
	if (!place)
		return posix_Error_ENOMEM;
	place->key = *key;
	place->opener = credentials_take(thread->credentials);
	file->self = place;
	file->ops = file->kind == posix_ObjectKind_DIRECTORY ? &directory_ops : &file_ops;
	return 0;
}
