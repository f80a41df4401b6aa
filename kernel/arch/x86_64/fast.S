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
 * The answer to a page fault goes the same way, but for the words: fault_resumes()
 * reads them.
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
	.macro get_bytes limit, otherwise
	mov %rax, %rcx
	shr $32, %rcx
	and $0x80ffffff, %ecx
	cmp $\limit, %ecx
	ja \otherwise
	.endm

/* The entry of a handle to (\page, %rbp, 8), if it has such a number and such
 * flags; destroys edi. */
	.macro get_handle space, page, flags, otherwise
	mov MY(thread.space), \space
	mov %edi, %ebp
	shr $8, %ebp
	and $0xfff, %ebp
	cmp space.handles.page_count(\space), %ebp
	jae \otherwise
	mov space.handles.pages(\space), \page
	mov (\page, %rbp, 8), \page
	movzbl %dil, %ebp
	add %ebp, %ebp
	shr $20, %edi
	or $(\flags) << 16, %edi
	cmp %edi, handle.generation(\page, %rbp, 8)
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

	.macro call_c function
	mov %gs:local.stack, %rsp
	xor %ebp, %ebp
	call \function
	.endm

/* From who called to r14, on the CPU in rdi; destroys rbx, rdi and r11. Then gs is
 * the program's. */
	.macro switch_to full, otherwise
	mov %gs:local.special, %r11b
	or thread.arch.special(%r14), %r11b
	jz 2f
	call load_vectors
	jc \otherwise
2:	mov thread.space(%r14), %rbx
	cmp %rbx, %gs:local.space
	je 1f
	.if \full
	mov %gs:local.mask, %r11
	test %r11, space.arch.warm(%rbx)
	jz \otherwise
	.endif
	mov %rbx, %gs:local.space
	mov space.arch.cr3(%rbx), %r11
	mov %r11, %cr3
1:	mov %r14, cpu.current(%rdi)
	mov %r14, cpu.loaded(%rdi)
	lea FRAME_SIZE(%r14), %r11
	mov %r11, %gs:local.tss.rsp
	rdfsbase %r11
	mov %r11, MY(thread.arch.fs_base)
	mov thread.arch.fs_base(%r14), %r11
	wrfsbase %r11
	swapgs
	rdgsbase %r11
	mov %r11, MY(thread.arch.gs_base)
	mov thread.arch.gs_base(%r14), %r11
	wrgsbase %r11
	.endm

/* Out, to r14, with what both ways give it back. */
	.macro go full
	mov frame.rflags(%r14), %r11
	mov frame.rip(%r14), %rcx
	mov frame.rsp(%r14), %rsp
	mov frame.rbp(%r14), %rbp
	mov frame.r13(%r14), %r13
	mov frame.r15(%r14), %r15
	mov frame.r14(%r14), %r14
	give_lock \full
	sysretq
	.endm

	.macro do_call full, limit, longer
	get_bytes \limit, \longer
	mov %rdi, %rbx
	shr $39, %rbx
	jnz 8f
	take_lock \full, 8f
	get_handle %rbx, %r12, HANDLE_CLIENT|HANDLE_CALLS, 9f
	mov handle.object(%r12, %rbp, 8), %r13	/* session */
	movzwl handle.protocol_rights(%r12, %rbp, 8), %ebp
	mov session.direct(%r13), %r12		/* endpoint */
	test %r12, %r12
	jz 9f
	mov endpoint.ready(%r12), %r14		/* server */
	test %r14, %r14
	jz 9f
	mov %gs:local.cpu, %rdi
	movzbl thread.effective(%r14), %r11d
	cmp %r11b, MY(thread.effective)
	ja 9f
	cmp cpu.bar(%rdi), %r11d
	jl 9f
	cmp %rdi, thread.cpu(%r14)
	jne 9f
	mov thread.space(%r14), %rbx
	mov space.tokens.free(%rbx), %r15		/* token */
	test %r15, %r15
	jz 9f
	.if \limit > 40
	call copy_rest
	jc 9f
	.endif

	mov (%r15), %r11
	mov %r11, space.tokens.free(%rbx)
	movb $TOKEN_HELD, token.state(%r15)
	lea MY(thread.caller), %r11
	mov %r11, token.caller(%r15)
	mov %r13, token.session(%r15)
	mov %r14, token.server(%r15)
	mov %r15, thread.serves(%r14)
	mov %r15, MY(thread.caller.token)
	movb $CALLER_DELIVERED, MY(thread.caller.state)
	mov %r15, session.solo(%r13)
	movq $0, session.direct(%r13)
	movq $0, endpoint.ready(%r12)
	incl endpoint.unanswered(%r12)
	movb $0, endpoint.notified_last(%r12)
	movb $kernel_ThreadState_CALLING, MY(thread.state)
	movb $kernel_ThreadState_RUNNING, thread.state(%r14)
	shl $8, %ebp
	shl $32, %rcx
	lea ABI_REQUEST(%rcx, %rbp), %rax
	switch_to \full, called_special
	mov session.badge(%r13), %rdi
	mov token.number(%r15), %ebx
	mov $-1, %r12
	go \full
	.endm

/* The thread, whose call is this member, to r14, and its CPU to rdi: all that is
 * looked at but for its priority. */
	.macro find_client member
	cmp %r12, session.endpoint(%rbx)
	jne 9f
	mov token.caller(%r15), %r14
	sub $\member, %r14
	mov %gs:local.cpu, %rdi
	cmp %rdi, thread.cpu(%r14)
	jne 9f
	cmpq $0, space.tokens.free(%r13)
	je 9f					/* others may have waited for one */
	.endm

/* Its call is over, and the token free; it runs, and who called receives. */
	.macro end_call member, solo
	movq $0, \solo(%rbx)
	mov %r12, session.direct(%rbx)
	decl endpoint.unanswered(%r12)
	lea MY(0), %r11
	mov %r11, endpoint.ready(%r12)
	movb $TOKEN_FREE, token.state(%r15)
	movq $0, token.server(%r15)
	addl $0x10000, token.number(%r15)
	jnc 5f
	addl $0x10000, token.number(%r15)	/* generation 0 is none */
5:	mov space.tokens.free(%r13), %r11
	mov %r11, (%r15)
	mov %r15, space.tokens.free(%r13)
	movq $0, MY(thread.serves)
	movb $CALLER_IDLE, \member + caller.state(%r14)
	movb $kernel_ThreadState_RECEIVING, MY(thread.state)
	movb $kernel_ThreadState_RUNNING, thread.state(%r14)
	.endm

	.macro do_reply_receive full, limit, longer
	get_bytes \limit, \longer
	mov %rdi, %r13
	shr $39, %r13
	jnz 8f
	take_lock \full, 8f
	get_handle %r13, %r12, HANDLE_RECEIVES, 9f
	mov handle.object(%r12, %rbp, 8), %r12	/* endpoint */
	mov MY(thread.serves), %r15		/* token */
	test %r15, %r15
	jz 9f
	cmp %ebx, token.number(%r15)
	jne 9f
	mov token.session(%r15), %rbx
	cmp %r15, session.solo(%rbx)
	.if \limit > 40
	jne 9f
	.else
	jne 16f
	.endif
	find_client thread.caller
	movzbl thread.effective(%r14), %ebp
	cmp cpu.bar(%rdi), %ebp
	jl 9f
	.if \limit > 40
	call copy_rest
	jc 9f
	.endif

	end_call thread.caller, session.solo
	shl $32, %rcx
	mov %rcx, %rax
	switch_to \full, answered_special
	mov frame.rdi(%r14), %rdi
	mov frame.rbx(%r14), %rbx
	mov frame.r12(%r14), %r12
	go \full
	.endm

/* The answer to a page fault: what it says is done by C. Then all registers are the
 * frame's. */
	.macro do_fault_reply full
	cmp %r15, session.solo_other(%rbx)
	jne 9f
	find_client thread.fault
	cmpb $CALLER_FAULT, thread.fault + caller.kind(%r14)
	jne 9f
	cmpl $ENTERED_CALL, frame.entered(%r14)
	je 9f
	save_words -FRAME_SIZE(%rsp)
	mov %rax, MY(frame.rax)
	mov %r14, %rdi
	mov %ecx, %esi
	lea MY(frame.words), %rdx
	mov %r13, %rcx
	call_c fault_resumes
	mov %gs:local.tss.rsp, %rsp
	test %al, %al
	jz 4f
	mov %gs:local.cpu, %rdi
	movzbl thread.effective(%r14), %ebp
	cmp cpu.bar(%rdi), %ebp
	jl 4f
	end_call thread.fault, session.solo_other
	switch_to \full, fault_special
	give_lock \full
	mov %r14, %rsp
	jmp entry_pop
4:	give_lock \full
	jmp entry_saved
	.endm

/* Bits of a notification for which nobody waits, here or at an endpoint. */
	.macro do_signal full
	take_lock \full, 4f
	mov %rbp, MY(frame.rbp)
	get_handle %rcx, %r11, HANDLE_SIGNALS, 7f
	cmpb $0, sched_is_slow
	jne 3f
	mov handle.object(%r11, %rbp, 8), %r11
	lea notification.waiting(%r11), %rcx
	cmp %rcx, notification.waiting(%r11)
	jne 3f
	cmpq $0, notification.endpoint(%r11)
	jne 3f
	or %rsi, notification.bits(%r11)
	xor %eax, %eax
6:	give_lock \full
	mov MY(frame.rdi), %rdi
	mov MY(frame.rbp), %rbp
	mov MY(frame.rip), %rcx
	mov MY(frame.rflags), %r11
	mov MY(frame.rsp), %rsp
	swapgs
	sysretq
7:	mov $SK_BAD_HANDLE, %eax
	jmp 6b
3:	give_lock \full
	mov MY(frame.rbp), %rbp
4:	jmp entry_kept
	.endm

/* Registers, to where a frame has them in this order. */
	.macro save to, registers:vararg
	.set at, 0
	.irp register, \registers
	mov %\register, at + \to
	.set at, at + 8
	.endr
	.endm

	.macro save_kept
	save -FRAME_SIZE(%rsp), r15, r14, r13, r12, rbp, rbx
	.endm

	.macro save_words thread
	save frame.words + \thread, rsi, rdx, r8, r9, r10
	.endm

	.macro arrive
	swapgs
	mov %rsp, %gs:local.scratch
	mov %gs:local.tss.rsp, %rsp
	mov %rcx, MY(frame.rip)
	mov %r11, MY(frame.rflags)
	mov %gs:local.scratch, %rcx
	mov %rcx, MY(frame.rsp)
	mov %rdi, MY(frame.rdi)
	movl $ENTERED_CALL, MY(frame.entered)
	.endm

	.macro entry full
	arrive
	cmp $ABI_BASE + ABI_CALL, %eax
	jne 11f
	save_kept
	do_call \full, 40, 14f
11:	cmp $ABI_BASE + ABI_REPLY_RECEIVE, %eax
	jne 12f
	save_kept
	do_reply_receive \full, 40, 15f
12:	cmp $ABI_BASE + ABI_SIGNAL, %eax
	jne entry_kept
	do_signal \full
14:	do_call \full, 4096, entry_slow
15:	do_reply_receive \full, 4096, entry_slow
16:	do_fault_reply \full
9:	give_lock \full		/* of all five */
8:	jmp entry_slow
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
entry_kept:
	save_kept
entry_slow:
	save_words -FRAME_SIZE(%rsp)
	mov %rax, MY(frame.rax)
entry_saved:
	lea MY(0), %rdi
	call_c kernel_system_call
	jmp entry_return

/* Something else is to be loaded with r14: C does it, and what it finds goes by
 * its frame. */
called_special:
	mov session.badge(%r13), %rdi
	mov %rdi, frame.rdi(%r14)
	mov token.number(%r15), %edi
	mov %rdi, frame.rbx(%r14)
	movq $-1, frame.r12(%r14)
answered_special:
	save_words 0(%r14)
	mov %rax, frame.rax(%r14)
fault_special:
	mov %r14, %rdi
	call_c thread_switched
	jmp entry_return

/* As vectors_load() of r14, if the CPU has vectors or this one has; r11b says what
 * else there may be. Carry: there is, and nothing was done. Keeps all but rbx, r11. */
load_vectors:
	test $SPECIAL_OTHER, %r11b
	stc
	jnz 9f
	mov %gs:local.owner, %rbx
	cmp %rbx, %r14
	je 3f
	cmpb $0, thread.arch.vectors_soon(%r14)
	jne 1f
	cmpl $1, cpu_count
	je 4f
1:	clts
	mov %rax, %gs:local.scratch
	mov %rdx, %gs:local.scratch + 8
	mov vectors_components, %eax
	xor %edx, %edx
	test %rbx, %rbx
	jz 2f
	mov thread.arch.vectors(%rbx), %r11
	xsave64 (%r11)
	movq $0, thread.arch.vectors_on(%rbx)
	movq $0, %gs:local.owner
2:	cmpb $0, thread.arch.vectors_soon(%r14)
	je 2f
	decb thread.arch.vectors_soon(%r14)
	mov thread.arch.vectors(%r14), %r11
	xrstor64 (%r11)
	mov %r14, %gs:local.owner
	mov %gs:local.self, %r11
	mov %r11, thread.arch.vectors_on(%r14)
2:	mov %gs:local.scratch, %rax
	mov %gs:local.scratch + 8, %rdx
	cmp %r14, %gs:local.owner
	jne 4f
3:	clts
	movb $0, %gs:local.ts
	movb $SPECIAL_VECTORS, %gs:local.special
	clc
	ret
4:	mov %cr0, %r11
	or $CR0_TS, %r11
	mov %r11, %cr0
	movb $1, %gs:local.ts
	movb $0, %gs:local.special
	movb $0, thread.arch.special(%r14)
	clc
9:	ret

/* What of ecx bytes, of which there are some, stands behind the words, from the slot
 * that rax says to the one that r14 waits with. Carry: one of them is not there.
 * Keeps all but r11. */
copy_rest:
	mov %rsi, %gs:local.scratch
	mov %rdi, %gs:local.scratch + 8
	lea -40(%rcx), %r11
	mov %rax, %rsi
	shl $1, %rsi
	shr $57, %rsi
	cmp 8 + MY(thread.slot_count), %esi
	jae 1f
	mov frame.rdi(%r14), %rdi
	shr $32, %rdi
	and $0x7f, %edi
	cmp thread.slot_count(%r14), %edi
	jae 1f
	shl $4, %esi
	shl $4, %edi
	add 8 + MY(thread.slots), %rsi
	add thread.slots(%r14), %rdi
	mov (%rsi), %rsi
	mov (%rdi), %rdi
	add $40, %rsi
	add $40, %rdi
	mov %r11d, %ecx
	shr $3, %ecx
	rep movsq
	mov %r11d, %ecx
	and $7, %ecx			/* no carry */
	rep movsb
2:	lea 40(%r11), %rcx
	mov %gs:local.scratch, %rsi
	mov %gs:local.scratch + 8, %rdi
	ret
1:	stc
	jmp 2b

	.section .note.GNU-stack, "", @progbits
