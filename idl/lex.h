/*
 * What the rules of the lexer call.
 */
#ifndef IDL_LEX_H
#define IDL_LEX_H

#include "idl/parse.h"
#include "idl/grammar.h"

/* Begins and ends the lexing of the parse's source. */
int lex_start(struct parse *parse);
void lex_stop(struct parse *parse);
/* The next token, without the bookkeeping of the parse. */
int lexer_lex(GRAMMAR_STYPE *value, GRAMMAR_LTYPE *span, void *scanner);

/* Sets the span of the text just matched, and steps behind it. */
void lex_place(struct parse *parse, struct span *span, const char *text,
	size_t size);
/* The token of a keyword, or NAME. */
int lex_word(struct parse *parse, const char *text, const struct span *span);
int lex_number(struct parse *parse, const char *text, GRAMMAR_STYPE *value,
	const struct span *span);

/* These report, and give out BAD. */
int lex_bad_number(struct parse *parse, const char *text,
	const struct span *span);
int lex_bad_string(struct parse *parse, const struct span *span);
int lex_bad_comment(struct parse *parse, const struct span *span);
int lex_bad_characters(struct parse *parse, const char *text,
	const struct span *span);

#endif
