/* The tables of operations. */
#include "runtime/files/files.h"

#define ENTRY(name) .name = op_##name,
#define FILE_ENTRY(name) .name = op_file_##name,

int files_dispatch(void *session, struct sk_incoming *incoming)
{
	static const struct fs_FileSystem_ops table = {
		FILES_FILE_SYSTEM(ENTRY)
		.drop_subject = op_drop_subject,
		.forget = op_forget,
	};

	return fs_FileSystem_dispatch(&table, session, incoming);
}

int files_dispatch_file(void *handle, struct sk_incoming *incoming)
{
	static const struct fs_File_ops table = {
		FILES_FILE(FILE_ENTRY)
		.advise = op_file_advise,
	};

	return fs_File_dispatch(&table, handle, incoming);
}

int files_dispatch_directory(void *handle, struct sk_incoming *incoming)
{
	static const struct fs_Directory_ops table = {
		FILES_FILE(FILE_ENTRY)
		.advise = op_file_advise,
		.read_entries = op_read_entries,
		.entries_at = op_entries_at,
	};

	return fs_Directory_dispatch(&table, handle, incoming);
}
