/*
 * Layout: sizes, offsets, pointer widths, ids. The figures are worked out by
 * hand from docs/wire-format.md.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/idl_fixture.h"

static struct fixture load(const char *text)
{
	struct fixture fixture = fixture_load(text);

	if (fixture.schema == NULL)
		diag_print_text(fixture.diags, stdout, false);
	assert_non_null(fixture.schema);
	return fixture;
}

static const struct member *member_of(const struct body *body,
	const char *name)
{
	const struct member *member = body->first;

	while (member != NULL && (member->name == NULL
			|| strcmp(member->name, name) != 0))
		member = member->next;
	assert_non_null(member);
	return member;
}

static void members_stand_behind_each_other(void **state)
{
	struct fixture f = load("enum E { A } consts C uint16 { X = 1 }\n"
		"message M 1 { head(64): uint8 a; uint64 b; E c; C d;\n"
		"	uint16[3][2] e; bool f; string g; uint8 h; tail: uint32 i;\n"
		"	string j; tags { tag(1) uint8 k; } uint8 l; }");
	const struct section *head = &fixture_find(&f, "M")->as.message.head;
	const struct section *tail = &fixture_find(&f, "M")->as.message.tail;
	static const struct { const char *name; uint64_t offset; } in_head[] = {
		{ "a", 8 }, { "b", 9 }, { "c", 17 }, { "d", 21 }, { "e", 23 },
		{ "f", 35 }, { "g", 36 }, { "h", 37 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof in_head / sizeof in_head[0]; i++)
		assert_int_equal(member_of(&head->body, in_head[i].name)
			->offset, in_head[i].offset);
	assert_true(member_of(&head->body, "g")->is_pointer);
	assert_false(member_of(&head->body, "e")->is_pointer);
	assert_int_equal(head->fixed_size, 38);
	assert_int_equal(head->min_size, 39);
	assert_int_equal(head->max_size, 64);
	assert_int_equal(tail->pointer_width, 8);
	assert_int_equal(member_of(&tail->body, "j")->offset, 4);
	assert_int_equal(member_of(&tail->body, "l")->offset, 20);
	assert_int_equal(tail->fixed_size, 21);
	assert_int_equal(tail->min_size, 23);
	assert_true(tail->max_size == UNBOUNDED);
	fixture_free(&f);
}

static void pointers_widen_with_the_declared_size(void **state)
{
	static const struct { const char *size; unsigned width; } rows[] = {
		{ "255", 1 }, { "256", 2 }, { "65535", 2 }, { "65536", 4 },
		{ "4294967295", 4 }, { "4294967296", 8 },
	};
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[64];

		snprintf(text, sizeof text,
			"message M 1 { head(%s): byte[] a; }", rows[i].size);
		f = load(text);
		assert_int_equal(fixture_find(&f, "M")->as.message.head
			.pointer_width, rows[i].width);
		fixture_free(&f);
	}
}

static void sizes_in_dynamic_position_count_varints(void **state)
{
	struct fixture f = load("enum E { A } struct Empty { }\n"
		"struct S { uint8 a; int8 b; uint16 c; int16 d; uint32 e;\n"
		"	uint64 f; E g; bool h; }\n"
		"struct T { string<127> a; string<128> b; uint32[<=10] c;\n"
		"	byte[3] d; Empty[] e; S[2] s; }\n"
		"struct V { tags { tag(127) uint8 a; tag(128) uint16 b; } }");
	const struct declaration *s = fixture_find(&f, "S");
	const struct declaration *t = fixture_find(&f, "T");
	const struct declaration *v = fixture_find(&f, "V");

	(void)state;
	assert_int_equal(s->as.structure.min_size, 8);
	assert_int_equal(s->as.structure.max_size,
		1 + 1 + 3 + 9 + 5 + 9 + 9 + 1);
	assert_int_equal(t->as.structure.min_size, 1 + 1 + 1 + 4 + 1 + 17);
	assert_int_equal(t->as.structure.max_size,
		128 + 130 + 51 + 4 + 2 + 1 + 2 * 38);
	assert_int_equal(v->as.structure.min_size, 1);
	assert_int_equal(v->as.structure.max_size, 1 + (1 + 1) + (2 + 3));
	fixture_free(&f);
}

static void recursion_is_found(void **state)
{
	struct fixture f = load(
		"struct Leaf { uint8 a; } struct Alone { Leaf a; }\n"
		"struct Tree { Tree[] children; Leaf leaf; }\n"
		"struct A { tags { tag(1) B b; tag(2) Leaf l; } }\n"
		"struct B { A[1] a; }\n"
		"struct Above { Tree tree; }");
	static const struct { const char *name; bool recursive, counts; }
	rows[] = {
		{ "Leaf", false, true }, { "Alone", false, false },
		{ "Tree", true, true }, { "A", true, true },
		{ "B", true, true }, { "Above", false, true },
	};
	const struct member *tags;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct declaration *d = fixture_find(&f, rows[i].name);

		assert_int_equal(d->as.structure.is_recursive,
			rows[i].recursive);
		assert_int_equal(d->as.structure.counts_depth, rows[i].counts);
		assert_int_equal(d->as.structure.max_size == UNBOUNDED,
			rows[i].recursive || i == 5);
	}
	tags = fixture_find(&f, "A")->as.structure.body.first->tags;
	assert_true(tags->is_recursive);
	assert_false(tags->next->is_recursive);
	fixture_free(&f);
}

static void a_method_s_head_is_as_large_as_it_can_become(void **state)
{
	struct fixture f = load("namespace fs; interface File {\n"
		"	method small(uint32 a, string<200> b);\n"
		"	method large(uint32 a, string<239> b, string<1> c);\n"
		"	@head(300, 20) method pinned(string<9> b) -> (uint8 a);\n"
		"}");
	const struct section *head = &fixture_find(&f, "File_small_request")
		->as.message.head;

	(void)state;
	assert_int_equal(head->pointer_width, 1);
	assert_int_equal(head->declared_size, 8 + 4 + 1 + 202);
	head = &fixture_find(&f, "File_large_request")->as.message.head;
	assert_int_equal(head->pointer_width, 2);
	assert_int_equal(head->declared_size, 8 + 4 + 2 + 2 + 241 + 2);
	head = &fixture_find(&f, "File_pinned_request")->as.message.head;
	assert_int_equal(head->pointer_width, 2);
	assert_int_equal(head->declared_size, 300);
	assert_int_equal(head->max_size, 8 + 2 + 10);
	head = &fixture_find(&f, "File_pinned_reply")->as.message.head;
	assert_int_equal(head->declared_size, 20);
	fixture_free(&f);
}

static void ids_come_from_names_or_are_written(void **state)
{
	struct fixture f = load("namespace fs; message Bare { head(8): }\n"
		"message Own 7 { head(8): } interface File {\n"
		"	method seek 9(); method read(); method b Bare -> Own;\n"
		"} interface Other {\n"
		"	@id_name(\"fs.File.read\") oneway renamed();\n}");

	(void)state;
	assert_int_equal(fixture_find(&f, "File_seek_request")->as.message.id,
		36);
	assert_int_equal(fixture_find(&f, "File_seek_reply")->as.message.id,
		37);
	assert_int_equal(fixture_find(&f, "File_read_request")->as.message.id,
		0xcf529b28);
	assert_int_equal(fixture_find(&f, "Other_renamed_request")
		->as.message.id, 0xcf529b28);
	assert_int_equal(fixture_find(&f, "Own")->as.message.id, 7);
	assert_true(fixture_find(&f, "Bare")->as.message.has_id);
	assert_ptr_equal(schema_message(f.schema, "fs.File_read_request"),
		fixture_find(&f, "File_read_request"));
	assert_null(schema_message(f.schema, "File"));
	fixture_free(&f);
}

static void values_are_computed(void **state)
{
	struct fixture f = load(
		"const uint64 ALL = ~0; const uint8 SOME = ~0xf0;\n"
		"const int32 MINUS = -7 / 2 + (1 << 4 | 3) % 6;\n"
		"const bool YES = true; const string<4> TEXT = \"a\\x00b\";\n"
		"enum E { A = 3, B, reserved 5 .. 7, C, D = SOME, F = C + A }\n"
		"consts W uint64 { TOP = 1 << 64 - 1 }\n"
		"const uint64 FROM = W.TOP + E.F;");
	static const int64_t wanted[] = { 3, 4, 8, 15, 11 };
	const struct enumerator *at;
	size_t i = 0;

	(void)state;
	assert_true(fixture_find(&f, "ALL")->as.constant.value.number.low
		== UINT64_MAX);
	assert_int_equal(fixture_find(&f, "SOME")->as.constant.value.number.low,
		15);
	assert_int_equal(fixture_find(&f, "MINUS")->as.constant.value.number.low, 2);
	assert_true(fixture_find(&f, "MINUS")->as.constant.value.number.negative);
	assert_int_equal(fixture_find(&f, "YES")->as.constant.value.number.low, 1);
	assert_int_equal(fixture_find(&f, "TEXT")->as.constant.value.size, 3);
	for (at = fixture_find(&f, "E")->as.enumeration.first; at != NULL;
		at = at->next)
		assert_int_equal(at->value.low, wanted[i++]);
	assert_int_equal(i, 5);
	assert_true(fixture_find(&f, "FROM")->as.constant.value.number.low
		== (UINT64_C(1) << 63) + 11);
	fixture_free(&f);
}

static void doc_comments_find_their_owners(void **state)
{
	struct fixture f = load("/// The file.\nnamespace a;\n"
		"/// Two\n///   lines.\n@format(hex) enum E {\n"
		"	/// First.\n	A,\n	B /* none */, }\n"
		"//// A ruler is no doc comment.\n"
		"struct S { /// Here.\n	@format(hex) uint8 m; }\n"
		"interface I {\n	/// Does.\n	@idempotent method m(\n"
		"		/// What.\n		uint8 p);\n}");

	(void)state;
	assert_string_equal(f.schema->root->doc, "The file.");
	assert_string_equal(fixture_find(&f, "E")->doc, "Two\n  lines.");
	assert_string_equal(fixture_find(&f, "E")->as.enumeration.first->doc,
		"First.");
	assert_null(fixture_find(&f, "E")->as.enumeration.first->next->doc);
	assert_null(fixture_find(&f, "S")->doc);
	assert_string_equal(fixture_find(&f, "S")->as.structure.body.first
		->doc, "Here.");
	assert_string_equal(fixture_find(&f, "I")->as.interface.methods[0]->doc,
		"Does.");
	assert_string_equal(fixture_find(&f, "I_m_request")->as.message.head
		.body.first->doc, "What.");
	assert_int_equal(diag_warnings(f.diags), 0);
	fixture_free(&f);
}

static void newtypes_keep_their_names(void **state)
{
	struct fixture f = load("newtype Name = string<9>;\n"
		"newtype Names = Name[<=4]; struct S { Names all; Name[2] two; }");
	const struct member *all = fixture_find(&f, "S")->as.structure.body
		.first;
	const struct type *two = all->next->type;

	(void)state;
	assert_string_equal(all->type->name, "Names");
	assert_int_equal(all->type->kind, TYPE_LIST);
	assert_int_equal(all->type->bound, 4);
	assert_ptr_equal(all->type->newtype, fixture_find(&f, "Names"));
	assert_ptr_equal(all->type->element->newtype,
		fixture_find(&f, "Name"));
	assert_null(two->newtype);
	assert_string_equal(two->name, "Name[2]");
	assert_int_equal(two->element->bound, 9);
	fixture_free(&f);
}

static void check_sizes(const struct fixture *f, const char *name,
	uint64_t min, uint64_t max)
{
	const struct declaration *d = fixture_find(f, name);

	assert_int_equal(d->as.structure.min_size, min);
	assert_true(d->as.structure.max_size == max);
}

static void a_variant_is_a_tag_a_value_and_an_end(void **state)
{
	struct fixture f = load(
		"variant V { tag(1) string<9> a; tag(2) uint64 b; tag(200) c; }\n"
		"flexible variant W { tag(3) uint16 a; tag(4) c; }\n"
		"variant Deep { tag(1) Pair p; tag(2) V v; }\n"
		"struct Pair { Deep left; Deep right; }\n"
		"message M 1 { head(64): V v; uint8 x; V[<=2] list; }");
	const struct section *head = &fixture_find(&f, "M")->as.message.head;
	const struct member *arm = fixture_find(&f, "V")->as.structure.body
		.first;

	(void)state;
	/* 03 01 01, or 05 and 9 bytes, or 22 03 and the end. */
	check_sizes(&f, "V", 3, 12);
	/* Tag, length and end; 07 07 and 3 bytes. */
	check_sizes(&f, "W", 3, 6);
	/* 05, the least V, 01: Pair would need two of itself. */
	check_sizes(&f, "Deep", 5, UNBOUNDED);
	check_sizes(&f, "Pair", 10, UNBOUNDED);
	assert_int_equal(arm->max_size, 10);
	assert_null(arm->next->next->type);
	assert_int_equal(arm->next->next->max_size, 0);
	assert_true(fixture_find(&f, "W")->as.structure.is_flexible);
	assert_true(member_of(&head->body, "v")->is_pointer);
	assert_int_equal(member_of(&head->body, "x")->offset, 9);
	assert_int_equal(head->fixed_size, 11);
	assert_int_equal(head->min_size, 11 + 3 + 1);
	assert_int_equal(head->max_size, 11 + 12 + 25);
	fixture_free(&f);
}

static void what_is_optional_is_a_list_of_at_most_one(void **state)
{
	struct fixture f = load("record R { int64 a; }\n"
		"interface I { method m(optional uint32 a, uint8 b,\n"
		"	optional R c, optional R[2] d, optional handle<I> e,\n"
		"	@bytes(4) optional string<90> g); }\n"
		"struct S { optional S next; optional uint8 a; }");
	const struct section *head = &fixture_find(&f, "I_m_request")
		->as.message.head;
	static const struct {
		const char *name;
		uint64_t offset, max_size;
		bool is_pointer;
	} rows[] = {
		{ "a", 8, 6, true }, { "b", 9, 1, false }, { "c", 10, 9, true },
		{ "d", 11, 18, true }, { "e", 12, 1, false },
		{ "g", 13, 4, true },
	};
	const struct member *member;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		member = member_of(&head->body, rows[i].name);
		assert_int_equal(member->offset, rows[i].offset);
		assert_int_equal(member->max_size, rows[i].max_size);
		assert_int_equal(member->is_pointer, rows[i].is_pointer);
	}
	assert_int_equal(head->min_size, 14 + 4);
	assert_int_equal(head->max_size, 14 + 6 + 9 + 18 + 4);
	member = fixture_find(&f, "S")->as.structure.body.first;
	assert_true(member->is_recursive);
	assert_false(member->next->is_recursive);
	check_sizes(&f, "S", 2, UNBOUNDED);
	fixture_free(&f);
}

static void a_record_is_its_bytes_everywhere(void **state)
{
	struct fixture f = load("strict enum Kind { A }\n"
		"record Time { int64 seconds; uint32 nanos; byte[4] pad; }\n"
		"record Two { float32[2] a; Time[2] b; bool c; byte[7] pad; }\n"
		"record Three : Time { Kind kind; uint32 more; }\n"
		"message M 7 { head(200): Time a; Time[3] b; Time[] c;\n"
		"	Time[<=4] d; Time[2][] e; uint8 f; }\n"
		"struct S { Time a; Time[3] b; Time[<=4] c; Time[2][<=2] d; }");
	const struct declaration *two = fixture_find(&f, "Two");
	const struct declaration *three = fixture_find(&f, "Three");
	const struct section *head = &fixture_find(&f, "M")->as.message.head;

	(void)state;
	assert_int_equal(two->as.structure.fixed_size, 8 + 32 + 8);
	assert_int_equal(member_of(&two->as.structure.body, "b")->offset, 8);
	assert_int_equal(member_of(&two->as.structure.body, "c")->offset, 40);
	assert_false(two->as.structure.is_raw);
	assert_true(fixture_find(&f, "Time")->as.structure.is_raw);
	assert_int_equal(three->as.structure.fixed_size, 24);
	assert_false(three->as.structure.is_raw);
	assert_int_equal(member_of(&head->body, "b")->offset, 24);
	assert_int_equal(member_of(&head->body, "c")->offset, 72);
	assert_int_equal(member_of(&head->body, "f")->offset, 75);
	assert_true(type_is_blob(member_of(&head->body, "b")->type));
	assert_false(type_is_blob(member_of(&head->body, "c")->type));
	assert_true(type_is_blob(member_of(&head->body, "e")->type->element));
	/* 21 and 16 bytes; 61 and 48; a size of up to 64; two of 41 and 32. */
	check_sizes(&f, "Time", 17, 17);
	check_sizes(&f, "S", 17 + 49 + 1 + 1, 17 + 49 + 65 + 1 + 2 * 33);
	fixture_free(&f);
}

static void bytes_bound_what_contains_itself(void **state)
{
	struct fixture f = load(
		"struct Tree { @bytes(100) Tree[] children; uint32 value; }\n"
		"struct Uses { Tree a; @bytes(3) uint8 b; }\n"
		"struct A { @bytes(9) B[] b; A[] a; } struct B { A[] a; }");

	(void)state;
	check_sizes(&f, "Tree", 2, 105);
	check_sizes(&f, "Uses", 3, 106);
	check_sizes(&f, "A", 2, UNBOUNDED);
	check_sizes(&f, "B", 1, UNBOUNDED);
	fixture_free(&f);
}

static void floats_and_bits_take_their_width(void **state)
{
	struct fixture f = load("bits Mode uint16 { READ = 1 << 0, W = 1 << 15 }\n"
		"message D 4 { head(32): bool a; float32 b; float64 c; Mode d; }\n"
		"struct S { float32 a; float64 b; Mode c; float32[<=3] d; }");
	const struct section *head = &fixture_find(&f, "D")->as.message.head;

	(void)state;
	assert_int_equal(member_of(&head->body, "b")->offset, 9);
	assert_int_equal(member_of(&head->body, "c")->offset, 13);
	assert_int_equal(head->fixed_size, 23);
	check_sizes(&f, "S", 4, 5 + 9 + 3 + 1 + 15);
	fixture_free(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_stand_behind_each_other),
		cmocka_unit_test(pointers_widen_with_the_declared_size),
		cmocka_unit_test(sizes_in_dynamic_position_count_varints),
		cmocka_unit_test(recursion_is_found),
		cmocka_unit_test(a_method_s_head_is_as_large_as_it_can_become),
		cmocka_unit_test(ids_come_from_names_or_are_written),
		cmocka_unit_test(values_are_computed),
		cmocka_unit_test(doc_comments_find_their_owners),
		cmocka_unit_test(newtypes_keep_their_names),
		cmocka_unit_test(a_variant_is_a_tag_a_value_and_an_end),
		cmocka_unit_test(what_is_optional_is_a_list_of_at_most_one),
		cmocka_unit_test(a_record_is_its_bytes_everywhere),
		cmocka_unit_test(bytes_bound_what_contains_itself),
		cmocka_unit_test(floats_and_bits_take_their_width),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
