/*
 * The target, made ready: the schema is loaded from the texts in the program,
 * and each message of the tables found in its tree. See fuzz.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/parts.h"
#include "fuzz/session_mutate.h"

static const char *target_name = "?";

_Noreturn void fuzz_found(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "fuzz: FINDING %s: ", target_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	fflush(stderr);
	abort();
}

static _Noreturn void fail(const struct fuzz_target *target, const char *what,
	const char *name)
{
	fprintf(stderr, "fuzz: %s: %s %s\n", target->name, what, name);
	exit(2);
}

static void load(struct fuzz *fuzz)
{
	const struct fuzz_schema *schema = fuzz->target->schema;
	const struct schema_options options = {.texts = schema->sources};
	struct diagnostics *diags = diag_new(fuzz->keep);

	fuzz->schema = schema_load(fuzz->keep, diags, schema->sources[0].path,
		&options);
	if (fuzz->schema == NULL) {
		diag_print_text(diags, stderr, false);
		fail(fuzz->target, "the schema does not load:", schema->name);
	}
}

static struct declaration *find_in(const struct file *file,
	const struct sk_message_type *table)
{
	for (struct declaration *each = file->first; each; each = each->next) {
		if (each->kind == DECLARATION_MESSAGE &&
		    each->as.message.has_id && each->as.message.id == table->id &&
		    strcmp(each->name, table->name) == 0)
			return each;
	}
	return NULL;
}

/* The root file's own first: imports may have messages of the same name. */
static struct declaration *find_message(const struct fuzz *fuzz,
	const struct sk_message_type *table)
{
	struct declaration *found = find_in(fuzz->schema->root, table);

	for (const struct file *file = fuzz->schema->files; file && !found;
	     file = file->next)
		found = find_in(file, table);
	if (found == NULL)
		fail(fuzz->target, "the schema has no message", table->name);
	return found;
}

static int by_id(const void *a, const void *b)
{
	const struct fuzz_message *one = a;
	const struct fuzz_message *two = b;

	return (one->table->id > two->table->id) -
		(one->table->id < two->table->id);
}

static void find_messages(struct fuzz *fuzz)
{
	const struct sk_schema *tables = fuzz->target->schema->tables;

	fuzz->messages = arena_alloc(fuzz->keep,
		(tables->message_count + 1) * sizeof(*fuzz->messages));
	for (uint32_t i = 0; i < tables->message_count; i++) {
		fuzz->messages[i].table = &tables->messages[i];
		fuzz->messages[i].tree = find_message(fuzz, &tables->messages[i]);
	}
	fuzz->message_count = tables->message_count;
	qsort(fuzz->messages, fuzz->message_count, sizeof(*fuzz->messages), by_id);
}

static void find_subject(struct fuzz *fuzz)
{
	const char *subject = fuzz->target->subject;

	for (unsigned i = 0; i < fuzz->message_count; i++) {
		if (subject && strcmp(fuzz->messages[i].table->name, subject) == 0)
			fuzz->only = &fuzz->messages[i];
	}
	if (fuzz->only == NULL)
		fail(fuzz->target, "the tables have no message",
			subject ? subject : "(none is named)");
}

struct fuzz *fuzz_open(const struct fuzz_target *target)
{
	struct arena *keep = arena_new();
	struct fuzz *fuzz = ARENA_NEW(keep, struct fuzz);

	target_name = target->name;
	fuzz->target = target;
	fuzz->keep = keep;
	fuzz->scratch = arena_new();
	fuzz->workshop = arena_new();
	load(fuzz);
	find_messages(fuzz);
	if (target->kind == FUZZ_MESSAGE)
		find_subject(fuzz);
	return fuzz;
}

const struct fuzz_message *fuzz_message_of_id(const struct fuzz *fuzz, uint32_t id)
{
	size_t low = 0;
	size_t high = fuzz->message_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (fuzz->messages[middle].table->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fuzz->message_count &&
		fuzz->messages[low].table->id == id ? &fuzz->messages[low] : NULL;
}

const struct fuzz_message *fuzz_message_of(const struct fuzz *fuzz,
	const struct fuzz_packet *packet)
{
	uint32_t id = 0;

	if (fuzz->only)
		return fuzz->only;
	for (size_t i = 0; i < 4 && i < packet->size; i++)
		id |= (uint32_t)packet->bytes[i] << (8 * i);
	return fuzz_message_of_id(fuzz, id);
}

void fuzz_run(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
	if (fuzz->target->kind == FUZZ_MESSAGE ||
	    fuzz->target->kind == FUZZ_MESSAGES)
		fuzz_run_message(fuzz, data, size);
	else
		fuzz_run_steps(fuzz, data, size);
}
