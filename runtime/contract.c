/*
 * Contracts of the two sides of a connection: the question, its answer, and what
 * they are compared by. See contract.h.
 *
 * The request 6 has, behind its head, the client's fingerprint (u64), a row (u32) and
 * what is asked (u32): rows from that one on, or its text. The answer 7 has the
 * server's fingerprint (u64), how many rows there are (u32) and how many come (u32),
 * each of 32 bytes: key, parent (u64), shape, limit, flags (u32), 0; or the text's
 * size instead, and the text.
 */
#include "runtime/contract.h"

#include "runtime/codec.h"

#define REQUEST_SIZE 24
#define ANSWER_HEAD 24
#define ROW_SIZE 32

enum question { ASK_ROWS, ASK_TEXT };

/* ---- the server ---- */

static uint32_t text_size(const char *text)
{
	uint32_t size = 0;

	while (text[size] != '\0' && size < SK_CONTRACT_TEXT - 1)
		size++;
	return size;
}

static void put_row(uint8_t *to, const struct sk_contract_row *row)
{
	sk_put_uint64(to, row->key);
	sk_put_uint64(to + 8, row->parent);
	sk_put_uint32(to + 16, row->shape);
	sk_put_uint32(to + 20, row->limit);
	sk_put_uint32(to + 24, row->flags);
	sk_put_uint32(to + 28, 0);
}

static uint32_t put_rows(uint8_t *to, uint32_t room, const struct sk_contract *contract,
	uint32_t from)
{
	uint32_t count = 0;

	while (from + count < contract->count && (count + 1) * ROW_SIZE <= room) {
		put_row(to + count * ROW_SIZE, &contract->rows[from + count]);
		count++;
	}
	return count;
}

int sk_contract_serve(const struct sk_contract *contract, struct sk_incoming *incoming)
{
	const struct sk_message *asked = incoming->message;
	uint32_t from, what, count, size = ANSWER_HEAD;
	struct sk_message *answer;

	if (incoming->reply.port == NULL)
		return sk_refuse(incoming, SK_UNKNOWN_METHOD);
	if (asked->size != REQUEST_SIZE || sk_get_uint32(asked->bytes + 4) != 0 ||
			asked->attached.handle_count != 0 || asked->attached.lease_count != 0)
		return sk_refuse(incoming, SK_MALFORMED);
	from = sk_get_uint32(asked->bytes + 16);
	what = sk_get_uint32(asked->bytes + 20);
	if (what > ASK_TEXT || from > contract->count ||
			(what == ASK_TEXT && from == contract->count))
		return sk_refuse(incoming, SK_INVALID);
	answer = &incoming->reply.port->answer;
	if (what == ASK_TEXT) {
		count = text_size(contract->rows[from].text);
		memcpy(answer->bytes + ANSWER_HEAD, contract->rows[from].text, count);
		size += count;
	} else if (sk_get_uint64(asked->bytes + 8) == contract->fingerprint) {
		count = 0;		/* it has them */
	} else {
		count = put_rows(answer->bytes + ANSWER_HEAD, answer->capacity - ANSWER_HEAD,
			contract, from);
		size += count * ROW_SIZE;
	}
	sk_put_uint32(answer->bytes, SK_CONTRACT_ID + 1);
	sk_put_uint32(answer->bytes + 4, 0);
	sk_put_uint64(answer->bytes + 8, contract->fingerprint);
	sk_put_uint32(answer->bytes + 16, contract->count);
	sk_put_uint32(answer->bytes + 20, count);
	sk_answer(&incoming->reply, (int)size);
	return SK_OK;
}

/* ---- the client: asking ---- */

struct check {
	struct sk_channel *channel;
	const struct sk_contract *mine;
	struct sk_contract_difference *difference;
	const struct sk_call *call;
	uint32_t count;			/* the server's rows */
	uint8_t seen[SK_CONTRACT_ROWS_MAX / 8];	/* of mine: the server has it too */
};

/* The answer is the channel's reply; its `count` is within it. */
static int ask(const struct check *check, uint32_t from, enum question what)
{
	static const struct sk_method method = {SK_CONTRACT_ID + 1, 0, SK_METHOD_IDEMPOTENT};
	struct sk_channel *channel = check->channel;
	uint8_t *bytes = channel->request.bytes;
	const struct sk_message *reply = &channel->reply;
	uint32_t unit = what == ASK_TEXT ? 1 : ROW_SIZE;
	int status;

	sk_attach_none(&channel->request.attached);
	sk_put_uint32(bytes, SK_CONTRACT_ID);
	sk_put_uint32(bytes + 4, 0);
	sk_put_uint64(bytes + 8, check->mine->fingerprint);
	sk_put_uint32(bytes + 16, from);
	sk_put_uint32(bytes + 20, what);
	status = sk_invoke(channel, REQUEST_SIZE, &method, check->call);
	sk_discard(channel);
	if (status != SK_OK)
		return status;
	if (reply->size < ANSWER_HEAD || sk_get_uint32(reply->bytes + 4) != 0 ||
			(reply->size - ANSWER_HEAD) % unit != 0 ||
			(reply->size - ANSWER_HEAD) / unit != sk_get_uint32(reply->bytes + 20))
		return SK_MALFORMED;
	return SK_OK;
}

static struct sk_contract_row get_row(const uint8_t *from)
{
	return (struct sk_contract_row){
		.key = sk_get_uint64(from), .parent = sk_get_uint64(from + 8),
		.shape = sk_get_uint32(from + 16), .limit = sk_get_uint32(from + 20),
		.flags = sk_get_uint32(from + 24),
	};
}

/* ---- the client: comparing ---- */

static const struct sk_contract_row *find(const struct sk_contract *contract, uint64_t key)
{
	for (uint32_t i = 0; i < contract->count; i++)
		if (contract->rows[i].key == key)
			return &contract->rows[i];
	return NULL;
}

static bool is_seen(const struct check *check, const struct sk_contract_row *row)
{
	uint32_t place = (uint32_t)(row - check->mine->rows);

	return check->seen[place / 8] >> (place % 8) & 1;
}

/* The roles of a side, as far as this row goes. */
static bool writes(uint32_t flags, bool is_client)
{
	return flags & (is_client ? SK_CONTRACT_REQUEST : SK_CONTRACT_REPLY);
}

/* A side has it, and the other has what it is within. */
static bool may_have_alone(uint32_t flags, bool is_client)
{
	if (flags & SK_CONTRACT_FREE)
		return true;
	if (flags & SK_CONTRACT_TAGGED)
		return !writes(flags, is_client);
	return (flags & SK_CONTRACT_DEMAND) && !writes(flags, !is_client);
}

static bool do_agree(const struct sk_contract_row *mine, const struct sk_contract_row *theirs)
{
	uint32_t flags = mine->flags;

	return mine->shape == theirs->shape && flags == theirs->flags &&
		(!writes(flags, true) || mine->limit <= theirs->limit) &&
		(!writes(flags, false) || theirs->limit <= mine->limit);
}

/* ---- the client: telling ---- */

static void copy_text(char *to, const char *from, uint32_t size)
{
	if (size > SK_CONTRACT_TEXT - 1)
		size = SK_CONTRACT_TEXT - 1;
	for (uint32_t i = 0; i < size; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[size] = '\0';
}

/* Without a row of the server's (`place` beyond all) only what is here. */
static int tell(const struct check *check, const struct sk_contract_row *mine, uint32_t place)
{
	const struct sk_message *reply = &check->channel->reply;

	if (mine)
		copy_text(check->difference->here, mine->text, text_size(mine->text));
	if (place < check->count && ask(check, place, ASK_TEXT) == SK_OK)
		copy_text(check->difference->there, (const char *)reply->bytes + ANSWER_HEAD,
			reply->size - ANSWER_HEAD);
	return SK_MISMATCH;
}

/* One row of the server's. */
static int compare(struct check *check, const struct sk_contract_row *theirs, uint32_t place)
{
	const struct sk_contract_row *mine = find(check->mine, theirs->key);
	uint32_t at;

	if (!mine)
		return (theirs->parent != 0 && !find(check->mine, theirs->parent)) ||
			may_have_alone(theirs->flags, false) ? SK_OK :
			tell(check, NULL, place);
	at = (uint32_t)(mine - check->mine->rows);
	check->seen[at / 8] |= (uint8_t)(1u << at % 8);
	return do_agree(mine, theirs) ? SK_OK : tell(check, mine, place);
}

static int compare_rest(const struct check *check)
{
	const struct sk_contract *mine = check->mine;

	for (uint32_t i = 0; i < mine->count; i++) {
		const struct sk_contract_row *row = &mine->rows[i], *parent;

		if (is_seen(check, row) || may_have_alone(row->flags, true))
			continue;
		parent = row->parent != 0 ? find(mine, row->parent) : NULL;
		if (!parent || is_seen(check, parent))
			return tell(check, row, UINT32_MAX);
	}
	return SK_OK;
}

static int compare_all(struct check *check)
{
	const struct sk_message *reply = &check->channel->reply;
	struct sk_contract_row row;
	uint32_t count, done = 0;
	int status;

	while (done < check->count) {
		status = ask(check, done, ASK_ROWS);
		if (status != SK_OK)
			return status;
		count = sk_get_uint32(reply->bytes + 20);
		if (count == 0 || count > check->count - done)
			return SK_MALFORMED;
		for (uint32_t i = 0; i < count; i++) {
			row = get_row(reply->bytes + ANSWER_HEAD + i * ROW_SIZE);
			status = compare(check, &row, done + i);
			if (status != SK_OK)
				return status;
		}
		done += count;
	}
	return compare_rest(check);
}

int sk_contract_check(struct sk_channel *channel, const struct sk_contract *mine,
	struct sk_contract_difference *difference, const struct sk_call *call)
{
	struct check check = {
		.channel = channel, .mine = mine, .difference = difference, .call = call,
	};
	int status;

	difference->here[0] = difference->there[0] = '\0';
	status = ask(&check, 0, ASK_ROWS);
	if (status == SK_UNKNOWN_METHOD)
		return SK_OK;
	if (status != SK_OK)
		return status;
	if (sk_get_uint64(channel->reply.bytes + 8) == mine->fingerprint)
		return SK_OK;
	check.count = sk_get_uint32(channel->reply.bytes + 16);
	if (check.count > SK_CONTRACT_ROWS_MAX || mine->count > SK_CONTRACT_ROWS_MAX)
		return SK_TOO_BIG;
	return compare_all(&check);
}
