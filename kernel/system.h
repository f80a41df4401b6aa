/* The machine, as one object; and what there is to start with. */
#ifndef KERNEL_SYSTEM_H
#define KERNEL_SYSTEM_H

#include "kernel/arch/arch.h"
#include "kernel/object.h"

extern const struct object_type system_type;

/* Copies what it needs of `boot`. */
void system_init(struct quota *root, const struct arch_boot *boot);
extern struct object *system_object;
/* Tells who watches the log, if it has grown. */
void system_tell_log(void);
/* What it copied; and the archive, as the kernel sees it. */
extern struct arch_boot system_boot;
/* The first program: an ELF file named `init` in the archive (ustar), else the
 * archive itself. Its thread is ready; NULL: log says why. */
struct thread *system_first_program(struct quota *root);

#endif
