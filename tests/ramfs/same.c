/*
 * Runs rows of operations at random on two servers, the first of which is right.
 *
 * Usage: same SEED ROWS LENGTH RAMFS HOSTFS HOSTFS HOSTFS: sockets; the last
 * three serve one folder, as root, as 1000:1000, and as 1001:1001 with the
 * group 1000.
 */
#define _GNU_SOURCE
#include "tests/ramfs/same.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LENGTH_MAX 1000

static struct side host = {.name = "hostfs"}, ram = {.name = "ramfs", .has_subjects = true};
static struct operation operations[LENGTH_MAX];
static struct result wanted, came;
static unsigned rows, done;

void say(struct result *result, const char *format, ...)
{
	size_t left = sizeof(result->text) - result->size;
	va_list list;
	int size;

	va_start(list, format);
	size = vsnprintf(result->text + result->size, left, format, list);
	va_end(list);
	if (size > 0)
		result->size += (size_t)size < left ? (size_t)size : left - 1;
}

static void run(struct side *side, const struct operation *op, struct result *to)
{
	*to = (struct result){{0}, 0};
	if (!run_on_names(side, op, to))
		run_on_files(side, op, to);
	side_look(side, to);
}

/* Until the clock by which the host dates files moves: what it does twice within one
 * tick changes no time. */
static void await_tick(void)
{
	const struct timespec pause = {0, 200000};
	struct timespec before, now;

	clock_gettime(CLOCK_REALTIME_COARSE, &before);
	do {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	} while (now.tv_sec == before.tv_sec && now.tv_nsec == before.tv_nsec);
}

/* Runs those that are chosen: the first that differs, or `count`. */
static unsigned run_row(const struct operation *row, unsigned count)
{
	unsigned i;

	side_begin(&host, rows);
	side_begin(&ram, rows);
	rows++;
	for (i = 0; i < count; i++) {
		await_tick();
		run(&host, &row[i], &wanted);
		run(&ram, &row[i], &came);
		done++;
		if (strcmp(wanted.text, came.text) != 0)
			break;
	}
	side_end(&host);
	side_end(&ram);
	return i;
}

static void tell(const struct operation *op)
{
	print_operation(stdout, op);
	printf("\n#   wanted%s\n#   came%s\n", wanted.text, came.text);
}

/* Leaves out what is not needed for a difference. */
static unsigned shrink(struct operation *row, unsigned count)
{
	static struct operation fewer[LENGTH_MAX];

	for (unsigned part = count / 2; part > 0; part /= 2) {
		for (unsigned at = 0; at + part <= count;) {
			unsigned left = count - part, found;

			memcpy(fewer, row, at * sizeof(*row));
			memcpy(fewer + at, row + at + part, (left - at) * sizeof(*row));
			found = run_row(fewer, left);
			if (found == left) {
				at += part;
				continue;
			}
			count = found + 1;
			memcpy(row, fewer, count * sizeof(*row));
		}
	}
	return count;
}

static void connect_all(char **paths)
{
	static const uint8_t group[4] = {1000 & 255, 1000 >> 8, 0, 0};
	struct fs_FileSystem_set_subject_reply reply;
	int status = sk_socket_connect(&ram.sessions[0], paths[0], SK_FOREVER);

	for (unsigned i = 0; i < SUBJECTS && status == 0; i++)
		status = sk_socket_connect(&host.sessions[i], paths[1 + i], SK_FOREVER);
	for (uint32_t i = 1; i < SUBJECTS && status == 0; i++) {
		const struct fs_FileSystem_set_subject_request request = {
			.subject = i, .uid = 999 + i, .gid = 999 + i,
			.groups = sk_lend(group, i == 2 ? 4 : 0),
		};

		status = fs_FileSystem_set_subject(&ram.sessions[0].channel, &request, &reply,
			patiently());
	}
	if (status != 0) {
		printf("# no connection: %d\n", status);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed, random;
	unsigned count, length;

	if (argc != 8)
		return 2;
	seed = strtoull(argv[1], NULL, 10);
	count = (unsigned)atoi(argv[2]);
	length = (unsigned)atoi(argv[3]);
	connect_all(argv + 4);
	for (unsigned i = 0; i < count; i++) {
		unsigned found;

		random = (seed + i) * UINT64_C(0x9e3779b97f4a7c15) | 1;
		for (unsigned j = 0; j < length; j++)
			make_operation(&operations[j], &random);
		found = run_row(operations, length);
		if (found == length)
			continue;
		printf("# they differ with seed %" PRIu64 ":\n# ", seed + i);
		tell(&operations[found]);
		printf("# the fewest operations that show one:\n");
		found = shrink(operations, found + 1);
		for (unsigned j = 0; j < found; j++) {
			printf("# %u: ", j);
			print_operation(stdout, &operations[j]);
			printf("\n");
		}
		if (run_row(operations, found) == found)
			printf("# and not once more\n");
		tell(&operations[found - 1]);
		return 1;
	}
	printf("# %u operations in %u rows\n", done, count);
	return 0;
}
