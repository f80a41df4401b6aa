/*
 * Usage: os-run-frames RESULT
 *
 * Takes the frames of runtime/frame.h from the standard input: what is output goes to the
 * standard output, what is errors to standard error, as it comes. What they came to is put
 * into the file RESULT, one line: `status N`, or `failure WHY`. What stands before the first
 * frame (the firmware's) is left out. Ends with 0 when there is a result.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/frame.h"

static const char *result_path;
static uint64_t taken;			/* bytes of the input */

static int finish(const char *format, ...)
{
	FILE *file = fopen(result_path, "w");
	va_list list;
	int bad;

	if (!file) {
		perror(result_path);
		return 1;
	}
	va_start(list, format);
	vfprintf(file, format, list);
	va_end(list);
	fputc('\n', file);
	bad = ferror(file);
	return fclose(file) != 0 || bad ? 1 : 0;
}

/* All of it, waiting; false: it has ended before. */
static bool take(uint8_t *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t came = read(0, to + done, size - done);

		if (came < 0 && errno == EINTR)
			continue;
		if (came <= 0)
			return false;
		done += (size_t)came;
		taken += (uint64_t)came;
	}
	return true;
}

/* Who reads it may have gone; the command goes on all the same. */
static void put(int to, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t done = write(to, bytes, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		bytes += done;
		size -= (size_t)done;
	}
}

struct frame {
	uint8_t bytes[SK_FRAME_HEAD + SK_FRAME_DATA_MAX + SK_FRAME_TAIL];
	uint32_t size;			/* of the data */
	uint32_t sum;			/* so far */
};

/* NULL, or what is wrong with it. */
static const char *take_frame(struct frame *frame)
{
	uint8_t *data = frame->bytes + SK_FRAME_HEAD;

	if (!take(frame->bytes, SK_FRAME_HEAD))
		return "the machine was off before the command had ended";
	if (frame->bytes[0] != SK_FRAME_MARK)
		return "this is no frame";
	frame->size = sk_frame_get(frame->bytes + 2, 2);
	if (frame->size > SK_FRAME_DATA_MAX)
		return "a frame is too large";
	if (!take(data, frame->size + SK_FRAME_TAIL))
		return "the machine was off within a frame";
	frame->sum = sk_frame_sum(frame->sum, frame->bytes, SK_FRAME_HEAD + frame->size);
	return sk_frame_get(data + frame->size, SK_FRAME_TAIL) == frame->sum ? NULL :
		"a sum is wrong: bytes were lost or changed";
}

/* Up to the first frame, which has no data. */
static const char *begin(struct frame *frame)
{
	static const uint8_t head[SK_FRAME_HEAD] = {SK_FRAME_MARK, SK_FRAME_BEGIN};
	uint8_t tail[SK_FRAME_TAIL];

	do {
		memmove(frame->bytes, frame->bytes + 1, SK_FRAME_HEAD - 1);
		if (!take(frame->bytes + SK_FRAME_HEAD - 1, 1))
			return "the machine was off before the command began";
	} while (memcmp(frame->bytes, head, SK_FRAME_HEAD) != 0);
	frame->sum = sk_frame_sum(SK_FRAME_SUM, head, SK_FRAME_HEAD);
	return take(tail, SK_FRAME_TAIL) && sk_frame_get(tail, SK_FRAME_TAIL) == frame->sum ?
		NULL : "the first frame is damaged";
}

/* Of a last frame. */
static int finish_by(const struct frame *frame)
{
	const uint8_t *data = frame->bytes + SK_FRAME_HEAD;

	if (frame->bytes[1] == SK_FRAME_FAILURE)
		return finish("failure %.*s", (int)frame->size, (const char *)data);
	if (frame->size != 4)
		return finish("failure a status has %u bytes", frame->size);
	return finish("status %u", sk_frame_get(data, 4));
}

int main(int argc, char **argv)
{
	static struct frame frame;
	const uint8_t *data = frame.bytes + SK_FRAME_HEAD;
	const char *problem;

	if (argc != 2) {
		fprintf(stderr, "usage: os-run-frames RESULT\n");
		return 2;
	}
	result_path = argv[1];
	problem = begin(&frame);
	while (!problem && !(problem = take_frame(&frame))) {
		switch (frame.bytes[1]) {
		case SK_FRAME_OUTPUT:
			put(1, data, frame.size);
			break;
		case SK_FRAME_ERRORS:
			put(2, data, frame.size);
			break;
		case SK_FRAME_STATUS:
		case SK_FRAME_FAILURE:
			return finish_by(&frame);
		default:
			problem = "a frame is of no known kind";
		}
	}
	return finish("failure %s (byte %llu of the line)", problem,
		(unsigned long long)taken);
}
