/* Operations of sessions, by the handles that control them. */
#include "kernel/endpoint.h"
#include "kernel/operation.h"

OPERATION(Session, session, revoke, CONTROL)
{
	if (session_revoke(session, &call->steps))
		return ANSWER(Session, revoke, 0);
	call_again(call);
	return 0;
}

OPERATION(Session, session, set_credit, CONTROL)
{
	session_set_credit(session, request->credit);
	if (session_admit(session, &call->steps))
		return ANSWER(Session, set_credit, 0);
	call_again(call);
	return 0;
}

OPERATION(Session, session, status, INSPECT)
{
	return ANSWER(Session, status, .badge = session->badge,
		.credit = session->credit, .under_way = session->under_way,
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

static const struct kernel_Session_ops operations = {
	OBJECT_OPERATIONS,
	.revoke = op_revoke,
	.set_credit = op_set_credit,
	.status = op_status,
	.open = op_open,
};

int session_dispatch(struct kernel_call *call, struct sk_incoming *incoming)
{
	return kernel_Session_dispatch(&operations, call, incoming);
}
