/*
 * Fuzzing of the compiler itself: what a target, its engine and its mutator
 * share. A target is one program; libfuzzer.c or plain.c drives it.
 */
#ifndef FUZZ_COMPILER_TARGET_H
#define FUZZ_COMPILER_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compiler_target {
	const char *name;
	/* Returns if no oracle objects. */
	void (*run)(const uint8_t *data, size_t size);
	/* Whether inputs are text, changed by tokens (change.h). */
	bool is_text;
	/* Words worth inserting, up to NULL; or NULL. */
	const char *const *words;
};

/* The program's own. */
extern const struct compiler_target compiler_target;

/* Prints `fuzz: FINDING TARGET: what` on stderr and aborts. */
_Noreturn void compiler_found(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * How much memory is in use now, as sanitizers count it; 0 without them.
 * compiler_memory_check() finds more than an input of that size may take
 * beyond what was in use before.
 */
size_t compiler_memory(void);
void compiler_memory_check(size_t before, size_t input_size);

#endif
