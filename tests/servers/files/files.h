/* What the cases of this program share. */
#ifndef TESTS_SERVERS_FILES_FILES_H
#define TESTS_SERVERS_FILES_FILES_H

#include "fs.skald.h"
#include "kernel.skald.h"
#include "runtime/server/client.h"
#include "tests/servers/tap.h"

struct tested {
	struct sk_client root, control;
};

extern struct tested t;

#define FS(method, reply, ...) \
	fs_FileSystem_##method(&t.root.kernel.channel, \
		&(struct fs_FileSystem_##method##_request){__VA_ARGS__}, reply, NULL)
#define FILE_CALL(method, file, reply, ...) \
	fs_File_##method(&(file)->channel, \
		&(struct fs_File_##method##_request){__VA_ARGS__}, reply, NULL)

struct fs_Place place(const char *path);
/* A name at the top. */
struct fs_At at(const char *name);
/* 0 or an error; with 0 there is a channel, to be closed. */
int open_file(const char *path, fs_Open flags, struct sk_kernel_channel *file);
/* The same, which has to succeed. */
bool opens(const char *path, fs_Open flags, struct sk_kernel_channel *file);

/* mapped.c */
void mapped_files(void);
/* window.c */
void windows(void);

#endif
