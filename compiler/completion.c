/*
 * completion: scripts with which shells complete commands, options and their values. They
 * are made of the tables that the program itself goes by, and so cannot lag behind.
 */
#include "compiler/command.h"

#include <string.h>

#include "compiler/explain.h"

/* What the command's arguments and its option's are, as words for files. */
enum place { PLACE_NONE, PLACE_SCHEMA, PLACE_FILE, PLACE_FOLDER, PLACE_CODE, PLACE_SHELL };

static enum place place_of_arguments(const struct command *command)
{
	const char *what = command->arguments;

	return strncmp(what, "SCHEMA", 6) == 0 || strncmp(what, "OLD", 3) == 0 ? PLACE_SCHEMA
		: strncmp(what, "CODE", 4) == 0 ? PLACE_CODE
		: strncmp(what, "SHELL", 5) == 0 ? PLACE_SHELL : PLACE_NONE;
}

static enum place place_of_option(const struct option_row *row)
{
	if (row->argument == NULL)
		return PLACE_NONE;
	return strcmp(row->argument, "DIR") == 0 ? PLACE_FOLDER
		: strcmp(row->argument, "FILE") == 0 || strcmp(row->argument, "PATH") == 0
		? PLACE_FILE : PLACE_NONE;
}

static void print_codes(struct printer *out)
{
	for (size_t i = 0; i < explain_page_count; i++)
		print(out, "%s%s", i == 0 ? "" : " ", explain_pages[i].code);
}

static void each_option(struct printer *out, const struct command *command,
	void (*each)(struct printer *, const struct command *, const struct option_row *))
{
	for (size_t i = 0; i < option_row_count; i++) {
		if (command_takes(command, &option_rows[i]))
			each(out, command, &option_rows[i]);
	}
}

/* ---- bash ---- */

static void bash_word(struct printer *out, const struct command *command,
	const struct option_row *row)
{
	(void)command;
	if (row->name != NULL)
		print(out, " --%s%s", row->name, row->argument ? "=" : "");
	else
		print(out, " -%c", row->key);
}

static void bash_values(struct printer *out)
{
	for (size_t i = 0; i < option_row_count; i++) {
		if (option_rows[i].values != NULL)
			print(out, "\t--%s) values='%s' ;;\n", option_rows[i].name,
				option_rows[i].values);
	}
}

static void bash_files(struct printer *out)
{
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];
		enum place place = place_of_option(row);
		const char *word;

		if (place == PLACE_NONE)
			continue;
		word = row->name ? arena_printf(out->arena, "--%s", row->name)
			: arena_printf(out->arena, "-%c", row->key);
		print(out, "\t%s) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen %s -- \"$cur\")); "
			"return ;;\n", word, place == PLACE_FOLDER ? "-d" : "-f");
	}
}

static void bash_commands(struct printer *out)
{
	for (size_t i = 0; i < command_count; i++) {
		print(out, "\t%s) options='", commands[i].name);
		each_option(out, &commands[i], bash_word);
		print(out, "'");
		switch (place_of_arguments(&commands[i])) {
		case PLACE_CODE:
			print(out, " words='");
			print_codes(out);
			print(out, "'");
			break;
		case PLACE_SHELL:
			print(out, " words='bash zsh fish'");
			break;
		case PLACE_SCHEMA:
			print(out, " files=1");
			break;
		default:
			break;
		}
		print(out, " ;;\n");
	}
}

static void print_bash(struct printer *out)
{
	print(out, "# bash completion of skald; made by `skald completion bash`.\n"
		"_skald() {\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev= values= options= words= files=\n"
		"\tCOMPREPLY=()\n"
		"\t((COMP_CWORD > 1)) && prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W '--help --version");
	for (size_t i = 0; i < command_count; i++)
		print(out, " %s", commands[i].name);
	/* `=` ends a word for the shell, unless somebody has told it otherwise. */
	print(out, "' -- \"$cur\"))\n\t\treturn\n\tfi\n"
		"\tif [[ $prev == = ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
		"\telif [[ $cur == = ]]; then\n\t\tcur=\n"
		"\telif [[ $cur == --*=* ]]; then\n\t\tprev=${cur%%%%=*} cur=${cur#*=}\n\tfi\n"
		"\tcase $prev in\n");
	bash_values(out);
	bash_files(out);
	print(out, "\tesac\n\tif [[ $values ]]; then\n"
		"\t\tCOMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
		"\tcase ${COMP_WORDS[1]} in\n");
	bash_commands(out);
	print(out, "\tesac\n\tif [[ $cur == -* ]]; then\n"
		"\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
		"\t\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
		"\telif [[ $files ]]; then\n\t\tcompopt -o filenames 2>/dev/null\n"
		"\t\tCOMPREPLY=($(compgen -f -X '!*.@(skald|bragi|lock)' -- \"$cur\") "
		"$(compgen -d -- \"$cur\"))\n\telse\n"
		"\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n\tfi\n"
		"}\nshopt -s extglob\ncomplete -F _skald skald\n");
}

/* ---- zsh and fish ---- */

/* Within quotes of '': what help texts have of such, and of zsh's own marks, is doubled. */
static const char *quoted(struct arena *arena, const char *text, const char *marks)
{
	char *to = arena_alloc(arena, 4 * strlen(text) + 1), *at = to;

	for (; *text; text++) {
		if (*text == '\'')
			at += strlen(strcpy(at, "'\\'"));
		else if (strchr(marks, *text) != NULL)
			*at++ = '\\';
		*at++ = *text;
	}
	*at = '\0';
	return to;
}

static void zsh_option(struct printer *out, const struct command *command,
	const struct option_row *row)
{
	const char *help = quoted(out->arena, row->help, "[]:\\");
	enum place place = place_of_option(row);

	(void)command;
	print(out, " \\\n\t\t\t'*%s%s%s[%s]", row->name ? "--" : "-",
		row->name ? row->name : arena_printf(out->arena, "%c", row->key),
		row->argument && row->name ? "=" : "", help);
	if (row->argument != NULL)
		print(out, ":%s:%s", row->argument, place == PLACE_FOLDER ? "_files -/"
			: place == PLACE_FILE ? "_files" : row->values == NULL ? " "
			: arena_printf(out->arena, "(%s)", row->values));
	print(out, "'");
}

static void zsh_arguments(struct printer *out, enum place place)
{
	if (place == PLACE_NONE)
		return;
	print(out, " \\\n\t\t\t'*::");
	if (place == PLACE_CODE) {
		print(out, "code:(");
		print_codes(out);
		print(out, ")'");
	} else {
		print(out, place == PLACE_SHELL ? "shell:(bash zsh fish)'"
			: "schema:_files -g \"*.(skald|bragi|lock)\"'");
	}
}

static void print_zsh(struct printer *out)
{
	print(out, "#compdef skald\n# Made by `skald completion zsh`.\n_skald() {\n"
		"\tlocal -a list\n\tlist=(\n");
	for (size_t i = 0; i < command_count; i++)
		print(out, "\t\t'%s:%s'\n", commands[i].name,
			quoted(out->arena, commands[i].help, ":\\"));
	print(out, "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command list\n"
		"\t\treturn\n\tfi\n\tshift words\n\t(( CURRENT-- ))\n\tcase $words[1] in\n");
	for (size_t i = 0; i < command_count; i++) {
		print(out, "\t%s)\n\t\t_arguments", commands[i].name);
		each_option(out, &commands[i], zsh_option);
		zsh_arguments(out, place_of_arguments(&commands[i]));
		print(out, "\n\t\t;;\n");
	}
	print(out, "\tesac\n}\nif [[ $funcstack[1] == _skald ]]; then\n\t_skald \"$@\"\nelse\n"
		"\tcompdef _skald skald\nfi\n");
}

static void fish_option(struct printer *out, const struct command *command,
	const struct option_row *row)
{
	enum place place = place_of_option(row);

	print(out, "complete -c skald -n '__fish_seen_subcommand_from %s' %s %s -d '%s'",
		command->name, row->name ? "-l" : "-s",
		row->name ? row->name : arena_printf(out->arena, "%c", row->key),
		quoted(out->arena, row->help, "\\"));
	if (row->values != NULL)
		print(out, " -x -a '%s'", row->values);
	else if (row->argument != NULL)
		print(out, place == PLACE_NONE ? " -x" : " -r -F");
	print(out, "\n");
}

static void print_fish(struct printer *out)
{
	print(out, "# fish completion of skald; made by `skald completion fish`.\n");
	for (size_t i = 0; i < command_count; i++) {
		enum place place = place_of_arguments(&commands[i]);

		print(out, "complete -c skald -n __fish_use_subcommand -f -a %s -d '%s'\n",
			commands[i].name, quoted(out->arena, commands[i].help, "\\"));
		each_option(out, &commands[i], fish_option);
		if (place != PLACE_CODE && place != PLACE_SHELL)
			continue;
		print(out, "complete -c skald -n '__fish_seen_subcommand_from %s' -f -a '",
			commands[i].name);
		if (place == PLACE_CODE)
			print_codes(out);
		else
			print(out, "bash zsh fish");
		print(out, "'\n");
	}
}

int command_completion(struct run *run)
{
	static const struct {
		const char *name;
		void (*print)(struct printer *out);
	} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
	struct printer out = {.arena = run->arena};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(run->arguments[0], shells[i].name) != 0)
			continue;
		shells[i].print(&out);
		return command_write(run, out.text, out.size);
	}
	command_say("no completion for `%s`: bash, zsh or fish", run->arguments[0]);
	return STATUS_USAGE;
}
