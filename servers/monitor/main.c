/* The monitor's life: a greeting, and then one line after the other. */
#include "kernel.skald.h"
#include "servers/monitor/monitor.h"

/* Milliseconds: that the others may take to start before it greets all the same, and
 * between looks. */
#define BOOT 10000
#define LOOK 20

struct monitor monitor = {.command = "monitor", .folder = "/"};

static void show(void *self, const char *text, size_t size)
{
	(void)self;
	put(text, size);
}

static void none(void *self, const char *name)
{
	(void)self;
	(void)name;
}

/* The machine's command line has the word. */
static bool is_plain(void)
{
	struct kernel_System_boot_info_reply info;

	return kernel_System_boot_info(&monitor.system.channel,
			&(struct kernel_System_boot_info_request){.empty = 0}, &info, NULL) == SK_OK &&
		sk_find(info.command_line.data, info.command_line.size, "plain", 5) != NULL;
}

static void greet(void)
{
	uint32_t starting = 1, count = 0;

	/* What the others say of their start comes first. */
	for (unsigned i = 0; i < BOOT / LOOK && starting > 0; i++) {
		if (servers_each(none, NULL, &starting, &count) != SK_OK)
			break;
		if (starting > 0 && !wait_for(LOOK))
			break;
	}
	terminal_begin();
	paint(BOLD);
	put_text("\nSkald.");
	paint(NONE);
	say(" %u servers. `help` says what there is; `poweroff` ends it", count);
	put_text(monitor.is_plain ? ".\n" : ", or Ctrl-A X in QEMU.\n");
}

static const char *prompt(void)
{
	static char text[PATH_SIZE + 32];
	const char *const parts[] = {monitor.is_plain ? "" : "\x1b[1m", "skald:",
		monitor.folder, ">", monitor.is_plain ? " " : "\x1b[m "};
	size_t size = 0;

	for (unsigned i = 0; i < 5; i++) {
		memcpy(text + size, parts[i], strlen(parts[i]));
		size += strlen(parts[i]);
	}
	text[size] = 0;
	return text;
}

static void end_of_input(void)
{
	put_text("\n`poweroff` switches the machine off.\n");
	edit_begin(&monitor.edit, prompt());
}

static void cancel_line(void)
{
	terminal_begin();
	put_text("^C\n");
	edit_begin(&monitor.edit, prompt());
}

/* What one key does. True: the line is complete. */
static bool take_key(uint8_t key)
{
	switch (edit_key(&monitor.edit, key)) {
	case EDIT_ENTER:
		edit_leave(&monitor.edit);
		return true;
	case EDIT_TAB:
		complete();
		return false;
	case EDIT_END:
		end_of_input();
		return false;
	default:
		return false;
	}
}

/* False: the terminal has gone. */
static bool read_line(void)
{
	uint8_t key;
	bool has_log_grown;

	terminal_prompt();
	edit_begin(&monitor.edit, prompt());
	while (terminal_is_open()) {
		if (terminal_key(&key, &has_log_grown)) {
			if (take_key(key))
				return true;
		} else if (has_log_grown) {
			/* Written past us, as whole lines. */
			edit_draw(&monitor.edit);
		} else if (terminal_is_open()) {
			cancel_line();
		}
	}
	return false;
}

static void run_line(void)
{
	static char line[EDIT_LINE + 1];

	memcpy(line, monitor.edit.line, sizeof(line));
	edit_remember(&monitor.edit, line);
	terminal_begin();
	command_run(line);
	monitor.command = "monitor";
	if (is_interrupted()) {
		terminal_begin();
		put_text("^C\n");
	}
}

static void open_all(struct sk_os *os)
{
	struct svrctl_Server_system_reply reply;

	monitor.os = os;
	edit_init(&monitor.edit, show, NULL);
	sk_client_open(&monitor.supervisor, os, "supervisor", "svrctl.Supervisor");
	sk_client_open(&monitor.files, os, "root", "fs.FileSystem");
	sk_client_open(&monitor.bus, os, "platform", "hw.Bus");
	sk_client_open(&monitor.traces, os, "traces", "ostrace.Collector");
	if (svrctl_Server_system(&os->supervisor.channel,
			&(struct svrctl_Server_system_request){.empty = 0}, &reply, NULL) == SK_OK)
		sk_os_channel_apart(os, &monitor.system, reply.system.raw);
	monitor.is_plain = is_plain();
}

int sk_os_main(struct sk_os *os)
{
	open_all(os);
	sk_os_ready(os);
	terminal_open();
	greet();
	for (;;) {
		if (read_line())
			run_line();
		else
			terminal_open();
	}
}
