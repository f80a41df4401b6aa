/*
 * Real servers as targets: those of the Unix-socket transport, in this process
 * and thread. A case is the same row of steps as for an interface, but what is
 * sent are datagrams, with descriptors and windows beside them, and what comes
 * back is judged by the schema alone.
 *
 * A packet of a call is a message with what goes beside it, and its header is
 * made to fit: each lease is a part of a window that is memory, each handle a
 * descriptor of nothing much. In all kinds how[0] is
 *	bits 0-2	which peer: a client, or a session that came as a handle
 *	bits 3-5	the so-manieth number in the message (of struct
 *			fuzz_server's `is_number`) is replaced; 0: none is
 *	bits 6-7	by which of the numbers that came last
 * and how[1] is
 *	bits 0-1	the deadline: none, passed, and two others
 *	bit 2		more handles are announced than travel
 *	bit 3		the number of the call is that of the last one
 *	bits 4-5	the window, where one is sent: as it should be, not
 *			sealed, smaller, no memory at all
 *	bit 6		it is sent although the server has one
 *	bit 7		ranges lie at the end of the window, in part beyond it
 */
#ifndef FUZZ_SERVER_H
#define FUZZ_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sk_server;

enum server_kind {
	SERVER_CALL,
	SERVER_SEND,			/* and no answer is awaited */
	SERVER_CANCEL,			/* the oldest call that waits */
	SERVER_DATAGRAM,		/* the packet's bytes are all of it */
	SERVER_CONNECT,			/* one more client */
	SERVER_HANG_UP,
	SERVER_KINDS
};

/* Steps of a case that are carried out; the rest is ignored. */
#define SERVER_STEPS_MAX 64

/* How a server is driven; each function ends by fuzz_found() what is wrong. */
struct fuzz_server {
	/* Once, before the first case. */
	void (*prepare)(void);
	/* A fresh server, for one case, that clients come to by
	 * sk_server_adopt(). */
	struct sk_server *(*open)(void);
	/* Serves what is there, and waits for nothing: false, there was nothing. */
	bool (*work)(void);
	/* All clients are gone, so that nothing may be left; ends it. */
	void (*close)(void);
	/* A field of this name holds numbers that replies give and requests
	 * take. */
	bool (*is_number)(const char *field);
	const char *secret;		/* text that no client may ever get, or NULL */
};

struct fuzz;

/* Runs a case of fuzz_target.server. */
void fuzz_run_server(struct fuzz *fuzz, const uint8_t *data, size_t size);

#endif
