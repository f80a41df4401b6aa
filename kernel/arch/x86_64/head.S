/*
 * Where the kernel begins, in 32-bit mode without paging: from QEMU's -kernel
 * (PVH: an ELF note names the entry) or from GRUB (multiboot2), both with the
 * physical address of what they have to say in ebx. There is no multiboot1
 * header: QEMU would take it, and then refuse the file for being of 64 bits.
 *
 * Linked at its physical address, as are the tables. Other CPUs come to 64-bit
 * mode by the same code; each then goes where boot_next says.
 */
#include "kernel/arch/x86_64/local.h"
#include "offsets.h"

#define CR4_PAE 0x20
#define EFER_LME_NXE 0x900
#define CR0_PE 1
#define CR0_PG_WP_PE 0x80010001
/* Only in boot_gdt. */
#define KERNEL_CS_32 0x28

	.section .boot, "awx"
	.code32

	.balign 8
multiboot2:
	.long 0xe85250d6, 0, multiboot2_end - multiboot2
	.long -(0xe85250d6 + multiboot2_end - multiboot2)
	.short 5, 1			/* a framebuffer, of any size: optional */
	.long 20, 0, 0, 32
	.balign 8
	.short 6, 1			/* modules at pages: optional flag */
	.long 8
	.balign 8
	.short 0, 0
	.long 8
multiboot2_end:

	.globl boot_multiboot2, boot_pvh
boot_multiboot2:
	mov $kernel_BootProtocol_MULTIBOOT2, %edi
	cmp $0x36d76289, %eax
	jne stop
	jmp start
boot_pvh:
	mov $kernel_BootProtocol_PVH, %edi
start:
	cld
	cli
	mov %ebx, %esi
	mov $0x80000001, %eax
	cpuid
	and $0x20100000, %edx		/* long mode, NX */
	cmp $0x20100000, %edx
	jne stop
	lgdt boot_gdt_at

/* Of all CPUs: nothing is read from memory, for segments can be anything. */
long_mode:
	mov $boot_root, %eax
	mov %eax, %cr3
	mov %cr4, %eax
	or $CR4_PAE, %eax
	mov %eax, %cr4
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME_NXE, %eax
	wrmsr
	mov $CR0_PG_WP_PE, %eax
	mov %eax, %cr0
	ljmp $KERNEL_CS, $start64

/* Nobody to tell but the serial line. */
stop:
	mov $stop_text, %esi
	mov $stop_end - stop_text, %ecx
	mov $0x3f8, %edx
	rep outsb
	hlt
	jmp stop
stop_text:
	.ascii "skald: no 64-bit CPU with NX, or no boot protocol that I know\r\n"
stop_end:

	.code64
start64:
	xor %eax, %eax
	.irp segment, ds, es, ss, fs, gs
	mov %eax, %\segment
	.endr
	mov boot_stack, %rsp
	xor %ebp, %ebp
	mov %esi, %esi
	call *boot_next
/* Where a CPU goes that comes too late. */
boot_never:
	hlt
	jmp boot_never

	.balign 8
	.globl boot_stack, boot_next, boot_gdt, boot_never
boot_stack:
	.quad boot_stacks + STACKS_SIZE
boot_next:
	.quad boot_main
/* As local.h has the segments; the last one is for 32-bit code. */
boot_gdt:
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff
	.quad 0x00affb000000ffff, 0x00cf9b000000ffff

/* Where other CPUs begin, in real mode: copied to TRAMPOLINE. */
	.code16
	.globl boot_other, boot_other_end
boot_other:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl boot_gdt_at - boot_other
	mov %cr0, %eax
	or $CR0_PE, %eax
	mov %eax, %cr0
	ljmpl $KERNEL_CS_32, $long_mode
boot_gdt_at:
	.short boot_other - boot_gdt - 1
	.long boot_gdt
boot_other_end:

/* Bits of pages: present, large, global; writable, and not executable. */
#define TEXT 0x181
#define DATA 0x8000000000000183
	.macro large_pages from, to, bits
	.set at, \from
	.rept (\to - \from) / 0x200000
	.quad at + \bits
	.set at, at + 0x200000
	.endr
	.endm

/* The root with which CPUs start, and the kernel's own: the same above. */
	.section .boot.tables, "aw"
	.balign 4096
	.globl boot_root, kernel_root, direct_table, direct_pages
boot_root:
	.quad image_table + 3
	.fill 255, 8, 0
	.quad direct_table + 3
	.fill 254, 8, 0
	.quad image_table + 3
kernel_root:
	.fill 256, 8, 0
	.quad direct_table + 3
	.fill 254, 8, 0
	.quad image_table + 3
/* The direct map: to begin with, 4 GiB by 2 MiB each; page.c does the rest. */
direct_table:
	.quad direct_pages + 0x0003, direct_pages + 0x1003
	.quad direct_pages + 0x2003, direct_pages + 0x3003
	.fill 508, 8, 0
direct_pages:
	large_pages 0, 0x100000000, DATA
/* The image, at its physical address too: what is executed is not written, what is
 * written not executed. */
image_table:
	.quad image_pages + 3
	.fill 509, 8, 0
	.quad image_pages + 3, 0
image_pages:
	large_pages 0, IMAGE_TEXT, 0
	large_pages IMAGE_TEXT, IMAGE_DATA, TEXT
	large_pages IMAGE_DATA, 0x40000000, DATA

	.section .bss
	.balign 4096
	.globl boot_stacks
boot_stacks:
	.fill STACKS_SIZE

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 4, 18
	.asciz "Xen"
	.long boot_pvh

	.section .note.GNU-stack, "", @progbits
