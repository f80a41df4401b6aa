/*
 * States of interfaces in words.
 */
#include "compiler/states.h"

#include "idl/arena.h"

/* "text, name -> target", or without the arrow where it stays. */
static const char *add(struct arena *arena, const char *text, const char *name,
	const struct state *from, const struct state *to)
{
	return arena_printf(arena, "%s%s%s%s%s", text, *text ? ", " : "", name,
		to == from ? "" : " -> ", to == from ? "" : to->name);
}

const char *states_transitions(struct arena *arena, const struct state *state)
{
	const char *text = "";

	for (const struct transition *t = state->first; t != NULL; t = t->next)
		text = add(arena, text, t->method->name, state, t->to);
	return text;
}

/* "" if the interface knows nothing of the message, or has no states. */
static const char *of_interface(struct arena *arena, const struct declaration *interface,
	const struct declaration *message)
{
	const char *text = "";

	for (const struct state *s = interface->as.interface.states; s != NULL; s = s->next)
		for (const struct transition *t = s->first; t != NULL; t = t->next)
			if (t->method->request == message || t->method->reply == message)
				text = add(arena, text, s->name, s, t->to);
	return text;
}

const char *states_allowing(struct arena *arena, const struct schema *schema,
	const struct declaration *message)
{
	const char *all = NULL, *text;

	for (const struct file *file = schema->files; file != NULL; file = file->next) {
		for (const struct declaration *d = file->first; d != NULL; d = d->next) {
			if (d->kind != DECLARATION_INTERFACE)
				continue;
			text = of_interface(arena, d, message);
			if (*text != '\0')
				all = arena_printf(arena, "%s%s%s: %s", all ? all : "",
					all ? "; " : "", d->name, text);
		}
	}
	return all;
}
