/* The commands: a row of the table each. */
#include "compiler/command.h"

const struct command commands[] = {
	{
		"check", "SCHEMA...", "report what is wrong with schemas",
		NULL, 1, -1, OPTION_IMPORT | OPTION_FORMAT | OPTION_COLOR,
		command_check,
	},
	{
		"c", "SCHEMA -o DIR", "generate C: a header and a source",
		NULL, 1, 1, OPTION_IMPORT | OPTION_OUTPUT | OPTION_DEPFILE |
		OPTION_REFLECT | OPTION_CONTRACT | OPTION_NOTE | OPTION_COLOR, command_c,
	},
	{
		"encode", "SCHEMA MESSAGE", "turn YAML or JSON into bytes",
		"Reads a value from stdin and writes head and tail to stdout.",
		2, 2, OPTION_IMPORT | OPTION_OUTPUT | OPTION_HEX | OPTION_FROM | OPTION_COLOR,
		command_encode,
	},
	{
		"decode", "SCHEMA [MESSAGE]", "turn bytes into YAML or JSON",
		"Reads head and tail from stdin. Without MESSAGE their id "
		"says which it is.",
		1, 2, OPTION_IMPORT | OPTION_OUTPUT | OPTION_HEX | OPTION_JSON |
		OPTION_LENIENT | OPTION_NUMBERS | OPTION_FROM | OPTION_COLOR, command_decode,
	},
	{
		"dump", "SCHEMA [MESSAGE]", "show bytes field by field",
		"Reads head and tail from stdin. Damaged ones are shown as far "
		"as they make sense.",
		1, 2, OPTION_IMPORT | OPTION_OUTPUT | OPTION_HEX | OPTION_FROM | OPTION_COLOR,
		command_dump,
	},
	{
		"conform", "SCHEMA", "answer conformance tests on stdin",
		"A line in, a line out:\n"
		"  E MESSAGE {json}            OK HEADHEX TAILHEX, or FAIL reason\n"
		"  D MESSAGE HEADHEX TAILHEX   OK {json}, or FAIL reason\n"
		"`-` stands for an empty tail.",
		1, 1, OPTION_IMPORT | OPTION_LENIENT | OPTION_COLOR,
		command_conform,
	},
	{
		"stat", "SCHEMA [NAME]", "show what messages cost at most",
		"NAME is a message or an interface; without it the whole file "
		"is shown.",
		1, 2, OPTION_IMPORT | OPTION_OUTPUT | OPTION_JSON | OPTION_COLOR,
		command_stat,
	},
	{
		"fuzz", "SCHEMA -o DIR", "generate a fuzzer",
		"Writes its sources, seeds, dictionaries and a Makefile; "
		"`make help` there says more.",
		1, 1, OPTION_IMPORT | OPTION_OUTPUT | OPTION_VECTORS |
		OPTION_COLOR, command_fuzz,
	},
	{
		"lock", "SCHEMA", "write down what peers rely on",
		"A text to be kept and reviewed: a fact a line, of the bytes and of C.\n"
		"With --check the file of -o, or else SCHEMA's name with .lock, is "
		"compared.",
		1, 1, OPTION_IMPORT | OPTION_OUTPUT | OPTION_CHECK | OPTION_COLOR,
		command_lock,
	},
	{
		"fmt", "SCHEMA...", "lay out schemas",
		"`-` is stdin. The layout goes to stdout; several files need -w "
		"or --check.",
		1, -1, OPTION_OUTPUT | OPTION_CHECK | OPTION_IN_PLACE |
		OPTION_RANGE | OPTION_COLOR, command_fmt,
	},
	{
		"lint", "SCHEMA...", "report what is likely to be regretted",
		"Each lint has a code and a page: `skald explain L0101`. A comment "
		"in the schema\nallows one: `// lint: allow L0101 because ...`.",
		1, -1, OPTION_IMPORT | OPTION_JSON | OPTION_LINTS | OPTION_COLOR,
		command_lint,
	},
	{
		"diff", "OLD NEW", "show what a change of a schema breaks",
		"Both are schemas or locks (.lock). Each change is of a class: wire, abi, "
		"source\nor none; `skald explain CODE` says more of it. Exits with 1 if one "
		"is of the\nclass of --fail-on or a graver one.",
		2, 2, OPTION_IMPORT | OPTION_JSON | OPTION_FAIL_ON | OPTION_COLOR,
		command_diff,
	},
	{
		"ir", "SCHEMA", "write the checked tree, for other back ends",
		"All that was decided of the schema and its imports, as YAML (docs/ir.md).",
		1, 1, OPTION_IMPORT | OPTION_OUTPUT | OPTION_JSON | OPTION_COLOR,
		command_ir,
	},
	{
		"doc", "SCHEMA... -o DIR", "write pages about schemas: HTML, or man(1)",
		"A page for each file, imported ones too, and an index; with --man one for\n"
		"each interface, of section 3.",
		1, -1, OPTION_IMPORT | OPTION_OUTPUT | OPTION_MANUALS | OPTION_COLOR, command_doc,
	},
	{
		"wireshark", "SCHEMA...", "write a dissector for Wireshark, in Lua",
		"Of messages that stand alone (link type USER0), and in packets of the\n"
		"transport over sockets (USER1).",
		1, -1, OPTION_IMPORT | OPTION_OUTPUT | OPTION_COLOR, command_wireshark,
	},
	{
		"lsp", "", "serve an editor: the Language Server Protocol",
		"Speaks on stdin and stdout.", 0, 0, OPTION_IMPORT, command_lsp,
	},
	{
		"completion", "SHELL", "write what completes commands in bash, zsh or fish",
		"    eval \"$(skald completion bash)\"", 1, 1, OPTION_OUTPUT, command_completion,
	},
	{
		"explain", "CODE", "explain a diagnostic (E0123), lint or change",
		NULL, 1, 1, 0, command_explain,
	},
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);
