/*
 * The load of files: each is written whole, in versions, renamed and removed. When the
 * server of files dies they are gone by their nature, and all begins anew: that is
 * seen by the client's having connected again.
 */
#include "tests/servers/inject/load.h"

#include "fs.skald.h"

#define FILES 12
#define SIZE_MAX_ 8192

static struct sk_client root;
static uint32_t seen;			/* connections, when the model began */
static uint64_t versions[FILES];	/* 0: it is not there */
static uint64_t last_version;
static uint8_t buffer[SIZE_MAX_] __attribute__((aligned(4096)));
static char name[] = "load-a";

static uint32_t size_of(uint32_t file, uint64_t version)
{
	return 8 + (uint32_t)((version * 2654435761u ^ file * 40503u) % (SIZE_MAX_ / 8)) * 8;
}

static void begin_anew(void)
{
	load.figures.anew += seen != 0;
	for (uint32_t i = 0; i < FILES; i++) {
		load.figures.ended += versions[i] != 0;
		versions[i] = 0;
	}
	seen = root.connections;
}

/* Whether the server is another one than that which the model is of. */
static bool is_new(void)
{
	return root.connections != seen;
}

/* ---- one call each ---- */

static int open_file(uint32_t file, fs_Open flags, struct sk_kernel_channel *channel)
{
	struct fs_FileSystem_open_request request = {
		.place = {.start = fs_ROOT, .resolve = fs_Resolve_FOLLOW, .path = {name, 6}},
		.flags = flags, .mode = 0644,
	};
	const struct sk_call call = load_call();
	struct fs_FileSystem_open_reply reply;
	struct fs_FileSystem_forget_request forget = {.references = 1};
	int status;

	name[5] = (char)('a' + file);
	status = fs_FileSystem_open(&root.kernel.channel, &request, &reply, &call);
	if (status != SK_OK)
		return status;
	if (!reply.has_file)
		return SK_BAD_HANDLE;
	forget.node = reply.progress.node;
	sk_os_channel(load.os, channel, reply.file.raw);
	fs_FileSystem_forget(&root.kernel.channel, &forget, &call);
	return SK_OK;
}

static int write_once(uint32_t file, uint64_t version)
{
	uint32_t size = size_of(file, version);
	const struct fs_File_write_at_request request = {.data = sk_lend(buffer, size)};
	const struct sk_call call = load_call();
	struct sk_kernel_channel channel;
	struct fs_File_write_at_reply reply = {0};
	int status = open_file(file, fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE,
		&channel);

	if (status != SK_OK)
		return status;
	status = fs_File_write_at(&channel.channel, &request, &reply, &call);
	sk_kernel_channel_close(&channel);
	return status == SK_OK && reply.count != size ? SK_TRANSPORT : status;
}

/* *good: it is what was written. */
static int read_once(uint32_t file, bool *good)
{
	uint32_t size = size_of(file, versions[file]);
	const struct fs_File_read_at_request request = {
		.data = sk_lend_out(buffer, SIZE_MAX_),
	};
	const struct sk_call call = load_call();
	struct sk_kernel_channel channel;
	struct fs_File_read_at_reply reply = {0};
	int status = open_file(file, fs_Open_READ, &channel);

	*good = false;
	if (status != SK_OK)
		return status == fs_Error_ENOENT ? SK_OK : status;
	status = fs_File_read_at(&channel.channel, &request, &reply, &call);
	sk_kernel_channel_close(&channel);
	*good = status == SK_OK && reply.count == size &&
		load_is(buffer, size, file, versions[file]);
	return status;
}

static int unlink_once(uint32_t file)
{
	const struct sk_call call = load_call();
	struct fs_FileSystem_unlink_request request = {
		.at = {fs_ROOT, fs_SELF, {name, 6}},
	};
	struct fs_FileSystem_unlink_reply reply;
	int status;

	name[5] = (char)('a' + file);
	status = fs_FileSystem_unlink(&root.kernel.channel, &request, &reply, &call);
	return status == fs_Error_ENOENT ? SK_OK : status;
}

/* ---- until they succeed ---- */

static void write_file(uint32_t file)
{
	uint64_t version = ++last_version, begun = sk_os_now(load.os);
	int status;

	load_fill(buffer, size_of(file, version), file, version);
	versions[file] = 0;
	do {
		status = write_once(file, version);
		if (is_new())
			begin_anew();
	} while (load_again(status, begun));
	if (status == SK_OK)
		versions[file] = version;
}

static void read_file(uint32_t file)
{
	uint64_t begun = sk_os_now(load.os);
	bool good;
	int status;

	if (versions[file] == 0)
		return;
	do {
		status = read_once(file, &good);
		if (is_new()) {
			begin_anew();
			return;
		}
	} while (load_again(status, begun));
	if (status != SK_OK || good)
		return;
	load.figures.wrong++;
	write_file(file);
}

static void unlink_file(uint32_t file)
{
	uint64_t begun = sk_os_now(load.os);
	int status;

	versions[file] = 0;
	do {
		status = unlink_once(file);
		if (is_new())
			begin_anew();
	} while (load_again(status, begun));
}

static void work(void)
{
	uint32_t file = load_random(FILES), what = load_random(8);

	if (what == 0)
		unlink_file(file);
	else if (what < 4)
		write_file(file);
	else
		read_file(file);
}

static void verify(void)
{
	uint64_t hung = load.figures.hung;

	/* One that hangs is enough to know. */
	for (uint32_t i = 0; i < FILES && load.figures.hung == hung; i++)
		read_file(i);
}

int files_main(void)
{
	load.work = work;
	load.verify = verify;
	sk_client_open(&root, load.os, "root", "fs.FileSystem");
	write_file(0);
	return load_serve();
}
