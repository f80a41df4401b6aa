/*
 * What functions are to checks. See instrument.h.
 */
#define _GNU_SOURCE

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tests/checkkill/instrument.h"

bool role_mentions(const struct function *f, const char *text)
{
	const char *at = strstr(f->header, text);

	return at != NULL && at < f->body;
}

static enum role runtime_role(const struct function *f)
{
	static const char *const predicates[] = { "sk_varint_of_word", "are_bools",
		"sk_is_zero", "fits", "sk_is_bool", "sk_is_tag" };
	static const char *const readers[] = { "sk_get_bool", "sk_varint_read",
		"sk_get_handle", "sk_get_optional_handle", "sk_get_lease",
		"sk_get_optional_lease", "sk_take_handle", "sk_take_lease",
		"sk_take_end", "sk_take_all", "sk_is_fixed", "sk_take_bytes" };
	/* What stubs ask, and what only passes on what it is given. */
	static const char *const others[] = { "sk_read_done", "sk_take_none" };
	static const char *const guards[] = { "sk_next_integer", "sk_next_byte_array" };

	if (scan_is_one_of(f->name, predicates, COUNT(predicates)))
		return ROLE_PREDICATE;
	if (scan_is_one_of(f->name, readers, COUNT(readers)))
		return ROLE_READER;
	if (scan_is_one_of(f->name, guards, COUNT(guards)))
		return ROLE_GUARD;
	if (scan_is_one_of(f->name, others, COUNT(others)))
		return ROLE_OTHER;
	return f->is_bool && role_mentions(f, "struct sk_reader *") ? ROLE_READER : ROLE_OTHER;
}

static enum role generated_role(const struct function *f)
{
	if (role_mentions(f, "const void *from, size_t size") || role_mentions(f, "const void *from,\n"))
		return ROLE_READER;
	if (role_mentions(f, "struct sk_reader *in"))
		return ROLE_READER;
	if (scan_ends(f->name, "_get") && role_mentions(f, "(const uint8_t *from"))
		return f->is_bool ? ROLE_READER : ROLE_OTHER;
	if (scan_ends(f->name, "_is_valid"))
		return role_mentions(f, "(const struct ") ? ROLE_READER : ROLE_PREDICATE;
	if (f->is_bool && role_mentions(f, "_list *list") && !role_mentions(f, "struct sk_writer"))
		return ROLE_GUARD;
	return ROLE_OTHER;
}

static void add_name(struct function *f)
{
	ENTRY entry = { f->name, f };

	hsearch(entry, ENTER);
}

/* Lists that macros of codec.h define: they pass on to a reader. */
void role_add_macros(void)
{
	static const char *const names[] = { "int16", "int32", "int64", "uint16", "uint32",
		"uint64", "float32", "float64", "string", "bytes" };

	for (size_t i = 0; i < COUNT(names); i++) {
		ENTRY wanted = { (char *)(i < 8 ? "sk_read_integers" : "sk_read_byte_arrays"),
			NULL };
		struct function *f = malloc(sizeof *f);
		*f = *(struct function *)hsearch(wanted, FIND)->data;
		if (asprintf(&f->name, "sk_%s_read_list", names[i]) < 0)
			exit(2);
		add_name(f);
	}
}

void role_add_names(struct unit *unit)
{
	for (size_t i = 0; i < unit->count; i++) {
		struct function *f = &unit->functions[i];
		f->role = unit->is_runtime ? runtime_role(f) : generated_role(f);
		add_name(f);
	}
}

/* The function that is called here, "name(", or NULL. */
struct function *role_called(const char *start, const char *at)
{
	size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_");
	char *name;

	if (size == 0 || at[size] != '(')
		return NULL;
	if (at != start && strspn(at - 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_") != 0)
		return NULL;
	name = strndup(at, size);
	ENTRY wanted = { name, NULL };
	ENTRY *found = hsearch(wanted, FIND);
	free(name);
	return found != NULL ? found->data : NULL;
}

/* The one reader that the text calls, or NULL. */
struct function *role_reader_in(const struct unit *unit, const char *from, const char *end)
{
	struct function *one = NULL;

	for (const char *at = from; at < end; at++) {
		struct function *f = role_called(from, at);
		if (f == NULL || (f->role != ROLE_READER && !scan_ends(f->name, "_at")))
			continue;
		if (one != NULL)
			scan_die(unit, from, "two readers in one condition");
		one = f;
	}
	return one;
}

bool role_is_decoder(const struct function *f)
{
	return f->role == ROLE_READER && (scan_ends(f->name, "_decode_into") || scan_ends(f->name, "_decode"));
}

