/* What keys mean: see keys.h. */
#include "servers/screen/keys.h"

#define RELEASED 0x80
#define EXTENDED 0xe0
#define PAUSE 0xe1

enum { CONTROL = 0x1d, LEFT_SHIFT = 0x2a, RIGHT_SHIFT = 0x36, ALT = 0x38, CAPS = 0x3a };

/* By code; 0: no character. */
static const char plain[] = "\0\x1b" "1234567890-=\x7f\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./"
	"\0*\0 ";
static const char shifted[] = "\0\x1b" "!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?"
	"\0*\0 ";
#define KEYPAD 0x47
static const char keypad[] = "789-456+1230.";

/* What is no character. */
static const struct {
	uint8_t code;
	bool is_extended;
	const char *bytes;
} others[] = {
	{0x48, true, "\x1b[A"}, {0x50, true, "\x1b[B"}, {0x4d, true, "\x1b[C"},
	{0x4b, true, "\x1b[D"}, {0x47, true, "\x1b[1~"}, {0x52, true, "\x1b[2~"},
	{0x53, true, "\x1b[3~"}, {0x4f, true, "\x1b[4~"}, {0x49, true, "\x1b[5~"},
	{0x51, true, "\x1b[6~"}, {0x1c, true, "\r"}, {0x35, true, "/"},
	{0x3b, false, "\x1b[[A"}, {0x3c, false, "\x1b[[B"}, {0x3d, false, "\x1b[[C"},
	{0x3e, false, "\x1b[[D"}, {0x3f, false, "\x1b[[E"}, {0x40, false, "\x1b[17~"},
	{0x41, false, "\x1b[18~"}, {0x42, false, "\x1b[19~"}, {0x43, false, "\x1b[20~"},
	{0x44, false, "\x1b[21~"}, {0x57, false, "\x1b[23~"}, {0x58, false, "\x1b[24~"},
};

/* True: the code is of a key that changes others. */
static bool is_modifier(struct keys *keys, uint8_t key, bool is_down, bool extended)
{
	uint32_t side = extended ? 2 : 1;

	switch (key) {
	case LEFT_SHIFT:
	case RIGHT_SHIFT:
		/* Some keys of the second block come with one that is not there. */
		if (!extended && key == LEFT_SHIFT)
			keys->left_shift = is_down;
		else if (!extended)
			keys->right_shift = is_down;
		return true;
	case CONTROL:
		keys->control = is_down ? keys->control | side : keys->control & ~side;
		return true;
	case ALT:
		keys->alt = is_down ? keys->alt | side : keys->alt & ~side;
		return true;
	case CAPS:
		keys->has_caps ^= is_down;
		return true;
	}
	return false;
}

static char character(const struct keys *keys, uint8_t key)
{
	bool is_shifted = keys->left_shift || keys->right_shift;
	char c = key < sizeof(plain) - 1 ? plain[key] : '\0';

	if (key >= KEYPAD && key < KEYPAD + sizeof(keypad) - 1)
		return keypad[key - KEYPAD];
	if (key == 0x56)
		return is_shifted ? '>' : '<';
	if (c >= 'a' && c <= 'z')
		is_shifted ^= keys->has_caps;
	if (is_shifted && c != '\0')
		c = shifted[key];
	return c;
}

static uint8_t with_control(char c)
{
	if (c == ' ' || c == '2')
		return 0;
	if (c == '/' || c == '-')
		return 0x1f;
	return (c >= '@' && c <= '_') || (c >= 'a' && c <= 'z') ? (uint8_t)(c & 0x1f) :
		(uint8_t)c;
}

static uint32_t put_other(uint8_t key, bool extended, uint8_t *to)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (others[i].code == key && others[i].is_extended == extended)
			for (; others[i].bytes[size]; size++)
				to[size] = (uint8_t)others[i].bytes[size];
	return size;
}

uint32_t keys_take(struct keys *keys, uint8_t code, uint8_t to[KEYS_BYTES])
{
	bool extended = keys->is_extended, is_down = !(code & RELEASED);
	uint8_t key = code & (uint8_t)~RELEASED;
	uint32_t size = 0;
	char c;

	if (keys->to_skip > 0) {
		keys->to_skip--;
		return 0;
	}
	keys->is_extended = code == EXTENDED;
	keys->to_skip = code == PAUSE ? 2 : 0;
	if (code == EXTENDED || code == PAUSE || is_modifier(keys, key, is_down, extended) ||
			!is_down)
		return 0;
	c = extended ? '\0' : character(keys, key);
	if (keys->alt)
		to[size++] = 0x1b;
	if (c != '\0')
		to[size++] = keys->control ? with_control(c) : (uint8_t)c;
	else
		size += put_other(key, extended, to + size);
	return size == 1 && c == '\0' && keys->alt ? 0 : size;
}
