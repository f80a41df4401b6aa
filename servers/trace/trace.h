/* The trace server: what its files share. */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "kernel.skald.h"
#include "ostrace.skald.h"
#include "runtime/server/serve.h"
#include "runtime/trace.h"

/* Programs that take part, and who look at them. */
#define PROGRAMS_MAX 48
#define READERS_MAX 16
/* Sessions of one program: for the runtime and for itself; and to look. */
#define SESSIONS_OF_ONE 2
#define LOOKS_OF_ONE 4
/* Rings of all programs, of one, and CPUs. */
#define RINGS_MAX 96
#define RINGS_OF_ONE 8
#define CPUS_MAX 16
#define SOURCES_MAX (RINGS_MAX + CPUS_MAX)
/* Slots of a ring, of all rings of a program together, and of a CPU's copy. */
#define SLOTS_DEFAULT 1024
#define SLOTS_OF_ONE 16384
#define SLOTS_OF_CPU 8192
#define STREAMS_MAX 8
#define STREAMS_OF_ONE 2
/* Names of marks and the like, and of messages: of all programs and of one. */
#define NAMES_MAX 512
#define NAMES_OF_ONE 64
#define NAME_SIZE 64
#define MESSAGE_NAME_SIZE 160
/* Milliseconds between looks whether somebody has written. */
#define LOOK_AGAIN 10
/* Kinds that programs record, and the kernel. */
#define PROGRAM_KINDS UINT32_C(0x00ff)
#define KERNEL_KINDS UINT32_C(0xff00)

/* ---- who records ---- */

struct program {
	bool is_used;
	char name[NAME_SIZE + 1];
	uint64_t space;
	struct sk_switches *page;	/* NULL: not asked for */
	struct sk_handle page_memory;
	uint32_t rings, slots, names;
	/* What it is told of this one's end. */
	struct sk_reply end;
};

/* Where records come from. */
struct source {
	bool is_used;
	bool is_closed;			/* nothing more is written */
	uint32_t number;		/* never used again */
	uint32_t cpu;			/* all ones: a thread's */
	uint64_t thread;
	uint64_t space;
	char name[NAME_SIZE + 1];
	char program_name[NAME_SIZE + 1];
	struct program *program;	/* NULL: of a CPU, or gone */
	uint8_t *ring;
	uint64_t bytes;
	uint32_t slots;
	uint64_t since;			/* no record is older */
	uint64_t seen;			/* `written`, as it was last seen */
	uint64_t lost;			/* of a CPU: before they could be copied */
	uint64_t lost_to_streams;	/* of each, together */
};

/* ---- who reads ---- */

/* How far a stream has read a source. */
struct cursor {
	uint32_t number;		/* of the source; 0: none */
	bool is_named;			/* what it is of was told */
	uint64_t before;		/* source->lost, when it began */
	uint64_t told;			/* lost records that were */
	struct sk_trace_reader reader;
};

struct stream {
	bool has_begun;
	bool is_stopping;		/* reads to `targets`, then ends */
	bool has_ended;
	uint32_t current;		/* the source that entries are of */
	uint32_t next;			/* whose turn it is */
	uint32_t names, messages;	/* that were told */
	uint64_t records, lost, lost_told;
	uint64_t targets[SOURCES_MAX];
	struct cursor cursors[SOURCES_MAX];
};

/* ---- all of it ---- */

struct message_name {
	uint32_t id;
	uint32_t size;
	char text[MESSAGE_NAME_SIZE];
};

struct name {
	ostrace_NameKind kind;
	uint32_t size;
	char text[NAME_SIZE];
};

struct trace {
	struct sk_os *os;
	uint64_t own_thread, own_ring;		/* as the kernel numbers them */
	struct sk_kernel_channel kernel;	/* kernel.Trace */
	struct program programs[PROGRAMS_MAX];
	struct source sources[SOURCES_MAX];
	uint32_t last_number;
	uint32_t ring_slots;
	uint32_t cpus;				/* with a ring */
	struct sk_trace_reader cpu_rings[CPUS_MAX];
	ostrace_Kinds kinds;
	uint32_t filter_count;
	char filter[16][NAME_SIZE + 1];		/* zeros behind each */
	struct name names[NAMES_MAX];
	struct message_name messages[NAMES_MAX];
	uint32_t name_count, message_count;
};

extern struct trace trace;

/* ---- what programs ask (emitter.c) ---- */

int emitter_dispatch(void *self, struct sk_incoming *incoming);
void *emitter_connected(void *context, uint64_t badge);
void emitter_gone(void *self);
void emitter_canceled(void *self, uint64_t token);
/* Puts into each program's page what is on for it. */
void emitter_switch(void);

/* ---- sources (source.c) ---- */

/* One for a ring of so many slots, all but its memory; NULL: there are no more. */
struct source *source_new(uint32_t slots);
void source_free(struct source *source);
/* How many records there are to be read; one whose writer broke the rules is closed. */
uint64_t source_written(struct source *source);
/* The next of them, a copy; false: there is none now. */
bool source_next(struct source *source, struct sk_trace_reader *reader,
	uint8_t slot[SK_TRACE_SLOT]);
/* Which size a record has that may come from there; 0: none may. `now`: it is no
 * younger. */
uint32_t source_check(const struct source *source, const uint8_t slot[SK_TRACE_SLOT],
	uint64_t now);

/* ---- the kernel (kernel.c) ---- */

bool kernel_open(void);
/* What it records; 0, or an error. */
ostrace_Error kernel_set(ostrace_Kinds kinds);
/* Takes what is in its rings, before it is overwritten. */
void kernel_take(void);
/* Memory that is shared: NULL, there is none. */
uint8_t *memory_new(uint64_t bytes, struct sk_handle *memory);
uint8_t *memory_map(struct sk_handle memory, uint64_t bytes, bool write);

/* ---- streams (stream.c) ---- */

/* From now on, or with what is still in the rings. */
void stream_open(struct stream *stream, bool past);
/* Entries of it, whole ones, as many as there are and fit; how many bytes. */
uint32_t stream_take(struct stream *stream, uint8_t *to, uint32_t room);
/* What is there now is all that it gets: then it ends. */
void stream_stop(struct stream *stream);
/* How far all sources are now, and whether the stream has read as far. */
void stream_mark(uint64_t targets[SOURCES_MAX]);
bool stream_has_read(const struct stream *stream, const uint64_t targets[SOURCES_MAX]);

/* ---- readers (collector.c, reader.c) ---- */

int collector_dispatch(void *self, struct sk_incoming *incoming);
void *collector_connected(void *context, uint64_t badge);
void collector_gone(void *self);
void collector_canceled(void *self, uint64_t token);
/* A new stream, of a client that has `count`. */
void reader_open(struct sk_reply *to, bool past, uint32_t *count);
/* `count` is nobody's any more. */
void reader_forget(const uint32_t *count);
/* Those who wait get what there is; whether any does. */
bool readers_serve(void);

/* ---- output (output.c) ---- */

/* Answers `to` once it is connected, or cannot be. */
void output_set(const struct ostrace_Output *output, struct sk_reply *to);
/* Sends what there is; whether it is on. */
bool output_serve(void);
/* Answers when all of now is sent. */
void output_flush(struct sk_reply *to);
void output_canceled(uint64_t token);

/* Looks at the rings, now and as long as somebody waits (main.c). */
void look(void);

#endif
