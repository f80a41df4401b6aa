/* hostfs-client: options, and which command is meant. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TIMEOUT_DEFAULT_MS 5000
#define TIMEOUT_MAX_MS 3600000

struct command {
	const char *name;
	const char *operands;
	const char *what;
	const char *option;		/* the one that it knows, or NULL */
	int least, most;		/* operands */
	int (*run)(struct tool *tool, bool option, char **operands);
};

static const struct command commands[] = {
	{"ls", "[-l] [PATH]", "list a folder", "-l", 0, 1, command_ls},
	{"tree", "[PATH]", "list a folder and all below it", NULL, 0, 1, command_tree},
	{"stat", "PATH", "all that is known of a file", NULL, 1, 1, command_stat},
	{"cat", "PATH", "print a file", NULL, 1, 1, command_cat},
	{"get", "[-r] PATH LOCAL", "fetch a file; -r a folder and all below it", "-r",
		2, 2, command_get},
	{"put", "[-r] LOCAL PATH", "store a file (- is the input); -r a folder", "-r",
		2, 2, command_put},
	{"cp", "FROM TO", "copy a file within the server", NULL, 2, 2, command_cp},
	{"rm", "PATH", "remove a file", NULL, 1, 1, command_rm},
	{"mkdir", "PATH", "make a folder", NULL, 1, 1, command_mkdir},
	{"rmdir", "PATH", "remove an empty folder", NULL, 1, 1, command_rmdir},
	{"mkfifo", "PATH", "make a FIFO", NULL, 1, 1, command_mkfifo},
	{"mv", "[-n] FROM TO", "move; -n not over something", "-n", 2, 2, command_mv},
	{"ln", "[-s] FROM TO", "another name; -s a symbolic link", "-s", 2, 2, command_ln},
	{"readlink", "PATH", "print the text of a symbolic link", NULL,
		1, 1, command_readlink},
	{"chmod", "MODE PATH", "set the permissions, octal", NULL, 2, 2, command_chmod},
	{"touch", "[SECONDS] PATH", "set the time of change, since 1970; now", NULL,
		1, 2, command_touch},
	{"truncate", "SIZE PATH", "cut or extend a file", NULL, 2, 2, command_truncate},
	{"df", "", "how full the file system is", NULL, 0, 0, command_df},
	{"watch", "[-n] PATH", "print what happens there; -n only once", "-n",
		1, 1, command_watch},
	{"hold", "PATH", "keep a file open until the input ends", NULL,
		1, 1, command_hold},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
	puts("Usage: hostfs-client [OPTION]... COMMAND [OPERAND]...\n"
		"Works with the files of a server of the protocol fs.skald, as hostfs.\n"
		"\n"
		"  --socket PATH   where it listens (or in HOSTFS_SOCKET)\n"
		"  --timeout MS    how long one call may take, 0 for ever (5000)\n"
		"  --summary       say in the end what was done, on the error output\n"
		"  --help          this\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		char form[40];

		snprintf(form, sizeof(form), "%s %s", commands[i].name,
			commands[i].operands);
		printf("  %-24s %s\n", form, commands[i].what);
	}
	puts("\nExit status: 0 good, 1 the server or this machine refused, 2 wrong\n"
		"usage, 3 no server, no answer in time, or a bad one.");
}

static int wrong_usage(const char *what, const char *why)
{
	fprintf(stderr, "hostfs-client: %s: %s; --help says more\n", what, why);
	return USAGE;
}

static bool parse_timeout(const char *text, uint32_t *to)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end || value > TIMEOUT_MAX_MS)
		return false;
	*to = (uint32_t)value;
	return true;
}

/* Negative to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct tool *tool, bool *summary)
{
	static const struct option known[] = {
		{"socket", required_argument, NULL, 's'},
		{"timeout", required_argument, NULL, 't'},
		{"summary", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	tool->socket_path = getenv("HOSTFS_SOCKET");
	tool->timeout_ms = TIMEOUT_DEFAULT_MS;
	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		if (option == 's') {
			tool->socket_path = optarg;
		} else if (option == 'v') {
			*summary = true;
		} else if (option == 'h') {
			print_help();
			return GOOD;
		} else if (option != 't') {
			return wrong_usage("options", "not understood");
		} else if (!parse_timeout(optarg, &tool->timeout_ms)) {
			return wrong_usage(optarg, "no timeout");
		}
	}
	if (!tool->socket_path)
		return wrong_usage("--socket", "missing");
	if (optind == argc)
		return wrong_usage("command", "missing");
	return -1;
}

static int run(struct tool *tool, const struct command *command, char **operands)
{
	bool option = command->option && operands[0] &&
		strcmp(operands[0], command->option) == 0;
	int count = 0, status;

	operands += option;
	while (operands[count])
		count++;
	if (count < command->least || count > command->most)
		return wrong_usage(command->name, command->operands);
	status = sk_socket_connect(&tool->socket, tool->socket_path,
		tool->timeout_ms ? sk_socket_after(tool->timeout_ms) : SK_FOREVER);
	if (status != SK_OK) {
		fprintf(stderr, "hostfs-client: %s: %s (%s)\n", tool->socket_path,
			sk_status_text(status), strerror(errno));
		return BROKEN;
	}
	tool->mask = umask(0);
	umask(tool->mask);
	status = tool_agree(tool);
	if (status == GOOD)
		status = command->run(tool, option, operands);
	sk_socket_close(&tool->socket);
	if (fflush(stdout) != 0 && status == GOOD)
		status = tool_local("the output");
	return status;
}

int main(int argc, char **argv)
{
	static struct tool tool;
	bool summary = false;
	int status = parse_options(argc, argv, &tool, &summary);

	if (status >= 0)
		return status;
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, argv[optind]) != 0)
			continue;
		status = run(&tool, &commands[i], argv + optind + 1);
		if (summary)
			fprintf(stderr, "%llu files, %llu folders, %llu links, "
				"%llu others, %llu bytes, %llu calls\n",
				(unsigned long long)tool.files,
				(unsigned long long)tool.directories,
				(unsigned long long)tool.links,
				(unsigned long long)tool.others,
				(unsigned long long)tool.bytes,
				(unsigned long long)tool.calls);
		return status;
	}
	return wrong_usage(argv[optind], "no such command");
}
