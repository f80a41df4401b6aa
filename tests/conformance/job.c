/*
 * What all subcommands of run_vectors do. See job.h.
 */
#include "tests/conformance/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compiler/json.h"

void job_complain(struct job *job, const struct row *row, const char *sent,
	const char *wanted, const char *came)
{
	size_t n = job->failures++;

	if (n >= DETAILS_MAX)
		return;
	snprintf(job->details[n], sizeof(job->details[n]),
		"# %s (%s)\n#   sent:   %.300s\n#   wanted: %.300s\n"
		"#   came:   %.300s\n", row->message,
		row->note ? row->note : "", sent, wanted,
		came ? came : "nothing: it crashed");
}

bool job_starts(const char *text, const char *with)
{
	return text && strncmp(text, with, strlen(with)) == 0;
}

const struct value *job_value(struct job *job, const char *answer)
{
	struct value *value = ARENA_NEW(job->arena, struct value);
	struct text_fault fault;

	if (!job_starts(answer, "OK ") || !json_read(job->arena, answer + 3,
	    strlen(answer + 3), VALUE_TEXT_BYTES, value, &fault))
		return NULL;
	return value;
}

char *job_decode_line(struct job *job, const struct row *row,
	const char *head, const char *tail)
{
	return arena_printf(job->arena, "D %s %s %s%s", row->message, head, tail,
		row->beside);
}

char job_hex_digit(unsigned value)
{
	return "0123456789abcdef"[value & 15];
}

unsigned job_hex_value(char digit)
{
	return digit <= '9' ? (unsigned)(digit - '0') :
		(unsigned)(digit - 'a') + 10;
}

void job_set_tail_size(char *head, size_t size)
{
	for (size_t i = 0; i < 4; i++, size >>= 8) {
		head[8 + 2 * i] = job_hex_digit((unsigned)size >> 4);
		head[9 + 2 * i] = job_hex_digit((unsigned)size);
	}
}

void job_each_row(struct job *job, const char *schema,
	void (*check)(struct job *, const struct row *))
{
	for (size_t i = 0; i < job->rows.count; i++) {
		const struct row *row = &job->rows.items[i];

		if (schema && strcmp(row->schema, schema) != 0)
			continue;
		job->arena = arena_new();
		check(job, row);
		arena_free(job->arena);
	}
}

void job_report(struct job *job, char *const *command, const char *format, ...)
{
	va_list arguments;

	/* A file without a row for a check would prove nothing. */
	if (job->checks == 0 && job->failures++ == 0)
		strcpy(job->details[0], "# nothing was checked\n");
	printf("%s - %s: ", job->failures ? "not ok" : "ok", job->file);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	fputs(" by", stdout);
	for (; *command; command++)
		printf(" %s", *command);
	putchar('\n');
	for (size_t i = 0; i < job->failures && i < DETAILS_MAX; i++)
		fputs(job->details[i], stdout);
	if (job->failures)
		printf("# %zu of %zu checks failed\n", job->failures,
			job->checks);
	job->has_failed |= job->failures != 0;
	job->failures = job->checks = job->accepted = 0;
}

void job_stop(struct job *job, struct peer *peer)
{
	char *const *command = peer->command;

	job->checks++;
	if (!peer_stop(peer))
		strcpy(job->details[job->failures++], "# it did not\n");
	job_report(job, command, "an orderly end");
}
