/*
 * The tokens by the lexer; the comments are what stands between them.
 */
#include "idl/lexeme.h"

#include <string.h>

#include "idl/lex.h"

struct reading {
	struct arena *arena;
	const struct source *source;
	struct lexeme *items;
	size_t count, room;
	struct lexeme_comment *comments;
	size_t comment_count, comment_room;
	/* How far the blanks and comments between tokens are read. */
	uint32_t offset;
	uint32_t line;
	uint32_t line_offset;
	struct lexeme_place place;	/* of what comes next */
};

/* At least `count` + 1 items; arrays in an arena grow by copies. */
static void *grown(struct arena *arena, void *items, size_t count, size_t *room,
	size_t size)
{
	void *more;

	if (count + 1 < *room)
		return items;
	*room = *room == 0 ? 64 : 2 * *room;
	more = arena_alloc(arena, *room * size);
	if (count > 0)
		memcpy(more, items, count * size);
	return more;
}

static void step(struct reading *reading, char byte)
{
	reading->offset++;
	if (byte != '\n')
		return;
	reading->line++;
	reading->line_offset = reading->offset;
	reading->place.behind_blank = reading->place.on_new_line;
	reading->place.on_new_line = true;
}

static uint32_t comment_size(const char *text, bool is_block)
{
	const char *end = is_block ? strstr(text + 2, "*/") : strchr(text, '\n');
	size_t size = end == NULL ? strlen(text) : (size_t)(end - text);

	if (is_block)
		return (uint32_t)(end == NULL ? size : size + 2);
	while (size > 0 && strchr(" \t\r\f", text[size - 1]) != NULL)
		size--;
	return (uint32_t)size;
}

static void read_comment(struct reading *reading)
{
	const char *text = reading->source->text + reading->offset;
	struct lexeme_comment *comment;
	uint32_t size, i;

	reading->comments = grown(reading->arena, reading->comments,
		reading->comment_count, &reading->comment_room,
		sizeof *reading->comments);
	comment = &reading->comments[reading->comment_count++];
	comment->is_block = text[1] == '*';
	comment->is_doc = strncmp(text, "///", 3) == 0 && text[3] != '/';
	comment->place = reading->place;
	size = comment_size(text, comment->is_block);
	comment->span = (struct span){ reading->source, reading->offset, size,
		reading->line, reading->offset - reading->line_offset + 1 };
	for (i = 0; i < size; i++)
		step(reading, text[i]);
	reading->place = (struct lexeme_place){ false, false };
}

/* Reads on to the next token. */
static void read_between(struct reading *reading, uint32_t end)
{
	const char *text = reading->source->text;

	while (reading->offset < end) {
		if (text[reading->offset] == '/')
			read_comment(reading);
		else
			step(reading, text[reading->offset]);
	}
}

static void read_token(struct reading *reading, int kind, struct span span)
{
	struct lexeme *token;
	size_t before = reading->comment_count;

	reading->items = grown(reading->arena, reading->items, reading->count,
		&reading->room, sizeof *reading->items);
	read_between(reading, span.offset);
	token = &reading->items[reading->count++];
	*token = (struct lexeme){ .kind = kind, .span = span,
		.place = reading->place,
		.comment_count = reading->comment_count - before };
	reading->offset = span.offset + span.size;
	reading->line = span.line;
	reading->line_offset = span.offset - (span.column - 1);
	reading->place = (struct lexeme_place){ false, false };
}

/* The array of comments moved while it grew. */
static void assign_comments(struct reading *reading)
{
	const struct lexeme_comment *next = reading->comments;
	size_t i;

	for (i = 0; next != NULL && i < reading->count; i++) {
		reading->items[i].comments = next;
		next += reading->items[i].comment_count;
	}
}

struct lexemes lexemes_read(struct arena *arena, const struct source *source)
{
	struct parse *parse = ARENA_NEW(arena, struct parse);
	struct reading reading = { .arena = arena, .source = source, .line = 1,
		.place = { true, false } };
	GRAMMAR_STYPE value;
	struct span span;
	int kind;

	parse->arena = arena;
	parse->diags = diag_new(arena);
	parse->source = source;
	parse->line = 1;
	if (lex_start(parse) == 0) {
		while ((kind = lexer_lex(&value, &span, parse->scanner)) != 0)
			read_token(&reading, kind, span);
		lex_stop(parse);
	}
	span = (struct span){ source, (uint32_t)source->size, 0, parse->line,
		(uint32_t)source->size - parse->line_offset + 1 };
	read_token(&reading, 0, span);
	assign_comments(&reading);
	return (struct lexemes){ reading.items, reading.count - 1 };
}

bool span_is(const struct span *span, const char *text)
{
	return strlen(text) == span->size
		&& memcmp(span->source->text + span->offset, text, span->size) == 0;
}

uint32_t span_last_line(const struct span *span)
{
	const char *text = span->source->text + span->offset;
	uint32_t line = span->line, i;

	for (i = 0; i < span->size; i++)
		line += text[i] == '\n';
	return line;
}
