#!/usr/bin/env bash
# Trains one model on all classes of a data set, once per seed, and evaluates it:
#   real_classes.sh PROGRAM DATA ENCODER_WEIGHTS OUT [SEED ...]
# Leaves OUT/seed-N (the run), OUT/seed-N.json (metrics) and OUT/seed-N.txt (table and wall time). resnet18, 128 x 128,
# 20 epochs, batch 16, everything else at its default.
set -euo pipefail
program=$1
data=$2
weights=$3
out=$4
shift 4
mkdir -p "$out"
for seed in "${@:-0}"; do
  run=$out/seed-$seed
  start=$SECONDS
  "$program" train --data "$data" --encoder resnet18 --weights "$weights" --size 128 --epochs 20 --batch 16 \
    --seed "$seed" --out "$run"
  trained=$((SECONDS - start))
  "$program" eval --model "$run" --data "$data" --json "$run.json" --quiet | tee "$run.txt"
  echo "seed $seed: training took $trained s, everything $((SECONDS - start)) s" | tee -a "$run.txt"
done
