/* The disk: what is written is there, also behind the back of a driver that dies. */
#include "cases.h"

#define BLOCK 512
#define LARGE (UINT32_C(1) << 20)
#define PARALLEL 8

#define B(method, reply, ...) CALL(block_Device, method, &cases.disk.kernel.channel, reply, __VA_ARGS__)
#define B0(method, ...) CALL0(block_Device, method, &cases.disk.kernel.channel, __VA_ARGS__)
#define DRIVER ((svrctl_Name){"virtio-blk", 10})

static uint8_t *buffer, *other;
static uint64_t blocks;

static int read(uint64_t block, void *to, uint64_t size)
{
	return B0(read, .block = block, .data = sk_lend_out(to, size));
}

static int write(uint64_t block, const void *from, uint64_t size)
{
	return B0(write, .block = block, .data = sk_lend(from, size));
}

static void pattern(uint8_t *to, uint64_t size, uint64_t seed)
{
	for (uint64_t i = 0; i < size; i += 8) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		memcpy(to + i, &seed, 8);
	}
}

static void described(void)
{
	struct block_Device_describe_reply reply = {.blocks = 0};

	EXPECT_OK(B(describe, &reply, 0));
	EXPECT(reply.block_size, BLOCK);
	EXPECT(reply.blocks, 32768);
	EXPECT(reply.max_size, block_IO_MAX);
	EXPECT(reply.features & block_Features_READ_ONLY, 0);
	blocks = reply.blocks;
}

/* Its server is there soon after that of the first. */
static void second(void)
{
	struct block_Device_describe_reply reply = {.blocks = 0};
	uint64_t until = sk_os_after(tap.os, 5000);
	struct sk_client client;
	int status;

	sk_client_open(&client, tap.os, "disk.1", "block.Device");
	do {
		status = sk_client_connect(&client, true, NULL);
		sk_os_sleep(tap.os, 5);
	} while (status == svrctl_Error_NOT_FOUND && sk_os_now(tap.os) < until);
	EXPECT_OK(status);
	EXPECT_OK(CALL(block_Device, describe, &client.kernel.channel, &reply, 0));
	EXPECT(reply.blocks, 16384);
	sk_client_close(&client);
	client.service = "disk.2";
	EXPECT(sk_client_connect(&client, true, NULL), svrctl_Error_NOT_FOUND);
	sk_client_end(&client);
}

static void from_host(void)
{
	static const char wrote[] = "what the host wrote";

	memset(buffer, 0xa5, 2 * BLOCK);
	EXPECT_OK(read(7, buffer, BLOCK));
	EXPECT(memcmp(buffer, wrote, sizeof(wrote) - 1), 0);
	EXPECT(buffer[sizeof(wrote)], 0);
	EXPECT(buffer[BLOCK], 0xa5);
}

static void to_host(void)
{
	memset(buffer, 0, BLOCK);
	memcpy(buffer, "what the driver wrote", 21);
	EXPECT_OK(write(9, buffer, BLOCK));
	EXPECT_OK(B0(flush, 0));
}

/* More than one goes at once: by the size, and to the end. */
static void large(void)
{
	pattern(buffer, LARGE, 1);
	EXPECT_OK(write(100, buffer, LARGE));
	memset(other, 0, LARGE);
	EXPECT_OK(read(100, other, LARGE));
	EXPECT(memcmp(buffer, other, LARGE), 0);
	EXPECT_OK(B0(write, .block = blocks - LARGE / BLOCK, .flags = block_Io_THROUGH,
		.data = sk_lend(buffer, LARGE)));
	memset(other, 0, LARGE);
	EXPECT_OK(read(blocks - LARGE / BLOCK, other, LARGE));
	EXPECT(memcmp(buffer, other, LARGE), 0);
}

static void refused(void)
{
	EXPECT(read(blocks, buffer, BLOCK), block_Error_OUT_OF_RANGE);
	EXPECT(read(blocks - 1, buffer, 2 * BLOCK), block_Error_OUT_OF_RANGE);
	EXPECT(read(UINT64_MAX, buffer, BLOCK), block_Error_OUT_OF_RANGE);
	EXPECT(read(UINT64_MAX / BLOCK, buffer, BLOCK), block_Error_OUT_OF_RANGE);
	EXPECT(read(0, buffer, 100), block_Error_INVALID);
	EXPECT(write(0, buffer, 0), block_Error_INVALID);
	EXPECT(write(blocks, buffer, BLOCK), block_Error_OUT_OF_RANGE);
	EXPECT(B0(discard, .block = blocks, .blocks = 1), block_Error_OUT_OF_RANGE);
	EXPECT(B0(write_zeros, .block = 1, .blocks = UINT64_MAX),
		block_Error_OUT_OF_RANGE);
	EXPECT(B0(discard, .block = 0, .blocks = 1, .secure = true),
		block_Error_NOT_SUPPORTED);
}

static void zeroed(void)
{
	EXPECT_OK(read(102, other, BLOCK));
	EXPECT(memcmp(buffer + 2 * BLOCK, other, BLOCK), 0);
	EXPECT_OK(B0(write_zeros, .block = 102, .blocks = 3, .keep = true));
	EXPECT_OK(read(101, other, 5 * BLOCK));
	EXPECT(memcmp(buffer + BLOCK, other, BLOCK), 0);
	for (uint32_t i = BLOCK; i < 4 * BLOCK; i++)
		if (other[i] != 0) {
			EXPECT(other[i], 0);
			break;
		}
	EXPECT(memcmp(buffer + 5 * BLOCK, other + 4 * BLOCK, BLOCK), 0);
	EXPECT_OK(B0(discard, .block = 200, .blocks = 100));
}

/* As many at once as a ring has, of different sizes and in any order. */
static void at_once(void)
{
	struct sk_ring *ring = &tap.os->ring.ring;
	struct sk_completion done;
	struct block_Device_read_reply reply;
	unsigned came = 0, begun = 0;

	pattern(buffer, LARGE, 2);
	EXPECT_OK(write(3000, buffer, LARGE));
	memset(other, 0, LARGE);
	for (uint32_t i = 0; i < PARALLEL; i++) {
		uint64_t size = LARGE / PARALLEL;
		const struct block_Device_read_request request = {
			.block = 3000 + i * size / BLOCK,
			.data = sk_lend_out(other + i * size, size),
		};

		begun += block_Device_read_begin(ring, &cases.disk.kernel.channel, &request,
			i, NULL) == SK_OK;
	}
	EXPECT(begun, PARALLEL);
	while (came < begun && sk_ring_next(ring, sk_os_after(tap.os, 3000), &done) ==
			SK_OK) {
		EXPECT_OK(block_Device_read_end(&done, &reply));
		sk_ring_release(&done);
		came++;
	}
	EXPECT(came, begun);
	EXPECT(memcmp(buffer, other, LARGE), 0);
}

/* ---- its driver ---- */

static uint32_t restarts(void)
{
	struct svrctl_Supervisor_status_reply reply = {{0}};

	EXPECT_OK(CALL(svrctl_Supervisor, status, &cases.control.kernel.channel, &reply,
		.name = DRIVER));
	return reply.condition.restarts;
}

/* The new one has the device, with what its predecessor left. */
static void restarted(void)
{
	pattern(buffer, LARGE, 3);
	EXPECT_OK(write(6000, buffer, LARGE));
	for (unsigned i = 0; i < 5; i++) {
		EXPECT_OK(CALL0(svrctl_Supervisor, restart, &cases.control.kernel.channel,
			.name = DRIVER, .grace = 0));
		memset(other, 0, LARGE);
		EXPECT_OK(read(6000, other, LARGE));
		EXPECT(memcmp(buffer, other, LARGE), 0);
	}
	EXPECT(restarts(), 5);
}

/* Killed with requests at the device: its memory is not another's while it writes. */
static void killed_busy(void)
{
	struct sk_ring *ring = &tap.os->ring.ring;
	struct sk_completion done;
	struct block_Device_read_reply reply;
	unsigned begun = 0;

	for (uint32_t i = 0; i < PARALLEL; i++) {
		const struct block_Device_read_request request = {
			.block = 6000, .data = sk_lend_out(other, LARGE),
		};

		begun += block_Device_read_begin(ring, &cases.disk.kernel.channel, &request,
			i, NULL) == SK_OK;
	}
	EXPECT_OK(CALL0(svrctl_Supervisor, restart, &cases.control.kernel.channel,
		.name = DRIVER, .grace = 0));
	while (begun > 0 && sk_ring_next(ring, sk_os_after(tap.os, 3000), &done) == SK_OK) {
		int status = block_Device_read_end(&done, &reply);

		EXPECT(status == SK_OK || status == SK_PEER_CLOSED, 1);
		sk_ring_release(&done);
		begun--;
	}
	EXPECT(begun, 0);
	memset(other, 0, LARGE);
	EXPECT_OK(read(6000, other, LARGE));
	EXPECT(memcmp(buffer, other, LARGE), 0);
}

void disk_cases(void)
{
	buffer = sk_alloc(&tap.os->heap, LARGE);
	other = sk_alloc(&tap.os->heap, LARGE);
	if (!buffer || !other)
		return;
	tap_run("a disk says what it is", described);
	tap_run("each device that matches has a server, where a manifest says so", second);
	tap_run("what the host wrote is read", from_host);
	tap_run("what is written reaches the host", to_host);
	tap_run("as much as is wanted is moved at once", large);
	tap_run("what is not on the disk is refused", refused);
	tap_run("blocks are zeroed and discarded", zeroed);
	tap_run("requests are under way side by side", at_once);
	tap_run("a driver that is started anew has the device and its contents", restarted);
	tap_run("a driver that is killed at work is replaced", killed_busy);
}
