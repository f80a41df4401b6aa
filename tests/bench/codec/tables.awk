# Makes the tables of docs/benchmarks.md from lines "FIGURE CODEC [MESSAGE
# DIRECTION] NUMBER" of bench.sh; pairs are encode / decode, and of several
# times the least counts. Wants the variable codecs, in their order.

BEGIN {
	split("read data open stat directory trace", messages, " ")
	title["memcpy"] = "memcpy of as many bytes"
	title["hand"] = "hand-written C"
	title["skald"] = "skald"
	title["skaldnext"] = "skald, arrays by iterator"
	title["nanopb"] = "nanopb"
	title["protobufc"] = "protobuf-c"
	title["capnp"] = "Cap'n Proto C++"
	title["flatbuffers"] = "FlatBuffers C++, verified"
	count = split(codecs, order, " ")
}

$1 == "nanoseconds" && (($1, $2, $3, $4) in figure) &&
	figure[$1, $2, $3, $4] < $5 { next }
NF == 5 { figure[$1, $2, $3, $4] = $5 }
NF == 3 { total[$1, $2] = $3 }

function heading(name,	i, line) {
	printf "\n| %-29s |", name
	for (i = 1; i <= 6; i++)
		printf " %15s |", messages[i]
	printf "\n|%s|", "---"
	for (i = 1; i <= 6; i++)
		printf "%s|", "--:"
	printf "\n"
}

# "ENCODE / DECODE" of each message; of: what to divide by, or nothing.
function pairs(what, codec, format, of,	i) {
	printf "| %-29s |", title[codec]
	for (i = 1; i <= 6; i++)
		printf " %15s |", number(what, codec, messages[i], "encode", format, of) \
			" / " number(what, codec, messages[i], "decode", format, of)
	printf "\n"
}

function number(what, codec, message, direction, format, of,	n) {
	n = figure[what, codec, message, direction]
	if (of != "")
		n /= figure[what, of, message, direction]
	return sprintf(format, n)
}

function table(name, what, format, of,	i) {
	heading(name)
	for (i = 1; i <= count; i++)
		pairs(what, order[i], format, of)
}

function sizes(	i, k) {
	heading("wire bytes")
	for (k = 1; k <= count; k++) {
		printf "| %-29s |", title[order[k]]
		for (i = 1; i <= 6; i++)
			printf " %15d |", figure["bytes", order[k], messages[i], "encode"]
		printf "\n"
	}
}

function codes(	k) {
	printf "\n| %-29s | %13s | %13s |\n|---|--:|--:|\n", "", "text, bytes", "generator, ms"
	for (k = 1; k <= count; k++)
		printf "| %-29s | %13s | %13s |\n", title[order[k]],
			total["text", order[k]] ? total["text", order[k]] : "-",
			(("generator", order[k]) in total) ? total["generator", order[k]] : "-"
}

function goal(text, is_met, figures) {
	printf "* %s: %s (%s).\n", text, is_met ? "met" : "**not met**", figures
}

function goal_ratio(message, limit,	e, d) {
	e = number("instructions", "skald", message, "encode", "%.6f", "hand")
	d = number("instructions", "skald", message, "decode", "%.6f", "hand")
	goal(sprintf("%s within %.2f of the hand-written", message, limit),
		e <= limit && d <= limit, sprintf("%.2f / %.2f", e, d))
}

function goals(	i, n) {
	print "\nGoals for the generated code:\n"
	for (i = 1; i <= 6; i++)
		goal_ratio(messages[i], i <= 4 ? 1.1 : 1.25)
	goal("text of six messages and runtime at most 9,000 bytes",
		total["text", "skald"] <= 9000, total["text", "skald"] " bytes")
	for (i = 1; i <= 6; i++)
		n += figure["allocations", "skald", messages[i], "encode"] + \
			figure["allocations", "skald", messages[i], "decode"]
	goal("no allocation", n == 0, n)
	goal("a schema of 1,000 lines under 20 ms", total["thousand", "skald"] < 20,
		total["thousand", "skald"] " ms")
}

END {
	table("instructions", "instructions", "%.0f", "")
	table("instructions, hand = 1", "instructions", "%.2f", "hand")
	table("time with the loop, hand = 1", "nanoseconds", "%.2f", "hand")
	sizes()
	table("allocations", "allocations", "%d", "")
	codes()
	goals()
}
