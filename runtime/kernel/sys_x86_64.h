/*
 * System calls on x86_64: which registers go in and come out. The instruction
 * destroys rcx and r11; all others are kept, or are as the kernel's ABI says
 * (kernel/abi.h). Each of these is one instruction once the registers are
 * loaded.
 *
 * For sys.h only.
 */
#ifndef RUNTIME_KERNEL_SYS_X86_64_H
#define RUNTIME_KERNEL_SYS_X86_64_H

#include <stdint.h>

#define SK_ENTER static inline __attribute__((always_inline)) void

#define SK_WORDS_IN \
	register uint64_t r8 __asm__("r8") = words[2]; \
	register uint64_t r9 __asm__("r9") = words[3]; \
	register uint64_t r10 __asm__("r10") = words[4]
#define SK_WORDS_OUT (words[2] = r8, words[3] = r9, words[4] = r10)
#define SK_WORD_REGISTERS "+S"(words[0]), "+d"(words[1]), "+r"(r8), "+r"(r9), "+r"(r10)

/* A message out and one in. */
SK_ENTER sk_enter_call(uint64_t *head, uint64_t *target, uint64_t words[5])
{
	SK_WORDS_IN;

	__asm__ volatile("syscall" : "+a"(*head), "+D"(*target), SK_WORD_REGISTERS
		: : "rcx", "r11", "memory");
	SK_WORDS_OUT;
}

SK_ENTER sk_enter_call_until(uint64_t *head, uint64_t *target, uint64_t words[5],
	uint64_t time)
{
	SK_WORDS_IN;
	register uint64_t r12 __asm__("r12") = time;

	__asm__ volatile("syscall" : "+a"(*head), "+D"(*target), SK_WORD_REGISTERS
		: "r"(r12) : "rcx", "r11", "memory");
	SK_WORDS_OUT;
}

/* The same for servers: a token and the caller's deadline come too. */
SK_ENTER sk_enter_serve(uint64_t *head, uint64_t *target, uint64_t words[5],
	uint64_t *token, uint64_t *time)
{
	SK_WORDS_IN;
	register uint64_t r12 __asm__("r12");

	__asm__ volatile("syscall" : "+a"(*head), "+D"(*target), SK_WORD_REGISTERS, "+b"(*token),
		"=r"(r12) : : "rcx", "r11", "memory");
	SK_WORDS_OUT;
	*time = r12;
}

SK_ENTER sk_enter_serve_until(uint64_t *head, uint64_t *target, uint64_t words[5],
	uint64_t *token, uint64_t *time)
{
	SK_WORDS_IN;
	register uint64_t r12 __asm__("r12") = *time;

	__asm__ volatile("syscall" : "+a"(*head), "+D"(*target), SK_WORD_REGISTERS, "+b"(*token),
		"+r"(r12) : : "rcx", "r11", "memory");
	SK_WORDS_OUT;
	*time = r12;
}

/* Arguments in, a status and one number out: what moves no message. */
SK_ENTER sk_enter_plain(uint64_t *head, uint64_t *target, uint64_t a, uint64_t b,
	uint64_t c, uint64_t d, uint64_t token)
{
	register uint64_t r8 __asm__("r8") = c;
	register uint64_t r9 __asm__("r9") = d;

	__asm__ volatile("syscall" : "+a"(*head), "+D"(*target), "+S"(a), "+d"(b),
		"+r"(r8), "+r"(r9), "+b"(token) : : "rcx", "r10", "r11", "memory");
}

SK_ENTER sk_enter_plain_until(uint64_t *head, uint64_t *target, uint64_t a, uint64_t b,
	uint64_t c, uint64_t d, uint64_t time)
{
	register uint64_t r8 __asm__("r8") = c;
	register uint64_t r9 __asm__("r9") = d;
	register uint64_t r12 __asm__("r12") = time;

	__asm__ volatile("syscall" : "+a"(*head), "+D"(*target), "+S"(a), "+d"(b),
		"+r"(r8), "+r"(r9) : "r"(r12) : "rbx", "rcx", "r10", "r11", "memory");
}

/* Only a target: nothing else is loaded. */
SK_ENTER sk_enter_short(uint64_t *head, uint64_t *target, uint64_t a)
{
	__asm__ volatile("syscall" : "+a"(*head), "+D"(*target), "+S"(a)
		: : "rcx", "r11", "memory");
}

#undef SK_WORD_REGISTERS
#undef SK_WORDS_IN
#undef SK_WORDS_OUT
#undef SK_ENTER

#endif
