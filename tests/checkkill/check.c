/*
 * Usage: check SCHEMA FOLDER NAME PREFIX VECTORS EXEMPT
 *        check --ordinary PREFIX VECTORS
 *        check --lines PREFIX VECTORS
 *
 * Says whether each check of the schema NAME has its vector: one that it, and
 * it first, refuses, and that is accepted with it switched off, or makes the
 * decoder leave its bytes. Prints what is wrong, then `NAME CHECKS KILLED
 * OUTSIDE EXEMPT IMPLIED UNREACHED` (of the killed those whose decoder would leave its
 * bytes; of the exempt those that a head implies), and a line `matched PATTERN` for
 * each line of EXEMPT that is in use.
 *
 * --ordinary decodes the vectors with the decoders that the program has, which
 * are as they were generated, and wants each row's status. --lines prints what
 * `skald conform` has to refuse: all but what is in the rights, sizes and room
 * that came beside.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>

#include "compiler/hex.h"
#include "tests/checkkill/exempt.h"
#include "tests/checkkill/implied.h"

static size_t wrong;

/* ---- the proof ---- */

static void complain(const struct ck_check *check, const char *what, const char *came)
{
	printf("# %s%s%s: %s%s\n", check->vector != NULL ? check->vector->message->name : "",
		check->vector != NULL ? ": " : "", check->name, what, came);
	wrong++;
}

static bool is_killed(const struct ck_check *check)
{
	size_t before = wrong;
	int status = run_case(check->vector, NULL, 0);

	if (status != check->status)
		complain(check, "with all checks on: ", run_status(status));
	else if (ck.failed_site != check->site || ck.failed_inner != check->inner)
		complain(check, "another check refuses it: ", ck.failed_site == NULL ? "none"
			: ck.failed_inner != 0 ? ck_inners[ck.failed_inner].text
			: ck.failed_site->text);
	status = run_case(check->vector, check->site, check->inner);
	if (status != check->without)
		complain(check, "without the check: ", run_status(status));
	return wrong == before;
}

static int prove(const struct schema *schema, char **argv)
{
	static struct exempt exempt;
	struct ck_checks checks = names_all(argv[3], argv[4]);
	size_t killed = 0;
	size_t outside = 0;
	size_t exempted = 0;
	size_t implied = 0;

	exempt_read(&exempt, argv[6]);
	wrong += names_read(&checks, argv[5]);
	for (size_t i = 0; i < checks.count; i++) {
		const struct ck_check *check = &checks.items[i];
		bool is_implied = implied_by_head(schema, &checks, check);
		bool may_lack = exempt_has(&exempt, &checks, check) || is_implied;
		implied += is_implied;
		exempted += may_lack;
		if (check->vector != NULL && may_lack)
			complain(check, "exempt, but it has a vector", "");
		else if (check->vector != NULL && is_killed(check))
			killed++, outside += check->without != 0;
		else if (check->vector == NULL && !may_lack)
			complain(check, "no vector", "");
	}
	printf("%s %zu %zu %zu %zu %zu %zu\n", checks.schema, checks.count, killed, outside,
		exempted, implied, checks.unreached);
	for (size_t i = 0; i < exempt.count; i++)
		if (exempt.matches[i] != 0)
			printf("matched %s\n", exempt.text[i]);
	return wrong != 0;
}

/* ---- by others ---- */

static void check_ordinary(void *context, struct names_row *row)
{
	(void)context;
	int status = row->vector != NULL ? run_case(row->vector, NULL, 0) : 0;

	if (status != row->status) {
		printf("# %s: %s: by the ordinary decoder: %s\n", row->message, row->check,
			row->vector != NULL ? run_status(status) : "no such message");
		wrong++;
	}
}

static void print_line(void *context, struct names_row *row)
{
	const struct ck_case *c = row->vector;
	(void)context;

	if (c == NULL || !run_is_plain(c))
		return;
	size_t head = names_head_size(c);
	printf("D %s ", row->message);
	hex_write(stdout, c->bytes, head);
	fputs(head == 0 ? "- " : " ", stdout);
	hex_write(stdout, c->bytes + head, c->size - head);
	printf("%s %u %u\n", head == c->size ? "-" : "", c->handles, c->leases);
}

static struct schema *load(const char *path, char **folder)
{
	struct arena *arena = arena_new();
	struct schema_options options = {
		.import_folders = (const char *const *)folder, .import_folder_count = 1,
	};
	struct schema *schema = schema_load(arena, diag_new(arena), path, &options);

	if (schema == NULL) {
		fprintf(stderr, "check: %s: has errors\n", path);
		exit(2);
	}
	return schema;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--ordinary") == 0) {
		wrong += names_each(argv[2], argv[3], check_ordinary, NULL);
		return wrong != 0;
	}
	if (argc == 4 && strcmp(argv[1], "--lines") == 0)
		return names_each(argv[2], argv[3], print_line, NULL) != 0;
	if (argc == 7)
		return prove(load(argv[1], argv + 2), argv);
	fputs("usage: check SCHEMA FOLDER NAME PREFIX VECTORS EXEMPT\n", stderr);
	return 2;
}
