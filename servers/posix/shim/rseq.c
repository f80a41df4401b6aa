/* Restartable sequences: the call, and what is done when a thread has lost its CPU. */
#include "servers/posix/shim/rseq.h"

#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/deliver.h"

shim_function rseq_register;

/* Of <linux/rseq.h>. */
#define FLAG_UNREGISTER 1
#define ALIGNMENT 32
#define LEAST_SIZE 32
#define NO_CPU UINT32_MAX
#define SEQUENCE_AT 8

/* The area from its beginning on: all that the kernel writes, but for `sequence`. */
struct area {
	uint32_t cpu_start;
	uint32_t cpu;
	uint64_t sequence;
	uint32_t flags;
	uint32_t node;
	uint32_t concurrency;		/* less than there are CPUs, and no other's that runs */
};

struct sequence {
	uint32_t version;
	uint32_t flags;
	uint64_t begin;
	uint64_t size;
	uint64_t abort;
};

static bool tell_cpu(uint64_t at, uint32_t start, uint32_t cpu, uint32_t concurrency)
{
	const uint32_t behind[2] = { 0, concurrency }, first[2] = { start, cpu };

	return copy_to(at, first, sizeof first) &&
		copy_to(at + offsetof(struct area, node), behind, sizeof behind);
}

/* As Linux judges: where it goes on is not in it, and behind the signature that was
 * registered. */
static bool is_sound(const struct shim *shim, const struct sequence *sequence)
{
	uint32_t signature;

	return sequence->version == 0 && copy_is_program(sequence->abort, 1) &&
		copy_is_program(sequence->begin, sequence->size) &&
		sequence->abort - sequence->begin >= sequence->size &&
		copy_from(&signature, sequence->abort - sizeof signature, sizeof signature) &&
		signature == shim->rseq_signature;
}

/* Out of the sequence that it may be in. False: what is there cannot be read, or is not
 * as it has to be. */
static bool leave_sequence(struct shim *shim)
{
	const uint64_t none = 0, at = shim->rseq + SEQUENCE_AT;
	uint64_t ip = shim->registers.rip, address;
	struct sequence sequence;
	uint32_t flags;

	if (!copy_from(&address, at, sizeof address))
		return false;
	if (address == 0)
		return true;
	if (!copy_from(&sequence, address, sizeof sequence) || !is_sound(shim, &sequence) ||
			!copy_from(&flags, shim->rseq + offsetof(struct area, flags), 4) ||
			!copy_to(at, &none, sizeof none))
		return false;
	if (ip - sequence.begin >= sequence.size)
		return true;
	if (sequence.flags != 0 || flags != 0)
		return false;
	shim->registers.rip = sequence.abort;
	shim->is_whole = true;
	return true;
}

static bool settle(struct shim *shim)
{
	uint32_t cpu;

	*SHIM_WORD(shim, MOVED) = 0;
	cpu = rseq_cpu(shim);
	return leave_sequence(shim) && tell_cpu(shim->rseq, cpu, cpu, cpu);
}

void rseq_moved(struct shim *shim)
{
	if (shim->rseq != 0 && !settle(shim))
		deliver_force(shim, posix_Signal_SEGV, false);
	*SHIM_WORD(shim, MOVED) = 0;
}

void rseq_signal(struct shim *shim, posix_Signal signal)
{
	if (shim->rseq != 0 && !settle(shim))
		deliver_force(shim, posix_Signal_SEGV, signal == posix_Signal_SEGV);
}

void rseq_forget(struct shim *shim)
{
	shim->rseq = 0;
	*SHIM_WORD(shim, TELL) = 0;
}

/* ---- the call ---- */

static int64_t take_back(struct shim *shim, uint64_t at, uint64_t size, uint64_t flags,
	uint32_t signature)
{
	if (flags != FLAG_UNREGISTER || shim->rseq == 0 || shim->rseq != at ||
			shim->rseq_size != size)
		return -LINUX_EINVAL;
	if (shim->rseq_signature != signature)
		return -LINUX_EPERM;
	if (!tell_cpu(at, 0, NO_CPU, 0))
		return -LINUX_EFAULT;
	rseq_forget(shim);
	return 0;
}

int64_t rseq_register(struct shim *shim, const uint64_t a[6])
{
	uint64_t at = a[0], size = (uint32_t)a[1], flags = (uint32_t)a[2];
	uint32_t signature = (uint32_t)a[3];
	const uint64_t none = 0;

	if (flags & FLAG_UNREGISTER)
		return take_back(shim, at, size, flags, signature);
	if (flags != 0)
		return -LINUX_EINVAL;
	if (shim->rseq != 0 && (shim->rseq != at || shim->rseq_size != size))
		return -LINUX_EINVAL;
	if (shim->rseq != 0)
		return shim->rseq_signature != signature ? -LINUX_EPERM : -LINUX_EBUSY;
	if (size < LEAST_SIZE || at % ALIGNMENT != 0)
		return -LINUX_EINVAL;
	if (!copy_is_program(at, size) || !copy_to(at + SEQUENCE_AT, &none, sizeof none))
		return -LINUX_EFAULT;
	shim->rseq = at;
	shim->rseq_size = size;
	shim->rseq_signature = signature;
	*SHIM_WORD(shim, TELL) = 1;
	/* The CPU is told on the way out. */
	*SHIM_WORD(shim, MOVED) = 1;
	return 0;
}
