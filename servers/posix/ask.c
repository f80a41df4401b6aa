/* Calls to other servers that posix does not wait for: a ring of its own, since those may
 * be under way for as long as programs wait. */
#include "servers/posix/posix.h"

#define SLOTS 128

static struct {
	struct sk_kernel_ring ring;
	struct sk_slot slots[SLOTS - 1];	/* the kernel's last is for giving up */
	struct asked *first;
	uint64_t last;
	bool is_open;
} all;

static struct asked *find(uint64_t number)
{
	struct asked *asked = all.first;

	while (asked && asked->number != number)
		asked = asked->next;
	return asked;
}

static void forget(struct asked *asked)
{
	struct asked **link = &all.first;

	while (*link != asked)
		link = &(*link)->next;
	*link = asked->next;
	user_return(asked->user, USER_ASKED, 1);
	asked->number = 0;
}

/* What has been answered. What was given up is nobody's any more. */
static void serve(void *self)
{
	struct sk_completion done;

	UNUSED(self);
	while (sk_ring_next(&all.ring.ring, 0, &done) == SK_OK) {
		struct asked *asked = find(done.cookie);

		if (asked) {
			forget(asked);
			asked->answered(asked, &done);
		}
		sk_ring_release(&done);
	}
}

static bool open_ring(void)
{
	struct sk_handle quota = sk_kernel_channel_handle(&posix.os->thread->quota);
	struct kernel_Quota_create_ring_reply made;
	struct kernel_Ring_memory_reply memory;
	uint64_t bit = sk_os_signal(posix.os, serve, NULL);
	void *at = NULL;

	if (bit == 0 || K(quota, Quota_create_ring, &made, .slots = SLOTS) != SK_OK)
		return false;
	if (K(made.ring.raw, Ring_memory, &memory, 0) == SK_OK)
		at = map_here(memory.memory.raw, 0, ABI_RING_SIZE(SLOTS), true);
	if (!at || K0(made.ring.raw, Ring_bind, .has_notify = true,
			.notify = {sk_os_notify(posix.os)}, .bits = bit) != SK_OK)
		return false;
	sk_kernel_ring_open(&all.ring, made.ring.raw, at, posix.os->notification, bit,
		all.slots, SLOTS - 1);
	return true;
}

struct sk_ring *ask_ring(struct user *user)
{
	if (!all.is_open)
		all.is_open = open_ring();
	return all.is_open && user_may(user, USER_ASKED, 1) ? &all.ring.ring : NULL;
}

uint64_t ask_number(void)
{
	return ++all.last;
}

void ask_begun(struct asked *asked, uint64_t number, struct user *user)
{
	asked->number = number;
	asked->user = user;
	asked->next = all.first;
	all.first = asked;
	user_charge(user, USER_ASKED, 1);
}

void ask_give_up(struct asked *asked)
{
	const uint64_t number = asked->number;

	if (number == 0)
		return;
	forget(asked);
	sk_ring_cancel(&all.ring.ring, number);
	serve(NULL);
}
