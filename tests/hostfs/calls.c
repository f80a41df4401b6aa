/*
 * Calls that a good client does not make, and what they must come to.
 *
 * Usage: calls SOCKET DIR (outside.h). The served folder holds file
 * ("content\n"), folder and fifo. Says which line failed, if one did.
 */
#include "tests/hostfs/outside.h"

#define HANDLES 64
#define NODES 256

static int open_path(const char *path, fs_Open flags)
{
	struct fs_FileSystem_open_reply reply;
	struct sk_socket file;
	int status = open_place(place_of(path), flags, 0666, &file, &reply);

	if (status != 0)
		return status;
	forget(reply.progress.node, 1);
	if (reply.has_file)
		sk_socket_close(&file);
	return reply.has_file ? 0 : -1;
}

static int stat_place(struct fs_Place place)
{
	struct fs_FileSystem_stat_request request = {.place = place};
	struct fs_FileSystem_stat_reply reply;

	return fs_FileSystem_stat(&session.channel, &request, &reply, patiently());
}

static int set_mode(fs_Node node, uint32_t mode)
{
	struct fs_FileSystem_set_mode_request request = {node, fs_SELF, mode};
	struct fs_FileSystem_set_mode_reply reply;

	return fs_FileSystem_set_mode(&session.channel, &request, &reply, patiently());
}

static int truncate_file(struct sk_socket *file, uint64_t size)
{
	struct fs_File_truncate_request request = {size};
	struct fs_File_truncate_reply reply;

	return fs_File_truncate(&file->channel, &request, &reply, patiently());
}

static int64_t list(struct sk_socket *directory, uint64_t from)
{
	struct fs_Directory_entries_at_request request = {from};
	struct fs_Directory_entries_at_reply reply;
	int status = fs_Directory_entries_at(&directory->channel, &request, &reply,
		patiently());

	return COUNTED(status, reply.entries.count);
}

static void numbers_that_are_no_nodes(void)
{
	static const uint32_t numbers[] = {
		0, 2, 3, 255, 256, 257, 258, 1023, 1024, 1025, 0xfffffc01, UINT32_MAX,
	};
	fs_Node node = node_of("file"), again;
	struct fs_Place place = place_of("");

	WANT(0, set_mode(node, 0600));
	WANT(node, node_of("file"));
	forget(node, 1);
	WANT(0, set_mode(node, 0600));
	forget(node, UINT32_MAX);
	WANT(fs_Error_EBADF, set_mode(node, 0600));
	forget(node, 1);
	/* The place is used again, its old number is not. */
	again = node_of("file");
	WANT(true, again != node);
	WANT(fs_Error_EBADF, set_mode(node, 0600));
	forget(again, 1);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		WANT(fs_Error_EBADF, set_mode(numbers[i], 0600));
		place.start = numbers[i];
		WANT(fs_Error_EBADF, stat_place(place));
		place.start = fs_ROOT;
		place.barrier = numbers[i];
		WANT(numbers[i] == 0 ? 0 : fs_Error_EBADF, stat_place(place));
		place.barrier = 0;
		forget(numbers[i], UINT32_MAX);
	}
	forget(fs_ROOT, UINT32_MAX);
	WANT(0, stat_place(place_of("")));
}

/* Another connection's numbers mean nothing here. */
static void nodes_of_another_client(const char *socket)
{
	static struct sk_socket other;
	fs_Node node = node_of("file");
	struct fs_FileSystem_set_mode_request request = {node, fs_SELF, 0};
	struct fs_FileSystem_set_mode_reply reply;

	WANT(0, sk_socket_connect(&other, socket, SK_FOREVER));
	WANT(fs_Error_EBADF, fs_FileSystem_set_mode(&other.channel, &request, &reply,
		patiently()));
	sk_socket_close(&other);
	forget(node, 1);
}

static void subjects_are_not_served(void)
{
	struct fs_FileSystem_set_subject_request set = {.subject = 1,
		.groups = sk_lend("", 0)};
	struct fs_FileSystem_set_subject_reply reply;
	struct fs_Place place = place_of("file");

	WANT(fs_Error_EPERM, fs_FileSystem_set_subject(&session.channel, &set, &reply,
		patiently()));
	place.subject = 1;
	WANT(fs_Error_EPERM, stat_place(place));
}

static void flags_without_sense(void)
{
	static const uint32_t flags[] = {
		0, fs_Open_CREATE, fs_Open_DIRECTORY, fs_Open_READ | fs_Open_TRUNCATE,
		fs_Open_READ | fs_Open_EXCLUSIVE, fs_Open_READ | fs_Open_ASYNC << 1,
		UINT32_MAX, fs_Open_READ | fs_Open_CREATE | fs_Open_DIRECTORY,
		fs_Open_READ | fs_Open_TEMPORARY,
	};

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		WANT(fs_Error_EINVAL, open_path("file", flags[i]));
	WANT(fs_Error_EEXIST, open_path("file",
		fs_Open_WRITE | fs_Open_CREATE | fs_Open_EXCLUSIVE));
	WANT(fs_Error_EISDIR, open_path("folder", fs_Open_WRITE));
	WANT(fs_Error_EISDIR, open_path("/", fs_Open_READ | fs_Open_CREATE));
	WANT(fs_Error_EISDIR, open_path("new/", fs_Open_WRITE | fs_Open_CREATE));
	WANT(fs_Error_ENOTDIR, open_path("file", fs_Open_READ | fs_Open_DIRECTORY));
	WANT(fs_Error_EACCES, open_path("file", fs_Open_EXECUTE));
	/* It is checked, and others open it. */
	WANT(-1, open_path("fifo", fs_Open_READ));
	WANT(-1, open_path("fifo", fs_Open_WRITE));
	WANT(-1, open_path("fifo", fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE));
}

static void paths_without_sense(void)
{
	static char longest[fs_PATH_MAX + 1];
	const fs_Resolve rooted = fs_Resolve_ROOTED;

	WANT(fs_Error_EINVAL, stat_place(place_bytes("file\0x", 6, rooted)));
	WANT(fs_Error_EINVAL, stat_place(place_bytes("\0", 1, rooted)));
	WANT(fs_Error_EINVAL, stat_place(place_bytes("/file", 5, 0)));
	WANT(fs_Error_EINVAL, stat_place(place_bytes("file", 4, 128)));
	WANT(fs_Error_EINVAL, stat_place(place_bytes("folder/..", 9, fs_Resolve_PARENT)));
	WANT(fs_Error_EINVAL, stat_place(place_bytes("", 0, fs_Resolve_PARENT)));
	WANT(fs_Error_EINVAL, stat_place(place_bytes("/", 1, rooted | fs_Resolve_PARENT)));
	WANT(fs_Error_ENOTDIR, stat_place(place_bytes("file/x", 6, fs_Resolve_PARENT)));
	memset(longest, 'x', sizeof(longest));
	WANT(fs_Error_ENAMETOOLONG, stat_place(place_bytes(longest, fs_PATH_MAX, rooted)));
	WANT(SK_TOO_BIG, stat_place(place_bytes(longest, fs_PATH_MAX + 1, rooted)));
	memset(longest, '/', sizeof(longest));
	WANT(0, stat_place(place_bytes(longest, fs_PATH_MAX, rooted)));
	WANT(0, stat_place(place_bytes("", 0, 0)));
}

static void names_without_sense(void)
{
	static const struct sk_string names[] = {
		{"", 0}, {".", 1}, {"..", 2}, {"a/b", 3}, {"/", 1}, {"a\0b", 3},
	};
	struct fs_FileSystem_make_node_request request = {
		.at.directory = fs_ROOT, .kind = fs_Kind_FILE, .mode = 0600,
	};
	struct fs_FileSystem_make_node_reply reply;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		request.at.name = names[i];
		WANT(fs_Error_EINVAL, fs_FileSystem_make_node(&session.channel, &request,
			&reply, patiently()));
	}
	request.at.name = (fs_Name){"device", 6};
	request.kind = fs_Kind_CHARACTER_DEVICE;
	if (is_folder)
		WANT(fs_Error_EPERM, fs_FileSystem_make_node(&session.channel, &request,
			&reply, patiently()));
	request.kind = fs_Kind_DIRECTORY;
	WANT(fs_Error_EINVAL, fs_FileSystem_make_node(&session.channel, &request, &reply,
		patiently()));
	request.at.directory = node_of("file");
	request.kind = fs_Kind_FILE;
	WANT(fs_Error_ENOTDIR, fs_FileSystem_make_node(&session.channel, &request, &reply,
		patiently()));
	forget(request.at.directory, 1);
}

static void offsets_and_sizes_at_the_edge(void)
{
	struct sk_socket *file = opened("file", fs_Open_READ | fs_Open_WRITE);
	static uint8_t bytes[4096];

	WANT(8, read_at(file, 0, bytes, sizeof(bytes)));
	WANT(0, read_at(file, 0, bytes, 0));
	WANT(0, read_at(file, 8, bytes, 100));
	WANT(-1000 - fs_Error_EINVAL, read_at(file, UINT64_MAX, bytes, 1));
	WANT(-1000 - fs_Error_EINVAL, read_at(file, INT64_MAX, bytes, 1));
	WANT(-1000 - fs_Error_EFBIG, write_at(file, UINT64_MAX, bytes, 1));
	WANT(-1000 - fs_Error_EFBIG, write_at(file, UINT64_C(1) << 63, bytes, 1));
	WANT(0, write_at(file, 0, bytes, 0));
	WANT(fs_Error_EFBIG, truncate_file(file, UINT64_MAX));
	WANT(8, read_at(file, 0, bytes, 100));
	closed(file);
	/* Too far for the file system, or for its limits. */
	file = opened("far", fs_Open_WRITE | fs_Open_CREATE);
	WANT(true, write_at(file, INT64_MAX - 4095, bytes, 4096) < -1000);
	closed(file);
}

static void wrong_ways_to_use_an_open_file(void)
{
	struct sk_socket *reader = opened("file", fs_Open_READ);
	struct sk_socket *writer = opened("file", fs_Open_WRITE);
	struct sk_socket *folder = opened("folder", fs_Open_READ);
	struct fs_File_advise_request advice = {UINT64_MAX, UINT64_MAX, 99};
	struct fs_File_seek_request seek = {-1, fs_Whence_START};
	struct fs_File_seek_reply sought;
	uint8_t bytes[100];

	WANT(-1000 - fs_Error_EBADF, write_at(reader, 0, "x", 1));
	WANT(fs_Error_EINVAL, truncate_file(reader, 0));
	WANT(-1000 - fs_Error_EBADF, read_at(writer, 0, bytes, 1));
	WANT(-1000 - fs_Error_EISDIR, read_at(folder, 0, bytes, 1));
	/* A file is no directory, and does not speak as one. */
	WANT(-1000 - SK_UNKNOWN_METHOD, list(reader, 0));
	WANT(fs_Error_EINVAL, fs_File_seek(&reader->channel, &seek, &sought, patiently()));
	seek = (struct fs_File_seek_request){0, 77};
	WANT(fs_Error_EINVAL, fs_File_seek(&reader->channel, &seek, &sought, patiently()));
	WANT(0, fs_File_advise(&reader->channel, &advice, patiently()));
	advice.advice = INT32_MIN;
	WANT(0, fs_File_advise(&reader->channel, &advice, patiently()));
	WANT(8, read_at(reader, 0, bytes, 100));
	closed(reader);
	closed(writer);
	closed(folder);
}

static void appending_ignores_the_offset(void)
{
	struct sk_socket *file = opened("log", fs_Open_READ | fs_Open_WRITE |
		fs_Open_CREATE | fs_Open_APPEND);
	uint8_t bytes[100];

	WANT(5, write_at(file, 0, "01234", 5));
	WANT(5, write_at(file, 0, "56789", 5));
	WANT(10, read_at(file, 0, bytes, 100));
	closed(file);
}

static void made_up_cursors(void)
{
	struct sk_socket *folder = opened("/", fs_Open_READ | fs_Open_DIRECTORY);
	uint64_t random = 1;

	WANT(-1000 - fs_Error_EINVAL, list(folder, UINT64_MAX));
	for (unsigned i = 0; i < 2000; i++) {
		int64_t count = list(folder, random >> i % 64);

		WANT(true, count >= 0 || count == -1000 - fs_Error_EINVAL ||
			count == -1000 - fs_Error_EIO || count == -1000 - fs_Error_ENOENT);
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
	}
	closed(folder);
}

static void times_and_modes_without_sense(void)
{
	fs_Node node = node_of("file");
	struct fs_FileSystem_set_times_request times = {
		.node = node,
		.accessed.which = fs_SetTime_leave,
		.modified = {fs_SetTime_at, {{.nanos = 1000000000}}},
	};
	struct fs_FileSystem_set_times_reply timed;

	WANT(fs_Error_EINVAL, fs_FileSystem_set_times(&session.channel, &times, &timed,
		patiently()));
	times.modified.as.at.nanos = 5;
	WANT(0, fs_FileSystem_set_times(&session.channel, &times, &timed, patiently()));
	WANT(5, timed.status.modified.nanos);
	if (is_folder) {
		WANT(fs_Error_EPERM, set_mode(node, UINT32_MAX));
		WANT(fs_Error_EPERM, set_mode(node, 04755));
		WANT(fs_Error_EPERM, set_mode(node, 02755));
	}
	WANT(0, set_mode(node, 0644));
	forget(node, 1);
}

static void as_many_files_as_there_are_places(void)
{
	struct sk_socket *files[HANDLES];
	uint8_t bytes[100];

	for (unsigned i = 0; i < HANDLES; i++)
		files[i] = opened("file", fs_Open_READ);
	WANT(fs_Error_EMFILE, open_path("file", fs_Open_READ));
	WANT(fs_Error_EMFILE, open_path("never", fs_Open_WRITE | fs_Open_CREATE));
	WANT(fs_Error_ENOENT, stat_place(place_of("never")));
	for (unsigned i = 0; i < HANDLES; i++) {
		WANT(8, read_at(files[i], 0, bytes, 100));
		closed(files[i]);
	}
}

/* Nodes that are never forgotten stop at a bound, and harm nobody. */
static void as_many_nodes_as_there_are_places(void)
{
	struct fs_FileSystem_make_node_request make = {
		.at.directory = fs_ROOT, .kind = fs_Kind_FILE, .mode = 0600,
	};
	struct fs_FileSystem_make_node_reply made;
	fs_Node nodes[NODES];
	char name[16];

	for (unsigned i = 0; i < NODES; i++) {
		int size = snprintf(name, sizeof(name), "node-%u", i);

		make.at.name = (fs_Name){name, (uint32_t)size};
		WANT(0, fs_FileSystem_make_node(&session.channel, &make, &made,
			patiently()));
		nodes[i] = made.node;
	}
	make.at.name = (fs_Name){"never", 5};
	for (unsigned i = 0; i < 10000; i++)
		WANT(fs_Error_EMFILE, fs_FileSystem_make_node(&session.channel, &make,
			&made, patiently()));
	WANT(fs_Error_ENOENT, stat_place(place_of("never")));
	WANT(fs_Error_EMFILE, open_path("file", fs_Open_READ));
	WANT(0, stat_place(place_of("file")));
	/* What has a number already needs no other. */
	WANT(nodes[7], node_of("node-7"));
	forget(nodes[NODES / 2], 1);
	WANT(0, open_path("file", fs_Open_READ));
	/* They are left: they end with the session. */
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	outside_begin(argv[1], argv[2]);
	connect_session(argv[1]);
	numbers_that_are_no_nodes();
	nodes_of_another_client(argv[1]);
	if (is_folder)
		subjects_are_not_served();
	flags_without_sense();
	paths_without_sense();
	names_without_sense();
	offsets_and_sizes_at_the_edge();
	wrong_ways_to_use_an_open_file();
	appending_ignores_the_offset();
	made_up_cursors();
	times_and_modes_without_sense();
	as_many_files_as_there_are_places();
	as_many_nodes_as_there_are_places();
	sk_socket_close(&session);
	return 0;
}
