/*
 * Loading: the file, what it imports, then the stages of the checks.
 */
#define _GNU_SOURCE
#include "idl/schema.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idl/check.h"
#include "idl/parse.h"

/* Files that import each other in a row. */
#define IMPORT_DEPTH_MAX 64

struct loading {
	struct check *check;
	const struct schema_options *options;
	unsigned depth;
};

static struct unit *load_unit(struct loading *loading, const char *path,
	struct span from, struct unit *importer);

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static const struct source_text *text_find(const struct source_text *texts,
	const char *path)
{
	for (; texts->path != NULL; texts++)
		if (strcmp(base_name(texts->path), base_name(path)) == 0)
			return texts;
	return NULL;
}

/* What is open in place of a file. Imports and their importers are spelt alike. */
static const struct source_text *text_open(const struct schema_options *options,
	const char *path)
{
	const struct source_text *text = options == NULL ? NULL : options->open;

	for (; text != NULL && text->path != NULL; text++)
		if (strcmp(text->path, path) == 0)
			return text;
	return NULL;
}

/* The source of a path; NULL is reported. */
static struct source *load_source(struct loading *loading, const char *path,
	struct span from)
{
	struct check *check = loading->check;
	const struct schema_options *options = loading->options;
	const struct source_text *text;

	text = text_open(options, path);
	if (text == NULL && (options == NULL || options->texts == NULL))
		return source_load(check->arena, check->diags, path, from);
	if (text == NULL)
		text = text_find(options->texts, path);
	if (text == NULL) {
		diag_report(check->diags, E0001, from,
			"cannot read `%s`: it is not among the texts", path);
		return NULL;
	}
	return source_from_text(check->arena, check->diags, text->path,
		text->text, text->size, from);
}

/* Links and other spellings lead to the same file. */
static const char *real_path(struct arena *arena, const char *path)
{
	char *found = realpath(path, NULL);
	const char *copy;

	if (found == NULL)
		return path;
	copy = arena_copy(arena, found, strlen(found));
	free(found);
	return copy;
}

static struct file *file_new(struct arena *arena, struct source *source)
{
	struct file *file = ARENA_NEW(arena, struct file);
	const char *name = base_name(source->path);
	const char *dot = strrchr(name, '.');

	file->source = source;
	file->name = name;
	file->stem = dot == NULL || dot == name ? name
		: arena_copy(arena, name, (size_t)(dot - name));
	file->namespace = "";
	file->prefix = "";
	return file;
}

/* Imports stand before importers, so this is called when they are done. */
static void unit_append(struct check *check, struct unit *unit)
{
	struct unit **end = &check->units;
	struct file **file_end = &check->schema->files;

	while (*end != NULL)
		end = &(*end)->next;
	*end = unit;
	while (*file_end != NULL)
		file_end = &(*file_end)->next;
	*file_end = unit->file;
}

static struct unit *unit_by_path(struct unit *first, const char *path)
{
	for (; first != NULL; first = first->next)
		if (strcmp(first->real_path, path) == 0)
			return first;
	return NULL;
}

/* ---- imports ---- */

static bool is_there(const struct schema_options *options, const char *path)
{
	return text_open(options, path) != NULL || access(path, F_OK) == 0;
}

static const char *import_in(struct loading *loading, const char *folder,
	size_t folder_size, const char *path)
{
	struct arena *arena = loading->check->arena;
	const char *joined = folder_size == 0 ? path : arena_printf(arena,
		"%.*s%s%s", (int)folder_size, folder,
		folder[folder_size - 1] == '/' ? "" : "/", path);

	return is_there(loading->options, joined) ? joined : NULL;
}

/* In the importing file's folder, then where the options say. */
static const char *import_find(struct loading *loading, const struct unit *unit,
	const char *path)
{
	const struct schema_options *options = loading->options;
	const char *from = unit->file->source->path;
	size_t folder = (size_t)(unit->file->name - from), i;
	const char *found;

	if (options != NULL && options->texts != NULL)
		return text_find(options->texts, path) ?
			text_find(options->texts, path)->path : NULL;
	if (path[0] == '/')
		return is_there(options, path) ? path : NULL;
	found = import_in(loading, from, folder, path);
	for (i = 0; found == NULL && options != NULL
		&& i < options->import_folder_count; i++)
		found = import_in(loading, options->import_folders[i],
			strlen(options->import_folders[i]), path);
	return found;
}

static void import_missing(struct loading *loading, const struct unit *unit,
	const struct ast_declaration *ast)
{
	struct check *check = loading->check;
	const struct schema_options *options = loading->options;
	size_t folder = (size_t)(unit->file->name
		- unit->file->source->path), i;
	const char *folders = folder == 0 ? "`.`" : arena_printf(check->arena,
		"`%.*s`", (int)folder - (folder > 1),
		unit->file->source->path);

	for (i = 0; options != NULL && i < options->import_folder_count; i++)
		folders = arena_printf(check->arena, "%s, `%s`", folders,
			options->import_folders[i]);
	diag_help(diag_report(check->diags, E0004, ast->text.span,
		"there is no file `%s` to import", ast->text.text),
		"looked in %s; -I adds folders", folders);
}

/* docs/language.md, "Imports": not in a circle. */
static void import_circle(struct loading *loading, const struct unit *importer,
	const struct unit *first, struct span from)
{
	struct check *check = loading->check;
	const char *way = first->file->name;
	const struct unit *unit;
	struct diagnostic *report;

	for (unit = importer; unit != first; unit = unit->importer)
		way = arena_printf(check->arena, "%s, imported by %s", way,
			unit->file->name);
	report = diag_report(check->diags, E0005, from,
		"`%s` imports itself: %s", first->file->name,
		importer == first ? "directly" : arena_printf(check->arena,
			"%s, imported by %s", way, first->file->name));
	if (first->from.source != NULL)
		diag_second(report, first->from, "imported here first");
}

static void load_import(struct loading *loading, struct unit *unit,
	struct ast_declaration *ast, struct import **end)
{
	struct import *import = ARENA_NEW(loading->check->arena,
		struct import);
	const char *path = import_find(loading, unit, ast->text.text);
	struct unit *imported;

	if (path == NULL) {
		import_missing(loading, unit, ast);
		return;
	}
	imported = load_unit(loading, path, ast->text.span, unit);
	/* A second import of a file adds nothing. */
	if (imported == NULL || map_add(&unit->imported,
		loading->check->arena, imported->real_path, imported) != NULL)
		return;
	import->file = imported->file;
	import->path = ast->text.text;
	import->span = ast->text.span;
	*end = import;
}

static void load_imports(struct loading *loading, struct unit *unit)
{
	struct import **end = &unit->file->imports;
	struct ast_declaration *ast;

	for (ast = unit->ast.first; ast != NULL; ast = ast->next) {
		if (ast->kind != AST_IMPORT)
			continue;
		load_import(loading, unit, ast, end);
		if (*end != NULL)
			end = &(*end)->next;
	}
}

/* The unit of a path, loaded now or before; NULL is reported. */
static struct unit *load_unit(struct loading *loading, const char *path,
	struct span from, struct unit *importer)
{
	struct check *check = loading->check;
	const char *real = loading->options != NULL && loading->options->texts
		!= NULL ? path : real_path(check->arena, path);
	struct unit *unit = unit_by_path(check->units, real);
	struct source *source;

	if (unit != NULL)
		return unit;
	for (unit = importer; unit != NULL; unit = unit->importer)
		if (strcmp(unit->real_path, real) == 0) {
			import_circle(loading, importer, unit, from);
			return NULL;
		}
	if (loading->depth == IMPORT_DEPTH_MAX) {
		diag_report(check->diags, E0107, from,
			"imports go more than %d files deep",
			IMPORT_DEPTH_MAX);
		return NULL;
	}
	source = load_source(loading, path, from);
	if (source == NULL)
		return NULL;
	unit = ARENA_NEW(check->arena, struct unit);
	unit->file = file_new(check->arena, source);
	unit->real_path = real;
	unit->from = from;
	unit->importer = importer;
	unit->ast = parse_source(check->arena, check->diags, source);
	loading->depth++;
	load_imports(loading, unit);
	loading->depth--;
	unit_append(check, unit);
	return unit;
}

/* ---- stages ---- */

typedef void unit_stage(struct check *check, struct unit *unit);
typedef void symbol_stage(struct check *check, struct symbol *symbol);

static void each_symbol(struct check *check, struct unit *unit,
	symbol_stage *stage)
{
	struct symbol *symbol;

	for (symbol = unit->first; symbol != NULL; symbol = symbol->next)
		stage(check, symbol);
}

static void fill_values(struct check *check, struct symbol *symbol)
{
	switch (symbol->declaration.kind) {
	case DECLARATION_CONST:
		const_value(check, symbol);
		break;
	case DECLARATION_NEWTYPE:
		newtype_base(check, symbol);
		break;
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		enum_values(check, symbol);
		break;
	default:
		break;
	}
}

static void fill_members(struct check *check, struct symbol *symbol)
{
	if (!symbol->is_built)
		return;
	switch (symbol->declaration.kind) {
	case DECLARATION_STRUCT:
		struct_fill(check, symbol);
		break;
	case DECLARATION_RECORD:
		record_fill(check, symbol);
		break;
	case DECLARATION_VARIANT:
		variant_fill(check, symbol);
		break;
	case DECLARATION_MESSAGE:
		if (symbol->ast != NULL)
			message_fill(check, symbol);
		break;
	case DECLARATION_INTERFACE:
		interface_fill(check, symbol);
		break;
	default:
		break;
	}
}

static void check_ids(struct check *check, struct symbol *symbol)
{
	if (symbol->declaration.kind == DECLARATION_INTERFACE)
		interface_ids(check, symbol);
}

static void stage_fill(struct check *check, struct unit *unit)
{
	each_symbol(check, unit, fill_values);
	each_symbol(check, unit, fill_members);
}

static void stage_ids(struct check *check, struct unit *unit)
{
	message_ids(check, unit);
	each_symbol(check, unit, check_ids);
}

static void stage_limits(struct check *check, struct unit *unit)
{
	each_symbol(check, unit, limits_check);
}

static void each_unit(struct check *check, unit_stage *stage)
{
	struct unit *unit;

	for (unit = check->units; unit != NULL; unit = unit->next)
		stage(check, unit);
}

/*
 * What names mean is checked to the end, so that a run tells of all that is
 * wrong; sizes are decided only where every name means something.
 */
static bool run_stages(struct check *check)
{
	each_unit(check, declare_unit);
	each_unit(check, declare_aliases);
	each_unit(check, stage_fill);
	each_unit(check, stage_ids);
	if (check_failed(check))
		return false;
	recursion_check(check);
	if (check_failed(check))
		return false;
	handles_check(check);
	if (check_failed(check))
		return false;
	layout_all(check);
	cost_all(check);
	each_unit(check, stage_limits);
	return !check_failed(check);
}

/* The tree's lists are made last: they hold the declared names only. */
static void link_declarations(struct unit *unit)
{
	struct declaration **end = &unit->file->first;
	struct symbol *symbol;

	for (symbol = unit->first; symbol != NULL; symbol = symbol->next) {
		*end = &symbol->declaration;
		end = &symbol->declaration.next;
	}
}

struct schema *schema_load(struct arena *arena, struct diagnostics *diags,
	const char *path, const struct schema_options *options)
{
	struct check *check = ARENA_NEW(arena, struct check);
	struct loading loading = { .check = check, .options = options };
	struct unit *unit;

	check->arena = arena;
	check->diags = diags;
	check->errors_before = diag_errors(diags);
	check->schema = ARENA_NEW(arena, struct schema);
	unit = load_unit(&loading, path, (struct span){ 0 }, NULL);
	if (unit == NULL || check_failed(check) || !run_stages(check))
		return NULL;
	check->schema->root = unit->file;
	for (unit = check->units; unit != NULL; unit = unit->next)
		link_declarations(unit);
	return check->schema;
}

/* ---- finding messages ---- */

static struct declaration *file_message(const struct file *file, const char *name)
{
	struct declaration *declaration;

	for (declaration = file->first; declaration != NULL;
		declaration = declaration->next)
		if (declaration->kind == DECLARATION_MESSAGE
			&& (strcmp(declaration->name, name) == 0
			|| strcmp(declaration->qualified, name) == 0))
			return declaration;
	return NULL;
}

static struct declaration *alias_message(const struct file *file,
	const char *name)
{
	const struct alias *alias;

	for (alias = file->aliases; alias != NULL; alias = alias->next)
		if (alias->target != NULL && strcmp(alias->name, name) == 0
			&& alias->target->kind == DECLARATION_MESSAGE)
			return alias->target;
	return NULL;
}

struct declaration *schema_message(const struct schema *schema, const char *name)
{
	struct declaration *message = file_message(schema->root, name);
	const struct file *file;

	if (message == NULL)
		message = alias_message(schema->root, name);
	for (file = schema->files; message == NULL && file != NULL;
		file = file->next)
		message = file_message(file, name);
	return message;
}
