/*
 * One run of run_vectors: the programs that are asked, the rows, and what was
 * found so far.
 */
#ifndef TESTS_CONFORMANCE_JOB_H
#define TESTS_CONFORMANCE_JOB_H

#include "tests/conformance/peer.h"
#include "tests/conformance/rows.h"

#define DETAILS_MAX 5

struct job {
	struct arena *whole;		/* for the run */
	struct arena *arena;		/* for one row */
	struct peer peer;
	struct peer other;		/* of differ only */
	const char *file;
	struct rows rows;
	size_t checks;
	size_t accepted;
	size_t failures;
	bool has_failed;
	uint64_t seed;
	char details[DETAILS_MAX][1200];
};

/* Counts a failure; `came` is NULL if the program crashed. */
void job_complain(struct job *job, const struct row *row, const char *sent,
	const char *wanted, const char *came);
bool job_starts(const char *text, const char *with);
/* The value of an answer "OK {json}", or NULL. */
const struct value *job_value(struct job *job, const char *answer);
/* "D MESSAGE HEAD TAIL", and what came beside it. */
char *job_decode_line(struct job *job, const struct row *row, const char *head,
	const char *tail);

char job_hex_digit(unsigned value);
unsigned job_hex_value(char digit);
/* Writes the size of the tail into a head. */
void job_set_tail_size(char *head, size_t size);

/* Calls `check` for the rows of a schema, or for all if it is NULL. */
void job_each_row(struct job *job, const char *schema,
	void (*check)(struct job *, const struct row *));
/* Prints the line of what was checked since the last one. */
void job_report(struct job *job, char *const *command, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Ends a program, in order. */
void job_stop(struct job *job, struct peer *peer);

/* The subcommands; their programs are started. */
void check_run(struct job *job, const char *malformed, char **command);
void check_shadow(struct job *job, char **command);
void differ_run(struct job *job, unsigned long count, char **command,
	char **other);

#endif
