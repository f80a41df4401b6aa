/*
 * The same as with_skald.c, but for arrays, which are read by the iterator.
 */
#define BY_ITERATOR 1
#include "tests/bench/codec/with_skald.c"
