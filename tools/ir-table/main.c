/*
 * ir-table: a back end that is a program of its own. It reads what `skald ir` writes
 * from stdin and prints the messages of the root file as tables of Markdown: where each
 * member stands, and how large it is.
 *
 * Nothing of skald is linked: all it needs is described in docs/ir.md.
 */
#include <stdio.h>
#include <string.h>

#include <yaml.h>

/* The value of that name in a mapping, or NULL. */
static yaml_node_t *get(yaml_document_t *ir, yaml_node_t *from, const char *name)
{
	yaml_node_pair_t *pair;

	if (from == NULL || from->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = from->data.mapping.pairs.start; pair < from->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(ir, pair->key);

		if (strcmp((const char *)key->data.scalar.value, name) == 0)
			return yaml_document_get_node(ir, pair->value);
	}
	return NULL;
}

/* Its text; "" if it is not there. */
static const char *text(yaml_document_t *ir, yaml_node_t *from, const char *name)
{
	yaml_node_t *node = get(ir, from, name);

	return node != NULL && node->type == YAML_SCALAR_NODE
		? (const char *)node->data.scalar.value : "";
}

/* Calls `each` with the elements of a list. */
static void each_in(yaml_document_t *ir, yaml_node_t *list,
	void (*each)(yaml_document_t *ir, yaml_node_t *item, const char *with), const char *with)
{
	yaml_node_item_t *item;

	if (list == NULL || list->type != YAML_SEQUENCE_NODE)
		return;
	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++)
		each(ir, yaml_document_get_node(ir, *item), with);
}

/* In place as many bytes as the type has; else at most so many. */
static const char *size(yaml_document_t *ir, yaml_node_t *member, int is_in_place)
{
	yaml_node_t *type = get(ir, member, "type");
	const char *width = text(ir, type, "width");

	if (!is_in_place)
		return text(ir, member, "max_size");
	return *width ? width : text(ir, type, "fixed_size");
}

static void print_member(yaml_document_t *ir, yaml_node_t *member, const char *section)
{
	yaml_node_t *type = get(ir, member, "type");
	const char *tag = text(ir, member, "tag");
	int is_pointer = strcmp(text(ir, member, "pointer"), "true") == 0;

	if (get(ir, member, "tags") != NULL) {
		each_in(ir, get(ir, member, "tags"), print_member, section);
		return;
	}
	printf("| %s | %s%s | %s | %s %s | %s |\n", text(ir, member, "name"),
		strcmp(text(ir, member, "optional"), "true") == 0 ? "optional " : "",
		text(ir, type, "name"), section, *tag ? "tag" : is_pointer ? "pointer at" : "at",
		*tag ? tag : text(ir, member, "offset"), size(ir, member, !is_pointer && !*tag));
}

static void print_message(yaml_document_t *ir, yaml_node_t *message, const char *with)
{
	static const char *const sections[] = {"head", "tail"};

	(void)with;
	if (strcmp(text(ir, message, "kind"), "message") != 0)
		return;
	printf("\n## %s\n\nId %s, at most %s bytes.\n\n| member | type | in | place | bytes |\n"
		"|---|---|---|---|---|\n", text(ir, message, "qualified"),
		text(ir, message, "id"), text(ir, get(ir, message, "cost"), "bytes"));
	for (int i = 0; i < 2; i++)
		each_in(ir, get(ir, get(ir, message, sections[i]), "members"), print_member,
			sections[i]);
}

static void print_file(yaml_document_t *ir, yaml_node_t *file, const char *root)
{
	if (strcmp(text(ir, file, "file"), root) != 0)
		return;
	printf("# %s\n", root);
	each_in(ir, get(ir, file, "declarations"), print_message, NULL);
}

int main(void)
{
	yaml_parser_t parser;
	yaml_document_t ir;
	yaml_node_t *top;
	int is_ir;

	yaml_parser_initialize(&parser);
	yaml_parser_set_input_file(&parser, stdin);
	if (!yaml_parser_load(&parser, &ir)) {
		fprintf(stderr, "ir-table: line %zu: %s\n", parser.problem_mark.line + 1,
			parser.problem);
		yaml_parser_delete(&parser);
		return 1;
	}
	top = yaml_document_get_root_node(&ir);
	is_ir = strcmp(text(&ir, top, "ir"), "1") == 0;
	if (is_ir)
		each_in(&ir, get(&ir, top, "files"), print_file, text(&ir, top, "root"));
	else
		fputs("ir-table: this is no IR of version 1\n", stderr);
	yaml_document_delete(&ir);
	yaml_parser_delete(&parser);
	return !is_ir;
}
