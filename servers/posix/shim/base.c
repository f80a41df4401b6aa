#include "servers/posix/shim/base.h"

#define FXSAVE_BYTES 512

/* What the CPU can; asked once in a process. */
static struct {
	bool is_known, has_bases;
	uint32_t area_size;
	uint64_t components;
} cpu;

struct leaf { uint32_t eax, ebx, ecx, edx; };

static struct leaf cpuid(uint32_t number)
{
	struct leaf leaf;

	__asm__ volatile("cpuid" : "=a"(leaf.eax), "=b"(leaf.ebx), "=c"(leaf.ecx),
		"=d"(leaf.edx) : "a"(number), "c"(0));
	return leaf;
}

static void look(void)
{
	enum { OSXSAVE = 1 << 27 };
	uint32_t low, high;

	if (cpu.is_known)
		return;
	cpu.has_bases = cpuid(0).eax >= 7 && cpuid(7).ebx & 1;
	cpu.area_size = FXSAVE_BYTES;
	if (cpuid(1).ecx & OSXSAVE) {
		__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
		cpu.components = (uint64_t)high << 32 | low;
		cpu.area_size = cpuid(0xd).ebx;
	}
	cpu.is_known = true;
}

uint64_t base_components(void)
{
	look();
	return cpu.components;
}

uint32_t base_area_size(void)
{
	look();
	return cpu.area_size;
}

int64_t base_set_fs(struct shim *shim, uint64_t base)
{
	look();
	if (base >= LAYOUT_PROGRAM_END)
		return -LINUX_EPERM;
	shim->registers.fs_base = base;
	if (!cpu.has_bases)
		return POSIX_DO(shim, Thread, set_tls, .base = base);
	__asm__ volatile("wrfsbase %0" : : "r"(base));
	return 0;
}

int64_t base_set_gs(struct shim *shim, uint64_t base)
{
	look();
	if (base >= LAYOUT_PROGRAM_END)
		return -LINUX_EPERM;
	shim->registers.gs_base = base;
	if (!cpu.has_bases)
		return base == 0 ? 0 :
			POSIX_DO(shim, Thread, set_tls, .base = base, .second = true);
	__asm__ volatile("wrgsbase %0" : : "r"(base));
	return 0;
}

uint64_t base_fs(const struct shim *shim)
{
	uint64_t base;

	look();
	if (!cpu.has_bases)
		return shim->registers.fs_base;
	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

uint64_t base_gs(const struct shim *shim)
{
	uint64_t base;

	look();
	if (!cpu.has_bases)
		return shim->registers.gs_base;
	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base;
}
