/*
 * What one program can have of a server: a part of the requests that are kept, of the
 * clients, and of the objects that the server mints. Each object is of the program whose
 * request it was minted for, whoever has its handle by now.
 */
#include "runtime/server/loop.h"

bool sk_loop_may_have(const struct sk_loop *loop, uint32_t max, uint32_t all,
	uint32_t program, uint32_t (*count)(const struct sk_loop *loop, uint32_t program))
{
	if (all >= max)
		return false;
	/* Nobody has more than all have. */
	return all < max - all || program == SK_LOOP_SUPERVISOR ||
		count(loop, program) < max - all;
}

/* ---- requests ---- */

static uint32_t count_kept(const struct sk_loop *loop, uint32_t program)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < loop->token_count; i++)
		count += loop->port.config.kept[i].token != 0 &&
			loop->asked[i].program == program;
	return count;
}

bool sk_loop_admit(struct sk_loop *loop, uint64_t token, const struct sk_loop_asked *asked)
{
	/* The last token is left to the supervisor's question. */
	if (token != 0 && !sk_loop_may_have(loop, loop->what.max_kept, loop->port.kept_now,
			asked->program, count_kept))
		return false;
	if (token != 0 && ABI_TOKEN_INDEX(token) < loop->token_count)
		loop->asked[ABI_TOKEN_INDEX(token)] = *asked;
	loop->program = asked->program;
	loop->answered++;
	return true;
}

/* ---- objects ---- */

static int dispatch(void *self, struct sk_incoming *incoming)
{
	const struct sk_loop_object *object = self;
	const struct sk_loop_asked asked = {NULL, NULL, object->program};

	if (!sk_loop_admit(object->loop, incoming->reply.token, &asked))
		return sk_refuse(incoming, SK_EXHAUSTED);
	return object->object->dispatch(object->self, incoming);
}

static void canceled(void *self, uint64_t token)
{
	const struct sk_loop_object *object = self;

	if (object->object->canceled)
		object->object->canceled(object->self, token);
}

static void gone(void *self)
{
	struct sk_loop_object *object = self, was = *object;

	object->object = NULL;
	was.loop->object_count--;
	if (was.object->gone)
		was.object->gone(was.self);
}

static uint32_t count_objects(const struct sk_loop *loop, uint32_t program)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < loop->what.max_objects; i++)
		count += loop->objects[i].object && loop->objects[i].program == program;
	return count;
}

/* Behind the last one that was found: there may be thousands before it. */
static struct sk_loop_object *find_free(const struct sk_loop *loop)
{
	static uint32_t last;
	uint32_t at = last;

	for (uint32_t i = 0; i < loop->what.max_objects; i++) {
		at = at + 1 < loop->what.max_objects ? at + 1 : 0;
		if (!loop->objects[at].object) {
			last = at;
			return &loop->objects[at];
		}
	}
	return NULL;
}

static int mint(struct sk_port *port, const struct sk_object *object, void *self,
	struct sk_handle *handle)
{
	static const struct sk_object counted = {
		.dispatch = dispatch, .gone = gone, .canceled = canceled,
	};
	struct sk_loop *loop = (struct sk_loop *)(void *)((uint8_t *)sk_kernel_port_of(port) -
		offsetof(struct sk_loop, port));
	struct sk_loop_object *place = NULL;
	int status;

	if (sk_loop_may_have(loop, loop->what.max_objects, loop->object_count, loop->program,
			count_objects))
		place = find_free(loop);
	if (!place)
		return SK_EXHAUSTED;
	*place = (struct sk_loop_object){loop, object, self, loop->program};
	status = sk_kernel_port_ops.mint(port, &counted, place, handle);
	if (status == SK_OK)
		loop->object_count++;
	else
		place->object = NULL;
	return status;
}

void sk_loop_mints(struct sk_loop *loop)
{
	loop->port_ops = sk_kernel_port_ops;
	loop->port_ops.mint = mint;
	loop->port.port.ops = &loop->port_ops;
}
