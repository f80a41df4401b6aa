/* System calls in tests: a function takes the registers. For sys.h only. */
#ifndef RUNTIME_KERNEL_SYS_TEST_H
#define RUNTIME_KERNEL_SYS_TEST_H

#include <stdint.h>
#include <string.h>

void SK_SYSTEM_CALL(struct sk_registers *registers);

/* What is not there is NULL or 0. */
static inline void sk_enter_test(uint64_t *head, uint64_t *target, uint64_t *words,
	uint64_t *token, uint64_t *time)
{
	struct sk_registers all = {.head = *head, .target = *target};

	memcpy(all.words, words, sizeof(all.words));
	all.token = token ? *token : 0;
	all.time = time ? *time : 0;
	SK_SYSTEM_CALL(&all);
	*head = all.head;
	*target = all.target;
	memcpy(words, all.words, sizeof(all.words));
	if (token)
		*token = all.token;
	if (time)
		*time = all.time;
}

static inline void sk_enter_call(uint64_t *head, uint64_t *target, uint64_t words[5])
{
	sk_enter_test(head, target, words, NULL, NULL);
}

static inline void sk_enter_call_until(uint64_t *head, uint64_t *target,
	uint64_t words[5], uint64_t time)
{
	sk_enter_test(head, target, words, NULL, &time);
}

static inline void sk_enter_serve(uint64_t *head, uint64_t *target, uint64_t words[5],
	uint64_t *token, uint64_t *time)
{
	*time = 0;
	sk_enter_test(head, target, words, token, time);
}

static inline void sk_enter_serve_until(uint64_t *head, uint64_t *target,
	uint64_t words[5], uint64_t *token, uint64_t *time)
{
	sk_enter_test(head, target, words, token, time);
}

static inline void sk_enter_plain(uint64_t *head, uint64_t *target, uint64_t a,
	uint64_t b, uint64_t c, uint64_t d, uint64_t token)
{
	uint64_t words[5] = {a, b, c, d, 0};

	sk_enter_test(head, target, words, &token, NULL);
}

static inline void sk_enter_plain_until(uint64_t *head, uint64_t *target, uint64_t a,
	uint64_t b, uint64_t c, uint64_t d, uint64_t time)
{
	uint64_t words[5] = {a, b, c, d, 0};

	sk_enter_test(head, target, words, NULL, &time);
}

static inline void sk_enter_short(uint64_t *head, uint64_t *target, uint64_t a)
{
	uint64_t words[5] = {a, 0, 0, 0, 0};

	sk_enter_test(head, target, words, NULL, NULL);
}

#endif
