/* The table of commands, and those that need nobody else. */
#include "servers/monitor/monitor.h"

static void do_help(struct words *words);

static void do_echo(struct words *words)
{
	for (uint32_t i = 1; i < words->count; i++) {
		put_text(i > 1 ? " " : "");
		put_plain(words->word[i], strlen(words->word[i]), false);
	}
	put_text("\n");
}

static void do_clear(struct words *words)
{
	(void)words;
	put_text("\x1b[H\x1b[2J");
}

const struct command commands[] = {
	{"help", "[COMMAND]", "what there is", COMMANDS, 0, 1, do_help},
	{"servers", "", "all servers: state, memory, CPU time, restarts", NO_NAMES, 0, 0,
		do_servers},
	{"status", "NAME", "all that is known of a server", SERVERS, 1, 1, do_status},
	{"grants", "NAME", "what a server was given", SERVERS, 1, 1, do_grants},
	{"start", "NAME", "start a server, and what it needs", SERVERS, 1, 1, do_start},
	{"stop", "NAME", "end a server; it stays so until `start`", SERVERS, 1, 1, do_stop},
	{"restart", "NAME", "end a server and start it again", SERVERS, 1, 1, do_restart},
	{"kill", "NAME", "end a server as a fault would", SERVERS, 1, 1, do_kill},
	{"log", "[-n LINES] [NAME]", "the end of the log, or of what a server says in it",
		SERVERS, 0, 3, do_log},
	{"trace", "[NAME [SECONDS|COMMAND]]", "calls of a server, as they come or of a command; "
		"`trace off`", SERVERS, 0, WORDS_MAX, do_trace},
	{"ls", "[-l] [PATH]...", "what is in a folder", PATHS, 0, WORDS_MAX, do_ls},
	{"cat", "PATH...", "what is in files", PATHS, 1, WORDS_MAX, do_cat},
	{"head", "[-c BYTES] PATH", "the first ten lines of a file", PATHS, 1, 3, do_head},
	{"stat", "PATH...", "what is known of a file", PATHS, 1, WORDS_MAX, do_stat},
	{"cd", "[PATH]", "go to a folder", PATHS, 0, 1, do_cd},
	{"pwd", "", "the folder where you are", NO_NAMES, 0, 0, do_pwd},
	{"find", "[PATH] [PART]", "all below a folder whose name has a part", PATHS, 0, 2,
		do_find},
	{"mkdir", "PATH...", "make folders", PATHS, 1, WORDS_MAX, do_mkdir},
	{"rm", "[-r] PATH...", "remove files and empty folders; -r: with all in them", PATHS,
		1, WORDS_MAX, do_rm},
	{"mv", "FROM TO", "another name, or place", PATHS, 2, 2, do_mv},
	{"cp", "FROM TO", "copy a file", PATHS, 2, 2, do_cp},
	{"write", "PATH TEXT...", "make a file of one line", PATHS, 1, WORDS_MAX, do_write},
	{"devices", "", "what is in the machine", NO_NAMES, 0, 0, do_devices},
	{"memory", "", "how much there is, and who has it", NO_NAMES, 0, 0, do_memory},
	{"uptime", "", "since when it runs, and how busy it is", NO_NAMES, 0, 0, do_uptime},
	{"date", "", "the time of day", NO_NAMES, 0, 0, do_date},
	{"echo", "[TEXT]...", "say it", NO_NAMES, 0, WORDS_MAX, do_echo},
	{"clear", "", "an empty screen", NO_NAMES, 0, 0, do_clear},
	{"poweroff", "", "end all servers and the machine", NO_NAMES, 0, 0, do_poweroff},
	{"reboot", "", "the same, and start it again", NO_NAMES, 0, 0, do_reboot},
};

const uint32_t command_count = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (uint32_t i = 0; i < command_count; i++)
		if (same(commands[i].name, name))
			return &commands[i];
	return NULL;
}

void command_usage(void)
{
	const struct command *command = command_find(monitor.command);

	paint(RED);
	say("usage: %s %s", command->name, command->usage);
	paint(NONE);
	put_text("\n");
}

static void unknown(const char *name)
{
	complain(name, "no such command; `help` says what there is");
}

static void show_one(const struct command *command)
{
	size_t size = strlen(command->name) + 1 + strlen(command->usage);

	paint(BOLD);
	put_text(command->name);
	paint(NONE);
	put_text(" ");
	put_text(command->usage);
	do
		put_text(" ");
	while (++size < 26);
	put_text(command->what);
	put_text("\n");
}

static void do_help(struct words *words)
{
	const struct command *one = words->count > 1 ? command_find(words->word[1]) : NULL;

	if (words->count > 1 && !one) {
		unknown(words->word[1]);
		return;
	}
	for (uint32_t i = 0; !one && i < command_count; i++)
		show_one(&commands[i]);
	if (one)
		show_one(one);
	else
		put_text("Tab completes, up and down go through what was typed, ^C ends what "
			"runs.\n");
}

void command_do(struct words *words)
{
	const struct command *command = command_find(words->word[0]);

	if (!command) {
		unknown(words->word[0]);
		return;
	}
	monitor.command = command->name;
	if (words->count - 1 < command->least || words->count - 1 > command->most)
		command_usage();
	else
		command->run(words);
}

void command_run(const char *line)
{
	static struct words words;

	if (!words_split(&words, line, (uint32_t)strlen(line))) {
		complain(NULL, "too many words");
		return;
	}
	if (words.is_open)
		complain(NULL, "a quote is not closed");
	else if (words.count > 0)
		command_do(&words);
}
