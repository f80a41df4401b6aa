#include "servers/posix/shim/machine.h"

#include "runtime/env.h"
#include "runtime/kernel/sys.h"

int64_t machine_open(struct shim *shim, struct machine *machine)
{
	struct posix_Thread_machine_reply reply;
	int64_t result = POSIX(shim, &reply, Thread, machine, 0);

	if (result < 0)
		return result;
	machine->handle = reply.machine.raw;
	machine->channel = shim_file_channel(shim, sk_kernel_number(machine->handle));
	return 0;
}

int64_t machine_done(struct shim *shim, const struct machine *machine, int status)
{
	int64_t result = shim_file_result(shim, status);

	sk_close(&shim->posix.channel, machine->handle);
	return result;
}
