/*
 * What the grammar takes and nothing behind it does yet: UNBUILT(id, what).
 * Whoever builds one deletes its line and the places that name it.
 */
UNBUILT(STATE, "protocol states")
