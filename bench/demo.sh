#!/usr/bin/env bash
# The main job on generated data: demo.sh PROGRAM FOLDER. Uses ImageNet weights where weights/fetch.sh has put them,
# else an encoder with random weights whose batch statistics are calibrated on the data.
set -euo pipefail
program=$1
folder=$2
weights=random
for candidate in weights/resnet18-*.pth; do
  if [ -e "$candidate" ]; then weights=$candidate; fi
done
rm -rf "$folder"
mkdir -p "$folder"
"$program" synth --out "$folder/data" --classes 3 --size 128 --train 48 --test-good 16 --test-defect 16 --seed 1
"$program" train --data "$folder/data" --encoder resnet18 --weights "$weights" --size 128 --epochs 24 --batch 16 \
  --out "$folder/run"
"$program" eval --model "$folder/run" --data "$folder/data" --json "$folder/metrics.json" --panels "$folder/pictures"
echo
echo "The encoder's weights: $weights"
echo "Metrics:  $folder/metrics.json"
echo "Pictures: $folder/pictures/CLASS/DEFECT/NNN.png (photograph, heat map, overlay; cyan = found, green = truth)"
echo "Try:      $program predict --model $folder/run $folder/data/*/test"
