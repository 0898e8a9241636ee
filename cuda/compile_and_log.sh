#!/bin/bash
# Runs a compiler command and moves what ptxas says about each kernel (registers, shared memory, spills) out of the
# terminal into OBJECT.resources, where tests/cuda reads it. Everything else that the compiler says stays on stderr.
set -u
object=
previous=
for word in "$@"; do
  [ "$previous" = -o ] && object=$word
  previous=$word
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" 2>"$log"
status=$?
resource_lines='^ptxas info|^ +[0-9]+ bytes (stack frame|cumulative)'
grep -vE "$resource_lines" "$log" >&2
if [ -n "$object" ] && [ "$status" -eq 0 ]; then grep -E "$resource_lines" "$log" >"$object.resources"; fi
exit "$status"
