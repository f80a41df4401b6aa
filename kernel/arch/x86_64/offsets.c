/*
 * What assembly has to know of structs and numbers that C has: compiled to text, of
 * which rules.mk makes offsets.h. Assembly writes a member as C does (thread.space),
 * and so an enumerator; the list of what it wants of them is taken from there.
 */
#include "kernel/arch/x86_64/local.h"
#include "kernel/endpoint.h"
#include "kernel/handle.h"
#include "kernel/notification.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/token.h"
#include "kernel.skald.h"
#include "runtime/status.h"

#define NUMBER(name, value) \
	__asm__ volatile("\n.ascii \"@" name " %0\"" : : "i"((int64_t)(value)));
#define MEMBER(type, member) NUMBER(#type "." #member, offsetof(struct type, member))
#define VALUE(name) NUMBER(#name, name)

void offsets(void);

void offsets(void)
{
#include "wanted.h"
	NUMBER("FRAME_SIZE", sizeof(struct frame))
}

/* As fast.S takes apart heads, targets and numbers. */
_Static_assert(ABI_BYTES_SHIFT == 32 && ABI_SLOT_SHIFT == 56 && ABI_RIGHTS_SHIFT == 8
	&& ABI_MESSAGE_MAX == 4096 && ABI_WORD_BYTES == 40, "heads");
_Static_assert(ABI_RECEIVE_SLOT_SHIFT == 32 && ABI_DROP == UINT64_C(1) << 40, "targets");
_Static_assert(ABI_INDEX_BITS == 20 && HANDLE_PAGE == 256 && sizeof(struct handle) == 16
	&& offsetof(struct handle, flags) == offsetof(struct handle, generation) + 2,
	"handles");
_Static_assert(offsetof(struct token, link.next) == 0, "tokens that are free");
_Static_assert(sizeof(struct slot) == 16 && offsetof(struct slot, page) == 0, "slots");
_Static_assert(offsetof(struct local, cpu) == 0, "arch_cpu()");
