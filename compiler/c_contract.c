/*
 * Contracts in generated code: tables of rows (runtime/contract.h).
 */
#include "compiler/c_code.h"

#include <inttypes.h>

#include "compiler/contract.h"

void c_declare_contract(struct c_code *c, const struct declaration *d)
{
	print_line(&c->out, "/* What a peer has to have alike: for sk_contract_check(). */");
	print_line(&c->out, "extern const struct sk_contract %s_contract;", d->c_name);
	print(&c->out, "\n");
}

static const char *flags_text(struct arena *arena, uint32_t flags)
{
	const char *text = "";

#define X(name, bit) \
	if (flags & (bit)) \
		text = arena_printf(arena, "%s%sSK_CONTRACT_" #name, text, *text ? " | " : "");
	CONTRACT_FLAGS(X)
#undef X
	return *text ? text : "0";
}

static void print_row(struct printer *out, const struct contract_row *row)
{
	print_line(out, "{ UINT64_C(0x%016" PRIx64 "), UINT64_C(0x%016" PRIx64 "),", row->key,
		row->parent);
	print_line(out, "\tUINT32_C(0x%08" PRIx32 "), UINT32_C(%" PRIu32 "), %s,", row->shape,
		row->limit, flags_text(out->arena, row->flags));
	print_line(out, "\t\"%s\" },", row->text);
}

void c_print_contract(struct c_code *c, const struct declaration *d)
{
	struct contract contract = contract_of(c->arena, d);
	struct printer *out = &c->out;

	if (contract.count != 0) {
		print_line(out, "static const struct sk_contract_row %s_contract_rows[] = {",
			d->c_name);
		out->indent++;
		for (uint32_t i = 0; i < contract.count; i++)
			print_row(out, &contract.rows[i]);
		out->indent--;
		print_line(out, "};");
		print(out, "\n");
	}
	print_line(out, "const struct sk_contract %s_contract = {", d->c_name);
	print_line(out, "\t\"%s\", UINT64_C(0x%016" PRIx64 "),", d->qualified,
		contract.fingerprint);
	print_line(out, "\t%s%s, %" PRIu32, contract.count != 0 ? d->c_name : "NULL",
		contract.count != 0 ? "_contract_rows" : "", contract.count);
	print_line(out, "};");
	print(out, "\n");
}
