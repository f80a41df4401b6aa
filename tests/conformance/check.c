/*
 * run_vectors check and shadow: rows, and whatever is made of them by damage.
 */
#include <string.h>

#include "tests/conformance/job.h"

/* Of a part with more bytes than these, the ends are looked at and a random
 * sample. */
struct range {
	size_t whole;
	size_t ends;
	size_t sample;
};

static const struct range of_few = {600, 32, 64};
static const struct range of_many = {16, 6, 4};
#define MANY_ROWS 200

static void check_encode(struct job *job, const struct row *row,
	const struct value *value)
{
	char *line = arena_printf(job->arena, "E %s %s", row->message,
		rows_json(job->arena, value));
	const char *wanted = row->encode_fails ? "FAIL " :
		arena_printf(job->arena, "OK %s %s", row->head, row->tail);
	const char *answer = peer_ask(&job->peer, line);

	job->checks++;
	if (!answer || (row->encode_fails ? !job_starts(answer, wanted) :
	    strcmp(answer, wanted) != 0))
		job_complain(job, row, line, wanted, answer);
}

static void check_decode(struct job *job, const struct row *row,
	const char *head, const struct value *wanted)
{
	char *line = job_decode_line(job, row, head, row->tail);
	const char *answer = peer_ask(&job->peer, line);
	const struct value *value = job_value(job, answer);

	job->checks++;
	if (!value || !rows_equal(wanted, value, false))
		job_complain(job, row, line, rows_json(job->arena, wanted), answer);
}

static void check_refused(struct job *job, const struct row *row)
{
	char *line = job_decode_line(job, row, row->head, row->tail);
	const char *answer = peer_ask(&job->peer, line);

	job->checks++;
	if (!job_starts(answer, "FAIL "))
		job_complain(job, row, line, "FAIL reason", answer);
}

static char *padded(struct job *job, const char *hex, size_t size)
{
	size_t given = strlen(hex);
	char *text = arena_alloc(job->arena, 2 * size + given + 1);

	memset(text, '0', 2 * size);
	memcpy(text, hex, given);
	return text;
}

static void golden_row(struct job *job, const struct row *row)
{
	if (row->values)
		check_encode(job, row, row->values);
	if (row->encode_fails)
		return;
	if (row->decode_fails) {
		check_refused(job, row);
		return;
	}
	check_decode(job, row, row->head, rows_wanted(job->arena, row));
	check_decode(job, row, padded(job, row->head, row->head_size),
		rows_wanted(job->arena, row));
}

static void shadow_row(struct job *job, const struct row *row)
{
	char *line;
	const char *answer;

	if (row->shadow == NULL)
		return;
	check_encode(job, row, row->shadow);
	line = arena_printf(job->arena, "D %s %s %s", row->message, row->head,
		row->tail);
	answer = peer_ask(&job->peer, line);
	if (!job_starts(answer, "OK "))
		job_complain(job, row, line, "OK {json}", answer);
}

/* True if `from` says the same bytes, but for zeros behind the head. */
static bool is_same_message(const char *answer, const char *head,
	const char *tail)
{
	size_t same = 0;

	if (!job_starts(answer, "OK "))
		return false;
	answer += 3;
	while (answer[same] != ' ' && answer[same] == head[same])
		same++;
	return answer[same] == ' ' && strcmp(answer + same + 1, tail) == 0 &&
		strspn(head + same, "0") == strlen(head + same);
}

/* Refused, or what it says is said by the same bytes. True if accepted. */
static const struct value *check_damaged(struct job *job, const struct row *row,
	const char *head, const char *tail)
{
	char *line = job_decode_line(job, row, head, tail);
	const char *answer = peer_ask(&job->peer, line);
	const struct value *value;
	char *back;

	job->checks++;
	if (job_starts(answer, "FAIL "))
		return NULL;
	value = job_value(job, answer);
	if (value == NULL) {
		job_complain(job, row, line, "OK {json} or FAIL reason", answer);
		return NULL;
	}
	job->accepted++;
	back = arena_printf(job->arena, "E %s %s", row->message, answer + 3);
	answer = peer_ask(&job->peer, back);
	if (!is_same_message(answer, head, tail))
		job_complain(job, row, back, line, answer);
	return value;
}

/* Whether a byte of a part is among those that are looked at. */
static bool is_sampled(struct job *job, size_t at, size_t size)
{
	const struct range *range = job->rows.count < MANY_ROWS ? &of_few :
		&of_many;

	return size <= range->whole || at < range->ends ||
		at >= size - range->ends ||
		rows_random(&job->seed) % size < range->sample;
}

static void damage_head(struct job *job, const struct row *row, size_t at)
{
	char *head = arena_copy(job->arena, row->head, strlen(row->head));

	for (unsigned bit = 0; bit < 8; bit++) {
		char *digit = &head[2 * at + (bit < 4)];
		char before = *digit;

		*digit = job_hex_digit(job_hex_value(before) ^ 1u << bit % 4);
		check_damaged(job, row, head, row->tail);
		*digit = before;
	}
	head[2 * at] = '\0';
	check_damaged(job, row, at ? head : "-", row->tail);
}

static void damage_tail(struct job *job, const struct row *row, size_t at)
{
	char *head = arena_copy(job->arena, row->head, strlen(row->head));
	char *tail = arena_copy(job->arena, row->tail, strlen(row->tail));

	for (unsigned bit = 0; bit < 8; bit++) {
		char *digit = &tail[2 * at + (bit < 4)];
		char before = *digit;

		*digit = job_hex_digit(job_hex_value(before) ^ 1u << bit % 4);
		check_damaged(job, row, head, tail);
		*digit = before;
	}
	/* Once with the head telling the truth, once as it was. */
	tail[2 * at] = '\0';
	check_damaged(job, row, head, at ? tail : "-");
	job_set_tail_size(head, at);
	check_damaged(job, row, head, at ? tail : "-");
}

/* An arena for each byte, so that long rows do not pile up. */
static void damage_part(struct job *job, const struct row *row, const char *hex,
	void (*damage)(struct job *, const struct row *, size_t))
{
	size_t size = *hex == '-' ? 0 : strlen(hex) / 2;
	struct arena *outer = job->arena;

	for (size_t at = 0; at < size; at++) {
		if (!is_sampled(job, at, size))
			continue;
		job->arena = arena_new();
		damage(job, row, at);
		arena_free(job->arena);
	}
	job->arena = outer;
}

static void damage_row(struct job *job, const struct row *row)
{
	if (row->encode_fails || row->decode_fails)
		return;
	damage_part(job, row, row->head, damage_head);
	damage_part(job, row, row->tail, damage_tail);
}

static void malformed_row(struct job *job, const struct row *row)
{
	const struct value *value = check_damaged(job, row, row->head,
		row->tail);

	if (value == NULL)
		return;
	if (row->decoded == NULL)
		job_complain(job, row, row->head, "FAIL, as the original",
			rows_json(job->arena, value));
	else if (!rows_equal(row->decoded, value, true))
		job_complain(job, row, row->head,
			rows_json(job->arena, row->decoded),
			rows_json(job->arena, value));
}

void check_run(struct job *job, const char *malformed, char **command)
{
	job_each_row(job, NULL, golden_row);
	job_report(job, command, "%zu rows encode and decode", job->rows.count);
	job_each_row(job, NULL, damage_row);
	job_report(job, command, "%zu prefixes and flipped bits are refused, or, "
		"%zu of them, encode back", job->checks, job->accepted);
	if (malformed == NULL)
		return;
	job->rows = rows_read(job->whole, malformed);
	job_each_row(job, job->file, malformed_row);
	job_report(job, command, "%zu malformed messages are refused, or, %zu of "
		"them, read as by the original", job->checks, job->accepted);
}

void check_shadow(struct job *job, char **command)
{
	job_each_row(job, NULL, shadow_row);
	job_report(job, command, "%zu rows have the bytes of their shadows",
		job->checks);
}
