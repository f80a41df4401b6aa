/*
 * Exact arithmetic on struct number: a sign and a magnitude of 128 bits, so
 * from -(2^128 - 1) to 2^128 - 1. Zero is never negative.
 *
 * Operations that can leave that range return false if they do, and then
 * leave the result alone.
 */
#ifndef IDL_NUMBER_H
#define IDL_NUMBER_H

#include "idl/tree.h"

/* Sign, 39 digits, NUL. */
#define NUMBER_TEXT_SIZE 41

struct number number_of(uint64_t value);

bool number_add(struct number *result, struct number a, struct number b);
bool number_subtract(struct number *result, struct number a, struct number b);
bool number_multiply(struct number *result, struct number a, struct number b);
/* C's division: towards zero; the remainder has the dividend's sign. The
 * divisor is not 0. */
struct number number_divide(struct number a, struct number b);
struct number number_remainder(struct number a, struct number b);
/* By 0 to 127 places; to the right as if in two's complement. */
bool number_shift_left(struct number *result, struct number a, unsigned by);
struct number number_shift_right(struct number a, unsigned by);
/* As if in two's complement of unlimited width. */
bool number_and(struct number *result, struct number a, struct number b);
bool number_or(struct number *result, struct number a, struct number b);
bool number_xor(struct number *result, struct number a, struct number b);
struct number number_negate(struct number a);

bool number_is_zero(struct number a);
/* Below, equal, above: negative, 0, positive. */
int number_compare(struct number a, struct number b);

/* Whether it fits an integer of 1 to 8 bytes. */
bool number_fits(struct number a, unsigned width, bool is_signed);
/* Its value as uint64_t; false if it does not fit. */
bool number_to_unsigned(uint64_t *result, struct number a);

/* Reads digits, decimal or behind 0x hexadecimal; false if they are not, or
 * more than 128 bits. A leading zero has no meaning. */
bool number_parse(struct number *result, const char *text, size_t size);
/* Writes it in decimal; returns the buffer. */
char *number_print(char buffer[NUMBER_TEXT_SIZE], struct number a);

#endif
