/* What is counted, and printed in the end. */
#include "tests/servers/inject/inject.h"

static struct {
	struct count by_kind[KINDS_MAX];
	struct count by_target[TARGETS];
	uint32_t since_fault[FAULTS_MAX];	/* microseconds, of each recovery */
	uint32_t since_end[FAULTS_MAX];
	uint32_t recoveries;
} counted;

void count_fault(unsigned kind, unsigned target)
{
	counted.by_kind[kind].faults++;
	counted.by_target[target].faults++;
}

void count_crash(unsigned kind, unsigned target)
{
	counted.by_kind[kind].crashes++;
	counted.by_target[target].crashes++;
}

void count_recovery(unsigned kind, unsigned target, uint64_t since_fault,
	uint64_t since_end)
{
	counted.by_kind[kind].recovered++;
	counted.by_target[target].recovered++;
	if (counted.recoveries == FAULTS_MAX)
		return;
	counted.since_fault[counted.recoveries] = (uint32_t)(since_fault / 1000);
	counted.since_end[counted.recoveries++] = (uint32_t)(since_end / 1000);
}

void count_wrong(unsigned kind, unsigned target)
{
	counted.by_kind[kind].wrong++;
	counted.by_target[target].wrong++;
}

/* ---- printing ---- */

static void sift(uint32_t *heap, uint32_t at, uint32_t count)
{
	for (uint32_t child = 2 * at + 1; child < count; at = child, child = 2 * at + 1) {
		uint32_t was = heap[at];

		child += child + 1 < count && heap[child + 1] > heap[child];
		if (heap[child] <= was)
			return;
		heap[at] = heap[child];
		heap[child] = was;
	}
}

static void sort(uint32_t *values, uint32_t count)
{
	for (uint32_t i = count / 2; i-- > 0;)
		sift(values, i, count);
	for (uint32_t left = count; left-- > 1;) {
		uint32_t last = values[left];

		values[left] = values[0];
		values[0] = last;
		sift(values, 0, left);
	}
}

static void print_times(const char *what, uint32_t *values)
{
	uint32_t count = counted.recoveries;

	if (count == 0)
		return;
	sort(values, count);
	say("%s: p50 %u us, p99 %u us, max %u us", what, values[count / 2],
		values[(uint32_t)((uint64_t)count * 99 / 100)], values[count - 1]);
}

static void print_row(const char *name, const struct count *count)
{
	say("  %s: faults %u, crashes %u, recovered %u, wrong %u", name, count->faults,
		count->crashes, count->recovered, count->wrong);
}

void print_figures(void)
{
	struct count all = {0};

	for (unsigned i = 0; kinds[i].name; i++)
		print_row(kinds[i].name, &counted.by_kind[i]);
	for (unsigned i = 0; i < TARGETS; i++) {
		const struct count *one = &counted.by_target[i];

		print_row(targets[i].name, one);
		all.faults += one->faults;
		all.crashes += one->crashes;
		all.recovered += one->recovered;
		all.wrong += one->wrong;
	}
	print_row("all", &all);
	print_times("from the fault until it is ready again", counted.since_fault);
	print_times("from its end until it is ready again", counted.since_end);
}
