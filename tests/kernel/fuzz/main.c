/* Rounds of the fuzzer, and what is said of a finding. See fuzz.h. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/kernel/fuzz/fuzz.h"
#include "kernel/log.h"

void __sanitizer_set_death_callback(void (*callback)(void));
void __sanitizer_print_stack_trace(void);

#define NOTES 20
#define NOTE_MAX 240
#define ROUND 3000			/* steps */
#define IDLE 30				/* steps until somebody is helped */
#define TIME_MAX (UINT64_C(1) << 62)	/* no machine runs for so long */
#define ENDING 4000			/* looks until all has ended */

static uint64_t seed, calls = 100000, every = 1, megabytes = 12, step;
static unsigned cpus_wanted;		/* 0: random */
static char notes[NOTES][NOTE_MAX];
static uint64_t note_count;
static const char *name;

void note(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(notes[note_count++ % NOTES], NOTE_MAX, format, list);
	va_end(list);
}

static void print_last(void)
{
	uint64_t from = note_count > NOTES ? note_count - NOTES : 0;

	fprintf(stderr, "The last calls:\n");
	for (; from < note_count; from++)
		fprintf(stderr, "  %s\n", notes[from % NOTES]);
	fprintf(stderr, "Step %lu. Again: %s --seed %lu --calls %lu --cpus %u --check %lu "
		"--memory %lu\n", (unsigned long)step, name, (unsigned long)seed,
		(unsigned long)step + 1, cpus_wanted, (unsigned long)every,
		(unsigned long)megabytes);
}

void finding(const char *format, ...)
{
	va_list list;

	fprintf(stderr, "FINDING: ");
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "\n");
	print_last();
	fflush(stderr);
	_exit(1);
}

void same(const char *what, const struct object *of, uint64_t expected, uint64_t came)
{
	static const char *const kinds[] = {"none", "space", "thread", "memory", "endpoint",
		"session", "notification", "ring", "timer", "interrupt", "ports", "quota",
		"clock", "trace", "system"};

	if (expected == came)
		return;
	finding("%s: expected %lu, came %lu (%s %lu)", what, (unsigned long)expected,
		(unsigned long)came, of ? kinds[of->type->kind % 15] : "machine",
		of ? (unsigned long)of->id : 0);
}

/* A panic, or a sanitizer. */
static void died(int number)
{
	char text[4097];
	uint64_t from = log_end() > 4096 ? log_end() - 4096 : 0, lost;

	(void)number;
	text[log_read(&from, text, 4096, &lost)] = 0;
	fprintf(stderr, "FINDING: the kernel stops; its log ends so:\n%s",
		strlen(text) > 300 ? text + strlen(text) - 300 : text);
	__sanitizer_print_stack_trace();
	print_last();
	_exit(1);
}

/* ---- rounds ---- */

static void check(bool first)
{
	take_census();
	find_slack();
	check_threads();
	check_ipc();
	check_memories();
	check_objects(first);
	check_frames(first);
}

/* An archive whose init is one page of nothing, to be run at its begin. */
static void make_program(uint8_t *at)
{
	static const uint8_t elf[] = "\177ELF\2\1\1";
	uint8_t *file = at + 512;

	memset(at, 0, 2048);
	memcpy(at, "init", 5);
	memcpy(at + 124, "00000000220", 12);
	memcpy(at + 257, "ustar", 5);
	memcpy(file, elf, 7);
	file[16] = 2, file[18] = 62, file[24] = 0x40, file[26] = 0x40, file[32] = 64, file[54] = 56;
	file[56] = 1, file[64] = 1, file[68] = 5, file[72] = 128, file[80] = 0x40;
	file[82] = 0x40, file[96] = 16, file[104] = 0xc0, file[105] = 0x1f;
}

static void begin_round(void)
{
	uint8_t archive[2048];

	note("a new machine");
	forget_slack();
	paging = step / ROUND % 2;
	make_program(archive);
	host_machine(megabytes << 20, cpus_wanted ? cpus_wanted : 1 + below(4));
	host_initrd(archive, sizeof archive);
	host_kernel();
	check(true);
}

/* Nobody is left who could act. */
static bool is_idle(void)
{
	for (unsigned i = 0; i < host_cpu_count; i++)
		if (host_cpus[i].current)
			return false;
	return true;
}

/* All wait for each other: somebody's end lets others go on. */
static void end_some(void)
{
	struct space *some = NULL, *space;
	uint32_t seen = 0;

	for (uint64_t id = 0; (space = space_next(id)) != NULL; id = space->object.id + 1)
		if (space->state == kernel_SpaceState_RUNNING && one_in(++seen))
			some = space;
	if (!some)
		return;
	note("space %lu is killed", (unsigned long)some->object.id);
	arch_lock();
	space_kill(some, 0);
	arch_unlock();
	host_look();
}

/* One of the CPUs: mostly one that runs a thread. */
static void choose_cpu(void)
{
	host_cpu = below(host_cpu_count);
	for (unsigned i = 0; i < 3 && !host_cpus[host_cpu].current; i++)
		host_cpu = below(host_cpu_count);
}

static void take_step(void)
{
	static unsigned idle;

	choose_cpu();
	actor = host_cpus[host_cpu].current;
	idle = is_idle() ? idle + 1 : 0;
	if (idle > IDLE) {
		idle = 0;
		one_in(2) ? end_some() : begin_program();
	} else if (idle > 0 && one_in(2) && host_timer_due() < TIME_MAX) {
		note("time passes until the next timer");
		host_advance(host_timer_due() - host_time);
	} else if (!actor || one_in(10)) {
		act_machine();
	} else if (thread_count < 8 && one_in(4)) {
		spawn();
	} else {
		act();
	}
}

static void keep(const struct object *object)
{
	if (object && object->references > 0)
		record_of(object)->is_kept = true;
}

/* What is kept keeps more. */
static void keep_more(const struct record *record)
{
	struct object *object = record->object;

	if (object->type == &memory_type) {
		const struct memory *memory = OF(memory, object);

		keep(memory->pager ? &memory->pager->object : NULL);
		keep(memory->idle.notify ? &memory->idle.notify->object : NULL);
	} else if (object->type == &session_type && OF(session, object)->endpoint) {
		keep(&OF(session, object)->endpoint->object);
	} else if (object->type == &endpoint_type && OF(endpoint, object)->bound) {
		keep(&OF(endpoint, object)->bound->object);
	}
}

static void check_end(void)
{
	for (unsigned round = 0; round < 4; round++)
		for (unsigned i = 0; i < record_count; i++) {
			if (is_slack(records[i].object) ||
					records[i].object->type == &memory_type)
				records[i].is_kept = true;
			if (records[i].is_kept)
				keep_more(&records[i]);
		}
	for (unsigned i = 0; i < record_count; i++)
		if (records[i].object->type->kind < kernel_Kind_QUOTA)
			MUST("at the end nothing is left", records[i].object,
				records[i].is_kept);
}

/* All is killed. What was not there at first is kept by the machine's own. */
static void end_round(void)
{
	struct space *space;

	note("all is killed");
	for (uint64_t id = 0; (space = space_next(id)) != NULL; id = space->object.id + 1)
		space_kill(space, 0);
	for (unsigned i = 0; i < ENDING && space_next(0); i++) {
		host_cpu = i % host_cpu_count;
		host_look();
		host_settle();
		if (i % 8 == 0)
			host_advance(SCHED_SLICE);
		check(false);
	}
	check(false);
	check_end();
}

static void run(void)
{
	for (step = 0; step < calls; step++) {
		if (step % ROUND == 0) {
			if (step)
				end_round();
			begin_round();
		}
		take_step();
		if (step % every == 0)
			check(false);
	}
	end_round();
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t number = strtoull(text ? text : "x", &end, 0);

	if (*end) {
		fprintf(stderr, "usage: kernel-fuzz [--seed S] [--calls N] [--cpus N] "
			"[--check K] [--memory MB]\n");
		exit(2);
	}
	return number;
}

int main(int argc, char **argv)
{
	time_t from;

	name = argv[0];
	seed = (uint64_t)time(NULL);
	for (int i = 1; i < argc; i += 2) {
		uint64_t number = number_of(argv[i + 1]);

		if (strcmp(argv[i], "--seed") == 0)
			seed = number;
		else if (strcmp(argv[i], "--calls") == 0)
			calls = number;
		else if (strcmp(argv[i], "--cpus") == 0)
			cpus_wanted = number > CPUS_MAX ? CPUS_MAX : (unsigned)number;
		else if (strcmp(argv[i], "--check") == 0 && number)
			every = number;
		else if (strcmp(argv[i], "--memory") == 0 && number)
			megabytes = number;
		else
			number_of("x");
	}
	printf("seed %lu\n", (unsigned long)seed);
	fflush(stdout);
	signal(SIGABRT, died);
	__sanitizer_set_death_callback(print_last);
	random_seed(seed);
	from = time(NULL);
	run();
	printf("%lu steps, none found anything; in %lu s\n", (unsigned long)calls,
		(unsigned long)(time(NULL) - from));
	return 0;
}
