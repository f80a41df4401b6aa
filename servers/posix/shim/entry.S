/*
 * Ways into the shim and out of it, and its only instructions that may fault.
 *
 * A thread's area is LAYOUT_AREA bytes and begins with its frame, a struct shim; its
 * stack lies in it. Offsets of the frame: 8 rax, 16 rbx, 24 rcx, 32 rdx, 40 rsi, 48 rdi,
 * 56 rbp, 64 rsp, 72 to 128 r8 to r15, 136 rip, 144 rflags, 152 fs_base, 160 gs_base,
 * 168 stack_top, 176 is_whole; 4084 MOVED, 4088 PENDING, 4092 INSIDE. (shim.c pins them.)
 */
#define AREA_MASK	-0x100000
#define RAX		8
#define RSP		64
#define RIP		136
#define RFLAGS		144
#define STACK_TOP	168
#define IS_WHOLE	176
#define MOVED		4084		/* and PENDING, which is behind it */
#define INSIDE		4092
/* Trap, direction, alignment check: flags that a program rarely has when it calls. */
#define RARE_FLAGS	0x40500
#define CALL_RESUME	0xe000000c

/* From label 1 to label 2, faults go on at `go_on`. */
#define FIXUP(go_on) \
	.pushsection .fixups, "a"; \
	.quad 1b, 2b, go_on; \
	.popsection

	.section .shim, "a"
	.globl shim_header
shim_header:
	.quad 0x6d6968732e786f70
	.quad shim_start
	.quad shim_upcall
	.quad shim_exit_begin
	.quad shim_exit_end
	.quad shim_fixups
	.quad shim_fixup_count

	.text

/* A new thread: rdi is the number of its handle. */
	.globl shim_start
	.type shim_start, @function
shim_start:
	xorl	%ebp, %ebp
	movl	%edi, %esi
	leaq	-1(%rsp), %rdi
	andq	$AREA_MASK, %rdi
	andq	$-16, %rsp
	call	shim_begin
	ud2
	.size shim_start, . - shim_start

/* rcx: the frame; r11: 1 a call, else an interruption. rax, rip, rsp and flags are stored. */
	.globl shim_upcall
	.type shim_upcall, @function
shim_upcall:
	cmpl	$1, %r11d
	jne	1f
	movq	%rbx, 16(%rcx)
	movq	%rdx, 32(%rcx)
	movq	%rsi, 40(%rcx)
	movq	%rdi, 48(%rcx)
	movq	%rbp, 56(%rcx)
	movq	%r8, 72(%rcx)
	movq	%r9, 80(%rcx)
	movq	%r10, 88(%rcx)
	movq	%r12, 104(%rcx)
	movq	%r13, 112(%rcx)
	movq	%r14, 120(%rcx)
	movq	%r15, 128(%rcx)
	movq	%rcx, %rbx
	movq	%rcx, %rdi
	call	shim_call
	movq	%rbx, %r11
	jmp	shim_exit_begin
1:	movq	%rcx, %rbx
	movq	%rcx, %rdi
	call	shim_interrupted
	movq	%rbx, %r11
	jmp	shim_exit_begin

	.globl shim_leave
	.type shim_leave, @function
shim_leave:
	movq	%rdi, %r11

/*
 * r11: the frame, and nothing else counts, so this can start again anywhere. Behind the
 * last store an interruption saves these registers as they are, and comes back here.
 */
	.globl shim_exit_begin, shim_exit_end
shim_exit_begin:
	movq	STACK_TOP(%r11), %rsp
	cmpq	$0, MOVED(%r11)
	jne	shim_exit_pending
	movl	RFLAGS(%r11), %eax
	andl	$RARE_FLAGS, %eax
	orl	IS_WHOLE(%r11), %eax
	jnz	2f
	movq	16(%r11), %rbx
	movq	32(%r11), %rdx
	movq	40(%r11), %rsi
	movq	48(%r11), %rdi
	movq	56(%r11), %rbp
	movq	72(%r11), %r8
	movq	80(%r11), %r9
	movq	88(%r11), %r10
	movq	104(%r11), %r12
	movq	112(%r11), %r13
	movq	120(%r11), %r14
	movq	128(%r11), %r15
	pushq	RFLAGS(%r11)
	popfq
	movq	RAX(%r11), %rax
	movq	RIP(%r11), %rcx
	movq	RSP(%r11), %rsp
	movl	$0, INSIDE(%r11)
	jmp	*%rcx
2:	movq	%r11, %rsi
	movl	$CALL_RESUME, %eax
	syscall
	ud2
shim_exit_end:

/* Interrupted inside, and not by a call that has seen to it. */
shim_exit_pending:
	movq	%r11, %rbx
	movq	%r11, %rdi
	call	shim_interrupted
	movq	%rbx, %r11
	jmp	shim_exit_begin

/* ---- what may fault ---- */

	.globl shim_copy
	.type shim_copy, @function
shim_copy:
	movq	%rdx, %rcx
	shrq	$3, %rcx
	andl	$7, %edx
1:	rep movsq
2:	FIXUP(3f)
	movl	%edx, %ecx
1:	rep movsb
2:	movq	%rcx, %rax
	ret
	FIXUP(2b)
3:	leaq	(%rdx, %rcx, 8), %rax	/* words are whole, or not done */
	ret

	.globl shim_fill_zero
	.type shim_fill_zero, @function
shim_fill_zero:
	movq	%rsi, %rcx
	xorl	%eax, %eax
1:	rep stosb
2:	movq	%rcx, %rax
	ret
	FIXUP(2b)

	.globl shim_load
	.type shim_load, @function
shim_load:
1:	movl	(%rdi), %eax
2:	movl	%eax, (%rsi)
	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_load_two
	.type shim_load_two, @function
shim_load_two:
1:	movq	(%rdi), %rax
	movq	8(%rdi), %rdx
2:	movq	%rax, (%rsi)
	movq	%rdx, 8(%rsi)
	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_compare_exchange
	.type shim_compare_exchange, @function
shim_compare_exchange:
	movl	(%rsi), %eax
1:	lock cmpxchgl %edx, (%rdi)
2:	movl	%eax, (%rsi)
	movl	$0, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_touch_read
	.type shim_touch_read, @function
shim_touch_read:
1:	movb	(%rdi), %al
2:	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_touch_write
	.type shim_touch_write, @function
shim_touch_write:
1:	lock orb $0, (%rdi)
2:	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_xsave
	.type shim_xsave, @function
shim_xsave:
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
1:	xsave64	(%rdi)
2:	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_xrstor
	.type shim_xrstor, @function
shim_xrstor:
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
1:	xrstor64 (%rdi)
2:	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_fxsave
	.type shim_fxsave, @function
shim_fxsave:
1:	fxsave64 (%rdi)
2:	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

	.globl shim_fxrstor
	.type shim_fxrstor, @function
shim_fxrstor:
1:	fxrstor64 (%rdi)
2:	xorl	%eax, %eax
	ret
	FIXUP(shim_faulted)

shim_faulted:
	movl	$1, %eax
	ret

	.section .note.GNU-stack, "", @progbits
