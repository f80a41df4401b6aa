/*
 * What types and members mean: floating-point values, defaults, what is strict,
 * what is inherited, names in C.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

#include "tests/unit/idl_fixture.h"

static struct fixture load(const char *text)
{
	struct fixture fixture = fixture_load(text);

	if (fixture.schema == NULL)
		diag_print_text(fixture.diags, stdout, false);
	assert_non_null(fixture.schema);
	return fixture;
}

static const struct member *nth(const struct member *member, unsigned n)
{
	while (member != NULL && n-- > 0)
		member = member->next;
	assert_non_null(member);
	return member;
}

static double real_of(const struct fixture *f, const char *name)
{
	const struct literal *value =
		&fixture_find(f, name)->as.constant.value;

	assert_int_equal(value->kind, LITERAL_FLOAT);
	return value->real;
}

static void floats_are_computed(void **state)
{
	struct fixture f = load("const float64 A = 1.5e3;\n"
		"const float64 B = -(A / 4) + 1;\n"
		"const float64 C = 7 / 2;\nconst float64 D = 7 / 2.0;\n"
		"const float32 E = 16777217;\nconst float64 F = 1 << 64;\n"
		"const float64 G = (1 << 127) * 2.0;\n"
		"const float64 H = -(0.0);");

	(void)state;
	assert_true(real_of(&f, "A") == 1500);
	assert_true(real_of(&f, "B") == -374);
	assert_true(real_of(&f, "C") == 3);
	assert_true(real_of(&f, "D") == 3.5);
	assert_true(real_of(&f, "E") == 16777216);
	assert_true(real_of(&f, "F") == 18446744073709551616.0);
	assert_true(real_of(&f, "G") == 0x1p128);
	assert_true(1 / real_of(&f, "H") < 0);
	fixture_free(&f);
}

/* By way of a float64 B would become -(1 + 2^-22): both would round up. */
static void a_float32_is_rounded_once(void **state)
{
	struct fixture f = load("const float32 A = "
		"1.000000178813934326171875000000000000000000000000001;\n"
		"const float32 B = -1.000000178813934326171874999999999999;\n"
		"struct S { float32 a = +(0.1); }");
	const struct member *a = fixture_find(&f, "S")->as.structure.body
		.first;

	(void)state;
	assert_true(real_of(&f, "A") == (double)0x1.000004p0F);
	assert_true(real_of(&f, "B") == (double)-0x1.000002p0F);
	assert_true(a->value.real == (double)0.1F);
	fixture_free(&f);
}

/* A folder with one, or NULL if none can be made here. */
static const char *make_locale(void)
{
	static char folder[] = "/tmp/skald-locale-XXXXXX";
	char command[128];

	if (mkdtemp(folder) == NULL)
		return NULL;
	snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 "
		"%s/de_DE.UTF-8 > /dev/null 2>&1", folder);
	return system(command) == 0 ? folder : NULL;
}

/* Where the decimal point is a comma. */
static void no_locale_changes_a_number(void **state)
{
	const char *folder = make_locale();
	char command[128];
	struct fixture f;

	(void)state;
	if (folder == NULL)
		skip();
	setenv("LOCPATH", folder, 1);
	assert_non_null(setlocale(LC_ALL, "de_DE.UTF-8"));
	assert_string_equal(localeconv()->decimal_point, ",");
	f = load("const float64 A = 2.5;");
	setlocale(LC_ALL, "C");
	assert_true(real_of(&f, "A") == 2.5);
	fixture_free(&f);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void defaults_are_values_of_their_types(void **state)
{
	struct fixture f = load("namespace a;\n"
		"strict bits Mode uint8 { READ = 1, WRITE = 1 << 3 }\n"
		"enum Kind { FILE, LINK = 7 } newtype Name = string<5>;\n"
		"const uint32 TEN = 10;\n"
		"struct S { Mode a = READ | WRITE; Kind b = LINK;\n"
		"	Kind c = Kind.FILE; Name d = \"abc\"; bool e = true;\n"
		"	float32 g = 3; int16 h = -TEN * 2; uint8 i = ~1;\n"
		"	optional uint8 j = 9; tags { tag(1) uint8 k = 4; }\n"
		"	uint8 l; }");
	const struct member *a = fixture_find(&f, "S")->as.structure.body
		.first;
	static const uint64_t numbers[] = { 9, 7, 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(nth(a, i)->value.kind, LITERAL_INTEGER);
		assert_int_equal(nth(a, i)->value.number.low, numbers[i]);
	}
	assert_int_equal(nth(a, 3)->value.kind, LITERAL_TEXT);
	assert_int_equal(nth(a, 3)->value.size, 3);
	assert_int_equal(nth(a, 4)->value.kind, LITERAL_BOOL);
	assert_int_equal(nth(a, 4)->value.number.low, 1);
	assert_true(nth(a, 5)->value.real == 3);
	assert_true(nth(a, 6)->value.number.negative);
	assert_int_equal(nth(a, 6)->value.number.low, 20);
	assert_int_equal(nth(a, 7)->value.number.low, 254);
	assert_true(nth(a, 8)->is_optional);
	assert_int_equal(nth(a, 8)->value.number.low, 9);
	assert_int_equal(nth(a, 9)->tags->value.number.low, 4);
	assert_int_equal(nth(a, 10)->value.kind, LITERAL_NONE);
	fixture_free(&f);
}

static void only_strict_ones_are_strict(void **state)
{
	struct fixture f = load("strict enum A { X } enum B { X }\n"
		"flexible enum C { X } strict consts D uint8 { X = 1 }\n"
		"strict bits E uint8 { X = 1 } bits F uint8 { X = 1 }\n"
		"strict variant G { tag(1) a; } variant H { tag(1) a; }\n"
		"flexible variant I { tag(1) a; }");
	static const struct { const char *name; bool strict; } rows[] = {
		{ "A", true }, { "B", false }, { "C", false }, { "D", true },
		{ "E", true }, { "F", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(fixture_find(&f, rows[i].name)
			->as.enumeration.is_strict, rows[i].strict);
	assert_false(fixture_find(&f, "G")->as.structure.is_flexible);
	assert_false(fixture_find(&f, "H")->as.structure.is_flexible);
	assert_true(fixture_find(&f, "I")->as.structure.is_flexible);
	fixture_free(&f);
}

static void bases_are_written_out(void **state)
{
	struct fixture f = load(
		"struct C : B { uint8 c; }\n"
		"struct B : A { tags { tag(2) uint8 b; } }\n"
		"struct A { uint16 a; tags { tag(1) uint8 t = 3; } }\n"
		"message N 2 : M { tail: uint8 more; head(16): uint8 last; }\n"
		"message O 3 : M { }\n"
		"message M { head(32): uint8 first; tail: uint8 second; }");
	const struct declaration *c = fixture_find(&f, "C");
	const struct declaration *n = fixture_find(&f, "N");
	const struct declaration *o = fixture_find(&f, "O");
	const struct member *at = c->as.structure.body.first;

	(void)state;
	assert_int_equal(c->as.structure.body.count, 4);
	assert_ptr_equal(c->as.structure.base, fixture_find(&f, "B"));
	assert_string_equal(nth(at, 0)->name, "a");
	assert_string_equal(nth(at, 1)->tags->name, "t");
	assert_int_equal(nth(at, 1)->tags->value.number.low, 3);
	assert_string_equal(nth(at, 2)->tags->name, "b");
	assert_string_equal(nth(at, 3)->name, "c");
	assert_int_equal(fixture_find(&f, "A")->as.structure.body.count, 2);
	at = n->as.message.head.body.first;
	assert_int_equal(n->as.message.head.declared_size, 16);
	assert_string_equal(nth(at, 0)->name, "first");
	assert_string_equal(nth(at, 1)->name, "last");
	assert_int_equal(nth(at, 1)->offset, 9);
	at = n->as.message.tail.body.first;
	assert_string_equal(nth(at, 0)->name, "second");
	assert_int_equal(nth(at, 1)->offset, 1);
	assert_int_equal(o->as.message.head.declared_size, 32);
	assert_true(o->as.message.tail.present);
	assert_int_equal(o->as.message.tail.body.count, 1);
	assert_false(fixture_find(&f, "M")->as.message.has_id);
	fixture_free(&f);
}

/* Each copy has its own marks: the tag leads from B to B only in B. */
static void what_is_inherited_is_a_copy(void **state)
{
	struct fixture f = load("struct A { tags { tag(1) B b; } }\n"
		"struct B : A { }");
	const struct declaration *a = fixture_find(&f, "A");
	const struct declaration *b = fixture_find(&f, "B");

	(void)state;
	assert_false(a->as.structure.body.first->tags->is_recursive);
	assert_true(b->as.structure.body.first->tags->is_recursive);
	assert_false(a->as.structure.is_recursive);
	assert_true(b->as.structure.is_recursive);
	fixture_free(&f);
}

static void members_can_have_another_name_in_c(void **state)
{
	struct fixture f = load("struct S { @name(\"klass\") uint8 class; }\n"
		"variant V { tag(1) @name(\"integer\") uint8 int; }");

	(void)state;
	assert_string_equal(fixture_find(&f, "S")->as.structure.body.first
		->c_name, "klass");
	assert_string_equal(fixture_find(&f, "S")->as.structure.body.first
		->name, "class");
	assert_string_equal(fixture_find(&f, "V")->as.structure.body.first
		->c_name, "integer");
	fixture_free(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floats_are_computed),
		cmocka_unit_test(a_float32_is_rounded_once),
		cmocka_unit_test(no_locale_changes_a_number),
		cmocka_unit_test(defaults_are_values_of_their_types),
		cmocka_unit_test(only_strict_ones_are_strict),
		cmocka_unit_test(bases_are_written_out),
		cmocka_unit_test(what_is_inherited_is_a_copy),
		cmocka_unit_test(members_can_have_another_name_in_c),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
