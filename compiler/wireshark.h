/*
 * skald wireshark: a dissector of a schema's messages, in Lua, for Wireshark.
 *
 * It is a program (compiler/wireshark/), the same for all, below tables of the
 * types and messages. docs/tools.md says what it shows.
 */
#ifndef COMPILER_WIRESHARK_H
#define COMPILER_WIRESHARK_H

/* The program, a line each, up to NULL. Made by compiler/embed-wireshark. */
extern const char *const wireshark_program[];

#endif
