/* Words, paths, numbers and times. */
#include "servers/monitor/words.h"

#include "runtime/start/string.h"

/* ---- texts ---- */

bool same(const char *one, const char *other)
{
	return compare(one, other) == 0;
}

int compare(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	return (unsigned char)*one - (unsigned char)*other;
}

bool starts_with(const char *text, const char *start)
{
	size_t size = strlen(start);

	return strlen(text) >= size && memcmp(text, start, size) == 0;
}

bool number_of(const char *text, uint64_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || value > UINT64_MAX / 10 - 1)
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*number = value;
	return true;
}

/* ---- words ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word from line[at] on, to *to; returns where it ends. */
static uint32_t take_word(struct words *words, const char *line, uint32_t at, uint32_t size,
	char **to)
{
	char quote = 0;

	for (; at < size && (quote || !is_blank(line[at])); at++) {
		if (line[at] == quote)
			quote = 0;
		else if (!quote && (line[at] == '\'' || line[at] == '"'))
			quote = line[at];
		else if (line[at] == '\\' && quote != '\'' && at + 1 < size)
			*(*to)++ = line[++at];
		else
			*(*to)++ = line[at];
	}
	words->is_open = quote != 0;
	*(*to)++ = 0;
	return at;
}

bool words_split(struct words *words, const char *line, uint32_t size)
{
	char *to = words->text;
	uint32_t at = 0;

	words->count = 0;
	words->is_open = false;
	words->is_ended = true;
	for (;;) {
		while (at < size && is_blank(line[at]))
			at++;
		if (at == size)
			return true;
		if (words->count == WORDS_MAX)
			return false;
		words->start[words->count] = at;
		words->word[words->count++] = to;
		at = take_word(words, line, at, size, &to);
		words->is_ended = at < size;
	}
}

void words_drop(struct words *words, uint32_t at, uint32_t count)
{
	words->count -= count;
	for (uint32_t i = at; i < words->count; i++)
		words->word[i] = words->word[i + count];
}

bool words_option(struct words *words, const char *option)
{
	if (words->count < 2 || !same(words->word[1], option))
		return false;
	words_drop(words, 1, 1);
	return true;
}

/* ---- paths ---- */

/* One name more, or one less; without the root's slash. False: there is no room. */
static bool add_name(char *path, uint32_t *size, const char *name, uint32_t length)
{
	if (length == 0 || (length == 1 && name[0] == '.'))
		return true;
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		while (*size > 0 && path[--*size] != '/')
			;
		return true;
	}
	if (*size + 1 + length >= PATH_SIZE)
		return false;
	path[(*size)++] = '/';
	memcpy(path + *size, name, length);
	*size += length;
	return true;
}

bool path_join(char *to, const char *folder, const char *text)
{
	uint32_t size = 0;

	if (text[0] != '/' && !same(folder, "/")) {
		size = (uint32_t)strlen(folder);
		memmove(to, folder, size);
	}
	while (*text) {
		uint32_t length = 0;

		while (text[length] && text[length] != '/')
			length++;
		if (!add_name(to, &size, text, length))
			return false;
		text += length + (text[length] == '/');
	}
	if (size == 0)
		to[size++] = '/';
	to[size] = 0;
	return true;
}

const char *path_name(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* ---- numbers and times ---- */

struct text {
	char *to;
	uint32_t size;
};

static void add(struct text *text, const char *from)
{
	while (*from && text->size + 1 < TEXT_SIZE)
		text->to[text->size++] = *from++;
	text->to[text->size] = 0;
}

/* With zeros before it. */
static void add_number(struct text *text, uint64_t number, uint32_t width)
{
	char digits[24];
	uint32_t at = sizeof(digits);

	digits[--at] = 0;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0 || sizeof(digits) - 1 - at < width);
	add(text, digits + at);
}

const char *text_size(char *to, uint64_t bytes)
{
	static const char *const units[] = {"K", "M", "G", "T", "P", "E"};
	struct text text = {to, 0};
	uint32_t unit = 0;

	if (bytes < 1024) {
		add_number(&text, bytes, 1);
		return to;
	}
	while (bytes >= 1024 * 1024) {
		bytes /= 1024;
		unit++;
	}
	add_number(&text, bytes / 1024, 1);
	add(&text, ".");
	add_number(&text, bytes % 1024 * 10 / 1024, 1);
	add(&text, units[unit]);
	return to;
}

static void add_parts(struct text *text, uint64_t one, const char *unit, uint64_t other,
	const char *small)
{
	add_number(text, one, 1);
	add(text, unit);
	add_number(text, other, 1);
	add(text, small);
}

const char *text_span(char *to, uint64_t nanos)
{
	struct text text = {to, 0};
	uint64_t seconds = nanos / 1000000000;

	if (nanos < 1000000) {
		add_number(&text, nanos / 1000, 1);
		add(&text, " us");
	} else if (seconds == 0) {
		add_number(&text, nanos / 1000000, 1);
		add(&text, " ms");
	} else if (seconds < 60) {
		add_number(&text, seconds, 1);
		add(&text, ".");
		add_number(&text, nanos / 1000000 % 1000, 3);
		add(&text, " s");
	} else if (seconds < 3600) {
		add_parts(&text, seconds / 60, " min ", seconds % 60, " s");
	} else if (seconds < 86400) {
		add_parts(&text, seconds / 3600, " h ", seconds / 60 % 60, " min");
	} else {
		add_parts(&text, seconds / 86400, " d ", seconds / 3600 % 24, " h");
	}
	return to;
}

/* Years begin in March, so that the day that comes and goes is the last. */
const char *text_date(char *to, int64_t seconds)
{
	struct text text = {to, 0};
	int64_t day = seconds / 86400 - (seconds % 86400 < 0);
	uint64_t of_day = (uint64_t)(seconds - day * 86400);
	/* Since the first of March of the year 0; 400 years are one era. */
	uint64_t days = (uint64_t)(day + 719468);
	uint64_t era = days / 146097, in_era = days % 146097;
	uint64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	uint64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * in_year + 2) / 153;

	add_number(&text, era * 400 + year + (month >= 10), 4);
	add(&text, "-");
	add_number(&text, month < 10 ? month + 3 : month - 9, 2);
	add(&text, "-");
	add_number(&text, in_year - (153 * month + 2) / 5 + 1, 2);
	add(&text, " ");
	add_number(&text, of_day / 3600, 2);
	add(&text, ":");
	add_number(&text, of_day / 60 % 60, 2);
	add(&text, ":");
	add_number(&text, of_day % 60, 2);
	return to;
}
