/*
 * SYSCALL, and the short way of CALL and REPLY_RECEIVE, and of SIGNAL where
 * nobody waits: what kernel/system_call.c and kernel/handover.h do, in the same
 * order. The words of a message stay in their registers from one program to the
 * other. All is looked at before anything is changed; what is otherwise goes on
 * in C, as if it had begun there.
 *
 * A frame gets what the program is to find again: rip, rflags, rsp, rdi, and rbx,
 * rbp, r12 to r15. Words and head of one that waits are not in its frame: nobody
 * reads them there (endpoint_settle() says what it does).
 *
 * Throughout: rsp is the end of the frame of who called; nothing is pushed, but
 * for the one return address that stands in place of `ss`, which SYSRET does not
 * take from there.
 */
#include "kernel/arch/x86_64/local.h"
#include "offsets.h"

/* Of the thread that called. */
#define MY(offset) offset - FRAME_SIZE(%rsp)

/* Bytes of a head, if there is neither a handle nor a lease, a place for handles
 * nor a deadline, to ecx. */
	.macro get_bytes long, otherwise
	mov %rax, %rcx
	shr $32, %rcx
	and $0x80ffffff, %ecx
	.if \long
	cmp $4096, %ecx
	.else
	cmp $40, %ecx
	.endif
	ja \otherwise
	.endm

/* The entry of a handle to (\page, %rbp, 8), if it has such a number and such
 * flags; destroys edi. */
	.macro get_handle space, page, flags, otherwise
	mov MY(THREAD_SPACE), \space
	mov %edi, %ebp
	shr $8, %ebp
	and $0xfff, %ebp
	cmp SPACE_HANDLE_PAGES(\space), %ebp
	jae \otherwise
	mov SPACE_HANDLES(\space), \page
	mov (\page, %rbp, 8), \page
	movzbl %dil, %ebp
	add %ebp, %ebp
	shr $20, %edi
	or $\flags, %edi
	cmp %edi, HANDLE_GENERATION(\page, %rbp, 8)
	jne \otherwise
	.endm

	.macro take_lock full, otherwise
	.if \full
	lock btsw $0, cpu_lock
	jc \otherwise
	.endif
	.endm

	.macro give_lock full
	.if \full
	movb $0, cpu_lock
	.endif
	.endm

/* From who called to r14, on the CPU in rdi; destroys rbx, rdi and r11. Then gs is
 * the program's. */
	.macro switch_to full, otherwise
	mov %gs:LOCAL_SPECIAL, %r11b
	or THREAD_SPECIAL(%r14), %r11b
	jz 2f
	call load_vectors
	jc \otherwise
2:	mov THREAD_SPACE(%r14), %rbx
	cmp %rbx, %gs:LOCAL_SPACE
	je 1f
	.if \full
	mov %gs:LOCAL_MASK, %r11
	test %r11, SPACE_WARM(%rbx)
	jz \otherwise
	.endif
	mov %rbx, %gs:LOCAL_SPACE
	mov SPACE_CR3(%rbx), %r11
	mov %r11, %cr3
1:	mov %r14, CPU_CURRENT(%rdi)
	mov %r14, CPU_LOADED(%rdi)
	lea FRAME_SIZE(%r14), %r11
	mov %r11, %gs:LOCAL_RSP0
	rdfsbase %r11
	mov %r11, MY(THREAD_FS)
	mov THREAD_FS(%r14), %r11
	wrfsbase %r11
	swapgs
	rdgsbase %r11
	mov %r11, MY(THREAD_GS)
	mov THREAD_GS(%r14), %r11
	wrgsbase %r11
	.endm

/* Out, to r14, with what both ways give it back. */
	.macro go full
	mov FRAME_RFLAGS(%r14), %r11
	mov FRAME_RIP(%r14), %rcx
	mov FRAME_RSP(%r14), %rsp
	mov FRAME_RBP(%r14), %rbp
	mov FRAME_R13(%r14), %r13
	mov FRAME_R15(%r14), %r15
	mov FRAME_R14(%r14), %r14
	give_lock \full
	sysretq
	.endm

	.macro do_call full, long, longer, otherwise
	get_bytes \long, \longer
	mov %rdi, %rbx
	shr $39, %rbx
	jnz 8f
	take_lock \full, 8f
	get_handle %rbx, %r12, IS_CALLS, 9f
	mov HANDLE_OBJECT(%r12, %rbp, 8), %r13	/* session */
	movzwl HANDLE_RIGHTS(%r12, %rbp, 8), %ebp
	mov SESSION_DIRECT(%r13), %r12		/* endpoint */
	test %r12, %r12
	jz 9f
	mov ENDPOINT_READY(%r12), %r14		/* server */
	test %r14, %r14
	jz 9f
	mov %gs:LOCAL_CPU, %rdi
	movzbl THREAD_EFFECTIVE(%r14), %r11d
	cmp %r11b, MY(THREAD_EFFECTIVE)
	ja 9f
	cmp CPU_BAR(%rdi), %r11d
	jl 9f
	cmp %rdi, THREAD_CPU(%r14)
	jne 9f
	mov THREAD_SPACE(%r14), %rbx
	mov SPACE_TOKEN(%rbx), %r15		/* token */
	test %r15, %r15
	jz 9f
	.if \long
	call copy_rest
	jc 9f
	.endif

	mov (%r15), %r11
	mov %r11, SPACE_TOKEN(%rbx)
	movb $TOKEN_IS_HELD, TOKEN_STATE(%r15)
	lea MY(THREAD_CALLER), %r11
	mov %r11, TOKEN_CALLER(%r15)
	mov %r13, TOKEN_SESSION(%r15)
	mov %r14, TOKEN_SERVER(%r15)
	mov %r15, THREAD_SERVES(%r14)
	mov %r15, MY(THREAD_CALLER_TOKEN)
	movb $DELIVERED, MY(THREAD_CALLER_STATE)
	mov %r15, SESSION_SOLO(%r13)
	movq $0, SESSION_DIRECT(%r13)
	movq $0, ENDPOINT_READY(%r12)
	incl ENDPOINT_UNANSWERED(%r12)
	movb $0, ENDPOINT_NOTIFIED(%r12)
	movb $CALLING, MY(THREAD_STATE)
	movb $RUNNING, THREAD_STATE(%r14)
	shl $8, %ebp
	shl $32, %rcx
	lea EVENT_REQUEST(%rcx, %rbp), %rax
	switch_to \full, called_special
	mov SESSION_BADGE(%r13), %rdi
	mov TOKEN_NUMBER(%r15), %ebx
	mov $-1, %r12
	go \full
9:	give_lock \full
8:	jmp \otherwise
	.endm

	.macro do_reply_receive full, long, longer, otherwise
	get_bytes \long, \longer
	mov %rdi, %r13
	shr $39, %r13
	jnz 8f
	take_lock \full, 8f
	get_handle %r13, %r12, IS_RECEIVES, 9f
	mov HANDLE_OBJECT(%r12, %rbp, 8), %r12	/* endpoint */
	mov MY(THREAD_SERVES), %r15		/* token */
	test %r15, %r15
	jz 9f
	cmp %ebx, TOKEN_NUMBER(%r15)
	jne 9f
	mov TOKEN_SESSION(%r15), %rbx
	cmp %r15, SESSION_SOLO(%rbx)
	jne 9f
	cmp %r12, SESSION_ENDPOINT(%rbx)
	jne 9f
	mov TOKEN_CALLER(%r15), %r14
	sub $THREAD_CALLER, %r14		/* client */
	mov %gs:LOCAL_CPU, %rdi
	cmp %rdi, THREAD_CPU(%r14)
	jne 9f
	movzbl THREAD_EFFECTIVE(%r14), %ebp
	cmp CPU_BAR(%rdi), %ebp
	jl 9f
	cmpq $0, SPACE_TOKEN(%r13)
	je 9f					/* others may have waited for one */
	.if \long
	call copy_rest
	jc 9f
	.endif

	movq $0, SESSION_SOLO(%rbx)
	mov %r12, SESSION_DIRECT(%rbx)
	decl ENDPOINT_UNANSWERED(%r12)
	lea MY(0), %r11
	mov %r11, ENDPOINT_READY(%r12)
	movb $TOKEN_IS_FREE, TOKEN_STATE(%r15)
	movq $0, TOKEN_SERVER(%r15)
	addl $0x10000, TOKEN_NUMBER(%r15)
	jc 5f					/* generation 0 is none */
6:	mov SPACE_TOKEN(%r13), %r11
	mov %r11, (%r15)
	mov %r15, SPACE_TOKEN(%r13)
	movq $0, MY(THREAD_SERVES)
	movb $IDLE, THREAD_CALLER_STATE(%r14)
	movb $RECEIVING, MY(THREAD_STATE)
	movb $RUNNING, THREAD_STATE(%r14)
	shl $32, %rcx
	mov %rcx, %rax
	switch_to \full, answered_special
	mov FRAME_RDI(%r14), %rdi
	mov FRAME_RBX(%r14), %rbx
	mov FRAME_R12(%r14), %r12
	go \full
5:	addl $0x10000, TOKEN_NUMBER(%r15)
	jmp 6b
9:	give_lock \full
8:	jmp \otherwise
	.endm

/* Bits of a notification for which nobody waits, here or at an endpoint. */
	.macro do_signal full, otherwise
	take_lock \full, 8f
	mov %rbp, MY(FRAME_RBP)
	get_handle %rcx, %r11, IS_SIGNALS, 7f
	cmpb $0, sched_is_slow
	jne 9f
	mov HANDLE_OBJECT(%r11, %rbp, 8), %r11
	lea NOTIFICATION_WAITING(%r11), %rcx
	cmp %rcx, NOTIFICATION_WAITING(%r11)
	jne 9f
	cmpq $0, NOTIFICATION_ENDPOINT(%r11)
	jne 9f
	or %rsi, NOTIFICATION_BITS(%r11)
	xor %eax, %eax
6:	give_lock \full
	mov MY(FRAME_RDI), %rdi
	mov MY(FRAME_RBP), %rbp
	mov MY(FRAME_RIP), %rcx
	mov MY(FRAME_RFLAGS), %r11
	mov MY(FRAME_RSP), %rsp
	swapgs
	sysretq
7:	mov $BAD_HANDLE, %eax
	jmp 6b
9:	give_lock \full
	mov MY(FRAME_RBP), %rbp
8:	jmp \otherwise
	.endm

	.macro save_kept
	mov %rbx, MY(FRAME_RBX)
	mov %rbp, MY(FRAME_RBP)
	mov %r12, MY(FRAME_R12)
	mov %r13, MY(FRAME_R13)
	mov %r14, MY(FRAME_R14)
	mov %r15, MY(FRAME_R15)
	.endm

	.macro save_words thread
	.set at, FRAME_WORDS
	.irp register, rsi, rdx, r8, r9, r10
	mov %\register, at + \thread
	.set at, at + 8
	.endr
	.endm

	.macro arrive
	swapgs
	mov %rsp, %gs:LOCAL_SCRATCH
	mov %gs:LOCAL_RSP0, %rsp
	mov %rcx, MY(FRAME_RIP)
	mov %r11, MY(FRAME_RFLAGS)
	mov %gs:LOCAL_SCRATCH, %rcx
	mov %rcx, MY(FRAME_RSP)
	mov %rdi, MY(FRAME_RDI)
	movl $ENTERED_CALL, MY(FRAME_ENTERED)
	.endm

	.macro entry full
	arrive
	cmp $CALL, %eax
	jne 11f
	save_kept
	do_call \full, 0, 14f, entry_slow
11:	cmp $REPLY_RECEIVE, %eax
	jne 12f
	save_kept
	do_reply_receive \full, 0, 15f, entry_slow
12:	cmp $SIGNAL, %eax
	jne 13f
	do_signal \full, 13f
13:	save_kept
	jmp entry_slow
14:	do_call \full, 1, entry_slow, entry_slow
15:	do_reply_receive \full, 1, entry_slow, entry_slow
	.endm

	.text
	.globl entry_call_one, entry_call_any, entry_call
	.balign 64
entry_call_one:
	entry 0
	.balign 64
entry_call_any:
	entry 1

	.balign 64
entry_call:
	arrive
	save_kept
entry_slow:
	save_words -FRAME_SIZE(%rsp)
	mov %rax, MY(FRAME_RAX)
	lea MY(0), %rdi
	mov %gs:LOCAL_STACK, %rsp
	xor %ebp, %ebp
	call kernel_system_call
	jmp entry_return

/* Something else is to be loaded with r14: C does it, and what it finds goes by
 * its frame. */
called_special:
	mov SESSION_BADGE(%r13), %rdi
	mov %rdi, FRAME_RDI(%r14)
	mov TOKEN_NUMBER(%r15), %edi
	mov %rdi, FRAME_RBX(%r14)
	movq $-1, FRAME_R12(%r14)
answered_special:
	save_words 0(%r14)
	mov %rax, FRAME_RAX(%r14)
	mov %r14, %rdi
	mov %gs:LOCAL_STACK, %rsp
	xor %ebp, %ebp
	call thread_switched
	jmp entry_return

/* As vectors_load() of r14, if the CPU has vectors or this one has; r11b says what
 * else there may be. Carry: there is, and nothing was done. Keeps all but rbx, r11. */
load_vectors:
	test $SPECIAL_OTHER, %r11b
	stc
	jnz 9f
	mov %gs:LOCAL_OWNER, %rbx
	cmp %rbx, %r14
	je 3f
	cmpb $0, THREAD_VECTORS_SOON(%r14)
	jne 1f
	cmpl $1, cpu_count
	je 4f
1:	clts
	mov %rax, %gs:LOCAL_SCRATCH
	mov %rdx, %gs:LOCAL_SCRATCH + 8
	mov vectors_components, %eax
	xor %edx, %edx
	test %rbx, %rbx
	jz 2f
	mov THREAD_VECTORS(%rbx), %r11
	xsave64 (%r11)
	movq $0, THREAD_VECTORS_ON(%rbx)
	movq $0, %gs:LOCAL_OWNER
2:	cmpb $0, THREAD_VECTORS_SOON(%r14)
	je 2f
	decb THREAD_VECTORS_SOON(%r14)
	mov THREAD_VECTORS(%r14), %r11
	xrstor64 (%r11)
	mov %r14, %gs:LOCAL_OWNER
	mov %gs:LOCAL_SELF, %r11
	mov %r11, THREAD_VECTORS_ON(%r14)
2:	mov %gs:LOCAL_SCRATCH, %rax
	mov %gs:LOCAL_SCRATCH + 8, %rdx
	cmp %r14, %gs:LOCAL_OWNER
	jne 4f
3:	clts
	movb $0, %gs:LOCAL_TS
	movb $SPECIAL_VECTORS, %gs:LOCAL_SPECIAL
	clc
	ret
4:	mov %cr0, %r11
	or $CR0_TS, %r11
	mov %r11, %cr0
	movb $1, %gs:LOCAL_TS
	movb $0, %gs:LOCAL_SPECIAL
	movb $0, THREAD_SPECIAL(%r14)
	clc
9:	ret

/* What of ecx bytes stands behind the words, from the slot that rax says to the one
 * that r14 waits with. Carry: one of them is not there. Keeps all but r11. */
copy_rest:
	mov %rcx, %gs:LOCAL_SCRATCH
	mov %rsi, %gs:LOCAL_SCRATCH + 8
	mov %rdi, %gs:LOCAL_SCRATCH + 16
	mov %rcx, %r11
	mov %rax, %rsi
	shl $1, %rsi
	shr $57, %rsi
	cmp 8 + MY(THREAD_SLOT_COUNT), %esi
	jae 1f
	mov FRAME_RDI(%r14), %rdi
	shr $32, %rdi
	and $0x7f, %edi
	cmp THREAD_SLOT_COUNT(%r14), %edi
	jae 1f
	sub $40, %r11d
	jbe 2f
	shl $4, %esi
	shl $4, %edi
	add 8 + MY(THREAD_SLOTS), %rsi
	add THREAD_SLOTS(%r14), %rdi
	mov (%rsi), %rsi
	mov (%rdi), %rdi
	add $40, %rsi
	add $40, %rdi
	mov %r11d, %ecx
	shr $3, %ecx
	rep movsq
	mov %r11d, %ecx
	and $7, %ecx
	rep movsb
2:	mov %gs:LOCAL_SCRATCH, %rcx
	mov %gs:LOCAL_SCRATCH + 8, %rsi
	mov %gs:LOCAL_SCRATCH + 16, %rdi
	clc
	ret
1:	mov %gs:LOCAL_SCRATCH, %rcx
	mov %gs:LOCAL_SCRATCH + 8, %rsi
	mov %gs:LOCAL_SCRATCH + 16, %rdi
	stc
	ret

	.section .note.GNU-stack, "", @progbits
