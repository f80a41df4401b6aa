/*
 * What the grammar takes and nothing behind it does yet: UNBUILT(id, what).
 * Whoever builds one deletes its line and the places that name it.
 */
UNBUILT(VARIANT, "variants")
UNBUILT(TABLE, "tables")
UNBUILT(RECORD, "records")
UNBUILT(BITS, "`bits`")
UNBUILT(BASE, "inheritance")
UNBUILT(OPTIONAL, "`optional` members")
UNBUILT(DEFAULT, "default values")
UNBUILT(FLOAT, "floating-point numbers")
UNBUILT(HANDLE, "handles")
UNBUILT(LEASE, "leases")
UNBUILT(EVENT, "events")
UNBUILT(STATE, "protocol states")
UNBUILT(OPENNESS, "`strict` and `flexible`")
UNBUILT(ATTRIBUTE_FAST, "the attribute `@fast`")
UNBUILT(ATTRIBUTE_CANCELLABLE, "the attribute `@cancellable`")
UNBUILT(ATTRIBUTE_UNBOUNDED, "the attribute `@unbounded`")
UNBUILT(ATTRIBUTE_BYTES, "the attribute `@bytes`")
UNBUILT(ATTRIBUTE_DEPTH, "the attribute `@depth`")
UNBUILT(ATTRIBUTE_RIGHTS, "the attribute `@rights`")
UNBUILT(ATTRIBUTE_NAME, "the attribute `@name`")
