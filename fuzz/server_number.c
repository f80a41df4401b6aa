/* Numbers that replies give and requests take. See server_parts.h. */
#define _GNU_SOURCE
#include "fuzz/server_parts.h"

#include <string.h>

#include "runtime/codec.h"

struct search {
	struct server_case *run;
	unsigned count;
	uint32_t found[8];
};

static void find(struct search *search, uint16_t index, const uint8_t *value);

static void find_field(struct search *search, const struct sk_field *field,
	const uint8_t *value)
{
	const struct sk_type *type = &search->run->schema->types[field->type];
	uint32_t number;

	if (type->kind != SK_KIND_INTEGER) {
		find(search, field->type, value + field->offset);
	} else if (type->size == 4 && search->count < 8 &&
			fuzz_target.server->is_number(field->name)) {
		memcpy(&number, value + field->offset, sizeof(number));
		search->found[search->count++] = number;
	}
}

static void find(struct search *search, uint16_t index, const uint8_t *value)
{
	const struct sk_schema *schema = search->run->schema;
	const struct sk_type *type = &schema->types[index];
	const struct sk_field *fields = &schema->fields[type->item];
	const struct sk_field *arm;
	uint32_t which;

	if (type->kind == SK_KIND_STRUCT || type->kind == SK_KIND_RECORD) {
		for (uint32_t i = 0; i < type->count; i++)
			if (sk_has_field(&fields[i], value))
				find_field(search, &fields[i], value);
	} else if (type->kind == SK_KIND_VARIANT) {
		memcpy(&which, value, sizeof(which));
		arm = sk_arm(schema, type, which);
		if (arm && arm->type != SK_NO_INDEX)
			find_field(search, arm, value);
	}
}

const struct sk_method_type *server_method(const struct sk_schema *schema, uint32_t id)
{
	for (uint32_t i = 0; i < schema->method_count; i++)
		if (schema->methods[i].method &&
				schema->messages[schema->methods[i].request].id == id)
			return &schema->methods[i];
	return NULL;
}

/* Whatever goes beside the message is there. */
static void attach_all(struct sk_attached *attached, const struct fuzz_packet *packet)
{
	static uint8_t memory;

	sk_attach_none(attached);
	for (unsigned i = 0; i < packet->handles; i++)
		sk_attach_handle(attached, (struct sk_handle){0}, SK_RIGHTS_ALL, true);
	for (unsigned i = 0; i < packet->leases; i++)
		attached->leases[attached->lease_count++] = (struct sk_lease){
			&memory, packet->lease[i].size, 0, packet->lease[i].direction};
}

/* Numbers stand in messages as they are, so that one can be replaced there. */
void server_replace_number(struct server_case *run, uint8_t *bytes, size_t size,
	const struct fuzz_step *step)
{
	unsigned n = step->how[0] >> 3 & 7;
	const struct sk_method_type *method;
	const struct sk_message_type *message;
	struct search search = {.run = run};
	struct sk_attached attached;
	uint8_t old[4], *at, *value;

	method = size < 8 || n == 0 ? NULL :
		server_method(run->schema, sk_get_uint32(bytes));
	if (!method)
		return;
	message = &run->schema->messages[method->request];
	value = values_alloc(&run->values, run->schema->types[message->type].size);
	attach_all(&attached, &step->packet);
	if (message->decode(value, bytes, size, NULL, &attached) != SK_OK)
		return;
	find(&search, message->type, value);
	if (n > search.count)
		return;
	sk_put_uint32(old, search.found[n - 1]);
	at = memmem(bytes + 8, size - 8, old, sizeof(old));
	if (at)
		sk_put_uint32(at, run->numbers[step->how[0] >> 6]);
}

static void learn(struct server_case *run, const struct sk_message_type *message,
	const uint8_t *value)
{
	struct search search = {.run = run};

	find(&search, message->type, value);
	for (unsigned i = 0; i < search.count; i++) {
		memmove(run->numbers + 1, run->numbers, sizeof(run->numbers) -
			sizeof(*run->numbers));
		run->numbers[0] = search.found[i];
	}
}

/* ---- replies ---- */

void server_judge_reply(struct server_case *run, const struct sk_method_type *method,
	const struct sk_message *reply)
{
	int status = sk_sort(reply, method->method);
	const struct sk_message_type *message;
	struct sk_attached attached = reply->attached;
	uint8_t *value;

	if (status == SK_MALFORMED && sk_message_id(reply) != SK_STATUS_ID)
		fuzz_found("%s: its answer is of another method", method->name);
	if (status != SK_OK)
		return;
	message = &run->schema->messages[method->reply];
	value = values_alloc(&run->values, run->schema->types[message->type].size);
	status = message->decode(value, reply->bytes, reply->size, NULL, &attached);
	if (status != SK_OK)
		fuzz_found("%s: its reply does not decode: %s", method->name,
			sk_status_name(status));
	values_touch(&run->values, message->type, value);
	learn(run, message, value);
}
