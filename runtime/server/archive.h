/*
 * The archive that the machine was started with, for programs whose manifest grants
 * INITRD. runtime/image/archive.h reads it.
 */
#ifndef RUNTIME_SERVER_ARCHIVE_H
#define RUNTIME_SERVER_ARCHIVE_H

#include "runtime/image/archive.h"
#include "runtime/server/os.h"

/* Maps it, read only; `at` NULL: it cannot be had. */
struct bytes sk_os_archive(struct sk_os *os);
/* It is not needed any more. */
void sk_os_archive_end(struct sk_os *os, struct bytes archive);

#endif
