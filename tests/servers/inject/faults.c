/* What is done to servers, by the handle of their space. */
#include "tests/servers/inject/inject.h"

#define PAGE UINT64_C(4096)
#define MAPPINGS 60
#define HANDLES 160
#define PAGES 8192
#define FILL_ADDRESS UINT64_C(0x500000000000)
#define FILL_BYTES (UINT64_C(128) << 20)

/* ---- what it has ---- */

static struct sk_handle open_thread(struct victim *victim)
{
	struct kernel_Space_open_thread_reply reply;

	return K(victim->space, Space_open_thread, &reply, .from = 0) == SK_OK ?
		reply.thread.raw : sk_no_handle();
}

/* Objects that it holds handles of: a memory among them is shared with somebody, or with
 * a device. */
static uint32_t list_handles(struct victim *victim, struct kernel_HandleEntry *list)
{
	struct kernel_Space_handles_reply reply;
	uint32_t count = 0;

	if (K(victim->space, Space_handles, &reply, .from = 0) != SK_OK)
		return 0;
	while (count < HANDLES && kernel_HandleEntry_next(&reply.list, &list[count]))
		count++;
	return count;
}

static bool is_shared(struct victim *victim, kernel_ObjectId memory)
{
	static struct kernel_HandleEntry list[HANDLES];
	uint32_t count = list_handles(victim, list);

	for (uint32_t i = 0; i < count; i++)
		if (list[i].object == memory)
			return true;
	return false;
}

/*
 * One of its mappings that can be written. Not what a device reaches: without an IOMMU
 * that would be harm to the machine.
 */
static bool pick_mapping(struct victim *victim, struct kernel_Mapping *picked)
{
	static struct kernel_Mapping list[MAPPINGS];
	struct kernel_Space_mappings_reply reply;
	uint32_t count = 0;

	if (K(victim->space, Space_mappings, &reply, .from = 0) != SK_OK)
		return false;
	while (count < MAPPINGS && kernel_Mapping_next(&reply.list, &list[count]))
		count += (list[count].protection & kernel_Protection_WRITE) != 0;
	for (unsigned i = 0; i < 20 && count > 0; i++) {
		*picked = list[below(victim, count)];
		if (!is_shared(victim, picked->memory))
			return true;
	}
	return false;
}

/* ---- death ---- */

static bool kill_space(struct victim *victim)
{
	return K0(victim->space, Space_kill, .code = 100) == SK_OK;
}

static bool kill_thread(struct victim *victim)
{
	struct sk_handle thread = open_thread(victim);
	bool done = K0(thread, Thread_kill, .code = 101) == SK_OK;

	drop(&thread);
	return done;
}

static bool stop_thread(struct victim *victim)
{
	struct sk_handle thread = open_thread(victim);
	bool done = K0(thread, Thread_suspend, 0) == SK_OK;

	drop(&thread);
	return done;
}

/* ---- damage ---- */

static bool write_space(struct victim *victim, uint64_t at, const void *bytes, uint32_t size)
{
	struct kernel_Space_write_reply reply = {0};

	return K(victim->space, Space_write, &reply, .to = at, .force = false,
		.data = sk_lend(bytes, size)) == SK_OK && reply.done == size;
}

/* Somewhere in a page that is present, if there is one: other pages are not used. */
static uint64_t pick_offset(struct victim *victim, const struct kernel_Mapping *mapping)
{
	uint32_t pages = (uint32_t)(mapping->length / PAGE), count, at;
	struct kernel_Space_resident_reply reply;

	count = pages < PAGES ? pages : PAGES;
	at = below(victim, count);
	if (K(victim->space, Space_resident, &reply, .address = mapping->address,
			.pages = count) == SK_OK)
		for (uint32_t i = 0; i < count; i++, at = (at + 1) % count)
			if (at / 8 < reply.present.size &&
					reply.present.data[at / 8] & 1u << at % 8)
				break;
	return at * PAGE + below(victim, (uint32_t)PAGE);
}

static bool damage_memory(struct victim *victim)
{
	struct kernel_Mapping mapping;
	uint32_t places = 1 + below(victim, 16), done = 0, size = 1 + below(victim, 16);

	for (uint32_t i = 0; i < places; i++) {
		uint64_t bytes[2] = {random_word(victim), random_word(victim)};
		uint64_t at;

		if (!pick_mapping(victim, &mapping))
			continue;
		at = mapping.address + pick_offset(victim, &mapping);
		if (at + size > mapping.address + mapping.length)
			at -= size;
		done += write_space(victim, at, bytes, size);
		if (i == 0)
			describe(victim, "%u bytes at 0x%lx and %u places more", size, at,
				places - 1);
	}
	return done > 0;
}

/* Where messages arrive and leave: all of one page of them. */
static bool damage_message(struct victim *victim)
{
	static uint8_t bytes[4096];
	struct kernel_Space_mappings_reply reply;
	struct kernel_Mapping mapping;
	uint64_t slots = 0;

	if (K(victim->space, Space_mappings, &reply, .from = 0) != SK_OK)
		return false;
	/* 32 slots of a page, and their descriptors. */
	while (kernel_Mapping_next(&reply.list, &mapping))
		if (mapping.length == 34 * PAGE && mapping.protection & kernel_Protection_WRITE)
			slots = mapping.address;
	if (slots == 0)
		return false;
	for (uint32_t i = 0; i < sizeof(bytes); i += 8) {
		uint64_t word = random_word(victim);

		memcpy(bytes + i, &word, 8);
	}
	slots += PAGE * below(victim, 34);
	describe(victim, "page 0x%lx", slots);
	return write_space(victim, slots, bytes, sizeof(bytes));
}

/* A thread in a call is stopped when that returns. */
static bool await_stop(struct sk_handle thread, struct kernel_Thread_get_registers_reply *reply)
{
	for (unsigned i = 0; i < 20; i++) {
		if (K(thread, Thread_get_registers, reply, 0) == SK_OK)
			return true;
		sk_os_sleep(injector.os, 1);
	}
	return false;
}

static bool damage_registers(struct victim *victim)
{
	struct sk_handle thread = open_thread(victim);
	struct kernel_Thread_get_registers_reply reply;
	struct kernel_Thread_set_registers_request request;
	uint64_t *words = (uint64_t *)(void *)&request.values.as.x86_64;
	uint32_t which = below(victim, 17);
	bool done = false;

	if (K0(thread, Thread_suspend, 0) == SK_OK) {
		if (await_stop(thread, &reply)) {
			request.values = reply.values;
			words[which] ^= UINT64_C(1) << below(victim, 64);
			describe(victim, "a bit of register %u", which);
			done = kernel_Thread_set_registers(on(thread), &request,
				&(struct kernel_Thread_set_registers_reply){0}, NULL) ==
				SK_OK;
		}
		K0(thread, Thread_proceed, 0);
	}
	drop(&thread);
	return done;
}

static bool unmap_page(struct victim *victim)
{
	struct kernel_Mapping mapping;
	uint64_t at;

	if (!pick_mapping(victim, &mapping))
		return false;
	at = (mapping.address + pick_offset(victim, &mapping)) & ~(PAGE - 1);
	describe(victim, "page 0x%lx", at);
	return K0(victim->space, Space_unmap, .address = at, .length = PAGE) == SK_OK;
}

static bool close_handle(struct victim *victim)
{
	static struct kernel_HandleEntry list[HANDLES];
	uint32_t count = list_handles(victim, list), which;

	if (count == 0)
		return false;
	which = below(victim, count);
	describe(victim, "number 0x%x of kind %u", list[which].number, list[which].kind);
	return K0(victim->space, Space_remove, .number = list[which].number) == SK_OK;
}

/* ---- its quota ---- */

/* Private pages are charged to the space that writes them. */
static bool fill_quota(struct victim *victim)
{
	struct kernel_Quota_create_memory_reply memory;
	struct kernel_Space_map_request map;
	struct kernel_Space_map_reply mapped;
	struct kernel_Space_populate_reply done = {0};
	bool is_mapped;

	if (K(sk_kernel_channel_handle(&injector.os->thread->quota), Quota_create_memory,
			&memory, .size = FILL_BYTES) != SK_OK)
		return false;
	kernel_Space_map_request_init(&map);
	map.memory = memory.memory;
	map.length = FILL_BYTES;
	map.address = FILL_ADDRESS;
	map.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	map.flags = kernel_MapFlags_PRIVATE | kernel_MapFlags_FIXED;
	is_mapped = kernel_Space_map(on(victim->space), &map, &mapped, NULL) == SK_OK;
	if (is_mapped) {
		K(victim->space, Space_populate, &done, .address = FILL_ADDRESS,
			.length = FILL_BYTES, .write = true);
		sk_os_sleep(injector.os, 5 + below(victim, 10));
		K0(victim->space, Space_unmap, .address = FILL_ADDRESS, .length = FILL_BYTES);
	}
	drop(&memory.memory.raw);
	describe(victim, "%lu KiB for a while", done.done >> 10);
	return is_mapped;
}

static bool fill_handles(struct victim *victim)
{
	static uint32_t numbers[4096];
	struct kernel_Space_insert_reply reply;
	uint32_t count = 0;

	while (count < 4096) {
		struct sk_handle bell = sk_os_copy(injector.os, injector.bell, UINT16_MAX);

		if (bell.raw < 0 || K(victim->space, Space_insert, &reply, .what = {bell}) !=
				SK_OK)
			break;
		numbers[count++] = reply.number;
	}
	sk_os_sleep(injector.os, 5 + below(victim, 10));
	describe(victim, "%u for a while", count);
	for (uint32_t i = 0; i < count; i++)
		K0(victim->space, Space_remove, .number = numbers[i]);
	return count > 0;
}

const struct kind kinds[] = {
	{"kill space", HARM_DEATH, 18, kill_space},
	{"kill thread", HARM_DEATH, 14, kill_thread},
	{"stop thread", HARM_DEATH, 3, stop_thread},
	{"damage memory", HARM_DAMAGE, 24, damage_memory},
	{"damage messages", HARM_DAMAGE, 6, damage_message},
	{"damage registers", HARM_DAMAGE, 8, damage_registers},
	{"unmap page", HARM_DAMAGE, 6, unmap_page},
	{"close handle", HARM_DAMAGE, 6, close_handle},
	{"fill quota", HARM_NONE, 1, fill_quota},
	{"fill handles", HARM_NONE, 1, fill_handles},
	{"send garbage", HARM_NONE, 5, send_garbage},
	{"send truncated", HARM_NONE, 4, send_truncated},
	{"send handles", HARM_NONE, 4, send_handles},
	{NULL, 0, 0, NULL},
};
