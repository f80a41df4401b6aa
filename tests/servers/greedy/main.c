/*
 * Takes all that it can get of servers, and leaves requests that are never answered; each
 * time another program, modest, still gets what it wants, and no server dies of it.
 */
#include "tests/servers/greedy/greedy.h"

#define CALLS 600
#define BIT 1
#define SESSIONS 200
#define FILES 10000

struct tap tap;
struct greedy greedy;

int open_file(struct sk_client *root, const char *path, struct sk_handle *file)
{
	const struct fs_FileSystem_open_request request = {
		.place = {.start = fs_ROOT, .resolve = fs_Resolve_FOLLOW,
			.path = {path, (uint32_t)strlen(path)}},
		.flags = fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE, .mode = 0644,
	};
	struct fs_FileSystem_open_reply reply;
	int status = fs_FileSystem_open(&root->kernel.channel, &request, &reply,
		&(struct sk_call){.deadline = sk_os_after(tap.os, 3000)});
	fs_Node node;

	if (status != SK_OK)
		return status;
	*file = reply.file.raw;
	node = reply.progress.node;
	return fs_FileSystem_forget(&root->kernel.channel,
		&(struct fs_FileSystem_forget_request){node, 1}, NULL);
}

int open_terminal(struct sk_client *console, struct sk_handle *terminal)
{
	struct tty_Console_open_reply reply;
	int status = CALL(3000, tty_Console, open, &console->kernel.channel, &reply,
		.name = NAME("ttyS0"), .flags = fs_Open_READ | fs_Open_WRITE);

	*terminal = status == SK_OK ? reply.terminal.raw : sk_no_handle();
	return status;
}

/* ---- a ring with room for more calls than anybody keeps ---- */

static struct sk_kernel_ring ring;
static struct sk_slot slots[CALLS];
static struct sk_handle ring_handle, notification;

static void *map_ring(struct sk_handle memory)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = ABI_RING_SIZE(CALLS + 1);
	request.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	if (kernel_Space_map(&tap.os->thread->space.channel, &request, &reply, NULL) !=
			SK_OK)
		return NULL;
	return (void *)(uintptr_t)reply.address;
}

static bool begin_ring(void)
{
	struct sk_channel *quota = &tap.os->thread->quota.channel;
	struct kernel_Quota_create_notification_reply bits;
	struct kernel_Quota_create_ring_reply made;
	struct kernel_Ring_memory_reply memory;
	struct sk_kernel_channel channel;
	void *pages;

	if (CALL(1000, kernel_Quota, create_notification, quota, &bits, 0) != SK_OK ||
			CALL(1000, kernel_Quota, create_ring, quota, &made,
			.slots = CALLS + 1) != SK_OK)
		return false;
	notification = bits.notification.raw;
	ring_handle = made.ring.raw;
	sk_os_channel(tap.os, &channel, ring_handle);
	if (CALL(1000, kernel_Ring, memory, &channel.channel, &memory, 0) != SK_OK)
		return false;
	pages = map_ring(memory.memory.raw);
	if (!pages || CALL0(1000, kernel_Ring, bind, &channel.channel, .has_notify = true,
			.notify = {sk_os_copy(tap.os, notification, kernel_Rights_SIGNAL |
			kernel_Rights_TRANSFER)}, .bits = BIT) != SK_OK)
		return false;
	sk_kernel_ring_open(&ring, ring_handle, pages, notification, BIT, slots, CALLS);
	return true;
}

/* So many of its calls are refused with this, and no more; those that wait go on waiting. */
static void expect_refused(int status, unsigned expected)
{
	struct sk_completion done;
	unsigned count = 0;

	while (sk_ring_next(&ring.ring, sk_os_after(tap.os, count < expected ? 5000 : 200),
			&done) == SK_OK) {
		count += sk_ring_result(&done) == status;
		sk_ring_release(&done);
	}
	EXPECT(count, expected);
}

static void end_ring(void)
{
	sk_sys_close(sk_kernel_number(ring_handle));
	sk_sys_close(sk_kernel_number(notification));
}

/* ---- what others see ---- */

static void others_go_on(enum attempt attempt)
{
	struct test_Target_echo_reply reply = {.value = UINT64_MAX};

	EXPECT(CALL(20000, test_Target, echo, &greedy.modest.kernel.channel, &reply,
		.value = (uint64_t)attempt), 0);
	EXPECT(reply.value, 0);
}

/* Longer than it may take to answer after its health. */
static void stays_healthy(struct sk_string name)
{
	struct svrctl_Supervisor_status_reply reply = {{0}};

	sk_os_sleep(tap.os, 3000);
	EXPECT(CALL(3000, svrctl_Supervisor, status, &greedy.control.kernel.channel, &reply,
		.name = name), 0);
	EXPECT(reply.condition.state, svrctl_State_RUNNING);
	EXPECT(reply.condition.restarts, 0);
}

/* ---- ramfs ---- */

/* When it has been seen that nobody waits any more. */
static int unlock(struct sk_kernel_channel *file)
{
	uint64_t until = sk_os_after(tap.os, 3000);
	int status;

	do
		status = CALL0(3000, fs_File, flock, &file->channel, .kind = fs_LockKind_NONE);
	while (status == SK_EXHAUSTED && sk_os_now(tap.os) < until);
	return status;
}

static void locks(void)
{
	const struct fs_File_flock_request wait = {
		.kind = fs_LockKind_EXCLUSIVE, .wait = true,
	};
	struct sk_kernel_channel holds, waits;
	struct sk_handle first, second;

	EXPECT(open_file(&greedy.root, "greedy", &first), 0);
	EXPECT(open_file(&greedy.root, "greedy", &second), 0);
	sk_os_channel(tap.os, &holds, first);
	sk_os_channel(tap.os, &waits, second);
	EXPECT(CALL0(3000, fs_File, flock, &holds.channel, .kind = fs_LockKind_EXCLUSIVE), 0);
	EXPECT_TRUE(begin_ring());
	for (unsigned i = 0; i < CALLS; i++)
		EXPECT(fs_File_flock_begin(&ring.ring, &waits.channel, &wait, i, NULL), 0);
	/* Of 512. */
	expect_refused(SK_EXHAUSTED, CALLS - 256);
	others_go_on(TRY_FILES);
	stays_healthy(NAME("ramfs"));
	end_ring();
	/* Nothing of it is left. */
	EXPECT(unlock(&holds), 0);
	EXPECT(CALL0(3000, fs_File, flock, &waits.channel, .kind = fs_LockKind_EXCLUSIVE), 0);
	sk_os_channel_close(tap.os, &holds);
	sk_os_channel_close(tap.os, &waits);
}

static void open_files(void)
{
	static struct sk_handle files[FILES];
	unsigned count = 0;

	while (count < FILES && open_file(&greedy.root, "greedy", &files[count]) == SK_OK)
		count++;
	/* Of 16384. */
	EXPECT(count, 8192);
	others_go_on(TRY_FILES);
	while (count > 0)
		sk_sys_close(sk_kernel_number(files[--count]));
}

static void sessions(void)
{
	static struct sk_handle held[SESSIONS];
	struct fs_FileSystem_statfs_reply reply;
	struct sk_client client;
	int status = SK_OK;
	unsigned count = 0;

	sk_client_open(&client, tap.os, "root", "fs.FileSystem");
	while (status == SK_OK && count < SESSIONS) {
		EXPECT(sk_client_connect(&client, true, NULL), 0);
		status = CALL(3000, fs_FileSystem, statfs, &client.kernel.channel, &reply, 0);
		held[count++] = sk_os_copy(tap.os,
			sk_kernel_channel_handle(&client.kernel), UINT16_MAX);
	}
	/* Of 128; it had one. */
	EXPECT(status, SK_EXHAUSTED);
	EXPECT(count, 64);
	others_go_on(TRY_FILES);
	sk_client_end(&client);
	while (count > 0)
		sk_sys_close(sk_kernel_number(held[--count]));
	others_go_on(TRY_FILES);
}

/* ---- the console ---- */

static void reads(void)
{
	static struct sk_kernel_channel terminals[8];
	static uint8_t bytes[CALLS][8];
	struct sk_handle handle;
	unsigned count = 0, begun = 0;

	EXPECT_TRUE(begin_ring());
	for (; count < 8 && open_terminal(&greedy.console, &handle) == SK_OK; count++)
		sk_os_channel(tap.os, &terminals[count], handle);
	EXPECT(count, 8);
	EXPECT_TRUE(open_terminal(&greedy.console, &handle) != SK_OK);
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < CALLS / 8; k++, begun++) {
			const struct fs_File_read_request request = {
				.data = sk_lend_out(bytes[begun], 8),
			};

			EXPECT(fs_File_read_begin(&ring.ring, &terminals[i].channel, &request,
				begun, NULL), 0);
		}
	/* Four wait by each. */
	expect_refused(SK_EXHAUSTED, CALLS - 8 * 4);
	others_go_on(TRY_TERMINAL);
	stays_healthy(NAME("console"));
	end_ring();
	while (count > 0)
		sk_os_channel_close(tap.os, &terminals[--count]);
	others_go_on(TRY_TERMINAL);
}

/* ---- the supervisor ---- */

/* Each of its own sessions has as many calls as it can have under way, and more that wait
 * for that. */
static void connects(void)
{
	const struct svrctl_Names_connect_request request = {
		.service = NAME("late"), .interface_name = NAME("test.Target"), .rights = 1,
		.wait = true,
	};
	struct svrctl_Supervisor_status_reply reply;

	EXPECT_TRUE(begin_ring());
	for (unsigned i = 0; i < CALLS - 100; i++)
		EXPECT(svrctl_Names_connect_begin(&ring.ring, &tap.os->names.channel, &request,
			i, NULL), 0);
	for (unsigned i = 0; i < 50; i++) {
		EXPECT(svrctl_Supervisor_next_event_begin(&ring.ring,
			&greedy.control.kernel.channel, i, NULL), 0);
		EXPECT(svrctl_Server_next_event_begin(&ring.ring,
			&tap.os->supervisor.channel, i, NULL), 0);
	}
	expect_refused(svrctl_Error_QUOTA_EXCEEDED, 0);
	others_go_on(TRY_NAMES);
	others_go_on(TRY_FILES);
	end_ring();
	EXPECT(CALL(3000, svrctl_Supervisor, status, &greedy.control.kernel.channel, &reply,
		.name = NAME("late")), 0);
	EXPECT(reply.condition.state, svrctl_State_STARTING);
}

/* One program has four sessions of its control. */
static void controllers(void)
{
	struct svrctl_Names_connect_reply reply;
	struct sk_handle held[8];
	unsigned count = 0;
	int status = SK_OK;

	for (; status == SK_OK && count < 8; count += status == SK_OK) {
		status = CALL(3000, svrctl_Names, connect, &tap.os->names.channel, &reply,
			.service = NAME("supervisor"), .interface_name =
			NAME("svrctl.Supervisor"), .rights = UINT16_MAX);
		held[count] = status == SK_OK ? reply.session.raw : sk_no_handle();
	}
	EXPECT(status, svrctl_Error_QUOTA_EXCEEDED);
	EXPECT(count, 3);
	while (count > 0)
		sk_sys_close(sk_kernel_number(held[--count]));
}

static void be_greedy(struct sk_os *os)
{
	sk_client_open(&greedy.root, os, "root", "fs.FileSystem");
	sk_client_open(&greedy.console, os, "console", "tty.Console");
	sk_client_open(&greedy.modest, os, "modest", "test.Target");
	sk_client_open(&greedy.control, os, "supervisor", "svrctl.Supervisor");
	EXPECT(sk_client_connect(&greedy.root, true, NULL), 0);
	EXPECT(sk_client_connect(&greedy.control, true, NULL), 0);
	tap_run("requests left at an object of ramfs keep out nobody, nor its health", locks);
	tap_run("one program cannot open all the files of ramfs", open_files);
	tap_run("one program cannot have all the sessions of ramfs", sessions);
	tap_run("reads left at a terminal keep out nobody, nor its health", reads);
	tap_run("calls left at the supervisor keep out nobody", connects);
	tap_run("one program cannot have all that control the supervisor", controllers);
	timer_cases();
}

int sk_os_main(struct sk_os *os)
{
	char role[16] = "";

	tap.os = os;
	sk_os_arguments(os, false, role, sizeof(role));
	if (role[0] == 'm')
		return be_modest(os);
	while (role[0] == 'l')
		sk_os_sleep(os, 1000);
	sk_os_ready(os);
	be_greedy(os);
	sk_log(os, log_Level_INFO, "all cases were run");
	CALL0(3000, svrctl_Supervisor, shut_down, &greedy.control.kernel.channel,
		.action = kernel_PowerAction_OFF);
	sk_os_sleep(os, 5000);
	return 0;
}
