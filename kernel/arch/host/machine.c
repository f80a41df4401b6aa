/* The fake machine itself: memory, the lock, time, power. It needs no more of the
 * kernel than its log, so that what stands on it can be tested by parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/arch/host/host.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/pool.h"
#include "kernel.skald.h"

#define MEMORY_BYTES (UINT64_C(64) << 20)
#define RESERVED_BYTES (UINT64_C(64) << 10)

uint8_t *host_memory;
uint64_t host_memory_size;
uint64_t host_time;
uint64_t host_time_step;
unsigned host_looks;
unsigned host_cpu;
unsigned host_cpu_count;
struct host_cpu host_cpus[CPUS_MAX];
bool host_locked;
uint32_t host_power_action;
uint32_t host_power_code;
struct arch_boot host_boot;
void (*host_put)(char c);
jmp_buf *host_panic;

static struct arch_range ranges[2];
static uint64_t random_state;

void host_fail(const char *what, uint64_t number)
{
	fprintf(stderr, "host: %s: 0x%llx\n", what, (unsigned long long)number);
	abort();
}

static void put_stderr(char c)
{
	fputc(c, stderr);
}

void host_machine(uint64_t memory_bytes, unsigned cpus_wanted)
{
	host_stop();
	host_memory_size = memory_bytes ? memory_bytes : MEMORY_BYTES;
	host_memory = aligned_alloc(PAGE_SIZE, host_memory_size);
	if (!host_memory || cpus_wanted < 1 || cpus_wanted > CPUS_MAX)
		host_fail("no such machine", cpus_wanted);
	memset(host_memory, 0xa5, host_memory_size);
	ranges[0] = (struct arch_range){.start = HOST_PHYSICAL,
		.end = HOST_PHYSICAL + host_memory_size - RESERVED_BYTES,
		.use = kernel_MemoryUse_USABLE};
	ranges[1] = (struct arch_range){.start = ranges[0].end,
		.end = ranges[0].end + RESERVED_BYTES, .use = kernel_MemoryUse_RESERVED};
	host_boot = (struct arch_boot){.range_count = 2, .ranges = ranges,
		.command_line = ""};
	host_cpu_count = cpus_wanted;
	host_put = getenv("HOST_LOG") ? put_stderr : NULL;
}

void host_initrd(const void *data, uint64_t size)
{
	uint64_t pages = (size + PAGE_MASK) & ~PAGE_MASK;

	host_boot.initrd = ranges[0].end - pages;
	host_boot.initrd_size = size;
	memcpy(arch_physical(host_boot.initrd), data, size);
}

void host_stop(void)
{
	if (host_memory)
		ARCH_UNPOISON(host_memory, host_memory_size);
	free(host_memory);
	host_memory = NULL;
	host_memory_size = 0;
	host_time = host_time_step = 0;
	host_cpu = 0;
	host_locked = false;
	host_power_action = UINT32_MAX;
	random_state = 0;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		host_cpus[i] = (struct host_cpu){.timer = UINT64_MAX};
	if (host_pages_reset)
		host_pages_reset();
	host_devices_reset();
}

/* ---- CPUs ---- */

void arch_lock(void)
{
	if (host_locked)
		host_fail("the lock is taken twice, by CPU", host_cpu);
	host_locked = true;
	host_looks = 0;
}

void arch_unlock(void)
{
	if (!host_locked)
		host_fail("the lock is released but not held, by CPU", host_cpu);
	host_locked = false;
}

void arch_switch(struct space *space)
{
	host_cpus[host_cpu].space = space;
}

/* ---- time ---- */

void arch_timer_set(uint64_t when)
{
	host_cpus[host_cpu].timer = when;
}

uint64_t arch_clock_resolution(void)
{
	return 1;
}

int64_t arch_clock_start(void)
{
	return INT64_C(1000000000) * 1000000000;
}

void arch_clock_page(void *page)
{
	(void)page;
}

/* ---- the machine ---- */

void arch_put(char c)
{
	if (host_put)
		host_put(c);
}

void arch_power(uint32_t action, uint32_t code)
{
	host_power_action = action;
	host_power_code = code;
}

void arch_halt(void)
{
	uint64_t from = log_end() > 4096 ? log_end() - 4096 : 0, lost;
	char text[4097];

	if (host_panic)
		longjmp(*host_panic, 1);
	text[log_read(&from, text, 4096, &lost)] = 0;
	fputs(text, stderr);
	abort();
}

void arch_backtrace(void)
{
}

void arch_cpu_info(unsigned cpu, struct kernel_System_cpu_info_reply *info)
{
	info->vendor = (struct sk_string){.data = "Host", .size = 4};
	info->model_name = (struct sk_string){.data = "fake", .size = 4};
	info->frequency = 1000000000;
	info->core = cpu;
	info->hardware_id = cpu;
	info->vectors_size = HOST_VECTORS;
}

bool arch_random(uint64_t *bits)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	*bits = x ^ x >> 31;
	return true;
}
