/*
 * Oracles of a message. The interpreter decodes it, and says what ought to
 * come; generated C decodes it in place and into room, encodes it again, and
 * is read while the bytes under it change. Whatever differs is a finding.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fetch.h"
#include "fuzz/message_wire.h"
#include "fuzz/parts.h"
#include "fuzz/reflect_json.h"
#include "fuzz/values.h"

/* Rooms are tried up to this, in bytes. */
#define ROOM_MAX ((size_t)1 << 28)

struct run {
	struct fuzz *fuzz;
	const struct fuzz_message *message;
	const struct fuzz_packet *packet;
	struct fuzz_wire wire;		/* what the interpreter says */
	uint8_t *block;			/* where `bytes` stands, at some offset */
	uint8_t *bytes;
	uint64_t hash;			/* of the case: decides what is left open */
	uint64_t fetches;		/* of decoding it */
	size_t room;			/* that its lists take */
};

static const struct sk_schema *tables(const struct run *run)
{
	return run->fuzz->target->schema->tables;
}

static const char *name(const struct run *run)
{
	return run->message->table->name;
}

static size_t value_size(const struct run *run)
{
	return tables(run)->types[run->message->table->type].size;
}

static const char *status_name(int status)
{
	switch (status) {
#define X(name, number, text) case number: return #name;
	SK_STATUS_LIST(X)
#undef X
	default: return status == SK_OK ? "OK" : "?";
	}
}

/* Enough that a small message alone in its block is found by ASan to be so. */
static uint8_t *alone(size_t size)
{
	uint8_t *block = malloc(size ? size : 1);

	if (block == NULL)
		abort();
	return block;
}

/* ---- what comes beside the bytes ---- */

static void attach(const struct fuzz_packet *packet, struct sk_attached *attached)
{
	sk_attach_none(attached);
	for (unsigned i = 0; i < packet->handles; i++) {
		struct sk_handle handle = {(int32_t)i + 1};

		attached->handles[i] = (struct sk_passed){
			.handle = handle, .rights = packet->rights[i],
		};
	}
	for (unsigned i = 0; i < packet->leases; i++)
		attached->leases[i] = (struct sk_lease){
			.size = packet->lease[i].size,
			.direction = packet->lease[i].direction,
		};
	attached->handle_count = packet->handles;
	attached->lease_count = packet->leases;
}

/* A refusal leaves everything where it was. */
static void check_kept(const struct run *run, const struct sk_attached *attached,
	const char *when)
{
	const struct fuzz_packet *packet = run->packet;

	if (attached->handle_count != packet->handles ||
	    attached->lease_count != packet->leases)
		fuzz_found("%s refused %s: of %u handles and %u leases %u and %u "
			"are left beside it", name(run), when, packet->handles,
			packet->leases, (unsigned)attached->handle_count,
			(unsigned)attached->lease_count);
	for (unsigned i = 0; i < packet->handles; i++)
		if (attached->handles[i].handle.raw != (int32_t)i + 1 ||
		    attached->handles[i].rights != packet->rights[i])
			fuzz_found("%s refused %s: handle %u beside it was "
				"changed", name(run), when, i + 1);
	for (unsigned i = 0; i < packet->leases; i++)
		if (attached->leases[i].size != packet->lease[i].size ||
		    attached->leases[i].direction != packet->lease[i].direction)
			fuzz_found("%s refused %s: lease %u beside it was "
				"changed", name(run), when, i + 1);
}

struct census {
	unsigned handles[FUZZ_HANDLES_MAX + 1];
	unsigned leases[FUZZ_LEASES_MAX + 1];
	unsigned strangers;
};

static void count_handle(void *context, const struct sk_type *type,
	struct sk_handle *handle)
{
	struct census *census = context;

	(void)type;
	if (handle->raw > 0 && handle->raw <= FUZZ_HANDLES_MAX)
		census->handles[handle->raw]++;
	else if (handle->raw >= 0)
		census->strangers++;
}

/* It is received, so it has no memory; to be sent again it needs some. */
static void count_lease(void *context, const struct sk_type *type,
	struct sk_lease *lease)
{
	static uint8_t lent;
	struct census *census = context;

	(void)type;
	if (lease->number > 0 && lease->number <= FUZZ_LEASES_MAX)
		census->leases[lease->number]++;
	else if (lease->number != 0)
		census->strangers++;
	if (lease->number != 0)
		lease->data = &lent;
}

/* A success has each exactly once in the value, and nothing beside it. */
static void check_taken(const struct run *run, const struct sk_attached *attached,
	void *value, const char *when)
{
	struct census census = {0};
	const struct values_visitor visitor = {count_handle, count_lease, &census};

	if (attached->handle_count || attached->lease_count)
		fuzz_found("%s decoded %s: %u handles and %u leases are left "
			"beside it", name(run), when,
			(unsigned)attached->handle_count,
			(unsigned)attached->lease_count);
	if (run->packet->handles + run->packet->leases == 0 &&
	    run->message->table->handles + run->message->table->leases == 0)
		return;
	values_visit(tables(run), run->message->table->type, value, &visitor);
	for (unsigned i = 1; i <= FUZZ_HANDLES_MAX; i++)
		if (census.handles[i] != (i <= run->packet->handles))
			fuzz_found("%s decoded %s: handle %u is %u times in the "
				"value", name(run), when, i, census.handles[i]);
	for (unsigned i = 1; i <= FUZZ_LEASES_MAX; i++)
		if (census.leases[i] != (i <= run->packet->leases))
			fuzz_found("%s decoded %s: lease %u is %u times in the "
				"value", name(run), when, i, census.leases[i]);
	if (census.strangers)
		fuzz_found("%s decoded %s: handles or leases that did not come "
			"with it", name(run), when);
}

/* ---- decoding ---- */

static bool is_refusal(int status)
{
	return status == SK_MALFORMED || status == SK_BAD_HANDLE ||
		status == SK_BAD_LEASE;
}

/* The status is what the interpreter says it should be. */
static void check_status(const struct run *run, int status, const char *when)
{
	const struct fuzz_wire *wire = &run->wire;

	if (!wire->good) {
		if (!is_refusal(status))
			fuzz_found("%s %s: the interpreter refuses it (%s), "
				"generated C says %s", name(run), when,
				wire_fault_text(run->fuzz->scratch, &wire->fault),
				status_name(status));
	} else if (wire->beside) {
		if (status != SK_BAD_HANDLE && status != SK_BAD_LEASE)
			fuzz_found("%s %s: %s, but generated C says %s",
				name(run), when, wire->beside, status_name(status));
	} else if (status != SK_OK) {
		fuzz_found("%s %s: the interpreter decodes it, generated C says "
			"%s", name(run), when, status_name(status));
	}
}

/* Everything of what was decoded is what the interpreter decoded. */
static void check_value(const struct run *run, void *value, const char *when)
{
	struct reflect_json json = {
		.arena = run->fuzz->scratch, .schema = tables(run), .where = "",
	};
	struct value shown = reflect_show(&json, run->message->table->type, value);

	if (json.problem)
		fuzz_found("%s decoded %s: %s", name(run), when, json.problem);
	if (!value_same(&shown, &run->wire.value))
		fuzz_found("%s decoded %s: another value than the interpreter's",
			name(run), when);
}

/* As the certificate says; of what is refused, no more than it has bytes. */
static void check_fetches(const struct run *run, int status, const char *when)
{
	uint64_t steps = status == SK_OK ? run->message->tree->as.message.cost.steps :
		run->packet->size;

	if (run->fetches / FUZZ_FETCHES_OF_STEP > steps)
		fuzz_found("%s %s fetches %" PRIu64 " times from the message for %"
			PRIu64 " steps at most", name(run), when, run->fetches,
			steps);
}

/* Decodes; all but SK_TOO_BIG is judged, and what comes beside always. */
static int decode(struct run *run, void *value, struct sk_room *room,
	const char *when)
{
	struct fuzz_watch watch = {0};
	struct sk_attached attached;
	int status;

	attach(run->packet, &attached);
	memset(value, 0xa5, value_size(run));
	fuzz_fetch_watch(&watch);
	status = run->message->table->decode(value, run->bytes,
		run->packet->size, room, &attached);
	fuzz_fetch_watch(NULL);
	run->fetches = watch.fetches;
	check_fetches(run, status, when);
	if (status != SK_TOO_BIG || room == NULL)
		check_status(run, status, when);
	if (status == SK_OK)
		check_taken(run, &attached, value, when);
	else
		check_kept(run, &attached, when);
	return status;
}

/* ---- encoding again ---- */

/* Handles and leases go out in the order in which they came in. */
static void check_order(const struct run *run, const struct sk_attached *attached,
	const char *when)
{
	bool good = attached->handle_count == run->packet->handles &&
		attached->lease_count == run->packet->leases;

	for (unsigned i = 0; good && i < attached->handle_count; i++)
		good = attached->handles[i].handle.raw == (int32_t)i + 1;
	for (unsigned i = 0; good && i < attached->lease_count; i++)
		good = attached->leases[i].number == i + 1;
	if (!good)
		fuzz_found("%s encoded again %s: other handles or leases, or in "
			"another order", name(run), when);
}

/* It takes exactly the room of the message without padding, and no less. */
static void check_encode(const struct run *run, const void *value, const char *when)
{
	const struct fuzz_wire *wire = &run->wire;
	size_t padding = wire->padding;
	size_t wanted = run->packet->size - padding;
	size_t head = wire->head_size - padding;
	struct sk_attached attached;
	uint8_t *again = alone(wanted);
	int size;

	sk_attach_none(&attached);
	size = run->message->table->encode(value, again, wanted, &attached);
	if (size < 0)
		fuzz_found("%s encoded again %s: %s", name(run), when,
			status_name(size));
	if ((size_t)size != wanted || memcmp(again, run->bytes, head) != 0 ||
	    memcmp(again + head, run->bytes + wire->head_size, wanted - head) != 0)
		fuzz_found("%s encoded again %s: other bytes", name(run), when);
	check_order(run, &attached, when);
	free(again);
	again = alone(wanted - 1);
	sk_attach_none(&attached);
	size = run->message->table->encode(value, again, wanted - 1, &attached);
	if (size != SK_TOO_BIG)
		fuzz_found("%s encoded again %s: fits into too little room, %s",
			name(run), when, size < 0 ? status_name(size) : "OK");
	free(again);
}

/* The interpreter agrees with itself. */
static void check_wire_encode(const struct run *run)
{
	const struct wire_encode_options options = {.exact = true};
	size_t padding = run->wire.padding;
	struct wire_bytes head;
	struct wire_bytes tail;
	struct wire_fault fault;

	if (!wire_encode(run->fuzz->scratch, run->message->tree, &run->wire.value,
	    &options, &head, &tail, &fault))
		fuzz_found("%s: the interpreter decodes it but does not encode "
			"it: %s", name(run),
			wire_fault_text(run->fuzz->scratch, &fault));
	if (head.size != run->wire.head_size - padding ||
	    head.size + tail.size + padding != run->packet->size ||
	    memcmp(head.data, run->bytes, head.size) != 0 ||
	    (tail.size && memcmp(tail.data, run->bytes + run->wire.head_size,
		tail.size) != 0))
		fuzz_found("%s: the interpreter encodes other bytes than it "
			"decoded", name(run));
}

/* ---- bytes that change ---- */

/* Others are at them now: what is read may be anything, but ends in bounds. */
static void disturb(struct run *run, uint64_t salt)
{
	struct fuzz_random random = {run->hash + salt};
	size_t count = 1 + fuzz_below(&random, 8);

	while (run->packet->size && count--) {
		size_t at = fuzz_below(&random, run->packet->size);
		uint64_t how = fuzz_next(&random);

		if (how & 1)
			run->bytes[at] ^= (uint8_t)(1 << (how >> 8 & 7));
		else
			run->bytes[at] = (uint8_t)(how >> 8);
	}
}

static void read_over(struct run *run, const void *value)
{
	struct values values = {.schema = tables(run)};
	uint16_t type = run->message->table->type;
	struct sk_attached attached;
	uint8_t *again = alone(run->packet->size);

	values_touch(&values, type, value);
	sk_attach_none(&attached);
	run->message->table->encode(value, again, run->packet->size, &attached);
	values_free(&values);
	free(again);
}

static void race(struct run *run, void *value)
{
	struct sk_attached attached;

	disturb(run, 1);
	read_over(run, value);
	disturb(run, 2);
	/* By others' doing it may be a message again, or not. */
	attach(run->packet, &attached);
	if (run->message->table->decode(value, run->bytes, run->packet->size,
	    NULL, &attached) == SK_OK) {
		check_taken(run, &attached, value, "after bytes changed");
		disturb(run, 3);
		read_over(run, value);
	} else {
		check_kept(run, &attached, "after bytes changed");
	}
	memcpy(run->bytes, run->packet->bytes, run->packet->size);
}

/*
 * They change while it is decoded. Whatever comes of it, it is in bounds; in the
 * room too, which is just as large as the message itself wants it.
 */
static void race_within(struct run *run, void *value)
{
	struct fuzz_random random = {run->hash + 4};
	uint8_t *memory = alone(run->room);
	struct sk_room room = {memory, memory + run->room, false};
	bool has_room = fuzz_one_in(&random, 2);
	struct fuzz_watch watch = {
		.at = 1 + fuzz_below(&random, (size_t)run->fetches),
		.left = 1 + (unsigned)fuzz_below(&random, 3),
		.bytes = run->bytes, .size = run->packet->size,
		.random = random,
	};
	struct sk_attached attached;
	int status;

	attach(run->packet, &attached);
	memset(value, 0xa5, value_size(run));
	fuzz_fetch_watch(run->packet->size ? &watch : NULL);
	status = run->message->table->decode(value, run->bytes, run->packet->size,
		has_room ? &room : NULL, &attached);
	fuzz_fetch_watch(NULL);
	if (status == SK_OK) {
		check_taken(run, &attached, value, "while bytes changed");
		read_over(run, value);
	} else {
		check_kept(run, &attached, "while bytes changed");
		if (!is_refusal(status) && !(status == SK_TOO_BIG && has_room))
			fuzz_found("%s decoded while bytes changed: %s", name(run),
				status_name(status));
	}
	memcpy(run->bytes, run->packet->bytes, run->packet->size);
	free(memory);
}

/* ---- */

/* As much as it takes; and with a byte less it says so. */
static void run_room(struct run *run, void *value)
{
	size_t shift = run->hash >> 8 & 7;
	size_t space = 256;
	int status = SK_TOO_BIG;
	struct sk_room room;
	size_t used;

	for (; status == SK_TOO_BIG && space <= ROOM_MAX; space *= 8) {
		uint8_t *memory = alone(shift + space);

		room = (struct sk_room){
			memory + shift, memory + shift + space, false,
		};
		status = decode(run, value, &room, "into room");
		used = (size_t)(room.at - (memory + shift));
		run->room = used;
		if (status == SK_OK) {
			check_value(run, value, "into room");
			check_encode(run, value, "from room");
			room = (struct sk_room){
				memory + shift,
				memory + shift + (used ? used - 1 : 0), false,
			};
			if (decode(run, value, &room, "into too little room") !=
			    (used ? SK_TOO_BIG : SK_OK))
				fuzz_found("%s is decoded into less room than it "
					"takes", name(run));
		}
		free(memory);
	}
}

static void run_place(struct run *run, void *value)
{
	if (decode(run, value, NULL, "in place") == SK_OK) {
		check_value(run, value, "in place");
		check_encode(run, value, "from its place");
		race(run, value);
	}
	if (run->packet->size)
		race_within(run, value);
}

static uint64_t hash(const uint8_t *data, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ size;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 29;
}

/* Bytes that no message has are tried as any of them. */
static const struct fuzz_message *choose(const struct run *run)
{
	const struct fuzz_message *message =
		fuzz_message_of(run->fuzz, run->packet);

	if (message == NULL && run->fuzz->message_count)
		message = &run->fuzz->messages[run->hash % run->fuzz->message_count];
	return message;
}

void fuzz_run_message(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
	struct fuzz_packet packet;
	struct run run = {
		.fuzz = fuzz, .packet = &packet, .hash = hash(data, size),
	};
	size_t shift = run.hash & 1 ? run.hash >> 1 & 7 : 0;
	void *value;

	fuzz_packet_read(&packet, data, size);
	run.message = choose(&run);
	if (run.message == NULL || packet.size > INT32_MAX)
		return;
	arena_reset(fuzz->scratch);
	run.block = alone(shift + packet.size);
	run.bytes = run.block + shift;
	if (packet.size)
		memcpy(run.bytes, packet.bytes, packet.size);
	fuzz_wire_decode(fuzz->scratch, run.message, &packet, &run.wire);
	fuzz_wire_check(run.message, &packet, &run.wire);
	if (run.wire.good)
		check_wire_encode(&run);
	value = alone(value_size(&run));
	run_room(&run, value);
	run_place(&run, value);
	free(value);
	free(run.block);
}
