/*
 * What `skald fuzz` writes: the sources of a fuzzer for a schema, its seeds,
 * its dictionaries and its Makefile. Linked with the folder fuzz/, which has
 * all that is not the schema's own, they make the fuzzer (fuzz/fuzz.h).
 *
 * All of it is made in memory first, in an order that only the schema decides.
 */
#ifndef COMPILER_HARNESS_H
#define COMPILER_HARNESS_H

#include "compiler/print.h"
#include "compiler/wire.h"
#include "idl/map.h"
#include "idl/tree.h"

enum harness_kind { HARNESS_MESSAGES, HARNESS_MESSAGE, HARNESS_INTERFACE };

struct harness_target {
	const char *name;		/* "File_read_request", "File", "messages" */
	enum harness_kind kind;
	const struct declaration *declaration;	/* NULL: MESSAGES */
};

struct harness {
	struct arena *arena;
	const struct schema *schema;
	const char *folder;
	struct print_files files;	/* their paths begin with `folder` */
	/* All messages first, if there are any, then each, then interfaces. */
	struct harness_target *targets;
	size_t target_count;
};

/* Adds a file that is printed into from then on; `name` is within the folder. */
struct printer *harness_file(struct harness *harness, const char *name);

/* The next message with an id of a file, from this declaration on; or NULL. */
const struct declaration *harness_message(const struct declaration *from);

/* schema.c, targets/, targets.list */
void harness_print_sources(struct harness *harness);
/* `root` is where fuzz/ and runtime/ stand; NULL if nobody knows. */
void harness_print_makefile(struct harness *harness, const char *root);
/* TARGET.dict of each */
void harness_print_dictionaries(struct harness *harness);

/* ---- seeds ---- */

/* What a made-up message should be like. */
struct harness_wish {
	/* All that may be absent is there; else as little as possible. */
	bool full;
	unsigned elements;		/* of lists, where there may be so many */
	unsigned depth;			/* structs within each other that are full */
	/*
	 * If not NULL: all that leads to this variant is there, and the variant
	 * has this arm; NULL is one that it does not know.
	 */
	const struct declaration *variant;
	const struct member *arm;
};

struct harness_bytes {
	unsigned char *data;		/* head, then tail */
	size_t size;
};

/*
 * Encodes a message of that kind. False if there is none that fits into its
 * bounds, or none in which the arm stands.
 */
bool harness_make(struct arena *arena, const struct declaration *message,
	const struct harness_wish *wish, struct harness_bytes *to);
/* As full as its bounds allow. */
bool harness_make_full(struct arena *arena, const struct declaration *message,
	struct harness_bytes *to);
/* As small as they come, and full in the arm. */
bool harness_make_arm(struct arena *arena, const struct declaration *message,
	const struct declaration *variant, const struct member *arm,
	struct harness_bytes *to);
/* True if a value of the type may have one of the variant in it. */
bool harness_leads_to(struct arena *arena, const struct type *type,
	const struct declaration *variant);

/* Handles and leases that came with a message; below 0: as many as it says. */
struct harness_beside {
	int handles;
	int leases;
};

/*
 * A packet (compiler/fuzz_case.h) of the bytes, with handles and leases that
 * fit what they say. *good tells whether it can be decoded.
 */
struct harness_bytes harness_packet(struct arena *arena,
	const struct declaration *message, struct wire_view head,
	struct wire_view tail, const struct harness_beside *beside, bool *good);

struct harness_walk {
	const struct state *at;
	uint64_t taken[STATES_MAX];	/* a bit for each of a state's first 64 methods */
};

/* A row of methods that the interface's states allow, one after the other, from the
 * first state on, over what former rows of `walk`, which begins as zeros, have not
 * taken. Returns how many; 0 if nothing is left, or there are no states. */
unsigned harness_walk(struct harness_walk *walk, const struct declaration *interface,
	const struct method **methods, unsigned most);

/* Adds a seed of a message: to its own target's folder, and to that of all. */
void harness_add_seed(struct harness *harness, const struct declaration *message,
	const char *name, const struct harness_bytes *packet);
/* Those that are made from the schema. */
void harness_add_seeds(struct harness *harness);
/*
 * Those of a file of vectors (tests/vectors/README.md) that are of this
 * schema. Returns the exit status; says what is wrong with the file.
 */
int harness_add_vectors(struct harness *harness, const char *path);

#endif
