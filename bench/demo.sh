#!/usr/bin/env bash
# The main job on generated data: demo.sh PROGRAM FOLDER. Uses ImageNet weights where weights/fetch.sh has put them, else
# the encoder that comes with the program. Defects are drawn at twice the usual severity: the pictures are small.
set -euo pipefail
program=$1
folder=$2
weights=bundled
for candidate in weights/resnet18-*.pth; do
  if [ -e "$candidate" ]; then weights=$candidate; fi
done
rm -rf "$folder"
mkdir -p "$folder"
"$program" synth --out "$folder/data" --kinds cable,fabric,wood --size 128 --train 64 --test-good 20 --test-defect 24 --seed 1 \
  --severity 2
"$program" train --data "$folder/data" --weights "$weights" --size 128 --epochs 25 --batch 8 --sigma 2 \
  --out "$folder/run"
"$program" eval --model "$folder/run" --data "$folder/data" --json "$folder/metrics.json" --report "$folder/report"
echo
echo "The encoder's weights: $weights"
echo "Report:   $folder/report/index.html (open it in a browser; it is one file)"
echo "Metrics:  $folder/metrics.json"
echo "Try:      $program predict --model $folder/run --out $folder/overlays $folder/data/*/test"
