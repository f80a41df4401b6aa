/*
 * Sessions: one for each client, one for each that a client has confined. A
 * place is free again when nobody is charged to it any more: open files and
 * confined sessions may outlast the client.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool session_init(struct host *host)
{
	/* Whatever takes a place is a client or keeps a handle. */
	unsigned count = host->max_clients + host->max_objects;

	host->sessions = calloc(count, sizeof(*host->sessions));
	host->free_sessions = calloc(count, sizeof(struct session *));
	if (!host->sessions || !host->free_sessions)
		return false;
	while (count > 0)
		host->free_sessions[host->free_session_count++] = &host->sessions[--count];
	return true;
}

void session_close(struct host *host)
{
	free(host->free_sessions);
	free(host->sessions);
}

struct session *session_open(struct host *host, int root, struct session *account)
{
	struct session *session;
	fs_Node number;

	if (host->free_session_count == 0) {
		close(root);
		return NULL;
	}
	session = host->free_sessions[--host->free_session_count];
	*session = (struct session){
		.host = host,
		.is_open = true,
		.read_only = host->read_only,
		.serial = ++host->serials,
		.account = account ? account : session,
	};
	for (unsigned i = 0; i < HOSTFS_NODE_PLACES; i++)
		session->table[i].fd = -1;
	session_hold(session);
	if (account)
		session_hold(account);
	if (node_add(session, root, &number) == 0)
		return session;
	session_gone(session);
	return NULL;
}

void *session_connected(void *context, uint64_t badge)
{
	struct host *host = context;
	int root = fcntl(host->root, F_DUPFD_CLOEXEC, 0);

	(void)badge;
	return root < 0 ? NULL : session_open(host, root, NULL);
}

void session_gone(void *self)
{
	struct session *session = self, *account = session->account;

	session->is_open = false;
	record_release(session, NULL, NULL);
	node_forget_all(session);
	if (account != session)
		session_release(account);
	session_release(session);
}

void session_canceled(void *self, uint64_t token)
{
	const struct session *session = self;

	wait_canceled(session->host, token);
}

void session_hold(struct session *account)
{
	account->users++;
}

void session_release(struct session *account)
{
	struct host *host = account->host;

	if (--account->users > 0)
		return;
	account->host = NULL;
	host->free_sessions[host->free_session_count++] = account;
}

int session_charge_handle(struct session *account)
{
	if (account->handles == HOSTFS_HANDLES_MAX)
		return EMFILE;
	account->handles++;
	session_hold(account);
	return 0;
}

void session_discharge_handle(struct session *account)
{
	account->handles--;
	session_release(account);
}
