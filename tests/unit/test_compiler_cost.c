/*
 * The certificate: no message, greatest or random, costs more than it says.
 *
 * Values are made from the schema, encoded, and decoded again; each stretch of
 * bytes that the decoder tells of is a step.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compiler/wire.h"
#include "idl/cost.h"
#include "tests/unit/idl_fixture.h"

#define TRIES 300

static const char schema_text[] =
	"bits Flags uint16 { A = 1, B = 2, C = 4 }\n"
	"strict enum Kind { X = 3, Y = -1 }\n"
	"newtype Name = string<20>;\n"
	"record Time { int64 seconds; uint32 nanos; byte[4] pad; }\n"
	"struct Node { uint64 inode; Kind kind; }\n"
	"struct Entry : Node { Name name; optional uint32 size; Time[<=2] times;"
	" optional Time last; tags { tag(200) byte[<=9] data; tag(1) bool b; } }\n"
	"struct Empty { }\n"
	"variant Change { tag(1) sync; tag(2) uint16 n; tag(300) Entry entry; }\n"
	"flexible variant Watch { tag(3) uint8 a; tag(4) Name[<=3] names; }\n"
	"struct Tree { uint8 value; Tree[] children; optional Tree next;"
	" tags { tag(1) Tree left; } }\n"
	"interface File { }\n"
	"struct Holds { handle<File> a; optional handle<File> b; }\n"
	/* Exact: the greatest value that is made costs just what is said. */
	"message ExactPlain 1 { head(100): uint8 a; int16 b; uint32[3] c; bool d;"
	" float64 e; Time f; Time[2] g; byte[5] h; Flags i; }\n"
	"message ExactLists 2 { head(4000): uint16[<=7] a; string<9> b; "
	"byte[<=200] c; Time[<=3] d; Time[2][<=3] e; int32[2][<=4] f; bool[3][<=4] g;"
	" tail: string<4>[2] h; optional string<6> i; optional Time j; }\n"
	"message ExactStructs 3 { head(4000): Entry a; Entry[<=3] b; Empty[<=9] c;"
	" Change d; Change[<=2] e; Entry[2] f; Watch g;"
	" tags { tag(1) Entry h; tag(300) uint32 i; } }\n"
	"message Unbounded 4 { head(400): string a; uint16[] b; Tree c; tail:"
	" Entry[] d; Tree e; }\n"
	"message ExactHandles 5 { head(64): Holds[2] a; handle<File>[2] b; "
	"optional handle<File> c; }\n"
	"interface I {\n"
	"	method exact(Entry[<=3] a, uint64 b, lease<in, max = 9> c,"
	" optional lease<out, max = 9> d) -> (Watch a, Change[<=2] b);\n"
	"	method capped(@bytes(60) Entry[<=9] a, @depth(3) @bytes(40) Tree b,"
	" @bytes(30) string<200>[<=20] c) -> (@bytes(9) optional string<30> a);\n"
	"	event happened(Watch a, float32 b);\n"
	"}\n";

/* ---- making values ---- */

struct maker {
	struct arena *arena;
	bool greatest;
	bool small;			/* short lists, so that limits are kept */
	unsigned depth;			/* structs within each other */
	unsigned handles;
	unsigned leases;
	uint32_t random;
};

/* 0 to limit - 1; the last one if all is to be as large as can be. */
static uint32_t choose(struct maker *maker, uint32_t limit)
{
	if (maker->greatest)
		return limit - 1;
	if (maker->small && limit > 3)
		limit = 2;
	maker->random = maker->random * UINT32_C(1664525) + UINT32_C(1013904223);
	return (maker->random >> 8) % limit;
}

static struct value number_value(uint64_t bits, const struct type *type)
{
	struct value value = { .kind = VALUE_INTEGER };
	unsigned shift = 64 - 8 * type->width;

	/* Cut to the width, with its sign. */
	if (type->is_signed)
		bits = (uint64_t)((int64_t)(bits << shift) >> shift);
	else
		bits = bits << shift >> shift;
	value.as.integer = value_integer(bits, type->is_signed);
	return value;
}

static struct value make_integer(struct maker *maker, const struct type *type)
{
	uint64_t bits = choose(maker, 3) == 2 ? UINT64_MAX : choose(maker, 200);

	return number_value(bits, type);
}

static struct value make_enum(struct maker *maker, const struct type *type)
{
	const struct declaration *d = type->declaration;
	const struct enumerator *e = d->as.enumeration.first;
	struct value value = { .kind = VALUE_INTEGER };
	uint32_t left = choose(maker, d->as.enumeration.count);

	if (!d->as.enumeration.is_strict)
		return make_integer(maker, type);
	while (left-- > 0)
		e = e->next;
	value.as.integer = e->value;
	return value;
}

static struct value make_text(struct maker *maker, const struct type *type)
{
	uint64_t limit = type->bound == UNBOUNDED ? 5 : type->bound;
	size_t size = choose(maker, (uint32_t)limit + 1);
	char *data = arena_alloc(maker->arena, size + 1);
	struct value value = { .kind = VALUE_STRING };

	memset(data, 'x', size);
	value.as.string.data = data;
	value.as.string.size = size;
	return value;
}

static struct value make_type(struct maker *maker, const struct type *type);

static struct value make_list(struct maker *maker, const struct type *type)
{
	struct value_list_builder list = { 0 };
	struct value value = { .kind = VALUE_LIST };
	uint64_t count = type->count;

	if (type->kind == TYPE_LIST)
		count = choose(maker, type->bound == UNBOUNDED ? 4
			: (uint32_t)type->bound + 1);
	while (count-- > 0) {
		struct value item = make_type(maker, type->element);

		*value_list_add(maker->arena, &list) = item;
	}
	value.as.list.items = list.items;
	value.as.list.count = list.count;
	return value;
}

static void add(struct maker *maker, struct value_object_builder *object,
	const struct member *member, struct value value)
{
	struct value_member *added = value_object_add(maker->arena, object);

	added->name = member->name;
	added->name_size = strlen(member->name);
	added->value = value;
}

static struct value object_value(const struct value_object_builder *object)
{
	struct value value = { .kind = VALUE_OBJECT };

	value.as.object.members = object->members;
	value.as.object.count = object->count;
	return value;
}

static bool leads_down(const struct type *type)
{
	while (type->element != NULL)
		type = type->element;
	return type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT;
}

static void make_member(struct maker *maker, struct value_object_builder *object,
	const struct member *member)
{
	bool may_be_absent = member->is_optional || member->tag != 0;

	if (may_be_absent && (choose(maker, 3) == 0
		|| (maker->depth > 5 && leads_down(member->type))))
		return;
	add(maker, object, member, make_type(maker, member->type));
}

static void make_members(struct maker *maker, struct value_object_builder *object,
	const struct member *member)
{
	const struct member *tagged;

	for (; member != NULL; member = member->next) {
		if (!member->is_tags)
			make_member(maker, object, member);
		for (tagged = member->tags; tagged != NULL; tagged = tagged->next)
			make_member(maker, object, tagged);
	}
}

static struct value make_variant(struct maker *maker, const struct body *body)
{
	struct value_object_builder object = { 0 }, none = { 0 };
	const struct member *arm = body->first;
	uint32_t left = choose(maker, body->count);

	while (left-- > 0)
		arm = arm->next;
	add(maker, &object, arm, arm->type == NULL ? object_value(&none)
		: make_type(maker, arm->type));
	return object_value(&object);
}

static struct value make_struct(struct maker *maker, const struct declaration *d)
{
	struct value_object_builder object = { 0 };
	struct value value;

	maker->depth++;
	if (d->kind == DECLARATION_VARIANT) {
		value = make_variant(maker, &d->as.structure.body);
	} else {
		make_members(maker, &object, d->as.structure.body.first);
		value = object_value(&object);
	}
	maker->depth--;
	return value;
}

static struct value make_type(struct maker *maker, const struct type *type)
{
	struct value value = { .kind = VALUE_BOOL };

	switch (type->kind) {
	case TYPE_BOOL:
		value.as.truth = choose(maker, 2);
		return value;
	case TYPE_FLOAT:
		/* All bits but one, so that nothing is shorter. */
		return value_float(maker->arena, choose(maker, 2) == 0 ? 0
			: type->width == 4 ? UINT32_C(0xff7fffff)
			: UINT64_C(0xffefffffffffffff), type->width);
	case TYPE_ENUM:
		return make_enum(maker, type);
	case TYPE_STRING:
		return make_text(maker, type);
	case TYPE_LIST:
		if (maker->depth > 5 && leads_down(type))
			return (struct value){ .kind = VALUE_LIST };
		return make_list(maker, type);
	case TYPE_ARRAY:
		return make_list(maker, type);
	case TYPE_HANDLE:
		return number_value(++maker->handles, type);
	case TYPE_LEASE:
		return number_value(++maker->leases, type);
	case TYPE_STRUCT:
	case TYPE_RECORD:
	case TYPE_VARIANT:
		return make_struct(maker, type->declaration);
	default:
		return make_integer(maker, type);
	}
}

/* In the order of the bytes, by which handles are numbered. */
static void make_section(struct maker *maker, struct value_object_builder *object,
	const struct section *section)
{
	for (int pass = 0; pass < 2; pass++)
		for (struct member *m = section->body.first; m != NULL; m = m->next) {
			struct member alone = *m;

			alone.next = NULL;
			if (m->is_pointer == (pass == 1))
				make_members(maker, object, &alone);
		}
}

static struct value make_message(struct maker *maker, const struct declaration *message)
{
	struct value_object_builder object = { 0 };

	make_section(maker, &object, &message->as.message.head);
	make_section(maker, &object, &message->as.message.tail);
	return object_value(&object);
}

/* ---- counting steps ---- */

struct counter {
	const struct declaration *message;
	uint64_t steps;
	unsigned beside[2];		/* handles, leases */
	/* Records are one step, whatever is shown of them. */
	enum wire_part part;
	size_t from;
	size_t to;
};

/* The record, or array of records, in place that the offset is in. */
static void enter_record(struct counter *counter, enum wire_part part, size_t offset)
{
	const struct section *section = part == WIRE_HEAD
		? &counter->message->as.message.head
		: &counter->message->as.message.tail;

	for (const struct member *m = section->body.first; m != NULL; m = m->next)
		if (!m->is_pointer && type_is_blob(m->type) && m->offset <= offset
			&& offset < m->offset + m->type->fixed_size) {
			counter->part = part;
			counter->from = m->offset;
			counter->to = m->offset + m->type->fixed_size;
		}
}

static bool is_blob_list(const struct type *type)
{
	return type != NULL && (type_is_blob(type)
		|| (type->kind == TYPE_LIST && type->element->kind == TYPE_RECORD));
}

static void count_field(void *context, const struct wire_field *field)
{
	struct counter *counter = context;
	bool is_within = counter->part == field->part
		&& field->offset >= counter->from && field->offset < counter->to;

	if (field->size == 0)
		return;
	if (field->role == WIRE_VALUE && field->number == 0 && field->type != NULL)
		counter->beside[0] += field->type->kind == TYPE_HANDLE;
	if (is_within)
		return;
	counter->steps++;
	enter_record(counter, field->part, field->offset);
	if ((field->role == WIRE_SIZE || field->role == WIRE_PRESENCE)
		&& field->number > 1 && is_blob_list(field->type)) {
		counter->steps++;
		counter->part = field->part;
		counter->from = field->offset + field->size;
		counter->to = counter->from + field->number;
	}
}

struct outcome {
	bool encoded;
	uint64_t bytes;
	uint64_t steps;
	unsigned handles;
	unsigned leases;
};

static struct outcome try_value(const struct declaration *message, struct maker *maker)
{
	struct wire_encode_options exact = { 0 };
	struct value value = make_message(maker, message), back;
	struct wire_bytes head, tail;
	struct wire_fault fault;
	struct counter counter = { .message = message };
	struct wire_decode_options options = { .field = count_field,
		.context = &counter };
	struct outcome outcome = { 0 };

	if (!wire_encode(maker->arena, message, &value, &exact, &head, &tail, &fault)) {
		if (maker->greatest)
			print_message("# %s: %s\n", message->name,
				wire_fault_text(maker->arena, &fault));
		return outcome;
	}
	if (!wire_decode(maker->arena, message,
		(struct wire_view){ head.data, head.size },
		(struct wire_view){ tail.data, tail.size }, &options, &back, &fault))
		fail_msg("%s: %s", message->name,
			wire_fault_text(maker->arena, &fault));
	outcome.encoded = true;
	outcome.bytes = head.size + tail.size;
	outcome.steps = counter.steps;
	outcome.handles = maker->handles;
	outcome.leases = maker->leases;
	return outcome;
}

/* ---- tests ---- */

static struct fixture load(void)
{
	struct fixture fixture = fixture_load(schema_text);

	if (fixture.schema == NULL)
		diag_print_text(fixture.diags, stdout, false);
	assert_non_null(fixture.schema);
	return fixture;
}

static struct declaration *next_message(struct declaration *d)
{
	while (d != NULL && d->kind != DECLARATION_MESSAGE)
		d = d->next;
	return d;
}

static void greatest_messages_cost_just_that(void **state)
{
	struct fixture f = load();
	struct declaration *d = next_message(f.schema->root->first);
	unsigned exact = 0;

	(void)state;
	for (; d != NULL; d = next_message(d->next)) {
		struct maker maker = { .arena = f.arena, .greatest = true };
		const struct section *head = &d->as.message.head;
		const struct cost *cost = &d->as.message.cost;
		struct outcome outcome;

		if (strstr(d->name, "xact") == NULL)
			continue;
		outcome = try_value(d, &maker);
		assert_true(outcome.encoded);
		print_message("# %s\n", d->name);
		assert_int_equal(outcome.bytes, cost->bytes);
		/* A head that is not full can have zeros behind it. */
		assert_int_equal(outcome.steps
			+ (head->declared_size > head->min_size), cost->steps);
		assert_int_equal(outcome.handles, cost->handles);
		assert_int_equal(outcome.leases, cost->leases);
		exact++;
	}
	assert_int_equal(exact, 6);
	fixture_free(&f);
}

static void no_message_costs_more(void **state)
{
	struct fixture f = load();
	struct declaration *d = next_message(f.schema->root->first);

	(void)state;
	for (; d != NULL; d = next_message(d->next)) {
		const struct cost *cost = &d->as.message.cost;
		unsigned tried = 0;

		for (uint32_t i = 0; i < TRIES; i++) {
			struct maker maker = { .arena = f.arena, .random = i,
				.small = i % 2 == 0 };
			struct outcome outcome = try_value(d, &maker);

			if (!outcome.encoded)
				continue;
			tried++;
			assert_true(outcome.bytes <= cost->bytes);
			assert_true(outcome.steps <= cost->steps);
			assert_true(outcome.handles <= cost->handles);
			assert_true(outcome.leases <= cost->leases);
		}
		print_message("# %s: %u encoded\n", d->name, tried);
		assert_true(tried >= TRIES / 50);
	}
	fixture_free(&f);
}

static const struct cost *cost_of(const struct fixture *f, const char *name)
{
	return &fixture_find(f, name)->as.message.cost;
}

static void depth_is_counted(void **state)
{
	struct fixture f = load();

	(void)state;
	assert_int_equal(cost_of(&f, "ExactPlain")->depth, 0);
	assert_int_equal(cost_of(&f, "ExactLists")->depth, 0);
	assert_int_equal(cost_of(&f, "ExactStructs")->depth, 2);
	assert_int_equal(cost_of(&f, "Unbounded")->depth, DEPTH_MAX);
	assert_int_equal(cost_of(&f, "I_capped_request")->depth, 3);
	assert_true(cost_of(&f, "Unbounded")->bytes == UNBOUNDED);
	assert_true(cost_of(&f, "Unbounded")->steps == UNBOUNDED);
	fixture_free(&f);
}

static const struct method *method_of(const struct fixture *f, const char *interface,
	const char *name)
{
	struct declaration *d = fixture_find(f, interface);

	for (unsigned i = 0; i < d->as.interface.method_count; i++)
		if (strcmp(d->as.interface.methods[i]->name, name) == 0)
			return d->as.interface.methods[i];
	abort();
}

static void fast_is_40_bytes_each_way(void **state)
{
	struct fixture f = fixture_load("message T { head(16): tail: }\n"
		"message R { head(16): uint32 a; }\n"
		"interface F { method none(); method full(byte[32] a) -> (byte[32] b);"
		" method more(byte[33] a); method back() -> (byte[33] a);"
		" oneway one(string<31> a); method h(optional handle<F> f);"
		" method l(lease<in, max = 1> a); method t T -> R; }");

	(void)state;
	assert_non_null(f.schema);
	assert_true(method_of(&f, "F", "none")->is_fast);
	assert_true(method_of(&f, "F", "full")->is_fast);
	assert_false(method_of(&f, "F", "more")->is_fast);
	assert_false(method_of(&f, "F", "back")->is_fast);
	assert_false(method_of(&f, "F", "one")->is_fast);
	assert_false(method_of(&f, "F", "h")->is_fast);
	assert_false(method_of(&f, "F", "l")->is_fast);
	assert_false(method_of(&f, "F", "t")->is_fast);
	fixture_free(&f);
}

static void how_it_is_sent_makes_it_slow(void **state)
{
	struct fixture f = fixture_load("interface F { @fast method plain();"
		" @fast @idempotent method again(); @fast @deadline(7) method until();"
		" @fast @cancellable method stops(); @fast oneway one();"
		" @deadline(7) method more(byte[33] a); }");
	const char *const reasons[][2] = {
		{ "plain", NULL }, { "again", NULL }, { "until", "it has a deadline" },
		{ "stops", "it is cancellable" }, { "one", "it has no reply" },
		{ "more", "its request can have 41 bytes, 1 too many" },
	};

	(void)state;
	assert_non_null(f.schema);
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		const char *reason = method_slow_reason(f.arena,
			method_of(&f, "F", reasons[i][0]));

		assert_int_equal(reason == NULL, reasons[i][1] == NULL);
		if (reason != NULL)
			assert_string_equal(reason, reasons[i][1]);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greatest_messages_cost_just_that),
		cmocka_unit_test(no_message_costs_more),
		cmocka_unit_test(depth_is_counted),
		cmocka_unit_test(fast_is_40_bytes_each_way),
		cmocka_unit_test(how_it_is_sent_makes_it_slow),
	};

	return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
