/*
 * Read before all else by generated C and the codec in a fuzzer: instead of
 * runtime/env.h it says what is done with what was fetched from a message. The
 * engine is told, and may change the message at once (fuzz/fetch.h).
 */
#ifndef FUZZ_ONCE_H
#define FUZZ_ONCE_H

void fuzz_fetched(void);

#define SK_ONCE(value) do { \
		__asm__("" : "+r"(value)); \
		fuzz_fetched(); \
	} while (0)

#define SK_COPIED(pointer) do { \
		__asm__("" : : "r"(pointer) : "memory"); \
		fuzz_fetched(); \
	} while (0)

#endif
