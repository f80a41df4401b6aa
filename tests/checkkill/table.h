/*
 * The tables of a schema's decoders, from its MESSAGES(X), a list of
 * X(fs_File_read_request, how it is called). With ORDINARY defined they are of
 * decoders as they were generated, without sites.
 */
#include "tests/checkkill/ck.h"

#define CK_CALL_plain(name) name##_decode(value, from, size)
#define CK_CALL_plain_beside(name) name##_decode(value, from, size, attached)
#define CK_CALL_into(name) name##_decode_into(value, from, size, room)
#define CK_CALL_into_beside(name) name##_decode_into(value, from, size, room, attached)

#define CK_WRAP(name, how) \
	static int ck_##name(void *to, const void *from, size_t size, struct sk_room *room, \
		struct sk_attached *attached) \
	{ \
		struct name *value = (struct name *)to; \
		(void)room; \
		(void)attached; \
		return CK_CALL_##how(name); \
	}
#define CK_MESSAGE(name, how) { #name, sizeof(struct name), ck_##name },

#ifdef ORDINARY
#define CK_SITES(schema) NULL
#define CK_DECLARE_SITES(schema)
#else
#define CK_SITES(schema) ck_sites_##schema
#define CK_DECLARE_SITES(schema) extern struct ck_site ck_sites_##schema[];
#endif

#define CK_TABLES(schema) \
	MESSAGES(CK_WRAP) \
	static const struct ck_message messages[] = { \
		MESSAGES(CK_MESSAGE) { NULL, 0, NULL } \
	}; \
	CK_DECLARE_SITES(schema) \
	const struct ck_tables ck_tables = { CK_SITES(schema), messages };
