/* Entries: which decoder each id has. */
#include "tools/ostrace/entry.h"

#include "runtime/codec.h"

bool entry_decode(struct entry *entry, const uint8_t *bytes, size_t size)
{
	if (size < 8 || size > ENTRY_MAX)
		return false;
	entry->id = sk_get_uint32(bytes);
	entry->size = (uint32_t)size;
	entry->is_record = true;
	switch (entry->id) {
#define X(name) case ostrace_##name##_ID: \
		return ostrace_##name##_decode(&entry->as.name, bytes, size) == 0;
	RECORDS(X)
#undef X
	}
	entry->is_record = false;
	switch (entry->id) {
#define X(name) case ostrace_##name##_ID: \
		return ostrace_##name##_decode(&entry->as.name, bytes, size) == 0;
	ANNOUNCEMENTS(X)
#undef X
	}
	return false;
}

const char *entry_name(uint32_t id)
{
	switch (id) {
#define X(name) case ostrace_##name##_ID: return #name;
	RECORDS(X)
	ANNOUNCEMENTS(X)
#undef X
	}
	return "?";
}
