/* The server's requests and answers: one packet in, one packet out. */
#define _GNU_SOURCE
#include "runtime/socket_parts.h"

#include <unistd.h>

#include "runtime/codec.h"
#include "runtime/trace.h"

static struct sk_server_call *calls_of(struct sk_server *server,
	const struct sk_server_client *client)
{
	size_t index = (size_t)(client - server->client_table);

	return server->call_table + index * server->config.max_kept;
}

/* ---- answers ---- */

static void forget_call(struct sk_server *server, struct sk_server_client *client,
	struct sk_server_call *call)
{
	call->token = 0;
	client->kept--;
	server->kept--;
}

/* Sends what stands in the port's answer, or cuts the client off. */
static int send_packet(struct sk_server *server, struct sk_server_client *client,
	const struct sk_packet *packet)
{
	int status = sk_packet_send(client->fd, packet, &server->port.answer);

	if (status == SK_OK || status == SK_BAD_HANDLE || status == SK_EXHAUSTED)
		return status;
	sk_server_doom(server, client,
		status == SK_WOULD_BLOCK ? &server->counts.cut_off : NULL);
	return SK_PEER_CLOSED;
}

/* Answers a request that has no token, or has it no more. */
static void answer_status(struct sk_server *server, struct sk_server_client *client,
	uint64_t number, int status)
{
	const struct sk_packet packet = {.number = number, .kind = SK_PACKET_ANSWER};
	struct sk_message *answer = &server->port.answer;

	sk_put_uint32(answer->bytes, SK_STATUS_ID);
	sk_put_uint32(answer->bytes + 4, 0);
	sk_put_uint32(answer->bytes + 8, (uint32_t)status);
	answer->size = SK_STATUS_SIZE;
	sk_attach_none(&answer->attached);
	if (send_packet(server, client, &packet) == SK_EXHAUSTED)
		sk_server_doom(server, client, &server->counts.cut_off);
}

int sk_server_find_call(struct sk_server *server, uint64_t token,
	struct sk_server_client **client, struct sk_server_call **call)
{
	size_t index;

	if (!server->call_table)
		return SK_PEER_CLOSED;
	index = (size_t)(token % sk_server_call_count(server));
	*call = server->call_table + index;
	*client = server->client_table + index / server->config.max_kept;
	if ((*client)->fd < 0 || token < (*client)->first_token)
		return SK_PEER_CLOSED;
	return token != 0 && (*call)->token == token ? SK_OK : SK_BAD_TOKEN;
}

static int answer_call(struct sk_server *server, const struct sk_reply *reply)
{
	struct sk_packet packet = {.kind = SK_PACKET_ANSWER};
	struct sk_server_client *client;
	struct sk_server_call *call;
	int status = sk_server_find_call(server, reply->token, &client, &call);

	if (status != SK_OK)
		return status;
	forget_call(server, client, call);
	if (client->doomed)
		return SK_PEER_CLOSED;
	if (call->canceled)
		return SK_CANCELED;
	packet.number = call->number;
	packet.range_count = call->written_count;
	for (uint32_t i = 0; i < call->written_count; i++)
		packet.ranges[i] = call->written[i].range;
	status = send_packet(server, client, &packet);
	/* The client must not wait for what cannot be sent. */
	if (status == SK_BAD_HANDLE || status == SK_EXHAUSTED) {
		sk_packet_close_handles(&server->port.answer);
		answer_status(server, client, call->number, status);
	}
	return status;
}

int sk_server_answer(struct sk_port *port, const struct sk_reply *reply)
{
	int status = answer_call(sk_server_of(port), reply);

	sk_packet_close_handles(&port->answer);
	return status;
}

/* ---- requests ---- */

static struct sk_server_call *find_call(struct sk_server *server,
	struct sk_server_client *client, bool free, uint64_t number)
{
	struct sk_server_call *calls = calls_of(server, client);

	for (unsigned i = 0; i < server->config.max_kept; i++) {
		if (free && calls[i].token == 0)
			return &calls[i];
		if (!free && calls[i].token != 0 && calls[i].number == number &&
				!calls[i].canceled)
			return &calls[i];
	}
	return NULL;
}

static void cancel_call(struct sk_server *server, struct sk_server_client *client,
	struct sk_server_call *call)
{
	void (*canceled)(void *self, uint64_t token) = client->object ?
		client->object->canceled : server->config.canceled;

	call->canceled = true;
	server->counts.canceled++;
	if (canceled)
		canceled(client->self, call->token);
}

static void serve_cancel(struct sk_server *server, struct sk_server_client *client,
	uint64_t number)
{
	struct sk_server_call *call = find_call(server, client, false, number);

	/* None: the answer was faster. */
	if (call)
		cancel_call(server, client, call);
}

void sk_server_forget_calls(struct sk_server *server, struct sk_server_client *client)
{
	struct sk_server_call *calls = calls_of(server, client);

	for (unsigned i = 0; i < server->config.max_kept; i++) {
		if (calls[i].token == 0)
			continue;
		if (!calls[i].canceled)
			cancel_call(server, client, &calls[i]);
		/* Or it was answered just now. */
		if (calls[i].token != 0)
			forget_call(server, client, &calls[i]);
	}
}

static void dispatch(struct sk_server *server, struct sk_server_client *client,
	uint64_t token, uint64_t deadline)
{
	struct sk_incoming incoming = {
		.port = &server->port,
		.message = &server->request,
		.badge = client->badge,
		.reply = {
			.port = token ? &server->port : NULL,
			.token = token,
			.deadline = deadline,
		},
	};

	server->counts.requests++;
	if (client->object)
		sk_dispatch(client->object->dispatch, client->self, &incoming);
	else
		sk_dispatch(server->config.dispatch, client->self, &incoming);
	sk_finish(&incoming);
}

/* Why a request is not dispatched; 0 if it is. A window is taken in any case:
 * it comes once. */
static int check_call(struct sk_server *server, struct sk_server_client *client,
	const struct sk_packet *packet, int status)
{
	bool has_window = !packet->has_window ||
		sk_server_take_window(server, client, packet->window);

	if (status != SK_OK)
		return status;
	if (sk_message_id(&server->request) == 0)
		return SK_MALFORMED;
	if (has_window && sk_server_check_leases(client, packet))
		return SK_OK;
	server->counts.bad_leases++;
	return SK_BAD_LEASE;
}

static void serve_call(struct sk_server *server, struct sk_server_client *client,
	const struct sk_packet *packet, int status)
{
	struct sk_server_call *call = find_call(server, client, true, 0);

	status = check_call(server, client, packet, status);
	if (status == SK_OK && !call) {
		server->counts.exhausted++;
		status = SK_EXHAUSTED;
	}
	if (status != SK_OK) {
		sk_packet_close_handles(&server->request);
		answer_status(server, client, packet->number, status);
		return;
	}
	call->token = ++server->tokens * sk_server_call_count(server) +
		(size_t)(call - server->call_table);
	call->number = packet->number;
	call->canceled = false;
	client->kept++;
	server->kept++;
	sk_server_enter_leases(client, call, packet, &server->request.attached);
	dispatch(server, client, call->token, packet->deadline);
}

static void serve_packet(struct sk_server *server, struct sk_server_client *client,
	const struct sk_packet *packet, int status)
{
	switch (packet->kind) {
	case SK_PACKET_CALL:
		serve_call(server, client, packet, status);
		break;
	case SK_PACKET_SEND:
		if (status == SK_OK && sk_message_id(&server->request) != 0)
			dispatch(server, client, 0, packet->deadline);
		sk_packet_close_handles(&server->request);
		break;
	case SK_PACKET_CANCEL:
		serve_cancel(server, client, packet->number);
		break;
	default:
		sk_packet_close_handles(&server->request);
		sk_server_doom(server, client, &server->counts.garbage);
	}
}

void sk_server_serve(struct sk_server *server, struct sk_server_client *client)
{
	struct sk_packet packet;
	int status = sk_packet_receive(client->fd, &packet, &server->request);

	if (status == SK_OK || status == SK_BAD_HANDLE)
		serve_packet(server, client, &packet, status);
	else if (status == SK_MALFORMED)
		sk_server_doom(server, client, &server->counts.garbage);
	else if (status != SK_WOULD_BLOCK)
		sk_server_doom(server, client, NULL);
}
