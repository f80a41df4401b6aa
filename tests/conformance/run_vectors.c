/*
 * Runs conformance programs on vectors and prints TAP.
 *
 *   run_vectors check FILE [MALFORMED] -- COMMAND...
 *	- Each row of FILE encodes to its bytes and decodes to its value, with
 *	  the head as it is and padded with zeros to its declared size. Rows
 *	  that must not encode do not.
 *	- Every prefix and every flipped bit of each row is refused, or
 *	  decodes to something that encodes to the same bytes (of parts above
 *	  600 bytes: both ends and a random sample).
 *	- Of the rows of MALFORMED with the same schema, those that the
 *	  original refuses or dies of are refused; of the others, what is
 *	  accepted is what the original reads, and encodes back.
 *   run_vectors differ FILE COUNT SEED -- COMMAND... -- COMMAND...
 *	- Two programs agree on COUNT random mutations of the rows.
 *
 * What went wrong follows a line of TAP behind `#`. Exits with 0 if all is
 * well, 1 if not, 2 if it cannot run.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/json.h"
#include "tests/conformance/peer.h"
#include "tests/conformance/rows.h"

#define DETAILS_MAX 5
#define WHOLE_MAX 600
#define ENDS 32
#define SAMPLE 64

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

static void complain(struct job *job, const struct row *row, const char *sent,
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

static bool starts(const char *text, const char *with)
{
	return text && strncmp(text, with, strlen(with)) == 0;
}

/* The value of an answer "OK {json}", or NULL. */
static const struct value *answered_value(struct job *job, const char *answer)
{
	struct value *value = ARENA_NEW(job->arena, struct value);
	struct text_fault fault;

	if (!starts(answer, "OK ") || !json_read(job->arena, answer + 3,
	    strlen(answer + 3), VALUE_TEXT_BYTES, value, &fault))
		return NULL;
	return value;
}

static void check_encode(struct job *job, const struct row *row)
{
	char *line = arena_printf(job->arena, "E %s %s", row->message,
		rows_json(job->arena, row->values));
	const char *wanted = row->encode_fails ? "FAIL " :
		arena_printf(job->arena, "OK %s %s", row->head, row->tail);
	const char *answer = peer_ask(&job->peer, line);

	job->checks++;
	if (!answer || (row->encode_fails ? !starts(answer, wanted) :
	    strcmp(answer, wanted) != 0))
		complain(job, row, line, wanted, answer);
}

static void check_decode(struct job *job, const struct row *row,
	const char *head, const struct value *wanted)
{
	char *line = arena_printf(job->arena, "D %s %s %s", row->message,
		head, row->tail);
	const char *answer = peer_ask(&job->peer, line);
	const struct value *value = answered_value(job, answer);

	job->checks++;
	if (!value || !rows_equal(wanted, value, false))
		complain(job, row, line, rows_json(job->arena, wanted), answer);
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
	check_encode(job, row);
	if (row->encode_fails)
		return;
	check_decode(job, row, row->head, rows_wanted(job->arena, row));
	check_decode(job, row, padded(job, row->head, row->head_size),
		rows_wanted(job->arena, row));
}

/* True if `from` says the same bytes, but for zeros behind the head. */
static bool is_same_message(const char *answer, const char *head,
	const char *tail)
{
	size_t same = 0;

	if (!starts(answer, "OK "))
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
	char *line = arena_printf(job->arena, "D %s %s %s", row->message, head,
		tail);
	const char *answer = peer_ask(&job->peer, line);
	const struct value *value;
	char *back;

	job->checks++;
	if (starts(answer, "FAIL "))
		return NULL;
	value = answered_value(job, answer);
	if (value == NULL) {
		complain(job, row, line, "OK {json} or FAIL reason", answer);
		return NULL;
	}
	job->accepted++;
	back = arena_printf(job->arena, "E %s %s", row->message, answer + 3);
	answer = peer_ask(&job->peer, back);
	if (!is_same_message(answer, head, tail))
		complain(job, row, back, line, answer);
	return value;
}

static char hex_digit(unsigned value)
{
	return "0123456789abcdef"[value & 15];
}

static unsigned hex_value(char digit)
{
	return digit <= '9' ? (unsigned)(digit - '0') :
		(unsigned)(digit - 'a') + 10;
}

/* Writes the size of the tail into a head. */
static void set_tail_size(char *head, size_t size)
{
	for (size_t i = 0; i < 4; i++, size >>= 8) {
		head[8 + 2 * i] = hex_digit((unsigned)size >> 4);
		head[9 + 2 * i] = hex_digit((unsigned)size);
	}
}

/* Whether a byte of a long part is among those that are looked at. */
static bool is_sampled(struct job *job, size_t at, size_t size)
{
	return size <= WHOLE_MAX || at < ENDS || at >= size - ENDS ||
		rows_random(&job->seed) % size < SAMPLE;
}

static void damage_head(struct job *job, const struct row *row, size_t at)
{
	char *head = arena_copy(job->arena, row->head, strlen(row->head));

	for (unsigned bit = 0; bit < 8; bit++) {
		char *digit = &head[2 * at + (bit < 4)];
		char before = *digit;

		*digit = hex_digit(hex_value(before) ^ 1u << bit % 4);
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

		*digit = hex_digit(hex_value(before) ^ 1u << bit % 4);
		check_damaged(job, row, head, tail);
		*digit = before;
	}
	/* Once with the head telling the truth, once as it was. */
	tail[2 * at] = '\0';
	check_damaged(job, row, head, at ? tail : "-");
	set_tail_size(head, at);
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
	if (row->encode_fails)
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
		complain(job, row, row->head, "FAIL, as the original",
			rows_json(job->arena, value));
	else if (!rows_equal(row->decoded, value, true))
		complain(job, row, row->head,
			rows_json(job->arena, row->decoded),
			rows_json(job->arena, value));
}

/* Asks both; complains unless they agree. The first one's answer. */
static const char *ask_both(struct job *job, const struct row *row,
	const char *line)
{
	const char *one = peer_ask(&job->peer, line);
	const char *two = peer_ask(&job->other, line);
	const struct value *a = answered_value(job, one);
	const struct value *b = answered_value(job, two);
	bool same = one && two && (starts(one, "FAIL ") ?
		starts(two, "FAIL ") : line[0] == 'E' ? strcmp(one, two) == 0 :
		a && b && rows_equal(a, b, false));

	job->checks++;
	if (!same)
		complain(job, row, line, one ? one : "nothing: it crashed",
			two);
	return same && starts(one, "OK ") ? one : NULL;
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
		copy[2 * at] = hex_digit((unsigned)(random >> 8));
		copy[2 * at + 1] = hex_digit((unsigned)(random >> 12));
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
		"[]", "{}", "\"x\"",
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

static void differ_once(struct job *job)
{
	const struct row *row = &job->rows.items[
		rows_random(&job->seed) % job->rows.count];
	char *head;
	char *tail;
	const char *answer;

	if (row->encode_fails)
		return;
	head = mutate(job, row->head);
	tail = rows_random(&job->seed) % 4 ? mutate(job, row->tail) :
		arena_copy(job->arena, row->tail, strlen(row->tail));
	if (rows_random(&job->seed) % 4 == 0)
		head = arena_copy(job->arena, row->head, strlen(row->head));
	if (strlen(head) >= 16 && rows_random(&job->seed) % 8)
		set_tail_size(head, *tail == '-' ? 0 : strlen(tail) / 2);
	answer = ask_both(job, row, arena_printf(job->arena, "D %s %s %s",
		row->message, head, tail));
	if (answer) {
		job->accepted++;
		ask_both(job, row, arena_printf(job->arena, "E %s %s",
			row->message, answer + 3));
	}
	if (row->values && rows_random(&job->seed) % 2)
		ask_both(job, row, arena_printf(job->arena, "E %s %s",
			row->message, mutate_json(job,
			rows_json(job->arena, row->values))));
}

static void each_row(struct job *job, const char *schema,
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

/* Prints the line of what was checked since the last one. */
static void report(struct job *job, char *const *command, const char *format,
	...) __attribute__((format(printf, 3, 4)));

static void report(struct job *job, char *const *command, const char *format,
	...)
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

static void stop(struct job *job, struct peer *peer)
{
	char *const *command = peer->command;

	job->checks++;
	if (!peer_stop(peer))
		strcpy(job->details[job->failures++], "# it did not\n");
	report(job, command, "an orderly end");
}

static const char *base_name(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return arena_copy(arena, name, strcspn(name, "."));
}

static void usage(void)
{
	fputs("usage: run_vectors check FILE [MALFORMED] -- COMMAND...\n"
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

static void run_check(struct job *job, const char *malformed, char **command)
{
	each_row(job, NULL, golden_row);
	report(job, command, "%zu rows encode and decode", job->rows.count);
	each_row(job, NULL, damage_row);
	report(job, command, "%zu prefixes and flipped bits are refused, or, "
		"%zu of them, encode back", job->checks, job->accepted);
	if (malformed == NULL)
		return;
	job->rows = rows_read(job->whole, malformed);
	each_row(job, job->file, malformed_row);
	report(job, command, "%zu malformed messages are refused, or, %zu of "
		"them, read as by the original", job->checks, job->accepted);
}

static void run_differ(struct job *job, unsigned long count, char **command,
	char **other)
{
	uint64_t seed = job->seed;

	peer_start(&job->other, other);
	for (unsigned long i = 0; i < count; i++) {
		job->arena = arena_new();
		differ_once(job);
		arena_free(job->arena);
	}
	report(job, command, "%zu random questions (seed %" PRIu64 "), %zu "
		"messages accepted, are answered alike by %s and",
		job->checks, seed, job->accepted, other[0]);
	stop(job, &job->other);
}

static void run(struct job *job, char **argv, char **command)
{
	char **other = behind_dashes(command);

	if (strcmp(argv[1], "check") == 0) {
		peer_start(&job->peer, command);
		run_check(job, argv[3], command);
	} else if (strcmp(argv[1], "differ") == 0 && other && argv[3] &&
		   argv[4]) {
		job->seed = strtoull(argv[4], NULL, 0);
		peer_start(&job->peer, command);
		run_differ(job, strtoul(argv[3], NULL, 0), command, other);
	} else {
		usage();
	}
	stop(job, &job->peer);
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
