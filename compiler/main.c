/*
 * skald: the compiler's command line.
 *
 * The table of commands.c is the program. main() finds the command in it, parses
 * what the command takes (command_options.c), and calls its function.
 */
#include <string.h>

#include "compiler/command.h"
#include "compiler/nearest.h"

#define VERSION "0.1"

static void print_usage(FILE *to)
{
	fputs("usage: skald COMMAND [OPTIONS] ...\n\n"
		"Compiles message and interface schemas (.skald, .bragi).\n\n",
		to);
	for (size_t i = 0; i < command_count; i++)
		fprintf(to, "  %-10s %-18s %s\n", commands[i].name,
			commands[i].arguments, commands[i].help);
	fputs("\n`skald COMMAND --help` shows a command's options.\n"
		"Exit status: 0 good, 1 the input has errors, 2 usage or "
		"environment.\n", to);
}

static const struct command *find_command(const char *name)
{
	struct nearest nearest = nearest_start(name);

	for (size_t i = 0; i < command_count; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		nearest_offer(&nearest, commands[i].name);
	}
	if (nearest.best)
		command_say("no command `%s`; did you mean `%s`?", name,
			nearest.best);
	else
		command_say("no command `%s`; see `skald --help`", name);
	return NULL;
}

/* The status, unless what was printed has not arrived. */
static int printed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	command_say("cannot write to stdout");
	return STATUS_USAGE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct run run = {.command = command, .arena = arena_new()};
	int status = STATUS_USAGE;

	if (command_parse(&run, argc, argv)) {
		status = STATUS_GOOD;
		if (run.help)
			command_help(command);
		else
			status = command->run(&run);
	}
	arena_free(run.arena);
	return printed(status);
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_usage(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_usage(stdout);
		return printed(STATUS_GOOD);
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("skald " VERSION);
		return printed(STATUS_GOOD);
	}
	command = find_command(argv[1]);
	if (command == NULL)
		return STATUS_USAGE;
	return run_command(command, argc - 1, argv + 1);
}
