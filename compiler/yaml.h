/*
 * YAML, by libyaml: how people write values and read them.
 *
 * Plain scalars are integers (decimal, or hexadecimal behind 0x), floats (as
 * in YAML 1.2: 1.5, .5, 1e3, .inf, .nan), true and false, or else strings. Not taken: null, anchors and aliases (so that a
 * short text stays a small value), tags other than !!str, a second document,
 * a name twice in one object. Text is VALUE_TEXT_UTF8.
 */
#ifndef COMPILER_YAML_H
#define COMPILER_YAML_H

#include <stdbool.h>
#include <stdio.h>

#include "compiler/value.h"

/* False: see *fault. */
bool yaml_read(struct arena *arena, const char *text, size_t size,
	struct value *to, struct text_fault *fault);

/*
 * Text that people wrote: JSON if it starts with a brace and is JSON, which
 * libyaml does not read exactly; else YAML.
 */
bool yaml_or_json_read(struct arena *arena, const char *text, size_t size,
	struct value *to, struct text_fault *fault);

enum yaml_style {
	YAML_FACT_A_LINE,	/* each member of each object has a line of its own */
	/* An object without objects in it, but for such as have numbers only, is a line,
	 * however long. */
	YAML_THING_A_LINE
};

/* Writes a document. False if `to` could not be written. */
bool yaml_write(FILE *to, const struct value *value, enum yaml_style style);

#endif
