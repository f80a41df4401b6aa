/*
 * Ids: the messages of an interface, and of its bases, are one space.
 */
#include <string.h>

#include "idl/check.h"

/* One of the ids, or numbers, that are in use. */
struct used_id {
	const struct declaration *message;	/* NULL: a method's own id */
	const struct method *method;
	enum { ROLE_REQUEST, ROLE_REPLY, ROLE_EVENT } role;
};

struct id_space {
	struct check *check;
	const struct declaration *interface;
	struct map ids;
};

/* docs/language.md, "Ids": two that are equal are an error. */
static void id_collision(const struct id_space *space, const char *what,
	const struct used_id *used, const struct used_id *other)
{
	const struct method *method = used->method;
	struct diagnostic *report;

	/* Two methods of one name were reported as that, and what is wrong
	 * among the base's with the base. */
	if (strcmp(other->method->name, method->name) == 0
		|| (method->owner != space->interface
			&& other->method->owner != space->interface))
		return;
	report = diag_report(space->check->diags, E0504, method->span,
		"the %s is used twice in this interface", what);
	diag_second(report, other->method->span, "by this %s too",
		other->method->is_event ? "event" : "method");
	diag_help(report, used->message != NULL ? "give `%s` another id"
		: "write another number, as in `%s 2`",
		used->message != NULL ? used->message->name : method->name);
}

static bool id_add(struct id_space *space, uint32_t id, struct used_id use)
{
	struct arena *arena = space->check->arena;
	struct used_id *used = ARENA_NEW(arena, struct used_id), *other;
	const char *what = arena_printf(arena, "id %lu", (unsigned long)id);

	*used = use;
	other = map_add(&space->ids, arena, what, used);
	if (other == NULL)
		return true;
	/* One message may answer several methods: a reply is found by its
	 * call, not by its id. That goes for an event too, among replies. */
	if (use.message != NULL && other->message == use.message
		&& use.role != ROLE_REQUEST && other->role != ROLE_REQUEST
		&& !(use.role == ROLE_EVENT && other->role == ROLE_EVENT))
		return true;
	id_collision(space, what, used, other);
	return false;
}

static bool number_add_once(struct id_space *space, const struct method *method)
{
	struct arena *arena = space->check->arena;
	struct used_id *used = ARENA_NEW(arena, struct used_id), *other;
	const char *what = arena_printf(arena, "number %lu",
		(unsigned long)method->number);

	used->method = method;
	other = map_add(&space->ids, arena, what, used);
	if (other != NULL)
		id_collision(space, what, used, other);
	return other == NULL;
}

/* A method has the ids 4m to 4m + 2, whether it uses them or not, an event
 * 4m + 3; declared messages bring their own. */
static void method_ids(struct id_space *space, const struct method *method)
{
	uint32_t id = 4 * method->number, last = method->is_event ? 3 : 2, i;
	struct used_id request = { method->request, method, ROLE_REQUEST };
	struct used_id reply = { method->reply, method, method->is_event
		? ROLE_EVENT : ROLE_REPLY };
	struct used_id own = { NULL, method, ROLE_REQUEST };

	if (!number_add_once(space, method))
		return;
	for (i = method->is_event ? 3 : 0; i <= last; i++)
		if (!id_add(space, id + i, own))
			return;
	if (method->request != NULL && method->request->as.message.id != id
		&& !id_add(space, method->request->as.message.id, request))
		return;
	if (method->reply != NULL && method->reply->as.message.id
		!= id + (method->is_event ? 3u : 1u))
		id_add(space, method->reply->as.message.id, reply);
}

static void method_reserved_ids(struct id_space *space,
	const struct symbol *symbol, const struct method *method)
{
	/* inherit.c has asked for those of the bases. */
	if (method->owner != space->interface
		|| !reserved_number_used(space->check, symbol->reserved,
			number_of(method->number), method->span,
			"method number"))
		method_ids(space, method);
}

/* docs/language.md, "Ids": an interface with its bases is one space. */
void interface_ids(struct check *check, struct symbol *symbol)
{
	const struct declaration *interface = &symbol->declaration;
	struct id_space space = { .check = check, .interface = interface };
	unsigned i;

	for (i = 0; i < interface->as.interface.method_count; i++)
		method_reserved_ids(&space, symbol,
			interface->as.interface.methods[i]);
	for (i = 0; i < interface->as.interface.event_count; i++)
		method_reserved_ids(&space, symbol,
			interface->as.interface.events[i]);
}
