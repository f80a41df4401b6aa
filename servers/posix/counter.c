/* Counters that can be waited for (eventfd). */
#include "servers/posix/event.h"

#define MOST (UINT64_MAX - 1)

struct counter {
	uint64_t value;
	bool is_semaphore;			/* it is taken one by one */
	uint64_t adds, takes;			/* how often (epoll) */
	struct wait *taking, *adding;
};

struct counter_wait {
	struct wait wait;
	uint64_t value;				/* to be added */
};

static uint32_t ready_of(struct file *file)
{
	const struct counter *c = file->self;

	return (c->value > 0 ? fs_Ready_READABLE : 0u) | (c->value < MOST ? fs_Ready_WRITABLE : 0u);
}

static uint64_t edges(struct file *file, posix_PollEvents wanted)
{
	const struct counter *c = file->self;

	return (wanted & posix_PollEvents_READABLE ? c->adds : 0) +
		(wanted & posix_PollEvents_WRITABLE ? c->takes : 0);
}

/* Whoever was cancelled just now has not taken it. */
static void take(struct counter *c, struct sk_reply *to)
{
	const uint64_t value = c->is_semaphore ? 1 : c->value;

	if (posix_Eventfd_take_answer(to, 0, &(struct posix_Eventfd_take_reply){value}) == SK_OK)
		c->value -= value;
	c->takes++;
}

static void add(struct counter *c, struct sk_reply *to, uint64_t value)
{
	c->value += value;
	c->adds++;
	posix_Eventfd_add_answer(to, 0, &(struct posix_Eventfd_add_reply){0});
}

/* Those go on whose turn has come. */
static void changed(struct counter *c)
{
	struct counter_wait *w;

	for (;;) {
		w = (struct counter_wait *)(void *)(c->value > 0 ? c->taking : NULL);
		if (w) {
			wait_end(&w->wait);
			take(c, &w->wait.reply);
			release(w);
			continue;
		}
		w = (struct counter_wait *)(void *)c->adding;
		if (!w || MOST - c->value < w->value)
			break;
		wait_end(&w->wait);
		add(c, &w->wait.reply, w->value);
		release(w);
	}
	poll_look(c);
}

static int keep(struct wait **list, uint64_t value, struct sk_reply *to)
{
	struct counter_wait *w = allocate(sizeof(*w));

	if (!w)
		return posix_Error_ENOMEM;
	w->value = value;
	w->wait.canceled = event_canceled;
	wait_begin(&w->wait, list, NULL, to);
	return 0;
}

static void op_take(void *self, const struct posix_Eventfd_take_request *request,
	struct sk_reply *to)
{
	struct counter *c = ((struct access *)self)->file->self;
	int error = posix_Error_EAGAIN;

	if (c->value > 0) {
		take(c, to);
		changed(c);
		return;
	}
	if (event_may_wait(self, request->wait))
		error = keep(&c->taking, 0, to);
	if (error)
		posix_Eventfd_take_answer(to, error, NULL);
}

static void op_add(void *self, const struct posix_Eventfd_add_request *request,
	struct sk_reply *to)
{
	struct counter *c = ((struct access *)self)->file->self;
	int error = request->value > MOST ? posix_Error_EINVAL : posix_Error_EAGAIN;

	if (request->value <= MOST && MOST - c->value >= request->value) {
		add(c, to, request->value);
		changed(c);
		return;
	}
	if (request->value <= MOST && event_may_wait(self, request->wait))
		error = keep(&c->adding, request->value, to);
	if (error)
		posix_Eventfd_add_answer(to, error, NULL);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Eventfd_ops ops = {EVENT_FILE_OPS, .take = op_take,
		.add = op_add};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		posix_Eventfd_dispatch(&ops, self, incoming);
}

static void closed(struct file *file)
{
	struct counter *c = file->self;

	event_end_waits(&c->taking);
	event_end_waits(&c->adding);
	release(c);
}

static const struct sk_object counter_object = {
	.dispatch = dispatch, .gone = access_gone, .canceled = wait_canceled,
};
static const struct file_ops counter_ops = {&counter_object, closed, ready_of, edges};

void op_create_eventfd(void *self,
	const struct posix_Descriptors_create_eventfd_request *request, struct sk_reply *to)
{
	struct posix_Descriptors_create_eventfd_reply reply = {0};
	struct file *file = event_file(posix_ObjectKind_EVENTFD, request->flags);
	struct counter *c = file ? allocate(sizeof(*c)) : NULL;
	int error = posix_Error_ENFILE;

	if (c) {
		c->value = request->initial;
		c->is_semaphore = request->flags & posix_EventfdFlags_SEMAPHORE;
		file->ops = &counter_ops;
		file->self = c;
		error = event_install(self, file, request->flags, to->port, &reply.opened,
			&reply.file.raw);
	} else {
		file_drop(file);
	}
	posix_Descriptors_create_eventfd_answer(to, error, &reply);
}
