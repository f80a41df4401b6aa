/* A hostile client: messages that are none, by a session that the manifest grants. */
#include "tests/servers/inject/inject.h"

#define MESSAGES 20
#define WAIT_MS 4

struct message {
	uint32_t id;
	uint32_t size;
	uint32_t handles, leases;
};

static struct abi_descriptors *beside(uint32_t slot)
{
	const struct sk_kernel_slots *slots = &injector.os->thread->slots;

	return (struct abi_descriptors *)(void *)(slots->base +
		(size_t)slots->count * ABI_SLOT_PAGE + slot * ABI_DESCRIPTORS_SIZE);
}

static void fill_beside(struct victim *victim, struct abi_descriptors *at)
{
	static uint8_t lent[4096];

	for (unsigned i = 0; i < ABI_HANDLES_MAX; i++)
		at->handles[i] = (struct abi_handle){
			.number = sk_kernel_number(injector.bell), .rights = UINT16_MAX,
			.copies = 1, .kernel_rights = (uint16_t)random_word(victim),
		};
	for (unsigned i = 0; i < ABI_LEASES_MAX; i++)
		at->leases[i] = (struct abi_lease){
			.address = (uintptr_t)lent, .size = below(victim, sizeof(lent) + 1),
			.direction = 1 + below(victim, 3),
		};
}

/* From the client's own slots; what comes back is not looked at, but closed. */
static void send(struct victim *victim, struct sk_client *client,
	const struct message *message)
{
	const struct sk_kernel_slots *slots = &injector.os->thread->slots;
	uint32_t slot = client->kernel.send_slot;
	uint8_t *page = slots->base + (size_t)slot * ABI_SLOT_PAGE;
	uint64_t words[ABI_WORDS], head;

	for (unsigned i = 0; i < ABI_MESSAGE_MAX; i += 8) {
		uint64_t word = random_word(victim) >> below(victim, 64);

		memcpy(page + i, &word, 8);
	}
	memcpy(page, &message->id, 4);
	memcpy(words, page, sizeof(words));
	fill_beside(victim, beside(slot));
	head = sk_sys_call(sk_counts(message->size, message->handles, message->leases, 8, slot),
		client->kernel.target, words, sk_os_after(injector.os, WAIT_MS));
	for (uint32_t i = 0; ABI_STATUS(head) == 0 && i < ABI_HANDLES(head); i++)
		sk_sys_close(beside(ABI_RECEIVE_SLOT(client->kernel.target))->
			handles[i].number);
}

static bool send_all(struct victim *victim, unsigned how)
{
	const struct target *target = victim->target;
	struct sk_client client;

	if (!target->service || sk_client_open(&client, injector.os, target->service,
			target->interface_name) != SK_OK)
		return false;
	for (unsigned i = 0; i < MESSAGES && sk_client_connect(&client, true,
			&(struct sk_call){.deadline = sk_os_after(injector.os, 1000)}) == SK_OK;
			i++) {
		struct message message = {
			.id = how == 0 && below(victim, 4) == 0 ?
				(uint32_t)random_word(victim) :
				target->ids[below(victim, target->id_count)],
			.size = how == 1 ? below(victim, 32) : 8 * below(victim, 513),
		};

		if (how == 2) {
			message.handles = below(victim, ABI_HANDLES_MAX + 1);
			message.leases = below(victim, ABI_LEASES_MAX + 1);
		}
		send(victim, &client, &message);
	}
	sk_client_end(&client);
	describe(victim, "%u messages", MESSAGES);
	return true;
}

bool send_garbage(struct victim *victim)
{
	return send_all(victim, 0);
}

bool send_truncated(struct victim *victim)
{
	return send_all(victim, 1);
}

bool send_handles(struct victim *victim)
{
	return send_all(victim, 2);
}
