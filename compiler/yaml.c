/*
 * The YAML reader and writer. See yaml.h.
 *
 * The reader asks libyaml for events; the writer hands it events. Strings
 * that look like anything else in some version of YAML are quoted.
 */
#include "compiler/yaml.h"

#include <string.h>
#include <yaml.h>

#include "compiler/json.h"
#include "idl/number.h"

struct reader {
	struct arena *arena;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	unsigned depth;
	struct text_fault *fault;
};

static bool read_value(struct reader *reader, struct value *to);

static bool fail_at(struct reader *reader, yaml_mark_t mark, const char *message)
{
	reader->fault->message = message;
	reader->fault->line = (uint32_t)mark.line + 1;
	reader->fault->column = (uint32_t)mark.column + 1;
	return false;
}

static bool fail(struct reader *reader, const char *message)
{
	return fail_at(reader, reader->event.start_mark, message);
}

/* What libyaml says; bad bytes it places by their offset only. */
static bool fail_by_parser(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "not YAML";

	if (parser->error != YAML_READER_ERROR)
		return fail_at(reader, parser->problem_mark,
			arena_printf(reader->arena, "%s", problem));
	return fail_at(reader, parser->mark, arena_printf(reader->arena,
		"%s (at byte %zu)", problem, parser->problem_offset));
}

static bool next(struct reader *reader)
{
	if (reader->has_event)
		yaml_event_delete(&reader->event);
	reader->has_event = yaml_parser_parse(&reader->parser, &reader->event);
	return reader->has_event || fail_by_parser(reader);
}

static bool word_is(const char *text, size_t size, const char *const *words)
{
	for (; *words; words++) {
		if (size == strlen(*words) && memcmp(text, *words, size) == 0)
			return true;
	}
	return false;
}

static bool is_null(const char *text, size_t size)
{
	static const char *const words[] = {
		"", "~", "null", "Null", "NULL", NULL,
	};

	return word_is(text, size, words);
}

/* Those of YAML, which are no decimal numbers: ".inf" is "Infinity" here. */
static const char *float_word(const char *text, size_t size)
{
	static const char *const infinities[] = {
		".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL,
	};
	static const char *const negatives[] = {
		"-.inf", "-.Inf", "-.INF", NULL,
	};
	static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};

	return word_is(text, size, infinities) ? "Infinity" :
		word_is(text, size, negatives) ? "-Infinity" :
		word_is(text, size, nans) ? "NaN" : NULL;
}

static void set_text(struct reader *reader, struct value *to,
	enum value_kind kind, const char *text, size_t size)
{
	to->kind = kind;
	to->as.string.data = arena_copy(reader->arena, text, size);
	to->as.string.size = size;
}

static bool read_integer(struct reader *reader, const char *text, size_t size,
	struct value *to)
{
	size_t sign = text[0] == '-' || text[0] == '+';

	/* Eight in YAML 1.1, ten in YAML 1.2. */
	if (text[sign] == '0' && size - sign > 1 && text[sign + 1] != 'x')
		return fail(reader, "a number with a leading zero");
	value_number(reader->arena, text, size, false, to);
	return true;
}

static bool read_plain(struct reader *reader, const char *text, size_t size,
	struct value *to)
{
	static const char *const truths[] = {"true", "True", "TRUE", NULL};
	static const char *const lies[] = {"false", "False", "FALSE", NULL};
	const char *word = float_word(text, size);

	if (is_null(text, size))
		return fail(reader, "no value: leave the member out");
	if (value_integer_parse(text, size, &to->as.integer))
		return read_integer(reader, text, size, to);
	if (word_is(text, size, truths) || word_is(text, size, lies)) {
		to->kind = VALUE_BOOL;
		to->as.truth = word_is(text, size, truths);
	} else if (word) {
		set_text(reader, to, VALUE_FLOAT, word, strlen(word));
	} else {
		set_text(reader, to, value_float_parse(text, size) ?
			VALUE_FLOAT : VALUE_STRING, text, size);
	}
	return true;
}

static bool read_scalar(struct reader *reader, struct value *to)
{
	const char *text = (const char *)reader->event.data.scalar.value;
	const char *tag = (const char *)reader->event.data.scalar.tag;
	size_t size = reader->event.data.scalar.length;

	if (tag && strcmp(tag, YAML_STR_TAG) != 0 && strcmp(tag, "!") != 0)
		return fail(reader, "tags are not taken here");
	if (tag == NULL && reader->event.data.scalar.style ==
	    YAML_PLAIN_SCALAR_STYLE)
		return read_plain(reader, text, size, to);
	set_text(reader, to, VALUE_STRING, text, size);
	return true;
}

static bool read_list(struct reader *reader, struct value *to)
{
	struct value_list_builder list = {0};

	to->kind = VALUE_LIST;
	for (;;) {
		struct value item = {0};

		if (!next(reader))
			return false;
		if (reader->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (!read_value(reader, &item))
			return false;
		*value_list_add(reader->arena, &list) = item;
	}
	to->as.list.items = list.items;
	to->as.list.count = list.count;
	return true;
}

static bool read_member(struct reader *reader, struct value_member *to)
{
	if (reader->event.type != YAML_SCALAR_EVENT)
		return fail(reader, "a name was expected");
	to->name_size = reader->event.data.scalar.length;
	to->name = arena_copy(reader->arena,
		(const char *)reader->event.data.scalar.value, to->name_size);
	return next(reader) && read_value(reader, &to->value);
}

static bool read_object(struct reader *reader, struct value *to)
{
	struct value_object_builder object = {0};
	size_t twice;

	to->kind = VALUE_OBJECT;
	for (;;) {
		struct value_member member = {0};

		if (!next(reader))
			return false;
		if (reader->event.type == YAML_MAPPING_END_EVENT)
			break;
		if (!read_member(reader, &member))
			return false;
		*value_object_add(reader->arena, &object) = member;
	}
	to->as.object.members = object.members;
	to->as.object.count = object.count;
	twice = value_duplicate(reader->arena, object.members, object.count);
	if (twice == object.count)
		return true;
	reader->fault->message = arena_printf(reader->arena,
		"`%s` stands twice in one object", value_show(reader->arena,
		object.members[twice].name, object.members[twice].name_size));
	reader->fault->line = object.members[twice].value.line;
	reader->fault->column = object.members[twice].value.column;
	return false;
}

static bool read_collection(struct reader *reader, struct value *to)
{
	bool is_list = reader->event.type == YAML_SEQUENCE_START_EVENT;
	const yaml_char_t *tag = is_list ?
		reader->event.data.sequence_start.tag :
		reader->event.data.mapping_start.tag;
	bool good;

	if (tag)
		return fail(reader, "tags are not taken here");
	if (reader->depth == TEXT_DEPTH_MAX)
		return fail(reader, "nested too deeply");
	reader->depth++;
	good = is_list ? read_list(reader, to) : read_object(reader, to);
	reader->depth--;
	return good;
}

static bool has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL;
	default:
		return false;
	}
}

/* The value whose first event is the current one. */
static bool read_value(struct reader *reader, struct value *to)
{
	to->line = (uint32_t)reader->event.start_mark.line + 1;
	to->column = (uint32_t)reader->event.start_mark.column + 1;
	if (has_anchor(&reader->event))
		return fail(reader, "anchors and aliases are not taken here");
	if (reader->event.type == YAML_SCALAR_EVENT)
		return read_scalar(reader, to);
	return read_collection(reader, to);
}

static bool read_stream(struct reader *reader, struct value *to)
{
	if (!next(reader) || !next(reader))
		return false;
	if (reader->event.type == YAML_STREAM_END_EVENT)
		return fail(reader, "no value: write {} for an empty one");
	if (!next(reader) || !read_value(reader, to))
		return false;
	if (!next(reader) || !next(reader))
		return false;
	if (reader->event.type != YAML_STREAM_END_EVENT)
		return fail(reader, "a second document is not taken here");
	return true;
}

bool yaml_read(struct arena *arena, const char *text, size_t size,
	struct value *to, struct text_fault *fault)
{
	struct reader reader = {.arena = arena, .fault = fault};
	bool good;

	*to = (struct value){0};
	if (!yaml_parser_initialize(&reader.parser)) {
		*fault = (struct text_fault){.message = "out of memory"};
		return false;
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser,
		(const unsigned char *)text, size);
	good = read_stream(&reader, to);
	if (reader.has_event)
		yaml_event_delete(&reader.event);
	yaml_parser_delete(&reader.parser);
	return good;
}

bool yaml_or_json_read(struct arena *arena, const char *text, size_t size,
	struct value *to, struct text_fault *fault)
{
	size_t at = 0;

	while (at < size && memchr(" \t\r\n", text[at], 4))
		at++;
	if (at < size && text[at] == '{' &&
	    json_read(arena, text, size, VALUE_TEXT_UTF8, to, fault))
		return true;
	return yaml_read(arena, text, size, to, fault);
}

struct writer {
	yaml_emitter_t emitter;
	enum yaml_style style;
};

static bool write_value(struct writer *writer, const struct value *value);

/*
 * Names stay plain. Whatever YAML 1.1 or 1.2 could take for something else
 * than a string is quoted, and so is all that is not a simple word.
 */
static bool is_plain(const char *text, size_t size)
{
	static const char *const others[] = {
		"true", "false", "null", "yes", "no", "on", "off", "y", "n",
		NULL,
	};
	char lower[6] = {0};

	if (size == 0 || (text[0] >= '0' && text[0] <= '9'))
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '_'))
			return false;
		if (i < sizeof(lower))
			lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return size >= sizeof(lower) || !word_is(lower, size, others);
}

static bool write_scalar(struct writer *writer, const char *text, size_t size,
	bool plain)
{
	yaml_event_t event;

	return size <= INT32_MAX && yaml_scalar_event_initialize(&event, NULL,
		NULL, (const yaml_char_t *)text, (int)size, plain, !plain,
		plain ? YAML_PLAIN_SCALAR_STYLE :
		YAML_DOUBLE_QUOTED_SCALAR_STYLE) &&
		yaml_emitter_emit(&writer->emitter, &event);
}

static bool write_integer(struct writer *writer, const struct number *number)
{
	char text[NUMBER_TEXT_SIZE];

	number_print(text, *number);
	return write_scalar(writer, text, strlen(text), true);
}

static bool start_list(struct writer *writer, bool flow)
{
	yaml_event_t event;

	return yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
		flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE) &&
		yaml_emitter_emit(&writer->emitter, &event);
}

static bool end_list(struct writer *writer)
{
	yaml_event_t event;

	return yaml_sequence_end_event_initialize(&event) &&
		yaml_emitter_emit(&writer->emitter, &event);
}

static bool write_string(struct writer *writer, const char *text, size_t size)
{
	if (value_is_utf8(text, size))
		return write_scalar(writer, text, size, is_plain(text, size));
	if (!start_list(writer, true))
		return false;
	for (size_t i = 0; i < size; i++) {
		struct number byte = {.low = (unsigned char)text[i]};

		if (!write_integer(writer, &byte))
			return false;
	}
	return end_list(writer);
}

/* Lists of objects, and of lists of them, one element to a line. */
static bool is_flow(const struct value *value)
{
	if (value->kind == VALUE_OBJECT)
		return value->as.object.count == 0;
	for (size_t i = 0; value->kind == VALUE_LIST &&
	     i < value->as.list.count; i++) {
		if (!is_flow(value_item(value, i)))
			return false;
	}
	return true;
}

/* What is not finite has words of its own (float_word() above). */
static bool write_float(struct writer *writer, const char *text, size_t size)
{
	const char *word = text[size - 1] == 'N' ? ".nan" :
		text[size - 1] != 'y' ? NULL : text[0] == '-' ? "-.inf" : ".inf";

	return word ? write_scalar(writer, word, strlen(word), true) :
		write_scalar(writer, text, size, true);
}

static bool write_list(struct writer *writer, const struct value *value)
{
	if (!start_list(writer, is_flow(value)))
		return false;
	for (size_t i = 0; i < value->as.list.count; i++) {
		if (!write_value(writer, value_item(value, i)))
			return false;
	}
	return end_list(writer);
}

/* Facts of one thing, which has no parts: one of them is a text. */
static bool is_line(const struct value *value)
{
	bool has_text = false;

	for (size_t i = 0; i < value->as.object.count; i++) {
		const struct value *member = &value->as.object.members[i].value;

		if (!is_flow(member))
			return false;
		has_text = has_text || member->kind == VALUE_STRING;
	}
	return has_text || value->as.object.count == 0;
}

static bool write_object(struct writer *writer, const struct value *value)
{
	bool flow = value->as.object.count == 0 ||
		(writer->style == YAML_THING_A_LINE && is_line(value));
	yaml_event_t event;

	if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
	    flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE) || !yaml_emitter_emit(&writer->emitter, &event))
		return false;
	for (size_t i = 0; i < value->as.object.count; i++) {
		const struct value_member *member =
			&value->as.object.members[i];

		if (!write_scalar(writer, member->name, member->name_size,
		    is_plain(member->name, member->name_size)) ||
		    !write_value(writer, &member->value))
			return false;
	}
	return yaml_mapping_end_event_initialize(&event) &&
		yaml_emitter_emit(&writer->emitter, &event);
}

static bool write_value(struct writer *writer, const struct value *value)
{
	switch (value->kind) {
	case VALUE_INTEGER:
		return write_integer(writer, &value->as.integer);
	case VALUE_BOOL:
		return value->as.truth ? write_scalar(writer, "true", 4, true) :
			write_scalar(writer, "false", 5, true);
	case VALUE_FLOAT:
		return write_float(writer, value->as.string.data,
			value->as.string.size);
	case VALUE_STRING:
		return write_string(writer, value->as.string.data,
			value->as.string.size);
	case VALUE_LIST:
		return write_list(writer, value);
	case VALUE_OBJECT:
		break;
	}
	return write_object(writer, value);
}

static bool write_document(struct writer *writer, const struct value *value)
{
	yaml_event_t event;

	return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
		yaml_emitter_emit(&writer->emitter, &event) &&
		yaml_document_start_event_initialize(&event, NULL, NULL, NULL,
			1) &&
		yaml_emitter_emit(&writer->emitter, &event) &&
		write_value(writer, value) &&
		yaml_document_end_event_initialize(&event, 1) &&
		yaml_emitter_emit(&writer->emitter, &event) &&
		yaml_stream_end_event_initialize(&event) &&
		yaml_emitter_emit(&writer->emitter, &event);
}

bool yaml_write(FILE *to, const struct value *value, enum yaml_style style)
{
	struct writer writer = {.style = style};
	bool good;

	if (!yaml_emitter_initialize(&writer.emitter))
		return false;
	yaml_emitter_set_output_file(&writer.emitter, to);
	yaml_emitter_set_unicode(&writer.emitter, 1);
	if (style == YAML_THING_A_LINE)
		yaml_emitter_set_width(&writer.emitter, -1);
	good = write_document(&writer, value);
	yaml_emitter_delete(&writer.emitter);
	return good && !ferror(to);
}
