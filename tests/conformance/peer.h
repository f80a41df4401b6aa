/*
 * A program that speaks the conformance protocol, at the end of two pipes.
 */
#ifndef TESTS_CONFORMANCE_PEER_H
#define TESTS_CONFORMANCE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct peer {
	char *const *command;
	int pid;
	FILE *to;
	FILE *from;
	char *answer;			/* the last one, without line's end */
	size_t capacity;
	unsigned answers;		/* since it was started */
	unsigned starts;
};

/* A program that dies more often than this is not started again. */
#define PEER_STARTS_MAX 20
/* Longest that an answer is waited for; the first may need a compiler. */
#define PEER_SECONDS 300

/* Starts a command (ended by NULL) for a zeroed peer. Exits with status 2 if
 * it cannot. */
void peer_start(struct peer *peer, char *const *command);
/*
 * Sends one line, which has none of its own end, and waits for the answer.
 * NULL if the program is gone: it is then started anew. One that dies before
 * its first answer, or too often, ends this program with status 1.
 */
const char *peer_ask(struct peer *peer, const char *line);
/* Ends its input. True if it exits with status 0. */
bool peer_stop(struct peer *peer);

#endif
