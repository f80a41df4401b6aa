/*
 * Usage: evolve [-o DIR] SEED COUNT [SCHEMA...]
 *
 * COUNT times a schema, made up or one of those, is changed a little. What `skald
 * diff` says of the two is held against random messages that programs of the one
 * write and programs of the other read. No direction that is said to work may fail;
 * and it is counted how often one that is said to break was seen to.
 *
 * With -o some of the directions that work are left in DIR for generated C: the reader's
 * schema as pairN.skald, and what it has to read as pairN.lines, as `skald conform` takes them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/diff.h"
#include "compiler/facts.h"
#include "compiler/wire.h"
#include "idl/schema.h"
#include "tests/evolve/evolve.h"

#define TEXTS_MAX 32
#define MESSAGES_MAX 2000
#define LEFT_MAX 4

struct evolve {
	struct arena *arena;		/* of one pair */
	uint64_t state;
	struct source_text texts[TEXTS_MAX];
	size_t text_count;
	unsigned long pairs;
	unsigned long exchanged;
	unsigned long directions[2];	/* said to work, to break */
	unsigned long shown;		/* of the latter, by some message */
	unsigned long codes[DIFF_CODE_COUNT];
	unsigned long failed;
	const char *folder;		/* -o, or NULL */
	unsigned left;			/* directions that were left there */
	FILE *lines;			/* of one that is */
};

/* ---- exchange ---- */

static const struct value *named(const struct value *object, const struct value_member *as)
{
	for (size_t i = 0; i < object->as.object.count; i++) {
		const struct value_member *m = &object->as.object.members[i];

		if (m->name_size == as->name_size &&
		    memcmp(m->name, as->name, m->name_size) == 0)
			return &m->value;
	}
	return NULL;
}

/* What both name is the same. Text and bytes, numbers and truth: not compared. */
static bool is_same_value(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return true;
	switch (a->kind) {
	case VALUE_INTEGER:
		return a->as.integer.negative == b->as.integer.negative &&
			a->as.integer.low == b->as.integer.low;
	case VALUE_BOOL:
		return a->as.truth == b->as.truth;
	case VALUE_LIST:
		if (a->as.list.count != b->as.list.count)
			return false;
		for (size_t i = 0; i < a->as.list.count; i++) {
			if (!is_same_value(value_item(a, i), value_item(b, i)))
				return false;
		}
		return true;
	case VALUE_OBJECT:
		for (size_t i = 0; i < a->as.object.count; i++) {
			const struct value_member *m = &a->as.object.members[i];
			const struct value *other = named(b, m);

			if (other && !is_same_value(&m->value, other))
				return false;
		}
		return true;
	default:
		return a->as.string.size == b->as.string.size && (a->as.string.size == 0 ||
			memcmp(a->as.string.data, b->as.string.data, a->as.string.size) == 0);
	}
}

static bool is_same_bytes(const struct wire_bytes *a, const struct wire_bytes *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* NULL if the reader takes the message for what it is; else what went wrong. */
static const char *read_it(struct evolve *evolve, const struct declaration *writer,
	const struct declaration *reader, const struct wire_bytes *head,
	const struct wire_bytes *tail)
{
	static const struct wire_decode_options decode;
	static const struct wire_encode_options encode;
	struct wire_view views[2] = {{head->data, head->size}, {tail->data, tail->size}};
	struct wire_bytes again[2] = {{0}, {0}};
	struct value wrote, came;
	struct wire_fault fault;

	if (!wire_decode(evolve->arena, writer, views[0], views[1], &decode, &wrote, &fault))
		return "its own writer cannot read it";
	if (!wire_decode(evolve->arena, reader, views[0], views[1], &decode, &came, &fault))
		return wire_fault_text(evolve->arena, &fault);
	if (!is_same_value(&wrote, &came))
		return "a value of the same name is another";
	if (!wire_encode(evolve->arena, reader, &came, &encode, &again[0], &again[1], &fault))
		return wire_fault_text(evolve->arena, &fault);
	return is_same_bytes(head, &again[0]) && is_same_bytes(tail, &again[1]) ? NULL
		: "written again it has other bytes";
}

/* The message of the other schema: of that name, or else of that id. */
static const struct declaration *counterpart(const struct schema *schema,
	const struct declaration *message)
{
	const struct declaration *found = schema_message(schema, message->qualified);

	for (const struct declaration *d = schema->root->first; !found && d; d = d->next) {
		if (d->kind == DECLARATION_MESSAGE && d->as.message.has_id &&
		    d->as.message.id == message->as.message.id &&
		    d->as.message.group == message->as.message.group)
			return d;
	}
	return found;
}

static void leave_hex(FILE *to, const struct wire_bytes *bytes)
{
	for (size_t i = 0; i < bytes->size; i++)
		fprintf(to, "%02x", bytes->data[i]);
	fputs(bytes->size == 0 ? "-" : "", to);
}

static void leave_message(const struct evolve *evolve, const struct declaration *reader,
	const struct wire_bytes *head, const struct wire_bytes *tail)
{
	if (evolve->lines == NULL)
		return;
	fprintf(evolve->lines, "D %s ", reader->name);
	leave_hex(evolve->lines, head);
	fputc(' ', evolve->lines);
	leave_hex(evolve->lines, tail);
	fputc('\n', evolve->lines);
}

/* A random message, in the direction. NULL: it was read, or could not be made. */
static const char *exchange_one(struct evolve *evolve, const struct declaration *writer,
	const struct declaration *reader)
{
	static const struct wire_encode_options encode;
	struct wire_bytes head = {0}, tail = {0};
	struct wire_fault fault;
	bool small = random_one_in(&evolve->state, 2);
	struct value value = value_random(evolve->arena, &evolve->state, writer, small);

	if (!wire_encode(evolve->arena, writer, &value, &encode, &head, &tail, &fault))
		return NULL;
	evolve->exchanged++;
	leave_message(evolve, reader, &head, &tail);
	return read_it(evolve, writer, reader, &head, &tail);
}

static size_t list_messages(const struct schema *schema, const struct declaration **to,
	size_t max)
{
	size_t count = 0;

	for (const struct declaration *d = schema->root->first; d; d = d->next) {
		if (d->kind == DECLARATION_MESSAGE && d->as.message.has_id && count < max)
			to[count++] = d;
	}
	return count;
}

struct outcome {
	const char *why;		/* NULL: all was read */
	const char *message;
};

/* All messages of a schema, of a small one more often. */
static struct outcome exchange(struct evolve *evolve, const struct schema *writer,
	const struct schema *reader)
{
	const struct declaration *messages[MESSAGES_MAX];
	size_t count = list_messages(writer, messages, MESSAGES_MAX);
	size_t rounds = count < 20 ? 12 : 2;

	for (size_t i = 0; i < count * rounds; i++) {
		const struct declaration *message = messages[i % count];
		const struct declaration *other = counterpart(reader, message);
		const char *why = other ? exchange_one(evolve, message, other)
			: "there is no such message";

		if (why)
			return (struct outcome){why, message->qualified};
	}
	return (struct outcome){0};
}

/* ---- one pair ---- */

static struct schema *load(struct evolve *evolve, const char *path, const char *text)
{
	struct source_text texts[TEXTS_MAX + 1];
	struct schema_options options = {.texts = texts};

	memcpy(texts, evolve->texts, sizeof(evolve->texts));
	texts[evolve->text_count] = (struct source_text){0};
	for (size_t i = 0; i < evolve->text_count; i++) {
		if (strcmp(texts[i].path, path) == 0) {
			texts[i].text = text;
			texts[i].size = strlen(text);
		}
	}
	return schema_load(evolve->arena, diag_new(evolve->arena), path, &options);
}

static void write_file(const char *name, const char *text)
{
	FILE *to = fopen(name, "w");

	if (to == NULL || fputs(text, to) == EOF || fclose(to) != 0) {
		perror(name);
		exit(2);
	}
}

static void complain(struct evolve *evolve, const char *direction,
	const struct outcome *outcome, const char *texts[2], uint64_t seed)
{
	evolve->failed++;
	printf("# %s was said to work, but of %s: %s\n# again with seed %" PRIu64
		"; the schemas are in evolve.old and evolve.new\n", direction,
		outcome->message, outcome->why, seed);
	write_file("evolve.old.skald", texts[0]);
	write_file("evolve.new.skald", texts[1]);
}

/* Of a made-up schema: real ones have imports. */
static void open_lines(struct evolve *evolve, const struct schema *reader, const char *text)
{
	const char *stem;

	if (evolve->folder == NULL || evolve->left == LEFT_MAX || reader->root->imports ||
	    strcmp(reader->root->name, "random.skald") != 0)
		return;
	stem = arena_printf(evolve->arena, "%s/pair%u", evolve->folder, evolve->left++);
	write_file(arena_printf(evolve->arena, "%s.skald", stem), text);
	evolve->lines = fopen(arena_printf(evolve->arena, "%s.lines", stem), "w");
}

static void close_lines(struct evolve *evolve)
{
	if (evolve->lines)
		fclose(evolve->lines);
	evolve->lines = NULL;
}

static void judge(struct evolve *evolve, const struct schema *schemas[2],
	const char *texts[2], uint64_t seed)
{
	static const char *const names[] = {
		"an old reader of what is newly written", "a new reader of what was written before",
	};
	struct value old_facts = facts_of(evolve->arena, schemas[0]);
	struct value new_facts = facts_of(evolve->arena, schemas[1]);
	struct diff_result result = diff_facts(evolve->arena, &old_facts, &new_facts);

	for (const struct diff_change *c = result.first; c; c = c->next)
		evolve->codes[c->rule - diff_rules]++;
	for (unsigned i = 0; i < 2; i++) {
		bool breaks = result.breaks >> i & 1;
		struct outcome outcome;

		if (!breaks && result.first)
			open_lines(evolve, schemas[i], texts[i]);
		outcome = exchange(evolve, schemas[1 - i], schemas[i]);
		close_lines(evolve);
		evolve->directions[breaks]++;
		if (breaks)
			evolve->shown += outcome.why != NULL;
		else if (outcome.why && strcmp(outcome.why, "there is no such message") != 0)
			complain(evolve, names[i], &outcome, texts, seed);
	}
	if ((result.breaks != 0) != (result.class == DIFF_WIRE)) {
		evolve->failed++;
		printf("# class %s, but %u\n", diff_class_name(result.class), result.breaks);
	}
	evolve->pairs++;
}

/* A pair from this state on. False: the change made it no schema. */
static bool one_pair(struct evolve *evolve, uint64_t seed)
{
	size_t chosen = random_below(&evolve->state, evolve->text_count);
	const struct source_text *source = &evolve->texts[chosen];
	const char *path = source->path;
	const char *texts[2] = {source->text, NULL};
	struct schema *schemas[2];

	if (*texts[0] == '\0')
		texts[0] = schema_random(evolve->arena, &evolve->state);
	texts[1] = texts[0];
	for (size_t edits = 1 + random_below(&evolve->state, 2); edits > 0; edits--) {
		texts[1] = schema_edited(evolve->arena, &evolve->state, texts[1]);
		if (texts[1] == NULL)
			return false;
	}
	schemas[0] = load(evolve, path, texts[0]);
	schemas[1] = schemas[0] ? load(evolve, path, texts[1]) : NULL;
	if (schemas[1] == NULL)
		return false;
	judge(evolve, (const struct schema *[2]){schemas[0], schemas[1]}, texts, seed);
	return true;
}

/* ---- all ---- */

static const char *read_file(struct arena *arena, const char *path, size_t *size)
{
	FILE *from = fopen(path, "r");
	char *text = arena_alloc(arena, SOURCE_SIZE_MAX + 1);

	if (from == NULL) {
		perror(path);
		exit(2);
	}
	*size = fread(text, 1, SOURCE_SIZE_MAX, from);
	fclose(from);
	return arena_copy(arena, text, *size);
}

static void add_texts(struct evolve *evolve, struct arena *arena, int count, char **paths)
{
	/* Every other schema is made up. */
	evolve->texts[evolve->text_count++] = (struct source_text){"random.skald", "", 0};
	for (int i = 0; i < count && evolve->text_count < TEXTS_MAX; i++) {
		const char *slash = strrchr(paths[i], '/');
		struct source_text *to = &evolve->texts[evolve->text_count++];

		to->path = slash ? slash + 1 : paths[i];
		to->text = read_file(arena, paths[i], &to->size);
	}
}

static int report(const struct evolve *evolve)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < DIFF_CODE_COUNT; i++)
		seen += evolve->codes[i] != 0;
	printf("# %lu pairs, %lu messages, %u of %u kinds of change; %lu directions were said "
		"to work, %lu to break, of which %lu were seen to\n", evolve->pairs,
		evolve->exchanged, seen, (unsigned)DIFF_CODE_COUNT, evolve->directions[0],
		evolve->directions[1], evolve->shown);
	return evolve->failed != 0;
}

int main(int argc, char **argv)
{
	struct arena *lasting = arena_new();
	struct evolve evolve = {.arena = arena_new()};
	uint64_t seed;
	unsigned long wanted;

	if (argc > 3 && strcmp(argv[1], "-o") == 0) {
		evolve.folder = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc < 3) {
		fputs("usage: evolve [-o DIR] SEED COUNT [SCHEMA...]\n", stderr);
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	wanted = strtoul(argv[2], NULL, 10);
	add_texts(&evolve, lasting, argc - 3, argv + 3);
	for (; evolve.pairs < wanted && evolve.failed == 0; seed++) {
		/* Each pair by a seed of its own, so that it can be had again. */
		evolve.state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
		one_pair(&evolve, seed);
		arena_reset(evolve.arena);
	}
	arena_free(evolve.arena);
	arena_free(lasting);
	return report(&evolve);
}
