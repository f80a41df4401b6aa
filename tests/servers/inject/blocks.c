/*
 * The load of blocks: pieces of a disk in versions, one of which was acknowledged last.
 * A write that fails is made again with the same bytes, so nothing is ever in doubt
 * once it has succeeded.
 */
#include "tests/servers/inject/load.h"

#include "block.skald.h"

#define PIECES 48
#define PIECE 4096
#define RUN 8
#define FIRST_BLOCK 1000
#define BLOCKS (PIECE / 512)

static struct sk_client disk;
static uint64_t versions[PIECES];	/* 0: not written yet */
static uint8_t buffer[PIECES * PIECE] __attribute__((aligned(4096)));

static uint64_t block_of(uint32_t piece)
{
	return FIRST_BLOCK + (uint64_t)piece * BLOCKS;
}

static bool read_pieces(uint32_t piece, uint32_t count)
{
	const struct block_Device_read_request request = {
		.block = block_of(piece),
		.data = sk_lend_out(buffer, (uint64_t)count * PIECE),
	};
	uint64_t begun = sk_os_now(load.os);
	int status;

	do {
		const struct sk_call call = load_call();
		struct block_Device_read_reply reply;

		status = block_Device_read(&disk.kernel.channel, &request, &reply, &call);
	} while (load_again(status, begun));
	return status == SK_OK;
}

static void write_pieces(uint32_t piece, uint32_t count)
{
	const struct block_Device_write_request request = {
		.block = block_of(piece),
		.data = sk_lend(buffer, (uint64_t)count * PIECE),
	};
	uint64_t begun = sk_os_now(load.os);
	int status;

	for (uint32_t i = 0; i < count; i++)
		load_fill(buffer + i * PIECE, PIECE, piece + i, ++versions[piece + i]);
	do {
		const struct sk_call call = load_call();
		struct block_Device_write_reply reply;

		status = block_Device_write(&disk.kernel.channel, &request, &reply, &call);
	} while (load_again(status, begun));
	for (uint32_t i = 0; status != SK_OK && i < count; i++)
		versions[piece + i] = 0;
}

/* What was read is what was acknowledged; what is not is counted, and written anew. */
static void compare(uint32_t piece, uint32_t count)
{
	uint64_t wrong = 0;

	for (uint32_t i = 0; i < count; i++)
		if (versions[piece + i] && !load_is(buffer + i * PIECE, PIECE, piece + i,
				versions[piece + i]))
			wrong |= UINT64_C(1) << i;
	for (uint32_t i = 0; i < count; i++) {
		if (!(wrong & UINT64_C(1) << i))
			continue;
		load.figures.wrong++;
		write_pieces(piece + i, 1);
	}
}

static void flush(void)
{
	uint64_t begun = sk_os_now(load.os);
	int status;

	do {
		const struct sk_call call = load_call();
		struct block_Device_flush_reply reply;

		status = block_Device_flush(&disk.kernel.channel,
			&(struct block_Device_flush_request){0}, &reply, &call);
	} while (load_again(status, begun));
}

static void work(void)
{
	uint32_t count = load_random(3) ? 1 : RUN, piece = load_random(PIECES - count + 1);

	switch (load_random(16)) {
	case 0:
		flush();
		break;
	case 1: case 2: case 3: case 4: case 5: case 6: case 7:
		write_pieces(piece, count);
		break;
	default:
		if (read_pieces(piece, count))
			compare(piece, count);
		break;
	}
}

static void verify(void)
{
	if (read_pieces(0, PIECES))
		compare(0, PIECES);
}

int blocks_main(void)
{
	load.work = work;
	load.verify = verify;
	sk_client_open(&disk, load.os, "disk", "block.Device");
	write_pieces(0, PIECES);
	return load_serve();
}
