/* What loads share. */
#include "tests/servers/inject/load.h"

struct load load;

static uint64_t mixed(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint32_t load_random(uint32_t below)
{
	load.random += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)((mixed(load.random) >> 32) * below >> 32);
}

struct sk_call load_call(void)
{
	return (struct sk_call){.deadline = sk_os_after(load.os, HUNG_MS)};
}

bool load_again(int status, uint64_t begun)
{
	if (status == SK_OK) {
		load.figures.done++;
		return false;
	}
	load.figures.failed++;
	if (sk_os_now(load.os) - begun < UINT64_C(1000000) * HUNG_MS) {
		sk_os_sleep(load.os, 1);
		return true;
	}
	load.figures.hung++;
	sk_log(load.os, log_Level_ERROR, "a call hangs: %d", status);
	return false;
}

/* ---- bytes ---- */

static uint64_t word_of(uint64_t piece, uint64_t version, uint32_t at)
{
	return (piece << 48 ^ version << 16 ^ at) * UINT64_C(0x9e3779b97f4a7c15);
}

void load_fill(void *to, uint32_t size, uint64_t piece, uint64_t version)
{
	uint64_t *words = to;

	for (uint32_t i = 0; i < size / 8; i++)
		words[i] = word_of(piece, version, i);
}

bool load_is(const void *bytes, uint32_t size, uint64_t piece, uint64_t version)
{
	const uint64_t *words = bytes;

	for (uint32_t i = 0; i < size / 8; i++)
		if (words[i] != word_of(piece, version, i))
			return false;
	return true;
}

/* ---- serving ---- */

static void verify(void *self, const struct load_Load_verify_request *request,
	struct sk_reply *to)
{
	struct load_Load_verify_reply reply;

	(void)self;
	(void)request;
	load.verify();
	reply.figures = load.figures;
	load_Load_verify_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct load_Load_ops ops = {.verify = verify};

	return load_Load_dispatch(&ops, self, incoming);
}

static void set_alarm(struct sk_alarm *alarm)
{
	/* Past already when the loop looks again, and not before. */
	sk_alarm_set(load.os, alarm, sk_os_now(load.os) + 1);
}

static void work(void *self)
{
	load.work();
	set_alarm(self);
}

int load_serve(void)
{
	static const struct sk_service services[] = {{.dispatch = dispatch}};
	static struct sk_alarm alarm = {.ring = work, .self = &alarm};

	set_alarm(&alarm);
	return sk_serve(load.os, &(struct sk_serve){.services = services, .service_count = 1});
}
