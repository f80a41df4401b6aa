/* Programs begun in place of this one. */
#include "call.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char *program_path;

static char self[4096];
static char *arguments[] = { self, "echo", "path", "two words", NULL };
static char *variables[] = { "A=1", "B=", NULL };

/* What the program that this becomes says: calls echo ... */
void exec_echo(char **words);
void exec_echo(char **words)
{
	extern char **environ;
	char text[400] = "", what[100];
	const char *by = *words;
	size_t at = 0;

	for (; *words; words++)
		at += (size_t)snprintf(text + at, sizeof text - at, "<%s>", *words);
	for (char **v = environ; *v; v++)
		at += (size_t)snprintf(text + at, sizeof text - at, "[%s]", *v);
	snprintf(text + at, sizeof text - at, " 50:%ld 51:%ld umask %lo",
		C(fcntl, 50, F_GETFD), C(fcntl, 51, F_GETFD), C(umask, 0));
	snprintf(what, sizeof what, "the program that begins by %s has", by);
	line_text(*by == '.' || *by == 'p' ? "execve" : "execveat", what, text, (long)strlen(text));
}

static void begin(void)
{
	C(dup2, 0, 50);
	C(dup3, 0, 51, O_CLOEXEC);
	C(execve, self, arguments, variables);
}

static void by_descriptor(void)
{
	long file = C(open, self, O_PATH | O_CLOEXEC);

	arguments[2] = "descriptor";
	line("execveat", "a descriptor", C(execveat, file, "", arguments, variables,
		AT_EMPTY_PATH));
}

static void below(void)
{
	arguments[2] = "folder";
	line("execveat", "below a descriptor", C(execveat, C(open, ".", O_RDONLY), "copy",
		arguments, variables, 0));
}

static void by_script(void)
{
	char *words[] = { "./script", "given", NULL };

	line("execve", "a script", C(execve, "./script", words, variables));
}

static void refused(void)
{
	T(execve, "nothing", "none", arguments, variables);
	T(execve, "a directory", ".", arguments, variables);
	T(execve, "what nobody may run", "plain", arguments, variables);
	T(execve, "what is no program", "text", arguments, variables);
	T(execve, "what is empty", "empty", arguments, variables);
	T(execve, "a script of nothing", "lost", arguments, variables);
	T(execve, "below a file", "text/x", arguments, variables);
	T(execve, "an empty path", "", arguments, variables);
	T(execve, "a wild path", WILD, arguments, variables);
	T(execve, "wild arguments", self, WILD, variables);
	T(execve, "wild variables", self, arguments, WILD);
	T(execveat, "nothing", HERE, "none", arguments, variables, 0);
	T(execveat, "descriptor not open", 99, "none", arguments, variables, 0);
	T(execveat, "unknown flags", HERE, "text", arguments, variables, 1);
	T(execveat, "a link itself", HERE, "link", arguments, variables, AT_SYMLINK_NOFOLLOW);
}

static void as_other(void)
{
	T(execve, "another user, what only root may run", "roots", arguments, variables);
	T(execve, "another user, in a closed directory", "closed/x", arguments, variables);
}

static void copy_self(const char *to)
{
	char piece[65536];
	long from = C(open, self, O_RDONLY), file = C(creat, to, 0755), got;

	while ((got = C(read, from, piece, sizeof piece)) > 0)
		C(write, file, piece, got);
	C(close, from);
	C(close, file);
}

static void make_script(const char *path, const char *program)
{
	char text[4200];

	snprintf(text, sizeof text, "#!%s echo\n", program);
	make_file(path, text);
	C(chmod, path, 0755);
}

void topic_exec(void)
{
	snprintf(self, sizeof self, "%s", program_path);
	make_file("plain", "x");
	make_file("text", "this is no program\n");
	C(chmod, "text", 0755);
	make_file("empty", "");
	C(chmod, "empty", 0755);
	make_script("lost", "/no/such/program");
	make_script("script", self);
	copy_self("copy");
	copy_self("roots");
	C(chmod, "roots", 0700);
	C(mkdir, "closed", 0700);
	copy_self("closed/x");
	C(symlink, "copy", "link");
	SAY(execve, "its code", in_child(begin, 0));
	SAY(execve, "of a script its code", in_child(by_script, 0));
	SAY(execveat, "of a descriptor its code", in_child(by_descriptor, 0));
	SAY(execveat, "below a descriptor its code", in_child(below, 0));
	refused();
	in_child(as_other, 1000);
}
