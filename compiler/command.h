/*
 * The commands of `skald`, their options, and what they share.
 *
 * A command is an entry of the table in commands.c: main() has parsed its
 * options and counted its arguments before its function is called.
 */
#ifndef COMPILER_COMMAND_H
#define COMPILER_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "compiler/print.h"
#include "compiler/wire.h"
#include "idl/diag.h"
#include "idl/schema.h"

/* Exit statuses. */
enum {
	STATUS_GOOD = 0,
	STATUS_BAD = 1,			/* the input has errors */
	STATUS_USAGE = 2		/* usage, or the environment */
};

/* Greatest input that is read, from whatever file. */
#define INPUT_SIZE_MAX ((size_t)1 << 28)

/* What a command takes; bits of `takes` below. */
enum command_option {
	OPTION_IMPORT = 1 << 0,		/* -I DIR */
	OPTION_OUTPUT = 1 << 1,		/* -o PATH */
	OPTION_DEPFILE = 1 << 2,
	OPTION_REFLECT = 1 << 3,
	OPTION_FORMAT = 1 << 4,
	OPTION_JSON = 1 << 5,
	OPTION_HEX = 1 << 6,
	OPTION_LENIENT = 1 << 7,
	OPTION_NUMBERS = 1 << 8,
	OPTION_COLOR = 1 << 9,
	OPTION_VECTORS = 1 << 10,
	OPTION_CHECK = 1 << 11,
	OPTION_FAIL_ON = 1 << 12,
	OPTION_IN_PLACE = 1 << 13,	/* -w */
	OPTION_RANGE = 1 << 14,
	OPTION_LINTS = 1 << 15,		/* --class, --only */
	OPTION_MANUALS = 1 << 16,	/* --man */
	OPTION_NOTE = 1 << 17,
	OPTION_FROM = 1 << 18,		/* --from PROGRAM */
	OPTION_CONTRACT = 1 << 19
};

struct run;

struct command {
	const char *name;
	const char *arguments;		/* "SCHEMA MESSAGE" */
	const char *help;		/* one line */
	const char *more;		/* further lines of its help, or NULL */
	int least;			/* arguments */
	int most;			/* or -1 */
	unsigned takes;			/* enum command_option, or'ed */
	int (*run)(struct run *run);
};

/* All of them, as the help lists them: commands.c. */
extern const struct command commands[];
extern const size_t command_count;

/* An option, of which a command takes those that its `takes` has. */
struct option_row {
	unsigned option;		/* enum command_option; 0: all take it */
	int key;			/* its letter; beyond 255: it has none */
	const char *name;		/* NULL: only a letter */
	const char *argument;		/* NULL: takes none */
	const char *help;
	const char *values;		/* "text json": what its argument can be, or NULL */
};

/* All of them: command_options.c. */
extern const struct option_row option_rows[];
extern const size_t option_row_count;
bool command_takes(const struct command *command, const struct option_row *row);

/* One run of one command. */
struct run {
	const struct command *command;
	struct arena *arena;
	char **arguments;
	int argument_count;
	const char **import_folders;
	size_t import_folder_count;
	const char **vectors;
	size_t vectors_count;
	const char *output;		/* -o, or NULL */
	const char *depfile;
	bool reflect;
	bool contract;
	bool json;			/* --json or --format=json */
	bool hex;
	bool lenient;
	bool numbers;
	bool check;
	const char *fail_on;		/* "wire", "abi", "source", or NULL */
	bool in_place;
	const char *range;		/* --range, or NULL */
	const char *lint_class;		/* --class, or NULL */
	const char *only;		/* --only, or NULL */
	bool manuals;			/* --man */
	bool note;
	/* --from: the program whose schema is meant, or NULL. Then it is the first
	 * of the arguments too, in place of SCHEMA. */
	const char *from;
	bool color;			/* on stderr */
	bool help;
};

/*
 * Parses what stands behind the command's name. False: it has said why, and
 * the status is STATUS_USAGE.
 */
bool command_parse(struct run *run, int argc, char **argv);
/* `skald CMD --help`. */
void command_help(const struct command *command);

/* "skald: ..." on stderr, with a line's end. */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Loads a schema, or that of the program of --from, and prints its diagnostics. NULL if it has errors; *status
 * is then what the program exits with.
 */
struct schema *command_schema(struct run *run, const char *path, int *status);
/* Finds a message by its name; NULL, and says so, if there is none. */
const struct declaration *command_message(struct run *run,
	const struct schema *schema, const char *name);
/*
 * The message of the run's second argument or, without one, the only one
 * with the id that the bytes begin with. NULL, and says so, if none.
 */
const struct declaration *command_message_of(struct run *run,
	const struct schema *schema, struct wire_view bytes);

/* Reads all of stdin. False, and says so, if it cannot or it is too much. */
bool command_read(struct run *run, struct wire_view *to);
/* The same of a file. */
bool command_read_file(struct run *run, const char *path, struct wire_view *to);
/* Reads stdin, from hexadecimal digits if --hex. */
bool command_read_bytes(struct run *run, struct wire_view *to, int *status);
/*
 * Writes to the file of -o, which is there whole or as it was before, or to
 * stdout. Returns the status; says what failed.
 */
int command_write(struct run *run, char *data, size_t size);

/* "head, byte 13: entries[3].name: ..." on stderr. */
void command_say_fault(struct run *run, const struct wire_fault *fault);

/*
 * What `skald dump` prints: a row for each stretch of at most eight bytes, in
 * the order of the bytes; of padding only the first row. False: it is damaged,
 * see *fault; then all that was not understood stands in rows behind the reason.
 */
bool dump_message(struct arena *arena, FILE *to, const struct declaration *message,
	struct wire_view input, struct wire_fault *fault);
/* What `skald stat` prints of all of the root file. */
struct printer stat_print(struct arena *arena, const struct schema *schema, bool json);

int command_check(struct run *run);
int command_c(struct run *run);
int command_encode(struct run *run);
int command_decode(struct run *run);
int command_dump(struct run *run);
int command_conform(struct run *run);
int command_stat(struct run *run);
int command_fuzz(struct run *run);
int command_lock(struct run *run);
int command_diff(struct run *run);
int command_ir(struct run *run);
int command_fmt(struct run *run);
int command_lint(struct run *run);
int command_lsp(struct run *run);
int command_wireshark(struct run *run);
int command_doc(struct run *run);
int command_completion(struct run *run);
int command_explain(struct run *run);

#endif
