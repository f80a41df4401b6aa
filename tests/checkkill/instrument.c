/*
 * Usage: instrument OUT RUNTIME GENERATED NAME...
 *
 * Numbers every check of the decoders that `skald c` wrote into the folder
 * GENERATED as NAME.skald.h and NAME.skald.c, and of the runtime's readers, and
 * writes copies of them to OUT in which each can be switched off (ck.h), with
 * tables of them all. Encoders, clients and servers are left out.
 *
 * A refusal that it does not understand ends it with status 2: what it numbers
 * is all there is. For each NAME it prints a line of how many refusals stand in
 * functions that read again what was checked ("guards").
 */
#define _GNU_SOURCE

#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/checkkill/instrument.h"

/* ---- sites and checks ---- */

static void add_site(struct job *job, const char *from, const char *end,
	const struct function *reader)
{
	struct site *site;
	size_t i = job->site_count;

	if (job->site_count % 1024 == 0)
		job->sites = realloc(job->sites, (job->site_count + 1024) * sizeof *job->sites);
	site = &job->sites[job->site_count++];
	site->function = job->function;
	site->text = scan_squeeze(from, end);
	site->nth = 1;
	site->reader = reader != NULL ? reader->name : NULL;
	while (i-- > 0 && job->sites[i].function == site->function) {
		if (strcmp(job->sites[i].text, site->text) == 0) {
			site->nth = job->sites[i].nth + 1;
			break;
		}
	}
	fprintf(job->to, "&ck_sites_%s[%zu]", job->name, job->site_count - 1);
}

static void copy(struct job *job, const char *from, const char *end)
{
	fwrite(from, 1, (size_t)(end - from), job->to);
}

/* The check, up to its argument: "ck_own(&ck_sites_fs[7], " */
static void begin_check(struct job *job, const char *from, const char *end)
{
	if (!job->unit->is_runtime) {
		fputs("ck_own(", job->to);
		add_site(job, from, end, NULL);
		fputs(", ", job->to);
		return;
	}
	struct function *f = job->function;
	if (f->inner_count == COUNT(f->inners))
		scan_die(job->unit, from, "too many checks");
	f->inners[f->inner_count++] = (unsigned short)++job->inner_count;
	fprintf(job->to, "ck_inner(%u, ", job->inner_count);
	fprintf(job->inners, "\t{ \"%s\", ", f->name);
	scan_print_quoted(job->inners, scan_squeeze(from, end));
	fputs(" },\n", job->inners);
}

/* A part of a condition that refuses as a whole if this does. `is_good`: it is
 * what must be true, not what refuses. */
static void print_part(struct job *job, const char *from, const char *end, bool is_good)
{
	static const char *const passed[] = { "varint.at == NULL", "from == NULL",
		"from != NULL", "SK_LENIENT" };
	const char *inner = from;
	const char *inner_end = end;

	scan_strip(&inner, &inner_end);
	const struct function *reader = role_reader_in(job->unit, inner, inner_end);
	char *text = scan_squeeze(inner, inner_end);
	copy(job, from, scan_blanks(from));
	if (scan_is_one_of(text, passed, COUNT(passed))
	    || (reader != NULL && (job->unit->is_runtime || !reader->is_runtime))) {
		copy(job, scan_blanks(from), end);
	} else if (reader != NULL) {
		fputs("(ck_at(", job->to);
		add_site(job, inner, inner_end, reader);
		fprintf(job->to, "), %.*s)", (int)(end - from), from);
	} else {
		fputs(is_good ? "!" : "", job->to);
		begin_check(job, inner, inner_end);
		fprintf(job->to, is_good ? "!(%.*s))" : "(%.*s))", (int)(inner_end - inner), inner);
	}
	free(text);
}

/* All parts, divided by "||" if they refuse, by "&&" if they must be true. */
static void print_parts(struct job *job, const char *from, const char *end, bool is_good)
{
	const char *by = is_good ? "&&" : "||";
	const char *part;

	if (!is_good)
		scan_strip(&from, &end);
	for (part = scan_divide(from, end, by); part != end; part = scan_divide(from, end, by)) {
		print_part(job, from, part, is_good);
		fprintf(job->to, " %s", by);
		from = part + 2;
	}
	print_part(job, from, end, is_good);
}

/* ---- statements ---- */

/* "return X;" where X refuses. */
static bool is_refusal(const char *at)
{
	static const char *const values[] = { "false", "NULL", "none", "SK_MALFORMED",
		"sk_read_done(in, &copy, false)", "sk_refusal(room)",
		"sk_refusal_beside(room, attached)", "sk_refusal_beside(NULL, attached)" };

	if (!scan_is_word(at, at, "return"))
		return false;
	char *value = scan_squeeze(at + 6, strchr(at, ';'));
	bool is = scan_is_one_of(value, values, COUNT(values));
	free(value);
	return is;
}

/* A block of plain statements of which the last refuses. */
static bool is_refusing_block(const struct job *job, const char *open)
{
	const char *end = scan_bracket(job->unit, open) - 1;
	const char *last = NULL;

	for (const char *at = open; at < end; at++) {
		if (scan_is_word(open, at, "if") || scan_is_word(open, at, "for"))
			return false;
		if (scan_is_word(open, at, "return"))
			last = at;
	}
	return last != NULL && is_refusal(last);
}

static const char *print_if(struct job *job, const char *at)
{
	const char *open = strchr(at, '(');
	const char *end = scan_bracket(job->unit, open);
	const char *then = scan_blanks(end);

	copy(job, at, open + 1);
	if (is_refusal(then)) {
		print_parts(job, open + 1, end - 1, false);
		end = strchr(then, ';') + 1;
		fprintf(job->to, ") %.*s", (int)(end - then), then);
		return end;
	}
	if (*then == '{' && is_refusing_block(job, then)) {
		print_parts(job, open + 1, end - 1, false);
		then = scan_bracket(job->unit, then);
		copy(job, end - 1, then);
		return then;
	}
	if (!job->unit->is_runtime && role_reader_in(job->unit, open, end) != NULL)
		scan_die(job->unit, at, "it reads, but does not refuse");
	copy(job, open + 1, end);
	return end;
}

static const char *print_for(struct job *job, const char *at)
{
	const char *open = strchr(at, '(');
	const char *end = scan_bracket(job->unit, open);

	if (scan_is_word(at, at, "for"))
		open = scan_divide(open + 1, end, ";");
	copy(job, at, open + 1);
	fputs(" ck_step() && ", job->to);
	copy(job, open + 1, end);
	return end;
}

/* The function's last return, which passes on what a reader before it said. */
static bool passes_on(const struct job *job)
{
	static const char *const names[] = { "sk_get_handle", "sk_get_lease", "sk_take_all" };

	return job->unit->is_runtime && scan_is_one_of(job->function->name, names, COUNT(names));
}

static void print_bare_refusal(struct job *job, const char *at)
{
	static const char text[] = "no such value";
	bool is_last = strncmp(scan_blanks(strchr(at, ';') + 1), "}\n}", 3) == 0;

	if (job->unit->is_runtime || !job->function->is_bool)
		scan_die(job->unit, at, "a refusal without a condition");
	fputs(is_last ? "return !" : "if (", job->to);
	begin_check(job, text, text + sizeof text - 1);
	fputs(is_last ? "true);" : "true)) return false;", job->to);
}

static const char *print_return(struct job *job, const char *at)
{
	static const char *const values[] = { "true", "0", "varint", "from" };
	const char *from = at + 6;
	const char *end = strchr(at, ';');
	char *value = scan_squeeze(from, end);

	if (passes_on(job) && scan_blanks(end + 1) == job->function->end) {
		copy(job, at, end + 1);
	} else if (is_refusal(at)) {
		print_bare_refusal(job, at);
	} else if (scan_is_one_of(value, values, COUNT(values)) || scan_starts(value, "sk_read_done(")) {
		copy(job, at, end + 1);
	} else if (job->function->is_bool || role_reader_in(job->unit, from, end) != NULL) {
		fputs("return ", job->to);
		print_parts(job, from, end, true);
		fputc(';', job->to);
	} else {
		scan_die(job->unit, at, "a return of who knows what");
	}
	free(value);
	return end + 1;
}

/* A reader outside of a condition: what it gives is looked at later. */
static const char *print_call(struct job *job, const char *at, const struct function *reader)
{
	const char *end = scan_bracket(job->unit, strchr(at, '('));

	if (job->unit->is_runtime || !reader->is_runtime) {
		copy(job, at, end);
		return end;
	}
	if (strcmp(reader->name, "sk_take_bytes") != 0)
		scan_die(job->unit, at, "it reads, and nobody looks");
	fputs("(ck_at(", job->to);
	add_site(job, at, end, reader);
	fprintf(job->to, "), %.*s)", (int)(end - at), at);
	return end;
}

/* A word that a reader fetches, which was told where the bytes end. */
static bool is_load(const struct job *job, const char *start, const char *at)
{
	return job->unit->is_runtime && role_mentions(job->function, "const uint8_t *end")
		&& scan_is_word(start, at, "sk_get_uint64");
}

static const char *print_load(struct job *job, const char *at)
{
	const char *open = strchr(at, '(');
	const char *end = scan_bracket(job->unit, open);

	fprintf(job->to, "(ck_load(%.*s, 8, end), %.*s)", (int)(end - open - 2), open + 1,
		(int)(end - at), at);
	return end;
}

/* One statement, or one character of something else. */
static const char *print_next(struct job *job, const char *start, const char *at)
{
	const struct function *f;
	const char *end = NULL;

	if (scan_starts(at, "/*"))
		end = strstr(at, "*/") + 2;
	else if (scan_starts(at, "#if SK_LENIENT\n"))
		end = strstr(at, "#else") + 5;
	else if (scan_is_word(start, at, "if"))
		return print_if(job, at);
	else if (scan_is_word(start, at, "for") || scan_is_word(start, at, "while"))
		return print_for(job, at);
	else if (scan_is_word(start, at, "return"))
		return print_return(job, at);
	else if (scan_is_word(start, at, "goto") || *at == '?')
		return *at == '?' && !job->unit->is_runtime ? (fputc('?', job->to), at + 1)
			: (scan_die(job->unit, at, "control that is not understood"), at);
	else if (is_load(job, start, at))
		return print_load(job, at);
	else if ((f = role_called(start, at)) != NULL && f->role == ROLE_READER)
		return print_call(job, at, f);
	else
		end = at + 1;
	copy(job, at, end);
	return end;
}

static void print_reader(struct job *job, struct function *f)
{
	job->function = f;
	copy(job, f->header, f->body);
	if (f->is_runtime && role_mentions(f, "struct sk_reader *in") && !scan_starts(f->name, "sk_open_"))
		fputs("\n\tck_reader(in->at, in->end);", job->to);
	for (const char *at = f->body; at < f->end;)
		at = print_next(job, f->body, at);
}

/* ---- what is not to be instrumented ---- */

static bool is_dropped(const struct function *f)
{
	static const char *const with[] = { "struct sk_writer", "struct sk_channel",
		"struct sk_reply", "struct sk_incoming", "struct sk_ring",
		"struct sk_completion", "struct sk_events", "struct sk_message", "_encode(", "_attach(" };

	for (size_t i = 0; i < COUNT(with); i++)
		if (role_mentions(f, with[i]))
			return true;
	return false;
}

/* Whatever else refuses messages is known. */
static void check_other(const struct unit *unit, const struct function *f)
{
	static const char event[] = "== 3 ? 0 : SK_MALFORMED";
	const char *at = strstr(f->body, "SK_MALFORMED");

	if (at != NULL && at < f->end && !unit->is_runtime
	    && !scan_starts(at - (sizeof event - 13), event))
		scan_die(unit, at, "a refusal outside of decoders");
	at = strstr(f->header, "struct sk_reader");
	if (at != NULL && at < f->end && !unit->is_runtime)
		scan_die(unit, at, "it reads, but is no decoder");
}

static unsigned count_refusals(const struct function *f)
{
	unsigned count = 0;

	for (const char *at = f->body; at < f->end; at++)
		count += scan_starts(at, "return sk_list_stop(");
	return count;
}

static void print_function(struct job *job, struct function *f)
{
	bool is_source = scan_ends(job->unit->path, ".c");

	if (f->role == ROLE_READER) {
		print_reader(job, f);
		fputs("}", job->to);
		return;
	}
	if (f->role == ROLE_OTHER)
		check_other(job->unit, f);
	if (f->role == ROLE_GUARD)
		job->guards += count_refusals(f);
	if (job->unit->is_runtime || !is_source || !is_dropped(f))
		copy(job, f->header, f->end + 1);
}

/* ---- files ---- */

static FILE *open_out(const struct job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static FILE *open_out(const struct job *job, const char *format, ...)
{
	char *name;
	char *path;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&name, format, arguments) < 0
	    || asprintf(&path, "%s/%s", job->out, name) < 0)
		exit(2);
	va_end(arguments);
	FILE *file = fopen(path, "w");
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	return file;
}

/* Behind the first #include, what the instruments want. */
static void print_unit(struct job *job, struct unit *unit)
{
	const char *at = strstr(unit->text, "\n#include \"");

	job->unit = unit;
	at = at != NULL ? strchr(at + 1, '\n') + 1 : unit->text;
	copy(job, unit->text, at);
	fputs("#include \"tests/checkkill/ck.h\"\n", job->to);
	if (!unit->is_runtime)
		fprintf(job->to, "extern struct ck_site ck_sites_%s[];\n", job->name);
	for (size_t i = 0; i < unit->count; i++) {
		copy(job, at, unit->functions[i].header);
		print_function(job, &unit->functions[i]);
		at = unit->functions[i].end + 1;
	}
	fputs(at, job->to);
}

static void instrument_schema(struct job *job, struct unit *units, const char *name)
{
	job->name = name;
	job->site_count = 0;
	job->guards = 0;
	job->to = open_out(job, "%s.skald.h", name);
	print_unit(job, &units[0]);
	fclose(job->to);
	job->to = open_out(job, "%s.skald.c", name);
	print_unit(job, &units[1]);
	table_print_sites(job);
	fclose(job->to);
	job->to = open_out(job, "%s.table.c", name);
	table_print(job, units);
	fclose(job->to);
	printf("%s guards %u\n", name, job->guards);
}

static void instrument_runtime(struct job *job, struct unit *units, const char *const *names)
{
	bool is_more = true;

	job->inners = open_out(job, "inners.c");
	fputs("#include \"tests/checkkill/ck.h\"\n"
		"const struct ck_inner ck_inners[] = {\n\t{ NULL, NULL },\n", job->inners);
	for (size_t i = 0; i < 3; i++) {
		job->to = open_out(job, "runtime/%s", names[i]);
		print_unit(job, &units[i]);
		fclose(job->to);
	}
	fputs("\t{ NULL, NULL }\n};\n", job->inners);
	fclose(job->inners);
	while (is_more) {
		is_more = false;
		for (size_t i = 0; i < 3; i++)
			is_more |= table_spread(&units[i]);
	}
	role_add_macros();
}

static char *path_of(const char *folder, const char *name, const char *suffix)
{
	char *path;

	if (asprintf(&path, "%s/%s%s", folder, name, suffix) < 0)
		exit(2);
	return path;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "attached.h", "codec.h", "codec.c" };
	struct unit runtime[3];
	struct job job = { .out = argc < 5 ? NULL : argv[1] };
	int count = argc - 4;

	if (argc < 5) {
		fputs("usage: instrument OUT RUNTIME GENERATED NAME...\n", stderr);
		return 2;
	}
	hcreate(1 << 19);
	for (size_t i = 0; i < 3; i++) {
		scan_unit(&runtime[i], path_of(argv[2], names[i], ""), true);
		role_add_names(&runtime[i]);
	}
	struct unit *units = calloc(2 * (size_t)count, sizeof *units);
	for (int i = 0; i < count; i++) {
		scan_unit(&units[2 * i], path_of(argv[3], argv[4 + i], ".skald.h"), false);
		scan_unit(&units[2 * i + 1], path_of(argv[3], argv[4 + i], ".skald.c"), false);
		role_add_names(&units[2 * i]);
		role_add_names(&units[2 * i + 1]);
	}
	instrument_runtime(&job, runtime, names);
	for (int i = 0; i < 2 * count; i++)
		table_reach(&units[i]);
	for (int i = 0; i < count; i++)
		instrument_schema(&job, &units[2 * i], argv[4 + i]);
	return 0;
}
