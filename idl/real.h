/*
 * Floating-point numbers: IEEE 754, whatever the locale.
 */
#ifndef IDL_REAL_H
#define IDL_REAL_H

#include "idl/arena.h"
#include "idl/tree.h"

/*
 * Reads "1.5", "-2e10" and the like, rounded to nearest for a float of 4 or 8
 * bytes. False if the text is something else, or too large for that width.
 */
bool real_parse(struct arena *arena, const char *text, size_t size,
	unsigned width, double *result);
/* The integer, rounded to nearest; false if it is too large. */
bool real_of_number(struct arena *arena, struct number number, unsigned width,
	double *result);
/* Rounds a result to the width; false if it is too large for it, or no
 * number. */
bool real_round(double value, unsigned width, double *result);

#endif
