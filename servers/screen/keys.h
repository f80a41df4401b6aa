/*
 * A keyboard's codes (set 1) as bytes of a terminal: a PC keyboard of the United States,
 * with what Linux's console sends for keys that are no characters. Pure.
 */
#ifndef SERVERS_SCREEN_KEYS_H
#define SERVERS_SCREEN_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#define KEYS_BYTES 8

struct keys {
	bool is_extended;		/* behind 0xe0 */
	uint8_t to_skip;		/* of the key Pause */
	bool left_shift, right_shift, has_caps;
	uint32_t control, alt;		/* how many are down: bits */
};

/* What a code means: how many bytes of `to`. */
uint32_t keys_take(struct keys *keys, uint8_t code, uint8_t to[KEYS_BYTES]);

#endif
