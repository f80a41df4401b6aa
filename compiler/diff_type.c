/*
 * Two types, as facts have them: "uint32", "fs.Entry[<=16]", "lease<in, 64>".
 */
#include "compiler/diff_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum shape_kind {
	SHAPE_INTEGER, SHAPE_FLOAT, SHAPE_BOOL, SHAPE_STRING, SHAPE_LIST, SHAPE_ARRAY,
	SHAPE_HANDLE, SHAPE_LEASE, SHAPE_NAMED, SHAPE_NONE
};

/* What a type's text says. */
struct shape {
	enum shape_kind kind;
	const char *text;
	unsigned width;			/* INTEGER, in bytes */
	bool is_signed;
	uint64_t number;		/* bound or count; HANDLE: rights */
	const char *inner;		/* LIST, ARRAY: elements; HANDLE: interface;
					 * LEASE: direction */
	bool has_rights;
	bool is_copy;
	const struct value *enumeration;	/* INTEGER: its names, or NULL */
};

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* "T[]", "T[3]", "T[<=3]": the last brackets are the outermost. */
static bool read_brackets(struct diff *diff, const char *text, struct shape *to)
{
	size_t size = strlen(text);
	const char *open = size && text[size - 1] == ']' ? strrchr(text, '[') : NULL;

	if (open == NULL)
		return false;
	to->inner = arena_copy(diff->arena, text, (size_t)(open - text));
	to->kind = open[1] == ']' || open[1] == '<' ? SHAPE_LIST : SHAPE_ARRAY;
	to->number = open[1] == ']' ? UNBOUNDED
		: strtoull(open + (open[1] == '<' ? 3 : 1), NULL, 10);
	return true;
}

static bool read_angles(struct diff *diff, const char *text, struct shape *to)
{
	const char *open = strchr(text, '<');
	const char *comma = open ? strchr(open, ',') : NULL;
	size_t size = strlen(text);

	if (open == NULL || text[size - 1] != '>')
		return false;
	if (starts(text, "string<")) {
		to->kind = SHAPE_STRING;
		to->number = strtoull(open + 1, NULL, 10);
		return true;
	}
	to->inner = arena_copy(diff->arena, open + 1, comma ? (size_t)(comma - open - 1)
		: (size_t)(text + size - 1 - (open + 1)));
	to->kind = starts(text, "lease<") ? SHAPE_LEASE : SHAPE_HANDLE;
	to->has_rights = comma && starts(comma, ", 0x");
	to->is_copy = strstr(open, ", copy>") != NULL;
	if (comma)
		to->number = strtoull(comma + 2, NULL, 0);
	return true;
}

/* Whether it is one of the words of the language. */
static bool read_word(const char *text, struct shape *to)
{
	bool is_signed = text[0] == 'i';
	const char *digits = text + (is_signed ? 3 : 4);

	if (starts(text, is_signed ? "int" : "uint") && *digits >= '1' && *digits <= '9' &&
	    strlen(digits) <= 2) {
		to->kind = SHAPE_INTEGER;
		to->width = (unsigned)strtoul(digits, NULL, 10) / 8;
		to->is_signed = is_signed;
	} else if (strcmp(text, "bool") == 0) {
		to->kind = SHAPE_BOOL;
	} else if (strcmp(text, "float32") == 0 || strcmp(text, "float64") == 0) {
		to->kind = SHAPE_FLOAT;
	} else if (strcmp(text, "string") == 0) {
		to->kind = SHAPE_STRING;
		to->number = UNBOUNDED;
	} else if (strcmp(text, "none") == 0) {
		to->kind = SHAPE_NONE;
	} else {
		return false;
	}
	return true;
}

static bool is_enumeration(const struct value *facts)
{
	const char *kind = facts ? fact_text(facts, "kind") : "";

	return strcmp(kind, "enum") == 0 || strcmp(kind, "consts") == 0 ||
		strcmp(kind, "bits") == 0;
}

static struct shape shape_of(struct diff *diff, const char *text)
{
	struct shape shape = {.text = text};

	if (read_brackets(diff, text, &shape) || read_angles(diff, text, &shape) ||
	    read_word(text, &shape))
		return shape;
	shape.kind = SHAPE_NAMED;
	return shape;
}

/* An enumeration as the integer that it is. */
static struct shape as_integer(struct diff *diff, unsigned side, const struct shape *shape)
{
	const struct value *facts = shape->kind == SHAPE_NAMED
		? diff_find(diff, side, shape->text) : NULL;
	struct shape integer = *shape;

	if (is_enumeration(facts) && read_word(fact_text(facts, "type"), &integer))
		integer.enumeration = facts;
	return integer;
}

/* ---- integers ---- */

/* All values of `a` are values of `b`, with the same varints. */
static bool is_within(const struct shape *a, const struct shape *b)
{
	if (a->is_signed == b->is_signed)
		return a->width <= b->width;
	return !a->is_signed && a->width < b->width;
}

static void compare_widths(struct diff *diff, const struct diff_place *place,
	const struct shape *a, const struct shape *b)
{
	bool is_raw = a->width == 1 || b->width == 1;

	if (a->width != b->width && (!place->is_dynamic || is_raw))
		diff_note(diff, DIFF_D0401, place, "%s became %s", a->text, b->text);
	else if (a->width == b->width || (!is_within(a, b) && !is_within(b, a)))
		diff_note(diff, DIFF_D0404, place, "%s became %s", a->text, b->text);
	else if (is_within(a, b))
		diff_note(diff, DIFF_D0402, place, "%s became %s", a->text, b->text);
	else
		diff_note(diff, DIFF_D0403, place, "%s became %s", a->text, b->text);
}

static bool is_strict(const struct shape *shape)
{
	return shape->enumeration && fact_is(shape->enumeration, "strict");
}

/* Two integers of which at most one has names. */
static void compare_integers(struct diff *diff, const struct diff_place *place,
	const struct shape *a, const struct shape *b)
{
	if (a->width != b->width || a->is_signed != b->is_signed)
		compare_widths(diff, place, a, b);
	if ((a->enumeration != NULL) != (b->enumeration != NULL))
		diff_note(diff, is_strict(a) ? DIFF_D0414 : is_strict(b) ? DIFF_D0413
			: DIFF_D0412, place, "%s became %s", a->text, b->text);
}

/* ---- bounds ---- */

static const char *bound_text(struct diff *diff, uint64_t bound)
{
	return bound == UNBOUNDED ? "any number"
		: arena_printf(diff->arena, "%" PRIu64, bound);
}

void diff_bound(struct diff *diff, const struct diff_place *place, uint64_t a, uint64_t b,
	enum diff_code higher, enum diff_code lower, const char *unit)
{
	if (a != b)
		diff_note(diff, b > a ? higher : lower, place, "at most %s %s, now %s",
			bound_text(diff, a), unit, bound_text(diff, b));
}

/* ---- declarations ---- */

/* How two declarations of unlike names differ, by what is noted meanwhile. */
static bool is_same_declaration(struct diff *diff, const char *a, const char *b)
{
	const struct value *one = diff_find(diff, 0, a), *two = diff_find(diff, 1, b);
	const char *pair = arena_printf(diff->arena, "%s\n%s", a, b);
	struct diff_result before = diff->result;
	bool is_same;

	if (one == NULL || two == NULL)
		return false;
	if (map_add(&diff->compared, diff->arena, pair, diff) != NULL)
		return true;		/* within itself: as good as the rest */
	diff->result = (struct diff_result){0};
	diff->quiet++;
	diff_declaration(diff, "", one, two);
	diff->quiet--;
	is_same = diff->result.class < DIFF_WIRE;
	diff->result = before;
	return is_same;
}

static void compare_names(struct diff *diff, const struct diff_place *place, const char *a,
	const char *b)
{
	if (strcmp(diff_local(diff, 0, a), diff_local(diff, 1, b)) == 0)
		return;			/* compared as declarations */
	/* Whatever happens in a circle is looked at anew for the next pair. */
	if (diff->quiet == 0)
		diff->compared = (struct map){0};
	diff_note(diff, is_same_declaration(diff, a, b) ? DIFF_D0407 : DIFF_D0406, place,
		"%s became %s", a, b);
}

/* ---- what goes beside the bytes ---- */

static void compare_handles(struct diff *diff, const struct diff_place *place,
	const struct shape *a, const struct shape *b)
{
	uint64_t one = a->has_rights ? a->number : 0, two = b->has_rights ? b->number : 0;

	if (strcmp(diff_local(diff, 0, a->inner), diff_local(diff, 1, b->inner)) != 0)
		diff_note(diff, DIFF_D0415, place, "%s became %s", a->text, b->text);
	if (a->is_copy != b->is_copy)
		diff_note(diff, DIFF_D0418, place, "%s became %s", a->text, b->text);
	/* A receiver wants the rights that are named, and at least those. */
	if (two & ~one)
		diff_note(diff, DIFF_D0416, place, "%s became %s", a->text, b->text);
	if ((one & ~two) || (!a->has_rights && b->has_rights))
		diff_note(diff, DIFF_D0417, place, "%s became %s", a->text, b->text);
}

static void compare_leases(struct diff *diff, const struct diff_place *place,
	const struct shape *a, const struct shape *b)
{
	if (strcmp(a->inner, b->inner) != 0)
		diff_note(diff, DIFF_D0419, place, "%s became %s", a->text, b->text);
	diff_bound(diff, place, a->number, b->number, DIFF_D0420, DIFF_D0421, "bytes");
}

/* ---- all ---- */

static bool is_bytes(const struct shape *shape)
{
	return shape->kind == SHAPE_LIST && strcmp(shape->inner, "uint8") == 0;
}

static void compare_kinds(struct diff *diff, const struct diff_place *place,
	const struct shape *a, const struct shape *b)
{
	if ((a->kind == SHAPE_STRING && is_bytes(b)) ||
	    (b->kind == SHAPE_STRING && is_bytes(a))) {
		diff_note(diff, DIFF_D0411, place, "%s became %s", a->text, b->text);
		diff_bound(diff, place, a->number, b->number, DIFF_D0409, DIFF_D0410,
			"bytes");
		return;
	}
	if (a->kind == SHAPE_NONE || b->kind == SHAPE_NONE)
		diff_note(diff, DIFF_D0508, place, "%s became %s", a->text, b->text);
	else
		diff_note(diff, DIFF_D0405, place, "%s became %s", a->text, b->text);
}

static void compare_same_kind(struct diff *diff, const struct diff_place *place,
	const struct shape *a, const struct shape *b)
{
	struct diff_place elements = *place;

	switch (a->kind) {
	case SHAPE_STRING:
		diff_bound(diff, place, a->number, b->number, DIFF_D0409, DIFF_D0410,
			"bytes");
		return;
	case SHAPE_LIST:
		elements.is_dynamic = true;
		diff_bound(diff, place, a->number, b->number, DIFF_D0409, DIFF_D0410,
			"elements");
		diff_type(diff, &elements, a->inner, b->inner);
		return;
	case SHAPE_ARRAY:
		if (a->number != b->number)
			diff_note(diff, DIFF_D0408, place, "%s became %s", a->text, b->text);
		diff_type(diff, place, a->inner, b->inner);
		return;
	case SHAPE_HANDLE:
		compare_handles(diff, place, a, b);
		return;
	case SHAPE_LEASE:
		compare_leases(diff, place, a, b);
		return;
	case SHAPE_NAMED:
		compare_names(diff, place, a->text, b->text);
		return;
	default:
		if (strcmp(a->text, b->text) != 0)
			diff_note(diff, DIFF_D0405, place, "%s became %s", a->text, b->text);
		return;
	}
}

void diff_type(struct diff *diff, const struct diff_place *place, const char *a,
	const char *b)
{
	struct shape one = shape_of(diff, a), two = shape_of(diff, b);
	struct shape x = as_integer(diff, 0, &one), y = as_integer(diff, 1, &two);

	if (x.kind == SHAPE_INTEGER && y.kind == SHAPE_INTEGER &&
	    !(x.enumeration && y.enumeration))
		compare_integers(diff, place, &x, &y);
	else if (one.kind != two.kind)
		compare_kinds(diff, place, &one, &two);
	else
		compare_same_kind(diff, place, &one, &two);
}

bool diff_is_same_type(struct diff *diff, const char *a, const char *b, bool is_dynamic)
{
	struct diff_place place = {.where = "", .is_dynamic = is_dynamic};
	struct diff_result before = diff->result;
	bool is_same;

	diff->result = (struct diff_result){0};
	diff->quiet++;
	diff->compared = (struct map){0};
	diff_type(diff, &place, a, b);
	diff->quiet--;
	is_same = diff->result.class < DIFF_WIRE;
	diff->result = before;
	return is_same;
}
