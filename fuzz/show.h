/* Cases as text. */
#ifndef FUZZ_SHOW_H
#define FUZZ_SHOW_H

#include <stdio.h>

#include "fuzz/fuzz.h"

/* For people: what is beside the bytes, the bytes, and what they say. */
void fuzz_show_case(struct fuzz *fuzz, FILE *to, const uint8_t *data, size_t size);
/* As a row of tests/vectors; nothing if it is of no message. */
void fuzz_show_row(struct fuzz *fuzz, FILE *to, const uint8_t *data, size_t size);

#endif
