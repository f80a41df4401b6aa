/* ostrace.Emitter: programs that take part. */
#include "servers/trace/trace.h"

static bool may(struct sk_reply *to)
{
	if (sk_allows(to, ostrace_Rights_EMIT))
		return true;
	sk_answer_error(to, ostrace_Error_NOT_PERMITTED);
	return false;
}

/* ---- the switch page ---- */

static bool is_wanted(const struct program *program)
{
	for (uint32_t i = 0; i < trace.filter_count; i++)
		if (memcmp(trace.filter[i], program->name, NAME_SIZE + 1) == 0)
			return true;
	return trace.filter_count == 0;
}

static void put_switches(struct program *program)
{
	uint32_t kinds = is_wanted(program) ? trace.kinds & PROGRAM_KINDS : 0;

	__atomic_store_n(&program->page->kinds, kinds, __ATOMIC_RELAXED);
	__atomic_store_n(&program->page->event,
		kinds & ostrace_Kinds_SERVES ? 0 : SK_SWITCHED_OFF, __ATOMIC_RELAXED);
}

void emitter_switch(void)
{
	for (uint32_t i = 0; i < PROGRAMS_MAX; i++)
		if (trace.programs[i].is_used && trace.programs[i].page)
			put_switches(&trace.programs[i]);
}

static void switches(void *self, const struct ostrace_Emitter_switches_request *request,
	struct sk_reply *to)
{
	struct program *program = self;
	struct ostrace_Emitter_switches_reply reply;

	(void)request;
	if (!may(to))
		return;
	if (!program->page) {
		program->page = (struct sk_switches *)(void *)memory_new(SK_PAGE,
			&program->page_memory);
		if (program->page)
			put_switches(program);
	}
	reply.page.raw = program->page ? sk_os_copy(trace.os, program->page_memory,
		kernel_Rights_READ | kernel_Rights_MAP | kernel_Rights_TRANSFER) :
		sk_no_handle();
	ostrace_Emitter_switches_answer(to, reply.page.raw.raw < 0 ?
		ostrace_Error_QUOTA_EXCEEDED : 0, &reply);
}

/* ---- rings ---- */

/* Which thread a handle is of, as the table of handles says: what a program gave is not
 * called, since it could be anything. 0: of none. */
static uint64_t thread_of(struct sk_handle handle)
{
	struct kernel_Space_handles_request request = {0};
	struct kernel_Space_handles_reply reply;
	struct kernel_HandleEntry entry;

	do {
		if (kernel_Space_handles(&trace.os->thread->space.channel, &request, &reply,
				NULL) != SK_OK)
			return 0;
		while (kernel_HandleEntry_next(&reply.list, &entry))
			if (entry.number == sk_kernel_number(handle))
				return entry.kind == kernel_Kind_THREAD ? entry.object : 0;
		request.from = reply.next;
	} while (request.from != 0);
	return 0;
}

static bool has_ring(uint64_t thread)
{
	for (uint32_t i = 0; i < RINGS_MAX; i++)
		if (trace.sources[i].is_used && trace.sources[i].thread == thread)
			return true;
	return false;
}

static ostrace_Error check_ring(const struct program *program, uint64_t thread,
	uint32_t slots)
{
	if (thread == 0 || slots == 0 || (slots & (slots - 1)) || slots > SLOTS_OF_ONE)
		return ostrace_Error_INVALID;
	if (has_ring(thread))
		return ostrace_Error_EXISTS;
	if (program->rings == RINGS_OF_ONE || program->slots + slots > SLOTS_OF_ONE)
		return ostrace_Error_QUOTA_EXCEEDED;
	return 0;
}

static void copy_name(char to[NAME_SIZE + 1], struct sk_string name)
{
	memcpy(to, name.data, name.size);
	to[name.size] = 0;
}

/* NULL: there is no room. */
static struct source *make_ring(struct program *program, uint64_t thread, uint32_t slots,
	ostrace_Name name, struct sk_handle *ring)
{
	struct source *source = source_new(slots);

	if (!source)
		return NULL;
	source->ring = memory_new(source->bytes, ring);
	if (!source->ring) {
		source_free(source);
		return NULL;
	}
	source->thread = thread;
	source->space = program->space;
	source->program = program;
	copy_name(source->name, name);
	memcpy(source->program_name, program->name, sizeof(program->name));
	program->rings++;
	program->slots += slots;
	return source;
}

static void create_ring(void *self, const struct ostrace_Emitter_create_ring_request *request,
	struct sk_reply *to)
{
	struct program *program = self;
	struct ostrace_Emitter_create_ring_reply reply = {
		.ring = {sk_no_handle()},
		.slots = request->slots ? request->slots : trace.ring_slots,
	};
	uint64_t thread = thread_of(request->thread.raw);
	ostrace_Error error = check_ring(program, thread, reply.slots);

	sk_sys_close(sk_kernel_number(request->thread.raw));
	if (!may(to))
		return;
	if (!error && !make_ring(program, thread, reply.slots, request->thread_name,
			&reply.ring.raw))
		error = ostrace_Error_QUOTA_EXCEEDED;
	ostrace_Emitter_create_ring_answer(to, error, &reply);
}

/* ---- names ---- */

static bool may_name(struct program *program, uint32_t count)
{
	if (count == NAMES_MAX || program->names == NAMES_OF_ONE)
		return false;
	program->names++;
	return true;
}

static void announce(void *self, const struct ostrace_Emitter_announce_request *request,
	struct sk_reply *to)
{
	struct ostrace_Emitter_announce_reply reply = {0};
	uint32_t i = 0;

	if (!may(to))
		return;
	while (i < trace.name_count && !(trace.names[i].kind == request->kind &&
			trace.names[i].size == request->name.size &&
			memcmp(trace.names[i].text, request->name.data,
				request->name.size) == 0))
		i++;
	if (i == trace.name_count) {
		struct name *name = &trace.names[i];

		if (!may_name(self, i)) {
			ostrace_Emitter_announce_answer(to, ostrace_Error_QUOTA_EXCEEDED, NULL);
			return;
		}
		name->kind = request->kind;
		name->size = request->name.size;
		memcpy(name->text, request->name.data, request->name.size);
		trace.name_count++;
	}
	reply.id = i + 1;
	ostrace_Emitter_announce_answer(to, 0, &reply);
}

static ostrace_Error name_message(struct program *program, uint32_t id, struct sk_string text)
{
	struct message_name *name = trace.messages;

	while (name < trace.messages + trace.message_count && name->id != id)
		name++;
	if (name < trace.messages + trace.message_count)
		return name->size == text.size && memcmp(name->text, text.data, text.size) ==
			0 ? 0 : ostrace_Error_EXISTS;
	if (!may_name(program, trace.message_count))
		return ostrace_Error_QUOTA_EXCEEDED;
	name->id = id;
	name->size = text.size;
	memcpy(name->text, text.data, text.size);
	trace.message_count++;
	return 0;
}

static void announce_message(void *self,
	const struct ostrace_Emitter_announce_message_request *request, struct sk_reply *to)
{
	if (may(to))
		ostrace_Emitter_announce_message_answer(to, name_message(self,
			request->message_id, request->name),
			&(struct ostrace_Emitter_announce_message_reply){0});
}

/* ---- beginning and end ---- */

static void await_end(void *self, const struct ostrace_Emitter_await_end_request *request,
	struct sk_reply *to)
{
	struct program *program = self;

	(void)request;
	if (!may(to))
		return;
	if (program->end.port)
		sk_answer_error(&program->end, SK_CANCELED);
	program->end = sk_reply_keep(to);
}

void emitter_canceled(void *self, uint64_t token)
{
	struct program *program = self;

	if (program->end.port && program->end.token == token)
		sk_reply_drop(&program->end);
}

static bool may_connect(uint64_t space)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < PROGRAMS_MAX; i++)
		count += trace.programs[i].is_used && trace.programs[i].space == space;
	return space != 0 && count < SESSIONS_OF_ONE;
}

void *emitter_connected(void *context, uint64_t badge)
{
	const struct svrctl_Server_client_request request = {badge};
	struct svrctl_Server_client_reply reply;

	(void)context;
	if (svrctl_Server_client(&trace.os->supervisor.channel, &request, &reply, NULL) !=
			SK_OK || !may_connect(reply.space))
		return NULL;
	for (uint32_t i = 0; i < PROGRAMS_MAX; i++) {
		struct program *program = &trace.programs[i];

		if (program->is_used)
			continue;
		memset(program, 0, sizeof(*program));
		program->is_used = true;
		program->page_memory = sk_no_handle();
		program->space = reply.space;
		copy_name(program->name, reply.server);
		return program;
	}
	return NULL;
}

/* Its rings are read to their end, or until somebody else needs the room. */
void emitter_gone(void *self)
{
	struct program *program = self;

	if (program->end.port)
		sk_reply_drop(&program->end);
	for (uint32_t i = 0; i < RINGS_MAX; i++) {
		struct source *source = &trace.sources[i];

		if (!source->is_used || source->program != program)
			continue;
		source_written(source);
		source->is_closed = true;
		source->program = NULL;
	}
	if (program->page) {
		sk_pages_free(trace.os->thread, program->page, SK_PAGE);
		sk_sys_close(sk_kernel_number(program->page_memory));
	}
	program->is_used = false;
}

int emitter_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct ostrace_Emitter_ops ops = {
		.switches = switches,
		.create_ring = create_ring,
		.announce = announce,
		.announce_message = announce_message,
		.await_end = await_end,
	};

	return ostrace_Emitter_dispatch(&ops, self, incoming);
}
