/*
 * What moves with a message: bytes, handles, leases. All of it is looked at
 * first, and reserved; then it moves, which cannot fail. What stands in slots
 * may be changed by programs meanwhile, so it is read once.
 */
#include "kernel/transfer.h"

#include "kernel/handle.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/token.h"
#include "runtime/attached.h"
#include "kernel.skald.h"

#include <string.h>

void transfer_read(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	SK_COPIED(to);
}

int transfer_check(uint64_t head, const struct message_place *from)
{
	uint32_t bytes = ABI_BYTES(head);
	bool beside = ABI_HANDLES(head) > 0 || ABI_LEASES(head) > 0;

	if (bytes > ABI_MESSAGE_MAX)
		return SK_TOO_BIG;
	if (ABI_HANDLES(head) > ABI_HANDLES_MAX || ABI_LEASES(head) > ABI_LEASES_MAX ||
	    ABI_EXPECTED(head) > ABI_HANDLES_MAX)
		return SK_INVALID;
	return (bytes > ABI_WORD_BYTES && !from->page) || (beside && !from->beside) ?
		SK_INVALID : SK_OK;
}

/* ---- handles ---- */

/* Nothing that moves may be named twice. */
static bool is_named_before(const struct cargo *cargo, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (cargo->sent[i].number == cargo->sent[index].number &&
		    (!cargo->sent[i].copies || !cargo->sent[index].copies))
			return true;
	return false;
}

bool cargo_load(struct cargo *cargo, unsigned count, const struct message_place *from,
	const struct space *sender, bool leaves)
{
	cargo->count = count;
	for (unsigned i = 0; i < count; i++) {
		struct abi_handle *sent = &cargo->sent[i];
		const struct handle *handle;
		uint16_t needed;

		*sent = from->beside->handles[i];
		SK_COPIED(sent);
		handle = handle_find(&sender->handles, sent->number);
		needed = !leaves ? 0 : sent->copies ?
			kernel_Rights_DUPLICATE : kernel_Rights_TRANSFER;

		if (!handle || (handle->rights & needed) != needed ||
		    is_named_before(cargo, i))
			return false;
		cargo->handles[i] = *handle;
		cargo->handles[i].rights &= sent->kernel_rights;
		handle_narrow(&cargo->handles[i], sent->rights);
	}
	return true;
}

struct abi_handle cargo_arrive(const struct handle *handle, struct space *receiver)
{
	return (struct abi_handle){
		.number = handle_add(&receiver->handles, handle->object,
			handle->rights, handle->protocol_rights, handle->flags),
		.rights = handle_shown_rights(handle),
		.kind = (uint8_t)handle->object->type->kind,
		.kernel_rights = handle->rights,
	};
}

/* What it is added to has places reserved. It is there before it leaves, so that
 * no object ever is without a handle. */
static void unload(const struct cargo *cargo, struct space *sender,
	struct message_place to, struct space *receiver)
{
	for (unsigned i = 0; i < cargo->count; i++) {
		to.beside->handles[i] = cargo_arrive(&cargo->handles[i], receiver);
		if (!cargo->sent[i].copies)
			handle_remove(&sender->handles, cargo->sent[i].number);
	}
}

/* ---- leases ---- */

static bool is_good(const struct token_lease *lease)
{
	return lease->lender->number == lease->number &&
		lease->lender->state == CALLER_DELIVERED;
}

int lease_check(const struct token *token, uint32_t number, uint32_t direction,
	uint64_t offset, uint64_t size, const struct token_lease **lease)
{
	if (token->state != TOKEN_HELD)
		return SK_CANCELED;
	if (number == 0 || number > token->lease_count)
		return SK_BAD_LEASE;
	*lease = &token->leases[number - 1];
	if (((*lease)->direction & direction) != direction || direction == 0 ||
	    offset > (*lease)->size || size > (*lease)->size - offset)
		return SK_BAD_LEASE;
	return is_good(*lease) ? SK_OK : SK_CANCELED;
}

static bool is_user(uint64_t address, uint64_t size)
{
	return size == 0 || (address < USER_END && size <= USER_END - address);
}

int lease_make(struct caller *caller, const struct abi_lease *from,
	struct token_lease *lease)
{
	const struct token_lease *whole;
	const struct token *token;
	int status;

	if (from->direction == 0 || (from->direction & ~(uint32_t)SK_LEASE_INOUT))
		return SK_BAD_LEASE;
	if (from->passed == 0) {
		*lease = (struct token_lease){.space = caller->space, .lender = caller,
			.number = caller->number, .address = from->address,
			.size = from->size, .direction = from->direction};
		return is_user(from->address, from->size) ? SK_OK : SK_BAD_LEASE;
	}
	token = token_find(&caller->space->tokens, from->token);
	if (!token)
		return SK_BAD_LEASE;
	status = lease_check(token, from->passed, from->direction, from->address,
		from->size, &whole);
	if (status != SK_OK)
		return status;
	*lease = *whole;
	lease->address += from->address;
	lease->size = from->size;
	lease->direction = from->direction;
	return SK_OK;
}

static int make_leases(struct caller *caller, unsigned count,
	struct token_lease *leases)
{
	struct abi_lease sent[ABI_LEASES_MAX];
	int status = SK_OK;

	if (count > 0)
		transfer_read(sent, caller->send.beside->leases, count * sizeof sent[0]);
	for (unsigned i = 0; i < count && status == SK_OK; i++)
		status = lease_make(caller, &sent[i], &leases[i]);
	return status;
}

/* What is passed on keeps that which its lender is in. */
static void put_leases(struct caller *caller, const struct message_place *to,
	struct token *token, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct token_lease *lease = &token->leases[i];

		if (lease->lender != caller)
			object_take(caller_owner(lease->lender));
		to->beside->leases[i] = (struct abi_lease){.size = lease->size,
			.direction = lease->direction};
	}
	token->lease_count = (uint8_t)count;
}

/* ---- messages ---- */

static void move_bytes(uint32_t bytes, const struct message_place *from,
	const struct message_place *to)
{
	memcpy(to->words, from->words, ABI_WORD_BYTES);
	if (bytes > ABI_WORD_BYTES)
		memcpy(to->page + ABI_WORD_BYTES, from->page + ABI_WORD_BYTES,
			bytes - ABI_WORD_BYTES);
}

int transfer_request(struct caller *caller, struct thread *thread, struct token *token)
{
	unsigned handles = ABI_HANDLES(caller->head), leases = ABI_LEASES(caller->head);
	uint32_t bytes = ABI_BYTES(caller->head);
	struct space *receiver = thread->space;
	struct message_place to;
	struct cargo cargo;
	int status = leases > 0 ? make_leases(caller, leases, token->leases) : SK_OK;

	if (!thread_place(thread, thread_receive_slot(thread),
			bytes > ABI_WORD_BYTES || handles + leases > 0, &to))
		return SK_TOO_BIG;
	if (status != SK_OK)
		return status;
	cargo.count = 0;
	if (handles > 0 && !cargo_load(&cargo, handles, &caller->send, caller->space, true))
		return SK_BAD_HANDLE;
	if (handles > 0 && !handle_reserve(&receiver->handles, handles))
		return SK_EXHAUSTED;
	unload(&cargo, caller->space, to, receiver);
	if (leases > 0)
		put_leases(caller, &to, token, leases);
	move_bytes(bytes, &caller->send, &to);
	return SK_OK;
}

/* Where the answer goes, if it is not too big. Threads say which slot, which is
 * looked at when it is needed; the kernel's own calls have less than a page. */
static bool reply_place(struct caller *caller, uint32_t bytes, unsigned handles,
	struct message_place *to)
{
	struct thread *thread = LIST_OF(caller, struct thread, caller);

	if (caller->kind == CALLER_THREAD)
		return thread_place(thread, thread_receive_slot(thread),
			handles > 0 || bytes > ABI_WORD_BYTES, to);
	*to = caller->receive;
	if (caller->kind == CALLER_FAULT && bytes > THREAD_FAULT_BYTES)
		return false;
	if (caller->kind == CALLER_PAGER && bytes > ABI_WORD_BYTES)
		return false;
	return (bytes <= ABI_WORD_BYTES || to->page) && (handles == 0 || to->beside);
}

int transfer_reply(uint64_t head, const struct message_place *from,
	struct space *sender, struct caller *caller)
{
	unsigned handles = ABI_HANDLES(head);
	struct message_place to;
	struct cargo cargo;
	int status = transfer_check(head, from);

	if (status != SK_OK)
		return status;
	if (ABI_LEASES(head) > 0)
		return SK_BAD_LEASE;
	if (handles > caller->reserved)
		return SK_EXHAUSTED;
	if (!reply_place(caller, ABI_BYTES(head), handles, &to))
		return SK_TOO_BIG;
	cargo.count = 0;
	if (handles > 0 && !cargo_load(&cargo, handles, from, sender, true))
		return SK_BAD_HANDLE;
	caller->reserved = (uint8_t)(caller->reserved - handles);
	unload(&cargo, sender, to, caller->space);
	move_bytes(ABI_BYTES(head), from, &to);
	return SK_OK;
}
