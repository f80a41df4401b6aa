/*
 * A program that speaks the conformance protocol, at the end of two pipes.
 */
#ifndef TESTS_CONFORMANCE_PEER_H
#define TESTS_CONFORMANCE_PEER_H

#include <stdbool.h>
#include <stdio.h>

struct peer {
	char *const *command;
	int pid;
	FILE *to;
	FILE *from;
	char *answer;			/* the last one, without line's end */
	size_t capacity;
};

/* Starts a command (ended by NULL). Exits with status 2 if it cannot. */
void peer_start(struct peer *peer, char *const *command);
/*
 * Sends one line, which has none of its own end, and waits for the answer.
 * NULL if the program is gone: it is then started anew.
 */
const char *peer_ask(struct peer *peer, const char *line);
/* Ends its input. True if it exits with status 0. */
bool peer_stop(struct peer *peer);

#endif
