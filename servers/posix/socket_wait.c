/* Requests for sockets: done at once, or when they can be. */
#include "servers/posix/socket.h"

/* Some are kept for the next who waits. */
#define SPARE_MOST 8

static struct wait *spare;
static uint32_t spare_count;

/* What is still its, is no more. */
static void clear(struct exchange *x)
{
	socket_drop(x->other);
	socket_name_drop(x->to);
	parcel_free(x->parcel);
	if (x->thread)
		thread_drop(x->thread);
}

static void forget(struct exchange *x)
{
	struct file *file = x->file;

	sk_alarm_cancel(posix.os, &x->alarm);
	clear(x);
	if (spare_count == SPARE_MOST) {
		release(x);
	} else {
		x->wait.next = spare;
		spare = &x->wait;
		spare_count++;
	}
	file_drop(file);
}

static void canceled(struct wait *wait)
{
	forget((struct exchange *)(void *)wait);
}

void exchange_finish(struct exchange *x)
{
	struct sk_reply reply;

	wait_end(&x->wait);
	reply = x->wait.reply;
	x->kind->finish(x, &reply);
	forget(x);
}

static void late(void *self)
{
	struct exchange *x = self;

	x->error = x->kind->late;
	exchange_finish(x);
}

static struct exchange *keep(const struct exchange *model)
{
	struct exchange *x = (struct exchange *)(void *)spare;

	if (x) {
		spare = x->wait.next;
		spare_count--;
	} else {
		x = allocate(sizeof(*x));
	}
	if (x)
		*x = *model;
	return x;
}

static void set_time(struct exchange *x)
{
	const struct socket *s = x->socket;
	const uint64_t time = x->kind->is_send ? s->send_timeout : s->receive_timeout;

	x->alarm = (struct sk_alarm){.ring = late, .self = x};
	if (time > 0)
		sk_alarm_set(posix.os, &x->alarm, now() + time);
}

void exchange_begin(struct exchange *x, bool may_wait, struct sk_reply *to)
{
	struct wait **where = x->kind->blocks(x);
	struct exchange *kept = where && may_wait ? keep(x) : NULL;

	if (kept) {
		kept->file = x->socket->file;
		kept->file->references++;
		kept->wait.canceled = canceled;
		wait_begin(&kept->wait, where, NULL, to);
		set_time(kept);
		return;
	}
	if (where)
		x->error = may_wait ? posix_Error_ENOMEM : posix_Error_EAGAIN;
	x->kind->finish(x, to);
	clear(x);
}

struct posix_SenderCredentials socket_user_of(const struct thread *thread)
{
	const struct posix_Credentials *ids = &thread->credentials->ids;

	return (struct posix_SenderCredentials){.process = thread->process->pid,
		.user = ids->user, .group_id = ids->group_id};
}

/* ---- what was lent ---- */

void exchange_lend(struct exchange *x, bool is_there, const struct sk_lease *lease)
{
	if (!is_there)
		return;
	x->leases[x->lease_count++] = *lease;
	x->size += lease->size;
}

static int copy_few(struct exchange *x, uint64_t at, uint8_t *bytes, uint64_t size, bool out)
{
	if (out)
		memcpy(x->few + at, bytes, size);
	else
		memcpy(bytes, x->few + at, size);
	return 0;
}

int exchange_copy(struct exchange *x, const struct sk_reply *to, uint64_t at, uint8_t *bytes,
	uint64_t size, bool out)
{
	uint64_t before = 0;

	if (x->form == FORM_FEW)
		return copy_few(x, at, bytes, size, out);
	for (uint32_t i = 0; i < x->lease_count && size > 0; i++) {
		const struct sk_lease *lease = &x->leases[i];

		if (at < before + lease->size) {
			const uint64_t left = before + lease->size - at;
			const uint64_t step = size < left ? size : left;

			if ((out ? sk_lease_write(to, lease, at - before, bytes, step, NULL) :
					sk_lease_read(to, lease, at - before, bytes, step, NULL))
					!= SK_OK)
				return posix_Error_EFAULT;
			at += step;
			bytes += step;
			size -= step;
		}
		before += lease->size;
	}
	return 0;
}
