/*
 * Seeds: cases to begin with, of each message and each interface.
 */
#include <string.h>

#include "compiler/fuzz_case.h"
#include "compiler/harness.h"

/* Steps of a case. More are ignored at some point (fuzz/session.h). */
#define STEPS_MAX 32
/* Bytes lent where the schema sets no bound, or a large one. */
#define LEASE_SIZE 4096

/* ---- packets ---- */

/* What the bytes say of what came beside them, as far as they make sense. */
static void note_beside(void *context, const struct wire_field *field)
{
	struct fuzz_packet *packet = context;
	const struct type *type = field->type;
	uint64_t number;

	if (type == NULL || field->value == NULL ||
	    field->value->kind != VALUE_INTEGER)
		return;
	number = field->value->as.integer.low;
	if (type->kind == TYPE_HANDLE && number >= 1 &&
	    number <= FUZZ_HANDLES_MAX) {
		packet->handles = (unsigned)number;
		if (type->has_rights)
			packet->rights[number - 1] = type->rights;
	}
	if (type->kind == TYPE_LEASE && number >= 1 &&
	    number <= FUZZ_LEASES_MAX) {
		packet->leases = (unsigned)number;
		packet->lease[number - 1].direction = (uint8_t)type->direction;
		if (type->bound < LEASE_SIZE)
			packet->lease[number - 1].size = (uint32_t)type->bound;
	}
}

static unsigned at_most(int count, unsigned most)
{
	return (unsigned)count < most ? (unsigned)count : most;
}

struct harness_bytes harness_packet(struct arena *arena,
	const struct declaration *message, struct wire_view head,
	struct wire_view tail, const struct harness_beside *beside, bool *good)
{
	struct fuzz_packet packet = {.size = head.size + tail.size};
	struct wire_decode_options options = {
		.field = note_beside, .context = &packet,
	};
	struct harness_bytes made;
	unsigned char *bytes = arena_alloc(arena, packet.size + 1);
	struct wire_fault fault;
	struct value value;
	size_t room = packet.size + 64;

	for (unsigned i = 0; i < FUZZ_HANDLES_MAX; i++)
		packet.rights[i] = UINT16_MAX;
	for (unsigned i = 0; i < FUZZ_LEASES_MAX; i++)
		packet.lease[i] = (struct fuzz_lease){LEASE_INOUT, LEASE_SIZE};
	wire_decode(arena, message, head, tail, &options, &value, &fault);
	if (beside->handles >= 0)
		packet.handles = at_most(beside->handles, FUZZ_HANDLES_MAX);
	if (beside->leases >= 0)
		packet.leases = at_most(beside->leases, FUZZ_LEASES_MAX);
	options = (struct wire_decode_options){
		.counted = true, .handles = packet.handles,
		.leases = packet.leases,
	};
	*good = wire_decode(arena, message, head, tail, &options, &value, &fault);
	if (head.size)
		memcpy(bytes, head.data, head.size);
	if (tail.size)
		memcpy(bytes + head.size, tail.data, tail.size);
	packet.bytes = bytes;
	made.data = arena_alloc(arena, room);
	made.size = fuzz_packet_write(&packet, made.data, room);
	return made;
}

static struct harness_bytes packet_of(struct arena *arena,
	const struct declaration *message, const struct harness_bytes *bytes)
{
	struct harness_beside beside = {-1, -1};
	struct wire_view head = {0};
	struct wire_view tail = {0};
	struct wire_fault fault;
	bool good;

	wire_split((struct wire_view){bytes->data, bytes->size}, &head, &tail,
		&fault);
	return harness_packet(arena, message, head, tail, &beside, &good);
}

/* ---- of messages ---- */

static void add_file(struct harness *harness, const char *target,
	const char *name, const struct harness_bytes *bytes)
{
	struct printer *out = harness_file(harness,
		arena_printf(harness->arena, "seeds/%s/%s", target, name));

	out->text = (char *)bytes->data;
	out->size = bytes->size;
}

void harness_add_seed(struct harness *harness, const struct declaration *message,
	const char *name, const struct harness_bytes *packet)
{
	add_file(harness, message->name, name, packet);
	add_file(harness, "messages", arena_printf(harness->arena, "%s-%s",
		message->name, name), packet);
}

static bool make_least(struct arena *arena, const struct declaration *message,
	struct harness_bytes *to)
{
	return harness_make(arena, message, &(struct harness_wish){0}, to);
}

static void add_made(struct harness *harness, const struct declaration *message,
	const char *name, const struct harness_bytes *bytes)
{
	struct harness_bytes packet = packet_of(harness->arena, message, bytes);

	harness_add_seed(harness, message, name, &packet);
}

static void add_arms(struct harness *harness, const struct declaration *message,
	const struct declaration *variant)
{
	struct arena *arena = harness->arena;
	const struct member *arm = variant->as.structure.body.first;
	struct harness_bytes bytes;

	for (; arm; arm = arm->next) {
		if (harness_make_arm(arena, message, variant, arm, &bytes))
			add_made(harness, message, arena_printf(arena,
				"arm-%s-%s", variant->c_name, arm->name),
				&bytes);
	}
	if (variant->as.structure.is_flexible &&
	    harness_make_arm(arena, message, variant, NULL, &bytes))
		add_made(harness, message, arena_printf(arena,
			"arm-%s-unknown", variant->c_name), &bytes);
}

static bool member_leads_to(struct arena *arena, const struct member *member,
	const struct declaration *variant)
{
	if (member->type && harness_leads_to(arena, member->type, variant))
		return true;
	for (member = member->tags; member; member = member->next) {
		if (member_leads_to(arena, member, variant))
			return true;
	}
	return false;
}

static bool section_leads_to(struct arena *arena, const struct section *section,
	const struct declaration *variant)
{
	for (const struct member *member = section->body.first; member;
	     member = member->next) {
		if (member_leads_to(arena, member, variant))
			return true;
	}
	return false;
}

static void add_variants(struct harness *harness,
	const struct declaration *message)
{
	struct arena *arena = harness->arena;

	for (const struct file *file = harness->schema->files; file;
	     file = file->next) {
		for (const struct declaration *d = file->first; d; d = d->next) {
			if (d->kind == DECLARATION_VARIANT &&
			    (section_leads_to(arena, &message->as.message.head, d) ||
			     section_leads_to(arena, &message->as.message.tail, d)))
				add_arms(harness, message, d);
		}
	}
}

static void add_message(struct harness *harness,
	const struct declaration *message)
{
	struct harness_bytes bytes;

	if (make_least(harness->arena, message, &bytes))
		add_made(harness, message, "least", &bytes);
	if (harness_make_full(harness->arena, message, &bytes))
		add_made(harness, message, "full", &bytes);
	add_variants(harness, message);
}

/* ---- of interfaces ---- */

/* A call: the kind of step that is 0 (fuzz/session.h). */
static struct harness_bytes call_of(struct arena *arena,
	const struct declaration *request, const struct harness_bytes *bytes)
{
	struct harness_bytes packet = packet_of(arena, request, bytes);
	struct harness_bytes made = {.data = arena_alloc(arena,
		FUZZ_STEP_HEAD + packet.size)};
	struct fuzz_step step = {0};

	fuzz_packet_read(&step.packet, packet.data, packet.size);
	made.size = fuzz_step_write(&step, made.data,
		FUZZ_STEP_HEAD + packet.size);
	return made;
}

static void append(struct arena *arena, struct harness_bytes *to,
	const struct harness_bytes *more)
{
	unsigned char *data = arena_alloc(arena, to->size + more->size + 1);

	if (to->size)
		memcpy(data, to->data, to->size);
	if (more->size)
		memcpy(data + to->size, more->data, more->size);
	to->data = data;
	to->size += more->size;
}

typedef bool make_bytes(struct arena *arena, const struct declaration *message,
	struct harness_bytes *to);

/* Of all methods: as many cases as it takes. */
static void add_all(struct harness *harness, const struct declaration *interface,
	const struct harness_bytes *calls, unsigned count, const char *how)
{
	for (unsigned i = 0; i < count; i += STEPS_MAX) {
		const char *name = arena_printf(harness->arena, "all-%s", how);
		struct harness_bytes all = {0};

		for (unsigned j = i; j < count && j < i + STEPS_MAX; j++)
			append(harness->arena, &all, &calls[j]);
		if (count > STEPS_MAX)
			name = arena_printf(harness->arena, "%s-%u", name,
				i / STEPS_MAX + 1);
		add_file(harness, interface->name, name, &all);
	}
}

static void add_row(struct harness *harness, const struct declaration *interface,
	const struct method *const *methods, unsigned count, make_bytes *make,
	const char *name)
{
	struct harness_bytes all = {0}, bytes, call;

	for (unsigned i = 0; i < count; i++) {
		if (!make(harness->arena, methods[i]->request, &bytes))
			continue;
		call = call_of(harness->arena, methods[i]->request, &bytes);
		append(harness->arena, &all, &call);
	}
	add_file(harness, interface->name, name, &all);
}

/* Cases that keep to the interface's states. */
static void add_walks(struct harness *harness, const struct declaration *interface,
	make_bytes *make, const char *how)
{
	const struct method *methods[STEPS_MAX];
	struct harness_walk walk = {0};
	unsigned count, row = 0;

	while ((count = harness_walk(&walk, interface, methods, STEPS_MAX)) != 0)
		add_row(harness, interface, methods, count, make,
			arena_printf(harness->arena, "walk-%s-%u", how, ++row));
}

/* A case for each method of its own, and those of all. */
static void add_calls(struct harness *harness, const struct declaration *interface,
	make_bytes *make, const char *how)
{
	struct arena *arena = harness->arena;
	unsigned most = interface->as.interface.method_count;
	struct harness_bytes *calls = arena_alloc(arena,
		(most + 1) * sizeof(*calls));
	unsigned count = 0;

	for (unsigned i = 0; i < most; i++) {
		const struct method *method = interface->as.interface.methods[i];
		struct harness_bytes bytes;

		if (!make(arena, method->request, &bytes))
			continue;
		calls[count] = call_of(arena, method->request, &bytes);
		if (method->owner == interface)
			add_file(harness, interface->name, arena_printf(arena,
				"call-%s-%s", method->name, how), &calls[count]);
		count++;
	}
	add_all(harness, interface, calls, count, how);
	add_walks(harness, interface, make, how);
}

static void add_interface(struct harness *harness,
	const struct declaration *interface)
{
	struct fuzz_step nothing = {0};
	struct harness_bytes step = {
		.data = arena_alloc(harness->arena, FUZZ_STEP_HEAD + 1),
	};

	add_calls(harness, interface, make_least, "least");
	add_calls(harness, interface, harness_make_full, "full");
	if (interface->as.interface.method_count)
		return;
	/* An engine wants to begin with something. */
	step.size = fuzz_step_write(&nothing, step.data, FUZZ_STEP_HEAD + 1);
	add_file(harness, interface->name, "nothing", &step);
}

void harness_add_seeds(struct harness *harness)
{
	for (size_t i = 0; i < harness->target_count; i++) {
		const struct harness_target *target = &harness->targets[i];

		if (target->kind == HARNESS_MESSAGE)
			add_message(harness, target->declaration);
		else if (target->kind == HARNESS_INTERFACE)
			add_interface(harness, target->declaration);
	}
}
