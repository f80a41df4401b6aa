#include "servers/posix/shim/vectors.h"

#include "servers/posix/shim/copy.h"

int64_t vectors_one(struct vectors *vectors, uint64_t address, uint64_t size)
{
	if ((int64_t)size < 0 || !copy_is_program(address, size))
		return -LINUX_EFAULT;
	/* What is behind the list is not read: there is nothing behind it. */
	vectors->own = (struct linux_iovec){ address, size };
	vectors->list = &vectors->own;
	vectors->here = vectors->count = 1;
	vectors->at = vectors->passed = 0;
	vectors->skip = 0;
	vectors->total = vectors->left = size < LINUX_RW_MAX ? size : LINUX_RW_MAX;
	return 0;
}

/* The next ones from the program's memory. */
static bool fetch(struct vectors *vectors)
{
	uint32_t left = vectors->count - vectors->passed;

	vectors->here = left < LINUX_IOV_ON_STACK ? left : LINUX_IOV_ON_STACK;
	vectors->at = 0;
	vectors->list = vectors->room;
	return copy_from(vectors->room, vectors->from + vectors->passed *
		sizeof(struct linux_iovec), vectors->here * sizeof(struct linux_iovec));
}

/* All are looked at before anything moves, as Linux does. */
static int64_t add_up(struct vectors *vectors)
{
	while (vectors->passed < vectors->count) {
		if (!fetch(vectors))
			return -LINUX_EFAULT;
		for (uint32_t i = 0; i < vectors->here; i++) {
			const struct linux_iovec *v = &vectors->room[i];

			if ((int64_t)v->iov_len < 0)
				return -LINUX_EINVAL;
			if (!copy_is_program(v->iov_base, v->iov_len))
				return -LINUX_EFAULT;
			vectors->total += v->iov_len;
			if (vectors->total > LINUX_RW_MAX)
				vectors->total = LINUX_RW_MAX;
		}
		vectors->passed += vectors->here;
	}
	return 0;
}

int64_t vectors_many(struct vectors *vectors, uint64_t address, uint64_t count,
	struct linux_iovec *room)
{
	int64_t result;

	if (count > LINUX_IOV_MAX)
		return -LINUX_EINVAL;
	*vectors = (struct vectors){ .from = address, .room = room, .count = (uint32_t)count };
	result = add_up(vectors);
	if (result < 0)
		return result;
	return vectors_rewind(vectors) ? 0 : -LINUX_EFAULT;
}

bool vectors_rewind(struct vectors *vectors)
{
	vectors->left = vectors->total;
	vectors->passed = vectors->at = 0;
	vectors->skip = 0;
	if (vectors->list == &vectors->own || vectors->count == 0)
		return true;
	vectors->list = vectors->room;
	return vectors->count <= LINUX_IOV_ON_STACK || fetch(vectors);
}

static bool advance(struct vectors *vectors)
{
	vectors->skip = 0;
	if (++vectors->at < vectors->here)
		return true;
	vectors->passed += vectors->here;
	return vectors->passed < vectors->count && fetch(vectors);
}

bool vectors_next(struct vectors *vectors, uint64_t max, uint64_t *address, uint64_t *size)
{
	const struct linux_iovec *v;

	if (vectors->left == 0)
		return false;
	while (vectors->list[vectors->at].iov_len == vectors->skip)
		if (!advance(vectors))
			return false;
	v = &vectors->list[vectors->at];
	*address = v->iov_base + vectors->skip;
	*size = v->iov_len - vectors->skip;
	if (*size > max)
		*size = max;
	if (*size > vectors->left)
		*size = vectors->left;
	vectors->skip += *size;
	vectors->left -= *size;
	return true;
}
