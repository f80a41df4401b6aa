/* The functions of this program, by address. */
#ifndef FUZZ_SYMBOLS_H
#define FUZZ_SYMBOLS_H

#include <stdint.h>

/* The name of the function, static ones too, that an address is in; NULL if
 * the program's file says nothing of it. */
const char *fuzz_symbol(uintptr_t address);
/* The address as it is in the program's file: for addr2line. */
uintptr_t fuzz_symbol_offset(uintptr_t address);

#endif
