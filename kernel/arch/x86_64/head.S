/*
 * Where the kernel begins, in 32-bit mode without paging: from QEMU's -kernel
 * (PVH: an ELF note names the entry) or from GRUB (multiboot2), both with the
 * physical address of what they have to say in ebx. There is no multiboot1
 * header: QEMU would take it, and then refuse the file for being of 64 bits.
 *
 * Linked at its physical address, as are the tables, in which low memory stands
 * at its place, at DIRECT_BASE and (the image) at IMAGE_BASE.
 */
#include "kernel/arch/x86_64/local.h"

#define CR4_PAE 0x20
#define EFER_LME_NXE 0x900
#define CR0_PG_WP_PE 0x80010001

	.section .boot, "awx"
	.code32

	.balign 8
multiboot2:
	.long 0xe85250d6, 0, multiboot2_end - multiboot2
	.long -(0xe85250d6 + multiboot2_end - multiboot2)
	/* wanted: command line, module, map, framebuffer if there is one */
	.balign 8
	.short 1, 0
	.long 24, 1, 3, 6, 8
	.balign 8
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
	mov $3, %edi			/* kernel_BootProtocol_MULTIBOOT2 */
	cmp $0x36d76289, %eax
	jne stop
	jmp start
boot_pvh:
	mov $1, %edi			/* kernel_BootProtocol_PVH */
start:
	cld
	cli
	mov $boot_stack, %esp
	mov %ebx, %esi

	mov $0x80000001, %eax
	cpuid
	and $0x20100000, %edx		/* long mode, NX */
	cmp $0x20100000, %edx
	jne stop
	mov $boot_root, %eax
	call long_mode
	lgdt boot_gdt_at
	ljmp $KERNEL_CS, $start64

/* To 64-bit mode's compatible part, with the tables at eax. */
	.globl long_mode
long_mode:
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
	ret

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
	movabs $boot_stacks + STACKS_SIZE, %rsp
	xor %ebp, %ebp
	movabs $boot_main, %rax
	mov %esi, %esi
	call *%rax

	.balign 8
	.globl boot_gdt
boot_gdt:
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdt_at:
	.short . - boot_gdt - 1
	.long boot_gdt

/* The root with which CPUs start, and the kernel's own: the same above. */
	.section .boot.tables, "aw"
	.balign 4096
	.globl boot_root, kernel_root, direct_table, direct_fourth
boot_root:
	.quad low_table + 3
	.fill 255, 8, 0
	.quad direct_table + 3
	.fill 254, 8, 0
	.quad image_table + 3
kernel_root:
	.fill 256, 8, 0
	.quad direct_table + 3
	.fill 254, 8, 0
	.quad image_table + 3
low_table:
	.quad low_pages + 3
	.fill 511, 8, 0
low_pages:
	.set at, 0
	.rept 512
	.quad at + 0x183		/* present, writable, large, global */
	.set at, at + 0x200000
	.endr
/* The direct map: to begin with, 4 GiB by 2 MiB each; page.c does the rest. */
direct_table:
	.quad direct_first + 3, direct_first + 4096 + 3
	.quad direct_first + 2 * 4096 + 3, direct_fourth + 3
	.fill 508, 8, 0
direct_first:
	.set at, 0
	.rept 3 * 512
	.quad at + 0x8000000000000183	/* and not executable */
	.set at, at + 0x200000
	.endr
direct_fourth:
	.rept 512
	.quad at + 0x8000000000000183
	.set at, at + 0x200000
	.endr
/* The image: what is executed is not written, what is written not executed. */
image_table:
	.fill 510, 8, 0
	.quad image_pages + 3, 0
image_pages:
	.set at, 0
	.rept 512
	.if at < IMAGE_TEXT
	.quad 0
	.elseif at < IMAGE_DATA
	.quad at + 0x181
	.else
	.quad at + 0x8000000000000183
	.endif
	.set at, at + 0x200000
	.endr

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
