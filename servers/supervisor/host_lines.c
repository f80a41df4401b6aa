/* Lines of members of a manifest, as it was written. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "servers/supervisor/host.h"

typedef yaml_document_t text;

static yaml_node_t *node_at(text *of, int number)
{
	return yaml_document_get_node(of, number);
}

/* A member of a mapping: its name, or what it is. NULL: it is not there. */
static yaml_node_t *find_member(text *of, yaml_node_t *in, const char *name, bool is_value)
{
	if (!in || in->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = in->data.mapping.pairs.start;
			pair < in->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = node_at(of, pair->key);

		if (key->type == YAML_SCALAR_NODE && key->data.scalar.length == strlen(name) &&
				memcmp(key->data.scalar.value, name, strlen(name)) == 0)
			return is_value ? node_at(of, pair->value) : key;
	}
	return NULL;
}

static yaml_node_t *find_item(text *of, yaml_node_t *in, int32_t item)
{
	if (!in || item < 0 || in->type != YAML_SEQUENCE_NODE ||
			item >= in->data.sequence.items.top - in->data.sequence.items.start)
		return NULL;
	return node_at(of, in->data.sequence.items.start[item]);
}

/* A member, or the item of it that is meant; *line is where, if it is there. */
static yaml_node_t *step(text *of, yaml_node_t *in, const char *name, int32_t item,
	size_t *line)
{
	yaml_node_t *key = name ? find_member(of, in, name, false) : NULL;
	yaml_node_t *one;

	if (!key)
		return NULL;
	*line = key->start_mark.line + 1;
	one = find_item(of, find_member(of, in, name, true), item);
	if (one)
		*line = one->start_mark.line + 1;
	return one;
}

size_t host_line(const struct source *source, struct place place)
{
	text *of = (text *)(uintptr_t)&source->text;
	yaml_node_t *root = yaml_document_get_root_node(of);
	size_t line = 1;
	yaml_node_t *item = step(of, root, place.member, place.item, &line);

	step(of, item, place.part, place.of_part, &line);
	return line;
}

void host_complain(struct archive *archive, const struct source *source,
	struct place place, const char *format, ...)
{
	va_list list;

	archive->wrong++;
	fprintf(stderr, "%s:%zu: ", source->path, host_line(source, place));
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
}
