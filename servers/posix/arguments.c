/* Arguments and environment of a program: rows of strings. */
#include "servers/posix/binary.h"
#include "servers/posix/posix.h"

static int read_strings(struct sk_reply *to, const struct sk_lease *lease, char *at,
	uint32_t count)
{
	uint32_t ends = 0;

	if (lease->size > 0 && sk_lease_read(to, lease, 0, at, lease->size, NULL) != SK_OK)
		return posix_Error_EFAULT;
	for (uint64_t i = 0; i < lease->size; i++)
		ends += at[i] == 0;
	return ends == count && (lease->size == 0 || at[lease->size - 1] == 0) ? 0 :
		posix_Error_EINVAL;
}

int arguments_read(struct arguments *arguments, struct sk_reply *to,
	const struct sk_lease *first, uint32_t first_count, const struct sk_lease *second,
	uint32_t second_count)
{
	int error;

	*arguments = (struct arguments){
		.argument_count = first_count, .environment_count = second_count,
		.argument_bytes = first->size, .environment_bytes = second->size,
	};
	if (first->size + second->size > posix_ARGUMENTS_MAX)
		return posix_Error_E2BIG;
	arguments->strings = allocate(first->size + second->size + 1);
	if (!arguments->strings)
		return posix_Error_ENOMEM;
	error = read_strings(to, first, arguments->strings, first_count);
	if (!error)
		error = read_strings(to, second, arguments->strings + first->size,
			second_count);
	if (error)
		arguments_free(arguments);
	return error;
}

void arguments_free(struct arguments *arguments)
{
	release(arguments->strings);
	arguments->strings = NULL;
}

/* The interpreter, its argument and the script's path in place of the first one. */
int arguments_put_script(struct arguments *arguments, const struct binary_text *interpreter,
	const struct binary_text *argument, struct sk_string path)
{
	const size_t old = arguments->argument_count > 0 ? strlen(arguments->strings) + 1 : 0;
	const uint64_t added = interpreter->size + 1 + (argument->size ? argument->size + 1 : 0) +
		path.size + 1;
	const uint64_t rest = arguments->argument_bytes + arguments->environment_bytes - old;
	char *strings, *at;

	if (added + rest > posix_ARGUMENTS_MAX)
		return posix_Error_E2BIG;
	strings = at = allocate(added + rest + 1);
	if (!strings)
		return posix_Error_ENOMEM;
	memcpy(at, interpreter->at, interpreter->size);
	at += interpreter->size + 1;
	if (argument->size > 0) {
		memcpy(at, argument->at, argument->size);
		at += argument->size + 1;
	}
	memcpy(at, path.data, path.size);
	at += path.size + 1;
	memcpy(at, arguments->strings + old, rest);
	release(arguments->strings);
	arguments->strings = strings;
	arguments->argument_bytes += added - old;
	arguments->argument_count += (argument->size > 0 ? 2u : 1u) + (old == 0 ? 1u : 0u);
	return 0;
}
