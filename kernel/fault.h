/*
 * Faults and foreign system calls: the thread becomes the caller of its fault
 * handler (protocols/fault.skald), by stubs that are generated, or enters its
 * upcall.
 */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct space;
struct thread;

void fault_page(struct thread *thread, uint64_t address, uint32_t access,
	uint32_t reason);
void fault_exception(struct thread *thread, uint32_t what, uint32_t code,
	uint64_t address);
/* A system call that is not ours: the upcall, or a call of the handler. */
void fault_foreign(struct thread *thread);
/* The handler has answered, or will not (see caller_done()). */
void fault_answered(struct thread *thread, uint64_t head, struct space *by);
/* Such an answer, of this space, lets the thread of a page fault just go on: its
 * frame, and its space, are made so. False: it is for fault_answered(), and nothing
 * was done. To ask twice comes to the same. */
bool fault_resumes(struct thread *thread, uint32_t size, const void *words,
	struct space *by);

#endif
