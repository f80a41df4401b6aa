# From `nm -n` of the image to the table of backtrace.c: functions only.
BEGIN {
	count = 0
	print "\t.section .symbols, \"a\", @progbits"
	print "\t.globl symbol_table, symbol_count, symbol_names"
	print "\t.balign 8\nsymbol_table:"
}
$1 ~ /^ffffffff8/ && $2 ~ /^[tT]$/ && $3 !~ /^(vector_|\.L)/ {
	print "\t.long 0x" substr($1, 9) " - 0x80000000, name_" count " - symbol_names"
	names[count++] = $3
}
END {
	print "symbol_count:\n\t.long " count + 0
	print "symbol_names:"
	for (i = 0; i < count; i++)
		print "name_" i ":\t.asciz \"" names[i] "\""
	print "\t.byte 0\n\t.section .note.GNU-stack, \"\", @progbits"
}
