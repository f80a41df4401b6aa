/*
 * What happens between a client and a server of one interface: each scene has
 * a fresh world for every turn, and says the first that went wrong.
 */
#ifndef TESTS_ROUNDTRIP_SCENES_H
#define TESTS_ROUNDTRIP_SCENES_H

#include "tests/roundtrip/world.h"

struct stage {
	const struct sk_schema *schema;
	const struct sk_interface_type *interface;
	uint64_t seed;
	unsigned long runs;		/* turns, each with a world of its own */
	char failure[600];		/* the first; "" if all is well */
	struct world world;
};

/* The i-th method, or NULL behind the last; then the i-th event. */
const struct sk_method_type *stage_method(const struct stage *stage, unsigned i);
const struct sk_method_type *stage_event(const struct stage *stage, unsigned i);
/* A turn: a world with a seed of its own, and its end. */
struct world *stage_begin(struct stage *stage);
void stage_end(struct stage *stage, const char *what);

void scene_calls(struct stage *stage);
void scene_given_up(struct stage *stage);
void scene_ring(struct stage *stage);
void scene_no_room(struct stage *stage);
void scene_damage(struct stage *stage);
void scene_again(struct stage *stage);
void scene_states(struct stage *stage);
void scene_death(struct stage *stage);
void scene_ring_death(struct stage *stage);
void scene_events(struct stage *stage);
void scene_event_death(struct stage *stage);

#endif
