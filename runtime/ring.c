/*
 * Rings: what they do above every transport. It finds slots, ends calls whose
 * deadline has passed, and sees to it that each handle is closed once.
 * Freestanding.
 */
#include "runtime/ring.h"
#include "runtime/trace.h"

/* ---- lists of slots ---- */

static void list_init(struct sk_slot_link *list)
{
	list->next = list;
	list->prev = list;
}

static void take_out(struct sk_slot *slot)
{
	slot->link.prev->next = slot->link.next;
	slot->link.next->prev = slot->link.prev;
	list_init(&slot->link);
}

static void put_before(struct sk_slot *slot, struct sk_slot_link *at)
{
	slot->link.next = at;
	slot->link.prev = at->prev;
	at->prev->next = &slot->link;
	at->prev = &slot->link;
}

/* To the end of this list, from where it was. */
static void move(struct sk_slot *slot, struct sk_slot_link *list)
{
	take_out(slot);
	put_before(slot, list);
}

static struct sk_slot *of_link(struct sk_slot_link *link)
{
	return (struct sk_slot *)(void *)link;
}

/* The first, which is in no list then; NULL: there is none. */
static struct sk_slot *take_first(struct sk_slot_link *list)
{
	struct sk_slot *slot = of_link(list->next);

	if (list->next == list)
		return NULL;
	take_out(slot);
	return slot;
}

/* The last that was used is the next: its pages are at hand. One that was given up, which
 * the transport may not have let go of yet, is the last. */
static void set_free(struct sk_slot *slot)
{
	struct sk_slot_link *free = &slot->ring->free;
	bool given_up = slot->status == SK_CANCELED || slot->status == SK_TIMED_OUT ||
		slot->status == SK_EXHAUSTED;

	slot->state = SK_SLOT_FREE;
	take_out(slot);
	put_before(slot, given_up ? free : free->next);
}

void sk_ring_complete(struct sk_slot *slot, int status)
{
	slot->status = status;
	slot->state = SK_SLOT_DONE;
	move(slot, &slot->ring->done);
}

/* ---- all of it ---- */

static void lend(struct sk_message *message, uint8_t *buffer)
{
	message->bytes = buffer;
	message->capacity = SK_MESSAGE_MAX;
	message->size = 0;
	message->correlation = 0;
	sk_attach_none(&message->attached);
}

void sk_ring_init(struct sk_ring *ring, const struct sk_ring_ops *ops,
	struct sk_slot *slots, uint32_t count, void *context)
{
	ring->ops = ops;
	ring->slots = slots;
	ring->count = count;
	ring->context = context;
	list_init(&ring->free);
	list_init(&ring->busy);
	list_init(&ring->done);
	for (uint32_t i = 0; i < count; i++) {
		slots[i].ring = ring;
		list_init(&slots[i].link);
		put_before(&slots[i], &ring->free);
		slots[i].state = SK_SLOT_FREE;
		slots[i].channel = NULL;
		slots[i].number = 0;
	}
}

/* ---- into the ring ---- */

struct sk_slot *sk_ring_open(struct sk_ring *ring, struct sk_channel *channel,
	uint64_t cookie)
{
	struct sk_slot *slot = take_first(&ring->free);

	if (!slot)
		return NULL;
	slot->state = SK_SLOT_FILLING;
	slot->status = SK_OK;
	slot->channel = channel;
	slot->cookie = cookie;
	lend(&slot->request, slot->bytes[0]);
	lend(&slot->reply, slot->bytes[1]);
	return slot;
}

/* Why the request cannot be sent; 0 if it can. Nothing here could look at a
 * flag, and nothing would end a one-way call. */
static int check_request(int encoded, const struct sk_method *method,
	const struct sk_call *call)
{
	if (encoded < 0)
		return encoded;
	if (encoded > SK_MESSAGE_MAX)
		return SK_TOO_BIG;
	if ((call && call->cancel) || method->reply_id == 0)
		return SK_INVALID;
	return SK_OK;
}

int sk_ring_submit(struct sk_ring *ring, struct sk_slot *slot, int encoded,
	const struct sk_method *method, const struct sk_call *call)
{
	int status = check_request(encoded, method, call);

	if (status != SK_OK) {
		sk_close_attached(slot->channel, &slot->request.attached);
		set_free(slot);
		return status;
	}
	slot->request.size = (uint32_t)encoded;
	slot->method = method;
	slot->deadline = sk_deadline(slot->channel, method, call);
	slot->correlation = SK_LIKELY(!slot->channel->trace) ? 0 :
		slot->channel->trace->ops->call(slot->channel, &slot->request,
			slot->request.size);
	move(slot, &ring->busy);
	status = ring->ops->submit(ring, slot);
	if (status != SK_OK) {
		slot->status = status;
		set_free(slot);
	}
	return status;
}

/* ---- and out of it ---- */

/* Whether some slot is under way, and the first deadline of all. */
static bool find_deadline(struct sk_ring *ring, uint64_t *deadline)
{
	struct sk_slot_link *at;

	for (at = ring->busy.next; at != &ring->busy; at = at->next)
		if (of_link(at)->deadline < *deadline)
			*deadline = of_link(at)->deadline;
	return ring->busy.next != &ring->busy;
}

static void expire(struct sk_ring *ring)
{
	for (uint32_t i = 0; i < ring->count; i++) {
		struct sk_slot *slot = &ring->slots[i];

		if (slot->state == SK_SLOT_BUSY && slot->deadline != SK_FOREVER &&
				slot->deadline <= slot->channel->ops->now(slot->channel))
			ring->ops->give_up(ring, slot, SK_TIMED_OUT);
	}
}

/* Gives it out. */
static void hand_out(struct sk_ring *ring, struct sk_slot *slot,
	struct sk_completion *done)
{
	slot->state = SK_SLOT_HELD;
	done->ring = ring;
	done->slot = slot;
	done->cookie = slot->cookie;
	if (SK_UNLIKELY(slot->correlation != 0 && slot->channel->trace))
		slot->channel->trace->ops->finish(slot->channel->trace, slot->correlation,
			&slot->reply, 0, sk_ring_result(done));
}

int sk_ring_next(struct sk_ring *ring, uint64_t deadline, struct sk_completion *done)
{
	bool is_last = false;

	for (;;) {
		struct sk_slot *slot = take_first(&ring->done);
		uint64_t until = deadline;
		int status;

		if (slot) {
			hand_out(ring, slot, done);
			return SK_OK;
		}
		if (is_last)
			return SK_TIMED_OUT;
		if (!find_deadline(ring, &until))
			return SK_INVALID;
		status = ring->ops->wait(ring, until);
		if (status != SK_OK && status != SK_TIMED_OUT)
			return status;
		if (status == SK_OK)
			continue;
		expire(ring);
		is_last = until == deadline;
	}
}

int sk_ring_result(const struct sk_completion *done)
{
	const struct sk_slot *slot = done->slot;

	return slot->status != SK_OK ? slot->status : sk_sort(&slot->reply, slot->method);
}

static void release(struct sk_slot *slot)
{
	sk_close_attached(slot->channel, &slot->reply.attached);
	set_free(slot);
}

void sk_ring_release(struct sk_completion *done)
{
	release(done->slot);
	done->slot = NULL;
}

int sk_ring_cancel(struct sk_ring *ring, uint64_t cookie)
{
	int status = SK_INVALID;

	for (uint32_t i = 0; i < ring->count; i++) {
		struct sk_slot *slot = &ring->slots[i];

		if (slot->cookie != cookie || (slot->state != SK_SLOT_BUSY &&
				slot->state != SK_SLOT_DONE))
			continue;
		if (!(slot->method->flags & SK_METHOD_CANCELLABLE))
			return SK_INVALID;
		if (slot->state == SK_SLOT_BUSY)
			ring->ops->give_up(ring, slot, SK_CANCELED);
		status = SK_OK;
	}
	return status;
}

unsigned sk_ring_used(const struct sk_ring *ring)
{
	unsigned used = 0;

	for (uint32_t i = 0; i < ring->count; i++)
		used += ring->slots[i].state != SK_SLOT_FREE;
	return used;
}

void sk_ring_close(struct sk_ring *ring)
{
	for (uint32_t i = 0; i < ring->count; i++) {
		struct sk_slot *slot = &ring->slots[i];

		if (slot->state == SK_SLOT_BUSY)
			ring->ops->give_up(ring, slot, SK_CANCELED);
		if (slot->state == SK_SLOT_DONE || slot->state == SK_SLOT_HELD)
			release(slot);
		else
			set_free(slot);
	}
}
