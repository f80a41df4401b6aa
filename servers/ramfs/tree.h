/*
 * What is in a file system in memory: nodes, names, bytes, who may do what. See
 * ramfs.h, which has what clients have of it.
 */
#ifndef SERVERS_RAMFS_TREE_H
#define SERVERS_RAMFS_TREE_H

#include "runtime/files/files.h"
#include "runtime/start/string.h"

#define RAM_PAGE 4096U
/* Of a file, in bytes. */
#define RAM_SIZE_MAX INT64_MAX
#define RAM_LINKS_MAX 0x7fffffffU
/* A link's text, with room for a NUL. */
#define RAM_TEXT_SIZE (fs_LINK_MAX + 1)
#define RAM_MAGIC 0x01021994U
/* In one page of a directory. */
#define RAM_ENTRIES_MAX 256

/* Of this, one client can have so many, with all that it confined. */
struct ram_limits {
	uint32_t nodes;			/* besides the root; below 65534 */
	uint32_t handles;		/* that it made: files, watchers, sessions */
	uint32_t waiters;		/* calls that wait */
	uint32_t lockers;		/* owners of locks, times the files locked */
	uint32_t ranges;		/* that these lock */
	uint32_t subjects;
	uint32_t groups;		/* of all its subjects */
	uint32_t watches;		/* of one watcher */
	uint32_t events;		/* bytes that wait in one watcher */
};

extern const struct ram_limits ram_limits_small, ram_limits_large;

/*
 * Memory objects of the kernel, that clients can map: pages of zeros, which are charged
 * once they are written. Each does what it says wholly, but for write(). Sizes and
 * offsets in bytes; a page that is taken away reads as zeros again.
 */
struct ram_memories {
	/* False: there is none. */
	bool (*make)(void *context, uint64_t size, struct sk_handle *memory);
	/* Who has it mapped keeps it. */
	void (*end)(void *context, struct sk_handle memory);
	/* What is behind the end of the last page's part is zeroed. */
	bool (*resize)(void *context, struct sk_handle memory, uint64_t size);
	bool (*read)(void *context, struct sk_handle memory, uint64_t offset, void *to,
		uint64_t size);
	/* How much of it; less: there is no room. */
	uint64_t (*write)(void *context, struct sk_handle memory, uint64_t offset,
		const void *from, uint64_t size);
	/* Whole pages. */
	bool (*commit)(void *context, struct sk_handle memory, uint64_t offset,
		uint64_t size);
	void (*decommit)(void *context, struct sk_handle memory, uint64_t offset,
		uint64_t size);
	/* Whether nobody else has it mapped, or can. */
	bool (*is_idle)(void *context, struct sk_handle memory);
	/* How often it is mapped to be written. */
	uint32_t (*writable)(void *context, struct sk_handle memory);
	/* What its pages take. */
	uint64_t (*present)(void *context, struct sk_handle memory);
	/* Gives all of it storage and maps it here; NULL: that cannot be. Nobody else may
	 * be able to write it. */
	void *(*map)(void *context, struct sk_handle memory, uint64_t size);
	void (*unmap)(void *context, void *at, uint64_t size);
	/* A handle for a client, with these rights of fs_Rights; none: there is none. */
	struct sk_handle (*copy)(void *context, struct sk_handle memory, uint32_t rights);
	/* All of them can take so much from now on. False: they take more already. */
	bool (*limit)(void *context, uint64_t bytes);
	uint64_t (*used)(void *context);
};

/* The world around. */
struct ram_world {
	/* Zeroed memory; NULL: there is none. */
	void *(*allocate)(void *context, size_t size);
	void (*release)(void *context, void *memory, size_t size);
	/* In nanoseconds since 1970. */
	uint64_t (*now)(void *context);
	void *context;
	const struct ram_memories *memories;	/* NULL: there are none */
};

/* Users by number. */
#define RAM_PAYERS 64

struct acl;
struct entry;
struct inode;
struct locker;
struct payer;
struct session;
struct waiter;
struct walked;
struct watch;
struct watcher;
struct window;
struct where;
struct xattr;

/* A file system. What is in it counts against its budget; tables of clients,
 * which have limits, do not. */
struct ram {
	struct ram_world world;
	struct ram_limits limits;
	fs_MountFlags flags;
	uint64_t budget, used;		/* bytes */
	uint64_t granted;		/* of the budget: memories have the rest */
	struct payer *payers[RAM_PAYERS];
	uint32_t memories;
	struct window *windows;
	uint32_t window_count;
	uint64_t last_now;
	uint64_t seed;			/* of hashes */
	struct inode *root;
	struct inode **heads;		/* of inodes, by number */
	uint32_t head_count;
	uint64_t inodes;		/* how many there are */
	uint64_t numbers;		/* how many there were */
	bool is_ended;
	unsigned writers;		/* files that are open for writing */
	uint32_t moves;			/* cookies given to events */
	struct watcher *watchers;
	struct waiter *waiters, **waiters_end;
	bool is_retrying, retries;
	uint64_t search;
	/* To be read. */
	unsigned sessions, nodes, open_files, handles, waiting, watching;
	/* One call at a time. */
	struct walked *walked;
	struct fs_Entry *entries;	/* RAM_ENTRIES_MAX */
	uint8_t *buffer;		/* fs_XATTR_MAX bytes */
};

/* ---- share.c ---- */

/* What something takes, and whose it is: NULL, user 0's. It has bytes as long as it is
 * anybody's. */
struct charge {
	struct payer *payer;
	uint64_t bytes;
};

/* So much more. False: the user cannot have that. */
bool share_take(struct ram *ram, struct charge *charge, uint64_t bytes);
/* The same without asking. */
void share_put(struct charge *charge, uint64_t bytes);
void share_return(struct ram *ram, struct charge *charge, uint64_t bytes);
/* It becomes another user's, however much that one has. */
void share_move(struct ram *ram, struct charge *charge, uint32_t user);

/* ---- ram.c ---- */

/* A file system with an empty root, which belongs to 0 and 0: 0 or ENOMEM. */
int ram_open(struct ram *ram, const struct ram_world *world,
	const struct ram_limits *limits, uint64_t budget);
/* Nobody may be connected any more. */
void ram_close(struct ram *ram);
/* Memory for what is in it, zeroed, and who is charged (NULL: nobody yet); NULL: the budget
 * is used up, or the user's share. */
void *ram_new(struct ram *ram, struct charge *charge, size_t size);
void ram_free(struct ram *ram, struct charge *charge, void *memory, size_t size);
/* What was had for nobody is this one's. */
void ram_charge(struct charge *charge, size_t size);
/* Memory for tables, zeroed. */
void *ram_table_new(struct ram *ram, size_t size);
void ram_table_free(struct ram *ram, void *memory, size_t size);
/* Now, and always later than the time before. */
struct fs_Time ram_now(struct ram *ram);
struct fs_Space ram_space(const struct ram *ram, fs_MountFlags flags);
/* Another budget: false, more is used already. */
bool ram_set_budget(struct ram *ram, uint64_t budget);

/* ---- data.c ---- */

/* Pages by number, in a tree of 64 at a time; or in a memory (memory.c). */
struct data {
	void *top;
	uint32_t height;
	bool is_memory;			/* then the tree is empty */
	bool is_others;			/* clients can write the memory too */
	uint64_t pages;
	struct charge *charge;		/* its node's */
	struct sk_handle memory;
	/* Where the memory is mapped here; as far as `seen` its pages are there. */
	uint8_t *at;
	uint64_t mapped, seen;
};

/* The page of this number, NULL if it is a hole. One that was only reserved
 * is zeros, and `*is_reserved` (may be NULL). */
uint8_t *data_find(const struct data *data, uint64_t page, bool *is_reserved);
/* The same to be written; NULL: there is no room. */
uint8_t *data_make(struct ram *ram, struct data *data, uint64_t page);
/* Reserves one if it is a hole: false, there is no room. */
bool data_reserve(struct ram *ram, struct data *data, uint64_t page);
/* Makes holes of the pages from `first` up to before `end`. */
void data_cut(struct ram *ram, struct data *data, uint64_t first, uint64_t end);
/* The first page from here on that is data, or if `wants_hole` that is not
 * (for which one that is reserved counts as hole); UINT64_MAX: none. */
uint64_t data_next(const struct data *data, uint64_t page, bool wants_hole);

/* ---- memory.c: contents of which clients map the pages ---- */

/* How many there can be: each takes a handle of the server's. */
#define MEMORY_MAX_COUNT 1024

/* Moves a file's contents into a memory, unless they are there: 0, ENODEV, ENOSPC,
 * ENFILE, EFBIG. */
int memory_begin(struct inode *inode);
void memory_end(struct inode *inode);
/* These are of a file that has one. Bytes, up to the size that it has. */
void memory_read(const struct inode *inode, uint64_t offset, void *to, uint64_t size);
/* How many, extending it; less: there is no room. */
uint64_t memory_write(struct inode *inode, uint64_t offset, const void *from,
	uint64_t size);
/* It gets this size: 0, EFBIG. */
int memory_resize(struct inode *inode, uint64_t size);
/* Storage for a range: 0, ENOSPC, EFBIG; EOPNOTSUPP behind the end, if its size
 * stays. */
int memory_reserve(struct inode *inode, uint64_t offset, uint64_t length, bool keeps_size);
void memory_punch(struct inode *inode, uint64_t offset, uint64_t length);
uint64_t memory_present(const struct inode *inode);
/* From here on nobody else writes it: 0, EBUSY if it is mapped so, ENOMEM. */
int memory_seal(struct inode *inode);
/* A handle to it, with rights of fs_Rights: 0 or ENFILE. */
int memory_hand_out(struct inode *inode, uint32_t rights, struct sk_handle *memory);
/* Maps it here, if all of it is there and nobody else can write it: its bytes are then
 * moved without the kernel. */
void memory_see(struct inode *inode);

/* ---- window.c: what clients read without a call ---- */

/* Handles to the pages and to the state, of a client that has read so often: 0, EAGAIN,
 * ENODEV, ENFILE, ENOSPC. */
int window_give(struct inode *inode, uint32_t reads, struct sk_handle *pages,
	struct sk_handle *state);
/* Of a file that nobody has open any more. */
void window_end(struct inode *inode);
/* Something changed that clients go by: in a file (NULL window: nothing is done), in all. */
void window_tell(const struct inode *inode);
void window_tell_all(const struct ram *ram);
/* It will end here, before its pages go. */
void window_tell_size(const struct inode *inode, uint64_t size);

/* ---- inode.c ---- */

struct slot {
	uint64_t cookie;
	struct entry *entry;		/* NULL: a gap */
};

struct directory {
	struct charge *charge;		/* its node's */
	struct entry *name;		/* its own, held once it was removed; NULL: the root */
	struct entry **heads;
	uint32_t head_count;
	uint32_t count;			/* of names */
	/* By rising cookie; removed ones leave gaps. */
	struct slot *slots;
	uint32_t slot_count, slot_capacity;
	uint64_t cookies;		/* the last that was given */
};

/* An open file, or (NULL) a number of this session's. An open file is of the
 * session that is charged. */
struct lock_owner {
	const struct open_file *file;
	struct session *session;
	fs_LockOwner number;
};

enum acl_kind { ACL_ACCESS, ACL_DEFAULT, ACL_KINDS };

struct inode {
	struct ram *ram;
	struct inode *next;		/* with the same hash */
	struct charge charge;
	uint64_t number;
	fs_Kind kind;
	uint32_t mode, links, owner, group, major, minor;
	uint32_t flags;			/* of fs_NodeFlags */
	/* While somebody has it, it stays, even without a name. */
	uint32_t references;
	bool is_unnamed;		/* may get its first name */
	uint32_t seals;			/* of fs_Seals; SEAL, unless it was made to be sealed */
	uint32_t opened, writers, executors;	/* open files */
	uint64_t size;
	uint64_t version;
	struct fs_Time accessed, modified, changed, born;
	union {
		struct data data;
		struct directory directory;
		char *text;		/* of a link, `size` long */
	} as;
	struct xattr *xattrs;		/* by name */
	struct acl *acls[ACL_KINDS];	/* NULL: the mode says all */
	struct locker *lockers;		/* as they came */
	struct open_file *flocks;	/* that hold the lock of the whole */
	struct watch *watches;
	struct window *window;		/* NULL: it has none */
};

/* A node of user 0 with one reference, and no name; NULL: there is no room. */
struct inode *inode_new(struct ram *ram, fs_Kind kind, uint32_t mode);
/* It is this user's, who is charged with it. */
void inode_set_owner(struct inode *inode, uint32_t owner);
void inode_hold(struct inode *inode);
/* Ends it if it has no name and nobody has it. NULL: nothing. */
void inode_release(struct inode *inode);
/* One name fewer; as inode_release() then. */
void inode_unlink(struct inode *inode);
struct inode *inode_find(const struct ram *ram, fs_Inode number);
struct fs_Status inode_status(const struct inode *inode);
/* Its status has changed now; its contents too. */
void inode_changed(struct inode *inode);
void inode_modified(struct inode *inode);
/* The second up to which a read, by way of a session or file with these flags, leaves the
 * access time as it is. */
int64_t inode_read_until(const struct inode *inode, fs_MountFlags flags);
/* It was read so. */
void inode_accessed(struct inode *inode, fs_MountFlags flags);
/* Whether its seals let it have another size, or so many bytes be written: 0, EPERM. Of
 * the bytes it takes those away that would go into new pages. */
int inode_check_size(const struct inode *inode, uint64_t size);
int inode_check_write(const struct inode *inode, uint64_t offset, uint64_t *size);
/* One seal more, or several: 0, EPERM, EBUSY, ENOMEM. */
int inode_seal(struct inode *inode, uint32_t seals);
/* Cuts or extends a file: 0 or an error. */
int inode_resize(struct inode *inode, uint64_t size);
/* Bytes of a file, holes as zeros, as far as they are before its end. Writing
 * extends it; fewer bytes than asked for: there is no room. Neither changes
 * times. */
void inode_read(const struct inode *inode, uint64_t offset, void *to, uint64_t size);
uint64_t inode_write(struct inode *inode, uint64_t offset, const void *from, uint64_t size);
/* Cuts or extends by somebody, which is told: see access_written_mode(). */
int inode_truncate(const struct where *where, uint64_t size, bool keeps_set_id,
	bool keeps_group);
/* It was written, by somebody who may not keep all set-id bits perhaps. */
void inode_written(const struct where *where, bool keeps_set_id, bool keeps_group);

/* ---- directory.c ---- */

/* A name in a directory. It stays after it was removed while somebody has
 * it, so that he can see that. */
struct entry {
	struct inode *inode;
	struct inode *parent;		/* NULL: it was removed */
	struct inode *was_in;		/* from there, held */
	struct entry *next;		/* with the same hash */
	struct charge charge;		/* the node's owner's, when it got the name */
	uint64_t cookie;
	uint32_t references;
	uint32_t hash;
	uint32_t size;
	char *text;
};

struct entry *directory_find(const struct inode *directory, const char *name,
	uint32_t size);
/* A new name: 0 or ENOSPC. Neither the inode's links nor times change. */
int directory_add(struct inode *directory, struct inode *inode, const char *name,
	uint32_t size, struct entry **entry);
void directory_remove(struct entry *entry);
/* Gives it another name, here or elsewhere: 0 or ENOSPC. */
int directory_move(struct entry *entry, struct inode *directory, const char *name,
	uint32_t size);
/* Two names change places, cookies included. */
void directory_exchange(struct entry *one, struct entry *other);
/* The first name from this cursor on; the cursor behind it is cookie + 1. */
struct entry *directory_next(const struct inode *directory, fs_Cursor from);
/* What it was in, if it was removed: to be released. */
struct inode *directory_free(struct inode *directory);
void entry_hold(struct entry *entry);
void entry_release(struct ram *ram, struct entry *entry);
/* The directory that a directory is in; NULL: the root, or removed. */
struct inode *directory_parent(const struct inode *directory);
/* Of one that was removed too: what it was in then. */
struct inode *directory_up(const struct inode *directory);
/* Whether one directory is another, or lies below it. */
bool directory_is_below(const struct inode *inode, const struct inode *top);
/* Whether it was removed. */
bool directory_is_dead(const struct inode *directory);

/* A node and the name by which it was found (NULL: none, the root). */
struct where {
	struct inode *inode;
	struct entry *entry;
};

void where_hold(const struct where *where);
void where_release(const struct where *where);

/* ---- access.c ---- */

/* Linux's numbers. */
enum capability {
	CAPABILITY_CHOWN = 0,
	CAPABILITY_DAC_OVERRIDE = 1,
	CAPABILITY_DAC_READ_SEARCH = 2,
	CAPABILITY_FOWNER = 3,
	CAPABILITY_FSETID = 4,
	CAPABILITY_LINUX_IMMUTABLE = 9,
	CAPABILITY_SYS_ADMIN = 21,
	CAPABILITY_MKNOD = 27,
	CAPABILITY_SETFCAP = 31
};

struct subject {
	struct subject *next;
	fs_Subject number;
	uint32_t uid, gid;
	uint64_t capabilities;
	uint32_t group_count;
	uint32_t groups[];
};

bool access_is_capable(const struct subject *who, enum capability capability);
bool access_is_in_group(const struct subject *who, uint32_t group);
/* Whether all of `want`, in fs_Access, is allowed: 0, EACCES, EPERM. */
int access_check(const struct subject *who, const struct inode *inode, uint32_t want);
bool access_is_owner(const struct subject *who, const struct inode *inode);
/* Whether names in a directory can be made (0 or an error), or this one be
 * removed or moved. */
int access_make(const struct subject *who, const struct inode *directory);
int access_remove(const struct subject *who, const struct entry *entry, bool is_directory);
/* Whether a set-group bit can stay. */
bool access_keeps_group(const struct subject *who, uint32_t group);
/* The mode without the set-id bits that go when somebody writes who has not
 * the capability FSETID, or is not in the group. */
uint32_t access_written_mode(const struct inode *inode, bool keeps_set_id,
	bool keeps_group);

/* ---- acl.c: access lists ---- */

/* From an attribute's value, NULL from an empty one: 0, EINVAL, EOPNOTSUPP (of
 * another version), ENOSPC. Its entries are such, but may make no sense. The node's owner
 * is charged. */
int acl_read(struct inode *inode, const uint8_t *value, uint32_t size, struct acl **acl);
/* Into fs_XATTR_MAX bytes: how many of them. */
uint32_t acl_write(const struct acl *acl, uint8_t *to);
void acl_free(struct ram *ram, struct acl *acl);
/* Sets it, or (NULL) takes it away; it is the node's then, and freed if there is
 * an error: 0, EINVAL, EPERM, ... */
int acl_set(const struct subject *who, struct inode *inode, enum acl_kind kind,
	struct acl *acl);
/* The mode was set: the list says the same. */
void acl_mode_set(struct inode *inode);
/* Whether list and mode say the same. */
bool acl_is_in_mode(const struct inode *inode);
/* A new node gets what its directory says: false, there is no room. */
bool acl_inherit(const struct inode *directory, struct inode *inode);
/* Of a node that has one: to somebody who is not its owner. */
bool acl_allows(const struct inode *inode, const struct subject *who, uint32_t want);
void acl_free_all(struct inode *inode);

/* ---- names.c ---- */

/* Who changes names, and where. */
struct spot {
	const struct session *session;
	const struct subject *who;
	struct inode *directory;
	const char *name;
	uint32_t size;
};

/* What has this name, NULL if nothing: 0, EACCES, ENOTDIR. */
int names_find(const struct spot *spot, struct entry **entry);
/* Whether something can be made there: 0, EEXIST, ... */
int names_check(const struct spot *spot);
/* A new node for somebody's directory, with one reference and no name yet. */
struct inode *names_new(const struct subject *who, struct inode *directory,
	fs_Kind kind, uint32_t mode);
/* Gives a new node its name: 0 or an error. */
int names_add(const struct spot *spot, struct inode *inode, struct entry **entry);
int names_link(const struct spot *spot, struct inode *inode);
int names_unlink(const struct spot *spot);
int names_remove_directory(const struct spot *spot);
int names_rename(const struct spot *from, const struct spot *to, fs_RenameMode mode);

/* ---- xattr.c ---- */

struct xattr {
	struct xattr *next;
	uint32_t name_size, value_size;
	uint8_t bytes[];		/* the name, then the value */
};

void xattr_free_all(struct inode *inode);
const struct xattr *xattr_find(const struct inode *inode, const char *name,
	uint32_t size);
int xattr_set(struct inode *inode, const char *name, uint32_t size, fs_XattrMode mode,
	const void *value, uint32_t value_size);
int xattr_remove(struct inode *inode, const char *name, uint32_t size);

/* ---- tar.c ---- */

/* How far filling came. */
struct tar_result {
	const char *problem;		/* NULL: it is whole */
	uint64_t offset;		/* of the header that has it */
	uint32_t members;		/* that were taken */
};

/*
 * Makes what a ustar archive holds; of it only what lies below `prefix`
 * ("root/"; "" for all), which is cut off. Names of hard links are cut too.
 */
struct tar_result tar_fill(struct ram *ram, const void *archive, uint64_t size,
	const char *prefix);

#endif
