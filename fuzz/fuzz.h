/*
 * Fuzzing: what a generated harness and the engine behind it share.
 *
 * `skald fuzz SCHEMA -o DIR` writes one source per target, which defines
 * `fuzz_target`, and one for the schema. Linked with this folder, the
 * interpreter (compiler/, idl/) and the generated C they make a fuzzer, for
 * libFuzzer, for AFL++, or to replay inputs with no engine at all. An input is
 * a case (compiler/fuzz_case.h).
 *
 * What an oracle finds ends the process by fuzz_found(), which says what it is.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/fuzz_case.h"
#include "idl/schema.h"
#include "runtime/reflect.h"

struct fuzz_schema {
	const char *name;		/* "fs" */
	const struct sk_schema *tables;
	/* The schema's text, then that of all it imports: read from here, so
	 * that the program needs no files. Ends with path NULL. */
	const struct source_text *sources;
};

enum fuzz_kind {
	FUZZ_MESSAGE,			/* one message: a packet */
	FUZZ_MESSAGES,			/* all of a schema, told apart by id */
	FUZZ_INTERFACE,			/* a client and a server: steps */
	FUZZ_SERVER			/* a server of somebody's own: steps */
};

struct fuzz_server;

struct fuzz_target {
	const char *name;		/* "File_read_request", "File", "messages" */
	enum fuzz_kind kind;
	const struct fuzz_schema *schema;
	/* As in the tables: "File_read_request", "File"; NULL for all. */
	const char *subject;
	const struct fuzz_server *server;	/* SERVER; fuzz/server.h */
};

/* The program's own; the harness defines it. */
extern const struct fuzz_target fuzz_target;

/*
 * The target, ready: the schema is loaded once for the process. fuzz_open()
 * ends the process with status 2 if the target is wrong (no such message).
 */
struct fuzz;
struct fuzz *fuzz_open(const struct fuzz_target *target);

/* Runs one input through all oracles; returns if none objects. */
void fuzz_run(struct fuzz *fuzz, const uint8_t *data, size_t size);

/*
 * Prints `fuzz: FINDING TARGET: what` on stderr and aborts. `what` is one
 * line: it is what a saved finding is named and described by.
 */
_Noreturn void fuzz_found(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * Changes a case in place, knowing what stands where in it; never more than
 * `max` bytes. The same seed makes the same change. Returns the new size,
 * which is 0 only if max is.
 */
size_t fuzz_mutate(struct fuzz *fuzz, uint8_t *data, size_t size, size_t max,
	uint64_t seed);
/* Makes one case of two. As above. */
size_t fuzz_cross(struct fuzz *fuzz, const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	uint64_t seed);
/*
 * The same for the message of one packet; for those who have packets within
 * their cases. `message` may be NULL: the one whose id the bytes begin with, or
 * any, if none has it.
 */
struct declaration;
size_t fuzz_mutate_packet(struct fuzz *fuzz, const struct declaration *message,
	uint8_t *data, size_t size, size_t max, uint64_t seed);
size_t fuzz_cross_packets(struct fuzz *fuzz, const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	uint64_t seed);

#endif
