/*
 * What stands at a place: a declaration, or a name that means one.
 */
#include <inttypes.h>
#include <string.h>

#include "compiler/lsp.h"
#include "compiler/states.h"
#include "idl/grammar.h"
#include "idl/number.h"

struct search {
	struct arena *arena;
	const struct schema *schema;
	struct lsp_symbol *to;
	/* By its place; or else by its name. */
	const struct span *place;
	const char *name;
};

/* ---- what is said of things ---- */

static const char *sizes(struct arena *arena, uint64_t least, uint64_t most)
{
	if (most == UNBOUNDED)
		return arena_printf(arena, "%" PRIu64 " bytes or more", least);
	if (least == most)
		return arena_printf(arena, "%" PRIu64 " bytes", least);
	return arena_printf(arena, "%" PRIu64 " to %" PRIu64 " bytes", least, most);
}

static const char *member_facts(struct arena *arena, const struct member *member,
	bool in_place)
{
	const struct type *type = member->type;
	const char *tag = member->tag == 0 ? "" : arena_printf(arena,
		"tag %" PRIu64 "; ", member->tag);

	if (type == NULL)
		return arena_printf(arena, "%sno value", tag);
	if (!in_place)
		return arena_printf(arena, "%s%s", tag,
			sizes(arena, type->min_size, member->max_size));
	if (member->is_pointer)
		return arena_printf(arena, "offset %" PRIu64 ": a pointer to %s",
			member->offset, sizes(arena, type->min_size,
				member->max_size));
	return arena_printf(arena, "offset %" PRIu64 ", %" PRIu64 " bytes in place",
		member->offset, type->fixed_size);
}

static const char *message_facts(struct arena *arena, const struct declaration *message)
{
	const struct cost *cost = &message->as.message.cost;
	const char *most = cost->bytes == UNBOUNDED ? "any number of"
		: arena_printf(arena, "at most %" PRIu64, cost->bytes);

	if (!message->as.message.has_id)
		return arena_printf(arena, "no id; %s bytes", most);
	return arena_printf(arena, "id %" PRIu32 "; head of %" PRIu64 " bytes; %s "
		"bytes, %u handles, %u leases", message->as.message.id,
		message->as.message.head.declared_size, most, cost->handles,
		cost->leases);
}

static const char *method_facts(const struct search *search, const struct method *method)
{
	struct arena *arena = search->arena;
	const char *text = arena_printf(arena, "number %" PRIu32, method->number);
	const char *states = method->request == NULL ? NULL
		: states_allowing(arena, search->schema, method->request);

	if (method->request != NULL)
		text = arena_printf(arena, "%s; request: %s", text,
			message_facts(arena, method->request));
	if (method->reply != NULL)
		text = arena_printf(arena, "%s; %s: %s", text,
			method->is_event ? "event" : "reply",
			message_facts(arena, method->reply));
	if (method->is_fast)
		text = arena_printf(arena, "%s; fast path", text);
	return states == NULL ? text
		: arena_printf(arena, "%s\n\nstates of %s", text, states);
}

static const char *literal_text(struct arena *arena, const struct literal *value)
{
	char number[NUMBER_TEXT_SIZE];

	switch (value->kind) {
	case LITERAL_INTEGER:
		return arena_printf(arena, "%s", number_print(number, value->number));
	case LITERAL_BOOL:
		return number_is_zero(value->number) ? "false" : "true";
	case LITERAL_FLOAT:
		return arena_printf(arena, "%.17g", value->real);
	case LITERAL_TEXT:
		return arena_printf(arena, "\"%s\"", value->text);
	case LITERAL_NONE:
		break;
	}
	return "";
}

static const char *declaration_title(struct arena *arena,
	const struct declaration *declaration)
{
	const char *text = arena_printf(arena, "%s %s", declaration_kind_name(declaration),
		declaration->qualified);

	if (declaration->kind == DECLARATION_CONST)
		return arena_printf(arena, "const %s %s = %s",
			declaration->as.constant.type->name, declaration->qualified,
			literal_text(arena, &declaration->as.constant.value));
	if (declaration->kind == DECLARATION_NEWTYPE)
		return arena_printf(arena, "%s = %s", text,
			declaration->as.newtype->name);
	return text;
}

/* Its states one below the other. */
static const char *interface_facts(struct arena *arena, const struct declaration *interface)
{
	const char *text = arena_printf(arena, "%u methods, %u events",
		interface->as.interface.method_count,
		interface->as.interface.event_count);
	const struct state *state;

	for (state = interface->as.interface.states; state != NULL; state = state->next)
		text = arena_printf(arena, "%s\n\n%s: %s", text, state->name,
			states_transitions(arena, state));
	return text;
}

static const char *declaration_facts(struct arena *arena,
	const struct declaration *declaration)
{
	switch (declaration->kind) {
	case DECLARATION_NEWTYPE:
		return sizes(arena, declaration->as.newtype->min_size,
			declaration->as.newtype->max_size);
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		return arena_printf(arena, "%u bytes%s",
			declaration->as.enumeration.base->width,
			declaration->as.enumeration.is_strict ? "; strict" : "");
	case DECLARATION_RECORD:
		return arena_printf(arena, "%" PRIu64 " bytes in place",
			declaration->as.structure.fixed_size);
	case DECLARATION_STRUCT:
	case DECLARATION_VARIANT:
		return sizes(arena, declaration->as.structure.min_size,
			declaration->as.structure.max_size);
	case DECLARATION_MESSAGE:
		return message_facts(arena, declaration);
	case DECLARATION_INTERFACE:
		return interface_facts(arena, declaration);
	default:
		return "";
	}
}

/* ---- the search ---- */

static bool is_it(const struct search *search, const struct span *span)
{
	return search->place != NULL && span->source == search->place->source
		&& span->offset == search->place->offset;
}

static bool found(struct search *search, struct span span, const char *title,
	const char *facts, const char *doc)
{
	search->to->span = span;
	search->to->title = title;
	search->to->facts = facts;
	search->to->doc = doc;
	return true;
}

static bool in_members(struct search *search, const struct member *member,
	bool in_place)
{
	for (; member != NULL; member = member->next) {
		if (member->is_tags) {
			if (in_members(search, member->tags, false))
				return true;
		} else if (is_it(search, &member->span)) {
			return found(search, member->span, arena_printf(
				search->arena, "%s%s%s%s",
				member->is_optional ? "optional " : "",
				member->type == NULL ? "" : member->type->name,
				member->type == NULL ? "" : " ", member->name),
				member_facts(search->arena, member, in_place),
				member->doc);
		}
	}
	return false;
}

static bool in_enumerators(struct search *search, const struct declaration *owner,
	bool by_name)
{
	const struct enumerator *enumerator = owner->as.enumeration.first;
	char number[NUMBER_TEXT_SIZE];

	for (; enumerator != NULL; enumerator = enumerator->next)
		if (by_name ? strcmp(enumerator->name, search->name) == 0
			: is_it(search, &enumerator->span))
			return found(search, enumerator->span, arena_printf(
				search->arena, "%s.%s = %s", owner->qualified,
				enumerator->name, number_print(number,
					enumerator->value)), "", enumerator->doc);
	return false;
}

static bool found_method(struct search *search, const struct declaration *interface,
	const struct method *method)
{
	return found(search, method->span, arena_printf(search->arena, "%s %s.%s",
		method->is_event ? "event" : method->is_oneway ? "oneway" : "method",
		interface->qualified, method->name), method_facts(search, method),
		method->doc);
}

static bool in_methods(struct search *search, struct method *const *methods,
	unsigned count, const struct declaration *interface)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (is_it(search, &methods[i]->span))
			return found_method(search, interface, methods[i]);
	return false;
}

static bool found_state(struct search *search, const struct declaration *interface,
	const struct state *state)
{
	return found(search, state->span, arena_printf(search->arena, "state %s.%s",
		interface->qualified, state->name), arena_printf(search->arena,
		"allows %s", states_transitions(search->arena, state)), state->doc);
}

/* The name of a state, of a method that it allows, or of where that leads. */
static bool in_states(struct search *search, const struct declaration *interface)
{
	const struct state *state;
	const struct transition *transition;

	for (state = interface->as.interface.states; state != NULL; state = state->next) {
		if (is_it(search, &state->span))
			return found_state(search, interface, state);
		for (transition = state->first; transition != NULL;
			transition = transition->next) {
			if (is_it(search, &transition->target))
				return found_state(search, interface, transition->to);
			if (is_it(search, &transition->span))
				return found_method(search, interface,
					transition->method);
		}
	}
	return false;
}

static bool found_declaration(struct search *search,
	const struct declaration *declaration)
{
	return found(search, declaration->span,
		declaration_title(search->arena, declaration),
		declaration_facts(search->arena, declaration), declaration->doc);
}

static bool is_enumeration(const struct declaration *declaration)
{
	return declaration->kind == DECLARATION_ENUM
		|| declaration->kind == DECLARATION_CONSTS
		|| declaration->kind == DECLARATION_BITS;
}

/* Whether the place is that of the declaration, or of something in it. */
static bool in_declaration(struct search *search, const struct declaration *declaration)
{
	bool parameters = declaration->kind == DECLARATION_MESSAGE
		&& declaration->as.message.method != NULL;

	if (!parameters && is_it(search, &declaration->span))
		return found_declaration(search, declaration);
	if (is_enumeration(declaration))
		return in_enumerators(search, declaration, false);
	switch (declaration->kind) {
	case DECLARATION_STRUCT:
	case DECLARATION_VARIANT:
		return in_members(search, declaration->as.structure.body.first, false);
	case DECLARATION_RECORD:
		return in_members(search, declaration->as.structure.body.first, true);
	case DECLARATION_MESSAGE:
		return in_members(search, declaration->as.message.head.body.first,
			true) || in_members(search,
			declaration->as.message.tail.body.first, true);
	case DECLARATION_INTERFACE:
		return in_methods(search, declaration->as.interface.methods,
			declaration->as.interface.method_count, declaration)
			|| in_methods(search, declaration->as.interface.events,
			declaration->as.interface.event_count, declaration)
			|| in_states(search, declaration);
	default:
		return false;
	}
}

static const struct declaration *by_qualified(const struct schema *schema,
	const char *name)
{
	const struct file *file;
	const struct declaration *declaration;

	for (file = schema->files; file != NULL; file = file->next)
		for (declaration = file->first; declaration != NULL;
			declaration = declaration->next)
			if (strcmp(declaration->qualified, name) == 0)
				return declaration;
	return NULL;
}

/* In the namespace of the file, then in those around it. */
static const struct declaration *resolve(struct search *search, const char *name)
{
	const struct schema *schema = search->schema;
	char *around = arena_copy(search->arena, schema->root->namespace,
		strlen(schema->root->namespace));
	const struct declaration *declaration;
	char *dot;

	while (*around != '\0') {
		declaration = by_qualified(schema, arena_printf(search->arena,
			"%s.%s", around, name));
		if (declaration != NULL)
			return declaration;
		dot = strrchr(around, '.');
		*(dot == NULL ? around : dot) = '\0';
	}
	return by_qualified(schema, name);
}

/* A name of no declaration: the enumerator, if one enum has it alone. */
static bool only_enumerator(struct search *search)
{
	const struct declaration *declaration = search->schema->root->first;
	const struct declaration *one = NULL;
	struct lsp_symbol kept = *search->to;

	for (; declaration != NULL; declaration = declaration->next) {
		if (!is_enumeration(declaration)
			|| !in_enumerators(search, declaration, true))
			continue;
		if (one != NULL) {
			*search->to = kept;
			return false;
		}
		one = declaration;
	}
	return one != NULL;
}

static bool is_word(int kind)
{
	return kind == NAME || (kind >= KW_BITS && kind <= KW_VARIANT);
}

/* The dotted path up to a token, which may end with an enumerator. */
static bool by_name(struct search *search, const struct lexemes *lexemes, size_t at)
{
	const struct lexeme *items = lexemes->items;
	size_t first = at;
	const char *text = items[at].span.source->text, *path = "", *last;
	const struct declaration *declaration;

	while (first >= 2 && items[first - 1].kind == '.'
		&& is_word(items[first - 2].kind))
		first -= 2;
	last = arena_copy(search->arena, text + items[at].span.offset,
		items[at].span.size);
	for (; first < at; first += 2)
		path = arena_printf(search->arena, "%s%s%.*s", path,
			*path == '\0' ? "" : ".", (int)items[first].span.size,
			text + items[first].span.offset);
	declaration = resolve(search, *path == '\0' ? last
		: arena_printf(search->arena, "%s.%s", path, last));
	if (declaration != NULL)
		return found_declaration(search, declaration);
	search->name = last;
	if (*path == '\0')
		return only_enumerator(search);
	declaration = resolve(search, path);
	return declaration != NULL && is_enumeration(declaration)
		&& in_enumerators(search, declaration, true);
}

static bool in_imports(struct search *search)
{
	const struct import *import = search->schema->root->imports;

	for (; import != NULL; import = import->next)
		if (is_it(search, &import->span))
			return found(search, (struct span){ import->file->source, 0,
				0, 1, 1 }, arena_printf(search->arena,
				"namespace %s", import->file->namespace), "",
				import->file->doc);
	return false;
}

bool lsp_symbol(struct arena *arena, const struct schema *schema, uint32_t offset,
	struct lsp_symbol *to)
{
	struct lexemes lexemes = lexemes_read(arena, schema->root->source);
	const struct declaration *declaration = schema->root->first;
	struct search search = { .arena = arena, .schema = schema, .to = to };
	size_t at = 0;

	while (at < lexemes.count && lexemes.items[at].span.offset
		+ lexemes.items[at].span.size <= offset)
		at++;
	/* Behind a name is at it, too. */
	if (at > 0 && (at == lexemes.count || lexemes.items[at].span.offset > offset
		|| !is_word(lexemes.items[at].kind)) && lexemes.items[at - 1].span.offset
		+ lexemes.items[at - 1].span.size == offset)
		at--;
	if (at == lexemes.count || lexemes.items[at].span.offset > offset)
		return false;
	to->at = lexemes.items[at].span;
	search.place = &to->at;
	for (; declaration != NULL; declaration = declaration->next)
		if (in_declaration(&search, declaration))
			return true;
	if (lexemes.items[at].kind == STRING)
		return in_imports(&search);
	return is_word(lexemes.items[at].kind) && by_name(&search, &lexemes, at);
}
