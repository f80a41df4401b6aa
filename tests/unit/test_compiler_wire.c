/*
 * The codec by tables: what it refuses, by the path and the byte or the place
 * in the text at fault, and that it tells of every byte once.
 */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/hex.h"
#include "compiler/wire.h"
#include "compiler/yaml.h"
#include "tests/unit/idl_fixture.h"

static const char schema_text[] =
	"namespace w;\n"
	"strict enum Kind { FILE = 1, LINK = 300 }\n"
	"strict bits Flags uint8 { A = 1, HIGH = 0x80 }\n"
	"bits Mode uint16 { READ = 1, WRITE = 2, BOTH = 3, CREATE = 4 }\n"
	"record Time { int64 seconds; bool exact; Flags flags; byte[6] pad; }\n"
	"struct Chain { uint8 value; optional Chain next; }\n"
	"variant Value { tag(1) string<4> text; tag(2) uint64 number;\n"
	"	tag(3) none; tag(4) Chain chain; }\n"
	"flexible variant Watch { tag(1) string text; tag(2) Value value;\n"
	"	tag(3) none; }\n"
	"interface File { method ping 2(); }\n"
	"message M 1 {\n"
	"head(255):\n"
	"	Kind kind = FILE;\n"		/* at 8 */
	"	float32 real;\n"		/* at 12 */
	"	Time time;\n"			/* at 16 */
	"	optional handle<File> file;\n"	/* at 32 */
	"	Value value;\n"			/* pointer at 33 */
	"	Watch[] watches;\n"		/* pointer at 34 */
	"	optional Time[] times;\n"	/* pointer at 35 */
	"	@bytes(4) optional string note;\n"	/* pointer at 36 */
	"	@depth(2) Chain chain;\n"	/* pointer at 37 */
	"tail:\n"
	"	Mode mode;\n"			/* at 0 */
	"	tags { tag(1) handle<File> other; tag(2) float64 wide; }\n"
	"}\n"
	"message N 2 { head(64): @bytes(5) Chain chain; }\n";

static struct fixture fixture;
static const struct declaration *message;

static int set_up(void **state)
{
	(void)state;
	fixture = fixture_load(schema_text);
	if (fixture.schema == NULL) {
		char *text = fixture_printed(&fixture);

		fputs(text, stderr);
		free(text);
		return -1;
	}
	message = schema_message(fixture.schema, "M");
	return message ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_free(&fixture);
	return 0;
}

static struct wire_view bytes_of(const char *digits)
{
	unsigned char *data = arena_alloc(fixture.arena, strlen(digits));
	struct wire_view view = {data, 0};

	assert_true(hex_read(digits, strlen(digits), true, data, &view.size));
	return view;
}

/*
 * A good message, in pieces: 38 bytes of fixed part, then the value (38), the
 * watches (40), times (49), note (50), chain (51).
 */
struct parts {
	const char *kind, *real, *time, *file, *value, *watches, *times, *note,
		*chain, *tail;
};

static const struct parts good = {
	.kind = "01000000", .real = "0000c03f",
	.time = "0500000000000000 00 01 000000000000", .file = "00",
	.value = "07 01", .watches = "05 07 01 01 0b 05 aabb 01", .times = "01",
	.note = "01", .chain = "0f 01", .tail = "0300 0a00000000000000 01",
};

struct whole {
	struct wire_view head;
	struct wire_view tail;
};

static const char *pick(const char *change, const char *otherwise)
{
	return change ? change : otherwise;
}

/* The good message with some of its parts changed; pointers follow. */
static struct whole assemble(const struct parts *change)
{
	const char *dynamic[5] = {
		pick(change->value, good.value),
		pick(change->watches, good.watches),
		pick(change->times, good.times), pick(change->note, good.note),
		pick(change->chain, good.chain),
	};
	size_t at = 38;
	char *fixed = arena_printf(fixture.arena, "%s %s %s %s",
		pick(change->kind, good.kind), pick(change->real, good.real),
		pick(change->time, good.time), pick(change->file, good.file));
	char *rest = arena_copy(fixture.arena, "", 0);
	struct whole whole;

	for (size_t i = 0; i < 5; i++) {
		fixed = arena_printf(fixture.arena, "%s %02zx", fixed, at);
		rest = arena_printf(fixture.arena, "%s %s", rest, dynamic[i]);
		at += bytes_of(dynamic[i]).size;
	}
	whole.tail = bytes_of(pick(change->tail, good.tail));
	whole.head = bytes_of(arena_printf(fixture.arena,
		"01000000 %02zx000000 %s %s", whole.tail.size, fixed, rest));
	return whole;
}

struct row {
	struct parts parts;
	enum wire_part part;
	size_t offset;
	const char *path;
	const char *why;		/* how the reason begins */
};

static const struct row rows[] = {
	{{.kind = "02000000"}, WIRE_HEAD, 8, "kind", "2 is not listed in Kind"},
	{{.kind = "00000000"}, WIRE_HEAD, 8, "kind", "0 is not listed"},
	{{.time = "0000000000000000 02 01 000000000000"}, WIRE_HEAD, 24,
		"time.exact", "a bool is 0 or 1, not 2"},
	{{.time = "0000000000000000 00 02 000000000000"}, WIRE_HEAD, 25,
		"time.flags", "2 is not listed in Flags"},
	{{.file = "02"}, WIRE_HEAD, 32, "file",
		"the next handle is number 1, not 2"},
	{{.value = "01"}, WIRE_HEAD, 38, "value", "no arm is set"},
	{{.value = "0b 01"}, WIRE_HEAD, 38, "value", "Value has no tag 5"},
	{{.value = "07 07 01"}, WIRE_HEAD, 39, "value",
		"a second arm, of tag 3"},
	{{.value = "03 0b 6162636465 01"}, WIRE_HEAD, 39, "value.text",
		"5 bytes are more than the 4"},
	{{.watches = "03 07 03 00 01"}, WIRE_HEAD, 43, "watches[0].none",
		"1 bytes of the value are left over"},
	{{.watches = "05 07 01 01 03 21 05 61 01"}, WIRE_HEAD, 45,
		"watches[1].text", "the value has 16 bytes"},
	{{.watches = "03 05 09 05 02 00 01 01"}, WIRE_HEAD, 44,
		"watches[0].value.number",
		"the varint of 0 takes more bytes than it needs"},
	{{.watches = "03 05 05 07 01 03"}, WIRE_HEAD, 45, "watches[0]",
		"a second arm, of tag 1"},
	{{.times = "05 01 01"}, WIRE_HEAD, 49, "times",
		"it may be there once, not 2 times"},
	{{.times = "03 1f 000000000000000000 0000000000 00"}, WIRE_HEAD, 50,
		"times", "15 bytes are no multiple of the 16 of Time"},
	{{.times = "03 41 0000000000000000 00 00 000000000000 "
		"0000000000000000 00 04 000000000000"}, WIRE_HEAD, 76,
		"times[1].flags", "4 is not listed"},
	{{.note = "03 07 616263"}, WIRE_HEAD, 50, "note",
		"more than the 4 bytes of its @bytes are needed"},
	{{.note = "03 09 61626364"}, WIRE_HEAD, 50, "note",
		"more than the 4 bytes of its @bytes are needed"},
	{{.chain = "01 03 02 03 03 01"}, WIRE_HEAD, 55, "chain.next.next",
		"structs within each other, more than 2"},
	{{.tail = "0300 0a00000000000000 03 00 01"}, WIRE_TAIL, 11, "other",
		"the handle is missing"},
	{{.file = "01", .tail = "0300 0a00000000000000 03 01 01"}, WIRE_TAIL,
		11, "other", "the next handle is number 2, not 1"},
	{{.tail = "0300 0a00000000000000 05 10 01"}, WIRE_TAIL, 11, "wide",
		"the varint is cut short"},
	{{.tail = "0300 0a00000000000000 03 01 01 01"}, WIRE_TAIL, 13, "",
		"1 bytes are left over"},
	{{.tail = "0300 0b00000000000000 01"}, WIRE_TAIL, 2, "tags",
		"the pointer is 11"},
};

static bool decode(const struct whole *whole,
	const struct wire_decode_options *options, struct value *value,
	struct wire_fault *fault)
{
	return wire_decode(fixture.arena, message, whole->head, whole->tail,
		options, value, fault);
}

static void bytes_are_refused_with_the_path_and_the_byte(void **state)
{
	struct wire_decode_options options = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct whole whole = assemble(&row->parts);
		struct wire_fault fault = {0};
		struct value value;

		if (decode(&whole, &options, &value, &fault))
			fail_msg("row %zu is taken: %s", i, row->why);
		if (fault.part != row->part || fault.offset != row->offset ||
		    strcmp(fault.path, row->path) != 0 ||
		    strncmp(fault.message, row->why, strlen(row->why)) != 0)
			fail_msg("row %zu: %s byte %zu `%s`: %s\nwanted byte "
				"%zu `%s`: %s", i, fault.part == WIRE_HEAD ?
				"head" : "tail", fault.offset, fault.path,
				fault.message, row->offset, row->path,
				row->why);
	}
}

static void what_came_beside_is_used_up(void **state)
{
	struct parts parts = {
		.file = "01", .tail = "0300 0a00000000000000 03 02 01",
	};
	struct whole whole = assemble(&parts);
	struct wire_decode_options options = {.counted = true};
	struct wire_fault fault = {0};
	struct value value;

	(void)state;
	for (unsigned handles = 0; handles < 5; handles++) {
		options.handles = handles;
		assert_int_equal(decode(&whole, &options, &value, &fault),
			handles == 2);
		if (handles == 1)
			assert_string_equal(fault.path, "other");
	}
	options.handles = 2;
	options.leases = 1;
	assert_false(decode(&whole, &options, &value, &fault));
	options.counted = false;
	assert_true(decode(&whole, &options, &value, &fault));
}

struct seen {
	size_t at[2];
	bool in_order;
};

static void see(void *context, const struct wire_field *field)
{
	struct seen *seen = context;

	if (field->offset != seen->at[field->part])
		seen->in_order = false;
	seen->at[field->part] = field->offset + field->size;
}

static void every_byte_is_told_of_once(void **state)
{
	static const struct parts changes[] = {
		{0}, {.value = "05 05 01", .times = "03 21 0000000000000000 00 "
			"00 000000000000", .note = "03 05 6162"},
		{.file = "01", .value = "09 03 03 05 01 01",
			.tail = "0300 0a00000000000000 03 05 05 03 01"},
		{.file = "01", .watches = "03 05 0b 03 05 6161 01 01",
			.tail = "0300 0a00000000000000 03 02 01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct whole whole = assemble(&changes[i]);
		struct seen seen = {.in_order = true};
		struct wire_decode_options options = {
			.field = see, .context = &seen,
		};
		struct wire_fault fault = {0};
		struct value value;

		if (i == 2)	/* handle 5 is out of order */
			assert_false(decode(&whole, &options, &value, &fault));
		else if (!decode(&whole, &options, &value, &fault))
			fail_msg("%zu: %s", i, wire_fault_text(fixture.arena,
				&fault));
		assert_true(seen.in_order);
		if (i == 2)
			continue;
		assert_int_equal(seen.at[WIRE_HEAD], whole.head.size);
		assert_int_equal(seen.at[WIRE_TAIL], whole.tail.size);
	}
}

/* So a message that is refused for its @bytes costs no more than one that is
 * taken. */
static void what_is_beyond_bytes_is_not_looked_at(void **state)
{
	static const struct {
		const char *head;
		bool is_good;
	} heads[] = {
		{"02000000 00000000 09 01 03 02 03 03", false},
		{"02000000 00000000 09 01 03 02 01", true},
		{"02000000 00000000 09 01 03 02 03 03 01", false},
		{"02000000 00000000 09 01 03 02 03 03 03 04 03 05 01", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct seen seen = {.in_order = true};
		const struct wire_decode_options options = {
			.field = see, .context = &seen,
		};
		const struct wire_view tail = {NULL, 0};
		struct wire_fault fault = {0};
		struct value value;

		assert_int_equal(wire_decode(fixture.arena,
			schema_message(fixture.schema, "N"), bytes_of(heads[i].head),
			tail, &options, &value, &fault), heads[i].is_good);
		assert_true(seen.at[WIRE_HEAD] <= 9 + 5);
		if (i < 2)
			continue;
		assert_int_equal(fault.offset, 9);
		assert_string_equal(wire_fault_text(fixture.arena, &fault),
			"chain: more than the 5 bytes of its @bytes are needed");
	}
}

static bool encode(const char *yaml, struct wire_bytes *head,
	struct wire_bytes *tail, struct wire_fault *fault)
{
	struct wire_encode_options options = {0};
	struct text_fault text_fault = {0};
	struct value value;

	if (!yaml_read(fixture.arena, yaml, strlen(yaml), &value, &text_fault))
		fail_msg("%s: %s", yaml, text_fault.message);
	return wire_encode(fixture.arena, message, &value, &options, head, tail,
		fault);
}

static void values_are_refused_with_the_path_and_the_place(void **state)
{
	static const struct {
		const char *yaml;
		uint32_t line, column;
		const char *path;
		const char *why;
	} texts[] = {
		{"{}", 1, 1, "value", "exactly one arm of Value"},
		{"kind: 2\nvalue: {none: {}}", 1, 7, "kind", "2 is not listed"},
		{"value: {none: {}}\nreal: 1e39", 2, 7, "real",
			"1e39 is too large"},
		{"value: {none: {}}\nreal: x", 2, 7, "real",
			"expected a number"},
		{"value: {none: {}}\ntime:\n  exact: 2", 3, 10, "time.exact",
			"2 does not fit bool"},
		{"value: {nome: {}}", 1, 15, "value",
			"no arm `nome`; did you mean `none`?"},
		{"value: {text: a, number: 1}", 1, 8, "value",
			"exactly one arm of Value has to be given, not 2"},
		{"value: {none: 1}", 1, 15, "value.none", "expected an object"},
		{"value: {text: abcde}", 1, 15, "value.text",
			"5 bytes are more than the 4"},
		{"value: {none: {}}\nwatches: [{'#2': [1]}]", 2, 18,
			"watches[0]", "the tag 2 is known: write `value`"},
		{"value: {none: {}}\nwatches: [{'#9': [1, 300]}]", 2, 22,
			"watches[0]", "an unknown value has bytes"},
		{"value: {none: {}}\nnote: abc", 2, 7, "note",
			"5 bytes are more than the 4 of its @bytes"},
		{"value: {none: {}}\nchain: {next: {next: {}}}", 2, 22,
			"chain.next.next", "structs within each other"},
		{"value: {none: {}}\nmode: [READ, RITE]", 2, 14, "mode",
			"Mode has no `RITE`; did you mean `WRITE`?"},
		{"value: {none: {}}\nmode: [READ, 65536]", 2, 14, "mode",
			"65536 does not fit Mode"},
		{"value: {none: {}}\nfile: 2", 2, 7, "file",
			"the next handle is number 1, not 2"},
		{"value: {none: {}}\nfile: 1\nother: 1", 3, 8, "other",
			"the next handle is number 2, not 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct wire_fault fault = {0};
		struct wire_bytes head;
		struct wire_bytes tail;

		if (encode(texts[i].yaml, &head, &tail, &fault))
			fail_msg("taken: %s", texts[i].yaml);
		if (fault.line != texts[i].line ||
		    fault.column != texts[i].column ||
		    strcmp(fault.path, texts[i].path) != 0 ||
		    strncmp(fault.message, texts[i].why,
			strlen(texts[i].why)) != 0)
			fail_msg("%s\n%u:%u `%s`: %s", texts[i].yaml,
				fault.line, fault.column, fault.path,
				fault.message);
	}
}

/* What decoding with names says of the member that was encoded. */
static void bits_are_lists_of_names(void **state)
{
	static const struct {
		const char *yaml;
		unsigned bits;
		const char *names;	/* "READ CREATE", or NULL: a number */
	} modes[] = {
		{"[]", 0, NULL}, {"0", 0, NULL}, {"READ", 1, "READ"},
		{"[WRITE, READ]", 3, "BOTH"}, {"[Mode.BOTH, 4]", 7,
			"READ WRITE CREATE"},
		{"5", 5, "READ CREATE"}, {"[READ, 0x8000]", 0x8001, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct wire_decode_options options = {.names = true};
		struct wire_fault fault = {0};
		struct wire_bytes head;
		struct wire_bytes tail;
		struct whole whole;
		struct value value;
		const struct value *mode;
		char names[64] = "";

		assert_true(encode(arena_printf(fixture.arena,
			"value: {none: {}}\nmode: %s", modes[i].yaml), &head,
			&tail, &fault));
		assert_int_equal(tail.data[0] | tail.data[1] << 8,
			modes[i].bits);
		whole.head = (struct wire_view){head.data, head.size};
		whole.tail = (struct wire_view){tail.data, tail.size};
		assert_true(decode(&whole, &options, &value, &fault));
		mode = value_member(&value, "mode");
		if (modes[i].names == NULL) {
			assert_int_equal(mode->kind, VALUE_INTEGER);
			continue;
		}
		if (mode->kind == VALUE_STRING) {
			assert_string_equal(mode->as.string.data,
				modes[i].names);
			continue;
		}
		for (size_t n = 0; n < mode->as.list.count; n++) {
			strcat(names, n ? " " : "");
			strcat(names, value_item(mode, n)->as.string.data);
		}
		assert_string_equal(names, modes[i].names);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_refused_with_the_path_and_the_byte),
		cmocka_unit_test(what_came_beside_is_used_up),
		cmocka_unit_test(every_byte_is_told_of_once),
		cmocka_unit_test(what_is_beyond_bytes_is_not_looked_at),
		cmocka_unit_test(values_are_refused_with_the_path_and_the_place),
		cmocka_unit_test(bits_are_lists_of_names),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
