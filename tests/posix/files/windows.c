/*
 * Files that are read so often that it needs no call any more: whatever else is done to them
 * meanwhile, here and in other processes, the next read says what it says on Linux.
 */
#include "tests/posix/files/say.h"

#include <pthread.h>
#include <sys/mman.h>

#define PAGE 4096
#define SIZE (6 * PAGE + 100)
#define NAME "/tmp/windows-file"
#define OTHER "/tmp/windows-other"

static char bytes[16 * PAGE];
static char *volatile nowhere = (char *)0x10;

static void fill(const char *name, long size, int first)
{
	int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	for (long i = 0; i < size; i++)
		bytes[i] = (char)((i + first) % 251);
	if (file < 0 || write(file, bytes, (size_t)size) != size)
		exit(2);
	close(file);
}

/* Until it has a window, on whatever system has that. */
static int opened(int flags)
{
	int file = open(NAME, flags);
	unsigned long sum = 0;
	char byte[64];

	for (int i = 0; i < 200; i++)
		sum += pread(file, byte, i % 2 ? 1 : sizeof byte, i) > 0 ? (unsigned char)*byte : 0;
	say("read often, sum", (long)sum);
	return file;
}

static int begin_file(int flags)
{
	fill(NAME, SIZE, 0);
	return opened(flags);
}

static long sum_of(long count)
{
	long sum = 0;

	for (long i = 0; i < count; i++)
		sum += (i + 1) * (unsigned char)bytes[i];
	return sum;
}

static void say_read(const char *what, int file, size_t size, off_t offset)
{
	long count = pread(file, bytes, size, offset);

	say(what, count);
	if (count > 0)
		say("  with the sum", sum_of(count));
}

/* In a process of its own. */
#define ELSEWHERE(...) do { \
	pid_t child_ = fork(); \
	int status_; \
	if (child_ == 0) { \
		__VA_ARGS__; \
		_exit(0); \
	} \
	if (waitpid(child_, &status_, 0) != child_ || status_ != 0) \
		exit(3); \
} while (0)

/* ---- the cases ---- */

static void places(void)
{
	int file = begin_file(O_RDONLY);

	say_read("all", file, SIZE, 0);
	say_read("more than there is", file, sizeof bytes, 0);
	say_read("across a page", file, 100, PAGE - 50);
	say_read("the last byte", file, 10, SIZE - 1);
	say_read("at the end", file, 10, SIZE);
	say_read("behind the end", file, 10, SIZE + 10 * PAGE);
	say_read("nothing", file, 0, 0);
	say("at the largest offset", pread(file, bytes, 10, INT64_MAX - 10));
	say("below 0", pread(file, bytes, 10, -1));
	say("to no memory", pread(file, nowhere, 10, 0));
	close(file);
}

static void half_there(void)
{
	char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int file = begin_file(O_RDONLY);

	munmap(memory + PAGE, PAGE);
	say("memory that ends", pread(file, memory + PAGE - 10, 10, 0));
	say("memory that is not there", pread(file, memory + PAGE, 10, 0));
	mprotect(memory, PAGE, PROT_READ);
	say("memory that cannot be written", pread(file, memory, 10, 0));
	close(file);
}

static void others_write(void)
{
	int file = begin_file(O_RDONLY), all = open(NAME, O_RDWR), more;

	ELSEWHERE(pwrite(all, "written", 7, 3000));
	say_read("what another process wrote", file, 20, 2995);
	pwrite(all, "again", 5, 3000);
	say_read("what another descriptor wrote", file, 20, 2995);
	more = open(NAME, O_WRONLY | O_APPEND);
	ELSEWHERE(write(more, "appended", 8));
	say_read("what was appended", file, 100, SIZE);
	ELSEWHERE(pwrite(all, "far", 3, 12 * PAGE));
	say_read("behind a gap", file, sizeof bytes, 6 * PAGE);
	close(more);
	close(all);
	close(file);
}

static void others_cut(void)
{
	int file = begin_file(O_RDONLY);

	ELSEWHERE(truncate(NAME, 2 * PAGE + 10));
	say_read("cut: before the end", file, 100, 2 * PAGE - 50);
	say_read("cut: behind the end", file, 100, 3 * PAGE);
	ELSEWHERE(truncate(NAME, 5 * PAGE));
	say_read("extended: zeros", file, sizeof bytes, PAGE);
	ELSEWHERE(truncate(NAME, 0));
	say_read("empty", file, 100, 0);
	ELSEWHERE(fill(NAME, 3 * PAGE, 7));
	say_read("written anew", file, sizeof bytes, 0);
	close(file);
}

static void holes(void)
{
	int file = begin_file(O_RDWR);

	say("punch", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE));
	say_read("around what was punched", file, SIZE, 0);
	say("write into it", pwrite(file, "here", 4, 2 * PAGE - 2));
	say_read("what was written there", file, SIZE, 0);
	close(file);
}

static void mapped(void)
{
	int file = begin_file(O_RDWR);
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	memcpy(memory + PAGE, "mapped", 6);
	say_read("what was written through a mapping", file, 20, PAGE - 5);
	say("write", pwrite(file, "by call", 7, PAGE + 2));
	say("seen in the mapping", memcmp(memory + PAGE, "maby call", 9));
	ELSEWHERE(memory[SIZE - 1] = 'x');
	say_read("what another process wrote through it", file, 10, SIZE - 5);
	munmap(memory, SIZE);
	close(file);
}

static void positions(void)
{
	int file = begin_file(O_RDONLY), same = dup(file);
	long sum = 0, count;

	ELSEWHERE(read(file, bytes, 1000));
	say("position behind another's read", lseek(file, 0, SEEK_CUR));
	while ((count = read(file, bytes, 777)) > 0)
		sum += sum_of(count);
	say("all the rest", sum);
	say("at the end", read(same, bytes, 777));
	lseek(same, -5, SEEK_END);
	say("five more", read(file, bytes, 777));
	lseek(file, 50, SEEK_SET);
	say("to no memory", read(file, nowhere, 100));
	say("it stays", lseek(same, 0, SEEK_CUR));
	close(same);
	close(file);
}

/* Two processes share a position: each byte comes to one of them. */
static void shared(void)
{
	int file = begin_file(O_RDONLY), ends[2];
	long own = 0, other = 0, count;

	if (pipe(ends) != 0)
		exit(2);
	if (fork() == 0) {
		while ((count = read(file, bytes, 31)) > 0)
			for (long i = 0; i < count; i++)
				own += (unsigned char)bytes[i];
		_exit(write(ends[1], &own, sizeof own) != sizeof own);
	}
	while ((count = read(file, bytes, 29)) > 0)
		for (long i = 0; i < count; i++)
			own += (unsigned char)bytes[i];
	if (read(ends[0], &other, sizeof other) != sizeof other)
		exit(2);
	wait(NULL);
	say("both have read all", own + other);
	close(file);
}

static void names_and_rights(void)
{
	int file = begin_file(O_RDONLY);

	chmod(NAME, 0);
	say_read("without rights", file, 10, 5);
	unlink(NAME);
	say_read("without a name", file, 10, 5);
	fill(NAME, 100, 9);
	say_read("while another has it", file, 10, 5);
	close(file);
	file = begin_file(O_WRONLY);
	say("open for writing only", pread(file, bytes, 10, 0));
	close(file);
}

static void numbers(void)
{
	int file = begin_file(O_RDONLY), other;

	fill(OTHER, 300, 99);
	close(file);
	say("closed", pread(file, bytes, 10, 0));
	other = open(OTHER, O_RDONLY);
	say("the same number", other == file);
	say_read("of another file", file, 400, 0);
	close(other);
	file = opened(O_RDONLY);
	other = open(OTHER, O_RDONLY);
	dup2(other, file);
	say_read("of what it was made", file, 400, 0);
	close(other);
	close(file);
}

static volatile bool is_over;
static int number;

static void *change(void *unused)
{
	for (int i = 0; i < 300; i++) {
		int file = open(i % 2 ? NAME : OTHER, O_RDONLY);

		dup2(file, number);
		close(file);
		for (int j = 0; j < 40; j++)
			pread(number, bytes + PAGE, 1, 5);
	}
	is_over = true;
	return unused;
}

/* A descriptor becomes another all the time: what is read is of one or of the other. */
static void storm(void)
{
	pthread_t thread;
	long wrong = 0;

	number = begin_file(O_RDONLY);
	fill(OTHER, SIZE, 99);
	is_over = false;
	pthread_create(&thread, NULL, change, NULL);
	while (!is_over) {
		unsigned char some[64] = {0};
		long count = pread(number, some, sizeof some, 1000);
		int first = (1000 + (some[0] == 1000 % 251 ? 0 : 99)) % 251;

		wrong += count != sizeof some;
		for (int i = 0; i < count; i++)
			wrong += some[i] != (first + i) % 251;
	}
	pthread_join(thread, NULL);
	say("bytes of neither", wrong);
	close(number);
}

/* One process cuts and extends, and another reads: never bytes that were not the file's. */
static void cut_storm(void)
{
	int file = begin_file(O_RDONLY);
	long wrong = 0;
	pid_t child = fork();

	if (child == 0) {
		for (int i = 0; i < 300; i++) {
			truncate(NAME, i % 2 ? PAGE : 3);
			truncate(NAME, 5 * PAGE);
		}
		_exit(0);
	}
	while (waitpid(child, NULL, WNOHANG) == 0)
		for (int i = 0; i < 50; i++) {
			long count = pread(file, bytes, 100, 3 * PAGE);

			wrong += count != 0 && count != 100;
		}
	say("reads of neither size", wrong);
	say_read("in the end", file, 100, 0);
	close(file);
}

/* More files than there are places. */
static void many(void)
{
	static int files[60];
	long wrong = 0;
	char name[40];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "%s-%d", OTHER, i);
		fill(name, 5000, i);
		files[i] = open(name, O_RDONLY);
	}
	for (int round = 0; round < 50; round++)
		for (int i = 0; i < 60; i++) {
			unsigned char byte = 0;

			wrong += pread(files[i], &byte, 1, 4000) != 1 ||
				byte != (4000 + i) % 251;
		}
	say("bytes of another file", wrong);
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "%s-%d", OTHER, i);
		unlink(name);
		close(files[i]);
	}
}

int main(void)
{
	places();
	half_there();
	others_write();
	others_cut();
	holes();
	mapped();
	positions();
	shared();
	names_and_rights();
	numbers();
	storm();
	cut_storm();
	many();
	unlink(NAME);
	unlink(OTHER);
	return 0;
}
