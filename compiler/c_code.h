/*
 * The C back end, inside: what its files share. One run makes one header and
 * one source; c_backend.c drives, c_types.c names, c_header.c declares,
 * c_init.c, c_enum.c, c_record.c, c_read.c, c_write.c, c_variant.c, c_message.c
 * and c_interface.c define.
 */
#ifndef COMPILER_C_CODE_H
#define COMPILER_C_CODE_H

#include "compiler/print.h"
#include "idl/diag.h"
#include "idl/tree.h"

struct c_code {
	struct arena *arena;
	const struct file *file;
	struct printer out;
	bool contracts;			/* of each interface too */
};

/* ---- names and types: c_types.c ---- */

/* "uint32", "int8": the part of runtime names that says an integer's type. */
const char *c_integer(struct c_code *c, const struct type *type);

/* "float32" or "float64" */
const char *c_float(const struct type *type);

/*
 * Declares `declarator` with the type: c_declare(type, "x", path) is
 * "uint16_t x[3]". The path names list types that belong to this place alone
 * ("fs_Status_blocks").
 */
const char *c_declare(struct c_code *c, const struct type *type,
	const char *declarator, const char *path);
/* The same for what a newtype stands for. */
const char *c_declare_plain(struct c_code *c, const struct type *type,
	const char *declarator, const char *path);

/* Declares a pointer to the type: "uint16_t (*x)[3]", "fs_Key *x". */
const char *c_declare_pointer(struct c_code *c, const struct type *type,
	const char *name, const char *path);

/* How a list is held in C. */
enum c_list {
	C_LIST_BYTES,			/* struct sk_bytes */
	C_LIST_RUNTIME,			/* struct sk_uint32_list and the like */
	C_LIST_STRUCT,			/* struct fs_Entry_list */
	C_LIST_OWN			/* made for this place: PATH_list */
};
enum c_list c_list_of(const struct type *list);
/* Names its struct and functions: "sk_uint32", "fs_Entry", or the path. */
const char *c_list_name(struct c_code *c, const struct type *list, const char *path);
/* The path of a list's elements. */
const char *c_item_path(struct c_code *c, const struct type *list, const char *path);
/* The path of a member's type, within that of its owner. */
const char *c_member_path(struct c_code *c, const char *path, const struct member *member);
/* The path of the type itself: a newtype's list types are its own. */
const char *c_path(struct c_code *c, const struct type *type, const char *path);

/* "(fs.skald:16)" */
const char *c_place(struct c_code *c, const struct span *span);

/* Calls `each` for every list type made for a place in the type, inner first. */
void c_each_own_list(struct c_code *c, const struct type *type, const char *path,
	void (*each)(struct c_code *c, const struct type *list, const char *path));

/* The same for the types of all members. */
void c_each_list_in(struct c_code *c, const struct body *body, const char *path,
	void (*each)(struct c_code *c, const struct type *list, const char *path));

/* Structs, records, variants and messages of the file, methods' own messages
 * included, in its order. */
void c_each_body(struct c_code *c, void *context,
	void (*each)(void *context, const struct declaration *declaration));

/* ---- conditions that are gathered into one `if`: c_block.c ---- */

struct c_block {
	struct c_code *c;
	const char *stream;		/* "in", "&in", "out", "&out" */
	const char *fail;		/* "return false;" */
	const char *pending[64];
	unsigned pending_count;
	unsigned loops;			/* index variables in use */
};

/* Something that must be true to go on. */
void c_require(struct c_block *block, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* That a list or string of the type is within its bound, if it has one. */
void c_require_bound(struct c_block *block, const struct type *type,
	const char *value, const char *size);
/* "&x", or "p" for "*p". */
const char *c_address(struct c_code *c, const char *value);
/* Where the stream stands: "in->at", "out.at". */
const char *c_at(const struct c_block *block);
/* Around a member with @bytes or @depth: how deep it may go, and where it has
 * to end. A reader goes no further; of what is written the size is looked at. */
void c_begin_read(struct c_block *block, const struct member *member);
void c_end_read(struct c_block *block, const struct member *member);
void c_begin_write(struct c_block *block, const struct member *member);
void c_end_write(struct c_block *block, const struct member *member);
/* Prints what was gathered: if (!a || !b) fail. */
void c_flush(struct c_block *block);
/* Prints what was gathered as the last statement of a function: return a && b. */
void c_return(struct c_block *block);
/* Opens a loop over `count` elements, and names its index. */
const char *c_loop(struct c_block *block, uint64_t count);
void c_end_loop(struct c_block *block);

/* ---- what is asked of types, members and bodies: c_traits.c ---- */

/* The type that a struct, record or variant is. */
struct type c_type_of(const struct declaration *declaration);
/* A strict enum: fs_E_is_valid says whether a value is one of it. */
bool c_is_strict(const struct type *type);
/* All bytes are values of it, one or an array, so that it can be copied whole. */
bool c_is_raw(const struct type *type);
/* A struct of few plain members, of which arrays are worked on in registers. */
bool c_is_flat(const struct type *type);
/* The number before an optional value that is there. */
uint64_t c_size_of_one(const struct type *type);

/* A record, or all those of an array of any dimensions. */
struct c_record_array {
	const struct declaration *record;
	const char *first;		/* a pointer to the first */
	uint64_t count;
};
struct c_record_array c_records(struct c_code *c, const struct type *type,
	const char *value);

/* Some member of the body is a tags block. */
bool c_has_tags(const struct body *body);
/* The body has a member in C: an empty tags block is none. */
bool c_has_members(const struct body *body);
/* Writing the body looks at a value: what is all handles is numbered only. */
bool c_writes_values(const struct body *body);
/* A member's tag as C writes it. */
const char *c_tag(struct c_code *c, const struct member *member);
/* Some member of it can be absent, and then has its default. */
bool c_has_absent(const struct body *body);
/* @bytes, or @depth of what is counted, of a member in dynamic position. */
bool c_is_bounded(const struct member *member);
bool c_limits_depth(const struct member *member);
/* Some member has it. (In a section, members in place are not measured.) */
bool c_has_bytes(const struct body *body, bool is_section);
bool c_has_depth(const struct body *body);
/* Some member holds it as a list of one (struct member, is_recursive). */
bool c_is_held_as_one(const struct file *file, const struct declaration *declaration);
/* Decoding the message can yield lists, for which there may be room. */
bool c_has_lists(const struct declaration *message);

/* What goes beside the bytes. Such types stand in no list, and the functions of
 * such structs, variants and messages take a struct sk_attached as well. */
bool c_type_carries(const struct type *type);
bool c_body_carries(const struct body *body);
/* The same of a message: handles or leases. */
bool c_carries(const struct declaration *message);
/* ", attached" behind the arguments of such a type's functions, or "". */
const char *c_with(const struct type *type);
/* ", struct sk_attached *attached" behind the parameters of a message's, struct's
 * or variant's functions, or "". */
const char *c_attached(const struct declaration *declaration);
/* "struct fs_File_handle" */
const char *c_handle(struct c_code *c, const struct declaration *interface);
/* "0x3": what a received handle must allow; 0 if no rights are named. */
const char *c_rights_wanted(struct c_code *c, const struct type *handle);
/* "SK_LEASE_IN" */
const char *c_direction(const struct type *lease);
const char *c_lease_max(struct c_code *c, const struct type *lease);

/* ---- the parts ---- */

void c_print_header(struct c_code *c);
/* The declaration of a member or arm without what says that it is there. */
void c_print_held(struct c_code *c, const struct member *member, const char *path);

/* A doc comment with its place, or the place alone; one of a member, if any. */
void c_print_doc(struct c_code *c, const char *doc, const struct span *span);
void c_print_member_doc(struct c_code *c, const char *doc);

/* Enums with fs_E_is_valid, constants, and values as C has them: c_enum.c. */
const char *c_number(struct c_code *c, struct number value, const struct type *type);
const char *c_real(struct c_code *c, double value, const struct type *type);
const char *c_text(struct c_code *c, const struct literal *literal);
void c_print_enum(struct c_code *c, const struct declaration *declaration);
void c_print_constant(struct c_code *c, const struct declaration *declaration);
/* X_init, with the defaults: c_init.c. */
void c_print_init(struct c_code *c, const struct declaration *declaration);

/* Dynamic position: c_read.c and c_write.c. */
void c_read_value(struct c_block *block, const struct type *type, const char *value,
	const char *path);
void c_write_value(struct c_block *block, const struct type *type, const char *value,
	const char *path);
/* One member of a body in dynamic position, or a tags block. */
void c_read_member(struct c_block *block, const struct member *member, const char *path);
void c_write_member(struct c_block *block, const struct member *member, const char *path);
/* A member or arm that is there, held by value or as a list of one. */
void c_read_held(struct c_block *block, const struct member *member, const char *value,
	const char *path);
void c_write_held(struct c_block *block, const struct member *member, const char *value,
	const char *path);
/* The same of one that is no block, whatever stands around it. */
void c_read_plain(struct c_block *block, const struct member *member, const char *path);
void c_write_plain(struct c_block *block, const struct member *member, const char *path);
/* All of a table, and what that needs at the beginning of a function: c_table.c. */
void c_read_table(struct c_block *block, const struct member *table, const char *path);
void c_write_table(struct c_block *block, const struct member *table, const char *path);
void c_read_table_locals(struct c_code *c, const struct member *table);
void c_write_table_locals(struct c_code *c, const struct member *table);
void c_print_struct_read(struct c_code *c, const struct declaration *declaration);
/* For the header, if the struct is flat: reading it, and taking one off a list,
 * so that loops over a list stay in registers. False: they are in the source. */
bool c_print_struct_inline(struct c_code *c, const struct declaration *declaration);
void c_print_struct_write(struct c_code *c, const struct declaration *declaration);
void c_print_list_read(struct c_code *c, const struct type *list, const char *path);
void c_print_list_write(struct c_code *c, const struct type *list, const char *path);
/* Lists of a struct or variant, many and of one; none if it carries handles. */
void c_print_list_of(struct c_code *c, const struct declaration *declaration);
void c_print_list_write_of(struct c_code *c, const struct declaration *declaration);

/* Variants: c_variant.c. */
void c_print_variant_type(struct c_code *c, const struct declaration *declaration);
void c_print_variant_read(struct c_code *c, const struct declaration *declaration);
void c_print_variant_write(struct c_code *c, const struct declaration *declaration);

/* Records: c_record.c. What is in line, and what is not. */
void c_print_record_functions(struct c_code *c, const struct declaration *declaration);
void c_print_record(struct c_code *c, const struct declaration *declaration);

/* Attaching what goes beside the bytes: c_attach.c. A struct's or variant's
 * function, and the statements for a message, which leave `status`. */
void c_print_attach(struct c_code *c, const struct declaration *declaration);
void c_attach_message(struct c_code *c, const struct declaration *message);

void c_print_message(struct c_code *c, const struct declaration *declaration);
/* It is nothing but so few bytes in place that they go in words (struct sk_words):
 * such a message is encoded and decoded in line, in the header. */
bool c_is_in_words(const struct declaration *message);
/* Always so many bytes, and nothing beside them. */
bool c_is_plain(const struct declaration *message);

/* The tables of runtime/reflect.h, a file of their own: c_reflect.c. */
void c_print_reflection(struct c_code *c, const struct schema *schema);

/* ---- interfaces: c_interface.c, c_method.c, c_method_comment.c, c_events.c ---- */

void c_declare_interface(struct c_code *c, const struct declaration *declaration);
void c_print_interface(struct c_code *c, const struct declaration *declaration);

/* What peers have to have alike, runtime/contract.h: c_contract.c. */
void c_declare_contract(struct c_code *c, const struct declaration *declaration);
void c_print_contract(struct c_code *c, const struct declaration *declaration);

/* "fs_File_read", by the interface that declares the method. */
const char *c_method_name(struct c_code *c, const struct method *method);
void c_declare_method(struct c_code *c, const struct method *method);
void c_declare_answer(struct c_code *c, const struct method *method);
void c_print_method(struct c_code *c, const struct method *method);
/* Request and reply go in words, so that dispatch and answer stand in the header. */
bool c_answers_in_words(const struct method *method);
void c_print_method_comment(struct c_code *c, const struct method *method);
/* A text, broken into lines of a comment, each behind " * ". */
void c_print_sentence(struct c_code *c, const char *text);
/* The lines of a doc comment, each behind " * ". */
void c_print_doc_lines(struct printer *out, const char *doc);

enum c_side {
	C_SENT,
	C_RECEIVED
};
/* Says which handles and leases of the message are whose. */
void c_print_carried(struct c_code *c, const struct declaration *message,
	enum c_side side);

void c_declare_events(struct c_code *c, const struct declaration *interface);
void c_declare_sends(struct c_code *c, const struct declaration *interface);
void c_print_events(struct c_code *c, const struct declaration *interface);

/* "int size = M_encode(...)" and "status = M_decode(...)", between a value and
 * a message of the runtime: `to` and `from` are "channel->request." and so on. */
void c_print_encode_call(struct c_code *c, const struct declaration *message,
	const char *value, const char *to);
void c_print_decode_call(struct c_code *c, const struct declaration *message,
	const char *value, const char *from);

/* ---- c_note.c ---- */

/* The schema as a note of ELF, behind the source. */
void c_print_note(struct printer *out, const struct schema *schema);

#endif
