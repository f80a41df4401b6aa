/*
 * Clients of services, by name. One connects when it is first used, and again when
 * its server has gone: a call that was not delivered, or that is @idempotent, is
 * then made again, until its deadline; others are SK_PEER_CLOSED.
 *
 *	struct sk_client files;
 *
 *	sk_client_open(&files, os, "root", "fs.FileSystem");
 *	status = fs_FileSystem_status(&files.kernel.channel, &request, &reply, NULL);
 */
#ifndef RUNTIME_SERVER_CLIENT_H
#define RUNTIME_SERVER_CLIENT_H

#include "runtime/server/os.h"

struct sk_client {
	struct sk_kernel_channel kernel;
	/* Of the session that it has, if any. */
	uint16_t rights;
	uint32_t connections;		/* so far */

	/* The runtime's own. */
	struct sk_os *os;
	const char *service;
	const char *interface_name;
	uint16_t wanted;
	int refused;			/* svrctl.Error of the last try */
};

/*
 * A client that is not connected yet; names are the caller's, and last. Slots of its
 * own; SK_EXHAUSTED: there are no more.
 */
int sk_client_open(struct sk_client *client, struct sk_os *os, const char *service,
	const char *interface_name);
/*
 * Connects now, or connects anew; with `wait`, until the server is ready. 0, a status,
 * or an error of svrctl.skald: NOT_PERMITTED if the manifest does not have it.
 * (A call that has to connect first is SK_BAD_HANDLE in its place.)
 */
int sk_client_connect(struct sk_client *client, bool wait, const struct sk_call *call);
/* Closes the session. Used again it connects again. */
void sk_client_close(struct sk_client *client);
/* Closes it for good: its slots are free for another. */
void sk_client_end(struct sk_client *client);

#endif
