/*
 * Lints: what is right and likely to be regretted (docs/tools.md, "skald lint").
 *
 * A rule is a row of a table: a code of idl/diag_codes.h, and what it looks at.
 * It reports by lint_report(), which knows what the source allows.
 */
#ifndef COMPILER_LINT_H
#define COMPILER_LINT_H

#include "idl/ast.h"
#include "idl/diag.h"
#include "idl/lexeme.h"
#include "idl/tree.h"

enum lint_class {
	LINT_COMMENTS,			/* L00..: about `// lint: allow` itself */
	LINT_STYLE,
	LINT_SAFETY,
	LINT_EVOLUTION,
	LINT_PERFORMANCE,
	LINT_CLASSES
};

struct lint_allow;

/* One run over one file; imports are not looked at. */
struct lint {
	struct arena *arena;
	struct diagnostics *diags;
	struct diagnostics *hidden;	/* what is allowed goes there */
	const struct schema *schema;
	const struct file *file;
	struct ast_declarations ast;
	struct lexemes lexemes;
	const bool *chosen;		/* by enum diag_code */
	struct lint_allow *allows;
};

/* What a rule looks at; it has a function for one of them, or for all of the
 * file. Of members and methods only the declaration's own come, not its base's. */
struct lint_rule {
	enum diag_code code;
	void (*file)(struct lint *lint);
	void (*declaration)(struct lint *lint, const struct declaration *declaration);
	/* A parameter's owner is the message made of it; `before` is the member
	 * in front of it, or NULL. */
	void (*member)(struct lint *lint, const struct declaration *owner,
		const struct member *member, const struct member *before);
	void (*enumerator)(struct lint *lint, const struct declaration *owner,
		const struct enumerator *enumerator);
	void (*method)(struct lint *lint, const struct declaration *interface,
		const struct method *method);
	/* A request, reply or event made of parameters. */
	void (*parameters)(struct lint *lint, const struct method *method,
		const struct declaration *message);
};

/* Each ends with a row without a code's functions. */
extern const struct lint_rule lint_style[], lint_safety[], lint_evolution[],
	lint_performance[];

/*
 * Runs the chosen rules over the root file of a schema, without errors, and
 * reports; suppressions that are malformed or of no use, too.
 */
void lint_file(struct arena *arena, struct diagnostics *diags,
	const struct schema *schema, const bool chosen[DIAG_CODE_COUNT]);

/* The code of a name like "L0101", or DIAG_CODE_COUNT. */
enum diag_code lint_code(const char *name, size_t size);
/* "style", ..., and the class of a code. */
const char *lint_class_name(enum lint_class class);
enum lint_class lint_class_of(enum diag_code code);

/* For rules. */
struct diagnostic *lint_report(struct lint *lint, enum diag_code code,
	struct span span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What stands in the source for a declaration or method of the file. NULL for
 * messages that are made of parameters. */
const struct ast_declaration *lint_ast(const struct lint *lint,
	const struct declaration *declaration);
const struct ast_item *lint_ast_item(const struct lint *lint,
	const struct declaration *interface, const struct method *method);

/* ---- lint_allow.c ---- */

/* Reads the comments; reports those that cannot be read. */
void lint_read_allows(struct lint *lint);
/* Whether the source allows this report; the comment counts as used then. */
bool lint_is_allowed(struct lint *lint, enum diag_code code, const struct span *span);
/* Reports the comments that allowed nothing, of rules that were run. */
void lint_report_unused(struct lint *lint);

#endif
