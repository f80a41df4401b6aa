/*
 * Where a file server that is fuzzed can do no harm: a folder of its own in
 * memory, in a mount namespace of this process, that is its root while it
 * serves. Without the rights for that (another user than root) it is a folder in
 * /dev/shm, with nothing of value beside it.
 *
 * Beside the folder that is served lies another, that has to stay as it is.
 */
#ifndef FUZZ_HOSTFS_SANDBOX_H
#define FUZZ_HOSTFS_SANDBOX_H

/* Stands in the files beside the folder, and nowhere else. */
#define SANDBOX_SECRET "kept-from-all-clients"

/* Once, before all else. */
void sandbox_prepare(void);
/* The folder as it was in the beginning: a descriptor of it, O_PATH, which is
 * the caller's. */
int sandbox_reset(void);
/* From here on, what is outside is out of reach. */
void sandbox_enter(void);
/* Back; fuzz_found() if anything outside has changed. */
void sandbox_leave(void);

#endif
