/*
 * Check-kill: what instrumented decoders call at each of their checks.
 *
 * A site is a condition in a generated decoder. Either the condition is a check
 * itself, or it calls a reader of the runtime, whose checks then are those of
 * this site: a check is a site and an inner number, 0 for the site's own. One
 * check at a time can be switched off: it is evaluated, and does not refuse.
 */
#ifndef TESTS_CHECKKILL_CK_H
#define TESTS_CHECKKILL_CK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sk_room;
struct sk_attached;

struct ck_site {
	const char *function;		/* "fs_Entry_read" */
	const char *text;		/* the condition as generated */
	unsigned nth;			/* of that text in the function, from 1 */
	bool is_reached;		/* from a message of the schema */
	/* Numbers of the runtime's checks that it leads to, ended by 0; NULL:
	 * it is a check itself. */
	const unsigned short *inners;
};

/* A check of the runtime: where it stands, and what refuses. */
struct ck_inner {
	const char *function;
	const char *text;
};

struct ck_message {
	const char *name;		/* with its namespace: "fs_File_read_request" */
	size_t size;			/* of its struct */
	int (*decode)(void *value, const void *from, size_t size, struct sk_room *room,
		struct sk_attached *attached);
};

/* Of a schema; ends with function NULL, name NULL. */
struct ck_tables {
	struct ck_site *sites;
	const struct ck_message *messages;
};
extern const struct ck_tables ck_tables;
extern const struct ck_inner ck_inners[];	/* from 1 */

struct ck_state {
	/* Switched off; site NULL: none. */
	const struct ck_site *kill_site;
	unsigned kill_inner;
	/* The first that refused; site NULL: none has. */
	const struct ck_site *failed_site;
	unsigned failed_inner;
	const struct ck_site *site;	/* that is being evaluated */
	const uint8_t *begin;		/* of the message */
	unsigned steps;
	/* Called when a site begins, and when a reader of the runtime does. */
	void (*trace_site)(const struct ck_site *site);
	void (*trace_reader)(const uint8_t *at);
};
extern struct ck_state ck;

/* Says whether to refuse. */
bool ck_refuse(const struct ck_site *site, unsigned inner);
/* Ends decoding: it has left the bytes that it may read. */
_Noreturn void ck_outside(void);
/* Ends decoding: it goes on and on. */
_Noreturn void ck_endless(void);

#define CK_STEPS_MAX 2000000

static inline bool ck_step(void)
{
	if (++ck.steps > CK_STEPS_MAX)
		ck_endless();
	return true;
}

static inline void ck_at(const struct ck_site *site)
{
	ck.site = site;
	if (ck.trace_site != NULL)
		ck.trace_site(site);
}

/* A site's own check. */
static inline bool ck_own(const struct ck_site *site, bool refuses)
{
	if (ck.trace_site != NULL)
		ck.trace_site(site);
	return refuses && ck_refuse(site, 0);
}

/* One of the runtime. */
static inline bool ck_inner(unsigned inner, bool refuses)
{
	return refuses && ck_refuse(ck.site, inner);
}

/* So many bytes are fetched there, of those that end at `end`. */
static inline void ck_load(const uint8_t *at, size_t size, const uint8_t *end)
{
	if (at > end || size > (size_t)(end - at))
		ck_outside();
}

/* A reader of the runtime begins. */
static inline void ck_reader(const uint8_t *at, const uint8_t *end)
{
	if (at > end || at < ck.begin)
		ck_outside();
	if (ck.trace_reader != NULL)
		ck.trace_reader(at);
}

#endif
