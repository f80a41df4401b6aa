/*
 * The server of files in memory as a target: its own sources, on sockets within
 * this process. Memory is scarce, and all of it is counted. What must hold is looked
 * at whenever the server has nothing more to do.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/ramfs/check.h"
#include "fuzz/server.h"
#include "runtime/socket.h"
#include "servers/ramfs/ramfs.h"

/* Bytes of files and names, and of all together. */
#define BUDGET (96 << 10)
#define MEMORY (400 << 10)
#define ALL_RIGHTS (fs_Rights_READ | fs_Rights_WRITE | fs_Rights_EXECUTE | \
	fs_Rights_IMPERSONATE | fs_Rights_MANAGE)

extern const struct fuzz_schema fuzz_schema;

static struct ram ram;
static struct sk_server host;
static size_t taken;
static uint64_t time_now;
static unsigned clients;

/* ---- the world ---- */

static void *allocate(void *context, size_t size)
{
	void *memory = size <= MEMORY - taken ? calloc(1, size) : NULL;

	(void)context;
	taken += memory ? size : 0;
	return memory;
}

static void release(void *context, void *memory, size_t size)
{
	(void)context;
	if (size > taken)
		fuzz_found("more memory comes back than was taken");
	taken -= size;
	free(memory);
}

static uint64_t now(void *context)
{
	(void)context;
	return time_now += 1000;
}

/* ---- what is there in the beginning: what the seeds use ---- */

static struct inode *add(struct inode *directory, const char *name, fs_Kind kind,
	const char *text)
{
	struct inode *inode = inode_new(&ram, kind, 0644);
	struct entry *entry;

	if (!inode || directory_add(directory, inode, name, (uint32_t)strlen(name), &entry) != 0)
		fuzz_found("there is no room for %s", name);
	inode->links = kind == fs_Kind_DIRECTORY ? 2 : 1;
	directory->links += kind == fs_Kind_DIRECTORY;
	if (kind == fs_Kind_FILE)
		inode_write(inode, 0, text, strlen(text));
	if (kind == fs_Kind_LINK) {
		inode->size = strlen(text);
		inode->as.text = ram_new(&ram, &inode->charge, inode->size);
		if (!inode->as.text)
			fuzz_found("there is no room for %s", text);
		memcpy(inode->as.text, text, inode->size);
	}
	inode_release(inode);
	return inode;
}

/* The owner all, 1000 rw, the group r-x, others x; of all but the owner r. */
static void add_list(struct inode *inode, enum acl_kind kind)
{
	static const uint8_t list[] = {
		2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 6, 0, 232, 3, 0, 0,
		4, 0, 5, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255,
		32, 0, 1, 0, 255, 255, 255, 255,
	};
	static const struct subject root = {.capabilities = UINT64_MAX};
	struct acl *acl;

	if (acl_read(inode, list, sizeof(list), &acl) != 0 ||
			acl_set(&root, inode, kind, acl) != 0)
		fuzz_found("an access list cannot be set");
}

static void fill(void)
{
	struct inode *directory = add(ram.root, "d", fs_Kind_DIRECTORY, NULL);

	directory->mode = 0755;
	add_list(directory, ACL_DEFAULT);
	add_list(add(ram.root, "a", fs_Kind_FILE, "what is in a"), ACL_ACCESS);
	add(ram.root, "l", fs_Kind_LINK, "a");
	add(ram.root, "o", fs_Kind_LINK, "../outside");
	add(ram.root, "s", fs_Kind_LINK, "/outside");
	add(ram.root, "r", fs_Kind_LINK, "r");
	add(ram.root, "f", fs_Kind_FIFO, NULL);
	add(directory, "b", fs_Kind_FILE, "what is in b");
	add(directory, "u", fs_Kind_LINK, "..");
	add(directory, "d", fs_Kind_DIRECTORY, NULL);
}

/* ---- serving ---- */

/* The third one may only look. */
static void *connected(void *context, uint64_t badge)
{
	(void)badge;
	return session_open(context, ++clients % 3 == 0 ? fs_Rights_READ : ALL_RIGHTS);
}

static void gone(void *session)
{
	session_close(session);
}

static void canceled(void *session, uint64_t token)
{
	session_canceled(session, token);
}

static void prepare(void)
{
	signal(SIGPIPE, SIG_IGN);
}

static struct sk_server *open_host(void)
{
	static const struct ram_world world = {allocate, release, now, NULL, NULL};
	/* Small enough that a case comes to the end of each. */
	static const struct ram_limits limits = {
		.nodes = 12, .handles = 8, .waiters = 4, .lockers = 4, .ranges = 6,
		.subjects = 3, .groups = 8, .watches = 4, .events = 512,
	};
	const struct sk_server_config config = {
		.max_clients = 4, .max_objects = 48, .max_kept = 8, .max_window = 4 * fs_IO_MAX,
		.context = &ram, .connected = connected, .gone = gone, .canceled = canceled,
		.dispatch = files_dispatch,
	};

	taken = 0;
	clients = 0;
	time_now = UINT64_C(1) << 60;
	if (ram_open(&ram, &world, &limits, BUDGET) != 0 ||
			sk_server_open(&host, &config) != SK_OK)
		fuzz_found("the server does not open");
	fill();
	return &host;
}

static bool work(void)
{
	int status = sk_server_step(&host, SK_POLL);

	if (status != SK_OK && status != SK_TIMED_OUT)
		fuzz_found("the server's loop gave %s", sk_status_name(status));
	if (status == SK_TIMED_OUT)
		check_all(&ram);
	return status == SK_OK;
}

static void close_host(void)
{
	check_left(&ram);
	sk_server_close(&host);
	ram_close(&ram);
	if (taken != 0 || ram.used != 0)
		fuzz_found("%zu bytes are left, %llu of them of files", taken,
			(unsigned long long)ram.used);
}

static bool is_number(const char *field)
{
	static const char *const fields[] = {
		"node", "start", "directory", "barrier", "root", "from", "to", "watch",
	};

	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (strcmp(field, fields[i]) == 0)
			return true;
	return false;
}

static const struct fuzz_server server = {
	.prepare = prepare,
	.open = open_host,
	.work = work,
	.close = close_host,
	.is_number = is_number,
};

const struct fuzz_target fuzz_target = {
	.name = "ramfs",
	.kind = FUZZ_SERVER,
	.schema = &fuzz_schema,
	.server = &server,
};
