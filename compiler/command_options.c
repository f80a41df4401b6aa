/*
 * Options: one table for all commands, of which each takes some.
 */
#define _GNU_SOURCE

#include "compiler/command.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

/* What getopt_long() returns for options without a letter. */
enum {
	LONG_DEPFILE = 256,
	LONG_REFLECT,
	LONG_FORMAT,
	LONG_JSON,
	LONG_HEX,
	LONG_LENIENT,
	LONG_NUMBERS,
	LONG_COLOR,
	LONG_VECTORS,
	LONG_CHECK,
	LONG_FAIL_ON,
	LONG_RANGE,
	LONG_CLASS,
	LONG_ONLY,
	LONG_MAN,
	LONG_NOTE,
	LONG_FROM,
	LONG_CONTRACT
};

const struct option_row option_rows[] = {
	{OPTION_OUTPUT, 'o', NULL, "PATH", "write there instead", NULL},
	{OPTION_IMPORT, 'I', NULL, "DIR", "look for imports there too", NULL},
	{OPTION_DEPFILE, LONG_DEPFILE, "depfile", "FILE",
		"write a make rule of what was read", NULL},
	{OPTION_REFLECT, LONG_REFLECT, "reflect", NULL,
		"generate tables of names, types and offsets", NULL},
	{OPTION_FORMAT, LONG_FORMAT, "format", "FORMAT",
		"of diagnostics: text or json", "text json"},
	{OPTION_JSON, LONG_JSON, "json", NULL, "write JSON, on one line", NULL},
	{OPTION_HEX, LONG_HEX, "hex", NULL,
		"bytes are hexadecimal digits", NULL},
	{OPTION_LENIENT, LONG_LENIENT, "lenient", NULL,
		"take pointers in any order, gaps and left-overs", NULL},
	{OPTION_NUMBERS, LONG_NUMBERS, "numbers", NULL,
		"write enumerators as numbers", NULL},
	{OPTION_VECTORS, LONG_VECTORS, "vectors", "FILE",
		"seeds from a file of vectors too", NULL},
	{OPTION_CHECK, LONG_CHECK, "check", NULL,
		"write nothing; say whether a file would change", NULL},
	{OPTION_FAIL_ON, LONG_FAIL_ON, "fail-on", "CLASS",
		"exit with 1 from there on: wire (default), abi, source", "wire abi source"},
	{OPTION_IN_PLACE, 'w', NULL, NULL, "write back to the files", NULL},
	{OPTION_RANGE, LONG_RANGE, "range", "A:B", "only lines A to B", NULL},
	{OPTION_LINTS, LONG_CLASS, "class", "CLASS,...",
		"only these: style, safety, evolution, performance", "style safety evolution performance"},
	{OPTION_LINTS, LONG_ONLY, "only", "CODE,...", "only these lints", NULL},
	{OPTION_CONTRACT, LONG_CONTRACT, "contract", NULL,
		"let peers compare what they were generated from", NULL},
	{OPTION_NOTE, LONG_NOTE, "note", NULL,
		"put the schema into the program, for --from", NULL},
	{OPTION_FROM, LONG_FROM, "from", "FILE",
		"take the schema out of a program, in place of SCHEMA", NULL},
	{OPTION_MANUALS, LONG_MAN, "man", NULL, "pages for man(1), not HTML", NULL},
	{OPTION_COLOR, LONG_COLOR, "color", "WHEN",
		"of diagnostics: auto, always or never", "auto always never"},
	{0, 'h', "help", NULL, "show this", NULL},
};

#define ROW_COUNT (sizeof(option_rows) / sizeof(option_rows[0]))

const size_t option_row_count = ROW_COUNT;

bool command_takes(const struct command *command, const struct option_row *row)
{
	return row->option == 0 || (command->takes & row->option);
}

void command_help(const struct command *command)
{
	printf("usage: skald %s [OPTIONS]%s%s\n\n%s\n", command->name,
		*command->arguments ? " " : "", command->arguments, command->help);
	if (command->more)
		printf("%s\n", command->more);
	putchar('\n');
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		char text[32];

		if (!command_takes(command, row))
			continue;
		if (row->name)
			snprintf(text, sizeof(text), "--%s%s%s", row->name,
				row->argument ? "=" : "",
				row->argument ? row->argument : "");
		else
			snprintf(text, sizeof(text), "-%c %s", row->key,
				row->argument ? row->argument : "");
		printf("  %-18s %s\n", text, row->help);
	}
}

/* Fills what getopt_long() wants from the rows that the command takes. */
static void list_options(const struct command *command, char *letters,
	struct option *list)
{
	*letters++ = ':';
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct option_row *row = &option_rows[i];

		if (!command_takes(command, row))
			continue;
		if (row->key < 256) {
			*letters++ = (char)row->key;
			if (row->argument)
				*letters++ = ':';
		}
		if (row->name)
			*list++ = (struct option){
				row->name, row->argument ? required_argument :
				no_argument, NULL, row->key,
			};
	}
	*letters = '\0';
	*list = (struct option){0};
}

static bool fail(const struct run *run, const char *what, const char *word)
{
	command_say("%s `%s`; see `skald %s --help`", what, word,
		run->command->name);
	return false;
}

static bool set_color(struct run *run, const char *when)
{
	if (strcmp(when, "always") == 0)
		run->color = true;
	else if (strcmp(when, "never") == 0)
		run->color = false;
	else if (strcmp(when, "auto") != 0)
		return fail(run, "--color is auto, always or never, not", when);
	return true;
}

static bool set_format(struct run *run, const char *format)
{
	run->json = strcmp(format, "json") == 0;
	if (!run->json && strcmp(format, "text") != 0)
		return fail(run, "--format is text or json, not", format);
	return true;
}

static bool set_fail_on(struct run *run, const char *class)
{
	run->fail_on = class;
	if (strcmp(class, "wire") != 0 && strcmp(class, "abi") != 0 &&
	    strcmp(class, "source") != 0)
		return fail(run, "--fail-on is wire, abi or source, not", class);
	return true;
}

static bool set_option(struct run *run, int key, char **argv)
{
	switch (key) {
	case 'o':
		run->output = optarg;
		return true;
	case 'I':
		run->import_folders[run->import_folder_count++] = optarg;
		return true;
	case LONG_VECTORS:
		run->vectors[run->vectors_count++] = optarg;
		return true;
	case LONG_DEPFILE:
		run->depfile = optarg;
		return true;
	case LONG_REFLECT:
		return run->reflect = true;
	case LONG_FORMAT:
		return set_format(run, optarg);
	case LONG_JSON:
		return run->json = true;
	case LONG_HEX:
		return run->hex = true;
	case LONG_LENIENT:
		return run->lenient = true;
	case LONG_NUMBERS:
		return run->numbers = true;
	case LONG_CHECK:
		return run->check = true;
	case LONG_FAIL_ON:
		return set_fail_on(run, optarg);
	case 'w':
		return run->in_place = true;
	case LONG_RANGE:
		run->range = optarg;
		return true;
	case LONG_CLASS:
		run->lint_class = optarg;
		return true;
	case LONG_ONLY:
		run->only = optarg;
		return true;
	case LONG_CONTRACT:
		return run->contract = true;
	case LONG_NOTE:
		return run->note = true;
	case LONG_FROM:
		run->from = optarg;
		return true;
	case LONG_MAN:
		return run->manuals = true;
	case LONG_COLOR:
		return set_color(run, optarg);
	case 'h':
		return run->help = true;
	case ':':
		return fail(run, "an argument is missing behind",
			argv[optind - 1]);
	default:
		return fail(run, "no option", argv[optind - 1]);
	}
}

bool command_parse(struct run *run, int argc, char **argv)
{
	char letters[2 * ROW_COUNT + 2];
	struct option list[ROW_COUNT + 1];
	int key;

	run->color = isatty(STDERR_FILENO);
	run->import_folders = arena_alloc(run->arena,
		(size_t)argc * sizeof(*run->import_folders));
	run->vectors = arena_alloc(run->arena,
		(size_t)argc * sizeof(*run->vectors));
	list_options(run->command, letters, list);
	optind = 1;
	opterr = 0;
	while ((key = getopt_long(argc, argv, letters, list, NULL)) != -1) {
		if (!set_option(run, key, argv))
			return false;
	}
	if (run->from != NULL)		/* what stood here is an option by now */
		argv[--optind] = (char *)(uintptr_t)run->from;
	run->arguments = argv + optind;
	run->argument_count = argc - optind;
	if (run->help)
		return true;
	if (run->argument_count < run->command->least ||
	    (run->command->most >= 0 &&
	     run->argument_count > run->command->most)) {
		command_say("usage: skald %s [OPTIONS]%s%s", run->command->name,
			*run->command->arguments ? " " : "", run->command->arguments);
		return false;
	}
	return true;
}
