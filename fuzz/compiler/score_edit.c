/*
 * Roles of tokens, and the edits.
 */
#define _GNU_SOURCE

#include "fuzz/compiler/score_edit.h"

#include <stdio.h>
#include <string.h>

#include "fuzz/compiler/change.h"
#include "idl/map.h"

const struct edit_class edit_classes[] = {
	{ "`;` deleted", EDIT_DELETE, ROLE_NONE, ";" },
	{ "`{` deleted", EDIT_DELETE, ROLE_NONE, "{" },
	{ "`}` deleted", EDIT_DELETE, ROLE_NONE, "}" },
	{ "`(` deleted", EDIT_DELETE, ROLE_NONE, "(" },
	{ "`)` deleted", EDIT_DELETE, ROLE_NONE, ")" },
	{ "`,` deleted", EDIT_DELETE, ROLE_NONE, "," },
	{ "`=` deleted", EDIT_DELETE, ROLE_NONE, "=" },
	{ "`:` deleted", EDIT_DELETE, ROLE_NONE, ":" },
	{ "number deleted", EDIT_DELETE, ROLE_NUMBER, NULL },
	{ "name deleted", EDIT_DELETE, ROLE_NAME, NULL },
	{ "token doubled", EDIT_DOUBLE, ROLE_NONE, NULL },
	{ "keyword misspelt", EDIT_MISSPELL, ROLE_KEYWORD, NULL },
	{ "type misspelt", EDIT_MISSPELL, ROLE_TYPE, NULL },
	{ "value misspelt", EDIT_MISSPELL, ROLE_VALUE, NULL },
	{ "interface misspelt", EDIT_MISSPELL, ROLE_INTERFACE, NULL },
	{ "attribute misspelt", EDIT_MISSPELL, ROLE_ATTRIBUTE, NULL },
	{ "bracket of another kind", EDIT_BRACKET, ROLE_NONE, NULL },
	{ "number too large", EDIT_NUMBER, ROLE_NUMBER, NULL },
	{ "no type as a type", EDIT_KIND, ROLE_TYPE, NULL },
	{ "word inserted", EDIT_INSERT, ROLE_NONE, NULL },
};

const size_t edit_class_count = sizeof edit_classes / sizeof edit_classes[0];

/* ---- names ---- */

struct name {
	enum token_role role;
};

struct names {
	struct map map;			/* name -> struct name */
	/* That are no types: with the text that declares them. */
	struct other {
		const char *text;
		const char *name;
	} others[1024];
	size_t other_count;
};

static const char *const keywords[] = { "bits", "const", "consts", "enum",
	"error", "event", "flexible", "group", "head", "import", "interface",
	"message", "method", "namespace", "newtype", "oneway", "record",
	"reserved", "strict", "struct", "tag", "tags", "tail", "using",
	"variant" };
static const char *const builtins[] = { "int8", "int16", "int32", "int64",
	"uint8", "uint16", "uint32", "uint64", "char", "byte", "string",
	"bool", "float32", "float64", "handle", "lease" };
static const char *const declaring[] = { "struct", "record", "enum", "consts",
	"bits", "newtype", "variant" };

#define IS_IN(list, text, token) \
	is_in(list, sizeof (list) / sizeof (list)[0], text, token)

static bool is_in(const char *const *list, size_t count, const char *text,
	const struct token *token)
{
	for (size_t i = 0; i < count; i++)
		if (token_is(text, token, list[i]))
			return true;
	return false;
}

static const char *word_of(struct arena *arena, const char *text,
	const struct token *token)
{
	return arena_copy(arena, text + token->offset, token->size);
}

static void names_add(struct arena *arena, struct names *names, const char *text,
	const struct token *token, enum token_role role)
{
	struct name *name = ARENA_NEW(arena, struct name);

	name->role = role;
	map_add(&names->map, arena, word_of(arena, text, token), name);
}

static void names_other(struct arena *arena, struct names *names, const char *text,
	const struct token *token)
{
	if (names->other_count < sizeof names->others / sizeof names->others[0])
		names->others[names->other_count++] = (struct other){ text,
			word_of(arena, text, token) };
}

/* Names behind `{` and `,` up to the closing brace. */
static size_t names_values(struct arena *arena, struct names *names,
	const char *text, const struct token *tokens, size_t count, size_t at)
{
	while (at < count && !token_is(text, &tokens[at], "{"))
		at++;
	for (; at + 1 < count && !token_is(text, &tokens[at], "}"); at++)
		if (tokens[at + 1].kind == TOKEN_NAME
			&& (token_is(text, &tokens[at], "{")
			|| token_is(text, &tokens[at], ",")))
			names_add(arena, names, text, &tokens[at + 1],
				ROLE_VALUE);
	return at;
}

static void names_read(struct arena *arena, struct names *names, const char *text,
	const struct token *tokens, size_t count)
{
	for (size_t i = 0; i + 2 < count; i++) {
		const struct token *name = &tokens[i + 1];

		if (tokens[i].depth != 0 || name->kind != TOKEN_NAME)
			continue;
		if (IS_IN(declaring, text, &tokens[i]))
			names_add(arena, names, text, name, ROLE_TYPE);
		else if (token_is(text, &tokens[i], "interface"))
			names_add(arena, names, text, name, ROLE_INTERFACE);
		else if (token_is(text, &tokens[i], "const"))
			names_add(arena, names, text, &tokens[i + 2], ROLE_VALUE);
		if (token_is(text, &tokens[i], "interface")
			|| token_is(text, &tokens[i], "message"))
			names_other(arena, names, text, name);
		if (token_is(text, &tokens[i], "enum")
			|| token_is(text, &tokens[i], "consts")
			|| token_is(text, &tokens[i], "bits"))
			i = names_values(arena, names, text, tokens, count, i);
	}
}

struct names *names_of(struct arena *arena, const struct source_text *texts)
{
	static struct token tokens[SCORE_TOKENS_MAX];
	struct names *names = ARENA_NEW(arena, struct names);

	for (; texts->path != NULL; texts++)
		names_read(arena, names, texts->text, tokens, tokens_split(
			texts->text, texts->size, tokens, SCORE_TOKENS_MAX));
	return names;
}

/* ---- roles ---- */

static bool is_at(const struct sample *sample, size_t at, const char *what)
{
	return at < sample->count
		&& token_is(sample->text->text, &sample->tokens[at], what);
}

/* Where a declaration, a member, an item or a section may begin. */
static bool begins(const struct sample *sample, size_t at)
{
	if (at == 0)
		return true;
	return sample->tokens[at - 1].kind == TOKEN_ATTRIBUTE
		|| is_at(sample, at - 1, ";") || is_at(sample, at - 1, "{")
		|| is_at(sample, at - 1, "}") || is_at(sample, at - 1, ")")
		|| is_at(sample, at - 1, ":") || is_at(sample, at - 1, "strict")
		|| is_at(sample, at - 1, "flexible");
}

static bool is_keyword_use(const struct sample *sample, size_t at)
{
	static const char *const no[] = { ";", "=", ",", ")", "." };

	return IS_IN(keywords, sample->text->text, &sample->tokens[at])
		&& begins(sample, at) && at + 1 < sample->count
		&& !IS_IN(no, sample->text->text, &sample->tokens[at + 1]);
}

/* A type stands before a name or brackets, or where only a type can. */
static bool is_type_use(const struct sample *sample, size_t at)
{
	const char *text = sample->text->text;

	if (at == 0 || at + 1 >= sample->count
		|| IS_IN(declaring, text, &sample->tokens[at - 1]))
		return false;
	return sample->tokens[at + 1].kind == TOKEN_NAME
		|| is_at(sample, at + 1, "[") || is_at(sample, at + 1, "<")
		|| (at > 2 && is_at(sample, at - 1, "=")
			&& is_at(sample, at - 3, "newtype"))
		|| is_at(sample, at - 1, "error")
		|| (is_at(sample, at - 1, ":") && is_at(sample, at + 1, "{"));
}

static bool is_value_use(const struct sample *sample, size_t at)
{
	static const char *const before[] = { "=", "<", "<=", "[", "|", "(",
		"+", "-", "*", "<<" };

	if (at == 0 || is_at(sample, at + 1, "="))
		return false;
	if (IS_IN(before, sample->text->text, &sample->tokens[at - 1]))
		return true;
	/* Rights of a handle. */
	return at > 3 && is_at(sample, at - 1, ",")
		&& is_at(sample, at - 3, "<") && is_at(sample, at - 4, "handle");
}

static enum token_role name_role(const struct sample *sample, size_t at,
	const struct names *names)
{
	const char *text = sample->text->text;
	const struct token *token = &sample->tokens[at];
	char word[SCORE_WORD_MAX];
	const struct name *name;

	if (token->size >= sizeof word)
		return ROLE_NONE;
	snprintf(word, sizeof word, "%.*s", (int)token->size,
		text + token->offset);
	name = map_get(&names->map, word);
	if (is_keyword_use(sample, at))
		return ROLE_KEYWORD;
	if ((IS_IN(builtins, text, token) || (name != NULL
		&& name->role == ROLE_TYPE)) && is_type_use(sample, at))
		return ROLE_TYPE;
	if (name != NULL && name->role == ROLE_VALUE && is_value_use(sample, at))
		return ROLE_VALUE;
	if (name != NULL && name->role == ROLE_INTERFACE && at > 0
		&& (is_at(sample, at - 1, "<") || is_at(sample, at - 1, ":")))
		return ROLE_INTERFACE;
	return ROLE_NAME;
}

void sample_read(struct sample *sample, const struct source_text *text,
	const struct names *names)
{
	sample->text = text;
	sample->count = tokens_split(text->text, text->size, sample->tokens,
		SCORE_TOKENS_MAX);
	for (size_t i = 0; i < sample->count; i++) {
		enum token_kind kind = sample->tokens[i].kind;

		sample->roles[i] = kind == TOKEN_NAME
			? name_role(sample, i, names)
			: kind == TOKEN_NUMBER ? ROLE_NUMBER
			: kind == TOKEN_ATTRIBUTE ? ROLE_ATTRIBUTE : ROLE_NONE;
	}
}

/* ---- edits ---- */

static const char brackets[2][5] = { "([{<", ")]}>" };

static const char *bracket_side(const struct sample *sample, size_t at, size_t *which)
{
	const struct token *token = &sample->tokens[at];
	char byte = sample->text->text[token->offset];

	for (size_t side = 0; token->size == 1 && side < 2; side++)
		for (*which = 0; *which < 4; ++*which)
			if (brackets[side][*which] == byte)
				return brackets[side];
	return NULL;
}

bool edit_fits(const struct edit_class *class, const struct sample *sample, size_t at)
{
	const struct token *token = &sample->tokens[at];
	enum token_role role = sample->roles[at];
	size_t which;

	switch (class->kind) {
	case EDIT_DELETE:
		if (class->mark != NULL)
			return token_is(sample->text->text, token, class->mark);
		/* Any name, whatever it is there for. */
		return class->role == ROLE_NAME ? token->kind == TOKEN_NAME
			: role == class->role;
	case EDIT_MISSPELL:
		return role == class->role && token->size >= 4;
	case EDIT_BRACKET:
		return bracket_side(sample, at, &which) != NULL;
	case EDIT_NUMBER:
	case EDIT_KIND:
		return role == class->role;
	case EDIT_DOUBLE:
	case EDIT_INSERT:
		break;
	}
	return true;
}

/* A name of the same file that is no type, or NULL. */
static const char *other_name(const struct sample *sample, const struct names *names,
	uint64_t *state)
{
	size_t start = random_below(state, names->other_count);

	for (size_t i = 0; i < names->other_count; i++) {
		const struct other *other = &names->others[(start + i)
			% names->other_count];

		if (other->text == sample->text->text)
			return other->name;
	}
	return NULL;
}

/* What stands there instead; false if the class has no such thing here. */
static bool make_wrong(const struct edit_class *class, const struct sample *sample,
	size_t at, const struct names *names, uint64_t *state, struct edit *edit)
{
	size_t skip = class->role == ROLE_ATTRIBUTE, which, size;
	const char *side, *other;

	switch (class->kind) {
	case EDIT_DELETE:
		edit->wrong[0] = '\0';
		return true;
	case EDIT_MISSPELL:
		size = misspell(edit->right + skip, strlen(edit->right) - skip,
			edit->wrong + skip, state);
		edit->wrong[0] = skip ? '@' : edit->wrong[0];
		edit->wrong[size + skip] = '\0';
		return map_get(&names->map, edit->wrong) == NULL
			&& strcmp(edit->right, edit->wrong) != 0;
	case EDIT_BRACKET:
		side = bracket_side(sample, at, &which);
		which = (which + 1 + random_below(state, 3)) % 4;
		snprintf(edit->wrong, SCORE_WORD_MAX, "%c", side[which]);
		return true;
	case EDIT_NUMBER:
		strcpy(edit->wrong, "99999999999999999999999");
		return true;
	case EDIT_KIND:
		other = other_name(sample, names, state);
		if (other != NULL)
			strcpy(edit->wrong, other);
		return other != NULL;
	case EDIT_DOUBLE:
	case EDIT_INSERT:
		break;
	}
	strcpy(edit->wrong, class->kind == EDIT_DOUBLE ? edit->right : "extra");
	return true;
}

bool edit_make(struct arena *arena, const struct edit_class *class,
	const struct sample *sample, size_t at, const struct names *names,
	uint64_t *state, struct edit *edit)
{
	bool keeps = class->kind == EDIT_INSERT || class->kind == EDIT_DOUBLE;
	const struct token *token = &sample->tokens[at];
	const char *text = sample->text->text;
	size_t behind = token->offset + (keeps ? 0 : token->size);

	if (token->size >= SCORE_WORD_MAX - 2)
		return false;
	*edit = (struct edit){ .class = class, .line = token->line,
		.role = sample->roles[at], .next_line = at + 1 < sample->count
			? sample->tokens[at + 1].line : UINT32_MAX };
	snprintf(edit->right, sizeof edit->right, "%.*s", (int)token->size,
		text + token->offset);
	if (!make_wrong(class, sample, at, names, state, edit))
		return false;
	edit->text = arena_printf(arena, "%.*s%s%s%s%s", (int)token->offset, text,
		keeps ? " " : "", edit->wrong, keeps || edit->wrong[0] == '\0' ? " " : "",
		text + behind);
	edit->size = strlen(edit->text);
	return true;
}
