/*
 * What was numbered, as tables of C. See instrument.h.
 */
#define _GNU_SOURCE

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tests/checkkill/instrument.h"

static bool add_inners(struct function *to, const struct function *from)
{
	bool is_more = false;

	for (unsigned i = 0; i < from->inner_count; i++) {
		unsigned j = 0;
		while (j < to->inner_count && to->inners[j] != from->inners[i])
			j++;
		if (j == COUNT(to->inners))
			abort();
		if (j == to->inner_count) {
			to->inners[to->inner_count++] = from->inners[i];
			is_more = true;
		}
	}
	return is_more;
}

/* What readers call has its checks on their behalf. */
bool table_spread(struct unit *unit)
{
	bool is_more = false;

	for (size_t i = 0; i < unit->count; i++) {
		struct function *f = &unit->functions[i];
		for (const char *at = f->body; f->role == ROLE_READER && at < f->end; at++) {
			const struct function *reader = role_called(f->body, at);
			if (reader != NULL && reader->role == ROLE_READER)
				is_more |= add_inners(f, reader);
		}
	}
	return is_more;
}

static const struct function *find(const char *name)
{
	ENTRY wanted = { (char *)name, NULL };

	return hsearch(wanted, FIND)->data;
}

void table_print_sites(struct job *job)
{
	fprintf(job->to, "struct ck_site ck_sites_%s[] = {\n", job->name);
	for (size_t i = 0; i < job->site_count; i++) {
		const struct site *site = &job->sites[i];
		fprintf(job->to, "\t{ \"%s\", ", site->function->name);
		scan_print_quoted(job->to, site->text);
		fprintf(job->to, ", %u, %d, ", site->nth, site->function->is_reached);
		if (site->reader == NULL) {
			fputs("NULL },\n", job->to);
			continue;
		}
		const struct function *reader = find(site->reader);
		fputs("(const unsigned short[]){ ", job->to);
		for (unsigned n = 0; n < reader->inner_count; n++)
			fprintf(job->to, "%u, ", reader->inners[n]);
		fputs("0 } },\n", job->to);
	}
	fputs("\t{ NULL, NULL, 0, 0, NULL }\n};\n", job->to);
}

/* It only passes on to the one that has room. */
static bool passes_on(const struct function *f)
{
	const char *at = strstr(f->body, "_decode_into(");

	return at != NULL && at < f->end;
}

/* The messages' decoders, all with the same parameters. */
static void print_messages(struct job *job, const struct unit *unit)
{
	for (size_t i = 0; i < unit->count; i++) {
		const struct function *f = &unit->functions[i];
		bool is_into = scan_ends(f->name, "_decode_into");
		if (!role_is_decoder(f) || passes_on(f))
			continue;
		fprintf(job->to, "\tX(%.*s, %s%s%s) \\\n",
			(int)(strlen(f->name) - (is_into ? 12 : 7)), f->name,
			is_into ? "into" : "plain",
			role_mentions(f, "struct sk_attached *") ? "_beside" : "", "");
	}
}

void table_print(struct job *job, const struct unit *units)
{
	fprintf(job->to, "#include \"%s.skald.h\"\n#include \"tests/checkkill/table.h\"\n",
		job->name);
	fputs("#define MESSAGES(X) \\\n", job->to);
	print_messages(job, &units[0]);
	print_messages(job, &units[1]);
	fputs("\n", job->to);
	fprintf(job->to, "CK_TABLES(%s)\n", job->name);
}

static void reach(struct function *f)
{
	if (f->is_reached)
		return;
	f->is_reached = true;
	for (const char *at = f->body; at < f->end; at++) {
		struct function *reader = role_called(f->body, at);
		if (reader != NULL && reader->role == ROLE_READER && !reader->is_runtime)
			reach(reader);
		if (reader != NULL && reader->role == ROLE_GUARD && scan_ends(reader->name, "_at"))
			reach(reader);
	}
}

void table_reach(struct unit *unit)
{
	for (size_t i = 0; i < unit->count; i++)
		if (role_is_decoder(&unit->functions[i]))
			reach(&unit->functions[i]);
}

