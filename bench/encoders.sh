#!/usr/bin/env bash
# Encoders against each other on one data set: encoders.sh PROGRAM DATA OUT NAME=WEIGHTS...
# The score is the teacher-restored map's, after short trainings: what an encoder gives, little else. SEEDS (0,1,2), STEPS
# (100 300), SIZE (128) and BATCH (16) may be set. Broken off, it goes on where it was.
set -euo pipefail
program=$1
data=$2
out=$3
shift 3
variants=()
for pair in "$@"; do
  variants+=(--variant "${pair%%=*}=--weights ${pair#*=}")
done
for steps in ${STEPS:-100 300}; do
  "$program" ablate --data "$data" --out "$out/steps-$steps" --encoder resnet18 --weights random --size "${SIZE:-128}" \
    --batch "${BATCH:-16}" --steps "$steps" --seeds "${SEEDS:-0,1,2}" --base "--map-fusion tr" --variants full "${variants[@]}"
done
