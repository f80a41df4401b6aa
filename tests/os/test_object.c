/* What all objects have in common: handles, rights, names, kinds. */
#include "test.h"

static void info_says_kind(struct test *t)
{
	struct kernel_Object_info_reply info;
	const struct sk_handle handles[] = {
		t->space, t->self, new_memory(t, SK_PAGE), new_endpoint(t),
		new_notification(t), t->quota, t->clock, t->system,
	};
	static const kernel_Kind kinds[] = {
		kernel_Kind_SPACE, kernel_Kind_THREAD, kernel_Kind_MEMORY,
		kernel_Kind_ENDPOINT, kernel_Kind_NOTIFICATION, kernel_Kind_QUOTA,
		kernel_Kind_CLOCK, kernel_Kind_SYSTEM,
	};

	for (unsigned i = 0; i < 8; i++) {
		REQUIRE_OK(t, K(t, handles[i], Object_info, &info, 0));
		EXPECT(t, info.kind, kinds[i]);
		EXPECT_TRUE(t, info.id != 0);
	}
}

static void info_of_session(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct sk_handle control;

	REQUIRE(t, mint(t, new_endpoint(t), 1, 0, &control).raw >= 0);
	REQUIRE_OK(t, K(t, control, Object_info, &info, 0));
	EXPECT(t, info.kind, kernel_Kind_SESSION);
}

static void ids_differ(struct test *t)
{
	struct kernel_Object_info_reply a, b, c;
	struct sk_handle one = new_memory(t, SK_PAGE), other = new_memory(t, SK_PAGE);

	REQUIRE_OK(t, K(t, one, Object_info, &a, 0));
	REQUIRE_OK(t, K(t, other, Object_info, &b, 0));
	REQUIRE_OK(t, K(t, COPY(t, one), Object_info, &c, 0));
	EXPECT_TRUE(t, a.id != b.id);
	EXPECT(t, c.id, a.id);
}

static void ids_are_not_used_again(struct test *t)
{
	struct kernel_Object_info_reply info;
	uint64_t last = 0;

	for (unsigned i = 0; i < 8; i++) {
		struct sk_handle memory = new_memory(t, SK_PAGE);

		REQUIRE_OK(t, K(t, memory, Object_info, &info, 0));
		EXPECT_TRUE(t, info.id > last);
		last = info.id;
		close(memory);
	}
}

static void is_charged(struct test *t)
{
	struct kernel_Object_info_reply info;

	REQUIRE_OK(t, K(t, new_notification(t), Object_info, &info, 0));
	EXPECT_TRUE(t, info.charged > 0);
}

static void name_is_kept(struct test *t)
{
	struct kernel_Object_name_reply reply;
	struct sk_handle memory = new_memory(t, SK_PAGE);

	REQUIRE_OK(t, K0(t, memory, Object_set_name, .name = {"blocks", 6}));
	REQUIRE_OK(t, K(t, memory, Object_name, &reply, 0));
	EXPECT(t, reply.name.size, 6);
	EXPECT(t, memcmp(reply.name.data, "blocks", 6), 0);
}

static void name_can_be_full(struct test *t)
{
	struct kernel_Object_name_reply reply;
	struct sk_handle memory = new_memory(t, SK_PAGE);
	const char *full = "abcdefghijklmnopqrstuvwxyz012345";

	REQUIRE_OK(t, K0(t, memory, Object_set_name, .name = {full, 31}));
	REQUIRE_OK(t, K(t, memory, Object_name, &reply, 0));
	EXPECT(t, reply.name.size, 31);
	EXPECT(t, memcmp(reply.name.data, full, 31), 0);
}

static void name_needs_control(struct test *t)
{
	struct sk_handle weak = copy(t, new_memory(t, SK_PAGE), kernel_Rights_READ);

	EXPECT_STATUS(t, K0(t, weak, Object_set_name, .name = {"x", 1}), SK_BAD_HANDLE);
}

static void name_needs_inspect(struct test *t)
{
	struct kernel_Object_name_reply reply;
	struct sk_handle weak = copy(t, new_memory(t, SK_PAGE), kernel_Rights_READ);

	EXPECT_STATUS(t, K(t, weak, Object_name, &reply, 0), SK_BAD_HANDLE);
}

static void info_needs_no_right(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct sk_handle weak = copy(t, new_memory(t, SK_PAGE), 0);

	REQUIRE_OK(t, K(t, weak, Object_info, &info, 0));
	EXPECT(t, info.rights, 0);
}

static void closed_is_not_found(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct sk_handle memory = new_memory(t, SK_PAGE);

	EXPECT_STATUS(t, sk_sys_close(NUMBER(memory)), 0);
	EXPECT_STATUS(t, K(t, memory, Object_info, &info, 0), SK_BAD_HANDLE);
	EXPECT_STATUS(t, sk_sys_close(NUMBER(memory)), SK_BAD_HANDLE);
}

static void generation_differs(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct sk_handle old = new_memory(t, SK_PAGE);

	close(old);
	for (unsigned i = 0; i < 16; i++) {
		struct sk_handle new = new_notification(t);

		REQUIRE(t, new.raw >= 0);
		EXPECT_TRUE(t, new.raw != old.raw);
	}
	EXPECT_STATUS(t, K(t, old, Object_info, &info, 0), SK_BAD_HANDLE);
}

static void copies_lose_rights(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct sk_handle weak = copy(t, new_memory(t, SK_PAGE),
		kernel_Rights_READ | kernel_Rights_DUPLICATE);

	REQUIRE_OK(t, K(t, weak, Object_info, &info, 0));
	EXPECT(t, info.rights, kernel_Rights_READ | kernel_Rights_DUPLICATE);
	REQUIRE_OK(t, K(t, COPY(t, weak), Object_info, &info, 0));
	EXPECT(t, info.rights, kernel_Rights_READ | kernel_Rights_DUPLICATE);
}

static void copy_needs_duplicate(struct test *t)
{
	struct kernel_Space_duplicate_reply reply;
	struct sk_handle weak = copy(t, new_memory(t, SK_PAGE), kernel_Rights_READ);

	EXPECT_TRUE(t, K(t, t->space, Space_duplicate, &reply, .number = NUMBER(weak),
		.rights = UINT16_MAX) != 0);
}

static void copy_of_none(struct test *t)
{
	struct kernel_Space_duplicate_reply reply;

	EXPECT_STATUS(t, K(t, t->space, Space_duplicate, &reply, .number = 0x7ff00001,
		.rights = UINT16_MAX), kernel_Error_NO_HANDLE);
	EXPECT_STATUS(t, K(t, t->space, Space_duplicate, &reply, .number = 0,
		.rights = UINT16_MAX), kernel_Error_NO_HANDLE);
}

static void other_kinds_refuse(struct test *t)
{
	struct kernel_Memory_status_reply status;
	struct kernel_Notification_peek_reply bits;

	EXPECT_STATUS(t, K(t, new_notification(t), Memory_status, &status, 0),
		SK_UNKNOWN_METHOD);
	EXPECT_STATUS(t, K(t, new_memory(t, SK_PAGE), Notification_peek, &bits, 0),
		SK_UNKNOWN_METHOD);
}

static void argument_of_wrong_kind(struct test *t)
{
	struct kernel_Space_map_reply reply;

	EXPECT_STATUS(t, K(t, t->space, Space_map, &reply,
		.memory = {new_notification(t)}, .length = SK_PAGE,
		.protection = kernel_Protection_READ), SK_BAD_HANDLE);
}

static void refused_handles_are_closed(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct sk_handle wrong = new_memory(t, SK_PAGE);

	/* It was to move to the timer, and is gone whatever came of it. */
	EXPECT_TRUE(t, K0(t, new_timer(t, new_notification(t), 1), Timer_bind,
		.notify = {wrong}, .bits = 1) != 0);
	EXPECT_STATUS(t, K(t, wrong, Object_info, &info, 0), SK_BAD_HANDLE);
}

static void moved_is_gone(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct sk_handle notification = new_notification(t);
	struct sk_handle given = COPY(t, notification);

	REQUIRE_OK(t, K0(t, new_timer(t, notification, 1), Timer_bind, .notify = {given},
		.bits = 1));
	EXPECT_STATUS(t, K(t, given, Object_info, &info, 0), SK_BAD_HANDLE);
	EXPECT_OK(t, K(t, notification, Object_info, &info, 0));
}

static void object_lives_by_its_map(struct test *t)
{
	struct sk_handle memory = new_memory(t, SK_PAGE);
	volatile uint64_t *page = (volatile uint64_t *)map(t, memory, SK_PAGE);

	REQUIRE(t, page);
	page[0] = 5;
	close(memory);
	EXPECT(t, page[0], 5);
}

static void thousand_handles(struct test *t)
{
	struct sk_handle memory = new_memory(t, SK_PAGE);
	static struct sk_handle all[600];

	for (unsigned i = 0; i < 600; i++) {
		all[i] = COPY(t, memory);
		REQUIRE(t, all[i].raw >= 0);
	}
	for (unsigned i = 0; i < 600; i++)
		EXPECT_STATUS(t, sk_sys_close(NUMBER(all[i])), 0);
}

const struct test_case object_cases[] = {
	{"object: info says of which kind it is", info_says_kind, 0},
	{"object: a control handle is a session", info_of_session, 0},
	{"object: ids differ, handles of one object agree", ids_differ, 0},
	{"object: ids are not used again", ids_are_not_used_again, 0},
	{"object: it is charged", is_charged, 0},
	{"object: a name is kept", name_is_kept, 0},
	{"object: a name can be 31 bytes", name_can_be_full, 0},
	{"object: set_name needs CONTROL", name_needs_control, 0},
	{"object: name needs INSPECT", name_needs_inspect, 0},
	{"object: info needs no right", info_needs_no_right, 0},
	{"handle: a closed one is not found", closed_is_not_found, 0},
	{"handle: a place that is used again has another number", generation_differs, 0},
	{"handle: copies can only lose rights", copies_lose_rights, 0},
	{"handle: a copy needs DUPLICATE", copy_needs_duplicate, 0},
	{"handle: none has no copy", copy_of_none, 0},
	{"handle: methods of another kind are refused", other_kinds_refuse, 0},
	{"handle: an argument of another kind is refused", argument_of_wrong_kind, 0},
	{"handle: what was to move is gone after a refusal", refused_handles_are_closed, 0},
	{"handle: what has moved is gone, its copy is not", moved_is_gone, 0},
	{"handle: memory lives on by its mapping", object_lives_by_its_map, 0},
	{"handle: the table grows beyond a page", thousand_handles, 0},
	{0}
};
