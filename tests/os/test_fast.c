/*
 * The short way of calls against the long one: many random messages, each sent
 * once without a deadline and once with one that never comes, which takes the
 * long way. Both sides look at all registers that they have.
 */
#include "test.h"

#define ROUNDS 400
#define FAR (UINT64_C(1) << 62)		/* ns: after the end of the test */
#define SLOT 2
#define SEED UINT64_C(0x9e3779b97f4a7c15)

/* All of them, as they go into a system call and as they come out of it. */
struct registers {
	uint64_t rax, rdi, words[ABI_WORDS];
	uint64_t rbx, r12;
	uint64_t kept[4];		/* rbp r13 r14 r15 */
	uint64_t flags;			/* in: the arithmetic ones, and direction */
	uint64_t red_zone;		/* what stands below the stack */
	uint64_t fs, gs;
};
void fast_enter(struct registers *registers);

#define ALL(X) \
	X(0, rax) X(16, rsi) X(24, rdx) X(32, r8) X(40, r9) X(48, r10) X(56, rbx) \
	X(64, r12) X(72, rbp) X(80, r13) X(88, r14) X(96, r15)
#define LOAD(at, name) "mov " #at "(%rdi), %" #name "\n"
#define STORE(at, name) "mov %" #name ", " #at "(%rcx)\n"

__asm__(".text\n.globl fast_enter\nfast_enter:\n"
	"push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\npush %rdi\n"
	"mov 120(%rdi), %rcx\nwrfsbase %rcx\nmov 128(%rdi), %rcx\nwrgsbase %rcx\n"
	"pushq 104(%rdi)\npopfq\n"
	"mov 112(%rdi), %rcx\nmov %rcx, -8(%rsp)\nmov %rcx, -128(%rsp)\n"
	ALL(LOAD) "mov 8(%rdi), %rdi\nsyscall\n"
	"mov -128(%rsp), %rcx\nmov -8(%rsp), %r11\n"
	"push %rcx\npush %r11\npushfq\ncld\nmov 24(%rsp), %rcx\n"
	ALL(STORE) "mov %rdi, 8(%rcx)\n"
	"pop 104(%rcx)\npop %rax\npop %rdx\ncmp %rax, %rdx\nje 1f\nxor %eax, %eax\n"
	"1: mov %rax, 112(%rcx)\n"
	"rdfsbase %rax\nmov %rax, 120(%rcx)\nrdgsbase %rax\nmov %rax, 128(%rcx)\n"
	"pop %rdi\npop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n");

#define FLAGS UINT64_C(0xcd5)		/* CF PF AF ZF SF DF OF */
#define IS_ONE(flags) ((flags) | 0x202)	/* with IF, and the one that is always */

static uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* What a system call may not change. */
static void fill(struct registers *r, uint64_t *state)
{
	for (unsigned i = 0; i < ABI_WORDS; i++)
		r->words[i] = random_bits(state);
	for (unsigned i = 0; i < 4; i++)
		r->kept[i] = random_bits(state);
	r->flags = IS_ONE(random_bits(state) & FLAGS);
	r->red_zone = random_bits(state) | 1;
	r->fs = random_bits(state) >> 18;
	r->gs = random_bits(state) >> 18;
}

static bool is_kept(const struct registers *now, const struct registers *before)
{
	return memcmp(now->kept, before->kept, sizeof now->kept) == 0 &&
		now->flags == before->flags && now->red_zone == before->red_zone &&
		now->fs == before->fs && now->gs == before->gs;
}

/* ---- the server: answers each word's complement, as many bytes as word 4 says ---- */

static struct sk_handle endpoint;
static struct registers seen;		/* by the server, last */
static volatile uint32_t lost;		/* what it kept and found otherwise */

static uint64_t slot_word(const struct sk_thread *thread, unsigned slot, unsigned index)
{
	return ((const uint64_t *)(const void *)(thread->slots.base +
		slot * ABI_SLOT_PAGE))[index];
}

static uint8_t last_byte(const struct sk_thread *thread, uint64_t bytes)
{
	return thread->slots.base[SLOT * ABI_SLOT_PAGE + bytes - 1];
}

static void answer_all(struct test_helper *self)
{
	uint64_t state = SEED + 1, bytes;
	struct registers r = {0}, before;

	fill(&r, &state);
	r.rax = ABI_BASE + ABI_RECEIVE;
	for (;;) {
		r.rdi = NUMBER(endpoint) | (uint64_t)SLOT << ABI_RECEIVE_SLOT_SHIFT;
		before = r;
		fast_enter(&r);
		if (ABI_EVENT(r.rax) != ABI_REQUEST)
			return;
		lost += !is_kept(&r, &before);
		seen = r;
		if (ABI_BYTES(r.rax) > ABI_WORD_BYTES) {
			seen.kept[0] = slot_word(&self->thread, SLOT, 5);
			seen.kept[1] = last_byte(&self->thread, ABI_BYTES(r.rax));
		}
		bytes = r.words[4] % 41;
		before = r;
		fill(&r, &state);
		for (unsigned i = 0; i < ABI_WORDS; i++)
			r.words[i] = ~before.words[i];
		r.rax = ABI_BASE + ABI_REPLY_RECEIVE + (bytes << ABI_BYTES_SHIFT);
		r.r12 = random_bits(&state);
	}
}

/* ---- the client ---- */

static void call_once(struct test *t, struct sk_handle client, const struct registers *sent,
	uint64_t bytes, bool timed)
{
	struct registers r = *sent;

	r.rax = ABI_BASE + ABI_CALL + (bytes << ABI_BYTES_SHIFT) +
		((uint64_t)SLOT << ABI_SLOT_SHIFT) + (timed ? ABI_TIMED : 0);
	r.rdi = NUMBER(client) | (uint64_t)SLOT << ABI_RECEIVE_SLOT_SHIFT;
	r.r12 = timed ? FAR : sent->r12;
	fast_enter(&r);
	EXPECT(t, r.rax, (sent->words[4] % 41) << ABI_BYTES_SHIFT);
	EXPECT_TRUE(t, is_kept(&r, sent));
	EXPECT(t, r.rbx, sent->rbx);
	EXPECT(t, r.r12, timed ? FAR : sent->r12);
	EXPECT(t, r.rdi, NUMBER(client) | (uint64_t)SLOT << ABI_RECEIVE_SLOT_SHIFT);
	for (unsigned i = 0; i < ABI_WORDS; i++) {
		EXPECT(t, seen.words[i], sent->words[i]);
		EXPECT(t, r.words[i], ~sent->words[i]);
	}
	EXPECT(t, seen.rax & ~(UINT64_C(0xffff) << ABI_RIGHTS_SHIFT),
		(bytes << ABI_BYTES_SHIFT) | ABI_REQUEST);
	EXPECT(t, seen.rdi, 7);
	EXPECT(t, seen.r12, timed ? FAR : ABI_FOREVER);
	if (bytes > ABI_WORD_BYTES) {
		EXPECT(t, seen.kept[0], slot_word(t->thread, SLOT, 5));
		EXPECT(t, seen.kept[1], last_byte(t->thread, bytes));
	}
}

static void both_ways_are_one(struct test *t)
{
	static const uint8_t priorities[] = {TEST_PRIORITY, TEST_PRIORITY - 1,
		TEST_PRIORITY - 20};
	uint64_t state = SEED, bytes, *slot = (uint64_t *)(void *)(t->thread->slots.base +
		SLOT * ABI_SLOT_PAGE);
	struct sk_handle client;
	struct test_helper *helper;
	struct registers sent;

	endpoint = new_endpoint(t);
	client = mint(t, endpoint, 7, 0, NULL);
	helper = start(t, answer_all, NULL);
	REQUIRE(t, helper);
	lost = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i % 16 == 0)
			K0(t, i % 32 ? t->self : helper->thread.handle, Thread_set_priority,
				.priority = priorities[random_bits(&state) % 3]);
		fill(&sent, &state);
		sent.rbx = random_bits(&state);
		sent.r12 = random_bits(&state);
		slot[5] = random_bits(&state);
		bytes = random_bits(&state) % (i % 4 ? 41 : 4097);
		bytes = bytes > 40 && bytes < 48 ? 48 : bytes;
		if (bytes > ABI_WORD_BYTES)
			((uint8_t *)slot)[bytes - 1] = (uint8_t)random_bits(&state);
		call_once(t, client, &sent, bytes, i % 3 == 1);
		call_once(t, client, &sent, bytes, i % 3 != 1);
	}
	EXPECT(t, lost, 0);
	K0(t, t->self, Thread_set_priority, .priority = TEST_PRIORITY);
}

/* ---- vectors ---- */

static void set_vectors(uint64_t value)
{
	__asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm15; punpcklqdq %%xmm15, %%xmm15"
		: : "r"(value));
}

static bool has_vectors(uint64_t value)
{
	uint64_t first, last;

	__asm__ volatile("movq %%xmm0, %0; psrldq $8, %%xmm15; movq %%xmm15, %1"
		: "=r"(first), "=r"(last));
	return first == value && last == value;
}

/* Answers as answer_all(); where word 0 is odd it looks at its vectors, and they have
 * another value from then on. */
static void answer_with_vectors(struct test_helper *self)
{
	uint64_t value = NUMBER(*(const struct sk_handle *)self->argument) * SEED;
	const struct kernel_Thread_set_vectors_allowed_request allow = {.allowed = true};
	struct kernel_Thread_set_vectors_allowed_reply allowed;
	struct registers r = {.rax = ABI_BASE + ABI_RECEIVE};

	kernel_Thread_set_vectors_allowed(&self->thread.thread.channel, &allow, &allowed,
		NULL);
	set_vectors(value);
	for (;;) {
		r.rdi = NUMBER(*(const struct sk_handle *)self->argument);
		fast_enter(&r);
		if (ABI_EVENT(r.rax) != ABI_REQUEST)
			return;
		if (r.words[0] & 1) {
			lost += !has_vectors(value);
			set_vectors(++value);
		}
		r.rax = ABI_BASE + ABI_REPLY_RECEIVE;
	}
}

static void vectors_are_kept(struct test *t)
{
	static struct sk_handle at[2];
	struct sk_handle clients[2];
	struct registers r = {0};
	uint64_t state = SEED, value = 0;

	lost = 0;
	for (unsigned i = 0; i < 2; i++) {
		at[i] = new_endpoint(t);
		clients[i] = mint(t, at[i], 7, 0, NULL);
		REQUIRE(t, start(t, answer_with_vectors, &at[i]));
	}
	REQUIRE_OK(t, K0(t, t->self, Thread_set_vectors_allowed, .allowed = true));
	set_vectors(value);
	for (unsigned i = 0; i < 8 * ROUNDS; i++) {
		uint64_t random = random_bits(&state);

		r.rax = ABI_BASE + ABI_CALL;
		r.rdi = NUMBER(clients[random >> 1 & 1]);
		/* For a while none or all do, and mostly some. */
		r.words[0] = i / 256 % 4 == 0 ? 0 : i / 256 % 4 == 1 ? 1 : random;
		fast_enter(&r);
		EXPECT(t, r.rax, 0);
		if (i / 512 % 2 == 0 || (random & 4)) {
			EXPECT_TRUE(t, has_vectors(value));
			set_vectors(value = random);
		}
	}
	EXPECT(t, lost, 0);
}

/* ---- rights ---- */

static void rights_are_looked_at(struct test *t)
{
	struct kernel_Space_duplicate_reply few;
	struct registers r = {0};
	struct sk_handle client;

	endpoint = new_endpoint(t);
	client = mint(t, endpoint, 7, 0, NULL);
	REQUIRE(t, start(t, answer_all, NULL));
	REQUIRE_OK(t, K(t, t->space, Space_duplicate, &few,
		.number = NUMBER(client), .rights = UINT16_MAX, .protocol_rights = 0x5a5a));
	for (unsigned i = 0; i < 4; i++) {
		r.rax = ABI_BASE + ABI_CALL;
		r.rdi = few.number;
		fast_enter(&r);
		EXPECT(t, r.rax, 0);
		EXPECT(t, seen.rax >> ABI_RIGHTS_SHIFT & UINT16_MAX, 0x5a5a);
		r.rax = ABI_BASE + ABI_CALL;
		r.rdi = NUMBER(client);
		fast_enter(&r);
		EXPECT(t, seen.rax >> ABI_RIGHTS_SHIFT & UINT16_MAX, UINT16_MAX);
	}
	r.rax = ABI_BASE + ABI_CALL;
	r.rdi = NUMBER(copy(t, client, UINT16_MAX & ~kernel_Rights_CALL));
	fast_enter(&r);
	EXPECT(t, (uint32_t)r.rax, (uint32_t)SK_BAD_HANDLE);
}

const struct test_case fast_cases[] = {
	{"fast: random messages, by the short way and the long one", both_ways_are_one, 0},
	{"fast: vectors of both sides are kept", vectors_are_kept, 0},
	{"fast: rights of handles count", rights_are_looked_at, 0},
	{0},
};
