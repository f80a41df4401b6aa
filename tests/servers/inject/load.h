/*
 * What loads share: a server's loop that works whenever nothing is asked of it, a
 * call that is made until it succeeds, and bytes that say what they are.
 */
#ifndef TESTS_SERVERS_INJECT_LOAD_H
#define TESTS_SERVERS_INJECT_LOAD_H

#include "load.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"

#define HUNG_MS 3000

struct load {
	struct sk_os *os;
	struct load_Figures figures;
	uint64_t random;
	/* One piece of work. */
	void (*work)(void);
	/* Looks at all of it. */
	void (*verify)(void);
};

extern struct load load;

/* The loads; they come back when they are told to end. */
int blocks_main(void);
int files_main(void);
int echo_main(void);

/* Serves, and works. */
int load_serve(void);
/* From 0 to below. */
uint32_t load_random(uint32_t below);
/* The deadline of one try. */
struct sk_call load_call(void);
/*
 * Whether what a call came back with means that it is to be made again: counts it.
 * `begun` is when it was made first; once that is too long ago it hung, is
 * counted so, and not made again.
 */
bool load_again(int status, uint64_t begun);
/* Bytes that belong to one version of one piece, and to no other; size is a multiple
 * of 8. */
void load_fill(void *to, uint32_t size, uint64_t piece, uint64_t version);
bool load_is(const void *bytes, uint32_t size, uint64_t piece, uint64_t version);

#endif
