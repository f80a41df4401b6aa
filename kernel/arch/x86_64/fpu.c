/*
 * Floating point and vectors, which only threads that are allowed to have them
 * use. What the last one used stays in the CPU's registers, under CR0.TS, while
 * others run that use none: servers do not, so that a call and its reply cost a
 * program two writes of CR0 and no XSAVE. Another one that uses them saves the
 * owner's first: by an exception, or, if it used them lately, when it is loaded.
 *
 * Intel's CPUs up to 2018 let a program guess at registers that CR0.TS keeps from
 * it (CVE-2018-3665); on Intel's they are saved and cleared at once.
 */
#include "kernel/arch/x86_64/local.h"
#include "kernel/log.h"
#include "kernel/object.h"
#include "kernel/thread.h"

/* x87, SSE, AVX; and AVX-512, all of it or nothing. */
#define XCR0_BASE 7
#define XCR0_512 0xe0
#define CR4_OSXSAVE 0x40000
/* What MXCSR may have, by all CPUs with 64 bits. */
#define MXCSR_BITS UINT32_C(0xffff)
/* How often it is not asked whether a thread, that used them, uses them still. */
#define SOON 64

/* What XSAVE and FXSAVE write: the beginning, and XSAVE's header. */
struct area {
	uint16_t control;
	uint8_t pad[22];
	uint32_t mxcsr;
	uint8_t registers[484];
	uint64_t header[8];
};
#define AREA_LEGACY offsetof(struct area, header)

static uint32_t size = AREA_LEGACY;
uint32_t vectors_components;
static bool clears;
static uint8_t special_vectors;		/* SPECIAL_*: who loads them */
static uint8_t clean[4096] __attribute__((aligned(64)));

static void set_clean(void *area)
{
	((struct area *)area)->control = 0x37f;
	((struct area *)area)->mxcsr = 0x1f80;
}

static void save(void *area)
{
	if (vectors_components)
		__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(vectors_components), "d"(0)
			: "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static void restore(const void *area)
{
	if (vectors_components)
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(vectors_components), "d"(0)
			: "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

static uint8_t special(bool vectors, uint64_t debug_control)
{
	return (uint8_t)((vectors ? special_vectors : 0) |
		(debug_control ? SPECIAL_OTHER : 0));
}

static void allow(struct local *me, bool allowed)
{
	if (allowed)
		__asm__ volatile("clts" : : : "memory");
	else
		cr0_write(cr0_read() | CR0_TS);
	me->ts = !allowed;
	me->special = special(allowed, me->debug_control);
}

static void set_special(struct thread *thread)
{
	thread->arch.special = special(thread->arch.vectors_on ||
		thread->arch.vectors_soon, thread->arch.debug_control);
}

void vectors_start(struct local *me)
{
	clears = cpuid(0, 0).ebx == 0x756e6547;		/* "Genu" */
	special_vectors = SPECIAL_OTHER;
	set_clean(clean);
	if (!(me->features[1] >> 26 & 1))
		return;
	vectors_components = cpuid(13, 0).eax & (XCR0_BASE | XCR0_512);
	if ((vectors_components & XCR0_512) != XCR0_512)
		vectors_components &= XCR0_BASE;
	cr4_write(cr4_read() | CR4_OSXSAVE);
	__asm__ volatile("xsetbv" : : "c"(0), "a"(vectors_components), "d"(0));
	me->features[FEATURE_WORDS - 1] = vectors_components;
	size = cpuid(13, 0).ebx;
	CHECK(size <= sizeof clean);
	if (!clears)
		special_vectors = SPECIAL_VECTORS;
}

/* ---- who has the registers ---- */

/* The owner's to memory. */
static void put(struct local *me)
{
	if (me->ts)
		allow(me, true);
	save(me->owner->arch.vectors);
	me->owner->arch.vectors_on = NULL;
	set_special(me->owner);
	me->owner = NULL;
	if (clears)
		restore(clean);
}

void vectors_save(struct local *me, struct thread *thread)
{
	if (me->owner != thread)
		return;
	put(me);
	allow(me, false);
}

/* It has them from now on, and used to be without. */
static void take(struct local *me, struct thread *thread)
{
	if (me->owner)
		put(me);
	if (me->ts)
		allow(me, true);
	restore(thread->arch.vectors);
	me->owner = thread;
	thread->arch.vectors_on = me;
	set_special(thread);
}

void vectors_load(struct local *me, struct thread *thread)
{
	bool has = thread->arch.vectors_on == me;

	if (clears && me->owner && !has)
		vectors_save(me, me->owner);
	if (!has && thread->arch.vectors_soon) {
		thread->arch.vectors_soon--;
		take(me, thread);
	} else if (me->ts == has) {
		allow(me, has);
	}
	me->special = special(!me->ts, me->debug_control);
	set_special(thread);
}

bool vectors_used(struct thread *thread)
{
	bool allowed = thread->arch.vectors_allowed;

	arch_lock();
	if (allowed) {
		thread->arch.vectors_soon = SOON;
		take(local_here(), thread);
	}
	arch_unlock();
	return allowed;
}

/* ---- what others want of them ---- */

uint32_t arch_vectors_size(void)
{
	return size;
}

bool arch_thread_init(struct thread *thread)
{
	void *vectors = object_allocate(&thread->object, size);

	thread->arch = (struct arch_thread){ .vectors = vectors };
	if (vectors)
		set_clean(vectors);
	return vectors;
}

void arch_thread_end(struct thread *thread)
{
	if (thread->arch.vectors_on)
		thread->arch.vectors_on->owner = NULL;
	object_release(&thread->object, thread->arch.vectors, size);
	thread->arch.vectors = NULL;
}

void arch_allow_vectors(struct thread *thread, bool allowed)
{
	if (!allowed)
		arch_thread_save(thread);
	thread->arch.vectors_allowed = allowed;
	thread->arch.vectors_soon = 0;
	set_special(thread);
}

void arch_get_vectors(struct thread *thread, void *to)
{
	arch_thread_save(thread);
	__builtin_memcpy(to, thread->arch.vectors, size);
}

/* Refuses what XRSTOR would. */
bool arch_set_vectors(struct thread *thread, const void *from)
{
	struct area area = { .control = 0 };
	size_t checked = size < sizeof area ? size : sizeof area;

	__builtin_memcpy(&area, from, checked);
	if (area.mxcsr & ~MXCSR_BITS || area.header[0] & ~(uint64_t)vectors_components)
		return false;
	for (unsigned i = 1; i < 8; i++)
		if (area.header[i])
			return false;
	arch_thread_save(thread);
	__builtin_memcpy(thread->arch.vectors, from, size);
	__builtin_memcpy(thread->arch.vectors, &area, checked);
	return true;
}
