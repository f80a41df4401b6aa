/*
 * Tokens: a table for each space, in pages of TOKEN_PAGE, and the answers. The
 * token of a call that was given up goes on until its server has let go of it,
 * and so does the credit that its session gave.
 */
#include "kernel/token.h"

#include "kernel/caller.h"
#include "kernel/endpoint.h"
#include "kernel/log.h"
#include "kernel/handover.h"
#include "kernel/pool.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/trace.h"
#include "kernel/transfer.h"
#include "kernel.skald.h"

#define PAGE_BYTES (TOKEN_PAGE * sizeof(struct token))
#define CAPACITY_FIRST 8

/* ---- the table ---- */

/* Room for one more page in the row of them. */
static bool grow_row(struct space *space)
{
	struct token_table *table = &space->tokens;
	uint32_t used = table->count / TOKEN_PAGE, capacity = table->capacity;
	struct token **row;

	if (used < capacity)
		return true;
	capacity = capacity ? 2 * capacity : CAPACITY_FIRST;
	row = object_allocate(&space->object, capacity * sizeof *row);
	if (!row)
		return false;
	for (uint32_t i = 0; i < used; i++)
		row[i] = table->pages[i];
	object_release(&space->object, table->pages, table->capacity * sizeof *row);
	table->pages = row;
	table->capacity = capacity;
	return true;
}

static bool add_page(struct space *space)
{
	struct token_table *table = &space->tokens;
	struct token *page = grow_row(space) ? object_allocate(&space->object, PAGE_BYTES) : NULL;

	if (!page)
		return false;
	table->pages[table->count / TOKEN_PAGE] = page;
	for (unsigned i = TOKEN_PAGE; i-- > 0;) {
		page[i].number = table->count + i;
		page[i].space = space;
		token_put(table, &page[i]);
	}
	table->count += TOKEN_PAGE;
	return true;
}

/* Those that do not need it take none. */
static void feed(struct token_table *table)
{
	struct list *first;

	for (unsigned i = 0; i < OBJECT_STEPS && table->starved.next &&
			(first = list_first(&table->starved)) != NULL; i++) {
		list_remove(first);
		endpoint_serve(LIST_OF(first, struct endpoint, starved));
	}
}

bool token_table_grow(struct space *space, uint32_t count)
{
	struct token_table *table = &space->tokens;
	uint32_t pages = (count + TOKEN_PAGE - 1) / TOKEN_PAGE;
	unsigned steps = TOKEN_STEP / TOKEN_PAGE;

	for (; table->count / TOKEN_PAGE < pages && steps > 0; steps--)
		if (!add_page(space))
			return false;
	if (table->free)
		feed(table);
	return true;
}

/* One that somebody may wait for; or all of a page are free. */
static struct token *used_in(struct token *page)
{
	for (unsigned i = 0; i < TOKEN_PAGE; i++)
		if (page[i].state != TOKEN_FREE)
			return &page[i];
	return NULL;
}

bool token_table_end(struct space *space, unsigned *steps)
{
	struct token_table *table = &space->tokens;
	struct token *token, *page;

	table->free = NULL;
	while (table->count > 0) {
		if (!object_step(steps))
			return false;
		page = table->pages[table->count / TOKEN_PAGE - 1];
		token = used_in(page);
		if (token) {
			token_reply_status(token, SK_PEER_CLOSED);
			table->free = NULL;
			continue;
		}
		table->count -= TOKEN_PAGE;
		object_release(&space->object, page, PAGE_BYTES);
	}
	while (table->starved.next && !list_is_empty(&table->starved)) {
		if (!object_step(steps))
			return false;
		list_remove(table->starved.next);
	}
	object_release(&space->object, table->pages, table->capacity * sizeof *table->pages);
	*table = (struct token_table){0};
	return true;
}

/* ---- life ---- */

static void end_leases(struct token *token, struct caller *caller)
{
	for (unsigned i = 0; i < token->lease_count; i++)
		if (token->leases[i].lender != caller)
			object_drop(caller_owner(token->leases[i].lender));
	/* What was passed on of them ends. */
	if (token->lease_count > 0)
		caller->number++;
	token->lease_count = 0;
}

void token_defer(struct token *token)
{
	struct thread *server = token->server;

	token->server = NULL;
	if (server) {
		server->serves = NULL;
		sched_inherit(server);
	}
}

/* From HELD: the caller is no longer its. */
static struct caller *detach(struct token *token)
{
	struct caller *caller = token->caller;

	CHECK(token->state == TOKEN_HELD && caller->token == token);
	session_settle(token->session);
	end_leases(token, caller);
	list_remove(&token->link);
	token->caller = NULL;
	caller->token = NULL;
	/* Inheritance can come back to who waited: there it ends. */
	caller->state = CALLER_IDLE;
	token->state = TOKEN_ORPHAN;
	return caller;
}

void token_cancel(struct token *token)
{
	struct endpoint *endpoint = token->session->endpoint;

	detach(token);
	token_defer(token);
	if (!endpoint || endpoint->closed)
		return;
	token->state = TOKEN_CANCELED;
	list_add(&endpoint->canceled, &token->link);
	endpoint->events++;
	endpoint_serve(endpoint);
}

void token_wait(struct token_table *table, struct endpoint *endpoint)
{
	if (!table->starved.next)
		list_init(&table->starved);
	list_remove(&endpoint->starved);
	list_add(&table->starved, &endpoint->starved);
}

void token_free(struct token *token)
{
	struct session *session = token->session;
	struct endpoint *endpoint = session->endpoint;

	session_settle(session);
	token_defer(token);
	if (token->state == TOKEN_CANCELED) {
		list_remove(&token->link);
		endpoint->events--;
	}
	if (endpoint)
		endpoint->unanswered--;
	token->session = NULL;
	token_put(&token->space->tokens, token);
	feed(&token->space->tokens);
	session_return_credit(session);
	object_drop(&session->object);
}

/* ---- answers ---- */

static int answer(struct token *token, uint64_t head, int status)
{
	struct caller *caller = detach(token);

	token_free(token);
	caller_end(caller, status == SK_OK ? head & HEAD_COUNTS :
		((uint32_t)status | ABI_DELIVERED), token->space);
	return status;
}

int token_reply(struct token *token, uint64_t head, const struct message_place *from)
{
	struct caller *caller = token->caller;
	int status;

	if (token->state != TOKEN_HELD) {
		token_free(token);
		return SK_CANCELED;
	}
	status = transfer_reply(head, from, token->space, caller);
	TRACE(DELIVERIES, Deliver, .correlation = caller->correlation,
		.from = trace_id(arch_cpu()->current),
		.to = caller_owner_id(caller),
		.session = token->session->object.id, .is_reply = true,
		.message_id = (uint32_t)from->words[0], .size = ABI_BYTES(head),
		.handles = (uint8_t)ABI_HANDLES(head));
	return answer(token, head, status);
}

bool token_reply_other(struct token *token, uint64_t head,
	const struct message_place *from)
{
	struct caller *caller = token->caller;

	if (transfer_reply(head, from, token->space, caller) != SK_OK)
		return false;
	end_leases(token, caller);
	caller_release(caller);
	return true;
}

int token_reply_status(struct token *token, int status)
{
	if (token->state == TOKEN_HELD)
		answer(token, 0, status);
	else
		token_free(token);
	return SK_OK;
}
