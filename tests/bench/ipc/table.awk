# The table of table.sh, from beside.txt, what linux/bench.sh printed, and what
# ipc/bench.sh did: in the order of the last. Then what Linux does all told.
/^#/ || NF == 0 { next }
FILENAME == ARGV[1] { sel4[$1] = $2; goal[$1] = $3; peer[$1] = $4; next }
FILENAME == ARGV[2] {
	if ($1 == "linux")
		next
	linux[$1] = $2
	least[$1] = $3
	names[++count] = $1
	next
}
!header++ {
	print "| round trip | instructions | privileged | Linux: | instructions | ours = 1 |" \
		" seL4 | ours = 1 | goal |"
	print "|---|--:|--:|---|--:|--:|--:|--:|---|"
}
{
	known = $1 in peer && peer[$1] in linux
	printf "| %s | %d | %.1f | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3,
		known ? peer[$1] : "-", known ? linux[peer[$1]] : "-",
		known ? ratio(linux[peer[$1]], $2) : "-",
		$1 in sel4 ? sel4[$1] : "-", $1 in sel4 ? ratio(sel4[$1], $2) : "-",
		$1 in goal ? verdict(goal[$1], $2) : "-"
}
END {
	if (!count)
		exit
	print "\n| Linux alone | instructions | least of all rounds |\n|---|--:|--:|"
	for (i = 1; i <= count; i++)
		printf "| %s | %d | %d |\n", names[i], linux[names[i]], least[names[i]]
}

function ratio(theirs, ours)
{
	return theirs == "-" ? "-" : sprintf("%.2f", theirs / ours)
}

function verdict(most, ours)
{
	return most == "-" ? "-" : most ", " (ours <= most ? "met" : "not met")
}
