/*
 * States of an interface, by the schema's tree: which requests its generated
 * dispatch has to refuse, and where it has to be after each. See session_parts.h.
 */
#include "fuzz/session_parts.h"

#include <string.h>

/* ---- which interface of the tree ---- */

static bool same_requests(const struct session *session, const struct declaration *d,
	const struct sk_interface_type *interface)
{
	if (d->as.interface.method_count != interface->method_count)
		return false;
	for (unsigned i = 0; i < interface->method_count; i++) {
		const struct sk_method_type *method =
			&session->schema->methods[interface->methods[i]];

		if (d->as.interface.methods[i]->request->as.message.id !=
				session_message(session, method->request)->id)
			return false;
	}
	return true;
}

static const struct declaration *find_interface(const struct session *session,
	const struct sk_interface_type *interface)
{
	for (const struct file *file = session->tree->files; file; file = file->next)
		for (const struct declaration *d = file->first; d; d = d->next)
			if (d->kind == DECLARATION_INTERFACE &&
					strcmp(d->name, interface->name) == 0 &&
					same_requests(session, d, interface))
				return d;
	fuzz_found("the schema has no interface %s", interface->name);
}

void session_state_open(const struct session *session, struct session_end *end)
{
	end->state = 0;
	end->states = end->at = find_interface(session, end->interface)->as.interface.states;
}

/* ---- the walk ---- */

static const struct transition *transition_of(const struct session_end *end, uint32_t id)
{
	const struct transition *transition = end->at->first;

	while (transition && transition->method->request->as.message.id != id)
		transition = transition->next;
	return transition;
}

bool session_state_allows(const struct session_end *end, uint32_t id)
{
	return !end->at || transition_of(end, id);
}

void session_state_follow(struct session_end *end, uint32_t id,
	struct session_request *request)
{
	const struct state *to;

	if (!end->at)
		return;
	to = transition_of(end, id)->to;
	if (!request)
		end->at = to;
	else if (to != end->at)
		request->leads = to;
}

void session_state_answer(struct session_end *end, const struct session_request *request,
	const struct sk_message *answer)
{
	bool is_good = request->is_raw || (!request->is_event &&
		sk_message_id(answer) == request->call->reply_id);

	if (is_good && request->leads && request->life == end->session->lives)
		end->at = request->leads;
	session_state_check(end, "with an answer");
}

void session_state_check(const struct session_end *end, const char *when)
{
	unsigned wanted = end->at ? end->at->index : 0;

	if (end->state != wanted)
		fuzz_found("%s: %s dispatch is in state %u, not %s (%u)",
			end->interface->name, when, end->state,
			end->at ? end->at->name : "none", wanted);
}

uint32_t session_state_some(struct session *session, const struct session_end *end)
{
	const struct transition *transition = end->at ? end->at->first : NULL;
	uint32_t count = 0;

	for (const struct transition *t = transition; t; t = t->next)
		count++;
	if (count == 0)
		return 0;
	for (count = values_random(&session->values, count); count > 0; count--)
		transition = transition->next;
	return transition->method->request->as.message.id;
}
