/*
 * The nodes of the syntax tree are made here.
 */
#include "idl/ast.h"

#include <string.h>

#include "idl/arena.h"
#include "idl/parse.h"

#define NODE(type) ARENA_NEW(parse->arena, struct type)

/* From the first part to the last; parts that are empty have no place. */
struct span ast_join(const struct span *parts, int count)
{
	struct span joined = parts[0];
	int i = 0, last = count - 1;

	while (i < last && parts[i].size == 0)
		i++;
	while (last > i && parts[last].size == 0)
		last--;
	joined = parts[i];
	joined.size = parts[last].offset + parts[last].size - joined.offset;
	return joined;
}

const char *ast_path_text(struct arena *arena, const struct ast_path *path)
{
	const struct ast_name *name;
	size_t size = 0, length;
	char *text;

	for (name = path->first; name != NULL; name = name->next)
		size += name->span.size + 1;
	text = arena_alloc(arena, size + 1);
	size = 0;
	for (name = path->first; name != NULL; name = name->next) {
		if (size > 0)
			text[size++] = '.';
		length = name->span.size;
		memcpy(text + size, name->text, length);
		size += length;
	}
	return text;
}

struct ast_name *ast_name(struct parse *parse, struct span span)
{
	struct ast_name *name = NODE(ast_name);

	name->text = arena_copy(parse->arena,
		span.source->text + span.offset, span.size);
	name->span = span;
	return name;
}

struct ast_path ast_path(struct ast_path path, struct ast_name *name)
{
	if (path.first == NULL)
		path.span = name->span;
	path.span.size = name->span.offset + name->span.size
		- path.span.offset;
	AST_APPEND(path, name);
	return path;
}

static int hexadecimal_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)(digit | 0x20);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* One escape behind its backslash: the bytes it takes, or 0. */
static size_t ast_escape(const char *from, size_t size, char *to)
{
	static const char names[] = "\"\\nrt", values[] = "\"\\\n\r\t";
	const char *name = strchr(names, from[0]);
	int high, low;

	if (name != NULL) {
		*to = values[name - names];
		return 1;
	}
	if (from[0] != 'x' || size < 3)
		return 0;
	high = hexadecimal_digit(from[1]);
	low = hexadecimal_digit(from[2]);
	*to = (char)(high * 16 + low);
	return high < 0 || low < 0 ? 0 : 3;
}

static void ast_bad_text(struct parse *parse, struct span span, size_t at,
	const char *what)
{
	span.offset += (uint32_t)at;
	span.column += (uint32_t)at;
	span.size = 1;
	diag_help(diag_report(parse->diags, E0113, span, "%s", what),
		"escapes are \\\" \\\\ \\n \\r \\t and \\xNN");
}

struct ast_text ast_text(struct parse *parse, struct span span)
{
	const char *from = span.source->text + span.offset;
	size_t end = span.size - 1, i = 1, size = 0, step;
	char *text = arena_alloc(parse->arena, span.size);

	while (i < end) {
		if (from[i] == '\\') {
			step = ast_escape(from + i + 1, end - i - 1,
				text + size);
			if (step == 0)
				ast_bad_text(parse, span, i,
					"there is no such escape");
			size++;
			i += 1 + (step == 0 ? 1 : step);
			continue;
		}
		step = utf8_length(from + i, end - i);
		if (step == 0) {
			ast_bad_text(parse, span, i, "this is not UTF-8");
			break;
		}
		memcpy(text + size, from + i, step);
		size += step;
		i += step;
	}
	return (struct ast_text){ text, size, span };
}

struct ast_number ast_number(struct number value, struct span span)
{
	return (struct ast_number){ true, value, span };
}

static struct ast_expr *ast_expr(struct parse *parse, struct span span,
	enum ast_expr_kind kind)
{
	struct ast_expr *expr = NODE(ast_expr);

	expr->kind = kind;
	expr->span = span;
	return expr;
}

struct ast_expr *ast_number_expr(struct parse *parse, struct span span,
	struct number value)
{
	struct ast_expr *expr = ast_expr(parse, span, AST_NUMBER);

	expr->number = value;
	return expr;
}

struct ast_expr *ast_float_expr(struct parse *parse, struct span span)
{
	struct ast_expr *expr = ast_expr(parse, span, AST_FLOAT);

	expr->string = (struct ast_text){ span.source->text + span.offset,
		span.size, span };
	return expr;
}

struct ast_expr *ast_string_expr(struct parse *parse, struct ast_text text)
{
	struct ast_expr *expr = ast_expr(parse, text.span, AST_STRING);

	expr->string = text;
	return expr;
}

struct ast_expr *ast_path_expr(struct parse *parse, struct ast_path path)
{
	struct ast_expr *expr = ast_expr(parse, path.span, AST_PATH);

	expr->path = path;
	return expr;
}

struct ast_expr *ast_unary(struct parse *parse, struct span span, char operator,
	struct ast_expr *operand)
{
	struct ast_expr *expr = ast_expr(parse, span, AST_UNARY);

	expr->operator = operator;
	expr->left = operand;
	expr->height = operand->height + 1;
	if (expr->height <= PARSE_HEIGHT_MAX)
		return expr;
	parse_too_deep(parse, operand->span);
	return operand;
}

struct ast_expr *ast_binary(struct parse *parse, struct span span,
	struct ast_expr *left, char operator, struct ast_expr *right)
{
	struct ast_expr *expr = ast_expr(parse, span, AST_BINARY);

	expr->operator = operator;
	expr->left = left;
	expr->right = right;
	expr->height = (left->height > right->height ? left->height
		: right->height) + 1;
	if (expr->height <= PARSE_HEIGHT_MAX)
		return expr;
	parse_too_deep(parse, right->span);
	return left;
}

struct ast_argument *ast_argument(struct parse *parse, struct span span,
	struct ast_name *name, struct ast_expr *value)
{
	struct ast_argument *argument = NODE(ast_argument);

	argument->name = name;
	argument->value = value;
	argument->span = span;
	return argument;
}

struct ast_attribute *ast_attribute(struct parse *parse, struct span span,
	struct ast_arguments arguments)
{
	struct ast_attribute *attribute = NODE(ast_attribute);

	attribute->name = arena_copy(parse->arena,
		span.source->text + span.offset + 1, span.size - 1);
	attribute->span = span;
	attribute->arguments = arguments;
	return attribute;
}

struct ast_suffix *ast_suffix(struct parse *parse, struct span span,
	enum ast_suffix_kind kind, struct ast_expr *size)
{
	struct ast_suffix *suffix = NODE(ast_suffix);

	suffix->kind = kind;
	suffix->size = size;
	suffix->span = span;
	return suffix;
}

struct ast_suffix *ast_angle(struct parse *parse, struct span span,
	struct ast_arguments arguments)
{
	struct ast_suffix *suffix = ast_suffix(parse, span, AST_ANGLE, NULL);

	suffix->arguments = arguments;
	return suffix;
}

struct ast_word *ast_word(struct parse *parse, struct span span,
	struct ast_path path, struct ast_suffixes suffixes)
{
	struct ast_word *word = NODE(ast_word);

	word->path = path;
	word->suffixes = suffixes;
	word->span = span;
	return word;
}

struct ast_words ast_words(struct ast_words words, struct ast_word *word)
{
	AST_APPEND(words, word);
	words.count++;
	return words;
}

struct ast_reserved *ast_reserved_name(struct parse *parse, struct ast_text name)
{
	struct ast_reserved *reserved = NODE(ast_reserved);

	reserved->is_name = true;
	reserved->name = name;
	reserved->span = name.span;
	return reserved;
}

struct ast_reserved *ast_reserved_range(struct parse *parse, struct span span,
	struct number low, struct number high)
{
	struct ast_reserved *reserved = NODE(ast_reserved);

	reserved->low = low;
	reserved->high = high;
	reserved->span = span;
	return reserved;
}

static struct ast_member *ast_member(struct parse *parse, struct span span,
	enum ast_member_kind kind, struct ast_attributes attributes)
{
	struct ast_member *member = NODE(ast_member);

	member->kind = kind;
	member->span = span;
	member->attributes = attributes;
	return member;
}

struct ast_member *ast_field(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_words words,
	struct ast_expr *value)
{
	struct ast_member *member = ast_member(parse, span, AST_FIELD,
		attributes);

	member->doc = parse_claim_doc(parse, span);
	member->words = words;
	member->value = value;
	return member;
}

struct ast_member *ast_tagged(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_number tag,
	struct ast_member *field)
{
	const char *doc = parse_claim_doc(parse, span);

	field->span = span;
	field->tag_attributes = field->attributes;
	field->attributes = attributes;
	field->tag = tag;
	if (doc != NULL)
		field->doc = doc;
	return field;
}

struct ast_member *ast_tags(struct parse *parse, struct span whole,
	struct span word, struct ast_attributes attributes,
	struct ast_members members)
{
	struct ast_member *member = ast_member(parse, word, AST_TAGS,
		attributes);

	member->doc = parse_claim_doc(parse, whole);
	member->members = members;
	return member;
}

struct ast_member *ast_section(struct parse *parse, struct span word,
	enum ast_member_kind kind, struct ast_attributes attributes,
	struct ast_expr *size)
{
	struct ast_member *member = ast_member(parse, word, kind, attributes);

	member->value = size;
	return member;
}

struct ast_member *ast_reserved_member(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_reserveds reserved)
{
	struct ast_member *member = ast_member(parse, span, AST_RESERVED,
		attributes);

	member->reserved = reserved;
	return member;
}

struct ast_enumerator *ast_enumerator(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_name *name,
	struct ast_expr *value)
{
	struct ast_enumerator *enumerator = NODE(ast_enumerator);

	enumerator->doc = parse_claim_doc(parse, span);
	enumerator->attributes = attributes;
	enumerator->name = name;
	enumerator->value = value;
	return enumerator;
}

struct ast_enumerator *ast_reserved_enumerator(struct parse *parse,
	struct ast_attributes attributes, struct ast_reserved *reserved)
{
	struct ast_enumerator *enumerator = NODE(ast_enumerator);

	enumerator->attributes = attributes;
	enumerator->reserved = reserved;
	return enumerator;
}

struct ast_item *ast_item(struct parse *parse, struct span span,
	enum ast_item_kind kind)
{
	struct ast_item *item = NODE(ast_item);

	item->kind = kind;
	item->span = span;
	return item;
}

struct ast_item *ast_method(struct parse *parse, struct span span,
	enum ast_item_kind kind, struct ast_name *name,
	struct ast_number number, struct ast_members request,
	struct ast_members reply, struct ast_path error)
{
	struct ast_item *item = ast_item(parse, span, kind);

	item->name = name;
	item->number = number;
	item->request = request;
	item->reply = reply;
	item->error = error;
	return item;
}

struct ast_item *ast_declared_method(struct parse *parse, struct span span,
	enum ast_item_kind kind, struct ast_name *name,
	struct ast_path request, struct ast_path reply, struct ast_path error)
{
	struct ast_item *item = ast_item(parse, span, kind);

	item->name = name;
	item->request_path = request;
	item->reply_path = reply;
	item->error = error;
	return item;
}

struct ast_transition *ast_transition(struct parse *parse,
	struct ast_name *method, struct ast_name *target)
{
	struct ast_transition *transition = NODE(ast_transition);

	transition->method = method;
	transition->target = target;
	return transition;
}

struct ast_item *ast_item_in(struct parse *parse, struct span span,
	struct ast_item *item, struct ast_attributes attributes)
{
	if (item->kind != AST_ERROR && item->kind != AST_ITEM_RESERVED)
		item->doc = parse_claim_doc(parse, span);
	item->attributes = attributes;
	return item;
}

struct ast_declaration *ast_declaration(struct parse *parse,
	struct span keyword, enum ast_kind kind, struct ast_name *name)
{
	struct ast_declaration *declaration = NODE(ast_declaration);

	declaration->kind = kind;
	declaration->span = keyword;
	declaration->name = name;
	return declaration;
}

struct ast_declaration *ast_declaration_in(struct parse *parse, struct span span,
	struct ast_declaration *declaration, struct ast_attributes attributes)
{
	declaration->doc = parse_claim_doc(parse, span);
	declaration->attributes = attributes;
	return declaration;
}
