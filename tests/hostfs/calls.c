/*
 * Calls that a good client does not make, and what they must come to.
 *
 * Usage: calls SOCKET. The server's folder holds file ("content\n"), folder
 * and fifo. Says which line failed, if one did.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/fs.skald.h"
#include "runtime/socket.h"

#define FILES 64

static struct sk_socket client;

#define WANT(wanted, expression) want(__LINE__, #expression, wanted, expression)

static void want(int line, const char *what, int64_t wanted, int64_t came)
{
	if (wanted == came)
		return;
	printf("calls.c:%d: %s: wanted %" PRId64 ", came %" PRId64 "\n", line, what,
		wanted, came);
	exit(1);
}

static fs_Path bytes_path(const char *text, uint32_t size)
{
	return (fs_Path){.data = text, .size = size};
}

static fs_Path path_of(const char *text)
{
	return bytes_path(text, (uint32_t)strlen(text));
}

static int open_path(fs_Path path, uint32_t flags, fs_File *file)
{
	struct fs_Files_open_request request = {
		.path = path, .flags = flags, .mode = 07777,
	};
	struct fs_Files_open_reply reply;
	int status = fs_Files_open(&client.channel, &request, &reply, NULL);

	*file = status == 0 ? reply.file : 0;
	return status;
}

static fs_File opened(const char *path, uint32_t flags)
{
	fs_File file;

	WANT(0, open_path(path_of(path), flags, &file));
	return file;
}

static int close_file(fs_File file)
{
	struct fs_Files_close_request request = {.file = file};
	struct fs_Files_close_reply reply;

	return fs_Files_close(&client.channel, &request, &reply, NULL);
}

/* The bytes read, or an error as -100 - error. */
static int64_t read_file(fs_File file, uint64_t offset, uint32_t size)
{
	struct fs_Files_read_request request = {file, offset, size};
	struct fs_Files_read_reply reply;
	int status = fs_Files_read(&client.channel, &request, &reply, NULL);

	return status == 0 ? (int64_t)reply.data.size : -100 - status;
}

static int64_t write_file(fs_File file, uint64_t offset, uint32_t size)
{
	static const uint8_t zeros[fs_DATA_MAX + 1];
	struct fs_Files_write_request request = {file, offset, {zeros, size}};
	struct fs_Files_write_reply reply;
	int status = fs_Files_write(&client.channel, &request, &reply, NULL);

	return status == 0 ? (int64_t)reply.count : -100 - status;
}

static int truncate_file(fs_File file, uint64_t size)
{
	struct fs_Files_truncate_request request = {file, size};
	struct fs_Files_truncate_reply reply;

	return fs_Files_truncate(&client.channel, &request, &reply, NULL);
}

/* How many entries come, or an error as -100 - error. */
static int64_t list(fs_File directory, uint64_t from)
{
	struct fs_Files_readdir_request request = {directory, from};
	struct fs_Files_readdir_reply reply;
	struct fs_Entry entry;
	int64_t count = 0;
	int status = fs_Files_readdir(&client.channel, &request, &reply, NULL);

	while (status == 0 && fs_Entry_next(&reply.entries, &entry))
		count++;
	return status == 0 ? count : -100 - status;
}

static void numbers_that_are_no_files(void)
{
	static const uint32_t numbers[] = {
		0, 1, 63, 64, 255, 256, 0x100, 0x1ff, 0xffffff00, UINT32_MAX,
	};
	fs_File file = opened("file", fs_Open_READ), again;
	struct fs_Files_fstat_request request;
	struct fs_Files_fstat_reply reply;
	struct fs_Files_sync_request sync;
	struct fs_Files_sync_reply synced;

	WANT(0, close_file(file));
	WANT(fs_Error_BAD_FILE, close_file(file));
	WANT(-100 - fs_Error_BAD_FILE, read_file(file, 0, 1));
	/* The place is used again, its old number is not. */
	again = opened("file", fs_Open_READ);
	WANT(true, again != file && (again & 0xff) == (file & 0xff));
	WANT(-100 - fs_Error_BAD_FILE, read_file(file, 0, 1));
	WANT(0, close_file(again));
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		request.file = sync.file = numbers[i];
		WANT(fs_Error_BAD_FILE, fs_Files_fstat(&client.channel, &request, &reply,
			NULL));
		WANT(fs_Error_BAD_FILE, fs_Files_sync(&client.channel, &sync, &synced,
			NULL));
		WANT(fs_Error_BAD_FILE, close_file(numbers[i]));
		WANT(-100 - fs_Error_BAD_FILE, read_file(numbers[i], 0, 1));
		WANT(-100 - fs_Error_BAD_FILE, write_file(numbers[i], 0, 1));
		WANT(-100 - fs_Error_BAD_FILE, list(numbers[i], 0));
		WANT(fs_Error_BAD_FILE, truncate_file(numbers[i], 0));
	}
}

/* Another connection's numbers mean nothing here. */
static void files_of_another_client(const char *socket)
{
	static struct sk_socket other;
	struct fs_Files_read_request request = {.file = opened("file", fs_Open_READ),
		.size = 1};
	struct fs_Files_read_reply reply;

	WANT(0, sk_socket_connect(&other, socket, SK_FOREVER));
	WANT(fs_Error_BAD_FILE, fs_Files_read(&other.channel, &request, &reply, NULL));
	sk_socket_close(&other);
	WANT(0, close_file(request.file));
}

static void flags_without_sense(void)
{
	static const uint32_t flags[] = {
		0, fs_Open_CREATE, fs_Open_DIRECTORY, fs_Open_READ | fs_Open_TRUNCATE,
		fs_Open_READ | fs_Open_APPEND, fs_Open_READ | fs_Open_EXCLUSIVE,
		fs_Open_WRITE | fs_Open_DIRECTORY, fs_Open_READ | 256, UINT32_MAX,
		fs_Open_READ | fs_Open_CREATE | fs_Open_DIRECTORY,
	};
	fs_File file;

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		WANT(fs_Error_INVALID, open_path(path_of("file"), flags[i], &file));
	WANT(fs_Error_EXISTS, open_path(path_of("file"),
		fs_Open_WRITE | fs_Open_CREATE | fs_Open_EXCLUSIVE, &file));
	WANT(fs_Error_IS_DIRECTORY, open_path(path_of("folder"), fs_Open_WRITE, &file));
	WANT(fs_Error_IS_DIRECTORY, open_path(path_of("/"),
		fs_Open_READ | fs_Open_CREATE, &file));
	WANT(fs_Error_IS_DIRECTORY, open_path(path_of("new/"),
		fs_Open_WRITE | fs_Open_CREATE, &file));
	WANT(fs_Error_NOT_DIRECTORY, open_path(path_of("file"),
		fs_Open_READ | fs_Open_DIRECTORY, &file));
	WANT(fs_Error_NOT_SUPPORTED, open_path(path_of("fifo"), fs_Open_READ, &file));
	WANT(fs_Error_NOT_SUPPORTED, open_path(path_of("fifo"), fs_Open_WRITE, &file));
	WANT(fs_Error_NOT_SUPPORTED, open_path(path_of("fifo"),
		fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE, &file));
}

static void paths_without_sense(void)
{
	static char longest[fs_PATH_MAX + 1];
	fs_File file;

	WANT(fs_Error_INVALID, open_path(bytes_path("file\0x", 6), fs_Open_READ, &file));
	WANT(fs_Error_INVALID, open_path(bytes_path("\0", 1), fs_Open_READ, &file));
	memset(longest, 'x', sizeof(longest));
	WANT(fs_Error_TOO_LONG, open_path(bytes_path(longest, fs_PATH_MAX),
		fs_Open_READ, &file));
	WANT(SK_TOO_BIG, open_path(bytes_path(longest, fs_PATH_MAX + 1),
		fs_Open_READ, &file));
	memset(longest, '/', sizeof(longest));
	WANT(0, open_path(bytes_path(longest, fs_PATH_MAX), fs_Open_READ, &file));
	WANT(0, close_file(file));
	WANT(0, open_path(path_of(""), fs_Open_READ, &file));
	WANT(0, close_file(file));
}

static void offsets_and_sizes_at_the_edge(void)
{
	fs_File file = opened("file", fs_Open_READ | fs_Open_WRITE);

	WANT(8, read_file(file, 0, UINT32_MAX));
	WANT(0, read_file(file, 0, 0));
	WANT(0, read_file(file, 8, 100));
	WANT(-100 - fs_Error_INVALID, read_file(file, UINT64_MAX, 1));
	WANT(-100 - fs_Error_INVALID, read_file(file, INT64_MAX, 1));
	WANT(-100 - fs_Error_TOO_LARGE, write_file(file, UINT64_MAX, 1));
	WANT(-100 - fs_Error_TOO_LARGE, write_file(file, UINT64_C(1) << 63, 1));
	WANT(-100 - SK_TOO_BIG, write_file(file, 0, fs_DATA_MAX + 1));
	WANT(0, write_file(file, 0, 0));
	WANT(fs_Error_TOO_LARGE, truncate_file(file, UINT64_MAX));
	WANT(8, read_file(file, 0, 100));
	WANT(0, close_file(file));
	/* Too far for the file system, or for its limits. */
	file = opened("far", fs_Open_WRITE | fs_Open_CREATE);
	WANT(true, write_file(file, INT64_MAX - fs_DATA_MAX, fs_DATA_MAX) < 0);
	WANT(0, close_file(file));
}

static void wrong_ways_to_use_an_open_file(void)
{
	fs_File reader = opened("file", fs_Open_READ);
	fs_File writer = opened("file", fs_Open_WRITE);
	fs_File folder = opened("folder", fs_Open_READ);
	struct fs_Files_advise_request advice = {reader, UINT64_MAX, UINT64_MAX, 99};

	WANT(-100 - fs_Error_BAD_MODE, write_file(reader, 0, 1));
	WANT(fs_Error_BAD_MODE, truncate_file(reader, 0));
	WANT(-100 - fs_Error_BAD_MODE, read_file(writer, 0, 1));
	WANT(-100 - fs_Error_IS_DIRECTORY, read_file(folder, 0, 1));
	WANT(-100 - fs_Error_NOT_DIRECTORY, list(reader, 0));
	WANT(0, fs_Files_advise(&client.channel, &advice, NULL));
	advice.advice = INT32_MIN;
	WANT(0, fs_Files_advise(&client.channel, &advice, NULL));
	advice.file = 77;
	WANT(0, fs_Files_advise(&client.channel, &advice, NULL));
	WANT(8, read_file(reader, 0, 100));
	WANT(0, close_file(reader));
	WANT(0, close_file(writer));
	WANT(0, close_file(folder));
}

static void appending_ignores_the_offset(void)
{
	fs_File file = opened("log", fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE |
		fs_Open_APPEND);

	WANT(5, write_file(file, 0, 5));
	WANT(5, write_file(file, 0, 5));
	WANT(10, read_file(file, 0, 100));
	WANT(0, close_file(file));
}

static void made_up_cursors(void)
{
	fs_File folder = opened("/", fs_Open_READ | fs_Open_DIRECTORY);
	uint64_t random = 1;

	WANT(-100 - fs_Error_INVALID, list(folder, UINT64_MAX));
	for (unsigned i = 0; i < 2000; i++) {
		int64_t count = list(folder, random >> i % 64);

		WANT(true, count >= 0 || count == -100 - fs_Error_INVALID ||
			count == -100 - fs_Error_IO || count == -100 - fs_Error_NOT_FOUND);
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
	}
	WANT(0, close_file(folder));
}

static void as_many_files_as_there_are_places(void)
{
	fs_File files[FILES], one_more;

	for (unsigned i = 0; i < FILES; i++)
		files[i] = opened("file", fs_Open_READ);
	WANT(fs_Error_TOO_MANY_FILES, open_path(path_of("file"), fs_Open_READ, &one_more));
	WANT(fs_Error_TOO_MANY_FILES, open_path(path_of("never"),
		fs_Open_WRITE | fs_Open_CREATE, &one_more));
	WANT(0, close_file(files[FILES / 2]));
	WANT(fs_Error_NOT_FOUND, open_path(path_of("never"), fs_Open_READ, &one_more));
	files[FILES / 2] = opened("file", fs_Open_READ);
	for (unsigned i = 0; i < FILES; i++)
		WANT(8, read_file(files[i], 0, 100));
	/* They are left open: the server closes them with the connection. */
}

static void times_and_modes_without_sense(void)
{
	struct fs_Files_utimes_request times = {
		.path = path_of("file"), .set = 4,
	};
	struct fs_Files_utimes_reply timed;
	struct fs_Files_chmod_request mode = {.path = path_of("file"), .mode = UINT32_MAX};
	struct fs_Files_chmod_reply changed;

	WANT(fs_Error_INVALID, fs_Files_utimes(&client.channel, &times, &timed, NULL));
	times.set = fs_Set_MODIFIED;
	times.modified.nanos = 1000000000;
	WANT(fs_Error_INVALID, fs_Files_utimes(&client.channel, &times, &timed, NULL));
	times.set = fs_Set_ACCESSED;
	times.accessed.seconds = 5;
	WANT(0, fs_Files_utimes(&client.channel, &times, &timed, NULL));
	WANT(fs_Error_NOT_PERMITTED, fs_Files_chmod(&client.channel, &mode, &changed, NULL));
}

int main(int argc, char **argv)
{
	if (argc != 2 || sk_socket_connect(&client, argv[1], SK_FOREVER) != 0) {
		perror("calls");
		return 1;
	}
	numbers_that_are_no_files();
	files_of_another_client(argv[1]);
	flags_without_sense();
	paths_without_sense();
	offsets_and_sizes_at_the_edge();
	wrong_ways_to_use_an_open_file();
	appending_ignores_the_offset();
	made_up_cursors();
	times_and_modes_without_sense();
	as_many_files_as_there_are_places();
	sk_socket_close(&client);
	return 0;
}
