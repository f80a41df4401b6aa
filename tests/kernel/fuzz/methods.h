/*
 * All methods of the kernel's objects, with arguments by chance. For whoever says
 * what chance is, by the functions of fuzz.h that choose, and
 *	HANDLE(number)	a handle in the table of whoever calls
 *	SOON		a deadline
 *	PHYSICAL	an address of a machine's memory
 */
#ifndef TESTS_KERNEL_FUZZ_METHODS_H
#define TESTS_KERNEL_FUZZ_METHODS_H

#include "kernel.skald.h"

#define H(kind) {HANDLE(pick_handle(kernel_Kind_##kind))}
#define ANY {HANDLE(pick_handle(below(kernel_Kind_SYSTEM + 1)))}
#define LEASE {.data = (void *)(uintptr_t)pick_address(false), .size = pick_size()}
#define AT pick_address(true)
#define PAGES pick_pages()
#define BITS (one_in(8) ? random_word() : UINT64_C(1) << below(8))
#define MAYBE below(2)
#define FLAGS (one_in(3) ? 0 : (uint32_t)(random_word() & 0xff))
#define SMALL below(8)
#define NOTIFY .notify = H(NOTIFICATION), .bits = BITS
#define LIMITS {.bytes = one_in(4) ? random_word() : below(2000000), \
	.threads = below(10), .spaces = below(5), .handles = below(400), \
	.priority = one_in(4) ? 255 : below(20)}
#define CHARGE .charge = H(QUOTA)

/* interface, method, how often, members of the request. */
#define METHODS(X) \
	X(Object, info, 2, .empty = 0) X(Object, name, 2, .empty = 0) \
	X(Object, set_name, 2, .name = {.data = "fuzzed", .size = below(7)}) \
	X(Space, map, 24, .memory = H(MEMORY), .offset = PAGES, .length = PAGES, \
		.address = MAYBE ? 0 : AT, .protection = below(8), .flags = FLAGS, \
		.inherit = (kernel_Inherit)below(4)) \
	X(Space, unmap, 6, .address = AT, .length = PAGES) \
	X(Space, protect, 8, .address = AT, .length = PAGES, .protection = below(8)) \
	X(Space, remap, 8, .from = AT, .old_length = PAGES, .new_length = PAGES, \
		.to = MAYBE ? 0 : AT, .may_move = MAYBE) \
	X(Space, set_inherit, 3, .address = AT, .length = PAGES, \
		.inherit = (kernel_Inherit)below(4)) \
	X(Space, populate, 6, .address = AT, .length = PAGES, .write = MAYBE) \
	X(Space, lock, 3, .address = AT, .length = PAGES, .locked = MAYBE) \
	X(Space, discard, 4, .address = AT, .length = PAGES) \
	X(Space, resident, 1, .address = AT, .pages = below(100)) \
	X(Space, mappings, 1, .from = AT) \
	X(Space, read, 3, .from = AT, .data = LEASE) \
	X(Space, write, 3, .to = AT, .force = MAYBE, .data = LEASE) \
	X(Space, duplicate, 12, .number = pick_handle(below(15)), \
		.rights = (uint16_t)(one_in(3) ? random_word() : 0x3fff) & 0x3fff, \
		.protocol_rights = 0xffff) \
	X(Space, insert, 12, .what = ANY) \
	X(Space, remove, 4, .number = pick_handle(below(15))) \
	X(Space, handles, 1, .from = below(300)) \
	X(Space, kill, 1, .code = 7) X(Space, watch, 2, NOTIFY) \
	X(Space, state, 1, .empty = 0) \
	X(Space, open_thread, 8, .from = pick_id(kernel_Kind_THREAD)) \
	X(Thread, start, 12, .entry = AT, .stack = AT, .argument = 1) \
	X(Thread, suspend, 4, .empty = 0) X(Thread, proceed, 12, .empty = 0) \
	X(Thread, kill, 2, .code = 9) X(Thread, interrupt, 8, .empty = 0) \
	X(Thread, yield, 4, .empty = 0) \
	X(Thread, state, 1, .empty = 0) X(Thread, watch, 2, NOTIFY) \
	X(Thread, get_registers, 2, .empty = 0) \
	X(Thread, set_registers, 2, .values = {.which = kernel_Registers_x86_64, \
		.as.x86_64 = {.rax = random_word(), .rdi = random_word(), .rip = AT}}) \
	X(Thread, get_vectors, 1, .data = LEASE) X(Thread, set_vectors, 1, .data = LEASE) \
	X(Thread, set_tls, 1, .base = AT) \
	X(Thread, set_priority, 6, .priority = one_in(8) ? below(300) : below(20)) \
	X(Thread, set_affinity, 4, .cpus = MAYBE ? random_word() : below(16)) \
	X(Thread, set_vectors_allowed, 1, .allowed = MAYBE) \
	X(Thread, set_slots, 8, .count = one_in(8) ? below(140) : 1 + below(4), \
		.address = MAYBE ? 0 : AT) \
	X(Thread, set_fault_handler, 6, .has_handler = !one_in(4), .handler = H(SESSION)) \
	X(Thread, set_upcall, 4, .frame = AT, .entry = one_in(4) ? 0 : AT, .stack = AT, \
		.exit_begin = AT, .exit_end = AT) \
	X(Thread, set_tracing, 2, .tracing = below(4)) \
	X(Thread, set_breakpoint, 1, .index = below(6), .on = (kernel_BreakOn)below(4), \
		.address = AT, .length = 1) \
	X(Memory, status, 1, .empty = 0) X(Memory, truncate, 4, .size = PAGES) \
	X(Memory, commit, 4, .offset = PAGES, .length = PAGES) \
	X(Memory, decommit, 4, .offset = PAGES, .length = PAGES) \
	X(Memory, read, 3, .offset = pick_size(), .data = LEASE) \
	X(Memory, write, 6, .offset = pick_size(), .data = LEASE) \
	X(Memory, supply, 24, .from = H(MEMORY), .from_offset = PAGES, .offset = PAGES, \
		.length = PAGES, .write_protected = MAYBE) \
	X(Memory, refuse, 3, .offset = PAGES, .length = PAGES) \
	X(Memory, dirty, 2, .from = PAGES) \
	X(Memory, write_protect, 4, .offset = PAGES, .length = PAGES, .ask = MAYBE) \
	X(Memory, evict, 4, .offset = PAGES, .length = PAGES, .dirty_too = MAYBE) \
	X(Memory, watch_idle, 3, NOTIFY) \
	X(Endpoint, mint, 16, .badge = SMALL, .credit = below(4), .protocol_rights = 0xffff, \
		.controlled = MAYBE, .has_charge = one_in(3), CHARGE) \
	X(Endpoint, identify, 2, .session = H(SESSION)) \
	X(Endpoint, bind, 6, .has_notification = !one_in(4), \
		.notification = H(NOTIFICATION)) \
	X(Endpoint, set_tokens, 6, .count = one_in(16) ? below(3000) : below(40)) \
	X(Endpoint, status, 1, .empty = 0) \
	X(Session, revoke, 1, .empty = 0) X(Session, set_credit, 4, .credit = below(4)) \
	X(Session, status, 1, .empty = 0) X(Session, open, 6, .protocol_rights = 0xffff) \
	X(Notification, peek, 1, .empty = 0) X(Notification, clear, 4, .mask = BITS) \
	X(Ring, memory, 3, .empty = 0) \
	X(Ring, bind, 4, .has_notify = !one_in(4), NOTIFY) \
	X(Ring, cancel_all, 2, .empty = 0) X(Ring, status, 1, .empty = 0) \
	X(Timer, set, 16, .deadline = one_in(4) ? random_word() : SOON, \
		.period = MAYBE ? 0 : one_in(4) ? random_word() : 1u << below(24)) \
	X(Timer, remaining, 2, .empty = 0) \
	X(Timer, bind, 3, NOTIFY) \
	X(Clock, now, 1, .empty = 0) X(Clock, page, 2, .empty = 0) \
	X(Clock, set, 1, .realtime_offset = (int64_t)random_word(), \
		.frequency = (int64_t)random_word()) \
	X(Interrupt, bind, 8, .has_notify = !one_in(4), NOTIFY) \
	X(Interrupt, acknowledge, 6, .empty = 0) \
	X(Interrupt, set_affinity, 1, .cpus = random_word()) \
	X(Interrupt, status, 1, .empty = 0) \
	X(IoPorts, read, 1, .port = (uint16_t)below(20), .width = (uint8_t)(1 << below(3))) \
	X(IoPorts, write, 1, .port = (uint16_t)below(20), .width = (uint8_t)below(5)) \
	X(IoPorts, read_many, 1, .port = 0, .width = 1, .count = (uint16_t)below(2000)) \
	X(IoPorts, write_many, 1, .port = 0, .width = 2, \
		.data = {.data = (const uint8_t *)"written", .size = below(8)}) \
	X(IoPorts, range, 1, .empty = 0) \
	X(Quota, create_quota, 6, .limit = LIMITS) X(Quota, create_space, 4, .empty = 0) \
	X(Quota, fork_space, 4, .from = H(SPACE)) \
	X(Quota, create_thread, 12, .space = H(SPACE), .priority = below(20)) \
	X(Quota, create_memory, 12, .size = PAGES) \
	X(Quota, create_child, 8, .parent = H(MEMORY), .offset = PAGES, .length = PAGES) \
	X(Quota, create_paged, 10, .size = PAGES, .pager = H(SESSION)) \
	X(Quota, create_contiguous, 4, .size = PAGES, .alignment = 4096u << below(4), \
		.below = 0) \
	X(Quota, create_endpoint, 8, .empty = 0) \
	X(Quota, create_notification, 8, .empty = 0) \
	X(Quota, create_ring, 8, .slots = one_in(16) ? below(600) : 1 + below(16)) \
	X(Quota, create_timer, 6, NOTIFY) X(Quota, usage, 1, .empty = 0) \
	X(Quota, set_limit, 3, .limit = LIMITS) \
	X(Quota, destroy, 1, .empty = 0) \
	X(Trace, set_mask, 2, .mask = random_word() & 0xff00) \
	X(Trace, cpu_ring, 2, .cpu = below(5)) \
	X(Trace, watch, 1, NOTIFY) \
	X(System, boot_info, 1, .empty = 0) \
	X(System, boot_memory, 2, .what = (kernel_BootMemory)below(3)) \
	X(System, framebuffer, 1, .empty = 0) \
	X(System, memory_map, 1, .from = below(3)) X(System, memory, 1, .empty = 0) \
	X(System, cpu_info, 1, .cpu = below(5)) X(System, cpu_time, 1, .cpu = below(5)) \
	X(System, log, 1, .text = {.data = "fuzz\n", .size = 5}) \
	X(System, read_log, 1, .from = 0) X(System, watch_log, 1, NOTIFY) \
	X(System, random, 1, .count = below(300)) \
	X(System, physical, 4, CHARGE, .length = kernel_PAGE_SIZE * below(9), .caching = \
		(kernel_Caching)below(5), .address = one_in(4) ? PAGES : PHYSICAL) \
	X(System, interrupt, 8, CHARGE, .line = below(12), \
		.trigger = (kernel_Trigger)below(5), .shared = MAYBE) \
	X(System, message_interrupt, 3, CHARGE) \
	X(System, io_ports, 3, CHARGE, .first = (uint16_t)below(100), .count = below(40)) \
	X(System, clock, 3, .empty = 0) X(System, trace, 3, .empty = 0) \
	X(System, open_space, 4, .from = pick_id(kernel_Kind_SPACE))

/* Interfaces by their names; an Object is of any kind. */
enum {
	Object = kernel_Kind_NONE, Space = kernel_Kind_SPACE, Thread = kernel_Kind_THREAD,
	Memory = kernel_Kind_MEMORY, Endpoint = kernel_Kind_ENDPOINT,
	Session = kernel_Kind_SESSION, Notification = kernel_Kind_NOTIFICATION,
	Ring = kernel_Kind_RING, Timer = kernel_Kind_TIMER,
	Interrupt = kernel_Kind_INTERRUPT, IoPorts = kernel_Kind_IO_PORTS,
	Quota = kernel_Kind_QUOTA, Clock = kernel_Kind_CLOCK, Trace = kernel_Kind_TRACE,
	System = kernel_Kind_SYSTEM
};

#endif
