#!/usr/bin/env bash
# Fuzzes, two harnesses side by side, and prints a table row for each:
#   run.sh BUILD SECONDS [HARNESS ...]
# SECONDS are of the processor: on a machine that is busy with other work each harness goes on until it has had them.
# BUILD is a build with -DMDDNET_SANITIZE=fuzzer-no-link,address,undefined (`make fuzz` makes it). What reaches new code
# is kept in BUILD/fuzz/HARNESS and is where a later run begins; an input that breaks a reader is left in
# BUILD/fuzz/found, and the exit code is 1 then: such a file belongs into tests/fuzz/corpus/HARNESS, with the repair.
# TIMEOUT is the most that one input may take, 10 seconds if it is not set, by the clock on the wall: a machine that stops
# its processes now and then needs more.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1")
seconds=$2
shift 2
mkdir -p "$build/fuzz/found"
if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi # readers that want a path get one in memory
cd "$build/fuzz"

fuzz() {
  local harness=$1 log=$1.log code=0 most=4096 spent=0
  # What mddnet export writes lists its tensors in some kilobytes.
  if [ "$harness" = exported ]; then most=16384; fi
  mkdir -p "$harness"
  : >"$log"
  # An image may ask for 100 megapixels; nothing else comes near a gigabyte.
  TIMEFORMAT='cpu::%U %S'
  while [ "$spent" -lt "$seconds" ]; do
    {
      time "$build/tests/fuzz/fuzz_$harness" -max_total_time=$((seconds - spent)) -timeout="${TIMEOUT:-10}" \
        -rss_limit_mb=2048 -malloc_limit_mb=1024 -max_len=$most -print_final_stats=1 -use_value_profile=1 \
        -artifact_prefix="found/$harness-" "$harness" "$here/corpus/$harness"
    } >>"$log" 2>&1 || code=$?
    if [ $code != 0 ]; then
      echo "$harness: exit code $code, see $PWD/$log" >&2
      tail -n 30 "$log" >&2
      return 1
    fi
    spent=$(awk '/^cpu::/ { cpu += substr($1, 6) + $2 } END { printf "%d", cpu }' "$log")
  done
  awk -v harness="$harness" '
    /DONE/ { for (i = 1; i < NF; ++i) { if ($i == "cov:") edges = $(i + 1); if ($i == "ft:") features = $(i + 1) } }
    /stat::number_of_executed_units/ { runs += $2 }
    /stat::peak_rss_mb/ { if ($2 > memory) memory = $2 }
    /^Done / { clock += $5 }
    /^cpu::/ { cpu += substr($1, 6) + $2 }
    END { printf "| %s | %d | %d | %d | %d | %d | %d |\n", harness, clock, cpu, runs, edges, features, memory }' "$log"
}

if [ $# = 0 ]; then set -- pickle torch_zip torch_legacy safetensors image csv json config thresholds exported; fi
echo "| harness | seconds | of the processor | executions | edges | features | peak MB |"
echo "|---|---|---|---|---|---|---|"
failed=0
while [ $# -gt 0 ]; do
  fuzz "$1" &
  first=$!
  shift
  second=
  if [ $# -gt 0 ]; then
    fuzz "$1" &
    second=$!
    shift
  fi
  wait $first || failed=1
  if [ -n "$second" ]; then wait $second || failed=1; fi
done
exit $failed
