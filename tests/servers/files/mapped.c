/* Files whose pages a client maps: all see the same bytes. */
#include "tests/servers/files/files.h"

#define RW (fs_Open_READ | fs_Open_WRITE)
#define MAP_RW (kernel_Protection_READ | kernel_Protection_WRITE)
#define GIB (UINT64_C(1) << 30)

static uint8_t buffer[4 * SK_PAGE];

#define SPACE(method, reply, ...) \
	kernel_Space_##method(&tap.os->thread->space.channel, \
		&(struct kernel_Space_##method##_request){__VA_ARGS__}, reply, NULL)

/* 0, or an error of the file's, or of the kernel's. */
static int map(struct sk_kernel_channel *file, uint64_t length, kernel_Protection protection,
	kernel_MapFlags flags, uint8_t **to)
{
	struct fs_File_memory_reply memory;
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply = {0};
	int status = FILE_CALL(memory, file, &memory, .empty = 0);

	if (status != SK_OK)
		return status;
	kernel_Space_map_request_init(&request);
	request.memory.raw = memory.memory.raw;
	request.length = length;
	request.protection = protection;
	request.flags = flags;
	status = kernel_Space_map(&tap.os->thread->space.channel, &request, &reply, NULL);
	sk_close(&tap.os->thread->space.channel, memory.memory.raw);
	*to = (uint8_t *)(uintptr_t)reply.address;
	return status;
}

static void unmap(uint8_t *at_, uint64_t length)
{
	sk_pages_free(tap.os->thread, at_, length);
}

/* How much of a range is there to be touched. */
static uint64_t touchable(uint8_t *from, uint64_t length, bool write)
{
	struct kernel_Space_populate_reply reply = {0};

	EXPECT(SPACE(populate, &reply, .address = (uintptr_t)from, .length = length,
		.write = write), 0);
	return reply.done;
}

static uint64_t put(struct sk_kernel_channel *file, uint64_t offset, uint64_t size, int value)
{
	struct fs_File_write_at_reply reply = {0};

	memset(buffer, value, size);
	EXPECT(FILE_CALL(write_at, file, &reply, .offset = offset,
		.data = sk_lend(buffer, size)), 0);
	return reply.count;
}

/* One byte, -1 at the end. */
static int get(struct sk_kernel_channel *file, uint64_t offset)
{
	struct fs_File_read_at_reply reply = {0};

	EXPECT(FILE_CALL(read_at, file, &reply, .offset = offset,
		.data = sk_lend_out(buffer, 1)), 0);
	return reply.count == 1 ? buffer[0] : -1;
}

static uint64_t size_of(struct sk_kernel_channel *file, uint64_t *blocks)
{
	struct fs_File_status_reply reply = {0};

	EXPECT(FILE_CALL(status, file, &reply, .empty = 0), 0);
	*blocks = reply.status.blocks;
	return reply.status.size;
}

static void truncate(struct sk_kernel_channel *file, uint64_t size)
{
	EXPECT(FILE_CALL(truncate, file, &(struct fs_File_truncate_reply){0}, .size = size),
		0);
}

static void unlink(const char *name)
{
	EXPECT(FS(unlink, &(struct fs_FileSystem_unlink_reply){0}, .at = at(name)), 0);
}

static uint64_t blocks_free(void)
{
	struct fs_FileSystem_statfs_reply reply = {0};

	EXPECT(FS(statfs, &reply, .empty = 0), 0);
	return reply.space.blocks_free;
}

/* The kernel takes its time to free what has ended. */
static uint64_t blocks_free_again(uint64_t wanted)
{
	uint64_t until = sk_os_after(tap.os, 5000);

	while (blocks_free() != wanted && sk_os_now(tap.os) < until)
		sk_os_sleep(tap.os, 1);
	return blocks_free();
}

/* ---- the cases ---- */

static void shared(void)
{
	struct sk_kernel_channel file, again;
	uint8_t *one = NULL, *other = NULL;

	if (!opens("shared", RW | fs_Open_CREATE, &file))
		return;
	EXPECT(put(&file, 0, 2 * SK_PAGE + 100, 'a'), 2 * SK_PAGE + 100);
	EXPECT(map(&file, 3 * SK_PAGE, MAP_RW, 0, &one), 0);
	if (!opens("shared", fs_Open_READ, &again) ||
			map(&again, 3 * SK_PAGE, kernel_Protection_READ, 0, &other) != 0)
		return;
	EXPECT(one[0], 'a');
	EXPECT(one[2 * SK_PAGE + 99], 'a');
	EXPECT(one[2 * SK_PAGE + 100], 0);
	one[5000] = 'b';
	EXPECT(other[5000], 'b');
	EXPECT(get(&again, 5000), 'b');
	EXPECT(put(&file, 8000, 300, 'c'), 300);
	EXPECT(one[8299], 'c');
	EXPECT(other[8000], 'c');
	sk_kernel_channel_close(&again);
	unmap(one, 3 * SK_PAGE);
	unmap(other, 3 * SK_PAGE);
	EXPECT(get(&file, 5000), 'b');
	sk_kernel_channel_close(&file);
	unlink("shared");
}

static void private(void)
{
	struct sk_kernel_channel file;
	uint8_t *mine = NULL;

	if (!opens("private", RW | fs_Open_CREATE, &file))
		return;
	EXPECT(put(&file, 0, 2 * SK_PAGE, 'a'), 2 * SK_PAGE);
	EXPECT(map(&file, 2 * SK_PAGE, MAP_RW, kernel_MapFlags_PRIVATE, &mine), 0);
	mine[10] = 'm';
	EXPECT(get(&file, 10), 'a');
	EXPECT(put(&file, 0, SK_PAGE, 'b'), SK_PAGE);
	EXPECT(mine[10], 'm');
	EXPECT(mine[11], 'a');
	EXPECT(mine[SK_PAGE], 'a');
	unmap(mine, 2 * SK_PAGE);
	sk_kernel_channel_close(&file);
	unlink("private");
}

static void cut_and_grown(void)
{
	struct sk_kernel_channel file;
	uint8_t *at_ = NULL;

	if (!opens("cut", RW | fs_Open_CREATE, &file))
		return;
	EXPECT(put(&file, 0, 3 * SK_PAGE, 'a'), 3 * SK_PAGE);
	EXPECT(map(&file, 8 * SK_PAGE, MAP_RW, 0, &at_), 0);
	EXPECT(touchable(at_, 8 * SK_PAGE, false), 3 * SK_PAGE);
	truncate(&file, SK_PAGE + 10);
	EXPECT(touchable(at_, 8 * SK_PAGE, false), 2 * SK_PAGE);
	EXPECT(at_[SK_PAGE + 9], 'a');
	EXPECT(at_[SK_PAGE + 10], 0);
	/* Behind the end is no part of the file, whatever is written there. */
	at_[SK_PAGE + 20] = 'x';
	truncate(&file, 3 * SK_PAGE);
	EXPECT(touchable(at_, 8 * SK_PAGE, false), 3 * SK_PAGE);
	EXPECT(at_[SK_PAGE + 20], 0);
	EXPECT(at_[2 * SK_PAGE], 0);
	EXPECT(put(&file, 5 * SK_PAGE, 1, 'e'), 1);
	EXPECT(touchable(at_, 8 * SK_PAGE, false), 6 * SK_PAGE);
	EXPECT(at_[5 * SK_PAGE], 'e');
	EXPECT(get(&file, 5 * SK_PAGE + 1), -1);
	truncate(&file, 0);
	EXPECT(touchable(at_, SK_PAGE, false), 0);
	unmap(at_, 8 * SK_PAGE);
	sk_kernel_channel_close(&file);
	unlink("cut");
}

static void sparse(void)
{
	struct fs_File_allocate_reply allocated;
	struct sk_kernel_channel file;
	uint64_t blocks, before = blocks_free();
	uint8_t *at_ = NULL;

	if (!opens("sparse", RW | fs_Open_CREATE, &file))
		return;
	truncate(&file, GIB);
	EXPECT(put(&file, GIB / 2, SK_PAGE, 's'), SK_PAGE);
	EXPECT(map(&file, GIB, MAP_RW, 0, &at_), 0);
	EXPECT(at_[GIB / 2], 's');
	EXPECT(at_[GIB - 1], 0);
	EXPECT(size_of(&file, &blocks), GIB);
	EXPECT(blocks, 8);
	at_[GIB / 4] = 'q';
	size_of(&file, &blocks);
	EXPECT(blocks, 16);
	EXPECT(get(&file, GIB / 4), 'q');
	EXPECT(FILE_CALL(allocate, &file, &allocated, .how = fs_Allocate_PUNCH,
		.offset = GIB / 4 - 100, .length = GIB / 2), 0);
	EXPECT(at_[GIB / 4], 0);
	EXPECT(at_[GIB / 2], 0);
	EXPECT(FILE_CALL(allocate, &file, &allocated, .how = fs_Allocate_RESERVE,
		.offset = GIB, .length = 1), 0);
	EXPECT(size_of(&file, &blocks), GIB + 1);
	EXPECT(FILE_CALL(allocate, &file, &allocated, .how = fs_Allocate_RESERVE,
		.length = GIB), fs_Error_ENOSPC);
	unmap(at_, GIB);
	sk_kernel_channel_close(&file);
	unlink("sparse");
	EXPECT(blocks_free_again(before), before);
}

/* What a file's memory cannot be used for is asked of the kernel, and refused. */
static void rights(void)
{
	struct fs_File_memory_reply memory;
	struct kernel_Memory_truncate_reply cut;
	struct sk_kernel_channel file, pages;
	uint8_t *at_ = NULL;

	if (!opens("rights", RW | fs_Open_CREATE, &file))
		return;
	EXPECT(put(&file, 0, SK_PAGE, 'a'), SK_PAGE);
	EXPECT(FILE_CALL(memory, &file, &memory, .empty = 0), 0);
	sk_os_channel(tap.os, &pages, memory.memory.raw);
	EXPECT(kernel_Memory_truncate(&pages.channel,
		&(struct kernel_Memory_truncate_request){.size = 0}, &cut, NULL),
		SK_BAD_HANDLE);
	sk_kernel_channel_close(&pages);
	sk_kernel_channel_close(&file);
	if (!opens("rights", fs_Open_READ, &file))
		return;
	EXPECT(map(&file, SK_PAGE, MAP_RW, 0, &at_), kernel_Error_NO_ACCESS);
	EXPECT(map(&file, SK_PAGE, MAP_RW, kernel_MapFlags_PRIVATE, &at_), 0);
	unmap(at_, SK_PAGE);
	sk_kernel_channel_close(&file);
	if (!opens("rights", fs_Open_WRITE, &file))
		return;
	EXPECT(map(&file, SK_PAGE, MAP_RW, 0, &at_), fs_Error_EACCES);
	sk_kernel_channel_close(&file);
	unlink("rights");
	if (!opens("etc", fs_Open_READ | fs_Open_DIRECTORY, &file))
		return;
	EXPECT(FILE_CALL(memory, &file, &memory, .empty = 0), fs_Error_ENODEV);
	sk_kernel_channel_close(&file);
}

static void of_the_archive(void)
{
	static const char wanted[] = "Welcome to Skald.\n";
	struct sk_kernel_channel file;
	uint8_t *at_ = NULL;

	if (!opens("etc/motd", fs_Open_READ, &file))
		return;
	EXPECT(map(&file, SK_PAGE, kernel_Protection_READ | kernel_Protection_EXECUTE,
		kernel_MapFlags_PRIVATE, &at_), 0);
	EXPECT(memcmp(at_, wanted, sizeof(wanted) - 1), 0);
	EXPECT(at_[sizeof(wanted) - 1], 0);
	EXPECT(get(&file, 0), 'W');
	unmap(at_, SK_PAGE);
	sk_kernel_channel_close(&file);
}

/* As memory is had that programs share. */
static void without_a_name(void)
{
	struct sk_kernel_channel file;
	uint64_t before = blocks_free();
	uint8_t *at_ = NULL;

	if (!opens("gone", RW | fs_Open_CREATE, &file))
		return;
	unlink("gone");
	truncate(&file, 100 * SK_PAGE);
	EXPECT(map(&file, 100 * SK_PAGE, MAP_RW, 0, &at_), 0);
	sk_kernel_channel_close(&file);
	EXPECT(touchable(at_, 100 * SK_PAGE, true), 100 * SK_PAGE);
	at_[99 * SK_PAGE] = 1;
	EXPECT(blocks_free() < before - 100, 1);
	unmap(at_, 100 * SK_PAGE);
	EXPECT(blocks_free_again(before), before);
}

static void bounded(void)
{
	struct kernel_Memory_decommit_reply decommitted;
	struct fs_File_memory_reply memory;
	struct sk_kernel_channel file, pages;
	uint64_t before = blocks_free(), done, blocks;
	uint8_t *at_ = NULL;

	if (!opens("bounded", RW | fs_Open_CREATE, &file))
		return;
	truncate(&file, GIB);
	EXPECT(map(&file, GIB, MAP_RW, 0, &at_), 0);
	done = touchable(at_, GIB, true);
	EXPECT(done > 0 && done < before * SK_PAGE, 1);
	EXPECT(blocks_free() < before / 20, 1);
	/* It goes on; nothing can be written any more, until there is room. */
	EXPECT(get(&file, GIB - 1), 0);
	EXPECT(FILE_CALL(write_at, &file, &(struct fs_File_write_at_reply){0},
		.offset = GIB - SK_PAGE, .data = sk_lend(buffer, SK_PAGE)), fs_Error_ENOSPC);
	/* Who may write can take pages away, behind the server's back. */
	EXPECT(FILE_CALL(memory, &file, &memory, .empty = 0), 0);
	sk_os_channel(tap.os, &pages, memory.memory.raw);
	EXPECT(kernel_Memory_decommit(&pages.channel,
		&(struct kernel_Memory_decommit_request){.length = GIB}, &decommitted, NULL),
		0);
	sk_kernel_channel_close(&pages);
	size_of(&file, &blocks);
	EXPECT(blocks, 0);
	EXPECT(put(&file, 10, 1, 'w'), 1);
	EXPECT(at_[10], 'w');
	unmap(at_, GIB);
	sk_kernel_channel_close(&file);
	unlink("bounded");
	EXPECT(blocks_free_again(before), before);
}

void mapped_files(void)
{
	tap_run("what is mapped shared is what is read and written", shared);
	tap_run("what is mapped privately is written by nobody else", private);
	tap_run("a mapping ends where the file does, as it is cut and grown", cut_and_grown);
	tap_run("a mapped file has holes", sparse);
	tap_run("a memory allows what the file was opened for", rights);
	tap_run("a file of the archive is mapped, to be executed too", of_the_archive);
	tap_run("a mapped file without a name lives until it is unmapped", without_a_name);
	tap_run("mapped files take no more than there is, and it comes back", bounded);
}
