/*
 * A plugin of QEMU's translator that counts the guest instructions between two
 * markers, and apart those that only a kernel does, or that enter and leave one.
 * Debian's QEMU brings no header for plugins, so what is used of its interface,
 * version 1, is declared here.
 *
 * For each pair of markers that ends, what came between is added to the current
 * thing; `nopl 0x534b0001(%rax)` begins and `...2` ends. After 64 pairs it prints
 *
 *	plugin INSTRUCTIONS PRIVILEGED KERNEL
 *
 * each divided by 64: all, the privileged, those at high addresses.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define PAIRS 64

/* ---- of QEMU: qemu-plugin.h, version 1 ---- */

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id,
	struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int vcpu, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	qemu_plugin_vcpu_tb_trans_cb_t cb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
	size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	qemu_plugin_vcpu_udata_cb_t cb, enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_outs(const char *text);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
	char **argv);

/* ---- what instructions are ---- */

enum {
	PRIVILEGED = 1,
	KERNEL = 2,
	BEGIN = 4,
	END = 8
};

static uint64_t all, privileged, kernel;
static unsigned pairs;
static bool counting;

/* Enters or leaves a kernel, or is for one alone, or reads and writes segment
 * bases. */
static bool is_privileged(const uint8_t *code, size_t size)
{
	size_t at = 0;

	while (at + 1 < size && (code[at] == 0x66 || code[at] == 0xf2 || code[at] == 0xf3 ||
			(code[at] & 0xf0) == 0x40 || code[at] == 0x65 || code[at] == 0x64))
		at++;
	if (code[at] == 0xfa || code[at] == 0xfb || code[at] == 0xf4 || code[at] == 0xcf)
		return true;	/* cli, sti, hlt, iret */
	if (code[at] != 0x0f || at + 1 >= size)
		return false;
	switch (code[at + 1]) {
	case 0x05: case 0x06: case 0x07:	/* syscall, clts, sysret */
	case 0x08: case 0x09:			/* invd, wbinvd */
	case 0x20: case 0x21: case 0x22: case 0x23:	/* control, debug registers */
	case 0x30: case 0x32:			/* wrmsr, rdmsr */
	case 0x00:				/* lldt, ltr */
		return true;
	case 0x01:				/* lgdt, lidt, invlpg, swapgs */
		return at + 2 < size && code[at + 2] != 0xf9 && code[at + 2] != 0xd0;
	case 0xae:				/* rdfsbase ... wrgsbase */
		return at + 2 < size && at > 0 && (code[at + 2] & 0xe0) == 0xc0;
	case 0x38:				/* invpcid */
		return at + 2 < size && code[at + 2] == 0x82;
	default:
		return false;
	}
}

static unsigned kind_of(const struct qemu_plugin_insn *insn)
{
	static const uint8_t marker[] = {0x0f, 0x1f, 0x80, 0, 0, 0x4b, 0x53};
	const uint8_t *code = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	unsigned kind = 0;

	if (size == 7 && memcmp(code, marker, 3) == 0 && memcmp(code + 5, marker + 5, 2) == 0 &&
			code[4] == 0)
		return code[3] == 1 ? BEGIN : code[3] == 2 ? END : 0;
	if (is_privileged(code, size))
		kind |= PRIVILEGED;
	if (qemu_plugin_insn_vaddr(insn) >> 63)
		kind |= KERNEL;
	return kind;
}

/* ---- counting ---- */

static void finish(void)
{
	char line[100];

	counting = false;
	if (++pairs < PAIRS)
		return;
	snprintf(line, sizeof(line), "plugin %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		all / PAIRS, privileged / PAIRS, kernel / PAIRS);
	qemu_plugin_outs(line);
	all = privileged = kernel = pairs = 0;
}

static void executed(unsigned int vcpu, void *userdata)
{
	unsigned kind = (unsigned)(uintptr_t)userdata;

	(void)vcpu;
	if (kind & END) {
		finish();
	} else if (kind & BEGIN) {
		counting = true;
	} else if (counting) {
		all++;
		privileged += (kind & PRIVILEGED) != 0;
		kernel += (kind & KERNEL) != 0;
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_insn_exec_cb(insn, executed,
			QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)kind_of(insn));
	}
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
	char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
