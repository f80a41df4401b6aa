/*
 * One table of all names of a header, macros, tags, types and functions
 * alike: C++ has one space for them.
 */
#include "idl/check_c_names.h"

#include <string.h>

#include "idl/map.h"

/* Keywords of C11, C23 and C++20, the words of <iso646.h>, and macros that
 * compilers and headers define in small letters. */
static const char *const kept[] = {
	"alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand",
	"bitor", "bool", "break", "case", "catch", "char", "char16_t",
	"char32_t", "char8_t", "class", "co_await", "co_return", "co_yield",
	"compl", "concept", "const", "const_cast", "consteval", "constexpr",
	"constinit", "continue", "decltype", "default", "delete", "do",
	"double", "dynamic_cast", "else", "enum", "errno", "explicit",
	"export", "extern", "false", "float", "for", "friend", "goto", "if",
	"inline", "int", "linux", "long", "mutable", "namespace", "new",
	"noexcept", "not", "not_eq", "NULL", "nullptr", "operator", "or",
	"or_eq", "private", "protected", "public", "register",
	"reinterpret_cast", "requires", "restrict", "return", "short",
	"signed", "sizeof", "static", "static_assert", "static_cast",
	"struct", "switch", "template", "this", "thread_local", "throw",
	"true", "try", "typedef", "typeid", "typename", "typeof",
	"typeof_unqual", "union", "unix", "unsigned", "using", "virtual",
	"void", "volatile", "wchar_t", "while", "xor", "xor_eq",
};

/* What generated functions call their own, and the types that they use: a
 * type or constant without a namespace would stand in their way. */
static const char *const used[] = {
	"all", "answer", "at", "attached", "bytes", "call", "capacity",
	"channel", "cookie", "copy", "count", "data", "depth", "done", "end",
	"error", "event", "from", "good", "head", "i", "in", "incoming",
	"index", "int16_t", "int32_t", "int64_t", "int8_t", "item", "items",
	"j", "k", "l", "left", "list", "m", "memcpy", "memset", "message",
	"n", "none", "o", "offsetof", "ops", "out", "p", "port", "reply",
	"request", "ring", "room", "self", "server", "size", "size_t",
	"sized", "slot", "spare", "start", "status", "tag", "tail", "to",
	"uint16_t", "uint32_t", "uint64_t", "uint8_t", "value", "values",
	"which", "wire",
};

struct names {
	struct arena *arena;
	struct diagnostics *diags;
	struct map table;		/* name to struct c_name */
	struct map files;		/* already in it, by path */
	bool clashed;			/* this declaration: once is enough */
};

struct c_name {
	struct span span;
};

static bool is_one_of(const char *const *words, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (words[i][0] == name[0] && strcmp(words[i], name) == 0)
			return true;
	return false;
}

static bool is_kept(const char *name)
{
	return is_one_of(kept, sizeof kept / sizeof kept[0], name);
}

/* Structs and messages have `struct` before their names wherever they stand. */
static bool is_used(const struct declaration *declaration)
{
	return declaration->kind != DECLARATION_STRUCT
		&& declaration->kind != DECLARATION_RECORD
		&& declaration->kind != DECLARATION_VARIANT
		&& declaration->kind != DECLARATION_MESSAGE
		&& is_one_of(used, sizeof used / sizeof used[0],
			declaration->c_name);
}

/* docs/language.md, "Names in C": bare names. */
static void bare_name(struct names *names, const char *name, struct span span,
	const char *help)
{
	if (is_kept(name))
		diag_help(diag_report(names->diags, E0602, span,
			"`%s` is no name in C or C++", name),
			"%s; the bytes on the wire do not change", help);
	else if (name[0] == '_' && (name[1] == '_'
			|| (name[1] >= 'A' && name[1] <= 'Z')))
		diag_report(names->diags, E0602, span, "names like `%s` are "
			"kept for compilers and libraries", name);
}

/* docs/language.md, "Names in C": each name of the header stands once. */
static void add_name(struct names *names, const char *name, struct span span)
{
	struct c_name *entry = ARENA_NEW(names->arena, struct c_name), *other;
	struct diagnostic *report;

	entry->span = span;
	other = map_add(&names->table, names->arena, name, entry);
	if (other == NULL || names->clashed)
		return;
	names->clashed = true;
	report = diag_report(names->diags, E0601, span,
		"in C this and something else are both named `%s`", name);
	diag_second(report, other->span, "the other comes from this");
}

static void add_suffixed(struct names *names, const char *name, struct span span,
	const char *const *suffixes)
{
	for (; *suffixes != NULL; suffixes++)
		add_name(names, arena_printf(names->arena, "%s%s", name,
			*suffixes), span);
}

static const char *const list_suffixes[] = { "_list", "_next", "_read_list",
	"_write_list", NULL };

/* Lists of what the runtime has no list type for. */
static bool is_own_list(const struct type *list)
{
	const struct type *item = list->element;

	switch (item->kind) {
	case TYPE_INTEGER:
	case TYPE_BOOL:
	case TYPE_FLOAT:
	case TYPE_STRUCT:
	case TYPE_RECORD:
	case TYPE_VARIANT:
		return false;
	case TYPE_ENUM:
		return item->declaration->as.enumeration.is_strict;
	case TYPE_STRING:
		return item->bound != UNBOUNDED;
	default:
		break;
	}
	return item->kind != TYPE_LIST || item->bound != UNBOUNDED
		|| !type_is_raw_byte(item->element)
		|| item->element->kind == TYPE_BOOL;
}

static void add_lists(struct names *names, const struct type *type,
	const char *path, struct span span)
{
	for (; type != NULL && type->newtype == NULL; type = type->element) {
		if (type->kind != TYPE_LIST)
			continue;
		if (is_own_list(type))
			add_suffixed(names, path, span, list_suffixes);
		path = arena_printf(names->arena, "%s_item", path);
	}
}

/* ---- members ---- */

/* One that contains itself is held as a list of one; an array cannot be. */
static void holdable(struct names *names, const struct member *member)
{
	if (!member->is_recursive || member->type->kind != TYPE_ARRAY)
		return;
	diag_help(diag_report(names->diags, E0603, member->span,
		"C cannot hold `%s` within itself", member->type->name),
		"write `%s[<=%llu]`", member->type->element->name,
		(unsigned long long)member->type->count);
}

/* A member or an arm: its name, and the lists in its type. */
static void add_value(struct names *names, const char *owner,
	const struct member *member)
{
	holdable(names, member);
	bare_name(names, member->c_name, member->span,
		"rename it, or write `@name(\"...\")` before it");
	add_lists(names, member->type, arena_printf(names->arena, "%s_%s",
		owner, member->c_name), member->span);
}

static void add_member(struct names *names, struct map *members,
	const char *owner, struct member *member)
{
	struct member *other;

	bool may_miss = member->tag != 0 || member->is_optional;

	add_value(names, owner, member);
	other = map_add(members, names->arena, member->c_name, member);
	if (other != NULL && strcmp(other->c_name, member->c_name) == 0) {
		diag_second(diag_report(names->diags, E0601, member->span,
			"in C two members are both named `%s`",
			member->c_name), other->span, "the other is this");
		return;
	}
	if (other == NULL && may_miss)
		other = map_add(members, names->arena, arena_printf(
			names->arena, "has_%s", member->c_name), member);
	if (other != NULL)
		diag_second(diag_report(names->diags, E0601, member->span,
			"in C a tagged or optional member `m` has a `has_m` "
			"beside it, which `%s` runs into", member->c_name),
			other->span, "with this");
}

static void add_members(struct names *names, struct map *members,
	const char *owner, const struct body *body)
{
	struct member *member, *tagged;

	for (member = body->first; member != NULL; member = member->next) {
		if (!member->is_tags)
			add_member(names, members, owner, member);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			add_member(names, members, owner, tagged);
	}
}

/* ---- declarations ---- */

/* What structs and variants have; those with handles are in no list. */
static void add_functions(struct names *names, const struct declaration *d)
{
	static const char *const suffixes[] = { "", "_init", "_read",
		"_write", "_type", "_fields", NULL };
	static const char *const one[] = { "_read_one", "_write_one", NULL };
	static const char *const attach[] = { "_attach", NULL };

	add_suffixed(names, d->c_name, d->span, suffixes);
	add_suffixed(names, d->c_name, d->span,
		d->as.structure.handles != 0 ? attach : list_suffixes);
	if (d->as.structure.is_recursive)
		add_suffixed(names, d->c_name, d->span, one);
}

static void add_struct(struct names *names, const struct declaration *structure)
{
	struct map members = { 0 };
	struct member *unknown;

	add_functions(names, structure);
	if (table_block(structure) != NULL) {
		unknown = ARENA_NEW(names->arena, struct member);
		unknown->c_name = "unknown";
		unknown->span = structure->span;
		map_add(&members, names->arena, unknown->c_name, unknown);
	}
	add_members(names, &members, structure->c_name,
		&structure->as.structure.body);
}

static void add_record(struct names *names, const struct declaration *record)
{
	static const char *const suffixes[] = { "", "_init", "_read",
		"_write", "_type", "_fields", "_swap", "_is_valid", "_get",
		"_put", "_at", NULL };
	struct map members = { 0 };

	add_suffixed(names, record->c_name, record->span, suffixes);
	add_suffixed(names, record->c_name, record->span, list_suffixes);
	add_members(names, &members, record->c_name,
		&record->as.structure.body);
}

/* Its arms are members of a union, and enumerators. */
static void add_variant(struct names *names, const struct declaration *variant)
{
	const struct member *arm = variant->as.structure.body.first;

	add_functions(names, variant);
	for (; arm != NULL; arm = arm->next) {
		names->clashed = false;
		add_name(names, arena_printf(names->arena, "%s_%s",
			variant->c_name, arm->c_name), arm->span);
		add_value(names, variant->c_name, arm);
	}
}

static void add_message(struct names *names, const struct declaration *message)
{
	static const char *const suffixes[] = { "", "_init", "_encode",
		"_decode", "_decode_into", "_ID", "_MAXSIZE", "_type",
		"_fields", "_encode_any", "_decode_any", NULL };
	struct map members = { 0 };

	if (!message->as.message.has_id)
		return;
	add_suffixed(names, message->c_name, message->span, suffixes);
	add_members(names, &members, message->c_name,
		&message->as.message.head.body);
	add_members(names, &members, message->c_name,
		&message->as.message.tail.body);
}

static void add_enum(struct names *names, const struct declaration *enumeration)
{
	const struct enumerator *enumerator;

	add_name(names, enumeration->c_name, enumeration->span);
	if (enumeration->as.enumeration.is_strict)
		add_name(names, arena_printf(names->arena, "%s_is_valid",
			enumeration->c_name), enumeration->span);
	for (enumerator = enumeration->as.enumeration.first;
		enumerator != NULL; enumerator = enumerator->next) {
		names->clashed = false;
		add_name(names, arena_printf(names->arena, "%s_%s",
			enumeration->c_name, enumerator->name),
			enumerator->span);
	}
}

static void add_method(struct names *names, const struct method *method)
{
	static const char *const called[] = { "", "_method", "_answer",
		"_begin", "_end", NULL };
	static const char *const oneway[] = { "", "_method", NULL };
	static const char *const event[] = { "_send", NULL };

	names->clashed = false;
	bare_name(names, method->name, method->span, "rename it");
	add_suffixed(names, arena_printf(names->arena, "%s_%s",
		method->owner->c_name, method->name), method->span,
		method->is_event ? event : method->is_oneway ? oneway : called);
}

static void add_events(struct names *names, const struct declaration *interface)
{
	static const char *const suffixes[] = { "_event", "_event_take",
		"_next_event", "_next_event_begin", "_next_event_end", NULL };
	const struct method *event;
	unsigned i;

	add_suffixed(names, interface->c_name, interface->span, suffixes);
	for (i = 0; i < interface->as.interface.event_count; i++) {
		event = interface->as.interface.events[i];
		names->clashed = false;
		add_name(names, arena_printf(names->arena, "%s_event_%s",
			interface->c_name, event->name), event->span);
		if (event->owner == interface)
			add_method(names, event);
	}
}

/* docs/language.md, "Names in C": the table of operations ends with `events`. Those of a
 * contract are taken without `--contract` too, so that it can be had later. */
static void add_interface(struct names *names,
	const struct declaration *interface)
{
	static const char *const suffixes[] = { "_handle", "_ops", "_dispatch", "_dispatch_words",
		"_METHODS", "_contract", "_contract_rows", NULL };
	bool has_events = interface->as.interface.event_count > 0;
	const struct method *method;
	const struct state *state;
	unsigned i;

	add_suffixed(names, interface->c_name, interface->span, suffixes);
	for (state = interface->as.interface.states; state != NULL;
		state = state->next)
		add_name(names, arena_printf(names->arena, "%s_state_%s",
			interface->c_name, state->name), state->span);
	for (i = 0; i < interface->as.interface.method_count; i++) {
		method = interface->as.interface.methods[i];
		if (method->owner == interface)
			add_method(names, method);
		if (has_events && strcmp(method->name, "events") == 0)
			diag_second(diag_report(names->diags, E0601,
				method->span, "in C the operations of an "
				"interface with events have an `events` beside "
				"its methods"), interface->span,
				"this one has events");
	}
	if (has_events)
		add_events(names, interface);
}

/* Without a namespace a name stands alone; `sk_` is the runtime's. */
static void whole_name(struct names *names, const struct declaration *declaration)
{
	const char *name = declaration->c_name;

	if (declaration->kind == DECLARATION_INTERFACE)
		return;
	if (strncmp(name, "sk_", 3) == 0 || strncmp(name, "SK_", 3) == 0)
		diag_report(names->diags, E0602, declaration->span,
			"names that begin with `sk_` are the runtime's");
	else if (is_used(declaration))
		diag_help(diag_report(names->diags, E0602, declaration->span,
			"without a namespace, `%s` is a name that generated C "
			"uses itself", name),
			"declare a namespace, or `@prefix`, or rename it");
	else
		bare_name(names, name, declaration->span, "rename it");
}

static void add_declaration(struct names *names,
	const struct declaration *declaration)
{
	names->clashed = false;
	whole_name(names, declaration);
	switch (declaration->kind) {
	case DECLARATION_CONST:
		add_name(names, declaration->c_name, declaration->span);
		break;
	case DECLARATION_NEWTYPE:
		add_name(names, declaration->c_name, declaration->span);
		add_lists(names, declaration->as.newtype, declaration->c_name,
			declaration->span);
		break;
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		add_enum(names, declaration);
		break;
	case DECLARATION_STRUCT:
		add_struct(names, declaration);
		break;
	case DECLARATION_RECORD:
		add_record(names, declaration);
		break;
	case DECLARATION_VARIANT:
		add_variant(names, declaration);
		break;
	case DECLARATION_MESSAGE:
		add_message(names, declaration);
		break;
	case DECLARATION_INTERFACE:
		add_interface(names, declaration);
		break;
	}
}

/* What is imported is included: its names come first. */
static void add_file(struct names *names, const struct file *file)
{
	const struct declaration *declaration;
	const struct import *import;

	if (map_add(&names->files, names->arena, file->source->path,
		file->source) != NULL)
		return;
	for (import = file->imports; import != NULL; import = import->next)
		add_file(names, import->file);
	for (declaration = file->first; declaration != NULL;
		declaration = declaration->next)
		add_declaration(names, declaration);
}

void check_c_names(struct arena *arena, struct diagnostics *diags,
	const struct file *file)
{
	struct names names = { .arena = arena, .diags = diags };

	add_file(&names, file);
}
