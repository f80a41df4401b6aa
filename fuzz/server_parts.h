/*
 * What the files of server targets share: server.c carries out steps,
 * server_peer.c has connections, and judges what comes over them.
 *
 * For server*.c only; others use fuzz/server.h.
 */
#ifndef FUZZ_SERVER_PARTS_H
#define FUZZ_SERVER_PARTS_H

#include "fuzz/fuzz.h"
#include "fuzz/server.h"
#include "fuzz/values.h"
#include "runtime/socket.h"
#include "runtime/socket_packet.h"

#define PEERS_MAX 8
#define WAITING_MAX 24
#define WINDOW_SIZE 16384
#define NUMBERS_MAX 4
#define FDS_MAX 16

/* A call that waits for its answer. */
struct server_call {
	uint64_t number;		/* 0: a free place */
	const struct sk_method_type *method;	/* NULL: not known */
	bool is_canceled;
};

struct server_peer {
	int fd;				/* -1: closed */
	uint64_t calls;			/* how many were made */
	struct server_call waiting[WAITING_MAX];
	uint8_t *window;		/* NULL: there is none */
	uint8_t lent[WINDOW_SIZE / 64];	/* parts that the server may write */
};

struct server_case {
	const struct sk_schema *schema;
	struct sk_server *server;
	struct values values;
	unsigned peer_count;
	struct server_peer peers[PEERS_MAX];
	uint32_t numbers[NUMBERS_MAX];	/* that came, the last one first */
};

/* Takes over a connected socket; closes it if there are too many. */
void server_peer_add(struct server_case *run, int fd);
/* A window of memory, or what is none; -1 if there cannot be one. */
int server_peer_window(struct server_peer *peer, unsigned kind);
/* Takes what the server sent, and judges it. */
void server_peer_receive(struct server_case *run, struct server_peer *peer);
void server_peer_close(struct server_peer *peer);

/* The answer to such a call: it decodes, and its numbers are known from now on. */
void server_judge_reply(struct server_case *run, const struct sk_method_type *method,
	const struct sk_message *reply);
/* The method whose request has this id, or NULL. */
const struct sk_method_type *server_method(const struct sk_schema *schema, uint32_t id);
/* The n-th number of the request, from 1, becomes one that came. */
void server_replace_number(struct server_case *run, uint8_t *bytes, size_t size,
	const struct fuzz_step *step);

#endif
