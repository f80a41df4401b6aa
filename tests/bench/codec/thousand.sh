#!/bin/bash
# Prints a schema of 1,000 lines (and one) that uses the language as protocols do: 25
# times 40 lines, numbered names.
echo "namespace thousand;"
for ((n = 1; n <= 25; n++)); do
	sed "s/#/$n/g" <<'END'

/// What can go wrong in part #.
enum Error# { NOT_FOUND = 1, EXISTS, BUSY, NO_ROOM, DENIED, IO }
consts Mode# uint16 { READ = 1, WRITE = 2, CREATE = 4, APPEND = 8 }
const uint32 NAME_MAX# = 200 + #;

struct Item# {
	uint64 inode;
	uint32 type;
	string<NAME_MAX#> name;
}

struct Place# {
	int32 x;
	int32 y;
	Item# item;
}

message Update# # {
head(128):
	uint32 id;
	uint64 offset;
	byte[16] key;
	tags {
		tag(1) uint64 time;
		tag(2) int32 result;
		tag(3) uint32[<=8] parts;
	}
tail:
	Item#[] items;
	string comment;
}

interface Service# {
	error Error#;
	method open(string<NAME_MAX#> name, Mode# mode) -> (uint32 id);
	method read(uint32 id, uint64 offset, uint32 size) -> (byte[<=3000] data);
	method place(uint32 id, Place# where);
	oneway advise(uint32 id, uint64 offset, uint64 length);
}
END
done
