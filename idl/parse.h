/*
 * Parsing of one source: from bytes to the syntax tree.
 *
 * Between the lexer and the parser stands parse_token(), which remembers what
 * was read: the open braces and the statement so far. The report of a syntax
 * error is made from that, and not from the parser's stack.
 */
#ifndef IDL_PARSE_H
#define IDL_PARSE_H

#include "idl/ast.h"
#include "idl/diag.h"
#include "idl/number.h"

/* Tokens of the statement that are remembered from its begin. */
#define PARSE_STATEMENT_MAX 64
/* How deeply braces and parentheses may stand in each other, and how many
 * operations an expression may have within each other. */
#define PARSE_DEPTH_MAX 100
#define PARSE_HEIGHT_MAX 500

struct parse_doc {
	uint32_t owner;			/* offset of the token behind it */
	bool claimed;
	const char *text;
	struct span span;
};

struct parse_token {
	int kind;
	bool first_on_line;
	struct span span;
};

struct parse {
	struct arena *arena;
	struct diagnostics *diags;
	const struct source *source;
	struct ast_declarations file;	/* the result */

	/* The lexer's. */
	void *scanner;
	struct span comment;		/* the begin of the one being read */
	uint32_t offset;
	uint32_t line;
	uint32_t line_offset;		/* where the line begins */
	struct parse_doc *docs;
	size_t doc_count;
	size_t doc_room;
	size_t docs_waiting;		/* the last ones, without a token yet */

	/* What was read. */
	struct parse_open {
		int kind;		/* ( [ { */
		struct span span;
		int keyword;		/* of what it opens, or 0 */
		struct span label;	/* "struct A" */
	} open[PARSE_DEPTH_MAX];
	/* The first `}` on a line that is indented less than the line of the
	 * brace it closes, and that brace. */
	struct span outdented;
	struct parse_open outdented_open;
	unsigned depth;
	struct parse_token statement[PARSE_STATEMENT_MAX];
	unsigned statement_size;
	struct parse_token last;	/* the token given out last */
	struct parse_token before;	/* and the one before it */
	struct parse_token ahead;	/* looked at, and not given out */
	struct number ahead_number;
	bool has_ahead;
	bool stopped;			/* no more tokens: nested too deeply */
	bool brace_reported;
	bool unmatched;			/* the last closing one has no opener */
};

/* Parses the source; the problems are reported. */
struct ast_declarations parse_source(struct arena *arena,
	struct diagnostics *diags, const struct source *source);

/* The doc comment in front of the token at this offset, or NULL. */
const char *parse_claim_doc(struct parse *parse, struct span span);

/* For the lexer: a doc comment. */
void parse_add_doc(struct parse *parse, struct span span);
/* The token behind the last one, which is given out later. */
struct parse_token parse_next(struct parse *parse);
/* For the report of a syntax error: the tokens wanted, as bison names them, and
 * whether the token behind the last is one of them. */
void parse_syntax_error(struct parse *parse, const char *const *wanted,
	size_t count, bool next_is_wanted);

/* How far the line is indented that a place is in, in bytes. */
uint32_t parse_indent(const struct span *span);
/* The keyword that a word is near to, or NULL. */
const char *lex_near_keyword(const char *text, size_t size, const char *const *among);

/* The keyword of a declaration (a token of idl/grammar.h). */
bool parse_opens_declaration(int kind);
/* Reports something nested too deeply, and gives out no more tokens. */
void parse_too_deep(struct parse *parse, struct span span);

#endif
