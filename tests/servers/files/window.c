/* Files whose bytes a client reads without a call: what it is told, what it can do. */
#include "tests/servers/files/files.h"

#define RW (fs_Open_READ | fs_Open_WRITE)
#define OFTEN 1000
#define SOME 100
#define ROUNDS 6

struct seen {
	const struct fs_Window *state;
	const uint8_t *pages;
	uint64_t size;
};

static uint8_t buffer[4 * SK_PAGE];

static int ask(struct sk_kernel_channel *file, uint32_t reads, struct fs_File_window_reply *to)
{
	return FILE_CALL(window, file, to, .reads = reads);
}

static void drop(struct fs_File_window_reply *reply)
{
	sk_close(&tap.os->thread->space.channel, reply->pages.raw);
	sk_close(&tap.os->thread->space.channel, reply->state.raw);
}

static int map(struct sk_handle memory, uint64_t size, kernel_Protection protection,
	const void **to)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply = {0};
	int status;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = size;
	request.protection = protection;
	status = kernel_Space_map(&tap.os->thread->space.channel, &request, &reply, NULL);
	*to = (const void *)(uintptr_t)reply.address;
	return status;
}

static bool see(struct sk_kernel_channel *file, struct seen *seen)
{
	struct fs_File_window_reply reply;
	const void *state = NULL, *pages = NULL;
	bool fine = ask(file, OFTEN, &reply) == 0;

	EXPECT(fine, true);
	if (!fine)
		return false;
	fine = map(reply.state.raw, SK_PAGE, kernel_Protection_READ, &state) == SK_OK &&
		map(reply.pages.raw, reply.size, kernel_Protection_READ, &pages) == SK_OK;
	EXPECT(fine, true);
	*seen = (struct seen){state, pages, reply.size};
	drop(&reply);
	return fine;
}

static void unsee(const struct seen *seen)
{
	sk_pages_free(tap.os->thread, (void *)(uintptr_t)seen->state, SK_PAGE);
	sk_pages_free(tap.os->thread, (void *)(uintptr_t)seen->pages, seen->size);
}

static void put(struct sk_kernel_channel *file, uint64_t offset, uint64_t size, int value)
{
	struct fs_File_write_at_reply reply = {0};

	memset(buffer, value, size);
	EXPECT(FILE_CALL(write_at, file, &reply, .offset = offset,
		.data = sk_lend(buffer, size)), 0);
	EXPECT(reply.count, size);
}

static int get(struct sk_kernel_channel *file, uint64_t offset)
{
	struct fs_File_read_at_reply reply = {0};

	EXPECT(FILE_CALL(read_at, file, &reply, .offset = offset,
		.data = sk_lend_out(buffer, 1)), 0);
	return reply.count == 1 ? buffer[0] : -1;
}

static void truncate(struct sk_kernel_channel *file, uint64_t size)
{
	EXPECT(FILE_CALL(truncate, file, &(struct fs_File_truncate_reply){0}, .size = size), 0);
}

static void unlink(const char *name)
{
	EXPECT(FS(unlink, &(struct fs_FileSystem_unlink_reply){0}, .at = at(name)), 0);
}

static bool opens_full(const char *name, uint64_t pages, struct sk_kernel_channel *file)
{
	if (!opens(name, RW | fs_Open_CREATE, file))
		return false;
	for (uint64_t i = 0; i < pages; i++)
		put(file, i * SK_PAGE, SK_PAGE, 'a');
	return true;
}

/* ---- the cases ---- */

static void follows(void)
{
	struct sk_kernel_channel file;
	struct seen seen;

	if (!opens_full("window", 3, &file) || !see(&file, &seen))
		return;
	EXPECT(seen.state->size, 3 * SK_PAGE);
	EXPECT(seen.size, 3 * SK_PAGE);
	EXPECT(seen.pages[SK_PAGE], 'a');
	put(&file, SK_PAGE, 10, 'b');
	EXPECT(seen.pages[SK_PAGE + 9], 'b');
	EXPECT(seen.pages[SK_PAGE + 10], 'a');
	EXPECT(get(&file, SK_PAGE + 9), 'b');
	truncate(&file, SK_PAGE + 5);
	EXPECT(seen.state->size, SK_PAGE + 5);
	EXPECT(seen.pages[SK_PAGE + 5], 0);
	put(&file, 2 * SK_PAGE, 100, 'c');
	EXPECT(seen.state->size, 2 * SK_PAGE + 100);
	EXPECT(seen.pages[2 * SK_PAGE + 99], 'c');
	EXPECT(seen.pages[2 * SK_PAGE - 1], 0);
	EXPECT(get(&file, 2 * SK_PAGE + 99), 'c');
	put(&file, 5 * SK_PAGE, 10, 'd');
	EXPECT(seen.state->size, 5 * SK_PAGE + 10);
	EXPECT(get(&file, 5 * SK_PAGE), 'd');
	unsee(&seen);
	sk_kernel_channel_close(&file);
	unlink("window");
}

/* The first read after a change is one that the server wants to know of. */
static void access_time(void)
{
	struct fs_File_status_reply before = {0}, after = {0};
	struct sk_kernel_channel file;
	struct seen seen;

	if (!opens_full("window", 1, &file) || !see(&file, &seen))
		return;
	put(&file, 0, 1, 'x');
	EXPECT(seen.state->until, 0);
	EXPECT(FILE_CALL(status, &file, &before, .empty = 0), 0);
	EXPECT(get(&file, 0), 'x');
	EXPECT(FILE_CALL(status, &file, &after, .empty = 0), 0);
	EXPECT(after.status.accessed.seconds > before.status.accessed.seconds ||
		after.status.accessed.nanos != before.status.accessed.nanos, true);
	EXPECT(seen.state->until, (uint64_t)after.status.accessed.seconds + 86400);
	unsee(&seen);
	sk_kernel_channel_close(&file);
	unlink("window");
}

static void watched(void)
{
	struct fs_FileSystem_create_watcher_reply watcher;
	struct sk_kernel_channel file;
	struct seen seen;

	if (!opens_full("window", 1, &file) || !see(&file, &seen))
		return;
	EXPECT(get(&file, 0), 'a');
	EXPECT(seen.state->until != 0, true);
	EXPECT(FS(create_watcher, &watcher, .empty = 0), 0);
	EXPECT(seen.state->until, 0);
	sk_close(&tap.os->thread->space.channel, watcher.watcher.raw);
	unsee(&seen);
	sk_kernel_channel_close(&file);
	unlink("window");
}

static void refused(void)
{
	struct fs_File_window_reply reply;
	struct sk_kernel_channel file, other;

	if (!opens_full("window", 4, &file))
		return;
	EXPECT(ask(&file, 0, &reply), fs_Error_EAGAIN);
	truncate(&file, 100 * SK_PAGE);
	EXPECT(ask(&file, OFTEN, &reply), fs_Error_ENODEV);
	truncate(&file, 0);
	EXPECT(ask(&file, OFTEN, &reply), fs_Error_EAGAIN);
	if (opens("window", fs_Open_WRITE, &other)) {
		EXPECT(ask(&other, OFTEN, &reply), fs_Error_EBADF);
		EXPECT(FILE_CALL(advance, &other, &(struct fs_File_advance_reply){0},
			.most = 1), fs_Error_EBADF);
		sk_kernel_channel_close(&other);
	}
	sk_kernel_channel_close(&file);
	unlink("window");
}

/* Nothing that a client can do with it harms the server, or another client. */
static void rights(void)
{
	struct kernel_Memory_decommit_reply decommitted;
	struct kernel_Memory_truncate_reply cut;
	struct fs_File_window_reply reply;
	struct fs_File_memory_reply memory;
	struct sk_kernel_channel file, pages;
	const void *at_;

	if (!opens_full("window", 2, &file) || ask(&file, OFTEN, &reply) != 0)
		return;
	for (int i = 0; i < 2; i++) {
		struct sk_handle one = i ? reply.pages.raw : reply.state.raw;

		EXPECT(map(one, SK_PAGE, kernel_Protection_READ | kernel_Protection_WRITE, &at_)
			!= SK_OK, true);
		sk_os_channel(tap.os, &pages, one);
		EXPECT(kernel_Memory_decommit(&pages.channel,
			&(struct kernel_Memory_decommit_request){.length = SK_PAGE},
			&decommitted, NULL) != SK_OK, true);
		EXPECT(kernel_Memory_truncate(&pages.channel,
			&(struct kernel_Memory_truncate_request){0}, &cut, NULL) != SK_OK, true);
	}
	drop(&reply);
	/* Who may write takes pages away: the server goes by the kernel from then on. */
	EXPECT(FILE_CALL(memory, &file, &memory, .empty = 0), 0);
	sk_os_channel(tap.os, &pages, memory.memory.raw);
	EXPECT(kernel_Memory_decommit(&pages.channel,
		&(struct kernel_Memory_decommit_request){.length = 2 * SK_PAGE}, &decommitted,
		NULL), 0);
	sk_kernel_channel_close(&pages);
	EXPECT(get(&file, 10), 0);
	put(&file, 10, 1, 'w');
	EXPECT(get(&file, 10), 'w');
	sk_kernel_channel_close(&file);
	unlink("window");
}

static void positions(void)
{
	struct fs_File_advance_reply moved = {0};
	struct fs_File_seek_reply position = {0};
	struct sk_kernel_channel file;

	if (!opens_full("window", 1, &file))
		return;
	EXPECT(FILE_CALL(advance, &file, &moved, .most = 4000), 0);
	EXPECT(moved.offset, 0);
	EXPECT(moved.count, 4000);
	EXPECT(FILE_CALL(advance, &file, &moved, .most = 4000), 0);
	EXPECT(moved.offset, 4000);
	EXPECT(moved.count, 96);
	EXPECT(FILE_CALL(advance, &file, &moved, .most = 4000), 0);
	EXPECT(moved.count, 0);
	EXPECT(FILE_CALL(seek, &file, &position, .whence = fs_Whence_CURRENT), 0);
	EXPECT(position.position, 4096);
	EXPECT(FILE_CALL(advance, &file, &moved, .most = UINT64_MAX), fs_Error_EINVAL);
	sk_kernel_channel_close(&file);
	unlink("window");
}

/* More than there can be at once, some at a time: what is closed makes room. */
static void come_back(void)
{
	static struct sk_kernel_channel files[SOME];
	struct fs_File_window_reply reply;
	char name[] = "window-00";
	int windows = 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < SOME; i++) {
			name[7] = (char)('0' + i / 10);
			name[8] = (char)('0' + i % 10);
			if (!opens_full(name, 1, &files[i]))
				return;
			unlink(name);
			if (ask(&files[i], OFTEN, &reply) == 0) {
				drop(&reply);
				windows++;
			}
		}
		for (int i = 0; i < SOME; i++)
			sk_kernel_channel_close(&files[i]);
	}
	EXPECT(windows, SOME * ROUNDS);
}

void windows(void)
{
	tap_run("a window shows what is written, cut and extended", follows);
	tap_run("the read after a change is the server's to know of", access_time);
	tap_run("with a watcher all reads are", watched);
	tap_run("a window is refused where it would not pay or cannot be", refused);
	tap_run("a window can only be read", rights);
	tap_run("a position moves without its bytes", positions);
	tap_run("windows that are closed make room for others", come_back);
}
