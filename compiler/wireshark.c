/*
 * The tables of a dissector: what the program in compiler/wireshark/ reads. See wireshark.h.
 */
#include "compiler/file_set.h"
#include "compiler/wireshark.h"

#include <inttypes.h>

struct tables {
	struct arena *arena;
	struct printer out;
	const struct file_set *files;
};

static void print_number(struct tables *tables, const char *name, uint64_t number)
{
	if (number != UNBOUNDED)
		print(&tables->out, ", %s = %" PRIu64, name, number);
}

static void print_flag(struct tables *tables, const char *name, bool is_set)
{
	if (is_set)
		print(&tables->out, ", %s = true", name);
}

/* ---- types ---- */

static const char *type_word(const struct type *type)
{
	static const char *const words[] = {
		[TYPE_INTEGER] = "int", [TYPE_BOOL] = "bool", [TYPE_FLOAT] = "float",
		[TYPE_ENUM] = "enum", [TYPE_STRING] = "string", [TYPE_STRUCT] = "struct",
		[TYPE_RECORD] = "record", [TYPE_VARIANT] = "variant", [TYPE_LIST] = "list",
		[TYPE_ARRAY] = "array", [TYPE_HANDLE] = "handle", [TYPE_LEASE] = "lease",
	};

	return words[type->kind];
}

static void print_type(struct tables *tables, const struct type *type, enum format format)
{
	bool is_named = type->kind == TYPE_ENUM || type->kind == TYPE_STRUCT ||
		type->kind == TYPE_RECORD || type->kind == TYPE_VARIANT;

	print(&tables->out, "{ k = \"%s\", n = \"%s\"", type_word(type), type->name);
	if (type->width != 0)
		print_number(tables, "w", type->width);
	print_flag(tables, "s", type->is_signed);
	print_flag(tables, "x", format == FORMAT_HEX);
	if (is_named)
		print(&tables->out, ", d = \"%s\"", type->declaration->qualified);
	print_flag(tables, "raw", type_is_raw_byte(type));
	print_flag(tables, "blob", type_is_blob(type));
	if (type->kind == TYPE_ARRAY)
		print_number(tables, "c", type->count);
	if (type->kind == TYPE_STRING || type->kind == TYPE_LIST)
		print_number(tables, "b", type->bound);
	if (type->kind == TYPE_RECORD || (type->kind == TYPE_ARRAY && type->is_static))
		print_number(tables, "z", type->fixed_size);
	print_number(tables, "least", type->min_size);
	if (type->element != NULL) {
		print(&tables->out, ", e = ");
		print_type(tables, type->element, format);
	}
	print(&tables->out, " }");
}

/* ---- members ---- */

static void print_members(struct tables *tables, const struct member *first);

static void print_member(struct tables *tables, const struct member *m)
{
	print(&tables->out, "\t{ ");
	if (m->is_tags) {
		print(&tables->out, "tags = {\n");
		print_members(tables, m->tags);
		print(&tables->out, "\t}");
		print_flag(tables, "sized", m->is_sized);
	} else {
		print(&tables->out, "n = \"%s\"", m->name);
	}
	if (m->tag != 0)
		print(&tables->out, ", tag = \"%" PRIu64 "\"", m->tag);
	if (m->type != NULL) {
		print(&tables->out, ", t = ");
		print_type(tables, m->type, m->format);
	}
	print_flag(tables, "opt", m->is_optional);
	print_number(tables, "bytes", m->bytes_bound);
	if (m->depth_bound != 0)
		print_number(tables, "depth", m->depth_bound);
	if (m->is_pointer)
		print(&tables->out, ", ptr = true, at = %" PRIu64, m->offset);
	print(&tables->out, " },\n");
}

static void print_members(struct tables *tables, const struct member *first)
{
	for (const struct member *m = first; m != NULL; m = m->next)
		print_member(tables, m);
}

/* ---- types with names ---- */

static void print_enumeration(struct tables *tables, const struct declaration *d)
{
	print(&tables->out, "declare(\"%s\", { k = \"%s\"", d->qualified,
		d->kind == DECLARATION_BITS ? "bits" : "enum");
	print_flag(tables, "strict", d->as.enumeration.is_strict);
	print(&tables->out, ", v = {\n");
	for (const struct enumerator *e = d->as.enumeration.first; e; e = e->next) {
		uint64_t bits = value_integer_bits(&e->value);

		print(&tables->out, "\t{ \"%s\", %" PRIu64 ", %" PRIu64 " },\n", e->name,
			bits & UINT32_MAX, bits >> 32);
	}
	print(&tables->out, "} })\n");
}

static void print_structure(struct tables *tables, const struct declaration *d)
{
	print(&tables->out, "declare(\"%s\", { k = \"structure\"", d->qualified);
	print_flag(tables, "flexible", d->as.structure.is_flexible);
	print(&tables->out, ", m = {\n");
	print_members(tables, d->as.structure.body.first);
	print(&tables->out, "} })\n");
}

static void print_declared(struct tables *tables, const struct declaration *d)
{
	switch (d->kind) {
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		print_enumeration(tables, d);
		break;
	case DECLARATION_STRUCT:
	case DECLARATION_RECORD:
	case DECLARATION_VARIANT:
		print_structure(tables, d);
		break;
	default:
		break;
	}
}

/* ---- messages ---- */

static void print_section(struct tables *tables, const char *name,
	const struct section *section)
{
	print(&tables->out, ", %s = { fixed = %" PRIu64 ", pointer = %u", name,
		section->fixed_size, section->pointer_width);
	if (section->declared_size != 0)
		print_number(tables, "most", section->declared_size);
	print(&tables->out, ",\n");
	print_members(tables, section->body.first);
	print(&tables->out, "}");
}

/* "fs.File.read request", or with a dot between for fields. */
static const char *message_name(struct tables *tables, const struct declaration *d,
	char between)
{
	const struct method *method = d->as.message.method;
	const char *what;

	if (method == NULL)
		return d->qualified;
	what = d == method->request ? "request" : method->is_event ? "event" : "reply";
	return arena_printf(tables->arena, "%s.%s%c%s", method->owner->qualified,
		method->name, between, what);
}

static void print_message(struct tables *tables, const struct declaration *d)
{
	if (!d->as.message.has_id)
		return;
	print(&tables->out, "message(%" PRIu32 ", { n = \"%s\", f = \"%s\"", d->as.message.id,
		message_name(tables, d, ' '), message_name(tables, d, '.'));
	print_section(tables, "head", &d->as.message.head);
	if (d->as.message.tail.present)
		print_section(tables, "tail", &d->as.message.tail);
	print(&tables->out, " })\n");
}

/* The messages of errors, which nobody declares; not those of its base. */
static void print_errors(struct tables *tables, const struct declaration *interface)
{
	for (unsigned i = 0; i < interface->as.interface.method_count; i++) {
		const struct method *method = interface->as.interface.methods[i];

		if (method->owner != interface || method->error == NULL)
			continue;
		print(&tables->out, "message(%" PRIu32 ", { n = \"%s.%s error\", k = \"error\"",
			4 * method->number + 2, interface->qualified, method->name);
		print_flag(tables, "strict", method->error->as.enumeration.is_strict);
		print(&tables->out, ", names = D[\"%s\"] })\n", method->error->qualified);
	}
}

static void print_sent(struct tables *tables, const struct declaration *d)
{
	if (d->kind == DECLARATION_MESSAGE)
		print_message(tables, d);
	else if (d->kind == DECLARATION_INTERFACE)
		print_errors(tables, d);
}

static void each_declaration(struct tables *tables,
	void (*each)(struct tables *, const struct declaration *))
{
	for (size_t i = 0; i < tables->files->count; i++) {
		for (const struct declaration *d = tables->files->items[i]->first; d; d = d->next)
			each(tables, d);
	}
}

/* ---- interfaces, if some have states ---- */

/* Where it leads from each state, counted from 1; 0: it is not allowed there. */
static void print_targets(struct tables *tables, const struct declaration *interface,
	const struct method *method)
{
	print(&tables->out, "\t[\"%s\"] = {", message_name(tables, method->request, ' '));
	for (const struct state *s = interface->as.interface.states; s != NULL; s = s->next) {
		const struct state *to = state_target(s, method);

		print(&tables->out, " %u,", to != NULL ? to->index + 1 : 0);
	}
	print(&tables->out, " },\n");
}

static void print_interface(struct tables *tables, const struct declaration *d)
{
	if (d->kind != DECLARATION_INTERFACE)
		return;
	print(&tables->out, "table.insert(I, { n = \"%s\"", d->qualified);
	if (d->as.interface.states != NULL)
		print(&tables->out, ", s = {");
	for (const struct state *s = d->as.interface.states; s != NULL; s = s->next)
		print(&tables->out, " \"%s\"%s", s->name, s->next != NULL ? "," : " }");
	print(&tables->out, ", m = {\n");
	for (unsigned i = 0; i < d->as.interface.method_count; i++)
		print_targets(tables, d, d->as.interface.methods[i]);
	print(&tables->out, "} })\n");
}

static bool has_states(const struct file_set *files)
{
	for (size_t i = 0; i < files->count; i++) {
		for (const struct declaration *d = files->items[i]->first; d; d = d->next) {
			if (d->kind == DECLARATION_INTERFACE && d->as.interface.states != NULL)
				return true;
		}
	}
	return false;
}

static void print_title(struct tables *tables)
{
	print(&tables->out, "-- Made by skald from");
	for (size_t i = 0; i < tables->files->root_count; i++)
		print(&tables->out, "%s %s", i == 0 ? "" : ",", tables->files->roots[i]->name);
	print(&tables->out, "; edit that, not this.\n--\n"
		"-- For Wireshark: a folder of its plugins, or `tshark -X lua_script:FILE`.\n\n"
		"local D, O, M, L, I = {}, {}, {}, {}, {}\n\n"
		"local function declare(name, declaration)\n"
		"\tD[name] = declaration\n"
		"\tO[#O + 1] = name\n"
		"end\n\n"
		"local function message(id, message)\n"
		"\tif not M[id] then\n"
		"\t\tM[id] = {}\n"
		"\t\tL[#L + 1] = M[id]\n"
		"\tend\n"
		"\ttable.insert(M[id], message)\n"
		"end\n\n");
}

int command_wireshark(struct run *run)
{
	struct tables tables = {.arena = run->arena, .out.arena = run->arena};
	struct file_set files;
	int status;

	if (!file_set_load(run, &files, &status))
		return status;
	tables.files = &files;
	print_title(&tables);
	each_declaration(&tables, print_declared);
	each_declaration(&tables, print_sent);
	if (has_states(&files))
		each_declaration(&tables, print_interface);
	print(&tables.out, "\n");
	for (const char *const *line = wireshark_program; *line != NULL; line++)
		print(&tables.out, "%s", *line);
	return command_write(run, tables.out.text, tables.out.size);
}
