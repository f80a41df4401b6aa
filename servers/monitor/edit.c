/* The line editor: what keys do, and how that looks. */
#include "servers/monitor/edit.h"

#include "runtime/start/string.h"

#define KEY(letter) ((letter) & 0x1f)
#define ESCAPE 0x1b
#define DELETE 0x7f

/* How far an escape sequence has come. */
enum { PLAIN, AFTER_ESCAPE, IN_SEQUENCE, ONE_MORE };

static void put(struct edit *edit, const char *text, size_t size)
{
	if (size > 0)
		edit->put(edit->self, text, size);
}

static void put_text(struct edit *edit, const char *text)
{
	put(edit, text, strlen(text));
}

static void ring_bell(struct edit *edit)
{
	put(edit, "\a", 1);
}

/* ---- characters ---- */

static bool begins(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static uint32_t before(const struct edit *edit, uint32_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && !begins(edit->line[at]))
		at--;
	return at;
}

static uint32_t behind(const struct edit *edit, uint32_t at)
{
	if (at < edit->size)
		at++;
	while (at < edit->size && !begins(edit->line[at]))
		at++;
	return at;
}

static uint32_t width(const char *text, uint32_t from, uint32_t to)
{
	uint32_t columns = 0;

	for (; from < to; from++)
		columns += begins(text[from]);
	return columns;
}

/* Without escape sequences, which end with a letter. */
static uint32_t prompt_width(const struct edit *edit)
{
	uint32_t columns = 0;
	bool is_escape = false;

	for (const char *at = edit->prompt; *at; at++) {
		if (*at == ESCAPE)
			is_escape = true;
		else if (!is_escape)
			columns += begins(*at);
		else if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'))
			is_escape = false;
	}
	return columns;
}

/* ---- showing ---- */

/* Columns for the line; the last one stays free, where terminals differ. */
static uint32_t room(const struct edit *edit)
{
	uint32_t taken = prompt_width(edit) + 1;

	return edit->columns > taken + 8 ? edit->columns - taken : 8;
}

/* The cursor is to be within what is shown. */
static void scroll(struct edit *edit)
{
	uint32_t columns = room(edit);

	if (edit->cursor < edit->left)
		edit->left = edit->cursor;
	while (width(edit->line, edit->left, edit->cursor) > columns)
		edit->left = behind(edit, edit->left);
}

static void go_right(struct edit *edit, uint32_t columns)
{
	char text[8];
	uint32_t at = sizeof(text);

	if (columns == 0)
		return;
	text[--at] = 'C';
	for (; columns > 0; columns /= 10)
		text[--at] = (char)('0' + columns % 10);
	text[--at] = '[';
	text[--at] = ESCAPE;
	put(edit, text + at, sizeof(text) - at);
}

/* From the line's beginning on; what stood behind it too. */
static void draw(struct edit *edit, bool erases)
{
	uint32_t end;

	scroll(edit);
	end = edit->left;
	while (end < edit->size && width(edit->line, edit->left, end) < room(edit))
		end = behind(edit, end);
	put_text(edit, "\r");
	put_text(edit, edit->prompt);
	put(edit, edit->line + edit->left, end - edit->left);
	if (erases)
		put_text(edit, "\x1b[K");
	if (edit->cursor == end)
		return;
	put_text(edit, "\r");
	go_right(edit, prompt_width(edit) + width(edit->line, edit->left, edit->cursor));
}

void edit_draw(struct edit *edit)
{
	draw(edit, false);
}

static void draw_anew(struct edit *edit)
{
	draw(edit, true);
}

/* ---- changing ---- */

static void remove(struct edit *edit, uint32_t from, uint32_t to)
{
	if (from == to)
		return;
	memmove(edit->line + from, edit->line + to, edit->size - to + 1);
	edit->size -= to - from;
	edit->cursor = from;
	draw_anew(edit);
}

void edit_insert(struct edit *edit, const char *text, size_t size)
{
	bool at_end = edit->cursor == edit->size;

	if (size > EDIT_LINE - edit->size) {
		ring_bell(edit);
		return;
	}
	memmove(edit->line + edit->cursor + size, edit->line + edit->cursor,
		edit->size - edit->cursor + 1);
	memcpy(edit->line + edit->cursor, text, size);
	edit->size += (uint32_t)size;
	edit->cursor += (uint32_t)size;
	if (at_end && width(edit->line, edit->left, edit->size) <= room(edit))
		put(edit, text, size);
	else
		draw_anew(edit);
}

static void set_line(struct edit *edit, const char *line)
{
	edit->size = edit->cursor = (uint32_t)strlen(line);
	memcpy(edit->line, line, edit->size + 1);
	edit->left = 0;
	draw_anew(edit);
}

static void move_to(struct edit *edit, uint32_t cursor)
{
	if (cursor == edit->cursor)
		return;
	edit->cursor = cursor;
	draw_anew(edit);
}

void edit_leave(struct edit *edit)
{
	move_to(edit, edit->size);
	put_text(edit, "\n");
}

/* Where the word before the cursor begins. */
static uint32_t word_start(const struct edit *edit)
{
	uint32_t at = edit->cursor;

	while (at > 0 && edit->line[at - 1] == ' ')
		at--;
	while (at > 0 && edit->line[at - 1] != ' ')
		at--;
	return at;
}

/* ---- going back ---- */

void edit_remember(struct edit *edit, const char *line)
{
	char *last = edit->history[(edit->remembered - 1) % EDIT_HISTORY];
	size_t size = strlen(line);

	if (size == 0 || size > EDIT_LINE)
		return;
	if (edit->remembered > 0 && strlen(last) == size && memcmp(last, line, size) == 0)
		return;
	memcpy(edit->history[edit->remembered++ % EDIT_HISTORY], line, size + 1);
}

static void show_remembered(struct edit *edit, uint32_t back)
{
	uint32_t there = edit->remembered < EDIT_HISTORY ? edit->remembered : EDIT_HISTORY;

	if (back > there) {
		ring_bell(edit);
		return;
	}
	if (edit->shown == 0)
		memcpy(edit->kept, edit->line, edit->size + 1);
	edit->shown = back;
	set_line(edit, back == 0 ? edit->kept :
		edit->history[(edit->remembered - back) % EDIT_HISTORY]);
}

static void go_back(struct edit *edit)
{
	show_remembered(edit, edit->shown + 1);
}

static void go_forth(struct edit *edit)
{
	if (edit->shown > 0)
		show_remembered(edit, edit->shown - 1);
	else
		ring_bell(edit);
}

/* ---- keys ---- */

/* The last character of a sequence: as a key that does the same, or 0. */
static uint8_t meant_by(uint8_t last, uint32_t parameter)
{
	switch (last) {
	case 'A':
		return KEY('P');
	case 'B':
		return KEY('N');
	case 'C':
		return KEY('F');
	case 'D':
		return KEY('B');
	case 'H':
		return KEY('A');
	case 'F':
		return KEY('E');
	case '~':
		return parameter == 1 || parameter == 7 ? KEY('A') :
			parameter == 4 || parameter == 8 ? KEY('E') :
			parameter == 3 ? KEY('D') : 0;
	default:
		return 0;
	}
}

/* What this byte of a sequence comes to: a key, or 0. */
static uint8_t escaped(struct edit *edit, uint8_t byte)
{
	if (edit->escape == AFTER_ESCAPE) {
		edit->escape = byte == '[' ? IN_SEQUENCE : byte == 'O' ? ONE_MORE : PLAIN;
		edit->parameter = 0;
		return 0;
	}
	if (edit->escape == IN_SEQUENCE && byte >= 0x20 && byte < 0x40) {
		/* Behind a semicolon: which keys were held; all the same here. */
		if (byte >= '0' && byte <= '9' && edit->parameter < 100)
			edit->parameter = edit->parameter * 10 + byte - '0';
		else if (byte == ';')
			edit->parameter += 100;
		return 0;
	}
	edit->escape = PLAIN;
	return meant_by(byte, edit->parameter % 100);
}

static void control(struct edit *edit, uint8_t key)
{
	switch (key) {
	case KEY('A'):
		move_to(edit, 0);
		break;
	case KEY('E'):
		move_to(edit, edit->size);
		break;
	case KEY('B'):
		move_to(edit, before(edit, edit->cursor));
		break;
	case KEY('F'):
		move_to(edit, behind(edit, edit->cursor));
		break;
	case KEY('H'):
	case DELETE:
		remove(edit, before(edit, edit->cursor), edit->cursor);
		break;
	case KEY('D'):
		remove(edit, edit->cursor, behind(edit, edit->cursor));
		break;
	case KEY('W'):
		remove(edit, word_start(edit), edit->cursor);
		break;
	case KEY('U'):
		remove(edit, 0, edit->cursor);
		break;
	case KEY('K'):
		remove(edit, edit->cursor, edit->size);
		break;
	case KEY('P'):
		go_back(edit);
		break;
	case KEY('N'):
		go_forth(edit);
		break;
	case KEY('L'):
		put_text(edit, "\x1b[H\x1b[2J");
		edit_draw(edit);
		break;
	}
}

enum edit_event edit_key(struct edit *edit, uint8_t key)
{
	bool was_escaped = edit->escape != PLAIN;

	if (was_escaped)
		key = escaped(edit, key);
	if (key == 0)
		return EDIT_NONE;
	if (key == ESCAPE) {
		edit->escape = AFTER_ESCAPE;
		return EDIT_NONE;
	}
	if (key == '\r' || key == '\n')
		return EDIT_ENTER;
	if (key == '\t')
		return EDIT_TAB;
	if (key == KEY('D') && edit->size == 0 && !was_escaped)
		return EDIT_END;
	if (key < ' ' || key == DELETE)
		control(edit, key);
	else
		edit_insert(edit, (const char *)&key, 1);
	return EDIT_NONE;
}

void edit_begin(struct edit *edit, const char *prompt)
{
	edit->prompt = prompt;
	edit->escape = PLAIN;
	edit->shown = 0;
	edit->size = edit->cursor = edit->left = 0;
	edit->line[0] = 0;
	put_text(edit, prompt);
}

void edit_init(struct edit *edit, void (*put_it)(void *self, const char *text, size_t size),
	void *self)
{
	memset(edit, 0, sizeof(*edit));
	edit->put = put_it;
	edit->self = self;
	edit->prompt = "";
	edit->columns = EDIT_COLUMNS;
}
