/*
 * Reading and writing by lent memory, of all sizes.
 *
 * Usage: leases SOCKET DIR (outside.h). The served folder is empty.
 */
#include "tests/hostfs/outside.h"

#define MIB (UINT64_C(1) << 20)
#define BIG (16 * MIB)

static uint8_t pattern[BIG + 1], came[4 * BIG + 1];

static struct sk_socket *opened_wide(const char *path, fs_Open flags)
{
	struct sk_socket *file = opened(path, flags);

	file->window_size = 4 * BIG;
	return file;
}

static void sizes(void)
{
	static const uint64_t all[] = {
		0, 1, 2, 4095, 4096, 4097, MIB - 1, MIB, MIB + 1, BIG - 1, BIG,
	};
	struct sk_socket *file = opened_wide("sizes",
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE);

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint64_t size = all[i];

		memset(came, 0xee, size + 1);
		WANT((int64_t)size, write_at(file, 3 * size, pattern, size));
		WANT((int64_t)size, read_at(file, 3 * size, came, size));
		WANT(0, memcmp(pattern, came, size));
		WANT(0xee, came[size]);
		/* The room is larger than the file. */
		if (size <= MIB)
			WANT((int64_t)size, read_at(file, 3 * size, came, 2 * size));
	}
	WANT(-1000 - SK_BAD_LEASE, read_at(file, 0, came, BIG + 1));
	WANT(-1000 - SK_BAD_LEASE, write_at(file, 0, pattern, BIG + 1));
	WANT(1, read_at(file, 0, came, 1));
	closed(file);
}

/* Beyond what the client can lend at once. */
static void more_than_the_window(void)
{
	struct sk_socket *file = opened("sizes", fs_Open_READ);

	file->window_size = 65536;
	WANT(65536, read_at(file, 0, came, 65536));
	WANT(-1000 - SK_BAD_LEASE, read_at(file, 0, came, 65537));
	WANT(65536, read_at(file, 0, came, 65536));
	closed(file);
}

static void directions(void)
{
	struct sk_socket *file = opened("sizes", fs_Open_READ | fs_Open_WRITE);
	struct fs_File_read_at_request read = {.data = sk_lend(came, 10)};
	struct fs_File_read_at_reply got;
	struct fs_File_write_at_request write = {.data = sk_lend_out(came, 10)};
	struct fs_File_write_at_reply put;

	WANT(SK_BAD_LEASE, fs_File_read_at(&file->channel, &read, &got, patiently()));
	WANT(SK_BAD_LEASE, fs_File_write_at(&file->channel, &write, &put, patiently()));
	closed(file);
}

static int64_t position_of(struct sk_socket *file)
{
	struct fs_File_seek_request request = {0, fs_Whence_CURRENT};
	struct fs_File_seek_reply reply;
	int status = fs_File_seek(&file->channel, &request, &reply, patiently());

	return COUNTED(status, reply.position);
}

static int64_t read_on(struct sk_socket *file, uint64_t first, uint64_t second,
	uint64_t third, uint64_t fourth)
{
	struct fs_File_read_request request = {
		.data = sk_lend_out(came, first),
		.has_second = second > 0, .second = sk_lend_out(came + first, second),
		.has_third = third > 0, .third = sk_lend_out(came + first + second, third),
		.has_fourth = fourth > 0,
		.fourth = sk_lend_out(came + first + second + third, fourth),
	};
	struct fs_File_read_reply reply;
	int status = fs_File_read(&file->channel, &request, &reply, patiently());

	return COUNTED(status, reply.count);
}

static void four_at_once(void)
{
	struct fs_File_write_request write = {
		.data = sk_lend(pattern, 5),
		.has_second = true, .second = sk_lend(pattern + 5, 0),
		.has_third = true, .third = sk_lend(pattern + 5, MIB),
		.has_fourth = true, .fourth = sk_lend(pattern + 5 + MIB, 7),
	};
	struct fs_File_write_reply put;
	struct sk_socket *file = opened_wide("four",
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE);
	struct fs_File_seek_request start = {0, fs_Whence_START};
	struct fs_File_seek_reply sought;

	WANT(0, fs_File_write(&file->channel, &write, &put, patiently()));
	WANT((int64_t)MIB + 12, put.count);
	WANT((int64_t)MIB + 12, position_of(file));
	WANT(0, fs_File_seek(&file->channel, &start, &sought, patiently()));
	WANT(6, read_on(file, 1, 2, 3, 0));
	WANT(6, position_of(file));
	/* An absent one between two. */
	WANT(104, read_on(file, 4, 0, 100, 0));
	WANT((int64_t)MIB - 98, read_on(file, MIB, MIB, MIB, MIB));
	WANT(0, memcmp(pattern + 110, came, MIB - 98));
	WANT(0, read_on(file, 1, 1, 1, 1));
	WANT((int64_t)MIB + 12, position_of(file));
	closed(file);
}

static void all_that_one_call_can(void)
{
	struct sk_socket *file = opened_wide("most",
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE);

	for (unsigned i = 0; i < 4; i++)
		WANT((int64_t)BIG, write_at(file, i * BIG, pattern, BIG));
	WANT((int64_t)(4 * BIG), read_on(file, BIG, BIG, BIG, BIG));
	for (unsigned i = 0; i < 4; i++)
		WANT(0, memcmp(pattern, came + i * BIG, BIG));
	closed(file);
}

static void appending_leaves_the_position(void)
{
	struct fs_File_write_request write = {
		.flags = fs_Io_APPEND, .data = sk_lend(pattern, 10),
	};
	struct fs_File_write_reply put;
	struct sk_socket *file = opened("four", fs_Open_READ | fs_Open_WRITE);

	WANT(6, read_on(file, 6, 0, 0, 0));
	WANT(0, fs_File_write(&file->channel, &write, &put, patiently()));
	WANT(6, position_of(file));
	WANT(10, read_at(file, MIB + 12, came, 20));
	write.flags = fs_Io_PEEK;
	WANT(fs_Error_EINVAL, fs_File_write(&file->channel, &write, &put, patiently()));
	closed(file);
}

/* What the folder's owner does at the same time is seen at once. */
static void truncated_meanwhile(void)
{
	struct sk_socket *file = opened("four", fs_Open_READ);

	WANT(0, outside_truncate("four", 100));
	WANT(50, read_at(file, 50, came, MIB));
	WANT(0, read_at(file, 100, came, MIB));
	closed(file);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 31 + i / 4099);
	outside_begin(argv[1], argv[2]);
	connect_session(argv[1]);
	sizes();
	more_than_the_window();
	directions();
	four_at_once();
	all_that_one_call_can();
	appending_leaves_the_position();
	truncated_meanwhile();
	sk_socket_close(&session);
	return 0;
}
