/*
 * CPUs: what one needs to be ours; how the others are started; the lock, and
 * what CPUs ask each other to do while one has it.
 */
#include "kernel.skald.h"
#include "kernel/arch/x86_64/local.h"
#include "kernel/frame.h"
#include "kernel/log.h"
#include "kernel/sched.h"
#include "runtime/codec.h"

#define CR4_MCE_PGE 0xc0
#define CR4_OSFXSR_OSXMMEXCPT 0x600
#define CR4_UMIP 0x800
#define CR4_FSGSBASE 0x10000
#define CR4_PCIDE 0x20000
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000
#define CR0_MP_NE_AM 0x40022
#define CR0_EM_NW_CD 0x60000004
/* Write-back, write-through, uncached twice; write-combining in place of the
 * fifth (page.c). */
#define PAT_VALUE 0x0007040100070406

struct local locals[CPUS_MAX];
bool cpu_has_bases, cpu_has_pcid;

/* head.S: segments; what another CPU begins with; its stack, and what it calls there.
 * Physical. */
extern const char boot_gdt[], boot_other[], boot_other_end[], boot_never[];
extern uint64_t boot_stack, boot_next;

struct cpuid cpuid(uint32_t leaf, uint32_t sub)
{
	struct cpuid id = { leaf & 0x80000000, 0, 0, 0 };

	__asm__("cpuid" : "+a"(id.eax), "=b"(id.ebx), "+c"(id.ecx), "=d"(id.edx));
	if (leaf > id.eax)
		return (struct cpuid){ 0, 0, 0, 0 };
	id = (struct cpuid){ leaf, 0, sub, 0 };
	__asm__("cpuid" : "+a"(id.eax), "=b"(id.ebx), "+c"(id.ecx), "=d"(id.edx));
	return id;
}

static void set_features(struct local *local)
{
	struct cpuid one = cpuid(1, 0), seven = cpuid(7, 0), more = cpuid(0x80000001, 0);
	const uint32_t features[FEATURE_WORDS] = { one.edx, one.ecx, seven.ebx,
		seven.ecx, seven.edx, more.edx, more.ecx, cpuid(0x80000007, 0).edx,
		cpuid(13, 1).eax, 0 };
	uint64_t cr4 = cr4_read() | CR4_MCE_PGE | CR4_OSFXSR_OSXMMEXCPT;

	__builtin_memcpy(local->features, features, sizeof features);
	local->signature = one.eax;
	local->apic_id = one.ebx >> 24;
	local->microcode = (uint32_t)(msr_read(MSR_MICROCODE) >> 32);
	cpu_has_bases = seven.ebx & 1;
	cpu_has_pcid = one.ecx >> 17 & 1;
	cr4 |= cpu_has_bases ? CR4_FSGSBASE : 0;
	cr4 |= cpu_has_pcid ? CR4_PCIDE : 0;
	cr4 |= seven.ebx >> 7 & 1 ? CR4_SMEP : 0;
	cr4 |= seven.ebx >> 20 & 1 ? CR4_SMAP : 0;
	cr4 |= seven.ecx >> 2 & 1 ? CR4_UMIP : 0;
	cr0_write((cr0_read() & ~(uint64_t)CR0_EM_NW_CD) | CR0_MP_NE_AM | CR0_TS);
	local->ts = true;
	msr_write(MSR_PAT, PAT_VALUE);
	cr3_write((uintptr_t)kernel_root);
	cr4_write(cr4);			/* PCIDE wants a CR3 without one */
	msr_write(MSR_LSTAR, (uintptr_t)(cpu_has_bases ? entry_call_any : entry_call));
}

static void set_segments(struct local *local, char *stacks)
{
	uint64_t tss = (uintptr_t)&local->tss;
	struct descriptors at = { sizeof local->gdt - 1, (uintptr_t)local->gdt };

	for (unsigned i = 0; i < IST_COUNT; i++) {
		*(struct local **)(void *)(stacks + i * IST_SIZE) = local;
		local->tss.ist[i] = (uintptr_t)stacks + (i + 1) * IST_SIZE;
	}
	local->tss.ports = sizeof local->tss;
	__builtin_memcpy(local->gdt, arch_physical((uintptr_t)boot_gdt),
		5 * sizeof *local->gdt);
	local->gdt[5] = (sizeof local->tss - 1) | (tss & 0xffffff) << 16
		| UINT64_C(0x89) << 40 | (tss >> 24 & 0xff) << 56;
	local->gdt[6] = tss >> 32;
	__asm__ volatile("lgdt %0; ltr %w1" : : "m"(at), "r"(TSS_SELECTOR));
}

void cpu_start(unsigned index, void *stacks)
{
	struct local *local = &locals[index];

	local->self = local;
	local->cpu = &cpus[index];
	local->mask = UINT64_C(1) << index;
	local->stack = (uintptr_t)stacks + STACKS_SIZE;
	local->timer = UINT64_MAX;
	set_segments(local, stacks);
	traps_start_cpu();
	msr_write(MSR_GS_BASE, (uintptr_t)local);
	msr_write(MSR_EFER, msr_read(MSR_EFER) | 1);
	msr_write(MSR_STAR, (uint64_t)(USER_SS - 8) << 48 | (uint64_t)KERNEL_CS << 32);
	msr_write(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC);
	set_features(local);
	vectors_start(local);
}

/* ---- the others ---- */

/* From head.S, on its stack. */
static _Noreturn void cpu_join(void)
{
	cpu_start(cpu_count, (char *)locals[cpu_count].stack - STACKS_SIZE);
	apic_start_cpu();
	entry_leave(kernel_join());
}

static bool has_joined(unsigned index, uint64_t nanoseconds)
{
	uint64_t until = arch_now() + nanoseconds;

	while (__atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE) == index && arch_now() < until)
		cpu_relax();
	return __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE) > index;
}

/* INIT, and then, once or twice, where it begins. */
static bool start_other(unsigned index, uint32_t apic)
{
	uint64_t stacks;

	arch_lock();
	stacks = frame_take_many(STACKS_SIZE >> PAGE_SHIFT, PAGE_SIZE, 0);
	arch_unlock();
	if (stacks == FRAME_NONE)
		return false;
	locals[index].stack = (uintptr_t)arch_physical(stacks) + STACKS_SIZE;
	*(uint64_t *)arch_physical((uintptr_t)&boot_stack) = locals[index].stack;
	apic_send(apic, APIC_INIT);
	time_wait(10000000);
	apic_send(apic, APIC_STARTUP | TRAMPOLINE >> PAGE_SHIFT);
	if (has_joined(index, 10000000))
		return true;
	apic_send(apic, APIC_STARTUP | TRAMPOLINE >> PAGE_SHIFT);
	return has_joined(index, 1000000000);
}

unsigned arch_start_cpus(void)
{
	uint64_t *next = arch_physical((uintptr_t)&boot_next);

	__builtin_memcpy(arch_physical(TRAMPOLINE), arch_physical((uintptr_t)boot_other),
		(size_t)(boot_other_end - boot_other));
	*next = (uintptr_t)cpu_join;
	for (unsigned i = 0; i < acpi.cpu_count && cpu_count < CPUS_MAX; i++) {
		if (acpi.apic_ids[i] == locals[0].apic_id
				|| start_other(cpu_count, acpi.apic_ids[i]))
			continue;
		log_print("CPU %u does not start\n", acpi.apic_ids[i]);
		break;
	}
	*next = (uintptr_t)boot_never;	/* should it come yet, or there be more */
	if (cpu_count == 1 && cpu_has_bases && !cpu_has_pcid)
		msr_write(MSR_LSTAR, (uintptr_t)entry_call_one);
	return cpu_count;
}

void arch_poke(struct cpu *cpu)
{
	apic_send(locals[cpu - cpus].apic_id, APIC_FIXED | VECTOR_POKE);
}

/* ---- the lock ---- */

bool cpu_lock __attribute__((aligned(64)));

/* Whoever comes first: in turn, all would wait for a CPU that an emulator, or a
 * hypervisor, does not run just now. */
void cpu_wait(void)
{
	do
		while (__atomic_load_n(&cpu_lock, __ATOMIC_RELAXED)) {
			cpu_answer(local_here());
			cpu_relax();
		}
	while (__atomic_exchange_n(&cpu_lock, true, __ATOMIC_ACQUIRE));
}

static const struct cpu_ask *asking;

static void answer(struct local *me, const struct cpu_ask *ask)
{
	if (ask->thread)
		thread_answer(me, ask);
	else
		page_answer(me, ask);
}

void cpu_ask(uint64_t mask, const struct cpu_ask *ask)
{
	struct local *me = local_here();
	uint64_t others = mask & ~me->mask;

	if (mask & me->mask)
		answer(me, ask);
	asking = ask;
	for (uint64_t left = others; left; left &= left - 1) {
		struct local *other = &locals[__builtin_ctzll(left)];

		__atomic_store_n(&other->asked, 1, __ATOMIC_RELEASE);
		apic_send(other->apic_id, APIC_FIXED | VECTOR_ASK);
	}
	for (uint64_t left = others; left; left &= left - 1)
		while (__atomic_load_n(&locals[__builtin_ctzll(left)].asked,
				__ATOMIC_ACQUIRE))
			cpu_relax();
}

void cpu_answer(struct local *me)
{
	if (__builtin_expect(!__atomic_load_n(&me->asked, __ATOMIC_ACQUIRE), 1))
		return;
	answer(me, asking);
	__atomic_store_n(&me->asked, 0, __ATOMIC_RELEASE);
}

_Noreturn void arch_halt(void)
{
	__asm__ volatile("cli");
	traps_halting = true;
	apic_send(0, APIC_NMI | APIC_OTHERS);
	console_exit(EXIT_HALTED);
	for (;;)
		__asm__ volatile("hlt");
}

/* ---- what is told of them ---- */

static struct sk_string text(const struct cpuid *from, uint32_t size)
{
	const char *data = (const char *)from;

	while (size && (!data[size - 1] || data[size - 1] == ' '))
		size--;
	return (struct sk_string){ data, size };
}

void arch_cpu_info(unsigned cpu, struct kernel_System_cpu_info_reply *info)
{
	static struct cpuid vendor, names[3];
	const struct local *local = &locals[cpu];
	uint32_t signature = local->signature;

	vendor = cpuid(0, 0);
	vendor = (struct cpuid){ vendor.ebx, vendor.edx, vendor.ecx, 0 };
	for (unsigned i = 0; i < 3; i++)
		names[i] = cpuid(0x80000002 + i, 0);
	info->vendor = text(&vendor, 12);
	info->model_name = text(names, sizeof names);
	info->family = (signature >> 8 & 15) + (signature >> 20 & 255);
	info->model = (signature >> 4 & 15) | (signature >> 12 & 0xf0);
	info->stepping = signature & 15;
	info->microcode = local->microcode;
	info->frequency = (UINT64_C(1000000000) << 32) / clock_counter.multiplier;
	info->core = local->apic_id >> (cpuid(11, 0).eax & 31);
	info->package = local->apic_id >> (cpuid(11, 1).eax & 31);
	info->hardware_id = local->apic_id;
	info->vectors_size = arch_vectors_size();
	info->features.items = local->features;
	info->features.count = FEATURE_WORDS;
}

bool arch_random(uint64_t *bits)
{
	const uint32_t *has = locals[0].features;
	bool done = false;

	for (unsigned tries = 0; tries < 16 && !done; tries++) {
		if (has[2] >> 18 & 1)
			__asm__ volatile("rdseed %0" : "=r"(*bits), "=@ccc"(done));
		if (!done && has[1] >> 30 & 1)
			__asm__ volatile("rdrand %0" : "=r"(*bits), "=@ccc"(done));
	}
	return done;
}
