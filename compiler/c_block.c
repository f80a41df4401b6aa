/*
 * Conditions that are gathered into one `if`, and loops around them.
 */
#include "compiler/c_code.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

const char *c_address(struct c_code *c, const char *value)
{
	return *value == '*' ? value + 1 : arena_printf(c->arena, "&%s", value);
}

/* "in->depth", "out.depth" */
static const char *stream_has(const struct c_block *block, const char *member)
{
	struct c_code *c = block->c;

	return *block->stream == '&'
		? arena_printf(c->arena, "%s.%s", block->stream + 1, member)
		: arena_printf(c->arena, "%s->%s", block->stream, member);
}

const char *c_at(const struct c_block *block)
{
	return stream_has(block, "at");
}

void c_require(struct c_block *block, const char *format, ...)
{
	va_list arguments;

	if (block->pending_count == sizeof block->pending / sizeof block->pending[0])
		c_flush(block);
	va_start(arguments, format);
	block->pending[block->pending_count++] =
		arena_vprintf(block->c->arena, format, arguments);
	va_end(arguments);
}

void c_require_bound(struct c_block *block, const struct type *type,
	const char *value, const char *size)
{
	if (type->bound == UNBOUNDED)
		return;
	if (*value == '*')
		c_require(block, "%s->%s <= %" PRIu64, value + 1, size, type->bound);
	else
		c_require(block, "%s.%s <= %" PRIu64, value, size, type->bound);
}

static void begin_depth(struct c_block *block, const struct member *member)
{
	if (c_is_bounded(member) || c_limits_depth(member))
		c_flush(block);
	if (c_limits_depth(member))
		print_line(&block->c->out, "depth = sk_limit_depth(&%s, %u);",
			stream_has(block, "depth"), member->depth_bound);
}

static void end_depth(struct c_block *block, const struct member *member)
{
	if (!c_limits_depth(member))
		return;
	c_flush(block);
	print_line(&block->c->out, "%s = depth;", stream_has(block, "depth"));
}

void c_begin_read(struct c_block *block, const struct member *member)
{
	begin_depth(block, member);
	if (c_is_bounded(member))
		print_line(&block->c->out, "end = sk_limit_bytes(%s, %" PRIu64 ");",
			block->stream, member->bytes_bound);
}

void c_end_read(struct c_block *block, const struct member *member)
{
	if (c_is_bounded(member)) {
		c_flush(block);
		print_line(&block->c->out, "%s = end;", stream_has(block, "end"));
	}
	end_depth(block, member);
}

void c_begin_write(struct c_block *block, const struct member *member)
{
	begin_depth(block, member);
	if (c_is_bounded(member))
		print_line(&block->c->out, "start = %s;", c_at(block));
}

void c_end_write(struct c_block *block, const struct member *member)
{
	if (c_is_bounded(member))
		c_require(block, "%s - start <= %" PRIu64, c_at(block), member->bytes_bound);
	end_depth(block, member);
}

/* The condition, negated. */
static const char *negate(struct c_code *c, const char *condition)
{
	static const char *const pairs[][2] = {
		{ " <= ", " > " }, { " == ", " != " },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		const char *at = strstr(condition, pairs[i][0]);
		if (at != NULL)
			return arena_printf(c->arena, "%.*s%s%s",
				(int)(at - condition), condition, pairs[i][1],
				at + strlen(pairs[i][0]));
	}
	return arena_printf(c->arena, "!%s", condition);
}

void c_flush(struct c_block *block)
{
	struct printer *out = &block->c->out;
	unsigned count = block->pending_count;

	block->pending_count = 0;
	for (unsigned i = 0; i < count; i++)
		print_wrapped(out, "%s%s%s", i == 0 ? "if (" : "    || ",
			negate(block->c, block->pending[i]), i + 1 == count ? ")" : "");
	if (count != 0)
		print_line(out, "\t%s", block->fail);
}

void c_return(struct c_block *block)
{
	struct printer *out = &block->c->out;
	unsigned count = block->pending_count;

	block->pending_count = 0;
	if (count == 0)
		print_line(out, "return true;");
	for (unsigned i = 0; i < count; i++) {
		out->indent += i != 0;
		print_wrapped(out, "%s%s%s", i == 0 ? "return " : "&& ",
			block->pending[i], i + 1 == count ? ";" : "");
		out->indent -= i != 0;
	}
}

const char *c_loop(struct c_block *block, uint64_t count)
{
	struct c_code *c = block->c;
	const char *index = arena_printf(c->arena, "%c", 'i' + (int)(block->loops % 8));

	if (block->loops >= 8)
		index = arena_printf(c->arena, "i%u", block->loops);
	c_flush(block);
	block->loops++;
	print_line(&c->out, "for (uint32_t %s = 0; %s < %" PRIu64 "; %s++) {",
		index, index, count, index);
	c->out.indent++;
	return index;
}

void c_end_loop(struct c_block *block)
{
	c_flush(block);
	block->loops--;
	block->c->out.indent--;
	print_line(&block->c->out, "}");
}
