/*
 * The JSON reader and writer. See json.h.
 *
 * The reader goes down one call per nested value, at most TEXT_DEPTH_MAX.
 * The first fault is kept; after it every function returns false.
 */
#include "compiler/json.h"

#include <string.h>

#include "idl/number.h"

struct reader {
	struct arena *arena;
	const char *text;
	size_t size;
	size_t at;
	size_t line_start;
	uint32_t line;
	unsigned depth;
	enum value_text mode;
	struct text_fault *fault;
};

static bool read_value(struct reader *reader, struct value *to);

static uint32_t column_of(const struct reader *reader)
{
	return (uint32_t)(reader->at - reader->line_start) + 1;
}

static bool fail(struct reader *reader, const char *message)
{
	reader->fault->message = message;
	reader->fault->line = reader->line;
	reader->fault->column = column_of(reader);
	return false;
}

/* The next character, or -1 at the end. */
static int peek(const struct reader *reader)
{
	return reader->at < reader->size ?
		(unsigned char)reader->text[reader->at] : -1;
}

static void skip_space(struct reader *reader)
{
	for (;; reader->at++) {
		int c = peek(reader);

		if (c == '\n') {
			reader->line++;
			reader->line_start = reader->at + 1;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			return;
		}
	}
}

static bool read_hex4(struct reader *reader, uint32_t *to)
{
	*to = 0;
	for (size_t i = 0; i < 4; i++) {
		int c = peek(reader);

		if (c >= '0' && c <= '9')
			c -= '0';
		else if (c >= 'a' && c <= 'f')
			c -= 'a' - 10;
		else if (c >= 'A' && c <= 'F')
			c -= 'A' - 10;
		else
			return fail(reader, "`\\u` needs four hexadecimal digits");
		*to = *to << 4 | (uint32_t)c;
		reader->at++;
	}
	return true;
}

/* Behind `\u`: a code point, of two escapes if the first is a high half. */
static bool read_unicode_escape(struct reader *reader, uint32_t *to)
{
	uint32_t low;

	if (!read_hex4(reader, to))
		return false;
	if (*to < 0xd800 || *to > 0xdfff)
		return true;
	if (*to > 0xdbff || reader->size - reader->at < 2 ||
	    memcmp(reader->text + reader->at, "\\u", 2) != 0)
		return fail(reader, "half of a surrogate pair");
	reader->at += 2;
	if (!read_hex4(reader, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return fail(reader, "half of a surrogate pair");
	*to = 0x10000 + ((*to - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static bool read_escape(struct reader *reader, uint32_t *to)
{
	static const char marks[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	int c = peek(reader);
	const char *mark = c > 0 ? strchr(marks, c) : NULL;

	if (c == 'u') {
		reader->at++;
		return read_unicode_escape(reader, to);
	}
	if (mark == NULL)
		return fail(reader, "no such escape in JSON");
	reader->at++;
	*to = (unsigned char)meant[mark - marks];
	return true;
}

/* One character of a string, decoded. */
static bool read_character(struct reader *reader, uint32_t *to)
{
	int c = peek(reader);
	size_t length;

	if (c < 0)
		return fail(reader, "the string does not end");
	if (c < 0x20)
		return fail(reader, "a control character in a string: escape it");
	if (c == '\\') {
		reader->at++;
		return read_escape(reader, to);
	}
	length = value_utf8_read(reader->text + reader->at,
		reader->size - reader->at, to);
	if (length == 0)
		return fail(reader, "not valid UTF-8");
	reader->at += length;
	return true;
}

static bool read_string(struct reader *reader, const char **data, size_t *size)
{
	size_t end = ++reader->at;
	char *to;

	/* What is decoded is never longer than what stands here. */
	while (end < reader->size && reader->text[end] != '"')
		end += reader->text[end] == '\\' ? 2 : 1;
	to = arena_alloc(reader->arena, end - reader->at + 4);
	*data = to;
	*size = 0;
	while (peek(reader) != '"') {
		uint32_t c;

		if (!read_character(reader, &c))
			return false;
		if (reader->mode != VALUE_TEXT_BYTES)
			*size += value_utf8_write(c, to + *size);
		else if (c <= 0xff)
			to[(*size)++] = (char)(unsigned char)c;
		else
			return fail(reader, "a code point above U+00FF is no byte");
	}
	reader->at++;
	return true;
}

static size_t skip_digits(struct reader *reader)
{
	size_t start = reader->at;
	int c;

	while (c = peek(reader), c >= '0' && c <= '9')
		reader->at++;
	return reader->at - start;
}

/* A fraction and an exponent, if there are any. */
static bool skip_fraction(struct reader *reader)
{
	if (peek(reader) == '.') {
		reader->at++;
		if (skip_digits(reader) == 0)
			return fail(reader, "a digit was expected");
	}
	if (peek(reader) != 'e' && peek(reader) != 'E')
		return true;
	reader->at++;
	if (peek(reader) == '+' || peek(reader) == '-')
		reader->at++;
	return skip_digits(reader) || fail(reader, "a digit was expected");
}

static bool read_number(struct reader *reader, struct value *to)
{
	size_t start = reader->at;
	size_t digits;
	size_t count;
	size_t end;

	if (peek(reader) == '-')
		reader->at++;
	digits = reader->at;
	count = skip_digits(reader);
	end = reader->at;
	if (count == 0)
		return fail(reader, "a value was expected");
	if (reader->text[digits] == '0' && count > 1)
		return fail(reader, "a number with a leading zero");
	if (!skip_fraction(reader))
		return false;
	value_number(reader->arena, reader->text + start, reader->at - start,
		reader->at > end, to);
	return true;
}

static bool read_word(struct reader *reader, struct value *to)
{
	const char *text = reader->text + reader->at;
	size_t left = reader->size - reader->at;

	if (left >= 4 && memcmp(text, "null", 4) == 0)
		return fail(reader, "null is no value: leave the member out");
	to->kind = VALUE_BOOL;
	if (left >= 4 && memcmp(text, "true", 4) == 0) {
		to->as.truth = true;
		reader->at += 4;
	} else if (left >= 5 && memcmp(text, "false", 5) == 0) {
		reader->at += 5;
	} else {
		return fail(reader, "a value was expected");
	}
	return true;
}

/*
 * After an element: true to go on with the next, which may not be missing.
 * *end tells a list's or object's end from a fault.
 */
static bool read_separator(struct reader *reader, int close, bool *end)
{
	skip_space(reader);
	if (peek(reader) == close) {
		reader->at++;
		*end = true;
		return false;
	}
	if (peek(reader) != ',')
		return fail(reader, close == ']' ?
			"`,` or `]` was expected" : "`,` or `}` was expected");
	reader->at++;
	skip_space(reader);
	return true;
}

static bool read_list(struct reader *reader, struct value *to)
{
	struct value_list_builder list = {0};
	bool end = false;

	to->kind = VALUE_LIST;
	reader->at++;
	skip_space(reader);
	if (peek(reader) == ']') {
		reader->at++;
		return true;
	}
	do {
		/* Read aside: the list may move while its element grows. */
		struct value item = {0};

		if (!read_value(reader, &item))
			return false;
		*value_list_add(reader->arena, &list) = item;
	} while (read_separator(reader, ']', &end));
	to->as.list.items = list.items;
	to->as.list.count = list.count;
	return end;
}

/* A null that is taken for an absent member. */
static bool skip_null(struct reader *reader)
{
	if (reader->mode != VALUE_TEXT_NULLS || reader->size - reader->at < 4 ||
	    memcmp(reader->text + reader->at, "null", 4) != 0)
		return false;
	reader->at += 4;
	return true;
}

static bool read_member(struct reader *reader, struct value_member *to, bool *absent)
{
	if (peek(reader) != '"')
		return fail(reader, "a name in double quotes was expected");
	if (!read_string(reader, &to->name, &to->name_size))
		return false;
	skip_space(reader);
	if (peek(reader) != ':')
		return fail(reader, "`:` was expected");
	reader->at++;
	skip_space(reader);
	*absent = skip_null(reader);
	return *absent || read_value(reader, &to->value);
}

static bool read_object(struct reader *reader, struct value *to)
{
	struct value_object_builder object = {0};
	bool end = false, absent = false;
	size_t twice;

	to->kind = VALUE_OBJECT;
	reader->at++;
	skip_space(reader);
	if (peek(reader) == '}') {
		reader->at++;
		return true;
	}
	do {
		struct value_member member = {0};

		if (!read_member(reader, &member, &absent))
			return false;
		if (!absent)
			*value_object_add(reader->arena, &object) = member;
	} while (read_separator(reader, '}', &end));
	if (!end)
		return false;
	to->as.object.members = object.members;
	to->as.object.count = object.count;
	twice = value_duplicate(reader->arena, object.members, object.count);
	if (twice == object.count)
		return true;
	fail(reader, "a name stands twice in one object");
	reader->fault->line = object.members[twice].value.line;
	reader->fault->column = object.members[twice].value.column;
	return false;
}

static bool read_value(struct reader *reader, struct value *to)
{
	bool good;

	to->line = reader->line;
	to->column = column_of(reader);
	switch (peek(reader)) {
	case '"':
		to->kind = VALUE_STRING;
		return read_string(reader, &to->as.string.data,
			&to->as.string.size);
	case '[':
	case '{':
		if (reader->depth == TEXT_DEPTH_MAX)
			return fail(reader, "nested too deeply");
		reader->depth++;
		good = peek(reader) == '[' ? read_list(reader, to) :
			read_object(reader, to);
		reader->depth--;
		return good;
	case 't':
	case 'f':
	case 'n':
		return read_word(reader, to);
	default:
		return read_number(reader, to);
	}
}

bool json_read(struct arena *arena, const char *text, size_t size,
	enum value_text mode, struct value *to, struct text_fault *fault)
{
	struct reader reader = {
		.arena = arena, .text = text, .size = size, .line = 1,
		.mode = mode, .fault = fault,
	};

	*to = (struct value){0};
	skip_space(&reader);
	if (!read_value(&reader, to))
		return false;
	skip_space(&reader);
	if (reader.at < size)
		return fail(&reader, "something stands behind the value");
	return true;
}

static void write_escaped(FILE *to, unsigned char c)
{
	static const char marks[] = "\b\f\n\r\t\"\\";
	static const char names[] = "bfnrt\"\\";
	const char *mark = c ? strchr(marks, c) : NULL;

	if (mark)
		fprintf(to, "\\%c", names[mark - marks]);
	else
		fprintf(to, "\\u%04x", c);
}

static void write_text(FILE *to, const char *data, size_t size,
	enum value_text mode)
{
	putc('"', to);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f ||
		    (c > 0x7f && mode == VALUE_TEXT_BYTES))
			write_escaped(to, c);
		else
			putc(c, to);
	}
	putc('"', to);
}

static void write_string(FILE *to, const char *data, size_t size,
	enum value_text mode)
{
	if (mode == VALUE_TEXT_BYTES || value_is_utf8(data, size)) {
		write_text(to, data, size, mode);
		return;
	}
	for (size_t i = 0; i < size; i++)
		fprintf(to, "%s%u", i ? ", " : "[", (unsigned char)data[i]);
	putc(']', to);
}

static void write_list(FILE *to, const struct value *value, enum value_text mode)
{
	putc('[', to);
	for (size_t i = 0; i < value->as.list.count; i++) {
		if (i)
			fputs(", ", to);
		json_write(to, value_item(value, i), mode);
	}
	putc(']', to);
}

static void write_object(FILE *to, const struct value *value,
	enum value_text mode)
{
	putc('{', to);
	for (size_t i = 0; i < value->as.object.count; i++) {
		const struct value_member *member =
			&value->as.object.members[i];

		if (i)
			fputs(", ", to);
		write_text(to, member->name, member->name_size, mode);
		fputs(": ", to);
		json_write(to, &member->value, mode);
	}
	putc('}', to);
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* YAML has more forms: signs, points without digits, what is not finite. */
static void write_float(FILE *to, const char *text, size_t size)
{
	const char *at = text, *end = text + size;
	bool negative = at < end && *at == '-';

	at += negative || (at < end && *at == '+');
	if (at == end || (!is_digit(*at) && *at != '.')) {
		write_string(to, text, size, VALUE_TEXT_UTF8);
		return;
	}
	if (negative)
		putc('-', to);
	while (at < end && *at == '0')
		at++;
	if (at == end || !is_digit(*at))
		putc('0', to);
	for (; at < end; at++) {
		putc(*at, to);
		if (*at == '.' && (at + 1 == end || !is_digit(at[1])))
			putc('0', to);
	}
}

void json_write(FILE *to, const struct value *value, enum value_text mode)
{
	char number[NUMBER_TEXT_SIZE];

	switch (value->kind) {
	case VALUE_INTEGER:
		fputs(number_print(number, value->as.integer), to);
		break;
	case VALUE_BOOL:
		fputs(value->as.truth ? "true" : "false", to);
		break;
	case VALUE_FLOAT:
		write_float(to, value->as.string.data, value->as.string.size);
		break;
	case VALUE_STRING:
		write_string(to, value->as.string.data, value->as.string.size,
			mode);
		break;
	case VALUE_LIST:
		write_list(to, value, mode);
		break;
	case VALUE_OBJECT:
		write_object(to, value, mode);
		break;
	}
}
