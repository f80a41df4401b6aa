/*
 * Into the kernel and out of it.
 *
 * A program's registers go right into the frame of the thread that runs (the
 * first of struct thread): the CPU pushes there, as TSS.rsp0 is its end, and
 * SYSCALL (fast.S) stores there. Then there is one stack for each CPU, empty at each
 * entry, with gs at its struct local. Interrupts are off in the kernel, but for
 * the HLT of an idle CPU: what interrupts the kernel there leaves nothing to
 * return to.
 *
 * NMI, #DB, #DF and #MC come at any instruction, also where gs or the stack are
 * still the program's (and FSGSBASE lets programs have any gs): each has a stack
 * of its own, at whose page's beginning the struct local can be found.
 */
#include "kernel/arch/x86_64/local.h"
#include "offsets.h"

/* As struct frame has them from its beginning. (Out of FRAME_RCX on: others.) */
#define REGISTERS r15, r14, r13, r12, rbp, rbx, rsi, rdx, r8, r9, r10, rdi, rax
#define REVERSED r11, rcx, rax, rdi, r10, r9, r8, rdx, rsi, rbx, rbp, r12, r13, r14, r15

	.macro push_registers
	.irp register, REVERSED
	push %\register
	.endr
	.endm

	.macro pop_registers
	.irp register, REGISTERS, rcx, r11
	pop %\register
	.endr
	add $16, %rsp			/* entered, error */
	.endm

		.text
/* Out, to the thread in rax; NULL: idle. */
	.globl entry_return
entry_return:
	test %rax, %rax
	jz idle
	cmpl $ENTERED_CALL, frame.entered(%rax)
	jne leave_full
	mov frame.rip(%rax), %rcx
	mov frame.rflags(%rax), %r11
	mov frame.rsp(%rax), %rsp
	.set at, 0
	.irp register, REGISTERS
	mov at(%rax), %\register
	.set at, at + 8
	.endr
	swapgs
	sysretq

leave_full:
	mov %rax, %rsp
	swapgs
/* With all that is in the frame at rsp; gs is the program's already. */
	.globl entry_pop
entry_pop:
	pop_registers
	iretq

/* Out for the first time on this CPU. */
	.globl entry_leave
entry_leave:
	mov %gs:local.stack, %rsp
	xor %ebp, %ebp
	mov %rdi, %rax
	jmp entry_return

idle:
	mov %gs:local.stack, %rsp
1:	sti
	hlt
	jmp 1b

/* From vectors, with `entered` and `error` pushed. */
	.balign 16
trap:
	testb $3, frame.cs - frame.entered(%rsp)
	jz trap_in_kernel
	push_registers
	swapgs
	mov %rsp, %rdi
trap_user:
	mov %gs:local.stack, %rsp
	pushq $2			/* not the program's DF, AC and NT */
	popfq
	xor %ebp, %ebp
	call traps_user
	jmp entry_return

trap_in_kernel:
	cmpl $32, (%rsp)
	jb trap_fatal
	/* Idle until now. */
	mov (%rsp), %esi
	mov %gs:local.stack, %rsp
	xor %edi, %edi
	xor %ebp, %ebp
	call traps_interrupt
	jmp entry_return
trap_fatal:
	push_registers
	mov %rsp, %rdi
	push frame.rip(%rdi)		/* as if it had called: for backtraces */
	push %rbp
	mov %rsp, %rbp
	call traps_kernel
	ud2				/* it does not return for these */

/* From vectors with stacks of their own. */
trap_special:
	push_registers
	pushq $2
	popfq
	testb $3, frame.cs(%rsp)
	jz trap_special_in_kernel
	swapgs
	mov %rsp, %rsi
	mov %gs:local.tss.rsp, %rdi
	sub $FRAME_SIZE, %rdi
	mov %rdi, %rax
	mov $FRAME_SIZE / 8, %ecx
	rep movsq
	mov %rax, %rdi
	jmp trap_user
trap_special_in_kernel:
	mov $MSR_GS_BASE, %ecx
	rdmsr
	mov %eax, %r12d
	mov %edx, %r13d
	lea -1(%rsp), %rax
	and $-IST_SIZE, %rax
	mov (%rax), %rax
	mov %rax, %rdx
	shr $32, %rdx
	wrmsr
	mov %rsp, %rdi
	call traps_kernel
	mov $MSR_GS_BASE, %ecx
	mov %r12d, %eax
	mov %r13d, %edx
	wrmsr
	pop_registers
	iretq

/* The vectors, and a table of them. */
	.macro vector number
	.balign 16
vector_\number:
	.if \number != 8 && \number != 17 && \number != 21 && \number != 29 && \
		\number != 30 && (\number < 10 || \number > 14)
	pushq $0			/* the CPU pushes no error code */
	.endif
	pushq $\number
	.if \number == VECTOR_DEBUG || \number == VECTOR_NMI || \
		\number == VECTOR_DOUBLE || \number == VECTOR_MACHINE
	jmp trap_special
	.else
	jmp trap
	.endif
	.pushsection .rodata
	.quad vector_\number
	.popsection
	.endm

	.section .rodata
	.balign 8
	.globl entry_table
entry_table:
	.text
	.altmacro
	.set number, 0
	.rept 256
	vector %number
	.set number, number + 1
	.endr

	.section .note.GNU-stack, "", @progbits
