/*
 * What the files of a world share: world.c has values, handles and the client,
 * world_server.c the server, world_damage.c the damage.
 *
 * For world*.c only; scenes use tests/roundtrip/world.h.
 */
#ifndef TESTS_ROUNDTRIP_WORLD_PARTS_H
#define TESTS_ROUNDTRIP_WORLD_PARTS_H

#include "tests/roundtrip/world.h"

const struct sk_message_type *world_message(const struct world *world, uint16_t index);
/* Of the message's struct in C. */
size_t world_size_of(const struct world *world, uint16_t message);
/* A value of the message at random, as large as it may be; its handles are not
 * open yet. */
void *world_value(struct world *world, uint16_t message);

/* All handles and leases of a value. */
void world_visit(struct world *world, uint16_t message, void *value,
	struct values_visitor visitor);
/* Gives each handle of the value a new one of this side. */
void world_open_handles(struct world *world, uint16_t message, void *value,
	enum sk_loopback_side side);
/* After sending: what was copied is still there. All: it was not sent, or came. */
void world_close_handles(struct world *world, uint16_t message, void *value,
	enum sk_loopback_side side, bool all);
/* The order in which encoding attaches them; returns how many. */
unsigned world_order(struct world *world, uint16_t message, const void *value,
	int32_t *handles);
/* Each handle that came is the one that was sent for its place. */
bool world_in_place(struct world *world, uint16_t message, void *sent, void *came,
	const int32_t *out, const int32_t *in, unsigned count);

/* Ends what the server has kept, as it was planned. */
void world_finish_kept(struct world *world, struct deal *deal);

static inline bool world_request_is_damaged(const struct world *world)
{
	return world->damage == DAMAGE_REQUEST || world->damage == DAMAGE_REQUEST_MORE;
}

/* Changes a message on its way, as world->damage says. */
void world_damage(struct world *world, struct sk_message *message);

#endif
