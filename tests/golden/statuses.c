/*
 * What generated functions answer to values and messages that are not right,
 * and who has the handles then. Prints TAP.
 */
#include <stdio.h>
#include <string.h>

#include "constructs.skald.h"

static int failed;

static void expect(int got, int wanted, const char *what)
{
	bool good = got == wanted;

	printf("%s - %s\n", good ? "ok" : "not ok", what);
	if (!good)
		printf("# expected %d, came %d\n# again: tests/golden/statuses.sh\n", wanted, got);
	failed |= !good;
}

static void expect_all(bool good, const char *what)
{
	expect(good, true, what);
}

/* ---- handles ---- */

static struct golden_all_Handles six_handles(void)
{
	struct golden_all_Handles value;

	golden_all_Handles_init(&value);
	value.held.files.raw.raw = 12;
	value.held.name.data = "x";
	value.held.name.size = 1;
	value.files.raw.raw = 10;
	value.has_maybe = true;
	value.maybe.raw.raw = 11;
	value.gift.which = golden_all_Gift_two;
	value.gift.as.two[0].raw.raw = 13;
	value.gift.as.two[1].raw.raw = 14;
	value.has_last = true;
	value.last.raw.raw = 15;
	return value;
}

/* The bytes with their numbers; the handles with all rights, as they come. */
static int sent(struct golden_all_Handles *value, uint8_t *bytes, struct sk_attached *attached)
{
	int size = golden_all_Handles_encode(value, bytes, 256, attached);

	for (uint32_t i = 0; i < attached->handle_count; i++)
		attached->handles[i].rights = SK_RIGHTS_ALL;
	return size;
}

static void send_handles(void)
{
	struct golden_all_Handles value = six_handles(), back;
	struct sk_attached attached;
	uint8_t bytes[256];
	int size = golden_all_Handles_encode(&value, bytes, sizeof bytes, &attached);
	bool in_order = attached.handle_count == 6;

	for (int i = 0; i < 6 && in_order; i++)
		in_order = attached.handles[i].handle.raw == 10 + i;
	expect_all(in_order, "handles are attached in the order of their bytes");
	expect_all(attached.handles[0].rights == 3 && attached.handles[2].rights == 1
		&& attached.handles[1].rights == SK_RIGHTS_ALL, "with the rights that are named");
	for (int capacity = 0; capacity < size; capacity++)
		if (golden_all_Handles_encode(&value, bytes, (size_t)capacity, &attached)
			!= SK_TOO_BIG || attached.handle_count != 6)
			size = 0;
	expect_all(size > 0, "without room all are attached still, to be given away");

	size = sent(&value, bytes, &attached);
	expect(golden_all_Handles_decode(&back, bytes, (size_t)size, &attached), 0,
		"handles come back");
	expect_all(attached.handle_count == 0 && back.files.raw.raw == 10 && back.has_maybe
		&& back.maybe.raw.raw == 11 && back.held.files.raw.raw == 12
		&& !back.held.has_store && back.held.store.raw.raw < 0
		&& back.gift.as.two[1].raw.raw == 14 && back.last.raw.raw == 15,
		"and belong to the value");
}

static void miss_handles(void)
{
	struct golden_all_Handles value = six_handles();
	struct sk_attached attached;
	uint8_t bytes[256];

	memset(bytes, 0xa5, sizeof bytes);
	value.files.raw = sk_no_handle();
	expect(golden_all_Handles_encode(&value, bytes, sizeof bytes, &attached), SK_BAD_HANDLE,
		"a missing handle is refused");
	expect_all(attached.handle_count == 5 && bytes[0] == 0xa5,
		"all others are attached, and no byte is written");
	value = six_handles();
	value.held.files.raw = sk_no_handle();
	expect(golden_all_Handles_encode(&value, bytes, sizeof bytes, &attached), SK_BAD_HANDLE,
		"so is one missing in a struct");
	value = six_handles();
	value.gift.as.two[0].raw = sk_no_handle();
	expect(golden_all_Handles_encode(&value, bytes, sizeof bytes, &attached), SK_BAD_HANDLE,
		"so is one missing in an arm");
	expect_all(attached.handle_count == 5, "and the others are attached");
}

/* Every wrong number in every place. */
static void misnumber_handles(void)
{
	struct golden_all_Handles value = six_handles(), back;
	struct sk_attached attached;
	uint8_t bytes[256], wrong[256];
	int size = sent(&value, bytes, &attached);
	unsigned places = 0, refused = 0, kept = 0;

	for (int at = 8; at < size; at++) {
		if (bytes[at] == 0 || bytes[at] > 6)
			continue;
		memcpy(wrong, bytes, sizeof wrong);
		wrong[at]++;
		sent(&value, bytes, &attached);
		int status = golden_all_Handles_decode(&back, wrong, (size_t)size, &attached);
		places++;
		refused += status == SK_BAD_HANDLE || status == SK_MALFORMED;
		kept += attached.handle_count == 6;
	}
	expect_all(places >= 6 && refused == places && kept == places,
		"numbers out of order are refused, and nothing is taken");
	sent(&value, bytes, &attached);
	bytes[9]++;			/* `files`, behind the pointer to `held` */
	expect(golden_all_Handles_decode(&back, bytes, (size_t)size, &attached), SK_BAD_HANDLE,
		"as bad handles");
	bytes[9]--;
	attached.handles[0].rights = 1;
	expect(golden_all_Handles_decode(&back, bytes, (size_t)size, &attached), SK_BAD_HANDLE,
		"a handle without the rights that are named is refused");
	sent(&value, bytes, &attached);
	attached.handles[attached.handle_count++].handle.raw = 16;
	expect(golden_all_Handles_decode(&back, bytes, (size_t)size, &attached), SK_BAD_HANDLE,
		"a handle too many is refused");
	expect(golden_all_Handles_decode(&back, bytes, (size_t)size - 1, &attached),
		SK_MALFORMED, "bytes that are cut are malformed");
	expect_all(attached.handle_count == 7, "and all are still there");
}

/* ---- leases ---- */

static void lend(void)
{
	struct golden_all_Files_read_request value, back;
	struct sk_attached attached;
	uint8_t bytes[64], memory[32];

	golden_all_Files_read_request_init(&value);
	value.data = sk_lend_out(memory, sizeof memory);
	int size = golden_all_Files_read_request_encode(&value, bytes, sizeof bytes, &attached);
	expect_all(size == 18 && bytes[16] == 1 && bytes[17] == 0 && attached.lease_count == 1,
		"a lease is a number, an absent one 0");
	expect(golden_all_Files_read_request_decode(&back, bytes, 18, &attached), 0,
		"a lease comes back");
	expect_all(back.data.size == sizeof memory && back.data.data == NULL
		&& back.data.number == 1 && !back.has_hint && attached.lease_count == 0,
		"with its size, without its address");
	attached.lease_count = 2;
	expect(golden_all_Files_read_request_decode(&back, bytes, 18, &attached), SK_BAD_LEASE,
		"a lease too many is refused");
	value.data = sk_lend(memory, sizeof memory);
	expect(golden_all_Files_read_request_encode(&value, bytes, sizeof bytes, &attached),
		SK_BAD_LEASE, "memory lent to be read is not to be written");
	value.data = sk_lend_out(memory, (1 << 20) + 1);
	expect(golden_all_Files_read_request_encode(&value, bytes, sizeof bytes, &attached),
		SK_BAD_LEASE, "more than the schema allows is refused");
	value.data = sk_lend_out(memory, sizeof memory);
	value.has_hint = true;
	value.hint = sk_lend(memory, 17);
	expect(golden_all_Files_read_request_encode(&value, bytes, sizeof bytes, &attached),
		SK_BAD_LEASE, "so is more of an optional one");
}

/* ---- values ---- */

static struct golden_all_Choices choices(void)
{
	struct golden_all_Choices value;

	golden_all_Choices_init(&value);
	value.change.which = golden_all_Change_sync;
	value.watch.which = golden_all_Watch_gone;
	value.expr.which = golden_all_Expr_number;
	return value;
}

static int encode(const struct golden_all_Choices *value)
{
	static uint8_t bytes[4096];

	return golden_all_Choices_encode(value, bytes, sizeof bytes);
}

static void choose(void)
{
	struct golden_all_Choices value = choices();
	struct golden_all_Expr chain[4];
	struct golden_all_Change change;

	expect_all(encode(&value) > 0, "arms without value encode");
	value.change.which = 0;
	expect(encode(&value), SK_INVALID, "no arm is invalid");
	value.change.which = 6;
	expect(encode(&value), SK_INVALID, "an arm that the schema lacks is invalid");
	value.change.which = golden_all_Change_level;
	value.change.as.level = 3;
	expect(encode(&value), SK_INVALID, "an arm with a value that a strict one lacks is");
	value = choices();
	golden_all_Change_init(&change);
	value.changes.items = &change;
	value.changes.count = 1;
	expect(encode(&value), SK_INVALID, "no arm in an array is invalid");
	value = choices();
	value.watch.which = UINT32_C(0x80000000);
	expect(encode(&value), SK_INVALID, "a tag beyond the greatest is invalid");
	value.watch.which = 7;
	expect_all(encode(&value) > 0, "a flexible variant takes an arm that the schema lacks");

	value = choices();
	memset(chain, 0, sizeof chain);
	for (int i = 0; i < 3; i++) {
		chain[i].which = golden_all_Expr_negative;
		chain[i].as.negative.items = &chain[i + 1];
		chain[i].as.negative.count = 1;
	}
	chain[3].which = golden_all_Expr_number;
	value.expr = chain[0];
	expect_all(encode(&value) > 0, "four deep is within @depth(4)");
	value.has_more = true;
	value.more = chain[1];
	expect_all(encode(&value) > 0, "three deep is within @depth(3)");
	value.more = chain[0];
	expect(encode(&value), SK_TOO_DEEP, "four deep is not");
}

static void bound(void)
{
	struct golden_all_Choices value = choices(), back;
	uint8_t bytes[256], cut[256];
	uint32_t many[12] = { 0 };

	value.has_brief = true;
	value.brief.data = "12345678";
	value.brief.size = 8;
	int size = golden_all_Choices_encode(&value, bytes, sizeof bytes);
	expect_all(size > 0, "nine bytes are within @bytes(9)");
	value.brief.data = "123456789";
	value.brief.size = 9;
	expect(encode(&value), SK_TOO_BIG, "ten are not");
	/* The same by hand: one byte more, of the string and of the tail. */
	size_t at = (size_t)size - 10;	/* 8 characters, the end of tags, and its length */
	memcpy(cut, bytes, at);
	cut[at] = 2 * 9 + 1;
	memcpy(cut + at + 1, "123456789\1", 10);
	cut[4]++;
	expect(golden_all_Choices_decode(&back, cut, (size_t)size + 1), SK_MALFORMED,
		"nor when they come");
	cut[at] = 2 * 8 + 1;
	memcpy(cut + at + 1, "12345678\1", 9);
	cut[4]--;
	expect(golden_all_Choices_decode(&back, cut, (size_t)size), 0, "as nine may");
	value = choices();
	value.watch.which = golden_all_Watch_many;
	value.watch.as.many.items = many;
	value.watch.as.many.count = 11;
	expect_all(encode(&value) > 0, "twelve bytes of an arm are within @bytes(12)");
	value.watch.as.many.count = 12;
	expect(encode(&value), SK_TOO_BIG, "thirteen are not");
}

/*
 * Room is asked for as soon as a count is known, and there is none: what is not
 * refused before that is too big. The arm is the second of three that a pointer
 * each leads to: tag, length, count, elements, end.
 */
static void look_no_further(void)
{
	struct golden_all_Choices value = choices(), back;
	struct sk_room none = { NULL, NULL, false };
	uint8_t bytes[256], more[256];
	uint32_t many[11] = { 0 };

	value.watch.which = golden_all_Watch_many;
	value.watch.as.many.items = many;
	value.watch.as.many.count = 11;
	int size = golden_all_Choices_encode(&value, bytes, sizeof bytes);
	size_t at = bytes[9];
	expect_all(size > 0 && bytes[at + 1] == 2 * 12 + 1 && bytes[at + 2] == 2 * 11 + 1,
		"an arm has twelve bytes");
	expect(golden_all_Choices_decode_into(&back, bytes, (size_t)size, &none), SK_TOO_BIG,
		"without room they are too many");
	memcpy(more, bytes, at + 3);
	memcpy(more + at + 4, bytes + at + 3, (size_t)size - at - 3);
	more[at + 1] += 2;
	more[at + 2] += 2;
	more[at + 3] = 1;
	more[10]++;
	none.is_full = false;
	expect(golden_all_Choices_decode_into(&back, more, (size_t)size + 1, &none), SK_MALFORMED,
		"thirteen are refused before their elements are looked at");
}

static void leave_out(void)
{
	struct golden_all_Derived value, back;
	uint8_t bytes[64];

	golden_all_Derived_init(&value);
	expect_all(value.level == golden_all_Level_LOW && value.other == golden_all_Level_HIGH
		&& !value.has_other, "_init sets the defaults, the base's too");
	int size = golden_all_Derived_encode(&value, bytes, sizeof bytes);
	memset(&back, 0xa5, sizeof back);
	expect(golden_all_Derived_decode(&back, bytes, (size_t)size), 0, "what is absent decodes");
	expect_all(!back.has_other && back.other == golden_all_Level_HIGH,
		"as absent, with its default");
	value.level = 0;
	expect(golden_all_Derived_encode(&value, bytes, sizeof bytes), SK_INVALID,
		"a value that a strict one lacks is invalid in place");
	value.level = golden_all_Level_HIGH;
	value.has_other = true;
	value.other = 9;
	expect(golden_all_Derived_encode(&value, bytes, sizeof bytes), SK_INVALID,
		"and in a tail");
}

int main(void)
{
	send_handles();
	miss_handles();
	misnumber_handles();
	lend();
	choose();
	bound();
	look_no_further();
	leave_out();
	return failed;
}
