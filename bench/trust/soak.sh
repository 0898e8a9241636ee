#!/usr/bin/env bash
# Does memory stay flat? 1,000 training steps, then 10,000 predictions by one process, resident memory sampled all along:
#   soak.sh PROGRAM FOLDER [PREDICTIONS [STEPS]]
# Asserts that resident memory after the warm-up (the first tenth of the samples) is never more than 8 MiB above what it was
# in it, and that every image got its line. resnet18 at 64 x 64; photographs of five extents, PNG.
set -euo pipefail
program=$(realpath "$1")
folder=$2
predictions=${3:-10000}
steps=${4:-1000}
export OMP_WAIT_POLICY=passive

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
"$program" synth --out data --kinds tile,metal --size 64 --train 24 --test-good 4 --test-defect 4 --seed 3 --quiet
for size in 96 128 160 192; do
  "$program" synth --out "more-$size" --kinds tile,metal --size $size --train 1 --test-good 4 --test-defect 4 --seed $size --quiet
done

# watch PID FILE: kilobytes a line, until the process ends.
watch() {
  while [ -e "/proc/$1/status" ]; do
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null || true
    sleep 0.2
  done >"$2"
}

# verdict WHAT FILE: prints a line; fails beyond the bound. Writing a checkpoint takes memory for a moment, so that it is
# the peaks that are compared: those of the first tenth with those of the rest.
verdict() {
  awk -v what="$1" '
    { kb[NR] = $1 }
    END {
      warm = int(NR / 10); last = NR - 1  # the last sample may see the process half taken apart
      if (warm < 3) { print what ": only " NR " samples"; exit 1 }
      for (i = 1; i <= last; ++i) {
        if (i <= warm && kb[i] > early) early = kb[i]
        if (i > warm && kb[i] > late) late = kb[i]
      }
      grown = (late - early) / 1024
      printf "%s: %d samples, at most %.1f MiB in the first tenth and %.1f MiB after it: grown by %.1f MiB\n", what, NR,
        early / 1024, late / 1024, grown
      exit grown > 8
    }' "$2"
}

"$program" train --data data --size 64 --batch 8 --epochs 100000 --max-steps "$steps" --seed 5 --quiet --out run \
  2>train.err &
watch $! train.kb
wait $! || { cat train.err >&2; exit 1; }
grep -c '"total"' run/log.jsonl | grep -qx "$steps"
verdict "$steps training steps (resnet18, 64 x 64, batch 8)" train.kb

# A run of its own for verdicts: the long one stops before its end and has no thresholds.
"$program" train --data data --size 64 --batch 8 --epochs 2 --seed 5 --quiet --out judge 2>judge.err
find data more-* -path '*/test/*' -name '*.png' | sort >images
awk -v wanted="$predictions" '{ line[NR] = $0 } END { for (i = 0; i < wanted; ++i) print line[i % NR + 1] }' images >paths
"$program" predict --model judge - <paths >lines 2>predict.err &
watch $! predict.kb
wait $! || { cat predict.err >&2; exit 1; }
[ "$(wc -l <lines)" = "$predictions" ]
verdict "$predictions predictions (resnet18, 64 x 64, photographs of 64 to 192 pixels)" predict.kb
