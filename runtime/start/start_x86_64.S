/*
 * Where a program begins: its argument is in the first argument register, its
 * stack is there, and nothing is behind it. sk_start() does not return.
 */
	.text
	.globl _start
	.type _start, @function
_start:
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	call	sk_start
	ud2
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits
