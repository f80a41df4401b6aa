/*
 * Runs conformance programs on vectors and prints TAP.
 *
 *   run_vectors check FILE [MALFORMED] -- COMMAND...
 *	- Each row of FILE encodes to its bytes and decodes to its value, with
 *	  the head as it is and padded with zeros to its declared size. Rows
 *	  that must not encode, or not decode, do not.
 *	- Every prefix and every flipped bit of each row is refused, or
 *	  decodes to something that encodes to the same bytes (of long parts:
 *	  both ends and a random sample).
 *	- Of the rows of MALFORMED with the same schema, those that the
 *	  original refuses or dies of are refused; of the others, what is
 *	  accepted is what the original reads, and encodes back.
 *   run_vectors shadow FILE -- COMMAND...
 *	- What each row says in bragi's constructs, which are COMMAND's, has the
 *	  bytes of the row.
 *   run_vectors differ FILE COUNT SEED -- COMMAND... -- COMMAND...
 *	- Two programs agree on COUNT random mutations of the rows.
 *
 * What went wrong follows a line of TAP behind `#`. Exits with 0 if all is
 * well, 1 if not, 2 if it cannot run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/job.h"

static const char *base_name(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return arena_copy(arena, name, strcspn(name, "."));
}

static void usage(void)
{
	fputs("usage: run_vectors check FILE [MALFORMED] -- COMMAND...\n"
		"       run_vectors shadow FILE -- COMMAND...\n"
		"       run_vectors differ FILE COUNT SEED -- COMMAND... "
		"-- COMMAND...\n", stderr);
	exit(2);
}

/* Where the arguments go on behind the next "--", which becomes NULL. */
static char **behind_dashes(char **argv)
{
	while (*argv && strcmp(*argv, "--") != 0)
		argv++;
	if (*argv == NULL)
		return NULL;
	*argv = NULL;
	return argv + 1;
}

static void run(struct job *job, char **argv, char **command)
{
	char **other = behind_dashes(command);

	if (strcmp(argv[1], "check") == 0) {
		peer_start(&job->peer, command);
		check_run(job, argv[3], command);
	} else if (strcmp(argv[1], "shadow") == 0) {
		peer_start(&job->peer, command);
		check_shadow(job, command);
	} else if (strcmp(argv[1], "differ") == 0 && other && argv[3] &&
		   argv[4]) {
		job->seed = strtoull(argv[4], NULL, 0);
		peer_start(&job->peer, command);
		differ_run(job, strtoul(argv[3], NULL, 0), command, other);
	} else {
		usage();
	}
	job_stop(job, &job->peer);
}

int main(int argc, char **argv)
{
	struct job job = {.seed = 1, .whole = arena_new()};
	char **command = behind_dashes(argv);

	if (argc < 5 || command == NULL || argv[1] == NULL || argv[2] == NULL)
		usage();
	job.rows = rows_read(job.whole, argv[2]);
	job.file = base_name(job.whole, argv[2]);
	run(&job, argv, command);
	arena_free(job.whole);
	return job.has_failed;
}
