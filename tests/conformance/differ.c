/*
 * run_vectors differ: two programs that have to agree on random mutations.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/conformance/job.h"

/* Asks both; complains unless they agree. The first one's answer. */
static const char *ask_both(struct job *job, const struct row *row,
	const char *line)
{
	const char *one = peer_ask(&job->peer, line);
	const char *two = peer_ask(&job->other, line);
	const struct value *a = job_value(job, one);
	const struct value *b = job_value(job, two);
	bool same = one && two && (job_starts(one, "FAIL ") ?
		job_starts(two, "FAIL ") : line[0] == 'E' ? strcmp(one, two) == 0 :
		a && b && rows_equal(a, b, false));

	job->checks++;
	if (!same)
		job_complain(job, row, line, one ? one : "nothing: it crashed",
			two);
	return same && job_starts(one, "OK ") ? one : NULL;
}

/* A part's digits with one random change, in place or as a copy. */
static char *mutate(struct job *job, const char *hex)
{
	size_t size = *hex == '-' ? 0 : strlen(hex) / 2;
	uint64_t random = rows_random(&job->seed);
	size_t at = size ? (size_t)(rows_random(&job->seed) % size) : 0;
	char *copy = arena_alloc(job->arena, 2 * size + 9);

	memcpy(copy, hex, 2 * size);
	switch (size ? random % 8 : 8) {
	case 0:
		copy[2 * at] = '\0';
		break;
	case 1:
		memmove(copy + 2 * at, hex + 2 * at + 2, 2 * (size - at) - 1);
		copy[2 * size - 2] = '\0';
		break;
	case 2:
		memmove(copy + 2 * at + 2, hex + 2 * at, 2 * (size - at));
		break;
	case 3:
		memset(copy + 2 * at, "01f"[(random >> 8) % 3], 2);
		break;
	default:
		break;
	}
	if (random % 8 >= 4 && size) {
		copy[2 * at] = job_hex_digit((unsigned)(random >> 8));
		copy[2 * at + 1] = job_hex_digit((unsigned)(random >> 12));
	}
	return *copy ? copy : arena_copy(job->arena, "-", 1);
}

/* JSON with one of its numbers replaced by one at some type's limit. */
static char *mutate_json(struct job *job, const char *json)
{
	static const char *const limits[] = {
		"-1", "0", "127", "128", "-129", "255", "256", "65535",
		"65536", "-32769", "2147483648", "-2147483649", "4294967295",
		"4294967296", "9223372036854775808", "-9223372036854775808",
		"18446744073709551615", "18446744073709551616", "true",
		"[]", "{}", "\"x\"", "1.5", "-0.0", "1e39", "1e400", "3e-46",
		"\"NaN\"", "\"-Infinity\"", "\"NaN:0x7f800001\"", "[1]",
		"{\"#5\": [1, 2]}", "{\"sync\": {}}",
	};
	const char *limit = limits[rows_random(&job->seed) %
		(sizeof(limits) / sizeof(limits[0]))];
	size_t size = strlen(json);
	size_t at = (size_t)(rows_random(&job->seed) % size);
	size_t end;

	while (at < size && !strchr("0123456789", json[at]))
		at++;
	end = at + strspn(json + at, "0123456789");
	while (at > 0 && strchr("-0123456789", json[at - 1]))
		at--;
	return arena_printf(job->arena, "%.*s%s%s", (int)at, json,
		end < size ? limit : "", json + end);
}

/* What came beside the bytes, sometimes one more or less of it. */
static const char *mutate_beside(struct job *job, const struct row *row)
{
	unsigned counts[2];
	uint64_t random = rows_random(&job->seed);
	unsigned *count = &counts[random >> 8 & 1];

	if (random % 8 || sscanf(row->beside, "%u %u", &counts[0], &counts[1])
	    != 2)
		return row->beside;
	if (*count == 0 || random >> 9 & 1)
		++*count;
	else
		--*count;
	return arena_printf(job->arena, " %u %u", counts[0], counts[1]);
}

static void differ_decode(struct job *job, const struct row *row)
{
	char *head = mutate(job, row->head);
	char *tail = rows_random(&job->seed) % 4 ? mutate(job, row->tail) :
		arena_copy(job->arena, row->tail, strlen(row->tail));
	const char *answer;

	if (rows_random(&job->seed) % 4 == 0)
		head = arena_copy(job->arena, row->head, strlen(row->head));
	if (strlen(head) >= 16 && rows_random(&job->seed) % 8)
		job_set_tail_size(head, *tail == '-' ? 0 : strlen(tail) / 2);
	answer = ask_both(job, row, arena_printf(job->arena, "D %s %s %s%s",
		row->message, head, tail, mutate_beside(job, row)));
	if (answer == NULL)
		return;
	job->accepted++;
	ask_both(job, row, arena_printf(job->arena, "E %s %s", row->message,
		answer + 3));
}

static void differ_once(struct job *job)
{
	const struct row *row = &job->rows.items[
		rows_random(&job->seed) % job->rows.count];

	if (row->head)
		differ_decode(job, row);
	if (row->values && rows_random(&job->seed) % 2)
		ask_both(job, row, arena_printf(job->arena, "E %s %s",
			row->message, mutate_json(job,
			rows_json(job->arena, row->values))));
}

void differ_run(struct job *job, unsigned long count, char **command,
	char **other)
{
	uint64_t seed = job->seed;

	peer_start(&job->other, other);
	for (unsigned long i = 0; i < count; i++) {
		job->arena = arena_new();
		differ_once(job);
		arena_free(job->arena);
	}
	job_report(job, command, "%zu random questions (seed %" PRIu64 "), %zu "
		"messages accepted, are answered alike by %s and",
		job->checks, seed, job->accepted, other[0]);
	job_stop(job, &job->other);
}
