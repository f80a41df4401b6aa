/*
 * Memory that is lent by a peer that does not keep to the rules: files that
 * could shrink, descriptors that are no files, ranges beyond the window,
 * windows that change while they are used, answers that claim too much.
 */
#define _GNU_SOURCE
#include "tests/unit/socket_raw.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#define PAGE 4096
#define GOOD_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Sends a call that lends this range and, unless it is negative, this window;
 * what it is answered: a status, or the number in the reply. */
static int lending_call(int raw, int window, enum what what, uint32_t direction,
	uint32_t offset, uint32_t size)
{
	uint8_t bytes[16], answer[SK_MESSAGE_MAX];
	struct sk_packet packet = {
		.number = 1,
		.kind = SK_PACKET_CALL,
		.has_window = window >= 0,
		.window = window,
		.range_count = 1,
		.directions = {(uint8_t)direction},
		.ranges = {{offset, size}},
	};
	struct sk_message message = {.bytes = bytes, .size = sizeof(bytes)};

	fixture_encode(bytes, what, 1);
	assert_int_equal(sk_packet_send(raw, &packet, &message), SK_OK);
	sk_packet_lend(&message, answer);
	while ((size = (uint32_t)sk_packet_receive(raw, &packet, &message)) ==
			(uint32_t)SK_WOULD_BLOCK)
		poll(&(struct pollfd){.fd = raw, .events = POLLIN}, 1, -1);
	assert_int_equal((int32_t)size, SK_OK);
	return (int32_t)sk_get_uint32(answer + 8);
}

static int new_file(size_t size, int seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* The server answers SK_BAD_LEASE to a call with this as its window, and all
 * is well with a good one afterwards. */
static void assert_no_window(int fd)
{
	int raw = fixture_raw(), good = new_file(2 * PAGE, GOOD_SEALS);

	assert_true(fd >= 0);
	assert_int_equal(lending_call(raw, fd, SUM, SK_LEASE_IN, 0, 1), SK_BAD_LEASE);
	assert_int_equal(lending_call(raw, -1, SUM, SK_LEASE_IN, 0, 1), SK_BAD_LEASE);
	assert_int_equal(lending_call(raw, good, SUM, SK_LEASE_IN, 0, 2 * PAGE), 0);
	close(good);
	close(raw);
	close(fd);
}

static void files_that_could_shrink_are_no_windows(void **state)
{
	(void)state;
	assert_no_window(new_file(PAGE, 0));
	assert_no_window(new_file(PAGE, F_SEAL_GROW | F_SEAL_SEAL));
	assert_no_window(new_file(PAGE, F_SEAL_SHRINK | F_SEAL_SEAL));
	assert_no_window(new_file(PAGE, F_SEAL_SHRINK | F_SEAL_GROW));
	assert_no_window(new_file(0, GOOD_SEALS));
	assert_no_window(new_file(PAGE, GOOD_SEALS | F_SEAL_WRITE));
}

static int only_readable(void)
{
	int fd = new_file(PAGE, GOOD_SEALS), same;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	same = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	return same;
}

static void descriptors_of_other_kinds_are_no_windows(void **state)
{
	int ends[2];

	(void)state;
	assert_no_window(open("/dev/zero", O_RDWR | O_CLOEXEC));
	assert_no_window(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	assert_no_window(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	assert_no_window(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	assert_no_window(epoll_create1(EPOLL_CLOEXEC));
	assert_no_window(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	assert_no_window(only_readable());
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_no_window(ends[0]);
	assert_no_window(ends[1]);
}

static void ranges_beyond_the_window_are_bad_leases(void **state)
{
	static const struct sk_packet_range ranges[] = {
		{0, PAGE + 1}, {PAGE, 1}, {PAGE + 1, 0}, {1, PAGE}, {UINT32_MAX, 1},
		{1, UINT32_MAX}, {UINT32_MAX, UINT32_MAX},
	};
	int raw = fixture_raw(), window = new_file(PAGE, GOOD_SEALS);

	(void)state;
	assert_int_equal(lending_call(raw, -1, SUM, SK_LEASE_IN, 0, 1), SK_BAD_LEASE);
	assert_int_equal(lending_call(raw, -1, SUM, SK_LEASE_IN, 0, 0), 0);
	assert_int_equal(lending_call(raw, window, SUM, SK_LEASE_IN, 0, PAGE), 0);
	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		assert_int_equal(lending_call(raw, -1, FILL, SK_LEASE_OUT,
			ranges[i].offset, ranges[i].size), SK_BAD_LEASE);
	assert_int_equal(lending_call(raw, -1, FILL, SK_LEASE_OUT, 10, 9), SK_BAD_LEASE);
	assert_int_equal(lending_call(raw, -1, FILL, SK_LEASE_OUT, 10, 10), SK_OK);
	close(window);
	close(raw);
}

/* A hole in the file, and sending one window after the other, each used. */
static void windows_that_change_do_no_harm(void **state)
{
	int raw = fixture_raw();

	(void)state;
	for (unsigned i = 1; i < 200; i++) {
		int window = new_file(i * PAGE, GOOD_SEALS);

		assert_int_equal(lending_call(raw, window, FILL, SK_LEASE_OUT, 0, PAGE), SK_OK);
		assert_int_equal(fallocate(window, FALLOC_FL_PUNCH_HOLE |
			FALLOC_FL_KEEP_SIZE, 0, PAGE), 0);
		assert_int_equal(ftruncate(window, 0), -1);
		assert_int_equal(lending_call(raw, -1, SUM, SK_LEASE_IN, 0, PAGE), 0);
		assert_int_equal(lending_call(raw, -1, SUM, SK_LEASE_IN, i * PAGE, 1),
			SK_BAD_LEASE);
		close(window);
	}
	close(raw);
}

/* A kept call lends of a window that its own client has replaced. */
static void replaced_window_is_a_lease_fault(void **state)
{
	int raw = fixture_raw(), window = new_file(PAGE, GOOD_SEALS);
	uint8_t bytes[16];
	struct sk_packet call = {
		.number = 1, .kind = SK_PACKET_CALL, .has_window = true, .window = window,
		.range_count = 1, .directions = {SK_LEASE_OUT}, .ranges = {{0, PAGE}},
	};
	struct sk_message message = {.bytes = bytes, .size = sizeof(bytes)};
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	fixture_encode(bytes, KEEP, 0);
	assert_int_equal(sk_packet_send(raw, &call, &message), SK_OK);
	fixture_await(&client, KEPT, 2);
	assert_int_equal(lending_call(raw, window, SUM, SK_LEASE_IN, 0, 1), 0);
	assert_int_equal(fixture_call(&client, WRITE_LATE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), SK_LEASE_FAULT);
	assert_int_equal(fixture_call(&client, RELEASE, 0, SK_FOREVER), SK_OK);
	close(window);
	close(raw);
	sk_socket_close(&client);
}

/* What a server claims to have written must have been lent to be written. */
static void answers_that_claim_too_much_are_malformed(void **state)
{
	static const struct { uint32_t offset, size; bool is_good; } claims[] = {
		{0, 100, true}, {0, 0, true}, {100, 0, true}, {30, 70, true},
		{0, 101, false}, {30, 71, false}, {101, 0, false}, {4096, 1, false},
		{UINT32_MAX, 1, false}, {1, UINT32_MAX, false},
	};
	uint8_t bytes[SIZE], memory[300];
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		struct sk_attached *attached = &pair.client.channel.request.attached;
		struct sk_lease out = sk_lend_out(memory + 100, 100);
		struct sk_lease in = sk_lend(memory, 100);

		memset(memory, 9, sizeof(memory));
		open_pair(&pair);
		assert_true(sk_attach_lease(attached, &out, SK_LEASE_OUT, 100));
		assert_true(sk_attach_lease(attached, &in, SK_LEASE_IN, 100));
		packet(bytes, 1, SK_PACKET_ANSWER, REPLY_ID, 0, SIZE);
		bytes[19] = 1;
		sk_put_uint32(bytes + 24, claims[i].offset);
		sk_put_uint32(bytes + 28, claims[i].size);
		assert_int_equal(send_bytes(pair.end, bytes, SIZE, 0), SIZE);
		assert_int_equal(fixture_call(&pair.client, ECHO, 0, SK_FOREVER),
			claims[i].is_good ? SK_OK : SK_MALFORMED);
		for (unsigned k = 0; k < sizeof(memory); k++)
			assert_true(memory[k] == 9 || (k >= 100 && k < 200));
		close_pair(&pair);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(files_that_could_shrink_are_no_windows),
		TEST(descriptors_of_other_kinds_are_no_windows),
		TEST(ranges_beyond_the_window_are_bad_leases),
		TEST(windows_that_change_do_no_harm),
		TEST(replaced_window_is_a_lease_fault),
		TEST(answers_that_claim_too_much_are_malformed),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime socket, hostile leases", tests,
		NULL, NULL);
}
