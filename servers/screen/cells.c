/* Cells of the screen: their looks, and how rows and parts of them move. */
#include "servers/screen/emulator.h"

/* ANSI counts red, green, blue from the lowest bit up, the hardware the other way. */
static uint8_t colour(uint8_t ansi)
{
	return (uint8_t)((ansi & 1) << 2 | (ansi & 2) | (ansi >> 2 & 1) | (ansi & 8));
}

uint16_t cells_of(const struct look *look, uint8_t glyph)
{
	uint8_t ink = colour((uint8_t)(look->ink | (look->is_bold ? 8 : 0)));
	uint8_t paper = colour(look->paper);

	if (look->is_reversed) {
		uint8_t was = ink;

		ink = (uint8_t)(paper | (was & 8));
		paper = was & 7;
	}
	if (look->is_hidden)
		ink = paper;
	return (uint16_t)(paper << 12 | ink << 8 | glyph);
}

/* What is erased has the colour of the paper. */
static uint16_t blank(const struct emulator *e)
{
	const struct look look = {.ink = 7, .paper = e->look.paper};

	return cells_of(&look, ' ');
}

void cells_touch(struct emulator *e, uint32_t first, uint32_t end)
{
	for (; first < end; first++)
		e->changed |= 1u << first;
}

/* Cells from one place in the order of reading up to before another. */
void cells_erase(struct emulator *e, uint32_t first, uint32_t end)
{
	if (first >= end)
		return;
	for (uint32_t i = first; i < end; i++)
		e->cells[i] = blank(e);
	cells_touch(e, first / EMULATOR_COLUMNS, (end - 1) / EMULATOR_COLUMNS + 1);
}

/* Rows [top, bottom) move up by so many, or (`down`) down; what is empty then is erased. */
void cells_scroll(struct emulator *e, uint32_t top, uint32_t bottom, uint32_t by, bool down)
{
	uint32_t width = EMULATOR_COLUMNS, first = top * width, end = bottom * width;
	uint32_t kept;

	by = emulator_smaller(by, bottom - top) * width;
	kept = end - first - by;
	for (uint32_t i = 0; i < kept; i++) {
		uint32_t from = down ? end - 1 - by - i : first + by + i;

		e->cells[down ? from + by : from - by] = e->cells[from];
	}
	cells_touch(e, top, bottom);
	cells_erase(e, down ? first : end - by, down ? first + by : end);
}

/* The rest of the row moves right, or (`left`) left, by so many. */
void cells_shift(struct emulator *e, uint32_t by, bool left)
{
	uint32_t row = e->at.row * EMULATOR_COLUMNS, first = row + e->at.column;
	uint32_t end = row + EMULATOR_COLUMNS, kept;

	by = emulator_smaller(by, end - first);
	kept = end - first - by;
	for (uint32_t i = 0; i < kept; i++) {
		if (left)
			e->cells[first + i] = e->cells[first + by + i];
		else
			e->cells[end - 1 - i] = e->cells[end - 1 - by - i];
	}
	cells_touch(e, e->at.row, e->at.row + 1);
	cells_erase(e, left ? end - by : first, left ? end : first + by);
}
