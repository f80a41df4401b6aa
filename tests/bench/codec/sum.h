/*
 * Sums the fields of a decoded message as codec.h says, for codecs whose structs
 * have the schema's member names. Macros, since each codec has struct types of
 * its own: so all of them are read by the same code.
 */
#ifndef TESTS_BENCH_CODEC_SUM_H
#define TESTS_BENCH_CODEC_SUM_H

#include <stdint.h>

#define SUM_READ(m) \
	((m)->size + (m)->offset + \
	 ((m)->id + (uint32_t)(m)->fd + (m)->flags + (m)->timeout))

/* All but the path. */
#define SUM_OPEN(m) ((uint64_t)((m)->id + (m)->flags + (m)->mode))

#define SUM_STAT(m) \
	((m)->device + (m)->inode + (m)->rdev + (uint64_t)(m)->size + \
	 (m)->blocks + (uint64_t)(m)->accessed + (uint64_t)(m)->modified + \
	 ((m)->error + (m)->mode + (m)->links + (m)->uid + (m)->gid + \
	  (m)->block_size + (m)->generation))

#define SUM_ONE(m, member) ((m)->has_##member ? (m)->member : 0)

/* All but the name. */
#define SUM_TRACE(m) \
	(SUM_ONE(m, time) + SUM_ONE(m, badge) + SUM_ONE(m, address) + \
	 SUM_ONE(m, length) + SUM_ONE(m, cookie) + \
	 (SUM_ONE(m, cpu) + SUM_ONE(m, thread) + SUM_ONE(m, object) + \
	  (uint32_t)SUM_ONE(m, result) + SUM_ONE(m, method) + SUM_ONE(m, flags)))

#endif
