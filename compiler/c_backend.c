/*
 * The C back end: its files and their order. See c_backend.h.
 */
#define _GNU_SOURCE
#include "compiler/c_backend.h"

#include <string.h>

#include "compiler/c_code.h"
#include "idl/check_c_names.h"

static struct c_code new_code(struct arena *arena, const struct file *file)
{
	return (struct c_code){ .arena = arena, .file = file, .out = { .arena = arena } };
}

/* ---- the source ---- */

static void print_own_list(struct c_code *c, const struct type *list, const char *path)
{
	c_print_list_read(c, list, path);
	c_print_list_write(c, list, path);
}

static void print_body(void *context, const struct declaration *d)
{
	struct c_code *c = context;

	switch (d->kind) {
	case DECLARATION_STRUCT:
		c_each_list_in(c, &d->as.structure.body, d->c_name, print_own_list);
		c_print_struct_read(c, d);
		c_print_struct_write(c, d);
		c_print_attach(c, d);
		break;
	case DECLARATION_VARIANT:
		c_each_list_in(c, &d->as.structure.body, d->c_name, print_own_list);
		c_print_variant_read(c, d);
		c_print_variant_write(c, d);
		c_print_attach(c, d);
		break;
	case DECLARATION_RECORD:
		c_print_record(c, d);
		break;
	default:
		if (!d->as.message.has_id || c_is_in_words(d))
			break;
		c_each_list_in(c, &d->as.message.head.body, d->c_name, print_own_list);
		c_each_list_in(c, &d->as.message.tail.body, d->c_name, print_own_list);
		c_print_message(c, d);
		break;
	}
}

static void print_newtype(struct c_code *c, const struct declaration *d)
{
	struct type plain = *d->as.newtype;

	if (plain.newtype == d)
		plain.newtype = NULL;
	c_each_own_list(c, &plain, d->c_name, print_own_list);
}

static void print_source(struct c_code *c)
{
	const struct declaration *d;

	print_line(&c->out, "/* Made by skald from %s; edit that, not this. */", c->file->name);
	print_line(&c->out, "#include \"%s.skald.h\"", c->file->stem);
	print(&c->out, "\n");
	for (d = c->file->first; d != NULL; d = d->next)
		if (d->kind == DECLARATION_NEWTYPE)
			print_newtype(c, d);
	c_each_body(c, c, print_body);
	for (d = c->file->first; d != NULL; d = d->next)
		if (d->kind == DECLARATION_INTERFACE)
			c_print_interface(c, d);
	if (c->out.text[c->out.size - 2] == '\n')
		c->out.size--;		/* no empty line at the end */
}

/* ---- files ---- */

/* Blanks and '#' as make wants them; a '$' is doubled. */
static const char *for_make(struct arena *arena, const char *path)
{
	char *quoted = arena_alloc(arena, 2 * strlen(path) + 1);
	size_t size = 0;

	for (; *path != '\0'; path++) {
		if (strchr(" \t#", *path) != NULL)
			quoted[size++] = '\\';
		else if (*path == '$')
			quoted[size++] = '$';
		quoted[size++] = *path;
	}
	return quoted;
}

static struct printer print_depfile(struct arena *arena, const struct schema *schema,
	const struct c_options *options, const char *stem)
{
	struct printer out = { .arena = arena };

	stem = for_make(arena, stem);
	print(&out, "%s.skald.h %s.skald.c", stem, stem);
	if (options->reflect)
		print(&out, " %s.skald.reflect.c", stem);
	print(&out, ":");
	for (const struct file *f = schema->files; f != NULL; f = f->next)
		print(&out, " \\\n  %s", for_make(arena, f->source->path));
	print(&out, "\n");
	for (const struct file *f = schema->files; f != NULL; f = f->next)
		print(&out, "%s:\n", for_make(arena, f->source->path));
	return out;
}

bool c_print(struct arena *arena, struct diagnostics *diags,
	const struct schema *schema, const struct c_options *options, struct c_texts *to)
{
	struct c_code header = new_code(arena, schema->root);
	struct c_code source = new_code(arena, schema->root);
	struct c_code tables = new_code(arena, schema->root);

	header.contracts = source.contracts = options->contract;
	check_c_names(arena, diags, schema->root);
	if (diag_errors(diags) != 0)
		return false;
	c_print_header(&header);
	print_source(&source);
	if (options->reflect)
		c_print_reflection(&tables, schema);
	*to = (struct c_texts){ header.out, source.out, tables.out };
	return true;
}

int c_generate(struct arena *arena, struct diagnostics *diags,
	const struct schema *schema, const struct c_options *options)
{
	const char *stem = arena_printf(arena, "%s/%s", options->folder, schema->root->stem);
	struct c_texts texts;

	if (!c_print(arena, diags, schema, options, &texts))
		return 1;
	if (options->note)
		c_print_note(&texts.source, schema);
	if (print_make_folder(arena, options->folder) != 0)
		return 2;

	struct printer depfile = print_depfile(arena, schema, options, stem);
	struct print_file files[4] = {
		{ &texts.header, arena_printf(arena, "%s.skald.h", stem) },
		{ &texts.source, arena_printf(arena, "%s.skald.c", stem) },
	};
	size_t count = 2;
	if (options->reflect)
		files[count++] = (struct print_file){ &texts.tables,
			arena_printf(arena, "%s.skald.reflect.c", stem) };
	if (options->depfile != NULL)
		files[count++] = (struct print_file){ &depfile, options->depfile };
	return print_to_files(files, count) == 0 ? 0 : 2;
}
