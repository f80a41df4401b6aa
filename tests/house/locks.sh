#!/bin/bash
# The protocols are what their locks say: nobody changes what peers rely on without
# seeing it in a review.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
skald=${SKALD:-${BUILD:-build}/skald}

for schema in protocols/*.skald; do
	name=$(basename "$schema" .skald)
	lock=protocols/locks/$name.lock
	"$skald" lock --check -I protocols "$schema" -o "$lock" >"$work/log" 2>&1
	status=$?
	{
		echo "what it breaks: $skald diff -I protocols $lock $schema"
		echo "if that is meant: make lock, and commit $lock with the change"
	} >>"$work/log"
	tap $status "$name is what its lock says"
done
for lock in protocols/locks/*.lock; do
	schema=protocols/$(basename "$lock" .lock).skald
	[ -f "$schema" ] && continue
	echo "there is no $schema: remove $lock" >"$work/log"
	tap 1 "$lock is of a protocol"
done
exit $failed
