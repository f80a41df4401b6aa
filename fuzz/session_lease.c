/* What the server of a session does with memory that is lent to it. */
#include "fuzz/session_parts.h"

#include <string.h>

/* What it copies at a time. */
#define COPY_MAX (2 * SESSION_ROOM)

/* What has to come of such an access while the call waits. */
static int lease_status(const struct session *session, const struct sk_lease *lease,
	uint64_t offset, uint64_t size, bool write, uint64_t *done)
{
	uint64_t present = session->ends[0].loop.lease_present;

	*done = 0;
	if (!(lease->direction & (write ? SK_LEASE_OUT : SK_LEASE_IN)) ||
			offset > lease->size || size > lease->size - offset)
		return SK_BAD_LEASE;
	if (offset < present)
		*done = size < present - offset ? size : present - offset;
	return *done == size ? SK_OK : SK_LEASE_FAULT;
}

static void check_access(const struct session *session,
	const struct session_request *request, int status, int wanted, uint64_t done,
	uint64_t wanted_done)
{
	if (status == wanted && done == wanted_done)
		return;
	if (done == 0 && ((status == SK_BAD_TOKEN && request->is_consumed) ||
			(status == SK_CANCELED && request->is_canceled) ||
			(status == SK_PEER_CLOSED && (session_died(session) ||
			request->end->loop.client_gone))))
		return;
	fuzz_found("%s: access to a lease gave %s and %llu bytes, not %s and %llu",
		session_name(request), sk_status_name(status), (unsigned long long)done,
		sk_status_name(wanted), (unsigned long long)wanted_done);
}

/* One access at random, within the lease or not. */
static void use_lease(struct session *session, struct session_request *request,
	const struct sk_reply *to, const struct sk_lease *lease, bool write)
{
	bool is_over = lease->number > request->call->lent_count;
	unsigned place = is_over ? 0 : request->call->lent[lease->number - 1];
	struct values *values = &session->values;
	uint32_t near = lease->size < COPY_MAX ? (uint32_t)lease->size : COPY_MAX;
	uint64_t offset = values_random(values, near + 1), size, wanted, done = 0;
	uint8_t bytes[COPY_MAX], *lent = session->shadow[place];
	int status, expected;

	size = values_random(values, COPY_MAX - (uint32_t)offset + 1);
	if (values_random(values, 2) && size > near - offset)
		size = near - offset;
	if (values_random(values, 16) == 0)
		offset = UINT64_MAX - values_random(values, 4);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i ^ values->state);
	expected = lease_status(session, lease, offset, size, write, &wanted);
	if (is_over && expected != SK_BAD_LEASE)
		expected = SK_CANCELED;
	status = write ? sk_lease_write(to, lease, offset, bytes, size, &done) :
		sk_lease_read(to, lease, offset, bytes, size, &done);
	check_access(session, request, status, expected, done, wanted);
	if (done == 0)
		return;
	if (write)
		memcpy(lent + offset, bytes, (size_t)done);
	else if (memcmp(lent + offset, bytes, (size_t)done) != 0)
		fuzz_found("%s: other bytes were read than lent", session_name(request));
}

void session_use_leases(struct session *session, struct session_request *request,
	const struct sk_reply *to)
{
	for (unsigned i = 0; i < request->lease_count; i++) {
		const struct sk_lease *lease = &request->leases[i];
		uint8_t *memory = sk_lease_memory(to, lease);

		/* It lasts as long as the call. */
		if (memory && (request->is_consumed || request->is_canceled ||
				lease->number > request->call->lent_count || memory !=
				session->memory[request->call->lent[lease->number - 1]]))
			fuzz_found("%s: memory that is not lent is at hand",
				session_name(request));
		use_lease(session, request, to, lease, true);
		use_lease(session, request, to, lease, false);
	}
}

void session_take_lease(void *context, const struct sk_type *type, struct sk_lease *lease)
{
	struct session_request *request = context;
	const struct session_call *call = request->call;

	(void)type;
	if (lease->number == 0)
		return;			/* left out */
	if (lease->number > call->lent_count || lease->data ||
			lease->size != call->lent_size[lease->number - 1] ||
			lease->direction & ~call->lent_direction[lease->number - 1])
		fuzz_found("%s: lease %u is another than was lent",
			session_name(request), lease->number);
	request->leases[request->lease_count++] = *lease;
}

