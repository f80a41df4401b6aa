/* The log: formats, the ring, and panics; and the memory functions of the OS. */
#include "tests/kernel/unit/kernel_fixture.h"

#include "kernel/log.h"

/* Those of runtime/start/string.c, under other names: libc has its own here. */
#define memcpy kernel_memcpy
#define memmove kernel_memmove
#define memset kernel_memset
#define memcmp kernel_memcmp
#define bcmp kernel_bcmp
#define strlen kernel_strlen
#define strstr kernel_strstr
#include "runtime/start/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef bcmp
#undef strlen
#undef strstr

static char seen[4096];
static size_t seen_size;

static void see(char c)
{
	if (seen_size < sizeof seen - 1)
		seen[seen_size++] = c;
}

/* Prints as printf does, both into the ring and to where it is seen. */
#define assert_prints(...) do { \
	char expected[512], got[512]; \
	uint64_t from = log_end(), lost; \
	int size = snprintf(expected, sizeof expected, __VA_ARGS__); \
	seen_size = 0; \
	host_put = see; \
	log_print(__VA_ARGS__); \
	host_put = NULL; \
	seen[seen_size] = 0; \
	assert_int_equal(log_read(&from, got, sizeof got, &lost), size); \
	got[size] = 0; \
	assert_string_equal(got, expected); \
	assert_string_equal(seen, expected); \
} while (0)

static void formats_are_those_of_printf(void **unused)
{
	const char *volatile none = "";

	(void)unused;
	assert_prints("plain 100%%\n");
	assert_prints("%u %x %x", UINT32_MAX, 0xdeadbeefu, 0u);
	assert_prints("%lu %lx", UINT64_MAX, UINT64_MAX);
	assert_prints("[%5u] [%05u] [%2u]", 42u, 42u, 12345u);
	assert_prints("[%8x] [%08x] [%016lx]", 0xabcu, 0xabcu, 0xabcul);
	assert_prints("[%s] [%s]", "abc", none);
}

static void a_hole_in_a_format_does_no_harm(void **unused)
{
	char format[] = "end %";

	(void)unused;
	log_print("%s", "");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	log_print(format);
#pragma GCC diagnostic pop
	fixture_logged("end ");
}

static void the_ring_says_what_is_lost(void **unused)
{
	uint64_t start = log_end(), from = start, lost = 1;
	static char text[65536 + 10];
	uint32_t size;

	(void)unused;
	assert_int_equal(log_read(&from, text, 10, &lost), 0);
	assert_int_equal(lost, 0);
	for (unsigned i = 0; i < 70000; i++)
		log_text(&"0123456789"[i % 10], 1);
	size = log_read(&from, text, sizeof text, &lost);
	assert_int_equal(size, 65536);
	assert_int_equal(lost, 70000 - 65536);
	assert_int_equal(from, start + 70000);
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(text[i], '0' + (lost + i) % 10);
	/* In pieces. */
	from = log_end() - 5;
	assert_int_equal(log_read(&from, text, 3, &lost), 3);
	assert_memory_equal(text, "567", 3);
	assert_int_equal(lost, 0);
	assert_int_equal(log_read(&from, text, 3, &lost), 2);
	assert_memory_equal(text, "89", 2);
	/* Beyond the end: there is nothing, but later there is. */
	from = UINT64_MAX;
	assert_int_equal(log_read(&from, text, 3, &lost), 0);
	assert_int_equal(from, log_end());
}

static void a_panic_says_what_and_where(void **unused)
{
	int one = 1;

	(void)unused;
	assert_panics(panic("because of %u", 7), "panic: because of 7\n");
	assert_panics(CHECK(one == 2), "test_log.c:");
	fixture_logged("one == 2");
	CHECK(one == 1);
}

/* ---- memory ---- */

#define ROOM 300

static void fill(uint8_t *at)
{
	for (unsigned i = 0; i < ROOM; i++)
		at[i] = (uint8_t)fixture_random(256);
}

static void memory_is_moved_as_by_libc(void **unused)
{
	uint8_t ours[ROOM], theirs[ROOM];

	(void)unused;
	fixture_seed(__func__);
	for (unsigned round = 0; round < 50000; round++) {
		uint32_t size = fixture_random(fixture_random(2) ? 20 : 130);
		uint32_t from = fixture_random(ROOM - size), to = fixture_random(ROOM - size);

		fill(ours);
		memcpy(theirs, ours, ROOM);
		if (from + size <= to || to + size <= from) {
			assert_ptr_equal(kernel_memcpy(ours + to, ours + from, size), ours + to);
			memcpy(theirs + to, theirs + from, size);
			assert_memory_equal(ours, theirs, ROOM);
		}
		assert_ptr_equal(kernel_memmove(ours + to, ours + from, size), ours + to);
		memmove(theirs + to, theirs + from, size);
		assert_memory_equal(ours, theirs, ROOM);
		assert_ptr_equal(kernel_memset(ours + to, (int)round, size), ours + to);
		memset(theirs + to, (int)round, size);
		assert_memory_equal(ours, theirs, ROOM);
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void memory_is_compared_as_by_libc(void **unused)
{
	uint8_t left[ROOM], right[ROOM];

	(void)unused;
	fixture_seed(__func__);
	for (unsigned round = 0; round < 50000; round++) {
		uint32_t size = fixture_random(70), at = fixture_random(200);

		fill(left);
		memcpy(right, left, ROOM);
		assert_int_equal(kernel_memcmp(left + at, right + at, size), 0);
		right[at + fixture_random(70)] ^= (uint8_t)(1 << fixture_random(8));
		right[at + fixture_random(70)] ^= (uint8_t)(1 << fixture_random(8));
		assert_int_equal(sign(kernel_memcmp(left + at, right + at, size)),
			sign(memcmp(left + at, right + at, size)));
	}
}

static void strings_are_measured(void **unused)
{
	(void)unused;
	assert_int_equal(kernel_strlen(""), 0);
	assert_int_equal(kernel_strlen("abc"), 3);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(formats_are_those_of_printf),
	cmocka_unit_test(a_hole_in_a_format_does_no_harm),
	cmocka_unit_test(the_ring_says_what_is_lost),
	cmocka_unit_test(a_panic_says_what_and_where),
	cmocka_unit_test(memory_is_moved_as_by_libc),
	cmocka_unit_test(memory_is_compared_as_by_libc),
	cmocka_unit_test(strings_are_measured),
};

FIXTURE_MAIN(cases)
