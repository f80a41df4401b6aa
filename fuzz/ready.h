/*
 * The program's own target, opened when it is first wanted: engine and mutator
 * may both stand in one program, or each in its own.
 */
#ifndef FUZZ_READY_H
#define FUZZ_READY_H

#include "fuzz/fuzz.h"

struct fuzz *fuzz_ready(void);

#endif
