/* Operations of sessions, by the handles that control them. */
#include "kernel/endpoint.h"
#include "kernel/operation.h"

COMMAND(Session, session, revoke, CONTROL)
{
	return session_revoke(session, &call->steps) ? 0 : call_again(call);
}

COMMAND(Session, session, set_credit, CONTROL)
{
	session_set_credit(session, request->credit);
	return session_admit(session, &call->steps) ? 0 : call_again(call);
}

OPERATION(Session, session, status, INSPECT)
{
	return ANSWER(Session, status, .badge = session->badge,
		.credit = session->credit, .under_way = session_under_way(session),
		.handles = session->clients, .revoked = session->revoked);
}

OPERATION(Session, session, open, CONTROL)
{
	if (session->is_gone || !session_is_open(session))
		return kernel_Error_ENDED;
	object_take(&session->object);
	return ANSWER(Session, open, .client.raw = call_result(call, &session->object,
		SESSION_CLIENT_RIGHTS, request->protocol_rights, HANDLE_CLIENT));
}

OBJECT_TYPE(Session, session, SESSION, .count_handle = session_count_handle,
	.destroy = session_end)
