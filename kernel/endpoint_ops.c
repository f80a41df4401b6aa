/* Operations of endpoints (protocols/kernel.skald). */
#include "kernel/endpoint.h"
#include "kernel/notification.h"
#include "kernel/operation.h"
#include "kernel/quota.h"
#include "kernel/space.h"

OPERATION(Endpoint, endpoint, mint, CONTROL)
{
	struct kernel_Endpoint_mint_reply reply = {.has_control = request->controlled};
	struct session *session;
	kernel_error error = kernel_Error_ENDED;
	struct quota *charge = !request->has_charge ? endpoint->object.quota :
		ARGUMENT(quota, charge);

	if (!charge)
		return SK_BAD_HANDLE;
	session = endpoint->closed ? NULL : session_new(charge, endpoint, request->badge,
		request->credit, request->protocol_rights, &error);
	if (!session)
		return error;
	reply.client.raw = call_result(call, &session->object, SESSION_CLIENT_RIGHTS,
		request->protocol_rights, HANDLE_CLIENT);
	if (request->controlled)
		reply.control.raw = call_result_of(call, &session->object, RIGHTS_ALL);
	kernel_Endpoint_mint_answer(to, 0, &reply);
	return 0;
}

OPERATION(Endpoint, endpoint, identify, CONTROL)
{
	struct session *session = ARGUMENT(session, session);

	if (!session)
		return SK_BAD_HANDLE;
	if (session->endpoint != endpoint)
		return kernel_Error_NOT_FOUND;
	return ANSWER(Endpoint, identify, .badge = session->badge);
}

COMMAND(Endpoint, endpoint, bind, RECEIVE)
{
	struct notification *notification = ARGUMENT(notification, notification);

	if (request->has_notification && !notification)
		return SK_BAD_HANDLE;
	if (notification && notification->endpoint && notification->endpoint != endpoint)
		return kernel_Error_BUSY;
	endpoint_bind(endpoint, notification);
	return 0;
}

/* A space has the tokens of all its endpoints in one table. Many come in parts,
 * each of which stays, whatever becomes of the next. */
COMMAND(Endpoint, endpoint, set_tokens, RECEIVE)
{
	struct token_table *table = &call->space->tokens;
	uint32_t others = table->count - (endpoint->tokens < table->count ?
		endpoint->tokens : table->count);
	uint32_t wanted = others + request->count, before = table->count;

	if (request->count > TOKENS_MAX || wanted > TOKENS_MAX)
		return kernel_Error_INVALID;
	if (!token_table_grow(call->space, wanted))
		return kernel_Error_QUOTA_EXCEEDED;
	endpoint->tokens = table->count - others;
	endpoint->server = call->space->object.id;
	endpoint_serve(endpoint);
	return table->count >= wanted || table->count == before ? 0 : call_again(call);
}

OPERATION(Endpoint, endpoint, status, INSPECT)
{
	return ANSWER(Endpoint, status, .waiting = endpoint->caller_count,
		.unanswered = endpoint->unanswered, .sessions = endpoint->session_count);
}

OBJECT_TYPE(Endpoint, endpoint, ENDPOINT, .count_handle = endpoint_count_handle,
	.destroy = endpoint_end)
