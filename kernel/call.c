/*
 * Calls on kernel objects. What the caller may change meanwhile is copied first;
 * what is answered goes straight to where the caller wants it. There is one of
 * each buffer, for a call never waits and the kernel's lock is held.
 */
#include "kernel/call.h"

#include "kernel/endpoint.h"
#include "kernel/log.h"
#include "kernel/space.h"
#include "kernel/transfer.h"
#include "kernel.skald.h"

#include <string.h>

static _Alignas(16) uint8_t request_bytes[ABI_MESSAGE_MAX];
static _Alignas(16) uint8_t reply_bytes[ABI_MESSAGE_MAX];

static struct kernel_call *call_of(struct sk_port *port)
{
	return LIST_OF(port, struct kernel_call, port);
}

/* ---- the answer ---- */

static void move_results(struct kernel_call *call, const struct sk_attached *attached)
{
	for (uint32_t i = 0; i < attached->handle_count; i++) {
		const struct sk_passed *passed = &attached->handles[i];
		struct handle handle = call->results[passed->handle.raw];

		handle_narrow(&handle, passed->rights);
		call->to->beside->handles[i] = cargo_arrive(&handle, call->space);
	}
	call->caller->reserved = (uint8_t)(call->caller->reserved - attached->handle_count);
}

static int answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct kernel_call *call = call_of(port);
	const struct sk_attached *attached = &port->answer.attached;
	const struct message_place *to = call->to;
	uint32_t size = port->answer.size, handles = attached->handle_count;

	(void)reply;
	call->answer = ABI_DELIVERED | (uint32_t)SK_TOO_BIG;
	if ((size > ABI_WORD_BYTES && !to->page) || (handles > 0 && !to->beside))
		return SK_OK;
	call->answer = ABI_DELIVERED | (uint32_t)SK_EXHAUSTED;
	if (handles > call->caller->reserved)
		return SK_OK;
	move_results(call, attached);
	memcpy(to->words, reply_bytes, ABI_WORD_BYTES);
	if (size > ABI_WORD_BYTES)
		memcpy(to->page + ABI_WORD_BYTES, reply_bytes + ABI_WORD_BYTES,
			size - ABI_WORD_BYTES);
	call->answer = (uint64_t)size << ABI_BYTES_SHIFT |
		(uint64_t)handles << ABI_HANDLES_SHIFT;
	return SK_OK;
}

/* They are arguments, which end_arguments() sees to. */
static void close_handle(struct sk_port *port, struct sk_handle handle)
{
	(void)port;
	(void)handle;
}

static int lease_copy(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number, uint64_t offset, void *data, uint64_t size, bool write,
	uint64_t *done)
{
	struct kernel_call *call = call_of(port);
	uint64_t address = call->leases[number - 1].address + offset;

	(void)reply;
	*done = write ? space_write(call->space, address, data, size) :
		space_read(call->space, address, data, size);
	return *done == size ? SK_OK : SK_LEASE_FAULT;
}

static const struct sk_port_ops port_ops = {
	.answer = answer,
	.close_handle = close_handle,
	.lease_copy = lease_copy,
};

/* ---- the request ---- */

static int read_arguments(struct kernel_call *call, unsigned count,
	const struct message_place *from)
{
	struct sk_attached *attached = &call->message.attached;

	attached->handle_count = count;
	if (!cargo_load(&call->arguments, count, from, call->space, false)) {
		call->arguments.count = 0;
		return SK_BAD_HANDLE;
	}
	for (unsigned i = 0; i < count; i++) {
		const struct handle *handle = &call->arguments.handles[i];

		object_take(handle->object);
		attached->handles[i] = (struct sk_passed){.handle.raw = (int32_t)i,
			.rights = handle_shown_rights(handle), .copy = true};
	}
	return SK_OK;
}

/* Only of the caller's own memory. */
static int read_leases(struct kernel_call *call, unsigned count,
	const struct message_place *from)
{
	struct token_lease lease;
	int status = SK_OK;

	call->message.attached.lease_count = count;
	if (count > 0)
		transfer_read(call->leases, from->beside->leases,
			count * sizeof call->leases[0]);
	for (unsigned i = 0; i < count && status == SK_OK; i++) {
		const struct abi_lease *sent = &call->leases[i];

		status = sent->passed != 0 ? SK_BAD_LEASE :
			lease_make(call->caller, sent, &lease);
		call->message.attached.leases[i] = (struct sk_lease){.size = sent->size,
			.number = i + 1, .direction = sent->direction};
	}
	return status;
}

static void read_bytes(struct kernel_call *call, uint32_t size,
	const struct message_place *from)
{
	memcpy(request_bytes, from->words, ABI_WORD_BYTES);
	if (size > ABI_WORD_BYTES)
		transfer_read(request_bytes + ABI_WORD_BYTES, from->page + ABI_WORD_BYTES,
			size - ABI_WORD_BYTES);
	call->message.bytes = request_bytes;
	call->message.capacity = ABI_MESSAGE_MAX;
	call->message.size = size;
}

/* Also reserves what the reply's handles need. */
static int read_request(struct kernel_call *call, uint64_t head,
	const struct message_place *from)
{
	unsigned expected = ABI_EXPECTED(head);
	int status = transfer_check(head, from);

	if (status == SK_OK)
		status = read_leases(call, ABI_LEASES(head), from);
	if (status == SK_OK)
		status = read_arguments(call, ABI_HANDLES(head), from);
	if (status == SK_OK && expected > 0) {
		if (!handle_reserve(&call->space->handles, expected))
			return SK_EXHAUSTED;
		call->caller->reserved = (uint8_t)expected;
	}
	if (status == SK_OK)
		read_bytes(call, ABI_BYTES(head), from);
	return status;
}

/* Those that moved are gone, once the call was answered. */
static void end_arguments(struct kernel_call *call)
{
	const struct cargo *cargo = &call->arguments;

	for (unsigned i = 0; i < cargo->count; i++) {
		const struct handle *handle = handle_find(&call->space->handles,
			cargo->sent[i].number);

		if (call->answer && !cargo->sent[i].copies && handle &&
		    handle->object == cargo->handles[i].object)
			handle_remove(&call->space->handles, cargo->sent[i].number);
		object_drop(cargo->handles[i].object);
	}
}

static void dispatch(struct kernel_call *call, uint64_t deadline)
{
	struct sk_incoming incoming = {
		.port = &call->port, .message = &call->message,
		.reply = {.port = &call->port, .token = 1, .deadline = deadline},
	};

	call->port.ops = &port_ops;
	call->port.answer.bytes = reply_bytes;
	call->port.answer.capacity = ABI_MESSAGE_MAX;
	sk_attach_none(&call->port.answer.attached);
	call->object->type->dispatch(call, &incoming);
	if (!call->again)
		sk_finish(&incoming);
}

uint64_t kernel_call(const struct handle *handle, struct caller *caller,
	struct thread *thread, uint64_t head, const struct message_place *from,
	const struct message_place *to, bool *again)
{
	struct kernel_call call;
	int status;

	call.object = handle->object;
	call.rights = handle->rights;
	call.caller = caller;
	call.space = caller->space;
	call.thread = thread;
	call.arguments.count = 0;
	call.result_count = 0;
	call.steps = OBJECT_STEPS;
	call.again = false;
	call.answer = 0;
	call.to = to;
	status = read_request(&call, head, from);
	object_take(call.object);
	if (status == SK_OK)
		dispatch(&call, caller->deadline.when);
	end_arguments(&call);
	for (uint32_t i = 0; i < call.result_count; i++)
		object_drop(call.results[i].object);
	if (caller->reserved > 0)
		handle_unreserve(&call.space->handles, caller->reserved);
	caller->reserved = 0;
	object_drop(call.object);
	*again = call.again;
	if (!call.again)
		caller->progress = 0;
	return status == SK_OK ? call.answer : (uint32_t)status;
}

/* ---- for operations ---- */

void *call_argument(const struct kernel_call *call, struct sk_handle handle,
	const struct object_type *type)
{
	const struct handle *found = handle.raw < 0 ? NULL :
		&call->arguments.handles[handle.raw];
	bool is_client;

	if (!found || found->object->type != type)
		return NULL;
	is_client = found->flags & HANDLE_CLIENT && found->rights & kernel_Rights_CALL;
	return is_client == (type == &session_type) ? object_self(found->object) : NULL;
}

struct sk_handle call_result(struct kernel_call *call, struct object *object,
	uint16_t rights, uint16_t protocol_rights, uint16_t flags)
{
	struct sk_handle handle = {(int32_t)call->result_count};

	CHECK(call->result_count < ABI_HANDLES_MAX);
	call->results[call->result_count++] = (struct handle){.object = object,
		.rights = rights, .protocol_rights = protocol_rights, .flags = flags};
	return handle;
}
