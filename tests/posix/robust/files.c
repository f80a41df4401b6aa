/* Those that want all there is of the file system: bytes, names, what hangs on them. */
#include "robust.h"

#include <sys/stat.h>
#include <sys/xattr.h>

/* So many, as what remains used after is to be the same however long it went on. */
#define NAMES 1024
/* The harness makes it for the attacker, and removes it. */
#define PLACE "/tmp/robust-files"

static void name_of(char *name, const char *kind, int number)
{
	snprintf(name, 64, PLACE "/%s-%d-%d", kind, getpid(), number);
}

/* Bytes, with a name and without one. */
static void fill_bytes(void)
{
	static char much[65536];
	char name[64];

	memset(much, 1, sizeof(much));
	for (int i = 0;; i++) {
		int file;

		name_of(name, "bytes", i % 64);
		file = open(name, O_CREAT | O_RDWR | O_APPEND, 0600);
		if (i % 2)
			unlink(name);
		for (int j = 0; j < 256 && write(file, much, sizeof(much)) > 0; j++)
			;
		if (i >= 64)
			close(file);
	}
}

/* The same by mappings, which the server of files does not see. */
static void fill_mapped(void)
{
	char name[64];

	for (int i = 0;; i++) {
		const size_t size = (size_t)1 << (12 + i % 16);
		char *at = MAP_FAILED;
		int file;

		name_of(name, "mapped", i % 256);
		file = open(name, O_CREAT | O_RDWR, 0600);
		if (ftruncate(file, (off_t)size) == 0)
			at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
		close(file);
		for (size_t j = 0; at != MAP_FAILED && j < size; j += 4096)
			at[j] = 1;
		if (at != MAP_FAILED)
			munmap(at, size);
	}
}

/* Links that lead to themselves, and directories, each in the next. */
static void fill_names(void)
{
	char name[64], other[64];

	for (int i = 0;; i = (i + 1) % NAMES) {
		name_of(name, "name", i);
		name_of(other, "name", (i + 1) % NAMES);
		symlink(other, name);
		stat(name, &(struct stat){0});
		if (i != NAMES / 2)
			continue;
		name_of(name, "deep", 0);
		mkdir(name, 0700);
		if (chdir(name) == 0)
			for (int j = 0; j < NAMES && mkdir("d", 0700) == 0 && chdir("d") == 0; j++)
				;
	}
}

/* Attributes as large as they may be, and names that wander. */
static void fill_attributes(uint32_t seed)
{
	static char value[65536];
	char name[64], to[64], attribute[32];

	for (int i = 0;; i++) {
		int file;

		name_of(name, "attributes", i % 512);
		name_of(to, "moved", (int)(next(&seed) % 512));
		file = open(name, O_CREAT | O_RDWR, 0600);
		snprintf(attribute, sizeof(attribute), "user.a%d", i / 512);
		fsetxattr(file, attribute, value, sizeof(value), 0);
		rename(name, to);
		link(to, name);
		close(file);
	}
}

void attack_files(uint32_t seed)
{
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			switch (i) {
			case 0: fill_mapped(); break;
			case 1: fill_names(); break;
			default: fill_attributes(seed);
			}
	fill_bytes();
}

void files_fill(uint64_t mapped)
{
	static char much[65536];
	const int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	uint64_t size = 0;

	for (; size < mapped && ftruncate(file, (off_t)(size + sizeof(much))) == 0;
			size += sizeof(much)) {
		char *at = mmap(NULL, sizeof(much), PROT_READ | PROT_WRITE, MAP_SHARED, file,
			(off_t)size);

		if (at == MAP_FAILED)
			break;
		memset(at, 1, sizeof(much));
		munmap(at, sizeof(much));
	}
	for (int other = open("/tmp", O_TMPFILE | O_RDWR, 0600);
			write(other, much, sizeof(much)) > 0;)
		;
	raise(SIGSTOP);
}
