/*
 * Names of the project's own methods and errors, for programs that show traces. The
 * tables are written by tools/ostrace/make_names from protocols/, and of Linux's calls from
 * lists of servers/posix; they are linked with who uses this. Freestanding.
 */
#ifndef RUNTIME_NAMES_H
#define RUNTIME_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/status.h"

/* A method, by its request's id, or an event. */
struct sk_known_message {
	uint32_t id;
	uint16_t error;			/* number of its enum of errors; 0: none */
	bool is_oneway;
	const char *name;		/* "fs.File.read" */
};

struct sk_known_error {
	uint16_t of;
	int32_t value;
	const char *name;
};

/* In the order of ids. */
extern const struct sk_known_message sk_known_messages[];
extern const size_t sk_known_message_count;
extern const struct sk_known_error sk_known_errors[];
extern const size_t sk_known_error_count;

/* System calls of Linux on x86_64, by number; NULL: it has none of that number. */
extern const char *const sk_known_calls[];
extern const size_t sk_known_call_count;

/* NULL: it has no name. */
static inline const char *sk_known_call(uint32_t number)
{
	return number < sk_known_call_count ? sk_known_calls[number] : NULL;
}

/* NULL: none of the project's has this id. */
static inline const struct sk_known_message *sk_known_message(uint32_t id)
{
	size_t from = 0, end = sk_known_message_count;

	while (from < end) {
		size_t middle = from + (end - from) / 2;

		if (sk_known_messages[middle].id < id)
			from = middle + 1;
		else
			end = middle;
	}
	return from < sk_known_message_count && sk_known_messages[from].id == id ?
		&sk_known_messages[from] : NULL;
}

/* The request that a message belongs to, if it is a reply or an error: these follow it.
 * Events end with 11 (binary); messages that were declared by themselves have any id. */
static inline uint32_t sk_request_of(uint32_t message_id)
{
	return message_id & ~UINT32_C(3);
}

/* Of a request, its reply or error, or of an event; NULL: it is none of the project's. */
static inline const char *sk_known_name(uint32_t message_id)
{
	const struct sk_known_message *known = sk_known_message(message_id);

	if (!known)
		known = sk_known_message(sk_request_of(message_id));
	return known ? known->name : NULL;
}

/* "NOT_FOUND", "TIMED_OUT": of a request's result that is not 0; NULL: it has no name. */
static inline const char *sk_known_result(uint32_t message_id, int32_t status)
{
	const struct sk_known_message *known = sk_known_message(message_id);

	/* "status?" is none. */
	if (status < 0)
		return sk_status_name(status)[0] != 's' ? sk_status_name(status) : NULL;
	for (size_t i = 0; known && known->error && i < sk_known_error_count; i++)
		if (sk_known_errors[i].of == known->error && sk_known_errors[i].value == status)
			return sk_known_errors[i].name;
	return NULL;
}

#endif
