/*
 * The parts of instrument.c: text of C in the form that the generator and the
 * runtime are written in.
 */
#ifndef TESTS_CHECKKILL_INSTRUMENT_H
#define TESTS_CHECKKILL_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* What a function is to checks. */
enum role {
	ROLE_OTHER,			/* does not decode */
	ROLE_READER,			/* refuses: its checks are numbered */
	ROLE_PREDICATE,			/* what it says is one check of its caller */
	ROLE_GUARD			/* reads again what was checked */
};

struct function {
	char *name;
	const char *header;		/* from here to its body */
	const char *body;		/* behind "{" */
	const char *end;		/* its "}" */
	enum role role;
	bool is_runtime;
	bool is_bool;			/* what it returns */
	bool is_reached;		/* from a message of its schema */
	unsigned short inners[64];	/* runtime readers: also of those they call */
	unsigned inner_count;
};

struct unit {
	const char *path;		/* of the original */
	char *text;
	bool is_runtime;
	struct function *functions;
	size_t count;
};

struct site {
	const struct function *function;
	char *text;
	unsigned nth;
	const char *reader;		/* of the runtime; NULL: its own check */
};

struct job {
	const char *out;
	FILE *to;
	const struct unit *unit;
	struct function *function;
	const char *name;		/* of the schema */
	struct site *sites;
	size_t site_count;
	unsigned guards;
	FILE *inners;			/* the table of the runtime's checks */
	unsigned inner_count;
};

/* ---- scan.c ---- */

/* Says where and what, and exits with 2. */
_Noreturn void scan_die(const struct unit *unit, const char *at, const char *what);
/* Reads a file and finds its functions. */
void scan_unit(struct unit *unit, const char *path, bool is_runtime);
/* Copies, with runs of white space as one blank, none at the ends. */
char *scan_squeeze(const char *from, const char *end);
/* Behind the bracket that closes the one at `from`. */
const char *scan_bracket(const struct unit *unit, const char *from);
/* Behind blanks. */
const char *scan_blanks(const char *at);
/* The word that begins here, and only begins here, is this one. */
bool scan_is_word(const char *start, const char *at, const char *word);
/* Where the text is divided next by `by` ("||", "&&", ";") outside of brackets;
 * `end` if it is not. */
const char *scan_divide(const char *from, const char *end, const char *by);
/* Takes SK_LIKELY( ) or SK_UNLIKELY( ) off, if all stands within. */
void scan_strip(const char **from, const char **end);

bool scan_is_one_of(const char *text, const char *const *list, size_t count);
bool scan_starts(const char *text, const char *with);
bool scan_ends(const char *text, const char *with);
void scan_print_quoted(FILE *to, const char *text);

/* ---- roles.c ---- */

/* Makes all functions of the file known, with their roles. */
void role_add_names(struct unit *unit);
/* The same for what macros of codec.h define; when its readers are complete. */
void role_add_macros(void);
/* Its header has this text. */
bool role_mentions(const struct function *f, const char *text);
/* It decodes a whole message. */
bool role_is_decoder(const struct function *f);
/* The function that is called here, "name(", or NULL. */
struct function *role_called(const char *start, const char *at);
/* The one reader that the text calls, or NULL. */
struct function *role_reader_in(const struct unit *unit, const char *from, const char *end);

/* ---- tables.c ---- */

/* What readers call has its checks on their behalf. True: there is more to do. */
bool table_spread(struct unit *unit);
/* Marks what the file's messages lead to. */
void table_reach(struct unit *unit);
void table_print_sites(struct job *job);
/* The file that has all of a schema, given its header and its source. */
void table_print(struct job *job, const struct unit *units);

#endif
