/* Files by their paths: from a path to what the file system takes, and on where it stops. */
#include "kernel.skald.h"
#include "servers/monitor/monitor.h"

#define ROOM 3900			/* bytes of entries in one call */
#define BLOCK (16u << 10)		/* bytes of names in one piece */
#define CALL 10				/* seconds of one read or write */

#define FS(method, reply, ...) \
	fs_FileSystem_##method(&monitor.files.kernel.channel, \
		&(struct fs_FileSystem_##method##_request){__VA_ARGS__}, reply, within(5))

bool file_path(char to[PATH_SIZE], const char *text)
{
	if (path_join(to, monitor.folder, text))
		return true;
	complain(NULL, "the path is too long");
	return false;
}

static const char *error_text(int error)
{
	static const struct { int error; const char *text; } texts[] = {
		{fs_Error_EPERM, "not allowed"}, {fs_Error_ENOENT, "there is no such file"},
		{fs_Error_EIO, "the storage has failed"}, {fs_Error_EACCES, "not allowed"},
		{fs_Error_EBUSY, "in use"}, {fs_Error_EEXIST, "it is there already"},
		{fs_Error_EXDEV, "another file system"}, {fs_Error_ENOTDIR, "not a folder"},
		{fs_Error_EISDIR, "a folder"}, {fs_Error_EINVAL, "that cannot be"},
		{fs_Error_EFBIG, "too large"}, {fs_Error_ENOMEM, "no memory is left"},
		{fs_Error_ENOSPC, "no room is left"}, {fs_Error_EROFS, "it can only be read"},
		{fs_Error_ENAMETOOLONG, "the name is too long"},
		{fs_Error_ENOTEMPTY, "the folder is not empty; `rm -r` removes all in it"},
		{fs_Error_ELOOP, "too many links"}, {fs_Error_EDQUOT, "no room is left"},
		{fs_Error_EMFILE, "too many open files"}, {fs_Error_ENFILE, "too many open files"},
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].error == error)
			return texts[i].text;
	return "it cannot be done";
}

void complain_file(const char *path, int status)
{
	if (status > 0)
		complain(path, error_text(status));
	else if (status < 0)
		complain(path, sk_status_text(status));
}

uint8_t *chunk(void)
{
	static uint8_t *memory;

	if (!memory)
		memory = sk_alloc(&monitor.os->heap, CHUNK);
	if (!memory)
		complain(NULL, "no memory is left");
	return memory;
}

/* ---- where a walk stops ---- */

/* A path on its way; links that lead out begin it anew. */
struct route {
	char path[PATH_SIZE];
	uint32_t links;
};

static void set_out(struct route *route, const char *path)
{
	path_join(route->path, "/", path);
	route->links = 0;
}

static struct fs_Place place(const struct route *route, bool follows)
{
	return (struct fs_Place){
		.start = fs_ROOT,
		.subject = fs_SELF,
		.resolve = follows ? fs_Resolve_FOLLOW : 0,
		.path = {route->path + 1, (uint32_t)strlen(route->path + 1)},
	};
}

void file_forget(fs_Node node)
{
	const struct fs_FileSystem_forget_request request = {node, 1};

	if (node != 0)
		fs_FileSystem_forget(&monitor.files.kernel.channel, &request, within(5));
}

/* Whether to ask again, from the root with what is left; *status says why not. */
static bool goes_on(struct route *route, const struct fs_Progress *progress, int *status)
{
	char rest[fs_REST_MAX + PATH_SIZE + 2];
	size_t size = progress->rest.size, done = progress->consumed;
	size_t length = strlen(route->path + 1);

	if (progress->stop == fs_Stop_DONE)
		return false;
	done = done < length ? done : length;
	memcpy(rest, progress->rest.data, size);
	rest[size++] = '/';
	memcpy(rest + size, route->path + 1 + done, length - done + 1);
	route->links += progress->links;
	*status = progress->stop == fs_Stop_MOUNT ? fs_Error_EXDEV :
		route->links > fs_LINKS_MAX ? fs_Error_ELOOP :
		path_join(route->path, "/", rest) ? SK_OK : fs_Error_ENAMETOOLONG;
	file_forget(progress->node);
	/* A link's text that leads nowhere but back is counted too. */
	route->links++;
	return *status == SK_OK;
}

/* ---- finding ---- */

int file_stat(const char *path, bool follows, struct fs_Status *result)
{
	struct fs_FileSystem_stat_reply reply;
	struct route route;
	int status;

	set_out(&route, path);
	do {
		status = FS(stat, &reply, .place = place(&route, follows));
	} while (status == SK_OK && goes_on(&route, &reply.progress, &status));
	if (status == SK_OK)
		*result = reply.status;
	return status;
}

int file_walk(const char *path, fs_Node *node)
{
	struct fs_FileSystem_walk_reply reply;
	struct route route;
	int status;

	set_out(&route, path);
	do {
		status = FS(walk, &reply, .place = place(&route, true));
	} while (status == SK_OK && goes_on(&route, &reply.progress, &status));
	if (status == SK_OK)
		*node = reply.progress.node;
	return status;
}

int file_open(const char *path, fs_Open flags, struct sk_kernel_channel *file)
{
	struct fs_FileSystem_open_reply reply;
	struct route route;
	struct sk_handle handle;
	fs_Node node;
	int status;

	set_out(&route, path);
	do {
		status = FS(open, &reply, .place = place(&route, true), .flags = flags,
			.mode = 0644);
	} while (status == SK_OK && goes_on(&route, &reply.progress, &status));
	if (status != SK_OK)
		return status;
	handle = reply.has_file ? reply.file.raw : sk_no_handle();
	node = reply.progress.node;
	file_forget(node);
	if (handle.raw < 0)
		return fs_Error_EINVAL;
	sk_os_channel(monitor.os, file, handle);
	return SK_OK;
}

int file_at(const char *path, struct fs_At *at)
{
	const char *name = path_name(path);
	char folder[PATH_SIZE];
	size_t size = (size_t)(name - path);

	if (!*name)
		return fs_Error_EBUSY;
	memcpy(folder, path, size);
	folder[size] = 0;
	at->subject = fs_SELF;
	at->name = (struct sk_string){name, (uint32_t)strlen(name)};
	return file_walk(folder, &at->directory);
}

/* ---- contents ---- */

int file_read(struct sk_kernel_channel *file, uint64_t offset, void *to, uint64_t size,
	uint64_t *count)
{
	const struct fs_File_read_at_request request = {
		.offset = offset, .data = sk_lend_out(to, size),
	};
	struct fs_File_read_at_reply reply;
	int status = fs_File_read_at(&file->channel, &request, &reply, within(CALL));

	*count = status == SK_OK && reply.count <= size ? reply.count : 0;
	return status;
}

int file_write(struct sk_kernel_channel *file, uint64_t offset, const void *from,
	uint64_t size)
{
	for (uint64_t done = 0; done < size;) {
		const struct fs_File_write_at_request request = {
			.offset = offset + done,
			.data = sk_lend((const uint8_t *)from + done, size - done),
		};
		struct fs_File_write_at_reply reply;
		int status = fs_File_write_at(&file->channel, &request, &reply, within(CALL));

		if (status != SK_OK)
			return status;
		if (reply.count == 0 || reply.count > size - done)
			return fs_Error_ENOSPC;
		done += reply.count;
	}
	return SK_OK;
}

/* ---- folders ---- */

/* Names, one behind the other. */
struct block {
	struct block *next;
	uint32_t size;
	char bytes[BLOCK];
};

static const char *keep_name(struct listing *listing, fs_Name name)
{
	struct block *block = listing->blocks;
	char *to;

	if (!block || BLOCK - block->size < name.size + 1) {
		block = sk_alloc(&monitor.os->heap, sizeof(*block));
		if (!block)
			return NULL;
		block->next = listing->blocks;
		block->size = 0;
		listing->blocks = block;
	}
	to = block->bytes + block->size;
	memcpy(to, name.data, name.size);
	to[name.size] = 0;
	block->size += name.size + 1;
	return to;
}

static bool keep(struct listing *listing, const struct fs_Entry *entry)
{
	const char *name = keep_name(listing, entry->name);

	if (name && listing->count == listing->capacity) {
		uint32_t capacity = 2 * listing->capacity + 64;
		struct item *items = sk_realloc(&monitor.os->heap, listing->items,
			capacity * sizeof(*items));

		if (!items)
			return false;
		listing->items = items;
		listing->capacity = capacity;
	}
	if (name)
		listing->items[listing->count++] = (struct item){name, entry->kind};
	return name != NULL;
}

/* Shell's. */
static void sort(struct item *items, uint32_t count)
{
	for (uint32_t gap = count / 2; gap > 0; gap /= 2)
		for (uint32_t i = gap; i < count; i++) {
			struct item item = items[i];
			uint32_t at = i;

			for (; at >= gap && compare(items[at - gap].name, item.name) > 0;
					at -= gap)
				items[at] = items[at - gap];
			items[at] = item;
		}
}

static bool has_start(fs_Name name, const char *start)
{
	size_t size = strlen(start);

	return name.size >= size && memcmp(name.data, start, size) == 0;
}

static int read_all(struct sk_kernel_channel *folder, const char *start,
	struct listing *listing)
{
	const struct fs_Directory_read_entries_request request = {.room = ROOM};
	struct fs_Directory_read_entries_reply reply;

	for (;;) {
		int status = fs_Directory_read_entries(&folder->channel, &request, &reply,
			within(CALL));
		struct fs_Entry entry;
		bool has_any = false;

		if (status != SK_OK)
			return status;
		while (fs_Entry_next(&reply.entries, &entry)) {
			has_any = true;
			if (has_start(entry.name, start) && !keep(listing, &entry))
				return fs_Error_ENOMEM;
		}
		if (!has_any || is_interrupted())
			return SK_OK;
	}
}

int file_list(const char *path, const char *start, struct listing *listing)
{
	struct sk_kernel_channel folder;
	int status;

	memset(listing, 0, sizeof(*listing));
	status = file_open(path, fs_Open_READ | fs_Open_DIRECTORY, &folder);
	if (status != SK_OK)
		return status;
	status = read_all(&folder, start, listing);
	sk_kernel_channel_close(&folder);
	sort(listing->items, listing->count);
	return status;
}

void listing_free(struct listing *listing)
{
	while (listing->blocks) {
		struct block *block = listing->blocks;

		listing->blocks = block->next;
		sk_free(&monitor.os->heap, block);
	}
	sk_free(&monitor.os->heap, listing->items);
	memset(listing, 0, sizeof(*listing));
}
