/* Works with the files of ramfs, as a program of the OS; what came of it is in the log. */
#include "tests/servers/files/files.h"

#define MANY 10000
#define BYTES 100000

struct tap tap;
struct tested t;

static uint8_t bytes[BYTES], copy[BYTES];

struct fs_Place place(const char *path)
{
	return (struct fs_Place){.start = fs_ROOT, .resolve = fs_Resolve_FOLLOW,
		.path = {path, (uint32_t)strlen(path)}};
}

struct fs_At at(const char *name)
{
	return (struct fs_At){fs_ROOT, fs_SELF, {name, (uint32_t)strlen(name)}};
}

static void forget(fs_Node node)
{
	const struct fs_FileSystem_forget_request request = {node, 1};

	EXPECT(fs_FileSystem_forget(&t.root.kernel.channel, &request, NULL), 0);
}

int open_file(const char *path, fs_Open flags, struct sk_kernel_channel *file)
{
	struct fs_FileSystem_open_reply reply;
	int status = FS(open, &reply, .place = place(path), .flags = flags, .mode = 0644);
	struct sk_handle handle;
	fs_Node node;

	if (status != SK_OK)
		return status;
	handle = reply.file.raw;
	node = reply.progress.node;
	sk_os_channel(tap.os, file, handle);
	forget(node);
	return SK_OK;
}

bool opens(const char *path, fs_Open flags, struct sk_kernel_channel *file)
{
	int status = open_file(path, flags, file);

	EXPECT(status, 0);
	return status == 0;
}

static void first_files(void)
{
	static const char wanted[] = "Welcome to Skald.\n";
	struct fs_File_read_reply reply = {0};
	struct sk_kernel_channel file;

	EXPECT(sk_client_connect(&t.root, true, NULL), 0);
	if (!opens("etc/motd", fs_Open_READ, &file))
		return;
	EXPECT(FILE_CALL(read, &file, &reply, .data = sk_lend_out(copy, 100)), 0);
	EXPECT(reply.count, sizeof(wanted) - 1);
	EXPECT(memcmp(copy, wanted, sizeof(wanted) - 1), 0);
	sk_kernel_channel_close(&file);
}

static void lent_memory(void)
{
	struct fs_File_write_at_reply put = {0};
	struct fs_File_read_at_reply got = {0};
	struct fs_File_status_reply status = {0};
	struct sk_kernel_channel file;

	for (uint32_t i = 0; i < BYTES; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 255);
	if (!opens("bytes", fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE, &file))
		return;
	EXPECT(FILE_CALL(write_at, &file, &put, .offset = 5000,
		.data = sk_lend(bytes, BYTES)), 0);
	EXPECT(put.count, BYTES);
	EXPECT(FILE_CALL(read_at, &file, &got, .offset = 5001,
		.data = sk_lend_out(copy, BYTES)), 0);
	EXPECT(got.count, BYTES - 1);
	EXPECT(memcmp(bytes + 1, copy, BYTES - 1), 0);
	/* The hole before it takes no room. */
	EXPECT(FILE_CALL(status, &file, &status, .empty = 0), 0);
	EXPECT(status.status.size, BYTES + 5000);
	EXPECT(status.status.blocks, 8 * ((BYTES + 5000 + 4095) / 4096 - 1));
	EXPECT(FILE_CALL(read_at, &file, &got, .data = sk_lend_out(copy, 5000)), 0);
	EXPECT(copy[0] | copy[4999], 0);
	sk_kernel_channel_close(&file);
	EXPECT(FS(unlink, &(struct fs_FileSystem_unlink_reply){0}, .at = at("bytes")), 0);
}

/* All names of a directory, by its cursors. */
static uint32_t count_names(struct sk_kernel_channel *directory)
{
	struct fs_Directory_entries_at_request request = {0};
	struct fs_Directory_entries_at_reply reply;
	struct fs_Entry entry;
	uint32_t count = 0;

	do {
		int status = fs_Directory_entries_at(&directory->channel, &request, &reply,
			NULL);

		EXPECT(status, 0);
		if (status != SK_OK)
			break;
		while (fs_Entry_next(&reply.entries, &entry)) {
			request.from = entry.next;
			count++;
		}
	} while (reply.more);
	return count;
}

static void a_large_directory(void)
{
	struct fs_FileSystem_make_directory_reply made = {0};
	struct fs_FileSystem_make_node_reply node = {0};
	struct sk_kernel_channel directory;
	char name[8] = "n0000";
	int failed = 0;

	EXPECT(FS(make_directory, &made, .at = at("many"), .mode = 0755), 0);
	for (uint32_t i = 0; i < MANY && failed == 0; i++) {
		for (uint32_t digit = 0, rest = i; digit < 4; digit++, rest /= 10)
			name[4 - digit] = (char)('0' + rest % 10);
		failed = FS(make_node, &node, .at = {made.node, fs_SELF, {name, 5}},
			.kind = fs_Kind_FILE, .mode = 0644);
		if (failed == 0)
			forget(node.node);
	}
	EXPECT(failed, 0);
	if (!opens("many", fs_Open_READ | fs_Open_DIRECTORY, &directory))
		return;
	EXPECT(count_names(&directory), MANY);
	sk_kernel_channel_close(&directory);
}

static void subjects(void)
{
	struct fs_Place secret = place("secret");
	struct fs_FileSystem_set_subject_reply set;
	struct fs_FileSystem_make_node_reply node = {0};
	struct fs_FileSystem_access_reply access;

	EXPECT(FS(set_subject, &set, .subject = 1, .uid = 1000, .gid = 1000,
		.groups = sk_lend(bytes, 0)), 0);
	EXPECT(FS(make_node, &node, .at = at("secret"), .kind = fs_Kind_FILE,
		.mode = 0600), 0);
	forget(node.node);
	EXPECT(FS(access, &access, .place = secret, .want = fs_Access_READ), 0);
	secret.subject = 1;
	EXPECT(FS(access, &access, .place = secret, .want = fs_Access_READ), fs_Error_EACCES);
	secret.subject = 2;
	EXPECT(FS(access, &access, .place = secret, .want = 0), fs_Error_EPERM);
}

static void until_it_is_full(void)
{
	struct fs_FileSystem_statfs_reply before = {0}, after = {0};
	struct fs_File_write_at_reply put = {0};
	struct sk_kernel_channel file;
	uint64_t offset = 0;
	int status;

	EXPECT(FS(statfs, &before, .empty = 0), 0);
	if (!opens("full", fs_Open_WRITE | fs_Open_CREATE, &file))
		return;
	do {
		status = FILE_CALL(write_at, &file, &put, .offset = offset,
			.data = sk_lend(bytes, BYTES));
		offset += put.count;
	} while (status == SK_OK && put.count > 0 && offset < UINT64_C(1) << 30);
	EXPECT(status, fs_Error_ENOSPC);
	sk_kernel_channel_close(&file);
	EXPECT(FS(unlink, &(struct fs_FileSystem_unlink_reply){0}, .at = at("full")), 0);
	EXPECT(FS(statfs, &after, .empty = 0), 0);
	EXPECT(after.space.blocks_free, before.space.blocks_free);
	lent_memory();
}

int sk_os_main(struct sk_os *os)
{
	const struct svrctl_Supervisor_shut_down_request off = {
		.action = kernel_PowerAction_OFF,
	};
	struct svrctl_Supervisor_shut_down_reply reply;

	tap.os = os;
	sk_client_open(&t.root, os, "root", "fs.FileSystem");
	sk_client_open(&t.control, os, "supervisor", "svrctl.Supervisor");
	sk_os_ready(os);
	tap_run("the files of the archive are there", first_files);
	tap_run("bytes go by lent memory, and holes take no room", lent_memory);
	tap_run("a directory has 10,000 names", a_large_directory);
	tap_run("modes hold for whom the client acts", subjects);
	tap_run("what is full says so, and has room again", until_it_is_full);
	mapped_files();
	windows();
	sk_log(os, log_Level_INFO, "all cases were run");
	svrctl_Supervisor_shut_down(&t.control.kernel.channel, &off, &reply, NULL);
	sk_os_sleep(os, 5000);
	return 0;
}
