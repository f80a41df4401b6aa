/* Damage to messages, as another writer might do it. See world.h. */
#include "tests/roundtrip/world_parts.h"

static struct sk_handle one_more(struct world *world)
{
	return sk_loopback_new_handle(&world->loop, SK_LOOPBACK_SERVER);
}

static void damage_handles(struct world *world, struct sk_attached *attached)
{
	uint32_t last = attached->handle_count - 1;

	switch (values_random(&world->values, 3)) {
	case 0:
		if (attached->handle_count < SK_HANDLES_MAX)
			sk_attach_handle(attached, one_more(world), SK_RIGHTS_ALL, false);
		break;
	case 1:
		if (attached->handle_count == 0)
			break;
		if (!attached->handles[last].copy)
			sk_port_close(&world->loop.port, attached->handles[last].handle);
		attached->handle_count--;
		break;
	default:
		if (attached->handle_count != 0)
			attached->handles[last].rights = 0;
	}
}

static void damage_leases(struct world *world, struct sk_attached *attached)
{
	uint32_t last = attached->lease_count - 1;
	struct sk_lease more = { NULL, 0, 1, SK_LEASE_INOUT };

	switch (values_random(&world->values, 4)) {
	case 0:
		sk_attach_lease(attached, &more, SK_LEASE_INOUT, 0);
		break;
	case 1:
		attached->lease_count -= attached->lease_count != 0;
		break;
	case 2:
		if (attached->lease_count != 0)
			attached->leases[last].direction = 0;
		break;
	default:
		if (attached->lease_count != 0)
			attached->leases[last].size = UINT64_MAX;
	}
}

static void add_one(struct world *world, struct sk_attached *attached)
{
	struct sk_lease more = { NULL, 0, 1, SK_LEASE_INOUT };

	/* Nothing is lent with a reply. */
	if (world->damage == DAMAGE_REPLY_MORE || attached->lease_count == SK_LEASES_MAX
	    || values_random(&world->values, 2) == 0)
		sk_attach_handle(attached, one_more(world), SK_RIGHTS_ALL, false);
	else
		sk_attach_lease(attached, &more, SK_LEASE_INOUT, 0);
}

void world_damage(struct world *world, struct sk_message *message)
{
	uint32_t times = 1 + values_random(&world->values, 2);

	if (world->damage == DAMAGE_REQUEST_MORE || world->damage == DAMAGE_REPLY_MORE) {
		add_one(world, &message->attached);
		return;
	}
	while (times-- > 0) {
		switch (values_random(&world->values, 6)) {
		case 0:
			message->size = values_random(&world->values, message->size + 1);
			break;
		case 1:
			damage_handles(world, &message->attached);
			break;
		case 2:
			damage_leases(world, &message->attached);
			break;
		default:
			if (message->size != 0)
				message->bytes[values_random(&world->values, message->size)]
					^= (uint8_t)(1 << values_random(&world->values, 8));
		}
	}
}
