/* Tables that firmware left: where they are, and of two of them what they say. */
#include "servers/platform/platform.h"

#define TABLES_MAX 48
#define TABLE_BYTES_MAX (UINT32_C(1) << 20)
#define HEAD 36
#define OVERRIDES 16
#define ECAMS_MAX 4

struct table {
	char signature[4];
	uint64_t address;
	uint32_t length;
	uint8_t revision;
};

struct ecam {
	uint64_t address;
	uint8_t first, last;
};

static struct table tables[TABLES_MAX];
static uint32_t table_count;
static struct ecam ecams[ECAMS_MAX];
static uint32_t ecam_count;
static uint32_t line_of[OVERRIDES];
static kernel_Trigger trigger_of[OVERRIDES];

static uint32_t get32(const volatile uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get64(const volatile uint8_t *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

/* ---- what is there ---- */

/* A table, by its head; false: none is there. */
static bool find(uint64_t address, struct table *table)
{
	volatile uint8_t *at = address ? map_raw(address, HEAD, false) : NULL;

	if (!at)
		return false;
	for (unsigned i = 0; i < 4; i++)
		table->signature[i] = (char)at[i];
	table->address = address;
	table->length = get32(at + 4);
	table->revision = at[8];
	unmap_raw(at, HEAD);
	return table->length >= HEAD && table->length <= TABLE_BYTES_MAX;
}

static void add_all(const struct table *root, uint32_t width)
{
	volatile uint8_t *at = map_raw(root->address, root->length, false);

	/* What a table's head is read from may be the same page: one after the other. */
	static uint64_t addresses[TABLES_MAX];
	uint32_t count = 0;

	for (uint32_t from = HEAD; at && from + width <= root->length && count < TABLES_MAX;
			from += width)
		addresses[count++] = width == 8 ? get64(at + from) : get32(at + from);
	unmap_raw(at, root->length);
	for (uint32_t i = 0; i < count; i++)
		if (find(addresses[i], &tables[table_count]))
			table_count++;
}

static const struct table *table_of(const char *signature, uint32_t index)
{
	for (uint32_t i = 0; i < table_count; i++)
		if (memcmp(tables[i].signature, signature, 4) == 0 && index-- == 0)
			return &tables[i];
	return NULL;
}

/* ---- MCFG and MADT ---- */

static void read_ecams(void)
{
	const struct table *table = table_of("MCFG", 0);
	volatile uint8_t *at = table ? map_raw(table->address, table->length, false) : NULL;

	for (uint32_t from = 44; at && from + 16 <= table->length &&
			ecam_count < ECAMS_MAX; from += 16)
		/* Of the first segment alone: there are no others here. */
		if (at[from + 8] == 0 && at[from + 9] == 0)
			ecams[ecam_count++] = (struct ecam){get64(at + from), at[from + 10],
				at[from + 11]};
	if (at)
		unmap_raw(at, table->length);
}

static kernel_Trigger trigger_by(uint32_t flags)
{
	/* Two bits each: 1 high, 3 low; 1 edge, 3 level. */
	if ((flags >> 2 & 3) == 3)
		return (flags & 3) == 1 ? kernel_Trigger_LEVEL_HIGH :
			kernel_Trigger_LEVEL_LOW;
	return (flags & 3) == 3 ? kernel_Trigger_EDGE_FALLING : kernel_Trigger_EDGE_RISING;
}

static void read_overrides(void)
{
	const struct table *table = table_of("APIC", 0);
	volatile uint8_t *at = table ? map_raw(table->address, table->length, false) : NULL;

	for (uint32_t i = 0; i < OVERRIDES; i++) {
		line_of[i] = i;
		trigger_of[i] = kernel_Trigger_LEVEL_LOW;
	}
	for (uint32_t from = 44; at && from + 2 <= table->length && at[from + 1] >= 2;
			from += at[from + 1]) {
		if (at[from] != 2 || at[from + 1] < 10 || from + 10 > table->length ||
				at[from + 3] >= OVERRIDES)
			continue;
		line_of[at[from + 3]] = get32(at + from + 4);
		trigger_of[at[from + 3]] = trigger_by(at[from + 8]);
	}
	if (at)
		unmap_raw(at, table->length);
}

uint64_t acpi_ecam(uint8_t bus)
{
	for (uint32_t i = 0; i < ecam_count; i++)
		if (ecams[i].first <= bus && bus <= ecams[i].last)
			return ecams[i].address + ((uint64_t)bus << 20);
	return 0;
}

uint32_t acpi_line(uint8_t isa, kernel_Trigger *trigger)
{
	*trigger = isa < OVERRIDES ? trigger_of[isa] : kernel_Trigger_LEVEL_LOW;
	return isa < OVERRIDES ? line_of[isa] : isa;
}

void acpi_open(void)
{
	struct kernel_System_boot_info_reply info;
	uint64_t old = 0, extended = 0;
	volatile uint8_t *at = NULL;
	struct table root;

	if (K(platform.system, System_boot_info, &info, 0) == SK_OK && info.acpi_root != 0)
		at = map_raw(info.acpi_root, HEAD, false);
	if (at) {
		old = get32(at + 16);
		extended = at[15] >= 2 ? get64(at + 24) : 0;
		unmap_raw(at, HEAD);
	}
	if (find(extended, &root))
		add_all(&root, 8);
	else if (find(old, &root))
		add_all(&root, 4);
	read_ecams();
	read_overrides();
}

/* ---- hw.Firmware ---- */

static const struct table *asked_for(struct sk_string signature, uint32_t index)
{
	return signature.size == 4 ? table_of(signature.data, index) : NULL;
}

static void acpi_table(void *self, const struct hw_Firmware_acpi_table_request *request,
	struct sk_reply *to)
{
	const struct table *table = asked_for(request->signature, request->index);
	struct hw_Firmware_acpi_table_reply reply;

	(void)self;
	if (!table) {
		hw_Firmware_acpi_table_answer(to, hw_Error_NOT_FOUND, NULL);
		return;
	}
	reply.address = table->address;
	reply.length = table->length;
	reply.revision = table->revision;
	hw_Firmware_acpi_table_answer(to, 0, &reply);
}

static void read_acpi_table(void *self,
	const struct hw_Firmware_read_acpi_table_request *request, struct sk_reply *to)
{
	const struct table *table = asked_for(request->signature, request->index);
	struct hw_Firmware_read_acpi_table_reply reply = {.count = 0};
	volatile uint8_t *at;
	int status;

	(void)self;
	if (!table || request->offset > table->length) {
		hw_Firmware_read_acpi_table_answer(to, table ? hw_Error_INVALID :
			hw_Error_NOT_FOUND, NULL);
		return;
	}
	reply.count = table->length - request->offset;
	if (reply.count > request->data.size)
		reply.count = (uint32_t)request->data.size;
	at = map_raw(table->address, table->length, false);
	status = at ? sk_lease_write(to, &request->data, 0,
		(const void *)(uintptr_t)(at + request->offset), reply.count, NULL) :
		SK_EXHAUSTED;
	unmap_raw(at, table->length);
	if (status != SK_OK)
		sk_answer_error(to, status);
	else
		hw_Firmware_read_acpi_table_answer(to, 0, &reply);
}

int firmware_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct hw_Firmware_ops ops = {
		.acpi_table = acpi_table,
		.read_acpi_table = read_acpi_table,
	};

	return hw_Firmware_dispatch(&ops, self, incoming);
}
