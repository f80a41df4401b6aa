/* What manifests of one archive may not say of each other. */
#include <inttypes.h>
#include <string.h>

#include "servers/supervisor/host.h"

#define TEXT(string) (int)(string).size, (string).data
#define WHOLE(name) ((struct place){name, -1, NULL, -1})
#define ITEM(name, number) ((struct place){name, (int32_t)(number), NULL, -1})
#define PART(name, number, part) ((struct place){name, (int32_t)(number), part, -1})

/* ---- one of them, and programs ---- */

/* It is looked up in the archive by its file: of a folder's first one, by the folder. */
static void check_name(struct archive *archive, const struct source *source)
{
	const char *name = strrchr(source->path, '/');
	size_t size;

	name = name ? name + 1 : source->path;
	size = strcspn(name, ".");
	if (strcmp(name, "manifest.yaml") == 0 && name > source->path) {
		const char *end = name - 1;

		for (name = end; name > source->path && name[-1] != '/';)
			name--;
		size = (size_t)(end - name);
	}
	if (strlen(source->manifest.name) != size ||
			memcmp(source->manifest.name, name, size) != 0)
		host_complain(archive, source, WHOLE("name"), "it is called %s, and its file %.*s",
			source->manifest.name, (int)size, name);
}

static void check_program(struct archive *archive, const struct source *source)
{
	const struct svrctl_Manifest *head = &source->manifest.head;
	const struct program *program = NULL;

	for (size_t i = 0; i < archive->program_count && !program; i++)
		if (is_text(head->program, archive->programs[i].path))
			program = &archive->programs[i];
	if (!program)
		host_complain(archive, source, WHOLE("program"),
			"the archive has no program %.*s", TEXT(head->program));
	else if (head->budget.bytes < program->bytes)
		host_complain(archive, source, WHOLE("budget"), "%" PRIu64 " bytes are less than "
			"the %" PRIu64 " that it begins with", head->budget.bytes, program->bytes);
}

/* ---- services ---- */

/* And by whom; NULL: by nobody. */
static const struct svrctl_Served *find_served(const struct archive *archive,
	struct sk_string service, const struct source **by)
{
	*by = NULL;
	for (size_t i = 0; i < archive->source_count; i++) {
		const struct manifest *manifest = &archive->sources[i].manifest;

		for (uint32_t k = 0; k < manifest->served_count; k++) {
			if (!same_text(manifest->served[k].service, service))
				continue;
			*by = &archive->sources[i];
			return &manifest->served[k];
		}
	}
	return NULL;
}

static bool has_right(const struct svrctl_Served *served, struct sk_string right)
{
	const struct svrctl_Used one = {.rights = {.items = &right, .count = 1}};
	uint16_t bits;

	return served ? manifest_rights(served, &one, &bits) : manifest_own_rights(&one, &bits);
}

/* `served` NULL: it is the supervisor's own. */
static void check_rights(struct archive *archive, const struct source *source, uint32_t i,
	const struct svrctl_Served *served)
{
	struct svrctl_Used_rights_list rights = source->manifest.used[i].rights;
	struct sk_string right;

	for (int32_t number = 0; svrctl_Used_rights_next(&rights, &right); number++)
		if (!has_right(served, right))
			host_complain(archive, source, (struct place){"uses", (int32_t)i, "rights",
				number}, "%.*s has no right %.*s",
				TEXT(source->manifest.used[i].service), TEXT(right));
}

static void check_used(struct archive *archive, const struct source *source, uint32_t i)
{
	const struct svrctl_Used *used = &source->manifest.used[i];
	const struct source *by;
	const struct svrctl_Served *served = find_served(archive, used->service, &by);
	bool is_own = is_text(used->service, OWN_SERVICE);

	if (is_own ? !is_text(used->interface_name, OWN_INTERFACE) : served &&
			!same_text(used->interface_name, served->interface_name))
		host_complain(archive, source, PART("uses", i, "interface_name"),
			"%.*s is no %.*s", TEXT(used->service), TEXT(used->interface_name));
	else if (is_own || served)
		check_rights(archive, source, i, served);
	else if (!used->may_lack)
		host_complain(archive, source, PART("uses", i, "service"),
			"nobody in the archive serves %.*s", TEXT(used->service));
}

static void check_served(struct archive *archive, const struct source *source, uint32_t i)
{
	struct sk_string service = source->manifest.served[i].service;
	const struct source *by;

	find_served(archive, service, &by);
	if (by && by != source)
		host_complain(archive, source, PART("serves", i, "service"),
			"%s serves %.*s already", by->path, TEXT(service));
}

/* ---- hardware ---- */

static bool do_overlap(uint64_t one, uint64_t length, uint64_t other, uint64_t other_length)
{
	return one < other ? other - one < length : one - other < other_length;
}

/* Whether each device that one matches is matched by the other. */
static bool includes(const struct hw_Match *other, const struct hw_Match *one)
{
#define ASKS(member) (!other->has_##member || (one->has_##member && \
	one->member == other->member))
	return ASKS(bus) && ASKS(vendor) && ASKS(device) && ASKS(class_code) &&
		ASKS(subclass) && ASKS(interface_code) && (!other->has_compatible ||
		(one->has_compatible && same_text(one->compatible, other->compatible)));
#undef ASKS
}

static bool do_clash(const struct svrctl_Want *one, const struct svrctl_Want *other)
{
	if (one->which != other->which)
		return false;
	switch (one->which) {
	case svrctl_Want_ports:
		return do_overlap(one->as.ports.first, one->as.ports.count,
			other->as.ports.first, other->as.ports.count);
	case svrctl_Want_memory:
		return do_overlap(one->as.memory.address, one->as.memory.length,
			other->as.memory.address, other->as.memory.length);
	case svrctl_Want_interrupt:
		return one->as.interrupt.line == other->as.interrupt.line &&
			!(one->as.interrupt.shared && other->as.interrupt.shared);
	case svrctl_Want_device:
		return includes(&one->as.device, &other->as.device) ||
			includes(&other->as.device, &one->as.device);
	case svrctl_Want_tree:
		return same_text(one->as.tree, other->as.tree);
	default:
		return true;
	}
}

/* Against those of another one, or those of its own before it. */
static void check_clashes(struct archive *archive, const struct source *source, uint32_t i,
	const struct source *other)
{
	uint32_t count = other == source ? i : other->manifest.wanted_count;

	for (uint32_t k = 0; k < count; k++)
		if (do_clash(&source->manifest.wanted[i], &other->manifest.wanted[k]))
			host_complain(archive, source, ITEM("hardware", i), "%s:%zu wants it too",
				other->path, host_line(other, ITEM("hardware", k)));
}

static void check_wanted(struct archive *archive, const struct source *source, uint32_t i)
{
	const struct source *by;

	if (source->manifest.wanted[i].which == svrctl_Want_device &&
			!find_served(archive, (struct sk_string){PLATFORM, sizeof(PLATFORM) - 1},
			&by))
		host_complain(archive, source, ITEM("hardware", i),
			"nobody in the archive serves " PLATFORM ", which has the devices");
	for (const struct source *other = archive->sources; other <= source; other++)
		check_clashes(archive, source, i, other);
}

void host_check(struct archive *archive, size_t number)
{
	const struct source *source = &archive->sources[number];
	const struct manifest *manifest = &source->manifest;

	check_name(archive, source);
	for (size_t i = 0; i < number; i++)
		if (strcmp(archive->sources[i].manifest.name, manifest->name) == 0)
			host_complain(archive, source, WHOLE("name"), "%s is called so already",
				archive->sources[i].path);
	check_program(archive, source);
	for (uint32_t i = 0; i < manifest->served_count; i++)
		check_served(archive, source, i);
	for (uint32_t i = 0; i < manifest->used_count; i++)
		check_used(archive, source, i);
	for (uint32_t i = 0; i < manifest->wanted_count; i++)
		check_wanted(archive, source, i);
}

/* ---- who waits for whom ---- */

static void visit(struct archive *archive, struct source *source);

static void follow(struct archive *archive, struct source *source,
	struct sk_string service, struct place place)
{
	const struct source *by;

	find_served(archive, service, &by);
	if (!by)
		return;
	if (by->is_open)
		host_complain(archive, source, place, "%.*s needs what this one serves: they "
			"would wait for each other", TEXT(service));
	else
		visit(archive, &archive->sources[by - archive->sources]);
}

static void visit(struct archive *archive, struct source *source)
{
	const struct manifest *manifest = &source->manifest;

	if (source->is_seen)
		return;
	source->is_seen = source->is_open = true;
	for (uint32_t i = 0; i < manifest->used_count; i++)
		follow(archive, source, manifest->used[i].service, PART("uses", i, "service"));
	for (uint32_t i = 0; i < manifest->wanted_count; i++)
		if (manifest->wanted[i].which == svrctl_Want_device)
			follow(archive, source, (struct sk_string){PLATFORM,
				sizeof(PLATFORM) - 1}, ITEM("hardware", i));
	source->is_open = false;
}

void host_check_circles(struct archive *archive)
{
	for (size_t i = 0; i < archive->source_count; i++)
		visit(archive, &archive->sources[i]);
}
