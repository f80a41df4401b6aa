/* A client that takes what it can get, asks and does not listen, and then faults. */
#include "tests/servers/typist/typist.h"

/* Reads and others that are left pending. */
#define READS 2
#define OTHERS 4

static uint8_t bytes[100];

static void ask_and_leave(void)
{
	const struct fs_File_read_request read = {.data = sk_lend_out(bytes, sizeof(bytes))};
	const struct fs_File_wait_ready_request ready = {
		.mask = fs_Ready_HANG_UP, .sequence = UINT64_MAX,
	};

	for (unsigned i = 0; i < READS; i++)
		fs_File_read_begin(&t.os->ring.ring, &t.others[i].channel, &read, 1, NULL);
	for (unsigned i = 0; i < OTHERS; i++)
		fs_File_wait_ready_begin(&t.os->ring.ring, &t.others[0].channel, &ready, 1,
			NULL);
}

int be_a_rogue(void)
{
	volatile uintptr_t nowhere = 8;
	int status = open_others();

	ask_and_leave();
	sk_log(t.os, log_Level_INFO, "took %u, then %d", t.other_count, status);
	sk_os_sleep(t.os, 4000);
	*(volatile uint8_t *)nowhere = 1;
	return 0;
}
