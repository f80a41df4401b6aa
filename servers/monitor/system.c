/* Commands about the machine: its log, memory, time, and devices. */
#include "hw.skald.h"
#include "kernel.skald.h"
#include "servers/monitor/monitor.h"

#define LOG_MAX 65536u
#define LOG_LINES 20
#define SECOND 1000000000

#define ASK(method, reply, ...) \
	kernel_System_##method(&monitor.system.channel, \
		&(struct kernel_System_##method##_request){__VA_ARGS__}, reply, within(5))

static bool has_system(void)
{
	if (monitor.system.number == 0)
		complain(NULL, "the supervisor does not let this monitor look at the machine");
	return monitor.system.number != 0;
}

/* ---- the log ---- */

/* All that is left of it; how many bytes. */
static uint32_t read_log(char *to)
{
	struct kernel_System_read_log_reply reply = {.next = 0};
	uint32_t size = 0;

	while (ASK(read_log, &reply, .from = reply.next) == SK_OK && reply.text.size > 0 &&
			size + reply.text.size <= LOG_MAX) {
		memcpy(to + size, reply.text.data, reply.text.size);
		size += reply.text.size;
	}
	return size;
}

/* "NAME: ..."; NULL: every line is. */
static bool is_of(const char *line, uint32_t size, const char *name)
{
	size_t length = name ? strlen(name) : 0;

	return !name || (size > length && memcmp(line, name, length) == 0 &&
		line[length] == ':');
}

/* Where the line before `end` begins. */
static uint32_t line_start(const char *log, uint32_t end)
{
	uint32_t at = end > 0 ? end - 1 : 0;

	while (at > 0 && log[at - 1] != '\n')
		at--;
	return at;
}

static void show_log(const char *log, uint32_t size, uint64_t lines, const char *name)
{
	uint32_t from = size, end = size;

	for (uint64_t left = lines; left > 0 && from > 0;) {
		uint32_t at = line_start(log, from);

		left -= is_of(log + at, from - at, name);
		from = at;
	}
	for (; from < size && !is_interrupted(); from = end) {
		end = from;
		while (end < size && log[end++] != '\n')
			;
		if (is_of(log + from, end - from, name))
			put_plain(log + from, end - from, true);
	}
}

void do_log(struct words *words)
{
	uint64_t lines = LOG_LINES;
	char *log;

	if (words_option(words, "-n")) {
		if (words->count < 2 || !number_of(words->word[1], &lines)) {
			command_usage();
			return;
		}
		words_option(words, words->word[1]);
	}
	if (words->count > 2) {
		command_usage();
		return;
	}
	log = has_system() ? sk_alloc(&monitor.os->heap, LOG_MAX) : NULL;
	if (!log)
		return;
	show_log(log, read_log(log), lines, words->count == 2 ? words->word[1] : NULL);
	sk_free(&monitor.os->heap, log);
}

/* ---- memory ---- */

static void show_size(const char *name, uint64_t bytes)
{
	char text[TEXT_SIZE];

	say("%-14s", name);
	put_right(text_size(text, bytes), 10);
	put_text("\n");
}

static void show_share(void *self, const char *name)
{
	struct svrctl_Supervisor_status_request request = {{name, (uint32_t)strlen(name)}};
	struct svrctl_Supervisor_status_reply reply;

	(void)self;
	if (svrctl_Supervisor_status(&monitor.supervisor.kernel.channel, &request, &reply,
			within(5)) == SK_OK && reply.condition.bytes_used > 0)
		show_size(name, reply.condition.bytes_used);
}

void do_memory(struct words *words)
{
	struct kernel_System_memory_reply reply;
	uint32_t starting, count;

	(void)words;
	if (!has_system())
		return;
	if (ASK(memory, &reply, .empty = 0) != SK_OK) {
		complain(NULL, "the kernel does not say");
		return;
	}
	show_size("all", reply.total);
	show_size("free", reply.free);
	show_size("the kernel", reply.kernel);
	put_text("\nServers, with what the kernel has for them:\n");
	servers_each(show_share, NULL, &starting, &count);
}

/* ---- time ---- */

static void show_cpu(uint32_t cpu)
{
	struct kernel_System_cpu_time_reply time;
	uint64_t all;

	if (ASK(cpu_time, &time, .cpu = cpu) != SK_OK)
		return;
	all = time.user + time.kernel + time.idle;
	if (all == 0)
		return;
	say("CPU %u: %lu%% programs, %lu%% kernel, %lu%% idle\n", cpu,
		time.user / (all / 100 + 1), time.kernel / (all / 100 + 1),
		time.idle / (all / 100 + 1));
}

void do_uptime(struct words *words)
{
	struct kernel_System_boot_info_reply info;
	char text[TEXT_SIZE];

	(void)words;
	say("up for %s\n", text_span(text, sk_os_now(monitor.os)));
	if (monitor.system.number == 0 || ASK(boot_info, &info, .empty = 0) != SK_OK)
		return;
	for (uint32_t i = 0, cpus = info.cpus; i < cpus; i++)
		show_cpu(i);
}

void do_date(struct words *words)
{
	struct kernel_Clock_now_reply now;
	char text[TEXT_SIZE];

	(void)words;
	if (kernel_Clock_now(&monitor.os->clock.channel,
			&(struct kernel_Clock_now_request){.empty = 0}, &now, NULL) != SK_OK)
		complain(NULL, "the clock cannot be read");
	else if (now.realtime_offset == 0)
		complain(NULL, "nobody has set the clock; `uptime` says how long it runs");
	else
		say("%s UTC\n", text_date(text,
			((int64_t)now.monotonic + now.realtime_offset) / SECOND));
}

/* ---- devices ---- */

static const char *class_text(uint8_t class_code)
{
	static const char *const texts[] = {"old device", "storage", "network", "display",
		"multimedia", "memory", "bridge", "communication", "system", "input",
		"docking station", "processor", "serial bus"};

	return class_code < sizeof(texts) / sizeof(texts[0]) ? texts[class_code] : "other";
}

static void show_pci(const struct hw_Pci *pci)
{
	const struct hw_PciIdentity *is = &pci->identity;

	say("%02x:%02x.%x  %04x:%04x  %-14s", pci->address.bus, pci->address.slot,
		pci->address.function, is->vendor, is->device, class_text(is->class_code));
}

static void show_device(const struct hw_Found *found)
{
	switch (found->identity.which) {
	case hw_Identity_pci:
		show_pci(&found->identity.as.pci);
		break;
	case hw_Identity_acpi:
		put_plain(found->identity.as.acpi.hardware_id.data,
			found->identity.as.acpi.hardware_id.size, false);
		break;
	case hw_Identity_legacy:
		put_plain(found->identity.as.legacy.data, found->identity.as.legacy.size, false);
		break;
	default:
		say("device %lu", found->id);
	}
	put_text(found->claimed ? "  has a driver\n" : "\n");
}

void do_devices(struct words *words)
{
	struct hw_Bus_list_reply reply = {.next = 0};

	(void)words;
	do {
		const struct hw_Bus_list_request request = {.from = reply.next};
		int status = hw_Bus_list(&monitor.bus.kernel.channel, &request, &reply,
			within(5));
		struct hw_Found found;

		if (status != SK_OK) {
			complain("platform", "it does not answer; see `status platform`");
			return;
		}
		while (hw_Found_next(&reply.devices, &found))
			show_device(&found);
	} while (reply.next != 0 && !is_interrupted());
}
