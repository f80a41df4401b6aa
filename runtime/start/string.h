/* Memory and strings, for programs without a libc. */
#ifndef RUNTIME_START_STRING_H
#define RUNTIME_START_STRING_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
int bcmp(const void *one, const void *other, size_t size);
size_t strlen(const char *text);
char *strstr(const char *text, const char *part);
/* Where a part first stands in a text; NULL: nowhere. */
const char *sk_find(const char *text, size_t size, const char *part, size_t part_size);

#endif
