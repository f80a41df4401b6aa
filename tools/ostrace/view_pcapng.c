/*
 * Packets, for Wireshark: each is a record, as it stands in the ring. What is an
 * interface there is a thread here, or a CPU; docs/ostrace.md has the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/codec.h"
#include "tools/ostrace/view.h"

#define SECTION UINT32_C(0x0a0d0d0a)
#define INTERFACE UINT32_C(1)
#define PACKET UINT32_C(6)
#define LINKTYPE_USER0 147

#define OPTION_END 0
#define OPTION_COMMENT 1
#define OPTION_NAME 2			/* of an interface */
#define OPTION_FLAGS 2			/* of a packet */
#define OPTION_RESOLUTION 9

enum direction { NEITHER, INBOUND, OUTBOUND };

/* A block: what it holds, and then its length twice. */
struct block {
	uint8_t bytes[1024];
	uint32_t size;
};

/* Packets have a number of their thread's. */
struct interface {
	uint32_t number;
};

static void put_uint16(struct block *block, uint32_t value)
{
	sk_put_uint16(block->bytes + block->size, (uint16_t)value);
	block->size += 2;
}

static void put_uint32(struct block *block, uint32_t value)
{
	sk_put_uint32(block->bytes + block->size, value);
	block->size += 4;
}

/* Filled up to a multiple of 4. */
static void put_bytes(struct block *block, const void *bytes, uint32_t size)
{
	memset(block->bytes + block->size, 0, (size + 3) & ~UINT32_C(3));
	memcpy(block->bytes + block->size, bytes, size);
	block->size += (size + 3) & ~UINT32_C(3);
}

static void put_option(struct block *block, uint32_t code, const void *bytes,
	uint32_t size)
{
	put_uint16(block, code);
	put_uint16(block, size);
	put_bytes(block, bytes, size);
}

static void begin_block(struct block *block, uint32_t type)
{
	block->size = 0;
	put_uint32(block, type);
	put_uint32(block, 0);
}

static void end_block(struct view *view, struct block *block)
{
	put_uint32(block, block->size + 4);
	sk_put_uint32(block->bytes + 4, block->size);
	fwrite(block->bytes, 1, block->size, view->out);
}

/* ---- blocks ---- */

static void pcapng_begin(struct view *view)
{
	struct block block;

	begin_block(&block, SECTION);
	put_uint32(&block, UINT32_C(0x1a2b3c4d));
	put_uint16(&block, 1);
	put_uint16(&block, 0);
	put_uint32(&block, UINT32_MAX);		/* its length: not known */
	put_uint32(&block, UINT32_MAX);
	end_block(view, &block);
	view->count = 0;
}

static void write_interface(struct view *view, const struct thread *thread)
{
	static const uint8_t nanoseconds = 9;
	char who[WHO_ROOM];
	struct block block;

	world_who(view->world, thread, who);
	begin_block(&block, INTERFACE);
	put_uint16(&block, LINKTYPE_USER0);
	put_uint16(&block, 0);
	put_uint32(&block, ostrace_SLOT_SIZE);
	put_option(&block, OPTION_NAME, who, (uint32_t)strlen(who));
	put_option(&block, OPTION_RESOLUTION, &nanoseconds, 1);
	put_option(&block, OPTION_END, "", 0);
	end_block(view, &block);
}

static enum direction direction_of(uint32_t id)
{
	switch (id) {
	case ostrace_Call_ID:
	case ostrace_Send_ID:
	case ostrace_Answer_ID:
	case ostrace_Event_ID:
		return OUTBOUND;
	case ostrace_Return_ID:
	case ostrace_Serve_ID:
	case ostrace_Refuse_ID:
		return INBOUND;
	default:
		return NEITHER;
	}
}

static void put_comment(struct view *view, struct block *block, const struct entry *entry)
{
	char name[MESSAGE_NAME_ROOM], text[2 * MESSAGE_NAME_ROOM];
	uint32_t message_id = view_message_id(entry);

	snprintf(text, sizeof(text), "%s%s%s", entry_name(entry->id), message_id ? " " : "",
		message_id ? world_method(view->world, message_id, name) : "");
	put_option(block, OPTION_COMMENT, text, (uint32_t)strlen(text));
}

static uint32_t interface_of(struct view *view, const struct thread *thread)
{
	struct map *interfaces = view->state;
	uint64_t key = thread->cpu != NO_CPU ? ~(uint64_t)thread->cpu : thread->id;
	struct interface *interface;

	if (!interfaces)
		interfaces = view->state = must_allocate(1, sizeof(*interfaces));
	interface = map_get(interfaces, key);
	if (!interface) {
		interface = must_allocate(1, sizeof(*interface));
		interface->number = (uint32_t)view->count++;
		map_put(interfaces, key, interface);
		write_interface(view, thread);
	}
	return interface->number;
}

static void write_packet(struct view *view, const struct record *record)
{
	uint32_t interface = interface_of(view, record->thread);
	uint64_t time = view->world->wall + (record->entry.as.time - view->world->begin);
	uint8_t flags[4];
	struct block block;

	begin_block(&block, PACKET);
	put_uint32(&block, interface);
	put_uint32(&block, (uint32_t)(time >> 32));
	put_uint32(&block, (uint32_t)time);
	put_uint32(&block, record->entry.size);
	put_uint32(&block, record->entry.size);
	put_bytes(&block, record->bytes, record->entry.size);
	put_comment(view, &block, &record->entry);
	sk_put_uint32(flags, direction_of(record->entry.id));
	put_option(&block, OPTION_FLAGS, flags, sizeof(flags));
	put_option(&block, OPTION_END, "", 0);
	end_block(view, &block);
}

/* ---- what is written ---- */

static void pcapng_record(struct view *view, const struct record *record, bool of_call)
{
	(void)of_call;
	if (!filter_has_calls(view->filter) &&
			filter_thread(view->filter, view->world, record->thread))
		write_packet(view, record);
}

/* Where only some calls are wanted it is not known before which. */
static void pcapng_call(struct view *view, const struct call *call)
{
	if (!filter_has_calls(view->filter) ||
			!filter_call(view->filter, view->world, call))
		return;
	for (size_t i = 0; i < call->record_count; i++)
		write_packet(view, &call->records[i]);
}

static void pcapng_end(struct view *view)
{
	if (view->state)
		map_free(view->state, free);
	free(view->state);
	view->state = NULL;
	fflush(view->out);
}

const struct view_ops view_pcapng = {
	.begin = pcapng_begin,
	.record = pcapng_record,
	.call = pcapng_call,
	.end = pcapng_end,
	.keeps_records = true,
};
