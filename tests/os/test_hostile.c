/*
 * What a program could try: each system call with every kind of wrong handle,
 * token, pointer, length and count. Nothing of it may do more than fail.
 */
#include "test.h"

#define KERNEL_ADDRESS UINT64_C(0xffffffff80000000)

static const uint64_t numbers[] = {
	0, 1, 0x100000, 0xfffff, 0x1fffff, 0x7fffffff, 0x80000000, 0xffffffff,
	0x00200003, 0xfff00001,
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static const uint64_t addresses[] = {
	0, 1, 0xfff, 0x10000, 0x300000000, 0x7fffffffeff8, 0x7fffffffefff, 0x7ffffffff000,
	0x800000000000, UINT64_C(0xffff800000000000), KERNEL_ADDRESS,
	UINT64_C(0xffffffffffffffff), UINT64_C(0xfffffffffffff000),
};
#define ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

/* All the calls that take a handle, with numbers that are none. */
static void wrong_handles(struct test *t, enum abi_call call)
{
	for (unsigned i = 0; i < NUMBERS; i++) {
		struct sk_registers r = {
			.head = ABI_BASE + call, .target = numbers[i] ^ 0x55500000,
		};

		r.head |= ABI_TIMED | sk_counts(8, 0, 0, 0, 0);
		enter(&r);
		EXPECT_STATUS(t, ABI_STATUS(r.head), SK_BAD_HANDLE);
	}
}

#define WRONG_HANDLES(name, call) \
static void name##_of_none(struct test *t) \
{ \
	wrong_handles(t, call); \
}
WRONG_HANDLES(call, ABI_CALL)
WRONG_HANDLES(send, ABI_SEND)
WRONG_HANDLES(receive, ABI_RECEIVE)
WRONG_HANDLES(submit, ABI_SUBMIT)
WRONG_HANDLES(wait, ABI_WAIT)
WRONG_HANDLES(signal, ABI_SIGNAL)
WRONG_HANDLES(close, ABI_CLOSE)

/* With handles of all the other kinds: none does what it does not. */
static void wrong_kinds(struct test *t)
{
	const struct sk_handle handles[] = {
		new_memory(t, SK_PAGE), new_space(t), new_quota(t, 1 << 16),
		new_thread(t, NULL), new_timer(t, new_notification(t), 1), t->clock,
	};
	static const enum abi_call calls[] = {
		ABI_SEND, ABI_RECEIVE, ABI_SUBMIT, ABI_WAIT, ABI_SIGNAL,
	};

	for (unsigned k = 0; k < 5; k++) {
		for (unsigned i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
			struct sk_registers r = {
				.head = (ABI_BASE + calls[k]) | ABI_TIMED |
					sk_counts(8, 0, 0, 0, 0),
				.target = NUMBER(handles[i]), .words = {1},
			};

			enter(&r);
			EXPECT_TRUE(t, ABI_STATUS(r.head) < 0);
		}
	}
}

static void wrong_tokens(struct test *t)
{
	static const uint64_t tokens[] = {0, 1, 0x10000, 0x10001, 0xffff, 0xffffffff,
		UINT64_MAX, 0x7fff0003};

	for (unsigned i = 0; i < 8; i++) {
		struct sk_registers r = {.head = ABI_BASE + ABI_REPLY, .token = tokens[i]};

		enter(&r);
		EXPECT_STATUS(t, ABI_STATUS(r.head), SK_BAD_TOKEN);
		r = (struct sk_registers){.head = ABI_BASE + ABI_LEASE_COPY,
			.token = tokens[i], .words = {1, 0, 0x400000, 8}};
		enter(&r);
		EXPECT_STATUS(t, ABI_STATUS(r.head), SK_BAD_TOKEN);
	}
}

static void wrong_slots(struct test *t)
{
	struct sk_handle endpoint = new_endpoint(t), client = mint(t, endpoint, 1, 0, NULL);

	/* The case's thread has 16. */
	for (uint32_t slot = TEST_SLOTS; slot < 128; slot += 37) {
		struct sk_registers r = {
			.head = (ABI_BASE + ABI_CALL) | ABI_TIMED |
				sk_counts(4096, 0, 0, 0, slot),
			.target = sk_target(NUMBER(client), 0),
		};

		enter(&r);
		EXPECT_TRUE(t, ABI_STATUS(r.head) < 0);
		r = (struct sk_registers){.head = (ABI_BASE + ABI_CALL) | ABI_TIMED |
			sk_counts(100, 0, 0, 0, 0),
			.target = sk_target(NUMBER(client), slot)};
		enter(&r);
		EXPECT_TRUE(t, ABI_STATUS(r.head) < 0);
		r = (struct sk_registers){.head = (ABI_BASE + ABI_RECEIVE) | ABI_TIMED,
			.target = sk_target(NUMBER(endpoint), slot)};
		enter(&r);
		EXPECT_TRUE(t, ABI_STATUS(r.head) < 0);
	}
}

static void wrong_counts(struct test *t)
{
	struct sk_handle client = mint(t, new_endpoint(t), 1, 0, NULL);
	static const uint64_t counts[][4] = {
		{4097, 0, 0, 0}, {8191, 0, 0, 0}, {8, 9, 0, 0}, {8, 15, 0, 0},
		{8, 0, 5, 0}, {8, 0, 7, 0}, {8, 0, 0, 9}, {8, 0, 0, 15}, {0, 0, 0, 0},
		{1, 0, 0, 0}, {7, 0, 0, 0},
	};

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (unsigned k = 0; k < 2; k++) {
			struct sk_registers r = {
				.head = (ABI_BASE + ABI_CALL) | ABI_TIMED |
					sk_counts((uint32_t)counts[i][0],
						(uint32_t)counts[i][1],
						(uint32_t)counts[i][2],
						(uint32_t)counts[i][3], 2),
				.target = sk_target(k ? NUMBER(client) : NUMBER(t->space), 3),
			};

			enter(&r);
			/* An object answers what is no message with a status. */
			EXPECT_TRUE(t, ABI_STATUS(r.head) < 0 ||
				(uint32_t)r.words[0] == SK_STATUS_ID);
		}
	}
}

static void wrong_words(struct test *t)
{
	for (unsigned i = 0; i < ADDRESSES; i++) {
		EXPECT_TRUE(t, enter_status(ABI_WORD_WAIT | ABI_TIMED, 0, addresses[i], 1, 1,
			0) < 0);
		EXPECT_TRUE(t, enter_status(ABI_WORD_WAIT | ABI_TIMED, 0, addresses[i], 1, 1,
			ABI_WORD_SHARED) < 0);
		enter_status(ABI_WORD_WAKE, 0, addresses[i], UINT64_MAX, addresses[i],
			UINT64_MAX);
		enter_status(ABI_WORD_WAKE, 0, addresses[i], 1, KERNEL_ADDRESS, UINT64_MAX);
	}
	EXPECT_TRUE(t, now(t) != 0);
}

static void wrong_frames(struct test *t)
{
	for (unsigned i = 0; i < ADDRESSES; i++)
		EXPECT_TRUE(t, enter_status(ABI_RESUME, 0, addresses[i], 0, 0, 0) < 0);
}

static void wrong_maps(struct test *t)
{
	struct sk_handle space = new_space(t), memory = new_memory(t, 16 * SK_PAGE);
	struct kernel_Space_map_reply reply;

	for (unsigned i = 0; i < ADDRESSES; i++) {
		for (unsigned k = 0; k < ADDRESSES; k++) {
			K(t, space, Space_map, &reply, .memory = {memory},
				.offset = addresses[k], .length = addresses[i],
				.address = addresses[k], .protection = 7,
				.flags = kernel_MapFlags_FIXED);
			K0(t, space, Space_unmap, .address = addresses[i],
				.length = addresses[k]);
			K0(t, space, Space_protect, .address = addresses[i],
				.length = addresses[k], .protection = 3);
		}
	}
	EXPECT_TRUE(t, now(t) != 0);
}

static void wrong_memory_ranges(struct test *t)
{
	struct sk_handle memory = new_memory(t, 16 * SK_PAGE);
	struct kernel_Quota_create_child_reply child;

	for (unsigned i = 0; i < ADDRESSES; i++) {
		for (unsigned k = 0; k < ADDRESSES; k++) {
			K0(t, memory, Memory_commit, .offset = addresses[i],
				.length = addresses[k]);
			K0(t, memory, Memory_decommit, .offset = addresses[i],
				.length = addresses[k]);
			K(t, t->quota, Quota_create_child, &child, .parent = {memory},
				.offset = addresses[i], .length = addresses[k]);
		}
	}
	EXPECT_TRUE(t, now(t) != 0);
}

static void wrong_starts(struct test *t)
{
	t->on_fault = NULL;
	for (unsigned i = 0; i < ADDRESSES; i++) {
		struct sk_handle thread = new_thread(t, NULL);

		/* Without a handler it stops, wherever it begins. */
		K0(t, thread, Thread_start, .entry = addresses[i], .stack = addresses[i]);
		pause_for(t, MS);
		K0(t, thread, Thread_kill, .code = 0);
		close(thread);
	}
	EXPECT_TRUE(t, now(t) != 0);
}

static void wrong_upcalls(struct test *t)
{
	struct sk_handle thread = new_thread(t, NULL);

	for (unsigned i = 0; i < ADDRESSES; i++)
		for (unsigned k = 0; k < ADDRESSES; k++)
			K0(t, thread, Thread_set_upcall, .frame = addresses[i],
				.entry = addresses[k], .stack = addresses[k]);
	EXPECT_TRUE(t, now(t) != 0);
}

static void wrong_descriptors(struct test *t)
{
	struct sk_handle client = mint(t, new_endpoint(t), 1, 0, NULL);
	const struct sk_kernel_slots *slots = &t->thread->slots;
	uint64_t *beside = (uint64_t *)(void *)(slots->base +
		(size_t)slots->count * ABI_SLOT_PAGE + 2 * ABI_DESCRIPTORS_SIZE);
	uint64_t seed = 99;

	for (unsigned round = 0; round < 300; round++) {
		struct sk_registers r = {
			.head = (ABI_BASE + (round & 2 ? ABI_CALL : ABI_SEND)) | ABI_TIMED |
				sk_counts(64, round % 9, round % 5, round % 9, 2),
			.target = sk_target(round & 1 ? NUMBER(client) : NUMBER(t->space), 3),
		};

		for (unsigned i = 0; i < 32; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			beside[i] = seed;
		}
		enter(&r);
	}
	EXPECT_TRUE(t, now(t) != 0);
}

/* Random calls of everything, but for what stops the test itself. */
static void random_calls(struct test *t)
{
	const struct sk_handle handles[] = {
		new_memory(t, 4 * SK_PAGE), new_space(t), new_quota(t, 1 << 18),
		new_endpoint(t), new_notification(t), new_thread(t, NULL),
	};
	uint64_t seed = 4711;

	sk_print(t->thread, "# seed %lu\n", seed);
	for (unsigned round = 0; round < 3000; round++) {
		struct sk_registers r;
		uint64_t *words = &r.head;

		for (unsigned i = 0; i < sizeof(r) / 8; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			words[i] = (seed >> 20) & 3 ? seed >> (seed & 63) :
				addresses[(seed >> 33) % ADDRESSES];
		}
		/* Never without a deadline; resume would go somewhere. */
		r.head = (r.head & ~UINT64_C(0xffffffff)) | ABI_TIMED |
			(ABI_BASE + (seed >> 40) % (ABI_CALL_COUNT - 1));
		if ((uint32_t)r.head == ABI_BASE + ABI_CLOSE)
			continue;
		r.time = 0;
		if (seed & 1)
			r.target = NUMBER(handles[(seed >> 8) % 6]) |
				(r.target & (UINT64_C(0x7f) << 32));
		enter(&r);
	}
	EXPECT_TRUE(t, now(t) != 0);
}

/* Random bytes as requests to each object. */
static void random_requests(struct test *t)
{
	const struct sk_handle handles[] = {
		new_memory(t, 4 * SK_PAGE), new_space(t), new_quota(t, 1 << 18),
		new_endpoint(t), new_notification(t), new_thread(t, NULL),
		new_timer(t, new_notification(t), 1), t->clock,
	};
	static const uint32_t ids[] = {
		kernel_Memory_status_request_ID, kernel_Space_map_request_ID,
		kernel_Quota_create_ring_request_ID, kernel_Endpoint_mint_request_ID,
		kernel_Notification_clear_request_ID, kernel_Thread_set_slots_request_ID,
		kernel_Timer_set_request_ID, kernel_Clock_now_request_ID,
	};
	uint64_t seed = 815;

	for (unsigned round = 0; round < 3000; round++) {
		struct sk_registers r = {.time = 0};

		for (unsigned i = 0; i < ABI_WORDS; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			r.words[i] = seed >> (seed & 63);
		}
		r.words[0] = ids[round % 8];
		r.head = (ABI_BASE + ABI_CALL) | ABI_TIMED |
			sk_counts((uint32_t)(seed >> 50) % 41, 0, 0, 0, 2);
		r.target = sk_target(NUMBER(handles[round % 8]), 3);
		enter(&r);
	}
	EXPECT_TRUE(t, now(t) != 0);
}

/* A program in its own space, with nothing, that tries all numbers. */
static void child_tries(struct child_start *self)
{
	uint64_t done = 0;

	for (uint32_t index = 1; index < 600; index++) {
		for (uint32_t generation = 1; generation < 4; generation++) {
			uint32_t number = generation << 20 | index;
			struct sk_registers r = {
				.head = ABI_BASE + ABI_SIGNAL, .target = number,
				.words = {UINT64_MAX},
			};

			if (number == self->given[0])
				continue;
			enter(&r);
			done += ABI_STATUS(r.head) == 0;
		}
	}
	/* What it was given says how many there were. */
	sk_sys_signal(self->given[0], done == 0 ? 1 : 2);
}

static void no_ambient_authority(struct test *t)
{
	struct sk_handle n = new_notification(t), given = COPY(t, n);
	struct child child;

	REQUIRE(t, new_child(t, &child, child_tries, 0, &given, 1));
	start_child(t, &child);
	EXPECT(t, await(n, 3, t), 1);
}

/* A client that calls and gives up, in a loop. */
static void orphans(struct test *t)
{
	static struct server server;
	struct bench_Target_hold_reply reply;
	struct bench_Target_nothing_reply nothing;

	REQUIRE(t, serve(t, &server));
	for (unsigned i = 0; i < 200; i++) {
		const struct sk_call call = {.deadline = now(t) + MS / 4};

		bench_Target_hold(on(t, server.client),
			&(struct bench_Target_hold_request){0}, &reply, &call);
	}
	EXPECT_OK(t, B(t->thread, server.client, nothing, &nothing, 0));
}

static void fills_its_quota(struct test *t)
{
	struct sk_handle quota = new_quota(t, 1 << 19);
	struct kernel_Quota_create_memory_reply memory;
	struct kernel_Quota_create_endpoint_reply endpoint;
	struct kernel_Quota_create_ring_reply ring;
	unsigned made = 0;

	while (made < 20000 && (K(t, quota, Quota_create_memory, &memory,
			.size = SK_PAGE) == SK_OK ||
			K(t, quota, Quota_create_endpoint, &endpoint, 0) == SK_OK))
		made++;
	EXPECT_TRUE(t, made > 10 && made < 20000);
	EXPECT_TRUE(t, K(t, quota, Quota_create_ring, &ring, .slots = 4096) > 0);
	/* And nobody else is the poorer. */
	EXPECT_TRUE(t, new_memory(t, SK_PAGE).raw >= 0);
}

static void alignment_and_direction_flags(struct test *t)
{
	struct kernel_Object_info_reply info;
	uint64_t flags;

	/* Flags that a kernel must not run with: alignment checks, direction. */
	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	__asm__ volatile("pushq %0; popfq" : : "r"(flags | 0x40400) : "cc", "memory");
	enter_status(ABI_SIGNAL, 0, 1, 2, 3, 4);
	__asm__ volatile("pushq %0; popfq" : : "r"(flags) : "cc", "memory");
	EXPECT_OK(t, K(t, t->self, Object_info, &info, 0));
}

const struct test_case hostile_cases[] = {
	{"hostile: call of none", call_of_none, 0},
	{"hostile: send to none", send_of_none, 0},
	{"hostile: receive from none", receive_of_none, 0},
	{"hostile: submit to none", submit_of_none, 0},
	{"hostile: wait for none", wait_of_none, 0},
	{"hostile: signal to none", signal_of_none, 0},
	{"hostile: close of none", close_of_none, 0},
	{"hostile: system calls on handles of other kinds", wrong_kinds, 0},
	{"hostile: tokens that are none", wrong_tokens, 0},
	{"hostile: slots that are not there", wrong_slots, 0},
	{"hostile: counts beyond what a message has", wrong_counts, 0},
	{"hostile: words at any address", wrong_words, 0},
	{"hostile: frames at any address", wrong_frames, 0},
	{"hostile: maps of any address and length", wrong_maps, 0},
	{"hostile: ranges of memories", wrong_memory_ranges, 0},
	{"hostile: threads that begin anywhere", wrong_starts, 0},
	{"hostile: upcalls to anywhere", wrong_upcalls, 0},
	{"hostile: garbage as descriptors", wrong_descriptors, 0},
	{"hostile: random system calls", random_calls, 0},
	{"hostile: random requests to objects", random_requests, 0},
	{"hostile: a fresh space can reach nothing", no_ambient_authority, 0},
	{"hostile: a client that gives up in a loop", orphans, 0},
	{"hostile: a quota is used up, and nobody else suffers", fills_its_quota, 0},
	{"hostile: flags that the kernel must not run with", alignment_and_direction_flags, 0},
	{0}
};
