/* The characters of a terminal: see emulator.h. */
#include "servers/screen/emulator.h"

#define ESCAPE 0x1b
#define LAST_COLUMN (EMULATOR_COLUMNS - 1)
/* What no digits can make a parameter exceed. */
#define PARAMETER_MAX 9999u
#define UNKNOWN 0xfffdu

/* ---- the cursor ---- */

static void go_to(struct emulator *e, uint32_t row, uint32_t column)
{
	e->at.row = emulator_smaller(row, EMULATOR_ROWS - 1);
	e->at.column = emulator_smaller(column, LAST_COLUMN);
	e->at.is_behind = false;
}

/* From a sequence, counted from 1; within the scroll region if that is the origin. */
static void go_to_row(struct emulator *e, uint32_t row, uint32_t column)
{
	row = row > 0 ? row - 1 : 0;
	if (e->is_origin_top)
		row = emulator_smaller(e->top + row, e->bottom - 1);
	go_to(e, row, column);
}

static void go_up(struct emulator *e, uint32_t by)
{
	uint32_t top = e->at.row >= e->top ? e->top : 0;

	go_to(e, e->at.row - emulator_smaller(by, e->at.row - top), e->at.column);
}

static void go_down(struct emulator *e, uint32_t by)
{
	uint32_t last = e->at.row < e->bottom ? e->bottom - 1 : EMULATOR_ROWS - 1;

	go_to(e, emulator_smaller(e->at.row + by, last), e->at.column);
}

static void line_feed(struct emulator *e)
{
	if (e->at.row + 1 == e->bottom)
		cells_scroll(e, e->top, e->bottom, 1, false);
	else
		go_down(e, 1);
	e->at.is_behind = false;
}

static void reverse_line_feed(struct emulator *e)
{
	if (e->at.row == e->top)
		cells_scroll(e, e->top, e->bottom, 1, true);
	else
		go_up(e, 1);
}

static void tab(struct emulator *e)
{
	uint32_t column = e->at.column;

	while (column < LAST_COLUMN) {
		column++;
		if (e->tabs[column / 8] & 1u << column % 8)
			break;
	}
	go_to(e, e->at.row, column);
}

static void set_tabs(struct emulator *e, uint8_t each)
{
	for (uint32_t i = 0; i < EMULATOR_COLUMNS / 8; i++)
		e->tabs[i] = each;
}

static void save(struct emulator *e)
{
	e->saved = e->at;
	e->saved_look = e->look;
}

static void restore(struct emulator *e)
{
	e->at = e->saved;
	e->look = e->saved_look;
}

static void show_other(struct emulator *e, bool other)
{
	if (other == e->is_other)
		return;
	e->is_other = other;
	for (uint32_t i = 0; i < EMULATOR_CELLS; i++) {
		uint16_t cell = e->cells[i];

		e->cells[i] = e->other[i];
		e->other[i] = cell;
	}
	if (other)
		e->saved_by_other = e->at;
	else
		e->at = e->saved_by_other;
	cells_touch(e, 0, EMULATOR_ROWS);
	if (other)
		cells_erase(e, 0, EMULATOR_CELLS);
}

void emulator_init(struct emulator *e)
{
	*e = (struct emulator){
		.look = look_plain, .saved_look = look_plain, .bottom = EMULATOR_ROWS, .wraps = true,
		.is_cursor_shown = true,
	};
	set_tabs(e, 1);
	cells_erase(e, 0, EMULATOR_CELLS);
}

/* ---- characters ---- */

static void put(struct emulator *e, uint32_t code)
{
	if (e->at.is_behind && e->wraps) {
		line_feed(e);
		e->at.column = 0;
	}
	if (e->inserts)
		cells_shift(e, 1, false);
	e->cells[e->at.row * EMULATOR_COLUMNS + e->at.column] = cells_of(&e->look,
		glyph_of(code));
	cells_touch(e, e->at.row, e->at.row + 1);
	e->at.is_behind = e->at.column == LAST_COLUMN;
	e->at.column += !e->at.is_behind;
}

/* Bytes of UTF-8, those that are none as one character each. */
static void take_byte(struct emulator *e, uint8_t byte)
{
	bool continues = (byte & 0xc0) == 0x80;

	if (e->code_left > 0 && !continues) {
		e->code_left = 0;
		put(e, UNKNOWN);
	}
	if (e->code_left > 0) {
		e->code = e->code << 6 | (byte & 0x3fu);
		if (--e->code_left == 0)
			put(e, e->code);
	} else if (byte < 0x80) {
		put(e, byte);
	} else if (continues || byte < 0xc2 || byte > 0xf4) {
		put(e, UNKNOWN);
	} else {
		e->code_left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
		e->code = byte & (0x3fu >> e->code_left);
	}
}

static void control(struct emulator *e, uint8_t byte)
{
	switch (byte) {
	case '\b':
		go_to(e, e->at.row, e->at.column - (e->at.column > 0));
		break;
	case '\t':
		tab(e);
		break;
	case '\n':
	case '\v':
	case '\f':
		line_feed(e);
		break;
	case '\r':
		go_to(e, e->at.row, 0);
		break;
	case 0x18:
	case 0x1a:
		e->state = GROUND;
		break;
	case ESCAPE:
		e->state = ESCAPED;
		break;
	}
}

/* ---- sequences ---- */

static void set_mode(struct emulator *e, uint32_t mode, bool on)
{
	if (e->kind == 0 && mode == 4)
		e->inserts = on;
	if (e->kind != '?')
		return;
	if (mode == 6) {
		e->is_origin_top = on;
		go_to_row(e, 1, 0);
	} else if (mode == 7) {
		e->wraps = on;
	} else if (mode == 25) {
		e->is_cursor_shown = on;
	} else if (mode == 47 || mode == 1047 || mode == 1049) {
		show_other(e, on);
	}
}

/* 0: to the end; 1: from the beginning; 2, 3: all. */
static void erase_part(struct emulator *e, uint32_t which, uint32_t first, uint32_t end)
{
	uint32_t at = e->at.row * EMULATOR_COLUMNS + e->at.column;

	if (which <= 3)
		cells_erase(e, which == 0 ? at : first, which == 1 ? at + 1 : end);
}

static void set_region(struct emulator *e)
{
	uint32_t top = emulator_parameter(e, 0, 1) - 1;
	uint32_t bottom = emulator_smaller(emulator_parameter(e, 1, EMULATOR_ROWS), EMULATOR_ROWS);

	if (top + 1 >= bottom)
		return;
	e->top = top;
	e->bottom = bottom;
	go_to_row(e, 1, 0);
}

/* Rows from the cursor's on, within the region. */
static void insert_rows(struct emulator *e, uint32_t by, bool removes)
{
	if (e->at.row < e->top || e->at.row >= e->bottom)
		return;
	cells_scroll(e, e->at.row, e->bottom, by, !removes);
	go_to(e, e->at.row, 0);
}

static void move_cursor(struct emulator *e, uint8_t letter, uint32_t by)
{
	uint32_t row = e->at.row, column = e->at.column;

	switch (letter) {
	case 'A':
		go_up(e, by);
		break;
	case 'B':
	case 'e':
		go_down(e, by);
		break;
	case 'C':
	case 'a':
		go_to(e, row, column + by);
		break;
	case 'D':
		go_to(e, row, column - emulator_smaller(by, column));
		break;
	case 'E':
		go_down(e, by);
		go_to(e, e->at.row, 0);
		break;
	case 'F':
		go_up(e, by);
		go_to(e, e->at.row, 0);
		break;
	case 'G':
	case '`':
		go_to(e, row, by - 1);
		break;
	case 'd':
		go_to_row(e, by, column);
		break;
	case 'H':
	case 'f':
		go_to_row(e, by, emulator_parameter(e, 1, 1) - 1);
		break;
	}
}

/* Those that begin with CSI and a private sign only switch modes. */
static void sequence(struct emulator *e, uint8_t letter)
{
	uint32_t by = emulator_parameter(e, 0, 1), row = e->at.row * EMULATOR_COLUMNS;

	if (letter == 'h' || letter == 'l') {
		for (uint32_t i = 0; i < e->parameter_count; i++)
			set_mode(e, e->parameters[i], letter == 'h');
		return;
	}
	if (e->kind != 0)
		return;
	switch (letter) {
	case '@':
		cells_shift(e, by, false);
		break;
	case 'J':
		erase_part(e, emulator_parameter(e, 0, 0), 0, EMULATOR_CELLS);
		break;
	case 'K':
		erase_part(e, emulator_parameter(e, 0, 0), row, row + EMULATOR_COLUMNS);
		break;
	case 'L':
	case 'M':
		insert_rows(e, by, letter == 'M');
		break;
	case 'P':
		cells_shift(e, by, true);
		break;
	case 'S':
	case 'T':
		cells_scroll(e, e->top, e->bottom, by, letter == 'T');
		break;
	case 'X':
		cells_erase(e, row + e->at.column, row + emulator_smaller(e->at.column + by,
			EMULATOR_COLUMNS));
		break;
	case 'g':
		if (emulator_parameter(e, 0, 0) == 3)
			set_tabs(e, 0);
		else if (emulator_parameter(e, 0, 0) == 0)
			e->tabs[e->at.column / 8] &= (uint8_t)~(1u << e->at.column % 8);
		break;
	case 'm':
		look_set(e);
		break;
	case 'r':
		set_region(e);
		break;
	case 's':
		save(e);
		break;
	case 'u':
		restore(e);
		break;
	default:
		move_cursor(e, letter, by);
	}
}

static void take_parameter(struct emulator *e, uint8_t byte)
{
	uint32_t *last;

	if (e->parameter_count == 0)
		e->parameters[e->parameter_count++] = 0;
	last = &e->parameters[e->parameter_count - 1];
	if (byte >= '0' && byte <= '9')
		*last = emulator_smaller(*last * 10 + byte - '0', PARAMETER_MAX);
	else if (e->parameter_count < EMULATOR_PARAMETERS)
		e->parameters[e->parameter_count++] = 0;
}

static void in_sequence(struct emulator *e, uint8_t byte)
{
	if ((byte >= '0' && byte <= '9') || byte == ';' || byte == ':') {
		take_parameter(e, byte);
	} else if (byte >= '<' && byte <= '?') {
		e->kind = byte;
	} else if (byte >= ' ' && byte <= '/') {
		/* Of those none is known. */
		e->kind = byte;
	} else {
		e->state = GROUND;
		sequence(e, byte);
	}
}

/* Behind ESC. */
static void escaped(struct emulator *e, uint8_t byte)
{
	e->state = GROUND;
	switch (byte) {
	case '[':
		e->state = SEQUENCE;
		e->parameter_count = 0;
		e->kind = 0;
		break;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		e->state = STRING;
		break;
	case '(':
	case ')':
	case '#':
	case '%':
	case ' ':
		e->state = SKIPPED_LETTER;
		break;
	case 'D':
		line_feed(e);
		break;
	case 'E':
		line_feed(e);
		e->at.column = 0;
		break;
	case 'H':
		e->tabs[e->at.column / 8] |= (uint8_t)(1u << e->at.column % 8);
		break;
	case 'M':
		reverse_line_feed(e);
		break;
	case 'c':
		emulator_init(e);
		break;
	case '7':
		save(e);
		break;
	case '8':
		restore(e);
		break;
	}
}

/* A title and its like, up to BEL or ESC \. */
static void in_string(struct emulator *e, uint8_t byte)
{
	if (byte == '\a' || byte == 0x18 || byte == 0x1a ||
			(e->state == STRING_ESCAPED && byte == '\\'))
		e->state = GROUND;
	else
		e->state = byte == ESCAPE ? STRING_ESCAPED : STRING;
}

void emulator_show(struct emulator *e, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint8_t byte = bytes[i];

		if (e->state == STRING || e->state == STRING_ESCAPED)
			in_string(e, byte);
		else if (byte < ' ')
			control(e, byte);
		else if (byte == 0x7f)
			continue;
		else if (e->state == ESCAPED)
			escaped(e, byte);
		else if (e->state == SEQUENCE)
			in_sequence(e, byte);
		else if (e->state == SKIPPED_LETTER)
			e->state = GROUND;
		else
			take_byte(e, byte);
	}
}
