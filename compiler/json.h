/*
 * JSON, strictly (RFC 8259).
 *
 * libyaml cannot stand in: it refuses surrogate pairs (\ud83d\ude00), raw
 * DEL and U+FEFF inside of strings, which are all JSON.
 */
#ifndef COMPILER_JSON_H
#define COMPILER_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "compiler/value.h"

/*
 * Reads one value and nothing behind it. Refused: null (see VALUE_TEXT_NULLS), a name twice in
 * one object, text that is not UTF-8 and, in VALUE_TEXT_BYTES, code points
 * above U+00FF. False: see *fault.
 */
bool json_read(struct arena *arena, const char *text, size_t size,
	enum value_text mode, struct value *to, struct text_fault *fault);

/* Writes the value on one line, without a line's end. A float that is not finite
 * is a string, as JSON has no number for it. */
void json_write(FILE *to, const struct value *value, enum value_text mode);

#endif
