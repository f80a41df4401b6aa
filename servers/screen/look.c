/* How characters look: what SGR sets. */
#include "servers/screen/emulator.h"

const struct look look_plain = {.ink = 7};

/* Of 256 colours, or of 24 bits, the nearest of 8; how many parameters it takes. */
static uint32_t extended_colour(const struct emulator *e, uint32_t place, uint8_t *to)
{
	uint32_t number = emulator_parameter(e, place + 2, 0), red, green, blue;

	if (emulator_parameter(e, place + 1, 0) == 5) {
		if (number < 16)
			*to = (uint8_t)number;
		else if (number >= 232)
			*to = number < 238 ? 0 : number < 247 ? 8 : 7;
		else
			*to = (uint8_t)(((number - 16) / 36 > 2) |
				((number - 16) / 6 % 6 > 2) << 1 |
				((number - 16) % 6 > 2) << 2);
		return 2;
	}
	if (emulator_parameter(e, place + 1, 0) != 2)
		return 0;
	red = number;
	green = emulator_parameter(e, place + 3, 0);
	blue = emulator_parameter(e, place + 4, 0);
	*to = (uint8_t)((red > 127) | (green > 127) << 1 | (blue > 127) << 2);
	return 4;
}

/* How many parameters besides it are done. */
static uint32_t set_look(struct emulator *e, uint32_t place)
{
	uint32_t number = emulator_parameter(e, place, 0), more = 0;
	struct look *look = &e->look;

	switch (number) {
	case 0:
		*look = look_plain;
		break;
	case 1:
		look->is_bold = true;
		break;
	case 2:
	case 22:
		look->is_bold = false;
		break;
	case 7:
	case 27:
		look->is_reversed = number == 7;
		break;
	case 8:
	case 28:
		look->is_hidden = number == 8;
		break;
	case 38:
		more = extended_colour(e, place, &look->ink);
		break;
	case 39:
		look->ink = look_plain.ink;
		break;
	case 48:
		more = extended_colour(e, place, &look->paper);
		look->paper &= 7;
		break;
	case 49:
		look->paper = look_plain.paper;
		break;
	default:
		if (number >= 30 && number <= 37)
			look->ink = (uint8_t)(number - 30);
		else if (number >= 40 && number <= 47)
			look->paper = (uint8_t)(number - 40);
		else if (number >= 90 && number <= 97)
			look->ink = (uint8_t)(number - 90 + 8);
		else if (number >= 100 && number <= 107)
			look->paper = (uint8_t)(number - 100);
	}
	return more;
}

void look_set(struct emulator *e)
{
	uint32_t count = e->parameter_count > 0 ? e->parameter_count : 1;

	for (uint32_t i = 0; i < count; i++)
		i += set_look(e, i);
}
