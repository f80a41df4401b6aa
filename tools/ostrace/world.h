/*
 * Who and what there is in a stream: threads, programs, rings, names. All text in
 * here is printable ASCII; other bytes are '?'.
 */
#ifndef OSTRACE_WORLD_H
#define OSTRACE_WORLD_H

#include "tools/ostrace/entry.h"
#include "tools/ostrace/map.h"

struct call;

#define NAME_ROOM 65
#define MESSAGE_NAME_ROOM 161
#define NO_CPU UINT32_MAX

struct thread {
	uint64_t id;			/* 0: a CPU, as the kernel's rings have it */
	uint32_t cpu;			/* or NO_CPU */
	uint64_t space;			/* 0: not known */
	char name[NAME_ROOM];
	/* Of calls.c. */
	struct call *calls;		/* open, the latest first */
	struct call *inside;		/* what it is in, the innermost first */
	struct call *arriving;		/* what was delivered to it */
};

struct program {
	uint64_t space;
	uint32_t process;
	char name[NAME_ROOM];
};

struct ring {
	uint32_t number;
	struct thread *thread;
	uint64_t lost;
};

struct world {
	struct map threads;
	struct map programs;
	struct map rings;
	struct map names;		/* of marks, counters and spans */
	struct map messages;
	struct ring *source;		/* of the records that come; or NULL */
	uint64_t begin;			/* its time, */
	uint64_t wall;			/* and since 1970 */
	uint32_t kinds;
};

/* Zero is an empty one. */
void world_free(struct world *world);

/* An announcement; of a Source: how many records of its ring were lost since the
 * one before, else 0. */
uint64_t world_learn(struct world *world, const struct entry *entry);

/* Made if it was not known. */
struct thread *world_thread(struct world *world, uint64_t id);
/* "shell/main", "shell/#12", "#12", "cpu0". `room` takes NAME_ROOM * 2 + 1. */
#define WHO_ROOM (2 * NAME_ROOM + 1)
const char *world_who(const struct world *world, const struct thread *thread,
	char room[WHO_ROOM]);
/* The program's name, or "". */
const char *world_program(const struct world *world, const struct thread *thread);
/* "fs.File.read", of a request, its reply or error, or of an event; "0x12345678". */
const char *world_method(const struct world *world, uint32_t message_id,
	char room[MESSAGE_NAME_ROOM]);
/* A name that was announced, or its number. */
const char *world_name(const struct world *world, uint32_t id, char room[NAME_ROOM]);
/* A foreign program's call: "syscall read", or with its number. */
const char *world_foreign(uint32_t number, char room[MESSAGE_NAME_ROOM]);
/* Of the project's own protocols: to this message there is no answer. */
bool world_is_oneway(uint32_t message_id);
/* An error, of which no more is known. */
#define STATUS_ERROR INT32_MAX
/* "NOT_FOUND", "TIMED_OUT", "5": of a method's result that is not 0. */
const char *world_status(uint32_t message_id, int32_t status, char room[NAME_ROOM]);

#endif
