/*
 * Known mistakes: single edits of tokens in good schemas.
 */
#ifndef FUZZ_COMPILER_SCORE_EDIT_H
#define FUZZ_COMPILER_SCORE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/compiler/tokens.h"
#include "idl/schema.h"

#define SCORE_TOKENS_MAX 32768
#define SCORE_WORD_MAX 300

enum edit_kind {
	EDIT_DELETE,			/* the mark, or the kind of token */
	EDIT_DOUBLE,
	EDIT_MISSPELL,
	EDIT_BRACKET,
	EDIT_NUMBER,
	EDIT_KIND,
	EDIT_INSERT
};

/* What a token is there for. */
enum token_role {
	ROLE_NONE, ROLE_KEYWORD, ROLE_TYPE, ROLE_VALUE, ROLE_INTERFACE,
	ROLE_ATTRIBUTE, ROLE_NUMBER, ROLE_NAME
};

struct edit_class {
	const char *name;
	enum edit_kind kind;
	enum token_role role;		/* NONE: any */
	const char *mark;		/* DELETE: this one, or NULL */
};

extern const struct edit_class edit_classes[];
extern const size_t edit_class_count;

/* A good schema with its tokens. */
struct sample {
	const struct source_text *text;
	struct token tokens[SCORE_TOKENS_MAX];
	enum token_role roles[SCORE_TOKENS_MAX];
	size_t count;
};

/* Names that all samples declare. */
struct names;
struct names *names_of(struct arena *arena, const struct source_text *texts);

void sample_read(struct sample *sample, const struct source_text *text,
	const struct names *names);

/* An edit that was made. */
struct edit {
	const struct edit_class *class;
	char *text;			/* the whole schema, NUL-terminated */
	size_t size;
	uint32_t line;			/* where it was made */
	uint32_t next_line;		/* of the token behind it; UINT32_MAX: none */
	enum token_role role;		/* of what stood there */
	char right[SCORE_WORD_MAX];	/* what stood there; INSERT: what is behind */
	char wrong[SCORE_WORD_MAX];	/* what stands there now, or "" */
};

/* Whether the class has an edit at this token. */
bool edit_fits(const struct edit_class *class, const struct sample *sample, size_t at);
/* False if none came out (the misspelling is a name too). */
bool edit_make(struct arena *arena, const struct edit_class *class,
	const struct sample *sample, size_t at, const struct names *names,
	uint64_t *state, struct edit *edit);

#endif
