/*
 * Round trips of every method and event of a schema, by its reflection tables,
 * over the in-process transport: what is sent arrives, what comes of a call is
 * what must, and no handle is lost or closed twice, whoever dies whenever.
 *
 * Usage: roundtrip SEED STEM [NAME]. Prints TAP for each interface, of those
 * cases whose names contain NAME. The schema is SCHEMA, by the build, and its
 * cases' names begin with STEM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/roundtrip/scenes.h"

extern const struct sk_schema SCHEMA;

static const struct {
	const char *name;
	void (*run)(struct stage *stage);
} cases[] = {
	{ "calls answered at once, later, not at all", scene_calls },
	{ "calls given up by deadline and cancellation", scene_given_up },
	{ "calls of a ring, in any order", scene_ring },
	{ "what cannot be sent is closed", scene_no_room },
	{ "damaged requests and replies are refused", scene_damage },
	{ "calls made again of a server that died", scene_again },
	{ "what a state does not allow is refused and closed", scene_states },
	{ "either side dies at every step of a call", scene_death },
	{ "either side dies at every step of a ring", scene_ring_death },
	{ "events, and those that are lost", scene_events },
	{ "either side dies at every step of an event", scene_event_death },
};

static bool run(struct stage *stage, size_t index, uint64_t seed, const char *stem,
	const char *wanted)
{
	char name[200];

	snprintf(name, sizeof name, "%s: %s: %s", stem, stage->interface->name,
		cases[index].name);
	if (strstr(name, wanted) == NULL)
		return true;
	stage->runs = 0;
	stage->failure[0] = '\0';
	stage->seed = seed;
	cases[index].run(stage);
	if (stage->failure[0] == '\0' && stage->runs == 0)
		return true;		/* it has nothing of the kind */
	printf("%s - %s (%lu)\n", stage->failure[0] == '\0' ? "ok" : "not ok", name,
		stage->runs);
	if (stage->failure[0] != '\0')
		printf("# %s\n", stage->failure);
	return stage->failure[0] == '\0';
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	const char *stem = argc > 2 ? argv[2] : "";
	const char *wanted = argc > 3 ? argv[3] : "";
	static struct stage stage;
	bool good = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	stage.schema = &SCHEMA;
	for (uint32_t i = 0; i < SCHEMA.interface_count; i++) {
		stage.interface = &SCHEMA.interfaces[i];
		for (size_t j = 0; j < sizeof cases / sizeof cases[0]; j++)
			good = run(&stage, j, seed, stem, wanted) && good;
	}
	return good ? 0 : 1;
}
