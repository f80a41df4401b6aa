/* Who is harmed, how hostile clients call it, and whose load finds what came of it. */
#include "tests/servers/inject/inject.h"

#include "block.skald.h"
#include "fs.skald.h"
#include "hw.skald.h"
#include "tty.skald.h"

static struct watched blocks = {.name = "blocks"}, files = {.name = "files"},
	echo = {.name = "echo"};
struct watched *const loads[LOADS] = {&blocks, &files, &echo};

/* What a hostile client asks for, but for what it may do, as its manifest grants it. */
static const uint32_t block_ids[] = {
	block_Device_describe_request_ID, block_Device_read_request_ID,
	block_Device_write_request_ID, block_Device_flush_request_ID,
	block_Device_discard_request_ID, block_Device_write_zeros_request_ID,
	block_Device_statistics_request_ID, block_Device_lock_request_ID,
	block_Device_share_request_ID, block_Device_read_pages_request_ID,
};
static const uint32_t file_ids[] = {
	fs_FileSystem_describe_request_ID, fs_FileSystem_set_subject_request_ID,
	fs_FileSystem_walk_request_ID, fs_FileSystem_forget_request_ID,
	fs_FileSystem_stat_request_ID, fs_FileSystem_open_request_ID,
	fs_FileSystem_read_link_request_ID, fs_FileSystem_access_request_ID,
	fs_FileSystem_make_directory_request_ID, fs_FileSystem_make_node_request_ID,
	fs_FileSystem_make_link_request_ID, fs_FileSystem_link_request_ID,
	fs_FileSystem_unlink_request_ID, fs_FileSystem_rename_request_ID,
	fs_FileSystem_get_xattr_request_ID, fs_FileSystem_list_xattrs_request_ID,
	fs_FileSystem_test_lock_request_ID, fs_FileSystem_statfs_request_ID,
};
static const uint32_t bus_ids[] = {
	hw_Bus_list_request_ID, hw_Bus_claim_request_ID, hw_Bus_rescan_request_ID,
};

static const uint32_t line_ids[] = {
	tty_Line_describe_request_ID, tty_Line_read_request_ID, tty_Line_read_few_request_ID,
	tty_Line_write_request_ID, tty_Line_write_few_request_ID,
	tty_Line_settings_request_ID, tty_Line_set_settings_request_ID,
	tty_Line_modem_request_ID, tty_Line_set_modem_request_ID,
	tty_Line_set_break_request_ID, tty_Line_flush_request_ID, tty_Line_drain_request_ID,
	tty_Line_set_stopped_request_ID, tty_Line_send_urgent_request_ID,
	tty_Line_queued_request_ID, tty_Line_counts_request_ID,
};
static const uint32_t console_ids[] = {
	tty_Console_open_request_ID, tty_Console_list_request_ID,
	tty_Console_print_request_ID,
};

#define IDS(list) list, sizeof(list) / sizeof(list[0])
struct target targets[TARGETS] = {
	{"platform", "platform", "hw.Bus", &blocks, 1, IDS(bus_ids), false, 0},
	{"virtio-blk", "disk", "block.Device", &blocks, 3, IDS(block_ids), false, 0},
	{"ramfs", "root", "fs.FileSystem", &files, 3, IDS(file_ids), false, 0},
	{"serial", "com1", "tty.Line", &echo, 2, IDS(line_ids), false, 0},
	{"console", "console", "tty.Console", &echo, 2, IDS(console_ids), false, 0},
};
