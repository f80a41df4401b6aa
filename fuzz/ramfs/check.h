/* What holds of a file system in memory whatever its clients did. */
#ifndef FUZZ_RAMFS_CHECK_H
#define FUZZ_RAMFS_CHECK_H

struct ram;

/*
 * Looks over all of it, and ends by fuzz_found() if something is wrong: names and
 * links, the tables of directories, what lies beyond the end of files, locks, who
 * waits for them, and counts.
 */
void check_all(const struct ram *ram);
/* The same, and nobody is connected: nothing of a client is left. */
void check_left(const struct ram *ram);

#endif
