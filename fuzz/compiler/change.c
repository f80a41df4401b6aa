/*
 * The mutators.
 */
#include "fuzz/compiler/change.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/compiler/tokens.h"

#define TOKENS_MAX 16384
#define PIECE_MAX 4096

uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

size_t random_below(uint64_t *state, size_t limit)
{
	return limit == 0 ? 0 : (random_next(state) >> 11) % limit;
}

/* ---- pieces ---- */

struct text {
	char *data;
	size_t size;
	size_t max;
	uint64_t *state;
	struct token tokens[TOKENS_MAX];
	size_t count;
};

struct piece {
	size_t offset;
	size_t size;
};

/* Replaces a piece; nothing happens where there is no room. */
static void splice(struct text *text, struct piece piece, const char *with,
	size_t size)
{
	size_t behind = piece.offset + piece.size;

	if (text->size - piece.size + size > text->max)
		return;
	memmove(text->data + piece.offset + size, text->data + behind,
		text->size - behind);
	if (size > 0)
		memcpy(text->data + piece.offset, with, size);
	text->size = text->size - piece.size + size;
}

static struct piece token_piece(const struct token *token)
{
	return (struct piece){ token->offset, token->size };
}

static struct token *any_token(struct text *text)
{
	return &text->tokens[random_below(text->state, text->count)];
}

/* A token of the kind, or any. */
static struct token *token_of(struct text *text, enum token_kind kind)
{
	struct token *token = any_token(text);

	for (size_t i = 0; i < 64 && token->kind != kind; i++)
		token = any_token(text);
	return token;
}

/* One token, mostly, or a row of them. */
static struct piece token_row(struct text *text)
{
	size_t first = random_below(text->state, text->count);
	size_t last = first + (random_next(text->state) % 3 ? 0
		: random_below(text->state, 12));
	size_t begin = text->tokens[first].offset;

	if (last >= text->count)
		last = text->count - 1;
	return (struct piece){ begin, text->tokens[last].offset
		+ text->tokens[last].size - begin };
}

/* Whether a declaration can begin with the token of this index. */
static bool begins_declaration(const char *data, const struct token *tokens,
	size_t at)
{
	if (tokens[at].depth != 0)
		return false;
	return at == 0 || token_is(data, &tokens[at - 1], ";")
		|| token_is(data, &tokens[at - 1], "}");
}

/* A declaration, or nothing if that is not what the text is made of. */
static struct piece declaration_piece(const char *data, size_t size,
	const struct token *tokens, size_t count, uint64_t *state)
{
	size_t at = random_below(state, count), end;

	while (at > 0 && !begins_declaration(data, tokens, at))
		at--;
	for (end = at + 1; end < count && !begins_declaration(data, tokens, end);)
		end++;
	if (count == 0)
		return (struct piece){ size, 0 };
	return (struct piece){ tokens[at].offset, tokens[end - 1].offset
		+ tokens[end - 1].size - tokens[at].offset };
}

static struct piece line_piece(struct text *text)
{
	size_t begin = random_below(text->state, text->size), end = begin;
	size_t lines = 1 + random_below(text->state, 3);

	while (begin > 0 && text->data[begin - 1] != '\n')
		begin--;
	for (; end < text->size && lines > 0; end++)
		lines -= text->data[end] == '\n';
	return (struct piece){ begin, end - begin };
}

/* ---- changes ---- */

size_t misspell(const char *name, size_t size, char *to, uint64_t *state)
{
	size_t at = random_below(state, size);
	char letter;

	memcpy(to, name, size);
	switch (random_next(state) % 4) {
	case 0:
		memmove(to + at, to + at + 1, size - at - 1);
		return size - 1;
	case 1:
		memmove(to + at + 1, name + at, size - at);
		return size + 1;
	case 2:
		if (at + 1 == size)
			at = 0;
		if (size > 1 && name[at] != name[at + 1]) {
			to[at] = name[at + 1];
			to[at + 1] = name[at];
			return size;
		}
	}
	letter = (char)('a' + random_below(state, 26));
	to[at] = letter == name[at] ? (char)(letter == 'z' ? 'a' : letter + 1)
		: letter;
	return size;
}

static void change_name(struct text *text)
{
	struct token *token = token_of(text, TOKEN_NAME);
	char name[260];

	if (token->size < 258)
		splice(text, token_piece(token), name, misspell(text->data
			+ token->offset, token->size, name, text->state));
}

static void change_number(struct text *text)
{
	static const char *const numbers[] = { "0", "1", "2", "7", "8", "63",
		"64", "127", "128", "255", "256", "65535", "65536",
		"0x7fffffff", "0x80000000", "4294967295", "4294967296",
		"0x7fffffffffffffff", "0x8000000000000000",
		"18446744073709551615", "18446744073709551616",
		"340282366920938463463374607431768211455", "-1", "-128",
		"1 << 63", "1 << 127", "010", "1.5", "1.5e308", "0.0" };
	const char *number = numbers[random_below(text->state,
		sizeof numbers / sizeof numbers[0])];

	splice(text, token_piece(token_of(text, TOKEN_NUMBER)), number,
		strlen(number));
}

static void insert_word(struct text *text, const char *const *words,
	bool replace)
{
	struct piece at = token_piece(any_token(text));
	size_t count = 0;
	char word[80];

	while (words != NULL && words[count] != NULL)
		count++;
	if (count == 0)
		return;
	snprintf(word, sizeof word, " %s ",
		words[random_below(text->state, count)]);
	if (!replace)
		at.size = 0;
	splice(text, at, word, strlen(word));
}

/* Copies a piece of the text over another one. */
static void copy_over(struct text *text, struct piece from, struct piece to)
{
	char copy[PIECE_MAX + 2];

	if (from.size > PIECE_MAX)
		return;
	copy[0] = ' ';
	memcpy(copy + 1, text->data + from.offset, from.size);
	copy[from.size + 1] = ' ';
	splice(text, to, copy, from.size + 2);
}

/* Takes a piece out and puts it in elsewhere. */
static void move(struct text *text, struct piece from, size_t to)
{
	char copy[PIECE_MAX];

	if (from.size > PIECE_MAX)
		return;
	memcpy(copy, text->data + from.offset, from.size);
	splice(text, from, "", 0);
	if (to > text->size)
		to = text->size;
	splice(text, (struct piece){ to, 0 }, copy, from.size);
}

static void change_bracket(struct text *text)
{
	static const char brackets[] = "{}()[]<>;,=:";
	char with = brackets[random_below(text->state, sizeof brackets - 1)];
	struct piece at = token_piece(token_of(text, TOKEN_MARK));

	if (random_next(text->state) % 3 == 0)
		at.size = 0;
	splice(text, at, &with, 1);
}

static void change_byte(struct text *text)
{
	char byte = (char)(random_next(text->state) >> 56);
	struct piece at = { random_below(text->state, text->size),
		random_next(text->state) % 2 };

	splice(text, at, &byte, random_next(text->state) % 4 != 0);
}

/* The end of a line that a text may be cut at is as good as any. */
static void cut_end(struct text *text)
{
	text->size = any_token(text)->offset;
}

static struct piece declaration_of(struct text *text)
{
	return declaration_piece(text->data, text->size, text->tokens,
		text->count, text->state);
}

static void change_once(struct text *text, const char *const *words)
{
	struct piece at = token_row(text);
	size_t choice = random_below(text->state, 64);

	if (choice < 10)
		splice(text, at, "", 0);
	else if (choice < 16)
		copy_over(text, at, (struct piece){ at.offset + at.size, 0 });
	else if (choice < 20)
		move(text, at, any_token(text)->offset);
	else if (choice < 28)
		copy_over(text, token_row(text), at);
	else if (choice < 33)
		insert_word(text, words, true);
	else if (choice < 38)
		insert_word(text, words, false);
	else if (choice < 43)
		change_name(text);
	else if (choice < 48)
		change_number(text);
	else if (choice < 52)
		change_bracket(text);
	else if (choice < 55)
		move(text, line_piece(text), any_token(text)->offset);
	else if (choice < 57)
		splice(text, line_piece(text), "", 0);
	else if (choice < 59)
		splice(text, declaration_of(text), "", 0);
	else if (choice < 61)
		copy_over(text, declaration_of(text),
			(struct piece){ declaration_of(text).offset, 0 });
	else if (choice < 63)
		change_byte(text);
	else
		cut_end(text);
}

static void text_begin(struct text *text, char *data, size_t size, size_t max,
	uint64_t *state)
{
	text->data = data;
	text->size = size;
	text->max = max;
	text->state = state;
	text->count = tokens_split(data, size, text->tokens, TOKENS_MAX);
}

size_t change_text(char *data, size_t size, size_t max, const char *const *words,
	uint64_t *state)
{
	static struct text text;

	text_begin(&text, data, size, max, state);
	if (text.count == 0)
		return change_bytes((uint8_t *)data, size, max, state);
	change_once(&text, words);
	return text.size;
}

size_t cross_text(char *first, size_t size, size_t max, const char *second,
	size_t second_size, uint64_t *state)
{
	static struct text text;
	static struct token others[TOKENS_MAX];
	size_t count = tokens_split(second, second_size, others, TOKENS_MAX);
	struct piece from, to;

	text_begin(&text, first, size, max, state);
	if (text.count == 0 || count == 0)
		return cross_bytes((uint8_t *)first, size, max,
			(const uint8_t *)second, second_size, state);
	if (random_next(state) % 2 == 0) {
		from = declaration_piece(second, second_size, others, count,
			state);
		to = declaration_of(&text);
		to.size = random_next(state) % 2 ? 0 : to.size;
	} else {
		from = token_piece(&others[random_below(state, count)]);
		from.size += random_below(state, 60);
		if (from.size > second_size - from.offset)
			from.size = second_size - from.offset;
		to = token_row(&text);
	}
	splice(&text, to, second + from.offset, from.size);
	return text.size;
}

/* ---- bytes ---- */

static size_t insert_bytes(uint8_t *data, size_t size, size_t max, size_t at,
	const uint8_t *from, size_t count)
{
	if (count > max - size)
		count = max - size;
	memmove(data + at + count, data + at, size - at);
	if (count > 0)
		memmove(data + at, from, count);
	return size + count;
}

size_t change_bytes(uint8_t *data, size_t size, size_t max, uint64_t *state)
{
	static const uint8_t notable[] = { 0, 1, 2, 7, 8, 0x7f, 0x80, 0x81,
		0xf0, 0xfe, 0xff };
	size_t at = random_below(state, size);
	uint64_t word = random_next(state);
	size_t count = 1 + word % 8;

	if (size == 0)
		return insert_bytes(data, size, max, 0,
			(const uint8_t *)&word, count);
	switch (random_next(state) % 6) {
	case 0:
		data[at] ^= (uint8_t)(1 << word % 8);
		return size;
	case 1:
		data[at] = notable[word % sizeof notable];
		return size;
	case 2:
		data[at] = (uint8_t)(data[at] + (word & 1 ? 1 : -1));
		return size;
	case 3:
		if (count > size - at)
			count = size - at;
		memmove(data + at, data + at + count, size - at - count);
		return size - count;
	case 4:
		return insert_bytes(data, size, max, at,
			(const uint8_t *)&word, count);
	default:
		return word % 8 ? (data[at] = (uint8_t)(word >> 32), size) : at;
	}
}

size_t cross_bytes(uint8_t *first, size_t size, size_t max,
	const uint8_t *second, size_t second_size, uint64_t *state)
{
	size_t from = random_below(state, second_size);

	return insert_bytes(first, size, max, random_below(state, size + 1),
		second + from, random_below(state, second_size - from + 1));
}
