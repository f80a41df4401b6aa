/*
 * Where other CPUs begin: copied to TRAMPOLINE, with what the CPU that starts
 * them leaves at the end: its struct local, and its stack. From real mode to
 * cpu_join().
 */
#include "kernel/arch/x86_64/local.h"

#define HERE(label) (TRAMPOLINE + label - trampoline)

	.section .rodata
	.balign 16
	.globl trampoline, trampoline_end, trampoline_mail
trampoline:
	.code16
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl gdt_at - trampoline
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl $0x18, $HERE(start32)

	.code32
start32:
	mov $KERNEL_SS, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov $TRAMPOLINE + 4096, %esp
	mov $boot_root, %eax
	mov $long_mode, %edx
	call *%edx
	ljmp $KERNEL_CS, $HERE(start64)

	.code64
start64:
	xor %eax, %eax
	.irp segment, ds, es, ss, fs, gs
	mov %eax, %\segment
	.endr
	mov HERE(trampoline_mail), %rdi
	mov HERE(trampoline_mail) + 8, %rsp
	xor %ebp, %ebp
	movabs $cpu_join, %rax
	call *%rax

	.balign 8
gdt:
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
gdt_at:
	.short gdt_at - gdt - 1
	.long HERE(gdt)
	.balign 8
trampoline_mail:
	.quad 0, 0
trampoline_end:

	.section .note.GNU-stack, "", @progbits
