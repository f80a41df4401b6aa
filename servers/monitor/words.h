/*
 * A line as words, paths as others take them, and numbers and times as people read
 * them. Pure.
 */
#ifndef SERVERS_MONITOR_WORDS_H
#define SERVERS_MONITOR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/monitor/edit.h"

#define WORDS_MAX 64
/* Bytes of a path with its NUL, as long as one call takes. */
#define PATH_SIZE 3073u

/* Blanks separate; in '...' and "...", and behind a backslash, they do not. */
struct words {
	uint32_t count;
	char *word[WORDS_MAX];		/* in `text` */
	uint32_t start[WORDS_MAX];	/* where each begins in the line */
	bool is_open;			/* a quote was not closed */
	bool is_ended;			/* the last one is followed by a blank */
	char text[EDIT_LINE + WORDS_MAX];
};

/* The first `size` bytes of a line. False: more words than there is room for. */
bool words_split(struct words *words, const char *line, uint32_t size);
/* Takes out so many from one on. There are as many. */
void words_drop(struct words *words, uint32_t at, uint32_t count);
/* Whether the first word after the command is this option, which is then taken out. */
bool words_option(struct words *words, const char *option);

bool same(const char *one, const char *other);
bool starts_with(const char *text, const char *start);
/* As strcmp. */
int compare(const char *one, const char *other);
/* Decimal. False: it is no number, or too great. */
bool number_of(const char *text, uint64_t *number);

/*
 * Where `text` leads from a folder: absolute, without `.`, `..` and empty names. False:
 * too long. `to` has PATH_SIZE bytes, and may be the folder.
 */
bool path_join(char *to, const char *folder, const char *text);
/* The last name of such a path; "" of the root. */
const char *path_name(const char *path);

/* Each into `to`, of TEXT_SIZE bytes, which it returns. */
#define TEXT_SIZE 32
/* "812", "4.0K", "63.5M" */
const char *text_size(char *to, uint64_t bytes);
/* "1.204 s", "3 min 5 s", of nanoseconds */
const char *text_span(char *to, uint64_t nanos);
/* "2026-02-28 23:59:58", of seconds since 1970 */
const char *text_date(char *to, int64_t seconds);

#endif
