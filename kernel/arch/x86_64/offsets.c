/*
 * What assembly has to know of structs and numbers that C has: compiled to text,
 * of which rules.mk makes offsets.h.
 */
#include "kernel/arch/x86_64/local.h"
#include "kernel/endpoint.h"
#include "kernel/handle.h"
#include "kernel/notification.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/token.h"
#include "kernel.skald.h"
#include "runtime/status.h"

#define NUMBER(name, value) \
	__asm__ volatile("\n.ascii \"@" #name " %0\"" : : "i"((int64_t)(value)));
#define OFFSET(name, type, member) NUMBER(name, offsetof(struct type, member))

void offsets(void);

void offsets(void)
{
	OFFSET(FRAME_RCX, frame, rcx)
	OFFSET(FRAME_R11, frame, r11)
	OFFSET(FRAME_ENTERED, frame, entered)
	OFFSET(FRAME_RIP, frame, rip)
	OFFSET(FRAME_CS, frame, cs)
	OFFSET(FRAME_RFLAGS, frame, rflags)
	OFFSET(FRAME_RSP, frame, rsp)
	OFFSET(FRAME_RAX, frame, rax)
	OFFSET(FRAME_RDI, frame, rdi)
	OFFSET(FRAME_RBX, frame, rbx)
	OFFSET(FRAME_RBP, frame, rbp)
	OFFSET(FRAME_R12, frame, r12)
	OFFSET(FRAME_R13, frame, r13)
	OFFSET(FRAME_R14, frame, r14)
	OFFSET(FRAME_R15, frame, r15)
	OFFSET(FRAME_WORDS, frame, words)
	NUMBER(FRAME_SIZE, sizeof(struct frame))

	OFFSET(LOCAL_CPU, local, cpu)
	OFFSET(LOCAL_SELF, local, self)
	OFFSET(LOCAL_OWNER, local, owner)
	OFFSET(LOCAL_TS, local, ts)
	OFFSET(LOCAL_STACK, local, stack)
	OFFSET(LOCAL_SCRATCH, local, scratch)
	OFFSET(LOCAL_RSP0, local, tss.rsp)
	OFFSET(LOCAL_SPECIAL, local, special)
	OFFSET(LOCAL_MASK, local, mask)
	OFFSET(LOCAL_SPACE, local, space)

	OFFSET(CPU_CURRENT, cpu, current)
	OFFSET(CPU_LOADED, cpu, loaded)
	OFFSET(CPU_BAR, cpu, bar)

	OFFSET(THREAD_FS, thread, arch.fs_base)
	OFFSET(THREAD_GS, thread, arch.gs_base)
	OFFSET(THREAD_SPECIAL, thread, arch.special)
	OFFSET(THREAD_VECTORS, thread, arch.vectors)
	OFFSET(THREAD_VECTORS_ON, thread, arch.vectors_on)
	OFFSET(THREAD_VECTORS_SOON, thread, arch.vectors_soon)
	OFFSET(THREAD_SPACE, thread, space)
	OFFSET(THREAD_STATE, thread, state)
	OFFSET(THREAD_EFFECTIVE, thread, effective)
	OFFSET(THREAD_CPU, thread, cpu)
	OFFSET(THREAD_SERVES, thread, serves)
	OFFSET(THREAD_SLOTS, thread, slots)
	OFFSET(THREAD_SLOT_COUNT, thread, slot_count)
	OFFSET(THREAD_CALLER, thread, caller)
	OFFSET(THREAD_CALLER_STATE, thread, caller.state)
	OFFSET(THREAD_CALLER_TOKEN, thread, caller.token)

	OFFSET(SPACE_HANDLES, space, handles.pages)
	OFFSET(SPACE_HANDLE_PAGES, space, handles.page_count)
	OFFSET(SPACE_TOKEN, space, tokens.free)
	OFFSET(SPACE_CR3, space, arch.cr3)
	OFFSET(SPACE_WARM, space, arch.warm)

	OFFSET(HANDLE_OBJECT, handle, object)
	OFFSET(HANDLE_RIGHTS, handle, protocol_rights)
	OFFSET(HANDLE_GENERATION, handle, generation)
	NUMBER(IS_CALLS, (HANDLE_CLIENT | HANDLE_CALLS) << 16)
	NUMBER(IS_RECEIVES, HANDLE_RECEIVES << 16)
	NUMBER(IS_SIGNALS, HANDLE_SIGNALS << 16)

	OFFSET(SESSION_ENDPOINT, session, endpoint)
	OFFSET(SESSION_BADGE, session, badge)
	OFFSET(SESSION_DIRECT, session, direct)
	OFFSET(SESSION_SOLO, session, solo)
	OFFSET(ENDPOINT_READY, endpoint, ready)
	OFFSET(ENDPOINT_UNANSWERED, endpoint, unanswered)
	OFFSET(ENDPOINT_NOTIFIED, endpoint, notified_last)

	OFFSET(TOKEN_STATE, token, state)
	OFFSET(TOKEN_NUMBER, token, number)
	OFFSET(TOKEN_CALLER, token, caller)
	OFFSET(TOKEN_SESSION, token, session)
	OFFSET(TOKEN_SERVER, token, server)
	NUMBER(TOKEN_IS_FREE, TOKEN_FREE)
	NUMBER(TOKEN_IS_HELD, TOKEN_HELD)

	OFFSET(NOTIFICATION_BITS, notification, bits)
	OFFSET(NOTIFICATION_WAITING, notification, waiting)
	OFFSET(NOTIFICATION_ENDPOINT, notification, endpoint)

	NUMBER(CALL, ABI_BASE + ABI_CALL)
	NUMBER(REPLY_RECEIVE, ABI_BASE + ABI_REPLY_RECEIVE)
	NUMBER(SIGNAL, ABI_BASE + ABI_SIGNAL)
	NUMBER(EVENT_REQUEST, ABI_REQUEST)
	NUMBER(BAD_HANDLE, (uint32_t)SK_BAD_HANDLE)
	NUMBER(IDLE, CALLER_IDLE)
	NUMBER(DELIVERED, CALLER_DELIVERED)
	NUMBER(RUNNING, kernel_ThreadState_RUNNING)
	NUMBER(CALLING, kernel_ThreadState_CALLING)
	NUMBER(RECEIVING, kernel_ThreadState_RECEIVING)
}

/* As fast.S takes apart heads, targets and numbers. */
_Static_assert(ABI_BYTES_SHIFT == 32 && ABI_SLOT_SHIFT == 56 && ABI_RIGHTS_SHIFT == 8
	&& ABI_MESSAGE_MAX == 4096 && ABI_WORD_BYTES == 40, "heads");
_Static_assert(ABI_RECEIVE_SLOT_SHIFT == 32 && ABI_DROP == UINT64_C(1) << 40, "targets");
_Static_assert(ABI_INDEX_BITS == 20 && HANDLE_PAGE == 256 && sizeof(struct handle) == 16
	&& offsetof(struct handle, flags) == offsetof(struct handle, generation) + 2,
	"handles");
_Static_assert(offsetof(struct token, link.next) == 0, "tokens that are free");
_Static_assert(sizeof(struct slot) == 16 && offsetof(struct slot, page) == 0, "slots");
_Static_assert(offsetof(struct local, cpu) == 0, "arch_cpu()");
