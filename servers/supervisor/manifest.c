/* What a manifest says, and whether it can be meant. */
#include "servers/supervisor/manifest.h"

#include "runtime/start/string.h"

bool same_text(struct sk_string one, struct sk_string other)
{
	return one.size == other.size && memcmp(one.data, other.data, one.size) == 0;
}

bool is_text(struct sk_string one, const char *other)
{
	return same_text(one, (struct sk_string){other, (uint32_t)strlen(other)});
}

bool is_before(struct sk_string one, struct sk_string other)
{
	uint32_t size = one.size < other.size ? one.size : other.size;
	int order = memcmp(one.data, other.data, size);

	return order < 0 || (order == 0 && one.size < other.size);
}

/* A name goes into logs and commands, so it has nothing else in it. */
static bool is_name(struct sk_string name)
{
	for (uint32_t i = 0; i < name.size; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return name.size > 0;
}

/* ---- lists ---- */

static void read_lists(struct manifest *manifest)
{
	struct svrctl_Manifest *head = &manifest->head;
	struct svrctl_Served_list serves = head->serves;
	struct svrctl_Used_list uses = head->uses;
	struct svrctl_Want_list wants = head->hardware;

	manifest->served_count = manifest->used_count = manifest->wanted_count = 0;
	while (head->has_serves && manifest->served_count < SERVED_MAX &&
			svrctl_Served_next(&serves, &manifest->served[manifest->served_count]))
		manifest->served_count++;
	while (head->has_uses && manifest->used_count < USED_MAX &&
			svrctl_Used_next(&uses, &manifest->used[manifest->used_count]))
		manifest->used_count++;
	while (head->has_hardware && manifest->wanted_count < WANTED_MAX &&
			svrctl_Want_next(&wants, &manifest->wanted[manifest->wanted_count]))
		manifest->wanted_count++;
}

/* ---- what cannot be ---- */

/* NULL: nothing; and the same of each of the following. */
static const char *wrong_served(const struct manifest *manifest, uint32_t i)
{
	const struct svrctl_Served *served = &manifest->served[i];

	if (!is_name(served->service) || !is_name(served->interface_name))
		return "a service that is served has no good name";
	if (is_text(served->service, OWN_SERVICE))
		return "it serves what the supervisor does itself";
	for (uint32_t k = 0; k < i; k++)
		if (same_text(manifest->served[k].service, served->service))
			return "a service is served twice";
	return NULL;
}

static const char *wrong_used(const struct manifest *manifest, uint32_t i)
{
	const struct svrctl_Used *used = &manifest->used[i];

	if (!is_name(used->service) || !is_name(used->interface_name))
		return "a service that is used has no good name";
	for (uint32_t k = 0; k < manifest->served_count; k++)
		if (same_text(manifest->served[k].service, used->service))
			return "it uses a service of its own";
	for (uint32_t k = 0; k < i; k++)
		if (same_text(manifest->used[k].service, used->service))
			return "a service is used twice";
	return NULL;
}

static const char *wrong_want(const struct manifest *manifest, uint32_t i)
{
	const struct svrctl_Want *want = &manifest->wanted[i];
	const struct svrctl_WantedMemory *memory = &want->as.memory;

	if (want->which == svrctl_Want_ports && (want->as.ports.count == 0 ||
			want->as.ports.count > 0x10000u - want->as.ports.first))
		return "there are no such ports";
	if (want->which == svrctl_Want_memory && (memory->length == 0 ||
			memory->address % 4096 != 0 || memory->length % 4096 != 0 ||
			memory->length > UINT64_MAX - memory->address))
		return "memory that it wants is not of whole pages";
	if (want->which == svrctl_Want_memory &&
			(uint32_t)memory->caching > kernel_Caching_UNCACHED)
		return "there is no such caching";
	if (want->which == svrctl_Want_interrupt && (uint32_t)want->as.interrupt.trigger >
			kernel_Trigger_LEVEL_LOW)
		return "no line has such a trigger";
	return NULL;
}

static const char *wrong_restart(const struct svrctl_Restart *restart)
{
	if ((uint32_t)restart->policy > svrctl_RestartPolicy_ALWAYS)
		return "there is no such policy";
	return restart->back_off > restart->back_off_max ?
		"its first back-off is longer than the longest" : NULL;
}

static const char *wrong_budget(const struct svrctl_Manifest *head)
{
	if (head->budget.threads == 0 || head->budget.handles == 0)
		return "its budget has no threads, or no handles";
	return head->budget.spaces > 0 && !(head->grants & svrctl_Grants_MAKE_SPACES) ?
		"its budget has spaces, and it is not granted MAKE_SPACES" : NULL;
}

static const char *wrong_grants(const struct svrctl_Manifest *head)
{
	const svrctl_Grants all = svrctl_Grants_SET_CLOCK | svrctl_Grants_TRACE |
		svrctl_Grants_SYSTEM_INFO | svrctl_Grants_SYSTEM | svrctl_Grants_INITRD |
		svrctl_Grants_MAKE_SPACES;

	return head->grants & ~all ? "there is no such grant" : NULL;
}

int32_t manifest_device(const struct manifest *manifest)
{
	for (uint32_t i = 0; i < manifest->wanted_count; i++)
		if (manifest->wanted[i].which == svrctl_Want_device)
			return (int32_t)i;
	return -1;
}

/* Takes it down: true, there is something wrong. */
static bool object(struct objection *objection, const char *member, int32_t item,
	const char *why)
{
	*objection = (struct objection){why, member, item};
	return why != NULL;
}

static bool is_wrong(const struct manifest *manifest, struct objection *objection)
{
	const struct svrctl_Manifest *head = &manifest->head;

	return object(objection, "name", -1, is_name(head->name) ? NULL :
			"its name is none") ||
		object(objection, "program", -1, head->program.size > 0 ? NULL :
			"it names no program") ||
		object(objection, "priority", -1, head->priority > 0 &&
			head->priority <= PRIORITY_HIGHEST ? NULL :
			"its priority is out of range") ||
		object(objection, "per_device", -1, !head->per_device ||
			manifest_device(manifest) >= 0 ? NULL : "it wants no device") ||
		object(objection, "grants", -1, wrong_grants(head)) ||
		object(objection, "budget", -1, wrong_budget(head)) ||
		object(objection, "restart", -1, wrong_restart(&head->restart)) ||
		object(objection, "health", -1, head->health.interval == 0 ||
			head->health.deadline > 0 ? NULL :
			"its health check has no deadline");
}

static bool has_wrong_items(const struct manifest *manifest, struct objection *objection)
{
	for (uint32_t i = 0; i < manifest->wanted_count; i++)
		if (object(objection, "hardware", (int32_t)i, wrong_want(manifest, i)))
			return true;
	for (uint32_t i = 0; i < manifest->served_count; i++)
		if (object(objection, "serves", (int32_t)i, wrong_served(manifest, i)))
			return true;
	for (uint32_t i = 0; i < manifest->used_count; i++)
		if (object(objection, "uses", (int32_t)i, wrong_used(manifest, i)))
			return true;
	return false;
}

bool manifest_read(struct bytes wire, struct manifest *manifest,
	struct objection *objection)
{
	struct svrctl_Manifest *head = &manifest->head;

	*objection = (struct objection){"it does not decode", NULL, -1};
	if (svrctl_Manifest_decode(head, wire.at, wire.size) != SK_OK)
		return false;
	if (head->budget.bytes == 0)
		head->budget.bytes = BUDGET_DEFAULT;
	memcpy(manifest->name, head->name.data, head->name.size);
	manifest->name[head->name.size] = 0;
	read_lists(manifest);
	return !is_wrong(manifest, objection) && !has_wrong_items(manifest, objection);
}

/* ---- several devices ---- */

/* `name` with the number behind it, there. */
static bool put_number(struct sk_string *name, uint32_t number, char *to)
{
	char digits[10];
	uint32_t count = 0, size = name->size;

	for (; number > 0; number /= 10)
		digits[count++] = (char)('0' + number % 10);
	if (count == 0 || size + 1 + count > NAME_BYTES)
		return false;
	if (to != name->data)
		memcpy(to, name->data, size);
	to[size++] = '.';
	while (count > 0)
		to[size++] = digits[--count];
	*name = (struct sk_string){to, size};
	return true;
}

bool manifest_number(struct manifest *manifest, uint32_t number)
{
	bool is_good = put_number(&manifest->head.name, number, manifest->name);

	manifest->name[manifest->head.name.size] = 0;
	for (uint32_t i = 0; i < manifest->served_count; i++)
		is_good = put_number(&manifest->served[i].service, number,
			manifest->numbered[i]) && is_good;
	return is_good;
}

/* ---- rights ---- */

/* The bit of a right of this name; 0: there is none. */
static uint16_t right_of(const struct svrctl_Served *served, struct sk_string name)
{
	struct svrctl_Served_rights_list list = served->rights;
	struct sk_string one;

	for (unsigned bit = 0; bit < 16 && svrctl_Served_rights_next(&list, &one); bit++)
		if (name.size > 0 && same_text(one, name))
			return (uint16_t)(1u << bit);
	return 0;
}

bool manifest_rights(const struct svrctl_Served *served, const struct svrctl_Used *used,
	uint16_t *rights)
{
	struct svrctl_Used_rights_list list = used->rights;
	struct sk_string name;
	unsigned count = 0;

	*rights = 0;
	for (; svrctl_Used_rights_next(&list, &name); count++) {
		uint16_t right = right_of(served, name);

		if (right == 0)
			return false;
		*rights |= right;
	}
	if (count == 0)
		*rights = UINT16_MAX;
	return true;
}

bool manifest_own_rights(const struct svrctl_Used *used, uint16_t *rights)
{
	static struct sk_string names[] = {{"INSPECT", 7}, {"CONTROL", 7}, {"MANAGE", 6}};
	const struct svrctl_Served own = {.rights = {.items = names, .count = 3}};

	if (!manifest_rights(&own, used, rights))
		return false;
	*rights &= svrctl_Rights_INSPECT | svrctl_Rights_CONTROL | svrctl_Rights_MANAGE;
	return true;
}

/* ---- within ---- */

static bool has_right(const struct svrctl_Used *used, struct sk_string name)
{
	struct svrctl_Used_rights_list list = used->rights;
	struct sk_string one;

	while (svrctl_Used_rights_next(&list, &one))
		if (same_text(one, name))
			return true;
	return false;
}

static bool rights_within(const struct svrctl_Used *used, const struct svrctl_Used *other)
{
	struct svrctl_Used_rights_list list = used->rights, others = other->rights;
	struct sk_string name;
	bool any = false;

	if (!svrctl_Used_rights_next(&others, &name))
		return true;
	for (; svrctl_Used_rights_next(&list, &name); any = true)
		if (!has_right(other, name))
			return false;
	return any;
}

static bool has_use(const struct manifest *manifest, const struct svrctl_Used *used)
{
	for (uint32_t i = 0; i < manifest->used_count; i++) {
		const struct svrctl_Used *own = &manifest->used[i];

		if (same_text(own->service, used->service) &&
				same_text(own->interface_name, used->interface_name))
			return rights_within(used, own);
	}
	return false;
}

static bool same_want(const struct svrctl_Want *one, const struct svrctl_Want *other)
{
	if (one->which != other->which)
		return false;
	switch (one->which) {
	case svrctl_Want_ports:
		return one->as.ports.first >= other->as.ports.first &&
			one->as.ports.first + one->as.ports.count <=
			other->as.ports.first + other->as.ports.count;
	case svrctl_Want_memory:
		return one->as.memory.address >= other->as.memory.address &&
			one->as.memory.address + one->as.memory.length <=
			other->as.memory.address + other->as.memory.length;
	case svrctl_Want_interrupt:
		return one->as.interrupt.line == other->as.interrupt.line;
	case svrctl_Want_framebuffer:
		return true;
	default:
		return false;
	}
}

static bool has_want(const struct manifest *manifest, const struct svrctl_Want *want)
{
	for (uint32_t i = 0; i < manifest->wanted_count; i++)
		if (same_want(want, &manifest->wanted[i]))
			return true;
	return false;
}

static bool budget_within(const struct svrctl_Budget *budget,
	const struct svrctl_Budget *other)
{
	return budget->bytes <= other->bytes && budget->threads <= other->threads &&
		budget->spaces <= other->spaces && budget->handles <= other->handles;
}

bool manifest_is_within(const struct manifest *manifest, const struct manifest *other)
{
	const struct svrctl_Manifest *head = &manifest->head;

	if ((head->grants & ~other->head.grants) != 0 ||
			head->priority > other->head.priority ||
			!budget_within(&head->budget, &other->head.budget))
		return false;
	for (uint32_t i = 0; i < manifest->used_count; i++)
		if (!has_use(other, &manifest->used[i]))
			return false;
	for (uint32_t i = 0; i < manifest->wanted_count; i++)
		if (!has_want(other, &manifest->wanted[i]))
			return false;
	return true;
}
